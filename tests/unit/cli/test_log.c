/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Log lines: their forms, escaping of hostile text, and what a log file holds after success and failure. */
#include "check.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/io.h"
#include "json/json.h"
#include "log.h"

TEST(three_forms)
{
    static const struct { enum cli_log_form form; enum cm_log_level level; int64_t seconds; unsigned int age; const char *message, *want; } table[] = {
        {CLI_LOG_TEXT, CM_LOG_ERROR, 1795319246, 0, "container does not exist", "time=\"2026-11-22T03:47:26Z\" level=error msg=\"container does not exist\"\n"},
        {CLI_LOG_TEXT, CM_LOG_WARNING, 0, 0, "a \"b\" \\", "time=\"1970-01-01T00:00:00Z\" level=warning msg=\"a \\\"b\\\" \\\\\"\n"},
        {CLI_LOG_TERMINAL, CM_LOG_ERROR, 0, 0, "say \"x\" \\", "ERRO[0000] say \"x\" \\\n"},
        {CLI_LOG_TERMINAL, CM_LOG_WARNING, 0, 61, "x", "WARN[0061] x\n"},
        {CLI_LOG_TERMINAL, CM_LOG_INFO, 0, 12345, "x", "INFO[12345] x\n"},
        {CLI_LOG_TERMINAL, CM_LOG_DEBUG, 0, 1, "x\n\033[2Jy", "DEBU[0001] x\\n\\x1b[2Jy\n"},
    };
    for (size_t i = 0; i < CM_ARRAY_LEN(table); i++) {
        CM_AUTO_STR struct cm_str line = {0};
        cli_log_format(table[i].form, table[i].level, table[i].seconds, table[i].age, table[i].message, &line);
        CHECK_STR(cm_str_text(&line), table[i].want);
    }
}

TEST(times_are_calendar_times)
{
    static const struct { int64_t seconds; const char *want; } table[] = {
        {0, "1970-01-01T00:00:00Z"},          {951782399, "2000-02-28T23:59:59Z"},  {951782400, "2000-02-29T00:00:00Z"},
        {951868800, "2000-03-01T00:00:00Z"},  {1704067199, "2023-12-31T23:59:59Z"}, {1709164800, "2024-02-29T00:00:00Z"},
        {1735689600, "2025-01-01T00:00:00Z"}, {4107542400, "2100-03-01T00:00:00Z"}, {253402300799, "9999-12-31T23:59:59Z"},
    };
    for (size_t i = 0; i < CM_ARRAY_LEN(table); i++) {
        CM_AUTO_STR struct cm_str line = {0};
        cli_log_format(CLI_LOG_TEXT, CM_LOG_INFO, table[i].seconds, 0, "", &line);
        CHECK_CONTAINS(cm_str_text(&line), table[i].want);
    }
}

TEST(json_records_are_one_object_a_line)
{
    static const char *const messages[] = {"container does not exist", "quote \" backslash \\ slash /", "line\nbreak\ttab\x01\x1f\x7f", "", "caf\xc3\xa9",
                                           "{\"level\":\"error\"}", "\",\"level\":\"error\""};
    for (size_t i = 0; i < CM_ARRAY_LEN(messages); i++) {
        CM_AUTO_STR struct cm_str line = {0};
        CM_AUTO_ARENA struct cm_arena arena = {0};
        struct json_value *record = NULL;
        struct cm_error err;
        const char *text = NULL;

        cli_log_format(CLI_LOG_JSON, CM_LOG_ERROR, 1795319246, 0, messages[i], &line);
        CHECK(strchr(cm_str_text(&line), '\n') == line.data + line.size - 1);
        CHECK_INT(json_parse(line.data, line.size, 4096, &arena, &record, &err), 0);
        if (!record)
            continue;
        CHECK_INT(record->n, 3);
        CHECK_INT(json_get_string(json_member(record, "msg"), &text, &err), 0);
        CHECK_STR(text, messages[i]);
        CHECK_STR(json_member(record, "level")->text, "error");
        CHECK_STR(json_member(record, "time")->text, "2026-11-22T03:47:26Z");
    }
    CM_AUTO_STR struct cm_str broken = {0};
    cli_log_format(CLI_LOG_JSON, CM_LOG_ERROR, 0, 0, "\xff\xc3", &broken);
    CHECK(!strchr(cm_str_text(&broken), '\xff'));
}

TEST(hostile_text_is_escaped)
{
    static const struct { const char *text, *bare, *quoted; } table[] = {
        {"plain", "plain", "plain"},
        {"a\"b\\c", "a\"b\\c", "a\\\"b\\\\c"},
        {"a\nb\rc\td", "a\\nb\\rc\\td", "a\\nb\\rc\\td"},
        {"\033[31m", "\\x1b[31m", "\\x1b[31m"},
        {"\x7f\b", "\\x7f\\x08", "\\x7f\\x08"},
        {"\xc2\x9b" "2J", "\\u009b2J", "\\u009b2J"},                 /* CSI of the C1 set */
        {"\x9b" "2J", "\\x9b2J", "\\x9b2J"},                         /* the same as a bare byte */
        {"\xe2\x80\xae" "abc", "\\u202eabc", "\\u202eabc"},          /* right-to-left override */
        {"\xe2\x81\xa6", "\\u2066", "\\u2066"},                      /* isolate */
        {"\xef\xbb\xbf", "\\ufeff", "\\ufeff"},
        {"\xf3\xa0\x80\x81", "\\U000e0001", "\\U000e0001"},          /* tag characters */
        {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
        {"\xc0\x8a", "\\xc0\\x8a", "\\xc0\\x8a"},                    /* overlong newline */
        {"\xe0\x80\x8a", "\\xe0\\x80\\x8a", "\\xe0\\x80\\x8a"},
        {"\xed\xa0\x80", "\\xed\\xa0\\x80", "\\xed\\xa0\\x80"},      /* surrogate */
        {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", "\\xf4\\x90\\x80\\x80"}, /* above U+10FFFF */
        {"\xe2\x82", "\\xe2\\x82", "\\xe2\\x82"},                    /* cut at the end */
        {"\xf0", "\\xf0", "\\xf0"},
    };
    for (size_t i = 0; i < CM_ARRAY_LEN(table); i++) {
        CM_AUTO_STR struct cm_str bare = {0}, quoted = {0};
        cm_escape(&bare, table[i].text, false);
        cm_escape(&quoted, table[i].text, true);
        CHECK_STR(cm_str_text(&bare), table[i].bare);
        CHECK_STR(cm_str_text(&quoted), table[i].quoted);
    }
}

/* What a child that uses the real log leaves in its log file and on standard error. */
struct outcome {
    char *file, *standard_error;
    int status;
};

struct scenario {
    const char *format;
    bool debug, hold, fail;
};

static char directory[64];

static void outcome_free(struct outcome *outcome)
{
    free(outcome->file);
    free(outcome->standard_error);
}

static void play(const struct scenario *scenario, const char *log, const char *standard_error)
{
    struct cm_error err;
    int fd = open(standard_error, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (fd < 0 || dup2(fd, STDERR_FILENO) < 0)
        _exit(99);
    cm_error_init(&err);
    if (cli_log_open(log, scenario->format, scenario->debug, &err) < 0) {
        cli_log_fail(err.message);
        _exit(1);
    }
    if (scenario->hold)
        cli_log_hold();
    cm_log(CM_LOG_WARNING, "careful");
    cm_debug("detail");
    if (scenario->fail)
        cli_log_fail("it \"failed\"");
    else
        cli_log_finish();
    _exit(0);
}

static struct outcome run_scenario(const struct scenario *scenario, const char *log_name)
{
    char log[128], standard_error[128];
    struct outcome outcome = {NULL, NULL, -1};
    size_t size;

    (void)snprintf(log, sizeof(log), "%s/%s", directory, log_name);
    (void)snprintf(standard_error, sizeof(standard_error), "%s/stderr", directory);
    (void)fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        play(scenario, log, standard_error);
    CHECK(child > 0 && waitpid(child, &outcome.status, 0) == child);
    if (cm_read_file_at(AT_FDCWD, log, 65536, false, &outcome.file, &size) < 0)
        outcome.file = strdup("");
    if (cm_read_file_at(AT_FDCWD, standard_error, 65536, false, &outcome.standard_error, &size) < 0)
        outcome.standard_error = strdup("");
    (void)unlink(log);
    (void)unlink(standard_error);
    return outcome;
}

static size_t count(const char *text, const char *word)
{
    size_t n = 0;

    for (; (text = strstr(text, word)); text++)
        n++;
    return n;
}

TEST(one_error_record_a_failure)
{
    static const struct { struct scenario scenario; size_t records, errors; bool warning_in_file; } table[] = {
        {{"json", false, true, true}, 1, 1, false}, /* podman decodes the whole file as one value */
        {{"json", false, true, false}, 1, 0, true},
        {{"json", false, false, true}, 2, 1, true},
        {{"json", true, true, true}, 3, 1, true},
        {{"text", false, true, true}, 1, 1, false},
        {{NULL, false, false, false}, 1, 0, true},
    };
    (void)snprintf(directory, sizeof(directory), "/tmp/casemate-test-log-XXXXXX");
    if (!mkdtemp(directory))
        SKIP("cannot make a directory in /tmp");
    for (size_t i = 0; i < CM_ARRAY_LEN(table); i++) {
        struct outcome outcome = run_scenario(&table[i].scenario, "log");
        const char *bare = strstr(outcome.standard_error, "it \"failed\"\n");

        CHECK_INT(outcome.status, 0);
        CHECK_INT(count(outcome.file, "\n"), table[i].records);
        CHECK_INT(count(outcome.file, "failed"), table[i].errors);
        CHECK_INT(count(outcome.file, "careful") > 0, table[i].warning_in_file);
        CHECK((bare != NULL) == table[i].scenario.fail);
        if (bare)
            CHECK(bare == outcome.standard_error || bare[-1] == '\n');                                                /* a line of its own */
        CHECK_INT(count(outcome.standard_error, "careful"), table[i].scenario.fail && !table[i].warning_in_file); /* a held warning is not lost */
        outcome_free(&outcome);
    }
    (void)rmdir(directory);
}

TEST(log_file_is_opened_with_care)
{
    static const struct scenario plain = {"text", false, false, true};
    char path[128], target[128];
    struct stat st;

    (void)snprintf(directory, sizeof(directory), "/tmp/casemate-test-log-XXXXXX");
    if (!mkdtemp(directory))
        SKIP("cannot make a directory in /tmp");
    (void)snprintf(path, sizeof(path), "%s/log", directory);
    (void)snprintf(target, sizeof(target), "%s/target", directory);

    CHECK_INT(symlink(target, path), 0);
    struct outcome outcome = run_scenario(&plain, "log");
    CHECK_INT(WEXITSTATUS(outcome.status), 1);
    CHECK_CONTAINS(outcome.standard_error, "must not be a symbolic link");
    CHECK(stat(target, &st) < 0);
    outcome_free(&outcome);

    CHECK_INT(mkfifo(path, 0600), 0);
    outcome = run_scenario(&plain, "log");
    CHECK_INT(WEXITSTATUS(outcome.status), 1); /* and does not hang */
    outcome_free(&outcome);

    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    CHECK(fd >= 0 && write(fd, "old\n", 4) == 4 && close(fd) == 0);
    outcome = run_scenario(&plain, "log");
    CHECK(cm_has_prefix(outcome.file, "old\ntime="));
    outcome_free(&outcome);

    static const struct scenario wrong = {"xml", false, false, true};
    outcome = run_scenario(&wrong, "log");
    CHECK_CONTAINS(outcome.standard_error, "invalid log-format: xml");
    CHECK_STR(outcome.file, "");
    outcome_free(&outcome);
    (void)rmdir(directory);
}
