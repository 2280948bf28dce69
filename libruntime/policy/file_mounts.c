/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The section "mounts" of a policy file. */
#include <errno.h>

#include "policy/floors.h"
#include "policy/reader.h"

static const struct oci_field rule_fields[] = {
    OCI_FIELD(struct cm_mount_rule, "prefix", prefix, oci_read_string, .flags = OCI_REQUIRED, .form = &cm_policy_absolute),
    OCI_FIELD(struct cm_mount_rule, "write", allow_write, oci_read_plain_bool),
    OCI_FIELD(struct cm_mount_rule, "exec", allow_exec, oci_read_plain_bool),
    OCI_FIELD(struct cm_mount_rule, "idmap", allow_idmap, oci_read_plain_bool),
};

static int read_rule(const struct oci_reader *reader, const struct json_value *value, void *element)
{
    static const struct oci_shape shape = OCI_SHAPE(struct cm_mount_rule, rule_fields);
    struct cm_mount_rule *rule = element;
    int r = oci_read_members(reader, value, &shape, rule);
    const char *why = r == 0 ? cm_floor_mount_prefix(rule->prefix) : NULL;

    if (why)
        return oci_refuse(reader, json_member(value, "prefix"), EPERM, "floor: \"%.128s\" cannot be opened to containers: %s", rule->prefix, why);
    return r;
}

CM_POLICY_LIST_READER(read_allow, CM_TUNABLE_MOUNTS_ALLOW, read_rule)

CM_POLICY_ALLOW_SHAPE(cm_policy_mounts_shape, read_allow);
