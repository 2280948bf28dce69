/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Descriptors that the caller hands through to the program (--preserve-fds, socket activation). They keep their numbers, 3 and following; while we work they
 * stay where they are, since a descriptor that we open gets another number.
 */
#pragma once

#include "run/runtime.h"

#define CM_PASSED_FIRST 3
#define CM_PASSED_MAX 512u

struct cm_passed {
    uint32_t listen, n; /* those of socket activation come first; n counts both kinds */
};

/*
 * Counts and judges them. LISTEN_FDS (sd_listen_fds(3)) counts only if LISTEN_PID names this process. Each descriptor must be one of the caller's, and must not
 * be a door to the host, whatever the caller says: see the table.
 */
int cm_passed_judge(const struct cm_runtime *runtime, uint32_t preserve, struct cm_passed *ret, struct cm_error *err) CM_MUST_USE;
/* LISTEN_FDS and LISTEN_PID as the program shall see them: it is process 1 in its pid namespace. */
int cm_passed_environment(const struct cm_passed *passed, struct cm_plan *plan, struct cm_error *err) CM_MUST_USE;
/* The parent's copies, once the container's process has its own: who reads the other end of a pipe must see its end. */
void cm_passed_close(const struct cm_passed *passed);
