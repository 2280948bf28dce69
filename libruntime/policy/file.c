/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See file.h. The text was written by the host's root; mistakes in it are common, and none may become a weaker container. */
#include "policy/file.h"

#include <errno.h>
#include <string.h>

#include "oci/read.h"
#include "policy/floors.h"

#define VERSION 1

static const char *const level_list[] = {[CM_POLICY_HARDENED] = "hardened", [CM_POLICY_STRICT] = "strict"};
static const struct oci_words levels = OCI_WORDS(level_list);

bool cm_policy_level_find(const char *name, enum cm_policy_level *ret)
{
    for (size_t i = 0; i < CM_ARRAY_LEN(level_list); i++)
        if (cm_streq(name, level_list[i])) {
            *ret = (enum cm_policy_level)i;
            return true;
        }
    return false;
}

/* One file as it is read: objects of the draft are only touched by its readers below. */
struct file {
    struct cm_policy_draft *draft;
    const char *name;
    struct oci_i64 version;
};

static int read_version(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    int r = oci_read_range(reader, value, field, object);

    if (r == 0 && ((struct file *)object)->version.v != VERSION)
        return oci_refuse(reader, value, EINVAL, "this program reads version %d of the format; write that, or install the program that the file was made for",
                          VERSION);
    return r;
}

static int read_level(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    struct file *file = object;
    int index = oci_word_index(reader, value, &levels);

    (void)field;
    if (index < 0)
        return index;
    if (file->draft->level_file)
        return oci_refuse(reader, value, EINVAL, "%.256s gives the level already; leave it in one of the files", file->draft->level_file);
    file->draft->level_file = file->name;
    file->draft->level = (enum cm_policy_level)index;
    return 0;
}

/*
 * Makes room for the elements of an array behind those of earlier files. *ret is the place of the first new one; NULL when there are none.
 */
static int make_room(const struct oci_reader *reader, const struct json_value *value, void **list, size_t n, size_t size, char **ret)
{
    int r = oci_expect_type(reader, value, JSON_ARRAY);

    *ret = NULL;
    if (r < 0 || value->n == 0)
        return r;
    if (value->n > CM_POLICY_RULES_MAX - n)
        return oci_refuse(reader, value, E2BIG, "more than %zu rules of one kind are not read; use fewer, wider ones", CM_POLICY_RULES_MAX);
    char *fresh = cm_arena_array(reader->arena, n + value->n, size);
    if (!fresh)
        return oci_no_memory(reader);
    if (n > 0)
        memcpy(fresh, *list, n * size);
    *list = fresh;
    *ret = fresh + n * size;
    return 0;
}

static bool is_absolute(const char *path)
{
    return cm_path_is_normalised(path);
}

static const struct oci_form absolute = {.valid = is_absolute, .expected = "an absolute path without empty, \".\" and \"..\" components"};

static const struct oci_field hook_fields[] = {
    OCI_FIELD(struct cm_hook_rule, "path", path, oci_read_string, .flags = OCI_REQUIRED, .form = &absolute),
    OCI_FIELD(struct cm_hook_rule, "inside", inside, oci_read_plain_bool),
};

static int read_hooks(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    static const struct oci_shape shape = OCI_SHAPE(struct cm_hook_rule, hook_fields);
    struct cm_policy_draft *draft = ((struct file *)object)->draft;
    char *at;
    int r = make_room(reader, value, (void **)&draft->hooks, draft->n_hooks, sizeof(*draft->hooks), &at);

    (void)field;
    for (const struct json_value *child = r == 0 ? value->child : NULL; child && r == 0; child = child->next, draft->n_hooks++)
        r = oci_read_members(reader, child, &shape, &draft->hooks[draft->n_hooks]);
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
    struct cm_policy_draft *draft = ((struct file *)object)->draft;
    char *at;
    int r = make_room(reader, value, (void **)&draft->devices, draft->n_devices, sizeof(*draft->devices), &at);

    (void)field;
    for (const struct json_value *child = r == 0 ? value->child : NULL; child && r == 0; child = child->next, draft->n_devices++)
        r = read_device(reader, child, &draft->devices[draft->n_devices]);
    return r;
}

static const struct oci_field mount_fields[] = {
    OCI_FIELD(struct cm_mount_rule, "prefix", prefix, oci_read_string, .flags = OCI_REQUIRED, .form = &absolute),
    OCI_FIELD(struct cm_mount_rule, "write", allow_write, oci_read_plain_bool),
    OCI_FIELD(struct cm_mount_rule, "exec", allow_exec, oci_read_plain_bool),
    OCI_FIELD(struct cm_mount_rule, "idmap", allow_idmap, oci_read_plain_bool),
};

static int read_mounts(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    static const struct oci_shape shape = OCI_SHAPE(struct cm_mount_rule, mount_fields);
    struct cm_policy_draft *draft = ((struct file *)object)->draft;
    char *at;
    int r = make_room(reader, value, (void **)&draft->mounts, draft->n_mounts, sizeof(*draft->mounts), &at);

    (void)field;
    for (const struct json_value *child = r == 0 ? value->child : NULL; child && r == 0; child = child->next, draft->n_mounts++) {
        struct cm_mount_rule *rule = &draft->mounts[draft->n_mounts];
        r = oci_read_members(reader, child, &shape, rule);
        const char *why = r == 0 ? cm_floor_mount_prefix(rule->prefix) : NULL;
        if (why)
            r = oci_refuse(reader, json_member(child, "prefix"), EPERM, "floor: \"%.128s\" cannot be opened to containers: %s", rule->prefix, why);
    }
    return r;
}

static int read_listeners(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    struct cm_policy_draft *draft = ((struct file *)object)->draft;
    char *at;
    int r = make_room(reader, value, (void **)&draft->listeners, draft->n_listeners, sizeof(*draft->listeners), &at);

    (void)field;
    for (const struct json_value *child = r == 0 ? value->child : NULL; child && r == 0; child = child->next) {
        const char *path;
        r = json_get_string(child, &path, reader->err);
        if (r == 0 && !cm_path_is_normalised(path))
            r = oci_refuse(reader, child, EINVAL, "expected %s, got \"%.64s\"", absolute.expected, path);
        if (r == 0)
            draft->listeners[draft->n_listeners++] = path;
    }
    return r;
}

/* An object that has nothing but the list "allow". */
#define ALLOW_SHAPE(subject)                                                                                                                                   \
    static const struct oci_field subject##_fields_[] = {{.key = "allow", .read = read_##subject, .flags = OCI_REQUIRED}};                                     \
    static const struct oci_shape subject##_shape = OCI_SHAPE(struct file, subject##_fields_)
ALLOW_SHAPE(hooks);
ALLOW_SHAPE(devices);
ALLOW_SHAPE(mounts);

static const struct oci_field seccomp_fields[] = {{.key = "listenerPaths", .read = read_listeners}};
static const struct oci_shape seccomp_shape = OCI_SHAPE(struct file, seccomp_fields);

static const struct oci_field file_fields[] = {
    OCI_FIELD(struct file, "version", version, read_version, .flags = OCI_REQUIRED, .min = 0, .max = UINT32_MAX),
    {.key = "level", .read = read_level},
    {.key = "hooks", .read = oci_read_inside, .shape = &hooks_shape},
    {.key = "devices", .read = oci_read_inside, .shape = &devices_shape},
    {.key = "mounts", .read = oci_read_inside, .shape = &mounts_shape},
    {.key = "seccomp", .read = oci_read_inside, .shape = &seccomp_shape},
};
static const struct oci_shape file_shape = OCI_SHAPE(struct file, file_fields);

int cm_policy_draft_add(struct cm_policy_draft *draft, const char *name, const char *text, size_t size, struct cm_error *err)
{
    CM_AUTO_ARENA struct cm_arena tree = {0};
    const struct oci_reader reader = {.arena = draft->arena, .err = err, .strict = true};
    struct file file = {.draft = draft, .name = name};
    struct json_value *root;
    char field[CM_ERROR_FIELD_MAX];

    cm_error_init(err);
    int r = json_parse_split(text, size, CM_POLICY_FILE_MAX, &tree, draft->arena, &root, err);
    if (r == 0)
        r = oci_read_members(&reader, root, &file_shape, &file);
    if (r == 0)
        return 0;
    memcpy(field, err->field, sizeof(field));
    err->field[0] = '\0'; /* the pointer is one into the policy, not into a bundle */
    return cm_error_prefix(err, "policy file %s: %s%s", name, field, field[0] ? ": " : "");
}

int cm_policy_draft_finish(const struct cm_policy_draft *draft, enum cm_policy_level at_least, const char *hash, const struct cm_policy **ret)
{
    struct cm_policy *policy = cm_arena_alloc(draft->arena, sizeof(*policy));

    if (!policy)
        return -ENOMEM;
    *policy = *cm_policy_builtin(CM_MAX(draft->level, at_least)); /* levels are in the order of strictness */
    if (hash)
        policy->id = cm_arena_printf(draft->arena, "%s sha256:%s", policy->name, hash);
    policy->n_hook_rules = draft->n_hooks;
    policy->hook_rules = draft->hooks;
    policy->n_mount_rules = draft->n_mounts;
    policy->mount_rules = draft->mounts;
    policy->n_devices = draft->n_devices;
    policy->devices = draft->devices;
    policy->n_listener_paths = draft->n_listeners;
    policy->listener_paths = draft->listeners;
    *ret = policy;
    return policy->id ? 0 : -ENOMEM;
}
