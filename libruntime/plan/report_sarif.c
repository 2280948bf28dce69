/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The report as SARIF: findings at their places in config.json, what the host cannot enforce without a place. */
#include "plan/controls.h"
#include "plan/report.h"
#include "plan/sarif.h"
#include "policy/codes.h"

static enum cm_sarif_level level_of(enum cm_verdict verdict)
{
    return verdict == CM_VERDICT_REFUSED ? CM_SARIF_ERROR : CM_SARIF_WARNING;
}

/* The rules of a document: every code once, in the order of the first findings. */
struct rules {
    size_t n;
    const char *codes[CM_CODE_COUNT];
};

static size_t find_rule(const struct rules *rules, const char *code)
{
    size_t i = 0;

    while (i < rules->n && !cm_streq(rules->codes[i], code))
        i++;
    return i;
}

static void add_rule(struct cm_sarif *sarif, struct rules *rules, const char *code, enum cm_sarif_level level)
{
    const struct cm_code_info *info = cm_code_find(code);

    if (!info || rules->n == CM_CODE_COUNT || find_rule(rules, code) < rules->n)
        return;
    rules->codes[rules->n++] = code;
    cm_sarif_rule(sarif, &(struct cm_sarif_rule){code, NULL, info->meaning, info->remedy, cm_code_subjects(code), level});
}

static void add_rules(struct cm_sarif *sarif, const struct cm_plan *plan, struct rules *rules)
{
    const struct cm_sarif_rule not_enforced = {CM_NOT_ENFORCED, NULL, CM_NOT_ENFORCED_MEANING, CM_NOT_ENFORCED_REMEDY, 0, CM_SARIF_NOTE};

    for (size_t i = 0; i < plan->n_findings; i++)
        add_rule(sarif, rules, plan->findings[i].code, level_of(plan->findings[i].verdict));
    for (size_t i = 0; i < plan->n_granted; i++)
        add_rule(sarif, rules, plan->granted[i].code, CM_SARIF_ERROR);
    if (plan->n_unenforced > 0) /* the last */
        cm_sarif_rule(sarif, &not_enforced);
}

/* What an exception of the policy lets pass is worth a note: it ends one day. */
static void add_granted(struct cm_sarif *sarif, const struct cm_granted *g, size_t rule, const struct json_place *place)
{
    CM_AUTO_STR struct cm_str text = {0};

    cm_str_addf(&text, "%s; granted until %s by an exception of the policy: \"%s\" (%s)", g->message, g->exception->expires_text, g->exception->reason,
                g->exception->place);
    sarif->writer.out->failed |= text.failed;
    cm_sarif_result(sarif, &(struct cm_sarif_result){g->code, rule, CM_SARIF_NOTE, text.data ? text.data : "", place, g->field, "member"});
}

static void add_results(struct cm_sarif *sarif, const struct cm_plan *plan, const struct cm_report_source *source, const struct rules *rules)
{
    struct cm_place_budget budget = {0};

    for (size_t i = 0; i < plan->n_findings; i++) {
        const struct cm_finding *finding = &plan->findings[i];
        struct json_place place;
        bool placed = cm_report_place(source, finding->field, &budget, &place);
        cm_sarif_result(sarif, &(struct cm_sarif_result){finding->code, find_rule(rules, finding->code), level_of(finding->verdict), finding->message,
                                                         placed ? &place : NULL, finding->field, "member"});
    }
    for (size_t i = 0; i < plan->n_granted; i++) {
        struct json_place place;
        bool placed = cm_report_place(source, plan->granted[i].field, &budget, &place);
        add_granted(sarif, &plan->granted[i], find_rule(rules, plan->granted[i].code), placed ? &place : NULL);
    }
    for (size_t i = 0; i < plan->n_unenforced; i++)
        cm_sarif_result(
            sarif, &(struct cm_sarif_result){CM_NOT_ENFORCED, rules->n, CM_SARIF_NOTE, plan->unenforced[i].reason, NULL, plan->unenforced[i].what, "resource"});
}

void cm_report_sarif(const struct cm_plan *plan, const struct cm_report_options *options, const struct cm_report_source *source, struct cm_str *out)
{
    struct cm_sarif sarif;
    struct rules rules = {0};

    cm_sarif_begin(&sarif, source->file, out);
    add_rules(&sarif, plan, &rules);
    cm_sarif_results(&sarif, cm_verdict_exit_status(plan->verdict));
    add_results(&sarif, plan, source, &rules);
    cm_sarif_properties(&sarif);
    json_add_string(&sarif.writer, "verdict", cm_verdict_word(plan->verdict));
    json_add_string(&sarif.writer, "policy", plan->policy->id);
    cm_allowed_json(&sarif.writer, plan);
    if (options->controls) {
        struct cm_judged judged;
        cm_control_judge(plan, &judged);
        cm_controls_json(&sarif.writer, &judged);
    }
    cm_sarif_end(&sarif);
}
