/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See members.h. The text is ours, and is still taken as hostile. */
#include "state/members.h"

#include <errno.h>

int state_fail_at(const struct json_value *value, struct cm_error *err, const char *what)
{
    char pointer[CM_ERROR_FIELD_MAX];

    return cm_fail(err, EINVAL, json_pointer(value, pointer, sizeof(pointer)), "%s", what);
}

const struct json_value *state_take(struct state_reader *reader, const char *key)
{
    const struct json_value *value = json_member(reader->object, key);

    reader->taken += value != NULL;
    return value;
}

const struct json_value *state_need(struct state_reader *reader, const char *key, int *r)
{
    const struct json_value *value = *r == 0 ? state_take(reader, key) : NULL;

    if (*r == 0 && !value)
        *r = cm_fail(reader->err, EINVAL, NULL, "\"%s\" is missing", key);
    return value;
}

void state_read_u64(struct state_reader *reader, const char *key, uint64_t max, uint64_t *ret, int *r)
{
    const struct json_value *value = state_need(reader, key, r);

    if (value)
        *r = json_get_u64(value, max, ret, reader->err);
}

void state_read_bool(struct state_reader *reader, const char *key, bool *ret, int *r)
{
    const struct json_value *value = state_need(reader, key, r);

    if (value)
        *r = json_get_bool(value, ret, reader->err);
}

void state_read_optional_string(struct state_reader *reader, const char *key, const char **ret, int *r)
{
    const struct json_value *value = *r == 0 ? state_take(reader, key) : NULL;

    if (value)
        *r = json_get_string(value, ret, reader->err);
}

void state_read_u32(struct state_reader *reader, const char *key, uint32_t max, uint32_t *ret, int *r)
{
    uint64_t number = 0;

    state_read_u64(reader, key, max, &number, r);
    *ret = (uint32_t)number;
}

const struct json_value *state_read_array(struct state_reader *reader, const char *key, size_t per, size_t size, void *ret, size_t *ret_n, int *r)
{
    const struct json_value *array = state_need(reader, key, r);

    *ret_n = 0;
    if (!array)
        return NULL;
    if (array->type != JSON_ARRAY || array->n % per != 0) {
        *r = state_fail_at(array, reader->err, "an array with another number of elements is expected");
        return NULL;
    }
    void *elements = cm_arena_array(reader->arena, array->n / per + 1, size);
    if (!elements) {
        *r = -ENOMEM;
        return NULL;
    }
    *(void **)ret = elements;
    *ret_n = array->n / per;
    return array->child;
}

void state_read_strings(struct state_reader *reader, const char *key, struct oci_strings *ret, int *r)
{
    const struct json_value *child = state_read_array(reader, key, 1, sizeof(*ret->v), &ret->v, &ret->n, r);

    ret->set = true;
    for (size_t i = 0; child && *r == 0; child = child->next, i++)
        *r = json_get_string(child, &ret->v[i], reader->err);
}

void state_read_end(const struct state_reader *reader, int *r)
{
    if (*r == 0 && reader->taken != reader->object->n)
        *r = state_fail_at(reader->object, reader->err, "there are members that nobody knows");
}
