/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Planning a change of limits: (request, policy, what holds now) → files to write, or the list of everything that is wrong. Pure, and judged by the functions
 * that judge a new container's limits: what `create` would refuse or lower, an update cannot lift.
 */
#pragma once

#include "plan/plan.h"

/* What holds now, as the kernel's files say it. They are the memory of earlier updates too: a quota without a period keeps the period that is in force. */
struct cm_update_facts {
    const char *cgroup_path, *bundle; /* as recorded */
    bool rootless;
    bool systemd_driver;      /* the plan is to have the properties of the unit too */
    int64_t now;              /* seconds since 1970, when the policy has exceptions */
    unsigned int controllers; /* enum cm_controller bits that the container's cgroup has */
    uint64_t memory_total;    /* of the host, bytes */
    uint64_t memory_current;
    struct oci_i64 memory_max, swap_max; /* -1: no limit; not set: the file cannot be read */
    struct oci_i64 cpu_quota;            /* microseconds; -1: no limit */
    struct oci_u64 cpu_period;
    uint64_t cpu_burst;
    bool cpu_idle;
};

/*
 * Only what the request gives is changed: 0 for a limit of memory, a weight, a quota or a period, and an empty list of CPUs or nodes, count as not given. Rules
 * for devices are never looked at. `rdt`: a schema for Intel RDT was asked for, which is refused. The plan has limits, findings, verdict and what is not
 * enforced, nothing else. Returns 0, or -ENOMEM.
 */
int cm_plan_update(const struct oci_resources *request, bool rdt, const struct cm_policy *policy, const struct cm_update_facts *facts, struct cm_arena *arena,
                   struct cm_plan **ret_plan) CM_MUST_USE;

/* Limits as properties of a unit, which borrow from them. 0, or -ENOMEM. */
int cm_plan_unit_limits(struct cm_plan_limit *limits, size_t n, struct cm_arena *arena, struct cm_plan_unit *ret) CM_MUST_USE;
