/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How many records a minute all processes together write, without a daemon and without waiting for anybody: two counters in a small file of the state
 * directory, changed by atomic instructions on a shared mapping, so that a process may die anywhere. Hostile: nothing; only we write there.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* No container has this name: ids have no colon. */
#define CM_AUDIT_RATE_NAME "audit:1"

/*
 * Whether a record may be written in minute `minute` (of any clock that all use). If so, *ret_lost is how many were lost before, to be told with it; if not, it
 * counts as lost. Without a usable file everything may be written.
 */
bool cm_audit_rate_take(int directory, uint32_t per_minute, uint32_t minute, uint64_t *ret_lost);
/* So many were lost after all. */
void cm_audit_rate_lose(int directory, uint64_t n);
