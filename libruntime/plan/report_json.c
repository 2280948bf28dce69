/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The report for programs. Its keys are an interface: they are added to, never renamed. */
#include "plan/controls.h"
#include "plan/report.h"

struct report {
    struct json_writer writer;
    const struct cm_plan *plan;
    const struct cm_report_options *options;
    const struct cm_report_source *source;
    struct cm_place_budget budget;
};

static void add_place(struct report *report, const char *pointer)
{
    struct json_writer *writer = &report->writer;
    struct json_place place;

    if (!cm_report_place(report->source, pointer, &report->budget, &place)) {
        json_add_null(writer, "place");
        return;
    }
    json_object_begin(writer, "place");
    json_add_u64(writer, "line", place.line);
    json_add_u64(writer, "column", place.column);
    json_add_u64(writer, "endLine", place.end_line);
    json_add_u64(writer, "endColumn", place.end_column);
    json_object_end(writer);
}

static void add_findings(struct report *report, const char *key, enum cm_verdict verdict)
{
    struct json_writer *writer = &report->writer;

    json_array_begin(writer, key);
    for (size_t i = 0; i < report->plan->n_findings; i++) {
        const struct cm_finding *finding = &report->plan->findings[i];
        if (finding->verdict != verdict)
            continue;
        json_object_begin(writer, NULL);
        json_add_string(writer, "code", finding->code);
        json_add_string(writer, "field", finding->field);
        json_add_string(writer, "message", finding->message);
        json_add_string(writer, "remedy", cm_finding_remedy(finding));
        json_add_string(writer, "meaning", cm_finding_meaning(finding));
        add_place(report, finding->field);
        if (report->options->controls)
            cm_controls_add(writer, cm_code_subjects(finding->code));
        json_object_end(writer);
    }
    json_array_end(writer);
}

static void add_exceptions(struct report *report)
{
    struct json_writer *writer = &report->writer;

    json_array_begin(writer, "exceptions");
    for (size_t i = 0; i < report->plan->n_granted; i++) {
        const struct cm_granted *g = &report->plan->granted[i];
        json_object_begin(writer, NULL);
        json_add_string(writer, "code", g->code);
        json_add_string(writer, "field", g->field);
        json_add_string(writer, "message", g->message);
        json_add_string(writer, "reason", g->exception->reason);
        json_add_string(writer, "expires", g->exception->expires_text);
        json_add_string(writer, "place", g->exception->place);
        json_object_end(writer);
    }
    json_array_end(writer);
    json_array_begin(writer, "lapsedExceptions");
    for (size_t i = 0; i < report->plan->n_lapsed; i++)
        json_add_string(writer, NULL, report->plan->lapsed[i]);
    json_array_end(writer);
}

void cm_allowed_json(struct json_writer *writer, const struct cm_plan *plan)
{
    json_array_begin(writer, "allowed");
    for (size_t i = 0; i < plan->n_allowed; i++) {
        json_object_begin(writer, NULL);
        json_add_string(writer, "field", plan->allowed[i].field);
        json_add_string(writer, "member", plan->allowed[i].member);
        json_add_string(writer, "rule", plan->allowed[i].rule);
        json_object_end(writer);
    }
    json_array_end(writer);
}

static void add_unenforced(struct report *report)
{
    json_array_begin(&report->writer, "unenforced");
    for (size_t i = 0; i < report->plan->n_unenforced; i++) {
        json_object_begin(&report->writer, NULL);
        json_add_string(&report->writer, "what", report->plan->unenforced[i].what);
        json_add_string(&report->writer, "reason", report->plan->unenforced[i].reason);
        json_object_end(&report->writer);
    }
    json_array_end(&report->writer);
}

static void add_posture(struct report *report)
{
    if (report->plan->verdict == CM_VERDICT_REFUSED) {
        json_add_null(&report->writer, "posture"); /* nothing would start */
        return;
    }
    json_object_begin(&report->writer, "posture");
    for (unsigned int row = 0; row < CM_POSTURE_ROWS; row++) {
        CM_AUTO_STR struct cm_str value = {0};
        cm_posture_value(report->plan, (enum cm_posture_row)row, &value);
        report->writer.out->failed |= value.failed;
        json_add_string(&report->writer, cm_posture_names[row].key, cm_str_text(&value));
    }
    json_object_end(&report->writer);
}

void cm_report_json(const struct cm_plan *plan, const struct cm_report_options *options, const struct cm_report_source *source, struct cm_str *out)
{
    struct report report = {.plan = plan, .options = options, .source = source};
    struct cm_report_summary summary = cm_report_summarise(plan);
    struct json_writer *writer = &report.writer;
    struct cm_judged judged;

    json_writer_init(writer, out, 2);
    json_object_begin(writer, NULL);
    json_add_string(writer, "verdict", cm_verdict_word(plan->verdict));
    json_add_string(writer, "policy", plan->policy->id);
    json_object_begin(writer, "summary");
    json_add_u64(writer, "refused", summary.refused);
    json_add_u64(writer, "tightened", summary.tightened);
    json_add_u64(writer, "unenforced", summary.unenforced);
    json_add_u64(writer, "granted", plan->n_granted);
    json_object_end(writer);
    add_findings(&report, "refusals", CM_VERDICT_REFUSED);
    add_findings(&report, "tightenings", CM_VERDICT_TIGHTENED);
    add_exceptions(&report);
    cm_allowed_json(writer, plan);
    add_unenforced(&report);
    add_posture(&report);
    if (options->controls) {
        cm_control_judge(plan, &judged);
        cm_controls_json(writer, &judged);
    }
    json_object_end(writer);
    cm_str_add(out, "\n");
}
