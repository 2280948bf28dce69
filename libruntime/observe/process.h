/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How the kernel says a process is confined: /proc/PID/status, read and parsed. The text is the kernel's; which numbers are in it, and the name in its first
 * line, are the process's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"

/* Real, effective, saved, filesystem. */
#define CM_PROCESS_IDS 4

struct cm_process {
    pid_t pid;
    char name[32]; /* printable */
    bool ended;    /* only not waited for */
    uint32_t uids[CM_PROCESS_IDS], gids[CM_PROCESS_IDS];
    size_t n_groups;
    uint32_t *groups;
    uint64_t inheritable, permitted, effective, bounding, ambient;
    bool no_new_privs;
    uint32_t seccomp_mode, seccomp_filters;
};

/* 0; -EPROTO for a text that lacks something; -ENOMEM. The groups live in the arena. */
int cm_process_parse(const char *text, struct cm_arena *arena, struct cm_process *ret) CM_MUST_USE;
/* Reads it. -ESRCH when there is no such process. */
int cm_process_read(int proc, pid_t pid, struct cm_arena *arena, struct cm_process *ret) CM_MUST_USE;
