/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The unit of a container, whole: what systemd is asked for in one call, so that its limits hold from the moment it exists. Hostile: what annotations and
 * limits brought in, which was judged before.
 */
#include "plan/unit.h"

/* What every scope of ours has; runc's do too. Accounting is on wherever there is a limit, and without it a reload would take the files away. */
static const struct cm_unit_property always[] = {
    {"Delegate", "b", "1", false},
    {"DefaultDependencies", "b", "0", false},
    {"CollectMode", "s", "inactive-or-failed", false}, /* a failed unit goes by itself: nobody has to reset it */
    {"MemoryAccounting", "b", "1", false},
    {"CPUAccounting", "b", "1", true}, /* later versions count without being told */
    {"IOAccounting", "b", "1", false},
    {"TasksAccounting", "b", "1", false},
};

void cm_check_unit(struct cm_planner *p)
{
    if (!p->plan->unit.name)
        return;
    for (size_t i = 0; i < CM_ARRAY_LEN(always); i++)
        cm_unit_add(p, always[i].name, always[i].type, always[i].value, always[i].optional);
    cm_unit_add(p, "Description", "s", cm_text(p, "casemate container %s", p->id), false);
    cm_unit_add(p, "Slice", "s", p->plan->unit.slice, false);
    cm_unit_limits(p);
}
