/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `update`: what holds now, the plan, and the change. Hostile: the request, and a container that uses as much as it can meanwhile. */
#include <errno.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <time.h>

#include "base/log.h"
#include "observe/values.h"
#include "plan/update.h"
#include "run/audit.h"
#include "run/launch.h"
#include "run/live.h"
#include "run/test_hooks.h"
#include "run/unit_change.h"
#include "state/noted_limits.h"

#define ALL_CONTROLLERS (~0u)

static void gather(const struct cm_runtime *runtime, const struct cm_live *live, struct cm_update_facts *facts)
{
    const struct cm_cgroup *cgroup = &live->cgroup;
    struct sysinfo info;
    int64_t number;
    uint64_t period;

    *facts = (struct cm_update_facts){
        .cgroup_path = live->record->cgroup_path,
        .bundle = live->record->bundle,
        .rootless = runtime->rootless,
        .systemd_driver = live->record->systemd_unit != NULL,
        .now = runtime->policy->n_exceptions > 0 ? (int64_t)time(NULL) : 0,
        .controllers = cm_cgroup_controllers(cgroup->fd),
    };
    if (sysinfo(&info) == 0)
        facts->memory_total = (uint64_t)info.totalram * info.mem_unit;
    if (cm_cgroup_limit_now(cgroup, "memory.current", &number) == 0)
        facts->memory_current = (uint64_t)number;
    if (cm_cgroup_limit_now(cgroup, "memory.max", &number) == 0)
        facts->memory_max = (struct oci_i64){true, number};
    if (cm_cgroup_limit_now(cgroup, "memory.swap.max", &number) == 0)
        facts->swap_max = (struct oci_i64){true, number};
    if (cm_cgroup_cpu_now(cgroup, &number, &period) == 0) {
        facts->cpu_quota = (struct oci_i64){true, number};
        facts->cpu_period = (struct oci_u64){true, period};
    }
    facts->cpu_burst = cm_cgroup_limit_now(cgroup, "cpu.max.burst", &number) == 0 && number > 0 ? (uint64_t)number : 0;
    facts->cpu_idle = cm_cgroup_limit_now(cgroup, "cpu.idle", &number) == 0 && number == 1;
}

/* Controllers that nobody has asked for so far are not in the container's cgroup: a plan as if it had all of them says which ones are needed. */
static int enable_missing(struct cm_runtime *runtime, const struct cm_update_request *request, const struct cm_update_facts *facts, struct cm_arena *arena,
                          struct cm_plan **ret_plan, struct cm_error *err)
{
    struct cm_update_facts all = *facts;
    unsigned int wanted = 0;

    all.controllers = ALL_CONTROLLERS;
    if (cm_plan_update(request->resources, request->rdt, cm_test_policy(runtime->policy), &all, arena, ret_plan) < 0)
        return cm_fail_errno(err, ENOMEM, NULL, "planning the update");
    const struct cm_plan *plan = *ret_plan;
    if (plan->verdict == CM_VERDICT_REFUSED)
        return cm_plan_refusal_error(plan, err);
    for (size_t i = 0; i < plan->n_limits; i++)
        wanted |= plan->limits[i].controller;
    if (wanted & ~facts->controllers)
        cm_cgroup_enable_above(cm_runtime_cgroup_root(runtime, err), facts->cgroup_path, wanted);
    return 0;
}

/* *ret_plan is what was decided, whether it was done or not; NULL: it did not come to that. */
static int update(struct cm_runtime *runtime, const struct cm_live *live, const struct cm_update_request *request, struct cm_arena *arena,
                  struct cm_plan **ret_plan, struct cm_error *err)
{
    const struct cm_policy *policy = cm_test_policy(runtime->policy);
    struct cm_update_facts facts;

    gather(runtime, live, &facts);
    int r = enable_missing(runtime, request, &facts, arena, ret_plan, err);
    if (r < 0)
        return r;
    gather(runtime, live, &facts); /* files that were not there have appeared */
    if (cm_plan_update(request->resources, request->rdt, policy, &facts, arena, ret_plan) < 0)
        return cm_fail_errno(err, ENOMEM, NULL, "planning the update");
    if ((*ret_plan)->verdict == CM_VERDICT_REFUSED)
        return cm_plan_refusal_error(*ret_plan, err);
    if (live->record->systemd_unit)
        return cm_unit_change_limits(runtime, live, *ret_plan, arena, err);
    return cm_cgroup_change_limits(&live->cgroup, (*ret_plan)->limits, (*ret_plan)->n_limits, err);
}

/* -ENOENT: there is no such file. */
static int note_file(const struct cm_live *live, const char *file)
{
    CM_AUTO_FREE char *text = NULL;
    int r = cm_value_text(live->cgroup.fd, file, &text);

    if (r < 0)
        return -ENOENT;
    size_t n = strlen(text);
    text[n > 0 && text[n - 1] == '\n' ? n - 1 : n] = '\0';
    return cm_limit_note(&live->entry, file, text);
}

/* What the files say now is what `check --container` compares with later. */
static void note_limits(const struct cm_live *live, const struct cm_plan *plan)
{
    int failed = 0;

    for (size_t i = 0; i < plan->n_limits; i++) {
        const struct cm_plan_limit *l = &plan->limits[i];
        int r = l->preferred_file ? note_file(live, l->preferred_file) : -ENOENT;
        if (r == -ENOENT)
            r = note_file(live, l->file);
        if (cm_streq(l->file, "cpu.idle") && (r == 0 || r == -ENOENT)) /* sets the weight as well */
            r = note_file(live, "cpu.weight");
        failed = r < 0 && r != -ENOENT ? r : failed;
    }
    if (failed < 0)
        cm_log(CM_LOG_WARNING, "the new limits hold, but were not recorded: %s", strerror(-failed));
}

int cm_update(struct cm_runtime *runtime, const char *id, const struct cm_update_request *request, struct cm_error *err)
{
    CM_AUTO_LIVE struct cm_live live = CM_LIVE_NONE;
    CM_AUTO_ARENA struct cm_arena arena = {0};
    struct cm_plan *plan = NULL;

    int r = cm_live_open(runtime, id, &live, err);
    if (r < 0)
        return r;
    if (live.status == CM_STATUS_STOPPED || live.status == CM_STATUS_CREATING)
        return cm_fail(err, EINVAL, NULL, "container not running");
    r = cm_live_need_cgroup(&live, "its limits cannot be changed", err);
    if (r < 0)
        return r;
    r = update(runtime, &live, request, &arena, &plan, err);
    if (plan)
        cm_audit_update(runtime, live.record, plan, r, err);
    if (r == 0) {
        note_limits(&live, plan);
        cm_log_findings(plan);
    }
    return r;
}
