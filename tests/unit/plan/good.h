/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plans that are no refusals, and what is in them. Include after check.h. */
#pragma once

#include "fixture.h"

static inline void good(struct fixture *f, const char *find, const char *with, facts_change change)
{
    fixture_make(f, CM_POLICY_HARDENED, find, with, change);
    CHECK(f->plan != NULL);
    if (f->plan)
        CHECK(f->plan->verdict != CM_VERDICT_REFUSED);
}

/* An empty target: not there. */
static inline const struct cm_plan_mount *mount_at(const struct cm_plan *plan, const char *target)
{
    static const struct cm_plan_mount none = {.target = ""};

    for (size_t i = 0; i < plan->n_mounts; i++)
        if (cm_streq(plan->mounts[i].target, target))
            return &plan->mounts[i];
    return &none;
}
