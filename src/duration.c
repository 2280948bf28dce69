/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Go's durations; see duration.h. The text is hostile. */
#include "duration.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

static const struct {
    const char *name;
    int64_t ns;
} units[] = {
    {"ns", 1}, {"us", 1000}, {"\xc2\xb5s", 1000}, {"\xce\xbcs", 1000}, {"ms", 1000000}, {"s", 1000000000}, {"m", 60000000000}, {"h", 3600000000000},
};

/* Digits; those of a fraction that do not fit are dropped, as they are too small to count. */
static int read_digits(const char **text, int64_t *ret, int64_t *scale)
{
    size_t n = strspn(*text, "0123456789");

    for (size_t i = 0; i < n; i++) {
        int64_t next;
        if (__builtin_mul_overflow(*ret, 10, &next) || __builtin_add_overflow(next, (*text)[i] - '0', &next) || (scale && *scale > INT64_MAX / 10)) {
            if (!scale)
                return -ERANGE;
            break;
        }
        *ret = next;
        if (scale)
            *scale *= 10;
    }
    *text += n;
    return n > 0;
}

static int read_unit(const char **text, int64_t *ret)
{
    size_t n = strcspn(*text, ".0123456789");

    for (size_t i = 0; i < CM_ARRAY_LEN(units); i++)
        if (strlen(units[i].name) == n && memcmp(units[i].name, *text, n) == 0) {
            *ret = units[i].ns;
            *text += n;
            return 0;
        }
    return -EINVAL;
}

static int read_part(const char **text, int64_t *total)
{
    int64_t whole = 0, fraction = 0, scale = 1, unit = 0, ns;
    int digits = read_digits(text, &whole, NULL);

    if (digits >= 0 && **text == '.') {
        (*text)++;
        digits |= read_digits(text, &fraction, &scale);
    }
    if (digits <= 0)
        return digits < 0 ? digits : -EINVAL;
    int r = read_unit(text, &unit);
    if (r < 0)
        return r;
    if (__builtin_mul_overflow(whole, unit, &ns) || __builtin_add_overflow(ns, (int64_t)((double)fraction * ((double)unit / (double)scale)), &ns) ||
        __builtin_add_overflow(*total, ns, total))
        return -ERANGE;
    return 0;
}

int cli_duration_parse(const char *text, int64_t *ret)
{
    bool negative = *text == '-';
    int64_t total = 0;

    text += *text == '-' || *text == '+';
    if (strcmp(text, "0") == 0) {
        *ret = 0;
        return 0;
    }
    if (!*text)
        return -EINVAL;
    while (*text) {
        int r = read_part(&text, &total);
        if (r < 0)
            return r;
    }
    *ret = negative ? -total : total;
    return 0;
}
