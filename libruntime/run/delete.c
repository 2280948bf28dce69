/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `delete`. The lock is held from the look at the status to the removal of the directory, so that of several deletes one wins and the others find nothing. */
#include <errno.h>
#include <signal.h>
#include <sys/file.h>

#include "base/log.h"
#include "run/audit.h"
#include "run/look.h"

/* The messages are runc's: containerd and others look for them. */
static int not_there(bool force, struct cm_error *err)
{
    return force ? 0 : cm_fail(err, ENOENT, NULL, "container does not exist");
}

static int may_delete(struct cm_runtime *runtime, const struct cm_entry *entry, const struct cm_record *record, struct cm_error *err)
{
    enum cm_status status;
    int r = cm_look_status(runtime, entry, record, &status, NULL, err);

    if (r < 0)
        return r;
    if (status == CM_STATUS_RUNNING || status == CM_STATUS_PAUSED)
        return cm_fail(err, EBUSY, NULL, "cannot delete container %s that is not stopped: %s", record->id, cm_status_word(status));
    return 0;
}

/* What tells of a live container without its record: a process at the barrier, or the one that the remains of the record name. */
static int check_dead(struct cm_runtime *runtime, const struct cm_entry *entry, struct cm_error *err)
{
    struct cm_record remains;

    if (cm_look_waits(entry) == 1)
        return cm_fail(err, EBUSY, NULL, "container %s still runs: a process of it waits to be started; end it, then delete the container", entry->id);
    if (!cm_record_salvage(entry, &remains))
        return 0;
    CM_AUTO_CLOSE int pidfd = cm_record_pidfd(&remains, runtime->proc);
    if (pidfd >= 0)
        return cm_fail(err, EBUSY, NULL, "container %s still runs: its process %d lives; end it, then delete the container", entry->id, (int)remains.pid);
    return 0;
}

/* Only its owner can have spoilt a record. With force the id becomes free again, unless a process still uses the container's ids (cm_cleanup looks). */
static int delete_unreadable(struct cm_runtime *runtime, struct cm_entry *entry, bool force, int r, struct cm_error *err)
{
    struct cm_error alive;

    if (!force) {
        (void)cm_error_prefix(err, "container %s cannot be deleted without knowing what it holds (--force removes its record): ", entry->id);
        return r;
    }
    cm_error_init(&alive);
    if (check_dead(runtime, entry, &alive) < 0) {
        *err = alive;
        return -alive.errnum;
    }
    cm_log(CM_LOG_WARNING, "container %s: its record cannot be used, a cgroup of it may be left: %s", entry->id, err->message);
    return cm_cleanup(runtime, entry, NULL, err);
}

/* Who holds the lock may be waiting for the container: `start`, for a startContainer hook that is the image's. When init is gone it lets go. */
static void end_what_is_waited_for(struct cm_runtime *runtime, const char *id)
{
    CM_AUTO_ENTRY struct cm_entry entry = CM_ENTRY_NONE;
    struct cm_error ignored;

    if (cm_look_open(runtime, id, false, &entry, &ignored) == 0 && flock(entry.fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK)
        (void)!cm_kill(runtime, id, SIGKILL, false, &ignored); /* needs no lock; what cannot be killed now is reported by the removal */
}

int cm_delete(struct cm_runtime *runtime, const char *id, bool force, struct cm_error *err)
{
    CM_AUTO_ENTRY struct cm_entry entry = CM_ENTRY_NONE;
    CM_AUTO_RECORD struct cm_record *record = NULL;

    if (force)
        end_what_is_waited_for(runtime, id);
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
        r = may_delete(runtime, &entry, record, err);
        if (r < 0)
            return r;
    }
    r = cm_cleanup(runtime, &entry, record, err);
    cm_audit_manage(runtime, CM_AUDIT_DELETE, record, 0, r, err);
    return r;
}
