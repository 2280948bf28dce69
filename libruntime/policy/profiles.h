/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names of the compiled-in system call profiles, and which of them is stricter. The filters are made in seccomp/, from seccomp-profiles/; a test compares
 * both with this table. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* The i-th profile, from the widest to the narrowest; NULL after the last. */
const char *cm_profile_name(size_t i);
/* What it is for, in a few words; NULL after the last. */
const char *cm_profile_purpose(size_t i);

/* Whether there is such a profile; the name may be hostile, or NULL. */
bool cm_profile_exists(const char *name);

/* Whether a process may start further ones under it: where not, neither does a startContainer hook. False if there is no such profile. */
bool cm_profile_lets_fork(const char *name);

/* Whether everything that `inner` allows is allowed by `outer` too. Every profile is within itself; false if either does not exist. */
bool cm_profile_is_within(const char *inner, const char *outer);
