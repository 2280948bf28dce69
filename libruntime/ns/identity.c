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
#ifndef NS_GET_OWNER_UID
#define NS_GET_OWNER_UID _IO(0xb7, 0x4)
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

const char *cm_ns_file(enum oci_namespace_type type)
{
    return kinds[type].file;
}

unsigned long cm_ns_clone_flag(enum oci_namespace_type type)
{
    return kinds[type].flag;
}

bool cm_ns_same(const struct cm_ns_id *a, const struct cm_ns_id *b)
{
    return a->ino != 0 && a->dev == b->dev && a->ino == b->ino;
}

int cm_ns_number(int fd, struct cm_ns_id *ret)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return -errno;
    *ret = (struct cm_ns_id){.dev = st.st_dev, .ino = st.st_ino};
    return 0;
}

int cm_ns_identify(int fd, struct cm_ns_id *ret)
{
    struct statfs fs;

    if (fstatfs(fd, &fs) < 0)
        return -errno;
    return fs.f_type == NSFS_MAGIC ? cm_ns_number(fd, ret) : -EINVAL;
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

/* Opens what is a namespace for sure: opening for reading is seen by the other end of a FIFO and by the driver of a device. */
static int reopen(int proc, int pid, int place)
{
    char link[48];

    (void)snprintf(link, sizeof(link), "%d/fd/%d", pid, place);
    int fd = openat(proc, link, O_RDONLY | O_CLOEXEC); /* a magic link of our own procfs to what we hold */
    return fd < 0 ? -errno : fd;
}

/* The user namespace that owns a namespace; zero if it is none of ours to see (EPERM: it lies outside of the one we are in). */
static struct cm_ns_id owner_of(int fd)
{
    struct cm_ns_id owner = {0};
    CM_AUTO_CLOSE int user = ioctl(fd, NS_GET_USERNS);

    if (user < 0 || cm_ns_identify(user, &owner) < 0)
        return (struct cm_ns_id){0};
    return owner;
}

void cm_ns_examine_path(int proc, int pid, const char *path, enum oci_namespace_type type, struct cm_ns_path_fact *ret)
{
    *ret = (struct cm_ns_path_fact){0};
    CM_AUTO_CLOSE int place = open(path, O_PATH | O_CLOEXEC);
    if (place < 0) {
        ret->errnum = errno;
        return;
    }
    ret->exists = true;
    if (cm_ns_identify(place, &ret->id) < 0)
        return;
    CM_AUTO_CLOSE int fd = reopen(proc, pid, place);
    if (fd < 0) {
        ret->exists = false;
        ret->errnum = -fd;
        return;
    }
    ret->is_nsfs = true;
    ret->type_matches = (unsigned long)ioctl(fd, NS_GET_NSTYPE) == kinds[type].flag;
    ret->owner = owner_of(fd);
    ret->maker = UINT32_MAX;
    if (type == OCI_NS_USER && ioctl(fd, NS_GET_OWNER_UID, &ret->maker) < 0)
        ret->maker = UINT32_MAX;
}

int cm_ns_open_checked(int proc, int pid, const char *path, const struct cm_ns_id *id, const struct cm_ns_id *owner)
{
    struct cm_ns_id now;
    CM_AUTO_CLOSE int place = open(path, O_PATH | O_CLOEXEC);

    if (place < 0)
        return -errno;
    int r = cm_ns_identify(place, &now);
    if (r < 0)
        return r;
    if (!cm_ns_same(&now, id))
        return -ESTALE;
    CM_AUTO_CLOSE int fd = reopen(proc, pid, place);
    if (fd < 0)
        return fd;
    /* inode numbers are used again: what was judged may be gone, and this another container's */
    now = owner_of(fd);
    return cm_ns_same(&now, owner) ? CM_TAKE_FD(fd) : -ESTALE;
}

bool cm_ns_user_is_initial(int proc, const char *path)
{
    struct stat st;

    return fstatat(proc, path, &st, 0) == 0 && st.st_ino == INITIAL_USER_NS_INO;
}
