/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See explain.h. The word is hostile, and only compared. */
#include "plan/explain.h"

#include <strings.h>

#include "policy/codes.h"

static const struct cm_code_info *find_code(const char *word)
{
    for (unsigned int i = 0; i < CM_CODE_COUNT; i++)
        if (strcasecmp(cm_code_info((enum cm_code)i)->code, word) == 0)
            return cm_code_info((enum cm_code)i);
    return NULL;
}

static void add_row(const struct cm_layout *layout, const char *label, const char *text)
{
    const struct cm_cell cells[] = {{label, 8, CM_PLAIN}, {text, 0, CM_PLAIN}};

    cm_layout_row(layout, cells, CM_ARRAY_LEN(cells));
}

bool cm_explain(const char *word, struct cm_style style, struct cm_str *out)
{
    const struct cm_layout layout = {out, style};
    const struct cm_code_info *code = find_code(word);

    if (!code)
        return false;
    cm_layout_title(&layout, code->code);
    add_row(&layout, "meaning", code->meaning);
    add_row(&layout, "remedy", code->remedy);
    return true;
}
