/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sections of a policy file that are lists of rules: hooks, devices, and the agents of seccomp. */
#include <errno.h>
#include <string.h>

#include "policy/floors.h"
#include "policy/reader.h"

static const struct oci_field hook_fields[] = {
    OCI_FIELD(struct cm_hook_rule, "path", path, oci_read_string, .flags = OCI_REQUIRED, .form = &cm_policy_absolute),
    OCI_FIELD(struct cm_hook_rule, "inside", inside, oci_read_plain_bool),
};

static int read_hooks(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    static const struct oci_shape shape = OCI_SHAPE(struct cm_hook_rule, hook_fields);
    struct cm_policy_reading *reading = object;
    struct cm_hook_rule *rule;
    int r = cm_policy_make_room(reader, value, reading, CM_TUNABLE_HOOKS_ALLOW, &rule);

    (void)field;
    for (const struct json_value *child = r == 0 ? value->child : NULL; child && r == 0; child = child->next, reading->draft->rules.n_hook_rules++)
        r = oci_read_members(reader, child, &shape, rule++);
    return r;
}

struct device {
    struct cm_policy_device rule;
    const char *type, *access;
};

static const struct oci_field device_fields[] = {
    OCI_FIELD(struct device, "path", rule.path, oci_read_string, .flags = OCI_REQUIRED),
    OCI_FIELD(struct device, "type", type, oci_read_string),
    OCI_FIELD(struct device, "major", rule.major, oci_read_plain_u32, .flags = OCI_REQUIRED, .max = 4095),
    OCI_FIELD(struct device, "minor", rule.minor, oci_read_plain_u32, .flags = OCI_REQUIRED, .max = 1048575),
    OCI_FIELD(struct device, "access", access, oci_read_string),
};

/* "r", "w" or both. */
static int read_access(const struct oci_reader *reader, const struct json_value *value, const char *access, unsigned int *ret)
{
    const struct json_value *member = json_member(value, "access");

    *ret = CM_DEVICE_READ | CM_DEVICE_WRITE;
    if (!access)
        return 0;
    *ret = 0;
    for (const char *c = access; *c; c++) {
        if (*c == 'm')
            return oci_refuse(reader, member, EPERM, "floor: no container makes device nodes; leave the \"m\" out");
        unsigned int bit = *c == 'r' ? CM_DEVICE_READ : *c == 'w' ? CM_DEVICE_WRITE : 0;
        if (bit == 0 || *ret & bit)
            return oci_refuse(reader, member, EINVAL, "expected \"r\", \"w\" or \"rw\", got \"%.32s\"", access);
        *ret |= bit;
    }
    return 0;
}

static int read_device(const struct oci_reader *reader, const struct json_value *value, struct cm_policy_device *ret)
{
    static const struct oci_shape shape = OCI_SHAPE(struct device, device_fields);
    struct device device = {0};
    int r = oci_read_members(reader, value, &shape, &device);

    if (r < 0)
        return r;
    const char *why = cm_floor_device_path(device.rule.path);
    if (why)
        return oci_refuse(reader, json_member(value, "path"), EPERM, "floor: \"%.128s\" cannot be given to containers: %s", device.rule.path, why);
    if (cm_streq(device.type, "b"))
        return oci_refuse(reader, json_member(value, "type"), EPERM, "floor: no container gets a block device; give it a filesystem instead");
    if (device.type && strcmp(device.type, "c") != 0)
        return oci_refuse(reader, json_member(value, "type"), EINVAL, "expected \"c\", got \"%.32s\"", device.type);
    why = cm_floor_char_device(device.rule.major, device.rule.minor);
    if (why)
        return oci_refuse(reader, value, EPERM, "floor: character device %u:%u cannot be given to containers: %s; remove the rule", device.rule.major,
                          device.rule.minor, why);
    *ret = device.rule;
    return read_access(reader, value, device.access, &ret->access);
}

static int read_devices(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    struct cm_policy_reading *reading = object;
    struct cm_policy_device *rule;
    int r = cm_policy_make_room(reader, value, reading, CM_TUNABLE_DEVICES_ALLOW, &rule);

    (void)field;
    for (const struct json_value *child = r == 0 ? value->child : NULL; child && r == 0; child = child->next, reading->draft->rules.n_devices++)
        r = read_device(reader, child, rule++);
    return r;
}

static int read_listeners(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    struct cm_policy_reading *reading = object;
    const char **path;
    int r = cm_policy_make_room(reader, value, reading, CM_TUNABLE_SECCOMP_LISTENER_PATHS, &path);

    (void)field;
    for (const struct json_value *child = r == 0 ? value->child : NULL; child && r == 0; child = child->next, reading->draft->rules.n_listener_paths++) {
        r = json_get_string(child, path, reader->err);
        if (r == 0 && !cm_path_is_normalised(*path++))
            r = oci_refuse(reader, child, EINVAL, "expected %s, got \"%.64s\"", cm_policy_absolute.expected, path[-1]);
    }
    return r;
}

CM_POLICY_ALLOW_SHAPE(cm_policy_hooks_shape, read_hooks);
CM_POLICY_ALLOW_SHAPE(cm_policy_devices_shape, read_devices);

static const struct oci_field seccomp_fields[] = {{.key = "listenerPaths", .read = read_listeners}};
const struct oci_shape cm_policy_seccomp_shape = OCI_SHAPE(struct cm_policy_reading, seccomp_fields);
