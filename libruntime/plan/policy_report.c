/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What `casemate policy validate` prints; see policy_show.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/policy_show.h"

static const char *const level_words[] = {[CM_REMARK_NOTE] = "note", [CM_REMARK_WARNING] = "warning", [CM_REMARK_ERROR] = "error"};

static size_t count(const struct cm_remarks *remarks, enum cm_remark_level level)
{
    size_t n = 0;

    for (size_t i = 0; i < remarks->n; i++)
        n += remarks->v[i].level == level;
    return n;
}

static void text_remark(const struct cm_layout *layout, const struct cm_remark *remark)
{
    static const enum cm_colour colours[] = {[CM_REMARK_NOTE] = CM_PLAIN, [CM_REMARK_WARNING] = CM_YELLOW, [CM_REMARK_ERROR] = CM_RED};
    CM_AUTO_STR struct cm_str place = {0};
    const struct cm_cell cells[] = {{level_words[remark->level], strlen("warning"), colours[remark->level]}, {"", 0, CM_PLAIN}};

    cm_str_add(&place, remark->pointer[0] ? remark->pointer : "(the file)");
    if (remark->line > 0)
        cm_str_addf(&place, ", line %zu, column %zu", remark->line, remark->column);
    layout->out->failed |= place.failed;
    cm_layout_row(layout, (const struct cm_cell[]){cells[0], {cm_str_text(&place) ? place.data : "", 0, CM_PLAIN}}, 2);
    cm_layout_below(layout, cells, CM_ARRAY_LEN(cells), remark->message);
}

static void report_text(const struct cm_remarks *remarks, const char *const *files, size_t n_files, struct cm_style style, struct cm_str *out)
{
    const struct cm_layout layout = {out, style, 2};
    char summary[128];

    for (size_t i = 0; i < n_files; i++) {
        cm_layout_title(&layout, files[i]);
        for (size_t k = 0; k < remarks->n; k++)
            if (cm_streq(remarks->v[k].file, files[i]))
                text_remark(&layout, &remarks->v[k]);
    }
    if (out->size > 0)
        cm_str_add(out, "\n");
    size_t errors = count(remarks, CM_REMARK_ERROR), warnings = count(remarks, CM_REMARK_WARNING);
    (void)snprintf(summary, sizeof(summary), "%s: %zu error%s, %zu warning%s", errors > 0 ? "not valid" : "valid", errors, errors == 1 ? "" : "s", warnings,
                   warnings == 1 ? "" : "s");
    cm_layout_text(&layout, n_files == 0 ? "valid: there are no files, and the built-in policy applies" : summary, errors > 0 ? CM_RED : CM_GREEN);
}

static void json_remarks(struct json_writer *writer, const struct cm_remarks *remarks, const char *file)
{
    json_array_begin(writer, "remarks");
    for (size_t i = 0; i < remarks->n; i++) {
        const struct cm_remark *remark = &remarks->v[i];
        if (!cm_streq(remark->file, file))
            continue;
        json_object_begin(writer, NULL);
        json_add_string(writer, "level", level_words[remark->level]);
        json_add_string(writer, "pointer", remark->pointer);
        json_add_string(writer, "message", remark->message);
        if (remark->line > 0) {
            json_add_u64(writer, "line", remark->line);
            json_add_u64(writer, "column", remark->column);
        }
        json_object_end(writer);
    }
    json_array_end(writer);
}

static void report_json(const struct cm_remarks *remarks, const char *const *files, size_t n_files, struct cm_str *out)
{
    struct json_writer writer;

    json_writer_init(&writer, out, 2);
    json_object_begin(&writer, NULL);
    json_add_bool(&writer, "valid", count(remarks, CM_REMARK_ERROR) == 0);
    json_add_u64(&writer, "errors", count(remarks, CM_REMARK_ERROR));
    json_add_u64(&writer, "warnings", count(remarks, CM_REMARK_WARNING));
    json_array_begin(&writer, "files");
    for (size_t i = 0; i < n_files; i++) {
        json_object_begin(&writer, NULL);
        json_add_string(&writer, "file", files[i]);
        json_remarks(&writer, remarks, files[i]);
        json_object_end(&writer);
    }
    json_array_end(&writer);
    json_object_end(&writer);
    cm_str_add(out, "\n");
}

static int by_place(const void *a, const void *b)
{
    const struct cm_remark *x = a, *y = b;

    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    if (x->column != y->column)
        return x->column < y->column ? -1 : 1;
    return (x->level < y->level) - (x->level > y->level);
}

bool cm_policy_report(struct cm_remarks *remarks, const char *const *files, size_t n_files, bool json, struct cm_style style, struct cm_str *out)
{
    out->failed |= remarks->failed;
    if (remarks->n > 1)
        qsort(remarks->v, remarks->n, sizeof(*remarks->v), by_place);
    if (json)
        report_json(remarks, files, n_files, out);
    else
        report_text(remarks, files, n_files, style, out);
    return count(remarks, CM_REMARK_ERROR) > 0;
}
