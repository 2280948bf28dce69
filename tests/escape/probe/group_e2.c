/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Group E, rows 11 and 12: the processes of others, through /proc and through system calls. The target is a process of the host with a known pid and name. */
#include "escape.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* ---- E11: through /proc ---- */

/* Calls a function for each process that is there, and adds up what it returns. */
static long each_process(long (*function)(const char *pid))
{
    DIR *dir = opendir("/proc");
    const struct dirent *entry;
    long found = 0;

    while (dir && (entry = readdir(dir)))
        if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9')
            found += function(entry->d_name);
    return dir ? found : -1;
}

static long has_marker(const char *pid)
{
    const char *marker = getenv("ESCAPE_MARKER");
    char path[64], text[4096];
    long n;

    (void)snprintf(path, sizeof(path), "/proc/%s/cmdline", pid);
    n = read_path(path, text, sizeof(text));
    return n > 0 && marker && memmem(text, (size_t)n, marker, strlen(marker)) != NULL;
}

static long see_marker(const char *argument)
{
    (void)argument;
    return each_process(has_marker);
}

static const char *looked_through;

static long shows_canary(const char *pid)
{
    const char *canary = getenv("ESCAPE_CANARY");
    char path[512];
    struct stat found;

    (void)snprintf(path, sizeof(path), "/proc/%s/%s%s", pid, looked_through, canary ? canary : "/nowhere");
    if (stat(path, &found) != 0)
        return 0;
    detail("%s", path);
    return 1;
}

static long reach_canary(const char *name)
{
    looked_through = name;
    return each_process(shows_canary) + shows_canary("self") + shows_canary("thread-self");
}

/* Directories and files that a process of the container holds and that are not in its root. */
static long leads_out(const char *pid)
{
    char path[64], target[512];
    struct stat found, root;
    DIR *dir;
    const struct dirent *entry;
    long out = 0;

    (void)snprintf(path, sizeof(path), "/proc/%s/fd", pid);
    dir = opendir(path);
    (void)stat("/", &root);
    while (dir && (entry = readdir(dir))) {
        (void)snprintf(target, sizeof(target), "/proc/%s/fd/%.32s", pid, entry->d_name);
        if (entry->d_name[0] == '.' || stat(target, &found) != 0 || !S_ISDIR(found.st_mode))
            continue;
        (void)snprintf(target, sizeof(target), "/proc/%s/fd/%.32s/../../../../../../../../..", pid, entry->d_name);
        if (stat(target, &found) == 0 && (found.st_ino != root.st_ino || found.st_dev != root.st_dev))
            out++;
    }
    if (dir)
        (void)closedir(dir);
    return out;
}

static long held_directories(const char *argument)
{
    (void)argument;
    return each_process(leads_out);
}

/* ---- E12: by system calls. Every one asks only, or sends what is ignored ---- */

static pid_t marker_pid(void)
{
    return (pid_t)aim("ESCAPE_MARKER_PID");
}

static long marker_fd(void)
{
    return syscall(SYS_pidfd_open, (long)marker_pid(), 0L);
}

static long by_kill(void) { return kill(marker_pid(), 0); }
static long by_tkill(void) { return syscall(SYS_tkill, (long)marker_pid(), 0L); }
static long by_tgkill(void) { return syscall(SYS_tgkill, (long)marker_pid(), (long)marker_pid(), 0L); }
static long by_killpg(void) { return kill(-marker_pid(), 0); }
static long by_pidfd_open(void) { return marker_fd(); }
static long by_pidfd_signal(void) { return syscall(SYS_pidfd_send_signal, marker_fd(), 0L, NULL, 0L); }
static long by_pidfd_getfd(void) { return syscall(SYS_pidfd_getfd, marker_fd(), 0L, 0L); }
static long by_ptrace(void) { return ptrace(PTRACE_SEIZE, marker_pid(), NULL, NULL); }
static long by_kcmp(void) { return syscall(SYS_kcmp, (long)marker_pid(), (long)marker_pid(), 0L, 0L, 0L); }
static long by_prlimit(void) { struct rlimit limit; return prlimit(marker_pid(), RLIMIT_CORE, NULL, &limit); }
static long by_affinity(void) { cpu_set_t set; return sched_getaffinity(marker_pid(), sizeof(set), &set); }
static long by_scheduler(void) { return sched_getscheduler(marker_pid()); }
static long by_ioprio(void) { return syscall(SYS_ioprio_get, 1L, (long)marker_pid()); }
static long by_priority(void) { errno = 0; return getpriority(PRIO_PROCESS, (id_t)marker_pid()) == -1 && errno ? -1 : 0; }
static long by_sid(void) { return getsid(marker_pid()); }
static long by_robust_list(void) { void *head; size_t size; return syscall(SYS_get_robust_list, (long)marker_pid(), &head, &size); }
static long by_move_pages(void) { return syscall(SYS_move_pages, (long)marker_pid(), 0L, NULL, NULL, NULL, 0L); }

static long by_memory(void)
{
    char byte;
    struct iovec here = {&byte, 1}, there = {(void *)8, 1};

    return syscall(SYS_process_vm_readv, (long)marker_pid(), &here, 1L, &there, 1L, 0L);
}

static long by_queue(void)
{
    siginfo_t info = {.si_code = SI_QUEUE};

    return syscall(SYS_rt_sigqueueinfo, (long)marker_pid(), 0L, &info);
}

static const struct { const char *name; long (*run)(void); } reaches[] = {
    {"kill", by_kill},         {"tkill", by_tkill},       {"tgkill", by_tgkill},         {"killpg", by_killpg},     {"pidfd_open", by_pidfd_open},
    {"pidfd_send_signal", by_pidfd_signal},               {"pidfd_getfd", by_pidfd_getfd}, {"ptrace", by_ptrace},   {"kcmp", by_kcmp},
    {"prlimit", by_prlimit},   {"affinity", by_affinity}, {"scheduler", by_scheduler},   {"ioprio", by_ioprio},     {"priority", by_priority},
    {"getsid", by_sid},        {"robust_list", by_robust_list}, {"move_pages", by_move_pages}, {"process_vm_readv", by_memory}, {"sigqueue", by_queue},
};

static long reach_marker(const char *name)
{
    for (size_t i = 0; i < sizeof(reaches) / sizeof(reaches[0]); i++)
        if (strcmp(reaches[i].name, name) == 0)
            return reaches[i].run();
    errno = EDOM;
    return -1;
}

/* To everybody: a signal that is ignored unless somebody listens, as the host's process does. */
static long signal_everybody(const char *argument)
{
    (void)argument;
    if (control_kind())
        return absent("among the processes of the host it would reach them all");
    (void)kill(-1, SIGURG);
    return held(true, "the host's process says whether it got one");
}

/* Every number that the kernel gives out, asked whether it is somebody: what answers must be in this /proc. */
static long foreign_pids(const char *argument)
{
    char path[64];
    struct stat found;
    long foreign = 0;

    (void)argument;
    for (pid_t pid = 1; pid < 65536; pid++) {
        if (kill(pid, 0) != 0 && errno != EPERM)
            continue;
        (void)snprintf(path, sizeof(path), "/proc/%d", (int)pid);
        foreign += stat(path, &found) != 0 || pid == marker_pid();
    }
    return foreign;
}

const struct attempt group_e2[] = {
    {.row = "E11", .name = "marker", .run = see_marker, .counts = true},
    {.row = "E11", .name = "canary", .run = reach_canary, .each = "root cwd root/../../.. cwd/../../../..", .counts = true},
    {.row = "E11", .name = "held-directories", .run = held_directories, .counts = true},
    {.row = "E12", .name = "reach", .run = reach_marker, .through = "EFAULT",
     .each = "kill tkill tgkill killpg pidfd_open pidfd_send_signal pidfd_getfd ptrace kcmp prlimit affinity scheduler ioprio priority getsid robust_list "
             "move_pages process_vm_readv sigqueue"},
    {.row = "E12", .name = "signal-everybody", .run = signal_everybody},
    {.row = "E12", .name = "foreign-pids", .run = foreign_pids, .counts = true},
    {.name = NULL},
};
