/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The bundle's own system call filter, for `create` and for `check`. */
#pragma once

#include "plan/plan.h"
#include "seccomp/seccomp.h"

/* Compiles plan->seccomp_extra; an error if no container could start behind it. */
int cm_bundle_filter(const struct cm_plan *plan, struct cm_filter *ret, struct cm_error *err) CM_MUST_USE;
