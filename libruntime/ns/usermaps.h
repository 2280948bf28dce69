/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the maps of a user namespace are. The kernel shows them through a process in it only, so one of ours goes in for a moment when there is none.
 */
#pragma once

#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"
#include "oci/config.h"

/* A map of process `pid`, "uid_map" or "gid_map", as the user namespace that we are in sees it. 0 or -errno. */
int cm_usermaps_read(int proc, pid_t pid, const char *file, struct cm_arena *arena, struct oci_id_mappings *ret) CM_MUST_USE;

struct cm_usermaps {
    struct oci_id_mappings uids, gids;
};

/*
 * The maps of an existing user namespace, by its descriptor. With `ret_net` a network namespace that it owns is made and its descriptor returned as well. Needs
 * CAP_SYS_ADMIN in it. No process is left when this returns; the helper is not dumpable and cannot be traced from inside.
 */
int cm_usermaps_enter(int proc, pid_t self, int user, struct cm_arena *arena, struct cm_usermaps *ret, int *ret_net, struct cm_error *err) CM_MUST_USE;
