/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Exceptions of a policy: which codes they can be for, what each then grants, and when and for whom one holds. Pure: the time is given. Exceptions are for
 * places that the engine chooses, never for what a bundle says of itself, and nothing that is a floor can be excepted.
 */
#pragma once

#include "policy/policy.h"

/* The longest that one may hold. */
#define CM_EXCEPTION_SECONDS_MAX INT64_C(31622400) /* 366 days */

struct cm_exceptable {
    enum cm_code code;
    const char *grants; /* one clause: what happens instead */
};

/* The i-th code that can be excepted; NULL after the last. */
const struct cm_exceptable *cm_exceptable_at(size_t i);
const struct cm_exceptable *cm_exceptable_find(enum cm_code code);

enum cm_exception_state {
    CM_EXCEPTION_HOLDS,
    CM_EXCEPTION_NOT_YET,
    CM_EXCEPTION_EXPIRED,
};
enum cm_exception_state cm_exception_state(const struct cm_exception *exception, int64_t now);

/* Whether it is for the container with this bundle and this cgroup; either may be NULL: unknown, and then in no place. */
bool cm_exception_is_for(const struct cm_exception *exception, const char *bundle, const char *cgroup);
