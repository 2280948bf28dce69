/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The section "sysctls" of a policy file. */
#include "policy/reader.h"
#include "policy/sysctls.h"

static int read_sysctl(const struct oci_reader *reader, const struct json_value *value, void *element)
{
    const char **ret = element;
    char path[CM_SYSCTL_PATH_MAX];
    const char *key;
    int r = json_get_string(value, &key, reader->err);

    if (r < 0)
        return r;
    if (!cm_sysctl_find(key, path))
        return cm_policy_below_floor(reader, value, CM_FLOOR_SYSCTLS, "\"%.64s\" is not known to be one of these", key);
    *ret = cm_arena_strdup(reader->arena, path);
    return *ret ? 0 : oci_no_memory(reader);
}

CM_POLICY_LIST_READER(read_allow, CM_TUNABLE_SYSCTLS_ALLOW, read_sysctl)

CM_POLICY_ALLOW_SHAPE(cm_policy_sysctls_shape, read_allow);
