/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one clone3 of a launch, and what its result says. The child is born in its cgroup and in its own mount, pid, ipc, uts and cgroup namespaces, all owned by
 * the namespace we run in (I2); it enters the container's user namespace last. Hostile: nothing yet; the report comes from our own code.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "base/socket.h"
#include "base/sys.h"
#include "ns/identity.h"
#include "ns/time.h"
#include "run/command_line.h"
#include "run/hook.h"
#include "run/launch.h"
#include "run/test_hooks.h"
#include "run/trace.h"

/* Without offsets clone3 makes the time namespace as well; with offsets it must be there before the child is. */
static int choose_time(const struct cm_launch *launch, struct clone_args *args, int *ret_own, struct cm_error *err)
{
    const struct cm_plan *plan = launch->plan;

    if (plan->monotonic.set || plan->boottime.set)
        return cm_time_prepare(launch->runtime->proc, launch->runtime->pid, &plan->monotonic, &plan->boottime, ret_own, err);
    if (plan->new_time)
        args->flags |= CLONE_NEWTIME;
    return 0;
}

int cm_launch_clone(struct cm_launch *launch, struct clone_args *args, void (*child)(struct cm_launch *launch))
{
    int pidfd = CM_FD_NONE;

    args->flags |= CLONE_PIDFD;
    args->pidfd = (uint64_t)(uintptr_t)&pidfd;
    args->exit_signal = SIGCHLD;
    if (launch->cgroup.fd >= 0) {
        args->flags |= CLONE_INTO_CGROUP;
        args->cgroup = (uint64_t)(unsigned int)launch->cgroup.fd;
    }
    launch->trace = cm_trace_new();
    int pid = cm_clone3(args);
    if (pid < 0)
        return -errno;
    if (pid == 0) {
        (void)close(launch->sync[0]); /* really: the hang-up of the parent must be seen */
        child(launch);
    }
    launch->pid = pid;
    launch->pidfd = pidfd;
    (void)close(launch->sync[1]); /* really: its end must be seen when the child goes */
    launch->sync[1] = CM_FD_NONE;
    return 0;
}

/* All but those that are joined. */
static uint64_t new_namespaces(const struct cm_launch *launch)
{
    static const enum oci_namespace_type types[] = {OCI_NS_PID, OCI_NS_IPC, OCI_NS_UTS};
    uint64_t flags = CLONE_NEWNS | CLONE_NEWCGROUP;

    for (size_t i = 0; i < CM_ARRAY_LEN(types); i++)
        if (launch->joined[types[i]] < 0)
            flags |= cm_ns_clone_flag(types[i]);
    return flags;
}

int cm_launch_clone_into(struct cm_launch *launch, int pid_namespace, char *const *argv, struct clone_args *args, void (*child)(struct cm_launch *launch))
{
    struct cm_command_line line;
    char path[32];

    (void)snprintf(path, sizeof(path), "%d/ns/pid", launch->runtime->pid);
    CM_AUTO_CLOSE int own = openat(launch->runtime->proc, path, O_RDONLY | O_CLOEXEC); /* a magic link of our own procfs */
    if (own < 0 || setns(pid_namespace, CLONE_NEWPID) < 0)                             /* for children only, and for this one alone */
        return -errno;
    int r = cm_command_line_hide(argv, &line);
    if (r == 0) {
        r = cm_launch_clone(launch, args, child);
        cm_command_line_show(&line);
    }
    return setns(own, CLONE_NEWPID) < 0 && r == 0 ? errno : r;
}

int cm_launch_spawn(struct cm_launch *launch, struct cm_error *err)
{
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, launch->sync) < 0)
        return cm_fail_errno(err, errno, NULL, "making the pair of sockets to the container's process");

    struct clone_args args = {.flags = new_namespaces(launch)};
    int own_time = CM_FD_NONE;
    int r = choose_time(launch, &args, &own_time, err);
    if (r < 0)
        return r;
    int joined = launch->joined[OCI_NS_PID];
    r = joined >= 0 ? cm_launch_clone_into(launch, joined, launch->options->argv, &args, cm_child_main) : cm_launch_clone(launch, &args, cm_child_main);
    if (own_time >= 0)
        cm_time_return(own_time);
    if (r > 0)
        return cm_fail_errno(err, r, NULL, "going back to the own pid namespace"); /* hooks are processes of the host */
    if (r < 0) {
        const char *hint = r == -EACCES ? "; the caller must itself live below the delegated cgroup" : "";
        return cm_fail_errno(err, -r, NULL, "starting the container's process%s", hint);
    }
    return 0;
}

/* The child died without a report: say how. */
static int explain_death(struct cm_launch *launch, struct cm_error *err)
{
    siginfo_t info = {0};

    if (waitid((idtype_t)P_PIDFD, (id_t)launch->pidfd, &info, WEXITED | WNOWAIT | __WALL) < 0)
        return cm_fail_errno(err, errno, NULL, "waiting for the container's process");
    if (info.si_code == CLD_EXITED)
        return cm_fail(err, EPROTO, NULL, "the container's process exited with status %d before it was ready", info.si_status);
    if (info.si_status == SIGKILL && launch->cgroup.fd >= 0)
        return cm_fail(err, ENOMEM, NULL, "the container's process was killed before it was ready: container init was OOM-killed (memory limit too low?)");
    return cm_fail(err, EPROTO, NULL, "the container's process was killed by signal %d before it was ready", info.si_status);
}

/* Receives from the child, but not for ever: a bundle's filter may keep it from answering. */
static ssize_t receive(struct cm_launch *launch, void *data, size_t size, int limit_ms, int *ret_fd)
{
    struct pollfd wait = {.fd = launch->sync[0], .events = POLLIN};
    int ready;

    do
        ready = poll(&wait, 1, limit_ms);
    while (ready < 0 && errno == EINTR);
    if (ready <= 0)
        return ready == 0 ? -ETIMEDOUT : -errno;
    return cm_socket_receive_fd(launch->sync[0], data, size, ret_fd);
}

ssize_t cm_launch_receive(struct cm_launch *launch, void *data, size_t size)
{
    int fd = CM_FD_NONE;
    ssize_t n = receive(launch, data, size, CM_READY_LIMIT_MS, &fd);

    (void)cm_close(fd); /* our own child sends none here */
    return n;
}

/* What the child acquires comes in messages of their own, one byte and a descriptor, before its report. */
ssize_t cm_launch_receive_report(struct cm_launch *launch, struct cm_child_report *report, int limit_ms)
{
    for (;;) {
        int fd = CM_FD_NONE;
        ssize_t n = receive(launch, report, sizeof(*report), limit_ms, &fd);
        if (fd < 0)
            return n;
        if (n != 1 || *(const char *)report != CM_CHILD_SENDS_TERMINAL || launch->terminal.master >= 0) {
            (void)cm_close(fd);
            return -EPROTO;
        }
        launch->terminal.master = fd;
    }
}

int cm_launch_judge_report(struct cm_launch *launch, struct cm_child_report *report, ssize_t n, struct cm_error *err)
{
    if (n < 0)
        return cm_fail_errno(err, (int)-n, launch->has_extra ? "/linux/seccomp" : NULL, "waiting for the container's process to become ready");
    if (n == 0)
        return explain_death(launch, err);
    if ((size_t)n != sizeof(*report))
        return cm_fail(err, EPROTO, NULL, "the container's process sent a report of %zd bytes", n);
    launch->listener = report->listener;
    if (report->errnum == 0)
        return 0;
    report->field[sizeof(report->field) - 1] = report->message[sizeof(report->message) - 1] = '\0';
    return cm_fail(err, report->errnum, report->field, "%s", report->message);
}

int cm_launch_wait_ready(struct cm_launch *launch, struct cm_error *err)
{
    struct cm_child_report report = {0};
    int limit = launch->plan->hooks ? cm_hooks_patience(launch->plan->hooks, OCI_HOOK_CREATE_CONTAINER, CM_READY_LIMIT_MS) : CM_READY_LIMIT_MS;

    ssize_t n = cm_launch_receive_report(launch, &report, limit);
    cm_trace_log(launch->trace);
    return cm_launch_judge_report(launch, &report, n, err);
}

/* Lets the child go: to the barrier, or straight on for `run`. */
int cm_launch_release(struct cm_launch *launch, struct cm_error *err)
{
    char go = launch->fifo >= 0 ? CM_GO_WAIT : CM_GO_RUN;
    int r = cm_write_full(launch->sync[0], &go, 1);
    if (r < 0 && r != -EPIPE) /* EPIPE: the answer below says the same */
        return cm_fail_errno(err, -r, NULL, "releasing the container's process");
    /* Until it has disarmed its parent-death signal our exit would kill it: it answers right after that. */
    ssize_t n = cm_launch_receive(launch, &go, 1);
    if (n == 0)
        return cm_fail(err, EPROTO, NULL, "the container's process died when it was released");
    return n < 0 ? cm_fail_errno(err, (int)-n, NULL, "waiting for the container's process to let go") : 0;
}
