/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux.resources.unified: file names and contents, both hostile, written after everything else. They must be files that
 * only limit, and must not lift what limits.c bounded.
 */
#include <inttypes.h>
#include <string.h>

#include "plan/planner.h"

#define VALUE_MAX ((size_t)4096)

enum rule {
    RULE_NONE,
    RULE_PIDS,     /* not above the policy's */
    RULE_MEMORY,   /* not above the host's memory */
    RULE_SWAP,     /* not above memory.max, "max" has no effect */
    RULE_WITHIN,   /* lowered to memory.max */
    RULE_THROTTLE, /* has no meaning above memory.max, and no effect as "max" */
};

/* What a container's configuration may set. Left out is what partitions the host's CPUs, reclaims now, raises a priority or moves processes. */
static const struct file_row {
    const char *name;
    enum cm_controller controller;
    enum rule rule;
} files[] = {
    {"cpu.idle", CM_CTRL_CPU, RULE_NONE},
    {"cpu.max", CM_CTRL_CPU, RULE_NONE},
    {"cpu.max.burst", CM_CTRL_CPU, RULE_NONE},
    {"cpu.uclamp.max", CM_CTRL_CPU, RULE_NONE},
    {"cpu.weight", CM_CTRL_CPU, RULE_NONE},
    {"cpu.weight.nice", CM_CTRL_CPU, RULE_NONE},
    {"cpuset.cpus", CM_CTRL_CPUSET, RULE_NONE},
    {"cpuset.mems", CM_CTRL_CPUSET, RULE_NONE},
    {"io.bfq.weight", CM_CTRL_IO, RULE_NONE},
    {"io.latency", CM_CTRL_IO, RULE_NONE},
    {"io.max", CM_CTRL_IO, RULE_NONE},
    {"io.weight", CM_CTRL_IO, RULE_NONE},
    {"memory.high", CM_CTRL_MEMORY, RULE_THROTTLE},
    {"memory.low", CM_CTRL_MEMORY, RULE_WITHIN},
    {"memory.max", CM_CTRL_MEMORY, RULE_MEMORY},
    {"memory.min", CM_CTRL_MEMORY, RULE_WITHIN},
    {"memory.oom.group", CM_CTRL_MEMORY, RULE_NONE},
    {"memory.swap.high", CM_CTRL_MEMORY, RULE_THROTTLE},
    {"memory.swap.max", CM_CTRL_MEMORY, RULE_SWAP},
    {"memory.zswap.max", CM_CTRL_MEMORY, RULE_WITHIN},
    {"misc.max", CM_CTRL_MISC, RULE_NONE},
    {"pids.max", CM_CTRL_PIDS, RULE_PIDS},
    {"rdma.max", CM_CTRL_RDMA, RULE_NONE},
};

/* "hugetlb.2MB.max", "hugetlb.2MB.rsvd.max" */
static bool is_huge_pages(const char *key)
{
    static const char prefix[] = "hugetlb.";

    if (!cm_has_prefix(key, prefix))
        return false;
    const char *size = key + sizeof(prefix) - 1;
    size_t n = strspn(size, "0123456789");
    if (n == 0 || n > 11 || !size[n] || !strchr("KMG", size[n]) || size[n + 1] != 'B')
        return false;
    return cm_streq(size + n + 2, ".max") || cm_streq(size + n + 2, ".rsvd.max");
}

static const struct file_row *find_file(const char *key)
{
    static const struct file_row huge_pages = {"", CM_CTRL_HUGETLB, RULE_NONE};

    for (size_t i = 0; i < CM_ARRAY_LEN(files); i++)
        if (cm_streq(files[i].name, key))
            return &files[i];
    return is_huge_pages(key) ? &huge_pages : NULL;
}

static bool value_is_plain(const char *value)
{
    size_t n = strlen(value);

    if (n == 0 || n > VALUE_MAX)
        return false;
    for (size_t i = 0; i < n; i++)
        if ((value[i] < ' ' && value[i] != '\n') || value[i] > '~')
            return false;
    return true;
}

static const char *bound_pids(struct cm_planner *p, bool unlimited, uint64_t number, const char *value, const char *field)
{
    if (unlimited) {
        cm_tighten(p, CM_CODE_LIMIT_CEILING, field, "processes without limit were asked for; the limit stays as it is otherwise");
        return NULL;
    }
    int64_t asked = number > INT64_MAX ? INT64_MAX : (int64_t)number, ceiling = cm_ceiling(p, CM_TUNABLE_PIDS_MAX, CM_CODE_LIMIT_CEILING, asked, field);
    if (asked <= ceiling)
        return value;
    cm_tighten(p, CM_CODE_LIMIT_CEILING, field, "%" PRIu64 " processes were asked for; the limit is %" PRId64, number, ceiling);
    return cm_text(p, "%" PRId64, ceiling);
}

/* The value within the memory that the container may have; NULL: nothing is written. */
static const char *bound_memory(struct cm_planner *p, const struct file_row *file, bool unlimited, uint64_t number, const char *value, const char *field)
{
    bool memory = file->rule == RULE_MEMORY;
    uint64_t bound, ceiling = UINT64_MAX;

    if (memory)
        ceiling = cm_memory_ceiling(p, unlimited ? 0 : number, field);
    if (memory || !cm_memory_bound(p, &bound))
        bound = memory ? p->facts->memory_total : 0;
    if (file->rule == RULE_SWAP)
        ceiling = (uint64_t)cm_ceiling(p, CM_TUNABLE_SWAP_MAX, CM_CODE_LIMIT_CEILING, (int64_t)CM_MIN(bound, number), field);
    bound = CM_MIN(bound, ceiling);
    if (!unlimited && number <= bound)
        return value;
    if (memory && !unlimited && number <= p->facts->memory_total) {
        cm_tighten(p, CM_CODE_LIMIT_CEILING, field, "%s of \"%.64s\" is above the policy's ceiling; it is %" PRIu64, file->name, value, bound);
        return cm_text(p, "%" PRIu64, bound);
    }
    if (memory || file->rule == RULE_THROTTLE || (file->rule == RULE_SWAP && unlimited)) {
        cm_tighten(p, CM_CODE_LIMIT_CEILING, field, "%s of \"%.64s\" is no limit; it stays as it is otherwise", file->name, value);
        return NULL;
    }
    cm_tighten(p, CM_CODE_LIMIT_CEILING, field, "%s of \"%.64s\" is above what the container may have; it is %" PRIu64, file->name, value, bound);
    return cm_text(p, "%" PRIu64, bound);
}

/* The value after the ceilings; NULL: nothing is written. */
static const char *bound_value(struct cm_planner *p, const struct file_row *file, const char *value, const char *field)
{
    bool unlimited = cm_streq(value, "max"), pids = file->rule == RULE_PIDS;
    uint64_t number = 0;

    if (file->rule == RULE_NONE)
        return value;
    /* what the kernel would read differently (white space, hexadecimal) is not compared but refused */
    if (!unlimited && (pids ? cm_parse_u64(value, &number) : cm_parse_size(value, 0, &number)) < 0) {
        cm_refuse(p, CM_CODE_LIMIT_INVALID, field, "\"%.64s\" is not one number", value);
        return NULL;
    }
    return pids ? bound_pids(p, unlimited, number, value, field) : bound_memory(p, file, unlimited, number, value, field);
}

/* The kernel takes one line a write. */
static void add_lines(struct cm_planner *p, enum cm_controller controller, const char *file, const char *value, const char *field)
{
    for (const char *line = value; *line;) {
        size_t n = strcspn(line, "\n");
        if (n > 0)
            cm_add_limit(p, controller, file, cm_text(p, "%.*s", (int)n, line), field);
        line += n + (line[n] == '\n');
    }
}

void cm_limits_unified(struct cm_planner *p, const struct oci_map *unified)
{
    for (size_t i = 0; i < unified->n; i++) {
        const char *key = unified->v[i].key, *value = unified->v[i].value ? unified->v[i].value : "";
        const char *field = cm_field_key(p, "/linux/resources/unified", key);
        const struct file_row *file = find_file(key);

        if (!file)
            cm_refuse(p, CM_CODE_UNIFIED, field, "\"%.128s\" is not a file that may be set for a container; use a name such as memory.high", key);
        else if (!value_is_plain(value))
            cm_refuse(p, CM_CODE_UNIFIED, field, "the value of %s is empty, too long or not printable", key);
        else if (cm_limit_wanted(p, file->controller, field) && (value = bound_value(p, file, value, field)))
            add_lines(p, file->controller, key, value, field);
    }
}
