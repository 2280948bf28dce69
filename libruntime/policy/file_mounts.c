/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The section "mounts" of a policy file. */
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "policy/floors.h"
#include "policy/floors_mounts.h"
#include "policy/reader.h"

#define TYPE_NAME_MAX ((size_t)32)

/* A rule as it is read. */
struct rule {
    struct cm_mount_rule rule;
    const char *type;
    struct oci_strings filesystems;
};

static bool is_type_name(const char *text)
{
    size_t n = strlen(text);

    return n > 0 && n <= TYPE_NAME_MAX && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_.-") == n;
}

static int refuse_type_name(const struct oci_reader *reader, const struct json_value *value, const char *text)
{
    return oci_refuse(reader, value, EINVAL, "expected the type of a filesystem, such as \"ext4\" or \"nfs4\", got \"%.64s\"", text);
}

static const char *const source_types[] = {[CM_SOURCE_DIRECTORY - 1] = "directory", [CM_SOURCE_FILE - 1] = "file"};
static const struct oci_words source_type_words = OCI_WORDS(source_types);

static const struct oci_field rule_fields[] = {
    OCI_FIELD(struct rule, "prefix", rule.prefix, oci_read_string, .flags = OCI_REQUIRED, .form = &cm_policy_absolute),
    OCI_FIELD(struct rule, "write", rule.allow_write, oci_read_plain_bool),
    OCI_FIELD(struct rule, "exec", rule.allow_exec, oci_read_plain_bool),
    OCI_FIELD(struct rule, "idmap", rule.allow_idmap, oci_read_plain_bool),
    OCI_FIELD(struct rule, "sockets", rule.allow_sockets, oci_read_plain_bool),
    OCI_FIELD(struct rule, "destination", rule.destination, oci_read_string, .form = &cm_policy_absolute),
    OCI_FIELD(struct rule, "type", type, oci_read_string, .words = &source_type_words),
    OCI_FIELD(struct rule, "filesystems", filesystems, oci_read_strings),
};

static int check_type_names(const struct oci_reader *reader, const struct json_value *list, const struct oci_strings *names)
{
    const struct json_value *child = list ? list->child : NULL;

    if (list && names->n == 0)
        return oci_refuse(reader, list, EINVAL, "an empty list allows no filesystem; leave it out or remove the rule");
    for (size_t i = 0; i < names->n && child; i++, child = child->next)
        if (!is_type_name(names->v[i]))
            return refuse_type_name(reader, child, names->v[i]);
    return 0;
}

static int read_rule(const struct oci_reader *reader, const struct json_value *value, void *element)
{
    static const struct oci_shape shape = OCI_SHAPE(struct rule, rule_fields);
    struct cm_mount_rule *ret = element;
    struct rule rule = {0};
    int r = oci_read_members(reader, value, &shape, &rule);

    if (r == 0)
        r = check_type_names(reader, json_member(value, "filesystems"), &rule.filesystems);
    if (r < 0)
        return r;
    for (size_t i = 0; rule.type && i < CM_ARRAY_LEN(source_types); i++)
        if (strcmp(rule.type, source_types[i]) == 0)
            rule.rule.type = (enum cm_source_type)(i + 1);
    rule.rule.n_filesystems = rule.filesystems.n;
    rule.rule.filesystems = rule.filesystems.v;
    *ret = rule.rule;
    const char *why = cm_floor_mount_prefix(ret->prefix);
    if (why)
        return cm_policy_below_floor(reader, json_member(value, "prefix"), CM_FLOOR_HOST_TREES, "\"%.128s\" cannot be opened to containers: %s", ret->prefix,
                                     why);
    return 0;
}

CM_POLICY_LIST_READER(read_allow, CM_TUNABLE_MOUNTS_ALLOW, read_rule)

/* The names of the classes, then "default" and "none". */
static const char *const class_words[] = {
#define CLASS_WORD(name, word, hardened, strict) [CM_MOUNT_CLASS_##name] = (word),
    CM_MOUNT_CLASSES(CLASS_WORD)
#undef CLASS_WORD
        [CM_MOUNT_CLASS_DEFAULT] = "default",
    [CM_MOUNT_CLASS_NONE] = "none",
};
static const struct oci_words class_list = OCI_WORDS(class_words);

static int read_class(const struct oci_reader *reader, const struct json_value *value, void *element)
{
    int index = oci_word_index(reader, value, &class_list);

    if (index >= 0)
        *(enum cm_mount_class *)element = (enum cm_mount_class)index;
    return index < 0 ? index : 0;
}

static int read_classes(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    (void)field;
    if (value->type == JSON_ARRAY && value->n == 0)
        return oci_refuse(reader, value, EINVAL, "an empty list says nothing; write [\"none\"] to turn all classes off");
    return cm_policy_read_list(reader, value, object, CM_TUNABLE_MOUNT_CLASSES, read_class);
}

static int read_type_name(const struct oci_reader *reader, const struct json_value *value, void *element)
{
    const char **name = element;
    int r = json_get_string(value, name, reader->err);

    return r == 0 && !is_type_name(*name) ? refuse_type_name(reader, value, *name) : r;
}

CM_POLICY_LIST_READER(read_unmapped, CM_TUNABLE_UNMAPPED, read_type_name)

static int read_root(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    struct cm_policy_reading *reading = object;
    const char **place = &reading->draft->rules.mount_roots[field->count];
    int r = cm_policy_give(reader, value, reading, (enum cm_tunable_id)(CM_TUNABLE_MOUNT_ROOTS + field->count));

    if (r == 0)
        r = cm_policy_read_path(reader, value, place);
    const char *why = r == 0 ? cm_floor_mount_root(*place) : NULL;
    return why ? cm_policy_below_floor(reader, value, CM_FLOOR_HOST_TREES, "\"%.128s\" is no tree of an engine: %s", *place, why) : r;
}

static const struct oci_field root_fields[] = {
#define ROOT_FIELD(name, word, place) {.key = (word), .read = read_root, .count = CM_MOUNT_ROOT_##name},
    CM_MOUNT_ROOTS(ROOT_FIELD)
#undef ROOT_FIELD
};
static const struct oci_shape roots_shape = OCI_SHAPE(struct cm_policy_reading, root_fields);

static const struct oci_field mounts_fields[] = {
    {.key = "allow", .read = read_allow},
    {.key = "classes", .read = read_classes},
    {.key = "roots", .read = oci_read_inside, .shape = &roots_shape},
    CM_POLICY_VALUE("configExec", CM_TUNABLE_CONFIG_EXEC),
    {.key = "unmapped", .read = read_unmapped},
};
const struct oci_shape cm_policy_mounts_shape = OCI_SHAPE(struct cm_policy_reading, mounts_fields);
