/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `casemate policy show`; see policy_show.h. */
#include "plan/policy_show.h"

#include <string.h>

#include "policy/exceptions.h"

struct show {
    const struct cm_policy *policy;
    const struct cm_policy_origin *origin;
    int64_t now;
};

static bool is_list(enum cm_tunable_id id)
{
    return cm_tunables[id].kind == CM_TUNABLE_LIST;
}

/* Whether the policy has another value than the level's own. */
static bool differs(const struct show *show, enum cm_tunable_id id, const struct cm_policy *builtin)
{
    CM_AUTO_STR struct cm_str own = {0}, now = {0};

    cm_tunable_text(builtin, id, &own);
    cm_tunable_text(show->policy, id, &now);
    return !cm_streq(cm_str_text(&own), cm_str_text(&now));
}

/* A level that --policy raised keeps of the files' values what is stricter than its own; a default that a ceiling undercuts follows it. */
static void add_origin(const struct show *show, enum cm_tunable_id id, struct cm_str *out)
{
    const char *file = show->origin->given[id];
    const struct cm_policy *builtin = cm_policy_builtin(show->policy->level);
    bool other = differs(show, id, builtin);

    if (file && (other || show->policy->level == show->origin->level))
        cm_str_add(out, file);
    else if (file)
        cm_str_addf(out, "built in (%s), because %s is looser", builtin->name, file);
    else if (other)
        cm_str_addf(out, "built in (%s), lowered to what is the most that may be asked for", builtin->name);
    else
        cm_str_addf(out, "built in (%s)", builtin->name);
}

static void add_level_origin(const struct show *show, struct cm_str *out)
{
    if (show->policy->level != show->origin->level)
        cm_str_add(out, "--policy");
    else
        cm_str_add(out, show->origin->level_file ? show->origin->level_file : "built in");
}

static const char *state_word(const struct show *show, size_t exception)
{
    static const char *const words[] = {[CM_EXCEPTION_HOLDS] = "active", [CM_EXCEPTION_NOT_YET] = "not yet", [CM_EXCEPTION_EXPIRED] = "expired"};

    return words[cm_exception_state(&show->policy->exceptions[exception], show->now)];
}

/* ---- text ---- */

static void text_head(const struct cm_layout *layout, const struct show *show)
{
    const struct cm_layout head = {layout->out, layout->style, 0};
    CM_AUTO_STR struct cm_str level = {0}, origin = {0};

    add_level_origin(show, &origin);
    cm_str_addf(&level, "%s (%s)", show->policy->name, cm_str_text(&origin) ? cm_str_text(&origin) : "");
    layout->out->failed |= level.failed || origin.failed;
    cm_layout_row(&head, (const struct cm_cell[]){{"policy", 6, CM_PLAIN}, {show->policy->id, 0, CM_BOLD}}, 2);
    cm_layout_row(&head, (const struct cm_cell[]){{"level", 6, CM_PLAIN}, {cm_str_text(&level) ? level.data : "", 0, CM_PLAIN}}, 2);
    for (size_t i = 0; i < show->origin->n_files; i++)
        cm_layout_row(&head, (const struct cm_cell[]){{i == 0 ? "files" : "", 6, CM_PLAIN}, {show->origin->files[i].path, 0, CM_PLAIN}}, 2);
    if (show->origin->n_files == 0)
        cm_layout_row(&head, (const struct cm_cell[]){{"files", 6, CM_PLAIN}, {"none", 0, CM_PLAIN}}, 2);
}

static void text_values(const struct cm_layout *layout, const struct show *show)
{
    size_t pointers = 0, values = 0;

    cm_layout_title(layout, "values");
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < CM_TUNABLE_COUNT; i++) {
            CM_AUTO_STR struct cm_str value = {0}, origin = {0};
            if (is_list((enum cm_tunable_id)i))
                continue;
            cm_tunable_text(show->policy, (enum cm_tunable_id)i, &value);
            add_origin(show, (enum cm_tunable_id)i, &origin);
            layout->out->failed |= value.failed || origin.failed;
            if (pass == 0) {
                pointers = CM_MAX(pointers, strlen(cm_tunables[i].pointer));
                values = CM_MAX(values, CM_MIN(value.size, (size_t)32)); /* a list of capabilities ends its line */
                continue;
            }
            cm_layout_row(layout,
                          (const struct cm_cell[]){{cm_tunables[i].pointer, pointers, CM_PLAIN},
                                                   {cm_str_text(&value) ? value.data : "", values, CM_PLAIN},
                                                   {cm_str_text(&origin) ? origin.data : "", 0, show->origin->given[i] ? CM_CYAN : CM_PLAIN}},
                          3);
        }
}

static void text_element(const struct cm_layout *layout, const struct show *show, enum cm_tunable_id list, size_t i, const char *before)
{
    CM_AUTO_STR struct cm_str text = {0}, origin = {0};
    struct json_writer writer;
    size_t place = 0;
    const char *file = cm_policy_origin_of(show->origin, list, i, &place);

    cm_str_add(&text, before);
    json_writer_init(&writer, &text, 0);
    cm_policy_add_element(&writer, NULL, show->policy, list, i);
    cm_str_addf(&origin, "from %s, %s/%zu", file ? file : "", cm_tunables[list].pointer, place);
    layout->out->failed |= text.failed || origin.failed;
    const struct cm_cell cell = {cm_str_text(&text) ? text.data : "", 0, CM_PLAIN};
    cm_layout_row(layout, &cell, 1);
    if (file)
        cm_layout_row(layout, (const struct cm_cell[]){{"", 0, CM_PLAIN}, {cm_str_text(&origin) ? origin.data : "", 0, CM_CYAN}}, 2);
}

static void text_lists(const struct cm_layout *layout, const struct show *show)
{
    for (int list = 0; list < CM_TUNABLE_COUNT; list++) {
        size_t n = is_list((enum cm_tunable_id)list) ? cm_policy_list_size(show->policy, (enum cm_tunable_id)list) : 0;
        if (n > 0)
            cm_layout_title(layout, cm_tunables[list].pointer);
        for (size_t i = 0; i < n; i++) {
            CM_AUTO_STR struct cm_str before = {0};
            if (list == CM_TUNABLE_EXCEPTIONS)
                cm_str_addf(&before, "%s: ", state_word(show, i));
            layout->out->failed |= before.failed;
            text_element(layout, show, (enum cm_tunable_id)list, i, before.data ? before.data : "");
        }
    }
}

static void text_classes(const struct cm_layout *layout, const struct show *show)
{
    CM_AUTO_STR struct cm_str list = {0};

    for (unsigned int i = 0; i < CM_MOUNT_CLASS_COUNT; i++)
        if (cm_policy_has_class(show->policy, (enum cm_mount_class)i))
            cm_str_addf(&list, "%s%s", list.size > 0 ? ", " : "", cm_mount_class_names[i]);
    layout->out->failed |= list.failed;
    cm_layout_title(layout, "classes of mounts that are on");
    cm_layout_row(layout, (const struct cm_cell[]){{list.size > 0 && cm_str_text(&list) ? list.data : "none", 0, CM_PLAIN}}, 1);
}

static void text_floors(const struct cm_layout *layout)
{
    size_t width = 0;

    cm_layout_title(layout, "floors, which hold whatever a policy says");
    for (unsigned int i = 0; i < CM_FLOOR_COUNT; i++)
        width = CM_MAX(width, strlen(cm_floor_info((enum cm_floor)i)->name));
    for (unsigned int i = 0; i < CM_FLOOR_COUNT; i++)
        cm_layout_row(
            layout,
            (const struct cm_cell[]){{cm_floor_info((enum cm_floor)i)->name, width, CM_PLAIN}, {cm_floor_info((enum cm_floor)i)->sentence, 0, CM_PLAIN}}, 2);
}

/* ---- json ---- */

static void json_origin(struct json_writer *writer, const char *key, void (*add)(const struct show *, struct cm_str *), const struct show *show)
{
    CM_AUTO_STR struct cm_str text = {0};

    add(show, &text);
    writer->out->failed |= text.failed;
    json_add_string(writer, key, cm_str_text(&text));
}

static void json_value(struct json_writer *writer, const struct show *show, enum cm_tunable_id id)
{
    CM_AUTO_STR struct cm_str value = {0}, origin = {0};

    cm_tunable_text(show->policy, id, &value);
    add_origin(show, id, &origin);
    writer->out->failed |= value.failed || origin.failed;
    json_object_begin(writer, NULL);
    json_add_string(writer, "pointer", cm_tunables[id].pointer);
    json_add_number(writer, "value", cm_str_text(&value) ? value.data : "null"); /* a literal, as a file has it */
    json_add_string(writer, "from", cm_str_text(&origin));
    json_add_string(writer, "file", show->origin->given[id]);
    json_add_string(writer, "meaning", cm_tunables[id].meaning);
    json_object_end(writer);
}

static void json_list(struct json_writer *writer, const struct show *show, enum cm_tunable_id list)
{
    json_array_begin(writer, cm_tunables[list].pointer);
    for (size_t i = 0; i < cm_policy_list_size(show->policy, list); i++) {
        size_t place = 0;
        const char *file = cm_policy_origin_of(show->origin, list, i, &place);
        json_object_begin(writer, NULL);
        cm_policy_add_element(writer, "rule", show->policy, list, i);
        json_add_string(writer, "file", file);
        if (list == CM_TUNABLE_EXCEPTIONS)
            json_add_string(writer, "state", state_word(show, i));
        json_object_end(writer);
    }
    json_array_end(writer);
}

static void show_json(const struct show *show, struct cm_str *out)
{
    struct json_writer writer;

    json_writer_init(&writer, out, 2);
    json_object_begin(&writer, NULL);
    json_add_string(&writer, "policy", show->policy->id);
    json_add_string(&writer, "level", show->policy->name);
    json_origin(&writer, "levelFrom", add_level_origin, show);
    json_array_begin(&writer, "files");
    for (size_t i = 0; i < show->origin->n_files; i++)
        json_add_string(&writer, NULL, show->origin->files[i].path);
    json_array_end(&writer);
    json_array_begin(&writer, "values");
    for (int i = 0; i < CM_TUNABLE_COUNT; i++)
        if (!is_list((enum cm_tunable_id)i))
            json_value(&writer, show, (enum cm_tunable_id)i);
    json_array_end(&writer);
    json_object_begin(&writer, "lists");
    for (int i = 0; i < CM_TUNABLE_COUNT; i++)
        if (is_list((enum cm_tunable_id)i))
            json_list(&writer, show, (enum cm_tunable_id)i);
    json_object_end(&writer);
    json_array_begin(&writer, "mountClasses");
    for (unsigned int i = 0; i < CM_MOUNT_CLASS_COUNT; i++)
        if (cm_policy_has_class(show->policy, (enum cm_mount_class)i))
            json_add_string(&writer, NULL, cm_mount_class_names[i]);
    json_array_end(&writer);
    json_array_begin(&writer, "floors");
    for (unsigned int i = 0; i < CM_FLOOR_COUNT; i++) {
        json_object_begin(&writer, NULL);
        json_add_string(&writer, "name", cm_floor_info((enum cm_floor)i)->name);
        json_add_string(&writer, "holds", cm_floor_info((enum cm_floor)i)->sentence);
        json_object_end(&writer);
    }
    json_array_end(&writer);
    json_object_end(&writer);
    cm_str_add(out, "\n");
}

void cm_policy_show(const struct cm_policy *policy, const struct cm_policy_origin *origin, int64_t now, bool json, struct cm_style style, struct cm_str *out)
{
    const struct show show = {policy, origin, now};
    const struct cm_layout layout = {out, style, 2};

    if (json) {
        show_json(&show, out);
        return;
    }
    text_head(&layout, &show);
    text_values(&layout, &show);
    text_classes(&layout, &show);
    text_lists(&layout, &show);
    text_floors(&layout);
}
