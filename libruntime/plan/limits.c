/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux.resources → files of the container's cgroup (v2): memory, pids and the defaults. A limit that was asked for and that no controller can enforce
 * is refused; a default of ours is then only reported (or, under strict, refused). Numbers are hostile.
 */
#include <string.h>
#include <sys/resource.h>

#include "plan/planner.h"

#define RESOURCES "/linux/resources"

static const struct {
    enum cm_controller controller;
    const char *name;
} controllers[] = {
    {CM_CTRL_CPU, "cpu"},       {CM_CTRL_MEMORY, "memory"},   {CM_CTRL_PIDS, "pids"}, {CM_CTRL_IO, "io"},
    {CM_CTRL_CPUSET, "cpuset"}, {CM_CTRL_HUGETLB, "hugetlb"}, {CM_CTRL_RDMA, "rdma"}, {CM_CTRL_MISC, "misc"},
};

bool cm_have_controller(const struct cm_planner *p, enum cm_controller controller)
{
    return p->plan->cgroup_path && (p->facts->controllers & (unsigned int)controller);
}

bool cm_pids_limited(const struct cm_planner *p)
{
    return cm_have_controller(p, CM_CTRL_PIDS);
}

bool cm_limit_wanted(struct cm_planner *p, enum cm_controller controller, const char *field)
{
    const char *name = "";

    if (cm_have_controller(p, controller))
        return true;
    if (cm_excepted(p, CM_CODE_LIMIT_UNENFORCEABLE, field, "started without this limit, which the host cannot enforce")) {
        cm_not_enforced(p, field, "the host cannot enforce it");
        return false;
    }
    for (size_t i = 0; i < CM_ARRAY_LEN(controllers); i++)
        if (controllers[i].controller == controller)
            name = controllers[i].name;
    if (p->plan->cgroup_path && p->facts->delegated_in)
        cm_refuse(p, CM_CODE_LIMIT_UNENFORCEABLE, field,
                  "the %s controller is not available in %s, so this limit cannot be enforced; enable it in cgroup.subtree_control of the cgroups above "
                  "(systemd: Delegate=%s), or drop the limit",
                  name, p->facts->delegated_in, name);
    else if (p->plan->cgroup_path)
        cm_refuse(
            p, CM_CODE_LIMIT_UNENFORCEABLE, field,
            "the %s controller is not available in the root of cgroup version 2, so this limit cannot be enforced; the kernel lacks it, or cgroup_disable= "
            "or a mount of version 1 takes it away; drop the limit",
            name);
    else
        cm_refuse(p, CM_CODE_LIMIT_UNENFORCEABLE, field, "no cgroup can be made, so this %s limit cannot be enforced; delegate a cgroup or drop the limit",
                  name);
    return false;
}

void cm_add_limit(struct cm_planner *p, enum cm_controller controller, const char *file, const char *value, const char *field)
{
    struct cm_plan_limit *limit = cm_grow(p, (void **)&p->plan->limits, &p->plan->n_limits, &p->limits_room, sizeof(*limit));

    if (limit)
        *limit = (struct cm_plan_limit){.controller = (unsigned int)controller, .file = file, .value = value, .field = field};
}

const char *cm_unified(const struct cm_planner *p, const char *key)
{
    const struct oci_map *map = p->linux_->resources ? &p->linux_->resources->unified : NULL;

    for (size_t i = 0; map && i < map->n; i++)
        if (cm_streq(map->v[i].key, key))
            return map->v[i].value;
    return NULL;
}

uint64_t cm_memory_ceiling(struct cm_planner *p, uint64_t asked, const char *field)
{
    uint64_t total = p->facts->memory_total, ceiling = cm_amount_bytes(p->policy->memory_max, total), most = total > 0 ? CM_MIN(asked, total) : asked;

    if (ceiling == 0) /* a part of what is not known */
        return INT64_MAX;
    if (!field || most <= ceiling ||
        !cm_excepted(p, CM_CODE_LIMIT_CEILING, field, "%" PRIu64 " bytes are granted, beyond the policy's %" PRIu64, most, ceiling))
        return ceiling;
    return most;
}

bool cm_memory_bound(struct cm_planner *p, uint64_t *ret)
{
    const char *unified = cm_unified(p, "memory.max"); /* is written last */

    if (unified && cm_parse_size(unified, 0, ret) == 0 && *ret <= p->facts->memory_total) {
        uint64_t ceiling = cm_memory_ceiling(p, *ret, NULL);
        *ret = CM_MIN(*ret, ceiling);
        return true;
    }
    for (size_t i = p->plan->n_limits; i-- > 0;)
        if (cm_streq(p->plan->limits[i].file, "memory.max"))
            return cm_parse_u64(p->plan->limits[i].value, ret) == 0;
    if (p->facts->memory_in_force > 0) {
        *ret = p->facts->memory_in_force;
        return true;
    }
    return false;
}

/* Swap or protected memory beyond what the container may have at all. */
static uint64_t within_memory(struct cm_planner *p, uint64_t asked, const char *what, const char *field)
{
    uint64_t bound;

    if (!cm_memory_bound(p, &bound))
        bound = 0;
    if (asked <= bound)
        return asked;
    cm_tighten(p, CM_CODE_LIMIT_CEILING, field, "more %s was asked for than the container may have memory; it is %" PRIu64 " bytes", what, bound);
    return bound;
}

static void no_default(struct cm_planner *p, const char *what, const char *field, const char *reason)
{
    if (p->policy->refuse_unenforceable_defaults &&
        !cm_excepted(p, CM_CODE_LIMIT_UNENFORCEABLE, field, "started without a %s, which the host cannot enforce", what))
        cm_refuse(p, CM_CODE_LIMIT_UNENFORCEABLE, field, "the policy \"%s\" wants a %s and %s", p->policy->name, what, reason);
    else
        cm_not_enforced(p, what, "%s", reason);
}

/* What is set when nothing is asked for. */
static int64_t memory_default(const struct cm_planner *p)
{
    uint64_t total = p->facts->memory_total, bytes = cm_amount_bytes(p->policy->memory_default, total), max = cm_amount_bytes(p->policy->memory_max, total);

    bytes = max > 0 ? CM_MIN(bytes, max) : bytes;
    return bytes > INT64_MAX ? INT64_MAX : (int64_t)bytes;
}

/* Within the memory, and within the policy's own ceiling. */
static uint64_t within_swap(struct cm_planner *p, uint64_t asked, const char *field)
{
    uint64_t swap = within_memory(p, asked, "swap", field);
    int64_t most = swap > INT64_MAX ? INT64_MAX : (int64_t)swap, ceiling = cm_ceiling(p, CM_TUNABLE_SWAP_MAX, CM_CODE_LIMIT_CEILING, most, field);

    if (most <= ceiling)
        return swap;
    cm_tighten(p, CM_CODE_LIMIT_CEILING, field, "%" PRIu64 " bytes of swap were asked for; the limit is %" PRId64, swap, ceiling);
    return (uint64_t)ceiling;
}

/* memory.swap.max counts swap alone, the OCI value counts memory and swap together. */
static void limit_swap(struct cm_planner *p, const struct oci_memory *memory, int64_t limit, struct cm_str *defaults)
{
    static const char field[] = RESOURCES "/memory/swap";
    int64_t swap = memory && memory->swap.set ? memory->swap.v : 0;

    if (swap == 0) {
        cm_add_limit(p, CM_CTRL_MEMORY, "memory.swap.max", "0", "");
        if (!cm_unified(p, "memory.swap.max"))
            cm_str_add(defaults, ", swap 0");
    } else if (swap == -1) {
        cm_tighten(p, CM_CODE_LIMIT_CEILING, field, "unlimited swap was asked for; the container gets none");
        cm_add_limit(p, CM_CTRL_MEMORY, "memory.swap.max", "0", field);
    } else if (limit <= 0) {
        cm_refuse(p, CM_CODE_LIMIT_INVALID, field, "a swap limit needs a memory limit; set memory.limit too");
    } else if (swap < limit) {
        cm_refuse(p, CM_CODE_LIMIT_INVALID, field, "the limit of memory and swap (%" PRId64 ") is below the one of memory (%" PRId64 ")", swap, limit);
    } else {
        cm_add_limit(p, CM_CTRL_MEMORY, "memory.swap.max", cm_text(p, "%" PRIu64, within_swap(p, (uint64_t)(swap - limit), field)), field);
    }
}

/* -1, or more than there is: no bound at all. */
static bool is_unlimited(const struct cm_planner *p, int64_t limit)
{
    return limit < 0 || (p->facts->memory_total > 0 && (uint64_t)limit > p->facts->memory_total);
}

/* 0: nothing was asked for. */
static void limit_memory(struct cm_planner *p, int64_t limit, struct cm_str *defaults)
{
    static const char field[] = RESOURCES "/memory/limit";
    uint64_t most = limit < 0 ? INT64_MAX : (uint64_t)limit, ceiling = limit == 0 ? 0 : cm_memory_ceiling(p, most, field);
    int64_t fallback = memory_default(p);

    if (limit > 0 && most <= ceiling && !is_unlimited(p, limit)) {
        cm_add_limit(p, CM_CTRL_MEMORY, "memory.max", cm_text(p, "%" PRId64, limit), field);
    } else if (limit != 0 && ceiling > cm_amount_bytes(p->policy->memory_max, p->facts->memory_total) && ceiling < INT64_MAX) { /* excepted */
        cm_add_limit(p, CM_CTRL_MEMORY, "memory.max", cm_text(p, "%" PRIu64, ceiling), field);
    } else if (limit > 0 && !is_unlimited(p, limit)) {
        cm_tighten(p, CM_CODE_LIMIT_CEILING, field, "%" PRId64 " bytes were asked for; the limit is %" PRIu64, limit, ceiling);
        cm_add_limit(p, CM_CTRL_MEMORY, "memory.max", cm_text(p, "%" PRIu64, ceiling), field);
    } else if (fallback > 0) {
        if (limit != 0)
            cm_tighten(p, CM_CODE_LIMIT_CEILING, field, "unlimited memory (or more than the host has) was asked for; the limit is %" PRId64 " bytes", fallback);
        else if (!cm_unified(p, "memory.max"))
            cm_str_addf(defaults, ", memory %" PRId64, fallback);
        cm_add_limit(p, CM_CTRL_MEMORY, "memory.max", cm_text(p, "%" PRId64, fallback), limit != 0 ? field : "");
    } else {
        no_default(p, "memory limit", RESOURCES "/memory", "the size of the host's memory is not known; set memory.limit");
    }
}

void cm_limit_memory(struct cm_planner *p, const struct oci_memory *memory, struct cm_str *defaults)
{
    static const char field[] = RESOURCES "/memory/limit", low[] = RESOURCES "/memory/reservation";
    int64_t limit = memory && memory->limit.set ? memory->limit.v : 0, reservation = memory && memory->reservation.set ? memory->reservation.v : 0;

    if (limit < -1 || reservation < -1) {
        cm_refuse(p, CM_CODE_LIMIT_INVALID, limit < -1 ? field : low, "%" PRId64 " bytes are not a limit; use -1 for none", limit < -1 ? limit : reservation);
        return;
    }
    bool asked = limit > 0 || reservation > 0 || (memory && memory->swap.set && memory->swap.v > 0);
    if (asked && !cm_limit_wanted(p, CM_CTRL_MEMORY, limit > 0 ? field : reservation > 0 ? low : RESOURCES "/memory/swap"))
        return;
    if (!cm_have_controller(p, CM_CTRL_MEMORY)) {
        no_default(p, "memory limit", RESOURCES "/memory", "there is no memory controller for the container; the host's OOM killer stands in");
        return;
    }
    limit_memory(p, limit, defaults);
    limit_swap(p, memory, limit, defaults);
    if (reservation != 0)
        cm_add_limit(p, CM_CTRL_MEMORY, "memory.low", cm_text(p, "%" PRIu64, within_memory(p, (uint64_t)reservation, "protected memory", low)), low);
    /* one process of a container killed and the rest left half alive is worse than a restart */
    cm_add_limit(p, CM_CTRL_MEMORY, "memory.oom.group", "1", "");
}

void cm_limit_pids(struct cm_planner *p, const struct oci_resources *resources, struct cm_str *defaults)
{
    static const char field[] = RESOURCES "/pids/limit";
    bool given = resources && resources->pids_limit.set;
    int64_t asked = given ? resources->pids_limit.v : p->policy->pids_default;

    if (given && asked >= 0 && !cm_limit_wanted(p, CM_CTRL_PIDS, field))
        return;
    if (!cm_have_controller(p, CM_CTRL_PIDS)) {
        no_default(p, "pids limit", RESOURCES "/pids", "there is no pids controller for the container; RLIMIT_NPROC stands in");
        return;
    }
    int64_t most = asked < 0 ? INT64_MAX : asked, ceiling = cm_ceiling(p, CM_TUNABLE_PIDS_MAX, CM_CODE_LIMIT_CEILING, most, field);
    if (most > ceiling) {
        cm_tighten(p, CM_CODE_LIMIT_CEILING, field, "%s processes were asked for; the limit is %" PRId64,
                   asked < 0 ? "unlimited" : cm_text(p, "%" PRId64, asked), ceiling);
        asked = ceiling;
    }
    if (!given && !cm_unified(p, "pids.max"))
        cm_str_addf(defaults, ", pids %" PRId64, asked);
    /* 0 would stop the container's own first process */
    cm_add_limit(p, CM_CTRL_PIDS, "pids.max", cm_text(p, "%" PRId64, CM_MAX(asked, (int64_t)1)), given ? field : "");
}

/*
 * systemd takes controllers that none of its units uses away from its slices, whoever has switched them on, and the limits go with them; memory and pids it
 * uses itself. A cgroup between its slice and the container's, which has them switched on as well, keeps them there.
 */
static void check_manager(struct cm_planner *p)
{
    static const char slice[] = ".slice";
    const char *path = p->plan->cgroup_path, *last = path ? strrchr(path, '/') : NULL;
    CM_AUTO_STR struct cm_str names = {0};
    unsigned int used = 0;

    if (!last || !p->facts->systemd_is_manager || p->facts->systemd_driver || p->facts->rootless)
        return;
    const char *parent = cm_text(p, "%.*s", (int)(last - path), path);
    size_t n = strlen(parent);
    if (n > 0 && (n < strlen(slice) || !cm_streq(parent + n - strlen(slice), slice)))
        return;
    for (size_t i = 0; i < p->plan->n_limits; i++)
        used |= p->plan->limits[i].controller;
    for (size_t i = 0; i < CM_ARRAY_LEN(controllers); i++)
        if (used & controllers[i].controller & ~(unsigned int)(CM_CTRL_MEMORY | CM_CTRL_PIDS))
            cm_str_addf(&names, "%s%s", names.size > 0 ? ", " : "", controllers[i].name);
    if (!cm_str_text(&names) || names.size == 0)
        return;
    cm_not_enforced(p, cm_text(p, "limits of %s for long", names.data),
                    "systemd takes these controllers away from %s at its next reload; use --systemd-cgroup, or a cgroupsPath of two parts outside of its "
                    "slices, such as /containers/NAME",
                    n > 0 ? parent : "the root");
}

void cm_check_limits(struct cm_planner *p)
{
    const struct oci_resources *resources = p->linux_->resources;
    CM_AUTO_STR struct cm_str defaults = {0};

    if (!p->plan->cgroup_path && (p->facts->cgroup_v1_only || !p->facts->rootless))
        return; /* refused already, with the remedy for all limits */
    cm_limit_memory(p, resources ? resources->memory : NULL, &defaults);
    cm_limit_pids(p, resources, &defaults);
    cm_limits_huge_pages(p, resources, &defaults);
    if (resources) {
        if (resources->cpu)
            cm_limits_cpu(p, resources->cpu);
        if (resources->block_io)
            cm_limits_io(p, resources->block_io);
        cm_limits_other(p, resources);
        cm_limits_ignored(p, resources);
        cm_limits_unified(p, &resources->unified);
    }
    check_manager(p);
    const char *text = cm_str_text(&defaults);
    p->no_memory |= !text;
    if (text && text[0])
        cm_tighten(p, CM_CODE_LIMIT_DEFAULT, resources ? RESOURCES : "/linux", "limits that were not given were set: %s", text + 2);
}
