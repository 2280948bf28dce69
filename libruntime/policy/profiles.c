/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See profiles.h. A constant table. */
#include "policy/profiles.h"

#include "base/macros.h"
#include "base/str.h"

static const struct {
    const char *name;
    const char *within; /* NULL: the widest; stands before this one */
    const char *purpose;
    bool lets_fork;
} profiles[] = {
    {"default", NULL, "general images", true},
    {"strict", "default", "services and build tools without changes of identity", true},
    {"web", "strict", "network daemons", true},
    {"batch", "strict", "computing without a network", true},
    {"minimal", "web", "one static program with threads", false},
};

const char *cm_profile_name(size_t i)
{
    return i < CM_ARRAY_LEN(profiles) ? profiles[i].name : NULL;
}

const char *cm_profile_purpose(size_t i)
{
    return i < CM_ARRAY_LEN(profiles) ? profiles[i].purpose : NULL;
}

static const char *wider_than(const char *name, bool *ret_exists)
{
    for (size_t i = 0; i < CM_ARRAY_LEN(profiles); i++)
        if (cm_streq(profiles[i].name, name)) {
            *ret_exists = true;
            return profiles[i].within;
        }
    *ret_exists = false;
    return NULL;
}

bool cm_profile_exists(const char *name)
{
    bool exists;

    (void)wider_than(name, &exists);
    return exists;
}

bool cm_profile_lets_fork(const char *name)
{
    for (size_t i = 0; i < CM_ARRAY_LEN(profiles); i++)
        if (cm_streq(profiles[i].name, name))
            return profiles[i].lets_fork;
    return false;
}

bool cm_profile_is_within(const char *inner, const char *outer)
{
    for (bool exists = cm_profile_exists(outer); inner && exists; inner = wider_than(inner, &exists))
        if (cm_streq(inner, outer))
            return true;
    return false;
}
