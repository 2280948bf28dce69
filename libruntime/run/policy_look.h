/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `casemate policy show` and `validate`: the policy, and what this host has of what it names. Nothing is changed. */
#pragma once

#include "base/layout.h"
#include "run/policy_files.h"
#include "run/runtime.h"

/* `option` as --policy gives it, a path absolute. */
int cm_policy_show_now(const struct cm_runtime *runtime, const char *option, bool json, struct cm_style style, struct cm_str *out, struct cm_error *err) CM_MUST_USE;

/*
 * All mistakes of the files, who could have written them, and what they name that is not there. Without `files` those of the option; else these (absolute
 * paths), in their order, as if they were the policy. *ret_valid: there is no mistake.
 */
struct cm_policy_files {
    size_t n;
    const char *const *v;
};
int cm_policy_validate(const struct cm_runtime *runtime, const char *option, const struct cm_policy_files *files, bool json, struct cm_style style, struct cm_str *out,
                       bool *ret_valid, struct cm_error *err) CM_MUST_USE;
