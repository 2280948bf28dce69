/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The user (and network) namespace by a short-lived helper process. CLONE_VM makes the helper cost nothing; it runs three system calls on a stack of its own
 * and sleeps until it is killed. Namespaces live on by the descriptors taken from its pidfd. No hostile input: the maps were decided by the planner.
 */
#include "ns/userns.h"

#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/euid.h"
#include "base/fd.h"
#include "base/str.h"
#include "base/sys.h"
#include "oci/idmap.h"
#include "path/procfs.h"

#define HELPER_STACK 16384

/* Shares our memory (CLONE_VM) but runs on its own stack: nothing but system calls that cannot fail here, so that errno is not touched. */
static int helper_main(void *arg)
{
    pid_t parent = *(const pid_t *)arg;

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (getppid() != parent) /* the parent died before the signal was armed */
        _exit(1);
    for (;;)
        (void)pause();
}

/* Since Linux 6.11 a pidfd hands out the namespaces; before, the magic links of our private procfs do. */
static int open_namespace(int proc, pid_t helper, int pidfd, unsigned long request, const char *name)
{
    int fd = ioctl(pidfd, request, 0); /* close-on-exec by definition */
    char path[64];

    if (fd >= 0)
        return fd;
    if (errno != ENOTTY && errno != EINVAL && errno != EOPNOTSUPP)
        return -errno;
    (void)snprintf(path, sizeof(path), "%d/ns/%s", (int)helper, name);
    fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

int cm_userns_write_map(int proc, pid_t pid, const char *file, const struct oci_id_mappings *map, struct cm_error *err)
{
    CM_AUTO_STR struct cm_str text = {0};
    char path[64];

    for (size_t i = 0; i < map->n; i++)
        cm_str_addf(&text, "%u %u %u\n", map->v[i].container_id, map->v[i].host_id, map->v[i].size);
    if (!cm_str_text(&text))
        return cm_fail_errno(err, ENOMEM, NULL, "writing %s", file);
    (void)snprintf(path, sizeof(path), "%d/%s", (int)pid, file);
    int r = cm_procfs_write(proc, path, cm_str_text(&text));
    return r < 0 ? cm_fail_errno(err, -r, NULL, "writing the container's %s", file) : 0;
}

static int take_namespaces(int proc, pid_t helper, int pidfd, const struct oci_id_mappings *uids, const struct oci_id_mappings *gids, bool with_network,
                           struct cm_userns *ret, struct cm_error *err)
{
    CM_AUTO_CLOSE int user = open_namespace(proc, helper, pidfd, PIDFD_GET_USER_NAMESPACE, "user");
    if (user < 0)
        return cm_fail_errno(err, -user, NULL, "opening the new user namespace");
    CM_AUTO_CLOSE int net = with_network ? open_namespace(proc, helper, pidfd, PIDFD_GET_NET_NAMESPACE, "net") : CM_FD_NONE;
    if (with_network && net < 0)
        return cm_fail_errno(err, -net, NULL, "opening the new network namespace");
    int r = cm_userns_write_map(proc, helper, "uid_map", uids, err);
    if (r == 0)
        r = cm_userns_write_map(proc, helper, "gid_map", gids, err);
    if (r < 0)
        return r;
    *ret = (struct cm_userns){.user = CM_TAKE_FD(user), .net = CM_TAKE_FD(net)};
    return 0;
}

static int set_euid(uid_t uid)
{
    return syscall(SYS_setresuid, -1, uid, -1) < 0 ? -errno : 0;
}

/* Another effective user, with all capabilities: hosts that keep user namespaces from users want to see them. */
static int act_as(uid_t uid)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];

    if (syscall(SYS_capget, &header, data) < 0)
        return -errno;
    int r = set_euid(uid);
    for (size_t i = 0; i < CM_ARRAY_LEN(data); i++)
        data[i].effective = data[i].permitted;
    return r < 0 ? r : syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

/* Root again, which brings the effective capabilities back. The change of credentials has reset whether we can be traced. */
static int act_as_oneself(void)
{
    int r = set_euid(cm_euid());

    return r < 0 ? r : prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L) < 0 ? -errno : 0;
}

/*
 * Whoever makes a user namespace owns it and pays, on the outside, for what the kernel counts by user in it: inotify, message queues, pending signals, locked
 * memory (ucounts). If root of the host made it, every container could use up what root and all services of the host have. So the host id of the container's
 * root makes it, which is this container's alone.
 */
static pid_t start_helper(const struct oci_id_mappings *uids, bool with_network, char *stack_end, pid_t *self, int *ret_pidfd)
{
    int flags = CLONE_VM | CLONE_FILES | CLONE_PIDFD | CLONE_NEWUSER | SIGCHLD | (with_network ? CLONE_NEWNET : 0);
    uid_t owner;
    bool other = oci_id_outside(uids, 0, &owner) && owner != cm_euid();
    int r = other ? act_as(owner) : 0;
    pid_t helper = r < 0 ? r : clone(helper_main, stack_end, flags, self, ret_pidfd);

    if (helper == -1)
        helper = -errno;
    r = other ? act_as_oneself() : 0;
    return r < 0 ? r : helper;
}

int cm_userns_make(int proc, pid_t self, const struct oci_id_mappings *uids, const struct oci_id_mappings *gids, bool with_network, struct cm_userns *ret,
                   struct cm_error *err)
{
    _Alignas(16) char stack[HELPER_STACK];
    int pidfd = CM_FD_NONE;
    pid_t helper = start_helper(uids, with_network, stack + sizeof(stack), &self, &pidfd);

    if (helper < 0) {
        int errnum = -helper;
        const char *hint = errnum == ENOSPC || errnum == EUSERS ? "; raise the sysctl user.max_user_namespaces" : "";
        return cm_fail_errno(err, errnum, NULL, "making a user namespace%s", hint);
    }
    int r = take_namespaces(proc, helper, pidfd, uids, gids, with_network, ret, err);
    cm_kill_child(pidfd, helper);
    (void)cm_close(pidfd);
    while (waitpid(helper, NULL, __WALL) < 0 && errno == EINTR)
        ;
    return r;
}
