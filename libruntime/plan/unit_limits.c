/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The limits of a plan as properties of the container's unit. The files stay what is in force; systemd is told the same, because it writes its own idea of them
 * again when it reloads. What it has no property for (huge pages, RDMA, bursts) it never touches. Hostile: numbers and lists, which the planner has judged.
 */
#include "plan/unit.h"

#include <string.h>

#define MICROSECONDS 1000000u
#define PERCENT_US ((uint64_t)10000) /* of a second: what systemd keeps of a quota when it reloads (CPUQuota=N%) */
#define CPUS_MAX 8192u
#define KEY_MAX 64

void cm_unit_add(struct cm_planner *p, const char *name, const char *type, const char *value, bool optional)
{
    struct cm_unit_property *property = cm_grow(p, (void **)&p->plan->unit.properties, &p->plan->unit.n, &p->properties_room, sizeof(*property));

    if (property)
        *property = (struct cm_unit_property){name, type, value, optional};
}

/* One number, or "max". */
static void number(struct cm_planner *p, struct cm_plan_limit *limit, const char *property)
{
    cm_unit_add(p, property, "t", limit->value, false);
}

static void number_since(struct cm_planner *p, struct cm_plan_limit *limit, const char *property)
{
    cm_unit_add(p, property, "t", limit->value, true);
}

/* systemd has no other word for idle than this weight. */
static void idle(struct cm_planner *p, struct cm_plan_limit *limit, const char *property)
{
    if (cm_streq(limit->value, "1"))
        cm_unit_add(p, property, "t", "0", true);
}

/* "QUOTA [PERIOD]": what share of a second, rounded up to the hundredths that survive a reload, in the file too. */
static void quota(struct cm_planner *p, struct cm_plan_limit *limit, const char *property)
{
    char first[32] = "";
    size_t n = strcspn(limit->value, " ");
    uint64_t most, period = 100000;

    if (n >= sizeof(first) || (limit->value[n] && cm_parse_u64(limit->value + n + 1, &period) < 0) || period == 0)
        return;
    memcpy(first, limit->value, n);
    cm_unit_add(p, "CPUQuotaPeriodUSec", "t", cm_text(p, "%" PRIu64, period), false);
    if (cm_streq(first, "max") || cm_parse_u64(first, &most) < 0 || most > UINT64_MAX / MICROSECONDS) {
        cm_unit_add(p, property, "t", "max", false);
        return;
    }
    uint64_t second = (most * MICROSECONDS + period - 1) / period;
    second += PERCENT_US - 1;
    second -= second % PERCENT_US;
    cm_unit_add(p, property, "t", cm_text(p, "%" PRIu64, second), false);
    if (second <= UINT64_MAX / period)
        limit->value = cm_text(p, "%" PRIu64 " %" PRIu64, second * period / MICROSECONDS, period);
}

/* "0-3,7" as bytes, the lowest CPU in the first bit of the first. */
static void set(struct cm_planner *p, struct cm_plan_limit *limit, const char *property)
{
    unsigned long bits[CPUS_MAX / 8 / sizeof(unsigned long)] = {0};
    const size_t word = 8 * sizeof(bits[0]);
    CM_AUTO_STR struct cm_str hex = {0};
    size_t bytes = 0;

    if (limit->value[0] && cm_parse_set(limit->value, CPUS_MAX, bits) < 0)
        return; /* the kernel says what is wrong with it */
    for (size_t i = 0; i < CPUS_MAX; i++)
        if (bits[i / word] >> (i % word) & 1)
            bytes = i / 8 + 1;
    for (size_t i = 0; i < bytes; i++)
        cm_str_addf(&hex, "%02x", (unsigned int)(bits[i * 8 / word] >> (i * 8 % word) & 0xff));
    const char *text = cm_str_text(&hex);
    p->no_memory |= !text;
    cm_unit_add(p, property, "ay", text ? cm_text(p, "%s", text) : "", false);
}

/* "MAJOR:MINOR" in front of a line, as the path by which systemd knows a disk; NULL: none. */
static const char *disk(struct cm_planner *p, const char *line)
{
    size_t n = strcspn(line, " ");

    if (n > KEY_MAX || strspn(line, "0123456789:") != n || !memchr(line, ':', n))
        return NULL;
    return cm_text(p, "/dev/block/%.*s", (int)n, line);
}

/* "[default] N", "MAJOR:MINOR N" */
static void weight(struct cm_planner *p, struct cm_plan_limit *limit, const char *property)
{
    const char *value = strchr(limit->value, ' '), *path = disk(p, limit->value);

    if (path && value)
        cm_unit_add(p, "IODeviceWeight", "a(st)", cm_text(p, "%s%s", path, value), false);
    else
        cm_unit_add(p, property, "t", value ? value + 1 : limit->value, false);
}

/* "MAJOR:MINOR rbps=N …" */
static void throughput(struct cm_planner *p, struct cm_plan_limit *limit, const char *property CM_UNUSED)
{
    static const struct {
        const char *key, *property;
    } keys[] = {
        {"rbps=", "IOReadBandwidthMax"},
        {"wbps=", "IOWriteBandwidthMax"},
        {"riops=", "IOReadIOPSMax"},
        {"wiops=", "IOWriteIOPSMax"},
    };
    const char *path = disk(p, limit->value);

    for (const char *word = path ? strchr(limit->value, ' ') : NULL; word; word = strchr(word, ' ')) {
        word++;
        for (size_t i = 0; i < CM_ARRAY_LEN(keys); i++)
            if (cm_has_prefix(word, keys[i].key)) {
                const char *value = word + strlen(keys[i].key);
                cm_unit_add(p, keys[i].property, "a(st)", cm_text(p, "%s %.*s", path, (int)CM_MIN(strcspn(value, " "), (size_t)KEY_MAX), value), false);
            }
    }
}

/* Otherwise systemd writes 0 when it reloads, and stops the whole scope when one process of it is killed for memory. */
static void oom(struct cm_planner *p, struct cm_plan_limit *limit, const char *property)
{
    cm_unit_add(p, property, "s", cm_streq(limit->value, "1") ? "kill" : "continue", true);
}

static const struct {
    const char *file, *property;
    void (*add)(struct cm_planner *p, struct cm_plan_limit *limit, const char *property);
} files[] = {
    {"cpu.idle", "CPUWeight", idle},
    {"cpu.max", "CPUQuotaPerSecUSec", quota},
    {"cpu.weight", "CPUWeight", number},
    {"cpuset.cpus", "AllowedCPUs", set},
    {"cpuset.mems", "AllowedMemoryNodes", set},
    {"io.max", "", throughput},
    {"io.weight", "IOWeight", weight},
    {"memory.high", "MemoryHigh", number},
    {"memory.low", "MemoryLow", number},
    {"memory.max", "MemoryMax", number},
    {"memory.min", "MemoryMin", number},
    {"memory.oom.group", "OOMPolicy", oom},
    {"memory.swap.max", "MemorySwapMax", number},
    {"memory.zswap.max", "MemoryZSwapMax", number_since},
    {"pids.max", "TasksMax", number},
};

void cm_unit_limits(struct cm_planner *p)
{
    bool is_idle = false;

    for (size_t i = 0; i < p->plan->n_limits; i++)
        is_idle |= cm_streq(p->plan->limits[i].file, "cpu.idle") && cm_streq(p->plan->limits[i].value, "1");
    for (size_t i = 0; i < p->plan->n_limits; i++) {
        struct cm_plan_limit *limit = &p->plan->limits[i];
        if (is_idle && cm_streq(limit->file, "cpu.weight"))
            continue; /* it has none while it is idle */
        for (size_t k = 0; k < CM_ARRAY_LEN(files); k++)
            if (cm_streq(limit->file, files[k].file))
                files[k].add(p, limit, files[k].property);
    }
}
