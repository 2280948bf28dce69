/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A configuration that is fine, a host that has everything, and the plan of both after a change. */
#pragma once

#include "policy/codes.h"
#include "plan/plan.h"

typedef void (*facts_change)(struct cm_facts *facts, struct cm_policy *policy);

struct fixture {
    struct oci_config *config;
    struct cm_policy policy;
    struct cm_facts facts;
    struct cm_arena arena;
    struct cm_plan *plan; /* NULL after a failure, which was reported */
};

/* Replaces `find`, which must occur exactly once in the good configuration, by `with` (NULL: no change); then `change`, if any, alters host and policy. */
void fixture_make(struct fixture *f, enum cm_policy_level level, const char *find, const char *with, facts_change change);
/* The configuration alone, and a host that has everything. */
bool fixture_read(struct fixture *f, const char *text);
void fixture_free(struct fixture *f);
#define AUTO_FIXTURE CM_CLEANUP(fixture_free)

const struct cm_finding *fixture_find(const struct fixture *f, const char *code);
