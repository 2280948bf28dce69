/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the three forms of the report share; see report.h. */
#include "plan/report.h"

#include "policy/codes.h"

/* Bytes of a configuration that are gone through for places. A usual one is 20 KiB, so that this is for thousands of findings. */
#define BUDGET ((size_t)256 << 20)

static const struct {
    const char *word;
    int status;
} verdicts[] = {
    [CM_VERDICT_OK] = {"ok", 0},
    [CM_VERDICT_TIGHTENED] = {"tightened", 2},
    [CM_VERDICT_REFUSED] = {"refused", 3},
};

int cm_verdict_exit_status(enum cm_verdict verdict)
{
    return verdicts[verdict].status;
}

const char *cm_verdict_word(enum cm_verdict verdict)
{
    return verdicts[verdict].word;
}

bool cm_report_format_find(const char *word, enum cm_report_format *ret)
{
    static const char *const words[] = {[CM_REPORT_TEXT] = "text", [CM_REPORT_JSON] = "json", [CM_REPORT_SARIF] = "sarif"};

    for (size_t i = 0; i < CM_ARRAY_LEN(words); i++)
        if (cm_streq(words[i], word)) {
            *ret = (enum cm_report_format)i;
            return true;
        }
    return false;
}

struct cm_report_summary cm_report_summarise(const struct cm_plan *plan)
{
    struct cm_report_summary summary = {.unenforced = plan->n_unenforced};

    for (size_t i = 0; i < plan->n_findings; i++) {
        summary.refused += plan->findings[i].verdict == CM_VERDICT_REFUSED;
        summary.tightened += plan->findings[i].verdict == CM_VERDICT_TIGHTENED;
    }
    return summary;
}

const char *cm_finding_remedy(const struct cm_finding *finding)
{
    const struct cm_code_info *info = cm_code_find(finding->code);

    return info ? info->remedy : "";
}

const char *cm_finding_meaning(const struct cm_finding *finding)
{
    const struct cm_code_info *info = cm_code_find(finding->code);

    return info ? info->meaning : "";
}

bool cm_report_place(const struct cm_report_source *source, const char *pointer, struct cm_place_budget *budget, struct json_place *ret)
{
    if (source->size == 0 || budget->used > BUDGET)
        return false;
    budget->used += source->size;
    (void)json_locate(source->text, source->size, pointer, ret); /* what is missing: where it would be */
    return true;
}

void cm_plan_report(const struct cm_plan *plan, const struct cm_report_options *options, const struct cm_report_source *source, struct cm_str *out)
{
    switch (options->format) {
    case CM_REPORT_JSON:
        cm_report_json(plan, options, source, out);
        break;
    case CM_REPORT_SARIF:
        cm_report_sarif(plan, options, source, out);
        break;
    case CM_REPORT_TEXT:
        cm_report_text(plan, options, out);
        break;
    }
}
