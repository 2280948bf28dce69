/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processor, disk and memory scheduling of a process: first what the caller left in it is taken away, at the end what its container asks for is set. */
#include <errno.h>
#include <linux/mempolicy.h>
#include <sched.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cred/cred.h"

#define IOPRIO_PROCESS 1 /* IOPRIO_WHO_PROCESS */

/* SCHED_ATTR_SIZE_VER0 of linux/sched/types.h, which cannot be included next to sched.h before Linux 6.5. */
struct attributes {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
};

static int set_policy(uint32_t policy, int32_t nice, uint64_t flags)
{
    struct attributes attr = {.size = sizeof(attr), .policy = policy, .flags = flags, .nice = nice};

    return syscall(SYS_sched_setattr, 0, &attr, 0) < 0 ? -errno : 0;
}

/* A favour can always be given up. What hinders (a positive nice value, SCHED_IDLE) may stay where we may not lift it: that harms nobody else. */
static int reset_policy(struct cm_error *err)
{
    if (set_policy(SCHED_OTHER, 0, 0) == 0 || set_policy(SCHED_OTHER, getpriority(PRIO_PROCESS, 0), 0) == 0)
        return 0;
    int policy = sched_getscheduler(0);
    if (policy == SCHED_OTHER || policy == SCHED_BATCH || policy == SCHED_IDLE)
        return 0;
    return cm_fail_errno(err, errno, NULL, "giving up the caller's real-time scheduling");
}

int cm_cred_reset_scheduling(struct cm_error *err)
{
    int r = reset_policy(err);

    if (r < 0)
        return r;
    if (syscall(SYS_ioprio_set, IOPRIO_PROCESS, 0, 0) < 0 && errno != ENOSYS) /* no class: it follows the nice value; ENOSYS: a kernel without disks */
        return cm_fail_errno(err, errno, NULL, "giving up the caller's I/O priority");
    if (syscall(SYS_set_mempolicy, MPOL_DEFAULT, NULL, 0) < 0 && errno != ENOSYS)
        return cm_fail_errno(err, errno, NULL, "giving up the caller's memory policy");
    return 0;
}

int cm_cred_reset_personality(struct cm_error *err)
{
    return personality(PER_LINUX) < 0 ? cm_fail_errno(err, errno, "/linux/personality", "resetting the execution domain") : 0;
}

int cm_cred_set_scheduling(const struct cm_plan_scheduling *plan, struct cm_error *err)
{
    int r = plan->policy_set ? set_policy(plan->policy, plan->nice, plan->flags) : 0;

    if (r < 0)
        return cm_fail_errno(err, -r, "/process/scheduler", "setting the scheduler");
    if (plan->io_priority_set && syscall(SYS_ioprio_set, IOPRIO_PROCESS, 0, (int)plan->io_priority) < 0)
        return cm_fail_errno(err, errno, "/process/ioPriority", "setting the I/O priority");
    if (plan->memory_policy_set && syscall(SYS_set_mempolicy, (int)plan->memory_mode, plan->memory_nodes, CM_MEMORY_NODES + 1UL) < 0)
        return cm_fail_errno(err, errno, "/linux/memoryPolicy", "setting the memory policy%s",
                             errno == EINVAL ? "; the nodes must be there and among cpuset.mems of the container, and the mode one that this kernel has" : "");
    return 0;
}

int cm_cred_set_affinity(const unsigned long *cpus, const char *field, struct cm_error *err)
{
    if (cpus && syscall(SYS_sched_setaffinity, 0, CM_CPUS / 8, cpus) < 0)
        return cm_fail_errno(err, errno, field, "setting the processors%s", errno == EINVAL ? "; none of them is there and allowed to the container" : "");
    return 0;
}
