/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The seccomp agent of a bundle: a program of the host that answers system calls of the container (seccomp_unotify(2)). Where the policy lists its socket it
 * gets the listener of every process that is started, with a description of it (runtime-spec config-linux.md, "The Container Process State"). Hostile: nothing;
 * the agent may be dead or slow, and base/socket.c limits the waits.
 *
 * The process loads its filters itself and cannot pass a descriptor on behind them, so we take it from outside (pidfd_getfd): it waits for our answer
 * meanwhile.
 */
#include <errno.h>

#include "base/socket.h"
#include "base/sys.h"
#include "run/launch.h"
#include "json/json.h"

#define FIELD "/linux/seccomp/listenerPath"

int cm_launch_connect_agent(struct cm_launch *launch, struct cm_error *err)
{
    const char *path = launch->plan->seccomp_agent;

    if (!path)
        return 0;
    launch->agent = cm_socket_connect(path, err);
    if (launch->agent >= 0)
        return 0;
    return cm_error_prefix(err, "failed to connect with seccomp agent specified in the seccomp profile: ");
}

static void describe(const struct cm_launch *launch, const struct cm_record *record, enum cm_status status, struct cm_str *out)
{
    struct json_writer writer;

    json_writer_init(&writer, out, 0);
    json_object_begin(&writer, NULL);
    json_add_string(&writer, "ociVersion", OCI_VERSION);
    json_array_begin(&writer, "fds");
    json_add_string(&writer, NULL, "seccompFd");
    json_array_end(&writer);
    json_add_i64(&writer, "pid", launch->pid);
    if (launch->plan->seccomp_metadata)
        json_add_string(&writer, "metadata", launch->plan->seccomp_metadata);
    cm_state_specified(record, cm_status_word(status), record->pid, "state", &writer);
    json_object_end(&writer);
}

int cm_launch_send_listener(struct cm_launch *launch, const struct cm_record *record, enum cm_status status, struct cm_error *err)
{
    CM_AUTO_STR struct cm_str message = {0};

    if (launch->agent < 0)
        return 0;
    CM_AUTO_CLOSE int listener = cm_pidfd_getfd(launch->pidfd, launch->listener);
    if (listener < 0)
        return cm_fail_errno(err, errno, FIELD, "seccomp notify unsupported: taking the listener from the container's process%s",
                             errno == EPERM ? " (CAP_SYS_PTRACE, and kernel.yama.ptrace_scope below 3, are needed)" : "");
    describe(launch, record, status, &message);
    if (!cm_str_text(&message))
        return cm_fail_errno(err, ENOMEM, FIELD, "describing the container to the seccomp agent");
    int r = cm_socket_send_fd(launch->agent, cm_str_text(&message), message.size, listener);
    launch->agent = cm_close(launch->agent);
    return r < 0 ? cm_fail_errno(err, -r, FIELD, "sending the listener to the seccomp agent at %s", launch->plan->seccomp_agent) : 0;
}
