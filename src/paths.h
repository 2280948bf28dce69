/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the state root is, and the policy that the program's name chooses. Environment, --root and the name come from the caller: hostile only to the caller, but they must not surprise. */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/str.h"

/* What decides the default. Strings may be NULL. */
struct cli_caller {
    bool privileged; /* effective uid 0 */
    bool in_user_namespace;
    const char *xdg_runtime_dir;
    const char *user; /* $USER */
};

void cli_caller_inspect(struct cli_caller *ret);
/* runc's rule: $XDG_RUNTIME_DIR/casemate for a caller without privilege, also one who is root of a user namespace but not by name. */
void cli_default_root(const struct cli_caller *caller, struct cm_str *out);
/* Absolute and without ".", ".." and double slashes, by the text alone. */
void cli_absolute_path(const char *directory, const char *path, struct cm_str *out);
/* The root to use: --root, or the default when it is NULL. */
int cli_root(const char *option, struct cm_str *out, struct cm_error *err) CM_MUST_USE;
/* Of a program that was started as casemate@NAME: the NAME, which may be empty; else NULL. */
const char *cli_policy_of_name(const char *program);
