/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names of the system call profiles and their order. That the filters agree is tested with the filters. */
#include "check.h"

#include "base/macros.h"
#include "policy/policy.h"
#include "policy/profiles.h"

TEST(every_profile_is_found_and_within_the_widest)
{
    size_t n = 0;

    for (; cm_profile_name(n); n++) {
        CHECK(cm_profile_exists(cm_profile_name(n)));
        CHECK(cm_profile_purpose(n) && cm_profile_purpose(n)[0]);
        CHECK(cm_profile_is_within(cm_profile_name(n), cm_profile_name(n)));
        CHECK(cm_profile_is_within(cm_profile_name(n), "default"));
        CHECK(n == 0 || !cm_profile_is_within("default", cm_profile_name(n)));
    }
    CHECK_INT(n, 5);
    CHECK(!cm_profile_purpose(n) && !cm_profile_name(n + 1));
    CHECK(cm_profile_exists(cm_policy_builtin(CM_POLICY_HARDENED)->seccomp_profile));
    CHECK(cm_profile_exists(cm_policy_builtin(CM_POLICY_STRICT)->seccomp_profile));
}

TEST(order)
{
    static const struct {
        const char *inner, *outer;
        bool within;
    } rows[] = {
        {"web", "strict", true},      {"batch", "strict", true},   {"minimal", "strict", true},  {"strict", "web", false},     {"web", "batch", false},
        {"batch", "web", false},      {"minimal", "web", true},    {"minimal", "batch", false},  {"nobody", "nobody", false},  {"nobody", "default", false},
        {"default", "nobody", false}, {NULL, "default", false},    {"default", NULL, false},     {NULL, NULL, false},          {"", "default", false},
        {"Strict", "default", false}, {"strict ", "default", false},
    };

    for (size_t i = 0; i < CM_ARRAY_LEN(rows); i++)
        if (cm_profile_is_within(rows[i].inner, rows[i].outer) != rows[i].within)
            CHECK_FAIL("row %zu: %s within %s", i, rows[i].inner ? rows[i].inner : "(null)", rows[i].outer ? rows[i].outer : "(null)");
    CHECK(!cm_profile_exists("nobody") && !cm_profile_exists("") && !cm_profile_exists(NULL) && !cm_profile_exists("DEFAULT"));
}
