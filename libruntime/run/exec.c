/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `exec`: one more process in a running container, never weaker than its init (I12). The parent's side as one list: everything is read, decided and opened
 * before the process exists; that process (run/exec_child.c) joins and confines itself, and reports. Nothing is locked, so that the container can be killed and
 * deleted meanwhile. Hostile: the container, which may stop or kill the joining process at any moment, so every wait has a limit.
 */
#include "run/exec.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sys.h"
#include "ns/identity.h"
#include "run/audit.h"
#include "run/create.h"
#include "run/foreground.h"
#include "run/look.h"
#include "run/pid_file.h"
#include "run/test_hooks.h"
#include "run/trace.h"

/* A killed process is gone at once unless it is stuck in the kernel. */
#define DEATH_LIMIT_MS 10000

/* What the caller gives to the process, and who gets to know it: before anything is made. */
static int step_descriptors(struct cm_launch *launch, struct cm_error *err)
{
    int r = cm_passed_judge(launch->runtime, cm_exec_of(launch)->options->preserve_fds, &launch->passed, err);

    if (r == 0)
        r = cm_passed_environment(&launch->passed, launch->plan, err);
    return r < 0 ? r : cm_launch_connect_pidfd(launch, err);
}

static int step_send_pidfd(struct cm_launch *launch, struct cm_error *err)
{
    return cm_launch_send_pidfd(launch, "setns", err);
}

/* The container must live and its init be proven to be the recorded process. Also one that waits at the barrier can be joined, as with runc. */
static int step_look(struct cm_launch *launch, struct cm_error *err)
{
    struct cm_exec *exec = cm_exec_of(launch);
    enum cm_status status;

    int r = cm_look_open(launch->runtime, exec->options->id, false, &launch->entry, err);
    if (r == 0)
        r = cm_record_read(&launch->entry, &exec->record, err);
    exec->child_options.id = launch->entry.id; /* not of the command line, which is wiped */
    if (r == 0)
        r = cm_look_status(launch->runtime, &launch->entry, exec->record, &status, &exec->init, err);
    if (r < 0)
        return r;
    exec->status = status;
    exec->paused = status == CM_STATUS_PAUSED;
    switch (status) {
    case CM_STATUS_STOPPED:
        return cm_fail(err, ESRCH, NULL, "cannot exec in a stopped container");
    case CM_STATUS_CREATING:
        return cm_fail(err, EAGAIN, NULL, "cannot exec in a container in the creating state");
    case CM_STATUS_PAUSED:
        if (!exec->options->ignore_paused)
            return cm_fail(err, EBUSY, NULL, "cannot exec in a paused container (use --ignore-paused to override)");
        break;
    case CM_STATUS_CREATED:
    case CM_STATUS_RUNNING:
        break;
    }
    return 0;
}

/* The filters are loaded as they were: never compiled again. */
static int step_confinement(struct cm_launch *launch, struct cm_error *err)
{
    struct cm_exec *exec = cm_exec_of(launch);
    int r = cm_confinement_read(&launch->entry, &exec->confinement, err);

    if (r < 0)
        return r;
    const struct cm_confined_filter *ours = &exec->confinement->ours, *extra = &exec->confinement->extra;
    launch->filter_ours = (struct cm_filter){.code = ours->code, .size = ours->size, .flags = ours->flags};
    launch->filter_extra = (struct cm_filter){.code = extra->code, .size = extra->size, .flags = extra->flags};
    launch->has_extra = extra->size > 0;
    return 0;
}

static int step_process(struct cm_launch *launch, struct cm_error *err)
{
    return cm_exec_process(cm_exec_of(launch), err);
}

static int step_facts(struct cm_launch *launch, struct cm_error *err)
{
    return cm_exec_facts(cm_exec_of(launch), err);
}

static int step_decide(struct cm_launch *launch, struct cm_error *err)
{
    const struct cm_policy *policy = cm_test_policy(launch->runtime->policy);
    int r = cm_plan_exec(&cm_exec_of(launch)->request, policy, &launch->facts, &launch->arena, &launch->plan);

    if (r < 0)
        return cm_fail_errno(err, -r, NULL, "planning the process");
    if (launch->plan->verdict == CM_VERDICT_REFUSED)
        return cm_plan_refusal_error(launch->plan, err);
    cm_test_weaken(launch->plan);
    return 0;
}

static bool init_has_ended(int init)
{
    struct pollfd p = {.fd = init, .events = POLLIN};

    return poll(&p, 1, 0) != 0;
}

static int fail_stopped(struct cm_error *err)
{
    return cm_fail(err, ESRCH, NULL, "cannot exec in a stopped container: its init has just ended");
}

/* Init's namespaces must be those that were recorded; its user namespace is opened for the end of the way. */
static int step_namespaces(struct cm_launch *launch, struct cm_error *err)
{
    struct cm_exec *exec = cm_exec_of(launch);
    const struct cm_record *record = exec->record;
    char pid[16], path[32];

    (void)snprintf(pid, sizeof(pid), "%d", (int)record->pid);
    for (size_t i = 0; i < CM_ARRAY_LEN(record->namespaces) && record->namespaces[i].type; i++) {
        enum oci_namespace_type type = oci_namespace_find(record->namespaces[i].type);
        struct cm_ns_id now = {0}, then = {record->namespaces[i].dev, record->namespaces[i].ino};
        int r = cm_ns_identify_of(launch->runtime->proc, pid, type, &now);
        if (r < 0)
            return init_has_ended(exec->init) ? fail_stopped(err)
                                              : cm_fail_errno(err, -r, NULL, "looking at the %s namespace of the container's init", record->namespaces[i].type);
        if (!cm_ns_same(&now, &then))
            return cm_fail(err, ESTALE, NULL, "the %s namespace of process %s is not the one that was recorded for the container: it is not entered",
                           record->namespaces[i].type, pid);
        if (type != OCI_NS_PID && type != OCI_NS_USER)
            exec->join |= (int)cm_ns_clone_flag(type);
        if (type != OCI_NS_USER)
            continue;
        (void)snprintf(path, sizeof(path), "%s/ns/user", pid);
        launch->userns.user = openat(launch->runtime->proc, path, O_RDONLY | O_CLOEXEC); /* a magic link of our own procfs: following it is the point */
        if (launch->userns.user < 0 || cm_ns_identify(launch->userns.user, &now) < 0 || !cm_ns_same(&now, &then))
            return cm_fail_errno(err, launch->userns.user < 0 ? errno : ESTALE, NULL, "opening the user namespace of the container's init");
    }
    /* What was looked at by its number was the recorded process only if that still lives. */
    if (init_has_ended(exec->init))
        return fail_stopped(err);
    if (launch->userns.user < 0)
        return cm_fail(err, EINVAL, NULL, "no user namespace is recorded for the container");
    return 0;
}

/* The cgroup that init was born in, by its inode number, or one below it. */
static int step_cgroup(struct cm_launch *launch, struct cm_error *err)
{
    const struct cm_exec *exec = cm_exec_of(launch);
    const struct oci_strings *asked = &exec->options->cgroups;
    int r;

    if (asked->n > 1)
        return cm_fail(err, EINVAL, NULL, "--cgroup is to be given once on cgroup v2");
    if (asked->n == 1 && strchr(asked->v[0], ':'))
        return cm_fail(err, EINVAL, NULL, "unknown controller in --cgroup %.128s: cgroup v2 has one tree, give a path alone", asked->v[0]);
    if (!exec->record->cgroup_path)
        return asked->n == 0 ? 0 : cm_fail(err, EINVAL, NULL, "--cgroup: the container has no cgroup of its own");
    int root = cm_runtime_cgroup_root(launch->runtime, err);
    if (root < 0)
        return root;
    r = exec->record->systemd_unit ? cm_launch_step_below(launch, exec->record->cgroup_path, err) : 0;
    if (r < 0)
        return r;
    r = cm_cgroup_open_ours(root, exec->record->cgroup_path, exec->record->cgroup_ino, &launch->cgroup, err);
    if (r == 0 && asked->n == 1)
        r = cm_cgroup_descend(&launch->cgroup, asked->v[0], err);
    return r;
}

static int fail_spawn(const struct cm_exec *exec, int errnum, struct cm_error *err)
{
    if (init_has_ended(exec->init))
        return fail_stopped(err);
    const char *hint = errnum == EACCES  ? "; the caller must itself live below the delegated cgroup"
                       : errnum == EBUSY ? "; the container has cgroups with controllers below its own: name one of them with --cgroup"
                                         : "";
    return cm_fail_errno(err, errnum, NULL, "starting a process in the container%s", hint);
}

/* Born in init's cgroup and pid namespace; it enters the others itself. */
static int step_spawn(struct cm_launch *launch, struct cm_error *err)
{
    struct cm_exec *exec = cm_exec_of(launch);
    struct clone_args args = {0};

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, launch->sync) < 0)
        return cm_fail_errno(err, errno, NULL, "making the pair of sockets to the process");
    int r = cm_launch_clone_into(launch, exec->init, exec->options->argv, &args, cm_exec_child_main);
    return r < 0 ? fail_spawn(exec, -r, err) : 0; /* no further child is born: it does not matter where it would be */
}

/* A program that is not there says so in these words already. */
static int fail_start(struct cm_error *err)
{
    return strncmp(err->message, CM_CANNOT_START, strlen(CM_CANNOT_START)) == 0 ? -err->errnum : cm_error_prefix(err, CM_CANNOT_START);
}

static int step_wait_ready(struct cm_launch *launch, struct cm_error *err)
{
    const struct cm_exec *exec = cm_exec_of(launch);

    if (exec->paused) /* born frozen */
        cm_log(CM_LOG_WARNING, "container %s is paused: the process begins when it is resumed", launch->entry.id);
    int r = cm_launch_wait_ready(launch, err);
    if (r < 0 && init_has_ended(exec->init))
        return fail_stopped(err);
    if (r == -ETIMEDOUT)
        return cm_fail(err, ETIMEDOUT, NULL, "the process did not become ready in time: the container is %s, or a process in it stopped it",
                       exec->paused ? "still paused" : "paused");
    return r < 0 ? fail_start(err) : 0;
}

static int step_send_listener(struct cm_launch *launch, struct cm_error *err)
{
    return cm_launch_send_listener(launch, cm_exec_of(launch)->record, cm_exec_of(launch)->status, err);
}

static int step_pid_file(struct cm_launch *launch, struct cm_error *err)
{
    const char *path = cm_exec_of(launch)->options->pid_file;

    return path ? cm_pid_file_write(path, launch->pid, err) : 0;
}

static int step_release(struct cm_launch *launch, struct cm_error *err)
{
    int r = cm_launch_release(launch, err);

    return r < 0 ? fail_start(err) : 0;
}

static const struct cm_step parent_steps[] = {
    {"exec-look", step_look},               /* does it live, is it what was recorded */
    {"exec-confinement", step_confinement}, /* init's filters, capabilities, Landlock rules */
    {"exec-process", step_process},
    {"exec-facts", step_facts},
    {"exec-decide", step_decide}, /* plan or refuse: nothing was done yet */
    {"exec-audit", cm_launch_audit_open}, /* where the record of it goes, if that is required */
    {"exec-descriptors", step_descriptors},
    {"exec-connect-agent", cm_launch_connect_agent},
    {"exec-terminal", cm_launch_find_terminal}, /* where the process's goes */
    {"exec-namespaces", step_namespaces},
    {"exec-cgroup", step_cgroup},
    {"exec-spawn", step_spawn}, /* born in init's cgroup and pid namespace */
    {"exec-wait-ready", step_wait_ready},
    {"exec-seccomp-agent", step_send_listener},
    {"exec-hand-over-terminal", cm_launch_hand_over_terminal},
    {"exec-pidfd-socket", step_send_pidfd},
    {"exec-pid-file", step_pid_file},
    {"exec-audit-record", cm_launch_audit_required},
    {"exec-release", step_release},
};

static void init_exec(struct cm_exec *exec, struct cm_runtime *runtime, const struct cm_exec_options *options)
{
    memset(exec, 0, sizeof(*exec));
    cm_launch_init(&exec->launch, runtime, &exec->child_options);
    exec->options = options;
    exec->child_options.console_socket = options->console_socket;
    exec->child_options.pidfd_socket = options->pidfd_socket;
    exec->child_options.detach = options->detach;
    exec->launch.joins = exec->launch.no_barrier = true;
    exec->child_options.id = options->id;
    exec->init = exec->signals = CM_FD_NONE;
}

static void done_exec(struct cm_exec *exec)
{
    exec->launch.filter_ours = exec->launch.filter_extra = (struct cm_filter){0}; /* the confinement's */
    cm_launch_done(&exec->launch);
    cm_record_free(exec->record);
    cm_confinement_free(&exec->confinement);
    cm_arena_free(&exec->arena);
    exec->init = cm_close(exec->init);
    exec->signals = cm_close(exec->signals);
}

/* After a failure: the process, whatever it is doing. It may be frozen or stopped, which does not keep SIGKILL away. */
static void undo(struct cm_launch *launch)
{
    struct pollfd p = {.fd = launch->pidfd, .events = POLLIN};
    siginfo_t info;

    if (launch->pidfd < 0)
        return;
    cm_kill_child(launch->pidfd, launch->pid);
    if (poll(&p, 1, DEATH_LIMIT_MS) == 0)
        cm_log(CM_LOG_WARNING, "process %d was killed but does not end: it is stuck in the kernel", (int)launch->pid);
    (void)waitid((idtype_t)P_PIDFD, (id_t)launch->pidfd, &info, WEXITED | WNOHANG | __WALL);
}

/* What the running process leaves open in us: nothing of the container, and no end of a pipe. */
static void forget(struct cm_exec *exec)
{
    const int keep[] = {exec->launch.pidfd, exec->signals, exec->launch.terminal.host, exec->launch.terminal.master,
                        exec->launch.plan->terminal ? exec->launch.runtime->proc : CM_FD_NONE}; /* the last: to begin to show the terminal */

    if (!exec->options->owns_process)
        return;
    cm_close_now(3, keep, CM_ARRAY_LEN(keep));
    int *const gone[] = {&exec->launch.entry.fd,
                         &exec->launch.userns.user,
                         &exec->launch.cgroup.fd,
                         &exec->launch.cgroup.parent,
                         &exec->launch.sync[0],
                         &exec->init,
                         &exec->launch.runtime->cgroup_root,
                         &exec->launch.runtime->store.fd};
    for (size_t i = 0; i < CM_ARRAY_LEN(gone); i++)
        *gone[i] = CM_FD_NONE;
    if (!exec->launch.plan->terminal)
        exec->launch.runtime->proc = CM_FD_NONE;
}

int cm_exec(struct cm_runtime *runtime, const struct cm_exec_options *options, int *ret_status, struct cm_error *err)
{
    struct cm_exec exec;
    struct cm_relay relay;
    int r = 0;

    init_exec(&exec, runtime, options);
    if (options->owns_process)
        cm_close_later();
    if (!options->detach)
        r = exec.signals = cm_foreground_prepare(err);
    if (r >= 0)
        r = cm_steps_run(parent_steps, CM_ARRAY_LEN(parent_steps), &exec.launch, err);
    if (r < 0) {
        undo(&exec.launch);
        cm_trace_log(exec.launch.trace);
    } else {
        cm_log_findings(exec.launch.plan);
    }
    cm_launch_audit_end(&exec.launch, r, err);
    if (r >= 0 && !options->detach) {
        forget(&exec);
        struct cm_relay *shown = cm_launch_show_terminal(&exec.launch, &relay);
        r = cm_foreground_wait(exec.signals, exec.launch.pidfd, shown, NULL, err);
        if (shown)
            cm_relay_finish(shown, exec.signals);
    }
    done_exec(&exec);
    if (r < 0)
        return r;
    *ret_status = r;
    return 0;
}
