/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The hooks of a launch, in the specification's order and namespaces: prestart and createRuntime by the parent while the child waits with its mounts done,
 * createContainer by the child before its pivot, startContainer by the child as the last thing before it executes its program. The child only stops at a hook
 * that exists, so a launch without hooks is not slower.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "run/hook.h"
#include "run/launch.h"

static size_t count(const struct cm_launch *launch, enum oci_hook_kind kind)
{
    return launch->plan->hooks ? launch->plan->hooks->n[kind] : 0; /* a process that joins later has none */
}

static struct cm_hooks_call call_of(const struct cm_launch *launch, enum oci_hook_kind kind, const char *status, pid_t pid)
{
    return (struct cm_hooks_call){
        .runtime = launch->runtime,
        .kind = kind,
        .n = count(launch, kind),
        .hooks = count(launch, kind) > 0 ? launch->plan->hooks->v[kind] : NULL,
        .facts = kind == OCI_HOOK_START_CONTAINER ? NULL : launch->facts.hooks[kind],
        .status = status,
        .pid = pid,
        .record = &launch->record,
    };
}

int cm_launch_runtime_hooks(struct cm_launch *launch, struct cm_error *err)
{
    static const enum oci_hook_kind kinds[] = {OCI_HOOK_PRESTART, OCI_HOOK_CREATE_RUNTIME};
    struct cm_child_report report = {0};
    char go = CM_AT_HOOKS;
    int r = 0;

    launch->hooks_begun = count(launch, kinds[0]) + count(launch, kinds[1]) + count(launch, OCI_HOOK_CREATE_CONTAINER) > 0;
    if (count(launch, kinds[0]) + count(launch, kinds[1]) == 0)
        return 0;
    ssize_t n = cm_launch_receive_report(launch, &report, CM_READY_LIMIT_MS);
    if (n != 1 || memcmp(&report, &go, 1) != 0) {
        r = cm_launch_judge_report(launch, &report, n, err);
        return r < 0 ? r : cm_fail(err, EPROTO, NULL, "the container's process did not wait for its hooks");
    }
    for (size_t i = 0; i < CM_ARRAY_LEN(kinds) && r == 0; i++) {
        struct cm_hooks_call call = call_of(launch, kinds[i], "creating", launch->pid);
        call.guarded = true;
        r = cm_hooks_run(&call, err);
    }
    if (r < 0)
        return r;
    r = cm_write_full(launch->sync[0], &go, 1);
    return r < 0 ? cm_fail_errno(err, -r, NULL, "letting the container's process go on after its hooks") : 0;
}

int cm_child_container_hooks(struct cm_launch *launch, struct cm_error *err)
{
    char go = CM_AT_HOOKS;

    if (count(launch, OCI_HOOK_PRESTART) + count(launch, OCI_HOOK_CREATE_RUNTIME) > 0 &&
        (write(launch->sync[1], &go, 1) != 1 || read(launch->sync[1], &go, 1) != 1 || go != CM_AT_HOOKS))
        _exit(1); /* the parent is gone, or a hook of its failed */
    if (count(launch, OCI_HOOK_CREATE_CONTAINER) == 0)
        return 0;
    struct cm_hooks_call call = call_of(launch, OCI_HOOK_CREATE_CONTAINER, "creating", getpid());
    return cm_hooks_run(&call, err);
}

int cm_child_start_hooks(struct cm_launch *launch, struct cm_error *err)
{
    if (count(launch, OCI_HOOK_START_CONTAINER) == 0)
        return 0; /* without any system call: a bundle's filter may kill for each but read, write and execve */
    struct cm_hooks_call call = call_of(launch, OCI_HOOK_START_CONTAINER, "created", getpid());

    call.inside = true;
    call.default_env = launch->env;
    return cm_hooks_run(&call, err);
}

/* Once it is released, the child says no more than why a startContainer hook failed; its end of the socket goes with the execve. */
static int wait_for_program(struct cm_launch *launch, struct cm_error *err)
{
    struct cm_child_report report = {0};
    int limit = count(launch, OCI_HOOK_START_CONTAINER) > 0 ? cm_hooks_patience(launch->plan->hooks, OCI_HOOK_START_CONTAINER, CM_READY_LIMIT_MS)
                                                            : CM_READY_LIMIT_MS;
    ssize_t n = cm_launch_receive_report(launch, &report, limit);

    if (n == 0 || n == -ECONNRESET)
        return 0; /* it runs, or has ended: which it was, its status tells */
    return cm_launch_judge_report(launch, &report, n, err);
}

int cm_launch_poststart_hooks(struct cm_launch *launch, struct cm_error *err)
{
    int r = 0;

    if (launch->fifo >= 0) /* `create`: for `start` to do */
        return 0;
    if (count(launch, OCI_HOOK_START_CONTAINER) + count(launch, OCI_HOOK_POSTSTART) > 0)
        r = wait_for_program(launch, err);
    struct cm_hooks_call call = call_of(launch, OCI_HOOK_POSTSTART, "running", launch->pid);
    call.guarded = true;
    return r < 0 ? r : cm_hooks_run(&call, err);
}
