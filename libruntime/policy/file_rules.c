/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sections of a policy file that are lists of rules: hooks and devices. */
#include <errno.h>
#include <string.h>

#include "policy/floors.h"
#include "policy/reader.h"

static bool is_digest(const char *text)
{
    return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

static const struct oci_form digest = {.valid = is_digest, .expected = "64 lower-case hexadecimal digits, as sha256sum(1) prints them"};

/* The kinds of hook that a rule is for. */
static int read_stages(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    const char *names[OCI_HOOK_KINDS];
    const struct oci_words words = OCI_WORDS(names);
    struct cm_hook_rule *rule = object;
    int r = oci_expect_type(reader, value, JSON_ARRAY);

    (void)field;
    for (unsigned int kind = 0; kind < OCI_HOOK_KINDS; kind++)
        names[kind] = oci_hook_word((enum oci_hook_kind)kind);
    if (r == 0 && value->n == 0)
        return oci_refuse(reader, value, EINVAL, "a rule for no stage allows nothing; name stages, or leave the member out for all");
    for (const struct json_value *child = value->child; child && r == 0; child = child->next) {
        int kind = oci_word_index(reader, child, &words);
        if (kind < 0)
            return kind;
        rule->stages |= 1u << kind;
    }
    return r;
}

static const struct oci_field hook_fields[] = {
    OCI_FIELD(struct cm_hook_rule, "path", path, oci_read_string, .flags = OCI_REQUIRED, .form = &cm_policy_absolute),
    OCI_FIELD(struct cm_hook_rule, "inside", inside, oci_read_plain_bool),
    OCI_FIELD(struct cm_hook_rule, "sha256", sha256, oci_read_string, .form = &digest),
    OCI_FIELD(struct cm_hook_rule, "arguments", arguments, oci_read_strings),
    {.key = "stages", .read = read_stages},
};

static int read_hook(const struct oci_reader *reader, const struct json_value *value, void *element)
{
    static const struct oci_shape shape = OCI_SHAPE(struct cm_hook_rule, hook_fields);
    const struct cm_hook_rule *rule = element;
    int r = oci_read_members(reader, value, &shape, element);

    if (r == 0 && rule->arguments.set && rule->arguments.n == 0)
        return oci_refuse(reader, json_member(value, "arguments"), EINVAL, "no arguments say nothing; name the first ones, or leave the member out for any");
    if (r < 0 || !rule->inside)
        return r;
    if (rule->sha256)
        return oci_refuse(reader, json_member(value, "sha256"), EINVAL, "a program of the image is looked up inside of the container and not compared; remove one of the two");
    if (rule->stages & ~(1u << OCI_HOOK_START_CONTAINER))
        return oci_refuse(reader, json_member(value, "stages"), EINVAL, "a rule for programs of the image is for startContainer hooks only");
    return 0;
}

CM_POLICY_LIST_READER(read_hooks, CM_TUNABLE_HOOKS_ALLOW, read_hook)

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
            return cm_policy_below_floor(reader, member, CM_FLOOR_DEVICE_NODES, "leave the \"m\" out");
        unsigned int bit = *c == 'r' ? CM_DEVICE_READ : *c == 'w' ? CM_DEVICE_WRITE : 0;
        if (bit == 0 || *ret & bit)
            return oci_refuse(reader, member, EINVAL, "expected \"r\", \"w\" or \"rw\", got \"%.32s\"", access);
        *ret |= bit;
    }
    return 0;
}

static int read_device(const struct oci_reader *reader, const struct json_value *value, void *element)
{
    static const struct oci_shape shape = OCI_SHAPE(struct device, device_fields);
    struct device device = {0};
    int r = oci_read_members(reader, value, &shape, &device);

    if (r < 0)
        return r;
    const char *why = cm_floor_device_path(device.rule.path);
    if (why)
        return cm_policy_below_floor(reader, json_member(value, "path"), CM_FLOOR_HOST_DEVICES, "\"%.128s\" cannot be given to containers: %s", device.rule.path, why);
    if (cm_streq(device.type, "b"))
        return cm_policy_below_floor(reader, json_member(value, "type"), CM_FLOOR_BLOCK_DEVICES, "give it a filesystem instead");
    if (device.type && strcmp(device.type, "c") != 0)
        return oci_refuse(reader, json_member(value, "type"), EINVAL, "expected \"c\", got \"%.32s\"", device.type);
    why = cm_floor_char_device(device.rule.major, device.rule.minor);
    if (why)
        return cm_policy_below_floor(reader, value, CM_FLOOR_HOST_DEVICES, "character device %u:%u cannot be given to containers: %s; remove the rule",
                                     device.rule.major, device.rule.minor, why);
    struct cm_policy_device *rule = element;
    *rule = device.rule;
    return read_access(reader, value, device.access, &rule->access);
}

CM_POLICY_LIST_READER(read_devices, CM_TUNABLE_DEVICES_ALLOW, read_device)

CM_POLICY_ALLOW_SHAPE(cm_policy_hooks_shape, read_hooks);
CM_POLICY_ALLOW_SHAPE(cm_policy_devices_shape, read_devices);
