/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The statistics of `events`. Members that runc leaves out when they are 0 are left out here. Hostile: the numbers, and how many devices and page sizes there
 * are (of the host).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/dir.h"
#include "cgroup/files.h"
#include "observe/observe.h"
#include "observe/values.h"

#define NS_PER_US 1000
#define RAW_MAX ((size_t)512)
#define HUGE_MAX ((size_t)16)

static void add_unless_zero(struct json_writer *writer, const char *key, uint64_t value)
{
    if (value != 0)
        json_add_u64(writer, key, value);
}

/* ---- pressure: "some avg10=0.00 avg60=0.00 avg300=0.00 total=0" ---- */

/* A decimal number as it is written in a line, without zeros at its end: JSON, and what Go writes. "0" for anything else. */
static void find_average(const char *line, size_t size, const char *key, char ret[24])
{
    const char *at = memmem(line, size, key, strlen(key));
    const char *end = line + size;

    memcpy(ret, "0", 2);
    if (!at)
        return;
    at += strlen(key);
    size_t whole = strspn(at, "0123456789");
    size_t fraction = at[whole] == '.' ? strspn(at + whole + 1, "0123456789") : 0;
    if (whole == 0 || whole > 10 || fraction > 9 || (whole > 1 && at[0] == '0') || at + whole + 1 + fraction > end)
        return;
    while (fraction > 0 && at[whole + fraction] == '0')
        fraction--;
    size_t n = whole + (fraction > 0 ? 1 + fraction : 0);
    memcpy(ret, at, n);
    ret[n] = '\0';
}

static uint64_t find_total(const char *line, size_t size)
{
    static const char key[] = " total=";
    const char *at = memmem(line, size, key, sizeof(key) - 1);
    char digits[24] = {0};
    uint64_t total = 0;

    if (at) {
        size_t n = strspn(at + sizeof(key) - 1, "0123456789");
        memcpy(digits, at + sizeof(key) - 1, CM_MIN(n, sizeof(digits) - 1));
    }
    return cm_parse_u64(digits, &total) == 0 ? total : 0;
}

static void add_pressure_line(struct json_writer *writer, const char *key, const char *text)
{
    static const char *const averages[][2] = {{"avg10", " avg10="}, {"avg60", " avg60="}, {"avg300", " avg300="}};
    const char *line = text;
    size_t n = strlen(key);

    while (*line && !(strncmp(line, key, n) == 0 && line[n] == ' ')) {
        line += strcspn(line, "\n");
        line += *line == '\n';
    }
    size_t size = strcspn(line, "\n"); /* 0: kernels before 5.13 have no "full" for the CPU */
    json_object_begin(writer, key);
    for (size_t i = 0; i < CM_ARRAY_LEN(averages); i++) {
        char number[24];
        find_average(line, size, averages[i][1], number);
        json_add_number(writer, averages[i][0], number);
    }
    json_add_u64(writer, "total", find_total(line, size));
    json_object_end(writer);
}

/* Left out where the kernel does not measure it: the file is missing, or cannot be read (psi=0). */
static void add_pressure(int cgroup, const char *file, struct json_writer *writer)
{
    CM_AUTO_FREE char *text = NULL;

    if (cm_value_text(cgroup, file, &text) < 0)
        return;
    json_object_begin(writer, "psi");
    add_pressure_line(writer, "some", text);
    add_pressure_line(writer, "full", text);
    json_object_end(writer);
}

/* ---- the controllers ---- */

static void add_cpu(int cgroup, const char *stat, struct json_writer *writer)
{
    json_object_begin(writer, "cpu");
    json_object_begin(writer, "usage");
    add_unless_zero(writer, "total", cm_value_times(cm_value_of(stat, "usage_usec"), NS_PER_US));
    json_add_u64(writer, "kernel", cm_value_times(cm_value_of(stat, "system_usec"), NS_PER_US));
    json_add_u64(writer, "user", cm_value_times(cm_value_of(stat, "user_usec"), NS_PER_US));
    json_object_end(writer);
    json_object_begin(writer, "throttling");
    add_unless_zero(writer, "periods", cm_value_of(stat, "nr_periods"));
    add_unless_zero(writer, "throttledPeriods", cm_value_of(stat, "nr_throttled"));
    add_unless_zero(writer, "throttledTime", cm_value_times(cm_value_of(stat, "throttled_usec"), NS_PER_US));
    json_object_end(writer);
    add_pressure(cgroup, "cpu.pressure", writer);
    json_object_end(writer);
}

/* Files of version 1: readers expect the members. */
static void add_cpuset(struct json_writer *writer)
{
    static const char *const members[] = {"cpu_exclusive",      "mem_hardwall",    "mem_exclusive",      "memory_migrate",          "memory_spread_page",
                                          "memory_spread_slab", "memory_pressure", "sched_load_balance", "sched_relax_domain_level"};

    json_object_begin(writer, "cpuset");
    for (size_t i = 0; i < CM_ARRAY_LEN(members); i++)
        json_add_u64(writer, members[i], 0);
    json_object_end(writer);
}

struct memory_entry {
    uint64_t limit, usage, max;
};

static void add_memory_entry(struct json_writer *writer, const char *key, const struct memory_entry *entry)
{
    json_object_begin(writer, key);
    json_add_u64(writer, "limit", entry->limit);
    add_unless_zero(writer, "usage", entry->usage);
    add_unless_zero(writer, "max", entry->max);
    json_add_u64(writer, "failcnt", 0); /* has no counterpart in version 2 */
    json_object_end(writer);
}

struct raw {
    const char *key;
    size_t size;
    uint64_t value;
};

static int compare_raw(const void *a, const void *b)
{
    const struct raw *x = a, *y = b;
    int r = memcmp(x->key, y->key, CM_MIN(x->size, y->size));

    return r != 0 ? r : (x->size > y->size) - (x->size < y->size);
}

/* A file of "KEY NUMBER" lines as an object, in the order of the names; nothing for an empty one. */
static int add_raw(const char *key, const char *stat, struct json_writer *writer)
{
    CM_AUTO_FREE struct raw *raw = calloc(RAW_MAX, sizeof(*raw));
    size_t n = 0;

    if (!raw)
        return -ENOMEM;
    while (*stat && n < RAW_MAX)
        n += cm_value_next(&stat, &raw[n].key, &raw[n].size, &raw[n].value) && raw[n].size < 64;
    if (n == 0)
        return 0;
    qsort(raw, n, sizeof(*raw), compare_raw);
    json_object_begin(writer, key);
    for (size_t i = 0; i < n; i++) {
        char name[64];
        memcpy(name, raw[i].key, raw[i].size);
        name[raw[i].size] = '\0';
        json_add_u64(writer, name, raw[i].value);
    }
    json_object_end(writer);
    return 0;
}

/* How often a limit was hit, and what came of it. Not a member of runc's. */
static int add_events(int cgroup, const char *key, const char *file, struct json_writer *writer)
{
    CM_AUTO_FREE char *text = NULL;

    return cm_value_text(cgroup, file, &text) < 0 ? 0 : add_raw(key, text, writer);
}

static int add_memory(int cgroup, struct json_writer *writer)
{
    static const struct memory_entry none;
    struct memory_entry memory = {0}, swap = {0};
    CM_AUTO_FREE char *stat = NULL;
    const char *text = cm_value_text(cgroup, "memory.stat", &stat) < 0 ? "" : stat;

    json_object_begin(writer, "memory");
    if (cm_value_number(cgroup, "memory.current", &memory.usage)) {
        (void)cm_value_number(cgroup, "memory.max", &memory.limit);
        (void)cm_value_number(cgroup, "memory.peak", &memory.max);
        if (cm_value_number(cgroup, "memory.swap.current", &swap.usage))
            (void)cm_value_number(cgroup, "memory.swap.max", &swap.limit);
        /* Version 1 counted both together, and readers subtract. */
        swap.usage = cm_value_add(swap.usage, memory.usage);
        swap.limit = cm_value_add(swap.limit, memory.limit);
    }
    add_unless_zero(writer, "cache", cm_value_of(text, "file"));
    add_memory_entry(writer, "usage", &memory);
    add_memory_entry(writer, "swap", &swap);
    add_memory_entry(writer, "kernel", &none);
    add_memory_entry(writer, "kernelTCP", &none);
    int r = add_raw("raw", text, writer);
    add_pressure(cgroup, "memory.pressure", writer);
    if (r == 0)
        r = add_events(cgroup, "events", "memory.events", writer);
    if (r == 0)
        r = add_events(cgroup, "swapEvents", "memory.swap.events", writer);
    json_object_end(writer);
    return r;
}

static int add_pids(int cgroup, struct json_writer *writer)
{
    uint64_t current = 0, limit = 0;

    if (!cm_value_number(cgroup, "pids.current", &current)) { /* no controller: count */
        size_t n = 0;
        pid_t first;
        current = cm_cgfile_count(cgroup, &n, &first) == 0 ? n : 0;
    }
    if (!cm_value_number(cgroup, "pids.max", &limit) || limit == UINT64_MAX)
        limit = 0; /* no limit */
    json_object_begin(writer, "pids");
    add_unless_zero(writer, "current", current);
    add_unless_zero(writer, "limit", limit);
    int r = add_events(cgroup, "events", "pids.events", writer);
    json_object_end(writer);
    return r;
}

/* ---- block I/O: "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6" ---- */

static bool parse_part(const char *digits, size_t size, uint64_t *ret)
{
    char number[24] = {0};

    if (size == 0 || size >= sizeof(number))
        return false;
    memcpy(number, digits, size);
    return cm_parse_u64(number, ret) == 0;
}

static void add_io_value(struct json_writer *writer, const char *table, bool *open, uint64_t major, uint64_t minor, const char *op, uint64_t value)
{
    if (!*open)
        json_array_begin(writer, table);
    *open = true;
    json_object_begin(writer, NULL);
    add_unless_zero(writer, "major", major);
    add_unless_zero(writer, "minor", minor);
    json_add_string(writer, "op", op);
    add_unless_zero(writer, "value", value);
    json_object_end(writer);
}

/* One table: the words of every line that belong to it. */
static void add_io_table(const char *text, const char *table, const char *const words[2], struct json_writer *writer)
{
    static const char *const ops[] = {"Read", "Write"};
    bool open = false;

    for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        size_t size = strcspn(line, "\n"), digits = strspn(line, "0123456789");
        uint64_t major, minor, value;
        const char *second = line + digits + 1;
        if (line[digits] != ':' || !parse_part(line, digits, &major) || !parse_part(second, strspn(second, "0123456789"), &minor))
            continue;
        for (size_t i = 0; i < CM_ARRAY_LEN(ops); i++) {
            const char *at = memmem(line, size, words[i], strlen(words[i]));
            if (!at)
                continue;
            at += strlen(words[i]);
            if (parse_part(at, strspn(at, "0123456789"), &value))
                add_io_value(writer, table, &open, major, minor, ops[i], value);
        }
    }
    if (open)
        json_array_end(writer);
}

static void add_block_io(int cgroup, struct json_writer *writer)
{
    static const char *const bytes[] = {" rbytes=", " wbytes="}, *const requests[] = {" rios=", " wios="};
    CM_AUTO_FREE char *text = NULL;

    json_object_begin(writer, "blkio");
    if (cm_value_text(cgroup, "io.stat", &text) == 0) {
        add_io_table(text, "ioServiceBytesRecursive", bytes, writer);
        add_io_table(text, "ioServicedRecursive", requests, writer);
    }
    add_pressure(cgroup, "io.pressure", writer);
    json_object_end(writer);
}

/* ---- huge pages: hugetlb.SIZE.current ---- */

struct sizes {
    char v[HUGE_MAX][16];
    size_t n;
};

static int compare_sizes(const void *a, const void *b)
{
    return strcmp(a, b);
}

static int find_sizes(int cgroup, struct sizes *ret)
{
    static const char prefix[] = "hugetlb.", suffix[] = ".current";
    CM_AUTO_DIR DIR *dir = NULL;
    const struct dirent *entry;
    int r = cm_dir_take(cm_cgfile_open(cgroup, ".", O_RDONLY | O_DIRECTORY), &dir);

    while (r == 0 && (r = cm_dir_next(dir, &entry)) > 0) {
        r = 0;
        if (!cm_has_prefix(entry->d_name, prefix) || ret->n == HUGE_MAX)
            continue;
        const char *size = entry->d_name + sizeof(prefix) - 1, *end = strchr(size, '.');
        if (!end || !cm_streq(end, suffix) || end == size || (size_t)(end - size) >= sizeof(ret->v[0]))
            continue;
        memcpy(ret->v[ret->n], size, (size_t)(end - size));
        ret->v[ret->n++][end - size] = '\0';
    }
    if (ret->n > 1)
        qsort(ret->v, ret->n, sizeof(ret->v[0]), compare_sizes);
    return r;
}

static void add_huge_pages(int cgroup, struct json_writer *writer)
{
    struct sizes sizes = {0};

    json_object_begin(writer, "hugetlb");
    (void)find_sizes(cgroup, &sizes); /* what cannot be listed is not there */
    for (size_t i = 0; i < sizes.n; i++) {
        char current[64], events[64];
        CM_AUTO_FREE char *text = NULL;
        uint64_t usage = 0;
        (void)snprintf(current, sizeof(current), "hugetlb.%s.current", sizes.v[i]);
        (void)snprintf(events, sizeof(events), "hugetlb.%s.events", sizes.v[i]);
        (void)cm_value_number(cgroup, current, &usage);
        json_object_begin(writer, sizes.v[i]);
        add_unless_zero(writer, "usage", usage);
        json_add_u64(writer, "failcnt", cm_value_text(cgroup, events, &text) == 0 ? cm_value_of(text, "max") : 0);
        json_object_end(writer);
    }
    json_object_end(writer);
}

int cm_stats_line(const struct cm_cgroup *cgroup, const char *id, struct cm_str *out)
{
    CM_AUTO_FREE char *cpu = NULL;
    struct json_writer writer;
    int r = cm_value_text(cgroup->fd, "cpu.stat", &cpu); /* every cgroup has it, with or without the controller */

    if (r < 0)
        return r;
    json_writer_init(&writer, out, 0);
    json_object_begin(&writer, NULL);
    json_add_string(&writer, "type", "stats");
    json_add_string(&writer, "id", id);
    json_object_begin(&writer, "data");
    add_cpu(cgroup->fd, cpu, &writer);
    add_cpuset(&writer);
    r = add_memory(cgroup->fd, &writer);
    if (r == 0)
        r = add_pids(cgroup->fd, &writer);
    add_block_io(cgroup->fd, &writer);
    add_huge_pages(cgroup->fd, &writer);
    json_object_begin(&writer, "intel_rdt");
    json_object_end(&writer);
    json_add_null(&writer, "network_interfaces");
    json_object_end(&writer);
    json_object_end(&writer);
    cm_str_add(out, "\n");
    return r < 0 || out->failed ? -ENOMEM : 0;
}

void cm_event_line(const char *type, const char *id, struct cm_str *out)
{
    struct json_writer writer;

    json_writer_init(&writer, out, 0);
    json_object_begin(&writer, NULL);
    json_add_string(&writer, "type", type);
    json_add_string(&writer, "id", id);
    json_object_end(&writer);
    cm_str_add(out, "\n");
}
