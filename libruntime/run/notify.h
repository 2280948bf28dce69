/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Readiness (sd_notify(3)): when the runtime is called with NOTIFY_SOCKET, the container gets a socket of its own in a directory of the state, and only READY=1
 * goes on from there to the service manager. Whatever else a container says (MAINPID, FDSTORE, descriptors) goes nowhere.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/fd.h"

#define CM_NOTIFY_DIRECTORY "notify" /* in the state directory; the plan has where it is inside */

struct cm_notify {
    int host;   /* connected to the service manager */
    int inside; /* bound in the directory */
};
#define CM_NOTIFY_NONE ((struct cm_notify){CM_FD_NONE, CM_FD_NONE})

/* Whether somebody listens at $NOTIFY_SOCKET. The variable is inherited far beyond the service it was meant for: an address that leads nowhere is a warning. */
bool cm_notify_wanted(void);
/*
 * Connects to $NOTIFY_SOCKET and binds the container's socket below the state directory `entry`. Nothing without the variable, or if the container was made
 * without the directory. A single-threaded process only: the working directory is left for a moment.
 */
int cm_notify_open(int entry, struct cm_notify *ret, struct cm_error *err) CM_MUST_USE;
void cm_notify_close(struct cm_notify *notify);
#define CM_AUTO_NOTIFY CM_CLEANUP(cm_notify_close)

/* Takes one message; true if it was the one, which was passed on then and both sockets closed. Never blocks longer than a moment, however much is sent. */
bool cm_notify_take(struct cm_notify *notify);
/* Until the container is ready or its process has ended. Then the manager is told to watch that process, and is given half a minute to hear it while we exist.
 */
void cm_notify_wait(struct cm_notify *notify, int pidfd, pid_t pid);
