/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Group I: the first call of what kernel exploits begin with. No exploit is here: each attempt ends when the kernel has let it in. Sockets are in group_i2.c.
 */
#include "escape.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/perf_event.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ATTEMPT(c_name, ...)                                      \
    static long c_name(const char *argument)                      \
    {                                                             \
        (void)argument;                                           \
        __VA_ARGS__                                               \
    }

/* Numbers that the oldest headers lack. */
#define NR_IO_URING_ENTER 426
#define NR_IO_URING_REGISTER 427
#define NR_PROCESS_MADVISE 440
#define NR_QUOTACTL_FD 443
#define NR_PROCESS_MRELEASE 448
#define NR_SET_MEMPOLICY_HOME_NODE 450
#define NR_CACHESTAT 451
#define PIPE_NOTIFICATION 0x80
#define KEYCTL_WATCH 32
#define SECCOMP_SPEC_ALLOW 4UL
#define SECCOMP_NEW_LISTENER 8UL
#define SCHED_CORE 62
#define SCHED_CORE_CREATE 1UL
#define HIGH (1UL << 32)

static long last_is_absent(long result, int errnum)
{
    return result < 0 && errno == errnum ? absent("the kernel was built without it") : result;
}

/* ---- I04: pages that a pipe lends ---- */
static long pipe_with(const char *text, int ends[2])
{
    return pipe(ends) != 0 ? -1 : write(ends[1], text, strlen(text));
}
ATTEMPT(lend_page, {
    static char page[4096];
    struct { void *base; size_t size; } part = {page, sizeof(page)};
    int ends[2];
    return pipe(ends) != 0 ? -1 : syscall(SYS_vmsplice, ends[1], &part, 1, 0);
})
ATTEMPT(tee_pipe, {
    int from[2], to[2];
    return pipe_with("x", from) < 0 || pipe(to) != 0 ? -1 : syscall(SYS_tee, from[0], to[1], 1, 0);
})

/* ---- I05 ---- */
ATTEMPT(watch_pipe, {
    int ends[2];
    return last_is_absent(syscall(SYS_pipe2, ends, PIPE_NOTIFICATION), ENOPKG);
})
ATTEMPT(watch_key, { return last_is_absent(syscall(SYS_keyctl, KEYCTL_WATCH, -3, -1, 0), EOPNOTSUPP); })

/* ---- I06: descriptors that are none ---- */
ATTEMPT(uring_enter, { return syscall(NR_IO_URING_ENTER, -1, 0, 0, 0, NULL, 0); })
ATTEMPT(uring_register, { return syscall(NR_IO_URING_REGISTER, -1, 0, NULL, 0); })

/* ---- I08: map, program, object, by number ---- */
ATTEMPT(bpf_command, {
    char attributes[128] = {0};
    return syscall(SYS_bpf, strtol(strchr(argument, ':') + 1, NULL, 10), attributes, sizeof(attributes));
})

/* ---- I09 ---- */
ATTEMPT(perf_event, {
    struct perf_event_attr attributes = {.type = PERF_TYPE_SOFTWARE, .size = sizeof(attributes), .config = PERF_COUNT_SW_CPU_CLOCK};
    return syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0);
})

/* ---- I20 ---- */
ATTEMPT(trace_me, { return ptrace(PTRACE_TRACEME, 0, NULL, NULL); })

/* A child of one's own, stopped in wait(2) of its parent. */
static pid_t sleeping_child(void)
{
    pid_t pid = fork();

    if (pid == 0)
        for (;;)
            (void)pause();
    return pid;
}
static long with_child(long (*function)(pid_t))
{
    pid_t pid = sleeping_child();
    long r = pid < 0 ? -1 : function(pid);
    int errnum = errno;

    if (pid > 0)
        (void)kill(pid, SIGKILL);
    errno = errnum;
    return r;
}
static long seize(pid_t pid)
{
    return ptrace(PTRACE_SEIZE, pid, NULL, NULL);
}
static long suspend_filters(pid_t pid)
{
    if (ptrace(PTRACE_SEIZE, pid, NULL, PTRACE_O_SUSPEND_SECCOMP) == 0)
        return 0;
    return errno == EINVAL ? absent("the kernel was built without it") : -1;
}
static long take_fd(pid_t pid)
{
    long pidfd = syscall(SYS_pidfd_open, pid, 0);
    return pidfd < 0 ? -1 : syscall(SYS_pidfd_getfd, pidfd, 0, 0);
}
static char shared_byte = 'x';
static long across(pid_t pid, long call)
{
    char own = 'y';
    struct { void *base; size_t size; } local = {&own, 1}, remote = {&shared_byte, 1};
    return syscall(call, pid, &local, 1, &remote, 1, 0);
}
static long read_child(pid_t pid)
{
    return across(pid, SYS_process_vm_readv);
}
static long write_child(pid_t pid)
{
    return across(pid, SYS_process_vm_writev);
}
static long compare_child(pid_t pid)
{
    return syscall(SYS_kcmp, getpid(), pid, 1 /* memory */, 0, 0);
}
ATTEMPT(seize_child, { return with_child(seize); })
ATTEMPT(suspend_child, { return with_child(suspend_filters); })
ATTEMPT(fd_of_child, { return with_child(take_fd); })
ATTEMPT(memory_of_child, { return with_child(read_child); })
ATTEMPT(into_child, { return with_child(write_child); })
ATTEMPT(kcmp_child, { return with_child(compare_child); })

/* ---- I21: x86 only ---- */
#ifdef __x86_64__
ATTEMPT(ldt_write, {
    struct { unsigned int entry, base, limit, flags; } empty = {0, 0, 0, 0x28 /* not present, read and execute only: an empty slot */};
    return syscall(SYS_modify_ldt, 1, &empty, sizeof(empty));
})
ATTEMPT(thread_area, { return syscall(SYS_set_thread_area, NULL); })
/* A number of the 32-bit table through its own entry. socketcall was the way around filters on socket(2). */
ATTEMPT(int80_number, {
    long number = strtol(strchr(argument, ':') + 1, NULL, 10), r;
    __asm__ volatile("int $0x80" : "=a"(r) : "0"(number), "b"(0L), "c"(0L), "d"(0L) : "memory", "r8", "r9", "r10", "r11");
    return r < 0 && r > -4096 ? (errno = (int)-r, -1) : 0;
})
ATTEMPT(x32_number, { return syscall(0x40000000 | strtol(strchr(argument, ':') + 1, NULL, 10), 0, 0, 0); })
#endif

/* ---- I22 ---- */
ATTEMPT(personality_bits, { return syscall(SYS_personality, strtoul(strchr(argument, ':') + 1, NULL, 16)); })

/* ---- I23 ---- */
ATTEMPT(move_no_pages, { return syscall(SYS_move_pages, 0, 0, NULL, NULL, NULL, 0); })
ATTEMPT(migrate_nothing, {
    unsigned long nodes = 1;
    return syscall(SYS_migrate_pages, 0, 8, &nodes, &nodes);
})
ATTEMPT(set_policy, { return syscall(SYS_set_mempolicy, 0, NULL, 0); })
ATTEMPT(get_policy, { return syscall(SYS_get_mempolicy, NULL, NULL, 0, 0, 0); })
ATTEMPT(home_node, { return syscall(NR_SET_MEMPOLICY_HOME_NODE, 0, 0, 0, 1 /* no such flag */); })

/* ---- I25: an int in the low half, rubbish above it ---- */
ATTEMPT(high_personality, { return syscall(SYS_personality, HIGH | 0x0040000UL); })
ATTEMPT(high_prctl, { return syscall(SYS_prctl, HIGH | 35UL /* PR_SET_MM */, 1, 0, 0, 0); })
ATTEMPT(high_packet, { return syscall(SYS_socket, HIGH | 17UL /* AF_PACKET */, 3, 0); })
ATTEMPT(high_raw, { return syscall(SYS_socket, 2, HIGH | 3UL, 1); })
ATTEMPT(high_netlink, { return syscall(SYS_socket, 16, 3, HIGH | 9UL /* NETLINK_AUDIT */); })
ATTEMPT(high_pipe, {
    int ends[2];
    return last_is_absent(syscall(SYS_pipe2, ends, HIGH | PIPE_NOTIFICATION), ENOPKG);
})
ATTEMPT(high_clone, {
#ifdef __s390x__
    long pid = syscall(SYS_clone, 0, HIGH | CLONE_NEWUSER | SIGCHLD, 0, 0, 0);
#else
    long pid = syscall(SYS_clone, HIGH | CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
#endif
    if (pid == 0)
        _exit(0);
    return pid;
})

/* ---- I26: filters are never taken away ---- */
static long number_of_filters(void)
{
    char text[32];
    return status_field("Seccomp_filters", text, sizeof(text)) ? strtol(text, NULL, 10) : -1;
}
static long add_filter(unsigned long flags, unsigned int answer)
{
    struct sock_filter code[] = {BPF_STMT(BPF_RET | BPF_K, answer)};
    struct sock_fprog program = {1, code};
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}
ATTEMPT(permissive_filter, {
    long before = number_of_filters();
    if (before <= 0)
        return held(false, "no filter at all");
    if (add_filter(0, SECCOMP_RET_ALLOW) != 0)
        return held(true, "no further filter: %s", strerror(errno));
    bool still_denied = syscall(SYS_unshare, CLONE_NEWUSER) != 0 && errno == EPERM;
    return held(number_of_filters() > before && still_denied, "%ld filters became %ld", before, number_of_filters());
})
ATTEMPT(filters_of_child, {
    long own = number_of_filters();
    int status;
    pid_t pid = fork();
    if (pid == 0)
        _exit(number_of_filters() != own);
    bool same = pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
    return held(own > 0 && same, "%ld filters", own);
})
ATTEMPT(speculating_filter, { return add_filter(SECCOMP_SPEC_ALLOW, SECCOMP_RET_ALLOW); })
ATTEMPT(listener, { return add_filter(SECCOMP_NEW_LISTENER, SECCOMP_RET_ALLOW); })
ATTEMPT(strict_mode_off, { return prctl(PR_SET_SECCOMP, 0 /* disabled */, 0, 0, 0); })

/* ---- I27: what old tables have ---- */
ATTEMPT(legacy_call, {
    static const struct { const char *name; long number; } calls[] = {
#ifdef SYS_uselib
        {"uselib", SYS_uselib},
#endif
#ifdef SYS_sysfs
        {"sysfs", SYS_sysfs},
#endif
#ifdef SYS_ustat
        {"ustat", SYS_ustat},
#endif
#ifdef SYS__sysctl
        {"_sysctl", SYS__sysctl},
#endif
#ifdef SYS_create_module
        {"create_module", SYS_create_module}, {"query_module", SYS_query_module}, {"get_kernel_syms", SYS_get_kernel_syms},
#endif
#ifdef SYS_nfsservctl
        {"nfsservctl", SYS_nfsservctl},
#endif
#ifdef SYS_lookup_dcookie
        {"lookup_dcookie", SYS_lookup_dcookie},
#endif
#ifdef SYS_remap_file_pages
        {"remap_file_pages", SYS_remap_file_pages},
#endif
#ifdef SYS_afs_syscall
        {"afs_syscall", SYS_afs_syscall}, {"vserver", SYS_vserver}, {"getpmsg", SYS_getpmsg}, {"putpmsg", SYS_putpmsg},
        {"security", SYS_security}, {"tuxcall", SYS_tuxcall}, {"epoll_ctl_old", SYS_epoll_ctl_old},
#endif
    };
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
        if (strcmp(calls[i].name, argument) == 0)
            return syscall(calls[i].number, 0, 0, 0, 0, 0);
    return absent("this architecture never had it");
})

/* ---- I28 ---- */
ATTEMPT(quota_fd, { return syscall(NR_QUOTACTL_FD, -1, 0, 0, NULL); })
ATTEMPT(advise_process, { return syscall(NR_PROCESS_MADVISE, -1, NULL, 0, 0, 0); })
ATTEMPT(release_process, { return syscall(NR_PROCESS_MRELEASE, -1, 0); })
ATTEMPT(ask_cache, { return syscall(NR_CACHESTAT, -1, NULL, NULL, 0); })
ATTEMPT(mark_files, { return syscall(SYS_fanotify_mark, -1, 0, 0ULL, -1, NULL); })

/* ---- I29: numbers that nobody has given out ---- */
ATTEMPT(unknown_numbers, {
    for (long number = 480; number < 1200; number++) /* all below are known to the newest kernel we know of */
        if (syscall(number, -1, 0, 0, 0, 0, 0) >= 0 || errno != ENOSYS)
            return held(false, "number %ld: %s", number, strerror(errno));
    errno = ENOSYS;
    return -1;
})
ATTEMPT(newest_call, {
    static const struct { const char *name; long number; } calls[] = {
        {"statmount", 457}, {"listmount", 458}, {"lsm_get_self_attr", 459}, {"lsm_set_self_attr", 460}, {"lsm_list_modules", 461},
        {"open_tree_attr", 467}, {"file_getattr", 468}, {"file_setattr", 469}, {"listns", 470},
    };
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
        if (strcmp(calls[i].name, argument) == 0)
            return syscall(calls[i].number, -1, 0, 0, 0, 0, 0);
    return -1;
})

/* ---- I30, I31 ---- */
ATTEMPT(core_cookie, { return last_is_absent(prctl(SCHED_CORE, SCHED_CORE_CREATE, 0, 0, 0), EINVAL); })
ATTEMPT(speculate, {
    long state = prctl(PR_GET_SPECULATION_CTRL, PR_SPEC_STORE_BYPASS, 0, 0, 0);
    long r = prctl(PR_SET_SPECULATION_CTRL, PR_SPEC_STORE_BYPASS, PR_SPEC_ENABLE, 0, 0);
    detail("state %ld", state);
    return last_is_absent(r, ENXIO);
})

const struct attempt group_i[] = {
    {.row = "I04", .name = "vmsplice", .run = lend_page},
    {.row = "I04", .name = "tee", .run = tee_pipe},
    {.row = "I05", .name = "notification-pipe", .run = watch_pipe},
    {.row = "I05", .name = "keyctl-watch", .run = watch_key, .through = "EINVAL EBADF ENOKEY"},
    {.row = "I06", .name = "io_uring_setup"},
    {.row = "I06", .name = "io_uring_enter", .run = uring_enter, .through = "EBADF"},
    {.row = "I06", .name = "io_uring_register", .run = uring_register, .through = "EBADF EINVAL"},
    {.row = "I07", .name = "userfaultfd"},
    {.row = "I07", .name = "open-w", .each = "/dev/userfaultfd"},
    {.row = "I08", .name = "bpf", .run = bpf_command, .each = "map:0 lookup:1 program:5 get-object:7 attach:8 next-id:11 btf:18 link:28",
     .through = "EINVAL EFAULT EBADF ENOENT E2BIG"},
    {.row = "I09", .name = "perf_event_open", .run = perf_event},
    {.row = "I10", .name = "keyctl"},
    {.row = "I10", .name = "add_key"},
    {.row = "I10", .name = "request_key", .through = "ENOKEY"},
    {.row = "I11", .name = "fsopen"},
    {.row = "I11", .name = "fspick"},
    {.row = "I20", .name = "ptrace-traceme", .run = trace_me},
    {.row = "I20", .name = "ptrace-seize", .run = seize_child},
    {.row = "I20", .name = "ptrace-suspend-seccomp", .run = suspend_child},
    {.row = "I20", .name = "pidfd_getfd", .run = fd_of_child},
    {.row = "I20", .name = "process_vm_readv", .run = memory_of_child},
    {.row = "I20", .name = "process_vm_writev", .run = into_child},
    {.row = "I20", .name = "kcmp", .run = kcmp_child},
#ifdef __x86_64__
    {.row = "I21", .name = "modify_ldt"},
    {.row = "I21", .name = "modify_ldt-write", .run = ldt_write},
    {.row = "I21", .name = "set_thread_area", .run = thread_area, .through = "EFAULT"},
    {.row = "I24", .name = "int80", .run = int80_number, .each = "getpid:20 socketcall:102 clone:120 keyctl:288 unshare:310", .through = "EINVAL EFAULT"},
    {.row = "I24", .name = "x32", .run = x32_number, .each = "getpid:39 ptrace:521 execve:520"},
#endif
    {.row = "I22", .name = "personality", .run = personality_bits, .each = "no-random:40000 read-implies-exec:400000 page-zero:100000 linux32:8 short-inode:1000000"},
    {.row = "I23", .name = "mbind"},
    {.row = "I23", .name = "move_pages", .run = move_no_pages},
    {.row = "I23", .name = "migrate_pages", .run = migrate_nothing, .through = "EINVAL"},
    {.row = "I23", .name = "set_mempolicy", .run = set_policy},
    {.row = "I23", .name = "get_mempolicy", .run = get_policy},
    {.row = "I23", .name = "set_mempolicy_home_node", .run = home_node, .through = "EINVAL"},
    {.row = "I25", .name = "high-personality", .run = high_personality},
    {.row = "I25", .name = "high-prctl-set-mm", .run = high_prctl, .through = "EINVAL"},
    {.row = "I25", .name = "high-packet-socket", .run = high_packet},
    {.row = "I25", .name = "high-raw-socket", .run = high_raw},
    {.row = "I25", .name = "high-netlink-audit", .run = high_netlink},
    {.row = "I25", .name = "high-notification-pipe", .run = high_pipe},
    {.row = "I25", .name = "high-clone-newuser", .run = high_clone},
    {.row = "I26", .name = "permissive-filter", .run = permissive_filter},
    {.row = "I26", .name = "filters-of-a-child", .run = filters_of_child},
    {.row = "I26", .name = "spec-allow", .run = speculating_filter},
    {.row = "I26", .name = "new-listener", .run = listener},
    {.row = "I26", .name = "mode-off", .run = strict_mode_off},
    {.row = "I27", .name = "legacy", .run = legacy_call, .through = "EINVAL EFAULT",
     .each = "uselib sysfs ustat _sysctl create_module query_module get_kernel_syms nfsservctl lookup_dcookie remap_file_pages afs_syscall vserver getpmsg putpmsg security "
             "tuxcall epoll_ctl_old"},
    {.row = "I28", .name = "quotactl"},
    {.row = "I28", .name = "quotactl_fd", .run = quota_fd, .through = "EBADF"},
    {.row = "I28", .name = "fanotify_init"},
    {.row = "I28", .name = "fanotify_mark", .run = mark_files, .through = "EBADF EINVAL"},
    {.row = "I28", .name = "name_to_handle_at"},
    {.row = "I28", .name = "memfd_secret"},
    {.row = "I28", .name = "process_madvise", .run = advise_process, .through = "EBADF"},
    {.row = "I28", .name = "process_mrelease", .run = release_process, .through = "EBADF"},
    {.row = "I28", .name = "cachestat", .run = ask_cache, .through = "EBADF EFAULT"},
    {.row = "I29", .name = "unknown-numbers", .run = unknown_numbers},
    {.row = "I29", .name = "newest", .run = newest_call, .through = "EINVAL EFAULT EBADF E2BIG EOPNOTSUPP",
     .each = "statmount listmount lsm_get_self_attr lsm_set_self_attr lsm_list_modules open_tree_attr file_getattr file_setattr listns"},
    {.row = "I30", .name = "unshare", .each = "user"},
    {.row = "I30", .name = "open-w", .each = "/dev/fuse /dev/cuse"},
    {.row = "I30", .name = "userfaultfd"},
    {.row = "I31", .name = "core-scheduling-cookie", .run = core_cookie},
    {.row = "I31", .name = "allow-speculation", .run = speculate},
    {.name = NULL},
};
