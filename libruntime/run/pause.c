/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `pause` and `resume`: the cgroup's freezer. Hostile: processes that sleep in the kernel and do not freeze; that is reported after a bounded wait, with the
 * process that is to blame, and the container runs on.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "path/procfs.h"
#include "run/audit.h"
#include "run/live.h"

#define FREEZE_MS 10000
#define STUCK_LOOKS 20
#define STUCK_PAUSE_US 50000

/* The state of a process, '\0' when it cannot be told; its name, made printable, in `name`. */
static char state_of(struct cm_runtime *runtime, pid_t pid, char *name, size_t size)
{
    char path[32], text[1024];

    (void)snprintf(path, sizeof(path), "%d/stat", (int)pid);
    int proc = cm_runtime_proc(runtime, NULL);
    if (proc < 0 || cm_procfs_read_value(proc, path, text, sizeof(text)) < 0)
        return '\0';
    char *start = strchr(text, '('), *end = strrchr(text, ')'); /* the name is the process's own and may hold parentheses */
    if (!start || !end || end < start || strlen(end) < 3)
        return '\0';
    *end = '\0';
    (void)snprintf(name, size, "%s", start + 1);
    cm_printable(name);
    return end[2];
}

/* Adds who is stuck to the error, if somebody sleeps uninterruptibly, which is what the freezer waits for. */
static bool name_stuck(struct cm_runtime *runtime, const struct cm_cgroup *cgroup, struct cm_error *err)
{
    CM_AUTO_FREE pid_t *pids = NULL;
    char name[64];
    size_t n = 0;

    if (cm_cgroup_pids(cgroup, &pids, &n) < 0)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (state_of(runtime, pids[i], name, sizeof(name)) != 'D')
            continue;
        size_t used = strlen(err->message);
        (void)snprintf(err->message + used, sizeof(err->message) - used, "; process %d (%s) is in uninterruptible sleep (state D), most likely for I/O",
                       (int)pids[i], name);
        return true;
    }
    return false;
}

static int freeze(struct cm_runtime *runtime, const struct cm_live *live, bool frozen, struct cm_error *err)
{
    int r = cm_cgroup_freeze(&live->cgroup, frozen, FREEZE_MS, err);

    if (r == -ENOENT)
        return cm_fail(err, ESRCH, NULL, "container not running"); /* it ended and was deleted meanwhile */
    /* Thawing wakes everybody once, and whoever still has to wait goes back to sleep as soon as it gets a processor. */
    for (int look = 0; r == -ETIMEDOUT && frozen && look < STUCK_LOOKS && !name_stuck(runtime, &live->cgroup, err); look++)
        (void)usleep(STUCK_PAUSE_US);
    cm_audit_manage(runtime, frozen ? CM_AUDIT_PAUSE : CM_AUDIT_RESUME, live->record, 0, r, err);
    return r;
}

int cm_pause(struct cm_runtime *runtime, const char *id, struct cm_error *err)
{
    CM_AUTO_LIVE struct cm_live live = CM_LIVE_NONE;

    int r = cm_live_open(runtime, id, &live, err);
    if (r < 0)
        return r;
    if (live.status != CM_STATUS_RUNNING && live.status != CM_STATUS_CREATED)
        return cm_fail(err, EINVAL, NULL, "container not running");
    r = cm_live_need_cgroup(&live, "cannot be paused", err);
    return r < 0 ? r : freeze(runtime, &live, true, err);
}

int cm_resume(struct cm_runtime *runtime, const char *id, struct cm_error *err)
{
    CM_AUTO_LIVE struct cm_live live = CM_LIVE_NONE;

    int r = cm_live_open(runtime, id, &live, err);
    if (r < 0)
        return r;
    if (live.status != CM_STATUS_PAUSED)
        return cm_fail(err, EINVAL, NULL, "container not paused");
    return freeze(runtime, &live, false, err);
}
