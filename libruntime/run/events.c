/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `events`: which container; observe/ does the rest. Hostile: the id. */
#include <errno.h>

#include "observe/observe.h"
#include "run/live.h"

int cm_events(struct cm_runtime *runtime, const char *id, const struct cm_events_options *options, struct cm_error *err)
{
    CM_AUTO_LIVE struct cm_live live = CM_LIVE_NONE;

    int r = cm_live_open(runtime, id, &live, err);
    if (r < 0)
        return r;
    if (live.status == CM_STATUS_STOPPED || live.status == CM_STATUS_CREATING || (live.cgroup.fd < 0 && live.record->cgroup_path))
        return cm_fail(err, EINVAL, NULL, "container with id %s is not running", id);
    r = cm_live_need_cgroup(&live, "nothing is measured for it", err);
    if (r < 0)
        return r;
    if (options->once) {
        CM_AUTO_STR struct cm_str line = {0};
        r = cm_stats_line(&live.cgroup, id, &line);
        if (r == -ENOENT)
            return cm_fail(err, EINVAL, NULL, "container with id %s is not running", id);
        return r < 0 ? cm_fail_errno(err, -r, NULL, "reading the statistics of container %s", id) : options->emit(&line, options->user, err);
    }
    const struct cm_watch watch = {.id = id, .interval_ms = options->interval_ms, .output = options->output, .emit = options->emit, .user = options->user};
    return cm_watch(&live.cgroup, &watch, err);
}
