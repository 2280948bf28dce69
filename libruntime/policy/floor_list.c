/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See floor_list.h. Constant data. */
#include "policy/floor_list.h"

static const struct cm_floor_info floors[CM_FLOOR_COUNT] = {
#define CM_FLOOR_ROW(name, word, sentence) [CM_FLOOR_##name] = {word, sentence},
    CM_FLOORS(CM_FLOOR_ROW)
#undef CM_FLOOR_ROW
};

const struct cm_floor_info *cm_floor_info(enum cm_floor floor)
{
    return &floors[floor];
}
