/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux.timeOffsets: where the clocks of a container's own time namespace stand. Hostile numbers; what the kernel would not take (time_namespaces(7),
 * proc_timens_set_offset) is refused before anything is made.
 */
#include <inttypes.h>

#include "plan/planner.h"

#define OFFSETS "/linux/timeOffsets"
/* KTIME_SEC_MAX / 2: the kernel keeps half of its range for the time that is yet to pass. */
#define SECONDS_MAX (INT64_MAX / 1000000000 / 2)

static void check_offset(struct cm_planner *p, const struct oci_time_offset *offset, int64_t now, const char *clock)
{
    if (!offset->set)
        return;
    if (offset->secs < -now)
        cm_refuse(p, CM_CODE_NS_TIME, cm_text(p, OFFSETS "/%s/secs", clock),
                  "%" PRId64 " seconds would put the %s clock before zero: it stands at %" PRId64 " seconds on this host", offset->secs, clock, now);
    else if (offset->secs > SECONDS_MAX - now)
        cm_refuse(p, CM_CODE_NS_TIME, cm_text(p, OFFSETS "/%s/secs", clock),
                  "%" PRId64 " seconds are more than the kernel's clocks hold; %" PRId64 " is the most", offset->secs, SECONDS_MAX - now);
}

void cm_check_time(struct cm_planner *p)
{
    const struct oci_linux *linux_ = p->linux_;
    bool offsets = linux_->monotonic.set || linux_->boottime.set;

    if (p->plan->new_time && !p->facts->time_namespaces)
        cm_refuse(p, CM_CODE_NS_TIME, "/linux/namespaces", "this kernel has no time namespaces (CONFIG_TIME_NS, Linux 5.6); remove the entry");
    if (!offsets)
        return;
    if (!p->plan->new_time) {
        cm_refuse(p, CM_CODE_NS_TIME, OFFSETS, "time offsets are those of a time namespace of the container's own; add {\"type\": \"time\"} without a path");
        return;
    }
    check_offset(p, &linux_->monotonic, p->facts->monotonic_now, "monotonic");
    check_offset(p, &linux_->boottime, p->facts->boottime_now, "boottime");
    p->plan->monotonic = linux_->monotonic;
    p->plan->boottime = linux_->boottime;
}
