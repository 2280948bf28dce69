/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux.memoryPolicy: from which memory nodes the container's memory comes (set_mempolicy(2)). The words were checked by the parser; the list of nodes is
 * hostile text. The rules are the kernel's (mm/mempolicy.c), so that what it would refuse is refused before anything is made.
 */
#include <linux/mempolicy.h>

#include "plan/memory_policy.h"
#include "plan/planner.h"

/* Members of an enumeration in linux/mempolicy.h, which older headers lack. */
#define MODE_PREFERRED_MANY 5      /* Linux 5.15 */
#define MODE_WEIGHTED_INTERLEAVE 6 /* Linux 6.9 */
#ifndef MPOL_F_NUMA_BALANCING
#define MPOL_F_NUMA_BALANCING (1 << 13)
#endif

#define FIELD "/linux/memoryPolicy"

enum nodes { NODES_NONE, NODES_SOME, NODES_ANY };

static const struct mode_row {
    const char *word;
    uint32_t mode;
    enum nodes nodes;
} modes[] = {
    {"MPOL_DEFAULT", MPOL_DEFAULT, NODES_NONE},
    {"MPOL_BIND", MPOL_BIND, NODES_SOME},
    {"MPOL_INTERLEAVE", MPOL_INTERLEAVE, NODES_SOME},
    {"MPOL_WEIGHTED_INTERLEAVE", MODE_WEIGHTED_INTERLEAVE, NODES_SOME},
    {"MPOL_PREFERRED", MPOL_PREFERRED, NODES_ANY}, /* none: the node of the processor */
    {"MPOL_PREFERRED_MANY", MODE_PREFERRED_MANY, NODES_SOME},
    {"MPOL_LOCAL", MPOL_LOCAL, NODES_NONE},
};

static const struct {
    const char *word;
    uint32_t flag;
} flag_table[] = {
    {"MPOL_F_NUMA_BALANCING", MPOL_F_NUMA_BALANCING},
    {"MPOL_F_RELATIVE_NODES", MPOL_F_RELATIVE_NODES},
    {"MPOL_F_STATIC_NODES", MPOL_F_STATIC_NODES},
};

static const char *flags_objection(const struct mode_row *row, uint32_t flags, int n)
{
    uint32_t placed = flags & (MPOL_F_STATIC_NODES | MPOL_F_RELATIVE_NODES);

    if (placed == (MPOL_F_STATIC_NODES | MPOL_F_RELATIVE_NODES))
        return "MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES exclude each other";
    if (placed && n == 0)
        return "MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES need nodes";
    if (flags & MPOL_F_NUMA_BALANCING && row->mode != MPOL_BIND && row->mode != MODE_PREFERRED_MANY)
        return "MPOL_F_NUMA_BALANCING goes with MPOL_BIND and MPOL_PREFERRED_MANY only";
    return NULL;
}

static uint32_t read_flags(const struct oci_strings *words)
{
    uint32_t flags = 0;

    for (size_t i = 0; i < words->n; i++)
        for (size_t j = 0; j < CM_ARRAY_LEN(flag_table); j++)
            flags |= cm_streq(words->v[i], flag_table[j].word) ? flag_table[j].flag : 0;
    return flags;
}

static bool reaches_allowed(const struct cm_facts *facts, const unsigned long *nodes)
{
    for (size_t i = 0; i < CM_NODES_WORDS; i++)
        if (facts->mems_allowed[i] & nodes[i])
            return true;
    return false;
}

void cm_check_memory_policy(struct cm_planner *p)
{
    const struct oci_memory_policy *policy = p->linux_->memory_policy;
    struct cm_plan_scheduling *out = &p->plan->scheduling;
    const struct mode_row *row = NULL;

    for (size_t i = 0; policy && i < CM_ARRAY_LEN(modes); i++)
        if (cm_streq(policy->mode, modes[i].word))
            row = &modes[i];
    if (!row)
        return;
    int n = cm_parse_set(policy->nodes ? policy->nodes : "", CM_MEMORY_NODES, out->memory_nodes);
    uint32_t flags = read_flags(&policy->flags);
    const char *why = flags_objection(row, flags, n);
    if (!p->facts->numa)
        cm_refuse(p, CM_CODE_MEMPOLICY, FIELD, "this kernel has no memory policies (CONFIG_NUMA); remove the setting");
    if (n < 0)
        cm_refuse(p, CM_CODE_MEMPOLICY, FIELD "/nodes", "invalid memory policy node: \"%.64s\" is not a list such as 0-3,7 of nodes below %u", policy->nodes,
                  CM_MEMORY_NODES);
    else if (row->nodes == NODES_NONE && n > 0)
        cm_refuse(p, CM_CODE_MEMPOLICY, FIELD "/nodes", "%s mode requires 0 nodes but got %d; remove the nodes", row->word, n);
    else if (row->nodes == NODES_SOME && n == 0)
        cm_refuse(p, CM_CODE_MEMPOLICY, FIELD "/nodes", "%s mode requires at least 1 node but got 0; list some", row->word);
    else if (p->facts->numa && n > 0 && !(flags & MPOL_F_RELATIVE_NODES) && !reaches_allowed(p->facts, out->memory_nodes))
        cm_refuse(p, CM_CODE_MEMPOLICY, FIELD "/nodes", "none of the nodes %.64s is there, or allowed to the caller of the runtime", policy->nodes);
    if (why)
        cm_refuse(p, CM_CODE_MEMPOLICY, FIELD "/flags", "invalid memory policy flag: %s", why);
    out->memory_policy_set = true;
    out->memory_mode = row->mode | flags;
}

const char *const *cm_memory_policy_modes(void)
{
    static const char *words[CM_ARRAY_LEN(modes) + 1];

    for (size_t i = 0; i < CM_ARRAY_LEN(modes); i++)
        words[i] = modes[i].word;
    return words;
}

const char *const *cm_memory_policy_flags(void)
{
    static const char *words[CM_ARRAY_LEN(flag_table) + 1];

    for (size_t i = 0; i < CM_ARRAY_LEN(flag_table); i++)
        words[i] = flag_table[i].word;
    return words;
}
