/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See trusted.h. Hostile: whoever can write to a place on the way to the file. */
#include "path/trusted.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"

#define ON_THE_WAY (RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_BENEATH)

static int judge(const struct cm_trusted *trusted, const struct stat *st, const char *path, struct cm_error *err)
{
    const char *who = trusted->initial ? "root" : "the owner of /";

    if (st->st_uid != trusted->owner)
        return cm_fail(err, EPERM, NULL, "%s belongs to uid %u and not to %s, %s; chown it", path, st->st_uid, who, trusted->consequence);
    if (st->st_mode & 022)
        return cm_fail(err, EPERM, NULL, "%s is writable for its group or for others (mode %04o), %s; chmod go-w it", path, st->st_mode & 07777u,
                       trusted->consequence);
    return 0;
}

static int cannot_open(int errnum, const char *path, struct cm_error *err)
{
    if (errnum == ELOOP)
        return cm_fail(err, ELOOP, NULL, "%s is a symbolic link, which is not followed; put the file or directory itself there", path);
    return cm_fail_errno(err, errnum, NULL, "opening %s", path);
}

int cm_trusted_step(const struct cm_trusted *trusted, int dir, const char *name, const char *path, bool may_lack, struct cm_error *err)
{
    struct stat st;
    /* first without following, so that a link is told from a file that is no directory */
    CM_AUTO_CLOSE int fd = cm_openat2(dir, name, O_PATH | O_NOFOLLOW, 0, ON_THE_WAY);

    if (fd < 0 && errno == ENOENT && may_lack)
        return -ENOENT;
    if (fd < 0)
        return cannot_open(errno, path, err);
    if (fstat(fd, &st) < 0)
        return cm_fail_errno(err, errno, NULL, "examining %s", path);
    if (!S_ISDIR(st.st_mode))
        return cannot_open(S_ISLNK(st.st_mode) ? ELOOP : ENOTDIR, path, err);
    int r = judge(trusted, &st, path, err);
    return r < 0 ? r : CM_TAKE_FD(fd);
}

int cm_trusted_walk(struct cm_trusted *trusted, const char *path, size_t size, struct cm_error *err)
{
    char so_far[PATH_MAX], name[NAME_MAX + 1];
    struct stat st;
    CM_AUTO_CLOSE int dir = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (dir < 0 || fstat(dir, &st) < 0)
        return cm_fail_errno(err, errno, NULL, "opening /");
    trusted->owner = trusted->initial ? 0 : st.st_uid;
    int r = judge(trusted, &st, "/", err);
    for (size_t at = 1; r == 0 && at < size;) {
        size_t n = strcspn(path + at, "/");
        if (n > NAME_MAX || at + n >= sizeof(so_far))
            return cm_fail_errno(err, ENAMETOOLONG, NULL, "opening %.256s", path);
        memcpy(name, path + at, n);
        name[n] = '\0';
        at += n;
        memcpy(so_far, path, at);
        so_far[at++] = '\0';
        int next = cm_trusted_step(trusted, dir, name, so_far, false, err);
        if (next < 0)
            return next;
        dir = (cm_close(dir), next);
    }
    return r < 0 ? r : CM_TAKE_FD(dir);
}

int cm_trusted_open(const struct cm_trusted *trusted, int dir, const char *name, const char *path, int flags, mode_t mode, bool may_lack, struct stat *ret_st,
                    struct cm_error *err)
{
    /* not blocking: it may be a FIFO */
    CM_AUTO_CLOSE int fd = cm_openat2(dir, name, (uint64_t)(unsigned int)(flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY), mode, ON_THE_WAY);

    if (fd < 0 && errno == ENOENT && may_lack)
        return -ENOENT;
    if (fd < 0)
        return cannot_open(errno, path, err);
    if (fstat(fd, ret_st) < 0)
        return cm_fail_errno(err, errno, NULL, "examining %s", path);
    if (!S_ISREG(ret_st->st_mode))
        return cm_fail(err, EINVAL, NULL, "%s is not a regular file; it must be one", path);
    int r = judge(trusted, ret_st, path, err);
    return r < 0 ? r : CM_TAKE_FD(fd);
}
