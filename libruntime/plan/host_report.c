/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The report of `check --host` in its three forms. Messages may quote the host's files; layout and writer escape them. */
#include <stdio.h>
#include <string.h>

#include "plan/controls.h"
#include "plan/host_rules.h"
#include "plan/sarif.h"

/* A rule and what came of it. */
struct judged {
    const struct cm_host_rule *rule;
    struct cm_host_row row;
    struct cm_str text;
};

static const char *const status_words[CM_HOST_STATUSES] = {
    [CM_HOST_OK] = "ok", [CM_HOST_UNKNOWN] = "unknown", [CM_HOST_WEAK] = "weak", [CM_HOST_MISSING] = "missing"};
static const char *const need_words[] = {[CM_NEED_ASKED] = "asked", [CM_NEED_POSTURE] = "posture", [CM_NEED_DEFAULT] = "default", [CM_NEED_START] = "start"};
static const char *const verdict_words[] = {[CM_HOST_READY] = "ready", [CM_HOST_LIMITED] = "limited", [CM_HOST_UNABLE] = "unable"};

int cm_host_exit_status(enum cm_host_verdict verdict)
{
    return verdict == CM_HOST_READY ? 0 : verdict == CM_HOST_LIMITED ? 2 : 3;
}

static void judge(const struct cm_host_facts *facts, const struct cm_host_rule *rule, struct judged *ret, struct cm_str *out)
{
    *ret = (struct judged){.rule = rule, .row = {.need = rule->need}};
    rule->judge(facts, rule, &ret->row, &ret->text);
    ret->row.message = cm_str_text(&ret->text) ? cm_str_text(&ret->text) : "";
    out->failed |= ret->text.failed;
}

/* What cannot be told is no reason to say that all is there. */
static enum cm_host_verdict weigh(const struct cm_host_row *row)
{
    if (row->status == CM_HOST_OK || row->need == CM_NEED_ASKED)
        return CM_HOST_READY;
    if (row->need == CM_NEED_START && (row->status == CM_HOST_MISSING || row->status == CM_HOST_WEAK))
        return CM_HOST_UNABLE;
    return row->status == CM_HOST_UNKNOWN && row->need == CM_NEED_POSTURE ? CM_HOST_READY : CM_HOST_LIMITED;
}

struct summary {
    size_t n[CM_HOST_STATUSES];
    enum cm_host_verdict verdict;
};

static struct summary summarise(const struct cm_host_facts *facts, struct cm_str *out)
{
    struct summary summary = {.verdict = CM_HOST_READY};

    for (size_t i = 0; i < cm_host_n_rules; i++) {
        struct judged one;
        judge(facts, &cm_host_rules[i], &one, out);
        summary.n[one.row.status]++;
        summary.verdict = CM_MAX(summary.verdict, weigh(&one.row));
        cm_str_free(&one.text);
    }
    return summary;
}

/*
 * What is about the host itself is met when all its rows are well. Of the rest a host only says that it cannot enforce something; that it can makes no
 * container keep to it, so that stays open.
 */
static enum cm_control_verdict verdict_of(int subject, enum cm_host_status status)
{
    static const uint64_t own = CM_ABOUT(KERNEL) | CM_ABOUT(HOST_USERS);

    if (own & UINT64_C(1) << subject)
        return status == CM_HOST_OK ? CM_CONTROL_MET : status == CM_HOST_UNKNOWN ? CM_CONTROL_UNDECIDED : CM_CONTROL_NOT_MET;
    return status == CM_HOST_MISSING ? CM_CONTROL_NOT_MET : CM_CONTROL_UNDECIDED;
}

static void judge_controls(const struct cm_host_facts *facts, struct cm_judged *ret, struct cm_str *out)
{
    *ret = (struct cm_judged){0};
    for (size_t i = 0; i < cm_host_n_rules; i++) {
        struct judged one;
        judge(facts, &cm_host_rules[i], &one, out);
        for (int subject = 0; subject < CM_SUBJECTS; subject++)
            if (cm_host_rules[i].subjects & UINT64_C(1) << subject)
                ret->subjects[subject] = CM_MAX(ret->subjects[subject], verdict_of(subject, one.row.status));
        cm_str_free(&one.text);
    }
}

static enum cm_colour colour_of(enum cm_host_status status)
{
    static const enum cm_colour colours[CM_HOST_STATUSES] = {
        [CM_HOST_OK] = CM_GREEN, [CM_HOST_UNKNOWN] = CM_CYAN, [CM_HOST_WEAK] = CM_YELLOW, [CM_HOST_MISSING] = CM_RED};

    return colours[status];
}

static void text_row(const struct cm_layout *layout, const struct judged *one, size_t title_width, bool controls)
{
    const struct cm_host_rule *rule = one->rule;
    CM_AUTO_STR struct cm_str why = {0}, remedy = {0}, list = {0};
    const struct cm_cell cells[] = {
        {status_words[one->row.status], strlen("missing"), colour_of(one->row.status)}, {rule->title, title_width, CM_PLAIN}, {one->row.message, 0, CM_PLAIN}};

    cm_layout_row(layout, cells, CM_ARRAY_LEN(cells));
    if (one->row.status == CM_HOST_OK)
        return;
    cm_str_addf(&why, "why: %s", rule->meaning);
    cm_str_addf(&remedy, "-> %s", rule->remedy);
    cm_layout_below(layout, cells, CM_ARRAY_LEN(cells), cm_str_text(&why) ? why.data : "");
    if (rule->remedy[0] && one->row.status != CM_HOST_UNKNOWN && one->row.need != CM_NEED_ASKED)
        cm_layout_below(layout, cells, CM_ARRAY_LEN(cells), cm_str_text(&remedy) ? remedy.data : "");
    if (controls && cm_controls_list(rule->subjects, "controls: ", &list))
        cm_layout_below(layout, cells, CM_ARRAY_LEN(cells), cm_str_text(&list) ? list.data : "");
    layout->out->failed |= why.failed || remedy.failed || list.failed;
}

static void text_head(const struct cm_layout *layout, const struct summary *summary)
{
    static const char *const what[] = {[CM_HOST_READY] = "ready: all that containers need is there",
                                       [CM_HOST_LIMITED] = "limited: containers start; see what is missing or weak",
                                       [CM_HOST_UNABLE] = "unable: containers cannot be started here"};
    const struct cm_layout head = {layout->out, layout->style, 0};
    char counts[128];

    (void)snprintf(counts, sizeof(counts), "%zu ok, %zu weak, %zu missing, %zu unknown", summary->n[CM_HOST_OK], summary->n[CM_HOST_WEAK],
                   summary->n[CM_HOST_MISSING], summary->n[CM_HOST_UNKNOWN]);
    cm_layout_row(&head,
                  (const struct cm_cell[]){{"host", 7, CM_PLAIN},
                                           {what[summary->verdict], 0,
                                            summary->verdict == CM_HOST_READY     ? CM_GREEN
                                            : summary->verdict == CM_HOST_LIMITED ? CM_YELLOW
                                                                                  : CM_RED}},
                  2);
    cm_layout_row(&head, (const struct cm_cell[]){{"summary", 7, CM_PLAIN}, {counts, 0, CM_PLAIN}}, 2);
}

static void report_text(const struct cm_host_facts *facts, const struct cm_report_options *options, const struct summary *summary, struct cm_str *out)
{
    const struct cm_layout layout = {out, options->style, 2};
    size_t width = 0;

    text_head(&layout, summary);
    for (size_t i = 0; i < cm_host_n_rules; i++)
        width = CM_MAX(width, strlen(cm_host_rules[i].title));
    for (int group = 0; group < CM_HOST_GROUPS; group++) {
        cm_layout_title(&layout, cm_host_group_titles[group]);
        for (size_t i = 0; i < cm_host_n_rules; i++) {
            struct judged one;
            if ((int)cm_host_rules[i].group != group)
                continue;
            judge(facts, &cm_host_rules[i], &one, out);
            text_row(&layout, &one, width, options->controls);
            cm_str_free(&one.text);
        }
    }
    if (options->controls) {
        struct cm_judged judged;
        judge_controls(facts, &judged, out);
        cm_controls_text(&layout, &judged);
    }
}

static void report_json(const struct cm_host_facts *facts, const struct cm_report_options *options, const struct summary *summary, struct cm_str *out)
{
    struct json_writer writer;

    json_writer_init(&writer, out, 2);
    json_object_begin(&writer, NULL);
    json_add_string(&writer, "verdict", verdict_words[summary->verdict]);
    json_object_begin(&writer, "summary");
    for (int i = 0; i < CM_HOST_STATUSES; i++)
        json_add_u64(&writer, status_words[i], summary->n[i]);
    json_object_end(&writer);
    json_array_begin(&writer, "rows");
    for (size_t i = 0; i < cm_host_n_rules; i++) {
        const struct cm_host_rule *rule = &cm_host_rules[i];
        struct judged one;
        judge(facts, rule, &one, out);
        json_object_begin(&writer, NULL);
        json_add_string(&writer, "id", rule->id);
        json_add_string(&writer, "title", rule->title);
        json_add_string(&writer, "group", cm_host_group_titles[rule->group]);
        json_add_string(&writer, "need", need_words[one.row.need]);
        json_add_string(&writer, "status", status_words[one.row.status]);
        json_add_string(&writer, "message", one.row.message);
        json_add_string(&writer, "meaning", rule->meaning);
        json_add_string(&writer, "remedy", rule->remedy);
        if (options->controls)
            cm_controls_add(&writer, rule->subjects);
        json_object_end(&writer);
        cm_str_free(&one.text);
    }
    json_array_end(&writer);
    if (options->controls) {
        struct cm_judged judged;
        judge_controls(facts, &judged, out);
        cm_controls_json(&writer, &judged);
    }
    json_object_end(&writer);
    cm_str_add(out, "\n");
}

static enum cm_sarif_level level_of(const struct cm_host_row *row)
{
    if (row->status == CM_HOST_OK)
        return CM_SARIF_PASSED;
    if (row->status == CM_HOST_UNKNOWN)
        return CM_SARIF_OPEN;
    return weigh(row) == CM_HOST_UNABLE ? CM_SARIF_ERROR : weigh(row) == CM_HOST_LIMITED ? CM_SARIF_WARNING : CM_SARIF_NOTE;
}

static void report_sarif(const struct cm_host_facts *facts, const struct cm_report_options *options, const struct summary *summary, struct cm_str *out)
{
    struct cm_sarif sarif;

    cm_sarif_begin(&sarif, NULL, out);
    for (size_t i = 0; i < cm_host_n_rules; i++) {
        const struct cm_host_rule *rule = &cm_host_rules[i];
        const struct cm_host_row worst = {.status = CM_HOST_MISSING, .need = rule->need};
        cm_sarif_rule(&sarif, &(struct cm_sarif_rule){rule->id, rule->title, rule->meaning, rule->remedy, rule->subjects, level_of(&worst)});
    }
    cm_sarif_results(&sarif, cm_host_exit_status(summary->verdict));
    for (size_t i = 0; i < cm_host_n_rules; i++) {
        struct judged one;
        judge(facts, &cm_host_rules[i], &one, out);
        cm_sarif_result(&sarif, &(struct cm_sarif_result){one.rule->id, i, level_of(&one.row), one.row.message, NULL, one.rule->title, "resource"});
        cm_str_free(&one.text);
    }
    cm_sarif_properties(&sarif);
    json_add_string(&sarif.writer, "verdict", verdict_words[summary->verdict]);
    if (options->controls) {
        struct cm_judged judged;
        judge_controls(facts, &judged, out);
        cm_controls_json(&sarif.writer, &judged);
    }
    cm_sarif_end(&sarif);
}

enum cm_host_verdict cm_host_report(const struct cm_host_facts *facts, const struct cm_report_options *options, struct cm_str *out)
{
    struct summary summary = summarise(facts, out);

    if (options->format == CM_REPORT_JSON)
        report_json(facts, options, &summary, out);
    else if (options->format == CM_REPORT_SARIF)
        report_sarif(facts, options, &summary, out);
    else
        report_text(facts, options, &summary, out);
    return summary.verdict;
}
