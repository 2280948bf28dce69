/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The clock that limits are measured with, and time as text. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define CM_TIME_TEXT_MAX 48

/* RFC 3339 in UTC, with nanoseconds unless negative. Does not read the host's time zone files, as gmtime_r(3) would. */
void cm_time_rfc3339(int64_t seconds, long nanoseconds, char *buffer, size_t size);

/* The moment that "2027-01-31" (its first) or "2027-01-31T12:00:00Z" names, years 1970 to 9999 in UTC, or -1. */
int64_t cm_time_parse(const char *text);

/* The time since some moment before this process began (CLOCK_MONOTONIC): what waits and durations are measured with. */
int64_t cm_now_us(void);
int64_t cm_now_ms(void);
