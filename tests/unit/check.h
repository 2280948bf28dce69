/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The unit tests' whole framework: TEST(name) { … } registers itself, CHECK* report file and line and go on, check_main runs all
 * (or those whose name contains argv[1]) and prints TAP, so that meson and ./tests/run count every test.
 */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct check_test {
    const char *name;
    void (*run)(void);
    struct check_test *next;
};

static struct check_test *check_first, **check_last = &check_first;
static int check_failures_now;
static char check_skip_reason[256];

#define TEST(test_name)                                                             \
    static void test_##test_name(void);                                             \
    static struct check_test check_##test_name = {#test_name, test_##test_name, NULL}; \
    __attribute__((constructor)) static void register_##test_name(void)             \
    {                                                                               \
        *check_last = &check_##test_name;                                           \
        check_last = &check_##test_name.next;                                       \
    }                                                                               \
    static void test_##test_name(void)

#define CHECK_FAIL(...)                                     \
    do {                                                    \
        check_failures_now++;                               \
        printf("# %s:%d: ", __FILE__, __LINE__);            \
        printf(__VA_ARGS__);                                \
        printf("\n");                                       \
    } while (0)

#define CHECK(condition)                                    \
    do {                                                    \
        if (!(condition))                                   \
            CHECK_FAIL("not true: %s", #condition);         \
    } while (0)

#define CHECK_INT(got, want)                                                                  \
    do {                                                                                      \
        long long got_ = (long long)(got), want_ = (long long)(want);                         \
        if (got_ != want_)                                                                    \
            CHECK_FAIL("%s is %lld, want %lld", #got, got_, want_);                           \
    } while (0)

#define CHECK_STR(got, want)                                                                  \
    do {                                                                                      \
        const char *got_ = (got), *want_ = (want);                                            \
        if (!got_ || !want_ || strcmp(got_, want_) != 0)                                      \
            CHECK_FAIL("%s is \"%s\", want \"%s\"", #got, got_ ? got_ : "(null)", want_ ? want_ : "(null)"); \
    } while (0)

#define CHECK_CONTAINS(got, want)                                                             \
    do {                                                                                      \
        const char *got_ = (got), *want_ = (want);                                            \
        if (!got_ || !strstr(got_, want_))                                                    \
            CHECK_FAIL("%s is \"%s\", which does not contain \"%s\"", #got, got_ ? got_ : "(null)", want_); \
    } while (0)

#define SKIP(...)                                                                             \
    do {                                                                                      \
        (void)snprintf(check_skip_reason, sizeof(check_skip_reason), __VA_ARGS__);            \
        return;                                                                               \
    } while (0)

int main(int argc, char **argv)
{
    int n = 0, failed = 0;

    for (struct check_test *t = check_first; t; t = t->next) {
        if (argc > 1 && !strstr(t->name, argv[1]))
            continue;
        check_failures_now = 0;
        check_skip_reason[0] = '\0';
        t->run();
        failed += check_failures_now > 0;
        printf("%sok %d - %s%s%s\n", check_failures_now > 0 ? "not " : "", ++n, t->name, check_skip_reason[0] ? " # SKIP " : "", check_skip_reason);
        (void)fflush(stdout);
    }
    printf("1..%d\n", n);
    return failed > 0;
}
