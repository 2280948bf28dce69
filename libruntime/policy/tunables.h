/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a policy file can say, one row a member: where it stands in the file and in struct cm_policy. Constant data. */
#pragma once

#include <stddef.h>

#include "policy/policy.h"

enum cm_tunable_id {
    CM_TUNABLE_HOOKS_ALLOW,
    CM_TUNABLE_DEVICES_ALLOW,
    CM_TUNABLE_MOUNTS_ALLOW,
    CM_TUNABLE_SECCOMP_LISTENER_PATHS,
    CM_TUNABLE_COUNT,
};

enum cm_tunable_kind {
    CM_TUNABLE_LIST, /* grows from file to file */
};

struct cm_tunable {
    const char *pointer; /* "/hooks/allow" */
    enum cm_tunable_kind kind;
    size_t offset;      /* in struct cm_policy; of a list: the pointer to its elements */
    size_t count, size; /* lists: offset of the number of elements; size of one */
};

extern const struct cm_tunable cm_tunables[CM_TUNABLE_COUNT];
