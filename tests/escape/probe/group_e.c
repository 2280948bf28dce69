/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Group E: namespaces and mounts, attacked from inside. */
#include "escape.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../lib/probe.h"

#define TYPES "user mnt pid net ipc uts cgroup time"
#define PAIRS                                                                                                                                 \
    "user+mnt user+pid user+net user+ipc user+uts user+cgroup user+time mnt+pid mnt+net mnt+ipc mnt+uts mnt+cgroup mnt+time pid+net pid+ipc " \
    "pid+uts pid+cgroup pid+time net+ipc net+uts net+cgroup net+time ipc+uts ipc+cgroup ipc+time uts+cgroup uts+time cgroup+time"

/* ---- E02: clone ---- */

static long born(long pid)
{
    int status;

    if (pid == 0)
        _exit(0);
    if (pid > 0)
        (void)waitpid((pid_t)pid, &status, 0);
    return pid;
}

static long clone_flags(const char *types)
{
    return born(syscall(SYS_clone, (long)probe_ns_flags(types) | SIGCHLD, 0L, 0L, 0L, 0L));
}

/* The kernel takes the low half of the register: a filter that compares the whole of it lets this pass. */
static long clone_high_bits(const char *types)
{
    return born(syscall(SYS_clone, 1L << 32 | (long)probe_ns_flags(types) | SIGCHLD, 0L, 0L, 0L, 0L));
}

static long clone3_flags(const char *types)
{
    struct { uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, rest[6]; } args = {.exit_signal = SIGCHLD};

    args.flags = (uint64_t)probe_ns_flags(types);
    return born(syscall(SYS_clone3, &args, 64L));
}

/* Its flags are in memory, where no filter sees them: so the whole call is not there, and libraries fall back. */
static long clone3_plain(const char *argument)
{
    return works(clone3_flags(argument));
}

static void *thread_of_nothing(void *argument)
{
    return argument;
}

static long threads_work(const char *argument)
{
    pthread_t thread;
    int r = pthread_create(&thread, NULL, thread_of_nothing, NULL);

    (void)argument;
    if (r == 0)
        r = pthread_join(thread, NULL);
    errno = r;
    return works(r == 0 ? 0 : -1);
}

static long fork_works(const char *argument)
{
    (void)argument;
    return works(born(fork()));
}

/* ---- E03: setns ---- */

static long setns_of_init(const char *type)
{
    char path[64];
    long fd;

    (void)snprintf(path, sizeof(path), "/proc/1/ns/%s", type);
    fd = open_path(path, O_RDONLY);
    if (fd < 0)
        fd = open_path("/proc/self/ns/uts", O_RDONLY); /* the call matters, not whose it is */
    return syscall(SYS_setns, fd, (long)probe_ns_flags(type));
}

static long setns_pidfd(const char *type)
{
    long fd = syscall(SYS_pidfd_open, (long)getppid(), 0L);

    return fd < 0 ? -1 : syscall(SYS_setns, fd, (long)probe_ns_flags(type));
}

static long setns_any(const char *type)
{
    char path[64];
    long fd;

    (void)snprintf(path, sizeof(path), "/proc/self/ns/%s", type);
    fd = open_path(path, O_RDONLY);
    return fd < 0 ? -1 : syscall(SYS_setns, fd, 0L);
}

/* ---- E05: the new mount calls ---- */

static long fsconfig_nothing(const char *argument)
{
    (void)argument;
    return syscall(SYS_fsconfig, -1L, 6L /* create */, NULL, NULL, 0L);
}

static long fsmount_nothing(const char *argument)
{
    (void)argument;
    return syscall(SYS_fsmount, -1L, 0L, 0L);
}

/* CVE-2022-0185 needed no more than the first two steps. */
static long new_mount_api(const char *type)
{
    long fd = syscall(SYS_fsopen, type, 0L), tree;

    if (fd < 0 || syscall(SYS_fsconfig, fd, 6L /* create */, NULL, NULL, 0L) < 0)
        return -1;
    tree = syscall(SYS_fsmount, fd, 0L, 0L);
    return tree < 0 ? -1 : syscall(SYS_move_mount, tree, "", (long)AT_FDCWD, "/tmp", (long)MOVE_MOUNT_F_EMPTY_PATH);
}

static long open_tree_attr(const char *argument)
{
    struct mount_attr attr = {.attr_clr = MOUNT_ATTR_RDONLY};

    (void)argument;
    return syscall(467L, (long)AT_FDCWD, "/", (long)OPEN_TREE_CLONE, &attr, sizeof(attr));
}

/* ---- E06, E07: what is covered, and what is read-only ---- */

static long clear_flags(const char *path)
{
    struct mount_attr attr = {.attr_clr = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC};

    return syscall(SYS_mount_setattr, (long)AT_FDCWD, path, 0L, &attr, sizeof(attr));
}

static long remount_superblock(const char *path)
{
    return mount_call(NULL, path, NULL, 32UL /* remount: the filesystem itself */, NULL);
}

static long move_away(const char *path)
{
    return mount_call(path, "/tmp", NULL, 8192UL /* move */, NULL);
}

/* A bind that is not recursive shows what the mounts below it cover. */
static long bind_uncovered(const char *path)
{
    return mount_call(path, "/tmp", NULL, 4096UL /* bind */, NULL);
}

static long clone_uncovered(const char *path)
{
    return syscall(SYS_open_tree, (long)AT_FDCWD, path, (long)OPEN_TREE_CLONE);
}

/* ---- E08: leaving a changed root ---- */

static bool canary_below_here(void)
{
    const char *canary = getenv("ESCAPE_CANARY");
    struct stat found;

    return canary && canary[0] == '/' && fstatat(AT_FDCWD, canary + 1, &found, 0) == 0;
}

static long walk_up(void)
{
    for (int i = 0; i < 64; i++)
        if (chdir("..") != 0)
            return -1;
    return held(!canary_below_here(), "the host's tree is above the root");
}

static long chroot_walk(const char *argument)
{
    long root = open_path("/", O_RDONLY | O_DIRECTORY);

    (void)argument;
    if (syscall(SYS_chroot, "/tmp") < 0 || fchdir((int)root) != 0)
        return -1;
    return walk_up();
}

static long chroot_twice(const char *argument)
{
    (void)argument;
    if (chdir("/") != 0 || syscall(SYS_chroot, "/tmp") < 0 || syscall(SYS_chroot, "/") < 0)
        return -1;
    return walk_up();
}

static long plain_walk(const char *start)
{
    return chdir(start) < 0 ? -1 : walk_up();
}

/* ---- E09: overlayfs in a namespace below ---- */

static bool write_text(const char *path, const char *text)
{
    long fd = open_path(path, O_WRONLY);

    return fd >= 0 && write((int)fd, text, strlen(text)) == (ssize_t)strlen(text);
}

static long overlay_below(const char *argument)
{
    (void)argument;
    if (syscall(SYS_unshare, (long)probe_ns_flags("user+mnt")) < 0 || !write_text("/proc/self/setgroups", "deny") || !write_text("/proc/self/uid_map", "0 0 1") ||
        !write_text("/proc/self/gid_map", "0 0 1"))
        return -1;
    if (mount_call("tmpfs", "/tmp", "tmpfs", 0, NULL) < 0 || mkdir("/tmp/u", 0700) < 0 || mkdir("/tmp/w", 0700) < 0)
        return -1;
    return mount_call("overlay", "/tmp", "overlay", 0, "lowerdir=/bin,upperdir=/tmp/u,workdir=/tmp/w,userxattr");
}

/* ---- E10: from a namespace to its relatives ---- */

static const struct { const char *name; unsigned long command; bool gives_fd; } ns_questions[] = {
    {"userns", 0xb701, true},        {"parent", 0xb702, true},        {"owner-uid", 0x8004b704UL & 0xffff, false}, {"mnt-id", 0x8008b705UL, false},
    {"pid-from", 0x8004b706UL, false}, {"pid-in", 0x8004b708UL, false}, {"next", 0x8010b70bUL, true},                {"previous", 0x8010b70cUL, true},
};

/* The namespace that answers is one that this process is in. */
static bool is_own(long fd)
{
    static const char *const types[] = {"user", "mnt", "pid", "net", "ipc", "uts", "cgroup", "time"};
    struct stat got, own;
    char path[64];

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        (void)snprintf(path, sizeof(path), "/proc/self/ns/%s", types[i]);
        if (fstat((int)fd, &got) == 0 && stat(path, &own) == 0 && got.st_ino == own.st_ino)
            return true;
    }
    return false;
}

/* "userns:mnt": the question about that namespace. Numbers about oneself are harmless, another namespace is not. */
static long ns_ioctl(const char *argument)
{
    char path[64];
    unsigned char answer[64] = {0};
    const char *colon = strchr(argument, ':');

    (void)snprintf(path, sizeof(path), "/proc/self/ns/%s", colon + 1);
    long fd = open_path(path, O_RDONLY);
    for (size_t i = 0; fd >= 0 && i < sizeof(ns_questions) / sizeof(ns_questions[0]); i++)
        if (strncmp(argument, ns_questions[i].name, (size_t)(colon - argument)) == 0) {
            int r = ioctl((int)fd, ns_questions[i].command, answer);
            if (r < 0)
                return -1;
            return held(!ns_questions[i].gives_fd || is_own(r), "another namespace answered");
        }
    return -1;
}

static long pidfd_ioctl(const char *number)
{
    long fd = syscall(SYS_pidfd_open, (long)getppid(), 0L), r;

    if (fd < 0)
        return -1;
    r = ioctl((int)fd, 0xff00UL | (unsigned long)strtol(number, NULL, 10), 0);
    return r < 0 ? -1 : held(is_own(r), "another namespace answered");
}

/* A handle of the initial namespaces, guessed: the numbers are constants of the kernel. */
static long nsfs_handle(const char *argument)
{
    struct { unsigned int size; int type; uint64_t id; uint32_t ns_type, inode; } handle = {16, 0xf1, 0, CLONE_NEWUSER, 0xeffffffdU};

    (void)argument;
    for (uint64_t id = 0; id < 16; id++) {
        handle.id = id;
        long fd = syscall(SYS_open_by_handle_at, -10003L, &handle, (long)O_RDONLY);
        if (fd >= 0)
            return fd;
    }
    return -1;
}

static long handle_of(const char *path)
{
    struct { unsigned int size; int type; unsigned char bytes[128]; } handle = {.size = 128};
    int mount_id;

    return works(syscall(SYS_name_to_handle_at, (long)AT_FDCWD, path, &handle, &mount_id, 0L)); /* a name alone opens nothing */
}

const struct attempt group_e[] = {
    {.row = "E01", .name = "unshare", .each = TYPES " " PAIRS},
    {.row = "E02", .name = "clone", .run = clone_flags, .each = "user mnt pid net ipc uts cgroup user+mnt user+net user+pid"}, /* a time namespace has no flag here */
    {.row = "E02", .name = "clone-high-bits", .run = clone_high_bits, .each = "user mnt"},
    {.row = "E02", .name = "clone3", .run = clone3_flags, .each = TYPES},
    {.row = "E02", .name = "clone3-plain", .run = clone3_plain},
    {.row = "E02", .name = "threads", .run = threads_work},
    {.row = "E02", .name = "fork", .run = fork_works},
    {.row = "E03", .name = "setns", .each = TYPES, .through = "EUSERS"},
    {.row = "E03", .name = "setns-init", .run = setns_of_init, .each = TYPES, .through = "EUSERS"},
    {.row = "E03", .name = "setns-pidfd", .run = setns_pidfd, .each = TYPES, .through = "EUSERS"},
    {.row = "E03", .name = "setns-any", .run = setns_any, .each = "uts mnt"},
    {.row = "E04", .name = "mount", .through = "EINVAL ENOENT ENOTBLK EBUSY",
     .each = "tmpfs proc sysfs cgroup2 cgroup mqueue devpts overlay binfmt_misc ramfs fuse fuseblk bpf debugfs tracefs securityfs configfs pstore efivarfs "
             "fusectl hugetlbfs devtmpfs nsfs ext4 xfs btrfs squashfs erofs 9p nfs vfat iso9660 virtiofs selinuxfs smackfs rootfs"},
    {.row = "E04", .name = "bind"},
    {.row = "E04", .name = "make-shared"},
    {.row = "E05", .name = "fsopen"},
    {.row = "E05", .name = "fsconfig", .run = fsconfig_nothing},
    {.row = "E05", .name = "fsmount", .run = fsmount_nothing},
    {.row = "E05", .name = "fspick"},
    {.row = "E05", .name = "open_tree"},
    {.row = "E05", .name = "open_tree_attr", .run = open_tree_attr},
    {.row = "E05", .name = "move_mount", .through = "EINVAL ELOOP"},
    {.row = "E05", .name = "mount_setattr"},
    {.row = "E05", .name = "new-mount", .run = new_mount_api, .each = "tmpfs ramfs proc"},
    {.row = "E06", .name = "umount", .each = "/proc/keys /proc/kcore /proc/timer_list /proc/sys /proc/irq /sys/firmware /sys /dev /dev/shm /proc /sys/fs/cgroup"},
    {.row = "E06", .name = "remount", .each = "/ /proc/sys /proc/irq /sys /sys/fs/cgroup"},
    {.row = "E06", .name = "remount-filesystem", .run = remount_superblock, .each = "/proc /sys /dev /sys/firmware"},
    {.row = "E06", .name = "clear-flags", .run = clear_flags, .each = "/ /proc/sys /proc/irq /sys /sys/firmware /dev/shm"},
    {.row = "E06", .name = "move", .run = move_away, .each = "/proc/sys /sys/firmware"},
    {.row = "E07", .name = "bind-uncovered", .run = bind_uncovered, .each = "/ /proc /sys /dev"},
    {.row = "E07", .name = "clone-uncovered", .run = clone_uncovered, .each = "/ /proc /sys /dev"},
    {.row = "E08", .name = "pivot_root", .through = "EINVAL EBUSY"},
    {.row = "E08", .name = "chroot"},
    {.row = "E08", .name = "walk-chroot", .run = chroot_walk},
    {.row = "E08", .name = "walk-chroot-twice", .run = chroot_twice},
    {.row = "E08", .name = "walk", .run = plain_walk, .each = "/ /proc/self/cwd /proc/self/root /proc/1/root /proc/1/cwd /dev/shm /dev/pts /sys/fs/cgroup"},
    {.row = "E09", .name = "overlay", .run = overlay_below},
    {.row = "E09", .name = "nested-mount"},
    {.row = "E10", .name = "ns-ioctl", .run = ns_ioctl,
     .each = "userns:user userns:mnt userns:pid userns:net userns:uts userns:ipc userns:cgroup parent:user parent:pid owner-uid:user mnt-id:mnt pid-from:pid "
             "pid-in:pid next:mnt previous:mnt"},
    {.row = "E10", .name = "pidfd-ioctl", .run = pidfd_ioctl, .each = "1 2 3 4 5 6 7 8 9 10"},
    {.row = "E10", .name = "handle", .run = handle_of, .each = "/ /proc/self/ns/mnt /proc/self/ns/user /proc/1/ns/net"},
    {.row = "E10", .name = "open_by_handle_at", .through = "ESTALE"},
    {.row = "E10", .name = "nsfs-handle", .run = nsfs_handle},
    {.row = "E14", .name = "open-w",
     .each = "/proc/sys/user/max_user_namespaces /proc/sys/user/max_mnt_namespaces /proc/sys/user/max_pid_namespaces /proc/sys/user/max_net_namespaces "
             "/proc/sys/user/max_ipc_namespaces /proc/sys/user/max_uts_namespaces /proc/sys/user/max_cgroup_namespaces /proc/sys/user/max_time_namespaces "
             "/proc/self/root/proc/sys/user/max_user_namespaces /proc/thread-self/../../../sys/user/max_user_namespaces"},
    {.row = "E14", .name = "write-back", .each = "/proc/sys/user/max_user_namespaces /proc/sys/user/max_mnt_namespaces"},
    {.name = NULL},
};
