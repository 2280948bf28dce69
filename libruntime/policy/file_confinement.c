/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sections "seccomp" and "lsm" of a policy file: names that must exist, or must confine. */
#include <errno.h>
#include <string.h>

#include "policy/labels.h"
#include "policy/profiles.h"
#include "policy/reader.h"

static int read_profile(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    CM_AUTO_STR struct cm_str list = {0};
    struct cm_policy_reading *reading = object;
    const char *name;
    int r = json_get_string(value, &name, reader->err);

    (void)field;
    if (r == 0)
        r = cm_policy_give(reader, value, reading, CM_TUNABLE_SECCOMP_PROFILE);
    if (r < 0)
        return r;
    reading->draft->rules.seccomp_profile = name;
    if (cm_profile_exists(name))
        return 0;
    for (size_t i = 0; cm_profile_name(i); i++)
        cm_str_addf(&list, "%s%s", i > 0 ? ", " : "", cm_profile_name(i));
    const char *known = cm_str_text(&list);
    return known ? oci_refuse(reader, value, EINVAL, "there is no built-in profile \"%.64s\"; write one of %s", name, known) : oci_no_memory(reader);
}

CM_POLICY_LIST_READER(read_listeners, CM_TUNABLE_SECCOMP_LISTENER_PATHS, cm_policy_read_path)

static const struct oci_field seccomp_fields[] = {
    {.key = "profile", .read = read_profile},
    CM_POLICY_VALUE("log", CM_TUNABLE_SECCOMP_LOG),
    CM_POLICY_VALUE("onUnconfined", CM_TUNABLE_SECCOMP_UNCONFINED),
    {.key = "listenerPaths", .read = read_listeners},
};
const struct oci_shape cm_policy_seccomp_shape = OCI_SHAPE(struct cm_policy_reading, seccomp_fields);

/* Of an element of a list, or of a value. */
static int read_apparmor(const struct oci_reader *reader, const struct json_value *value, void *element)
{
    const char **ret = element;
    int r = json_get_string(value, ret, reader->err);

    if (r < 0)
        return r;
    if (!cm_label_is_plain(*ret))
        return oci_refuse(reader, value, EINVAL, "\"%.64s\" is not the name of a profile", *ret);
    if (!cm_apparmor_is_one_profile(*ret))
        return cm_policy_below_floor(reader, value, CM_FLOOR_LABELS, "\"%.64s\" is not one profile that confines", *ret);
    return 0;
}

static int read_apparmor_default(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    struct cm_policy_reading *reading = object;
    int r = read_apparmor(reader, value, &reading->draft->rules.apparmor_default);

    (void)field;
    return r < 0 ? r : cm_policy_give(reader, value, reading, CM_TUNABLE_APPARMOR_DEFAULT);
}

CM_POLICY_LIST_READER(read_apparmor_allow, CM_TUNABLE_APPARMOR_ALLOW, read_apparmor)

/* An identifier of SELinux's policy language. */
static bool is_type(const char *text)
{
    size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");

    return n > 0 && n < 128 && text[n] == '\0';
}

static int read_type(const struct oci_reader *reader, const struct json_value *value, void *element)
{
    const char **ret = element;
    int r = json_get_string(value, ret, reader->err);

    if (r < 0)
        return r;
    if (!is_type(*ret))
        return oci_refuse(reader, value, EINVAL, "expected a type such as container_t, got \"%.64s\"", *ret);
    if (cm_selinux_is_escape(*ret, strlen(*ret)))
        return cm_policy_below_floor(reader, value, CM_FLOOR_LABELS, "%s is not a container's type", *ret);
    return 0;
}

CM_POLICY_LIST_READER(read_types, CM_TUNABLE_SELINUX_TYPES, read_type)

static const struct oci_field apparmor_fields[] = {
    {.key = "default", .read = read_apparmor_default},
    {.key = "allow", .read = read_apparmor_allow},
};
static const struct oci_field selinux_fields[] = {{.key = "types", .read = read_types, .flags = OCI_REQUIRED}};
static const struct oci_shape apparmor_shape = OCI_SHAPE(struct cm_policy_reading, apparmor_fields);
static const struct oci_shape selinux_shape = OCI_SHAPE(struct cm_policy_reading, selinux_fields);
static const struct oci_field lsm_fields[] = {
    CM_POLICY_VALUE("require", CM_TUNABLE_REQUIRE_LABEL),
    {.key = "apparmor", .read = oci_read_inside, .shape = &apparmor_shape},
    {.key = "selinux", .read = oci_read_inside, .shape = &selinux_shape},
};
const struct oci_shape cm_policy_lsm_shape = OCI_SHAPE(struct cm_policy_reading, lsm_fields);
