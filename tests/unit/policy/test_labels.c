/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of profiles and labels, hostile ones among them. */
#include "check.h"

#include "base/macros.h"
#include "policy/labels.h"

TEST(what_the_kernel_says_of_a_profile)
{
    static const struct {
        const char *text, *profile;
        bool shows;
    } rows[] = {
        {"box (enforce)", "box", true},
        {"box (enforce)\n", "box", true},
        {"box (kill)", "box", true},
        {"box (complain)", "box", false},
        {"box (unconfined)", "box", false},
        {"box (mixed)", "box", false},
        {"box", "box", false},
        {"unconfined", "unconfined", false},
        {"box2 (enforce)", "box", false},
        {"bo (enforce)", "box", false},
        {"box//child (enforce)", "box", false},
        {"box//child (enforce)", "box//child", true},
        {"outer//&box (enforce)", "box", true},
        {"box//&outer (mixed)", "box", true},
        {"a//&box//&z (kill)", "box", true},
        {"box//&outer (complain)", "box", false},
        {"boxes//&outer (enforce)", "box", false},
        {"outer//&boxes (enforce)", "box", false},
        {"//&box (enforce)", "box", true},
        {"odd (enforce) (enforce)", "odd (enforce)", true},
        {" (enforce)", "", false},
        {"", "box", false},
        {"\n", "", false},
    };

    for (size_t i = 0; i < CM_ARRAY_LEN(rows); i++)
        if (cm_apparmor_shows(rows[i].text, rows[i].profile) != rows[i].shows)
            CHECK_FAIL("row %zu: \"%s\"", i, rows[i].text);
}

TEST(types_of_the_host)
{
    static const char *const escapes[] = {"spc_t", "spc_user_t", "unconfined_t", "unconfined_service_t", "container_runtime_t", "container_runtime_exec_t",
                                          "container_engine_t", "bin_exec_t", "init_t", "kernel_t", "dockerd_t", "docker_t", "sysadm_t", "unlabeled_t", "kubelet_t"};
    static const char *const fine[] = {"container_t", "container_init_t", "container_kvm_t", "svirt_lxc_net_t", "container_file_t", "spc", "tspc_t", "init_tt"};

    for (size_t i = 0; i < CM_ARRAY_LEN(escapes); i++)
        if (!cm_selinux_is_escape(escapes[i], strlen(escapes[i])))
            CHECK_FAIL("%s", escapes[i]);
    for (size_t i = 0; i < CM_ARRAY_LEN(fine); i++)
        if (cm_selinux_is_escape(fine[i], strlen(fine[i])))
            CHECK_FAIL("%s", fine[i]);
}

TEST(labels_and_levels)
{
    enum { NONE, WIDE, NARROW };
    static const struct {
        const char *label;
        int is;
        bool level, categories;
    } rows[] = {
        {"system_u:system_r:container_t", NARROW},
        {"system_u:system_r:container_t:s0", NARROW, true},
        {"system_u:system_r:container_t:s0:c1", NARROW, true, true},
        {"system_u:system_r:container_t:s0:c1,c1023", NARROW, true, true},
        {"system_u:system_r:container_t:s15:c26,c5", NARROW, true, true},
        {"system_u:system_r:container_t:s0:c1,c2,c3", WIDE, true, true},
        {"system_u:system_r:container_t:s0:c0.c1023", WIDE, true, true},
        {"system_u:system_r:container_t:s0:c1,c2.c9", WIDE, true, true},
        {"system_u:system_r:container_t:s0-s0:c0.c1023", WIDE, true, true},
        {"system_u:system_r:container_t:s0-s15", WIDE, true},
        {"system_u:system_r:container_t:s0:", WIDE, true, true},
        {"system_u:system_r:container_t:s", WIDE, true},
        {"system_u:system_r:container_t:c1,c2", WIDE, true},
        {"system_u:system_r:container_t:s0:c1,", WIDE, true, true},
        {"system_u:system_r:container_t:s0:c1234567", WIDE, true, true},
        {"system_u:system_r:container_t:", NONE},
        {"system_u:system_r:container_t:SystemLow", NONE},
        {"system_u:system_r:container_t:s0 ", NONE},
        {"system_u:system_r:container_t:s0\n", NONE},
        {"system_u:system_r:container_t,size=1", NONE},
        {"system_u:system_r:container_t\",defcontext=\"x:s0", NONE},
        {"system_u:system_r:", NONE},
        {"system_u:system_r", NONE},
        {"system_u::container_t", NONE},
        {":system_r:container_t", NONE},
        {"container_t", NONE},
        {"", NONE},
        {":::", NONE},
    };

    for (size_t i = 0; i < CM_ARRAY_LEN(rows); i++) {
        struct cm_selinux_parts parts;
        int is = !cm_selinux_parse(rows[i].label, &parts) ? NONE : cm_selinux_level_is_narrow(&parts) ? NARROW : WIDE;
        if (is != rows[i].is || (is != NONE && (parts.has_level != rows[i].level || parts.has_categories != rows[i].categories)))
            CHECK_FAIL("\"%s\": %d", rows[i].label, is);
    }
    struct cm_selinux_parts parts;
    CHECK(cm_selinux_parse("u:r:t:s0:c1", &parts) && parts.role_size == 1 && *parts.role == 'r' && parts.type_size == 1 && *parts.type == 't');
    static char longest[1100] = "u:r:t";
    memset(longest + 5, 't', 1090);
    CHECK(!cm_selinux_parse(longest, &parts));
}

TEST(every_pair_is_another)
{
    static bool seen[1024][1024];
    unsigned int first, second;

    for (unsigned int i = 0; i < CM_SELINUX_PAIRS; i++) {
        cm_selinux_pair(i, &first, &second);
        if (first >= second || second >= 1024 || seen[first][second])
            CHECK_FAIL("%u: c%u,c%u", i, first, second);
        seen[first & 1023][second & 1023] = true;
    }
    cm_selinux_pair(CM_SELINUX_PAIRS, &first, &second);
    CHECK(first == 0 && second == 1);
}
