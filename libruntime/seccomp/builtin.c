/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The built-in profiles: tables that tools/seccomp-compile made from seccomp-profiles/ at build time. The profile's name is the only input.
 */
#include "seccomp/rules.h"

#include <errno.h>

#include "base/str.h"
#include "seccomp/seccomp-profiles.h"

int cm_filter_builtin(const char *profile, struct cm_filter *ret, struct cm_error *err)
{
    for (size_t i = 0; i < CM_ARRAY_LEN(profiles); i++)
        if (cm_streq(profiles[i].name, profile))
            return cm_seccomp_emit(&profiles[i].rules, ret, err);
    return cm_fail(err, ENOENT, NULL, "there is no built-in system call profile \"%s\": use default, strict, web, batch or minimal", profile ? profile : "");
}
