/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of things that probe tries; the functions return -1 with errno, like system calls. Test code: no hostile input. */
#pragma once

#include <stdbool.h>

struct probe_op {
    const char *name;
    long (*run)(const char *argument);
    bool needs_argument;
};

/* Ends with an entry whose name is NULL. */
extern const struct probe_op probe_ops[];

/* CLONE_NEW… of "user", "mnt+pid", … */
int probe_ns_flags(const char *names);
