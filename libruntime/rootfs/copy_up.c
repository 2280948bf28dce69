/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The mount option tmpcopyup: what a directory of the image holds is copied into the tmpfs that will cover it. Hostile: the whole tree, its names, sizes and
 * attributes, and whoever can write to it meanwhile. It is walked by descriptors, one component at a time; no link is ever followed, no other mount entered, no
 * device or FIFO opened. What it can take is bounded by the size and the inodes of the tmpfs, which are charged to the container.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/str.h"
#include "path/rootpath.h"
#include "rootfs/rootfs.h"

/* Two descriptors a level, of 1024 at least that a process may open. */
#define DEPTH_MAX 128
#define CHUNK ((size_t)1 << 20)
#define XATTRS_MAX 65536 /* XATTR_LIST_MAX and XATTR_SIZE_MAX of Linux */

static int copy_directory(int from, int to, unsigned int depth);

/* Attributes of the user's and access lists. Others are void on a nosuid mount (file capabilities) or not the image's to set (labels, trusted.*). */
static bool is_copied_xattr(const char *name)
{
    return cm_has_prefix(name, "user.") || cm_streq(name, "system.posix_acl_access") || cm_streq(name, "system.posix_acl_default");
}

static int copy_xattrs(int from, int to)
{
    ssize_t size = flistxattr(from, NULL, 0);

    if (size <= 0)
        return size == 0 || errno == EOPNOTSUPP ? 0 : -errno;
    CM_AUTO_FREE char *names = malloc(XATTRS_MAX);
    CM_AUTO_FREE char *value = malloc(XATTRS_MAX);
    if (!names || !value)
        return -ENOMEM;
    size = flistxattr(from, names, XATTRS_MAX);
    for (const char *name = names; size > 0 && name < names + size; name += strlen(name) + 1) {
        if (!is_copied_xattr(name))
            continue;
        ssize_t n = fgetxattr(from, name, value, XATTRS_MAX);
        if (n < 0)
            return -errno;
        /* user.* on a tmpfs: Linux 6.6 */
        if (fsetxattr(to, name, value, (size_t)n, 0) < 0 && (errno != EOPNOTSUPP || !cm_has_prefix(name, "user.")))
            return -errno;
    }
    return size < 0 ? -errno : 0;
}

/* Owner before mode: the change of owner takes set-id bits away. An owner that is not mapped here (rootless) cannot be kept: the file stays root's. */
static int copy_attributes(int from, int to, const struct stat *st)
{
    const struct timespec times[] = {st->st_atim, st->st_mtim};

    if (fchown(to, st->st_uid, st->st_gid) < 0 && errno != EINVAL)
        return -errno;
    if (fchmod(to, st->st_mode & 07777) < 0)
        return -errno;
    int r = copy_xattrs(from, to);
    return r == 0 && futimens(to, times) < 0 ? -errno : r;
}

static int copy_data(int from, int to)
{
    for (;;) {
        ssize_t n = sendfile(to, from, NULL, CHUNK);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : 0;
    }
}

/* Looked at a moment ago; what it is now decides: opening a FIFO does not wait, and devices cannot be opened on the rootfs's nodev mount. */
static int copy_file(struct cm_rootfd from, int to, const char *name)
{
    struct stat st;
    CM_AUTO_CLOSE int in = cm_root_open(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, CM_LOOKUP_SAME_MOUNT);

    if (in < 0)
        return in;
    if (fstat(in, &st) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode))
        return 0;
    int out = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (out < 0)
        return -errno;
    int r = copy_data(in, out);
    if (r == 0)
        r = copy_attributes(in, out, &st);
    (void)close(out); /* really and not later: a writer would keep the mount from becoming read-only */
    return r;
}

static int copy_subdirectory(struct cm_rootfd from, int to, const char *name, unsigned int depth)
{
    struct stat st;
    CM_AUTO_CLOSE int in = cm_root_open(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, CM_LOOKUP_SAME_MOUNT);

    if (in < 0)
        return in;
    if (depth == 0)
        return -ELOOP;
    if (fstat(in, &st) < 0 || mkdirat(to, name, 0700) < 0)
        return -errno;
    CM_AUTO_CLOSE int out = openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (out < 0)
        return -errno;
    int r = copy_directory(in, out, depth - 1);
    return r < 0 ? r : copy_attributes(in, out, &st);
}

/* The text of the link, whatever it says: only the container follows it, later, in its own root. */
static int copy_link(int link, int to, const char *name, const struct stat *st)
{
    const struct timespec times[] = {st->st_atim, st->st_mtim};
    char text[PATH_MAX];
    ssize_t n = readlinkat(link, "", text, sizeof(text) - 1);

    if (n < 0)
        return -errno;
    text[n] = '\0';
    if (symlinkat(text, to, name) < 0 || (fchownat(to, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0 && errno != EINVAL))
        return -errno;
    return utimensat(to, name, times, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

/* Sockets, FIFOs and devices are left out, and so is what is gone by now or another mount. */
static int copy_entry(struct cm_rootfd from, int to, const char *name, unsigned int depth)
{
    struct stat st;
    CM_AUTO_CLOSE int place = cm_root_open(from, name, O_PATH | O_NOFOLLOW, CM_LOOKUP_SAME_MOUNT);

    if (place == -ENOENT || place == -EXDEV)
        return 0;
    if (place < 0)
        return place;
    if (fstat(place, &st) < 0)
        return -errno;
    if (S_ISDIR(st.st_mode))
        return copy_subdirectory(from, to, name, depth);
    if (S_ISREG(st.st_mode))
        return copy_file(from, to, name);
    return S_ISLNK(st.st_mode) ? copy_link(place, to, name, &st) : 0;
}

static int copy_directory(int from, int to, unsigned int depth)
{
    CM_AUTO_DIR DIR *dir = NULL;
    const struct dirent *entry;
    int more, r = cm_dir_take(fcntl(from, F_DUPFD_CLOEXEC, 3), &dir);

    if (r < 0)
        return r;
    while ((more = cm_dir_next(dir, &entry)) > 0) {
        r = copy_entry((struct cm_rootfd){from}, to, entry->d_name, depth);
        if (r < 0)
            return r;
    }
    return more;
}

int cm_copy_up(int directory, int mount, const struct cm_plan_mount *m, struct cm_error *err)
{
    struct stat st;
    CM_AUTO_CLOSE int from = cm_root_open((struct cm_rootfd){directory}, ".", O_RDONLY | O_DIRECTORY, CM_LOOKUP_SAME_MOUNT);

    if (from < 0)
        return cm_fail_errno(err, -from, "/mounts", "opening %s of the rootfs to copy it up", m->target);
    CM_AUTO_CLOSE int to = openat(mount, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (to < 0 || fstat(from, &st) < 0)
        return cm_fail_errno(err, errno, "/mounts", "opening the tmpfs for %s", m->target);
    int r = copy_directory(from, to, DEPTH_MAX);
    if (r == 0)
        r = copy_xattrs(from, to);
    if (r == 0 && !m->uid_set && !m->gid_set && fchown(to, st.st_uid, st.st_gid) < 0 && errno != EINVAL)
        r = -errno;
    const char *hint = r == -ENOSPC ? "; give it a larger size= or nr_inodes=, or leave tmpcopyup out" : r == -ELOOP ? "; its directories are too deep" : "";
    return r < 0 ? cm_fail(err, -r, "/mounts", "copying what %s of the rootfs holds into its tmpfs: %s%s", m->target, strerror(-r), hint) : 0;
}
