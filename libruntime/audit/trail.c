/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See trail.h. Hostile: what lies at the place of a file, and whoever reads from a socket, or does not. */
#include "audit/trail.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "audit/rate.h"
#include "base/fd.h"
#include "base/journal.h"
#include "path/trusted.h"

#define IDENTIFIER "casemate-audit"
/* What a required sink that is busy may cost. */
#define PATIENCE_MS 2000u

static const struct {
    const char *prefix;
    enum cm_journal_kind socket; /* not of a file */
} kinds[] = {
    [CM_AUDIT_FILE] = {"file:", 0},
    [CM_AUDIT_JOURNALD] = {"journald:", CM_JOURNALD},
    [CM_AUDIT_SYSLOG] = {"syslog:", CM_SYSLOG},
};

const char *cm_audit_sink_text(const struct cm_audit_sink *sink, struct cm_arena *arena)
{
    return cm_arena_printf(arena, "%s%s", kinds[sink->kind].prefix, sink->path ? sink->path : "");
}

bool cm_audit_sink_parse(const char *text, struct cm_audit_sink *ret)
{
    for (size_t i = 0; i < CM_ARRAY_LEN(kinds); i++) {
        if (!cm_has_prefix(text, kinds[i].prefix))
            continue;
        const char *path = text + strlen(kinds[i].prefix);
        *ret = (struct cm_audit_sink){.kind = (enum cm_audit_kind)i, .path = *path ? path : NULL};
        return i == CM_AUDIT_FILE ? path[0] == '/' : path[0] == '\0';
    }
    return false;
}

bool cm_audit_requires(const struct cm_audit_trail *trail)
{
    for (size_t i = 0; i < trail->n; i++)
        if (trail->sinks[i].required)
            return true;
    return false;
}

static int open_file(const struct cm_audit_trail *trail, const char *path, struct stat *ret_st, struct cm_error *err)
{
    struct cm_trusted trusted = {.initial = true, .consequence = "so records of the audit are not written there"};
    const char *slash = strrchr(path, '/');

    if (!trail->initial)
        return cm_fail(err, EPERM, NULL, "%s is root's: what callers without privilege do is recorded by sinks of type journald or syslog only", path);
    CM_AUTO_CLOSE int dir = cm_trusted_walk(&trusted, path, (size_t)(slash - path), err);
    return dir < 0 ? dir : cm_trusted_open(&trusted, dir, slash + 1, path, O_WRONLY | O_APPEND | O_CREAT, 0600, false, ret_st, err);
}

static int open_sink(const struct cm_audit_trail *trail, const struct cm_audit_sink *sink, struct stat *ret_st, struct cm_error *err)
{
    if (sink->kind == CM_AUDIT_FILE)
        return open_file(trail, sink->path, ret_st, err);
    int fd = cm_journal_connect(kinds[sink->kind].socket, sink->required ? PATIENCE_MS : 0);
    return fd < 0 ? cm_fail_errno(err, -fd, NULL, "nothing takes records at %s", cm_journal_place(kinds[sink->kind].socket)) : fd;
}

/* The room that is left below the limit of the calling process: the kernel would kill it for going over (SIGXFSZ). */
static bool exceeds_own_limit(const struct stat *st, size_t size)
{
    struct rlimit limit;

    return getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && (uint64_t)st->st_size + size > limit.rlim_cur;
}

/* What a full disk took of a line would spoil the next one: it becomes an empty line. The bytes are ours, whoever has written behind them. */
static void blank(int fd, size_t size)
{
    CM_AUTO_FREE char *spaces = malloc(size);
    off_t end = lseek(fd, 0, SEEK_CUR);

    if (!spaces || end < (off_t)size || fcntl(fd, F_SETFL, 0) < 0) /* with O_APPEND pwrite(2) appends */
        return;
    memset(spaces, ' ', size);
    spaces[size - 1] = '\n';
    (void)!pwrite(fd, spaces, size, end - (off_t)size); /* that the record is lost is reported either way */
    (void)fcntl(fd, F_SETFL, O_APPEND);                 /* it may be that of a required sink, to which more is written */
}

/* One write(2) to a file opened with O_APPEND: records of several processes do not mix. */
static int append(int fd, const struct stat *st, const struct cm_str *line)
{
    ssize_t n;

    if (exceeds_own_limit(st, line->size))
        return -EFBIG;
    do
        n = write(fd, line->data, line->size);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return -errno;
    if ((size_t)n == line->size)
        return 0;
    if (n > 0)
        blank(fd, (size_t)n);
    return -ENOSPC;
}

static bool is_plain(const char *id)
{
    for (const char *c = id; *c; c++)
        if (*c < ' ' || *c > '~')
            return false;
    return true;
}

/* The line, with what readers of the journal or of syslog select by. The line is ASCII without controls, so it ends no field and no record. */
static int send_line(int fd, enum cm_journal_kind kind, const struct cm_audit_record *record, const struct cm_str *line)
{
    CM_AUTO_STR struct cm_str text = {0};
    int priority = record->outcome == CM_AUDIT_OK ? LOG_NOTICE : LOG_WARNING;

    if (kind == CM_JOURNALD) {
        cm_str_addf(&text, "PRIORITY=%d\nSYSLOG_FACILITY=%d\nSYSLOG_IDENTIFIER=" IDENTIFIER "\nCASEMATE_EVENT=%s\nCASEMATE_OUTCOME=%s\n", priority,
                    LOG_FAC(LOG_AUTHPRIV), cm_audit_event_word(record->event), cm_audit_outcome_word(record->outcome));
        if (record->id && is_plain(record->id))
            cm_str_addf(&text, "CASEMATE_ID=%s\n", record->id);
        cm_str_add(&text, "MESSAGE=");
        cm_str_add_bytes(&text, line->data, line->size);
    } else {
        cm_str_addf(&text, "<%d>" IDENTIFIER "[%d]: ", LOG_AUTHPRIV | priority, (int)record->caller.pid);
        cm_str_add_bytes(&text, line->data, line->size - 1);
    }
    return cm_str_text(&text) ? cm_journal_send(fd, kind, text.data, text.size) : -ENOMEM;
}

static int write_sink(const struct cm_audit_trail *trail, size_t i, const struct cm_audit_record *record, const struct cm_str *line, struct cm_error *err)
{
    const struct cm_audit_sink *sink = &trail->sinks[i];
    bool open = trail->opened && sink->required;
    struct stat st = {0};
    CM_AUTO_CLOSE int own = open ? CM_FD_NONE : open_sink(trail, sink, &st, err);
    int fd = open ? trail->fds[i] : own;

    if (fd < 0)
        return fd;
    if (sink->kind != CM_AUDIT_FILE) {
        int r = send_line(fd, kinds[sink->kind].socket, record, line);
        return r < 0 ? cm_fail_errno(err, -r, NULL, "sending a record to %s", cm_journal_place(kinds[sink->kind].socket)) : 0;
    }
    if (open && fstat(fd, &st) < 0)
        return cm_fail_errno(err, errno, NULL, "examining %s", sink->path);
    int r = append(fd, &st, line);
    return r < 0 ? cm_fail_errno(err, -r, NULL, "writing a record to %s", sink->path) : 0;
}

int cm_audit_open(struct cm_audit_trail *trail, struct cm_error *err)
{
    struct stat ignored;

    for (size_t i = 0; i < CM_AUDIT_SINKS_MAX; i++)
        trail->fds[i] = CM_FD_NONE;
    trail->opened = true;
    for (size_t i = 0; i < trail->n; i++) {
        if (!trail->sinks[i].required)
            continue;
        trail->fds[i] = open_sink(trail, &trail->sinks[i], &ignored, err);
        if (trail->fds[i] < 0)
            return trail->fds[i];
    }
    return 0;
}

void cm_audit_close(struct cm_audit_trail *trail)
{
    for (size_t i = 0; trail->opened && i < CM_AUDIT_SINKS_MAX; i++)
        trail->fds[i] = cm_close(trail->fds[i]);
    trail->opened = false;
}

static uint32_t minute_now(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_BOOTTIME, &now); /* cannot fail for this clock */
    return (uint32_t)(now.tv_sec / 60) + 1;    /* 0 is an empty file */
}

/* Engines run probes by exec, as often as the author of a pod likes: they must leave room for what happens to containers. */
static uint32_t limit_of(const struct cm_audit_trail *trail, const struct cm_audit_record *record)
{
    return record->event == CM_AUDIT_EXEC ? trail->per_minute - trail->per_minute / 4 : trail->per_minute;
}

int cm_audit_send(struct cm_audit_trail *trail, struct cm_audit_record *record, struct cm_error *err)
{
    CM_AUTO_STR struct cm_str line = {0};
    struct cm_error each;
    size_t taken = 0, tried = 0;
    int result = 0;

    bool limited = trail->directory >= 0 && trail->per_minute > 0 && !cm_audit_requires(trail);
    if (limited && !cm_audit_rate_take(trail->directory, limit_of(trail, record), minute_now(), &record->lost))
        return 0;
    cm_audit_format(record, &line);
    for (size_t i = 0; i < trail->n; i++) {
        /* A file that only root can write to is none of ours, unless it has to be. */
        if (trail->sinks[i].kind == CM_AUDIT_FILE && !trail->initial && !trail->sinks[i].required)
            continue;
        tried++;
        cm_error_init(&each);
        int r = cm_str_text(&line) ? write_sink(trail, i, record, &line, &each) : cm_fail_errno(&each, ENOMEM, NULL, "composing a record");
        if (r == 0)
            taken++;
        if (r < 0 && (result == 0 || (trail->sinks[i].required && result > 0))) {
            *err = each;
            result = trail->sinks[i].required ? r : 1;
        }
    }
    if (limited && taken == 0 && tried > 0)
        cm_audit_rate_lose(trail->directory, record->lost + 1);
    return result;
}
