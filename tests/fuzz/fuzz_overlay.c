/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libFuzzer entry: the options of an overlay as mountinfo has them. Every name is a part of the text. Seeds: the rows of tests/unit/path/test_overlay.c. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "path/overlay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CM_AUTO_ARENA struct cm_arena arena = {0};
    struct cm_overlay overlay;
    const char *text = cm_arena_strndup(&arena, (const char *)data, size);

    if (!text || cm_overlay_parse(text, &arena, &overlay) < 0)
        return 0;
    if (overlay.n_lower == 0 || overlay.n_lower > CM_OVERLAY_LAYERS_MAX)
        abort();
    for (size_t i = 0; i < overlay.n_lower; i++)
        if (overlay.lower[i][0] == '\0' || strlen(overlay.lower[i]) > size)
            abort();
    return 0;
}
