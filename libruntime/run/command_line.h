/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Our own command line, as /proc/PID/cmdline shows it to everybody who sees the process. */
#pragma once

#include <stddef.h>

#include "base/macros.h"

/* The whole argument vector of the program, which lies in one piece. */
struct cm_command_line {
    char *start, *copy;
    size_t size;
};

/* Wipes it before a child is born into a container, which would show it the id, paths and arguments. argv may be NULL. Returns 0 or -ENOMEM. */
int cm_command_line_hide(char *const *argv, struct cm_command_line *line) CM_MUST_USE;
/* Puts it back, in the parent, and frees the copy. */
void cm_command_line_show(struct cm_command_line *line);
