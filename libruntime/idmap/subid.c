/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parser of subuid and subgid. Hostile: every byte of the text, which need not end with a newline and may hold NULs. */
#include "idmap/subid.h"

#include <stdbool.h>
#include <string.h>

#include "base/str.h"

/* Decimal digits only, between two places of the text. */
static bool parse_span(const char *start, const char *end, uint32_t *ret)
{
    char digits[16];
    size_t n = (size_t)(end - start);

    if (n == 0 || n >= sizeof(digits) || memchr(start, '\0', n))
        return false;
    memcpy(digits, start, n);
    digits[n] = '\0';
    return cm_parse_u32(digits, ret) == 0;
}

static bool parse_line(const char *start, const char *end, struct cm_subid *ret)
{
    const char *first = memchr(start, ':', (size_t)(end - start));
    const char *second = first ? memchr(first + 1, ':', (size_t)(end - first - 1)) : NULL;
    struct cm_subid line = {.owner = start, .owner_size = first ? (size_t)(first - start) : 0};

    if (!second || line.owner_size == 0 || !parse_span(first + 1, second, &line.start) || !parse_span(second + 1, end, &line.count))
        return false;
    if (line.count == 0)
        return false;
    /* "user:100000:4294967295" is a common way to say "all the rest": it must still be seen as overlapping. */
    if (line.start > 0 && line.count > UINT32_MAX - line.start + 1)
        line.count = UINT32_MAX - line.start + 1;
    *ret = line;
    return true;
}

int cm_subid_each(const char *text, size_t size, int (*each)(const struct cm_subid *line, void *user), void *user)
{
    const char *end = text + size;

    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        const char *stop = newline ? newline : end;
        struct cm_subid line;

        if (parse_line(text, stop, &line)) {
            int r = each(&line, user);
            if (r != 0)
                return r;
        }
        text = newline ? newline + 1 : end;
    }
    return 0;
}

struct search {
    const char *name;
    uint32_t uid;
    struct cm_subid *ret;
    size_t n, max;
};

static int keep_own(const struct cm_subid *line, void *user)
{
    struct search *search = user;
    uint32_t number;
    bool by_name = search->name && strlen(search->name) == line->owner_size && memcmp(search->name, line->owner, line->owner_size) == 0;
    bool by_number = search->uid != UINT32_MAX && parse_span(line->owner, line->owner + line->owner_size, &number) && number == search->uid;

    if (search->n == search->max)
        return 1;
    if (by_name || by_number)
        search->ret[search->n++] = *line;
    return 0;
}

size_t cm_subid_of(const char *text, size_t size, const char *name, uint32_t uid, struct cm_subid *ret, size_t max)
{
    struct search search = {.name = name, .uid = uid, .ret = ret, .max = max};

    (void)cm_subid_each(text, size, keep_own, &search);
    return search.n;
}
