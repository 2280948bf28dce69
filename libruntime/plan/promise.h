/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a container was promised to be, as far as its confinement (plan/exec.h) does not say it: recorded by create for `check --container`, which compares it with
 * what the host sees later. Pure.
 */
#pragma once

#include "plan/plan.h"

struct cm_promised_mount {
    const char *target;
    enum cm_mount_kind kind;
    uint64_t attributes; /* MOUNT_ATTR_… */
    bool recursive;      /* a tree of the host: what is mounted below its source is mounted here too */
    bool idmap;
};

/* The file that was written: the preferred one where the kernel has it. */
struct cm_promised_limit {
    const char *file, *value;
    const char *preferred_file, *preferred_value; /* NULL: there is none such */
};

struct cm_promise {
    struct cm_arena arena; /* of one that was read */
    uint32_t uid, gid;     /* as the container sees them */
    size_t n_groups;
    const uint32_t *groups;
    size_t n_rlimits;
    const struct cm_plan_rlimit *rlimits; /* without their fields */
    int32_t oom_score_adj;
    const char *seccomp_profile;
    bool hooks;          /* of the host, or of the container before its pivot: they may have mounted what no plan has */
    bool terminal;       /* bound on /dev/console */
    bool root_idmap;
    bool device_program;
    bool network_joined; /* network_owner counts */
    bool ipc_joined, uts_joined;
    struct cm_ns_id network_owner;
    struct oci_strings bound_nodes; /* names below /dev at which the host's nodes are mounted */
    struct oci_strings masked, readonly;
    size_t n_mounts;
    const struct cm_promised_mount *mounts;
    size_t n_limits;
    const struct cm_promised_limit *limits;
};

/* What a plan promises. Allocates from the plan's arena; false: out of memory. */
bool cm_plan_promise(const struct cm_plan *plan, int32_t own_oom_score_adj, struct cm_promise *ret);
