/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Removing a cgroup with everything below it. Hostile: processes that are slow to die, cgroups that they may have made. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "cgroup/cgroup.h"
#include "cgroup/files.h"

#define DELAY_FIRST_MS 1
#define DELAY_MAX_MS 128
#define DELAY_GONE_MS 8

int cm_cgroup_remove_now(int parent, const char *path, unsigned int n_above)
{
    const char *end = path + strlen(path);
    CM_AUTO_CLOSE int above = CM_FD_NONE;
    int dir = parent;

    for (unsigned int i = 0;; i++) {
        char name[256];
        const char *start = end;
        while (start > path && start[-1] != '/')
            start--;
        size_t n = (size_t)(end - start);
        if (n == 0 || n >= sizeof(name))
            return i == 0 ? -EINVAL : 0;
        memcpy(name, start, n);
        name[n] = '\0';
        if (unlinkat(dir, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
            return i == 0 ? -errno : 0; /* somebody else uses a parent that we made: it stays */
        /* Parents that some create of ours made go with the last cgroup in them, whoever's it is. */
        if (i >= n_above && (start <= path + 1 || !cm_cgroup_is_made_parent(dir))) /* nobody makes the root of the tree */
            return 0;
        /* cgroupfs has no rename, so ".." is where we came from; never above what we made. */
        int up = openat(dir, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (up < 0)
            return 0;
        (void)cm_close(above);
        above = dir = up;
        end = start - 1;
    }
}

struct level {
    int dir;
    unsigned int depth;
};

static int remove_child(int child, const char *name, void *user)
{
    const struct level *level = user;
    struct level below = {child, level->depth + 1};

    if (unlinkat(level->dir, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
        return 0;
    if (errno != EBUSY || level->depth >= CM_CGROUP_DEPTH_MAX)
        return -errno;
    int r = cm_cgfile_each_child(child, remove_child, &below);
    if (r < 0 && r != -ENOENT)
        return r;
    return unlinkat(level->dir, name, AT_REMOVEDIR) == 0 || errno == ENOENT ? 0 : -errno;
}

static int try_remove(const struct cm_cgroup *cgroup)
{
    struct level level = {cgroup->fd, 0};
    int r = cm_cgroup_remove_now(cgroup->parent, cgroup->path, cgroup->n_created_above);

    if (r != -EBUSY)
        return r;
    r = cm_cgfile_each_child(cgroup->fd, remove_child, &level);
    if (r < 0 && r != -ENOENT)
        return r;
    return cm_cgroup_remove_now(cgroup->parent, cgroup->path, cgroup->n_created_above);
}

static int still_busy(const struct cm_cgroup *cgroup, int timeout_ms, struct cm_error *err)
{
    size_t n = 0;
    pid_t first = 0;

    if (cm_cgfile_count(cgroup->fd, &n, &first) == 0 && n > 0)
        return cm_fail(err, EBUSY, NULL,
                       "cgroup %s still holds %zu process(es) after %d ms, for example pid %d; one in uninterruptible sleep ends only when its I/O does",
                       cgroup->path, n, timeout_ms, (int)first);
    return cm_fail(err, EBUSY, NULL, "cgroup %s cannot be removed after %d ms although it holds no process", cgroup->path, timeout_ms);
}

static void forget(struct cm_cgroup *cgroup)
{
    cgroup->created = false;
    cgroup->n_created_above = 0;
}

int cm_cgroup_remove_empty(struct cm_cgroup *cgroup)
{
    int r = cm_cgroup_remove_now(cgroup->parent, cgroup->path, cgroup->n_created_above);

    if (r == 0)
        forget(cgroup);
    return r;
}

bool cm_cgroup_wait_gone(const struct cm_cgroup *cgroup, int timeout_ms)
{
    int64_t deadline = cm_now_ms() + timeout_ms;
    int delay = DELAY_FIRST_MS;

    while (faccessat(cgroup->parent, cgroup->name, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
        int64_t left = deadline - cm_now_ms();
        if (left <= 0)
            return false;
        cm_cgfile_wait(CM_FD_NONE, (int)CM_MIN(left, (int64_t)delay));
        delay = CM_MIN(delay * 2, DELAY_GONE_MS);
    }
    return true;
}

int cm_cgroup_remove(struct cm_cgroup *cgroup, int timeout_ms, struct cm_error *err)
{
    CM_AUTO_CLOSE int events = CM_FD_NONE;
    int64_t deadline = cm_now_ms() + timeout_ms;
    int delay = DELAY_FIRST_MS;

    for (;;) {
        int r = try_remove(cgroup);
        if (r == 0)
            break;
        if (r != -EBUSY)
            return cm_fail_errno(err, -r, NULL, "removing cgroup %s", cgroup->path);
        int64_t left = deadline - cm_now_ms();
        if (left <= 0)
            return still_busy(cgroup, timeout_ms, err);
        /* A killed process leaves its cgroup some time after the signal: wake when the last one has, and look again anyway after a growing while. */
        if (events < 0)
            events = cm_cgfile_open(cgroup->fd, "cgroup.events", O_RDONLY);
        if (events < 0 || cm_cgfile_event(events, "populated") != 0)
            cm_cgfile_wait(events, (int)CM_MIN(left, (int64_t)delay));
        else
            cm_cgfile_wait(CM_FD_NONE, (int)CM_MIN(left, (int64_t)delay));
        delay = CM_MIN(delay * 2, DELAY_MAX_MS);
    }
    forget(cgroup);
    return 0;
}
