/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mandatory access control of the container's process: the label of an AppArmor or SELinux host, and Landlock on every kernel that has it (I11).
 */
#pragma once

#include "base/error.h"
#include "base/fd.h"
#include "plan/plan.h"

/* Highest Landlock ABI of this kernel, 0 if there is none (not built, or not in the lsm= list). */
unsigned int cm_landlock_abi(void);

/* Whether AppArmor / SELinux are active on this host. */
bool cm_lsm_apparmor_active(void);
bool cm_lsm_selinux_active(void);
/* Whether labels have a level, and whether the loaded policy does not know one. */
bool cm_lsm_selinux_mls(void);
bool cm_lsm_selinux_unknown(const char *label);
/* Whether we run under a profile of AppArmor that confines. */
bool cm_lsm_apparmor_confined(int proc);

/*
 * The ruleset of a plan: reading and executing everywhere in the root; writing below the plan's writable mounts only (everywhere with an ephemeral root); no device node can be made;
 * device ioctls below /dev only. Landlock ABI 2 (Linux 5.19) at least. Returns a descriptor. Looks at directories that the final user may not enter: call it before the capabilities go.
 */
int cm_landlock_prepare(const struct cm_plan *plan, struct cm_rootfd root, unsigned int abi, struct cm_error *err) CM_MUST_USE;
/* The rights on files that this ABI can deny, of all that we want to. */
uint64_t cm_landlock_handled(unsigned int abi);
/* Restricts the calling process for good; needs no_new_privs. Nothing can be mounted any more. */
int cm_landlock_enforce(int ruleset, unsigned int abi, struct cm_error *err) CM_MUST_USE;

/* Asks for the label that the next execve takes, and sees that AppArmor's is one that will be enforced. No-op when the plan has none. */
int cm_label_set(const struct cm_plan *plan, int proc, struct cm_error *err) CM_MUST_USE;
/* The label of keyrings that are made from now on, up to the next execve. */
int cm_label_keys(const struct cm_plan *plan, int proc, struct cm_error *err) CM_MUST_USE;
