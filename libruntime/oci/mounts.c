/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* config.json "mounts" and "hooks" (runtime-spec config.md). Values are hostile. */
#include "oci/read.h"

static const struct oci_field mount_fields[] = {
    OCI_FIELD(struct oci_mount, "destination", destination, oci_read_string, .flags = OCI_REQUIRED),
    OCI_FIELD(struct oci_mount, "type", type, oci_read_string),
    OCI_FIELD(struct oci_mount, "source", source, oci_read_string),
    OCI_FIELD(struct oci_mount, "options", options, oci_read_strings),
    OCI_FIELD(struct oci_mount, "uidMappings", uid_mappings, oci_read_id_mappings),
    OCI_FIELD(struct oci_mount, "gidMappings", gid_mappings, oci_read_id_mappings),
};
const struct oci_shape oci_mount_shape = OCI_SHAPE(struct oci_mount, mount_fields);

/* Seconds; the specification wants more than zero, and the upper end keeps every conversion to milliseconds in range. */
static const struct oci_field hook_fields[] = {
    OCI_FIELD(struct oci_hook, "path", path, oci_read_string, .flags = OCI_REQUIRED),
    OCI_FIELD(struct oci_hook, "args", args, oci_read_strings),
    OCI_FIELD(struct oci_hook, "env", env, oci_read_strings),
    OCI_FIELD(struct oci_hook, "timeout", timeout, oci_read_range, .min = 1, .max = INT32_MAX),
};
static const struct oci_shape hook_shape = OCI_SHAPE(struct oci_hook, hook_fields);

#define HOOK_FIELD(name, kind) OCI_FIELD(struct oci_hooks, name, v[kind], oci_read_array, .count = offsetof(struct oci_hooks, n[kind]), .shape = &hook_shape)

static const struct oci_field hooks_fields[OCI_HOOK_KINDS] = {
    [OCI_HOOK_PRESTART] = HOOK_FIELD("prestart", OCI_HOOK_PRESTART),
    [OCI_HOOK_CREATE_RUNTIME] = HOOK_FIELD("createRuntime", OCI_HOOK_CREATE_RUNTIME),
    [OCI_HOOK_CREATE_CONTAINER] = HOOK_FIELD("createContainer", OCI_HOOK_CREATE_CONTAINER),
    [OCI_HOOK_START_CONTAINER] = HOOK_FIELD("startContainer", OCI_HOOK_START_CONTAINER),
    [OCI_HOOK_POSTSTART] = HOOK_FIELD("poststart", OCI_HOOK_POSTSTART),
    [OCI_HOOK_POSTSTOP] = HOOK_FIELD("poststop", OCI_HOOK_POSTSTOP),
};
const struct oci_shape oci_hooks_shape = OCI_SHAPE(struct oci_hooks, hooks_fields);

const char *oci_hook_word(enum oci_hook_kind kind)
{
    return hooks_fields[kind].key;
}
