/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The journal and syslog; see journal.h. Hostile: the messages, escaped here like everywhere else, and --log's identifier. */
#include "journal.h"

#include <errno.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/str.h"

/* A record is worth less than the container that waits for us. */
#define PATIENCE_MS 2000u
#define IDENTIFIER_MAX ((size_t)64)

static const int priorities[] = {
    [CM_LOG_DEBUG] = LOG_DEBUG,
    [CM_LOG_INFO] = LOG_INFO,
    [CM_LOG_WARNING] = LOG_WARNING,
    [CM_LOG_ERROR] = LOG_ERR,
};

int cli_journal_open(enum cm_journal_kind kind, const char *identifier, struct cli_journal *ret, struct cm_error *err)
{
    identifier = identifier && identifier[0] ? identifier : "casemate";
    if (strlen(identifier) > IDENTIFIER_MAX || strspn(identifier, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.@+/") != strlen(identifier))
        return cm_fail(err, EINVAL, NULL, "the identifier \"%s\" given with --log is not of at most %zu letters, digits and _-.@+/", identifier,
                       IDENTIFIER_MAX);
    int fd = cm_journal_connect(kind, PATIENCE_MS);
    if (fd < 0)
        return cm_fail_errno(err, -fd, NULL, "nothing takes log records at %s, given with --log; give a file, or start %s", cm_journal_place(kind),
                             kind == CM_JOURNALD ? "systemd-journald" : "a syslog daemon");
    *ret = (struct cli_journal){.fd = fd, .kind = kind, .identifier = identifier};
    return 0;
}

int cli_journal_send(const struct cli_journal *journal, enum cm_log_level level, const char *message)
{
    CM_AUTO_STR struct cm_str record = {0};

    /* Escaped text has no line break, so that it cannot begin a field of its own, nor a record. */
    if (journal->kind == CM_JOURNALD)
        cm_str_addf(&record, "PRIORITY=%d\nSYSLOG_IDENTIFIER=%s\nMESSAGE=", priorities[level], journal->identifier);
    else
        cm_str_addf(&record, "<%d>%s[%d]: ", LOG_DAEMON | priorities[level], journal->identifier, (int)getpid());
    cm_escape(&record, message, false);
    if (journal->kind == CM_JOURNALD)
        cm_str_add(&record, "\n");
    return cm_str_text(&record) ? cm_journal_send(journal->fd, journal->kind, record.data, record.size) : -ENOMEM;
}
