/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where in a text the value of a JSON pointer stands. Text and pointer are hostile. The text has passed json_parse, so what is looked for here is the places
 * and not the mistakes; of any other text the answer is some place in it.
 */
#include "json/json.h"

#include <stdio.h>
#include <string.h>

#include "base/escape.h"

struct cursor {
    const char *at, *end;
};

static char peek(const struct cursor *cursor)
{
    return cursor->at < cursor->end ? *cursor->at : '\0';
}

static void skip_space(struct cursor *cursor)
{
    while (cursor->at < cursor->end && strchr(" \t\r\n", *cursor->at))
        cursor->at++;
}

static void skip_string(struct cursor *cursor)
{
    for (cursor->at++; cursor->at < cursor->end && *cursor->at != '"'; cursor->at++)
        if (*cursor->at == '\\' && cursor->end - cursor->at > 1)
            cursor->at++;
    cursor->at += cursor->at < cursor->end;
}

/* Past a value of any kind and depth. */
static void skip_value(struct cursor *cursor)
{
    size_t depth = 0;

    do {
        char c = peek(cursor);
        if (c == '"') {
            skip_string(cursor);
        } else if (c == '{' || c == '[' || c == '}' || c == ']') {
            depth = c == '{' || c == '[' ? depth + 1 : depth - (depth > 0);
            cursor->at++;
        } else if (depth > 0) {
            cursor->at++;
        } else {
            while (cursor->at < cursor->end && !strchr(" \t\r\n,]}", *cursor->at))
                cursor->at++;
        }
    } while (depth > 0 && cursor->at < cursor->end);
}

/* Four hexadecimal digits; of anything else, some number. */
static uint32_t hex4(const char *text)
{
    uint32_t value = 0;

    for (size_t i = 0; i < 4; i++) {
        unsigned char c = (unsigned char)text[i];
        value = value * 16 + (c <= '9' ? c - 48u : (c | 0x20u) - 87u);
    }
    return value;
}

static size_t encode(uint32_t point, char *out)
{
    size_t n = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};

    for (size_t i = n - 1; i > 0; i--, point >>= 6)
        out[i] = (char)(0x80 | (point & 0x3f));
    out[0] = (char)(lead[n] | point);
    return n;
}

/* One character of a string between its quotes, as UTF-8; returns the bytes of the string that it takes. */
static size_t unescape(const char *text, size_t left, char out[4], size_t *ret_n)
{
    static const char plain[] = "bfnrt", means[] = "\b\f\n\r\t";

    *ret_n = 1;
    out[0] = text[0];
    if (text[0] != '\\' || left < 2)
        return 1;
    const char *known = strchr(plain, text[1]);
    out[0] = known ? means[known - plain] : text[1];
    if (text[1] != 'u' || left < 6)
        return 2;
    uint32_t point = hex4(text + 2);
    if (point < 0xd800 || point > 0xdbff || left < 12) {
        *ret_n = encode(point & 0xffff, out);
        return 6;
    }
    *ret_n = encode(0x10000 + ((point - 0xd800) << 10) + ((hex4(text + 8) - 0xdc00) & 0x3ff), out);
    return 12;
}

/* Whether a key, as it stands between its quotes, is what a token of a pointer means (RFC 6901: "~1" is '/', "~0" is '~'). */
static bool is_key(const char *key, size_t size, const char *token, size_t token_size)
{
    size_t at = 0;

    while (size > 0) {
        char bytes[4];
        size_t n, used = unescape(key, size, bytes, &n);
        for (size_t i = 0; i < n; i++, at++) {
            char want = at < token_size ? token[at] : '\0';
            if (want == '~' && at + 1 < token_size)
                want = token[++at] == '1' ? '/' : '~';
            if (at >= token_size || bytes[i] != want)
                return false;
        }
        key += used;
        size -= used;
    }
    return at == token_size;
}

/* Inside of an object or array: to the value that the token names. *ret_start is where its member begins. */
static bool step(struct cursor *cursor, const char *token, size_t token_size, const char **ret_start)
{
    bool object = peek(cursor) == '{';
    char number[24];

    if (!object && peek(cursor) != '[')
        return false;
    cursor->at++;
    for (size_t index = 0; cursor->at < cursor->end; index++) {
        skip_space(cursor);
        if (peek(cursor) == '}' || peek(cursor) == ']')
            return false;
        const char *start = cursor->at;
        bool found;
        if (object) {
            skip_string(cursor);
            found = cursor->at - start >= 2 && is_key(start + 1, (size_t)(cursor->at - start) - 2, token, token_size);
            skip_space(cursor);
            cursor->at += peek(cursor) == ':';
            skip_space(cursor);
        } else {
            int n = snprintf(number, sizeof(number), "%zu", index);
            found = (size_t)n == token_size && memcmp(number, token, token_size) == 0;
        }
        if (found) {
            *ret_start = start;
            return true;
        }
        const char *before = cursor->at;
        skip_value(cursor);
        skip_space(cursor);
        cursor->at += peek(cursor) == ',' || cursor->at == before; /* progress in any text */
    }
    return false;
}

/* From one place to a later one, counting. */
static void advance(const char *from, const char *to, size_t *line, size_t *column)
{
    while (from < to) {
        uint32_t point;
        size_t size = (unsigned char)*from < 0x80 ? 1 : cm_utf8_decode(from, &point); /* what was parsed is UTF-8 and ends with a quote or bracket */
        *column = *from == '\n' ? 1 : *column + 1;
        *line += *from == '\n';
        from += CM_MAX(size, (size_t)1);
    }
}

bool json_locate(const char *text, size_t size, const char *pointer, struct json_place *ret)
{
    struct cursor cursor = {text, text + size}, next;
    bool found = true;

    skip_space(&cursor);
    const char *start = cursor.at;
    while (found && *pointer == '/') {
        size_t token_size = strcspn(pointer + 1, "/");
        next = cursor;
        found = step(&next, pointer + 1, token_size, &start);
        cursor = found ? next : cursor;
        pointer += 1 + token_size;
    }
    skip_value(&cursor);
    *ret = (struct json_place){1, 1, 1, 1};
    advance(text, start, &ret->line, &ret->column);
    ret->end_line = ret->line;
    ret->end_column = ret->column;
    advance(start, cursor.at, &ret->end_line, &ret->end_column);
    return found && *pointer == '\0';
}
