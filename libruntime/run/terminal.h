/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The terminal of a launch, as the parent handles it: where it goes is known before anything is made. */
#pragma once

#include "base/error.h"
#include "base/fd.h"

struct cm_launch;
struct cm_relay;

struct cm_launch_terminal {
    int socket; /* connected to --console-socket; CM_FD_NONE: none */
    int host;   /* the caller's terminal, which shows the container's in the foreground; CM_FD_NONE: none */
    int master; /* from the child */
};

#define CM_LAUNCH_TERMINAL_NONE ((struct cm_launch_terminal){CM_FD_NONE, CM_FD_NONE, CM_FD_NONE})

/* Parent steps. Judges --console-socket against the plan and connects to it, or finds our own terminal: before anything is made. */
int cm_launch_find_terminal(struct cm_launch *launch, struct cm_error *err);
/* Sends the master to the console socket, or readies the terminal for the foreground: after the child has given it to us, before its program runs. */
int cm_launch_hand_over_terminal(struct cm_launch *launch, struct cm_error *err);
/* In the foreground: begins to show the process's terminal on ours. Returns `relay`, to be given to cm_foreground_wait and then to cm_relay_finish, or NULL
 * when there is no terminal. */
struct cm_relay *cm_launch_show_terminal(struct cm_launch *launch, struct cm_relay *relay);
void cm_launch_close_terminal(struct cm_launch_terminal *terminal);

/* What the child sends along with the master, as a message of its own before its report. */
#define CM_CHILD_SENDS_TERMINAL 't'
