/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The section "exceptions" of a policy file. */
#include <errno.h>

#include "base/time.h"
#include "policy/exceptions.h"
#include "policy/floors.h"
#include "policy/reader.h"

#define REASON_MAX ((size_t)256)

static int read_code(const struct oci_reader *reader, const struct json_value *value, enum cm_code *ret)
{
    CM_AUTO_STR struct cm_str list = {0};
    const char *text;
    int r = json_get_string(value, &text, reader->err);
    enum cm_code code = r == 0 ? cm_code_number(text) : CM_CODE_COUNT;

    if (r < 0)
        return r;
    *ret = code;
    if (code != CM_CODE_COUNT && cm_exceptable_find(code))
        return 0;
    for (size_t i = 0; cm_exceptable_at(i); i++)
        cm_str_addf(&list, "%s%s", i > 0 ? ", " : "", cm_code_info(cm_exceptable_at(i)->code)->code);
    const char *known = cm_str_text(&list);
    if (!known)
        return oci_no_memory(reader);
    if (code == CM_CODE_COUNT)
        return oci_refuse(reader, value, EINVAL, "there is no code \"%.64s\"; write some of %s", text, known);
    return cm_policy_below_floor(reader, value, CM_FLOOR_EXCEPTIONS, "%s cannot be excepted, only %s can", text, known);
}

static int read_codes(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    struct cm_exception *exception = object;
    enum cm_code *codes;
    int r = oci_take_elements(reader, value, JSON_ARRAY, sizeof(*codes), &codes);

    (void)field;
    if (r == 0 && value->n == 0)
        return oci_refuse(reader, value, EINVAL, "an exception for no code grants nothing; name one");
    for (const struct json_value *child = r == 0 ? value->child : NULL; child && r == 0; child = child->next)
        r = read_code(reader, child, &codes[exception->n_codes++]);
    exception->codes = codes;
    return r;
}

static const struct oci_field match_fields[] = {
    OCI_FIELD(struct cm_exception, "bundle", bundle, oci_read_string, .form = &cm_policy_absolute),
    OCI_FIELD(struct cm_exception, "cgroup", cgroup, oci_read_string, .form = &cm_policy_absolute),
};

static int read_match(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    static const struct oci_shape shape = OCI_SHAPE(struct cm_exception, match_fields);
    const struct cm_exception *exception = object;
    int r = oci_read_members(reader, value, &shape, object);

    (void)field;
    if (r == 0 && !exception->bundle && !exception->cgroup)
        return cm_policy_below_floor(reader, value, CM_FLOOR_EXCEPTIONS, "no place is given; write \"bundle\", \"cgroup\" or both");
    return r;
}

static int read_moment(const struct oci_reader *reader, const struct json_value *value, const char **ret_text, int64_t *ret)
{
    int r = json_get_string(value, ret_text, reader->err);

    if (r < 0)
        return r;
    *ret = cm_time_parse(*ret_text);
    if (*ret < 0)
        return oci_refuse(reader, value, EINVAL, "expected a date or a time in UTC such as 2027-01-31 or 2027-01-31T12:00:00Z, got \"%.64s\"", *ret_text);
    return 0;
}

static int read_from(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    struct cm_exception *exception = object;

    (void)field;
    return read_moment(reader, value, &exception->from_text, &exception->from);
}

static int read_expires(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    struct cm_exception *exception = object;

    (void)field;
    return read_moment(reader, value, &exception->expires_text, &exception->expires);
}

/* It goes into logs and records as it stands. */
static bool is_reason(const char *text)
{
    size_t n = strlen(text), words = 0;

    for (size_t i = 0; i < n; i++) {
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
            return false;
        words += text[i] != ' ';
    }
    return words > 0 && n <= REASON_MAX;
}

static const struct oci_form reason = {.valid = is_reason, .expected = "one line of at most 256 bytes that says why"};

static const struct oci_field exception_fields[] = {
    {.key = "codes", .read = read_codes, .flags = OCI_REQUIRED},
    {.key = "match", .read = read_match, .flags = OCI_REQUIRED},
    {.key = "from", .read = read_from, .flags = OCI_REQUIRED},
    {.key = "expires", .read = read_expires, .flags = OCI_REQUIRED},
    OCI_FIELD(struct cm_exception, "reason", reason, oci_read_string, .flags = OCI_REQUIRED, .form = &reason),
};

static int read_exception(const struct oci_reader *reader, const struct json_value *value, void *element)
{
    static const struct oci_shape shape = OCI_SHAPE(struct cm_exception, exception_fields);
    struct cm_exception *exception = element;
    char pointer[CM_ERROR_FIELD_MAX];
    int r = oci_read_members(reader, value, &shape, exception);

    if (r < 0)
        return r;
    if (exception->expires <= exception->from)
        return oci_refuse(reader, json_member(value, "expires"), EINVAL, "%.32s is not after \"from\", so the exception would never hold", exception->expires_text);
    if (exception->expires - exception->from > CM_EXCEPTION_SECONDS_MAX)
        return cm_policy_below_floor(reader, json_member(value, "expires"), CM_FLOOR_EXCEPTIONS, "%.32s is more than 366 days after %.32s", exception->expires_text,
                                     exception->from_text);
    exception->place = cm_arena_strdup(reader->arena, json_pointer(value, pointer, sizeof(pointer)));
    return exception->place ? 0 : oci_no_memory(reader);
}

int cm_policy_read_exceptions(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    struct cm_policy_reading *reading = object;
    size_t first = reading->draft->rules.n_exceptions;
    int r = cm_policy_read_list(reader, value, reading, CM_TUNABLE_EXCEPTIONS, read_exception);
    struct cm_exception *list = (struct cm_exception *)(uintptr_t)reading->draft->rules.exceptions; /* ours: made by the line above */

    (void)field;
    for (size_t i = first; i < reading->draft->rules.n_exceptions && r == 0; i++) {
        list[i].place = cm_arena_printf(reader->arena, "%s: %s", reading->name, list[i].place);
        r = list[i].place ? 0 : oci_no_memory(reader);
    }
    return r;
}
