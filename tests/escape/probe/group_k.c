/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Group K: exhaustion. What holds on to a resource is an agent, so that the driver can look at the host meanwhile:
 *
 *   exhaust KIND MOST [PLACE]   takes up to MOST of a kind, prints "KIND COUNT ERROR" and holds them until its standard input ends
 *   spin THREADS                uses processors
 *   storm                       forks all the time
 *   stubborn KIND               an init that does not want to end
 *
 * MOST keeps it harmless where nothing else bounds it.
 */
#include "escape.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <mqueue.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MIB (1024UL * 1024)

/* ---- what can be taken: 0, or -1 with errno when there is no more ---- */

static long take_fork(long n, const char *place)
{
    (void)n;
    (void)place;
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        while (getppid() == parent)
            (void)pause();
        _exit(0);
    }
    return pid < 0 ? -1 : 0;
}

static int sleep_for_ever(void *unused)
{
    (void)unused;
    for (;;)
        (void)pause();
    return 0;
}

static long take_thread(long n, const char *place)
{
    static char *stacks;
    const size_t size = 4096;

    (void)place;
    if (!stacks)
        stacks = mmap(NULL, size * 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (stacks == MAP_FAILED || n >= 8192)
        return -1;
    const int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
    return clone(sleep_for_ever, stacks + (size_t)(n + 1) * size, flags, NULL) < 0 ? -1 : 0;
}

static long take_zombie(long n, const char *place)
{
    (void)n;
    (void)place;
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    return pid < 0 ? -1 : 0;
}

static long taken(long fd)
{
    return fd < 0 ? -1 : 0;
}

static long take_descriptor(long n, const char *place)
{
    (void)n;
    (void)place;
    return taken(dup(0));
}

static long take_open_file(long n, const char *place)
{
    (void)n;
    return taken(open(*place ? place : "/proc/version", O_RDONLY));
}

static long take_inotify(long n, const char *place)
{
    (void)n;
    (void)place;
    return taken(inotify_init1(0));
}

static long take_epoll(long n, const char *place)
{
    (void)n;
    (void)place;
    return taken(epoll_create1(0));
}

static long take_eventfd(long n, const char *place)
{
    (void)n;
    (void)place;
    return taken(eventfd(0, 0));
}

static long take_timerfd(long n, const char *place)
{
    (void)n;
    (void)place;
    return taken(timerfd_create(CLOCK_MONOTONIC, 0));
}

static long take_socket(long n, const char *place)
{
    (void)n;
    (void)place;
    return taken(socket(AF_UNIX, SOCK_STREAM, 0));
}

static long take_pipe(long n, const char *place)
{
    int ends[2];

    (void)n;
    (void)place;
    return pipe(ends);
}

static long take_memfd(long n, const char *place)
{
    (void)n;
    (void)place;
    return taken(memfd_create("escape", 0));
}

static long take_pty(long n, const char *place)
{
    (void)n;
    (void)place;
    return taken(open("/dev/ptmx", O_RDWR | O_NOCTTY));
}

static long take_timer(long n, const char *place)
{
    struct sigevent event = {.sigev_notify = SIGEV_NONE};
    timer_t timer;

    (void)n;
    (void)place;
    return timer_create(CLOCK_MONOTONIC, &event, &timer);
}

static long take_signal(long n, const char *place)
{
    sigset_t set;

    (void)place;
    if (n == 0) {
        (void)sigemptyset(&set);
        (void)sigaddset(&set, SIGRTMIN);
        (void)sigprocmask(SIG_BLOCK, &set, NULL);
    }
    return sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = (int)n});
}

static long take_message_queue(long n, const char *place)
{
    struct mq_attr attributes = {.mq_maxmsg = 10, .mq_msgsize = 8192};
    char name[32];

    (void)place;
    (void)snprintf(name, sizeof(name), "/escape%ld", n);
    mqd_t queue = mq_open(name, O_CREAT | O_EXCL | O_RDWR, 0600, &attributes);
    int errnum = errno;
    (void)mq_unlink(name); /* it lives, and counts, as long as it is open */
    errno = errnum;
    return taken(queue);
}

/* System V objects stay until somebody removes them. */
static int objects[65536];
static size_t n_objects;

static long remember(int id)
{
    if (id >= 0 && n_objects < sizeof(objects) / sizeof(objects[0]))
        objects[n_objects++] = id;
    return id < 0 ? -1 : 0;
}

static void remove_objects(const char *kind)
{
    for (size_t i = 0; i < n_objects; i++)
        if (kind[1] == 'e' && kind[2] == 'm')
            (void)semctl(objects[i], 0, IPC_RMID);
        else if (kind[0] == 's')
            (void)shmctl(objects[i], IPC_RMID, NULL);
        else
            (void)msgctl(objects[i], IPC_RMID, NULL);
}

static long take_semaphores(long n, const char *place)
{
    (void)n;
    (void)place;
    return remember(semget(IPC_PRIVATE, 1, IPC_CREAT | 0600));
}

static long take_segment(long n, const char *place)
{
    (void)n;
    (void)place;
    return remember(shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600));
}

static long take_messages(long n, const char *place)
{
    (void)n;
    (void)place;
    return remember(msgget(IPC_PRIVATE, IPC_CREAT | 0600));
}

static void *memory(void)
{
    return mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static long take_locked(long n, const char *place)
{
    void *block = memory();

    (void)n;
    (void)place;
    return block == MAP_FAILED ? -1 : mlock(block, MIB);
}

static long take_memory(long n, const char *place)
{
    char *block = memory();

    (void)n;
    (void)place;
    if (block == MAP_FAILED)
        return -1;
    memset(block, 1, MIB);
    return 0;
}

static long take_bytes(long n, const char *place)
{
    static int fd = -1;
    static char block[MIB];
    char path[256];

    if (n == 0) {
        (void)snprintf(path, sizeof(path), "%s/escape-bytes", place);
        fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0600);
        memset(block, 1, sizeof(block));
    }
    return fd < 0 || write(fd, block, sizeof(block)) != (ssize_t)sizeof(block) ? -1 : 0;
}

static long take_memfd_bytes(long n, const char *place)
{
    static int fd = -1;
    static char block[MIB];

    (void)place;
    if (n == 0)
        fd = memfd_create("escape", 0);
    return fd < 0 || write(fd, block, sizeof(block)) != (ssize_t)sizeof(block) ? -1 : 0;
}

static long take_file(long n, const char *place)
{
    char path[256];

    (void)snprintf(path, sizeof(path), "%s/escape-%ld", place, n);
    int fd = open(path, O_CREAT | O_WRONLY | O_EXCL, 0600);
    return fd < 0 ? -1 : close(fd);
}

static long take_socket_buffer(long n, const char *place)
{
    static char block[65536];
    int ends[2];

    (void)n;
    (void)place;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) != 0)
        return -1;
    while (write(ends[0], block, sizeof(block)) > 0)
        ;
    return 0;
}

static long take_pipe_buffer(long n, const char *place)
{
    static char block[65536];
    int ends[2];

    (void)n;
    (void)place;
    if (pipe2(ends, O_NONBLOCK) != 0)
        return -1;
    return write(ends[1], block, sizeof(block)) < 0 ? -1 : 0;
}

static const struct kind {
    const char *name;
    long (*take)(long n, const char *place);
} kinds[] = {
    {"forks", take_fork},        {"threads", take_thread},       {"zombies", take_zombie},        {"descriptors", take_descriptor}, {"files-open", take_open_file},
    {"inotify", take_inotify},   {"epolls", take_epoll},         {"eventfds", take_eventfd},      {"timerfds", take_timerfd},       {"sockets", take_socket},
    {"pipes", take_pipe},        {"memfds", take_memfd},         {"ptys", take_pty},              {"timers", take_timer},           {"signals", take_signal},
    {"queues", take_message_queue}, {"semaphores", take_semaphores}, {"segments", take_segment},  {"messages", take_messages},      {"locked", take_locked},
    {"memory", take_memory},     {"bytes", take_bytes},          {"memfd-bytes", take_memfd_bytes}, {"files", take_file},           {"socket-buffers", take_socket_buffer},
    {"pipe-buffers", take_pipe_buffer},
};

static int exhaust(int argc, char **argv)
{
    const char *place = argc > 3 ? argv[3] : "";
    long most = argc > 2 ? atol(argv[2]) : 0, n = 0;
    char byte;

    for (size_t i = 0; argc > 2 && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i].name, argv[1]) != 0)
            continue;
        errno = 0;
        while (n < most && kinds[i].take(n, place) == 0)
            n++;
        (void)printf("%s %ld %s\n", argv[1], n, n < most ? strerrorname_np(errno) : "MORE");
        (void)fflush(stdout);
        while (read(0, &byte, 1) > 0) /* until the driver has seen enough */
            ;
        remove_objects(argv[1]);
        return 0;
    }
    return 2;
}

/* ---- processors and processes ---- */

static int spin(int argc, char **argv)
{
    for (long n = argc > 1 ? atol(argv[1]) : 1; n > 1; n--)
        if (fork() == 0)
            break;
    for (volatile unsigned long x = 1; x; x = x + 2) /* never 0 */
        ;
    return 0;
}

static int storm(int argc, char **argv)
{
    (void)argv;
    (void)puts("storm 0 STARTED");
    (void)fflush(stdout);
    while (argc > 0) /* parent and child go on */
        if (fork() < 0)
            while (waitpid(-1, NULL, WNOHANG) > 0)
                ;
    return 0;
}

static int vfork_and_pause(void)
{
    if (vfork() == 0)
        for (;;)
            (void)pause();
    return 0;
}

static int stubborn(int argc, char **argv)
{
    const char *kind = argc > 1 ? argv[1] : "";

    for (int number = 1; number <= 64; number++)
        (void)signal(number, SIG_IGN);
    if (strcmp(kind, "vfork") == 0)
        return vfork_and_pause();
    if (strcmp(kind, "stopped") == 0) {
        pid_t pid = fork();
        for (; pid == 0;)
            (void)raise(SIGSTOP);
    } else if (strcmp(kind, "traced") == 0) {
        pid_t pid = fork();
        if (pid == 0) {
            (void)syscall(SYS_ptrace, 0 /* PTRACE_TRACEME */, 0, 0, 0);
            (void)raise(SIGSTOP);
        }
    } else if (strcmp(kind, "children") == 0) {
        for (int i = 0; i < 500; i++)
            if (fork() == 0)
                break;
    }
    for (;;)
        (void)pause();
}

const struct agent agents_k[] = {{"exhaust", exhaust}, {"spin", spin}, {"storm", storm}, {"stubborn", stubborn}, {NULL, NULL}};

/* ---- attempts ---- */

static long add_keys(const char *unused)
{
    char name[32];
    long r = 0;

    (void)unused;
    for (int i = 0; i < 100 && r >= 0; i++) { /* a user may have 200 */
        (void)snprintf(name, sizeof(name), "escape%d", i);
        r = syscall(SYS_add_key, "user", name, "x", 1, KEY_SPEC_PROCESS_KEYRING);
    }
    return r;
}

static long many_namespaces(const char *type)
{
    static const struct {
        const char *name;
        int flag;
    } flags[] = {{"user", CLONE_NEWUSER}, {"mnt", CLONE_NEWNS}, {"net", CLONE_NEWNET}, {"ipc", CLONE_NEWIPC}, {"uts", CLONE_NEWUTS}, {"cgroup", CLONE_NEWCGROUP}};
    long r = -1;

    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
        if (strcmp(flags[i].name, type) == 0)
            for (int n = 0; n < 20; n++) {
                r = unshare(flags[i].flag);
                if (r < 0)
                    return -1;
            }
    return r;
}

static long real_time(const char *policy)
{
    struct sched_param parameter = {.sched_priority = 1};

    return sched_setscheduler(0, strcmp(policy, "fifo") == 0 ? SCHED_FIFO : SCHED_RR, &parameter);
}

static long deadline(const char *unused)
{
    struct {
        unsigned int size, policy;
        unsigned long long flags;
        int nice;
        unsigned int priority;
        unsigned long long runtime, deadline, period;
    } attributes = {.size = sizeof(attributes), .policy = 6, .runtime = 1000000, .deadline = 100000000, .period = 100000000};

    (void)unused;
    return syscall(SYS_sched_setattr, 0, &attributes, 0);
}

static long be_nicer_to_oneself(const char *unused)
{
    (void)unused;
    return setpriority(PRIO_PROCESS, 0, -5);
}

static long io_class(const char *unused)
{
    (void)unused;
    return syscall(SYS_ioprio_set, 1, 0, 1 << 13);
}

static long raise_limit(const char *name)
{
    static const struct {
        const char *name;
        int resource;
    } limits[] = {{"nproc", RLIMIT_NPROC},           {"nofile", RLIMIT_NOFILE}, {"memlock", RLIMIT_MEMLOCK}, {"msgqueue", RLIMIT_MSGQUEUE},
                  {"sigpending", RLIMIT_SIGPENDING}, {"rtprio", RLIMIT_RTPRIO}, {"nice", RLIMIT_NICE},       {"core", RLIMIT_CORE}};
    struct rlimit limit;

    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
        if (strcmp(limits[i].name, name) == 0) {
            if (getrlimit((unsigned int)limits[i].resource, &limit) != 0)
                return -1;
            if (limit.rlim_max == RLIM_INFINITY)
                return 0;
            limit.rlim_max += 1;
            return setrlimit((unsigned int)limits[i].resource, &limit);
        }
    return absent("no such limit");
}

/* Every place that can be written is memory, which is bounded: no disk can be filled or kept busy. */
static long write_to_disk(const char *unused)
{
    char text[65536], *save = NULL;

    (void)unused;
    if (read_path("/proc/self/mounts", text, sizeof(text)) <= 0)
        return -1;
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        char place[512], file[600];
        struct stat st;
        if (sscanf(line, "%*s %500s", place) != 1)
            continue;
        (void)snprintf(file, sizeof(file), "%s/escape-disk", place);
        int fd = open(file, O_CREAT | O_RDWR | O_EXCL, 0600);
        if (fd < 0)
            continue;
        bool disk = fstat(fd, &st) == 0 && (major(st.st_dev) != 0 || strcmp(place, "/") == 0); /* the image's, wherever the tests have put it */
        (void)unlink(file);
        (void)close(fd);
        if (disk)
            return held(false, "%s is on a disk and can be written", place);
    }
    return held(true, "no place on a disk can be written");
}

/* Whether a crash leaves the memory of the process somewhere, or hands it to a program of the host. */
static long dump_core(const char *unused)
{
    struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
    int status;

    (void)unused;
    (void)setrlimit(RLIMIT_CORE, &limit);
    if (chdir("/dev/shm") != 0)
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        struct rlimit most;
        if (getrlimit(RLIMIT_CORE, &most) == 0) {
            most.rlim_cur = most.rlim_max;
            (void)setrlimit(RLIMIT_CORE, &most);
        }
        (void)prctl(PR_SET_DUMPABLE, 1);
        (void)signal(SIGABRT, SIG_DFL);
        abort();
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return -1;
    (void)unlink("/dev/shm/core");
    return held(WIFSIGNALED(status) && !WCOREDUMP(status), "status %#x", (unsigned int)status);
}

static long make_cgroup(const char *unused)
{
    (void)unused;
    long r = mkdir("/sys/fs/cgroup/escape", 0755);
    if (r == 0)
        (void)rmdir("/sys/fs/cgroup/escape");
    return r;
}

static long write_cgroup_file(const char *name)
{
    char path[128];

    (void)snprintf(path, sizeof(path), "/sys/fs/cgroup/%s", name);
    return open_path(path, O_WRONLY);
}

const struct attempt group_k[] = {
    {.row = "K06", .name = "keys", .run = add_keys},
    {.row = "K07", .name = "namespaces", .run = many_namespaces, .each = "user mnt net ipc uts cgroup"},
    {.row = "K10", .name = "real-time", .run = real_time, .each = "fifo rr"},
    {.row = "K10", .name = "deadline", .run = deadline},
    {.row = "K10", .name = "nice", .run = be_nicer_to_oneself},
    {.row = "K10", .name = "io-class", .run = io_class},
    {.row = "K11", .name = "disk", .run = write_to_disk},
    {.row = "K13", .name = "crash", .run = dump_core},
    {.row = "K13", .name = "raise", .run = raise_limit, .each = "core nproc nofile memlock msgqueue sigpending rtprio nice"},
    {.row = "K15", .name = "mkdir", .run = make_cgroup},
    {.row = "K15", .name = "open", .run = write_cgroup_file, .each = "cgroup.procs cgroup.max.descendants cgroup.max.depth cgroup.subtree_control"},
    {.name = NULL},
};
