/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What was recorded of a container against what is: one row a subject, and what the difference means. The comparisons are pure and have no side but the row
 * (drift_*.c); run/check_container.c looks at the host for them.
 */
#pragma once

#include "base/arena.h"
#include "base/layout.h"
#include "base/str.h"
#include "cgroup/cgroup.h"
#include "observe/process.h"
#include "path/mountinfo.h"
#include "plan/exec.h"
#include "plan/promise.h"

/* Ascending in what it means for the whole. */
enum cm_drift {
    CM_DRIFT_NONE,
    CM_DRIFT_BENIGN,   /* another way to be as confined: what the container's processes may do themselves */
    CM_DRIFT_STRICTER, /* less than was granted */
    CM_DRIFT_UNKNOWN,  /* could not be looked at */
    CM_DRIFT_WEAKER,   /* more than was granted */
};

const char *cm_drift_word(enum cm_drift drift);

struct cm_drift_row {
    const char *subject;        /* "capabilities" */
    const char *name;           /* "bounding" */
    const char *recorded, *now; /* may hold text of the container's */
    const char *note;           /* one clause; "" */
    enum cm_drift drift;
};

struct cm_drift_report {
    struct cm_arena arena;
    const char *id, *status, *policy;
    const char *note; /* about the whole; "" */
    size_t n, room;
    struct cm_drift_row *rows;
    bool failed; /* out of memory: to be looked at once, at the end */
};
void cm_drift_free(struct cm_drift_report *report);
#define CM_AUTO_DRIFT CM_CLEANUP(cm_drift_free)

/* The text is copied. */
void cm_drift_add(struct cm_drift_report *report, enum cm_drift drift, const char *subject, const char *name, const char *recorded, const char *now,
                  const char *note);
/* A subject that could not be looked at, with the reason of an errno. */
void cm_drift_unknown(struct cm_drift_report *report, const char *subject, const char *name, const char *recorded, int errnum);
char *cm_drift_text(struct cm_drift_report *report, const char *fmt, ...) CM_PRINTF(2, 3);
/* The worst row. */
enum cm_drift cm_drift_verdict(const struct cm_drift_report *report);
/* What `check --container` exits with: 0 none, 2 stricter or benign, 3 weaker, 1 when something could not be looked at and nothing is known to be weaker. */
int cm_drift_exit_status(const struct cm_drift_report *report);

/* For people: rows that differ first, with what they mean, then those that do not. For programs: all, as one JSON object. */
void cm_drift_print_text(const struct cm_drift_report *report, struct cm_style style, struct cm_str *out);
void cm_drift_print_json(const struct cm_drift_report *report, struct cm_str *out);

/* ---- init ---- */

/* Init as it should be: of the records. `executed`: it has executed its program, and so lost what an execve takes (capabilities(7)). */
struct cm_drift_init {
    const struct cm_promise *promise;
    const struct cm_confinement *confinement;
    bool executed;
};
void cm_drift_ids(struct cm_drift_report *report, const struct cm_drift_init *init, const struct cm_process *now);
void cm_drift_caps(struct cm_drift_report *report, const struct cm_drift_init *init, const struct cm_process *now);
void cm_drift_seccomp(struct cm_drift_report *report, const struct cm_drift_init *init, const struct cm_process *now);
void cm_drift_map(struct cm_drift_report *report, const char *name, const struct oci_id_mappings *recorded, const struct oci_id_mappings *now);
void cm_drift_rlimits(struct cm_drift_report *report, const struct cm_promise *promise, const struct cm_limit_pair now[CM_RLIMITS]);
void cm_drift_oom_score(struct cm_drift_report *report, int32_t recorded, int64_t now);
/* `now` as /proc/PID/attr/current has it: "PROFILE (enforce)", or a label; NULL: the kernel has none. A container that has not started has asked for it. */
void cm_drift_label(struct cm_drift_report *report, const struct cm_drift_init *init, const char *now);
bool cm_drift_has_label(const struct cm_confinement *confinement, const char *now);
/* The smallest number of filters that a process of the container has. */
uint32_t cm_drift_filters(const struct cm_confinement *confinement);

/* A further process against init: NULL when it is no weaker, else why. */
const char *cm_drift_process(struct cm_arena *arena, const struct cm_drift_init *init, const struct cm_process *now);

/* ---- limits (drift_limits.c) ---- */

/* What a file of a cgroup says against what was written into it. */
enum cm_drift cm_drift_limit(const char *file, const char *recorded, const char *now);
/* What a file should say after several writes: the last of them, or where there is a line a device, all of them as lines. NULL: no memory. */
const char *cm_drift_limit_written(struct cm_arena *arena, const char *file, const char *const *values, size_t n);
/* What the file says when nobody wrote to it; NULL: it is no limit. */
const char *cm_drift_limit_default(const char *file);
extern const char *const cm_drift_limit_files[];

/* ---- mounts (drift_mounts.c) ---- */

struct cm_drift_mounts {
    const struct cm_promise *promise;
    bool writable_root;
    const struct cm_mount_table *now; /* of init */
    /* Whether a path of the container's exists that no mount of the table is at: 1 or 0; -errno: nobody knows. *ret_mount is the id of the mount it is in. */
    int (*look)(const char *path, uint64_t *ret_mount, void *user);
    void *user;
};
void cm_drift_mounts(struct cm_drift_report *report, const struct cm_drift_mounts *mounts);
