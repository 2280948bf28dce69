/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* String builder and number parsing; parsers take hostile text. */
#include "base/str.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cm_str_free(struct cm_str *str)
{
    free(str->data);
    *str = (struct cm_str){0};
}

static bool make_room(struct cm_str *str, size_t more)
{
    size_t need;

    if (str->failed)
        return false;
    if (__builtin_add_overflow(str->size, more, &need) || __builtin_add_overflow(need, (size_t)1, &need)) {
        str->failed = true;
        return false;
    }
    if (need <= str->room)
        return true;
    size_t room = CM_MAX(str->room * 2, CM_MAX(need, (size_t)128));
    char *data = realloc(str->data, room);
    if (!data) {
        str->failed = true;
        return false;
    }
    str->data = data;
    str->room = room;
    return true;
}

void cm_str_add_bytes(struct cm_str *str, const void *data, size_t size)
{
    if (!make_room(str, size))
        return;
    if (size > 0)
        memcpy(str->data + str->size, data, size);
    str->size += size;
    str->data[str->size] = '\0';
}

void cm_str_add(struct cm_str *str, const char *text)
{
    cm_str_add_bytes(str, text, strlen(text));
}

void cm_str_addf(struct cm_str *str, const char *fmt, ...)
{
    va_list args, again;

    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (n < 0)
        str->failed = true;
    else if (make_room(str, (size_t)n)) {
        (void)vsnprintf(str->data + str->size, (size_t)n + 1, fmt, again);
        str->size += (size_t)n;
    }
    va_end(again);
}

const char *cm_str_text(const struct cm_str *str)
{
    if (str->failed)
        return NULL;
    return str->data ? str->data : "";
}

int cm_parse_u64(const char *text, uint64_t *ret)
{
    uint64_t value = 0;

    if (!text || !*text)
        return -EINVAL;
    for (const char *c = text; *c; c++) {
        if (*c < '0' || *c > '9')
            return -EINVAL;
        if (__builtin_mul_overflow(value, (uint64_t)10, &value) || __builtin_add_overflow(value, (uint64_t)(*c - '0'), &value))
            return -ERANGE;
    }
    *ret = value;
    return 0;
}

int cm_parse_u32(const char *text, uint32_t *ret)
{
    uint64_t value;
    int r = cm_parse_u64(text, &value);

    if (r < 0)
        return r;
    if (value > UINT32_MAX)
        return -ERANGE;
    *ret = (uint32_t)value;
    return 0;
}

int cm_parse_i64(const char *text, int64_t *ret)
{
    bool negative = text && *text == '-';
    uint64_t value;
    int r = cm_parse_u64(negative ? text + 1 : text, &value);

    if (r < 0)
        return r;
    if (value > (uint64_t)INT64_MAX + (negative ? 1 : 0))
        return -ERANGE;
    *ret = negative ? (int64_t)(0 - value) : (int64_t)value;
    return 0;
}

int cm_parse_mode(const char *text, uint32_t *ret)
{
    uint32_t value = 0;

    if (!text || !*text)
        return -EINVAL;
    for (const char *c = text; *c; c++) {
        if (*c < '0' || *c > '7')
            return -EINVAL;
        value = value * 8 + (uint32_t)(*c - '0');
        if (value > 07777)
            return -ERANGE;
    }
    *ret = value;
    return 0;
}

bool cm_has_prefix(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool cm_path_is_below(const char *path, const char *dir)
{
    size_t n = strlen(dir);

    if (n == 1 && dir[0] == '/')
        return path[0] == '/';
    return strncmp(path, dir, n) == 0 && (path[n] == '\0' || path[n] == '/');
}
