/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The terminal of whoever runs a container in the foreground: found, made raw for as long as keys are the container's, given back as it was. */
#pragma once

#include <stdbool.h>
#include <termios.h>

#include "base/error.h"
#include "base/fd.h"

struct cm_host_terminal {
    int fd;
    bool raw;
    struct termios before;
};

#define CM_HOST_TERMINAL_NONE ((struct cm_host_terminal){.fd = CM_FD_NONE})

/* Standard error, output or input, or else the controlling terminal: the first that is one. Returns a descriptor, which is a standard one or new, or -errno. */
int cm_host_terminal_find(struct cm_error *err) CM_MUST_USE;
/*
 * Every key becomes a byte; output is processed as before, as runc has it. Does nothing if the terminal is raw already, is gone, or is that of a session of
 * which we are in the background. From here on a fatal signal of our own gives the terminal back, too.
 */
void cm_host_terminal_make_raw(struct cm_host_terminal *terminal);
/* After a SIGCONT: raw again, if somebody has set modes of his own meanwhile; those are given back later then. */
void cm_host_terminal_take_again(struct cm_host_terminal *terminal);
/* Undoes cm_host_terminal_make_raw. */
void cm_host_terminal_restore(struct cm_host_terminal *terminal);
/* We are not in the foreground of the terminal's session: neither its input nor its modes are ours now. */
bool cm_host_terminal_is_others(const struct cm_host_terminal *terminal);
/* Gives the pty behind `master` the size of our terminal, unless that has none. */
void cm_host_terminal_copy_size(int terminal, int master);
