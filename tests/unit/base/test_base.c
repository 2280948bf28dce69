/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Errors, strings, numbers, arena. */
#include "check.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/io.h"
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

TEST(what_terminals_act_on_is_replaced)
{
    static const struct { const char *text, *want; } table[] = {
        {"a\tb\x7f", "a?b?"},
        {"\xc2\x80 \xc2\x9b" "31m \xc2\x9f", "?? ??31m ??"},
        {"\xc2\xa0\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\xc2\xa0\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
        {"\xe2\x80\x8d\xe2\x80\x8e\xe2\x80\x8f\xe2\x80\x90", "\xe2\x80\x8d??????\xe2\x80\x90"},
        {"\xe2\x80\xaa\xe2\x80\xae\xe2\x80\xaf", "??????\xe2\x80\xaf"},
        {"\xe2\x81\xa5\xe2\x81\xa6\xe2\x81\xa9\xe2\x81\xaa", "\xe2\x81\xa5??????\xe2\x81\xaa"},
        {"\xe2\x80", "\xe2\x80"},
        {"\xe2", "\xe2"},
        {"\xc2", "\xc2"},
    };

    for (size_t i = 0; i < CM_ARRAY_LEN(table); i++) {
        char text[64];
        (void)snprintf(text, sizeof(text), "%s", table[i].text);
        cm_printable(text);
        CHECK_STR(text, table[i].want);
    }
}

static const char *replace_as_somebody(int dir)
{
    /* 61151: nobody else's; the directory is sticky and root's, the file in the way too. */
    if (setgroups(0, NULL) < 0 || setresgid(61151, 61151, 61151) < 0 || setresuid(61151, 61151, 61151) < 0)
        return "cannot change ids";
    return cm_replace_file_at(dir, "pid", 0644, "7", 1) == 0 ? NULL : strerror(errno);
}

TEST(a_temporary_name_that_is_taken)
{
    char path[] = "/dev/shm/casemate-base-XXXXXX", text[8];
    int dir = mkdtemp(path) ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

    if (geteuid() != 0 || dir < 0) {
        (void)snprintf(check_skip_reason, sizeof(check_skip_reason), "needs root and /dev/shm");
        (void)rmdir(path);
        return;
    }
    CHECK_INT(cm_replace_file_at(dir, ".pid.tmp", 0600, "", 0), 0);
    CHECK_INT(cm_replace_file_at(dir, "pid", 0644, "6", 1), 0); /* a killed process's is replaced */
    CHECK_INT(fchmod(dir, 01777), 0);
    CHECK_INT(unlinkat(dir, "pid", 0), 0);
    CHECK_INT(cm_replace_file_at(dir, ".pid.tmp", 0600, "", 0), 0);
    pid_t pid = fork();
    if (pid == 0) {
        const char *why = replace_as_somebody(dir);
        if (why)
            printf("# %s\n", why);
        (void)fflush(stdout);
        _exit(why ? 1 : 0);
    }
    int status = -1;
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    CHECK(cm_read_small_at(dir, "pid", text, sizeof(text)) == 1 && text[0] == '7');
    CHECK_INT(unlinkat(dir, "pid", 0), 0);
    CHECK_INT(unlinkat(dir, ".pid.tmp", 0), 0);
    (void)close(dir);
    CHECK_INT(rmdir(path), 0); /* nothing else was left */
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
