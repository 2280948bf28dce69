/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The program that the escape corpus runs inside a container:
 *
 *   escape-probe [--control KIND --root DIR] all|ROW|ROW/ATTEMPT...   makes the attempts, prints one line of JSON for each
 *   escape-probe --list                                                      prints ROW ATTEMPT for all of them
 *   escape-probe --agent NAME [ARGUMENT...]                                  serves a row of the driver's; "wait" sleeps
 *
 * {"row":"E01","attempt":"unshare=user","result":"blocked","errno":"EPERM","detail":""}
 *
 * The result is blocked, escaped or n/a. With --control every attempt has namespaces of its own in which nothing protects: there it should escape.
 * Everything it meets is hostile to it or stands for somebody hostile; the driver believes its answers only as far as the host's view agrees.
 */
#include "escape.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../lib/probe.h"

#define SECONDS_MAX 20

enum result { UNKNOWN, BLOCKED, ESCAPED, ABSENT };
static const char *const result_names[] = {"broken", "blocked", "escaped", "n/a"};

/* Shared with the child that makes the attempt. */
struct outcome {
    enum result result;
    char error[24];
    char detail[2000];
    bool judged; /* by the attempt itself: held, works, absent */
};
static struct outcome *outcome;

struct task {
    const struct attempt *attempt;
    long (*run)(const char *argument);
    char argument[128];
};

/* ---- what an attempt can say ---- */

static void say(const char *format, va_list arguments)
{
    (void)vsnprintf(outcome->detail, sizeof(outcome->detail), format, arguments);
}

void detail(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
}

static long judge(enum result result, const char *error)
{
    outcome->judged = true;
    outcome->result = result;
    (void)snprintf(outcome->error, sizeof(outcome->error), "%s", error);
    return 0;
}

long absent(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
    return judge(ABSENT, "");
}

long held(bool good, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    if (!good)
        say(format, arguments);
    va_end(arguments);
    return judge(good ? BLOCKED : ESCAPED, good ? "OK" : "");
}

static const char *error_name(int errnum)
{
    const char *name = strerrorname_np(errnum);

    return name ? name : "unknown";
}

long works(long result)
{
    return judge(BLOCKED, result >= 0 ? "WORKS" : error_name(errno));
}

/* ---- one attempt ---- */

static bool has_word(const char *words, const char *word)
{
    size_t size = strlen(word);

    for (const char *at = words; at && (at = strstr(at, word)); at += size)
        if ((at == words || at[-1] == ' ') && (at[size] == ' ' || at[size] == '\0'))
            return true;
    return false;
}

static void make(void *argument)
{
    const struct task *task = argument;
    const struct attempt *attempt = task->attempt;

    (void)alarm(SECONDS_MAX);
    errno = 0;
    long r = task->run(task->argument);
    int errnum = errno;

    if (outcome->judged)
        return;
    if (r < 0) {
        (void)judge(has_word(attempt->through, error_name(errnum)) ? ESCAPED : BLOCKED, error_name(errnum));
    } else {
        (void)judge(attempt->counts && r == 0 ? BLOCKED : ESCAPED, attempt->counts && r == 0 ? "EMPTY" : "");
        if (attempt->counts && outcome->detail[0] == '\0')
            detail("%ld", r);
    }
}

static int in_child(void (*function)(void *), void *argument)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        function(argument);
        _exit(0);
    }
    return pid < 0 || waitpid(pid, &status, 0) != pid ? -1 : status;
}

static void print_string(const char *text)
{
    (void)putchar('"');
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            (void)putchar('\\');
        (void)putchar(c < 0x20 || c >= 0x7f ? '?' : c);
    }
    (void)putchar('"');
}

static void print_outcome(const struct task *task)
{
    (void)printf("{\"row\":\"%s\",\"attempt\":\"%s%s%s\",\"result\":\"%s\",\"errno\":\"%s\",\"detail\":", task->attempt->row, task->attempt->name,
                 task->argument[0] ? "=" : "", task->argument, result_names[outcome->result], outcome->error);
    print_string(outcome->detail);
    (void)puts("}");
    (void)fflush(stdout);
}

static void attempt_one(const struct task *task, const struct control *control)
{
    struct task copy = *task;

    memset(outcome, 0, sizeof(*outcome));
    int status = control ? in_control_arm(control, make, &copy) : in_child(make, &copy);
    if (status == -1) {
        (void)snprintf(outcome->error, sizeof(outcome->error), "%s", "NOT-MADE");
    } else if (WIFSIGNALED(status) && !outcome->judged) {
        outcome->result = BLOCKED;
        (void)snprintf(outcome->error, sizeof(outcome->error), "SIG%s", sigabbrev_np(WTERMSIG(status)));
    }
    print_outcome(task);
}

/* ---- which attempts ---- */

static long (*operation_of(const struct attempt *attempt))(const char *)
{
    if (attempt->run)
        return attempt->run;
    for (const struct probe_op *op = probe_ops; op->name; op++)
        if (strcmp(op->name, attempt->name) == 0)
            return op->run;
    (void)fprintf(stderr, "escape-probe: %s: there is no operation %s\n", attempt->row, attempt->name);
    exit(2);
}

struct walk {
    void (*visit)(const struct task *task, const struct walk *walk);
    int n_wanted;
    char **wanted;
    const struct control *control;
};

static bool is_wanted(const struct task *task, const struct walk *walk)
{
    char name[256];

    (void)snprintf(name, sizeof(name), "%s/%s%s%s", task->attempt->row, task->attempt->name, task->argument[0] ? "=" : "", task->argument);
    for (int i = 0; i < walk->n_wanted; i++)
        if (strcmp(walk->wanted[i], "all") == 0 || strcmp(walk->wanted[i], task->attempt->row) == 0 || strcmp(walk->wanted[i], name) == 0)
            return true;
    return false;
}

static void walk_table(const struct attempt *table, const struct walk *walk)
{
    for (const struct attempt *attempt = table; attempt && attempt->name; attempt++) {
        const char *word = attempt->each ? attempt->each : "";
        do {
            struct task task = {attempt, operation_of(attempt), ""};
            size_t size = strcspn(word, " ");
            if (size < sizeof(task.argument))
                memcpy(task.argument, word, size);
            if (is_wanted(&task, walk))
                walk->visit(&task, walk);
            word += size + (word[size] == ' ');
        } while (*word);
    }
}

static void walk_all(const struct walk *walk)
{
#define WALK_GROUP(letter) walk_table(group_##letter, walk);
    GROUPS(WALK_GROUP)
}

static void list_task(const struct task *task, const struct walk *walk)
{
    (void)walk;
    (void)printf("%s %s%s%s\n", task->attempt->row, task->attempt->name, task->argument[0] ? "=" : "", task->argument);
}

static void try_task(const struct task *task, const struct walk *walk)
{
    attempt_one(task, walk->control);
}

/* ---- agents ---- */

static int wait_for_the_end(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    (void)signal(SIGTERM, _exit);
    while (pause() < 0)
        ;
    return 0;
}

static volatile sig_atomic_t received;

static void note_signal(int number)
{
    received = number;
}

/* marker FILE WORD: a process of the host whom no container may reach. Writes the number of every signal that it gets to the file, and holds
 * a directory, so that there is one to come by on every host. */
static int be_a_marker(int argc, char **argv)
{
    if (open("/", O_PATH | O_DIRECTORY | O_CLOEXEC) < 0)
        return 1;
    for (int number = 1; number < 32; number++)
        (void)signal(number, note_signal);
    int fd = argc > 1 ? open(argv[1], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    while (fd >= 0 && pause() < 0)
        (void)dprintf(fd, "%d\n", (int)received);
    return 1;
}

static const struct agent common_agents[] = {{"wait", wait_for_the_end}, {"marker", be_a_marker}, {NULL, NULL}};

static int run_agent(int argc, char **argv)
{
    const struct agent *tables[] = {common_agents,
#define AGENTS_OF(letter) agents_##letter,
        GROUPS(AGENTS_OF)
    };

    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
        for (const struct agent *agent = tables[i]; agent && agent->name; agent++)
            if (argc > 0 && strcmp(agent->name, argv[0]) == 0)
                return agent->run(argc, argv);
    (void)fprintf(stderr, "escape-probe: no agent %s\n", argc > 0 ? argv[0] : "");
    return 2;
}

int main(int argc, char **argv)
{
    char all[] = "all", *everything[] = {all};
    struct control control = {NULL, "/"};
    struct walk walk = {.visit = try_task, .n_wanted = argc - 1, .wanted = argv + 1};

    if (argc >= 2 && strcmp(argv[1], "--agent") == 0)
        return run_agent(argc - 2, argv + 2);
    if (argc == 2 && strcmp(argv[1], "--list") == 0)
        walk = (struct walk){.visit = list_task, .n_wanted = 1, .wanted = everything};
    for (; walk.n_wanted >= 2 && strncmp(walk.wanted[0], "--", 2) == 0; walk.n_wanted -= 2, walk.wanted += 2) {
        if (strcmp(walk.wanted[0], "--control") == 0)
            control.kind = walk.wanted[1];
        else if (strcmp(walk.wanted[0], "--root") == 0)
            control.root = walk.wanted[1];
        else
            return (void)fprintf(stderr, "escape-probe: unknown option %s\n", walk.wanted[0]), 2;
    }
    walk.control = control.kind ? &control : NULL;
    outcome = mmap(NULL, sizeof(*outcome), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (outcome == MAP_FAILED || walk.n_wanted < 1)
        return (void)fputs("usage: escape-probe [--control KIND --root DIR] all|ROW|ROW/ATTEMPT...\n", stderr), 2;
    walk_all(&walk);
    return 0;
}
