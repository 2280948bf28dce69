/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Killing everything in a cgroup. Hostile: processes that fork while they are being killed, pids that are reused meanwhile. */
#include <errno.h>
#include <fcntl.h>

#include "base/log.h"
#include "base/sys.h"
#include "cgroup/cgroup.h"
#include "cgroup/files.h"

/* Without cgroup.kill: how long to wait for the freezer, and how often to look for processes that were born meanwhile. */
#define FREEZE_MS 500
#define ROUNDS 16

struct search {
    pid_t pid;
};

static int is_pid(pid_t pid, void *user)
{
    const struct search *search = user;

    return pid == search->pid;
}

struct sweep {
    int dir;
    size_t n;
    int first_error;
    unsigned int depth;
};

/*
 * The number may belong to another process by the time it is used. So it is turned into a pidfd first and then looked up again: if it is still listed, the
 * pidfd is either that process or one that is dead.
 */
static int kill_pid(pid_t pid, void *user)
{
    struct sweep *sweep = user;
    struct search search = {pid};

    sweep->n++;
    if (pid == 0) { /* lives outside our pid namespace */
        sweep->first_error = -ESRCH;
        return 0;
    }
    CM_AUTO_CLOSE int pidfd = cm_pidfd_open(pid);
    if (pidfd < 0) {
        if (errno != ESRCH)
            sweep->first_error = -errno;
        return 0;
    }
    if (cm_cgfile_each_pid(sweep->dir, is_pid, &search) == 1 && cm_pidfd_send_signal(pidfd, SIGKILL) < 0 && errno != ESRCH)
        sweep->first_error = -errno;
    return 0;
}

static int kill_below(int dir, const char *name CM_UNUSED, void *user)
{
    struct sweep *sweep = user;
    int outer = sweep->dir;

    sweep->dir = dir;
    int r = cm_cgfile_each_pid(dir, kill_pid, sweep);
    if ((r == 0 || r == -EOPNOTSUPP) && sweep->depth < CM_CGROUP_DEPTH_MAX) {
        sweep->depth++;
        r = cm_cgfile_each_child(dir, kill_below, sweep);
        sweep->depth--;
    }
    sweep->dir = outer;
    return r == -ENOENT ? 0 : r;
}

int cm_cgroup_kill_each(int dir)
{
    int r = 0;

    for (int i = 0; i < ROUNDS; i++) {
        struct sweep sweep = {.dir = dir};
        r = kill_below(dir, NULL, &sweep);
        if (r == 0)
            r = sweep.first_error;
        if (sweep.n == 0 || r < 0)
            break;
        CM_AUTO_CLOSE int events = cm_cgfile_open(dir, "cgroup.events", O_RDONLY);
        if (events < 0 || cm_cgfile_event(events, "populated") != 1)
            break;
        cm_cgfile_wait(events, 1 << CM_MIN(i, 6));
    }
    return r;
}

int cm_cgroup_kill(const struct cm_cgroup *cgroup, struct cm_error *err)
{
    int r = cm_cgfile_write(cgroup->fd, "cgroup.kill", "1"); /* Linux 5.14: everything below too, and nobody can fork past it */

    if (r == -ENOENT) {
        int populated = cm_cgroup_populated(cgroup);
        if (populated == -ENOENT)
            return 0;                                            /* the cgroup itself is gone */
        if (cm_cgroup_freeze(cgroup, true, FREEZE_MS, NULL) < 0) /* so that nothing forks */
            cm_debug("cgroup %s did not freeze; killing its processes in rounds", cgroup->path);
        r = cm_cgroup_kill_each(cgroup->fd);
    }
    /* A frozen process dies of SIGKILL as well (v2 only), but a cgroup left frozen would hold up whoever comes into it next. */
    int thaw = cm_cgfile_write(cgroup->fd, "cgroup.freeze", "0");
    if (r == 0 && thaw < 0 && thaw != -ENOENT)
        r = thaw;
    if (r == -EOPNOTSUPP)
        return cm_fail(err, EOPNOTSUPP, NULL, "cgroup %s is in threaded mode, where processes cannot be killed as a group", cgroup->path);
    return r < 0 ? cm_fail_errno(err, -r, NULL, "killing the processes of cgroup %s", cgroup->path) : 0;
}
