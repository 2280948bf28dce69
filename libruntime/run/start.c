/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `start`: one byte through the barrier's FIFO, and the proof that the process took it: the FIFO loses its last reader when that process executes
 * (close-on-exec) or dies. Hostile: the container's process has not executed anything of the bundle yet.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "base/sys.h"
#include "run/audit.h"
#include "run/hook.h"
#include "run/launch.h"
#include "run/look.h"
#include "run/notify.h"
#include "run/test_hooks.h"

#define START_LIMIT_MS 10000

static int refuse(enum cm_status status, struct cm_error *err)
{
    switch (status) {
    case CM_STATUS_STOPPED:
        return cm_fail(err, EINVAL, NULL, "cannot start a container that has stopped");
    case CM_STATUS_RUNNING:
        return cm_fail(err, EINVAL, NULL, "cannot start an already running container");
    case CM_STATUS_CREATING:
    case CM_STATUS_PAUSED:
    case CM_STATUS_CREATED:
        break;
    }
    return cm_fail(err, EINVAL, NULL, "cannot start a container in the %s state", cm_status_word(status));
}

/* Before it executes its program the process may say why it does not: through the FIFO, of which it has both ends. Only our own code has them. */
static int read_refusal(const struct cm_entry *entry, struct cm_error *err)
{
    struct cm_child_report report;
    CM_AUTO_CLOSE int fifo = openat(entry->fd, CM_START_FIFO, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    ssize_t n = fifo < 0 ? 0 : read(fifo, &report, sizeof(report));

    if (n != (ssize_t)sizeof(report) || report.errnum <= 0)
        return 0;
    report.field[sizeof(report.field) - 1] = report.message[sizeof(report.message) - 1] = '\0';
    return cm_fail(err, report.errnum, report.field, "%s", report.message);
}

/* Writes the byte and waits until nobody holds the other end; without a limit if hooks run in between, which have limits of their own or none. */
static int pass_barrier(const struct cm_entry *entry, const struct cm_record *record, int pidfd, struct cm_error *err)
{
    CM_AUTO_CLOSE int fifo = openat(entry->fd, CM_START_FIFO, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fifo < 0)
        return errno == ENXIO || errno == ENOENT ? refuse(CM_STATUS_RUNNING, err) : cm_fail_errno(err, errno, NULL, "opening the start barrier");
    int r = cm_write_full(fifo, "0", 1);
    if (r < 0)
        return cm_fail_errno(err, -r, NULL, "passing the start barrier");

    struct pollfd wait[] = {{.fd = fifo}, {.fd = pidfd, .events = POLLIN}}; /* POLLERR on the write end: no reader is left */
    int n;
    do
        n = poll(wait, CM_ARRAY_LEN(wait), record->start_hooks ? -1 : START_LIMIT_MS);
    while (n < 0 && errno == EINTR);
    if (n == 0)
        return cm_fail(err, ETIMEDOUT, NULL, "the container's process did not pass the start barrier within %d s; is its cgroup frozen?",
                       START_LIMIT_MS / 1000);
    return record->start_hooks ? read_refusal(entry, err) : 0;
}

/* After the program was executed. A failure is one of start: the container is ended, and deleting it is up to the caller. */
static int run_poststart(struct cm_runtime *runtime, const struct cm_record *record, int pidfd, struct cm_error *err)
{
    const struct cm_hooks_call call = {
        .runtime = runtime,
        .kind = OCI_HOOK_POSTSTART,
        .n = record->poststart.n,
        .hooks = record->poststart.v,
        .guarded = true,
        .status = cm_status_word(CM_STATUS_RUNNING),
        .pid = record->pid,
        .record = record,
    };
    int r = cm_hooks_run(&call, err);

    if (r < 0)
        (void)cm_pidfd_send_signal(pidfd, SIGKILL); /* ESRCH: it has ended by itself; with init goes its whole pid namespace */
    return r;
}

/* With the lock, which is given up when it runs. */
static int start(struct cm_runtime *runtime, struct cm_entry *entry, struct cm_record *record, int pidfd, struct cm_error *err)
{
    CM_AUTO_NOTIFY struct cm_notify notify = CM_NOTIFY_NONE;
    int r = cm_notify_open(entry->fd, &notify, err);

    if (r < 0)
        return r;
    cm_test_point("start-before-byte");
    r = pass_barrier(entry, record, pidfd, err);
    if (r < 0)
        return r;
    cm_test_point("start-after-byte");
    /* It runs: what fails from here on is no failure to start, and must not make the caller delete it. The status is seen at the FIFO as well. */
    struct cm_error reason;
    record->started = true;
    if (cm_record_write(entry, record, &reason) < 0)
        cm_log(CM_LOG_WARNING, "container %s runs, but that was not recorded: %s", record->id, reason.message);
    (void)unlinkat(entry->fd, CM_START_FIFO, 0); /* delete removes it too */
    cm_entry_close(entry);                       /* others may work on it, hooks among them */
    r = run_poststart(runtime, record, pidfd, err);
    if (r == 0 && notify.inside >= 0)
        cm_notify_wait(&notify, pidfd, record->pid);
    return r;
}

int cm_start(struct cm_runtime *runtime, const char *id, struct cm_error *err)
{
    CM_AUTO_ENTRY struct cm_entry entry = CM_ENTRY_NONE;
    CM_AUTO_RECORD struct cm_record *record = NULL;

    CM_AUTO_CLOSE int pidfd = CM_FD_NONE;
    enum cm_status status;

    int r = cm_look_open(runtime, id, true, &entry, err);
    if (r == 0)
        r = cm_record_read(&entry, &record, err);
    if (r == 0)
        r = cm_look_status(runtime, &entry, record, &status, &pidfd, err);
    if (r < 0)
        return r;
    if (status != CM_STATUS_CREATED)
        return refuse(status, err);
    r = start(runtime, &entry, record, pidfd, err);
    cm_audit_manage(runtime, CM_AUDIT_START, record, 0, r, err);
    return r;
}
