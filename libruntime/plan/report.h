/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Inside of the report: the effective posture as (name, value) pairs, so that both formats show the same. */
#pragma once

#include "plan/plan.h"

enum cm_posture_row {
    CM_POSTURE_USER_NS,
    CM_POSTURE_NAMESPACES,
    CM_POSTURE_USER,
    CM_POSTURE_TERMINAL,
    CM_POSTURE_CAPS,
    CM_POSTURE_SECCOMP,
    CM_POSTURE_ROOT,
    CM_POSTURE_MOUNTS,
    CM_POSTURE_MASKS,
    CM_POSTURE_LIMITS,
    CM_POSTURE_LANDLOCK,
    CM_POSTURE_LABEL,
    CM_POSTURE_ROWS,
};

/* JSON key and the name for people. */
struct cm_posture_name {
    const char *key, *title;
};
extern const struct cm_posture_name cm_posture_names[CM_POSTURE_ROWS];

void cm_posture_value(const struct cm_plan *plan, enum cm_posture_row row, struct cm_str *out);
