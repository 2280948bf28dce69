/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sizes as docker writes them. */
#include "check.h"

#include "base/macros.h"
#include "size.h"

TEST(sizes)
{
    static const struct { const char *text; int r; int64_t size;
    } table[] = {
        {"0", 0, 0}, {"1", 0, 1}, {"32b", 0, 32}, {"32k", 0, 32768}, {"32kb", 0, 32768}, {"32KiB", 0, 32768}, {"32 k", 0, 32768}, {"512m", 0, 536870912},
        {"1.5g", 0, 1610612736}, {"1G", 0, 1073741824}, {"2T", 0, INT64_C(2) << 40}, {"1p", 0, INT64_C(1) << 50}, {"0.5k", 0, 512}, {"3.3333333333333333333k", 0, 3413},
        {"9223372036854775807", 0, INT64_MAX}, {"9223372036854775808", -ERANGE, 0}, {"99999999999999999999999", -ERANGE, 0}, {"8388608t", -ERANGE, 0},
        {"", -EINVAL, 0}, {"k", -EINVAL, 0}, {"-1", -EINVAL, 0}, {"+1", -EINVAL, 0}, {"1x", -EINVAL, 0}, {"1kk", -EINVAL, 0}, {"1.k", -EINVAL, 0},
        {".5k", -EINVAL, 0}, {"1  k", -EINVAL, 0}, {" 1k", -EINVAL, 0}, {"1k ", -EINVAL, 0}, {"0x10", -EINVAL, 0}, {"1e3", -EINVAL, 0}, {"1bb", -EINVAL, 0},
    };
    for (size_t i = 0; i < CM_ARRAY_LEN(table); i++) {
        int64_t size = 0;
        int r = cli_size_parse(table[i].text, &size);
        if (r != table[i].r || (r == 0 && size != table[i].size))
            CHECK_FAIL("\"%s\" is %d and %lld, want %d and %lld", table[i].text, r, (long long)size, table[i].r, (long long)table[i].size);
    }
}
