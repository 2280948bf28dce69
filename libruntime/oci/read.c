/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The engine: walks one JSON object along its table. Keys and values are hostile. */
#include "oci/read.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int oci_refuse(const struct oci_reader *reader, const struct json_value *value, int errnum, const char *fmt, ...)
{
    char pointer[CM_ERROR_FIELD_MAX], message[1024];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(message, sizeof(message), fmt, args); /* a cut message still names the place */
    va_end(args);
    return cm_fail(reader->err, errnum, json_pointer(value, pointer, sizeof(pointer)), "%s", message);
}

int oci_no_memory(const struct oci_reader *reader)
{
    return cm_fail(reader->err, ENOMEM, NULL, "not enough memory for the configuration");
}

int oci_expect_type(const struct oci_reader *reader, const struct json_value *value, enum json_type type)
{
    if (value->type == type)
        return 0;
    return oci_refuse(reader, value, EINVAL, "expected %s, got %s", json_type_word(type), json_type_word(value->type));
}

/*
 * One character of a key, folded as Go's encoding/json folds it: besides ASCII, U+017F (long s) equals 's' and U+212A (Kelvin sign)
 * equals 'k'. Everything else stands for itself.
 */
static unsigned char fold(const char **at)
{
    const char *text = *at;

    if (strncmp(text, "\xc5\xbf", 2) == 0) {
        *at += 2;
        return 's';
    }
    if (strncmp(text, "\xe2\x84\xaa", 3) == 0) {
        *at += 3;
        return 'k';
    }
    unsigned char c = (unsigned char)*text;
    *at += c != '\0';
    return c >= 'A' && c <= 'Z' ? (unsigned char)(c | 0x20) : c;
}

static bool same_folded(const char *a, const char *b)
{
    unsigned char first, second;

    do {
        first = fold(&a);
        second = fold(&b);
    } while (first == second && first != '\0');
    return first == second;
}

static const struct oci_field *find_field(const struct oci_shape *shape, const char *key, bool folded)
{
    for (size_t i = 0; i < shape->n; i++)
        if (folded ? same_folded(shape->fields[i].key, key) : strcmp(shape->fields[i].key, key) == 0)
            return &shape->fields[i];
    return NULL;
}

static int refuse_unknown(const struct oci_reader *reader, const struct json_value *member, const struct oci_shape *shape)
{
    CM_AUTO_STR struct cm_str list = {0};

    for (size_t i = 0; i < shape->n; i++)
        cm_str_addf(&list, "%s%s", i > 0 ? ", " : "", shape->fields[i].key);
    const char *known = cm_str_text(&list);
    return known ? oci_refuse(reader, member, EINVAL, "unknown member; remove it, or write one of %s", known) : oci_no_memory(reader);
}

static bool is_absent(const struct json_value *value)
{
    return !value || value->type == JSON_NULL;
}

static int check_required(const struct oci_reader *reader, const struct json_value *value, const struct oci_shape *shape)
{
    for (size_t i = 0; i < shape->n; i++) {
        const struct oci_field *field = &shape->fields[i];
        if ((field->flags & OCI_REQUIRED) && is_absent(json_member(value, field->key)))
            return oci_refuse(reader, value, EINVAL, "the required member \"%s\" is missing, add it", field->key);
    }
    return 0;
}

int oci_read_members(const struct oci_reader *reader, const struct json_value *value, const struct oci_shape *shape, void *object)
{
    int r = oci_expect_type(reader, value, JSON_OBJECT);

    if (r < 0)
        return r;
    for (const struct json_value *member = value->child; member; member = member->next) {
        const struct oci_field *field = find_field(shape, member->key, false);
        if (!field) {
            const struct oci_field *meant = find_field(shape, member->key, true);
            if (meant)
                return oci_refuse(reader, member, EINVAL, "members are case sensitive, write \"%s\"", meant->key);
            if (reader->strict)
                return refuse_unknown(reader, member, shape);
            continue;
        }
        if (member->type == JSON_NULL && reader->strict)
            return oci_refuse(reader, member, EINVAL, "null means nothing here; remove the member");
        if (member->type == JSON_NULL)
            continue;
        r = field->read(reader, member, field, object);
        if (r < 0)
            return r;
    }
    return check_required(reader, value, shape);
}

int oci_take_elements(const struct oci_reader *reader, const struct json_value *value, enum json_type type, size_t size, void *ret_elements)
{
    int r = oci_expect_type(reader, value, type);

    if (r < 0)
        return r;
    void *elements = cm_arena_array(reader->arena, value->n, size);
    if (!elements)
        return oci_no_memory(reader);
    *(void **)ret_elements = elements;
    return 0;
}

int oci_take_name(const struct oci_reader *reader, const struct json_value *value, const char **ret)
{
    if (*value->key == '\0')
        return oci_refuse(reader, value, EINVAL, "a name must not be empty");
    *ret = cm_arena_strdup(reader->arena, value->key);
    return *ret ? 0 : oci_no_memory(reader);
}

int oci_read_elements(const struct oci_reader *reader, const struct json_value *value, const struct oci_shape *shape, size_t *ret_n, void **ret_elements)
{
    char *elements = NULL;
    int r = oci_take_elements(reader, value, JSON_ARRAY, shape->size, &elements);

    if (r < 0)
        return r;
    char *element = elements;
    for (const struct json_value *child = value->child; child; child = child->next, element += shape->size) {
        r = oci_read_members(reader, child, shape, element);
        if (r < 0)
            return r;
    }
    *ret_n = value->n;
    *ret_elements = elements;
    return 0;
}

int oci_word_index(const struct oci_reader *reader, const struct json_value *value, const struct oci_words *words)
{
    CM_AUTO_STR struct cm_str list = {0};
    const char *text;
    int r = json_get_string(value, &text, reader->err);

    if (r < 0)
        return r;
    for (size_t i = 0; i < words->n; i++)
        if (strcmp(words->v[i], text) == 0)
            return (int)i;
    for (size_t i = 0; i < words->n; i++)
        cm_str_addf(&list, "%s%s", i > 0 ? ", " : "", words->v[i]);
    const char *known = cm_str_text(&list);
    if (!known)
        return oci_no_memory(reader);
    return oci_refuse(reader, value, EINVAL, "unknown word \"%.64s\", expected one of %s", text, known);
}

int oci_read_object(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    void *fresh = cm_arena_alloc(reader->arena, field->shape->size);

    if (!fresh)
        return oci_no_memory(reader);
    *(void **)((char *)object + field->offset) = fresh;
    return oci_read_members(reader, value, field->shape, fresh);
}

int oci_read_inside(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    return oci_read_members(reader, value, field->shape, (char *)object + field->offset);
}

int oci_read_array(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    return oci_read_elements(reader, value, field->shape, (size_t *)((char *)object + field->count), (void **)((char *)object + field->offset));
}
