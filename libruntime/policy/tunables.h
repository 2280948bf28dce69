/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a policy file can say, one row a member: where it stands in the file and in struct cm_policy, and how far from the built-in values it may go. Constant
 * data; readers, planner, `casemate policy` and docs/policy.md have it from here.
 */
#pragma once

#include <stddef.h>

#include "base/str.h"
#include "policy/floor_list.h"
#include "policy/policy.h"

enum cm_tunable_id {
    CM_TUNABLE_CAP_CEILING,
    CM_TUNABLE_NON_ROOT,
    CM_TUNABLE_SECCOMP_PROFILE,
    CM_TUNABLE_SECCOMP_LOG,
    CM_TUNABLE_SECCOMP_UNCONFINED,
    CM_TUNABLE_SECCOMP_LISTENER_PATHS,
    CM_TUNABLE_DENY_WRITE_EXEC,
    CM_TUNABLE_ROOT_MODE,
    CM_TUNABLE_ALLOW_EPHEMERAL,
    CM_TUNABLE_EPHEMERAL_SIZE,
    CM_TUNABLE_PIDS_DEFAULT,
    CM_TUNABLE_PIDS_MAX,
    CM_TUNABLE_MEMORY_DEFAULT,
    CM_TUNABLE_MEMORY_MAX,
    CM_TUNABLE_SWAP_MAX,
    CM_TUNABLE_REFUSE_UNENFORCEABLE,
    CM_TUNABLE_RLIMIT_AS,
    CM_TUNABLE_RLIMIT_CORE,
    CM_TUNABLE_RLIMIT_CPU,
    CM_TUNABLE_RLIMIT_DATA,
    CM_TUNABLE_RLIMIT_FSIZE,
    CM_TUNABLE_RLIMIT_LOCKS,
    CM_TUNABLE_RLIMIT_MEMLOCK,
    CM_TUNABLE_RLIMIT_MSGQUEUE,
    CM_TUNABLE_RLIMIT_NICE,
    CM_TUNABLE_RLIMIT_NOFILE,
    CM_TUNABLE_RLIMIT_NPROC,
    CM_TUNABLE_RLIMIT_RSS,
    CM_TUNABLE_RLIMIT_RTPRIO,
    CM_TUNABLE_RLIMIT_RTTIME,
    CM_TUNABLE_RLIMIT_SIGPENDING,
    CM_TUNABLE_RLIMIT_STACK,
    CM_TUNABLE_OOM_SCORE_MIN,
    CM_TUNABLE_REQUIRE_LABEL,
    CM_TUNABLE_APPARMOR_DEFAULT,
    CM_TUNABLE_APPARMOR_ALLOW,
    CM_TUNABLE_SELINUX_TYPES,
    CM_TUNABLE_REUSE_DELAY,
    CM_TUNABLE_EXHAUSTION,
    CM_TUNABLE_SYSCTLS_ALLOW,
    CM_TUNABLE_HOOKS_ALLOW,
    CM_TUNABLE_DEVICES_ALLOW,
    CM_TUNABLE_MOUNTS_ALLOW,
    CM_TUNABLE_MOUNT_CLASSES,
    CM_TUNABLE_MOUNT_ROOTS, /* as many as there are roots, in their order */
    CM_TUNABLE_MOUNT_ROOTS_LAST = CM_TUNABLE_MOUNT_ROOTS + CM_MOUNT_ROOT_COUNT - 1,
    CM_TUNABLE_CONFIG_EXEC,
    CM_TUNABLE_UNMAPPED,
    CM_TUNABLE_AUDIT_SINKS,
    CM_TUNABLE_AUDIT_PER_MINUTE,
    CM_TUNABLE_EXCEPTIONS,
    CM_TUNABLE_COUNT,
};

enum cm_tunable_kind {
    CM_TUNABLE_SWITCH, /* bool */
    CM_TUNABLE_NUMBER, /* int64_t; CM_NO_MAX: no bound */
    CM_TUNABLE_AMOUNT, /* int64_t: bytes, or negative percent of the host's memory */
    CM_TUNABLE_WORD,   /* an enum whose members ascend in looseness */
    CM_TUNABLE_CAPS,   /* uint64_t, bits by number */
    CM_TUNABLE_NAME,   /* const char *, NULL: none */
    CM_TUNABLE_LIST,   /* grows from file to file */
};

#define CM_POLICY_LEVELS 2

struct cm_tunable {
    const char *pointer; /* "/limits/pids/max" */
    enum cm_tunable_kind kind;
    size_t offset;      /* in struct cm_policy; of a list: the pointer to its elements */
    size_t count, size; /* lists: offset of the number of elements; size of one */
    enum cm_floor floor; /* what stands behind the bounds; of a list, what no element gets past */
    /*
     * Numbers, switches, words and capabilities: the strictest value, and the loosest one for each level. Amounts: the bounds of bytes; percents go from 1 to
     * 100. Which direction is looser follows from the two.
     */
    int64_t strictest, loosest[CM_POLICY_LEVELS];
    const char *const *words; /* words: by value, NULL-terminated */
    const char *meaning;      /* one clause */
};

extern const struct cm_tunable cm_tunables[CM_TUNABLE_COUNT];

/* The value of everything that is no name and no list. */
int64_t cm_tunable_value(const struct cm_policy *policy, enum cm_tunable_id id);
void cm_tunable_set(struct cm_policy *policy, enum cm_tunable_id id, int64_t value);

/* Whether a is looser than b; false of amounts of which one is bytes and the other percent. */
bool cm_tunable_is_looser(const struct cm_tunable *row, int64_t a, int64_t b);
/* Whether a value lies beyond what the level allows; `row` is not a name or a list. */
bool cm_tunable_is_beyond(const struct cm_tunable *row, enum cm_policy_level level, int64_t value);

/* A value as policy files have it: true, 2048, "50%", "readonly", ["CHOWN", "KILL"]; null for no bound. Of names and lists see _text. */
void cm_tunable_value_text(const struct cm_tunable *row, int64_t value, struct cm_str *out);
/* The policy's value of a row in the same way; of a list its number of elements. */
void cm_tunable_text(const struct cm_policy *policy, enum cm_tunable_id id, struct cm_str *out);

/* Bytes of an amount on a host with `whole` bytes of memory; never more than that unless it is not known (0). */
uint64_t cm_amount_bytes(int64_t amount, uint64_t whole);
