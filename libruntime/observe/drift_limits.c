/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of a cgroup say against what was written into them (Documentation/admin-guide/cgroup-v2.rst). The kernel rounds and rewrites values, so they
 * are compared by their meaning. Pure; values written come from a bundle, values read from the kernel.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "observe/drift.h"
#include "observe/values.h"

#define KIB UINT64_C(1024)
#define CPU_PERIOD UINT64_C(100000)
#define CPU_SET_WORDS (8192u / 64)

/* How the text of a file is to be understood, and which way is weaker. */
enum form {
    FORM_NUMBER, /* larger is weaker, also of memory that is kept from the host; "max" is the largest */
    FORM_SWITCH, /* 0 is weaker */
    FORM_QUOTA,  /* "QUOTA PERIOD": a larger share is weaker */
    FORM_SET,    /* "0-3,7": what is not in the recorded set is weaker; an empty one is all */
    FORM_LINES,  /* "KEY NAME=NUMBER…" a device: what is not there or larger is weaker */
};

static const struct {
    const char *file; /* ends with '*': every file that begins so */
    enum form form;
    const char *normal; /* when nobody wrote to it */
} rows[] = {
    {"cpu.max", FORM_QUOTA, "max 100000"},
    {"cpu.max.burst", FORM_NUMBER, "0"},
    {"cpu.weight", FORM_NUMBER, "100"},
    {"cpu.idle", FORM_SWITCH, "0"},
    {"cpuset.cpus", FORM_SET, ""},
    {"cpuset.mems", FORM_SET, ""},
    {"memory.max", FORM_NUMBER, "max"},
    {"memory.high", FORM_NUMBER, "max"},
    {"memory.swap.max", FORM_NUMBER, "max"},
    {"memory.swap.high", FORM_NUMBER, "max"},
    {"memory.zswap.max", FORM_NUMBER, "max"},
    {"memory.low", FORM_NUMBER, "0"},
    {"memory.min", FORM_NUMBER, "0"},
    {"memory.oom.group", FORM_SWITCH, "0"},
    {"pids.max", FORM_NUMBER, "max"},
    {"io.max", FORM_LINES, ""},
    {"io.weight", FORM_LINES, "default 100"},
    {"io.bfq.weight", FORM_LINES, "default 100"},
    {"rdma.max", FORM_LINES, ""},
    {"misc.max", FORM_LINES, NULL}, /* a line for every kind that the host has */
    {"cgroup.max.depth", FORM_NUMBER, "max"},
    {"cgroup.max.descendants", FORM_NUMBER, "max"},
    {"hugetlb.*", FORM_NUMBER, NULL}, /* a file for every size of pages */
};

const char *const cm_drift_limit_files[] = {
    "cpu.max",       "cpu.max.burst", "cpu.weight", "cpu.idle",  "cpuset.cpus", "cpuset.mems",   "memory.max",       "memory.high",
    "memory.swap.max", "memory.low",  "memory.min", "memory.oom.group", "pids.max", "io.max", "io.weight", "cgroup.max.depth", "cgroup.max.descendants", NULL,
};

static size_t row_of(const char *file)
{
    size_t i = 0;

    for (; i < CM_ARRAY_LEN(rows); i++) {
        size_t n = strlen(rows[i].file);
        if (rows[i].file[n - 1] == '*' ? strncmp(file, rows[i].file, n - 1) == 0 : cm_streq(file, rows[i].file))
            break;
    }
    return i;
}

const char *cm_drift_limit_default(const char *file)
{
    size_t i = row_of(file);

    return i < CM_ARRAY_LEN(rows) ? rows[i].normal : NULL;
}

/* What the kernel rounds a number of bytes down to. */
static uint64_t unit_of(const char *file)
{
    uint64_t size = 0;
    size_t n;

    if (cm_has_prefix(file, "memory."))
        return (uint64_t)CM_MAX(sysconf(_SC_PAGESIZE), 1L);
    if (!cm_has_prefix(file, "hugetlb."))
        return 1;
    const char *digits = file + strlen("hugetlb.");
    n = strspn(digits, "0123456789");
    if (!cm_value_parse(digits, n, &size) || size == 0 || size > KIB * KIB)
        return 1;
    return size * (digits[n] == 'G' ? KIB * KIB * KIB : digits[n] == 'M' ? KIB * KIB : digits[n] == 'K' ? KIB : 1);
}

static enum cm_drift by_size(uint64_t recorded, uint64_t now)
{
    return now == recorded ? CM_DRIFT_NONE : now > recorded ? CM_DRIFT_WEAKER : CM_DRIFT_STRICTER;
}

static enum cm_drift compare_numbers(const char *file, const char *recorded, const char *now)
{
    uint64_t want, is, unit = unit_of(file);

    if (!cm_value_parse(recorded, strlen(recorded), &want) || !cm_value_parse(now, strlen(now), &is))
        return strcmp(recorded, now) == 0 ? CM_DRIFT_NONE : CM_DRIFT_WEAKER;
    if (want != UINT64_MAX)
        want -= want % unit;
    return by_size(want, is);
}

/* "QUOTA [PERIOD]", in microseconds. */
static bool quota_of(const char *text, uint64_t *ret_quota, uint64_t *ret_period)
{
    size_t n = strcspn(text, " ");

    *ret_period = CPU_PERIOD;
    return cm_value_parse(text, n, ret_quota) && (!text[n] || cm_value_parse(text + n + 1, strlen(text + n + 1), ret_period)) && *ret_period > 0;
}

static enum cm_drift compare_quotas(const char *recorded, const char *now)
{
    uint64_t want, want_period, is, is_period;

    if (!quota_of(recorded, &want, &want_period) || !quota_of(now, &is, &is_period))
        return CM_DRIFT_WEAKER;
    if (want == UINT64_MAX || is == UINT64_MAX)
        return by_size(want == UINT64_MAX, is == UINT64_MAX);
    /* By the share of a processor; no value of the kernel's is above 2^32 microseconds. */
    if (want > UINT32_MAX || is > UINT32_MAX || want_period > UINT32_MAX || is_period > UINT32_MAX)
        return CM_DRIFT_WEAKER;
    enum cm_drift drift = by_size(want * is_period, is * want_period);
    return drift == CM_DRIFT_NONE && want != is ? CM_DRIFT_BENIGN : drift;
}

/* "0-3,7" as bits; false for anything else, or for numbers that no kernel has. */
static bool set_of(const char *text, uint64_t bits[CPU_SET_WORDS])
{
    memset(bits, 0, CPU_SET_WORDS * sizeof(*bits));
    while (*text) {
        size_t size = strcspn(text, ","), dash = strcspn(text, "-,");
        uint64_t first, last;
        if (!cm_value_parse(text, dash, &first))
            return false;
        last = first;
        if (dash < size && !cm_value_parse(text + dash + 1, size - dash - 1, &last))
            return false;
        if (first > last || last >= CPU_SET_WORDS * 64)
            return false;
        for (; first <= last; first++)
            bits[first / 64] |= UINT64_C(1) << first % 64;
        text += size + (text[size] == ',');
    }
    return true;
}

static enum cm_drift compare_sets(const char *recorded, const char *now)
{
    uint64_t want[CPU_SET_WORDS], is[CPU_SET_WORDS];
    bool more = false, less = false;

    if (!set_of(recorded, want) || !set_of(now, is))
        return CM_DRIFT_WEAKER;
    if (!*recorded || !*now) /* all of them */
        return !*recorded && !*now ? CM_DRIFT_NONE : *recorded ? CM_DRIFT_WEAKER : CM_DRIFT_STRICTER;
    for (size_t i = 0; i < CPU_SET_WORDS; i++) {
        more |= (is[i] & ~want[i]) != 0;
        less |= (want[i] & ~is[i]) != 0;
    }
    return more ? CM_DRIFT_WEAKER : less ? CM_DRIFT_STRICTER : CM_DRIFT_NONE;
}

/* A line without its key: "rbps=1 wbps=max" or "100". The value behind a name; `name` may be "" for the second form. */
static bool value_in(const char *line, size_t size, const char *name, size_t name_size, uint64_t *ret)
{
    for (const char *word = line; word < line + size;) {
        size_t n = CM_MIN(strcspn(word, " \n"), (size_t)(line + size - word));
        if (name_size == 0 && !memchr(word, '=', n))
            return cm_value_parse(word, n, ret);
        if (name_size > 0 && n > name_size && memcmp(word, name, name_size) == 0 && word[name_size] == '=')
            return cm_value_parse(word + name_size + 1, n - name_size - 1, ret);
        word += n + strspn(word + n, " ");
    }
    return false;
}

/* The line of a key; NULL: none. */
static const char *line_in(const char *text, const char *key, size_t key_size, size_t *ret_size)
{
    for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n')
        if (strncmp(line, key, key_size) == 0 && line[key_size] == ' ') {
            *ret_size = strcspn(line, "\n") - key_size - 1;
            return line + key_size + 1;
        }
    return NULL;
}

/* Whether everything that `a` says of a number is there in `b`, and no larger. What "max" is not there for, is "max". */
static enum cm_drift lines_within(const char *a, const char *b)
{
    enum cm_drift drift = CM_DRIFT_NONE;

    for (const char *line = a; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        size_t size = strcspn(line, "\n"), key = CM_MIN(strcspn(line, " \n"), size), other_size = 0;
        const char *other = line_in(b, line, key, &other_size);
        for (const char *word = line + key + strspn(line + key, " "); word < line + size;) {
            size_t n = CM_MIN(strcspn(word, " \n"), (size_t)(line + size - word)), name = CM_MIN(strcspn(word, "=\n "), n);
            uint64_t want = UINT64_MAX, is = UINT64_MAX;
            bool named = name < n;
            if (!cm_value_parse(word + (named ? name + 1 : 0), n - (named ? name + 1 : 0), &want))
                return CM_DRIFT_WEAKER;
            if (other && !value_in(other, other_size, word, named ? name : 0, &is))
                is = UINT64_MAX;
            drift = CM_MAX(drift, by_size(want, is));
            word += n + strspn(word + n, " ");
        }
    }
    return drift;
}

static enum cm_drift compare_lines(const char *recorded, const char *now)
{
    enum cm_drift drift = lines_within(recorded, now);

    /* What was not recorded is "max": anything else is stricter. */
    return drift == CM_DRIFT_NONE && lines_within(now, recorded) != CM_DRIFT_NONE ? CM_DRIFT_STRICTER : drift;
}

/* A word of a line: of key "8:0" and name "rbps" (or none) the text "rbps=1". */
struct word {
    const char *key, *text;
    size_t key_size, size, name_size;
};

static bool same_key(const struct word *a, const struct word *b)
{
    return a->key_size == b->key_size && memcmp(a->key, b->key, a->key_size) == 0;
}

/* A later word for the same takes its place. */
static void set_word(struct word *words, size_t *n, const struct word *word)
{
    size_t i = 0;

    while (i < *n && !(same_key(&words[i], word) && words[i].name_size == word->name_size && memcmp(words[i].text, word->text, word->name_size) == 0))
        i++;
    words[i] = *word;
    *n += i == *n;
}

/* "KEY WORD…", or a value alone: that of "default". */
static void set_line(struct word *words, size_t *n, const char *line, size_t size)
{
    size_t key = CM_MIN(strcspn(line, " "), size);
    struct word word = {.key = line, .key_size = key};

    if (key == size)
        word = (struct word){.key = "default", .key_size = strlen("default")};
    for (const char *at = key == size ? line : line + key + 1; at < line + size;) {
        size_t length = CM_MIN(strcspn(at, " \n"), (size_t)(line + size - at)), name = CM_MIN(strcspn(at, "="), length);
        word.text = at;
        word.size = length;
        word.name_size = name < length ? name : 0;
        if (length > 0)
            set_word(words, n, &word);
        at += length + 1;
    }
}

static const char *join_words(struct cm_arena *arena, const struct word *words, size_t n)
{
    CM_AUTO_STR struct cm_str text = {0};

    for (size_t i = 0; i < n; i++) {
        bool done = false;
        for (size_t j = 0; j < i; j++)
            done |= same_key(&words[j], &words[i]);
        if (done)
            continue;
        cm_str_addf(&text, "%s%.*s", text.size > 0 ? "\n" : "", (int)words[i].key_size, words[i].key);
        for (size_t j = i; j < n; j++)
            if (same_key(&words[j], &words[i]))
                cm_str_addf(&text, " %.*s", (int)words[j].size, words[j].text);
    }
    return cm_str_text(&text) ? cm_arena_strdup(arena, text.data) : NULL;
}

const char *cm_drift_limit_written(struct cm_arena *arena, const char *file, const char *const *values, size_t n)
{
    size_t row = row_of(file), n_words = 0, room = 1;

    if (n == 0 || row == CM_ARRAY_LEN(rows) || rows[row].form != FORM_LINES)
        return n > 0 ? values[n - 1] : "";
    for (size_t i = 0; i < n; i++)
        room += strlen(values[i]) / 2 + 1;
    struct word *words = cm_arena_array(arena, room, sizeof(*words));
    if (!words)
        return NULL;
    for (size_t i = 0; i < n; i++)
        for (const char *line = values[i]; *line; line += strcspn(line, "\n"), line += *line == '\n')
            set_line(words, &n_words, line, strcspn(line, "\n"));
    return join_words(arena, words, n_words);
}

enum cm_drift cm_drift_limit(const char *file, const char *recorded, const char *now)
{
    size_t i = row_of(file);

    if (strcmp(recorded, now) == 0)
        return CM_DRIFT_NONE;
    if (i == CM_ARRAY_LEN(rows))
        return CM_DRIFT_WEAKER; /* whichever way it went, nobody here can tell */
    switch (rows[i].form) {
    case FORM_NUMBER:
        return compare_numbers(file, recorded, now);
    case FORM_SWITCH:
        return strcmp(now, "0") == 0 ? CM_DRIFT_WEAKER : CM_DRIFT_STRICTER;
    case FORM_QUOTA:
        return compare_quotas(recorded, now);
    case FORM_SET:
        return compare_sets(recorded, now);
    case FORM_LINES:
        return compare_lines(recorded, now);
    }
    return CM_DRIFT_WEAKER;
}
