/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The report for people. */
#include "plan/controls.h"
#include "plan/report.h"

#define WHOLE "(the whole configuration)"

static enum cm_colour colour_of(enum cm_verdict verdict)
{
    return verdict == CM_VERDICT_REFUSED ? CM_RED : verdict == CM_VERDICT_TIGHTENED ? CM_YELLOW : CM_GREEN;
}

static void add_head(const struct cm_layout *layout, const struct cm_plan *plan)
{
    const struct cm_layout head = {layout->out, layout->style, 0};
    struct cm_report_summary n = cm_report_summarise(plan);
    CM_AUTO_STR struct cm_str counts = {0};

    cm_str_addf(&counts, "%zu refused, %zu made stricter, %zu not enforced on this host", n.refused, n.tightened, n.unenforced);
    if (plan->n_granted > 0)
        cm_str_addf(&counts, ", %zu granted by exceptions", plan->n_granted);
    layout->out->failed |= counts.failed;
    const struct cm_cell rows[][2] = {
        {{"verdict", 7, CM_PLAIN}, {cm_verdict_word(plan->verdict), 0, colour_of(plan->verdict)}},
        {{"policy", 7, CM_PLAIN}, {plan->policy->id, 0, CM_PLAIN}},
        {{"summary", 7, CM_PLAIN}, {counts.data ? counts.data : "", 0, CM_PLAIN}},
    };
    for (size_t i = 0; i < CM_ARRAY_LEN(rows); i++)
        cm_layout_row(&head, rows[i], 2);
}

static size_t code_width(const struct cm_plan *plan)
{
    size_t width = 0;

    for (size_t i = 0; i < plan->n_findings; i++)
        width = CM_MAX(width, strlen(plan->findings[i].code));
    return width;
}

static void add_finding(const struct cm_layout *layout, const struct cm_finding *finding, size_t width, bool controls)
{
    CM_AUTO_STR struct cm_str remedy = {0}, list = {0};
    const struct cm_cell cells[] = {{finding->code, width, colour_of(finding->verdict)},
                                    {finding->field[0] ? finding->field : WHOLE, 0, CM_PLAIN}};

    cm_layout_row(layout, cells, CM_ARRAY_LEN(cells));
    cm_layout_below(layout, cells, CM_ARRAY_LEN(cells), finding->message);
    cm_str_addf(&remedy, "-> %s", cm_finding_remedy(finding));
    cm_layout_below(layout, cells, CM_ARRAY_LEN(cells), cm_str_text(&remedy) ? remedy.data : "");
    if (controls && cm_controls_list(cm_code_subjects(finding->code), "controls: ", &list))
        cm_layout_below(layout, cells, CM_ARRAY_LEN(cells), cm_str_text(&list) ? list.data : "");
    layout->out->failed |= remedy.failed || list.failed;
}

static void add_findings(const struct cm_layout *layout, const struct cm_plan *plan, enum cm_verdict verdict, bool controls)
{
    size_t width = code_width(plan);
    bool first = true;

    for (size_t i = 0; i < plan->n_findings; i++) {
        if (plan->findings[i].verdict != verdict)
            continue;
        if (first)
            cm_layout_title(layout, cm_verdict_word(verdict));
        first = false;
        add_finding(layout, &plan->findings[i], width, controls);
    }
}

static void add_exceptions(const struct cm_layout *layout, const struct cm_plan *plan)
{
    size_t width = 0;

    if (plan->n_granted > 0)
        cm_layout_title(layout, "granted by exceptions of the policy");
    for (size_t i = 0; i < plan->n_granted; i++)
        width = CM_MAX(width, strlen(plan->granted[i].code));
    for (size_t i = 0; i < plan->n_granted; i++) {
        const struct cm_granted *g = &plan->granted[i];
        const struct cm_cell cells[] = {{g->code, width, CM_CYAN}, {g->field[0] ? g->field : WHOLE, 0, CM_PLAIN}};
        CM_AUTO_STR struct cm_str until = {0};
        cm_str_addf(&until, "until %s: \"%s\" (%s)", g->exception->expires_text, g->exception->reason, g->exception->place);
        layout->out->failed |= until.failed;
        cm_layout_row(layout, cells, CM_ARRAY_LEN(cells));
        cm_layout_below(layout, cells, CM_ARRAY_LEN(cells), g->message);
        cm_layout_below(layout, cells, CM_ARRAY_LEN(cells), until.data ? until.data : "");
    }
    if (plan->n_lapsed > 0)
        cm_layout_title(layout, "exceptions that do not hold");
    for (size_t i = 0; i < plan->n_lapsed; i++)
        cm_layout_row(layout, (const struct cm_cell[]){{plan->lapsed[i], 0, CM_PLAIN}}, 1);
}

static void add_allowed(const struct cm_layout *layout, const struct cm_plan *plan)
{
    size_t width = 0;

    if (plan->n_allowed > 0)
        cm_layout_title(layout, "allowed by the policy");
    for (size_t i = 0; i < plan->n_allowed; i++)
        width = CM_MAX(width, cm_text_width(plan->allowed[i].field));
    for (size_t i = 0; i < plan->n_allowed; i++) {
        const struct cm_allowed *a = &plan->allowed[i];
        CM_AUTO_STR struct cm_str by = {0};
        cm_str_addf(&by, "%s: \"%s\"", a->member, a->rule);
        layout->out->failed |= by.failed;
        cm_layout_row(layout, (const struct cm_cell[]){{a->field, width, CM_PLAIN}, {by.data ? by.data : "", 0, CM_PLAIN}}, 2);
    }
}

static void add_unenforced(const struct cm_layout *layout, const struct cm_plan *plan)
{
    size_t width = 0;

    if (plan->n_unenforced > 0)
        cm_layout_title(layout, "not enforced here");
    for (size_t i = 0; i < plan->n_unenforced; i++)
        width = CM_MAX(width, cm_text_width(plan->unenforced[i].what));
    for (size_t i = 0; i < plan->n_unenforced; i++)
        cm_layout_row(layout, (const struct cm_cell[]){{plan->unenforced[i].what, width, CM_YELLOW}, {plan->unenforced[i].reason, 0, CM_PLAIN}}, 2);
}

static void add_posture(const struct cm_layout *layout, const struct cm_plan *plan)
{
    size_t width = 0;

    cm_layout_title(layout, "effective posture");
    for (unsigned int row = 0; row < CM_POSTURE_ROWS; row++)
        width = CM_MAX(width, strlen(cm_posture_names[row].title));
    for (unsigned int row = 0; row < CM_POSTURE_ROWS; row++) {
        CM_AUTO_STR struct cm_str value = {0};
        cm_posture_value(plan, (enum cm_posture_row)row, &value);
        layout->out->failed |= value.failed;
        cm_layout_row(
            layout, (const struct cm_cell[]){{cm_posture_names[row].title, width, CM_PLAIN}, {cm_str_text(&value) ? cm_str_text(&value) : "", 0, CM_PLAIN}}, 2);
    }
}

void cm_report_text(const struct cm_plan *plan, const struct cm_report_options *options, struct cm_str *out)
{
    const struct cm_layout layout = {out, options->style, 2};
    struct cm_judged judged;

    add_head(&layout, plan);
    add_findings(&layout, plan, CM_VERDICT_REFUSED, options->controls);
    add_findings(&layout, plan, CM_VERDICT_TIGHTENED, options->controls);
    add_exceptions(&layout, plan);
    add_allowed(&layout, plan);
    add_unenforced(&layout, plan);
    if (plan->verdict != CM_VERDICT_REFUSED) /* else nothing would start */
        add_posture(&layout, plan);
    if (options->controls) {
        cm_control_judge(plan, &judged);
        cm_controls_text(&layout, &judged);
    }
}
