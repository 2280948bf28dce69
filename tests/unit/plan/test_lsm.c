/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel's list of AppArmor profiles and their modes. */
#include "check.h"
#include "plan/plan.h"

TEST(profiles_that_confine_nothing)
{
    static const char list[] =
        "runc (unconfined)\nMongoDB Compass (unconfined)\n/usr/bin/man (enforce)\nodd (enforce) (unconfined)\ntest (complain)\ndocker-default (enforce)";

    CHECK(cm_apparmor_is_void(list, "runc"));
    CHECK(cm_apparmor_is_void(list, "MongoDB Compass"));
    CHECK(cm_apparmor_is_void(list, "odd (enforce)"));
    CHECK(cm_apparmor_is_void(list, "test"));
    CHECK(!cm_apparmor_is_void(list, "odd"));
    CHECK(!cm_apparmor_is_void(list, "run"));
    CHECK(!cm_apparmor_is_void(list, "unc"));
    CHECK(!cm_apparmor_is_void(list, "docker-default"));
    CHECK(!cm_apparmor_is_void(list, "runc (unconfined)"));
    CHECK(!cm_apparmor_is_void("", "runc"));
}
