/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The section "audit" of policy files. */
#include "check.h"

#include "base/arena.h"
#include "base/str.h"
#include "policy/file.h"

static int policy_of(struct cm_arena *arena, const char *text, const char *second, const struct cm_policy **ret, struct cm_error *err)
{
    struct cm_policy_draft draft = {.arena = arena};
    int r = cm_policy_draft_add(&draft, "/a.json", text, strlen(text), err);

    if (r == 0 && second)
        r = cm_policy_draft_add(&draft, "/b.json", second, strlen(second), err);
    return r < 0 ? r : cm_policy_draft_finish(&draft, CM_POLICY_HARDENED, NULL, ret, err);
}

TEST(sinks_of_every_kind)
{
    CM_AUTO_ARENA struct cm_arena arena = {0};
    const struct cm_policy *policy = NULL;
    struct cm_error err;

    CHECK_INT(policy_of(&arena,
                        "{\"version\":1,\"audit\":{\"sinks\":[{\"type\":\"file\",\"path\":\"/var/log/a\",\"required\":true},{\"type\":\"journald\"}],\"perMinute\":7}}",
                        "{\"version\":1,\"audit\":{\"sinks\":[{\"type\":\"syslog\",\"required\":false}]}}", &policy, &err),
              0);
    if (!policy)
        return;
    CHECK_INT(policy->n_audit_sinks, 3);
    CHECK(policy->audit_sinks[0].kind == CM_AUDIT_FILE && policy->audit_sinks[0].required);
    CHECK_STR(policy->audit_sinks[0].path, "/var/log/a");
    CHECK(policy->audit_sinks[1].kind == CM_AUDIT_JOURNALD && !policy->audit_sinks[1].required && !policy->audit_sinks[1].path);
    CHECK(policy->audit_sinks[2].kind == CM_AUDIT_SYSLOG && !policy->audit_sinks[2].required);
    CHECK_INT(policy->audit_per_minute, 7);
}

TEST(none_without_a_file)
{
    for (int level = CM_POLICY_HARDENED; level <= CM_POLICY_STRICT; level++) {
        const struct cm_policy *policy = cm_policy_builtin((enum cm_policy_level)level);
        CHECK_INT(policy->n_audit_sinks, 0);
        CHECK_INT(policy->audit_per_minute, 1200);
    }
}

TEST(mistakes)
{
#define SINK(text) "{\"version\":1,\"audit\":{\"sinks\":[" text "]}}"
#define J "{\"type\":\"journald\"}"
    static const struct {
        const char *text, *message;
    } rows[] = {
        {SINK("{}"), "/audit/sinks/0"},
        {SINK("{\"type\":\"file\"}"), "/audit/sinks/0: a file has a path"},
        {SINK("{\"type\":\"journald\",\"path\":\"/x\"}"), "/audit/sinks/0/path: journald has its own place"},
        {SINK("{\"type\":\"udp\"}"), "/audit/sinks/0/type"},
        {SINK("{\"type\":\"file\",\"path\":\"log\"}"), "/audit/sinks/0/path: expected the absolute path of a file"},
        {SINK("{\"type\":\"file\",\"path\":\"/\"}"), "/audit/sinks/0/path"},
        {SINK("{\"type\":\"file\",\"path\":\"/a/../b\"}"), "/audit/sinks/0/path"},
        {SINK("{\"type\":\"file\",\"path\":\"/a\",\"mode\":1}"), "/audit/sinks/0/mode: unknown member"},
        {SINK("{\"type\":\"file\",\"path\":\"/a\",\"required\":1}"), "/audit/sinks/0/required"},
        {SINK(J "," J "," J "," J "," J "," J "," J "," J "," J), "/audit/sinks: records go to at most 8 sinks"},
        {"{\"version\":1,\"audit\":{\"perMinute\":0}}", "/audit/perMinute: floor: audit"},
        {"{\"version\":1,\"audit\":{\"perMinute\":1000001}}", "/audit/perMinute"},
        {"{\"version\":1,\"audit\":{\"perMinute\":\"many\"}}", "/audit/perMinute"},
        {"{\"version\":1,\"audit\":[]}", "/audit"},
        {"{\"version\":1,\"audit\":{\"sink\":[]}}", "/audit/sink: unknown member"},
    };

    for (size_t i = 0; i < CM_ARRAY_LEN(rows); i++) {
        CM_AUTO_ARENA struct cm_arena arena = {0};
        const struct cm_policy *policy;
        struct cm_error err;
        if (policy_of(&arena, rows[i].text, NULL, &policy, &err) == 0)
            CHECK_FAIL("%s was taken", rows[i].text);
        else
            CHECK_CONTAINS(err.message, rows[i].message);
    }
}

TEST(one_file_gives_the_limit)
{
    CM_AUTO_ARENA struct cm_arena arena = {0};
    const struct cm_policy *policy;
    struct cm_error err;

    CHECK(policy_of(&arena, "{\"version\":1,\"audit\":{\"perMinute\":10}}", "{\"version\":1,\"audit\":{\"perMinute\":10}}", &policy, &err) < 0);
    CHECK_CONTAINS(err.message, "/a.json gives this already");
}
