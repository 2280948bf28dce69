/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tries every facility that a container needs, with the calls and (where there is one) the code that a launch uses. What could disturb this process is tried in
 * a child. No hostile input.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sys.h"
#include "cgroup/cgroup.h"
#include "cgroup/systemd.h"
#include "idmap/slots.h"
#include "ns/userns.h"
#include "path/procfs.h"
#include "rootfs/attach.h"
#include "rootfs/rootfs.h"
#include "run/facts.h"
#include "run/host.h"

#ifndef PR_GET_MDWE
#define PR_GET_MDWE 66
#endif
#define SYS_OPEN_TREE_ATTR 467 /* Linux 6.15 */

/* Ids for the tries where the host has no pool: those of the built-in one. Nothing is ever written with them. */
#define SPARE_IDS 1879048192u

struct probe {
    struct cm_runtime *runtime;
    struct cm_host_facts *facts;
    struct cm_userns userns; /* one like a container's */
    const char *idmap_place; /* a directory whose filesystem can be idmapped; NULL: none */
    int own;                 /* our own cgroup */
    int any;                 /* one that is not the root of the hierarchy */
};

/* 0 or -errno of a try. */
static void note(struct probe *probe, enum cm_facility which, int r, const char *detail)
{
    probe->facts->facilities[which] = (struct cm_facility_fact){r < 0 ? -r : 0, detail};
}

static void note_not_tried(struct probe *probe, enum cm_facility which, const char *why)
{
    probe->facts->facilities[which] = (struct cm_facility_fact){CM_NOT_TRIED, why};
}

/* What the child of a fork says: 0 or -errno. */
static int in_child(int (*try)(struct probe *), struct probe *probe)
{
    int status;
    pid_t pid = fork();

    if (pid < 0)
        return -errno;
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        int r = try(probe);
        _exit(r < 0 && r > -256 ? -r : r < 0 ? EIO : 0);
    }
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -errno;
    return WIFEXITED(status) ? -WEXITSTATUS(status) : -ENOTRECOVERABLE; /* killed: a filter that we run under */
}

/* Whether a child can be made like this; `cgroup` counts with CLONE_INTO_CGROUP. */
static int try_child(uint64_t flags, int cgroup)
{
    struct clone_args args = {.flags = flags, .exit_signal = SIGCHLD, .cgroup = (uint64_t)(unsigned int)cgroup};
    int pid = cm_clone3(&args);

    if (pid < 0)
        return -errno;
    if (pid == 0)
        _exit(0);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    return 0;
}

static void probe_namespaces(struct probe *probe)
{
    static const struct {
        uint64_t flag;
        const char *name;
    } all[] = {{CLONE_NEWNS, "mount"}, {CLONE_NEWPID, "pid"}, {CLONE_NEWIPC, "ipc"}, {CLONE_NEWUTS, "uts"}, {CLONE_NEWCGROUP, "cgroup"}};
    uint64_t flags = 0;

    for (size_t i = 0; i < CM_ARRAY_LEN(all); i++) {
        int r = try_child(flags |= all[i].flag, 0);
        note(probe, CM_FACILITY_NAMESPACES, r, r < 0 ? all[i].name : NULL);
        if (r < 0)
            return;
    }
}

static int try_time(struct probe *probe)
{
    (void)probe;
    return unshare(CLONE_NEWTIME) < 0 ? -errno : 0;
}

/* What an error says was done, without the text of its number, which the report adds. */
static const char *what_failed(struct probe *probe, const struct cm_error *err)
{
    const char *number = strerror(err->errnum);
    size_t size = strlen(err->message), end = strlen(number) + 2;

    if (size > end && cm_streq(err->message + size - end + 2, number))
        size -= end;
    return cm_arena_strndup(&probe->facts->arena, err->message, size);
}

/* As for a container: its ids, and a network namespace with it. */
static void probe_userns(struct probe *probe)
{
    uint32_t base = probe->facts->rootless ? 0 : probe->facts->ids_errnum == 0 ? (uint32_t)probe->facts->ids_base : SPARE_IDS;
    struct oci_id_mapping one = {0, base, probe->facts->rootless ? 1 : CM_SLOT_IDS};
    const struct oci_id_mappings map = {.n = 1, .v = &one};
    struct cm_userns with_network = CM_USERNS_NONE;
    struct cm_error err;

    cm_error_init(&err);
    int r = cm_userns_make(probe->runtime->proc, probe->runtime->pid, &map, &map, false, &probe->userns, &err);
    note(probe, CM_FACILITY_USER_NS, r, r < 0 ? what_failed(probe, &err) : NULL);
    if (r < 0) {
        note_not_tried(probe, CM_FACILITY_NET_NS, "no user namespace can be made");
        return;
    }
    r = cm_userns_make(probe->runtime->proc, probe->runtime->pid, &map, &map, true, &with_network, &err);
    note(probe, CM_FACILITY_NET_NS, r, NULL);
    (void)cm_close(with_network.user);
    (void)cm_close(with_network.net);
}

static int try_ucounts(struct probe *probe)
{
    if (setns(probe->userns.user, CLONE_NEWUSER) < 0)
        return -errno;
    int r = cm_procfs_write(probe->runtime->proc, "sys/user/max_mnt_namespaces", "0");
    if (r < 0)
        return r;
    if (unshare(CLONE_NEWNS) == 0)
        return -EBADE; /* it does not hold */
    return errno == ENOSPC ? 0 : -errno;
}

static int try_pidfd(void)
{
    siginfo_t info = {0};
    int pidfd = CM_FD_NONE;
    struct clone_args args = {.flags = CLONE_PIDFD, .pidfd = (uint64_t)(uintptr_t)&pidfd, .exit_signal = SIGCHLD};
    int pid = cm_clone3(&args);

    if (pid < 0)
        return -errno;
    if (pid == 0)
        for (;;)
            (void)pause();
    CM_AUTO_CLOSE int fd = pidfd;
    int r = cm_pidfd_send_signal(fd, SIGKILL) < 0 ? -errno : 0;
    if (r < 0)
        (void)kill(pid, SIGKILL); /* our own child, not reaped: the number is its own */
    if (waitid((idtype_t)P_PIDFD, (id_t)fd, &info, WEXITED) < 0) {
        r = r < 0 ? r : -errno;
        (void)waitpid(pid, NULL, 0);
    }
    return r;
}

static int try_pidfd_namespaces(void)
{
    CM_AUTO_CLOSE int self = cm_pidfd_open(getpid());
    CM_AUTO_CLOSE int user = self < 0 ? self : ioctl(self, PIDFD_GET_USER_NAMESPACE, 0);

    return user < 0 ? -errno : 0;
}

static void probe_processes(struct probe *probe)
{
    note(probe, CM_FACILITY_PIDFD, try_pidfd(), NULL);
    note(probe, CM_FACILITY_PIDFD_NS, try_pidfd_namespaces(), NULL);
    note(probe, CM_FACILITY_CLOSE_RANGE, cm_close_range(~0U, ~0U, 0) < 0 ? -errno : 0, NULL);
    CM_AUTO_CLOSE int here = cm_openat2(AT_FDCWD, "/", O_PATH | O_DIRECTORY, 0, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
    note(probe, CM_FACILITY_OPENAT2, here < 0 ? -errno : 0, NULL);
    note(probe, CM_FACILITY_MDWE, prctl(PR_GET_MDWE, 0L, 0L, 0L, 0L) < 0 ? -errno : 0, NULL);
}

/* ---- mounts ---- */

static int own_mounts(void)
{
    struct cm_error err;

    cm_error_init(&err);
    return unshare(CLONE_NEWNS) < 0 ? -errno : cm_tree_detach_from_host(&err);
}

/* A copy of the mount of a directory below which nothing is mounted: elsewhere the kernel refuses one to whoever would see more by it. */
static int clone_something(const char **ret_path)
{
    static const char *const places[] = {"/usr/bin", "/bin", "/usr", "/etc", "/"};
    int mount = -ENOENT;

    for (size_t i = 0; i < CM_ARRAY_LEN(places) && mount < 0; i++) {
        CM_AUTO_CLOSE int dir = open(places[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
        mount = dir < 0 ? -errno : cm_fs_clone(dir, false);
        *ret_path = places[i];
    }
    return mount;
}

static int try_mount_api(struct probe *probe)
{
    const char *place;
    static const struct cm_fs_option options[] = {{"size", "64k"}, {"mode", "0700"}};
    int r = own_mounts();

    (void)probe;
    CM_AUTO_CLOSE int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (r < 0 || root < 0)
        return r < 0 ? r : -errno;
    CM_AUTO_CLOSE int copy = clone_something(&place);
    r = copy < 0 ? copy : cm_fs_set_attributes(copy, MOUNT_ATTR_RDONLY, 0, true);
    CM_AUTO_CLOSE int made = r < 0 ? r : cm_fs_mount("tmpfs", options, CM_ARRAY_LEN(options), MOUNT_ATTR_NOSUID);
    return made < 0 ? made : cm_fs_attach(made, root);
}

static int idmap(const struct probe *probe, int mount)
{
    struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)(unsigned int)probe->userns.user};

    return cm_mount_setattr(mount, "", AT_EMPTY_PATH, &attr) < 0 ? -errno : 0;
}

static int try_idmap_of(const struct probe *probe, const char *path)
{
    CM_AUTO_CLOSE int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    CM_AUTO_CLOSE int mount = dir < 0 ? -errno : cm_fs_clone(dir, false);

    return mount < 0 ? mount : idmap(probe, mount);
}

/* Where root filesystems usually lie, and where a bundle of somebody's own may. */
static void probe_idmap(struct probe *probe)
{
    static const char *const places[] = {"/var/lib", "/", "/home", "/tmp"};
    static const struct cm_fs_option options[] = {{"size", "64k"}};
    CM_AUTO_STR struct cm_str good = {0}, bad = {0};
    int last = -ENOENT;

    if (probe->facts->rootless) {
        const char *why = "without privilege the caller's files are the container's root's as they are";
        probe->facts->facilities[CM_FACILITY_IDMAP] = probe->facts->facilities[CM_FACILITY_IDMAP_TMPFS] = (struct cm_facility_fact){CM_NOT_NEEDED, why};
        return;
    }
    for (size_t i = 0; i < CM_ARRAY_LEN(places); i++) {
        int r = try_idmap_of(probe, places[i]);
        if (r == -ENOENT)
            continue;
        struct cm_str *list = r == 0 ? &good : &bad;
        cm_str_addf(list, "%s%s", list->size > 0 ? ", " : "", places[i]);
        if (r == 0 && !probe->idmap_place)
            probe->idmap_place = places[i];
        last = r < 0 ? r : last;
    }
    note(probe, CM_FACILITY_IDMAP, probe->idmap_place ? 0 : last,
         cm_arena_printf(&probe->facts->arena, "%s%s%s%s%s", good.size > 0 ? "for " : "", good.data ? good.data : "", good.size > 0 && bad.size > 0 ? ", " : "",
                         bad.size > 0 ? "not for " : "", bad.data ? bad.data : ""));
    CM_AUTO_CLOSE int tmpfs = cm_fs_mount("tmpfs", options, CM_ARRAY_LEN(options), MOUNT_ATTR_NOSUID);
    note(probe, CM_FACILITY_IDMAP_TMPFS, tmpfs < 0 ? tmpfs : idmap(probe, tmpfs), NULL);
}

/* As rootfs/overlay.c makes the root of a container that needs one. */
static int try_overlay(struct probe *probe)
{
    struct cm_plan plan = {.rootfs = probe->idmap_place, .root_idmap = !probe->facts->rootless, .root_scratch_size = 1 << 20, .root_scratch = true};
    struct cm_tree tree = {.plan = &plan, .userns = probe->userns.user, .lower = CM_FD_NONE, .root = CM_ROOTFD_NONE};
    struct cm_error err;
    int r = own_mounts();

    cm_error_init(&err);
    CM_AUTO_CLOSE int dir = open(probe->idmap_place, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (r < 0 || dir < 0)
        return r < 0 ? r : -errno;
    tree.lower = cm_rootfs_open(&plan, dir, probe->userns.user, &err);
    return tree.lower < 0 ? tree.lower : cm_overlay_attach(&tree, &err);
}

/* A type that the kernel has now. It loads a module for another one, which is a change, so that is left to the first container. */
static bool has_filesystem(const char *list, const char *type)
{
    for (const char *at = list; (at = strstr(at, type)) != NULL; at++)
        if (at > list && at[-1] == '\t' && at[strlen(type)] == '\n')
            return true;
    return false;
}

static void probe_filesystems(struct probe *probe)
{
    static const char *const types[] = {"proc", "sysfs", "tmpfs", "devpts", "mqueue", "cgroup2"};
    CM_AUTO_FREE char *list = NULL;
    CM_AUTO_STR struct cm_str missing = {0};

    if (cm_procfs_read(probe->runtime->proc, "filesystems", 1 << 16, &list) < 0) {
        note_not_tried(probe, CM_FACILITY_FILESYSTEMS, "/proc/filesystems cannot be read");
        note_not_tried(probe, CM_FACILITY_OVERLAY, "/proc/filesystems cannot be read");
        return;
    }
    for (size_t i = 0; i < CM_ARRAY_LEN(types); i++)
        if (!has_filesystem(list, types[i]))
            cm_str_addf(&missing, "%s%s", missing.size > 0 ? ", " : "", types[i]);
    note(probe, CM_FACILITY_FILESYSTEMS, missing.size > 0 ? -ENODEV : 0, missing.data ? cm_arena_strdup(&probe->facts->arena, missing.data) : NULL);
    if (probe->facts->rootless) {
        CM_AUTO_CLOSE int copy = clone_something(&probe->idmap_place); /* nothing is idmapped there */
        probe->idmap_place = copy < 0 ? NULL : probe->idmap_place;
    }
    if (!has_filesystem(list, "overlay"))
        note_not_tried(probe, CM_FACILITY_OVERLAY, "the kernel has no overlayfs now, and loads a module at first use if it has one");
    else if (!probe->idmap_place || probe->userns.user < 0)
        note_not_tried(probe, CM_FACILITY_OVERLAY, "nothing can be idmapped");
    else
        note(probe, CM_FACILITY_OVERLAY, in_child(try_overlay, probe), NULL);
}

static void probe_mounts(struct probe *probe)
{
    note(probe, CM_FACILITY_MOUNT_API, in_child(try_mount_api, probe), NULL);
    probe_idmap(probe);
    probe_filesystems(probe);
    /* with arguments that are no good: ENOSYS says that there is no such call */
    int r = syscall(SYS_OPEN_TREE_ATTR, -1, "", AT_EMPTY_PATH, NULL, 1) < 0 ? -errno : 0;
    note(probe, CM_FACILITY_OPEN_TREE_ATTR, r == -ENOSYS ? r : 0, NULL);
}

/* ---- filters ---- */

static int try_action(uint32_t action)
{
    return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0UL, &action) < 0 ? -errno : 0;
}

/* Without a program: EFAULT says that the kernel knows the flags. */
static int try_flags(unsigned long flags)
{
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, NULL) < 0 && errno == EFAULT ? 0 : -errno;
}

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

static void probe_filters(struct probe *probe)
{
    static const uint32_t used[] = {SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_ERRNO, SECCOMP_RET_ALLOW};
    int r = try_flags(0);

    for (size_t i = 0; i < CM_ARRAY_LEN(used) && r == 0; i++)
        r = try_action(used[i]);
    note(probe, CM_FACILITY_SECCOMP, r, NULL);
    r = try_action(SECCOMP_RET_LOG);
    note(probe, CM_FACILITY_SECCOMP_LOG, r == 0 ? try_flags(SECCOMP_FILTER_FLAG_LOG) : r, NULL);
    r = try_action(SECCOMP_RET_USER_NOTIF);
    r = r == 0 ? try_flags(SECCOMP_FILTER_FLAG_NEW_LISTENER) : r;
    bool killable = try_flags(SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV) == 0;
    note(probe, CM_FACILITY_SECCOMP_NOTIFY, r, r == 0 && !killable ? "but for WAIT_KILLABLE_RECV (Linux 5.19)" : NULL);
}

/* ---- cgroups ---- */

static void probe_file(struct probe *probe, enum cm_facility which, const char *file)
{
    if (probe->any < 0)
        note_not_tried(probe, which, "there is no cgroup to look at; the first container makes one");
    else
        note(probe, which, faccessat(probe->any, file, F_OK, 0) < 0 ? -errno : 0, NULL);
}

#define WANTED_CONTROLLERS ((unsigned int)(CM_CTRL_MEMORY | CM_CTRL_PIDS | CM_CTRL_CPU))

/* Which controllers a caller without privilege has been given is a matter of his manager's service, and not of where he calls from. */
static void probe_systemd(struct probe *probe)
{
    struct cm_facts facts = {.rootfs_fd = CM_FD_NONE};
    struct cm_arena *arena = &probe->facts->arena;
    char version[CM_SYSTEMD_VERSION_MAX];
    struct cm_error err;

    cm_error_init(&err);
    int r = cm_systemd_version(probe->runtime->rootless, version, &err);
    if (r < 0) {
        note(probe, CM_FACILITY_SYSTEMD, r, cm_arena_strdup(arena, err.message));
        return;
    }
    probe->runtime->systemd_driver = true;
    cm_facts_ids(probe->runtime, &facts);
    cm_facts_cgroup(probe->runtime, &facts);
    probe->runtime->systemd_driver = false;
    bool all = !probe->runtime->rootless || (facts.cgroup_available && (facts.controllers & WANTED_CONTROLLERS) == WANTED_CONTROLLERS);
    note(probe, CM_FACILITY_SYSTEMD, all ? 0 : -EACCES, cm_arena_printf(arena, "systemd %s%s", version, all ? "" : ", but memory, pids and cpu are not all delegated"));
    cm_facts_done(&facts);
}

static void probe_cgroups(struct probe *probe)
{
    static const enum cm_facility below[] = {CM_FACILITY_INTO_CGROUP, CM_FACILITY_CGROUP_KILL, CM_FACILITY_FREEZER, CM_FACILITY_SWAP_LIMIT};
    CM_AUTO_FREE char *path = NULL;
    struct cm_facts facts = {.rootfs_fd = CM_FD_NONE};
    struct cm_error err;
    char pid[16];

    cm_error_init(&err);
    cm_facts_cgroup(probe->runtime, &facts);
    probe->facts->controllers = facts.controllers;
    int root = cm_runtime_cgroup_root(probe->runtime, &err);
    note(probe, CM_FACILITY_CGROUP2,
         root < 0                 ? root
         : facts.cgroup_available ? 0
                                  : -EACCES,
         root < 0                 ? NULL
         : facts.cgroup_available ? NULL
                                  : "none is delegated to the caller");
    (void)snprintf(pid, sizeof(pid), "%d", probe->runtime->pid);
    if (root >= 0 && cm_cgroup_of(probe->runtime->proc, pid, &path) == 0)
        probe->own = openat(root, path[1] ? path + 1 : ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (probe->own >= 0) {
        note(probe, CM_FACILITY_INTO_CGROUP, try_child(CLONE_INTO_CGROUP, probe->own), NULL);
        probe->any = !path[1] ? cm_cgroup_any_child(probe->own) : fcntl(probe->own, F_DUPFD_CLOEXEC, 3);
        probe_file(probe, CM_FACILITY_CGROUP_KILL, "cgroup.kill");
        probe_file(probe, CM_FACILITY_FREEZER, "cgroup.freeze");
        if (probe->any >= 0 && faccessat(probe->any, "memory.max", F_OK, 0) < 0)
            note_not_tried(probe, CM_FACILITY_SWAP_LIMIT, "there is no cgroup with limits of memory to look at");
        else
            probe_file(probe, CM_FACILITY_SWAP_LIMIT, "memory.swap.max");
    } else {
        for (size_t i = 0; i < CM_ARRAY_LEN(below); i++)
            note_not_tried(probe, below[i], "there is no cgroup of ours");
    }
    cm_facts_done(&facts);
    if (probe->facts->rootless)
        note(probe, CM_FACILITY_DEVICE_PROGRAM, -EPERM, NULL);
    else
        note(probe, CM_FACILITY_DEVICE_PROGRAM, cm_cgroup_device_program_works() ? 0 : -EOPNOTSUPP, NULL);
}

void cm_host_probe(struct cm_runtime *runtime, struct cm_host_facts *facts)
{
    static const char outside[] = "the outer user namespace could not be made";
    static const enum cm_facility privileged[] = {
        CM_FACILITY_USER_NS, CM_FACILITY_NET_NS,      CM_FACILITY_NAMESPACES, CM_FACILITY_TIME_NS, CM_FACILITY_UCOUNTS,
        CM_FACILITY_IDMAP,   CM_FACILITY_IDMAP_TMPFS, CM_FACILITY_MOUNT_API,  CM_FACILITY_OVERLAY, CM_FACILITY_FILESYSTEMS,
    };
    struct probe probe = {.runtime = runtime, .facts = facts, .userns = CM_USERNS_NONE, .own = CM_FD_NONE, .any = CM_FD_NONE};

    probe_processes(&probe);
    probe_filters(&probe);
    probe_cgroups(&probe);
    probe_systemd(&probe);
    if (facts->outer_problem) {
        for (size_t i = 0; i < CM_ARRAY_LEN(privileged); i++)
            note_not_tried(&probe, privileged[i], outside);
    } else {
        probe_userns(&probe);
        probe_namespaces(&probe);
        note(&probe, CM_FACILITY_TIME_NS, in_child(try_time, &probe), NULL);
        if (probe.userns.user >= 0)
            note(&probe, CM_FACILITY_UCOUNTS, in_child(try_ucounts, &probe), NULL);
        else
            note_not_tried(&probe, CM_FACILITY_UCOUNTS, "no user namespace can be made");
        probe_mounts(&probe);
    }
    (void)cm_close(probe.userns.user);
    (void)cm_close(probe.own);
    (void)cm_close(probe.any);
}
