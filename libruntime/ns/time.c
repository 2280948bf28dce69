/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Offsets of a time namespace. The numbers were judged by the planner. */
#include "ns/time.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>

#include "base/fd.h"
#include "base/sys.h"
#include "path/procfs.h"

static int write_offset(int proc, pid_t self, const char *clock, const struct oci_time_offset *offset, struct cm_error *err)
{
    char path[48], line[96];

    if (!offset->set)
        return 0;
    (void)snprintf(path, sizeof(path), "%d/timens_offsets", (int)self);
    (void)snprintf(line, sizeof(line), "%s %" PRId64 " %u\n", clock, offset->secs, offset->nanosecs);
    int r = cm_procfs_write(proc, path, line);
    return r < 0 ? cm_fail_errno(err, -r, "/linux/timeOffsets", "setting the %s clock of the time namespace", clock) : 0;
}

int cm_time_prepare(int proc, pid_t self, const struct oci_time_offset *monotonic, const struct oci_time_offset *boottime, int *ret_own, struct cm_error *err)
{
    char path[48];

    (void)snprintf(path, sizeof(path), "%d/ns/time", (int)self);
    CM_AUTO_CLOSE int own = openat(proc, path, O_RDONLY | O_CLOEXEC); /* a magic link of our own procfs: following it is the point */
    if (own < 0)
        return cm_fail_errno(err, errno, "/linux/namespaces", "opening the own time namespace");
    if (unshare(CLONE_NEWTIME) < 0)
        return cm_fail_errno(err, errno, "/linux/namespaces", "making a time namespace%s",
                             errno == ENOSPC ? "; raise the sysctl user.max_time_namespaces" : "");
    int r = write_offset(proc, self, "monotonic", monotonic, err);
    if (r == 0)
        r = write_offset(proc, self, "boottime", boottime, err);
    if (r < 0) {
        cm_time_return(CM_TAKE_FD(own));
        return r;
    }
    *ret_own = CM_TAKE_FD(own);
    return 0;
}

void cm_time_return(int own)
{
    (void)setns(own, CLONE_NEWTIME);
    (void)cm_close(own);
}
