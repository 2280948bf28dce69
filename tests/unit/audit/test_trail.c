/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where records go: many writers of one file, places that cannot be written to, the limit of all processes together. */
#include "check.h"
#include "place.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "audit/rate.h"
#include "audit/trail.h"
#include "base/arena.h"

#define WRITERS 50
#define EACH 40

/* A directory of the kind that a policy demands: not below /tmp, which others may write to. */
static char safe[64];

static bool safe_make(void)
{
    (void)snprintf(safe, sizeof(safe), "/root/.casemate-audit-XXXXXX");
    return geteuid() == 0 && mkdtemp(safe) != NULL;
}

static void safe_drop(void)
{
    char command[128];

    (void)snprintf(command, sizeof(command), "rm -rf %s", safe);
    CHECK_INT(system(command), 0); /* a test's own directory */
}

/* A disk of two pages in that place, with a file that stays and room for a few records. False: with what the test is skipped for. */
static bool small_disk(char path[96])
{
    char command[320];

    if (!safe_make())
        return false;
    (void)snprintf(path, 96, "%s/audit.log", safe);
    (void)snprintf(command, sizeof(command), "mount -t tmpfs -o size=8k,mode=755 none %1$s && touch %1$s/audit.log %1$s/other", safe);
    if (system(command) == 0) /* a test's own directory */
        return true;
    safe_drop();
    return false;
}

static void small_disk_grow(void)
{
    char command[128];

    (void)snprintf(command, sizeof(command), "mount -o remount,size=64k %s", safe);
    CHECK_INT(system(command), 0);
}

static void small_disk_drop(void)
{
    char command[128];

    (void)snprintf(command, sizeof(command), "umount %s", safe);
    CHECK_INT(system(command), 0);
    safe_drop();
}

static int send_to(const char *path, bool required, const char *id, struct cm_error *err)
{
    const struct cm_audit_sink sink = {CM_AUDIT_FILE, path, required};
    struct cm_audit_trail trail = {.n = 1, .sinks = &sink, .directory = CM_FD_NONE, .initial = true};
    struct cm_audit_record record = {.id = id};

    cm_error_init(err);
    return cm_audit_send(&trail, &record, err);
}

/* Long and short ones, so that lines would show where they mix. The last ones are for the file after the rotation,
 * however fast the others were. */
static void write_many(const char *path, const char *rotated, int writer)
{
    static char id[256];
    struct cm_error err;

    for (int i = 0; i < EACH; i++) {
        for (int n = 0; i == EACH - 2 && n < 20000 && access(rotated, F_OK) < 0; n++)
            (void)usleep(1000);
        size_t size = (size_t)(writer * 7 + i * 11) % 240 + 8;
        memset(id, 'a' + writer % 26, size);
        id[size] = '\0';
        if (send_to(path, false, id, &err) != 0)
            _exit(1);
    }
    _exit(0);
}

TEST(many_writers_and_a_rotation)
{
    char path[96], rotated[96], line[CM_AUDIT_LINE_MAX + 1];
    int status, n = 0;

    if (!safe_make())
        SKIP("needs root");
    (void)snprintf(path, sizeof(path), "%s/audit.log", safe);
    (void)snprintf(rotated, sizeof(rotated), "%s/audit.log.1", safe);
    for (int i = 0; i < WRITERS; i++) {
        pid_t pid = fork();
        if (pid == 0)
            write_many(path, rotated, i);
        CHECK(pid > 0);
    }
    for (int i = 0; i < 20000 && access(path, F_OK) < 0; i++)
        (void)usleep(1000);
    CHECK_INT(rename(path, rotated), 0); /* as logrotate does, in the middle of it */
    while (wait(&status) > 0)
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    const char *const files[] = {path, rotated};
    for (size_t i = 0; i < CM_ARRAY_LEN(files); i++) {
        struct stat st;
        CHECK(stat(files[i], &st) == 0 && (st.st_mode & 07777) == 0600);
        FILE *file = fopen(files[i], "re");
        while (file && fgets(line, sizeof(line), file)) {
            const char *id = strstr(line, "\"id\":\"");
            id = id ? id + 6 : "";
            CHECK(strncmp(line, "{\"version\":1,", 13) == 0 && strstr(line, "\"durationUs\":0}\n") != NULL);
            CHECK(strspn(id, (const char[]){id[0], '\0'}) == strcspn(id, "\"")); /* of one writer only */
            n++;
        }
        if (file)
            (void)fclose(file);
    }
    CHECK_INT(n, WRITERS * EACH);
    safe_drop();
}

TEST(places_that_are_not_written_to)
{
    char path[160], command[512];
    struct cm_error err;
    static const struct {
        const char *make, *message; /* %s: the directory */
    } rows[] = {
        {"mkfifo %1$s/audit.log", "No such device or address"}, /* nobody reads: not waited for */
        {"mkdir %1$s/audit.log", "Is a directory"},
        {"ln -s %1$s/other %1$s/audit.log", "is a symbolic link"},
        {"touch %1$s/audit.log && chown 1000 %1$s/audit.log", "belongs to uid 1000 and not to root, so records of the audit are not written there"},
        {"touch %1$s/audit.log && chmod 666 %1$s/audit.log", "is writable for its group or for others"},
        {"chmod 777 %1$s", "is writable for its group or for others"},
        {"chown 1000 %1$s", "belongs to uid 1000"},
        {"mknod %1$s/audit.log c 1 3", "is not a regular file"},
        {"rmdir %1$s", "No such file or directory"},
    };

    for (size_t i = 0; i < CM_ARRAY_LEN(rows); i++) {
        if (!safe_make())
            SKIP("needs root");
        (void)snprintf(path, sizeof(path), "%s/audit.log", safe);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        (void)snprintf(command, sizeof(command), rows[i].make, safe);
#pragma GCC diagnostic pop
        CHECK_INT(system(command), 0);
        CHECK_INT(send_to(path, false, "a", &err), 1);
        CHECK_CONTAINS(err.message, rows[i].message);
        CHECK(send_to(path, true, "a", &err) < 0);
        CHECK_CONTAINS(err.message, rows[i].message);
        safe_drop();
    }
}

/* A reader of the FIFO makes no sink of it. */
TEST(a_fifo_with_a_reader)
{
    char path[96];
    struct cm_error err;

    if (!safe_make())
        SKIP("needs root");
    (void)snprintf(path, sizeof(path), "%s/audit.log", safe);
    CHECK_INT(mkfifo(path, 0600), 0);
    CM_AUTO_CLOSE int reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    CHECK(reader >= 0);
    CHECK_INT(send_to(path, false, "a", &err), 1);
    CHECK_CONTAINS(err.message, "is not a regular file");
    safe_drop();
}

/* What the own limit forbids kills the writer, unless it looks; what a full disk takes of a line spoils no other. */
TEST(limits_and_full_disks)
{
    char path[96], command[256];
    struct cm_error err;

    if (!safe_make())
        SKIP("needs root");
    (void)snprintf(path, sizeof(path), "%s/audit.log", safe);
    pid_t pid = fork();
    if (pid == 0) {
        const struct rlimit limit = {100, 100};
        _exit(setrlimit(RLIMIT_FSIZE, &limit) < 0 || send_to(path, false, "a", &err) != 1 || !strstr(err.message, "File too large"));
    }
    int status = 0;
    CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);

    (void)snprintf(command, sizeof(command), "mount -t tmpfs -o size=16k,mode=755 none %s", safe);
    if (system(command) != 0) {
        safe_drop();
        SKIP("a tmpfs cannot be mounted");
    }
    int lost = 0, taken = 0;
    for (int i = 0; i < 200; i++)
        *(send_to(path, false, "full", &err) == 0 ? &taken : &lost) += 1;
    CHECK(taken > 10 && lost > 10);
    CHECK_CONTAINS(err.message, "No space left on device");
    (void)snprintf(command, sizeof(command), "umount %s", safe);
    CHECK_INT(system(command), 0);
    safe_drop();
}

TEST(what_is_left_of_a_line_is_blank)
{
    char path[96], line[CM_AUDIT_LINE_MAX + 1];
    struct cm_error err;
    int whole = 0, blank = 0;

    if (!small_disk(path))
        SKIP("needs root, and a tmpfs that can be mounted");
    while (send_to(path, false, "full", &err) == 0)
        ;
    small_disk_grow();
    CHECK_INT(send_to(path, false, "after", &err), 0);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof(line), file)) {
        whole += strncmp(line, "{\"version\":1,", 13) == 0 && strstr(line, "\"durationUs\":0}\n") != NULL;
        blank += strspn(line, " ") + 1 == strlen(line);
    }
    if (file)
        (void)fclose(file);
    CHECK_CONTAINS(line, "\"id\":\"after\"");
    CHECK(whole > 10);
    CHECK_INT(blank, 1);
    small_disk_drop();
}

/* A required sink stays open over a whole launch: what is written to it after a full disk is appended, too. */
TEST(an_open_file_appends_after_a_full_disk)
{
    char path[96], line[CM_AUDIT_LINE_MAX + 1];
    struct cm_error err;
    int other = 0, failed = 0;

    if (!small_disk(path))
        SKIP("needs root, and a tmpfs that can be mounted");
    const struct cm_audit_sink sink = {CM_AUDIT_FILE, path, true};
    struct cm_audit_trail trail = {.n = 1, .sinks = &sink, .directory = CM_FD_NONE, .initial = true};
    struct cm_audit_record record = {.id = "own"};
    CHECK_INT(cm_audit_open(&trail, &err), 0);
    while (cm_audit_send(&trail, &record, &err) == 0)
        ;
    small_disk_grow();
    CHECK_INT(send_to(path, false, "other", &err), 0);
    record.id = "failed";
    CHECK_INT(cm_audit_send(&trail, &record, &err), 0);
    cm_audit_close(&trail);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof(line), file)) {
        other += strstr(line, "\"id\":\"other\"") != NULL;
        failed += strstr(line, "\"id\":\"failed\"") != NULL;
    }
    if (file)
        (void)fclose(file);
    CHECK_INT(other, 1);
    CHECK_INT(failed, 1);
    small_disk_drop();
}

TEST(the_limit_of_a_minute)
{
    int dir = place_make("audit-rate");
    uint64_t lost = 99;

    for (int i = 0; i < 5; i++)
        CHECK(cm_audit_rate_take(dir, 5, 10, &lost) && lost == 0);
    for (int i = 0; i < 3; i++)
        CHECK(!cm_audit_rate_take(dir, 5, 10, &lost));
    CHECK(cm_audit_rate_take(dir, 5, 11, &lost));
    CHECK_INT(lost, 3);
    CHECK(cm_audit_rate_take(dir, 5, 11, &lost));
    CHECK_INT(lost, 0);
    cm_audit_rate_lose(dir, 2);
    CHECK(cm_audit_rate_take(dir, 5, 11, &lost));
    CHECK_INT(lost, 2);
    /* a lower limit counts at once, and a clock that went back begins anew */
    CHECK(!cm_audit_rate_take(dir, 2, 11, &lost));
    CHECK(cm_audit_rate_take(dir, 2, 3, &lost));
    CHECK_INT(lost, 1);
    /* what cannot be used limits nothing */
    CHECK_INT(unlinkat(dir, CM_AUDIT_RATE_NAME, 0), 0);
    CHECK_INT(symlinkat("/dev/null", dir, CM_AUDIT_RATE_NAME), 0);
    CHECK(cm_audit_rate_take(dir, 0, 11, &lost));
    CHECK_INT(unlinkat(dir, CM_AUDIT_RATE_NAME, 0), 0);
    CHECK_INT(mkfifoat(dir, CM_AUDIT_RATE_NAME, 0600), 0);
    CHECK(cm_audit_rate_take(dir, 0, 11, &lost));
    (void)close(dir);
    place_drop();
}

/* All processes together: none is written too many, none is lost without being counted. */
TEST(the_limit_of_many_processes)
{
    enum { PROCESSES = 20, TRIES = 500, LIMIT = 3333 };
    int dir = place_make("audit-rate"), taken = 0, status;
    uint64_t lost;

    for (int i = 0; i < PROCESSES; i++)
        if (fork() == 0) {
            int n = 0;
            for (int j = 0; j < TRIES; j++)
                n += cm_audit_rate_take(dir, LIMIT, 7, &lost) ? 1 : 0;
            _exit(n > 255 * 2 ? 255 : n / 2); /* pairs, to fit */
        }
    while (wait(&status) > 0)
        taken += WEXITSTATUS(status);
    CHECK(taken <= LIMIT / 2 && taken > LIMIT / 2 - PROCESSES);
    CHECK(cm_audit_rate_take(dir, LIMIT, 8, &lost));
    CHECK_INT(lost, PROCESSES * TRIES - LIMIT);
    (void)close(dir);
    place_drop();
}

static time_t minute(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_BOOTTIME, &now);
    return now.tv_sec / 60;
}

static int lines_of(const char *path)
{
    FILE *file = fopen(path, "re");
    int n = 0;

    for (int c; file && (c = fgetc(file)) != EOF;)
        n += c == '\n';
    if (file)
        (void)fclose(file);
    return n;
}

/* A pod that has itself probed every second silences nobody else. */
TEST(a_flood_of_exec_leaves_room_for_other_events)
{
    int dir = place_make("audit-rate");
    char path[96];
    const struct cm_audit_sink sink = {CM_AUDIT_FILE, path, false};
    struct cm_audit_trail trail = {.n = 1, .sinks = &sink, .per_minute = 8, .directory = dir, .initial = true};
    struct cm_audit_record exec = {.id = "probed", .event = CM_AUDIT_EXEC}, kill = {.id = "other", .event = CM_AUDIT_KILL};
    struct cm_error err;

    if (!safe_make()) {
        (void)close(dir);
        place_drop();
        SKIP("needs root");
    }
    (void)snprintf(path, sizeof(path), "%s/audit.log", safe);
    for (time_t begun = 0; begun != minute();) { /* again, if a minute began meanwhile */
        begun = minute();
        CHECK(unlinkat(dir, CM_AUDIT_RATE_NAME, 0) == 0 || errno == ENOENT);
        CHECK(unlink(path) == 0 || errno == ENOENT);
        for (int i = 0; i < 20; i++)
            CHECK_INT(cm_audit_send(&trail, &exec, &err), 0);
        if (begun == minute())
            CHECK_INT(lines_of(path), 6);
        for (int i = 0; i < 5; i++)
            CHECK_INT(cm_audit_send(&trail, &kill, &err), 0);
        if (begun == minute())
            CHECK_INT(lines_of(path), 8);
    }
    (void)close(dir);
    place_drop();
    safe_drop();
}

TEST(suppressed_records_are_told_with_the_next)
{
    int dir = place_make("audit-rate");
    char path[96], text[4096] = "";
    const struct cm_audit_sink sink = {CM_AUDIT_FILE, path, false};
    struct cm_audit_trail trail = {.n = 1, .sinks = &sink, .per_minute = 2, .directory = dir, .initial = true};
    struct cm_error err;

    if (!safe_make()) {
        (void)close(dir);
        place_drop();
        SKIP("needs root");
    }
    (void)snprintf(path, sizeof(path), "%s/audit.log", safe);
    for (time_t begun = 0; begun != minute();) { /* again, if a minute began meanwhile */
        begun = minute();
        CHECK(unlinkat(dir, CM_AUDIT_RATE_NAME, 0) == 0 || errno == ENOENT);
        CHECK(unlink(path) == 0 || errno == ENOENT);
        trail.per_minute = 2;
        for (int i = 0; i < 5; i++) {
            struct cm_audit_record record = {.id = "a"};
            CHECK_INT(cm_audit_send(&trail, &record, &err), 0);
        }
        trail.per_minute = 1000;
        struct cm_audit_record record = {.id = "b"};
        CHECK_INT(cm_audit_send(&trail, &record, &err), 0);
    }
    CM_AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
    CHECK(cm_read_full(fd, text, sizeof(text) - 1) > 0);
    CHECK_CONTAINS(text, "\"lost\":3}\n");
    (void)close(dir);
    place_drop();
    safe_drop();
}

TEST(sinks_without_privilege)
{
    const struct cm_audit_sink file = {CM_AUDIT_FILE, "/nowhere/audit.log", false}, required = {CM_AUDIT_FILE, "/nowhere/audit.log", true};
    struct cm_audit_trail trail = {.n = 1, .sinks = &file, .directory = CM_FD_NONE, .initial = false};
    struct cm_audit_record record = {.id = "a"};
    struct cm_error err;

    CHECK_INT(cm_audit_send(&trail, &record, &err), 0); /* not theirs, and not asked for */
    trail.sinks = &required;
    CHECK_INT(cm_audit_send(&trail, &record, &err), -EPERM);
    CHECK_CONTAINS(err.message, "/nowhere/audit.log is root's");
    CHECK_INT(cm_audit_open(&trail, &err), -EPERM);
    cm_audit_close(&trail);
}

TEST(sinks_as_text)
{
    CM_AUTO_ARENA struct cm_arena arena = {0};
    static const struct cm_audit_sink sinks[] = {{CM_AUDIT_FILE, "/var/log/a b", false}, {CM_AUDIT_JOURNALD, NULL, false}, {CM_AUDIT_SYSLOG, NULL, false}};
    static const char *const texts[] = {"file:/var/log/a b", "journald:", "syslog:"}, *const bad[] = {"", "file:", "file:x", "journald:x", "journal", "syslog:/x"};
    struct cm_audit_sink sink;

    for (size_t i = 0; i < CM_ARRAY_LEN(sinks); i++) {
        CHECK_STR(cm_audit_sink_text(&sinks[i], &arena), texts[i]);
        CHECK(cm_audit_sink_parse(texts[i], &sink) && sink.kind == sinks[i].kind && (!sinks[i].path || cm_streq(sink.path, sinks[i].path)));
    }
    for (size_t i = 0; i < CM_ARRAY_LEN(bad); i++)
        CHECK(!cm_audit_sink_parse(bad[i], &sink));
}
