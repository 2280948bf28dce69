/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The state root: opened, checked, listed. Hostile: nothing below a good root, but whether it is a good one has to be seen (a predictable path somewhere in
 * /tmp, a link). */
#include "state/store.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/euid.h"
#include "base/io.h"
#include "base/str.h"

/* The path without slashes at its end: with one, O_NOFOLLOW would follow a link. */
static char *normal_path(const char *path)
{
    size_t n = strlen(path);

    while (n > 1 && path[n - 1] == '/')
        n--;
    return strndup(path, n);
}

/* Makes the directory and what is missing above it. An existing one is no error; what it is gets checked when it is open. */
static int make_path(char *path, struct cm_error *err)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int r = mkdir(path, 0755) < 0 && errno != EEXIST ? -errno : 0;
        if (r < 0)
            (void)cm_fail_errno(err, -r, NULL, "cannot make the directory \"%s\" for the state root", path);
        *slash = '/';
        if (r < 0)
            return r;
    }
    if (mkdir(path, 0700) < 0 && errno != EEXIST)
        return cm_fail_errno(err, errno, NULL, "cannot make the state root \"%s\"", path);
    return 0;
}

static int check_root(int fd, const char *path, struct cm_error *err)
{
    static struct stat slash; /* the same for every store of this process */
    struct stat st;

    if (fstat(fd, &st) < 0 || (slash.st_ino == 0 && stat("/", &slash) < 0))
        return cm_fail_errno(err, errno, NULL, "cannot examine the state root \"%s\"", path);
    if (st.st_dev == slash.st_dev && st.st_ino == slash.st_ino)
        return cm_fail(err, EINVAL, NULL, "Option --root argument should not be set to /");
    if (st.st_uid != cm_euid())
        return cm_fail(err, EPERM, NULL, "the state root \"%s\" belongs to uid %u and not to %u; use a directory of your own", path, st.st_uid, cm_euid());
    if ((st.st_mode & 022) != 0)
        return cm_fail(err, EPERM, NULL, "the state root \"%s\" is writable by others (mode %04o); chmod it to 0700", path, st.st_mode & 07777u);
    return 0;
}

int cm_store_open(const char *path, bool make, struct cm_store *ret, struct cm_error *err)
{
    if (!path || path[0] != '/')
        return cm_fail(err, EINVAL, NULL, "the state root \"%s\" is not an absolute path", path ? path : "");
    CM_AUTO_FREE char *normal = normal_path(path);
    if (!normal)
        return cm_fail(err, ENOMEM, NULL, "out of memory");
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    CM_AUTO_CLOSE int fd = open(normal, flags);
    if (fd < 0 && errno == ENOENT && make) {
        int made = make_path(normal, err);
        if (made < 0)
            return made;
        fd = open(normal, flags);
    }
    if (fd < 0 && (errno == ELOOP || errno == ENOTDIR))
        return cm_fail(err, errno, NULL, "the state root \"%s\" is a link or no directory; name the directory itself", normal);
    if (fd < 0)
        return cm_fail_errno(err, errno, NULL, "cannot open the state root \"%s\"", normal);
    int r = check_root(fd, normal, err);
    if (r < 0)
        return r;
    *ret = (struct cm_store){.fd = CM_TAKE_FD(fd), .path = CM_TAKE_PTR(normal)};
    return 0;
}

void cm_store_close(struct cm_store *store)
{
    store->fd = cm_close(store->fd);
    free((void *)(uintptr_t)store->path); /* ours since cm_store_open; const for everyone else */
    store->path = NULL;
}

struct names {
    char **v;
    size_t n, room;
};

static void names_done(struct names *names)
{
    for (size_t i = 0; i < names->n; i++)
        free(names->v[i]);
    free(names->v);
}

static int names_add(struct names *names, const char *name)
{
    if (names->n == names->room) {
        size_t room = CM_MAX(names->room * 2, (size_t)64);
        char **v = reallocarray(names->v, room, sizeof(*v));
        if (!v)
            return -ENOMEM;
        names->v = v;
        names->room = room;
    }
    char *copy = strdup(name);
    if (!copy)
        return -ENOMEM;
    names->v[names->n++] = copy;
    return 0;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_container(int dir, const struct dirent *entry)
{
    struct stat st;

    if (cm_id_check(entry->d_name, NULL) < 0)
        return false;
    if (entry->d_type != DT_UNKNOWN)
        return entry->d_type == DT_DIR;
    return fstatat(dir, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

static int read_names(int store, struct names *names)
{
    CM_AUTO_DIR DIR *dir = NULL;
    const struct dirent *entry;
    int fd = openat(store, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* a description of its own: the position is not shared */
    int r = fd < 0 ? -errno : cm_dir_take(fd, &dir);

    if (r < 0)
        return r;
    while ((r = cm_dir_next(dir, &entry)) > 0) {
        r = is_container(store, entry) ? names_add(names, entry->d_name) : 0;
        if (r < 0)
            return r;
    }
    return r;
}

int cm_store_each(const struct cm_store *store, int (*each)(const char *id, void *user), void *user, struct cm_error *err)
{
    CM_CLEANUP(names_done) struct names names = {0};
    int r = read_names(store->fd, &names);

    if (r < 0)
        return cm_fail_errno(err, -r, NULL, "cannot list the state root \"%s\"", store->path);
    if (names.n > 1)
        qsort(names.v, names.n, sizeof(*names.v), compare_names);
    for (size_t i = 0; i < names.n && r == 0; i++)
        r = each(names.v[i], user);
    return r;
}
