/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Log records in the forms of the journal of systemd and of syslog. Messages are hostile; both forms keep them in one field. */
#pragma once

#include "base/error.h"
#include "base/journal.h"
#include "base/log.h"

struct cli_journal {
    int fd;
    enum cm_journal_kind kind;
    const char *identifier; /* the caller's string */
};

/* Connects. `identifier` is what readers find the records by; NULL or empty: "casemate". A socket that is not there is an error that names it. */
int cli_journal_open(enum cm_journal_kind kind, const char *identifier, struct cli_journal *ret, struct cm_error *err) CM_MUST_USE;

/* One record. Returns 0 or -errno; waits at most a few seconds for a reader that does not read. */
int cli_journal_send(const struct cli_journal *journal, enum cm_log_level level, const char *message) CM_MUST_USE;
