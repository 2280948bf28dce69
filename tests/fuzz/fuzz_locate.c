/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libFuzzer entry: a document, and behind a NUL any pointer. The lines and columns of a value are those of its text: cut out, and read again, it is the same
 * value with the same key. Seeds: the configurations of tests/unit.
 */
#include <stdlib.h>
#include <string.h>

#include "json/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LOOKS_MAX ((size_t)64)

static size_t offset(const char *text, size_t size, size_t line, size_t column)
{
    size_t at = 0;

    for (; at < size && line > 1; at++)
        line -= text[at] == '\n';
    for (; at < size && column > 1; column--)
        for (at++; at < size && ((unsigned char)text[at] & 0xc0) == 0x80;)
            at++;
    return at;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || cm_streq(a, b);
}

static bool same(const struct json_value *a, const struct json_value *b)
{
    return a->type == b->type && a->n == b->n && a->boolean == b->boolean && same_text(a->text, b->text) && same_text(a->key, b->key);
}

static void look(const char *text, size_t size, const struct json_value *value)
{
    CM_AUTO_ARENA struct cm_arena arena = {0};
    CM_AUTO_STR struct cm_str member = {0};
    struct json_value *again = NULL;
    struct json_place place;
    struct cm_error err;
    char pointer[4096];

    if (strstr(json_pointer(value, pointer, sizeof(pointer)), "…"))
        return; /* cut, or hard to tell from that */
    if (!json_locate(text, size, pointer, &place))
        abort();
    size_t from = offset(text, size, place.line, place.column), to = offset(text, size, place.end_line, place.end_column);
    if (from >= to)
        abort();
    cm_str_addf(&member, value->key ? "{%.*s}" : "[%.*s]", (int)(to - from), text + from);
    if (member.failed || json_parse(member.data, member.size, member.size, &arena, &again, &err) < 0 || again->n != 1 || !same(again->child, value))
        abort();
}

static void look_below(const char *text, size_t size, const struct json_value *value, size_t *looks)
{
    for (const struct json_value *child = value->child; child && (*looks)++ < LOOKS_MAX; child = child->next) {
        look(text, size, child);
        look_below(text, size, child, looks);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CM_AUTO_ARENA struct cm_arena arena = {0};
    const uint8_t *second = memchr(data, 0, size); /* a NUL is in no JSON */
    size_t first = second ? (size_t)(second - data) : size, looks = 0;
    struct json_value *root = NULL;
    struct json_place place;
    struct cm_error err;
    char *text = malloc(first + 1), *pointer = second ? strndup((const char *)second + 1, size - first - 1) : NULL;

    if (!text)
        abort();
    memcpy(text, data, first);
    text[first] = '\0';
    if (json_parse(text, first, first, &arena, &root, &err) == 0) {
        if (pointer)
            (void)json_locate(text, first, pointer, &place);
        look_below(text, first, root, &looks);
    }
    free(text);
    free(pointer);
    return 0;
}
