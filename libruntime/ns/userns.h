/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Makes the container's user namespace, and with it a network namespace that it owns, before any process of the container exists. The container's process
 * enters it last (I2).
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "oci/config.h"

struct cm_userns {
    int user; /* descriptor of the user namespace */
    int net;  /* of the network namespace, CM_FD_NONE if none was asked for */
};

#define CM_USERNS_NONE ((struct cm_userns){.user = CM_FD_NONE, .net = CM_FD_NONE})

/* The maps are written as given. `proc` is the private procfs, `self` our own pid. No process is left when this returns. */
int cm_userns_make(int proc, pid_t self, const struct oci_id_mappings *uids, const struct oci_id_mappings *gids, bool with_network, struct cm_userns *ret,
                   struct cm_error *err) CM_MUST_USE;

/* Writes the text of a map file ("container host count" lines) of process `pid`. */
int cm_userns_write_map(int proc, pid_t pid, const char *file, const struct oci_id_mappings *map, struct cm_error *err) CM_MUST_USE;
