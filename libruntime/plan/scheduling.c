/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* OOM score, scheduler, I/O priority, execution domain: nothing that favours the container over the host. */
#include <linux/ioprio.h>
#include <linux/sched.h>

#include "plan/planner.h"

#define OOM_MIN (-1000)
#define OOM_MAX 1000

static void check_oom(struct cm_planner *p, const struct oci_process *process)
{
    static const char field[] = "/process/oomScoreAdj";
    int64_t asked = process->oom_score_adj.v, own = p->facts->own_oom_score_adj;
    const char *whom = p->exec ? "the process more than the container's init" : "the container more than the runtime itself";

    if (!process->oom_score_adj.set)
        return;
    if (asked < OOM_MIN || asked > OOM_MAX) {
        cm_refuse(p, CM_CODE_OOM, field, "%" PRId64 " is outside -1000 to 1000", asked);
        return;
    }
    int64_t least = cm_ceiling(p, CM_TUNABLE_OOM_SCORE_MIN, CM_CODE_OOM, CM_MAX(asked, own), field), floor = CM_MAX(least, own);
    if (asked < floor)
        cm_tighten(p, CM_CODE_OOM, field, "%" PRId64 " would shield %s (or the policy's bound); it was raised to %" PRId64, asked, whom, floor);
    p->plan->oom_score_adj_set = true;
    p->plan->oom_score_adj = (int32_t)CM_MAX(asked, floor);
}

#define SCHEDULER "/process/scheduler"
#define IO_PRIORITY "/process/ioPriority"
#define NICE_MAX 19

/* What any user of the host may choose for itself; all other policies take the processor from the host's own processes. */
static const struct {
    const char *word;
    uint32_t policy;
} policies[] = {{"SCHED_OTHER", SCHED_NORMAL}, {"SCHED_BATCH", SCHED_BATCH}, {"SCHED_IDLE", SCHED_IDLE}};

/* The others belong to deadlines, or clamp the speed of the host's processors. */
static const struct {
    const char *word;
    uint64_t flag;
} scheduler_flags[] = {
    {"SCHED_FLAG_RESET_ON_FORK", SCHED_FLAG_RESET_ON_FORK},
    {"SCHED_FLAG_KEEP_POLICY", SCHED_FLAG_KEEP_POLICY},
    {"SCHED_FLAG_KEEP_PARAMS", SCHED_FLAG_KEEP_PARAMS},
};

static void check_scheduler_flags(struct cm_planner *p, const struct oci_strings *flags)
{
    for (size_t i = 0; i < flags->n; i++) {
        uint64_t flag = 0;
        for (size_t j = 0; j < CM_ARRAY_LEN(scheduler_flags); j++)
            flag |= cm_streq(flags->v[i], scheduler_flags[j].word) ? scheduler_flags[j].flag : 0;
        if (flag == 0)
            cm_refuse(p, CM_CODE_SCHED, cm_text(p, SCHEDULER "/flags/%zu", i), "%.32s belongs to deadlines or to clamping the host's processors; remove it",
                      flags->v[i]);
        p->plan->scheduling.flags |= flag;
    }
}

static void check_scheduler(struct cm_planner *p, const struct oci_scheduler *scheduler)
{
    const struct oci_u64 *const deadline[] = {&scheduler->runtime, &scheduler->deadline, &scheduler->period};
    int64_t nice = scheduler->nice.set ? scheduler->nice.v : 0;
    bool known = false, real_time = scheduler->priority.set && scheduler->priority.v != 0;

    for (size_t i = 0; i < CM_ARRAY_LEN(policies); i++)
        if (cm_streq(scheduler->policy, policies[i].word)) {
            p->plan->scheduling.policy = policies[i].policy;
            known = true;
        }
    for (size_t i = 0; i < CM_ARRAY_LEN(deadline); i++)
        real_time |= deadline[i]->set && deadline[i]->v != 0;
    if (!known)
        cm_refuse(p, CM_CODE_SCHED, SCHEDULER "/policy", "%.32s would favour the container over the host; use SCHED_OTHER, SCHED_BATCH or SCHED_IDLE",
                  scheduler->policy);
    else if (real_time)
        cm_refuse(p, CM_CODE_SCHED, SCHEDULER, "priority, runtime, deadline and period belong to real-time policies, not to %s; remove them",
                  scheduler->policy);
    if (nice < 0)
        cm_refuse(p, CM_CODE_SCHED, SCHEDULER "/nice", "a nice value of %" PRId64 " would favour the container over the host; use 0 to %d", nice, NICE_MAX);
    else if (nice > NICE_MAX)
        cm_refuse(p, CM_CODE_PROCESS, SCHEDULER "/nice", "%" PRId64 " is no nice value; use 0 to %d", nice, NICE_MAX);
    check_scheduler_flags(p, &scheduler->flags);
    p->plan->scheduling.policy_set = true;
    p->plan->scheduling.nice = (int32_t)nice;
}

/* ioprio_set(2); the kernel's macro is signed before Linux 6.6's headers. */
static uint32_t io_priority(unsigned int class_number, unsigned int level)
{
    return class_number << IOPRIO_CLASS_SHIFT | level;
}

/* The idle class has no levels. */
static void check_io_priority(struct cm_planner *p, const struct oci_io_priority *priority)
{
    unsigned int level = priority->priority.set ? (unsigned int)priority->priority.v : 0; /* 0 to 7, by the parser */

    if (cm_streq(priority->class_name, "IOPRIO_CLASS_RT"))
        cm_refuse(p, CM_CODE_SCHED, IO_PRIORITY "/class", "real-time I/O would starve the host; use IOPRIO_CLASS_BE or IOPRIO_CLASS_IDLE");
    p->plan->scheduling.io_priority_set = true;
    p->plan->scheduling.io_priority = cm_streq(priority->class_name, "IOPRIO_CLASS_IDLE") ? io_priority(IOPRIO_CLASS_IDLE, 7)
                                                                                          : io_priority(IOPRIO_CLASS_BE, level);
}

/* Other domains bring old system call tables and READ_IMPLIES_EXEC with them; every flag weakens the address space. */
static void check_personality(struct cm_planner *p, const struct oci_personality *personality)
{
    if (!cm_streq(personality->domain, "LINUX"))
        cm_refuse(p, CM_CODE_PERSONALITY, "/linux/personality/domain", "the execution domain \"%.32s\" is not available; use LINUX", personality->domain);
    if (personality->flags.n > 0)
        cm_refuse(p, CM_CODE_PERSONALITY, "/linux/personality/flags", "flags such as \"%.64s\" weaken the address space; remove them", personality->flags.v[0]);
}

void cm_check_scheduling(struct cm_planner *p)
{
    const struct oci_process *process = p->config->process;
    const struct oci_personality *personality = p->linux_->personality;

    if (process) {
        check_oom(p, process);
        if (process->scheduler)
            check_scheduler(p, process->scheduler);
        if (process->io_priority)
            check_io_priority(p, process->io_priority);
    }
    if (personality)
        check_personality(p, personality);
    cm_check_memory_policy(p);
}
