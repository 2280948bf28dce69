/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Hooks of the test-only program casemate-test: take one protection away (the control arm of a test that shows an attack blocked), die at a named step,
 * allow a bind source. The product is compiled without CASEMATE_TEST_HOOKS: there, all of this is nothing, and a test checks that none of the names is in the
 * binary.
 */
#pragma once

#include "plan/plan.h"

#ifdef CASEMATE_TEST_HOOKS
bool cm_test_without(const char *protection);                           /* CASEMATE_TEST_WITHOUT=a,b */
void cm_test_point(const char *step);                                   /* CASEMATE_TEST_KILL_AT=step, _STOP_AT; _PAUSE=1 between all steps; _FAIL_AT is handled by cm_test_fails */
bool cm_test_fails(const char *step);                                   /* CASEMATE_TEST_FAIL_AT=step */
const struct cm_policy *cm_test_policy(const struct cm_policy *policy); /* CASEMATE_TEST_POLICY=strict, CASEMATE_TEST_ALLOW_MOUNT=/prefix[:rw] */
void cm_test_weaken(struct cm_plan *plan);                              /* applies CASEMATE_TEST_WITHOUT to a plan */
#else
#define cm_test_without(protection) false
#define cm_test_point(step) ((void)(step))
#define cm_test_fails(step) ((void)(step), false)
#define cm_test_policy(policy) (policy)
#define cm_test_weaken(plan) ((void)(plan))
#endif
