/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The policies that are compiled in, one per level. Constant data; no input at all. */
#include "policy/policy.h"

#include <linux/capability.h>

#include "base/macros.h"

#define BIT(cap) (UINT64_C(1) << (cap))
#define MIB (UINT64_C(1) << 20)

/*
 * What ordinary services use to drop privileges, own their files and bind low ports. NET_RAW, MKNOD, AUDIT_WRITE, SYS_CHROOT and SETFCAP of the
 * engines' default are left out: raw sockets and file capabilities are a usual first step of an attack, and the others have no effect in a user
 * namespace.
 */
#define CEILING_HARDENED                                                                                                                                       \
    (BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_FOWNER) | BIT(CAP_FSETID) | BIT(CAP_KILL) | BIT(CAP_NET_BIND_SERVICE) | BIT(CAP_SETGID) |                \
     BIT(CAP_SETPCAP) | BIT(CAP_SETUID))

static const struct cm_policy builtin[] = {
    [CM_POLICY_HARDENED] =
        {
            .level = CM_POLICY_HARDENED,
            .name = "hardened",
            .id = "hardened",
            .cap_ceiling = CEILING_HARDENED,
            .seccomp_profile = "default",
            .root_mode = CM_ROOT_READONLY,
            .allow_ephemeral = true,
            .ephemeral_size = 256 * MIB,
            .pids_default = 2048,
            .pids_max = 32768,
            .memory_percent = 50,
            .rlimit_nofile_max = 1048576,
            .oom_score_adj_min = -998, /* what kubelet gives to sandboxes and guaranteed pods; the caller's own score bounds it too */
        },
    [CM_POLICY_STRICT] =
        {
            .level = CM_POLICY_STRICT,
            .name = "strict",
            .id = "strict",
            .cap_ceiling = BIT(CAP_NET_BIND_SERVICE),
            .require_non_root = true,
            .seccomp_profile = "strict",
            .memory_deny_write_exec = true,
            .root_mode = CM_ROOT_READONLY,
            .allow_ephemeral = false,
            .ephemeral_size = 64 * MIB,
            .pids_default = 2048,
            .pids_max = 4096,
            .memory_percent = 50,
            .rlimit_nofile_max = 65536,
            .oom_score_adj_min = 0,
            .refuse_unenforceable_defaults = true,
            .refuse_suid_dumpable = true,
        },
};

const struct cm_policy *cm_policy_builtin(enum cm_policy_level level)
{
    /* an unknown level is answered with the strictest one: never out of the table, never NULL */
    return (size_t)level < CM_ARRAY_LEN(builtin) ? &builtin[level] : &builtin[CM_POLICY_STRICT];
}
