/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A further process in a container: (process, how its init is confined, policy, facts) → a plan that is never weaker than init's (I12), or everything that is
 * wrong. Pure, like plan.h.
 */
#pragma once

#include <linux/filter.h>

#include "plan/plan.h"

/* A system call filter as it was loaded into init. */
struct cm_confined_filter {
    struct sock_filter *code;
    unsigned short size; /* instructions; 0: none */
    uint16_t flags;      /* SECCOMP_FILTER_FLAG_… */
};

/* A mount below which Landlock grants more than reading. */
struct cm_confined_mount {
    const char *target;
    enum cm_mount_kind kind;
    uint64_t attributes;
    bool is_directory;
};

/*
 * How a container's init is confined, as far as the kernel does not tell it of a living process. Written by create (state/confinement.c) and read by exec; the
 * rest of what exec needs (resource limits, OOM score) is read from init itself, which cannot loosen it.
 */
struct cm_confinement {
    struct cm_arena arena; /* of one that was read */
    struct cm_plan_caps caps;
    bool memory_deny_write_exec;
    bool non_root; /* the policy of its create wanted no process of uid 0 */
    uint32_t landlock_abi; /* 0: no ruleset was enforced */
    bool writable_root;
    size_t n_mounts;
    struct cm_confined_mount *mounts;
    const char *apparmor_profile, *selinux_label;
    struct oci_id_mappings uid_map, gid_map;
    struct oci_cpu_affinity affinity;     /* of the config, for processes that name none */
    struct cm_plan_scheduling scheduling; /* the same */
    struct cm_confined_filter ours, extra;
    const char *seccomp_agent, *seccomp_metadata; /* who hears what `extra` hands over; NULL: nobody, or nothing to tell */
};

/* What a plan leaves for those who join later. The filters are filled in by the caller. Allocates from the plan's arena; false: out of memory. */
bool cm_plan_confinement(const struct cm_plan *plan, unsigned int landlock_abi, struct cm_confinement *ret);

struct cm_limit_pair {
    uint64_t soft, hard;
};


struct cm_exec_request {
    const struct oci_process *process;
    uint64_t extra_caps; /* of --cap: refused and never dropped when init may not have them */
    const struct cm_confinement *init;
    const char *bundle, *cgroup; /* of the container, as recorded; may be NULL. For exceptions of the policy. */
    struct cm_limit_pair init_limits[CM_RLIMITS], own_limits[CM_RLIMITS]; /* by RLIMIT_ number: of the running init, and of the calling process */
};

/*
 * Decides, as cm_plan_make. Of the facts those about the host count: rootless, apparmor, selinux, suid_dumpable, last_cap, rlimit_hard, can_raise_rlimits, and
 * own_oom_score_adj, which is init's here. What a plan says of a container's surroundings is left empty, except the mounts that Landlock needs.
 */
int cm_plan_exec(const struct cm_exec_request *request, const struct cm_policy *policy, const struct cm_facts *facts, struct cm_arena *arena,
                 struct cm_plan **ret_plan) CM_MUST_USE;
