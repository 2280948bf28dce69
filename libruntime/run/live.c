/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opening a container for the commands that manage one. Hostile: ids, and others that delete the container meanwhile. */
#include "run/live.h"

#include <errno.h>

#include "run/look.h"

void cm_live_close(struct cm_live *live)
{
    cm_entry_close(&live->entry);
    cm_record_free_ptr(&live->record);
    cm_cgroup_close(&live->cgroup);
}

static int open_cgroup(struct cm_runtime *runtime, struct cm_live *live, struct cm_error *err)
{
    const struct cm_record *record = live->record;

    if (!record->cgroup_path || record->cgroup_ino == 0)
        return 0;
    int root = cm_runtime_cgroup_root(runtime, err);
    int r = root < 0 ? root : cm_cgroup_open_ours(root, record->cgroup_path, record->cgroup_ino, &live->cgroup, err);
    return r == -ENOENT || r == -ENODEV ? 0 : r;
}

int cm_live_open(struct cm_runtime *runtime, const char *id, struct cm_live *ret, struct cm_error *err)
{
    CM_AUTO_LIVE struct cm_live live = CM_LIVE_NONE;

    int r = cm_look_open(runtime, id, false, &live.entry, err);
    if (r == 0)
        r = cm_record_read(&live.entry, &live.record, err);
    if (r == 0)
        r = cm_look_status(runtime, &live.entry, live.record, &live.status, NULL, err);
    /* The cgroup of a record of an earlier boot has another inode number, or is somebody else's: a number is not used twice in one boot only. */
    if (r == 0 && live.status != CM_STATUS_STOPPED && live.status != CM_STATUS_CREATING)
        r = open_cgroup(runtime, &live, err);
    if (r < 0)
        return r;
    *ret = live;
    live = CM_LIVE_NONE;
    return 0;
}

int cm_live_need_cgroup(const struct cm_live *live, const char *what, struct cm_error *err)
{
    if (live->cgroup.fd >= 0)
        return 0;
    if (live->record->cgroup_path)
        return cm_fail(err, ESRCH, NULL,
                       "container not running in its cgroup %s, which is gone: it has ended just now, or somebody has moved its processes away; delete the container",
                       live->record->cgroup_path);
    return cm_fail(err, EOPNOTSUPP, NULL,
                   "container %s has no cgroup and %s: without privilege one is only made below a delegated cgroup; create the container from inside one "
                   "(systemd-run --user --scope -p Delegate=yes)",
                   live->record->id, what);
}
