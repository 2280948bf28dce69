/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See mount_classes.h. Constant data. */
#include "policy/mount_classes.h"

#include "policy/policy.h"

const char *const cm_mount_class_names[CM_MOUNT_CLASS_COUNT] = {
#define CM_MOUNT_CLASS_NAME(name, word, hardened, strict) [CM_MOUNT_CLASS_##name] = (word),
    CM_MOUNT_CLASSES(CM_MOUNT_CLASS_NAME)
#undef CM_MOUNT_CLASS_NAME
};

const char *const cm_mount_root_names[CM_MOUNT_ROOT_COUNT] = {
#define CM_MOUNT_ROOT_NAME(name, word, place) [CM_MOUNT_ROOT_##name] = (word),
    CM_MOUNT_ROOTS(CM_MOUNT_ROOT_NAME)
#undef CM_MOUNT_ROOT_NAME
};

static bool is_default(enum cm_policy_level level, enum cm_mount_class class_)
{
    static const struct {
        bool hardened, strict;
    } defaults[CM_MOUNT_CLASS_COUNT] = {
#define CM_MOUNT_CLASS_DEFAULTS(name, word, hardened, strict) [CM_MOUNT_CLASS_##name] = {hardened, strict},
        CM_MOUNT_CLASSES(CM_MOUNT_CLASS_DEFAULTS)
#undef CM_MOUNT_CLASS_DEFAULTS
    };

    return level == CM_POLICY_HARDENED ? defaults[class_].hardened : defaults[class_].strict;
}

bool cm_policy_has_class(const struct cm_policy *policy, enum cm_mount_class class_)
{
    if (policy->n_mount_classes == 0)
        return is_default(policy->level, class_);
    for (size_t i = 0; i < policy->n_mount_classes; i++)
        if (policy->mount_classes[i] == class_ || (policy->mount_classes[i] == CM_MOUNT_CLASS_DEFAULT && is_default(policy->level, class_)))
            return true;
    return false;
}
