/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looking at a container: what state, list, kill and delete share (run/state.c, run/look.c). */
#pragma once

#include "idmap/slots.h"
#include "run/runtime.h"

/* Checks the id and opens the container's directory: -ENOENT "container does not exist", also when there is no store at all. */
int cm_look_open(struct cm_runtime *runtime, const char *id, bool lock, struct cm_entry *ret, struct cm_error *err) CM_MUST_USE;

/*
 * The status, from the kernel: is the recorded init alive, is its cgroup frozen, does it still wait at the barrier (a `start` may have been killed before it
 * could record that it does not). *ret_pidfd (may be NULL) is a pidfd of it, CM_FD_NONE when it is gone.
 */
int cm_look_status(struct cm_runtime *runtime, const struct cm_entry *entry, const struct cm_record *record, enum cm_status *ret, int *ret_pidfd,
                   struct cm_error *err) CM_MUST_USE;
/* cm_record_pidfd with a procfs only where the kernel has no unique inode numbers of pidfds (before 6.9). */
int cm_look_pidfd(struct cm_runtime *runtime, const struct cm_record *record);
/* Whether a process waits at the barrier: 1 or 0, -errno when that cannot be seen. */
int cm_look_waits(const struct cm_entry *entry);

/* The container's name in the id ledger: its state directory, by the real path of the root, however the caller spells that. */
int cm_look_key(const struct cm_runtime *runtime, const char *id, char key[CM_SLOT_KEY_MAX], struct cm_error *err) CM_MUST_USE;
/* The same where it is known already where the state root really is. */
int cm_look_key_below(const char *root, const char *id, char key[CM_SLOT_KEY_MAX], struct cm_error *err) CM_MUST_USE;

/* A process that has a user or group id in [first, first + n), or 0; -errno. Ids that are in use must not go to another container (run/look.c). */
pid_t cm_look_ids_in_use(struct cm_runtime *runtime, uint32_t first, uint32_t n);

/* The same for several ranges, with one look at all processes: where nobody had an id of a range, nobody has got one since. Begins as {.runtime = …}. */
struct cm_ids_look {
    struct cm_runtime *runtime;
    struct cm_ids_seen {
        pid_t pid;
        uint32_t uid, gid;
    } *v;
    size_t n, room;
    bool taken;
};
pid_t cm_ids_look(struct cm_ids_look *look, uint32_t first, uint32_t n);
void cm_ids_look_done(struct cm_ids_look *look);
