/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs inside a container and attacks whoever joins it:
 *
 *   stalker PIDS SECONDS [stop|kill|write|until=TEXT]
 *
 * Waits for each new process of its pid namespace and hammers it, from its first moment until it has executed its program, with everything by which one process
 * reaches into another. The runtime fills its command line with NULs before the process is born, so a process whose command line has no text has not executed
 * yet. (Nothing at all, not even NULs, is there of one that has ended.) A success counts only if that is still so afterwards: the program may be attacked by
 * right and is not taken for the runtime. Ends after so many processes or seconds, or when none has come for a while, and says per operation how often it
 * tried, how often it got through, and what it was told last; then every command line it saw. "stop" sends SIGSTOP and a little later SIGCONT instead, "kill" SIGKILL.
 * "write" only tries to write to what the process executes. "until=TEXT" is for runtimes that do not hide their command line: a process has not executed its program
 * as long as its command line lacks that text.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LINES_MAX 64
#define IDLE_SECONDS 2

static char path[128], line[512];
static const char *last_word; /* of the program's own command line */
static pid_t target;
static int target_fd;

static const char *in_proc(const char *name)
{
    (void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)target, name);
    return path;
}

static long opened(int fd)
{
    if (fd >= 0)
        (void)close(fd);
    return fd < 0 ? -1 : 0;
}

static long open_file(const char *name, int flags)
{
    return opened(open(in_proc(name), flags | O_CLOEXEC | O_NONBLOCK));
}

/* Files that open for everybody but are judged at every read. */
static long read_file(const char *name)
{
    char byte;
    int fd = open(in_proc(name), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t n = fd < 0 ? -1 : read(fd, &byte, 1);
    int saved = errno;

    (void)opened(fd);
    if (n == 0) { /* empty: nothing was told */
        errno = ENODATA;
        return -1;
    }
    errno = saved;
    return n > 0 ? 0 : -1;
}

static long read_link(const char *name)
{
    char text[256];

    return readlink(in_proc(name), text, sizeof(text)) < 0 ? -1 : 0;
}

static bool seized;

static long try_seize(void)
{
    if (ptrace(PTRACE_SEIZE, target, NULL, NULL) < 0)
        return -1;
    seized = true;
    return 0;
}

/* Nobody learns of the end of a process that we trace before we have waited for it. */
static void let_go(void)
{
    int status;

    for (int i = 0; seized && i < 2000; i++) {
        pid_t r = waitpid(target, &status, __WALL | WNOHANG);
        if (r < 0 || (r == target && (WIFEXITED(status) || WIFSIGNALED(status))))
            seized = false;
        else if (r == target)
            (void)ptrace(PTRACE_CONT, target, NULL, NULL);
        else
            (void)usleep(1000);
    }
    seized = false;
}

/* An address that is nobody's: EFAULT says that access was granted. */
static long try_memory(long number)
{
    char byte = 0;
    struct iovec here = {&byte, 1}, there = {(void *)8, 1};

    if (syscall(number, target, &here, 1UL, &there, 1UL, 0UL) >= 0 || errno == EFAULT)
        return 0;
    return -1;
}
static long try_vm_readv(void) { return try_memory(SYS_process_vm_readv); }
static long try_vm_writev(void) { return try_memory(SYS_process_vm_writev); }

static long try_getfd(void)
{
    for (int i = 0; i < 12; i++) {
        long fd = syscall(SYS_pidfd_getfd, target_fd, i, 0);
        if (fd >= 0 || errno == EBADF)
            return fd >= 0 ? opened((int)fd) : 0;
    }
    return -1;
}

static long try_fd_open(void)
{
    char name[16];

    for (int i = 0; i < 12; i++) {
        (void)snprintf(name, sizeof(name), "fd/%d", i);
        if (open_file(name, O_RDONLY) == 0 || read_link(name) == 0)
            return 0;
    }
    return -1;
}

/* Lists a directory of the process's. */
static long list_names(const char *name)
{
    DIR *dir = opendir(in_proc(name));
    const struct dirent *entry;
    bool got = false;

    if (!dir)
        return -1;
    while ((entry = readdir(dir)))
        got |= entry->d_name[0] != '.';
    (void)closedir(dir);
    errno = EACCES;
    return got ? 0 : -1;
}

static long try_map_files(void) { return list_names("map_files"); }
static long try_fd_dir(void) { return list_names("fd"); }
static long try_exe(void) { return read_link("exe"); }
static long try_exe_write(void) { return open_file("exe", O_WRONLY); }
static long try_exe_path(void) { return open_file("exe", O_PATH); }
static long try_cwd(void) { return open_file("cwd", O_PATH); }
static long try_root(void) { return open_file("root", O_PATH); }
static long try_mem(void) { return open_file("mem", O_RDWR); }
static long try_maps(void) { return read_file("maps"); }
static long try_environ(void) { return read_file("environ"); }
static long try_auxv(void) { return read_file("auxv"); }
static long try_stack(void) { return read_file("stack"); }
static long try_ns(void) { return open_file("ns/mnt", O_RDONLY); }
static long try_comm(void) { return open_file("comm", O_WRONLY); }
static long try_oom(void) { return open_file("oom_score_adj", O_WRONLY); }
static long try_kcmp(void) { return syscall(SYS_kcmp, target, getpid(), 0 /* KCMP_FILE */, 0UL, 0UL) < 0 ? -1 : 0; }

static struct operation {
    const char *name;
    long (*run)(void);
    unsigned long tries, hits;
    int errnum;
} operations[] = {
    {.name = "exe", .run = try_exe},           {.name = "exe-path", .run = try_exe_path}, {.name = "exe-write", .run = try_exe_write},
    {.name = "cwd", .run = try_cwd},           {.name = "root", .run = try_root},         {.name = "fd-dir", .run = try_fd_dir},
    {.name = "fd", .run = try_fd_open},        {.name = "pidfd-getfd", .run = try_getfd}, {.name = "vm-readv", .run = try_vm_readv},
    {.name = "vm-writev", .run = try_vm_writev}, {.name = "mem", .run = try_mem},         {.name = "maps", .run = try_maps},
    {.name = "map-files", .run = try_map_files}, {.name = "environ", .run = try_environ}, {.name = "auxv", .run = try_auxv},
    {.name = "stack", .run = try_stack},       {.name = "ns", .run = try_ns},             {.name = "comm", .run = try_comm},
    {.name = "oom", .run = try_oom},           {.name = "kcmp", .run = try_kcmp},         {.name = "seize", .run = try_seize},
};
#define N_OPERATIONS (sizeof(operations) / sizeof(operations[0]))

static char *lines[LINES_MAX];

/* 1: there is text in it, 0: only NULs, -1: nothing, or gone. */
static int command_line(void)
{
    int fd = open(in_proc("cmdline"), O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, line, sizeof(line) - 1);
    bool text = false;

    (void)opened(fd);
    if (n <= 0)
        return -1;
    line[n] = '\0';
    for (ssize_t i = 0; i < n; i++) {
        text |= line[i] != '\0';
        line[i] = line[i] == '\0' || line[i] == '\n' ? ' ' : line[i];
    }
    return text;
}

static void note_line(void)
{
    for (int i = 0; i < LINES_MAX; i++) {
        if (!lines[i])
            lines[i] = strdup(line);
        if (!lines[i] || strcmp(lines[i], line) == 0)
            return;
    }
}

/* Whether it has not executed yet, as far as can be told now. */
static bool joining(void)
{
    int r = command_line();

    if (r > 0)
        note_line();
    return last_word ? r >= 0 && !strstr(line, last_word) : r == 0;
}

static void hammer(const char *only)
{
    for (size_t i = 0; i < N_OPERATIONS; i++) {
        struct operation *op = &operations[i];
        if (only && strcmp(op->name, only) != 0)
            continue;
        long r = op->run();
        int errnum = errno;
        if (!joining())
            return;
        op->tries++;
        op->hits += r == 0;
        op->errnum = r == 0 ? op->errnum : errnum;
    }
}

static double now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void disturb(const char *how)
{
    if (strcmp(how, "kill") == 0) {
        (void)kill(target, SIGKILL);
        return;
    }
    for (int i = 0; i < 3 && kill(target, SIGSTOP) == 0; i++) {
        (void)usleep(30000);
        (void)kill(target, SIGCONT);
    }
}

/* Pids are given out one after the other, so the next one is known before it is there. */
static pid_t next_process(pid_t last, double end)
{
    while (now() < end)
        for (pid_t pid = last + 1; pid <= last + 8; pid++)
            if (pid != getpid() && (target_fd = (int)syscall(SYS_pidfd_open, pid, 0)) >= 0)
                return pid;
    return 0;
}

int main(int argc, char **argv)
{
    long limit = argc > 1 ? atol(argv[1]) : 0, seen = 0, caught = 0;
    double end = now() + (argc > 2 ? atof(argv[2]) : 0);
    const char *how = argc > 3 ? argv[3] : NULL, *only = how && strcmp(how, "write") == 0 ? "exe-write" : NULL;
    pid_t last = getpid();

    if (how && strncmp(how, "until=", 6) == 0) {
        last_word = how + 6;
        how = NULL;
    }

    (void)prctl(PR_SET_NAME, "stalker");
    (void)printf("{\"ready\":true}\n");
    (void)fflush(stdout);
    /* when nobody comes any more, it is over */
    while (seen < limit && (target = next_process(last, seen > 0 && now() + IDLE_SECONDS < end ? now() + IDLE_SECONDS : end)) > 0) {
        seen++;
        last = target;
        bool early = joining();
        caught += early;
        if (how && !only)
            disturb(how);
        for (int i = 0; early && i < 10000 && joining(); i++)
            if (!how || only)
                hammer(only);
        let_go();
        (void)close(target_fd);
    }
    (void)printf("{\"seen\":%ld,\"caught\":%ld}\n", seen, caught);
    for (size_t i = 0; i < N_OPERATIONS; i++)
        if (operations[i].tries > 0)
            (void)printf("{\"op\":\"%s\",\"tries\":%lu,\"hits\":%lu,\"errno\":\"%s\"}\n", operations[i].name, operations[i].tries, operations[i].hits,
                         operations[i].errnum ? strerrorname_np(operations[i].errnum) : "");
    for (int i = 0; i < LINES_MAX && lines[i]; i++)
        (void)printf("cmdline: %s\n", lines[i]);
    return 0;
}
