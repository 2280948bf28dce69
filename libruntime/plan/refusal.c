/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Findings as one line: the error of a refused container, the log lines of a tightened one and of what exceptions granted. */
#include <errno.h>

#include "plan/planner.h"

/* Leaves room for the prefixes that callers put in front of an error. */
#define ROOM ((size_t)(CM_ERROR_MESSAGE_MAX - 1024))

static void add_one(struct cm_str *out, const struct cm_finding *finding, bool first)
{
    cm_str_addf(out, "%s[%s]%s%s: %s", first ? "" : "; ", finding->code, finding->field[0] ? " " : "", finding->field, finding->message);
}

int cm_plan_refusal_error(const struct cm_plan *plan, struct cm_error *err)
{
    CM_AUTO_STR struct cm_str text = {0};
    const char *field = "";
    size_t n = 0, left_out = 0;

    for (size_t i = 0; i < plan->n_findings; i++) {
        const struct cm_finding *finding = &plan->findings[i];
        if (finding->verdict != CM_VERDICT_REFUSED)
            continue;
        if (text.size > ROOM) {
            left_out++;
            continue;
        }
        add_one(&text, finding, n == 0);
        field = n++ == 0 ? finding->field : field;
    }
    if (left_out > 0)
        cm_str_addf(&text, "; and %zu more, which `casemate check` lists", left_out);
    const char *list = cm_str_text(&text);
    return cm_fail(err, EPERM, field, "casemate policy refuses this %s: %s", plan->joins ? "process" : "container", list ? list : "out of memory while listing why");
}

int cm_plan_refuse_checkpoint(const char *what, struct cm_error *err)
{
    const struct cm_code_info *info = cm_code_info(CM_CODE_CHECKPOINT);

    return cm_fail(err, EPERM, NULL, "casemate policy refuses to %s: [%s] %s; %s", what, info->code, info->meaning, info->remedy);
}

bool cm_plan_tightened_summary(const struct cm_plan *plan, struct cm_str *out)
{
    size_t n = 0;

    for (size_t i = 0; i < plan->n_findings; i++)
        if (plan->findings[i].verdict == CM_VERDICT_TIGHTENED)
            add_one(out, &plan->findings[i], n++ == 0);
    return n > 0;
}

bool cm_plan_granted_summary(const struct cm_plan *plan, struct cm_str *out)
{
    for (size_t i = 0; i < plan->n_granted; i++) {
        const struct cm_granted *g = &plan->granted[i];
        cm_str_addf(out, "%s[%s]%s%s: %s (%s until %s: \"%s\")", i > 0 ? "; " : "", g->code, g->field[0] ? " " : "", g->field, g->message, g->exception->place,
                    g->exception->expires_text, g->exception->reason);
    }
    return plan->n_granted > 0;
}

bool cm_plan_lapsed_summary(const struct cm_plan *plan, struct cm_str *out)
{
    for (size_t i = 0; i < plan->n_lapsed; i++)
        cm_str_addf(out, "%s%s", i > 0 ? "; " : "", plan->lapsed[i]);
    return plan->n_lapsed > 0;
}
