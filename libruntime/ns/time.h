/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A time namespace whose clocks are set before anything runs in it. clone3(CLONE_NEWTIME) alone would be simpler, but puts the child into the namespace at
 * once, and from then on its offsets are fixed (time_namespaces(7)).
 */
#pragma once

#include <sys/types.h>

#include "base/error.h"
#include "oci/config.h"

/*
 * The next children of the calling (single-threaded) process are born in a new time namespace with these offsets; it stays in its own. Owned by the user
 * namespace that we are in. *ret_own is what cm_time_return takes.
 */
int cm_time_prepare(int proc, pid_t self, const struct oci_time_offset *monotonic, const struct oci_time_offset *boottime, int *ret_own,
                    struct cm_error *err) CM_MUST_USE;
/* Children from here on are born in our own time namespace again. Best effort: whoever has no power over the host's (rootless) keeps the new one for them. */
void cm_time_return(int own);
