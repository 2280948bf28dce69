/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See foreground.h. Hostile: the running process, which can only exit, be slow to die, or not react to signals. */
#include "run/foreground.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"

/* All signals but those that are not for the container: child status, and Go runtimes' preemption signal as runc has it. */
static void forwarded_signals(sigset_t *set)
{
    static const int not_forwarded[] = {SIGCHLD, SIGURG, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};

    (void)sigfillset(set);
    for (size_t i = 0; i < CM_ARRAY_LEN(not_forwarded); i++)
        (void)sigdelset(set, not_forwarded[i]);
}

int cm_foreground_prepare(struct cm_error *err)
{
    sigset_t set;

    forwarded_signals(&set);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    int signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return signals < 0 ? cm_fail_errno(err, errno, NULL, "preparing to pass signals on") : signals;
}

static void forward(int signals, int pidfd, struct cm_relay *relay)
{
    struct signalfd_siginfo info;

    while (read(signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        if (relay && info.ssi_signo == SIGCONT)
            cm_relay_resume(relay);
        if (relay && info.ssi_signo == SIGWINCH)
            cm_relay_resize(relay);
        if (info.ssi_signo != SIGWINCH)                             /* about our terminal; the container's sends its own */
            (void)cm_pidfd_send_signal(pidfd, (int)info.ssi_signo); /* ESRCH: it is gone, which the pidfd will tell */
    }
}

int cm_foreground_wait(int signals, int pidfd, struct cm_relay *relay, struct cm_notify *notify, struct cm_error *err)
{
    struct pollfd events[3 + CM_RELAY_EVENTS] = {{.fd = pidfd, .events = POLLIN}, {.fd = signals, .events = POLLIN}, {.fd = CM_FD_NONE, .events = POLLIN}};
    siginfo_t info = {0};

    for (;;) {
        int timeout = relay ? cm_relay_wants(relay, events + 3) : -1;
        events[2].fd = notify ? notify->inside : CM_FD_NONE;
        int n = poll(events, relay ? CM_ARRAY_LEN(events) : 3, timeout);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return cm_fail_errno(err, errno, NULL, "waiting for the container");
        if (events[1].revents)
            forward(signals, pidfd, relay);
        if (notify && events[2].revents)
            (void)cm_notify_take(notify);
        if (events[0].revents)
            break;
        if (relay)
            cm_relay_step(relay, events + 3);
    }
    if (waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info, WEXITED | __WALL) < 0)
        return cm_fail_errno(err, errno, NULL, "waiting for the container");
    return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
}

void cm_foreground_reap_others(void)
{
    while (waitpid(-1, NULL, WNOHANG | __WALL) > 0)
        ;
}
