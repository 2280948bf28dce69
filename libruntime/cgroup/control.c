/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looking at and freezing a cgroup. Hostile: processes that take their time to freeze. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/str.h"
#include "base/time.h"
#include "cgroup/cgroup.h"
#include "cgroup/files.h"

/* The file is read again at least so often, should a notification get lost. */
#define LOOK_AGAIN_MS 250

int cm_cgroup_populated(const struct cm_cgroup *cgroup)
{
    CM_AUTO_CLOSE int events = cm_cgfile_open(cgroup->fd, "cgroup.events", O_RDONLY);

    return events < 0 ? events : cm_cgfile_event(events, "populated");
}

static int read_freeze(int dir, const char *path)
{
    char text[16];
    ssize_t n = cm_cgfile_read(dir, path, text, sizeof(text));

    return n < 0 ? (int)n : cm_streq(text, "1");
}

/* cgroup.freeze is what was asked for, cgroup.events what has come of it: a container is paused from the moment it is asked. */
int cm_cgroup_frozen(const struct cm_cgroup *cgroup)
{
    return read_freeze(cgroup->fd, "cgroup.freeze");
}

int cm_cgroup_path_frozen(int root, const char *path, uint64_t ino)
{
    CM_AUTO_STR struct cm_str file = {0};
    struct stat st;

    if (path[0] != '/' || path[1] == '\0')
        return -EINVAL;
    cm_str_addf(&file, "%s/cgroup.freeze", path + 1);
    if (!cm_str_text(&file))
        return -ENOMEM;
    int frozen = read_freeze(root, file.data);
    if (frozen <= 0)
        return frozen; /* whose it is matters only when it holds somebody up */
    CM_AUTO_CLOSE int dir = cm_cgfile_open(root, path + 1, O_RDONLY | O_DIRECTORY);
    if (dir < 0)
        return dir;
    if (fstat(dir, &st) < 0)
        return -errno;
    return st.st_ino == ino ? read_freeze(dir, "cgroup.freeze") : -ENOENT;
}

static int not_frozen_in_time(const struct cm_cgroup *cgroup, bool freeze, int timeout_ms, struct cm_error *err)
{
    size_t n = 0;
    pid_t first = 0;
    int r = cm_cgfile_count(cgroup->fd, &n, &first);

    if (!freeze)
        return cm_fail(err, ETIMEDOUT, NULL, "cgroup %s is still frozen after %d ms; a cgroup above it may be frozen", cgroup->path, timeout_ms);
    /* Half frozen is worse than running: nobody would thaw it. */
    const char *thawed = cm_cgfile_write(cgroup->fd, "cgroup.freeze", "0") == 0 ? "was thawed again" : "could not be thawed again";
    if (r < 0 || n == 0)
        return cm_fail(err, ETIMEDOUT, NULL, "cgroup %s did not freeze within %d ms and %s", cgroup->path, timeout_ms, thawed);
    return cm_fail(err, ETIMEDOUT, NULL, "cgroup %s did not freeze within %d ms and %s: one of its %zu process(es) is stuck in the kernel (first: pid %d)",
                   cgroup->path, timeout_ms, thawed, n, (int)first);
}

int cm_cgroup_freeze(const struct cm_cgroup *cgroup, bool freeze, int timeout_ms, struct cm_error *err)
{
    CM_AUTO_CLOSE int events = cm_cgfile_open(cgroup->fd, "cgroup.events", O_RDONLY);
    int64_t deadline = cm_now_ms() + timeout_ms;

    if (events < 0)
        return cm_fail_errno(err, -events, NULL, "opening cgroup.events of cgroup %s", cgroup->path);
    int r = cm_cgfile_write(cgroup->fd, "cgroup.freeze", freeze ? "1" : "0");
    if (r < 0)
        return cm_fail_errno(err, -r, NULL, "writing %d to cgroup.freeze of cgroup %s", freeze, cgroup->path);

    for (;;) {
        int frozen = cm_cgfile_event(events, "frozen");
        if (frozen < 0)
            return cm_fail_errno(err, -frozen, NULL, "reading cgroup.events of cgroup %s", cgroup->path);
        if ((frozen > 0) == freeze)
            return 0;
        int64_t left = deadline - cm_now_ms();
        if (left <= 0)
            return not_frozen_in_time(cgroup, freeze, timeout_ms, err);
        cm_cgfile_wait(events, (int)CM_MIN(left, (int64_t)LOOK_AGAIN_MS));
    }
}
