/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a plan did differently from what was asked for, as lines of the log. Messages of findings are printable; reasons of exceptions are root's. */
#include "base/log.h"
#include "run/launch.h"

typedef bool summary_fn(const struct cm_plan *plan, struct cm_str *out);

static void log_summary(const struct cm_plan *plan, summary_fn *summary, enum cm_log_level level, const char *what)
{
    CM_AUTO_STR struct cm_str text = {0};

    if (summary(plan, &text) && cm_str_text(&text))
        cm_log(level, "%s: %s", what, cm_str_text(&text));
}

static bool unenforced_summary(const struct cm_plan *plan, struct cm_str *out)
{
    for (size_t i = 0; i < plan->n_unenforced; i++)
        cm_str_addf(out, "%s%s: %s", i > 0 ? "; " : "", plan->unenforced[i].what, plan->unenforced[i].reason);
    return plan->n_unenforced > 0;
}

void cm_log_findings(const struct cm_plan *plan)
{
    log_summary(plan, cm_plan_tightened_summary, CM_LOG_INFO, "made stricter");
    log_summary(plan, cm_plan_granted_summary, CM_LOG_WARNING, "granted by exceptions of the policy");
    log_summary(plan, cm_plan_lapsed_summary, CM_LOG_WARNING, "exceptions of the policy that do not hold");
    if (!plan->joins) /* said when the container was made */
        log_summary(plan, unenforced_summary, CM_LOG_WARNING, "not enforced on this host");
}
