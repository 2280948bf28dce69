/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What probe tries: each function makes the smallest valid call of one entry point. Wherever a kernel without protection would really
 * change something, the change is confined to a namespace of the caller or is the value that was there before.
 */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/mount.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* <sys/mount.h> and <linux/mount.h> exclude each other in glibc 2.36, so the few old constants are given here. */
#define OLD_RDONLY 1UL
#define OLD_REMOUNT 32UL
#define OLD_BIND 4096UL
#define OLD_REC 16384UL
#define OLD_SHARED (1UL << 20)
#define OLD_DETACH 2

#define OP(c_name, ...)                                           \
    static long c_name(const char *argument)                      \
    {                                                             \
        (void)argument;                                           \
        __VA_ARGS__                                               \
    }

static long old_mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data)
{
    return syscall(SYS_mount, source, target, type, flags, data);
}

/* ---- mounts: a place that exists in every test root is /tmp ---- */
OP(mount_type, { return old_mount("none", "/tmp", argument, 0, NULL); })
OP(bind_root, { return old_mount("/", "/tmp", NULL, OLD_BIND | OLD_REC, NULL); })
OP(remount_root, { return old_mount(NULL, "/", NULL, OLD_REMOUNT | OLD_BIND, NULL); })
OP(remount_path, { return old_mount(NULL, argument, NULL, OLD_REMOUNT | OLD_BIND, NULL); })
OP(make_shared, { return old_mount(NULL, "/", NULL, OLD_REC | OLD_SHARED, NULL); })
OP(umount_path, { return syscall(SYS_umount2, argument, OLD_DETACH); })
OP(open_tree_clone, { return syscall(SYS_open_tree, AT_FDCWD, "/", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC); })
OP(fsopen_tmpfs, { return syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC); })
OP(fspick_root, { return syscall(SYS_fspick, AT_FDCWD, "/", FSPICK_CLOEXEC); })
OP(move_mount_proc, { return syscall(SYS_move_mount, AT_FDCWD, "/proc", AT_FDCWD, "/tmp", 0); })
OP(mount_setattr_rw, {
    struct mount_attr attr = {.attr_clr = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV};
    return syscall(SYS_mount_setattr, AT_FDCWD, "/", 0, &attr, sizeof(attr));
})
OP(do_pivot_root, {
    if (chdir("/") != 0)
        return -1;
    return syscall(SYS_pivot_root, ".", ".");
})
OP(do_chroot, { return syscall(SYS_chroot, "/tmp"); })

/* ---- names and kernel settings ---- */
OP(set_hostname, { return syscall(SYS_sethostname, "probed", 6); })
OP(set_domainname, { return syscall(SYS_setdomainname, "probed", 6); })

static long open_for(const char *path, int flags)
{
    return open(path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}
OP(open_read, { return open_for(argument, O_RDONLY); })
OP(open_write, { return open_for(argument, O_WRONLY); })
OP(create_file, { return open_for(argument, O_WRONLY | O_CREAT | O_EXCL) >= 0 ? unlink(argument) : -1; })

/* Bytes that can be read from a file: a masked one gives 0. */
OP(read_bytes, {
    char buffer[4096];
    long fd = open_for(argument, O_RDONLY);
    return fd < 0 ? fd : read((int)fd, buffer, sizeof(buffer));
})

/* Writes what is there already: some kernel files check the privilege only then. */
OP(write_back, {
    char value[4096];
    ssize_t size;
    long fd = open_for(argument, O_RDONLY);
    if (fd < 0)
        return -1;
    size = read((int)fd, value, sizeof(value));
    if (size < 0)
        return -1;
    fd = open_for(argument, O_WRONLY);
    return fd < 0 ? -1 : write((int)fd, value, (size_t)size);
})

/* ---- namespaces ---- */
static const struct { const char *name; int flag; } ns_types[] = {
    {"user", CLONE_NEWUSER}, {"mnt", CLONE_NEWNS},       {"pid", CLONE_NEWPID},         {"net", CLONE_NEWNET},
    {"ipc", CLONE_NEWIPC},   {"uts", CLONE_NEWUTS},      {"cgroup", CLONE_NEWCGROUP},   {"time", 0x80 /* CLONE_NEWTIME */},
};
static int one_ns_flag(const char *name, size_t size)
{
    for (size_t i = 0; i < sizeof(ns_types) / sizeof(ns_types[0]); i++)
        if (strlen(ns_types[i].name) == size && memcmp(ns_types[i].name, name, size) == 0)
            return ns_types[i].flag;
    (void)fprintf(stderr, "probe: no namespace type %s\n", name);
    _exit(2);
}
int probe_ns_flags(const char *names)
{
    int flags = 0;
    for (const char *at = names; *at;) {
        size_t size = strcspn(at, "+");
        flags |= one_ns_flag(at, size);
        at += size + (at[size] == '+');
    }
    return flags;
}
OP(do_unshare, { return syscall(SYS_unshare, probe_ns_flags(argument)); })
OP(do_setns, {
    char path[64];
    (void)snprintf(path, sizeof(path), "/proc/self/ns/%s", argument);
    long fd = open_for(path, O_RDONLY);
    return fd < 0 ? -1 : syscall(SYS_setns, fd, probe_ns_flags(argument));
})
OP(clone3_newuser, {
    struct { uint64_t flags, rest[10]; } args = {.flags = CLONE_NEWUSER, .rest = {[3] = SIGCHLD}};
    long pid = syscall(SYS_clone3, &args, 64);
    if (pid == 0)
        _exit(0);
    return pid;
})
OP(clone_newuser, {
    long pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
    if (pid == 0)
        _exit(0);
    return pid;
})
/* The hole that unprivileged mounting comes through: a mount namespace of one's own, and a mount in it. */
OP(nested_mount, {
    if (syscall(SYS_unshare, CLONE_NEWNS) < 0)
        return -1;
    return old_mount("none", "/tmp", "tmpfs", 0, NULL);
})

/* ---- devices ---- */
static long make_node(mode_t mode, unsigned int major_number, unsigned int minor_number)
{
    const char *path = "/dev/shm/probe-node"; /* the one place that every root has and a container may write */
    (void)unlink(path);
    long ret = mknod(path, mode | 0666, makedev(major_number, minor_number));
    if (ret == 0 && mode == S_IFCHR)
        ret = open_for(path, O_RDONLY);
    int saved = errno;
    (void)unlink(path);
    errno = saved;
    return ret;
}
OP(mknod_null, { return make_node(S_IFCHR, 1, 3); })
OP(mknod_kmsg, { return make_node(S_IFCHR, 1, 11); })
OP(mknod_disk, { return make_node(S_IFBLK, 8, 0); })

/* ---- sockets: FAMILY:TYPE:PROTOCOL in numbers ---- */
OP(do_socket, {
    int number[3] = {0};
    const char *at = argument;
    for (int i = 0; i < 3 && *at; i++, at += *at == ':') {
        bool negative = false;
        for (; *at && *at != ':'; at++)
            if (*at >= '0' && *at <= '9')
                number[i] = number[i] * 10 + (*at - '0');
            else
                negative = true;
        if (negative)
            return (errno = EDOM, -1);
    }
    return socket(number[0], number[1] | SOCK_CLOEXEC, number[2]);
})
/* A family in the low half and rubbish in the high half of the register: a filter that compares 64 bits lets it pass. */
OP(socket_high_bits, { return syscall(SYS_socket, (1UL << 32) | 38, 5, 0); })
OP(connect_unix, {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(argument) >= sizeof(address.sun_path))
        return (errno = ENAMETOOLONG, -1);
    memcpy(address.sun_path, argument, strlen(argument));
    return connect(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), (const struct sockaddr *)&address, sizeof(address));
})
/* UDP_ENCAP with UDP_ENCAP_ESPINUDP: the socket then hands packets to IPsec. The kernel takes the option at more levels than one. */
static long udp_encapsulate(int level)
{
    int type = 2;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    long ret = setsockopt(fd, level, 100, &type, sizeof(type));
    int saved = errno;
    (void)close(fd);
    errno = saved;
    return ret;
}
OP(udp_encap, { return udp_encapsulate((int)strtol(argument, NULL, 10)); })
OP(udp_encap_levels, {
    long taken = 0;
    for (int level = 0; level < 300; level++)
        taken += udp_encapsulate(level) == 0;
    return taken;
})

/* ---- entry points of kernel subsystems: numbers that the oldest supported headers may lack are written out ---- */
OP(do_bpf, { char attr[128] = {0}; return syscall(SYS_bpf, 0, attr, sizeof(attr)); })
OP(do_perf_event, { char attr[128] = {0}; attr[4] = 64; return syscall(SYS_perf_event_open, attr, 0, -1, -1, 0); })
OP(do_io_uring, { char params[120] = {0}; return syscall(425, 1, params); })
OP(do_userfaultfd, { return syscall(SYS_userfaultfd, 1 /* user mode only */); })
OP(do_keyctl, { return syscall(SYS_keyctl, 0 /* get id */, -3 /* session keyring */, 1); })
OP(do_add_key, { return syscall(SYS_add_key, "user", "probe", "x", 1, -2); })
OP(do_request_key, { return syscall(SYS_request_key, "user", "probe", NULL, 0); })
OP(init_module, { return syscall(SYS_init_module, "", 0, ""); })
OP(delete_module, { return syscall(SYS_delete_module, "no-such-module", 0); })
OP(kexec_load, { return syscall(SYS_kexec_load, 0, 0, NULL, 0xffff); })
OP(do_reboot, { return syscall(SYS_reboot, 0, 0, 0, NULL); /* wrong magic: EINVAL where it is allowed */ })
OP(do_swapon, { return syscall(SYS_swapon, "/no-such-file", 0); })
OP(do_acct, { return syscall(SYS_acct, "/no-such-file"); })
OP(do_syslog, { return syscall(SYS_syslog, 10 /* size of the buffer */, NULL, 0); })
OP(clock_settime_bad, { struct { int64_t s, ns; } t = {0, -1}; return syscall(SYS_clock_settime, 0, &t); })
OP(do_quotactl, { return syscall(SYS_quotactl, 0x80000100 /* sync */, NULL, 0, NULL); })
OP(name_to_handle, {
    struct { unsigned int size; int type; unsigned char bytes[128]; } handle = {.size = 128};
    int mount_id;
    return syscall(SYS_name_to_handle_at, AT_FDCWD, "/", &handle, &mount_id, 0);
})
/* CVE-2014-"shocker": the handle of inode 2, the root of most file systems. */
OP(open_by_handle, {
    struct { unsigned int size; int type; unsigned char bytes[8]; } handle = {8, 1, {2}};
    long fd = open_for("/", O_RDONLY | O_DIRECTORY);
    return syscall(SYS_open_by_handle_at, fd, &handle, O_RDONLY);
})
OP(do_vmsplice, { return syscall(SYS_vmsplice, -1, NULL, 0, 0); })
OP(personality_no_random, { return syscall(SYS_personality, 0x0040000); })
OP(do_kcmp, { return syscall(SYS_kcmp, getpid(), getpid(), 0, 0, 0); })
OP(pidfd_getfd_self, { return syscall(438, syscall(434, getpid(), 0), 0, 0); })
OP(process_vm_read, {
    char from = 'x', to = 0;
    struct { void *base; size_t size; } local = {&to, 1}, remote = {&from, 1};
    return syscall(SYS_process_vm_readv, getpid(), &local, 1, &remote, 1, 0);
})
OP(ptrace_parent, {
    long ret = ptrace(PTRACE_SEIZE, getppid(), NULL, NULL);
    return ret;
})
OP(mbind_null, { return syscall(SYS_mbind, 0, 0, 0, NULL, 0, 0); })
OP(fanotify, { return syscall(SYS_fanotify_init, 0, 0); })
OP(memfd_secret, { return syscall(447, 0); })
OP(notification_pipe, { int fds[2]; return syscall(SYS_pipe2, fds, 0x80); })
OP(tiocsti, { return ioctl(0, 0x5412, "x"); })
OP(tiocsti_high_bits, { return syscall(SYS_ioctl, 0, (1UL << 32) | 0x5412, "x"); })
OP(tioclinux, { char sub = 3; return ioctl(0, 0x541c, &sub); })
/* As the leader of a session without a terminal: whatever is standard input. */
OP(tiocsctty, { return setsid() < 0 ? -1 : ioctl(0, TIOCSCTTY, 0); })
OP(no_such_call, { return syscall(990); })
#ifdef __x86_64__
OP(iopl, { return syscall(SYS_iopl, 3); })
OP(ioperm, { return syscall(SYS_ioperm, 0x80, 1, 1); })
OP(modify_ldt, { return syscall(SYS_modify_ldt, 0, NULL, 0); })
/* getpid through the 32-bit entry, whose numbers differ: a filter for one architecture must not answer for the other. */
OP(int80, {
    long ret;
    __asm__ volatile("int $0x80" : "=a"(ret) : "0"(20L) : "memory", "r8", "r9", "r10", "r11");
    return ret < 0 ? (errno = (int)-ret, -1) : ret;
})
OP(x32, { return syscall(0x40000000 | SYS_getpid); })
#endif

/* ---- credentials ---- */
OP(capset_all, {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {{~0u, ~0u, 0}, {0x1ff, 0x1ff, 0}};
    return syscall(SYS_capset, &header, data);
})
OP(ambient_raise, { return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0); })
OP(clear_nnp, { return prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0); })
OP(set_mm, { return prctl(PR_SET_MM, PR_SET_MM_START_BRK, 0, 0, 0); })
OP(spec_allow, {
    struct { unsigned short length; const void *code; } none = {0, NULL};
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &none);
})
OP(setuid_unmapped, { return syscall(SYS_setresuid, 3000000000u, 3000000000u, 3000000000u); })
OP(nice_down, { return setpriority(PRIO_PROCESS, 0, -10); })
OP(sched_fifo, { struct sched_param p = {.sched_priority = 1}; return sched_setscheduler(0, SCHED_FIFO, &p); })
/* pids of the host that can be signalled: every number is asked with signal 0. */
OP(write_exec, { return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0; })
OP(foreign_pids, {
    long seen = 0;
    for (pid_t pid = 1; pid < 5000; pid++)
        seen += kill(pid, 0) == 0 || errno == EPERM;
    return seen;
})

#define NONE(op_name, function) {op_name, function, false}
#define ONE(op_name, function) {op_name, function, true}
const struct probe_op probe_ops[] = {
    ONE("mount", mount_type), NONE("bind", bind_root), NONE("remount-root", remount_root), ONE("remount", remount_path),
    NONE("make-shared", make_shared), ONE("umount", umount_path), NONE("open_tree", open_tree_clone), NONE("fsopen", fsopen_tmpfs),
    NONE("fspick", fspick_root), NONE("move_mount", move_mount_proc), NONE("mount_setattr", mount_setattr_rw),
    NONE("pivot_root", do_pivot_root), NONE("chroot", do_chroot), NONE("sethostname", set_hostname),
    NONE("setdomainname", set_domainname), ONE("open-r", open_read), ONE("open-w", open_write), ONE("create", create_file),
    ONE("read", read_bytes), ONE("write-back", write_back), ONE("unshare", do_unshare), ONE("setns", do_setns),
    NONE("clone3-newuser", clone3_newuser), NONE("clone-newuser", clone_newuser), NONE("nested-mount", nested_mount),
    NONE("mknod-null", mknod_null), NONE("mknod-kmsg", mknod_kmsg), NONE("mknod-disk", mknod_disk), ONE("socket", do_socket),
    NONE("socket-high-bits", socket_high_bits), ONE("connect", connect_unix), ONE("udp-encap", udp_encap),
    NONE("udp-encap-levels", udp_encap_levels), NONE("bpf", do_bpf), NONE("perf_event_open", do_perf_event),
    NONE("io_uring_setup", do_io_uring), NONE("userfaultfd", do_userfaultfd), NONE("keyctl", do_keyctl), NONE("add_key", do_add_key),
    NONE("request_key", do_request_key), NONE("init_module", init_module), NONE("delete_module", delete_module),
    NONE("kexec_load", kexec_load), NONE("reboot", do_reboot), NONE("swapon", do_swapon), NONE("acct", do_acct),
    NONE("syslog", do_syslog), NONE("clock_settime", clock_settime_bad), NONE("quotactl", do_quotactl),
    NONE("name_to_handle_at", name_to_handle), NONE("open_by_handle_at", open_by_handle), NONE("vmsplice", do_vmsplice),
    NONE("personality", personality_no_random), NONE("kcmp", do_kcmp), NONE("pidfd_getfd", pidfd_getfd_self),
    NONE("process_vm_readv", process_vm_read), NONE("ptrace-parent", ptrace_parent), NONE("mbind", mbind_null),
    NONE("fanotify_init", fanotify), NONE("memfd_secret", memfd_secret), NONE("notification-pipe", notification_pipe),
    NONE("tiocsti", tiocsti), NONE("tiocsti-high-bits", tiocsti_high_bits), NONE("tioclinux", tioclinux), NONE("tiocsctty", tiocsctty),
    NONE("no-such-call", no_such_call),
#ifdef __x86_64__
    NONE("iopl", iopl), NONE("ioperm", ioperm), NONE("modify_ldt", modify_ldt), NONE("int80", int80), NONE("x32", x32),
#endif
    NONE("capset-all", capset_all), NONE("ambient-raise", ambient_raise), NONE("clear-nnp", clear_nnp), NONE("set-mm", set_mm),
    NONE("spec-allow", spec_allow), NONE("setuid-unmapped", setuid_unmapped), NONE("nice-down", nice_down),
    NONE("sched-fifo", sched_fifo), NONE("foreign-pids", foreign_pids), NONE("write-exec", write_exec),
    {NULL, NULL, false},
};
