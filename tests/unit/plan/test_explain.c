/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `casemate policy explain`: every code, member and floor, and that what is said of them is in the tables. */
#include "check.h"

#include "plan/code_policy.h"
#include "plan/explain.h"
#include "policy/exceptions.h"

static bool is_member_or_section(const char *key)
{
    for (int i = 0; i < CM_TUNABLE_COUNT; i++)
        if (cm_path_is_below(cm_tunables[i].pointer, key))
            return true;
    return false;
}

TEST(every_code_says_what_a_policy_can_do)
{
    for (unsigned int i = 0; i < CM_CODE_COUNT; i++) {
        const struct cm_code_policy *row = cm_code_policy_of((enum cm_code)i);
        const char *code = cm_code_info((enum cm_code)i)->code;
        if (row->code != (enum cm_code)i) {
            CHECK_FAIL("%s has no row in plan/code_policy.c: say which members of a policy change it, if any, and which floor stays", code);
            continue;
        }
        CHECK(row->floor >= -1 && row->floor < CM_FLOOR_COUNT);
        for (size_t k = 0; k < CM_CODE_KEYS_MAX && row->keys[k]; k++)
            if (!is_member_or_section(row->keys[k]))
                CHECK_FAIL("%s: %s is no member of a policy", code, row->keys[k]);
    }
}

static void check_text(const char *word, const char *want)
{
    CM_AUTO_STR struct cm_str out = {0};

    CHECK(cm_explain(word, false, (struct cm_style){0}, &out));
    CHECK_STR(cm_str_text(&out), want);
}

TEST(texts)
{
    check_text("cm-oom", "CM-OOM\n"
                         "  meaning    the OOM score adjustment was raised or is invalid\n"
                         "  remedy     ask for no less than the caller's own score\n"
                         "  policy     /oomScoreAdj/min\n"
                         "  floor      oom-score: no process of a container is spared by the OOM killer more than with -998, or more than the runtime itself\n"
                         "  exception  one can name it: the OOM score adjustment is as asked, down to what any policy may say and the runtime itself has\n"
                         "  controls   CIS Docker Benchmark 5.11; NIST SP 800-190 4.5.2\n");
    check_text("OOMSCOREADJ.MIN", "/oomScoreAdj/min\n"
                                  "  meaning    the least that may be asked for\n"
                                  "  type       a number\n"
                                  "  hardened   -998; at the loosest -998\n"
                                  "  strict     0; at the loosest -998\n"
                                  "  strictest  1000\n"
                                  "  floor      oom-score: no process of a container is spared by the OOM killer more than with -998, or more than the runtime itself\n"
                                  "  controls   CIS Docker Benchmark 5.11; NIST SP 800-190 4.5.2\n");
    check_text("oom-score", "oom-score\n"
                            "  holds      no process of a container is spared by the OOM killer more than with -998, or more than the runtime itself\n"
                            "  bounds     /oomScoreAdj/min\n"
                            "  codes      CM-OOM\n");
}

TEST(everything_can_be_explained_in_both_forms)
{
    for (int json = 0; json < 2; json++) {
        for (unsigned int i = 0; i < CM_CODE_COUNT; i++) {
            CM_AUTO_STR struct cm_str out = {0};
            CHECK(cm_explain(cm_code_info((enum cm_code)i)->code, json, (struct cm_style){0}, &out) && cm_str_text(&out));
        }
        for (int i = 0; i < CM_TUNABLE_COUNT; i++) {
            CM_AUTO_STR struct cm_str out = {0};
            CHECK(cm_explain(cm_tunables[i].pointer, json, (struct cm_style){0}, &out) && cm_str_text(&out));
        }
        for (unsigned int i = 0; i < CM_FLOOR_COUNT; i++) {
            CM_AUTO_STR struct cm_str out = {0};
            CHECK(cm_explain(cm_floor_info((enum cm_floor)i)->name, json, (struct cm_style){0}, &out) && cm_str_text(&out));
        }
    }
}

TEST(nothing_else)
{
    static const char *const words[] = {"", "/", ".", "/limits/pids/max/", "/limits/pids/maximum", "limit", "CM-", "CM-NOPE", "host", "\033"};

    for (size_t i = 0; i < CM_ARRAY_LEN(words); i++) {
        CM_AUTO_STR struct cm_str out = {0};
        if (cm_explain(words[i], false, (struct cm_style){0}, &out))
            CHECK_FAIL("\"%s\" is explained: %s", words[i], cm_str_text(&out));
    }
}
