/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* process.execCPUAffinity: the processors of a process that joins a container. Hostile text; cpuset limits of the container hold whatever it says. */
#include <string.h>

#include "plan/planner.h"

/* Blanks after commas are tolerated, as runc does. */
static const char *without_blanks(struct cm_planner *p, const char *text)
{
    char *copy = cm_take(p, strlen(text) + 1, 1), *to = copy;

    for (const char *c = text; copy && *c; c++)
        if (*c != ' ' || (to > copy && to[-1] != ','))
            *to++ = *c;
    return copy ? copy : "";
}

static const unsigned long *check_list(struct cm_planner *p, const char *text, const char *field)
{
    if (!text)
        return NULL;
    unsigned long *set = cm_take(p, CM_CPUS_WORDS, sizeof(*set));
    if (set && cm_parse_set(without_blanks(p, text), CM_CPUS, set) <= 0)
        cm_refuse(p, CM_CODE_AFFINITY, field, "\"%.64s\" is not a list such as 0-3,7 of processors below %u", text, CM_CPUS);
    return set;
}

void cm_check_affinity(struct cm_planner *p)
{
    const struct oci_process *process = p->config->process;
    const struct oci_cpu_affinity *affinity = process ? process->exec_cpu_affinity : NULL;

    if (!affinity)
        return;
    p->plan->affinity = *affinity;
    p->plan->cpus_initial = check_list(p, affinity->initial, "/process/execCPUAffinity/initial");
    p->plan->cpus_final = check_list(p, affinity->final, "/process/execCPUAffinity/final");
}
