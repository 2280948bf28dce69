/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See reader.h. The text was written by the host's root. */
#include "policy/reader.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "oci/capnames.h"
#include "policy/floors.h"

int cm_policy_below_floor(const struct oci_reader *reader, const struct json_value *value, enum cm_floor floor, const char *fmt, ...)
{
    char message[512];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(message, sizeof(message), fmt, args);
    va_end(args);
    const struct cm_floor_info *info = cm_floor_info(floor);
    return oci_refuse(reader, value, EPERM, "floor: %s: %s; %s", info->name, message, info->sentence);
}

int cm_policy_give(const struct oci_reader *reader, const struct json_value *value, struct cm_policy_reading *reading, enum cm_tunable_id id)
{
    const char **given = &reading->draft->given[id];

    if (*given)
        return oci_refuse(reader, value, EINVAL, "%.256s gives this already; leave it in one of the files", *given);
    *given = reading->name;
    return 0;
}

static int read_switch(const struct oci_reader *reader, const struct json_value *value, int64_t *ret)
{
    bool on = false;
    int r = json_get_bool(value, &on, reader->err);

    *ret = on;
    return r;
}

static int read_word(const struct oci_reader *reader, const struct json_value *value, const struct cm_tunable *row, int64_t *ret)
{
    struct oci_words words = {.v = row->words};

    while (words.v[words.n])
        words.n++;
    *ret = oci_word_index(reader, value, &words);
    return *ret < 0 ? (int)*ret : 0;
}

/* Bytes, or "50%". */
static int read_amount(const struct oci_reader *reader, const struct json_value *value, int64_t *ret)
{
    const char *text;
    char digits[8] = {0};
    uint64_t percent = 0;

    if (value->type != JSON_STRING)
        return json_get_i64(value, 0, INT64_MAX, ret, reader->err);
    int r = json_get_string(value, &text, reader->err);
    size_t n = r == 0 ? strlen(text) : 0;
    if (n >= 2 && n < sizeof(digits) && text[n - 1] == '%') {
        memcpy(digits, text, n - 1);
        if (cm_parse_u64(digits, &percent) < 0 || percent > 100)
            percent = 0;
    }
    *ret = -(int64_t)percent;
    return percent > 0 ? 0 : oci_refuse(reader, value, EINVAL, "expected a number of bytes, or \"1%%\" to \"100%%\" of the host's memory, got \"%.32s\"", text);
}

/* With or without "CAP_". */
static int read_cap(const struct oci_reader *reader, const struct json_value *value, uint64_t *caps)
{
    const char *name;
    char full[32];
    int r = json_get_string(value, &name, reader->err);

    if (r < 0)
        return r;
    (void)snprintf(full, sizeof(full), "%s%s", cm_has_prefix(name, "CAP_") ? "" : "CAP_", name);
    int number = strlen(name) < sizeof(full) - strlen("CAP_") ? cm_cap_number(full) : -1;
    if (number < 0)
        return oci_refuse(reader, value, EINVAL, "there is no capability \"%.64s\"", name);
    if (!(CM_CAP_BIT(number) & CM_CAPS_MOST))
        return cm_policy_below_floor(reader, value, CM_FLOOR_CAPABILITIES, "%s is not one of these", full);
    if (*caps & CM_CAP_BIT(number))
        return oci_refuse(reader, value, EINVAL, "%s is listed twice; remove one", full);
    *caps |= CM_CAP_BIT(number);
    return 0;
}

static int read_caps(const struct oci_reader *reader, const struct json_value *value, int64_t *ret)
{
    uint64_t caps = 0;
    int r = oci_expect_type(reader, value, JSON_ARRAY);

    for (const struct json_value *child = value->child; child && r == 0; child = child->next)
        r = read_cap(reader, child, &caps);
    *ret = (int64_t)caps;
    return r;
}

/* Bounds of the loosest level; those of a stricter one are looked at when the level is known. */
static int check_bounds(const struct oci_reader *reader, const struct json_value *value, const struct cm_tunable *row, int64_t number)
{
    CM_AUTO_STR struct cm_str text = {0}, bound = {0};
    bool beyond = cm_tunable_is_beyond(row, CM_POLICY_HARDENED, number);
    int64_t strictest = row->strictest;

    if (!beyond && (row->kind == CM_TUNABLE_CAPS || (row->kind == CM_TUNABLE_AMOUNT && number < 0) || !cm_tunable_is_looser(row, strictest, number)))
        return 0;
    cm_tunable_value_text(row, number, &text);
    cm_tunable_value_text(row, beyond ? row->loosest[CM_POLICY_HARDENED] : strictest, &bound);
    const char *got = cm_str_text(&text), *end = cm_str_text(&bound);
    if (!got || !end)
        return oci_no_memory(reader);
    if (beyond)
        return cm_policy_below_floor(reader, value, row->floor, "%s is beyond %s, the most that any policy may say", got, end);
    return oci_refuse(reader, value, EINVAL, "%s is past %s, the strictest that makes sense", got, end);
}

int cm_policy_read_value(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    struct cm_policy_reading *reading = object;
    enum cm_tunable_id id = (enum cm_tunable_id)field->count;
    const struct cm_tunable *row = &cm_tunables[id];
    int64_t number = 0;
    int r = -EINVAL;

    switch (row->kind) {
    case CM_TUNABLE_SWITCH:
        r = read_switch(reader, value, &number);
        break;
    case CM_TUNABLE_NUMBER:
        r = json_get_i64(value, INT64_MIN, INT64_MAX, &number, reader->err);
        break;
    case CM_TUNABLE_AMOUNT:
        r = read_amount(reader, value, &number);
        break;
    case CM_TUNABLE_WORD:
        r = read_word(reader, value, row, &number);
        break;
    case CM_TUNABLE_CAPS:
        r = read_caps(reader, value, &number);
        break;
    case CM_TUNABLE_NAME:
    case CM_TUNABLE_LIST:
        break;
    }
    if (r == 0)
        r = check_bounds(reader, value, row, number);
    if (r == 0)
        r = cm_policy_give(reader, value, reading, id);
    if (r == 0)
        cm_tunable_set(&reading->draft->rules, id, number);
    return r;
}

static size_t *count_of(struct cm_policy *policy, const struct cm_tunable *list)
{
    return (size_t *)((char *)policy + list->count);
}

/* Room for the elements of an array. *ret is the place of the first new one. */
static int make_room(const struct oci_reader *reader, const struct json_value *value, struct cm_policy_reading *reading, const struct cm_tunable *list,
                     char **ret)
{
    void **elements = (void **)((char *)&reading->draft->rules + list->offset);
    size_t n = *count_of(&reading->draft->rules, list);
    int r = oci_expect_type(reader, value, JSON_ARRAY);

    if (r < 0 || value->n == 0)
        return r;
    if (value->n > CM_POLICY_RULES_MAX - n)
        return oci_refuse(reader, value, E2BIG, "more than %zu rules of one kind are not read; use fewer, wider ones", CM_POLICY_RULES_MAX);
    char *fresh = cm_arena_array(reader->arena, n + value->n, list->size);
    if (!fresh)
        return oci_no_memory(reader);
    if (n > 0)
        memcpy(fresh, *elements, n * list->size);
    *elements = fresh;
    *ret = fresh + n * list->size;
    return 0;
}

int cm_policy_read_list(const struct oci_reader *reader, const struct json_value *value, struct cm_policy_reading *reading, enum cm_tunable_id id,
                        cm_policy_element_fn *read)
{
    const struct cm_tunable *list = &cm_tunables[id];
    size_t *n = count_of(&reading->draft->rules, list);
    char *element = NULL;
    int r = make_room(reader, value, reading, list, &element);

    for (const struct json_value *child = r == 0 ? value->child : NULL; child && r == 0; child = child->next, (*n)++, element += list->size)
        r = read(reader, child, element);
    return r;
}

const struct oci_form cm_policy_absolute = {.valid = cm_path_is_normalised, .expected = "an absolute path without empty, \".\" and \"..\" components"};

int cm_policy_read_path(const struct oci_reader *reader, const struct json_value *value, void *element)
{
    const char **path = element;
    int r = json_get_string(value, path, reader->err);

    if (r == 0 && !cm_path_is_normalised(*path))
        return oci_refuse(reader, value, EINVAL, "expected %s, got \"%.64s\"", cm_policy_absolute.expected, *path);
    return r;
}
