/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `check`: the plan that `create` would execute, printed. Touches nothing. Hostile: the bundle. */
#include <errno.h>

#include "plan/pod.h"
#include "run/filters.h"
#include "run/runtime.h"
#include "run/test_hooks.h"

static int report(const struct cm_plan *plan, const struct cm_bundle_name *name, const struct cm_report_options *options, const char *bundle,
                  struct cm_str *out)
{
    CM_AUTO_STR struct cm_str file = {0};
    const struct cm_str *text = name->text;

    cm_str_addf(&file, "%s%s", name->config ? name->config : bundle, name->config ? "" : "/config.json");
    const struct cm_report_source source = {cm_str_text(&file), cm_str_text(text), text->size};
    if (!source.file || !source.text)
        return -ENOMEM;
    cm_plan_report(plan, options, &source, out);
    return cm_str_text(out) ? 0 : -ENOMEM;
}

/* What only shows when it is made: the bundle's filter may be one behind which nothing can start. */
static int try_filter(const struct cm_plan *plan, struct cm_error *err)
{
    CM_AUTO_FILTER struct cm_filter filter = {0};

    return plan->seccomp_extra && plan->verdict != CM_VERDICT_REFUSED ? cm_bundle_filter(plan, &filter, err) : 0;
}

int cm_check(struct cm_runtime *runtime, const struct cm_bundle_name *name, const struct cm_report_options *options, struct cm_str *out,
             enum cm_verdict *ret_verdict, struct cm_error *err)
{
    OCI_AUTO_CONFIG struct oci_config *config = NULL;
    CM_AUTO_ARENA struct cm_arena arena = {0};
    CM_AUTO_STR struct cm_str text = {0};
    const struct cm_bundle_name with_text = {name->bundle, name->config, &text};
    struct cm_facts facts;
    struct cm_plan *plan;
    char id[CM_CONTAINER_ID_SIZE + 1];

    int r = cm_load_bundle(runtime, &with_text, &config, &facts, err);
    if (r < 0)
        return r;
    /* the id is the engine's to give with `create`; it writes it into cgroupsPath too */
    const char *name_of = cm_pod_container_id(config, id) ? id : "check";
    r = cm_plan_make(config, cm_test_policy(runtime->policy), &facts, name_of, &arena, &plan);
    if (r < 0) {
        (void)cm_fail_errno(err, -r, NULL, "planning the container");
    } else if ((r = try_filter(plan, err)) == 0) {
        *ret_verdict = plan->verdict;
        r = report(plan, &with_text, options, facts.bundle, out);
        if (r < 0)
            (void)cm_fail_errno(err, -r, NULL, "writing the report");
    }
    cm_facts_done(&facts);
    return r;
}
