/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Resource limits. No hostile input: values were checked by the planner. */
#include <errno.h>
#include <sys/resource.h>

#include "cred/cred.h"

int cm_cred_raise_rlimits(const struct cm_plan *plan, const uint64_t *hard, struct cm_error *err)
{
    for (size_t i = 0; i < plan->n_rlimits; i++) {
        const struct cm_plan_rlimit *want = &plan->rlimits[i];
        if (want->hard <= hard[want->resource])
            continue;
        struct rlimit limit = {.rlim_cur = hard[want->resource], .rlim_max = want->hard};
        if (setrlimit((__rlimit_resource_t)want->resource, &limit) < 0)
            return cm_fail_errno(err, errno, want->field, "raising resource limit %d to %llu; the runtime's own hard limit is lower and it may not raise it",
                                 want->resource, (unsigned long long)want->hard);
    }
    return 0;
}

int cm_cred_set_rlimits(const struct cm_plan *plan, struct cm_error *err)
{
    for (size_t i = 0; i < plan->n_rlimits; i++) {
        const struct cm_plan_rlimit *want = &plan->rlimits[i];
        struct rlimit limit = {.rlim_cur = want->soft, .rlim_max = want->hard};
        if (setrlimit((__rlimit_resource_t)want->resource, &limit) < 0)
            return cm_fail_errno(err, errno, want->field, "setting resource limit %d", want->resource);
    }
    return 0;
}
