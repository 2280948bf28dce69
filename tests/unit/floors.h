/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The floors once more, written down apart from the code that keeps them: what lies beyond one, in a policy or in a plan, is named. Numbers and names stand here
 * as they stand in docs/policy.md, not as the program's tables have them.
 */
#pragma once

#include <linux/capability.h>
#include <linux/mount.h>
#include <sys/resource.h>

#include <stdio.h>

#include "base/str.h"
#include "plan/plan.h"
#include "policy/floors.h"
#include "policy/floors_mounts.h"

#define FLOOR_BIT(cap) (UINT64_C(1) << (cap))
#define FLOOR_CAPS                                                                                                                                             \
    (FLOOR_BIT(CAP_CHOWN) | FLOOR_BIT(CAP_DAC_OVERRIDE) | FLOOR_BIT(CAP_FSETID) | FLOOR_BIT(CAP_FOWNER) | FLOOR_BIT(CAP_MKNOD) | FLOOR_BIT(CAP_NET_RAW) |      \
     FLOOR_BIT(CAP_SETGID) | FLOOR_BIT(CAP_SETUID) | FLOOR_BIT(CAP_SETFCAP) | FLOOR_BIT(CAP_SETPCAP) | FLOOR_BIT(CAP_NET_BIND_SERVICE) |                       \
     FLOOR_BIT(CAP_SYS_CHROOT) | FLOOR_BIT(CAP_KILL) | FLOOR_BIT(CAP_AUDIT_WRITE))
#define FLOOR_PIDS 4194304
#define FLOOR_MEMLOCK (INT64_C(64) << 30)
#define FLOOR_MSGQUEUE (INT64_C(64) << 20)
#define FLOOR_NOFILE 1073741816
#define FLOOR_OOM (-998)

static inline bool floor_is_one_of(const char *word, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (cm_streq(word, list[i]))
            return true;
    return false;
}

static inline bool floor_is_profile(const char *name)
{
    static const char *const profiles[] = {"default", "strict", "web", "batch", "minimal"};

    return floor_is_one_of(name, profiles, CM_ARRAY_LEN(profiles));
}

static inline bool floor_is_sysctl(const char *path)
{
    char whole[256];

    (void)snprintf(whole, sizeof(whole), "/%s", path); /* no component is "..", though one may have dots in it */
    return cm_path_is_normalised(whole) && (cm_has_prefix(path, "net/") || cm_has_prefix(path, "kernel/shm") || cm_has_prefix(path, "kernel/msg") ||
                                   cm_streq(path, "kernel/sem") || cm_has_prefix(path, "fs/mqueue/"));
}

static inline bool floor_is_confining(const char *profile)
{
    return !profile || (!cm_streq(profile, "unconfined") && profile[0] != '&' && profile[0] != ':' && !strstr(profile, "//&") && !strpbrk(profile, " \t\n"));
}

static inline const char *exception_beyond_floor(const struct cm_exception *e)
{
    static const enum cm_code may[] = {CM_CODE_NONROOT,     CM_CODE_ROOT_READONLY,  CM_CODE_CAP_DROPPED,    CM_CODE_LIMIT_CEILING,
                                       CM_CODE_RLIMIT,      CM_CODE_LIMIT_UNENFORCEABLE, CM_CODE_OOM,       CM_CODE_SECCOMP_ABSENT,
                                       CM_CODE_LSM_MISSING, CM_CODE_SECCOMP_DEFAULT, CM_CODE_SUID_DUMPABLE};

    for (size_t i = 0; i < e->n_codes; i++) {
        bool known = false;
        for (size_t j = 0; j < CM_ARRAY_LEN(may); j++)
            known |= e->codes[i] == may[j];
        if (!known)
            return "an exception for a floor";
    }
    if (e->n_codes == 0 || (!e->bundle && !e->cgroup) || !e->reason || !e->reason[0] || !e->place)
        return "an exception without code, place or reason";
    return e->expires <= e->from || e->expires - e->from > 366 * 86400 ? "an exception without an end" : NULL;
}

static inline const char *lists_beyond_floor(const struct cm_policy *p)
{
    for (size_t i = 0; i < p->n_devices; i++)
        if (cm_floor_device_path(p->devices[i].path) || cm_floor_char_device(p->devices[i].major, p->devices[i].minor) || p->devices[i].access == 0 ||
            p->devices[i].access & ~(CM_DEVICE_READ | CM_DEVICE_WRITE))
            return "a device";
    for (size_t i = 0; i < p->n_hook_rules; i++)
        if (!cm_path_is_normalised(p->hook_rules[i].path) || (p->hook_rules[i].sha256 && (p->hook_rules[i].inside || strlen(p->hook_rules[i].sha256) != 64)))
            return "a hook";
    for (size_t i = 0; i < p->n_mount_rules; i++)
        if (!cm_path_is_normalised(p->mount_rules[i].prefix) || cm_floor_mount_prefix(p->mount_rules[i].prefix))
            return "a mount rule";
    for (size_t i = 0; i < CM_MOUNT_ROOT_COUNT; i++)
        if (!cm_path_is_normalised(p->mount_roots[i]) || cm_floor_mount_root(p->mount_roots[i]))
            return "a tree of an engine";
    for (size_t i = 0; i < p->n_mount_classes; i++)
        if (p->mount_classes[i] > CM_MOUNT_CLASS_NONE)
            return "a class of mounts";
    for (size_t i = 0; i < p->n_unmapped; i++)
        if (!p->unmapped[i][0] || strchr(p->unmapped[i], '/'))
            return "a filesystem";
    for (size_t i = 0; i < p->n_audit_sinks; i++)
        if (p->audit_sinks[i].kind > CM_AUDIT_SYSLOG || (p->audit_sinks[i].kind == CM_AUDIT_FILE && !cm_path_is_normalised(p->audit_sinks[i].path)))
            return "a sink of records";
    for (size_t i = 0; i < p->n_listener_paths; i++)
        if (!cm_path_is_normalised(p->listener_paths[i]))
            return "a listener";
    for (size_t i = 0; i < p->n_sysctls; i++)
        if (!floor_is_sysctl(p->sysctls[i]))
            return "a sysctl";
    for (size_t i = 0; i < p->n_apparmor_profiles; i++)
        if (!floor_is_confining(p->apparmor_profiles[i]))
            return "an AppArmor profile";
    for (size_t i = 0; i < p->n_selinux_types; i++)
        if (strchr(p->selinux_types[i], ':') || cm_streq(p->selinux_types[i], "spc_t") || cm_streq(p->selinux_types[i], "unconfined_t"))
            return "an SELinux type";
    for (size_t i = 0; i < p->n_exceptions; i++)
        if (exception_beyond_floor(&p->exceptions[i]))
            return exception_beyond_floor(&p->exceptions[i]);
    return NULL;
}

static inline const char *strict_beyond_floor(const struct cm_policy *p)
{
    if (!p->require_non_root || p->allow_ephemeral || p->root_mode != CM_ROOT_READONLY || !p->refuse_unenforceable_defaults || !p->refuse_suid_dumpable)
        return "strict: a switch";
    if (p->cap_ceiling & (FLOOR_BIT(CAP_NET_RAW) | FLOOR_BIT(CAP_MKNOD) | FLOOR_BIT(CAP_SETFCAP) | FLOOR_BIT(CAP_SYS_CHROOT) | FLOOR_BIT(CAP_AUDIT_WRITE)))
        return "strict: capabilities";
    if (cm_streq(p->seccomp_profile, "default"))
        return "strict: the filter";
    return p->pids_max > 32768 || p->rlimit_max[RLIMIT_NOFILE] > 1048576 || p->rlimit_max[RLIMIT_MEMLOCK] > INT64_C(1) << 30 ? "strict: a limit" : NULL;
}

static inline bool floor_is_amount(int64_t amount)
{
    return amount < 0 ? amount >= -100 : amount >= 1 << 20;
}

/* What of it lies beyond a floor, or NULL. Every field is looked at. */
static inline const char *policy_beyond_floor(const struct cm_policy *p)
{
    if ((p->level != CM_POLICY_HARDENED && p->level != CM_POLICY_STRICT) || !p->id || !p->name || !cm_has_prefix(p->id, p->name))
        return "the level";
    if (p->cap_ceiling & ~FLOOR_CAPS)
        return "the capability ceiling";
    if (!floor_is_profile(p->seccomp_profile) || p->seccomp_unconfined > CM_UNCONFINED_TIGHTEN)
        return "the filter";
    if (p->root_mode > CM_ROOT_EPHEMERAL || p->ephemeral_size < 1 << 20 || p->ephemeral_size > INT64_C(64) << 30)
        return "the root";
    if (p->pids_default < 1 || p->pids_default > p->pids_max || p->pids_max > FLOOR_PIDS)
        return "pids";
    if (!floor_is_amount(p->memory_default) || !floor_is_amount(p->memory_max) || p->swap_max < 0)
        return "memory";
    if (p->rlimit_max[RLIMIT_CORE] != 1 || p->rlimit_max[RLIMIT_MEMLOCK] > FLOOR_MEMLOCK || p->rlimit_max[RLIMIT_MSGQUEUE] > FLOOR_MSGQUEUE ||
        p->rlimit_max[RLIMIT_NICE] > 20 || p->rlimit_max[RLIMIT_RTPRIO] != 0 || p->rlimit_max[RLIMIT_NOFILE] > FLOOR_NOFILE)
        return "a resource limit";
    for (size_t i = 0; i < CM_ARRAY_LEN(p->rlimit_max); i++)
        if (p->rlimit_max[i] < 0)
            return "a negative resource limit";
    if (p->oom_score_adj_min < FLOOR_OOM || p->oom_score_adj_min > 1000)
        return "the OOM score";
    if (p->id_reuse_delay < 60 || p->id_exhaustion > CM_EXHAUSTION_REUSE)
        return "the reuse of ids";
    if (p->audit_per_minute < 1 || p->n_audit_sinks > 8)
        return "audit";
    if (!floor_is_confining(p->apparmor_default))
        return "the default profile";
    const char *strict = p->level == CM_POLICY_STRICT ? strict_beyond_floor(p) : NULL;
    return strict ? strict : lists_beyond_floor(p);
}

static inline const char *floor_rlimit(const struct cm_plan_rlimit *l)
{
    static const struct {
        int resource;
        uint64_t most;
    } most[] = {{RLIMIT_MEMLOCK, FLOOR_MEMLOCK}, {RLIMIT_MSGQUEUE, FLOOR_MSGQUEUE}, {RLIMIT_NICE, 20}, {RLIMIT_RTPRIO, 0}, {RLIMIT_NOFILE, FLOOR_NOFILE}};

    if (l->resource == RLIMIT_CORE && (l->hard != 1 || l->soft != 1))
        return "plan: core dumps";
    for (size_t i = 0; i < CM_ARRAY_LEN(most); i++)
        if (l->resource == most[i].resource && l->hard > most[i].most)
            return "plan: a resource limit";
    return l->soft > l->hard ? "plan: a soft limit" : NULL;
}

/* The value that is written last. */
static inline const char *floor_limit(const struct cm_plan *plan, const char *file, uint64_t *ret)
{
    const char *value = NULL;

    for (size_t i = 0; i < plan->n_limits; i++)
        if (cm_streq(plan->limits[i].file, file))
            value = plan->limits[i].value;
    return value && cm_parse_u64(value, ret) == 0 ? value : NULL;
}

static inline const char *limits_beyond_floor(const struct cm_plan *plan, const struct cm_facts *facts)
{
    uint64_t memory = 0, swap = 0, pids = 0;

    if (facts->controllers & CM_CTRL_MEMORY && (!floor_limit(plan, "memory.max", &memory) || memory == 0 || memory > facts->memory_total ||
                                                !floor_limit(plan, "memory.swap.max", &swap) || swap > memory))
        return "plan: memory";
    if (facts->controllers & CM_CTRL_PIDS && (!floor_limit(plan, "pids.max", &pids) || pids == 0 || pids > FLOOR_PIDS))
        return "plan: pids";
    return NULL;
}

/* What of a plan that is no refusal lies beyond a floor, or NULL. */
static inline const char *plan_beyond_floor(const struct cm_plan *plan, const struct cm_facts *facts)
{
    const struct cm_plan_caps *caps = &plan->caps;
    const char *why = NULL;
    bool core = false;

    if (plan->verdict == CM_VERDICT_REFUSED)
        return NULL;
    if (caps->bounding & ~FLOOR_CAPS || caps->permitted & ~caps->bounding || caps->effective & ~caps->permitted || caps->ambient & ~caps->permitted)
        return "plan: capabilities";
    for (size_t i = 0; i < plan->n_rlimits && !why; i++) {
        why = floor_rlimit(&plan->rlimits[i]);
        core |= plan->rlimits[i].resource == RLIMIT_CORE;
    }
    if (why || !core)
        return why ? why : "plan: no limit of core dumps";
    if (plan->oom_score_adj_set && (plan->oom_score_adj < FLOOR_OOM || plan->oom_score_adj < facts->own_oom_score_adj))
        return "plan: the OOM score";
    if (!floor_is_confining(plan->apparmor_profile) || plan->scheduling.nice < 0 || (plan->policy->memory_deny_write_exec && !plan->memory_deny_write_exec))
        return "plan: label, scheduling or memory";
    if (plan->joins)
        return NULL;
    if (!floor_is_profile(plan->seccomp_profile) || (facts->landlock_abi > 0 && !plan->landlock))
        return "plan: filter or Landlock";
    for (size_t i = 0; i < plan->uid_map.n; i++)
        if (plan->uid_map.v[i].host_id < 65536)
            return "plan: host ids";
    if ((!plan->allocate_ids && plan->uid_map.n == 0) || (plan->root_mode == CM_ROOT_EPHEMERAL && (!plan->root_scratch || plan->root_scratch_size == 0)))
        return "plan: user namespace or root";
    for (size_t i = 0; i < plan->n_mounts; i++) {
        uint64_t need = MOUNT_ATTR_NOSUID | (plan->mounts[i].kind == CM_MOUNT_DEV || plan->mounts[i].kind == CM_MOUNT_DEVPTS ? 0 : MOUNT_ATTR_NODEV);
        if ((plan->mounts[i].attributes & need) != need || plan->mounts[i].slave)
            return "plan: flags of a mount";
    }
    for (size_t i = 0; i < plan->n_sysctls; i++)
        if (!floor_is_sysctl(plan->sysctls[i].path))
            return "plan: a sysctl";
    for (size_t i = 0; i < plan->n_device_rules; i++)
        if (plan->device_rules[i].allow && (plan->device_rules[i].type != 'c' || plan->device_rules[i].access & CM_DEVICE_MKNOD) && plan->device_rules[i].major >= 0 &&
            plan->device_rules[i].type == 'b')
            return "plan: a block device";
    if (!floor_is_one_of("/proc/kcore", plan->masked_paths.v, plan->masked_paths.n) || !floor_is_one_of("/proc/sys", plan->readonly_paths.v, plan->readonly_paths.n))
        return "plan: masks";
    return limits_beyond_floor(plan, facts);
}
