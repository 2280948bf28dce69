/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The clock, and calendar arithmetic. No hostile input. */
#include "base/time.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
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

/* Exactly n digits; -1 if they are none. */
static int64_t digits(const char *text, size_t n)
{
    int64_t number = 0;

    for (size_t i = 0; i < n; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        number = number * 10 + (text[i] - '0');
    }
    return number;
}

static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    static const int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > before[month] - before[month - 1] + (leap && month == 2))
        return -1;
    int64_t past = year - 1, leap_days = past / 4 - past / 100 + past / 400 - (1969 / 4 - 1969 / 100 + 1969 / 400);
    return (year - 1970) * 365 + leap_days + before[month - 1] + (leap && month > 2) + day - 1;
}

int64_t cm_time_parse(const char *text)
{
    size_t n = strlen(text);

    if ((n != strlen("2027-01-31") && n != strlen("2027-01-31T00:00:00Z")) || text[4] != '-' || text[7] != '-')
        return -1;
    int64_t days = days_of(digits(text, 4), digits(text + 5, 2), digits(text + 8, 2));
    if (days < 0 || n == strlen("2027-01-31"))
        return days < 0 ? -1 : days * 86400;
    const char *time = text + strlen("2027-01-31");
    if (time[0] != 'T' || time[3] != ':' || time[6] != ':' || time[9] != 'Z')
        return -1;
    int64_t hours = digits(time + 1, 2), minutes = digits(time + 4, 2), seconds = digits(time + 7, 2);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || seconds < 0 || seconds > 59)
        return -1;
    return days * 86400 + hours * 3600 + minutes * 60 + seconds;
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
