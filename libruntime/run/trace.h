/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the container's process did, for the debug log of the parent. That process writes to no log itself: its descriptors are the container's, and behind the
 * filters it has few calls left. It notes its steps in a page that both share until it executes the program; so a step that hung, or killed it, is there too.
 */
#pragma once

#include "base/macros.h"

struct cm_trace;

/* The page, when debug records are wanted; NULL otherwise and when there is no memory. */
struct cm_trace *cm_trace_new(void);
void cm_trace_free(struct cm_trace *trace);
/* In the process: a step begins, and ends. `trace` may be NULL. */
void cm_trace_begin(struct cm_trace *trace, const char *name);
void cm_trace_end(struct cm_trace *trace, unsigned long long microseconds);
/* In the parent: logs what was noted since the last time. */
void cm_trace_log(struct cm_trace *trace);
