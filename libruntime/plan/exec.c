/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The plan of a process that joins a container; see exec.h. It goes through the checks that init's process went through, and what they allow is cut to what
 * init has. The process is hostile: it comes from whoever may ask an engine for an exec, and docker's --privileged asks for everything.
 */
#include "plan/exec.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/mount.h>

#include "plan/planner.h"

/* Rules of Landlock reach into mounts below: what lies below an equally writable mount needs none of its own. */
static bool is_covered(const struct cm_confinement *c, const struct cm_plan_mount *m)
{
    for (size_t i = 0; i < c->n_mounts; i++)
        if (c->mounts[i].is_directory && c->mounts[i].kind != CM_MOUNT_DEV && cm_path_is_below(m->target, c->mounts[i].target))
            return true;
    return false;
}

bool cm_plan_confinement(const struct cm_plan *plan, unsigned int landlock_abi, struct cm_confinement *ret)
{
    *ret = (struct cm_confinement){
        .caps = plan->caps,
        .memory_deny_write_exec = plan->memory_deny_write_exec,
        .non_root = plan->non_root,
        .landlock_abi = plan->landlock ? landlock_abi : 0,
        .writable_root = plan->root_mode == CM_ROOT_EPHEMERAL,
        .apparmor_profile = plan->apparmor_profile,
        .selinux_label = plan->selinux_label,
        .seccomp_agent = plan->seccomp_agent,
        .seccomp_metadata = plan->seccomp_metadata,
        .uid_map = plan->uid_map,
        .gid_map = plan->gid_map,
        .affinity = plan->affinity,
        .scheduling = plan->scheduling,
        .mounts = cm_arena_array(plan->arena, plan->n_mounts + 1, sizeof(*ret->mounts)),
    };
    for (size_t i = 0; ret->mounts && i < plan->n_mounts; i++) {
        const struct cm_plan_mount *m = &plan->mounts[i];
        bool is_directory = m->kind != CM_MOUNT_BIND || m->source_is_directory;
        if ((m->kind != CM_MOUNT_DEV && m->attributes & MOUNT_ATTR_RDONLY) || is_covered(ret, m))
            continue;
        ret->mounts[ret->n_mounts++] = (struct cm_confined_mount){m->target, m->kind, m->attributes, is_directory};
    }
    return ret->mounts != NULL;
}

static void restore_mounts(struct cm_planner *p, const struct cm_confinement *init)
{
    struct cm_plan_mount *mounts = cm_take(p, init->n_mounts, sizeof(*mounts));

    p->plan->root_mode = init->writable_root ? CM_ROOT_EPHEMERAL : CM_ROOT_READONLY;
    p->plan->landlock = init->landlock_abi > 0;
    p->plan->mounts = mounts;
    p->plan->n_mounts = mounts ? init->n_mounts : 0;
    for (size_t i = 0; i < p->plan->n_mounts; i++)
        mounts[i] = (struct cm_plan_mount){
            .kind = init->mounts[i].kind,
            .target = init->mounts[i].target,
            .attributes = init->mounts[i].attributes,
            .source_is_directory = init->mounts[i].is_directory,
            .source_fd = -1,
        };
}

/* The label of init and no other: one that is stricter somewhere is laxer elsewhere. */
static void keep_labels(struct cm_planner *p, const struct cm_confinement *init)
{
    struct cm_plan *plan = p->plan;

    if (plan->apparmor_profile && !cm_streq(plan->apparmor_profile, init->apparmor_profile))
        cm_refuse(p, CM_CODE_LSM, "/process/apparmorProfile", "\"%.128s\" is not the profile of the container's init, which is %s; leave it out",
                  plan->apparmor_profile, init->apparmor_profile ? init->apparmor_profile : "none");
    if (plan->selinux_label && !cm_selinux_is_init(plan->selinux_label, init->selinux_label))
        cm_refuse(p, CM_CODE_LSM, "/process/selinuxLabel", "\"%.128s\" is not the label of the container's init, which is %s; leave it out", plan->selinux_label,
                  init->selinux_label ? init->selinux_label : "none");
    plan->apparmor_profile = init->apparmor_profile;
    plan->selinux_label = init->selinux_label;
}

static struct cm_plan_rlimit *find_limit(struct cm_plan *plan, int resource)
{
    for (size_t i = 0; i < plan->n_rlimits; i++)
        if (plan->rlimits[i].resource == resource)
            return &plan->rlimits[i];
    return NULL;
}

/* Init's limits where the process names none, and never above them. */
static void keep_limits(struct cm_planner *p, const struct cm_exec_request *request)
{
    for (int resource = 0; resource < CM_RLIMITS; resource++) {
        const struct cm_limit_pair *init = &request->init_limits[resource], *own = &request->own_limits[resource];
        struct cm_plan_rlimit *asked = find_limit(p->plan, resource);
        if (asked && asked->hard > init->hard) {
            if (asked->field[0])
                cm_tighten(p, CM_CODE_RLIMIT, asked->field, "the limit was lowered to %" PRIu64 ", that of the container's init", init->hard);
            asked->hard = init->hard;
            asked->soft = CM_MIN(asked->soft, init->hard);
        }
        if (asked || (init->soft == own->soft && init->hard == own->hard))
            continue;
        uint64_t hard = p->facts->can_raise_rlimits ? init->hard : CM_MIN(init->hard, own->hard);
        cm_add_rlimit(p, resource, CM_MIN(init->soft, hard), hard, "");
    }
}

/* Each as init has it, unless the process says otherwise; nothing of it favours. */
static void keep_scheduling(struct cm_planner *p, const struct cm_confinement *init)
{
    struct cm_plan_scheduling *plan = &p->plan->scheduling;
    const struct cm_plan_scheduling asked = *plan;

    *plan = init->scheduling;
    if (asked.policy_set) {
        plan->policy_set = true;
        plan->policy = asked.policy;
        plan->nice = asked.nice;
        plan->flags = asked.flags;
    }
    if (asked.io_priority_set) {
        plan->io_priority_set = true;
        plan->io_priority = asked.io_priority;
    }
}

/* Never less likely to be killed than init. */
static void keep_oom_score(struct cm_planner *p)
{
    if (!p->plan->oom_score_adj_set) {
        p->plan->oom_score_adj_set = true;
        p->plan->oom_score_adj = p->facts->own_oom_score_adj;
    }
}

int cm_plan_exec(const struct cm_exec_request *request, const struct cm_policy *policy, const struct cm_facts *facts, struct cm_arena *arena,
                 struct cm_plan **ret_plan)
{
    static const struct oci_linux no_linux;
    const struct cm_confinement *init = request->init;
    struct oci_config *config = cm_arena_alloc(arena, sizeof(*config));
    struct oci_process *process = cm_arena_alloc(arena, sizeof(*process));
    struct cm_plan *plan = cm_arena_alloc(arena, sizeof(*plan));

    if (!config || !process || !plan)
        return -ENOMEM;
    *process = *request->process;
    config->process = process;
    if (!process->exec_cpu_affinity && (init->affinity.initial || init->affinity.final))
        process->exec_cpu_affinity = (struct oci_cpu_affinity *)(uintptr_t)&init->affinity; /* only read */
    *plan = (struct cm_plan){
        .arena = arena,
        .policy = policy,
        .rootless = facts->rootless,
        .joins = true,
        .session_keyring = true,
        .memory_deny_write_exec = policy->memory_deny_write_exec || init->memory_deny_write_exec,
        .uid_map = init->uid_map,
        .gid_map = init->gid_map,
    };
    struct cm_planner p = {.config = config, .linux_ = &no_linux, .policy = policy, .facts = facts, .id = "", .arena = arena, .plan = plan, .exec = request};

    cm_find_exceptions(&p, request->bundle, request->cgroup);
    cm_check_process(&p);
    cm_check_env(&p);
    cm_check_user(&p);
    cm_check_process_ids(&p);
    cm_check_asked_rlimits(&p);
    keep_limits(&p, request);
    cm_check_scheduling(&p);
    keep_scheduling(&p, init);
    cm_check_affinity(&p);
    keep_oom_score(&p);
    cm_check_caps(&p);
    cm_check_process_labels(&p);
    keep_labels(&p, init);
    cm_check_agent(&p, init->seccomp_agent, init->seccomp_metadata, ""); /* the policy may have changed since */
    cm_check_suid_dumpable(&p);
    restore_mounts(&p, init);
    if (p.no_memory)
        return -ENOMEM;
    *ret_plan = plan;
    return 0;
}
