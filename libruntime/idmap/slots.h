/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Id slots: 65536 host ids for one pod or standalone container, from a dedicated range, recorded in a crash-safe ledger file.
 *
 * The ledger is shared by every casemate of the host; one that survives a reboot is understood (HELD of an earlier boot counts as COOLING). It is written by
 * host root only; it is still checked (CRC per record), because a torn write must never hand one range out twice.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/fd.h"

#define CM_SLOT_IDS 65536u
#define CM_SLOT_KEY_MAX 256

enum cm_slot_state {
    CM_SLOT_FREE,
    CM_SLOT_HELD,     /* by a container of ours */
    CM_SLOT_COOLING,  /* given back; not reused until the cooling time is over */
    CM_SLOT_EXTERNAL, /* a range that a config brought, noted so that overlaps are seen */
};

/* The pool of ids: one line of subuid and the same line of subgid for the user "casemate", or the built-in one when neither file has it. */
struct cm_id_pool {
    uint32_t base;
    uint32_t slots;
    bool configured;
};

/* A held slot. `generation` tells this holding from an earlier one of the same slot, so that a late release cannot free someone else's. */
struct cm_slot {
    uint32_t index;
    uint32_t host_id;
    uint32_t ids;
    uint64_t generation;
};

/*
 * Where to allocate: reads etc_dir (a descriptor of /etc) for subuid and subgid. Without lines for "casemate" a free block of 16384 slots above every other
 * user's ranges, systemd's reserved ranges and the ids of passwd and group is used, below 2^31. Errors (with remedy): lines of subuid and subgid differ, not
 * aligned to 65536, start below 131072, overlap another user's.
 */
int cm_id_pool_find(int etc_dir, struct cm_id_pool *ret, struct cm_error *err) CM_MUST_USE;

/* The ledger's name in its directory. No container can be called so: ':' is not allowed in ids. */
#define CM_LEDGER_NAME "slots:1"

/* An open ledger. Its lock belongs to the open file: a process that forks must not let both sides use one struct cm_ledger. `boot` is a hash of this boot's id,
 * 0 unknown. */
struct cm_ledger {
    int fd;
    struct cm_id_pool pool;
    uint64_t boot;
};
#define CM_LEDGER_NONE ((struct cm_ledger){.fd = CM_FD_NONE})
void cm_ledger_close(struct cm_ledger *ledger);
#define CM_AUTO_LEDGER CM_CLEANUP(cm_ledger_close)

/*
 * Opens or makes the ledger in a directory that all casemates of the host share. Refuses a file that is not root's, is writable by others, or a link. Two pools
 * at one time need no care; two directories for one pool would hand its ids out twice. pool may be NULL for finding and releasing only: that must work whatever
 * subuid says now.
 */
int cm_ledger_open(int dir, const struct cm_id_pool *pool, struct cm_ledger *ret, struct cm_error *err) CM_MUST_USE;

/*
 * Says whether the holder of a range is gone for sure (its state directory does not exist and no process uses the range); called without the kernel's help in
 * unit tests. key is "" for a record whose text was lost: then only the range can be asked about. Called with the ledger locked. A NULL function means "never
 * for sure".
 */
typedef bool (*cm_slot_is_dead)(const char *key, uint32_t host_id, uint32_t ids, void *user);

/*
 * Holds a slot for `key` (id of the container or pod, with the state root's path in front so that two roots never meet). A key that holds one already gets
 * -EEXIST. Least recently used first; a slot given back less than `cooling_seconds` ago is taken only when `may_shorten` and nothing else is left. HELD records
 * whose holder is_dead are reclaimed on the way. -ENOSPC with a remedy when the pool is exhausted. -EAGAIN when the lock was not had within 10 s.
 */
int cm_slot_hold(struct cm_ledger *ledger, const char *key, unsigned int cooling_seconds, bool may_shorten, cm_slot_is_dead is_dead, void *user,
                 struct cm_slot *ret, struct cm_error *err) CM_MUST_USE;
/* The slot that key holds, or -ENOENT: for whoever owns the key (holds the container's lock) to give back what a killed `create` left, or to share it in a pod.
 */
int cm_slot_find(struct cm_ledger *ledger, const char *key, struct cm_slot *ret, struct cm_error *err) CM_MUST_USE;
/* Gives it back: state COOLING. -ESTALE (harmless) when slot, generation and key do not match. */
int cm_slot_release(struct cm_ledger *ledger, const struct cm_slot *slot, const char *key, struct cm_error *err) CM_MUST_USE;
/*
 * Notes a range that a config brought; -EADDRINUSE when it overlaps a held or external one of another key. The same range of the same key again is no error; a
 * key may have several. Release forgets all of the key (-ESTALE, harmless, when there is none); with is_dead only if
 * that says so of every one that no other member of a pod has, else it forgets none: -EBUSY.
 */
int cm_slot_hold_external(struct cm_ledger *ledger, const char *key, uint32_t host_id, uint32_t ids, cm_slot_is_dead is_dead, void *user,
                          struct cm_error *err) CM_MUST_USE;
/*
 * The same for a member of a pod: the range is one that `peer` holds, as its slot or noted, and whoever else has exactly that range is of the pod too. -ESTALE:
 * the peer does not hold it (any more). The ids are nobody else's until the last holder, of whichever kind, has given them back.
 */
int cm_slot_share_external(struct cm_ledger *ledger, const char *key, const char *peer, uint32_t host_id, uint32_t ids, cm_slot_is_dead is_dead, void *user,
                           struct cm_error *err) CM_MUST_USE;
int cm_slot_release_external(struct cm_ledger *ledger, const char *key, cm_slot_is_dead is_dead, void *user, struct cm_error *err) CM_MUST_USE;
