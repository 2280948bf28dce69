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

const struct cm_code_info *cm_code_find(const char *text)
{
    for (size_t i = 0; i < CM_ARRAY_LEN(codes); i++)
        if (cm_streq(codes[i].code, text))
            return &codes[i];
    return NULL;
}
