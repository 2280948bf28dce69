/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Errors, strings, numbers, arena. */
#include "check.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

TEST(error_is_one_printable_line)
{
    struct cm_error err;

    cm_error_init(&err);
    CHECK_INT(cm_fail(&err, EINVAL, "/a", "bad \"%s\"", "x\ny\033[1m"), -EINVAL);
    CHECK_STR(err.message, "bad \"x?y?[1m\"");
    CHECK_STR(err.field, "/a");
    CHECK_INT(cm_error_prefix(&err, "while %s: ", "testing"), -EINVAL);
    CHECK_STR(err.message, "while testing: bad \"x?y?[1m\"");
    CHECK_INT(cm_fail_errno(&err, ENOENT, NULL, "open %s", "f"), -ENOENT);
    CHECK_STR(err.message, "open f: No such file or directory");
    CHECK_INT(cm_fail(NULL, EPERM, NULL, "no object"), -EPERM);
}

TEST(numbers_are_whole_strings)
{
    static const struct { const char *text; int r; uint64_t v; } table[] = {
        {"0", 0, 0}, {"18446744073709551615", 0, UINT64_MAX}, {"18446744073709551616", -ERANGE, 0},
        {"", -EINVAL, 0}, {" 1", -EINVAL, 0}, {"1 ", -EINVAL, 0}, {"+1", -EINVAL, 0}, {"-1", -EINVAL, 0}, {"0x1", -EINVAL, 0}, {"1e3", -EINVAL, 0},
    };
    for (size_t i = 0; i < CM_ARRAY_LEN(table); i++) {
        uint64_t v = 0;
        CHECK_INT(cm_parse_u64(table[i].text, &v), table[i].r);
        CHECK(v == table[i].v);
    }
    int64_t s;
    CHECK_INT(cm_parse_i64("-9223372036854775808", &s), 0);
    CHECK(s == INT64_MIN);
    CHECK_INT(cm_parse_i64("9223372036854775808", &s), -ERANGE);
    CHECK_INT(cm_parse_i64("--1", &s), -EINVAL);
    CHECK_INT(cm_parse_i64(NULL, &s), -EINVAL);
    uint32_t m;
    CHECK_INT(cm_parse_mode("1777", &m), 0);
    CHECK_INT(m, 01777);
    CHECK_INT(cm_parse_mode("8", &m), -EINVAL);
    CHECK_INT(cm_parse_mode("10000", &m), -ERANGE);
}

TEST(paths_compare_by_component)
{
    CHECK(cm_path_is_below("/a/b", "/a"));
    CHECK(cm_path_is_below("/a", "/a"));
    CHECK(!cm_path_is_below("/ab", "/a"));
    CHECK(cm_path_is_below("/a", "/"));
}

TEST(builder_grows)
{
    CM_AUTO_STR struct cm_str s = {0};
    CHECK_STR(cm_str_text(&s), "");
    for (int i = 0; i < 1000; i++)
        cm_str_addf(&s, "%d,", i);
    CHECK_INT(s.size, 10 * 2 + 90 * 3 + 900 * 4);
    CHECK_CONTAINS(cm_str_text(&s), ",998,999,");
}

TEST(arena_is_aligned_and_zeroed)
{
    CM_AUTO_ARENA struct cm_arena arena = {0};
    for (size_t size = 0; size < 40000; size += 777) {
        char *p = cm_arena_alloc(&arena, size);
        CHECK(p && (uintptr_t)p % _Alignof(max_align_t) == 0);
        for (size_t i = 0; p && i < size; i++)
            if (p[i])
                CHECK_FAIL("byte %zu is not zero", i);
    }
    CHECK(cm_arena_array(&arena, SIZE_MAX, 2) == NULL);
    CHECK(cm_arena_alloc(&arena, SIZE_MAX) == NULL);
    CHECK_STR(cm_arena_printf(&arena, "%s/%d", "x", 7), "x/7");
}
