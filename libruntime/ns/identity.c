/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Namespace identities. Hostile: namespace paths of a config (may be anything, FIFOs included). */
#include "ns/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"

#ifndef NS_GET_NSTYPE
#define NS_GET_NSTYPE _IO(0xb7, 0x3)
#endif
#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

/* include/linux/proc_ns.h */
#define INITIAL_USER_NS_INO 0xEFFFFFFDu

static const struct {
    const char *file;
    unsigned long flag;
} kinds[OCI_NS_TYPES] = {
    [OCI_NS_PID] = {"pid", CLONE_NEWPID},          [OCI_NS_NETWORK] = {"net", CLONE_NEWNET}, [OCI_NS_MOUNT] = {"mnt", CLONE_NEWNS},
    [OCI_NS_IPC] = {"ipc", CLONE_NEWIPC},          [OCI_NS_UTS] = {"uts", CLONE_NEWUTS},     [OCI_NS_USER] = {"user", CLONE_NEWUSER},
    [OCI_NS_CGROUP] = {"cgroup", CLONE_NEWCGROUP}, [OCI_NS_TIME] = {"time", CLONE_NEWTIME},
};

unsigned long cm_ns_clone_flag(enum oci_namespace_type type)
{
    return kinds[type].flag;
}

bool cm_ns_same(const struct cm_ns_id *a, const struct cm_ns_id *b)
{
    return a->ino != 0 && a->dev == b->dev && a->ino == b->ino;
}

int cm_ns_identify(int fd, struct cm_ns_id *ret)
{
    struct stat st;
    struct statfs fs;

    if (fstat(fd, &st) < 0 || fstatfs(fd, &fs) < 0)
        return -errno;
    if (fs.f_type != NSFS_MAGIC)
        return -EINVAL;
    *ret = (struct cm_ns_id){.dev = st.st_dev, .ino = st.st_ino};
    return 0;
}

int cm_ns_identify_of(int proc, const char *pid, enum oci_namespace_type type, struct cm_ns_id *ret)
{
    char path[64];
    struct stat st;

    (void)snprintf(path, sizeof(path), "%s/ns/%s", pid, kinds[type].file); /* pid is ours and short */
    if (fstatat(proc, path, &st, 0) < 0)                                   /* a magic link of our own procfs: following it is the point */
        return -errno;
    *ret = (struct cm_ns_id){.dev = st.st_dev, .ino = st.st_ino};
    return 0;
}

void cm_ns_examine_path(const char *path, enum oci_namespace_type type, struct cm_ns_path_fact *ret)
{
    *ret = (struct cm_ns_path_fact){0};
    CM_AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        ret->errnum = errno;
        return;
    }
    ret->exists = true;
    ret->is_nsfs = cm_ns_identify(fd, &ret->id) == 0;
    if (ret->is_nsfs)
        ret->type_matches = (unsigned long)ioctl(fd, NS_GET_NSTYPE) == kinds[type].flag;
}

int cm_ns_open_checked(const char *path, const struct cm_ns_id *id)
{
    struct cm_ns_id now;
    CM_AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0)
        return -errno;
    int r = cm_ns_identify(fd, &now);
    if (r < 0)
        return r;
    return cm_ns_same(&now, id) ? CM_TAKE_FD(fd) : -ESTALE;
}

bool cm_ns_user_is_initial(int proc, const char *path)
{
    struct stat st;

    return fstatat(proc, path, &st, 0) == 0 && st.st_ino == INITIAL_USER_NS_INO;
}
