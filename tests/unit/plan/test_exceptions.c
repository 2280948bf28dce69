/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an exception of the policy grants a container, and that it grants nothing at another time, in another place or to another caller. */
#include "check.h"

#include <sys/resource.h>

#include "fixture.h"
#include "plan/exec.h"
#include "plan/update.h"
#include "policy/exceptions.h"
#include "rows.h"

static enum cm_code codes[1];
static struct cm_exception exception;
static int64_t now;
static facts_change then;

static void except(struct cm_facts *facts, struct cm_policy *policy)
{
    exception.codes = codes;
    exception.n_codes = 1;
    exception.reason = "the vendor ships a fix";
    exception.from_text = "2026-01-01";
    exception.expires_text = "2026-02-01";
    exception.place = "/p.json: /exceptions/0";
    policy->exceptions = &exception;
    policy->n_exceptions = 1;
    facts->now = now;
    if (then)
        then(facts, policy);
}

static uint64_t rlimit(const struct cm_plan *plan, int resource)
{
    for (size_t i = 0; i < plan->n_rlimits; i++)
        if (plan->rlimits[i].resource == resource)
            return plan->rlimits[i].hard;
    return 0;
}

static const char *limit(const struct cm_plan *plan, const char *file)
{
    const char *value = "";

    for (size_t i = 0; i < plan->n_limits; i++)
        if (cm_streq(plan->limits[i].file, file))
            value = plan->limits[i].value;
    return value;
}

static bool is_root(const struct cm_plan *plan)
{
    return plan->uid == 0;
}

static bool is_ephemeral(const struct cm_plan *plan)
{
    return plan->root_mode == CM_ROOT_EPHEMERAL && plan->root_scratch && plan->root_scratch_size > 0;
}

static bool has_net_raw(const struct cm_plan *plan)
{
    return plan->caps.bounding == (1 << 5 | 1 << 13);
}

static bool many_pids(const struct cm_plan *plan)
{
    return cm_streq(limit(plan, "pids.max"), "100000");
}

static bool most_pids(const struct cm_plan *plan)
{
    return cm_streq(limit(plan, "pids.max"), "4194304");
}

static bool much_memory(const struct cm_plan *plan)
{
    return cm_streq(limit(plan, "memory.max"), "7000000000");
}

static bool all_memory(const struct cm_plan *plan)
{
    return cm_streq(limit(plan, "memory.max"), "8000000000");
}

static bool swaps(const struct cm_plan *plan)
{
    return cm_streq(limit(plan, "memory.swap.max"), "500");
}

static bool no_pids_limit(const struct cm_plan *plan)
{
    return cm_streq(limit(plan, "pids.max"), "") && plan->n_unenforced > 0;
}

static bool many_files(const struct cm_plan *plan)
{
    return rlimit(plan, RLIMIT_NOFILE) == 2000000;
}

static bool locks_to_the_floor(const struct cm_plan *plan)
{
    return rlimit(plan, RLIMIT_MEMLOCK) == UINT64_C(64) << 30;
}

static bool is_spared(const struct cm_plan *plan)
{
    return plan->oom_score_adj_set && plan->oom_score_adj == -500;
}

static bool is_spared_to_the_floor(const struct cm_plan *plan)
{
    return plan->oom_score_adj_set && plan->oom_score_adj == -998;
}

static bool is_filtered(const struct cm_plan *plan)
{
    return plan->seccomp_profile && plan->seccomp_profile[0];
}

static bool is_said(const struct cm_plan *plan)
{
    return plan->n_unenforced > 0;
}

CHANGE(nothing, )
CHANGE(confined, policy->seccomp_unconfined = CM_UNCONFINED_REFUSE)
CHANGE(no_swap, policy->swap_max = 0)
CHANGE(half_memory, policy->memory_max = -50)
CHANGE(label_wanted, policy->require_label = true)
CHANGE(dumpable, facts->suid_dumpable = 1)
CHANGE(no_pids, facts->controllers &= ~(unsigned int)CM_CTRL_PIDS)
CHANGE(spared_caller, facts->own_oom_score_adj = -1000)

#define NO_FILTER "\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\"}]},", ""
#define MEMORY(list) "\"memory\":{\"limit\":1000000,\"swap\":1000000}", "\"memory\":{" list "}"
#define PIDS(limit) "\"pids\":{\"limit\":100}", "\"pids\":{\"limit\":" limit "}"
#define OOM(score) "\"oomScoreAdj\":100", "\"oomScoreAdj\":" score
#define KILL_AND_RAW "\"bounding\":[\"CAP_KILL\"]", "\"bounding\":[\"CAP_KILL\",\"CAP_NET_RAW\"]"

static const struct grant {
    enum cm_code code;
    const char *find, *with;
    facts_change change;
    const char *without; /* the code of the finding when the exception does not hold */
    bool (*granted)(const struct cm_plan *plan);
    enum cm_policy_level level;
    bool still; /* a finding of that code stays, and is no refusal any more */
} grants[] = {
    {CM_CODE_NONROOT, "\"uid\":1000", "\"uid\":0", nothing, "CM-NONROOT", is_root, CM_POLICY_STRICT},
    {CM_CODE_ROOT_READONLY, "\"readonly\":true},\"hostname\":\"box\"", "\"readonly\":false},\"hostname\":\"EPH\"", nothing, "CM-ANNOTATION", is_ephemeral, CM_POLICY_STRICT},
    {CM_CODE_CAP_DROPPED, KILL_AND_RAW, nothing, "CM-CAP-DROPPED", has_net_raw, CM_POLICY_HARDENED},
    {CM_CODE_LIMIT_CEILING, PIDS("100000"), nothing, "CM-LIMIT-CEILING", many_pids, CM_POLICY_HARDENED},
    {CM_CODE_LIMIT_CEILING, PIDS("-1"), nothing, "CM-LIMIT-CEILING", most_pids, CM_POLICY_HARDENED, true},
    {CM_CODE_LIMIT_CEILING, UNIFIED("\"pids.max\":\"100000\""), nothing, "CM-LIMIT-CEILING", many_pids, CM_POLICY_HARDENED},
    {CM_CODE_LIMIT_CEILING, MEMORY("\"limit\":7000000000"), half_memory, "CM-LIMIT-CEILING", much_memory, CM_POLICY_HARDENED},
    {CM_CODE_LIMIT_CEILING, MEMORY("\"limit\":-1"), half_memory, "CM-LIMIT-CEILING", all_memory, CM_POLICY_HARDENED},
    {CM_CODE_LIMIT_CEILING, UNIFIED("\"memory.max\":\"7000000000\""), half_memory, "CM-LIMIT-CEILING", much_memory, CM_POLICY_HARDENED},
    {CM_CODE_LIMIT_CEILING, MEMORY("\"limit\":1000000,\"swap\":1000500"), no_swap, "CM-LIMIT-CEILING", swaps, CM_POLICY_HARDENED},
    {CM_CODE_LIMIT_UNENFORCEABLE, NULL, NULL, no_pids, "CM-LIMIT-UNENFORCEABLE", no_pids_limit, CM_POLICY_HARDENED},
    {CM_CODE_LIMIT_UNENFORCEABLE, "\"pids\":{\"limit\":100},", "", no_pids, "CM-LIMIT-UNENFORCEABLE", no_pids_limit, CM_POLICY_STRICT},
    {CM_CODE_RLIMIT, RLIMIT("{\"type\":\"RLIMIT_NOFILE\",\"soft\":2000000,\"hard\":2000000}"), nothing, "CM-RLIMIT", many_files, CM_POLICY_HARDENED},
    {CM_CODE_RLIMIT, RLIMIT("{\"type\":\"RLIMIT_MEMLOCK\",\"soft\":18446744073709551615,\"hard\":18446744073709551615}"), nothing, "CM-RLIMIT", locks_to_the_floor,
     CM_POLICY_HARDENED, true},
    {CM_CODE_OOM, OOM("-500"), spared_caller, "CM-OOM", is_spared, CM_POLICY_STRICT},
    {CM_CODE_OOM, OOM("-1000"), spared_caller, "CM-OOM", is_spared_to_the_floor, CM_POLICY_STRICT, true},
    {CM_CODE_SECCOMP_ABSENT, NO_FILTER, confined, "CM-SECCOMP-ABSENT", is_filtered, CM_POLICY_HARDENED, true},
    {CM_CODE_SECCOMP_DEFAULT, SECCOMP("\"defaultAction\":\"SCMP_ACT_ALLOW\""), confined, "CM-SECCOMP-DEFAULT", is_filtered, CM_POLICY_HARDENED, true},
    {CM_CODE_LSM_MISSING, NULL, NULL, label_wanted, "CM-LSM-MISSING", is_said, CM_POLICY_HARDENED},
    {CM_CODE_SUID_DUMPABLE, NULL, NULL, dumpable, "CM-SUID-DUMPABLE", is_said, CM_POLICY_STRICT},
};

/* The fixture changes one place; the annotation of this row is a second one. */
static void ask_for_ephemeral(struct fixture *f)
{
    static struct oci_pair pair = {"casemate.rootfs", "ephemeral"};

    if (!f->config || !cm_streq(f->config->hostname, "EPH"))
        return;
    f->config->annotations = (struct oci_map){true, 1, &pair};
    if (cm_plan_make(f->config, &f->policy, &f->facts, "box", &f->arena, &f->plan) < 0)
        f->plan = NULL;
}

static void plan_row(struct fixture *f, const struct grant *row)
{
    codes[0] = row->code;
    then = row->change;
    fixture_make(f, row->level, row->find, row->with, except);
    ask_for_ephemeral(f);
}

static void check_granted(const struct grant *row, size_t i)
{
    AUTO_FIXTURE struct fixture f = {0};
    CM_AUTO_STR struct cm_str text = {0};

    plan_row(&f, row);
    if (!f.plan) {
        CHECK_FAIL("row %zu has no plan", i);
        return;
    }
    const struct cm_finding *found = fixture_find(&f, row->without);
    if (f.plan->verdict == CM_VERDICT_REFUSED || (found != NULL) != row->still)
        CHECK_FAIL("row %zu: %s is still there: %s", i, row->without, found ? found->message : "another refusal");
    if (!row->granted(f.plan))
        CHECK_FAIL("row %zu: not as granted", i);
    if (f.plan->n_granted != 1 || !cm_streq(f.plan->granted[0].code, cm_code_info(row->code)->code) || f.plan->granted[0].exception != &exception)
        CHECK_FAIL("row %zu: %zu notes", i, f.plan->n_granted);
    CHECK(f.plan->n_lapsed == 0 && cm_plan_granted_summary(f.plan, &text) && !cm_plan_lapsed_summary(f.plan, &text));
    CHECK_CONTAINS(cm_str_text(&text), "until 2026-02-01: \"the vendor ships a fix\"");
    CHECK_CONTAINS(cm_str_text(&text), "/p.json: /exceptions/0");
}

static void check_not_granted(const struct grant *row, size_t i, size_t lapsed, const char *what)
{
    AUTO_FIXTURE struct fixture f = {0};

    plan_row(&f, row);
    if (!f.plan || !fixture_find(&f, row->without) || f.plan->n_granted != 0 || f.plan->n_lapsed != lapsed)
        CHECK_FAIL("row %zu, %s: %zu granted, %zu lapsed", i, what, f.plan ? f.plan->n_granted : 0, f.plan ? f.plan->n_lapsed : 0);
    if (f.plan && row->granted(f.plan) && f.plan->verdict != CM_VERDICT_REFUSED && row->granted != is_filtered && row->granted != is_said)
        CHECK_FAIL("row %zu, %s: as if granted", i, what);
}

TEST(each_code_grants_what_it_says)
{
    bool seen[CM_CODE_COUNT] = {0};

    now = 1500;
    exception = (struct cm_exception){.bundle = "/b", .from = 1000, .expires = 2000};
    for (size_t i = 0; i < CM_ARRAY_LEN(grants); i++) {
        check_granted(&grants[i], i);
        seen[grants[i].code] = true;
    }
    for (size_t i = 0; cm_exceptable_at(i); i++)
        if (!seen[cm_exceptable_at(i)->code])
            CHECK_FAIL("no row for %s", cm_code_info(cm_exceptable_at(i)->code)->code);
}

TEST(not_before_and_not_after_its_time)
{
    exception = (struct cm_exception){.bundle = "/b", .from = 1000, .expires = 2000};
    for (size_t i = 0; i < CM_ARRAY_LEN(grants); i++) {
        now = 999;
        check_not_granted(&grants[i], i, 1, "before");
        now = 0; /* a clock that was set back, or never set */
        check_not_granted(&grants[i], i, 1, "long before");
        now = 2000;
        check_not_granted(&grants[i], i, 1, "after");
        now = INT64_MAX;
        check_not_granted(&grants[i], i, 1, "long after");
    }
}

static void rootless(struct cm_facts *facts, struct cm_policy *policy)
{
    (void)policy;
    facts->rootless = true;
}

TEST(not_in_another_place)
{
    now = 1500;
    for (size_t i = 0; i < CM_ARRAY_LEN(grants); i++) {
        exception = (struct cm_exception){.bundle = "/bb", .from = 1000, .expires = 2000};
        check_not_granted(&grants[i], i, 0, "other bundle");
        exception = (struct cm_exception){.cgroup = "/tenant", .from = 1000, .expires = 2000};
        check_not_granted(&grants[i], i, 0, "other cgroup"); /* the fixture's is relative: /engine/tenant/box */
        exception = (struct cm_exception){.bundle = "/b", .cgroup = "/other", .from = 1000, .expires = 2000};
        check_not_granted(&grants[i], i, 0, "only one of two");
        exception = (struct cm_exception){.cgroup = "/engine/tenant", .from = 1000, .expires = 2000};
        check_granted(&grants[i], i);
    }
    /* who calls without the host's root chooses the bundle's place */
    AUTO_FIXTURE struct fixture f = {0};
    exception = (struct cm_exception){.bundle = "/b", .from = 1000, .expires = 2000};
    codes[0] = CM_CODE_NONROOT;
    then = rootless;
    fixture_make(&f, CM_POLICY_STRICT, "\"uid\":1000", "\"uid\":0", except);
    CHECK(f.plan && fixture_find(&f, "CM-NONROOT") && f.plan->n_granted == 0 && f.plan->n_lapsed == 0);
}

TEST(not_for_another_code)
{
    now = 1500;
    exception = (struct cm_exception){.bundle = "/b", .from = 1000, .expires = 2000};
    for (size_t i = 0; i < CM_ARRAY_LEN(grants); i++) {
        struct grant other = grants[i];
        other.code = other.code == CM_CODE_OOM ? CM_CODE_NONROOT : CM_CODE_OOM;
        check_not_granted(&other, i, 0, "other code");
    }
}

/* A refused capability, one of an unknown kernel, a foreign namespace: what is no exceptable code stays refused with all exceptions there are. */
TEST(floors_stay)
{
    static enum cm_code all[CM_CODE_COUNT];
    static struct cm_exception every;
    size_t n = 0;

    while (cm_exceptable_at(n)) {
        all[n] = cm_exceptable_at(n)->code;
        n++;
    }
    every = (struct cm_exception){.codes = all, .n_codes = n, .bundle = "/b", .from = 1000, .expires = 2000, .reason = "r", .from_text = "", .expires_text = "", .place = ""};
    AUTO_FIXTURE struct fixture f = {0};
    fixture_make(&f, CM_POLICY_HARDENED, "\"bounding\":[\"CAP_KILL\"]", "\"bounding\":[\"CAP_KILL\",\"CAP_SYS_ADMIN\"]", NULL);
    f.policy.exceptions = &every;
    f.policy.n_exceptions = 1;
    f.facts.now = 1500;
    CHECK_INT(cm_plan_make(f.config, &f.policy, &f.facts, "box", &f.arena, &f.plan), 0);
    CHECK(fixture_find(&f, "CM-CAP-REFUSED") && f.plan->verdict == CM_VERDICT_REFUSED && f.plan->n_granted == 0);
}

TEST(an_update_is_granted_what_a_create_is)
{
    static const struct oci_resources asked = {.pids_limit = {true, 100000}};
    struct cm_policy policy = *cm_policy_builtin(CM_POLICY_HARDENED);
    struct cm_update_facts facts = {.cgroup_path = "/engine/tenant/box", .bundle = "/b", .controllers = 0xff, .memory_total = UINT64_C(8000000000), .now = 1500};

    codes[0] = CM_CODE_LIMIT_CEILING;
    exception = (struct cm_exception){.codes = codes, .n_codes = 1, .bundle = "/b", .from = 1000, .expires = 2000, .reason = "r", .expires_text = "", .place = ""};
    policy.exceptions = &exception;
    policy.n_exceptions = 1;
    for (int i = 0; i < 3; i++) {
        CM_AUTO_ARENA struct cm_arena arena = {0};
        struct cm_plan *plan = NULL;
        facts.now = i == 1 ? 2000 : 1500;
        facts.rootless = i == 2;
        CHECK_INT(cm_plan_update(&asked, false, &policy, &facts, &arena, &plan), 0);
        CHECK_STR(plan ? limit(plan, "pids.max") : NULL, i == 0 ? "100000" : "32768");
        CHECK_INT(plan ? plan->n_granted : 9, i == 0);
    }
}
