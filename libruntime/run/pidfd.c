/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * --pidfd-socket: whoever listens there gets a pidfd of the process that was made, and can wait for it and signal it without being its parent. Hostile: the
 * listener, which may be dead or never read; base/socket.c limits the waits.
 */
#include <errno.h>
#include <string.h>

#include "base/socket.h"
#include "run/launch.h"

int cm_launch_connect_pidfd(struct cm_launch *launch, struct cm_error *err)
{
    const char *path = launch->options->pidfd_socket;

    if (!path)
        return 0;
    launch->pidfd_socket = cm_socket_connect(path, err);
    return launch->pidfd_socket < 0 ? cm_error_prefix(err, "connecting to the pidfd socket: ") : 0;
}

int cm_launch_send_pidfd(struct cm_launch *launch, const char *what, struct cm_error *err)
{
    if (launch->pidfd_socket < 0)
        return 0;
    int r = cm_socket_send_fd(launch->pidfd_socket, what, strlen(what), launch->pidfd);
    launch->pidfd_socket = cm_close(launch->pidfd_socket);
    return r < 0 ? cm_fail_errno(err, -r, NULL, "sending the pidfd to the socket %s", launch->options->pidfd_socket) : 0;
}
