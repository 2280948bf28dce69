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

/*
 * The ruleset of a plan: reading and executing everywhere in the root; writing below the plan's writable mounts only (everywhere with an ephemeral root); no device node can be made;
 * device ioctls below /dev only. Landlock ABI 2 (Linux 5.19) at least. Returns a descriptor. Looks at directories that the final user may not enter: call it before the capabilities go.
 */
int cm_landlock_prepare(const struct cm_plan *plan, struct cm_rootfd root, unsigned int abi, struct cm_error *err) CM_MUST_USE;
/* Restricts the calling process for good; needs no_new_privs. Nothing can be mounted any more. */
int cm_landlock_enforce(int ruleset, struct cm_error *err) CM_MUST_USE;

/* Asks for the label that the next execve takes, through the private procfs. No-op when the plan has none. */
int cm_label_set(const struct cm_plan *plan, int proc, struct cm_error *err) CM_MUST_USE;
