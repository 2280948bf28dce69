/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rows, and how they are printed. Hostile: names and values that are the container's; both forms escape them. */
#include "observe/drift.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "json/json.h"

static const char *const words[] = {
    [CM_DRIFT_NONE] = "none",       [CM_DRIFT_BENIGN] = "benign", [CM_DRIFT_STRICTER] = "stricter",
    [CM_DRIFT_UNKNOWN] = "unknown", [CM_DRIFT_WEAKER] = "weaker",
};

const char *cm_drift_word(enum cm_drift drift)
{
    return words[drift];
}

void cm_drift_free(struct cm_drift_report *report)
{
    cm_arena_free(&report->arena);
    *report = (struct cm_drift_report){0};
}

void cm_drift_add(struct cm_drift_report *report, enum cm_drift drift, const char *subject, const char *name, const char *recorded, const char *now,
                  const char *note)
{
    if (report->n == report->room) {
        size_t room = CM_MAX(report->room * 2, (size_t)64);
        struct cm_drift_row *rows = cm_arena_array(&report->arena, room, sizeof(*rows));
        if (rows && report->n > 0)
            memcpy(rows, report->rows, report->n * sizeof(*rows));
        report->failed |= !rows;
        if (!rows)
            return;
        report->rows = rows;
        report->room = room;
    }
    struct cm_drift_row *row = &report->rows[report->n++];
    *row = (struct cm_drift_row){
        .subject = subject,
        .name = cm_arena_strdup(&report->arena, name),
        .recorded = cm_arena_strdup(&report->arena, recorded ? recorded : ""),
        .now = cm_arena_strdup(&report->arena, now ? now : ""),
        .note = cm_arena_strdup(&report->arena, note ? note : ""),
        .drift = drift,
    };
    report->failed |= !row->name || !row->recorded || !row->now || !row->note;
}

void cm_drift_unknown(struct cm_drift_report *report, const char *subject, const char *name, const char *recorded, int errnum)
{
    cm_drift_add(report, CM_DRIFT_UNKNOWN, subject, name, recorded, "", strerror(errnum));
}

char *cm_drift_text(struct cm_drift_report *report, const char *fmt, ...)
{
    va_list args;
    char *text = NULL;

    va_start(args, fmt);
    int n = vasprintf(&text, fmt, args);
    va_end(args);
    char *copy = n >= 0 ? cm_arena_strdup(&report->arena, text) : NULL;
    if (n >= 0)
        free(text);
    report->failed |= !copy;
    return copy;
}

enum cm_drift cm_drift_verdict(const struct cm_drift_report *report)
{
    enum cm_drift worst = CM_DRIFT_NONE;

    for (size_t i = 0; i < report->n; i++)
        worst = CM_MAX(worst, report->rows[i].drift);
    return worst;
}

int cm_drift_exit_status(const struct cm_drift_report *report)
{
    static const int statuses[] = {
        [CM_DRIFT_NONE] = 0, [CM_DRIFT_BENIGN] = 2, [CM_DRIFT_STRICTER] = 2, [CM_DRIFT_UNKNOWN] = 1, [CM_DRIFT_WEAKER] = 3,
    };

    return statuses[cm_drift_verdict(report)];
}

/* ---- for people ---- */

static enum cm_colour colour_of(enum cm_drift drift)
{
    return drift == CM_DRIFT_NONE ? CM_GREEN : drift == CM_DRIFT_WEAKER ? CM_RED : CM_YELLOW;
}

#define WORD_WIDTH ((size_t)9)

static size_t name_width(const struct cm_drift_report *report)
{
    size_t width = 0;

    for (size_t i = 0; i < report->n; i++)
        width = CM_MAX(width, cm_text_width(report->rows[i].subject) + 1 + cm_text_width(report->rows[i].name));
    return CM_MIN(width, (size_t)44) + 1;
}

static void print_row(const struct cm_layout *layout, const struct cm_drift_row *row, size_t width, struct cm_str *name, struct cm_str *value)
{
    name->size = value->size = 0;
    cm_str_addf(name, "%s%s%s", row->subject, row->name[0] ? " " : "", row->name);
    if (row->drift == CM_DRIFT_NONE)
        cm_str_add(value, row->now[0] ? row->now : row->recorded);
    else
        cm_str_addf(value, "%s, recorded %s", row->now[0] ? row->now : "nothing", row->recorded[0] ? row->recorded : "none");
    const struct cm_cell cells[] = {
        {row->drift == CM_DRIFT_NONE ? "ok" : cm_drift_word(row->drift), WORD_WIDTH, colour_of(row->drift)},
        {cm_str_text(name), width, CM_PLAIN},
        {cm_str_text(value), 0, CM_PLAIN},
    };
    if (!cells[1].text || !cells[2].text) {
        layout->out->failed = true;
        return;
    }
    cm_layout_row(layout, cells, CM_ARRAY_LEN(cells));
    if (row->note[0])
        cm_layout_below(layout, cells, CM_ARRAY_LEN(cells), row->note);
}

void cm_drift_print_text(const struct cm_drift_report *report, struct cm_style style, struct cm_str *out)
{
    CM_AUTO_STR struct cm_str name = {0}, value = {0};
    const struct cm_layout layout = {out, style};
    enum cm_drift verdict = cm_drift_verdict(report);
    size_t width = name_width(report), shown = 0;

    cm_str_addf(&value, "container %s, %s: %s", report->id, report->status,
                verdict == CM_DRIFT_NONE      ? "as it was recorded"
                : verdict == CM_DRIFT_WEAKER  ? "weaker than it was recorded"
                : verdict == CM_DRIFT_UNKNOWN ? "not all of it could be looked at"
                                              : "no weaker than it was recorded");
    const char *line = cm_str_text(&value);
    out->failed |= !line;
    cm_layout_text(&layout, line ? line : "", colour_of(verdict));
    if (report->note[0])
        cm_layout_text(&layout, report->note, CM_PLAIN);
    for (size_t i = 0; i < report->n; i++) {
        if (report->rows[i].drift == CM_DRIFT_NONE)
            continue;
        if (shown++ == 0)
            cm_layout_title(&layout, "drift");
        print_row(&layout, &report->rows[i], width, &name, &value);
    }
    if (shown < report->n)
        cm_layout_title(&layout, "as recorded");
    for (size_t i = 0; i < report->n; i++)
        if (report->rows[i].drift == CM_DRIFT_NONE)
            print_row(&layout, &report->rows[i], width, &name, &value);
    out->failed |= report->failed;
}

/* ---- for programs ---- */

void cm_drift_print_json(const struct cm_drift_report *report, struct cm_str *out)
{
    struct json_writer writer;

    json_writer_init(&writer, out, 2);
    json_object_begin(&writer, NULL);
    json_add_string(&writer, "container", report->id);
    json_add_string(&writer, "status", report->status);
    json_add_string(&writer, "drift", cm_drift_word(cm_drift_verdict(report)));
    json_add_string(&writer, "policy", report->policy);
    json_add_string(&writer, "note", report->note);
    json_array_begin(&writer, "rows");
    for (size_t i = 0; i < report->n; i++) {
        const struct cm_drift_row *row = &report->rows[i];
        json_object_begin(&writer, NULL);
        json_add_string(&writer, "subject", row->subject);
        json_add_string(&writer, "name", row->name);
        json_add_string(&writer, "recorded", row->recorded);
        json_add_string(&writer, "now", row->now);
        json_add_string(&writer, "drift", cm_drift_word(row->drift));
        json_add_string(&writer, "note", row->note);
        json_object_end(&writer);
    }
    json_array_end(&writer);
    json_object_end(&writer);
    cm_str_add(out, "\n");
    out->failed |= report->failed;
}
