/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The order of the checks. Later ones read what earlier ones put into the plan: annotations choose the root's mode, ids are needed to judge the
 * user, the cgroup decides what limits can be enforced. Pure: no system call, no clock, no environment.
 */
#include "plan/planner.h"

#include <errno.h>

int cm_plan_make(const struct oci_config *config, const struct cm_policy *policy, const struct cm_facts *facts, const char *id, struct cm_arena *arena,
                 struct cm_plan **ret_plan)
{
    static void (*const checks[])(struct cm_planner *) = {
        cm_check_privileged, cm_check_annotations, cm_check_root,    cm_check_identity, cm_check_namespaces, cm_check_ids,    cm_check_layers,
        cm_check_mounts,     cm_check_masks,       cm_check_devices, cm_check_sysctls,  cm_check_cgroup,     cm_check_limits, cm_check_unit,
        cm_check_process,    cm_check_env,         cm_check_notify_env, cm_check_user,  cm_check_rlimits,    cm_check_affinity, cm_check_scheduling,
        cm_check_caps,       cm_check_seccomp,     cm_check_lsm,     cm_check_hooks,    cm_check_host,
    };
    static const struct oci_linux no_linux;

    struct cm_plan *plan = cm_arena_alloc(arena, sizeof(*plan));
    if (!plan)
        return -ENOMEM;
    plan->arena = arena;
    plan->policy = policy;
    plan->rootless = facts->rootless;
    plan->session_keyring = true;
    plan->memory_deny_write_exec = policy->memory_deny_write_exec;

    struct cm_planner p = {
        .config = config,
        .linux_ = config->linux_ ? config->linux_ : &no_linux,
        .policy = policy,
        .facts = facts,
        .id = id,
        .arena = arena,
        .plan = plan,
    };
    const char *why_no_cgroup;
    cm_find_exceptions(&p, facts->bundle, cm_cgroup_asked(&p, &why_no_cgroup));
    for (size_t i = 0; i < CM_ARRAY_LEN(checks); i++)
        checks[i](&p);
    if (p.no_memory)
        return -ENOMEM;
    *ret_plan = plan;
    return 0;
}
