/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs one hook: own session, default signals, no descriptors but its three streams, dead when we are. Behind the filters of a container it is the same code,
 * so it uses only calls that every program needs. Hostile: what the hook prints and what it leaves behind.
 */
#include "run/hook.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "base/sys.h"
#include "base/time.h"
#include "cred/cred.h"
#include "run/test_hooks.h"

/* What may still come out of the pipes when the hook has ended: they are read until they are empty, but not longer. */
#define LAST_READS 64

/* ---- the hook's process ---- */

struct channels {
    int in[2], out[2], err[2], status[2]; /* pipes: read end, write end */
};

static void reset_signals(void)
{
    static const unsigned char action[64]; /* the kernel's structure, all zero: default */
    sigset_t none;

    for (int s = 1; s <= 64; s++)
        (void)syscall(SYS_rt_sigaction, s, action, NULL, 8); /* SIGKILL and SIGSTOP are what they are */
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* The program as 3 and the pipe for an error as 4, both close-on-exec; all else is closed. */
static int sort_descriptors(const struct cm_hook_run *run, const struct channels *c)
{
    int program = run->fd >= 0 ? fcntl(run->fd, F_DUPFD_CLOEXEC, 5) : CM_FD_NONE, status = fcntl(c->status[1], F_DUPFD_CLOEXEC, 5);

    if (dup2(c->in[0], STDIN_FILENO) < 0 || dup2(c->out[1], STDOUT_FILENO) < 0 || dup2(c->err[1], STDERR_FILENO) < 0)
        return -errno;
    if ((program >= 0 && dup3(program, 3, O_CLOEXEC) < 0) || dup3(status, 4, O_CLOEXEC) < 0 || cm_close_range(5, ~0U, 0) < 0)
        return -errno;
    return 0;
}

static int execute(const struct cm_hook_run *run)
{
    if (run->fd < 0) {
        (void)close(3);
        (void)execve(run->path, run->argv, run->env);
        return -errno;
    }
    (void)cm_execveat(3, "", run->argv, run->env, AT_EMPTY_PATH);
    /* A script: the kernel gives its interpreter /dev/fd/3, which has to be there then (execveat(2)). The descriptor is the script itself, for reading only. */
    if (errno == ENOENT && fcntl(3, F_SETFD, 0) == 0)
        (void)cm_execveat(3, "", run->argv, run->env, AT_EMPTY_PATH);
    return -errno;
}

CM_NORETURN static void become(const struct cm_hook_run *run, const struct channels *c, pid_t parent)
{
    (void)setsid(); /* no controlling terminal, a process group to be killed as a whole; a fresh process leads none */
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (getppid() != parent)
        _exit(1);
    int r = sort_descriptors(run, c);
    if (r == 0 && run->privileged) {
        /* What a launch sets for its own changes of ids would keep capabilities across those of the hook. */
        r = prctl(PR_SET_SECUREBITS, 0, 0, 0, 0) < 0 ? -errno : cm_cred_inherit_nothing();
        (void)umask(022);
    }
    if (r == 0 && run->cwd && chdir(run->cwd) < 0 && chdir("/") < 0)
        r = -errno;
    reset_signals();
    if (r == 0)
        r = execute(run);
    int32_t errnum = -r;
    (void)!write(4, &errnum, sizeof(errnum)); /* whoever does not get it sees the status */
    _exit(127);
}

/* ---- watching it ---- */

static bool open_channels(struct channels *c)
{
    return pipe2(c->in, O_CLOEXEC) == 0 && pipe2(c->out, O_CLOEXEC) == 0 && pipe2(c->err, O_CLOEXEC) == 0 && pipe2(c->status, O_CLOEXEC | O_NONBLOCK) == 0;
}

/* Really closed, everywhere here: ends of pipes must be seen, whatever the launch does with its own descriptors. */
static void shut(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = CM_FD_NONE;
}

static void close_channels(struct channels *c)
{
    int *const all[] = {&c->in[0], &c->in[1], &c->out[0], &c->out[1], &c->err[0], &c->err[1], &c->status[0], &c->status[1]};

    for (size_t i = 0; i < CM_ARRAY_LEN(all); i++)
        shut(all[i]);
}

/* One read; what does not fit is forgotten. False at the end of the pipe, or when it is empty. */
static bool take_output(int fd, char text[CM_HOOK_OUTPUT_MAX + 1])
{
    size_t used = strnlen(text, CM_HOOK_OUTPUT_MAX);
    char block[4096];
    ssize_t n = fd < 0 ? 0 : read(fd, block, sizeof(block));

    for (ssize_t i = 0; i < n && used < CM_HOOK_OUTPUT_MAX; i++)
        if (block[i])
            text[used++] = block[i];
    text[used] = '\0';
    return n > 0;
}

/* False when nothing more is to be written. A hook need not read what it is told: EPIPE. */
static bool give_input(const struct cm_hook_run *run, int fd, size_t *at)
{
    if (*at < run->input_size) {
        ssize_t n = write(fd, run->input + *at, run->input_size - *at);
        if (n < 0)
            return errno == EAGAIN || errno == EINTR;
        *at += (size_t)n;
    }
    return *at < run->input_size;
}

/* Until it has ended (true), its time is over or somebody hangs up. */
static bool watch(const struct cm_hook_run *run, struct channels *c, int pidfd, int until, int64_t deadline, struct cm_hook_outcome *ret)
{
    size_t at = 0;

    for (;;) {
        struct pollfd wait[] = {
            {.fd = pidfd, .events = POLLIN},
            {.fd = c->out[0], .events = POLLIN},
            {.fd = c->err[0], .events = POLLIN},
            {.fd = c->in[1], .events = POLLOUT},
            {.fd = until}, /* POLLHUP is always reported */
        };
        int64_t left = deadline < 0 ? -1 : CM_MAX(deadline - cm_now_ms(), 0);
        int n = poll(wait, CM_ARRAY_LEN(wait), (int)CM_MIN(left, 1000000));
        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0 && wait[0].revents)
            return true;
        if (deadline >= 0 && cm_now_ms() >= deadline) /* however much it prints meanwhile */
            return false;
        if (n <= 0)
            continue;
        if (wait[4].revents)
            return false;
        if (wait[1].revents && !take_output(c->out[0], ret->out))
            shut(&c->out[0]);
        if (wait[2].revents && !take_output(c->err[0], ret->err))
            shut(&c->err[0]);
        if (wait[3].revents && !give_input(run, c->in[1], &at))
            shut(&c->in[1]);
    }
}

static void collect(struct channels *c, pid_t pid, bool ended, struct cm_hook_outcome *ret)
{
    siginfo_t info = {0};
    int32_t errnum = 0;

    if (!ended) {
        /* Its group, and itself if it has not become the leader of one yet. Neither number can be anybody else's before it is waited for. */
        (void)kill(-pid, SIGKILL);
        (void)kill(pid, SIGKILL);
    }
    while (waitid(P_PID, (id_t)pid, &info, WEXITED | __WALL) < 0 && errno == EINTR)
        ;
    for (int i = 0; i < LAST_READS && take_output(c->out[0], ret->out); i++)
        ;
    for (int i = 0; i < LAST_READS && take_output(c->err[0], ret->err); i++)
        ;
    if (!ended)
        ret->end = CM_HOOK_TIMED_OUT;
    else if (read(c->status[0], &errnum, sizeof(errnum)) == (ssize_t)sizeof(errnum))
        ret->end = CM_HOOK_NOT_EXECUTED, ret->value = errnum;
    else
        ret->end = info.si_code == CLD_EXITED ? CM_HOOK_EXITED : CM_HOOK_KILLED, ret->value = info.si_status;
}

static bool never_block(const struct channels *c)
{
    return fcntl(c->out[0], F_SETFL, O_NONBLOCK) == 0 && fcntl(c->err[0], F_SETFL, O_NONBLOCK) == 0 && fcntl(c->in[1], F_SETFL, O_NONBLOCK) == 0;
}

void cm_hook_run(const struct cm_hook_run *run, int until, struct cm_hook_outcome *ret)
{
    struct channels c = {{CM_FD_NONE, CM_FD_NONE}, {CM_FD_NONE, CM_FD_NONE}, {CM_FD_NONE, CM_FD_NONE}, {CM_FD_NONE, CM_FD_NONE}};
    int pidfd = CM_FD_NONE;
    pid_t self = getpid(), pid = -1;

    *ret = (struct cm_hook_outcome){.end = CM_HOOK_NOT_RUN};
    if (open_channels(&c) && never_block(&c))
        pid = cm_fork_pidfd(&pidfd);
    if (pid < 0) {
        ret->value = errno;
        close_channels(&c);
        return;
    }
    if (pid == 0)
        become(run, &c, self);
    shut(&c.in[0]);
    shut(&c.out[1]);
    shut(&c.err[1]);
    shut(&c.status[1]);
    bool ended = watch(run, &c, pidfd, until, run->timeout > 0 ? cm_now_ms() + run->timeout * 1000 : -1, ret);
    collect(&c, pid, ended, ret);
    shut(&pidfd);
    close_channels(&c);
}

/* ---- the guard ---- */

CM_NORETURN static void guard(const struct cm_hook_run *run, int socket)
{
    static struct cm_hook_outcome outcome;
    const int keep[] = {socket, run->fd};
    sigset_t all;

    (void)sigfillset(&all); /* ^C is for our parent, whose end we then see */
    (void)sigprocmask(SIG_SETMASK, &all, NULL);
    cm_close_now(3, keep, CM_ARRAY_LEN(keep)); /* also locks and sockets whose end others wait for */
    cm_hook_run(run, socket, &outcome);
    (void)!write(socket, &outcome, sizeof(outcome));
    _exit(0);
}

void cm_hook_run_guarded(const struct cm_hook_run *run, struct cm_hook_outcome *ret)
{
    int pair[2], pidfd = CM_FD_NONE;
    siginfo_t info;

    *ret = (struct cm_hook_outcome){.end = CM_HOOK_NOT_RUN};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
        ret->value = errno;
        return;
    }
    pid_t pid = cm_fork_pidfd(&pidfd);
    if (pid == 0) {
        (void)close(pair[0]);
        guard(run, pair[1]);
    }
    ret->value = errno;
    (void)close(pair[1]);
    if (pid > 0) {
        cm_test_point("hook-running");
        ssize_t n;
        do
            n = recv(pair[0], ret, sizeof(*ret), 0);
        while (n < 0 && errno == EINTR);
        if (n != (ssize_t)sizeof(*ret))
            *ret = (struct cm_hook_outcome){.end = CM_HOOK_NOT_RUN, .value = EPROTO}; /* somebody killed the guard, and with it the hook */
        while (waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info, WEXITED | __WALL) < 0 && errno == EINTR)
            ;
        (void)close(pidfd);
    }
    (void)close(pair[0]);
}
