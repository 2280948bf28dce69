/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The launch as `create` and `run` share it. */
#pragma once

#include "run/launch.h"

void cm_launch_init(struct cm_launch *launch, struct cm_runtime *runtime, const struct cm_create_options *options);
/* Everything from the bundle to a process at the barrier (or, with options->… of run, on its way to execve). Leaves nothing on failure. */
int cm_launch_run(struct cm_launch *launch, struct cm_error *err) CM_MUST_USE;
void cm_launch_done(struct cm_launch *launch);
/* Once the container runs, only its pidfd, its state and its cgroup are of interest: closes everything else that the launch opened (descriptors from `first`
 * on), so that nothing of the host, such as the rootfs' mount, is held. */
void cm_launch_forget(struct cm_launch *launch, int first);
