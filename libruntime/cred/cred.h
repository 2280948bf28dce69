/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Credentials and limits of the container's process. Each function is one step of the launch; none decides anything. Order matters and is run/child.c's.
 */
#pragma once

#include "base/error.h"
#include "plan/plan.h"

/* Keeps capabilities across the id changes that follow (securebits). Must be called again after entering a user namespace, which resets them. */
int cm_cred_keep_caps(struct cm_error *err) CM_MUST_USE;
/* Supplementary groups, group and user of the plan, all real, effective, saved and filesystem ids. */
int cm_cred_set_ids(const struct cm_plan *plan, struct cm_error *err) CM_MUST_USE;
/* Non-dumpable: nobody may ptrace us or open our /proc files. The id change resets it, so it is called twice. */
int cm_cred_hide(struct cm_error *err) CM_MUST_USE;
/* user.max_*_namespaces = 0 in the current user namespace (I3), by a procfs descriptor. Needs CAP_SYS_RESOURCE there. */
int cm_cred_forbid_nesting(int proc, struct cm_error *err) CM_MUST_USE;
/* Bounding set, permitted, effective, inheritable (only what ambient needs) and ambient sets, and the securebits that fit. Verified by capget. */
int cm_cred_set_caps(const struct cm_plan_caps *caps, unsigned int last_cap, struct cm_error *err) CM_MUST_USE;
/* Empties the inheritable set, and with it the ambient one: for what goes on as root of the host. -errno. */
int cm_cred_inherit_nothing(void) CM_MUST_USE;
/* no_new_privs, and with `memory_deny_write_exec` PR_SET_MDWE. */
int cm_cred_no_new_privs(const struct cm_plan *plan, struct cm_error *err) CM_MUST_USE;
/* Raises what must be raised while we still may (`hard`: our own limits by number); the exact values are set at the end by cm_cred_set_rlimits. */
int cm_cred_raise_rlimits(const struct cm_plan *plan, const uint64_t *hard, struct cm_error *err) CM_MUST_USE;
int cm_cred_set_rlimits(const struct cm_plan *plan, struct cm_error *err) CM_MUST_USE;
/* The processors of the calling process, of those that its cgroup allows; `cpus` (CM_CPUS bits) may be NULL. */
int cm_cred_set_affinity(const unsigned long *cpus, const char *field, struct cm_error *err) CM_MUST_USE;
/* A fresh session keyring, so that the caller's keys are out of reach. Without a name: by its name an existing one would be joined, and any user of the host can
 * make one of that name (keyctl(2)). ENOSYS (no keyrings in this kernel) is success. */
int cm_cred_new_keyring(struct cm_error *err) CM_MUST_USE;
/* Back to a plain start: default signal dispositions, empty mask, every CPU, default timer slack, and the caller's scheduling given up. */
int cm_cred_reset_inherited(int proc, pid_t self, struct cm_error *err) CM_MUST_USE;
/* Ordinary scheduling, nice 0, no I/O class, memory from anywhere; part of the above (cred/scheduling.c). */
int cm_cred_reset_scheduling(struct cm_error *err) CM_MUST_USE;
/* The native execution domain without flags: ADDR_NO_RANDOMIZE and READ_IMPLIES_EXEC of a caller are inherited across execve (personality(2)). */
int cm_cred_reset_personality(struct cm_error *err) CM_MUST_USE;
/* What a plan asks for; needs no privilege, but system calls that filters forbid. */
int cm_cred_set_scheduling(const struct cm_plan_scheduling *plan, struct cm_error *err) CM_MUST_USE;
