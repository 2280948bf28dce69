/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Durations as Go writes them. */
#include "check.h"

#include "base/macros.h"
#include "duration.h"

TEST(durations)
{
    static const struct { const char *text; int r; int64_t ns;
    } table[] = {
        {"5s", 0, 5000000000}, {"1m30s", 0, 90000000000}, {"1.5h", 0, 5400000000000}, {"200ms", 0, 200000000}, {"1us", 0, 1000}, {"1\xc2\xb5s", 0, 1000},
        {"7ns", 0, 7}, {"0", 0, 0}, {"-1s", 0, -1000000000}, {"+1s", 0, 1000000000}, {".5s", 0, 500000000}, {"1.s", 0, 1000000000}, {"0s", 0, 0},
        {"1h1m1s1ms1us1ns", 0, 3661001001001}, {"2562047h", 0, 9223369200000000000}, {"", -EINVAL, 0}, {"5", -EINVAL, 0}, {"s", -EINVAL, 0}, {"-", -EINVAL, 0},
        {"5 s", -EINVAL, 0}, {"5x", -EINVAL, 0}, {".s", -EINVAL, 0}, {"5s5", -EINVAL, 0}, {"--5s", -EINVAL, 0}, {"1e3s", -EINVAL, 0}, {"0x5s", -EINVAL, 0},
        {"99999999999999999999s", -ERANGE, 0}, {"2562048h", -ERANGE, 0}, {"0.33333333333333333333s", 0, 333333333},
    };
    for (size_t i = 0; i < CM_ARRAY_LEN(table); i++) {
        int64_t ns = 0;
        int r = cli_duration_parse(table[i].text, &ns);
        if (r != table[i].r || ns != table[i].ns)
            CHECK_FAIL("\"%s\" is %d and %lld, want %d and %lld", table[i].text, r, (long long)ns, table[i].r, (long long)table[i].ns);
    }
}
