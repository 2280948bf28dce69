/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See explain.h. The word is hostile, and only compared. */
#include "plan/explain.h"

#include <strings.h>

#include "json/json.h"
#include "plan/controls.h"
#include "plan/host_rules.h"
#include "policy/codes.h"

/* Something that has a code. */
struct subject {
    const char *code, *meaning, *remedy;
    uint64_t about; /* subjects of controls */
};

static bool find_code(const char *word, struct subject *ret)
{
    const struct cm_host_rule *host = cm_host_rule_find(word);

    if (host)
        *ret = (struct subject){host->id, host->meaning, host->remedy, host->subjects};
    else if (strcasecmp(word, CM_NOT_ENFORCED) == 0)
        *ret = (struct subject){CM_NOT_ENFORCED, CM_NOT_ENFORCED_MEANING, CM_NOT_ENFORCED_REMEDY, 0};
    for (unsigned int i = 0; i < CM_CODE_COUNT; i++) {
        const struct cm_code_info *info = cm_code_info((enum cm_code)i);
        if (strcasecmp(info->code, word) == 0)
            *ret = (struct subject){info->code, info->meaning, info->remedy, cm_code_subjects(info->code)};
    }
    return ret->code;
}

static void add_row(const struct cm_layout *layout, const char *label, const char *text)
{
    const struct cm_cell cells[] = {{label, 8, CM_PLAIN}, {text, 0, CM_PLAIN}};

    cm_layout_row(layout, cells, CM_ARRAY_LEN(cells));
}

static void explain_text(const struct subject *code, struct cm_style style, struct cm_str *out)
{
    const struct cm_layout layout = {out, style, 2};
    CM_AUTO_STR struct cm_str controls = {0};

    cm_layout_title(&layout, code->code);
    add_row(&layout, "meaning", code->meaning);
    if (code->remedy[0])
        add_row(&layout, "remedy", code->remedy);
    if (cm_controls_list(code->about, "", &controls))
        add_row(&layout, "controls", cm_str_text(&controls) ? controls.data : "");
    out->failed |= controls.failed;
}

static void explain_json(const struct subject *code, struct cm_str *out)
{
    struct json_writer writer;

    json_writer_init(&writer, out, 2);
    json_object_begin(&writer, NULL);
    json_add_string(&writer, "code", code->code);
    json_add_string(&writer, "meaning", code->meaning);
    json_add_string(&writer, "remedy", code->remedy);
    cm_controls_add(&writer, code->about);
    json_object_end(&writer);
}

bool cm_explain(const char *word, bool json, struct cm_style style, struct cm_str *out)
{
    struct subject code = {0};

    if (!find_code(word, &code))
        return false;
    if (json)
        explain_json(&code, out);
    else
        explain_text(&code, style, out);
    return true;
}
