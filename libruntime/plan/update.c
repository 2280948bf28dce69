/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Planning a change of limits; see update.h. The request is hostile: it comes from whoever may change a pod. */
#include "plan/update.h"

#include <errno.h>
#include <inttypes.h>

#include "plan/unit.h"

#define RESOURCES "/linux/resources"
#define PERIOD_DEFAULT 100000

static bool given(const struct oci_i64 *value)
{
    return value->set && value->v != 0;
}

/* Takes the files out that were planned along with what was asked for, and are not to be touched. */
static void drop(struct cm_plan *plan, const char *file)
{
    size_t kept = 0;

    for (size_t i = 0; i < plan->n_limits; i++)
        if (!cm_streq(plan->limits[i].file, file))
            plan->limits[kept++] = plan->limits[i];
    plan->n_limits = kept;
}

static void check_usage(struct cm_planner *p, const struct oci_memory *merged, uint64_t current)
{
    if (given(&merged->swap) && merged->swap.v > 0 && (uint64_t)merged->swap.v <= current)
        cm_refuse(p, CM_CODE_LIMIT_INVALID, RESOURCES "/memory/swap", "rejecting memory+swap limit %" PRId64 " <= usage %" PRIu64 ", as checkBeforeUpdate asks",
                  merged->swap.v, current);
    if (given(&merged->limit) && merged->limit.v > 0 && (uint64_t)merged->limit.v <= current)
        cm_refuse(p, CM_CODE_LIMIT_INVALID, RESOURCES "/memory/limit", "rejecting memory limit %" PRId64 " <= usage %" PRIu64 ", as checkBeforeUpdate asks",
                  merged->limit.v, current);
}

static void update_memory(struct cm_planner *p, const struct oci_memory *asked, const struct cm_update_facts *facts)
{
    bool limit = given(&asked->limit), swap = given(&asked->swap), reservation = given(&asked->reservation);
    CM_AUTO_STR struct cm_str defaults = {0};

    if (!limit && !swap && !reservation)
        return;
    struct oci_memory merged = *asked;
    if (!limit && facts->memory_max.set && facts->memory_max.v > 0)
        merged.limit = facts->memory_max;
    /* Only a limit brings swap with it, and not "none": that will be another number, so that there is no sum to keep. */
    bool keep_swap = !swap && (!limit || merged.limit.v < 0);
    /* The swap that is in force stays otherwise, as a sum with memory like it was given once. */
    if (!swap && !keep_swap && facts->swap_max.set && facts->swap_max.v > 0 && facts->memory_max.set && facts->memory_max.v > 0)
        merged.swap = (struct oci_i64){true, facts->memory_max.v > INT64_MAX - facts->swap_max.v ? INT64_MAX : facts->memory_max.v + facts->swap_max.v};
    if (asked->check_before_update.set && asked->check_before_update.v)
        check_usage(p, &merged, facts->memory_current);
    cm_limit_memory(p, &merged, &defaults);
    p->no_memory |= defaults.failed;
    drop(p->plan, "memory.oom.group"); /* of a new container; may have been set otherwise since */
    if (keep_swap)
        drop(p->plan, "memory.swap.max");
}

static void no_quota(struct cm_planner *p, uint64_t period)
{
    static const char field[] = RESOURCES "/cpu/quota";

    if (cm_limit_wanted(p, CM_CTRL_CPU, field))
        cm_add_limit(p, CM_CTRL_CPU, "cpu.max", cm_text(p, "max %" PRIu64, period), field);
}

/* Quota and period are one file: who gives one keeps the other. A burst may not exceed the quota at any moment, so it is taken away while that changes. */
static void update_cpu_time(struct cm_planner *p, struct oci_cpu *cpu, const struct cm_update_facts *facts)
{
    bool quota = given(&cpu->quota), period = cpu->period.set && cpu->period.v > 0, burst = cpu->burst.set;

    if (quota && !burst && cpu->quota.v > 0 && (uint64_t)cpu->quota.v < facts->cpu_burst)
        cm_refuse(p, CM_CODE_LIMIT_INVALID, RESOURCES "/cpu/quota", "%" PRId64 " is below the burst that is in force, %" PRIu64 "; set cpu.burst too",
                  cpu->quota.v, facts->cpu_burst);
    if (burst && (quota || period || cpu->burst.v == 0) && cm_limit_wanted(p, CM_CTRL_CPU, RESOURCES "/cpu/burst"))
        cm_add_limit(p, CM_CTRL_CPU, "cpu.max.burst", "0", RESOURCES "/cpu/burst");
    if (!quota && !period && !(burst && cpu->burst.v > 0))
        return;
    if (!quota)
        cpu->quota = facts->cpu_quota;
    if (!period)
        cpu->period = facts->cpu_period.set ? facts->cpu_period : (struct oci_u64){true, PERIOD_DEFAULT};
    if ((quota || period) && (!cpu->quota.set || cpu->quota.v <= 0)) {
        no_quota(p, cpu->period.v);
        cpu->period.set = false; /* said */
    }
}

static void update_cpu(struct cm_planner *p, const struct oci_cpu *asked, const struct cm_update_facts *facts)
{
    struct oci_cpu cpu = *asked;

    /* Before the weight, which the kernel does not take from who is idle. */
    if (cpu.idle.set && cpu.idle.v == 0 && cm_limit_wanted(p, CM_CTRL_CPU, RESOURCES "/cpu/idle"))
        cm_add_limit(p, CM_CTRL_CPU, "cpu.idle", "0", RESOURCES "/cpu/idle");
    /* Who is idle has no weight: of both together it is the idleness that counts, as with create. */
    if (cpu.shares.set && cpu.shares.v > 0 && facts->cpu_idle && !cpu.idle.set)
        cm_refuse(p, CM_CODE_LIMIT_INVALID, RESOURCES "/cpu/shares", "the container is idle (cpu.idle is 1), which has no weight; set cpu.idle to 0 as well");
    if (facts->cpu_idle && cpu.idle.set && cpu.idle.v == 1)
        cpu.shares.set = false;
    update_cpu_time(p, &cpu, facts);
    cm_limits_cpu(p, &cpu);
}

static void update(struct cm_planner *p, const struct oci_resources *request, const struct cm_update_facts *facts)
{
    CM_AUTO_STR struct cm_str defaults = {0};

    if (request->memory)
        update_memory(p, request->memory, facts);
    if (request->pids_limit.set)
        cm_limit_pids(p, request, &defaults);
    p->no_memory |= defaults.failed;
    if (request->cpu)
        update_cpu(p, request->cpu, facts);
    if (request->block_io)
        cm_limits_io(p, request->block_io);
    cm_limits_other(p, request);
    cm_limits_ignored(p, request);
    cm_limits_unified(p, &request->unified);
    if (!request->memory || !given(&request->memory->limit)) { /* planned for the others to be judged by; unified may ask for it itself */
        bool unified = cm_unified(p, "memory.max") != NULL;
        if (!unified)
            drop(p->plan, "memory.max");
    }
}

int cm_plan_update(const struct oci_resources *request, bool rdt, const struct cm_policy *policy, const struct cm_update_facts *facts, struct cm_arena *arena,
                   struct cm_plan **ret_plan)
{
    struct cm_plan *plan = cm_arena_alloc(arena, sizeof(*plan));
    struct oci_resources *resources = cm_arena_alloc(arena, sizeof(*resources));
    struct oci_linux *linux_ = cm_arena_alloc(arena, sizeof(*linux_));
    const struct cm_facts host = {
        .now = facts->now,
        .rootless = facts->rootless,
        .memory_total = facts->memory_total,
        .controllers = facts->controllers,
        .cgroup_available = true,
        .delegated_in = facts->cgroup_path,
        .memory_in_force = facts->memory_max.set && facts->memory_max.v > 0 ? (uint64_t)facts->memory_max.v : 0,
    };

    if (!plan || !resources || !linux_)
        return -ENOMEM;
    *resources = *request;
    linux_->resources = resources;
    *plan = (struct cm_plan){.arena = arena, .policy = policy, .cgroup_path = facts->cgroup_path};
    struct cm_planner p = {.linux_ = linux_, .policy = policy, .facts = &host, .id = "", .arena = arena, .plan = plan};
    cm_find_exceptions(&p, facts->bundle, facts->cgroup_path);
    if (rdt)
        cm_refuse(&p, CM_CODE_RDT, "/linux/intelRdt", "%s; leave --l3-cache-schema and --mem-bw-schema out", cm_code_info(CM_CODE_RDT)->meaning);
    update(&p, resources, facts);
    if (facts->systemd_driver)
        cm_unit_limits(&p);
    if (p.no_memory)
        return -ENOMEM;
    *ret_plan = plan;
    return 0;
}

int cm_plan_unit_limits(struct cm_plan_limit *limits, size_t n, struct cm_arena *arena, struct cm_plan_unit *ret)
{
    struct cm_plan plan = {.arena = arena, .n_limits = n, .limits = limits};
    struct cm_planner p = {.id = "", .arena = arena, .plan = &plan};

    cm_unit_limits(&p);
    *ret = plan.unit;
    return p.no_memory ? -ENOMEM : 0;
}
