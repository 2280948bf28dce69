/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The private procfs. Hostile: whatever was mounted over /proc before we started. */
#include "path/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>

#include "base/fd.h"
#include "base/io.h"
#include "base/str.h"
#include "base/sys.h"

/* include/linux/proc_ns.h: the root directory of every procfs instance. */
#define PROC_ROOT_INO 1

static int make_detached(void)
{
    CM_AUTO_CLOSE int fs = cm_fsopen("proc");

    if (fs < 0 || cm_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
        return -errno;
    int mount = cm_fsmount(fs, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
    return mount < 0 ? -errno : mount;
}

int cm_procfs_make(struct cm_error *err)
{
    int made = make_detached();
    if (made >= 0)
        return made;
    if (made != -EPERM)
        return cm_fail_errno(err, -made, NULL, "making a private procfs; a kernel from 5.19 on is needed");

    CM_AUTO_CLOSE int fd = open("/proc", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct statfs fs;
    struct stat st;
    if (fd < 0 || fstatfs(fd, &fs) < 0 || fstat(fd, &st) < 0)
        return cm_fail_errno(err, errno, NULL, "opening /proc");
    if (fs.f_type != PROC_SUPER_MAGIC || st.st_ino != PROC_ROOT_INO)
        return cm_fail(err, EXDEV, NULL, "/proc is not a procfs; mount one there");
    return CM_TAKE_FD(fd);
}

int cm_procfs_open(int proc, const char *path, int flags)
{
    int fd = cm_openat2(proc, path, (uint64_t)(unsigned int)flags, 0, RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS);

    return fd < 0 ? -errno : fd;
}

int cm_procfs_write(int proc, const char *path, const char *value)
{
    CM_AUTO_CLOSE int fd = cm_procfs_open(proc, path, O_WRONLY);

    if (fd < 0)
        return fd;
    size_t size = strlen(value);
    ssize_t n = write(fd, value, size); /* procfs takes a value whole or not at all */
    if (n < 0)
        return -errno;
    return (size_t)n == size ? 0 : -EIO;
}

long cm_procfs_read(int proc, const char *path, size_t limit, char **ret)
{
    CM_AUTO_CLOSE int fd = cm_procfs_open(proc, path, O_RDONLY);

    return fd < 0 ? fd : cm_read_to_end(fd, limit, ret);
}

int cm_procfs_read_value(int proc, const char *path, char *buffer, size_t size)
{
    CM_AUTO_CLOSE int fd = cm_procfs_open(proc, path, O_RDONLY);

    if (fd < 0)
        return fd;
    ssize_t n = read(fd, buffer, size - 1);
    if (n < 0)
        return -errno;
    buffer[n] = '\0';
    return (int)n;
}

long cm_procfs_self(int proc)
{
    char link[32];
    uint64_t pid;
    ssize_t n = readlinkat(proc, "self", link, sizeof(link) - 1);

    if (n < 0)
        return -errno;
    link[n] = '\0';
    return cm_parse_u64(link, &pid) == 0 ? (long)pid : -EPROTO;
}
