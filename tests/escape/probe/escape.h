/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the groups of escape-probe are made of: tables of attempts, and of agents. Test code: what it reads is the kernel's answer and the driver's arguments.
 *
 * An attempt is a function with the convention of a system call: a result from 0 up means that it got through ("escaped"), -1 that errno stopped it ("blocked").
 * It runs in a child of its own, so it may leave descriptors open, change its credentials or die. In a container without protection it must not harm the host: it
 * opens without writing, writes what is there already, or gives arguments that are refused after the check of privilege (see through).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct attempt {
    const char *row;     /* "E01" */
    const char *name;    /* unique in its row */
    long (*run)(const char *argument); /* NULL: the operation of that name in tests/lib/probe_ops.c */
    const char *each;    /* words; an attempt a word, called NAME=WORD, which is its argument. NULL: one attempt, without argument */
    const char *through; /* words; errnos that only somebody gets whom every check of privilege let pass: they count as escaped */
    bool counts;         /* success is a result above 0: the number of things found or of bytes read */
};

/* Serves a row of the driver's: changes something all the time, listens, waits. Its result is the exit status. */
struct agent {
    const char *name;
    int (*run)(int argc, char **argv); /* argv[0] is the name */
};

/* For attempts. What they say last is in "detail". */
void detail(const char *format, ...) __attribute__((format(printf, 1, 2)));
long absent(const char *format, ...) __attribute__((format(printf, 1, 2))); /* returns: "n/a", this kernel has no such thing */
long held(bool good, const char *format, ...) __attribute__((format(printf, 2, 3))); /* returns: a property that must hold; "blocked" with errno "OK" if it does */
long works(long result); /* returns: something harmless that must succeed; "blocked" with errno "WORKS" if it does */

/* Small common things. */
const char *control_kind(void); /* in the control arm its kind, else NULL */
long aim(const char *variable); /* a number from the environment, where the driver put what there is to aim at */
long open_path(const char *path, int flags); /* O_CLOEXEC | O_NONBLOCK | O_NOCTTY; a descriptor */
long read_path(const char *path, char *buffer, unsigned long size); /* bytes read, the text ends with NUL */
long write_back_path(const char *path); /* writes what the file holds */
long mount_call(const char *source, const char *target, const char *type, unsigned long flags, const char *data); /* mount(2); its header excludes <linux/mount.h> */
bool status_field(const char *field, char *buffer, unsigned long size); /* of /proc/self/status */

/* A group is one to three files of this directory: group_x.c defines group_x and, if it has agents, agents_x; group_x2.c and group_x3.c likewise. Each table ends with an
   entry without a name. */
#define GROUP_FILES(do, letter) do(letter) do(letter##2) do(letter##3)
#define GROUPS(do)                                                                                                                    \
    GROUP_FILES(do, a) GROUP_FILES(do, b) GROUP_FILES(do, c) GROUP_FILES(do, d) GROUP_FILES(do, e) GROUP_FILES(do, f)                 \
    GROUP_FILES(do, g) GROUP_FILES(do, h) GROUP_FILES(do, i) GROUP_FILES(do, j) GROUP_FILES(do, k) GROUP_FILES(do, l)
#define DECLARE_GROUP(letter)                                             \
    extern const struct attempt group_##letter[] __attribute__((weak));   \
    extern const struct agent agents_##letter[] __attribute__((weak));
GROUPS(DECLARE_GROUP)

/* control.c: the same attempt without protection. */
struct control {
    const char *kind; /* see control.c */
    const char *root; /* directory that becomes the root */
};
/* Runs the function in fresh namespaces, as a child, and waits for it: returns the status of wait, or -1. */
int in_control_arm(const struct control *control, void (*function)(void *), void *argument);
