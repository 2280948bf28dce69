/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Inside of `check --container`: what its files share. check_container.c looks at init and the cgroup, check_processes.c at all other processes. */
#pragma once

#include "observe/drift.h"
#include "run/live.h"
#include "state/confinement.h"

struct cm_container_check {
    struct cm_runtime *runtime;
    const struct cm_entry *entry;
    const struct cm_cgroup *cgroup; /* CM_CGROUP_NONE when there is none */
    const struct cm_record *record;
    const struct cm_promise *promise; /* NULL for a container that has stopped */
    const struct cm_confinement *confinement;
    struct cm_drift_init init;
    struct cm_drift_report report;
};

/* The label of a process as procfs shows it, in a buffer, or NULL. */
#define CM_LABEL_TEXT_MAX 1536
const char *cm_check_label(const struct cm_container_check *check, pid_t pid, char buffer[CM_LABEL_TEXT_MAX]);
/* The processes of the cgroup and of the pid namespace against init, and who uses the container's ids outside of both. */
void cm_check_processes(struct cm_container_check *check);
/* The same for a container whose init has ended: none may be left. */
void cm_check_leftovers(struct cm_container_check *check);
