/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Facts about the host, as create and exec need them; those about a bundle are bundle.c's. */
#pragma once

#include "plan/exec.h"
#include "run/runtime.h"

/* What does not depend on a bundle; `process` (may be NULL) says which resource limits are of interest. */
void cm_facts_host(const struct cm_runtime *runtime, const struct oci_process *process, struct cm_facts *facts);
/* A decimal number in a file of the private procfs. */
int cm_facts_number(int proc, const char *path, int64_t *ret);
/* The resource limits of a process, from /proc/PID/limits. */
int cm_facts_limits(int proc, pid_t pid, struct cm_limit_pair ret[CM_RLIMITS]);
/* The kernel's list of AppArmor profiles and their modes; to be freed. */
int cm_facts_profiles(char **ret);
/* Where a container's cgroup can be made, and which controllers it can have: those of our own cgroup's parent. */
void cm_facts_cgroup(struct cm_runtime *runtime, struct cm_facts *facts);
/* Which ids containers get. */
void cm_facts_ids(const struct cm_runtime *runtime, struct cm_facts *facts);
