/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cgroup v2 through file descriptors. The mount point and paths come from the trusted host; file contents may be influenced by the container's
 * processes. cgroup.procs is never written: processes are born in their cgroup (clone3).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/fd.h"
#include "plan/plan.h"

struct cm_cgroup {
    int fd;                       /* O_DIRECTORY; usable for CLONE_INTO_CGROUP */
    int parent;                   /* of the directory above, for the removal */
    char *name;                   /* last component */
    char *path;                   /* inside the cgroup2 mount, absolute */
    uint64_t ino;                 /* of the directory: never used again for another cgroup */
    bool created;                 /* by us: removed on failure */
    unsigned int n_created_above; /* parent directories made on the way, removed with it when empty */
};

#define CM_CGROUP_NONE ((struct cm_cgroup){.fd = CM_FD_NONE, .parent = CM_FD_NONE})

void cm_cgroup_close(struct cm_cgroup *cgroup);
#define CM_AUTO_CGROUP CM_CLEANUP(cm_cgroup_close)

/* Descriptor of the cgroup2 mount's root: /sys/fs/cgroup if it is cgroup2, else /sys/fs/cgroup/unified, else found in mountinfo read from `proc` (a procfs
 * descriptor). -ENODEV when there is no cgroup2 mount. */
int cm_cgroup_open_root(int proc, struct cm_error *err);
/* The same without mountinfo: -ENODEV or another error when it is at no usual place. */
int cm_cgroup_open_usual_root(void);

/* Controllers of a directory's cgroup.controllers as enum cm_controller bits; unknown names are ignored. */
unsigned int cm_cgroup_controllers(int dir);

/* The cgroup of process `pid` ("self" for us) in the v2 hierarchy, from `proc`; free() it. A path that ends in " (deleted)" is -ENOENT. */
int cm_cgroup_of(int proc, const char *pid, char **ret_path);

/*
 * Makes the cgroup, level by level, enabling the wanted controllers on the way. It is always a new one, because whatever is in it is killed with the container:
 * one that exists is refused (-EBUSY, "container's cgroup is not empty: N process(es) found" or "container's cgroup unexpectedly frozen"; -EEXIST when it is
 * empty), and so is a place below another container's (-EBUSY), which is known by its mark. No component is ever a link or "..". Nothing is left behind on
 * failure.
 */
int cm_cgroup_create(int root, const char *path, unsigned int controllers, struct cm_cgroup *ret, struct cm_error *err) CM_MUST_USE;
/*
 * Takes over one that was made for us, as systemd makes those of its units: marks it as a container's. Only ones that have nothing below them and lie below
 * no other container's (-EBUSY), and are not frozen. What is in it stays.
 */
int cm_cgroup_adopt(int root, const char *path, struct cm_cgroup *ret, struct cm_error *err) CM_MUST_USE;
/* Waits, at most timeout_ms, for somebody else to remove it: whether that was in time. */
bool cm_cgroup_wait_gone(const struct cm_cgroup *cgroup, int timeout_ms);
/* Opens an existing one: -ENOENT when it is gone. */
int cm_cgroup_open(int root, const char *path, struct cm_cgroup *ret, struct cm_error *err) CM_MUST_USE;
/* The one that had this inode number when it was made: -ENOENT also when that is gone and another has its name. */
int cm_cgroup_open_ours(int root, const char *path, uint64_t ino, struct cm_cgroup *ret, struct cm_error *err) CM_MUST_USE;

/* Some cgroup directly below a directory; -ENOENT when there is none. Returns a descriptor. */
int cm_cgroup_any_child(int dir) CM_MUST_USE;

/* Goes on to a cgroup that exists below it: `path` is relative, has no ".." and follows no link ("/" alone stays). "bad sub cgroup path". */
int cm_cgroup_descend(struct cm_cgroup *cgroup, const char *path, struct cm_error *err) CM_MUST_USE;

/* Writes the plan's limits in order; each failure names field, file, value and errno. */
int cm_cgroup_set_limits(const struct cm_cgroup *cgroup, const struct cm_plan_limit *limits, size_t n, struct cm_error *err) CM_MUST_USE;

/* The same for a container that runs, whole or not at all: after a failure the files say what they said before, and the error is that of the first one. */
int cm_cgroup_change_limits(const struct cm_cgroup *cgroup, const struct cm_plan_limit *limits, size_t n, struct cm_error *err) CM_MUST_USE;
/* What a file of one number says now; "max" is -1. */
int cm_cgroup_limit_now(const struct cm_cgroup *cgroup, const char *file, int64_t *ret) CM_MUST_USE;
/* cpu.max, in microseconds; no quota is -1. */
int cm_cgroup_cpu_now(const struct cm_cgroup *cgroup, int64_t *ret_quota, uint64_t *ret_period) CM_MUST_USE;
/* Makes controllers available in a cgroup that exists, as far as the ones above it let us. */
void cm_cgroup_enable_above(int root, const char *path, unsigned int wanted);

/* Loads the device program for these rules (last match wins, default deny), attaches it and verifies with BPF_PROG_QUERY that it is there. A program that
 * somebody else attached to an existing cgroup stays: all of them must allow an access, so it can only restrict further. *ret_id is the kernel's number of it. */
int cm_cgroup_set_devices(const struct cm_cgroup *cgroup, const struct cm_device_rule *rules, size_t n, uint32_t *ret_id, struct cm_error *err) CM_MUST_USE;
/* The ids of the device programs attached to this cgroup itself: their number, or -errno. */
#define CM_DEVICE_PROGRAMS_MAX 64
int cm_cgroup_device_programs(const struct cm_cgroup *cgroup, uint32_t ids[CM_DEVICE_PROGRAMS_MAX]);
/* Whether such programs can be loaded at all here (loads a two-instruction one, attaches nothing). */
bool cm_cgroup_device_program_works(void);

/* 1 populated, 0 empty, -errno. -ENOENT when the cgroup is gone. */
int cm_cgroup_populated(const struct cm_cgroup *cgroup);
/* The processes in it and below, those that have a number in our pid namespace; free(*ret). -ENOENT when the cgroup is gone. */
int cm_cgroup_pids(const struct cm_cgroup *cgroup, pid_t **ret, size_t *ret_n) CM_MUST_USE;
/* 1 frozen (or freezing), 0 not, -errno. */
int cm_cgroup_frozen(const struct cm_cgroup *cgroup);
/* The same for a path that is not open: for state and list. -ENOENT when it is gone, or when what is frozen there is not the one with this inode number. */
int cm_cgroup_path_frozen(int root, const char *path, uint64_t ino);
/* Writes cgroup.freeze and waits on cgroup.events, at most timeout_ms. -ETIMEDOUT names what is stuck. */
int cm_cgroup_freeze(const struct cm_cgroup *cgroup, bool freeze, int timeout_ms, struct cm_error *err) CM_MUST_USE;
/* SIGKILLs everything in it: cgroup.kill (5.14); before that, freeze, signal each, thaw. A frozen cgroup is thawed so that the signal acts. */
int cm_cgroup_kill(const struct cm_cgroup *cgroup, struct cm_error *err) CM_MUST_USE;
/* Removes it with everything below, waiting at most timeout_ms for it to become empty. Success if it was gone already. */
int cm_cgroup_remove(struct cm_cgroup *cgroup, int timeout_ms, struct cm_error *err) CM_MUST_USE;
/* The same for one that is empty, at once: -EBUSY when it is not. */
int cm_cgroup_remove_empty(struct cm_cgroup *cgroup) CM_MUST_USE;
