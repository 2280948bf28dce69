/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The steps of the container's process, seen from its parent; see trace.h. That process is still ours: nothing of the bundle has run. */
#include "run/trace.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/mman.h>

#include "base/log.h"

#define STEPS_MAX 96

struct cm_trace {
    atomic_uint begun, ended;
    unsigned int logged; /* the parent's */
    struct {
        char name[28];
        unsigned int microseconds;
    } step[STEPS_MAX];
};

struct cm_trace *cm_trace_new(void)
{
    if (!cm_log_debug_wanted())
        return NULL;
    void *page = mmap(NULL, sizeof(struct cm_trace), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    return page == MAP_FAILED ? NULL : page;
}

void cm_trace_free(struct cm_trace *trace)
{
    if (trace)
        (void)munmap(trace, sizeof(*trace));
}

void cm_trace_begin(struct cm_trace *trace, const char *name)
{
    unsigned int n = trace ? atomic_load(&trace->begun) : STEPS_MAX;

    if (n >= STEPS_MAX)
        return;
    (void)snprintf(trace->step[n].name, sizeof(trace->step[n].name), "%s", name);
    atomic_store(&trace->begun, n + 1);
}

void cm_trace_end(struct cm_trace *trace, unsigned long long microseconds)
{
    unsigned int n = trace ? atomic_load(&trace->ended) : STEPS_MAX;

    if (n >= STEPS_MAX)
        return;
    trace->step[n].microseconds = (unsigned int)CM_MIN(microseconds, 4000000000ULL);
    atomic_store(&trace->ended, n + 1);
}

void cm_trace_log(struct cm_trace *trace)
{
    if (!trace)
        return;
    unsigned int ended = CM_MIN(atomic_load(&trace->ended), (unsigned int)STEPS_MAX), begun = CM_MIN(atomic_load(&trace->begun), (unsigned int)STEPS_MAX);
    for (; trace->logged < ended; trace->logged++)
        cm_debug("%.27s: %u us", trace->step[trace->logged].name, trace->step[trace->logged].microseconds);
    if (begun > ended)
        cm_debug("%.27s: not finished", trace->step[ended].name);
}
