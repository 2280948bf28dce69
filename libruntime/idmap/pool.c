/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which ids casemate may hand out. Hostile: nothing really (the files are root's), but a mistake in them must not make two owners of one id, so every doubt is
 * an error.
 */
#include "idmap/slots.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/io.h"
#include "base/str.h"
#include "idmap/subid.h"

#define POOL_USER "casemate"
#define ETC_FILE_MAX ((size_t)16 << 20)
#define POOL_START_MIN (2 * CM_SLOT_IDS)  /* 0-65535 are the host's own; one more block as a distance */
#define POOL_END_MAX UINT64_C(0xffff0000) /* the last block holds 4294967295, which means "no id" */

/*
 * Where the built-in pool lies. systemd (UIDS-GIDS.md) hands out 524288-1879048191 to its own containers and keeps 2147352576-2147418111 for foreign ids; from
 * 2^31 on software that takes ids for signed numbers goes wrong. That leaves 4094 slots.
 */
#define BUILTIN_START UINT64_C(1879048192)
#define BUILTIN_END UINT64_C(2147352576)
#define BUILTIN_SLOTS_MAX 16384u
#define BUILTIN_SLOTS_MIN 64u

struct range {
    uint64_t start, end;
};

enum etc_file { ETC_SUBUID, ETC_SUBGID, ETC_PASSWD, ETC_GROUP, ETC_FILES };
static const char *const etc_names[ETC_FILES] = {"subuid", "subgid", "passwd", "group"};

struct etc {
    char *text[ETC_FILES];
    size_t size[ETC_FILES];
    uint32_t uid; /* of the pool's user, UINT32_MAX if it has no passwd line */
};

static void etc_done(struct etc *etc)
{
    for (size_t i = 0; i < ETC_FILES; i++)
        free(etc->text[i]);
}

/* Calls `each` with name and number (third field) of the lines of passwd or group; lines without a number are skipped. */
static int each_account(const char *text, size_t size, int (*each)(const char *name, size_t name_size, uint32_t id, void *user), void *user)
{
    const char *end = text + size;

    for (const char *next; text < end; text = next) {
        const char *newline = memchr(text, '\n', (size_t)(end - text)), *stop = newline ? newline : end;
        next = newline ? newline + 1 : end;

        const char *first = memchr(text, ':', (size_t)(stop - text));
        const char *second = first ? memchr(first + 1, ':', (size_t)(stop - first - 1)) : NULL;
        const char *third = second ? memchr(second + 1, ':', (size_t)(stop - second - 1)) : NULL;
        char digits[16];
        uint32_t id;
        if (!third || (size_t)(third - second) > sizeof(digits))
            continue;
        size_t n = (size_t)(third - second - 1);
        memcpy(digits, second + 1, n);
        digits[n] = '\0';
        if (cm_parse_u32(digits, &id) < 0)
            continue;
        int r = each(text, (size_t)(first - text), id, user);
        if (r != 0)
            return r;
    }
    return 0;
}

static bool is_text(const char *start, size_t size, const char *text)
{
    return strlen(text) == size && memcmp(start, text, size) == 0;
}

static int keep_pool_uid(const char *name, size_t name_size, uint32_t id, void *user)
{
    struct etc *etc = user;

    if (!is_text(name, name_size, POOL_USER))
        return 0;
    etc->uid = id;
    return 1;
}

static int etc_read(int etc_dir, struct etc *etc, struct cm_error *err)
{
    etc->uid = UINT32_MAX;
    for (size_t i = 0; i < ETC_FILES; i++) {
        int r = cm_read_file_at(etc_dir, etc_names[i], ETC_FILE_MAX, true, &etc->text[i], &etc->size[i]);
        if (r == -ENOENT)
            r = (etc->text[i] = calloc(1, 1)) ? 0 : -ENOMEM; /* a missing file is an empty one */
        if (r < 0)
            return cm_fail_errno(err, -r, NULL, "cannot read /etc/%s, which says what ids are taken", etc_names[i]);
    }
    (void)each_account(etc->text[ETC_PASSWD], etc->size[ETC_PASSWD], keep_pool_uid, etc);
    return 0;
}

/* Everything that is not ours, one visitor for all four files. */
struct visit {
    const struct etc *etc;
    enum etc_file file;
    int (*each)(const struct range *range, const char *owner, size_t owner_size, enum etc_file file, void *user);
    void *user;
};

static bool is_pool_user(const struct etc *etc, const char *name, size_t size)
{
    char number[16];

    (void)snprintf(number, sizeof(number), "%" PRIu32, etc->uid);
    return is_text(name, size, POOL_USER) || (etc->uid != UINT32_MAX && is_text(name, size, number));
}

static int visit_line(const struct cm_subid *line, void *user)
{
    const struct visit *visit = user;
    struct range range = {line->start, (uint64_t)line->start + line->count};

    if (is_pool_user(visit->etc, line->owner, line->owner_size))
        return 0;
    return visit->each(&range, line->owner, line->owner_size, visit->file, visit->user);
}

static int visit_account(const char *name, size_t name_size, uint32_t id, void *user)
{
    const struct visit *visit = user;
    struct range range = {id, (uint64_t)id + 1};

    return visit->each(&range, name, name_size, visit->file, visit->user);
}

static int each_foreign(const struct etc *etc, int (*each)(const struct range *, const char *, size_t, enum etc_file, void *), void *user)
{
    int r = 0;

    for (enum etc_file file = 0; file < ETC_FILES && r == 0; file++) {
        struct visit visit = {.etc = etc, .file = file, .each = each, .user = user};
        if (file == ETC_SUBUID || file == ETC_SUBGID)
            r = cm_subid_each(etc->text[file], etc->size[file], visit_line, &visit);
        else
            r = each_account(etc->text[file], etc->size[file], visit_account, &visit);
    }
    return r;
}

struct overlap_check {
    struct range pool;
    struct cm_error *err;
};

static int check_overlap(const struct range *range, const char *owner, size_t owner_size, enum etc_file file, void *user)
{
    const struct overlap_check *check = user;

    if (range->end <= check->pool.start || range->start >= check->pool.end)
        return 0;
    return cm_fail(check->err, EADDRINUSE, NULL,
                   "the ids %" PRIu64 "-%" PRIu64 " of \"" POOL_USER "\" in /etc/subuid and /etc/subgid overlap %" PRIu64 "-%" PRIu64
                   " of \"%.*s\" in /etc/%s; give one of them other ids",
                   check->pool.start, check->pool.end - 1, range->start, range->end - 1, (int)CM_MIN(owner_size, (size_t)64), owner, etc_names[file]);
}

static int configured_pool(const struct etc *etc, const struct cm_subid *line, struct cm_id_pool *ret, struct cm_error *err)
{
    uint64_t end = CM_MIN((uint64_t)line->start + line->count, POOL_END_MAX);

    if (line->start < POOL_START_MIN)
        return cm_fail(err, EINVAL, NULL,
                       "the ids of \"" POOL_USER "\" in /etc/subuid start at %" PRIu32 "; they must start at %u or above, away from the host's own",
                       line->start, POOL_START_MIN);
    if (line->start % CM_SLOT_IDS != 0)
        return cm_fail(err, EINVAL, NULL,
                       "the ids of \"" POOL_USER "\" in /etc/subuid start at %" PRIu32
                       ", which is not a multiple of %u; change the line in /etc/subuid and /etc/subgid",
                       line->start, CM_SLOT_IDS);
    if (end < (uint64_t)line->start + CM_SLOT_IDS)
        return cm_fail(err, EINVAL, NULL,
                       "the %" PRIu32 " ids of \"" POOL_USER
                       "\" in /etc/subuid are less than the %u that one container gets below 4294901760; give it a longer range",
                       line->count, CM_SLOT_IDS);

    struct cm_id_pool pool = {.base = line->start, .slots = (uint32_t)((end - line->start) / CM_SLOT_IDS), .configured = true};
    struct overlap_check check = {{pool.base, pool.base + (uint64_t)pool.slots * CM_SLOT_IDS}, err};
    int r = each_foreign(etc, check_overlap, &check);
    if (r == 0)
        *ret = pool;
    return r;
}

struct ranges {
    struct range *v;
    size_t n, room;
};

static int keep_in_window(const struct range *range, const char *owner CM_UNUSED, size_t owner_size CM_UNUSED, enum etc_file file CM_UNUSED, void *user)
{
    struct ranges *ranges = user;

    if (range->end <= BUILTIN_START || range->start >= BUILTIN_END)
        return 0;
    if (ranges->n == ranges->room) {
        size_t room = CM_MAX(ranges->room * 2, (size_t)64);
        struct range *v = reallocarray(ranges->v, room, sizeof(*v));
        if (!v)
            return -ENOMEM;
        ranges->v = v;
        ranges->room = room;
    }
    ranges->v[ranges->n++] = *range;
    return 0;
}

static int compare_ranges(const void *a, const void *b)
{
    const struct range *x = a, *y = b;

    return (x->start > y->start) - (x->start < y->start);
}

/* The longest free stretch of the window, the lowest one of several. */
static int builtin_pool(const struct etc *etc, struct cm_id_pool *ret, struct cm_error *err)
{
    struct ranges taken = {0};
    struct range best = {0, 0};
    uint64_t at = BUILTIN_START;
    int r = each_foreign(etc, keep_in_window, &taken);

    if (r == 0 && taken.n > 1)
        qsort(taken.v, taken.n, sizeof(*taken.v), compare_ranges);
    for (size_t i = 0; r == 0 && i <= taken.n; i++) {
        uint64_t start = (at + CM_SLOT_IDS - 1) / CM_SLOT_IDS * CM_SLOT_IDS;
        uint64_t end = i < taken.n ? taken.v[i].start : BUILTIN_END;
        if (end > start && end - start > best.end - best.start)
            best = (struct range){start, end};
        if (i < taken.n)
            at = CM_MAX(at, taken.v[i].end);
    }
    free(taken.v);
    if (r < 0)
        return cm_fail_errno(err, -r, NULL, "reading /etc/subuid and /etc/subgid");

    uint64_t slots = CM_MIN((best.end - best.start) / CM_SLOT_IDS, (uint64_t)BUILTIN_SLOTS_MAX);
    if (slots < BUILTIN_SLOTS_MIN)
        return cm_fail(err, EADDRINUSE, NULL,
                       "no ids are free between %" PRIu64 " and %" PRIu64 ": other users have them in /etc/subuid or /etc/subgid; add a line \"" POOL_USER
                       ":START:COUNT\" to both files",
                       BUILTIN_START, BUILTIN_END - 1);
    *ret = (struct cm_id_pool){.base = (uint32_t)best.start, .slots = (uint32_t)slots, .configured = false};
    return 0;
}

int cm_id_pool_find(int etc_dir, struct cm_id_pool *ret, struct cm_error *err)
{
    CM_CLEANUP(etc_done) struct etc etc = {0};
    struct cm_subid lines[2][2];
    size_t n[2];
    int r = etc_read(etc_dir, &etc, err);

    if (r < 0)
        return r;
    for (size_t i = 0; i < 2; i++) {
        n[i] = cm_subid_of(etc.text[i], etc.size[i], POOL_USER, etc.uid, lines[i], 2);
        if (n[i] > 1)
            return cm_fail(err, EINVAL, NULL, "/etc/%s has more than one line for \"" POOL_USER "\"; keep one, the same as in /etc/%s", etc_names[i],
                           etc_names[1 - i]);
    }
    if (n[0] == 0 && n[1] == 0)
        return builtin_pool(&etc, ret, err);
    if (n[0] != n[1] || lines[0][0].start != lines[1][0].start || lines[0][0].count != lines[1][0].count)
        return cm_fail(err, EINVAL, NULL, "the lines for \"" POOL_USER "\" in /etc/subuid and /etc/subgid differ; both files need the same line");
    return configured_pool(&etc, &lines[0][0], ret, err);
}
