/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hooks: a rule for the path, and a file that only root can have put there. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "check.h"
#include "fixture.h"

static struct cm_hook_fact fact;
static const struct cm_hook_fact good = {.fd = 100, .path_is_plain = true, .mode = S_IFREG | 0755, .file_is_safe = true, .way_is_safe = true};

static void allow(struct cm_facts *facts, struct cm_policy *policy)
{
    static const struct cm_hook_rule rules[] = {{"/other"}, {"/hook"}, {"/inside", true}};

    policy->n_hook_rules = CM_ARRAY_LEN(rules);
    policy->hook_rules = rules;
    for (size_t kind = 0; kind < OCI_HOOK_KINDS; kind++) {
        facts->hooks[kind] = &fact;
        facts->n_hooks[kind] = kind != OCI_HOOK_START_CONTAINER;
    }
}

static void check_hooks(const char *hooks, const char *field, const char *message)
{
    AUTO_FIXTURE struct fixture f = {0};

    fixture_make(&f, CM_POLICY_HARDENED, "\"hooks\":{}", hooks, allow);
    CHECK(f.plan != NULL);
    if (!f.plan)
        return;
    const struct cm_finding *found = fixture_find(&f, "CM-HOOK");
    CHECK((found != NULL) == (message != NULL));
    if (found && message) {
        CHECK_INT(found->verdict, CM_VERDICT_REFUSED);
        CHECK_STR(found->field, field);
        CHECK_CONTAINS(found->message, message);
    }
    CHECK(f.plan->hooks != NULL);
}

TEST(a_rule_is_for_one_path)
{
    static const char *const kinds[] = {"prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"};

    fact = good;
    for (size_t i = 0; i < CM_ARRAY_LEN(kinds); i++) {
        static char hooks[128], field[64];
        (void)snprintf(field, sizeof(field), "/hooks/%s/0", kinds[i]);
        (void)snprintf(hooks, sizeof(hooks), "\"hooks\":{\"%s\":[{\"path\":\"/hook\"}]}", kinds[i]);
        check_hooks(hooks, "", NULL);
        (void)snprintf(hooks, sizeof(hooks), "\"hooks\":{\"%s\":[{\"path\":\"/hook/\"}]}", kinds[i]);
        check_hooks(hooks, field, "add its path to hooks.allow of the policy");
        (void)snprintf(hooks, sizeof(hooks), "\"hooks\":{\"%s\":[{\"path\":\"/hook2\"}]}", kinds[i]);
        check_hooks(hooks, field, "no rule of the policy allows it");
    }
    check_hooks("\"hooks\":{\"startContainer\":[{\"path\":\"/inside\"}]}", "", NULL);
    check_hooks("\"hooks\":{\"createContainer\":[{\"path\":\"/inside\"}]}", "/hooks/createContainer/0", "no rule of the policy allows it");
    check_hooks("\"hooks\":{\"poststop\":[{\"path\":\"/inside\"}]}", "/hooks/poststop/0", "no rule of the policy allows it");
    check_hooks("\"hooks\":{}", "", NULL);
    check_hooks("\"unknown\":{}", "", NULL);
}

static void allow_arguments(struct cm_facts *facts, struct cm_policy *policy)
{
    static const char *begin[] = {"setkey", "-x"};
    static struct cm_hook_rule rule = {.path = "/usr/sbin/engine", .stages = 1u << OCI_HOOK_PRESTART};

    allow(facts, policy);
    rule.arguments.set = true;
    rule.arguments.n = CM_ARRAY_LEN(begin);
    rule.arguments.v = begin;
    policy->n_hook_rules = 1;
    policy->hook_rules = &rule;
}

/* As docker names its own program: /proc/PID/exe, of which the facts say what it is. */
TEST(a_rule_may_name_the_first_arguments)
{
    static const struct { const char *kind, *args, *message; } rows[] = {
        {"prestart", "[\"setkey\",\"-x\"]", NULL},
        {"prestart", "[\"setkey\",\"-x\",\"more\"]", NULL},
        {"prestart", "[\"setkey\"]", "no rule of the policy allows it with these arguments at this stage"},
        {"prestart", "[\"setkey\",\"-xx\"]", "with these arguments"},
        {"prestart", "[\"\",\"setkey\",\"-x\"]", "with these arguments"},
        {"prestart", "[]", "with these arguments"},
        {"createRuntime", "[\"setkey\",\"-x\"]", "the hook \"/proc/190/exe\", which is /usr/sbin/engine, would run on the host"},
    };
    char hooks[160], field[64];

    fact = good;
    fact.program = "/usr/sbin/engine";
    for (size_t i = 0; i < CM_ARRAY_LEN(rows); i++) {
        AUTO_FIXTURE struct fixture f = {0};
        (void)snprintf(hooks, sizeof(hooks), "\"hooks\":{\"%s\":[{\"path\":\"/proc/190/exe\",\"args\":%s}]}", rows[i].kind, rows[i].args);
        (void)snprintf(field, sizeof(field), "/hooks/%s/0", rows[i].kind);
        fixture_make(&f, CM_POLICY_HARDENED, "\"hooks\":{}", hooks, allow_arguments);
        const struct cm_finding *found = f.plan ? fixture_find(&f, "CM-HOOK") : NULL;
        CHECK(f.plan && (found != NULL) == (rows[i].message != NULL));
        if (found && rows[i].message) {
            CHECK_STR(found->field, field);
            CHECK_CONTAINS(found->message, rows[i].message);
        }
    }
}

static void allow_minimal(struct cm_facts *facts, struct cm_policy *policy)
{
    allow(facts, policy);
    policy->seccomp_profile = "minimal";
}

TEST(no_hook_where_nothing_may_fork)
{
    AUTO_FIXTURE struct fixture f = {0}, host = {0};

    fact = good;
    fixture_make(&f, CM_POLICY_HARDENED, "\"hooks\":{}", "\"hooks\":{\"startContainer\":[{\"path\":\"/hook\"}]}", allow_minimal);
    const struct cm_finding *found = f.plan ? fixture_find(&f, "CM-HOOK") : NULL;
    CHECK(found && found->verdict == CM_VERDICT_REFUSED && strcmp(found->field, "/hooks/startContainer/0") == 0);
    CHECK_CONTAINS(found ? found->message : "", "\"minimal\" of the policy lets a container start no further process");
    fixture_make(&host, CM_POLICY_HARDENED, "\"hooks\":{}", "\"hooks\":{\"createRuntime\":[{\"path\":\"/hook\"}]}", allow_minimal);
    CHECK(host.plan && !fixture_find(&host, "CM-HOOK"));
}

TEST(what_lies_there_is_judged)
{
    static const char one[] = "\"hooks\":{\"prestart\":[{\"path\":\"/hook\"}]}", inside[] = "\"hooks\":{\"startContainer\":[{\"path\":\"/hook\"}]}";
    static const struct {
        struct cm_hook_fact fact;
        const char *message;
    } rows[] = {
        {{.fd = 100, .path_is_plain = false, .mode = S_IFREG | 0755, .file_is_safe = true, .way_is_safe = true}, "must be absolute"},
        {{.fd = -1, .errnum = ELOOP, .path_is_plain = true}, "symbolic link"},
        {{.fd = -1, .errnum = ENOENT, .path_is_plain = true}, "no such file or directory"},
        {{.fd = -1, .errnum = EACCES, .path_is_plain = true}, "cannot be opened"},
        {{.fd = 100, .path_is_plain = true, .mode = S_IFDIR | 0755, .file_is_safe = true, .way_is_safe = true}, "not a regular file"},
        {{.fd = 100, .path_is_plain = true, .mode = S_IFREG | 0644, .file_is_safe = true, .way_is_safe = true}, "not executable"},
        {{.fd = 100, .path_is_plain = true, .mode = S_IFREG | 0755, .file_is_safe = false, .way_is_safe = true}, "others than root may change it"},
        {{.fd = 100, .path_is_plain = true, .mode = S_IFREG | 0755, .file_is_safe = true, .way_is_safe = false}, "others than root may replace it"},
    };

    for (size_t i = 0; i < CM_ARRAY_LEN(rows); i++) {
        fact = rows[i].fact;
        CHECK_CONTAINS(cm_hook_objection(&fact), rows[i].message);
        check_hooks(one, "/hooks/prestart/0", rows[i].message);
        check_hooks(inside, "", NULL); /* looked up in the container */
    }
    fact = good;
    CHECK(!cm_hook_objection(&fact));
    /* what was not looked at is not run */
    check_hooks("\"hooks\":{\"prestart\":[{\"path\":\"/hook\"},{\"path\":\"/hook\"}]}", "/hooks/prestart/1", "must be absolute");
}

TEST(the_environment_makes_no_other_program_of_it)
{
    static const char *const bad[] = {"LD_PRELOAD=/evil.so",
                                      "LD_AUDIT=/evil.so",
                                      "GCONV_PATH=/tmp",
                                      "GLIBC_TUNABLES=x",
                                      "BASH_ENV=/evil",
                                      "ENV=/evil",
                                      "BASH_FUNC_ls%%=() { evil; }",
                                      "PYTHONPATH=/evil",
                                      "PERL5OPT=-Mevil",
                                      "PATH=/tmp:/bin",
                                      "PATH=/bin:",
                                      "PATH=:/bin",
                                      "PATH=/bin::/usr/bin",
                                      "PATH=.",
                                      "PATH=/usr/../tmp",
                                      "PATH=/usrevil"};
    static const char *const good_ones[] = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                                            "PATH=",
                                            "PATHS=/tmp",
                                            "NVIDIA_VISIBLE_DEVICES=all",
                                            "ENVIRONMENT=x",
                                            "HOME=/root",
                                            "Y",
                                            "LANG=C"};
    static char hooks[256];

    fact = good;
    for (size_t i = 0; i < CM_ARRAY_LEN(bad); i++) {
        (void)snprintf(hooks, sizeof(hooks), "\"hooks\":{\"poststop\":[{\"path\":\"/hook\",\"env\":[\"A=b\",\"%s\"]}]}", bad[i]);
        check_hooks(hooks, "/hooks/poststop/0/env/1", "not given to a hook that runs on the host");
        (void)snprintf(hooks, sizeof(hooks), "\"hooks\":{\"startContainer\":[{\"path\":\"/hook\",\"env\":[\"%s\"]}]}", bad[i]);
        check_hooks(hooks, "", NULL); /* in the container */
    }
    for (size_t i = 0; i < CM_ARRAY_LEN(good_ones); i++) {
        (void)snprintf(hooks, sizeof(hooks), "\"hooks\":{\"poststop\":[{\"path\":\"/hook\",\"env\":[\"%s\"]}]}", good_ones[i]);
        check_hooks(hooks, "", NULL);
    }
}
