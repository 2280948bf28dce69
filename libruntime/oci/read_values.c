/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Readers of single values, lists and maps. Values are hostile; the strings already live in the configuration's arena. */
#include "oci/read.h"

#include <errno.h>
#include <string.h>

#define MEMBER(type, object, field) ((type *)((char *)(object) + (field)->offset))

int oci_read_string(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    const char *text;
    int r = json_get_string(value, &text, reader->err);

    if (r < 0)
        return r;
    if (*text == '\0')
        return field->flags & OCI_REQUIRED || reader->strict ? oci_refuse(reader, value, EINVAL, "must not be empty") : 0;
    if (field->words) {
        r = oci_word_index(reader, value, field->words);
        if (r < 0)
            return r;
    }
    if (field->form && !field->form->valid(text))
        return oci_refuse(reader, value, EINVAL, "expected %s, got \"%.64s\"", field->form->expected, text);
    *MEMBER(const char *, object, field) = text;
    return 0;
}

int oci_read_bool(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    struct oci_bool *member = MEMBER(struct oci_bool, object, field);
    int r = json_get_bool(value, &member->v, reader->err);

    member->set = r >= 0;
    return r;
}

int oci_read_plain_bool(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    return json_get_bool(value, MEMBER(bool, object, field), reader->err);
}

int oci_read_u64(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    struct oci_u64 *member = MEMBER(struct oci_u64, object, field);
    int r = json_get_u64(value, UINT64_MAX, &member->v, reader->err);

    member->set = r >= 0;
    return r;
}

int oci_read_u32(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    uint64_t number;
    int r = json_get_u64(value, UINT32_MAX, &number, reader->err);

    if (r >= 0)
        *MEMBER(struct oci_u32, object, field) = (struct oci_u32){.set = true, .v = (uint32_t)number};
    return r;
}

int oci_read_u16(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    uint64_t number;
    int r = json_get_u64(value, UINT16_MAX, &number, reader->err);

    if (r >= 0)
        *MEMBER(struct oci_u16, object, field) = (struct oci_u16){.set = true, .v = (uint16_t)number};
    return r;
}

static int read_between(const struct oci_reader *reader, const struct json_value *value, int64_t min, int64_t max, struct oci_i64 *member)
{
    int r = json_get_i64(value, min, max, &member->v, reader->err);

    member->set = r >= 0;
    return r;
}

int oci_read_i64(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    return read_between(reader, value, INT64_MIN, INT64_MAX, MEMBER(struct oci_i64, object, field));
}

int oci_read_i32(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    return read_between(reader, value, INT32_MIN, INT32_MAX, MEMBER(struct oci_i64, object, field));
}

int oci_read_range(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    return read_between(reader, value, field->min, field->max, MEMBER(struct oci_i64, object, field));
}

int oci_read_plain_u64(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    return json_get_u64(value, UINT64_MAX, MEMBER(uint64_t, object, field), reader->err);
}

int oci_read_plain_u32(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    uint64_t number;
    int r = json_get_u64(value, field->max > 0 ? (uint64_t)field->max : UINT32_MAX, &number, reader->err);

    if (r >= 0)
        *MEMBER(uint32_t, object, field) = (uint32_t)number;
    return r;
}

int oci_read_plain_i64(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    return json_get_i64(value, INT64_MIN, INT64_MAX, MEMBER(int64_t, object, field), reader->err);
}

int oci_read_strings(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    struct oci_strings *member = MEMBER(struct oci_strings, object, field);
    int r = oci_take_elements(reader, value, JSON_ARRAY, sizeof(*member->v), &member->v);

    if (r < 0)
        return r;
    for (const struct json_value *child = value->child; child; child = child->next) {
        r = field->words ? oci_word_index(reader, child, field->words) : 0;
        if (r >= 0)
            r = json_get_string(child, &member->v[member->n++], reader->err);
        if (r < 0)
            return r;
    }
    member->set = true;
    return 0;
}

int oci_read_map(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    struct oci_map *member = MEMBER(struct oci_map, object, field);
    int r = oci_take_elements(reader, value, JSON_OBJECT, sizeof(*member->v), &member->v);

    if (r < 0)
        return r;
    for (const struct json_value *child = value->child; child; child = child->next) {
        struct oci_pair *pair = &member->v[member->n++];
        r = oci_take_name(reader, child, &pair->key);
        if (r == 0)
            r = json_get_string(child, &pair->value, reader->err);
        if (r < 0)
            return r;
    }
    member->set = true;
    return 0;
}

static const struct oci_field id_mapping_fields[] = {
    OCI_FIELD(struct oci_id_mapping, "containerID", container_id, oci_read_plain_u32, .flags = OCI_REQUIRED),
    OCI_FIELD(struct oci_id_mapping, "hostID", host_id, oci_read_plain_u32, .flags = OCI_REQUIRED),
    OCI_FIELD(struct oci_id_mapping, "size", size, oci_read_plain_u32, .flags = OCI_REQUIRED),
};

int oci_read_id_mappings(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    static const struct oci_shape shape = OCI_SHAPE(struct oci_id_mapping, id_mapping_fields);
    struct oci_id_mappings *member = MEMBER(struct oci_id_mappings, object, field);
    void *elements;
    int r = oci_read_elements(reader, value, &shape, &member->n, &elements);

    if (r < 0)
        return r;
    member->v = elements;
    member->set = true;
    return 0;
}
