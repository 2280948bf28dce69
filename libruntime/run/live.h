/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A container as the commands see it that manage one: its record, its status, its cgroup (run/live.c). */
#pragma once

#include "cgroup/cgroup.h"
#include "run/runtime.h"

struct cm_live {
    struct cm_entry entry;
    struct cm_record *record;
    enum cm_status status;
    struct cm_cgroup cgroup; /* CM_CGROUP_NONE when it is gone or was never made */
};

#define CM_LIVE_NONE ((struct cm_live){.entry = CM_ENTRY_NONE, .cgroup = CM_CGROUP_NONE})

/*
 * Opens it without a lock: what these commands do, the kernel orders, and a container must never be kept from being killed or deleted. The cgroup is the
 * container's own by its inode number, never another one of that name. -ENOENT "container does not exist".
 */
int cm_live_open(struct cm_runtime *runtime, const char *id, struct cm_live *ret, struct cm_error *err) CM_MUST_USE;
void cm_live_close(struct cm_live *live);
#define CM_AUTO_LIVE CM_CLEANUP(cm_live_close)

/* The error for a command that needs the cgroup of a container that has none; `what` says what for: "cannot be paused". */
int cm_live_need_cgroup(const struct cm_live *live, const char *what, struct cm_error *err) CM_MUST_USE;
