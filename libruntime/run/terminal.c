/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The terminal of a process of a container: made by the process in the container's devpts, while it still has the privileges to do so and before anything of
 * the bundle runs; its master goes to the parent, which passes it to the engine or keeps it. Hostile: the socket's other end; for a process that joins a
 * running container, whoever is in there.
 */
#include "run/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/socket.h"
#include "console/pty.h"
#include "console/relay.h"
#include "oci/idmap.h"
#include "path/rootpath.h"
#include "run/launch.h"

int cm_launch_find_terminal(struct cm_launch *launch, struct cm_error *err)
{
    const struct cm_create_options *options = launch->options;
    bool terminal = launch->plan->terminal, detach = !launch->no_barrier || options->detach;
    int *end = options->console_socket ? &launch->terminal.socket : &launch->terminal.host;

    if (detach && terminal && !options->console_socket)
        return cm_fail(err, EINVAL, "/process/terminal", "cannot allocate tty if casemate will detach without setting console socket");
    if ((!detach || !terminal) && options->console_socket)
        return cm_fail(err, EINVAL, "/process/terminal", "cannot use console socket if casemate will not detach or allocate tty");
    if (!terminal)
        return 0;
    *end = options->console_socket ? cm_socket_connect(options->console_socket, err) : cm_host_terminal_find(err);
    return *end < 0 ? *end : 0;
}

int cm_launch_hand_over_terminal(struct cm_launch *launch, struct cm_error *err)
{
    struct cm_launch_terminal *terminal = &launch->terminal;
    char name[CM_PTY_NAME_MAX];

    if (!launch->plan->terminal)
        return 0;
    if (terminal->master < 0)
        return cm_fail(err, EPROTO, "/process/terminal", "the container's process sent no terminal");
    if (terminal->socket < 0) {
        cm_relay_prepare_terminal(terminal->host, terminal->master);
        return 0;
    }
    int size = cm_pty_name(terminal->master, name);
    int r = size < 0 ? size : cm_socket_send_fd(terminal->socket, name, (size_t)size, terminal->master);
    if (r < 0)
        return cm_fail_errno(err, -r, "/process/terminal", "sending the container's terminal to the console socket %s", launch->options->console_socket);
    terminal->master = cm_close(terminal->master);
    terminal->socket = cm_close(terminal->socket);
    return 0;
}

struct cm_relay *cm_launch_show_terminal(struct cm_launch *launch, struct cm_relay *relay)
{
    if (!launch->plan->terminal)
        return NULL;
    cm_relay_start(relay, CM_TAKE_FD(launch->terminal.master), launch->terminal.host, launch->runtime->proc, launch->runtime->pid);
    return relay;
}

void cm_launch_close_terminal(struct cm_launch_terminal *terminal)
{
    if (terminal->host > STDERR_FILENO)
        (void)cm_close(terminal->host);
    (void)cm_close(terminal->socket);
    (void)cm_close(terminal->master);
    *terminal = CM_LAUNCH_TERMINAL_NONE;
}

/* Our own, before anybody of the container could touch it, or what a process that joins finds there: a devpts in it is verified. */
static int open_dev(const struct cm_launch *launch)
{
    if (!launch->plan->joins)
        return cm_root_open(launch->tree.own_dev, "/", O_PATH | O_DIRECTORY, CM_LOOKUP_PLAIN);
    CM_AUTO_CLOSE int slash = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    return slash < 0 ? -errno : cm_root_open((struct cm_rootfd){slash}, "dev", O_PATH | O_DIRECTORY, CM_LOOKUP_PLAIN);
}

int cm_child_terminal(struct cm_launch *launch, struct cm_error *err)
{
    const struct cm_plan *plan = launch->plan;
    const char kind = CM_CHILD_SENDS_TERMINAL;
    struct cm_pty pty = CM_PTY_NONE;
    uint32_t owner;

    if (!oci_id_outside(&plan->uid_map, plan->uid, &owner))
        return cm_fail(err, EINVAL, "/process/user/uid", "user %u of the container is not mapped", plan->uid);
    CM_AUTO_CLOSE int dev = open_dev(launch);
    if (dev < 0)
        return cm_fail_errno(err, -dev, "/process/terminal", "opening the container's /dev");
    int r = cm_pty_open((struct cm_rootfd){dev}, owner, plan->console_rows, plan->console_columns, &pty, err);
    if (r < 0)
        return r;
    r = cm_pty_become_stdio(pty.slave, err);
    if (r == 0) {
        int sent = cm_socket_send_fd(launch->sync[1], &kind, sizeof(kind), pty.master);
        r = sent < 0 ? cm_fail_errno(err, -sent, "/process/terminal", "handing the container's terminal over") : 0;
    }
    (void)cm_close(pty.slave);
    (void)cm_close(pty.master);
    return r;
}
