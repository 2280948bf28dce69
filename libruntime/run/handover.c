/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The end of every process that becomes part of a container: it works off its list, reports to the parent, waits to be let go, and executes the program. Behind
 * the filters only read, write and execve are left to it. Hostile: a bundle's filter, which may answer these calls as it likes.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/log.h"
#include "run/launch.h"

/* The calls that a waiting process still makes. No retry after EINTR anywhere here: without signal handlers only a bundle's filter can say so. */
static void report(const struct cm_launch *launch, int to, const struct cm_error *err, int errnum)
{
    struct cm_child_report message = {.errnum = errnum, .listener = launch->listener};

    if (errnum != 0) {
        (void)snprintf(message.field, sizeof(message.field), "%s", err->field);
        (void)snprintf(message.message, sizeof(message.message), "%.2000s", err->message);
    }
    /* write, not send: the filters of a bundle may allow no socket calls. A dead parent: SIGPIPE or EPIPE, and we exit either way. */
    if (write(to, &message, sizeof(message)) != (ssize_t)sizeof(message))
        _exit(1);
}

/* Blocks until `start` writes its byte. The FIFO is open for reading and writing here, so there is no end of file to mistake for it. */
static void wait_for_start(int fifo)
{
    char byte;

    if (read(fifo, &byte, 1) != 1)
        _exit(1);
}

/* /proc/PID/cmdline is world-readable, also for whoever shares the pid namespace. The id and paths in it have been used by now. */
static void wipe_arguments(char *const *argv)
{
    for (; argv && *argv; argv++)
        memset(*argv, 0, strlen(*argv));
}

static void wait_for_parent(struct cm_launch *launch)
{
    char go = 0;

    if (read(launch->sync[1], &go, 1) != 1 || (go != CM_GO_WAIT && go != CM_GO_RUN)) /* the parent is gone or gave up */
        _exit(1);
    /* From here on the parent's end is not ours any more; it waits for this byte before it may exit. With a bundle's filter the signal is disarmed already. */
    if ((!launch->has_extra && prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0) < 0) || write(launch->sync[1], &go, 1) != 1)
        _exit(1);
    if (go == CM_GO_WAIT)
        wait_for_start(launch->fifo);
}

void cm_child_become(struct cm_launch *launch, const struct cm_step *steps, size_t n)
{
    static struct cm_error err;

    cm_error_init(&err);
    cm_log_set_sink(NULL, false); /* standard error is the container's, and the log's descriptor will be another file's */
    launch->in_child = true;
    cm_close_later();
    int r = cm_steps_run(steps, n, launch, &err);
    if (r < 0) {
        report(launch, launch->sync[1], &err, -r);
        _exit(1);
    }
    wipe_arguments(launch->options->argv);
    report(launch, launch->sync[1], &err, 0);
    wait_for_parent(launch);
    r = cm_child_start_hooks(launch, &err);
    if (r < 0) { /* to whoever waits for the execve: `start` at the FIFO, `run` at the socket */
        report(launch, launch->fifo >= 0 ? launch->fifo : launch->sync[1], &err, -r);
        _exit(1);
    }
    (void)execve(cm_child_program(), (char *const *)(uintptr_t)launch->plan->args, launch->env);
    dprintf(2, "exec %s: %s\n", cm_child_program(), strerror(errno));
    _exit(255);
}
