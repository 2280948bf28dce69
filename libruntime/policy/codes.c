/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of finding codes; see codes.h. Constant data. */
#include "policy/codes.h"

#include <stddef.h>

#include "base/str.h"

static const struct cm_code_info codes[CM_CODE_COUNT] = {
#define CM_CODE_ROW(name, code, meaning, remedy) [CM_CODE_##name] = {code, meaning, remedy},
    CM_CODES(CM_CODE_ROW)
#undef CM_CODE_ROW
};

const struct cm_code_info *cm_code_info(enum cm_code code)
{
    return &codes[code];
}

enum cm_code cm_code_number(const char *text)
{
    enum cm_code code = 0;

    while (code < CM_CODE_COUNT && !cm_streq(codes[code].code, text))
        code++;
    return code;
}

const struct cm_code_info *cm_code_find(const char *text)
{
    enum cm_code code = cm_code_number(text);

    return code < CM_CODE_COUNT ? &codes[code] : NULL;
}
