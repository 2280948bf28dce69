/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lookups inside a hostile root filesystem; see rootpath.h. */
#include "path/rootpath.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "base/sys.h"

/* openat2 answers EAGAIN when a rename anywhere on the system might have moved ".." under it: a hostile neighbour can cause that, so tries are bounded. */
#define RACE_TRIES 64

static uint64_t resolve_flags(enum cm_lookup lookup)
{
    uint64_t flags = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;

    if (lookup != CM_LOOKUP_IN_ROOT)
        flags |= RESOLVE_NO_SYMLINKS;
    return lookup == CM_LOOKUP_SAME_MOUNT ? flags | RESOLVE_NO_XDEV : flags;
}

static int open_mode(struct cm_rootfd root, const char *path, int flags, mode_t mode, enum cm_lookup lookup)
{
    for (int i = 0; i < RACE_TRIES; i++) {
        int fd = cm_openat2(root.fd, path, (uint64_t)(unsigned int)flags, mode, resolve_flags(lookup));
        if (fd >= 0)
            return fd;
        if (errno != EAGAIN && errno != EINTR)
            return -errno;
    }
    return -EAGAIN;
}

int cm_root_open(struct cm_rootfd root, const char *path, int flags, enum cm_lookup lookup)
{
    return open_mode(root, *path ? path : "/", flags, 0, lookup);
}

/* One more component below `dir`, which was resolved already: opened, or made when it is missing. A link here is looked up again from the root by the caller.
 */
static int make_one(int dir, const char *name, uid_t uid, gid_t gid)
{
    if (mkdirat(dir, name, 0755) < 0)
        return -errno;
    int fd = openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    if (fchownat(fd, "", uid, gid, AT_EMPTY_PATH) < 0) {
        int r = -errno;
        (void)cm_close(fd);
        return r;
    }
    return fd;
}

int cm_root_make_dirs(struct cm_rootfd root, const char *path, enum cm_lookup lookup, uid_t uid, gid_t gid)
{
    char prefix[PATH_MAX];
    size_t size = strlen(path);

    if (size >= sizeof(prefix))
        return -ENAMETOOLONG;
    CM_AUTO_CLOSE int dir = cm_root_open(root, "/", O_PATH | O_DIRECTORY, CM_LOOKUP_PLAIN);
    if (dir < 0)
        return dir;
    memcpy(prefix, path, size + 1);
    for (size_t start = 0; start < size;) {
        size_t end = start;
        while (end < size && path[end] != '/')
            end++;
        if (end == start) {
            start++;
            continue;
        }
        prefix[end] = '\0';
        int next = cm_root_open(root, prefix, O_PATH | O_DIRECTORY, lookup);
        if (next == -ENOENT) {
            char name[NAME_MAX + 1];
            if (end - start > NAME_MAX)
                return -ENAMETOOLONG;
            memcpy(name, path + start, end - start);
            name[end - start] = '\0';
            if (strcmp(name, "..") == 0)
                return -ENOENT;
            next = make_one(dir, name, uid, gid);
            if (next == -EEXIST) /* a dangling link, or someone was faster */
                next = cm_root_open(root, prefix, O_PATH | O_DIRECTORY, lookup);
        }
        if (next < 0)
            return next;
        (void)cm_close(dir);
        dir = next;
        prefix[end] = path[end];
        start = end;
    }
    return CM_TAKE_FD(dir);
}

int cm_root_make_file(struct cm_rootfd root, const char *path, enum cm_lookup lookup, uid_t uid, gid_t gid)
{
    char parent[PATH_MAX];
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    size_t size = slash ? (size_t)(slash - path) : 0;

    if (size >= sizeof(parent) || strlen(name) > NAME_MAX)
        return -ENAMETOOLONG;
    memcpy(parent, path, size);
    parent[size] = '\0';
    CM_AUTO_CLOSE int dir = cm_root_make_dirs(root, parent, lookup, uid, gid);
    if (dir < 0)
        return dir;
    CM_AUTO_CLOSE int fd = openat(dir, name, O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0)
        return -errno;
    return fchown(fd, uid, gid) < 0 ? -errno : CM_TAKE_FD(fd);
}
