/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looking at a container: what state, list, kill and delete share (run/state.c). */
#pragma once

#include "run/runtime.h"

/* Checks the id and opens the container's directory: -ENOENT "container does not exist", also when there is no store at all. */
int cm_look_open(struct cm_runtime *runtime, const char *id, bool lock, struct cm_entry *ret, struct cm_error *err) CM_MUST_USE;

/*
 * The status, from the kernel: is the recorded init alive, is its cgroup frozen. *ret_pidfd (may be NULL) is a pidfd of it, CM_FD_NONE when it is gone.
 * cgroup_root is a descriptor of the cgroup2 mount, or negative: then one is opened when needed.
 */
int cm_look_status(struct cm_runtime *runtime, const struct cm_record *record, int cgroup_root, enum cm_status *ret, int *ret_pidfd,
                   struct cm_error *err) CM_MUST_USE;

/* A process with a user id in [first, first + n), or 0; -errno. Ids that are in use must not go to another container (run/cleanup.c). */
pid_t cm_look_ids_in_use(struct cm_runtime *runtime, uint32_t first, uint32_t n);
