/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How controls are shown; see controls.h. No hostile input. */
#include <string.h>

#include "plan/controls.h"

void cm_controls_add(struct json_writer *writer, uint64_t subjects)
{
    json_array_begin(writer, "controls");
    for (size_t i = cm_control_about(subjects, 0); i < CM_CONTROLS; i = cm_control_about(subjects, i + 1)) {
        CM_AUTO_STR struct cm_str text = {0};
        cm_str_addf(&text, "%s:%s", cm_frameworks[cm_controls[i].framework].key, cm_controls[i].id);
        writer->out->failed |= text.failed;
        json_add_string(writer, NULL, cm_str_text(&text));
    }
    json_array_end(writer);
}

bool cm_controls_list(uint64_t subjects, const char *lead, struct cm_str *out)
{
    int framework = -1;

    for (size_t i = cm_control_about(subjects, 0); i < CM_CONTROLS; i = cm_control_about(subjects, i + 1)) {
        if (framework == (int)cm_controls[i].framework)
            cm_str_addf(out, ", %s", cm_controls[i].id);
        else
            cm_str_addf(out, "%s%s %s", framework < 0 ? lead : "; ", cm_frameworks[cm_controls[i].framework].name, cm_controls[i].id);
        framework = (int)cm_controls[i].framework;
    }
    return framework >= 0;
}

static enum cm_colour colour_of(enum cm_control_verdict verdict)
{
    if (verdict == CM_CONTROL_REFUSED || verdict == CM_CONTROL_NOT_MET)
        return CM_RED;
    return verdict == CM_CONTROL_MET ? CM_GREEN : verdict == CM_CONTROL_TIGHTENED ? CM_YELLOW : CM_PLAIN;
}

static void add_framework(const struct cm_layout *layout, enum cm_framework framework, const struct cm_judged *judged)
{
    const struct cm_framework_info *info = &cm_frameworks[framework];
    CM_AUTO_STR struct cm_str title = {0};
    size_t words = 0, ids = 0;

    cm_str_addf(&title, "%s (%s)", info->name, info->edition);
    layout->out->failed |= title.failed;
    cm_layout_title(layout, title.data ? title.data : "");
    for (int i = 0; i < CM_CONTROL_VERDICTS; i++)
        words = CM_MAX(words, strlen(cm_control_verdict_words((enum cm_control_verdict)i)));
    for (size_t i = 0; i < CM_CONTROLS; i++)
        if (cm_controls[i].framework == framework)
            ids = CM_MAX(ids, strlen(cm_controls[i].id));
    for (size_t i = 0; i < CM_CONTROLS; i++) {
        if (cm_controls[i].framework != framework)
            continue;
        enum cm_control_verdict verdict = cm_control_verdict(judged, &cm_controls[i]);
        /* an id that is a name says it all */
        const struct cm_cell cells[] = {{cm_control_verdict_words(verdict), words, colour_of(verdict)},
                                        {cm_controls[i].id, ids, CM_PLAIN},
                                        {strstr(cm_controls[i].id, cm_controls[i].title) ? "" : cm_controls[i].title, 0, CM_PLAIN}};
        cm_layout_row(layout, cells, CM_ARRAY_LEN(cells));
    }
}

void cm_controls_text(const struct cm_layout *layout, const struct cm_judged *judged)
{
    cm_layout_title(layout, "controls");
    cm_layout_text(layout, cm_controls_note, CM_PLAIN);
    for (int framework = 0; framework < CM_FRAMEWORKS; framework++)
        add_framework(layout, (enum cm_framework)framework, judged);
}

void cm_controls_json(struct json_writer *writer, const struct cm_judged *judged)
{
    json_array_begin(writer, "frameworks");
    for (int i = 0; i < CM_FRAMEWORKS; i++) {
        json_object_begin(writer, NULL);
        json_add_string(writer, "key", cm_frameworks[i].key);
        json_add_string(writer, "name", cm_frameworks[i].name);
        json_add_string(writer, "edition", cm_frameworks[i].edition);
        json_object_end(writer);
    }
    json_array_end(writer);
    json_add_string(writer, "controlsNote", cm_controls_note);
    json_array_begin(writer, "controlVerdicts");
    for (size_t i = 0; i < CM_CONTROLS; i++) {
        json_object_begin(writer, NULL);
        json_add_string(writer, "framework", cm_frameworks[cm_controls[i].framework].key);
        json_add_string(writer, "id", cm_controls[i].id);
        json_add_string(writer, "title", cm_controls[i].title);
        json_add_string(writer, "verdict", cm_control_verdict_key(cm_control_verdict(judged, &cm_controls[i])));
        json_object_end(writer);
    }
    json_array_end(writer);
}
