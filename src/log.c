/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The log; see log.h. Hostile: messages, and the place of the log file (never followed if it is a symbolic link). */
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/time.h"
#include "journal.h"
#include "json/json.h"

/* The library's sink takes no user pointer: the program has one log. */
static struct {
    int fd; /* standard error until a file was opened; CM_FD_NONE for the journal */
    struct cli_journal journal;
    enum cli_log_form form;
    bool debug, hold;
    bool may_be_terminal; /* asked when there is something to say: most invocations say nothing */
    int64_t opened_at;
    struct cm_str held, held_plain; /* the same records for the file and for standard error */
} the_log = {.fd = STDERR_FILENO};

#define HELD_MAX ((size_t)64 << 10)

static const struct {
    const char *word, *tag;
} levels[] = {
    [CM_LOG_DEBUG] = {"debug", "DEBU"},
    [CM_LOG_INFO] = {"info", "INFO"},
    [CM_LOG_WARNING] = {"warning", "WARN"},
    [CM_LOG_ERROR] = {"error", "ERRO"},
};

static const struct {
    const char *word;
    enum cli_log_form form;
} formats[] = {
    {"text", CLI_LOG_TEXT},
    {"json", CLI_LOG_JSON},
};

void cli_log_format(enum cli_log_form form, enum cm_log_level level, int64_t seconds, unsigned int age, const char *message, struct cm_str *out)
{
    struct json_writer writer;
    char stamp[CM_TIME_TEXT_MAX];

    cm_time_rfc3339(seconds, -1, stamp, sizeof(stamp));
    switch (form) {
    case CLI_LOG_TEXT:
        cm_str_addf(out, "time=\"%s\" level=%s msg=\"", stamp, levels[level].word);
        cm_escape(out, message, true);
        cm_str_add(out, "\"\n");
        return;
    case CLI_LOG_TERMINAL:
        cm_str_addf(out, "%s[%04u] ", levels[level].tag, age);
        cm_escape(out, message, false);
        cm_str_add(out, "\n");
        return;
    case CLI_LOG_JSON:
        json_writer_init(&writer, out, 0);
        json_object_begin(&writer, NULL);
        json_add_string(&writer, "level", levels[level].word);
        json_add_string(&writer, "msg", message);
        json_add_string(&writer, "time", stamp);
        json_object_end(&writer);
        cm_str_add(out, "\n");
        return;
    }
}

/* One write(2) a record: with O_APPEND records of several processes do not mix. */
static void write_record(int fd, const struct cm_str *record)
{
    static const char lost[] = "casemate: out of memory, a log record is lost\n";
    const char *text = cm_str_text(record);

    /* There is nowhere to report that the log cannot be written. */
    if (text)
        (void)!cm_write_full(fd, text, record->size);
    else
        (void)!cm_write_full(STDERR_FILENO, lost, sizeof(lost) - 1);
}

static int64_t now(void)
{
    struct timespec time = {0};

    (void)clock_gettime(CLOCK_REALTIME, &time); /* cannot fail for this clock */
    return time.tv_sec < 0 ? 0 : time.tv_sec;
}

static void add_record(enum cli_log_form form, enum cm_log_level level, const char *message, struct cm_str *out)
{
    int64_t seconds = now(), age = seconds - the_log.opened_at;

    if (the_log.may_be_terminal && isatty(STDERR_FILENO))
        form = the_log.form = CLI_LOG_TERMINAL;
    the_log.may_be_terminal = false;
    cli_log_format(form, level, seconds, (unsigned int)CM_MIN(CM_MAX(age, (int64_t)0), (int64_t)999999), message, out);
}

/* Nowhere to say that the journal took nothing but here, where nobody of the container reads. */
static void write_journal(enum cm_log_level level, const char *message)
{
    CM_AUTO_STR struct cm_str record = {0};

    int r = cli_journal_send(&the_log.journal, level, message);
    if (r == 0)
        return;
    add_record(CLI_LOG_TEXT, level, message, &record);
    write_record(STDERR_FILENO, &record);
}

static void sink(enum cm_log_level level, const char *message)
{
    CM_AUTO_STR struct cm_str record = {0};

    /* A person at a terminal wants results and warnings; what was merely made stricter is for a log. */
    if (level == CM_LOG_INFO && the_log.fd == STDERR_FILENO && !the_log.debug)
        return;
    if (the_log.hold && the_log.held.size < HELD_MAX) {
        add_record(the_log.form, level, message, &the_log.held);
        add_record(CLI_LOG_TEXT, level, message, &the_log.held_plain);
        return;
    }
    if (the_log.fd < 0) {
        write_journal(level, message);
        return;
    }
    add_record(the_log.form, level, message, &record);
    write_record(the_log.fd, &record);
}

static int open_file(const char *path, struct cm_error *err)
{
    /* O_NONBLOCK: opening a FIFO that nobody reads must fail instead of hanging. */
    CM_AUTO_CLOSE int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK, 0644);

    if (fd < 0)
        return cm_fail_errno(err, errno, NULL, "cannot open the log file %s given with --log%s", path,
                             errno == ELOOP ? ", which must not be a symbolic link" : "");
    if (fcntl(fd, F_SETFL, O_APPEND) < 0)
        return cm_fail_errno(err, errno, NULL, "cannot set up the log file %s given with --log", path);
    the_log.fd = CM_TAKE_FD(fd);
    return 0;
}

static int open_journald(const char *identifier, struct cm_error *err)
{
    the_log.fd = CM_FD_NONE;
    return cli_journal_open(CM_JOURNALD, identifier, &the_log.journal, err);
}

static int open_syslog(const char *identifier, struct cm_error *err)
{
    the_log.fd = CM_FD_NONE;
    return cli_journal_open(CM_SYSLOG, identifier, &the_log.journal, err);
}

/* crun's spelling; everything else is the path of a file. */
static int open_place(const char *place, struct cm_error *err)
{
    static const struct {
        const char *prefix;
        int (*open)(const char *rest, struct cm_error *err);
    } kinds[] = {
        {"journald:", open_journald},
        {"syslog:", open_syslog},
        {"file:", open_file},
    };

    if (strcmp(place, "/dev/stderr") == 0)
        return 0;
    for (size_t i = 0; i < CM_ARRAY_LEN(kinds); i++)
        if (cm_has_prefix(place, kinds[i].prefix)) {
            int r = kinds[i].open(place + strlen(kinds[i].prefix), err);
            if (r < 0)
                the_log.fd = STDERR_FILENO;
            return r;
        }
    return open_file(place, err);
}

int cli_log_open(const char *place, const char *format, bool debug, struct cm_error *err)
{
    the_log.opened_at = now();
    the_log.debug = debug;
    for (size_t i = 0; format && i < CM_ARRAY_LEN(formats); i++)
        if (strcmp(format, formats[i].word) == 0) {
            the_log.form = formats[i].form;
            format = NULL;
        }
    if (format)
        return cm_fail(err, EINVAL, NULL, "invalid log-format: %s", format);

    int r = place ? open_place(place, err) : 0;
    if (r < 0)
        return r;
    the_log.may_be_terminal = the_log.fd == STDERR_FILENO && the_log.form == CLI_LOG_TEXT;
    cm_log_set_sink(sink, debug);
    return 0;
}

void cli_log_hold(void)
{
    the_log.hold = the_log.fd > STDERR_FILENO && !the_log.debug;
}

void cli_log_fail(const char *message)
{
    CM_AUTO_STR struct cm_str bare = {0};

    if (the_log.held_plain.size > 0)
        write_record(STDERR_FILENO, &the_log.held_plain);
    the_log.hold = false;
    sink(CM_LOG_ERROR, message);
    if (the_log.fd == STDERR_FILENO)
        return;
    cm_escape(&bare, message, false);
    cm_str_add(&bare, "\n");
    write_record(STDERR_FILENO, &bare);
}

void cli_log_finish(void)
{
    the_log.hold = false;
    if (the_log.held.size > 0)
        write_record(the_log.fd, &the_log.held);
}
