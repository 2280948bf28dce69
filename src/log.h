/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Log records in the forms that engines read. Messages hold hostile text; every form escapes it.
 *
 * Engines parse this output. containerd takes the last JSON record of level "error"; podman decodes the whole file as one JSON value and
 * gives up when there are two. So a failing command writes exactly one record at the default level, and the same text bare to
 * standard error when the log is a file.
 */
#pragma once

#include <stdint.h>

#include "base/error.h"
#include "base/log.h"
#include "base/str.h"

enum cli_log_form {
    CLI_LOG_TEXT,     /* time="…" level=error msg="…" */
    CLI_LOG_TERMINAL, /* ERRO[0000] … */
    CLI_LOG_JSON,
};

/* One record with its newline. `seconds` is the time since 1970, `age` the seconds this process has lived. */
void cli_log_format(enum cli_log_form form, enum cm_log_level level, int64_t seconds, unsigned int age, const char *message, struct cm_str *out);

/*
 * Opens the log and becomes the sink of the library's records. NULL place: standard error. "journald:NAME" and "syslog:NAME": the journal or syslog, under that
 * name, and "file:PATH" a file, as crun writes them; everything else is the path of a file. NULL format: text; the journal has none.
 */
int cli_log_open(const char *place, const char *format, bool debug, struct cm_error *err) CM_MUST_USE;

/* From here on records for a log file wait until it is known whether the command succeeds; for commands whose failures podman decodes. */
void cli_log_hold(void);

/* The command has failed: the one error record, and the bare text. Held records go to standard error only. */
void cli_log_fail(const char *message);

/* The command has succeeded: held records are written. */
void cli_log_finish(void);
