/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of a cgroup directory. Hostile: the number of processes and child cgroups. */
#include "cgroup/files.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/str.h"
#include "base/sys.h"
#include "cgroup/cgroup.h"

/* Files of a cgroup that was removed after its directory was opened answer ENODEV; for a caller that is the same as not being there. */
static int gone_is_enoent(int r)
{
    return r == -ENODEV ? -ENOENT : r;
}

int cm_cgfile_open(int dir, const char *path, int flags)
{
    int fd = cm_openat2(dir, path, (uint64_t)(unsigned int)(flags | O_NOCTTY), 0,
                        RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV);

    return fd < 0 ? gone_is_enoent(-errno) : fd;
}

ssize_t cm_cgfile_read(int dir, const char *name, char *buffer, size_t size)
{
    CM_AUTO_CLOSE int fd = cm_cgfile_open(dir, name, O_RDONLY | O_NONBLOCK);

    if (fd < 0)
        return fd;
    ssize_t n = read(fd, buffer, size - 1); /* seq_file gives a small file whole */
    if (n < 0)
        return gone_is_enoent(-errno);
    if (n > 0 && buffer[n - 1] == '\n')
        n--;
    buffer[n] = '\0';
    return n;
}

int cm_cgfile_write(int dir, const char *name, const char *value)
{
    CM_AUTO_CLOSE int fd = cm_cgfile_open(dir, name, O_WRONLY);

    if (fd < 0)
        return fd;
    size_t size = strlen(value);
    ssize_t n = write(fd, value, size); /* the kernel takes the value whole or not at all */
    if (n < 0 && errno == ENODEV) {     /* a device of the value that there is not, or the cgroup is gone */
        CM_AUTO_CLOSE int again = cm_cgfile_open(dir, name, O_WRONLY);
        return again < 0 ? again : -ENODEV;
    }
    if (n < 0)
        return -errno;
    return (size_t)n == size ? 0 : -EIO;
}

static int find_event(const char *text, const char *key)
{
    size_t key_size = strlen(key);

    for (const char *line = text; line && *line; line = strchr(line, '\n'), line = line ? line + 1 : NULL)
        if (strncmp(line, key, key_size) == 0 && line[key_size] == ' ')
            return line[key_size + 1] == '1';
    return -EPROTO;
}

static int read_events(int events, char *text, size_t size)
{
    ssize_t n = pread(events, text, size - 1, 0);

    if (n < 0)
        return gone_is_enoent(-errno);
    text[n] = '\0';
    return 0;
}

int cm_cgfile_event(int events, const char *key)
{
    char text[256];
    int r = read_events(events, text, sizeof(text));

    return r < 0 ? r : find_event(text, key);
}

int cm_cgfile_events(int events, int *ret_frozen)
{
    char text[256];
    int r = read_events(events, text, sizeof(text));
    int frozen = r < 0 ? r : find_event(text, "frozen");

    if (frozen < 0)
        return frozen;
    *ret_frozen = frozen;
    return find_event(text, "populated");
}

void cm_cgfile_wait(int events, int ms)
{
    struct pollfd p = {.fd = events, .events = POLLPRI};

    (void)poll(&p, 1, ms); /* the caller reads the file again whatever the outcome */
}

int cm_cgfile_each_pid(int dir, int (*each)(pid_t pid, void *user), void *user)
{
    CM_AUTO_CLOSE int fd = cm_cgfile_open(dir, "cgroup.procs", O_RDONLY);
    char block[4096];
    size_t kept = 0;

    if (fd < 0)
        return fd;
    for (;;) {
        ssize_t n = cm_read_full(fd, block + kept, sizeof(block) - 1 - kept);
        if (n < 0)
            return gone_is_enoent((int)n);
        if (n == 0)
            return kept == 0 ? 0 : -EPROTO;
        block[kept + (size_t)n] = '\0';
        char *line = block;
        for (char *end; (end = strchr(line, '\n')); line = end + 1) {
            uint32_t pid;
            *end = '\0';
            if (cm_parse_u32(line, &pid) < 0 || pid > INT32_MAX)
                return -EPROTO;
            int r = each((pid_t)pid, user);
            if (r != 0)
                return r;
        }
        kept = strlen(line);
        if (kept > 32)
            return -EPROTO;
        memmove(block, line, kept);
    }
}

int cm_cgfile_each_child(int dir, int (*each)(int child, const char *name, void *user), void *user)
{
    CM_AUTO_DIR DIR *list = NULL;
    const struct dirent *entry;
    int r = cm_dir_take(cm_cgfile_open(dir, ".", O_RDONLY | O_DIRECTORY), &list); /* an own file position */

    if (r < 0)
        return r;
    while ((r = cm_dir_next(list, &entry)) > 0) {
        if (entry->d_type != DT_DIR)
            continue;
        CM_AUTO_CLOSE int child = cm_cgfile_open(dir, entry->d_name, O_RDONLY | O_DIRECTORY);
        if (child == -ENOENT)
            continue;
        r = child < 0 ? child : each(child, entry->d_name, user);
        if (r != 0)
            return r;
    }
    return gone_is_enoent(r);
}

struct walk {
    int (*each)(pid_t pid, void *user);
    void *user;
    unsigned int depth;
};

static int walk_in(int dir, const char *name CM_UNUSED, void *user)
{
    struct walk *walk = user;
    int r = cm_cgfile_each_pid(dir, walk->each, walk->user);

    if (r != 0 && r != -ENOENT && r != -EOPNOTSUPP) /* EOPNOTSUPP: a threaded cgroup; its processes are listed further up */
        return r;
    if (walk->depth >= CM_CGROUP_DEPTH_MAX)
        return 0;
    walk->depth++;
    r = cm_cgfile_each_child(dir, walk_in, walk);
    walk->depth--;
    return r == -ENOENT ? 0 : r;
}

int cm_cgfile_walk_pids(int dir, int (*each)(pid_t pid, void *user), void *user)
{
    struct walk walk = {each, user, 0};

    return walk_in(dir, NULL, &walk);
}

struct count {
    size_t n;
    pid_t first;
};

static int count_pid(pid_t pid, void *user)
{
    struct count *count = user;

    count->n++;
    if (count->first == 0)
        count->first = pid;
    return 0;
}

int cm_cgfile_count(int dir, size_t *ret_n, pid_t *ret_first)
{
    struct count count = {0};
    int r = cm_cgfile_walk_pids(dir, count_pid, &count);

    if (r < 0)
        return r;
    *ret_n = count.n;
    *ret_first = count.first;
    return 0;
}

struct list {
    pid_t *v;
    size_t n, room;
};

static int list_pid(pid_t pid, void *user)
{
    struct list *list = user;

    if (pid == 0)
        return 0; /* lives outside our pid namespace: it has no number here */
    if (list->n == list->room) {
        size_t room = CM_MAX(list->room * 2, (size_t)256);
        pid_t *v = room > CM_CGROUP_PIDS_MAX ? NULL : reallocarray(list->v, room, sizeof(*v));
        if (!v)
            return -ENOMEM;
        list->v = v;
        list->room = room;
    }
    list->v[list->n++] = pid;
    return 0;
}

int cm_cgroup_pids(const struct cm_cgroup *cgroup, pid_t **ret, size_t *ret_n)
{
    struct list list = {0};
    int r = cm_cgfile_walk_pids(cgroup->fd, list_pid, &list);

    if (r < 0) {
        free(list.v);
        return r;
    }
    *ret = list.v;
    *ret_n = list.n;
    return 0;
}

static int take(int child, const char *name, void *user)
{
    int fd = fcntl(child, F_DUPFD_CLOEXEC, 3);

    (void)name;
    *(int *)user = fd < 0 ? -errno : fd;
    return 1;
}

int cm_cgroup_any_child(int dir)
{
    int fd = -ENOENT, r = cm_cgfile_each_child(dir, take, &fd);

    return r < 0 ? r : fd;
}
