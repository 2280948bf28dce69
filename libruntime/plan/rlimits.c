/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* process.rlimits: names and numbers are hostile; too much is clamped, never passed on. */
#include <sys/resource.h>

#include "plan/planner.h"

#define ROW(name)                                                                                                                                              \
    {                                                                                                                                                          \
        #name, name                                                                                                                                            \
    }

static const struct rlimit_row {
    const char *name;
    int resource;
} rows[] = {
    ROW(RLIMIT_AS),
    ROW(RLIMIT_CORE),
    ROW(RLIMIT_CPU),
    ROW(RLIMIT_DATA),
    ROW(RLIMIT_FSIZE),
    ROW(RLIMIT_LOCKS),
    ROW(RLIMIT_MEMLOCK),
    ROW(RLIMIT_MSGQUEUE),
    ROW(RLIMIT_NICE),
    ROW(RLIMIT_NOFILE),
    ROW(RLIMIT_NPROC),
    ROW(RLIMIT_RSS),
    ROW(RLIMIT_RTPRIO),
    ROW(RLIMIT_RTTIME),
    ROW(RLIMIT_SIGPENDING),
    ROW(RLIMIT_STACK),
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

const char *cm_rlimit_name(int resource)
{
    for (size_t i = 0; i < CM_ARRAY_LEN(rows); i++)
        if (rows[i].resource == resource)
            return rows[i].name;
    return "";
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

static uint64_t ceiling_of(struct cm_planner *p, const struct rlimit_row *row, uint64_t asked, const char *field)
{
    enum cm_tunable_id id = CM_TUNABLE_RLIMIT_AS + (enum cm_tunable_id)(row - rows); /* both in the order of names */
    int64_t ceiling = cm_ceiling(p, id, CM_CODE_RLIMIT, asked > INT64_MAX ? INT64_MAX : (int64_t)asked, field);
    uint64_t max = ceiling == CM_NO_MAX ? UINT64_MAX : (uint64_t)ceiling;

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
    uint64_t max = ceiling_of(p, row, asked->hard, field), soft = CM_MIN(asked->soft, max), hard = CM_MIN(asked->hard, max);
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
