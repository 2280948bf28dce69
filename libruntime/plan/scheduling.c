/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* OOM score, scheduler, I/O priority, execution domain: nothing that favours the container over the host. */
#include <inttypes.h>
#include <string.h>

#include "plan/planner.h"

#define OOM_MIN (-1000)
#define OOM_MAX 1000

static void check_oom(struct cm_planner *p, const struct oci_process *process)
{
    static const char field[] = "/process/oomScoreAdj";
    int64_t floor = CM_MAX(p->policy->oom_score_adj_min, (int64_t)p->facts->own_oom_score_adj), asked = process->oom_score_adj.v;

    if (!process->oom_score_adj.set)
        return;
    if (asked < OOM_MIN || asked > OOM_MAX) {
        cm_refuse(p, CM_CODE_OOM, field, "%" PRId64 " is outside -1000 to 1000", asked);
        return;
    }
    if (asked < floor)
        cm_tighten(p, CM_CODE_OOM, field,
                   "%" PRId64 " would shield the container more than the runtime itself (or the policy's bound); it was raised to %" PRId64, asked, floor);
    p->plan->oom_score_adj_set = true;
    p->plan->oom_score_adj = (int32_t)CM_MAX(asked, floor);
}

static void check_scheduler(struct cm_planner *p, const struct oci_scheduler *scheduler)
{
    static const char *const ordinary[] = {"SCHED_OTHER", "SCHED_BATCH", "SCHED_IDLE"};
    const char *policy = scheduler->policy ? scheduler->policy : "SCHED_OTHER";
    bool plain = false;

    for (size_t i = 0; i < CM_ARRAY_LEN(ordinary); i++)
        plain |= cm_streq(policy, ordinary[i]);
    if (!plain || (scheduler->nice.set && scheduler->nice.v < 0))
        cm_refuse(p, CM_CODE_SCHED, "/process/scheduler", "%.32s with nice %" PRId64 " would favour the container over the host; remove the request", policy,
                  scheduler->nice.set ? scheduler->nice.v : 0);
    else
        cm_refuse(p, CM_CODE_NOT_YET, "/process/scheduler", "setting the scheduler is not available yet; remove the setting");
}

static void check_io_priority(struct cm_planner *p, const struct oci_io_priority *priority)
{
    if (cm_streq(priority->class_name, "IOPRIO_CLASS_RT"))
        cm_refuse(p, CM_CODE_SCHED, "/process/ioPriority", "real-time I/O priority would starve the host; remove the request");
    else
        cm_refuse(p, CM_CODE_NOT_YET, "/process/ioPriority", "setting the I/O priority is not available yet; remove the setting");
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
    /* other domains bring old system call tables and READ_IMPLIES_EXEC with them */
    if (personality && (!cm_streq(personality->domain, "LINUX") || personality->flags.n > 0))
        cm_refuse(p, CM_CODE_PERSONALITY, "/linux/personality", "only the domain LINUX without flags is available; remove the setting");
}
