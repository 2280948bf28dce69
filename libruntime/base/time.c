/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The clock, and calendar arithmetic. No hostile input. */
#include "base/time.h"

#include <stdio.h>
#include <time.h>

/* Days of the proleptic Gregorian calendar, years counted from March so that leap days come last. */
void cm_time_rfc3339(int64_t seconds, long nanoseconds, char *buffer, size_t size)
{
    int64_t days = seconds / 86400, rest = seconds % 86400;
    int64_t shifted = days + 719468; /* from 0000-03-01 to 1970-01-01 */
    int64_t era = shifted / 146097, day_of_era = shifted % 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_index = (5 * day_of_year + 2) / 153; /* 0 is March */
    int64_t month = month_index < 10 ? month_index + 3 : month_index - 9;
    char fraction[24] = "";

    if (nanoseconds >= 0)
        (void)snprintf(fraction, sizeof(fraction), ".%09ld", nanoseconds);
    (void)snprintf(buffer, size, "%04d-%02d-%02dT%02d:%02d:%02d%sZ", (int)(era * 400 + year_of_era + (month <= 2)), (int)month,
                   (int)(day_of_year - (153 * month_index + 2) / 5 + 1), (int)(rest / 3600), (int)(rest / 60 % 60), (int)(rest % 60), fraction);
}

int64_t cm_now_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t cm_now_ms(void)
{
    return cm_now_us() / 1000;
}
