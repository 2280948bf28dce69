/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All mistakes of a policy file, each once, and none that only follows from another one. */
#include "check.h"

#include "policy/file.h"

static struct cm_str heard;

static void on_problem(const struct cm_error *problem, void *user)
{
    (void)user;
    cm_str_addf(&heard, "%s%s", heard.size > 0 ? " " : "", problem->field[0] ? problem->field : "(file)");
}

static void check_problems(const char *text, const char *want)
{
    CM_AUTO_ARENA struct cm_arena arena = {0};
    struct cm_policy_draft draft = {.arena = &arena};

    cm_str_free(&heard);
    size_t n = cm_policy_draft_check(&draft, "/a.json", text, strlen(text), on_problem, NULL);
    if (!cm_streq(cm_str_text(&heard), want))
        CHECK_FAIL("%s: \"%s\", want \"%s\"", text, cm_str_text(&heard), want);
    size_t words = *want != '\0';
    for (const char *c = want; *c; c++)
        words += *c == ' ';
    CHECK_INT(n, words);
    cm_str_free(&heard);
}

TEST(every_mistake_once)
{
    check_problems("{\"version\":1}", "");
    check_problems("", "(file)");
    check_problems("{\"version\":1", "(file)");
    check_problems("[]", "(file)");
    check_problems("7", "(file)");
    check_problems("{}", "(file)");
    check_problems("{\"version\":2}", "/version");
    check_problems("{\"Version\":1}", "/Version");
    check_problems("{\"nope\":1}", "/nope (file)");
    check_problems("{\"version\":3,\"level\":\"nope\",\"user\":{\"nonroot\":true}}", "/version /level /user/nonroot");
    check_problems("{\"version\":1,\"hooks\":{\"allow\":[{},{\"path\":\"x\"},{\"path\":\"/a\",\"sha256\":\"1\",\"stages\":[]},{\"path\":\"/b\"}]}}",
                   "/hooks/allow/0 /hooks/allow/1/path /hooks/allow/2/sha256 /hooks/allow/2/stages");
    check_problems("{\"version\":1,\"capabilities\":{\"ceiling\":[\"CHOWN\",\"SYS_ADMIN\",\"KILL\",\"NOPE\"]}}", "/capabilities/ceiling/1 /capabilities/ceiling/3");
    check_problems("{\"version\":1,\"hooks\":{},\"devices\":[],\"mounts\":{\"allow\":7}}", "/hooks /devices /mounts/allow");
    check_problems("{\"version\":1,\"limits\":{\"pids\":{\"max\":\"x\",\"default\":-5},\"swap\":null}}", "/limits/pids/max /limits/pids/default /limits/swap");
}

TEST(what_is_good_stays)
{
    static const char text[] = "{\"version\":1,\"hooks\":{\"allow\":[{\"path\":\"/one\"},{\"path\":\"relative\"},{\"path\":\"/two\"}]},\"limits\":{\"pids\":{\"max\":77,\"default\":\"x\"}}}";
    CM_AUTO_ARENA struct cm_arena arena = {0};
    struct cm_policy_draft draft = {.arena = &arena};

    CHECK_INT(cm_policy_draft_check(&draft, "/a.json", text, strlen(text), on_problem, NULL), 2);
    CHECK_INT(draft.rules.n_hook_rules, 2);
    if (draft.rules.n_hook_rules == 2)
        CHECK_STR(draft.rules.hook_rules[1].path, "/two");
    CHECK_INT(draft.rules.pids_max, 77);
    CHECK(draft.given[CM_TUNABLE_PIDS_MAX] && !draft.given[CM_TUNABLE_PIDS_DEFAULT]);
    cm_str_free(&heard);
}

TEST(many_mistakes_come_to_an_end)
{
    CM_AUTO_ARENA struct cm_arena arena = {0};
    struct cm_policy_draft draft = {.arena = &arena};
    CM_AUTO_STR struct cm_str text = {0};

    cm_str_add(&text, "{\"version\":1");
    for (int i = 0; i < 1000; i++)
        cm_str_addf(&text, ",\"x%d\":1", i);
    cm_str_add(&text, "}");
    CHECK_INT(cm_policy_draft_check(&draft, "/a.json", text.data, text.size, on_problem, NULL), 256);
    cm_str_free(&heard);
}
