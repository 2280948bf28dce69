/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the built-in profiles answer, written out by hand from the intent and not from the tables; and a linter of their sources.
 */
#include "check.h"

#include <fcntl.h>
#include <seccomp.h>

#include "base/io.h"
#include "json/json.h"
#include "policy/profiles.h"
#include "seccomp/rules.h"

#define A SECCOMP_RET_ALLOW
#define E(n) (SECCOMP_RET_ERRNO | (n))
#define HIGH(v) ((v) | 1ULL << 32)
#define TOP(v) ((v) | 1ULL << 63)
#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

struct row {
    const char *const *names;
    uint64_t args[6];
    uint32_t by_default, strict;
};

static const struct row plain[] = {
    {NAMES("read", "write", "close", "openat", "mmap", "munmap", "mprotect", "brk", "execve", "exit_group", "exit", "futex", "poll", "ppoll", "close_range",
           "rt_sigreturn",
           "rt_sigaction", "rt_sigprocmask", "set_tid_address", "set_robust_list", "rseq", "prlimit64", "getrandom", "newfstatat", "arch_prctl", "fork",
           "vfork", "wait4",
           "dup3", "epoll_pwait2", "openat2", "statx", "faccessat2", "fchmodat2", "sendmsg", "recvmsg", "accept4", "bind", "listen", "connect", "getsockopt",
           "kill",
           "tgkill", "pidfd_open", "pidfd_send_signal", "membarrier", "madvise", "mremap", "clock_nanosleep", "restart_syscall", "sendfile",
           "copy_file_range",
           "futex_wait", "futex_wake", "futex_requeue", "futex_waitv", "mseal", "map_shadow_stack", "uretprobe", "uprobe", "creat", "symlinkat", "renameat2",
           "uname"),
     {0}, A, A},
    {NAMES("mount", "umount2", "pivot_root", "chroot", "unshare", "setns", "ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "pidfd_getfd", "bpf",
           "perf_event_open",
           "keyctl", "add_key", "request_key", "kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module", "reboot", "swapon",
           "swapoff", "sethostname",
           "setdomainname", "syslog", "acct", "quotactl", "quotactl_fd", "iopl", "ioperm", "settimeofday", "clock_settime", "open_by_handle_at",
           "name_to_handle_at",
           "fanotify_init", "fanotify_mark", "move_pages", "migrate_pages", "vhangup", "lookup_dcookie", "uselib", "ustat", "sysfs"),
     {0}, E(EPERM), E(EPERM)},
    {NAMES("clone3", "io_uring_setup", "io_uring_enter", "io_uring_register", "userfaultfd", "fsopen", "fsconfig", "fsmount", "fspick", "open_tree",
           "move_mount", "mount_setattr",
           "open_tree_attr", "statmount", "listmount", "listns", "lsm_get_self_attr", "lsm_set_self_attr", "lsm_list_modules", "cachestat", "memfd_secret",
           "process_mrelease",
           "process_madvise", "modify_ldt", "set_thread_area", "get_thread_area", "remap_file_pages", "mbind", "set_mempolicy", "get_mempolicy",
           "file_setattr", "vserver"),
     {0}, E(ENOSYS), E(ENOSYS)},
    {NAMES("tee", "vmsplice"), {0}, E(EINVAL), E(EINVAL)},
    {NAMES("splice"), {0}, A, E(EINVAL)},
    {NAMES("seccomp", "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self", "io_setup", "io_submit", "mq_open", "msgget", "msgsnd",
           "semget", "shmget", "shmat",
           "pkey_alloc", "pkey_mprotect"),
     {0}, A, E(ENOSYS)},
    {NAMES("setuid", "setgid", "setresuid", "setresgid", "setgroups", "setreuid", "setfsuid", "capset", "sched_setscheduler", "sched_setattr", "ioprio_set",
           "adjtimex"), {0}, A, E(EPERM)},
    {NAMES("mlock", "mlockall", "setxattr", "fsetxattr", "removexattr", "setxattrat", "capget", "sync", "inotify_init"), {0}, A, E(ENOSYS)},
};

#define ROW(name, d, s, ...) {NAMES(name), {__VA_ARGS__}, d, s}
#define BOTH(name, want, ...) ROW(name, want, want, __VA_ARGS__)

static const struct row with_arguments[] = {
    BOTH("clone", A, 0x11), BOTH("clone", A, 0x3d0f00), BOTH("clone", A, 0x80000000), BOTH("clone", A, HIGH(0x11)), BOTH("clone", E(EPERM), 0x10000011),
    BOTH("clone", E(EPERM), 0x20000), BOTH("clone", E(EPERM), 0x02000000), BOTH("clone", E(EPERM), 0x04000000), BOTH("clone", E(EPERM), 0x08000000),
    BOTH("clone", E(EPERM), 0x20000000), BOTH("clone", E(EPERM), 0x40000000), BOTH("clone", E(EPERM), HIGH(0x40000000)), BOTH("clone", E(EPERM), UINT64_MAX),
    BOTH("ioctl", A, 0, 0x5401), BOTH("ioctl", A, 0, 0x5411), BOTH("ioctl", A, 0, 0x5413), BOTH("ioctl", E(EPERM), 0, 0x5412),
    BOTH("ioctl", E(EPERM), 0, HIGH(0x5412)),
    BOTH("ioctl", E(EPERM), 0, TOP(0x5412)), BOTH("ioctl", E(EPERM), 0, 0x541c), BOTH("ioctl", E(EPERM), 0, 0x541d), BOTH("ioctl", A, 0, 0x541e),
    BOTH("ioctl", E(EPERM), 0, 0x5423), BOTH("ioctl", E(EPERM), 0, HIGH(0x5423)), BOTH("ioctl", A, 0, 0x5421), BOTH("ioctl", E(ENOTTY), 0, 0x4b72),
    BOTH("ioctl", E(ENOTTY), 0, HIGH(0x4b47)), BOTH("ioctl", E(ENOTTY), 0, 0x560a), BOTH("ioctl", A, 0, 0xc0404b01), BOTH("ioctl", E(EPERM), 0, 0xb701),
    BOTH("ioctl", E(EPERM), 0, 0xb702), BOTH("ioctl", E(EPERM), 0, 0x8008b705), BOTH("ioctl", E(EPERM), 0, 0xff09), BOTH("ioctl", A, 0, 0xc040ff0b),
    BOTH("ioctl", A, 0, 0x8912),
    BOTH("ioctl", A, 0x5412, 0), BOTH("ioctl", A, 0, 0x545d),
    BOTH("socket", A, 1, 1, 0), BOTH("socket", A, 1, 2, 0), BOTH("socket", A, 1, 5 | 0x80800, 0), BOTH("socket", E(EPROTONOSUPPORT), 1, 3, 0),
    BOTH("socket", A, 2, 1, 6), BOTH("socket", A, 2, 0x80001, 0), BOTH("socket", A, 10, 2, 17), BOTH("socket", A, 2, 1, 262), BOTH("socket", A, 2, 2, 1),
    BOTH("socket", A, 10, 2, 58),
    BOTH("socket", E(EPROTONOSUPPORT), 2, 3, 1), BOTH("socket", E(EPROTONOSUPPORT), 2, 3 | 0x80000, 255), BOTH("socket", E(EPROTONOSUPPORT), 10, 5, 132),
    BOTH("socket", E(EPROTONOSUPPORT), 2, 1, 132), BOTH("socket", E(EPROTONOSUPPORT), 2, 2, 136), BOTH("socket", E(EPROTONOSUPPORT), 2, HIGH(3), 1),
    BOTH("socket", E(EPROTONOSUPPORT), 2, 10, 0), BOTH("socket", E(EPROTONOSUPPORT), 2, 6, 33), BOTH("socket", E(EPROTONOSUPPORT), 2, 2, HIGH(50)),
    BOTH("socket", A, 16, 3, 0), BOTH("socket", A, 16, 2 | 0x80000, 0), BOTH("socket", E(EPROTONOSUPPORT), 16, 3, 9),
    BOTH("socket", E(EPROTONOSUPPORT), 16, 3, 6),
    BOTH("socket", E(EPROTONOSUPPORT), 16, 3, 12), BOTH("socket", E(EPROTONOSUPPORT), HIGH(16), 3, HIGH(12)), BOTH("socket", A, HIGH(16), 3, HIGH(0)),
    BOTH("socket", E(EAFNOSUPPORT), 38, 5, 0), BOTH("socket", E(EAFNOSUPPORT), HIGH(38), 5, 0), BOTH("socket", E(EAFNOSUPPORT), TOP(38), 5, 0),
    BOTH("socket", E(EAFNOSUPPORT), 40, 1, 0),
    BOTH("socket", E(EAFNOSUPPORT), 17, 3, 0), BOTH("socket", E(EAFNOSUPPORT), 33, 2, 2), BOTH("socket", E(EAFNOSUPPORT), 0, 1, 0),
    BOTH("socket", E(EAFNOSUPPORT), 15, 3, 2),
    BOTH("socket", E(EAFNOSUPPORT), 29, 3, 1), BOTH("socket", E(EAFNOSUPPORT), 30, 5, 0), BOTH("socket", E(EAFNOSUPPORT), 44, 3, 0),
    BOTH("socket", E(EAFNOSUPPORT), UINT64_MAX, 1, 0),
    BOTH("socket", A, HIGH(2), HIGH(1), HIGH(6)),
    BOTH("socketpair", A, 1, 1, 0), BOTH("socketpair", A, HIGH(1), 1, 0), BOTH("socketpair", E(EAFNOSUPPORT), 2, 1, 0),
    BOTH("socketpair", E(EAFNOSUPPORT), 30, 5, 0),
    BOTH("setsockopt", A, 0, 1, 2), BOTH("setsockopt", A, 0, 6, 1), BOTH("setsockopt", E(ENOPROTOOPT), 0, 6, 31),
    BOTH("setsockopt", E(ENOPROTOOPT), 0, HIGH(6), HIGH(31)),
    BOTH("setsockopt", E(EPERM), 0, 1, 50), BOTH("setsockopt", E(EPERM), 0, 1, 52), BOTH("setsockopt", E(EPERM), 0, 1, HIGH(50)),
    ROW("setsockopt", A, E(EPERM), 0, 1, 26), ROW("setsockopt", A, E(EPERM), 0, 1, 51), ROW("setsockopt", A, E(ENOPROTOOPT), 0, 1, 60),
    BOTH("setsockopt", A, 0, 0, 63), BOTH("setsockopt", E(EPERM), 0, 0, 64), BOTH("setsockopt", E(EPERM), 0, 0, 128),
    BOTH("setsockopt", E(EPERM), 0, HIGH(0), 1200),
    BOTH("setsockopt", E(EPERM), 0, 0, 16), BOTH("setsockopt", E(EPERM), 0, 0, 17), BOTH("setsockopt", A, 0, 0, 18), BOTH("setsockopt", E(EPERM), 0, 41, 34),
    BOTH("setsockopt", E(EPERM), 0, 41, 35), BOTH("setsockopt", E(EPERM), 0, 41, 64), BOTH("setsockopt", A, 0, 41, 67),
    BOTH("setsockopt", E(EPERM), 0, 17, 100), BOTH("setsockopt", E(EPERM), 0, 136, 100), BOTH("setsockopt", E(EPERM), 0, HIGH(136), HIGH(100)), BOTH("setsockopt", A, 0, 136, 10),
    BOTH("setsockopt", A, 0, 17, 103), BOTH("setsockopt", E(EPERM), 0, 279, 1), BOTH("setsockopt", E(EPERM), 0, 270, 8), BOTH("setsockopt", A, 0, 270, 1),
    BOTH("prctl", A, 1, 9), BOTH("prctl", A, 15, 0), BOTH("prctl", A, 38, 1), BOTH("prctl", A, 4, 0), BOTH("prctl", A, 65, 1), BOTH("prctl", E(EPERM), 35, 1),
    BOTH("prctl", E(EPERM), HIGH(35), 1), BOTH("prctl", E(EPERM), 33), BOTH("prctl", E(EPERM), 57), BOTH("prctl", E(EPERM), 62), BOTH("prctl", E(EPERM), 26),
    BOTH("prctl", E(EPERM), 0x59616d61), BOTH("prctl", E(EPERM), 53, 0, 2), BOTH("prctl", E(EPERM), HIGH(53), 1, HIGH(2)), BOTH("prctl", A, 53, 0, 4),
    BOTH("prctl", A, 52, 0, 2),
    ROW("prctl", A, E(EINVAL), 22, 2),
    BOTH("pipe2", A, 0, 0x80800), BOTH("pipe2", A, 0, 0x4000), BOTH("pipe2", E(EPERM), 0, 0x80), BOTH("pipe2", E(EPERM), 0, HIGH(0x80080)),
    ROW("personality", A, E(EPERM), 0), ROW("personality", A, E(EPERM), 0xffffffff), ROW("personality", A, E(EPERM), UINT64_MAX),
    BOTH("personality", E(EPERM), 0x40000),
    BOTH("personality", E(EPERM), 8), BOTH("personality", E(EPERM), 0x400000), BOTH("personality", E(EPERM), HIGH(0x40000)),
    ROW("mknod", A, E(EPERM), 0, 0644), ROW("mknod", A, E(EPERM), 0, 0100644), ROW("mknod", A, E(EPERM), 0, 010644), ROW("mknod", A, E(EPERM), 0, 0140644),
    BOTH("mknod", E(EPERM), 0, 020666), BOTH("mknod", E(EPERM), 0, 060666), BOTH("mknod", E(EPERM), 0, HIGH(020666)), BOTH("mknod", E(EPERM), 0, 040755),
    ROW("mknodat", A, E(EPERM), 0, 0, 010644), BOTH("mknodat", E(EPERM), 0, 0, 020666), BOTH("mknodat", E(EPERM), 0, 0, 0x70000 | 020666),
    ROW("sendto", A, E(EOPNOTSUPP), 0, 0, 0, 1), ROW("sendto", A, E(EOPNOTSUPP), 0, 0, 0, HIGH(0x4000000)), BOTH("sendto", A, 0, 0, 0, 0x4000),
    BOTH("sendto", A, 0, 1, 1, 0),
    ROW("sendmsg", A, E(EOPNOTSUPP), 0, 0, 1), BOTH("sendmsg", A, 0, 0, 0x40), ROW("recvmsg", A, E(EOPNOTSUPP), 0, 0, 0x101),
    ROW("recvfrom", A, E(EOPNOTSUPP), 0, 0, 0, 1),
    ROW("sendmmsg", A, E(EOPNOTSUPP), 0, 0, 0, 1), ROW("recvmmsg", A, E(EOPNOTSUPP), 0, 0, 0, 1), BOTH("recvmmsg", A, 0, 0, 1, 0x10000),
};

static size_t check_rows(const struct row *rows, size_t n)
{
    struct cm_error err;
    CM_AUTO_FILTER struct cm_filter usual = {0}, strict = {0};
    size_t checked = 0;

    cm_error_init(&err);
    if (cm_filter_builtin("default", &usual, &err) < 0 || cm_filter_builtin("strict", &strict, &err) < 0) {
        CHECK_FAIL("%s", err.message);
        return 0;
    }
    for (size_t i = 0; i < n; i++)
        for (const char *const *name = rows[i].names; *name; name++) {
            int nr = cm_seccomp_number(seccomp_arch_native(), *name);
            if (nr < 0)
                continue; /* not on this architecture */
            uint32_t d = cm_filter_run(&usual, CM_AUDIT_ARCH, (uint32_t)nr, rows[i].args), s = cm_filter_run(&strict, CM_AUDIT_ARCH, (uint32_t)nr,
                rows[i].args);
            if (d != rows[i].by_default || s != rows[i].strict)
                CHECK_FAIL("row %zu, %s(%llx, %llx, %llx): default answers %x, want %x; strict %x, want %x", i, *name, (unsigned long long)rows[i].args[0],
                           (unsigned long long)rows[i].args[1], (unsigned long long)rows[i].args[2], d, rows[i].by_default, s, rows[i].strict);
            checked++;
        }
    return checked;
}

TEST(calls_as_intended)
{
    size_t n = check_rows(plain, CM_ARRAY_LEN(plain));

    CHECK(n > 150);
    printf("# %zu calls\n", n);
}

TEST(arguments_as_intended)
{
    size_t n = check_rows(with_arguments, CM_ARRAY_LEN(with_arguments));

    CHECK(n > 100);
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

/* One name may stand in one place of a profile only, in order, and must be a system call somewhere. */
struct linter {
    const char *seen[1024];
    size_t n;
};

static void lint_names(struct linter *l, const struct json_value *names, bool sorted)
{
    for (const struct json_value *v = names ? names->child : NULL; v; v = v->next) {
        if (!cm_seccomp_known(v->text))
            CHECK_FAIL("%s is no system call", v->text);
        if (sorted && v->next && strcmp(v->text, v->next->text) >= 0)
            CHECK_FAIL("%s and %s are not in order", v->text, v->next->text);
        for (size_t i = 0; i < l->n; i++)
            if (strcmp(l->seen[i], v->text) == 0)
                CHECK_FAIL("%s stands in two places", v->text);
        if (l->n < CM_ARRAY_LEN(l->seen))
            l->seen[l->n++] = v->text;
    }
}

TEST(profile_sources)
{
    for (size_t i = 0; cm_profile_name(i); i++) {
        CM_AUTO_ARENA struct cm_arena arena = {0};
        CM_AUTO_FREE char *text = NULL;
        struct json_value *root;
        char path[512];
        size_t size;
        struct linter l = {.n = 0};
        (void)snprintf(path, sizeof(path), PROFILE_DIR "/%s.json", cm_profile_name(i));
        if (cm_read_file_at(AT_FDCWD, path, 1 << 20, true, &text, &size) < 0 || json_parse(text, size, 1 << 20, &arena, &root, NULL) < 0) {
            CHECK_FAIL("%s cannot be read", path);
            continue;
        }
        CHECK_STR(json_member(root, "name")->text, cm_profile_name(i));
        CHECK_STR(json_member(root, "default")->text, "ENOSYS");
        lint_names(&l, json_member(root, "allow"), true);
        for (const struct json_value *d = json_member(root, "deny")->child; d; d = d->next)
            lint_names(&l, d, true);
        for (const struct json_value *r = json_member(root, "rules")->child; r; r = r->next) {
            lint_names(&l, json_member(r, "names"), false);
            CHECK(json_member(r, "why") && json_member(r, "match") && json_member(r, "otherwise"));
        }
        CHECK(l.n > 250);
    }
}
