/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Limits of a container with the systemd driver (run/unit_change.c). */
#pragma once

#include "run/live.h"

/* Changes them, in the unit and in the files, whole or not at all. */
int cm_unit_change_limits(struct cm_runtime *runtime, const struct cm_live *live, const struct cm_plan *plan, struct cm_arena *arena,
                          struct cm_error *err) CM_MUST_USE;
