/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The library's side of logging: a sink pointer and formatting. See log.h. */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

/* The only mutable globals of the library: set once by main before anything else runs. */
static cm_log_sink the_sink;
static bool debug_wanted;

void cm_log_set_sink(cm_log_sink sink, bool debug)
{
    the_sink = sink;
    debug_wanted = debug;
}

bool cm_log_debug_wanted(void)
{
    return the_sink && debug_wanted;
}

void cm_log(enum cm_log_level level, const char *fmt, ...)
{
    char message[4096];
    va_list args;

    if (!the_sink || (level == CM_LOG_DEBUG && !debug_wanted))
        return;
    va_start(args, fmt);
    (void)vsnprintf(message, sizeof(message), fmt, args);
    va_end(args);
    the_sink(level, message);
}
