/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux.resources.unified: file names and contents, both hostile, written after everything else. They must stay files of a resource controller, and
 * must not lift what limits.c bounded.
 */
#include <inttypes.h>
#include <string.h>

#include "plan/planner.h"

#define VALUE_MAX ((size_t)4096)

static const struct {
    const char *prefix;
    enum cm_controller controller;
} known[] = {
    {"cpu.", CM_CTRL_CPU},       {"memory.", CM_CTRL_MEMORY},   {"pids.", CM_CTRL_PIDS}, {"io.", CM_CTRL_IO},
    {"cpuset.", CM_CTRL_CPUSET}, {"hugetlb.", CM_CTRL_HUGETLB}, {"rdma.", CM_CTRL_RDMA}, {"misc.", CM_CTRL_MISC},
};

/* Files in which "max" or a huge number would take away a bound that every container has. */
static const char *const bounded[] = {"memory.max", "memory.swap.max", "pids.max"};

static bool find_controller(const char *key, enum cm_controller *ret)
{
    static const char valid[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";

    for (size_t i = 0; i < CM_ARRAY_LEN(known); i++)
        if (cm_has_prefix(key, known[i].prefix) && key[strlen(known[i].prefix)] != '\0' && strlen(key) < 128 && strspn(key, valid) == strlen(key)) {
            *ret = known[i].controller;
            return true;
        }
    return false;
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

static bool is_bounded(const char *key)
{
    for (size_t i = 0; i < CM_ARRAY_LEN(bounded); i++)
        if (cm_streq(key, bounded[i]))
            return true;
    return false;
}

/* The value after the policy's ceilings; NULL: nothing is written. */
static const char *bound_value(struct cm_planner *p, const char *key, const char *value, const char *field)
{
    bool pids = cm_streq(key, "pids.max");
    uint64_t number = 0;

    if (!is_bounded(key))
        return value;
    /* what the kernel would read differently (white space, hexadecimal) is not compared but refused */
    bool unlimited = cm_streq(value, "max");
    if (!unlimited && (pids ? cm_parse_u64(value, &number) : cm_parse_size(value, 0, &number)) < 0) {
        cm_refuse(p, CM_CODE_LIMIT_INVALID, field, "\"%.64s\" is not one number", value);
        return NULL;
    }
    if (unlimited || (cm_streq(key, "memory.max") && number > p->facts->memory_total)) {
        cm_tighten(p, CM_CODE_LIMIT_CEILING, field, "%s without limit was asked for; the limit stays as it is otherwise", key);
        return NULL;
    }
    if (!pids || number <= (uint64_t)p->policy->pids_max)
        return value;
    cm_tighten(p, CM_CODE_LIMIT_CEILING, field, "%" PRIu64 " processes were asked for; the limit is %" PRId64, number, p->policy->pids_max);
    return cm_text(p, "%" PRId64, p->policy->pids_max);
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
        enum cm_controller controller;

        if (!find_controller(key, &controller))
            cm_refuse(p, CM_CODE_UNIFIED, field, "\"%.128s\" is not a file of a known controller; use a name such as memory.high", key);
        else if (!value_is_plain(value))
            cm_refuse(p, CM_CODE_UNIFIED, field, "the value of %s is empty, too long or not printable", key);
        else if (cm_limit_wanted(p, controller, field) && (value = bound_value(p, key, value, field)))
            add_lines(p, controller, key, value, field);
    }
}
