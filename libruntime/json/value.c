/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Members, pointers and typed getters of a parsed document; names and literals in it are hostile. */
#include "json/json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define CUT "\xe2\x80\xa6" /* … */

const struct json_value *json_member(const struct json_value *object, const char *key)
{
    if (!object || object->type != JSON_OBJECT)
        return NULL;
    for (const struct json_value *member = object->child; member; member = member->next)
        if (cm_streq(member->key, key))
            return member;
    return NULL;
}

struct pointer {
    char *buffer;
    size_t used, room; /* room without the final NUL and the mark of a cut */
    bool cut;
};

static void put(struct pointer *pointer, const char *text, size_t size)
{
    if (pointer->cut || size > pointer->room - pointer->used) {
        pointer->cut = true;
        return;
    }
    memcpy(pointer->buffer + pointer->used, text, size);
    pointer->used += size;
}

/* RFC 6901 section 3: '~' is written "~0" and '/' is written "~1". A cut never splits an escape or a UTF-8 sequence. */
static void put_name(struct pointer *pointer, const char *name)
{
    for (const char *at = name; *at;) {
        size_t length = 1;
        if (*at == '~')
            put(pointer, "~0", 2);
        else if (*at == '/')
            put(pointer, "~1", 2);
        else {
            while (((unsigned char)at[length] & 0xc0) == 0x80)
                length++;
            put(pointer, at, length);
        }
        at += length;
    }
}

const char *json_pointer(const struct json_value *value, char *buffer, size_t size)
{
    const struct json_value *path[JSON_DEPTH_MAX + 1];
    size_t n = 0;

    if (size < sizeof(CUT))
        return "";
    struct pointer pointer = {.buffer = buffer, .room = size - sizeof(CUT)};
    for (; value && value->parent && n < CM_ARRAY_LEN(path); value = value->parent)
        path[n++] = value;
    while (n-- > 0) {
        char index[24];
        put(&pointer, "/", 1);
        (void)snprintf(index, sizeof(index), "%zu", path[n]->index);
        put_name(&pointer, path[n]->key ? path[n]->key : index);
    }
    if (pointer.cut)
        memcpy(buffer + pointer.used, CUT, sizeof(CUT));
    else
        buffer[pointer.used] = '\0';
    return buffer;
}

const char *json_type_word(enum json_type type)
{
    static const char *const words[] = {
        [JSON_NULL] = "null",       [JSON_BOOL] = "a boolean", [JSON_NUMBER] = "a number",
        [JSON_STRING] = "a string", [JSON_ARRAY] = "an array", [JSON_OBJECT] = "an object",
    };

    return words[type];
}

static int wrong_type(const struct json_value *value, const char *expected, struct cm_error *err)
{
    char pointer[CM_ERROR_FIELD_MAX];

    return cm_fail(err, EINVAL, json_pointer(value, pointer, sizeof(pointer)), "expected %s, got %s", expected, json_type_word(value->type));
}

int json_get_string(const struct json_value *value, const char **ret, struct cm_error *err)
{
    if (value->type != JSON_STRING)
        return wrong_type(value, "a string", err);
    *ret = value->text;
    return 0;
}

int json_get_bool(const struct json_value *value, bool *ret, struct cm_error *err)
{
    if (value->type != JSON_BOOL)
        return wrong_type(value, "true or false", err);
    *ret = value->boolean;
    return 0;
}

/* "1.0", "1e3" and the like are refused: nothing that writes configurations writes them, and their readers disagree on the value. */
static int wrong_number(const struct json_value *value, int errnum, int64_t min, uint64_t max, struct cm_error *err)
{
    char pointer[CM_ERROR_FIELD_MAX], expected[96];

    (void)snprintf(expected, sizeof(expected), "a whole number from %" PRId64 " to %" PRIu64, min, max);
    if (value->type != JSON_NUMBER)
        return wrong_type(value, expected, err);
    return cm_fail(err, errnum, json_pointer(value, pointer, sizeof(pointer)), "expected %s, got %.40s%s", expected, value->text,
                   strlen(value->text) > 40 ? CUT : "");
}

/* An integer literal of either sign that is out of range, as against one with a fraction or an exponent. */
static int literal_errno(const char *text)
{
    return strspn(text, "-0123456789") == strlen(text) ? ERANGE : EINVAL;
}

int json_get_u64(const struct json_value *value, uint64_t max, uint64_t *ret, struct cm_error *err)
{
    uint64_t number;

    if (value->type != JSON_NUMBER)
        return wrong_number(value, EINVAL, 0, max, err);
    if (cm_parse_u64(value->text, &number) < 0 || number > max)
        return wrong_number(value, literal_errno(value->text), 0, max, err);
    *ret = number;
    return 0;
}

int json_get_i64(const struct json_value *value, int64_t min, int64_t max, int64_t *ret, struct cm_error *err)
{
    int64_t number;

    if (value->type != JSON_NUMBER)
        return wrong_number(value, EINVAL, min, (uint64_t)max, err);
    if (cm_parse_i64(value->text, &number) < 0 || number < min || number > max)
        return wrong_number(value, literal_errno(value->text), min, (uint64_t)max, err);
    *ret = number;
    return 0;
}
