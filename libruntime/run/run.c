/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `run`: create without a barrier, then (unless detached) wait, pass signals on (run/foreground.c), and delete. Hostile: the running container, which may have
 * been deleted by the time it ends.
 */
#include <errno.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "run/audit.h"
#include "run/create.h"
#include "run/foreground.h"

#define LOCK_TRIES 1000
#define LOCK_PAUSE_MS 10

/* While the container runs, `state`, `kill` and `delete` must be able to work on it. */
static void unlock(struct cm_entry *entry)
{
    (void)flock(entry->fd, LOCK_UN); /* cannot fail on a descriptor that holds it */
    entry->locked = false;
}

/* 1 when the directory is ours again, 0 when a `delete` has removed it meanwhile: then all is done, and what now bears the same id is none of our business. */
static int lock_again(struct cm_entry *entry, struct cm_error *err)
{
    struct stat st;

    for (int i = 0; flock(entry->fd, LOCK_EX | LOCK_NB) < 0; i++) {
        if ((errno != EWOULDBLOCK && errno != EINTR) || i == LOCK_TRIES)
            return cm_fail_errno(err, errno, NULL, "locking the container again after its end; delete it by hand");
        (void)poll(NULL, 0, LOCK_PAUSE_MS);
    }
    entry->locked = true;
    if (fstat(entry->fd, &st) < 0)
        return cm_fail_errno(err, errno, NULL, "looking at the container's state directory");
    return st.st_nlink > 0;
}

static int run_in_foreground(struct cm_launch *launch, int signals, struct cm_relay *relay, int *ret_status, struct cm_error *err)
{
    int status = cm_foreground_wait(signals, launch->pidfd, relay, &launch->notify, err);

    if (status < 0)
        return status;
    cm_foreground_reap_others();
    *ret_status = status;
    if (launch->options->keep)
        return 0;
    cm_cgroup_close(&launch->cgroup);
    if (launch->options->owns_process)
        cm_close_later(); /* the end of this process is near */
    int r = lock_again(&launch->entry, err);
    if (r <= 0)
        return r;
    launch->record.pid = 0; /* reaped above: its number may be somebody else's by now */
    r = cm_cleanup(launch->runtime, &launch->entry, &launch->record, err);
    cm_audit_run_end(launch->runtime, &launch->record, r, err);
    return r;
}

int cm_run(struct cm_runtime *runtime, const struct cm_create_options *options, int *ret_status, struct cm_error *err)
{
    struct cm_launch launch;
    struct cm_relay relay;
    CM_AUTO_CLOSE int signals = CM_FD_NONE;

    if (!options->detach) {
        if (!options->no_subreaper)
            (void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); /* cannot fail since Linux 3.4 */
        signals = cm_foreground_prepare(err);
        if (signals < 0)
            return signals;
    }
    cm_launch_init(&launch, runtime, options);
    launch.no_barrier = true;
    int r = cm_launch_run(&launch, err);
    *ret_status = 0;
    if (r == 0 && !options->detach) {
        unlock(&launch.entry);
        cm_launch_forget(&launch, signals + 1);
        struct cm_relay *shown = cm_launch_show_terminal(&launch, &relay);
        r = run_in_foreground(&launch, signals, shown, ret_status, err);
        if (shown)
            cm_relay_finish(shown, signals); /* last: a slow reader holds up nothing but ourselves */
    }
    if (r == 0 && options->detach && launch.notify.inside >= 0) {
        unlock(&launch.entry);
        cm_notify_wait(&launch.notify, launch.pidfd, launch.pid);
    }
    cm_launch_done(&launch);
    return r;
}
