/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See file.h. The text was written by the host's root; mistakes in it are common, and none may become a weaker container. */
#include "policy/file.h"

#include <errno.h>
#include <string.h>

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

#define SECTION(name, shape_)                                                                                                                                  \
    {                                                                                                                                                          \
        .key = (name), .read = oci_read_inside, .shape = &cm_policy_##shape_##_shape                                                                           \
    }

static const struct oci_field file_fields[] = {
    OCI_FIELD(struct cm_policy_reading, "version", version, read_version, .flags = OCI_REQUIRED, .min = 0, .max = UINT32_MAX),
    {.key = "level", .read = read_level},
    SECTION("capabilities", capabilities),
    SECTION("user", user),
    SECTION("seccomp", seccomp),
    SECTION("memory", memory),
    SECTION("root", root),
    SECTION("limits", limits),
    SECTION("rlimits", rlimits),
    SECTION("oomScoreAdj", oom),
    SECTION("sysctls", sysctls),
    SECTION("hooks", hooks),
    SECTION("devices", devices),
    SECTION("mounts", mounts),
    SECTION("lsm", lsm),
    SECTION("ids", ids),
    SECTION("audit", audit),
    {.key = "exceptions", .read = cm_policy_read_exceptions},
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

int cm_policy_read_members(const struct cm_policy_reading *reading, const struct json_value *root, struct cm_error *err)
{
    const struct oci_reader reader = {.arena = reading->draft->arena, .err = err, .strict = true};
    struct cm_policy_reading again = *reading;

    return oci_read_members(&reader, root, &file_shape, &again);
}
