/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See file.h. The text was written by the host's root; mistakes in it are common, and none may become a weaker container. */
#include "policy/file.h"

#include <errno.h>
#include <string.h>

#include "policy/floors.h"
#include "policy/reader.h"

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

static int read_version(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    int r = oci_read_range(reader, value, field, object);

    if (r == 0 && ((struct cm_policy_reading *)object)->version.v != VERSION)
        return oci_refuse(reader, value, EINVAL, "this program reads version %d of the format; write that, or install the program that the file was made for",
                          VERSION);
    return r;
}

static int read_level(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    struct cm_policy_reading *reading = object;
    int index = oci_word_index(reader, value, &levels);

    (void)field;
    if (index < 0)
        return index;
    if (reading->draft->level_file)
        return oci_refuse(reader, value, EINVAL, "%.256s gives the level already; leave it in one of the files", reading->draft->level_file);
    reading->draft->level_file = reading->name;
    reading->draft->level = (enum cm_policy_level)index;
    return 0;
}

/* Places in a policy, by their row. */
static void **elements_of(struct cm_policy *policy, const struct cm_tunable *list)
{
    return (void **)((char *)policy + list->offset);
}

static size_t *count_of(struct cm_policy *policy, const struct cm_tunable *list)
{
    return (size_t *)((char *)policy + list->count);
}

int cm_policy_make_room(const struct oci_reader *reader, const struct json_value *value, struct cm_policy_reading *reading, enum cm_tunable_id id, void *ret)
{
    const struct cm_tunable *list = &cm_tunables[id];
    void **elements = elements_of(&reading->draft->rules, list);
    size_t n = *count_of(&reading->draft->rules, list);
    int r = oci_expect_type(reader, value, JSON_ARRAY);

    *(void **)ret = NULL;
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
    *(void **)ret = fresh + n * list->size;
    return 0;
}

const struct oci_form cm_policy_absolute = {.valid = cm_path_is_normalised, .expected = "an absolute path without empty, \".\" and \"..\" components"};

static const struct oci_field file_fields[] = {
    OCI_FIELD(struct cm_policy_reading, "version", version, read_version, .flags = OCI_REQUIRED, .min = 0, .max = UINT32_MAX),
    {.key = "level", .read = read_level},
    {.key = "hooks", .read = oci_read_inside, .shape = &cm_policy_hooks_shape},
    {.key = "devices", .read = oci_read_inside, .shape = &cm_policy_devices_shape},
    {.key = "mounts", .read = oci_read_inside, .shape = &cm_policy_mounts_shape},
    {.key = "seccomp", .read = oci_read_inside, .shape = &cm_policy_seccomp_shape},
};
static const struct oci_shape file_shape = OCI_SHAPE(struct cm_policy_reading, file_fields);

int cm_policy_draft_add(struct cm_policy_draft *draft, const char *name, const char *text, size_t size, struct cm_error *err)
{
    CM_AUTO_ARENA struct cm_arena tree = {0};
    const struct oci_reader reader = {.arena = draft->arena, .err = err, .strict = true};
    struct cm_policy_reading reading = {.draft = draft, .name = name};
    struct json_value *root;
    char field[CM_ERROR_FIELD_MAX];

    cm_error_init(err);
    int r = json_parse_split(text, size, CM_POLICY_FILE_MAX, &tree, draft->arena, &root, err);
    if (r == 0)
        r = oci_read_members(&reader, root, &file_shape, &reading);
    if (r == 0)
        return 0;
    memcpy(field, err->field, sizeof(field));
    err->field[0] = '\0'; /* the pointer is one into the policy, not into a bundle */
    return cm_error_prefix(err, "policy file %s: %s%s", name, field, field[0] ? ": " : "");
}

static void take_lists(struct cm_policy *policy, const struct cm_policy *rules)
{
    for (size_t i = 0; i < CM_TUNABLE_COUNT; i++) {
        const struct cm_tunable *row = &cm_tunables[i];
        if (row->kind != CM_TUNABLE_LIST)
            continue;
        memcpy((char *)policy + row->offset, (const char *)rules + row->offset, sizeof(void *));
        memcpy((char *)policy + row->count, (const char *)rules + row->count, sizeof(size_t));
    }
}

int cm_policy_draft_finish(const struct cm_policy_draft *draft, enum cm_policy_level at_least, const char *hash, const struct cm_policy **ret,
                           struct cm_error *err)
{
    struct cm_policy *policy = cm_arena_alloc(draft->arena, sizeof(*policy));

    if (policy) {
        *policy = *cm_policy_builtin(CM_MAX(draft->level, at_least)); /* levels are in the order of strictness */
        take_lists(policy, &draft->rules);
        if (hash)
            policy->id = cm_arena_printf(draft->arena, "%s sha256:%s", policy->name, hash);
    }
    if (!policy || !policy->id)
        return cm_fail_errno(err, ENOMEM, NULL, "building the policy");
    *ret = policy;
    return 0;
}
