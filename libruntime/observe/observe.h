/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a container uses and what happens to it, from the files of its cgroup, by descriptor. The files are the kernel's, the numbers in them the container's:
 * they are parsed strictly and with bounds, and what cannot be read is left out or 0.
 */
#pragma once

#include <stdint.h>

#include "base/error.h"
#include "cgroup/cgroup.h"
#include "json/json.h"

/*
 * The line {"type":"stats","id":…,"data":…} of `events`, with the members and order of runc's document: cpu, cpuset, memory, pids, blkio, hugetlb, intel_rdt
 * and network_interfaces. Times are nanoseconds, sizes bytes; swap counts memory too, as with cgroup v1. A controller that is not there has empty or zero
 * members. Beyond runc's: memory.events, memory.swapEvents and pids.events, the kernel's counters of limits that were hit. Returns 0, -ENOENT when the cgroup
 * is gone, -ENOMEM.
 */
int cm_stats_line(const struct cm_cgroup *cgroup, const char *id, struct cm_str *out) CM_MUST_USE;
/* The line {"type":TYPE,"id":…}. */
void cm_event_line(const char *type, const char *id, struct cm_str *out);

struct cm_watch {
    const char *id;
    int64_t interval_ms; /* between two statistics, above 0 */
    int output;          /* a descriptor whose reader may go away: then there is nobody left to watch for; negative: none */
    int (*emit)(const struct cm_str *line, void *user, struct cm_error *err);
    void *user;
};

/*
 * Emits statistics every interval, a line "oom" whenever the kernel has killed in the cgroup for lack of memory, and a line "pids" when a process could not be
 * made because of pids.max, until no process is left in it. The kernel wakes us for the first and the last; should it not, they are seen within a second. The
 * line "pids" comes at most once a second: a fork bomb fails all the time, and is not to keep us busy too.
 */
int cm_watch(const struct cm_cgroup *cgroup, const struct cm_watch *watch, struct cm_error *err) CM_MUST_USE;
