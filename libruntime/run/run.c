/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `run`: create without a barrier, then (unless detached) wait, pass signals on, and delete. Hostile: the running container, which can only exit, be slow to
 * die, or not react to signals.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/sys.h"
#include "run/create.h"

#define LOCK_TRIES 1000
#define LOCK_PAUSE_MS 10

/* All signals but those that are not for the container: child status, window size, and Go runtimes' preemption signal as runc has it. */
static void forwarded_signals(sigset_t *set)
{
    static const int not_forwarded[] = {SIGCHLD, SIGWINCH, SIGURG, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};

    (void)sigfillset(set);
    for (size_t i = 0; i < CM_ARRAY_LEN(not_forwarded); i++)
        (void)sigdelset(set, not_forwarded[i]);
}

static void forward(int signals, int pidfd)
{
    struct signalfd_siginfo info;

    while (read(signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
        (void)cm_pidfd_send_signal(pidfd, (int)info.ssi_signo); /* ESRCH: it is gone, which the pidfd will tell */
}

/* Waits for the container's process. Returns its exit status or 128 + signal. */
static int wait_for_exit(int signals, int pidfd, struct cm_error *err)
{
    struct pollfd events[] = {{.fd = pidfd, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
    siginfo_t info = {0};

    for (;;) {
        if (poll(events, CM_ARRAY_LEN(events), -1) < 0 && errno != EINTR)
            return cm_fail_errno(err, errno, NULL, "waiting for the container");
        if (events[1].revents)
            forward(signals, pidfd);
        if (events[0].revents)
            break;
    }
    if (waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info, WEXITED | __WALL) < 0)
        return cm_fail_errno(err, errno, NULL, "waiting for the container");
    return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
}

/* Other processes may have been reparented to us as their subreaper: collect those that are dead. */
static void reap_others(void)
{
    while (waitpid(-1, NULL, WNOHANG | __WALL) > 0)
        ;
}

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

static int run_in_foreground(struct cm_launch *launch, int signals, int *ret_status, struct cm_error *err)
{
    int status = wait_for_exit(signals, launch->pidfd, err);

    if (status < 0)
        return status;
    reap_others();
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
    return cm_cleanup(launch->runtime, &launch->entry, &launch->record, err);
}

int cm_run(struct cm_runtime *runtime, const struct cm_create_options *options, int *ret_status, struct cm_error *err)
{
    struct cm_launch launch;
    sigset_t set, old;
    CM_AUTO_CLOSE int signals = CM_FD_NONE;

    if (!options->detach) {
        if (!options->no_subreaper)
            (void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); /* cannot fail since Linux 3.4 */
        forwarded_signals(&set);
        (void)sigprocmask(SIG_BLOCK, &set, &old);
        signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
        if (signals < 0)
            return cm_fail_errno(err, errno, NULL, "preparing to pass signals on");
    }
    cm_launch_init(&launch, runtime, options);
    launch.no_barrier = true;
    int r = cm_launch_run(&launch, err);
    *ret_status = 0;
    if (r == 0 && !options->detach) {
        unlock(&launch.entry);
        cm_launch_forget(&launch, signals + 1);
        r = run_in_foreground(&launch, signals, ret_status, err);
    }
    cm_launch_done(&launch);
    return r;
}
