/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Log records leave the library through one sink that the program sets (src/log.c). The library itself only logs debug
 * and warning records; errors are returned. Messages may hold hostile text: the sink escapes.
 */
#pragma once

#include <stdbool.h>

#include "base/macros.h"

enum cm_log_level {
    CM_LOG_DEBUG,
    CM_LOG_INFO,
    CM_LOG_WARNING,
    CM_LOG_ERROR,
};

typedef void (*cm_log_sink)(enum cm_log_level level, const char *message);

/* NULL (the initial state) drops every record. `debug` says whether debug records are wanted at all. */
void cm_log_set_sink(cm_log_sink sink, bool debug);
bool cm_log_debug_wanted(void);
void cm_log(enum cm_log_level level, const char *fmt, ...) CM_PRINTF(2, 3);

#define cm_debug(...)                                                                                                                                          \
    do {                                                                                                                                                       \
        if (cm_log_debug_wanted())                                                                                                                             \
            cm_log(CM_LOG_DEBUG, __VA_ARGS__);                                                                                                                 \
    } while (0)
