/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sizes as mount options and cgroup files write them; hostile text. */
#include <string.h>

#include "plan/planner.h"

int cm_parse_size(const char *text, uint64_t whole, uint64_t *ret)
{
    static const char suffixes[] = "kmgt";
    char digits[24];
    size_t n = strspn(text, "0123456789");
    uint64_t value;

    if (n == 0 || n >= sizeof(digits) || (text[n] != '\0' && text[n + 1] != '\0'))
        return -1;
    memcpy(digits, text, n);
    digits[n] = '\0';
    if (cm_parse_u64(digits, &value) < 0)
        return -1;
    if (text[n] == '%') {
        if (whole == 0 || value > 100)
            return -1;
        *ret = whole / 100 * value;
        return 0;
    }
    if (text[n] != '\0') {
        const char *suffix = strchr(suffixes, text[n] | 0x20);
        if (!suffix || __builtin_mul_overflow(value, UINT64_C(1) << (10 * (suffix - suffixes + 1)), &value))
            return -1;
    }
    *ret = value;
    return 0;
}
