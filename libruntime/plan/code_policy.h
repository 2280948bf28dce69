/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a policy has to do with a code: the members of a policy file that change it, and the floor that stays. Constant data; `casemate policy explain`. */
#pragma once

#include "policy/codes.h"
#include "policy/tunables.h"

#define CM_CODE_KEYS_MAX ((size_t)4)

struct cm_code_policy {
    enum cm_code code;
    const char *keys[CM_CODE_KEYS_MAX]; /* pointers of members, or of a section ("/rlimits"); NULL behind the last */
    int floor; /* enum cm_floor; -1: it is about the form of a configuration, or about the host */
};

/* Of every code. */
const struct cm_code_policy *cm_code_policy_of(enum cm_code code);
