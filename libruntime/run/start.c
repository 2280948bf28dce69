/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `start`: one byte through the barrier's FIFO, and the proof that the process took it: the FIFO loses its last reader when that process executes
 * (close-on-exec) or dies. Hostile: the container's process has not executed anything of the bundle yet.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "run/launch.h"
#include "run/look.h"
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

/* Writes the byte and waits until nobody holds the other end. */
static int pass_barrier(const struct cm_entry *entry, int pidfd, struct cm_error *err)
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
        n = poll(wait, CM_ARRAY_LEN(wait), START_LIMIT_MS);
    while (n < 0 && errno == EINTR);
    if (n == 0)
        return cm_fail(err, ETIMEDOUT, NULL, "the container's process did not pass the start barrier within %d s; is its cgroup frozen?",
                       START_LIMIT_MS / 1000);
    return 0;
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
        r = cm_look_status(runtime, &entry, record, CM_FD_NONE, &status, &pidfd, err);
    if (r < 0)
        return r;
    if (status != CM_STATUS_CREATED)
        return refuse(status, err);

    cm_test_point("start-before-byte");
    r = pass_barrier(&entry, pidfd, err);
    if (r < 0)
        return r;
    cm_test_point("start-after-byte");
    /* It runs: what fails from here on is no failure to start, and must not make the caller delete it. The status is seen at the FIFO as well. */
    struct cm_error reason;
    record->started = true;
    if (cm_record_write(&entry, record, &reason) < 0)
        cm_log(CM_LOG_WARNING, "container %s runs, but that was not recorded: %s", id, reason.message);
    (void)unlinkat(entry.fd, CM_START_FIFO, 0); /* delete removes it too */
    return 0;
}
