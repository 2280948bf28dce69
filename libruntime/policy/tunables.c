/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See tunables.h. */
#include "policy/tunables.h"

#define LIST(where, number, elements)                                                                                                                          \
    {                                                                                                                                                          \
        .pointer = (where), .kind = CM_TUNABLE_LIST, .offset = offsetof(struct cm_policy, elements), .count = offsetof(struct cm_policy, number),              \
        .size = sizeof(*((struct cm_policy *)0)->elements)                                                                                                     \
    }

const struct cm_tunable cm_tunables[CM_TUNABLE_COUNT] = {
    [CM_TUNABLE_HOOKS_ALLOW] = LIST("/hooks/allow", n_hook_rules, hook_rules),
    [CM_TUNABLE_DEVICES_ALLOW] = LIST("/devices/allow", n_devices, devices),
    [CM_TUNABLE_MOUNTS_ALLOW] = LIST("/mounts/allow", n_mount_rules, mount_rules),
    [CM_TUNABLE_SECCOMP_LISTENER_PATHS] = LIST("/seccomp/listenerPaths", n_listener_paths, listener_paths),
};
