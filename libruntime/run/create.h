/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The launch as `create` and `run` share it. */
#pragma once

#include "run/launch.h"

void cm_launch_init(struct cm_launch *launch, struct cm_runtime *runtime, const struct cm_create_options *options);
/* Everything from the bundle to a process at the barrier (or, with options->… of run, on its way to execve). Leaves nothing on failure. */
int cm_launch_run(struct cm_launch *launch, struct cm_error *err) CM_MUST_USE;
void cm_launch_done(struct cm_launch *launch);
