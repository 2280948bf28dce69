/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Docker's sizes; see size.h. The text is hostile. */
#include "size.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"

/* Digits behind the point: more change no byte of any size that is written with a suffix. */
#define FRACTION_DIGITS 15

/* "", "b", "k", "kb", "kib"; the power of 1024, or -1. */
static int read_suffix(const char *text)
{
    static const char letters[] = "kmgtp";
    int power = 0;

    text += *text == ' ';
    const char *letter = *text ? strchr(letters, *text | 0x20) : NULL;
    if (letter && *letter) {
        power = (int)(letter - letters) + 1;
        text++;
        text += (*text | 0x20) == 'i';
    }
    text += (*text | 0x20) == 'b';
    return *text ? -1 : power;
}

int cli_size_parse(const char *text, int64_t *ret)
{
    char digits[24] = {0};
    size_t n = strspn(text, "0123456789");
    uint64_t whole, scale = 1, fraction = 0;
    int64_t value, part;

    if (n == 0)
        return -EINVAL;
    if (n >= sizeof(digits))
        return -ERANGE;
    memcpy(digits, text, n);
    text += n;
    if (cm_parse_u64(digits, &whole) < 0)
        return -ERANGE;
    if (*text == '.') {
        size_t m = strspn(++text, "0123456789");
        if (m == 0)
            return -EINVAL;
        for (size_t i = 0; i < CM_MIN(m, (size_t)FRACTION_DIGITS); i++) {
            fraction = fraction * 10 + (uint64_t)(text[i] - '0');
            scale *= 10;
        }
        text += m;
    }
    int power = read_suffix(text);
    if (power < 0)
        return -EINVAL;
    int64_t unit = INT64_C(1) << (10 * power);
    part = (int64_t)((double)fraction / (double)scale * (double)unit);
    if (__builtin_mul_overflow(whole, unit, &value) || __builtin_add_overflow(value, part, ret))
        return -ERANGE;
    return 0;
}
