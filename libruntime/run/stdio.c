/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The standard streams of a process of a container: the caller's, or a terminal of its own. Hostile: what a caller leaves open without knowing. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "oci/idmap.h"
#include "path/rootpath.h"
#include "run/launch.h"
#include "run/test_hooks.h"

static bool is_harmless_memory_device(unsigned int number)
{
    return number == 3 || number == 5 || number == 7 || number == 8 || number == 9; /* null, zero, full, random, urandom; not mem, port or kmsg */
}

/* Of our own /dev, before anybody of the container could touch it, or what a process that joins finds there: it counts only if it is that device. */
static int open_null(const struct cm_launch *launch)
{
    if (!launch->plan->joins)
        return cm_root_open(launch->tree.own_dev, "null", O_RDWR, CM_LOOKUP_PLAIN);
    struct stat st;
    CM_AUTO_CLOSE int slash = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    CM_AUTO_CLOSE int fd = slash < 0 ? -errno : cm_root_open((struct cm_rootfd){slash}, "dev/null", O_RDWR | O_NONBLOCK | O_NOCTTY, CM_LOOKUP_PLAIN);
    if (fd < 0)
        return fd;
    if (fstat(fd, &st) < 0 || !S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3))
        return -ENODEV;
    int status = fcntl(fd, F_GETFL);
    if (status < 0 || fcntl(fd, F_SETFL, status & ~O_NONBLOCK) < 0)
        return -errno;
    return CM_TAKE_FD(fd);
}

/*
 * A pipe belongs to whoever made it and nobody else may open it: "echo >/dev/stderr" of a program with another id would fail. So an anonymous pipe becomes the
 * program's user's, as every runtime has it. Nothing else does: a file, a FIFO with a name or a terminal of the host stays its owner's, and a socket cannot be
 * opened by name at all. A failure is no reason not to start: what the descriptor itself allows is not affected.
 */
static void give_pipe(const struct cm_launch *launch, int fd, const struct stat *st)
{
    struct statfs fs;
    uint32_t owner;

    if (cm_test_without("stdio-owner"))
        return;
    if (oci_id_outside(&launch->plan->uid_map, launch->plan->uid, &owner) && owner != st->st_uid && fstatfs(fd, &fs) == 0 && fs.f_type == PIPEFS_MAGIC)
        (void)!fchown(fd, owner, (gid_t)-1);
}

/*
 * What the caller gives as standard streams is handed on, except what would be a door to the host: a directory, and the host's null device, which is replaced
 * by ours. Before the pivot, so that our /dev is found by descriptor.
 */
int cm_child_stdio(struct cm_launch *launch, struct cm_error *err)
{
    int first = launch->plan->terminal ? CM_PASSED_FIRST : 0;
    CM_AUTO_CLOSE int null = CM_FD_NONE; /* ours, once it is needed */

    for (int fd = first; fd < cm_child_fd_sync(launch); fd++) {
        struct stat st;
        if (fd >= CM_PASSED_FIRST && (fstat(fd, &st) < 0 || !S_ISCHR(st.st_mode)))
            continue; /* judged by the parent already (run/descriptors.c) */
        if (fstat(fd, &st) < 0 || S_ISDIR(st.st_mode) || S_ISBLK(st.st_mode) || S_ISLNK(st.st_mode))
            return cm_fail(err, EBADF, NULL, "descriptor %d is a directory or block device of the host, which a container must not hold; redirect it", fd);
        if (S_ISFIFO(st.st_mode) && fd < CM_PASSED_FIRST)
            give_pipe(launch, fd, &st);
        if (!S_ISCHR(st.st_mode) || isatty(fd))
            continue;
        if (major(st.st_rdev) != 1 || !is_harmless_memory_device(minor(st.st_rdev)))
            return cm_fail(err, EBADF, NULL, "descriptor %d is the character device %u:%u of the host, which a container must not hold; redirect it", fd,
                           major(st.st_rdev), minor(st.st_rdev));
        if (st.st_rdev != makedev(1, 3))
            continue;
        if (null < 0)
            null = open_null(launch);
        if (null < 0 || dup2(null, fd) < 0)
            return cm_fail_errno(err, null < 0 ? -null : errno, NULL, "reopening /dev/null as descriptor %d", fd);
    }
    return launch->plan->terminal ? cm_child_terminal(launch, err) : 0;
}
