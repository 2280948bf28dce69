/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `check`: the plan that `create` would execute, printed. Touches nothing. Hostile: the bundle. */
#include <errno.h>

#include "run/runtime.h"
#include "run/test_hooks.h"

int cm_check(struct cm_runtime *runtime, const struct cm_bundle_name *name, enum cm_report_format format, bool colour, struct cm_str *out,
             enum cm_verdict *ret_verdict, struct cm_error *err)
{
    OCI_AUTO_CONFIG struct oci_config *config = NULL;
    CM_AUTO_ARENA struct cm_arena arena = {0};
    struct cm_facts facts;
    struct cm_plan *plan;

    int r = cm_load_bundle(runtime, name, &config, &facts, err);
    if (r < 0)
        return r;
    r = cm_plan_make(config, cm_test_policy(runtime->policy), &facts, "check", &arena, &plan);
    if (r < 0) {
        (void)cm_fail_errno(err, -r, NULL, "planning the container");
    } else {
        cm_plan_report(plan, format, colour, out);
        *ret_verdict = plan->verdict;
        if (!cm_str_text(out))
            r = cm_fail_errno(err, ENOMEM, NULL, "writing the report");
    }
    cm_facts_done(&facts);
    return r;
}
