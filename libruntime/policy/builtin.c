/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The policies that are compiled in, one per level. Constant data; no input at all. */
#include "policy/policy.h"

#include <sys/resource.h>

#include "base/macros.h"
#include "policy/floors.h"

#define MIB (INT64_C(1) << 20)

/*
 * What ordinary services use to drop privileges, own their files and bind low ports. NET_RAW, MKNOD, AUDIT_WRITE, SYS_CHROOT and SETFCAP of the
 * engines' default are left out: raw sockets and file capabilities are a usual first step of an attack, and the others have no effect in a user
 * namespace.
 */
#define CEILING_HARDENED CM_CAPS_MOST_STRICT

/*
 * As the kernel has them, except: exactly 1 makes the kernel abort dumps to a pipe helper, which would run as host root (core(5)), and 0 does not; memory that
 * the OOM killer cannot take back is bounded; a nice value no better than 0 and no real-time priority at all.
 */
#define RLIMITS(nofile)                                                                                                                                        \
    {                                                                                                                                                          \
        [RLIMIT_AS] = CM_NO_MAX, [RLIMIT_CORE] = 1, [RLIMIT_CPU] = CM_NO_MAX, [RLIMIT_DATA] = CM_NO_MAX, [RLIMIT_FSIZE] = CM_NO_MAX,                           \
        [RLIMIT_LOCKS] = CM_NO_MAX, [RLIMIT_MEMLOCK] = 8 * MIB, [RLIMIT_MSGQUEUE] = 819200, [RLIMIT_NICE] = 20, [RLIMIT_NOFILE] = (nofile),                    \
        [RLIMIT_NPROC] = CM_NO_MAX, [RLIMIT_RSS] = CM_NO_MAX, [RLIMIT_RTPRIO] = 0, [RLIMIT_RTTIME] = CM_NO_MAX, [RLIMIT_SIGPENDING] = CM_NO_MAX,               \
        [RLIMIT_STACK] = CM_NO_MAX                                                                                                                             \
    }

#define ROOTS                                                                                                                                                  \
    {                                                                                                                                                          \
        CM_MOUNT_ROOTS(ROOT)                                                                                                                                   \
    }
#define ROOT(name, word, place) [CM_MOUNT_ROOT_##name] = (place),

/* More than a hundred pods with a probe every ten seconds; 2 MB a minute. */
#define AUDIT_PER_MINUTE 1200

static const struct cm_policy builtin[] = {
    [CM_POLICY_HARDENED] =
        {
            .level = CM_POLICY_HARDENED,
            .name = "hardened",
            .id = "hardened",
            .cap_ceiling = CEILING_HARDENED,
            .seccomp_profile = "default",
            .seccomp_unconfined = CM_UNCONFINED_TIGHTEN,
            .root_mode = CM_ROOT_READONLY,
            .allow_ephemeral = true,
            .ephemeral_size = 256 * MIB,
            .pids_default = 2048,
            .pids_max = 32768,
            .memory_default = -50,
            .memory_max = -100,
            .swap_max = CM_NO_MAX,
            .rlimit_max = RLIMITS(1048576),
            .mount_roots = ROOTS,
            .oom_score_adj_min = -998, /* what kubelet gives to sandboxes and guaranteed pods; the caller's own score bounds it too */
            .id_reuse_delay = 900,
            .audit_per_minute = AUDIT_PER_MINUTE,
            .id_exhaustion = CM_EXHAUSTION_REUSE,
        },
    [CM_POLICY_STRICT] =
        {
            .level = CM_POLICY_STRICT,
            .name = "strict",
            .id = "strict",
            .cap_ceiling = CM_CAP_BIT(CAP_NET_BIND_SERVICE),
            .require_non_root = true,
            .seccomp_profile = "strict",
            .seccomp_unconfined = CM_UNCONFINED_TIGHTEN,
            .memory_deny_write_exec = true,
            .root_mode = CM_ROOT_READONLY,
            .allow_ephemeral = false,
            .ephemeral_size = 64 * MIB,
            .pids_default = 2048,
            .pids_max = 4096,
            .memory_default = -50,
            .memory_max = -100,
            .swap_max = CM_NO_MAX,
            .rlimit_max = RLIMITS(65536),
            .mount_roots = ROOTS,
            .oom_score_adj_min = 0,
            .id_reuse_delay = 900,
            .audit_per_minute = AUDIT_PER_MINUTE,
            .id_exhaustion = CM_EXHAUSTION_REUSE,
            .refuse_unenforceable_defaults = true,
            .refuse_suid_dumpable = true,
        },
};

const struct cm_policy *cm_policy_builtin(enum cm_policy_level level)
{
    /* an unknown level is answered with the strictest one: never out of the table, never NULL */
    return (size_t)level < CM_ARRAY_LEN(builtin) ? &builtin[level] : &builtin[CM_POLICY_STRICT];
}
