/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* process.rlimits: names and numbers are hostile; too much is clamped, never passed on. */
#include <inttypes.h>
#include <sys/resource.h>

#include "plan/planner.h"

#define NO_MAX UINT64_MAX
/* the kernel's own defaults: memory that the OOM killer cannot take back is bounded whatever the number says */
#define MEMLOCK_MAX (UINT64_C(8) << 20)
#define MSGQUEUE_MAX UINT64_C(819200)

static const struct rlimit_row {
    const char *name;
    int resource;
    uint64_t max;
} rows[] = {
    {"RLIMIT_AS", RLIMIT_AS, NO_MAX},
    /* exactly 1 makes the kernel abort dumps to a pipe helper, which would run as host root (core(5)); 0 does not */
    {"RLIMIT_CORE", RLIMIT_CORE, 1},
    {"RLIMIT_CPU", RLIMIT_CPU, NO_MAX},
    {"RLIMIT_DATA", RLIMIT_DATA, NO_MAX},
    {"RLIMIT_FSIZE", RLIMIT_FSIZE, NO_MAX},
    {"RLIMIT_LOCKS", RLIMIT_LOCKS, NO_MAX},
    {"RLIMIT_MEMLOCK", RLIMIT_MEMLOCK, MEMLOCK_MAX},
    {"RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE, MSGQUEUE_MAX},
    {"RLIMIT_NICE", RLIMIT_NICE, 20}, /* no better than nice 0 */
    {"RLIMIT_NOFILE", RLIMIT_NOFILE, NO_MAX},
    {"RLIMIT_NPROC", RLIMIT_NPROC, NO_MAX},
    {"RLIMIT_RSS", RLIMIT_RSS, NO_MAX},
    {"RLIMIT_RTPRIO", RLIMIT_RTPRIO, 0},
    {"RLIMIT_RTTIME", RLIMIT_RTTIME, NO_MAX},
    {"RLIMIT_SIGPENDING", RLIMIT_SIGPENDING, NO_MAX},
    {"RLIMIT_STACK", RLIMIT_STACK, NO_MAX},
};

static const struct rlimit_row *find_row(const char *name)
{
    for (size_t i = 0; i < CM_ARRAY_LEN(rows); i++)
        if (cm_streq(rows[i].name, name))
            return &rows[i];
    return NULL;
}

int cm_rlimit_number(const char *name)
{
    const struct rlimit_row *row = find_row(name);

    return row ? row->resource : -1;
}

static struct cm_plan_rlimit *find_planned(struct cm_planner *p, int resource)
{
    for (size_t i = 0; i < p->plan->n_rlimits; i++)
        if (p->plan->rlimits[i].resource == resource)
            return &p->plan->rlimits[i];
    return NULL;
}

void cm_add_rlimit(struct cm_planner *p, int resource, uint64_t soft, uint64_t hard, const char *field)
{
    struct cm_plan_rlimit *limit = cm_grow(p, (void **)&p->plan->rlimits, &p->plan->n_rlimits, &p->rlimits_room, sizeof(*limit));

    if (limit)
        *limit = (struct cm_plan_rlimit){resource, soft, hard, field};
}

/* What we can set at all: our own hard limit unless we may raise it. */
static uint64_t own_bound(const struct cm_planner *p, int resource, uint64_t asked)
{
    if (p->facts->can_raise_rlimits || (size_t)resource >= CM_ARRAY_LEN(p->facts->rlimit_hard))
        return asked;
    return CM_MIN(asked, p->facts->rlimit_hard[resource]);
}

static uint64_t ceiling_of(const struct cm_planner *p, const struct rlimit_row *row)
{
    uint64_t max = row->max;

    if (row->resource == RLIMIT_NOFILE)
        max = CM_MIN(max, p->policy->rlimit_nofile_max);
    if (row->resource == RLIMIT_SIGPENDING)
        max = CM_MIN(max, p->facts->rlimit_hard[RLIMIT_SIGPENDING]);
    return own_bound(p, row->resource, max);
}

static void check_one(struct cm_planner *p, const struct oci_rlimit *asked, const char *field)
{
    const struct rlimit_row *row = find_row(asked->type);

    if (!row) {
        cm_refuse(p, CM_CODE_RLIMIT, field, "there is no resource limit \"%.64s\"", asked->type ? asked->type : "");
        return;
    }
    if (asked->soft > asked->hard) {
        cm_refuse(p, CM_CODE_RLIMIT, field, "the soft limit of %s is above the hard one", row->name);
        return;
    }
    if (find_planned(p, row->resource)) {
        cm_refuse(p, CM_CODE_RLIMIT, field, "%s is given twice; remove one", row->name);
        return;
    }
    uint64_t max = ceiling_of(p, row), soft = CM_MIN(asked->soft, max), hard = CM_MIN(asked->hard, max);
    if (hard < asked->hard)
        cm_tighten(p, CM_CODE_RLIMIT, field, "%s was lowered to %" PRIu64, row->name, max);
    if (row->resource == RLIMIT_CORE)
        soft = hard = CM_MIN(max, (uint64_t)1);
    cm_add_rlimit(p, row->resource, soft, hard, field);
}

void cm_check_asked_rlimits(struct cm_planner *p)
{
    const struct oci_process *process = p->config->process;

    for (size_t i = 0; process && i < process->n_rlimits; i++)
        check_one(p, &process->rlimits[i], cm_text(p, "/process/rlimits/%zu", i));
}

void cm_check_rlimits(struct cm_planner *p)
{
    cm_check_asked_rlimits(p);
    if (!find_planned(p, RLIMIT_CORE)) {
        uint64_t core = own_bound(p, RLIMIT_CORE, 1);
        cm_add_rlimit(p, RLIMIT_CORE, core, core, "");
    }
    if (cm_pids_limited(p) || p->policy->pids_default <= 0)
        return;
    /* counts per user namespace since Linux 5.14, so it bounds the container and not others with the same id */
    uint64_t pids = own_bound(p, RLIMIT_NPROC, (uint64_t)p->policy->pids_default);
    struct cm_plan_rlimit *nproc = find_planned(p, RLIMIT_NPROC);
    if (!nproc) {
        cm_add_rlimit(p, RLIMIT_NPROC, pids, pids, "");
    } else {
        nproc->soft = CM_MIN(nproc->soft, pids);
        nproc->hard = CM_MIN(nproc->hard, pids);
    }
}
