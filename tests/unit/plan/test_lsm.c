/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel's list of AppArmor profiles and their modes; categories of SELinux. */
#include "check.h"
#include "plan/plan.h"
#include "plan/planner.h"

TEST(modes_of_profiles)
{
    static const char list[] =
        "runc (unconfined)\nMongoDB Compass (unconfined)\n/usr/bin/man (enforce)\nodd (enforce) (unconfined)\ntest (complain)\nasks (user)\nhard (kill)\n"
        "docker-default (enforce)";
    static const struct {
        const char *profile;
        enum cm_profile_mode mode;
    } rows[] = {
        {"runc", CM_PROFILE_VOID},    {"MongoDB Compass", CM_PROFILE_VOID},  {"odd (enforce)", CM_PROFILE_VOID},       {"test", CM_PROFILE_VOID},
        {"asks", CM_PROFILE_VOID},    {"hard", CM_PROFILE_ENFORCED},         {"docker-default", CM_PROFILE_ENFORCED},  {"odd", CM_PROFILE_MISSING},
        {"run", CM_PROFILE_MISSING},  {"unc", CM_PROFILE_MISSING},           {"runc (unconfined)", CM_PROFILE_MISSING}, {"", CM_PROFILE_MISSING},
        {"docker", CM_PROFILE_MISSING}, {"/usr/bin/man", CM_PROFILE_ENFORCED},
    };

    for (size_t i = 0; i < CM_ARRAY_LEN(rows); i++)
        if (cm_apparmor_mode(list, rows[i].profile) != rows[i].mode)
            CHECK_FAIL("%s: %u", rows[i].profile, cm_apparmor_mode(list, rows[i].profile));
    CHECK_INT(cm_apparmor_mode("", "runc"), CM_PROFILE_MISSING);
}

TEST(the_profile_that_counts)
{
    struct cm_policy policy = *cm_policy_builtin(CM_POLICY_HARDENED);

    CHECK_STR(cm_apparmor_wanted("box", &policy), "box");
    CHECK_STR(cm_apparmor_wanted("", &policy), "casemate-default");
    CHECK_STR(cm_apparmor_wanted(NULL, &policy), "casemate-default");
    policy.apparmor_default = "site";
    CHECK_STR(cm_apparmor_wanted(NULL, &policy), "site");
    CHECK_STR(cm_apparmor_wanted("box", &policy), "box");
}

TEST(labels_that_count)
{
    static const char *const types[] = {"site_t", "other_t"}, *const with_ours[] = {"site_t", "container_t"};
    struct cm_policy policy = *cm_policy_builtin(CM_POLICY_HARDENED);
    CM_AUTO_ARENA struct cm_arena arena = {0};

    CHECK_STR(cm_selinux_wanted("u:r:t:s0", &policy, true, &arena), "u:r:t:s0");
    CHECK_STR(cm_selinux_wanted(NULL, &policy, true, &arena), "system_u:system_r:container_t:s0");
    CHECK_STR(cm_selinux_wanted("", &policy, false, &arena), "system_u:system_r:container_t");
    policy.selinux_types = types;
    policy.n_selinux_types = 2;
    CHECK_STR(cm_selinux_wanted(NULL, &policy, true, &arena), "system_u:system_r:site_t:s0");
    policy.selinux_types = with_ours;
    CHECK_STR(cm_selinux_wanted(NULL, &policy, true, &arena), "system_u:system_r:container_t:s0");
    CHECK_STR(cm_selinux_wanted_of_mounts(NULL, true), "system_u:object_r:container_file_t:s0");
    CHECK_STR(cm_selinux_wanted_of_mounts("", false), "system_u:object_r:container_file_t");
}

TEST(categories_complete_both_labels)
{
    static const struct {
        const char *label, *mount;
        unsigned int index;
        const char *label_then, *mount_then;
    } rows[] = {
        {"u:r:container_t:s0", "u:object_r:container_file_t:s0", 0, "u:r:container_t:s0:c0,c1", "u:object_r:container_file_t:s0:c0,c1"},
        {"u:r:container_t:s0", "u:object_r:container_file_t:s0:c5", 3, "u:r:container_t:s0:c0,c3", "u:object_r:container_file_t:s0:c5"},
        {"u:r:container_t:s0", NULL, 523775, "u:r:container_t:s0:c1022,c1023", NULL},
        {"u:r:container_t:s2", "u:object_r:file_t", 2, "u:r:container_t:s2:c1,c2", "u:object_r:file_t"},
    };

    for (size_t i = 0; i < CM_ARRAY_LEN(rows); i++) {
        CM_AUTO_ARENA struct cm_arena arena = {0};
        struct cm_plan plan = {.arena = &arena, .selinux_label = rows[i].label, .mount_label = rows[i].mount, .selinux_needs_pair = true};
        CHECK_INT(cm_plan_give_categories(&plan, rows[i].index), 0);
        CHECK_STR(plan.selinux_label, rows[i].label_then);
        CHECK(plan.mount_label == rows[i].mount_then || cm_streq(plan.mount_label, rows[i].mount_then));
        CHECK(!plan.selinux_needs_pair);
    }
}

TEST(whoever_joins_has_the_label_of_init)
{
    static const char init[] = "u:r:container_t:s0:c1,c2";

    CHECK(cm_selinux_is_init(init, init));
    CHECK(cm_selinux_is_init("u:r:container_t:s0", init));
    CHECK(!cm_selinux_is_init("u:r:container_t:s0:c1", init));
    CHECK(!cm_selinux_is_init("u:r:container_t:s", init));
    CHECK(!cm_selinux_is_init("u:r:container_t", init));
    CHECK(!cm_selinux_is_init("u:r:container_t:s0:c1,c3", init));
    CHECK(!cm_selinux_is_init("u:r:container_init_t:s0", init));
    CHECK(!cm_selinux_is_init("u:r:container_t:s0", NULL));
}
