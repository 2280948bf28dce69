/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Filters in the running kernel, each in a child of its own with no_new_privs; needs no privileges. What the interpreter says must be what happens.
 */
#include "check.h"

#include <fcntl.h>
#include <signal.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "policy/profiles.h"
#include "seccomp/rules.h"

static struct cm_filter builtin(const char *name)
{
    struct cm_filter f = {0};
    struct cm_error err;

    cm_error_init(&err);
    if (cm_filter_builtin(name, &f, &err) < 0)
        CHECK_FAIL("%s: %s", name, err.message);
    return f;
}

/* Runs `body` in a child after both filters were loaded; its exit code, or 1000 + the signal that killed it. */
static int in_child(const struct cm_filter *ours, const struct cm_filter *extra, int (*body)(const struct cm_filter *ours))
{
    static struct cm_error err;
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        cm_error_init(&err);
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
            _exit(200);
        int listener, r = cm_filter_load(ours, extra, &listener, &err);
        _exit(r == -EPERM ? 201 : r < 0 ? 202 : body(ours));
    }
    if (pid < 0 || waitpid(pid, &status, 0) < 0)
        return -1;
    return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int every_errno(const struct cm_filter *f)
{
    static const uint64_t zeros[6];
    int wrong = 0;

    for (uint32_t nr = 0; nr < 1024; nr++) {
        uint32_t answer = cm_filter_run(f, CM_AUDIT_ARCH, nr, zeros);
        if ((answer & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_ERRNO)
            continue; /* what is allowed would really happen */
        errno = 0;
        if (syscall((long)nr, 0, 0, 0, 0, 0, 0) != -1 || errno != (int)(answer & SECCOMP_RET_DATA))
            wrong++;
    }
    return wrong > 100 ? 100 : wrong;
}

static int arguments(const struct cm_filter *f)
{
    static const struct { long nr; uint64_t args[6]; } calls[] = {
        {SYS_ioctl, {0, 0x5412}}, {SYS_ioctl, {0, 1ULL << 32 | 0x5412}}, {SYS_ioctl, {0, 0xb701}}, {SYS_ioctl, {0, 0x4b72}},
        {SYS_clone, {0x10000000}}, {SYS_clone, {0x7e020000ULL | 0xffULL << 32}}, {SYS_personality, {0x0040000}},
        {SYS_socket, {38, 5, 0}}, {SYS_socket, {38ULL | 1ULL << 40, 5, 0}}, {SYS_socket, {2, 3, 1}}, {SYS_socket, {16, 3, 9}}, {SYS_socket, {17, 3, 0}},
        {SYS_socketpair, {2, 1, 0}}, {SYS_setsockopt, {0, 6, 31}}, {SYS_setsockopt, {0, 6ULL | 1ULL << 33, 31ULL | 1ULL << 50}}, {SYS_prctl, {35, 1}},
        {SYS_prctl, {1ULL << 32 | 35, 1}}, {SYS_pipe2, {0, 0x80}}, {SYS_mknodat, {0, 0, 0x2000 | 0666}},
    };

    for (size_t i = 0; i < CM_ARRAY_LEN(calls); i++) {
        uint32_t answer = cm_filter_run(f, CM_AUDIT_ARCH, (uint32_t)calls[i].nr, calls[i].args);
        const uint64_t *a = calls[i].args;
        if ((answer & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_ERRNO)
            return 100 + (int)i;
        if (syscall(calls[i].nr, a[0], a[1], a[2], a[3], a[4], a[5]) != -1 || errno != (int)(answer & SECCOMP_RET_DATA))
            return 1 + (int)i;
    }
    return 0;
}

/* What a process does at its beginning and end, and what the runtime does after loading. */
static int pipes_and_ends(const struct cm_filter *f)
{
    int fds[2];
    char c = 'x';

    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || pipe2(fds, O_CLOEXEC) < 0 || write(fds[1], &c, 1) != 1 || read(fds[0], &c, 1) != 1)
        return 1;
    return syscall(SYS_close_range, 3, ~0U, 0) < 0 ? 2 : 0;
}

static int sockets(const struct cm_filter *f)
{
    int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP), u = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0), one = 1;

    return s < 0 || u < 0 || setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ? 10 : 0;
}

static int netlink_socket(const struct cm_filter *f)
{
    return socket(AF_NETLINK, SOCK_RAW, 0) < 0 ? 20 : 0;
}

static int socket_pair(const struct cm_filter *f)
{
    int fds[2];
    char c = 'x';

    return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0 || send(fds[0], &c, 1, 0) != 1 || recv(fds[1], &c, 1, 0) != 1 ? 30 : 0;
}

static int further_program(const struct cm_filter *f)
{
    pid_t pid = fork();
    if (pid == 0) {
        (void)execl("/bin/true", "true", (char *)NULL);
        _exit(127);
    }
    int status;
    return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : 40;
}

static void *in_thread(void *user)
{
    *(int *)user = 1;
    return NULL;
}

static int thread(const struct cm_filter *f)
{
    pthread_t t;
    int ran = 0;

    return pthread_create(&t, NULL, in_thread, &ran) != 0 || pthread_join(t, NULL) != 0 || ran != 1 ? 50 : 0;
}

#ifdef __x86_64__
static int x32_call(const struct cm_filter *f)
{
    return syscall((long)(CM_X32_BIT | SYS_getpid)) < 0 ? 1 : 0;
}

static int i386_call(const struct cm_filter *f)
{
    long r = 20; /* getpid of i386 */

    __asm__ volatile("int $0x80" : "+a"(r) : : "memory", "r8", "r9", "r10", "r11");
    return 1;
}
#endif

static int minus_one(const struct cm_filter *f)
{
    return syscall(-1L) == -1 && errno == ENOSYS ? 0 : 1;
}

static const char *const names[] = {"default", "strict"};

TEST(kernel_agrees_on_every_denied_number)
{
    for (size_t i = 0; cm_profile_name(i); i++) {
        CM_AUTO_FILTER struct cm_filter f = builtin(cm_profile_name(i));
        CHECK_INT(in_child(&f, NULL, every_errno), 0);
        CHECK_INT(in_child(&f, NULL, minus_one), 0);
    }
}

TEST(kernel_agrees_on_arguments)
{
    for (size_t i = 0; cm_profile_name(i); i++) {
        CM_AUTO_FILTER struct cm_filter f = builtin(cm_profile_name(i));
        CHECK_INT(in_child(&f, NULL, arguments), 0);
    }
}

TEST(an_ordinary_process_lives)
{
    static const struct {
        int (*body)(const struct cm_filter *);
        const char *not_in;
    } lives[] = {
        {pipes_and_ends, ""}, {sockets, "batch"}, {netlink_socket, "batch minimal"}, {socket_pair, ""}, {further_program, "minimal"}, {thread, ""},
    };

    for (size_t i = 0; cm_profile_name(i); i++)
        for (size_t j = 0; j < CM_ARRAY_LEN(lives); j++) {
            CM_AUTO_FILTER struct cm_filter f = builtin(cm_profile_name(i));
            int status = in_child(&f, NULL, lives[j].body);
            if ((status == 0) == (strstr(lives[j].not_in, cm_profile_name(i)) != NULL))
                CHECK_FAIL("%s: part %zu of a life ends with %d", cm_profile_name(i), j, status);
        }
}

#ifdef __x86_64__
TEST(other_conventions_are_killed)
{
    CM_AUTO_FILTER struct cm_filter f = builtin("default");

    CHECK_INT(in_child(&f, NULL, x32_call), 1000 + SIGSYS);
    int r = in_child(&f, NULL, i386_call);
    CHECK(r == 1000 + SIGSYS || r == 1000 + SIGSEGV); /* SIGSEGV: a kernel without 32-bit calls */
}
#endif

static int two_filters(const struct cm_filter *f)
{
    char text[4096];
    ssize_t n = cm_read_small_at(AT_FDCWD, "/proc/self/status", text, sizeof(text));
    const char *line = n > 0 ? strstr(text, "Seccomp_filters:\t") : NULL;

    return line ? atoi(line + strlen("Seccomp_filters:\t")) : 100;
}

static int filters_now(void)
{
    return two_filters(NULL);
}

TEST(load_order)
{
    static const char *allowing[] = {"read",   "open",     "openat",      "close",  "exit_group", "fstat", "newfstatat", "mmap",
                                     "munmap", "mprotect", "sigaltstack", "getpid", "write",      "seccomp"}; /* seccomp last */
    static const struct { const char *ours; size_t n_names; enum oci_seccomp_action otherwise; int want; } table[] = {
        {"default", 14, OCI_ACT_ERRNO, 2}, {"default", 13, OCI_ACT_ERRNO, 2}, {"strict", 14, OCI_ACT_ERRNO, 2},
        {"strict", 13, OCI_ACT_ERRNO, -EPERM}, {"strict", 13, OCI_ACT_KILL_PROCESS, -EPERM}, {"strict", 13, OCI_ACT_LOG, 2},
    };
    int before = filters_now();

    if (before > 90)
        SKIP("/proc/self/status does not count filters");
    for (size_t i = 0; i < CM_ARRAY_LEN(table); i++) {
        CM_AUTO_FILTER struct cm_filter ours = builtin(table[i].ours), extra = {0};
        struct oci_seccomp_rule rule = {.names = {true, table[i].n_names, allowing}, .action = OCI_ACT_ALLOW};
        struct oci_seccomp config = {.default_action = table[i].otherwise, .n_rules = 1, .rules = &rule};
        struct cm_error err;
        cm_error_init(&err);
        CHECK_INT(cm_filter_from_config(&config, &extra, &err), 0);
        CHECK_INT(in_child(&ours, &extra, two_filters), table[i].want < 0 ? 201 : before + table[i].want);
    }
}

/* The answer of a call that the bundle's filter hands over and ours allows, with nobody who could answer: ENOSYS once the listener is closed. */
static int handed_over(const struct cm_filter *f)
{
    return syscall(SYS_getppid) == -1 && errno == ENOSYS ? 0 : 1;
}

TEST(listener)
{
    static const char *const names_of[] = {"getppid"}, *const all_but[] = {"seccomp"};
    static struct cm_error err;

    for (size_t i = 0; i < CM_ARRAY_LEN(names); i++) { /* the second loads the bundle's first: ours does not allow seccomp(2) */
        CM_AUTO_FILTER struct cm_filter ours = builtin(names[i]), extra = {0};
        struct oci_seccomp_rule rules[] = {{.names = {true, 1, (const char **)(uintptr_t)names_of}, .action = OCI_ACT_NOTIFY},
                                           {.names = {true, 1, (const char **)(uintptr_t)all_but}, .action = OCI_ACT_ALLOW}};
        const char *flags[] = {"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", "SECCOMP_FILTER_FLAG_LOG"};
        struct oci_seccomp config = {.default_action = OCI_ACT_ALLOW, .n_rules = 2, .rules = rules, .flags = {true, i == 0 ? 0 : 2, flags}};
        cm_error_init(&err);
        CHECK_INT(cm_filter_from_config(&config, &extra, &err), 0);
        int status = 0;
        pid_t pid = fork();
        if (pid == 0) {
            int listener = -1;
            if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || cm_filter_load(&ours, &extra, &listener, &err) < 0)
                _exit(200);
            if (listener < 0 || !(fcntl(listener, F_GETFD) & FD_CLOEXEC) || close(listener) < 0)
                _exit(201);
            _exit(handed_over(NULL));
        }
        CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
        CHECK_INT(WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status), 0);
        CHECK_INT(in_child(&ours, NULL, two_filters), filters_now() + 1); /* no listener without such a rule */
    }
}

static double microseconds_of(const char *name)
{
    double best = 1e9;

    for (int i = 0; i < 20; i++) { /* the machine may have other things to do */
        struct timespec a, b;
        (void)clock_gettime(CLOCK_MONOTONIC, &a);
        for (int j = 0; j < 50; j++) {
            CM_AUTO_FILTER struct cm_filter f = builtin(name);
            (void)f;
        }
        (void)clock_gettime(CLOCK_MONOTONIC, &b);
        double us = ((double)(b.tv_sec - a.tv_sec) * 1e6 + (double)(b.tv_nsec - a.tv_nsec) / 1e3) / 50;
        best = us < best ? us : best;
    }
    return best;
}

/* A filter is made at each start and run for each call whose arguments decide. */
TEST(size_and_compile_time)
{
    for (size_t i = 0; cm_profile_name(i); i++) {
        CM_AUTO_FILTER struct cm_filter f = builtin(cm_profile_name(i));
        printf("# %s: %u instructions, %.1f us\n", cm_profile_name(i), f.size, microseconds_of(cm_profile_name(i)));
        CHECK(f.size <= 300);
    }
}
