/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `delete`. The lock is held from the look at the status to the removal of the directory, so that of several deletes one wins and the others find nothing. */
#include <errno.h>

#include "base/log.h"
#include "run/look.h"

/* The messages are runc's: containerd and others look for them. */
static int not_there(bool force, struct cm_error *err)
{
    return force ? 0 : cm_fail(err, ENOENT, NULL, "container does not exist");
}

static int may_delete(struct cm_runtime *runtime, const struct cm_record *record, struct cm_error *err)
{
    enum cm_status status;
    int r = cm_look_status(runtime, record, CM_FD_NONE, &status, NULL, err);

    if (r < 0)
        return r;
    if (status == CM_STATUS_RUNNING || status == CM_STATUS_PAUSED)
        return cm_fail(err, EBUSY, NULL, "cannot delete container %s that is not stopped: %s", record->id, cm_status_word(status));
    return 0;
}

/* Only root can have spoilt a record. With force the id becomes free again, unless a process still uses the container's ids (cm_cleanup looks). */
static int delete_unreadable(struct cm_runtime *runtime, struct cm_entry *entry, bool force, int r, struct cm_error *err)
{
    if (!force) {
        (void)cm_error_prefix(err, "container %s cannot be deleted without knowing what it holds (--force removes its record): ", entry->id);
        return r;
    }
    cm_log(CM_LOG_WARNING, "container %s: its record cannot be used, a cgroup of it may be left: %s", entry->id, err->message);
    return cm_cleanup(runtime, entry, NULL, err);
}

int cm_delete(struct cm_runtime *runtime, const char *id, bool force, struct cm_error *err)
{
    CM_AUTO_ENTRY struct cm_entry entry = CM_ENTRY_NONE;
    CM_AUTO_RECORD struct cm_record *record = NULL;

    int r = cm_look_open(runtime, id, true, &entry, err);
    if (r == -ENOENT)
        return not_there(force, err);
    if (r < 0)
        return r;
    r = cm_record_read(&entry, &record, err);
    if (r == -ENOENT) { /* its maker was killed before it wrote anything: there is no container, but the id must become free */
        r = cm_cleanup(runtime, &entry, NULL, err);
        return r < 0 ? r : not_there(force, err);
    }
    if (r < 0)
        return delete_unreadable(runtime, &entry, force, r, err);
    if (!force) {
        r = may_delete(runtime, record, err);
        if (r < 0)
            return r;
    }
    return cm_cleanup(runtime, &entry, record, err);
}
