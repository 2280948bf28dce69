/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a process inherits from whoever called the runtime and must not pass on: keyring, signals, scheduling, CPU affinity. */
#include <errno.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cred/cred.h"
#include "path/procfs.h"

int cm_cred_new_keyring(struct cm_error *err)
{
    if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS)
        return cm_fail_errno(err, errno, NULL, "joining a new session keyring");
    return 0;
}

/* The mask of ignored signals from our status file; all of them if it cannot be read. */
static uint64_t ignored_signals(int proc, pid_t self)
{
    char path[32], status[4096];
    uint64_t mask = UINT64_MAX;

    (void)snprintf(path, sizeof(path), "%d/status", (int)self);
    if (cm_procfs_read_value(proc, path, status, sizeof(status)) < 0)
        return mask;
    const char *line = strstr(status, "\nSigIgn:\t");
    if (line) {
        mask = 0;
        for (const char *c = line + strlen("\nSigIgn:\t"); *c && *c != '\n'; c++)
            mask = mask << 4 | (uint64_t)(*c <= '9' ? *c - '0' : *c - 'a' + 10);
    }
    return mask;
}

int cm_cred_reset_inherited(int proc, pid_t self, struct cm_error *err)
{
    /* The kernel's own structure, all zero: default. Raw, because the C library keeps two real-time signals to itself, which may be ignored all the same. */
    static const unsigned char action[64];
    sigset_t none;

    /* Handlers are reset by execve; an ignored SIGPIPE or SIGHUP would stay ignored. */
    uint64_t ignored = ignored_signals(proc, self);
    for (int s = 1; s <= 64; s++)
        if (ignored >> (s - 1) & 1 && s != SIGKILL && s != SIGSTOP)
            (void)syscall(SYS_rt_sigaction, s, action, NULL, 8); /* cannot fail for these numbers */
    (void)sigemptyset(&none);
    if (sigprocmask(SIG_SETMASK, &none, NULL) < 0)
        return cm_fail_errno(err, errno, NULL, "clearing the signal mask");
    int r = cm_cred_reset_scheduling(err);
    if (r < 0)
        return r;

    /* The kernel cuts the mask down to what the cgroup's cpuset allows. */
    unsigned char all[1024];
    memset(all, 0xff, sizeof(all));
    if (syscall(SYS_sched_setaffinity, 0, sizeof(all), all) < 0)
        return cm_fail_errno(err, errno, NULL, "resetting the CPU affinity");
    (void)prctl(PR_SET_TIMERSLACK, 0, 0, 0, 0); /* 0 restores the default; cannot fail */
    return 0;
}
