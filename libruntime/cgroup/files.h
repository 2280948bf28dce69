/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Private to cgroup/ and observe/: the files of one cgroup directory. Names are ours or have passed cm_cgfile_name_ok; contents of cgroup.events and
 * cgroup.procs depend on what the container's processes do, so they are read with fixed bounds.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/macros.h"

/* Opens below a cgroup directory without links, "..", or leaving the cgroup2 mount. Returns a descriptor or -errno; a removed cgroup is always -ENOENT. */
int cm_cgfile_open(int dir, const char *path, int flags);
/* Text without its final newline. Returns the length, or -errno. */
ssize_t cm_cgfile_read(int dir, const char *name, char *buffer, size_t size);
/* One write(2) of the whole value. */
int cm_cgfile_write(int dir, const char *name, const char *value) CM_MUST_USE;
/* Value (0 or 1) of a key of an open cgroup.events, read from its start; -EPROTO when the key is not there. */
int cm_cgfile_event(int events, const char *key);
/* Whether a create of ours made this directory as the parent of a container's cgroup (tree.c). */
bool cm_cgroup_is_made_parent(int dir);
/* Both of cgroup.events at once: returns "populated" and stores "frozen". */
int cm_cgfile_events(int events, int *ret_frozen);
/* Waits for cgroup.events to change, at most `ms`. The kernel reports a change by POLLPRI (Documentation/admin-guide/cgroup-v2.rst, "cgroup.events"). */
void cm_cgfile_wait(int events, int ms);

/* Calls `each` for every pid of cgroup.procs of this directory; 0 stands for a process outside our pid namespace. Stops at the first non-zero value and returns
 * it. */
int cm_cgfile_each_pid(int dir, int (*each)(pid_t pid, void *user), void *user);
/* Calls `each` for every child cgroup, with a descriptor that it must not close. Stops at the first non-zero value and returns it. */
int cm_cgfile_each_child(int dir, int (*each)(int child, const char *name, void *user), void *user);

/* Levels below a container's cgroup that we are ready to walk: each costs a descriptor while it is visited. */
#define CM_CGROUP_DEPTH_MAX 64

/* More processes than a kernel can have (PID_MAX_LIMIT, include/linux/threads.h). */
#define CM_CGROUP_PIDS_MAX ((size_t)4 << 20)

/* Calls `each` for every process of this cgroup and of those below. Stops at the first non-zero value and returns it. */
int cm_cgfile_walk_pids(int dir, int (*each)(pid_t pid, void *user), void *user);
/* How many processes live in this cgroup and below; *ret_first is one of them (0: none that we can name). */
int cm_cgfile_count(int dir, size_t *ret_n, pid_t *ret_first);

/* kill.c: for kernels without cgroup.kill: signals one process after the other, through pidfds. Exposed for the tests. */
int cm_cgroup_kill_each(int dir);
/* remove.c: removes the directory at the end of `path` from `parent`, then at most n_above empty directories above it. Never waits. */
int cm_cgroup_remove_now(int parent, const char *path, unsigned int n_above);
