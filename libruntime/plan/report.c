/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What `casemate check` prints, for people and for programs. Keys of the JSON form are an interface. Findings hold printable text only; the rest of a plan may
 * quote the configuration, so values are made printable here.
 */
#include "plan/report.h"

#include <stdlib.h>

#include "policy/codes.h"
#include "json/json.h"

#define RED "\033[31m"
#define YELLOW "\033[33m"
#define GREEN "\033[32m"
#define BOLD "\033[1m"
#define PLAIN "\033[0m"

static const char *verdict_word(enum cm_verdict verdict)
{
    return verdict == CM_VERDICT_REFUSED ? "refused" : verdict == CM_VERDICT_TIGHTENED ? "tightened" : "ok";
}

static const char *verdict_colour(enum cm_verdict verdict)
{
    return verdict == CM_VERDICT_REFUSED ? RED : verdict == CM_VERDICT_TIGHTENED ? YELLOW : GREEN;
}

static const char *remedy(const struct cm_finding *finding)
{
    const struct cm_code_info *info = cm_code_find(finding->code);

    return info ? info->remedy : "";
}

/* The value of a posture row, printable, or NULL when memory runs out; free() it through the builder. */
static const char *posture(const struct cm_plan *plan, unsigned int row, struct cm_str *value)
{
    cm_posture_value(plan, (enum cm_posture_row)row, value);
    if (value->data)
        cm_printable(value->data);
    return cm_str_text(value);
}

static void text_section(struct cm_str *out, const char *title, bool colour)
{
    cm_str_addf(out, "\n%s%s%s\n", colour ? BOLD : "", title, colour ? PLAIN : "");
}

static void text_findings(const struct cm_plan *plan, enum cm_verdict verdict, bool colour, struct cm_str *out)
{
    bool first = true;

    for (size_t i = 0; i < plan->n_findings; i++) {
        const struct cm_finding *finding = &plan->findings[i];
        if (finding->verdict != verdict)
            continue;
        if (first)
            text_section(out, verdict_word(verdict), colour);
        first = false;
        cm_str_addf(out, "  %s%-24s%s %s\n", colour ? verdict_colour(verdict) : "", finding->code, colour ? PLAIN : "",
                    finding->field[0] ? finding->field : "(the whole configuration)");
        cm_str_addf(out, "  %-24s %s\n", "", finding->message);
        if (verdict == CM_VERDICT_REFUSED)
            cm_str_addf(out, "  %-24s -> %s\n", "", remedy(finding));
    }
}

static void text_exceptions(const struct cm_plan *plan, bool colour, struct cm_str *out)
{
    if (plan->n_granted > 0)
        text_section(out, "granted by exceptions of the policy", colour);
    for (size_t i = 0; i < plan->n_granted; i++) {
        const struct cm_granted *g = &plan->granted[i];
        cm_str_addf(out, "  %-24s %s\n", g->code, g->field[0] ? g->field : "(the whole configuration)");
        cm_str_addf(out, "  %-24s %s\n", "", g->message);
        cm_str_addf(out, "  %-24s until %s: \"%s\" (%s)\n", "", g->exception->expires_text, g->exception->reason, g->exception->place);
    }
    if (plan->n_lapsed > 0)
        text_section(out, "exceptions that do not hold", colour);
    for (size_t i = 0; i < plan->n_lapsed; i++)
        cm_str_addf(out, "  %s\n", plan->lapsed[i]);
}

static void report_text(const struct cm_plan *plan, bool colour, struct cm_str *out)
{
    cm_str_addf(out, "verdict  %s%s%s  (policy %s)\n", colour ? verdict_colour(plan->verdict) : "", verdict_word(plan->verdict), colour ? PLAIN : "",
                plan->policy->id);
    text_findings(plan, CM_VERDICT_REFUSED, colour, out);
    text_findings(plan, CM_VERDICT_TIGHTENED, colour, out);
    text_exceptions(plan, colour, out);
    if (plan->n_unenforced > 0)
        text_section(out, "not enforced here", colour);
    for (size_t i = 0; i < plan->n_unenforced; i++)
        cm_str_addf(out, "  %-24s %s\n", plan->unenforced[i].what, plan->unenforced[i].reason);
    if (plan->verdict == CM_VERDICT_REFUSED)
        return;
    text_section(out, "effective posture", colour);
    for (unsigned int row = 0; row < CM_POSTURE_ROWS; row++) {
        CM_AUTO_STR struct cm_str value = {0};
        const char *text = posture(plan, row, &value);
        out->failed |= !text;
        cm_str_addf(out, "  %-24s %s\n", cm_posture_names[row].title, text ? text : "");
    }
}

static void json_findings(struct json_writer *writer, const char *key, const struct cm_plan *plan, enum cm_verdict verdict)
{
    json_array_begin(writer, key);
    for (size_t i = 0; i < plan->n_findings; i++) {
        const struct cm_finding *finding = &plan->findings[i];
        if (finding->verdict != verdict)
            continue;
        json_object_begin(writer, NULL);
        json_add_string(writer, "code", finding->code);
        json_add_string(writer, "field", finding->field);
        json_add_string(writer, "message", finding->message);
        json_add_string(writer, "remedy", remedy(finding));
        json_object_end(writer);
    }
    json_array_end(writer);
}

static void json_exceptions(struct json_writer *writer, const struct cm_plan *plan)
{
    json_array_begin(writer, "exceptions");
    for (size_t i = 0; i < plan->n_granted; i++) {
        const struct cm_granted *g = &plan->granted[i];
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
    for (size_t i = 0; i < plan->n_lapsed; i++)
        json_add_string(writer, NULL, plan->lapsed[i]);
    json_array_end(writer);
}

static void report_json(const struct cm_plan *plan, struct cm_str *out)
{
    struct json_writer writer;

    json_writer_init(&writer, out, 2);
    json_object_begin(&writer, NULL);
    json_add_string(&writer, "verdict", verdict_word(plan->verdict));
    json_add_string(&writer, "policy", plan->policy->id);
    json_findings(&writer, "refusals", plan, CM_VERDICT_REFUSED);
    json_findings(&writer, "tightenings", plan, CM_VERDICT_TIGHTENED);
    json_exceptions(&writer, plan);
    json_array_begin(&writer, "unenforced");
    for (size_t i = 0; i < plan->n_unenforced; i++) {
        json_object_begin(&writer, NULL);
        json_add_string(&writer, "what", plan->unenforced[i].what);
        json_add_string(&writer, "reason", plan->unenforced[i].reason);
        json_object_end(&writer);
    }
    json_array_end(&writer);
    if (plan->verdict == CM_VERDICT_REFUSED) {
        json_add_null(&writer, "posture"); /* nothing would start */
    } else {
        json_object_begin(&writer, "posture");
        for (unsigned int row = 0; row < CM_POSTURE_ROWS; row++) {
            CM_AUTO_STR struct cm_str value = {0};
            const char *text = posture(plan, row, &value);
            out->failed |= !text;
            json_add_string(&writer, cm_posture_names[row].key, text);
        }
        json_object_end(&writer);
    }
    json_object_end(&writer);
    cm_str_add(out, "\n");
}

void cm_plan_report(const struct cm_plan *plan, enum cm_report_format format, bool colour, struct cm_str *out)
{
    if (format == CM_REPORT_JSON)
        report_json(plan, out);
    else
        report_text(plan, colour, out);
}
