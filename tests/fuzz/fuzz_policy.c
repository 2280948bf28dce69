/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libFuzzer entry: any bytes as two policy files, one after the other; what is taken obeys the floors. Seeds: the examples of docs/policy.md. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy/file.h"
#include "policy/floors.h"
#include "policy/floors_mounts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct cm_policy *policy)
{
    if (policy->n_hook_rules > CM_POLICY_RULES_MAX || policy->n_devices > CM_POLICY_RULES_MAX || policy->n_listener_paths > CM_POLICY_RULES_MAX ||
        policy->n_mount_rules > CM_POLICY_RULES_MAX)
        abort();
    for (size_t i = 0; i < policy->n_devices; i++) {
        const struct cm_policy_device *device = &policy->devices[i];
        if (cm_floor_device_path(device->path) || cm_floor_char_device(device->major, device->minor) || device->access == 0 ||
            device->access & ~(CM_DEVICE_READ | CM_DEVICE_WRITE))
            abort();
    }
    for (size_t i = 0; i < policy->n_hook_rules; i++)
        if (!cm_path_is_normalised(policy->hook_rules[i].path))
            abort();
    for (size_t i = 0; i < policy->n_mount_rules; i++)
        if (!cm_path_is_normalised(policy->mount_rules[i].prefix) || cm_floor_mount_prefix(policy->mount_rules[i].prefix))
            abort();
    for (size_t i = 0; i < policy->n_listener_paths; i++)
        if (!cm_path_is_normalised(policy->listener_paths[i]))
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CM_AUTO_ARENA struct cm_arena arena = {0};
    struct cm_policy_draft draft = {.arena = &arena};
    const struct cm_policy *policy = NULL;
    struct cm_error err;
    const uint8_t *second = memchr(data, 0, size); /* a NUL is in no JSON */
    size_t first = second ? (size_t)(second - data) : size;

    int r = cm_policy_draft_add(&draft, "first", (const char *)data, first, &err);
    if (r == 0 && second)
        r = cm_policy_draft_add(&draft, "second", (const char *)second + 1, size - first - 1, &err);
    if (r < 0) {
        if (err.errnum == 0 || err.field[0] || !err.message[0])
            abort();
        return 0;
    }
    if (cm_policy_draft_finish(&draft, CM_POLICY_HARDENED, NULL, &policy, &err) < 0)
        return 0;
    check(policy);
    return 0;
}
