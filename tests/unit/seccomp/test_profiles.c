/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the built-in profiles answer, written out by hand from the intent and not from the tables.
 */
#include "check.h"

#include <seccomp.h>
#include <signal.h>

#include "policy/profiles.h"
#include "seccomp/rules.h"

#define A SECCOMP_RET_ALLOW
#define E(n) (SECCOMP_RET_ERRNO | (n))
#define HIGH(v) ((v) | 1ULL << 32)
#define TOP(v) ((v) | 1ULL << 63)
#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

#define PROFILES 5

struct row {
    const char *const *names;
    uint64_t args[6];
    uint32_t want[PROFILES]; /* default, strict, web, batch, minimal */
};

static const struct row plain[] = {
    {NAMES("read", "write", "close", "openat", "mmap", "munmap", "mprotect", "brk", "execve", "exit_group", "exit", "futex", "poll", "ppoll", "close_range",
           "rt_sigreturn", "rt_sigaction", "rt_sigprocmask", "set_tid_address", "set_robust_list", "rseq", "prlimit64", "getrandom", "newfstatat", "dup3",
           "epoll_pwait2", "statx", "faccessat2", "getsockopt", "kill", "tgkill", "membarrier", "madvise", "mremap", "clock_nanosleep", "restart_syscall",
           "sendfile", "futex_wait", "futex_wake", "futex_requeue", "futex_waitv", "mseal", "map_shadow_stack", "uretprobe", "uprobe", "renameat2", "uname"),
     {0}, {A, A, A, A, A}},
    {NAMES("accept", "accept4", "bind", "listen", "connect"), {0}, {A, A, A, E(EPERM), A}},
    {NAMES("fork", "vfork", "copy_file_range", "fchmodat2", "utime", "utimes"), {0}, {A, A, A, A, E(EPERM)}},
    {NAMES("wait4", "waitid", "openat2", "creat", "pidfd_open", "pidfd_send_signal", "memfd_create", "setitimer", "alarm", "signalfd", "inotify_init"),
     {0}, {A, A, A, A, E(ENOSYS)}},
    {NAMES("mincore", "timer_create", "timer_settime", "timer_delete", "getxattr", "listxattr"), {0}, {A, A, E(ENOSYS), A, E(ENOSYS)}},
    {NAMES("chown", "fchownat", "link", "linkat", "symlink", "symlinkat", "sched_setaffinity"), {0}, {A, A, E(EPERM), A, E(EPERM)}},
    {NAMES("mount", "umount", "umount2", "pivot_root", "chroot", "unshare", "setns", "ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "pidfd_getfd",
           "bpf", "perf_event_open", "keyctl", "add_key", "request_key", "kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module", "reboot",
           "swapon", "swapoff", "sethostname", "setdomainname", "syslog", "acct", "quotactl", "quotactl_fd", "iopl", "ioperm", "settimeofday", "clock_settime",
           "open_by_handle_at", "name_to_handle_at", "fanotify_init", "fanotify_mark", "move_pages", "migrate_pages", "vhangup", "lookup_dcookie", "uselib",
           "ustat", "sysfs"),
     {0}, {E(EPERM), E(EPERM), E(EPERM), E(EPERM), E(EPERM)}},
    {NAMES("clone3", "io_uring_setup", "io_uring_enter", "io_uring_register", "userfaultfd", "fsopen", "fsconfig", "fsmount", "fspick", "open_tree",
           "move_mount", "mount_setattr", "open_tree_attr", "statmount", "listmount", "listns", "lsm_get_self_attr", "lsm_set_self_attr", "lsm_list_modules",
           "cachestat", "memfd_secret", "process_mrelease", "process_madvise", "modify_ldt", "set_thread_area", "get_thread_area", "remap_file_pages", "mbind",
           "set_mempolicy", "get_mempolicy", "file_setattr", "vserver", "futimesat"),
     {0}, {E(ENOSYS), E(ENOSYS), E(ENOSYS), E(ENOSYS), E(ENOSYS)}},
    {NAMES("tee", "vmsplice"), {0}, {E(EINVAL), E(EINVAL), E(EINVAL), E(EINVAL), E(EINVAL)}},
    {NAMES("splice"), {0}, {A, E(EINVAL), E(EINVAL), E(EINVAL), E(EINVAL)}},
    {NAMES("seccomp", "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self", "io_setup", "io_submit", "mq_open", "msgget", "msgsnd",
           "semget", "shmget", "shmat", "pkey_alloc", "pkey_mprotect", "mlock", "mlockall", "setxattr", "fsetxattr", "removexattr", "setxattrat", "capget",
           "sync"),
     {0}, {A, E(ENOSYS), E(ENOSYS), E(ENOSYS), E(ENOSYS)}},
    {NAMES("setuid", "setgid", "setresuid", "setresgid", "setgroups", "setreuid", "setfsuid", "capset", "sched_setscheduler", "sched_setattr", "ioprio_set",
           "adjtimex"),
     {0}, {A, E(EPERM), E(EPERM), E(EPERM), E(EPERM)}},
};

#define FIVE(name, d, s, w, b, m, ...) {NAMES(name), {__VA_ARGS__}, {d, s, w, b, m}}
#define EVERY(name, want, ...) FIVE(name, want, want, want, want, want, __VA_ARGS__)
#define DEFAULT(name, d, others, ...) FIVE(name, d, others, others, others, others, __VA_ARGS__)
/* batch has no sockets, and no options for them */
#define SOCKET(want, ...) FIVE("socket", want, want, want, E(EAFNOSUPPORT), want, __VA_ARGS__)
#define NETLINK(want, ...) FIVE("socket", want, want, want, E(EAFNOSUPPORT), E(EAFNOSUPPORT), __VA_ARGS__)
#define PING(...) FIVE("socket", A, A, E(EPROTONOSUPPORT), E(EAFNOSUPPORT), E(EPROTONOSUPPORT), __VA_ARGS__)
/* minimal has threads only, and a list of what prctl(2) may do */
#define FORK(...) FIVE("clone", A, A, A, A, E(EPERM), __VA_ARGS__)
#define PRCTL(want, ...) FIVE("prctl", want, want, want, want, E(EINVAL), __VA_ARGS__)
#define OPTION(d, s, ...) FIVE("setsockopt", d, s, s, E(ENOPROTOOPT), s, __VA_ARGS__)

static const struct row with_arguments[] = {
    FORK(0x11), EVERY("clone", A, 0x3d0f00), FORK(0x80000000), FORK(HIGH(0x11)), EVERY("clone", E(EPERM), 0x10000011), EVERY("clone", E(EPERM), 0x20000),
    EVERY("clone", E(EPERM), 0x02000000), EVERY("clone", E(EPERM), 0x04000000), EVERY("clone", E(EPERM), 0x08000000), EVERY("clone", E(EPERM), 0x20000000),
    EVERY("clone", E(EPERM), 0x40000000), EVERY("clone", E(EPERM), HIGH(0x40000000)), EVERY("clone", E(EPERM), UINT64_MAX),
    EVERY("clone", E(EPERM), 0x10010000), EVERY("clone", A, HIGH(0x10000)),
    EVERY("ioctl", A, 0, 0x5401), EVERY("ioctl", A, 0, 0x5411), EVERY("ioctl", A, 0, 0x5413), EVERY("ioctl", E(EPERM), 0, 0x5412),
    EVERY("ioctl", E(EPERM), 0, HIGH(0x5412)), EVERY("ioctl", E(EPERM), 0, TOP(0x5412)), EVERY("ioctl", E(EPERM), 0, 0x541c),
    EVERY("ioctl", E(EPERM), 0, 0x541d), EVERY("ioctl", A, 0, 0x541e), EVERY("ioctl", E(EPERM), 0, 0x5423), EVERY("ioctl", E(EPERM), 0, HIGH(0x5423)),
    EVERY("ioctl", A, 0, 0x5421), EVERY("ioctl", E(ENOTTY), 0, 0x4b72), EVERY("ioctl", E(ENOTTY), 0, HIGH(0x4b47)), EVERY("ioctl", E(ENOTTY), 0, 0x560a),
    EVERY("ioctl", A, 0, 0xc0404b01), EVERY("ioctl", E(EPERM), 0, 0xb701), EVERY("ioctl", E(EPERM), 0, 0xb702), EVERY("ioctl", E(EPERM), 0, 0x8008b705),
    EVERY("ioctl", E(EPERM), 0, 0xff09), EVERY("ioctl", A, 0, 0xc040ff0b), EVERY("ioctl", A, 0, 0x8912), EVERY("ioctl", A, 0x5412, 0),
    EVERY("ioctl", A, 0, 0x545d), DEFAULT("ioctl", A, E(ENOTTY), 0, 0x40086602), DEFAULT("ioctl", A, E(ENOTTY), 0, HIGH(0x40046602)),
    DEFAULT("ioctl", A, E(ENOTTY), 0, 0x401c5820), EVERY("ioctl", A, 0, 0x80086601), EVERY("ioctl", A, 0, 0x801c581f),
    SOCKET(A, 1, 1, 0), SOCKET(A, 1, 2, 0), SOCKET(A, 1, 5 | 0x80800, 0), SOCKET(E(EPROTONOSUPPORT), 1, 3, 0), SOCKET(A, 2, 1, 6), SOCKET(A, 2, 0x80001, 0),
    SOCKET(A, 10, 2, 17), SOCKET(A, 2, 1, 262), PING(2, 2, 1), PING(10, 2, 58), SOCKET(E(EPROTONOSUPPORT), 2, 3, 1),
    SOCKET(E(EPROTONOSUPPORT), 2, 3 | 0x80000, 255), SOCKET(E(EPROTONOSUPPORT), 10, 5, 132), SOCKET(E(EPROTONOSUPPORT), 2, 1, 132),
    SOCKET(E(EPROTONOSUPPORT), 2, 2, 136), SOCKET(E(EPROTONOSUPPORT), 2, HIGH(3), 1), SOCKET(E(EPROTONOSUPPORT), 2, 10, 0),
    SOCKET(E(EPROTONOSUPPORT), 2, 6, 33), SOCKET(E(EPROTONOSUPPORT), 2, 2, HIGH(50)), NETLINK(A, 16, 3, 0), NETLINK(A, 16, 2 | 0x80000, 0),
    NETLINK(E(EPROTONOSUPPORT), 16, 3, 9), NETLINK(E(EPROTONOSUPPORT), 16, 3, 6), NETLINK(E(EPROTONOSUPPORT), 16, 3, 12),
    NETLINK(E(EPROTONOSUPPORT), HIGH(16), 3, HIGH(12)), NETLINK(A, HIGH(16), 3, HIGH(0)), SOCKET(E(EAFNOSUPPORT), 38, 5, 0),
    SOCKET(E(EAFNOSUPPORT), HIGH(38), 5, 0), SOCKET(E(EAFNOSUPPORT), TOP(38), 5, 0), SOCKET(E(EAFNOSUPPORT), 40, 1, 0), SOCKET(E(EAFNOSUPPORT), 17, 3, 0),
    SOCKET(E(EAFNOSUPPORT), 33, 2, 2), SOCKET(E(EAFNOSUPPORT), 0, 1, 0), SOCKET(E(EAFNOSUPPORT), 15, 3, 2), SOCKET(E(EAFNOSUPPORT), 29, 3, 1),
    SOCKET(E(EAFNOSUPPORT), 30, 5, 0), SOCKET(E(EAFNOSUPPORT), 44, 3, 0), SOCKET(E(EAFNOSUPPORT), UINT64_MAX, 1, 0), SOCKET(A, HIGH(2), HIGH(1), HIGH(6)),
    EVERY("socketpair", A, 1, 1, 0), EVERY("socketpair", A, HIGH(1), 1, 0), EVERY("socketpair", E(EAFNOSUPPORT), 2, 1, 0),
    EVERY("socketpair", E(EAFNOSUPPORT), 30, 5, 0),
    OPTION(A, A, 0, 1, 2), OPTION(A, A, 0, 6, 1), OPTION(E(ENOPROTOOPT), E(ENOPROTOOPT), 0, 6, 31),
    OPTION(E(ENOPROTOOPT), E(ENOPROTOOPT), 0, HIGH(6), HIGH(31)), OPTION(E(EPERM), E(EPERM), 0, 1, 50), OPTION(E(EPERM), E(EPERM), 0, 1, 52),
    OPTION(E(EPERM), E(EPERM), 0, 1, HIGH(50)), OPTION(A, E(EPERM), 0, 1, 26), OPTION(A, E(EPERM), 0, 1, 51), OPTION(A, E(ENOPROTOOPT), 0, 1, 60),
    OPTION(A, A, 0, 0, 63), OPTION(E(EPERM), E(EPERM), 0, 0, 64), OPTION(E(EPERM), E(EPERM), 0, 0, 128), OPTION(E(EPERM), E(EPERM), 0, HIGH(0), 1200),
    OPTION(E(EPERM), E(EPERM), 0, 0, 16), OPTION(E(EPERM), E(EPERM), 0, 0, 17), OPTION(A, A, 0, 0, 18), OPTION(E(EPERM), E(EPERM), 0, 41, 34),
    OPTION(E(EPERM), E(EPERM), 0, 41, 35), OPTION(E(EPERM), E(EPERM), 0, 41, 64), OPTION(A, A, 0, 41, 67), OPTION(E(EPERM), E(EPERM), 0, 17, 100),
    OPTION(E(EPERM), E(EPERM), 0, 136, 100), OPTION(E(EPERM), E(EPERM), 0, HIGH(136), HIGH(100)), OPTION(A, A, 0, 136, 10), OPTION(A, A, 0, 17, 103),
    OPTION(E(EPERM), E(EPERM), 0, 279, 1), OPTION(E(EPERM), E(EPERM), 0, 270, 8), OPTION(A, A, 0, 270, 1), OPTION(E(EPERM), E(EPERM), 0, 41, 65),
    OPTION(E(EPERM), E(EPERM), 0, 41, 200), OPTION(A, A, 0, 41, 78), OPTION(A, A, 0, 58, 1), OPTION(A, A, 0, 284, 1), OPTION(A, E(ENOPROTOOPT), 0, 132, 1),
    OPTION(A, E(ENOPROTOOPT), 0, HIGH(263), 1), OPTION(A, E(ENOPROTOOPT), 0, 255, 1),
    EVERY("prctl", A, 1, 9), EVERY("prctl", A, 15, 0), EVERY("prctl", A, 38, 1), EVERY("prctl", A, 4, 0), EVERY("prctl", A, 65, 1), PRCTL(E(EPERM), 35, 1),
    PRCTL(E(EPERM), HIGH(35), 1), PRCTL(E(EPERM), 33), PRCTL(E(EPERM), 57), PRCTL(E(EPERM), 62), PRCTL(E(EPERM), 26), PRCTL(E(EPERM), 0x59616d61),
    PRCTL(E(EPERM), 53, 0, 2), PRCTL(E(EPERM), HIGH(53), 1, HIGH(2)), PRCTL(A, 53, 0, 4), PRCTL(A, 52, 0, 2), DEFAULT("prctl", A, E(EINVAL), 22, 2),
    PRCTL(E(EPERM), 77, 1), EVERY("prctl", A, 0x53564d41, 0), FIVE("prctl", A, A, A, A, E(EINVAL), 36, 1), FIVE("prctl", A, A, A, A, E(EINVAL), 8, 1),
    EVERY("pipe2", A, 0, 0x80800), EVERY("pipe2", A, 0, 0x4000), EVERY("pipe2", E(EPERM), 0, 0x80), EVERY("pipe2", E(EPERM), 0, HIGH(0x80080)),
    DEFAULT("personality", A, E(EPERM), 0), DEFAULT("personality", A, E(EPERM), 0xffffffff), DEFAULT("personality", A, E(EPERM), UINT64_MAX),
    EVERY("personality", E(EPERM), 0x40000), EVERY("personality", E(EPERM), 8), EVERY("personality", E(EPERM), 0x400000),
    EVERY("personality", E(EPERM), HIGH(0x40000)),
    DEFAULT("mknod", A, E(EPERM), 0, 0644), DEFAULT("mknod", A, E(EPERM), 0, 0100644), DEFAULT("mknod", A, E(EPERM), 0, 010644),
    DEFAULT("mknod", A, E(EPERM), 0, 0140644), EVERY("mknod", E(EPERM), 0, 020666), EVERY("mknod", E(EPERM), 0, 060666),
    EVERY("mknod", E(EPERM), 0, HIGH(020666)), EVERY("mknod", E(EPERM), 0, 040755), DEFAULT("mknodat", A, E(EPERM), 0, 0, 010644),
    EVERY("mknodat", E(EPERM), 0, 0, 020666), EVERY("mknodat", E(EPERM), 0, 0, 0x70000 | 020666),
    DEFAULT("sendto", A, E(EOPNOTSUPP), 0, 0, 0, 1), DEFAULT("sendto", A, E(EOPNOTSUPP), 0, 0, 0, HIGH(0x4000000)), EVERY("sendto", A, 0, 0, 0, 0x4000),
    EVERY("sendto", A, 0, 1, 1, 0), DEFAULT("sendmsg", A, E(EOPNOTSUPP), 0, 0, 1), EVERY("sendmsg", A, 0, 0, 0x40),
    FIVE("sendmmsg", A, E(EOPNOTSUPP), E(EOPNOTSUPP), E(ENOSYS), E(EOPNOTSUPP), 0, 0, 0, 1),
    DEFAULT("recvmsg", A, E(EOPNOTSUPP), 0, 0, 0x101), DEFAULT("recvfrom", A, E(EOPNOTSUPP), 0, 0, 0, 1),
    FIVE("recvmmsg", A, E(EOPNOTSUPP), E(EOPNOTSUPP), E(ENOSYS), E(EOPNOTSUPP), 0, 0, 0, 1), FIVE("recvmmsg", A, A, A, E(ENOSYS), A, 0, 0, 1, 0x10000),
    EVERY("arch_prctl", A, 0x1002), EVERY("arch_prctl", A, HIGH(0x1003)), EVERY("arch_prctl", A, 0x1023), EVERY("arch_prctl", A, 0x5001),
    DEFAULT("arch_prctl", A, E(EINVAL), 0x2001), DEFAULT("arch_prctl", A, E(EINVAL), 0x3001), DEFAULT("arch_prctl", A, E(EINVAL), 0x4002),
    DEFAULT("arch_prctl", A, E(EINVAL), HIGH(0x4002)), DEFAULT("arch_prctl", A, E(EINVAL), 0),
};

static size_t check_rows(const struct row *rows, size_t n)
{
    struct cm_error err;
    size_t checked = 0;

    cm_error_init(&err);
    for (size_t p = 0; p < PROFILES; p++) {
        CM_AUTO_FILTER struct cm_filter f = {0};
        if (cm_filter_builtin(cm_profile_name(p), &f, &err) < 0) {
            CHECK_FAIL("%s", err.message);
            return 0;
        }
        for (size_t i = 0; i < n; i++)
            for (const char *const *name = rows[i].names; *name; name++) {
                int nr = cm_seccomp_number(seccomp_arch_native(), *name);
                if (nr < 0)
                    continue; /* not on this architecture */
                uint32_t got = cm_filter_run(&f, CM_AUDIT_ARCH, (uint32_t)nr, rows[i].args);
                if (got != rows[i].want[p])
                    CHECK_FAIL("row %zu, %s(%llx, %llx, %llx, %llx): %s answers %x, want %x", i, *name, (unsigned long long)rows[i].args[0],
                               (unsigned long long)rows[i].args[1], (unsigned long long)rows[i].args[2], (unsigned long long)rows[i].args[3],
                               cm_profile_name(p), got, rows[i].want[p]);
                checked++;
            }
    }
    return checked;
}

TEST(calls_as_intended)
{
    size_t n = check_rows(plain, CM_ARRAY_LEN(plain));

    CHECK(n > 5 * 150);
    printf("# %zu calls\n", n);
}

TEST(who_may_fork)
{
    for (size_t p = 0; p < PROFILES; p++) {
        CM_AUTO_FILTER struct cm_filter f = {0};
        int nr = cm_seccomp_call(CM_AUDIT_ARCH, "clone");
        CHECK_INT(cm_filter_builtin(cm_profile_name(p), &f, NULL), 0);
        uint32_t answer = cm_filter_run(&f, CM_AUDIT_ARCH, (uint32_t)nr, (const uint64_t[6]){SIGCHLD, SIGCHLD});
        if ((answer == A) != cm_profile_lets_fork(cm_profile_name(p)))
            CHECK_FAIL("%s: clone answers %x", cm_profile_name(p), answer);
    }
}

TEST(arguments_as_intended)
{
    size_t n = check_rows(with_arguments, CM_ARRAY_LEN(with_arguments));

    CHECK(n > 5 * 100);
    printf("# %zu calls\n", n);
}

TEST(numbers_that_do_not_exist)
{
    static const uint64_t zeros[6];

    for (size_t i = 0; cm_profile_name(i); i++) {
        CM_AUTO_FILTER struct cm_filter f = {0};
        CHECK_INT(cm_filter_builtin(cm_profile_name(i), &f, NULL), 0);
        static const uint32_t unknown[] = {387, 400, 423, 472, 500, 511, 600, 1023, 0x3fffffff, UINT32_MAX};
        for (size_t j = 0; j < CM_ARRAY_LEN(unknown); j++)
            CHECK_INT(cm_filter_run(&f, CM_AUDIT_ARCH, unknown[j], zeros), E(ENOSYS));
        static const uint32_t archs[] = {AUDIT_ARCH_I386, AUDIT_ARCH_ARM, AUDIT_ARCH_MIPS, 0, UINT32_MAX};
        for (size_t j = 0; j < CM_ARRAY_LEN(archs); j++)
            for (uint32_t nr = 0; nr < 512; nr++)
                CHECK(cm_filter_run(&f, archs[j], nr, zeros) == SECCOMP_RET_KILL_PROCESS);
#ifdef CM_X32_BIT
        for (uint32_t nr = 0; nr < 1024; nr++)
            CHECK(cm_filter_run(&f, CM_AUDIT_ARCH, nr | CM_X32_BIT, zeros) == SECCOMP_RET_KILL_PROCESS);
        CHECK(cm_filter_run(&f, CM_AUDIT_ARCH, UINT32_MAX - 1, zeros) == SECCOMP_RET_KILL_PROCESS);
#endif
    }
}
