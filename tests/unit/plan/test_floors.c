/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The floors as a property: no text is read into a policy beyond one, and no plan under such a policy is weaker than they are. */
#include "check.h"

#include <inttypes.h>

#include "../floors.h"
#include "fixture.h"
#include "greedy.h"
#include "oci/capnames.h"
#include "plan/exec.h"
#include "policy/file.h"
#include "policy/sysctls.h"

#define POLICIES 5000
#define NOW INT64_C(1801353600) /* 2027-01-31 */

static uint64_t state;

static uint64_t random_below(uint64_t n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % n;
}

static const char *one_of(const char *const *list, size_t n)
{
    return list[random_below(n)];
}

#define ONE_OF(...) one_of((const char *const[]){__VA_ARGS__}, CM_ARRAY_LEN(((const char *const[]){__VA_ARGS__})))

/* The edges, what lies a step beyond them, and anything. */
static int64_t random_number(const struct cm_tunable *row)
{
    const int64_t edges[] = {row->strictest, row->loosest[CM_POLICY_HARDENED], row->loosest[CM_POLICY_STRICT], 0, 1, -1, INT64_MAX, INT64_MIN,
                             (int64_t)random_below(1u << 20)};
    int64_t edge = edges[random_below(CM_ARRAY_LEN(edges))];
    unsigned int step = (unsigned int)random_below(8);

    if (step == 0 && edge < INT64_MAX)
        return edge + 1;
    return step == 1 && edge > INT64_MIN ? edge - 1 : edge;
}

static void random_caps(struct cm_str *out)
{
    unsigned int among = random_below(8) == 0 ? CM_CAP_COUNT : 11;
    bool first = true;

    cm_str_add(out, "[");
    for (unsigned int i = 0; i < among; i++)
        if (random_below(3) == 0 && (among > 11 || FLOOR_CAPS >> i & 1 || random_below(40) == 0)) {
            cm_str_addf(out, "%s\"%s\"", first ? "" : ",", cm_cap_name(i) + (random_below(2) ? 4 : 0));
            first = false;
        }
    cm_str_add(out, "]");
}

static void random_exception(struct cm_str *out)
{
    static const char *const moments[] = {"2026-06-01", "2027-01-30", "2027-01-31", "2027-01-31T00:00:01Z", "2027-02-01", "2027-05-01", "2028-05-01", "never"};

    cm_str_addf(out, "[{\"codes\":[\"%s\"", cm_code_info((enum cm_code)random_below(CM_CODE_COUNT))->code);
    for (uint64_t n = random_below(3); n > 0; n--)
        cm_str_addf(out, ",\"%s\"",
                    ONE_OF("CM-NONROOT", "CM-OOM", "CM-RLIMIT", "CM-LIMIT-CEILING", "CM-CAP-DROPPED", "CM-ROOT-READONLY", "CM-LSM-MISSING", "CM-SECCOMP-ABSENT"));
    cm_str_addf(out, "],\"match\":{%s},\"from\":\"%s\",\"expires\":\"%s\",\"reason\":\"%s\"}]", ONE_OF("\"bundle\":\"/b\"", "\"cgroup\":\"/tenant\"", "", "\"bundle\":\"/c\""),
                one_of(moments, CM_ARRAY_LEN(moments)), one_of(moments, CM_ARRAY_LEN(moments)), ONE_OF("r", "why", ""));
}

static void random_exceptable(struct cm_str *out)
{
    cm_str_addf(out, "[{\"codes\":[\"%s\",\"%s\"],\"match\":{\"bundle\":\"/b\"},\"from\":\"2027-01-01\",\"expires\":\"%s\",\"reason\":\"r\"}]",
                ONE_OF("CM-NONROOT", "CM-OOM", "CM-RLIMIT"), ONE_OF("CM-LIMIT-CEILING", "CM-CAP-DROPPED", "CM-ROOT-READONLY", "CM-LIMIT-UNENFORCEABLE"),
                ONE_OF("2027-01-31", "2027-02-01", "2028-01-02"));
}

static void random_list(enum cm_tunable_id id, struct cm_str *out)
{
    size_t n = 0;

    switch ((int)id) {
    case CM_TUNABLE_SYSCTLS_ALLOW:
        while (cm_sysctl_at(n))
            n++;
        cm_str_addf(out, "[\"%s\"]", random_below(8) == 0 ? ONE_OF("kernel.core_pattern", "vm.swappiness", "net", "") : cm_sysctl_at(random_below(n))->path);
        break;
    case CM_TUNABLE_HOOKS_ALLOW:
        cm_str_addf(out, "[{\"path\":\"%s\"}]", ONE_OF("/usr/bin/hook", "/a/../b", "hook", "/h"));
        break;
    case CM_TUNABLE_DEVICES_ALLOW:
        cm_str_addf(out, "[{\"path\":\"%s\",\"major\":%u,\"minor\":%u,\"access\":\"%s\"}]", ONE_OF("/dev/net/tun", "/dev/kvm", "/dev/null", "/etc/x"),
                    (unsigned int)random_below(300), (unsigned int)random_below(300), ONE_OF("r", "rw", "w", "m"));
        break;
    case CM_TUNABLE_MOUNTS_ALLOW:
        cm_str_addf(out, "[{\"prefix\":\"%s\",\"write\":%s}]", ONE_OF("/srv", "/etc", "/", "/opt/x", "/proc", "/var/lib/kubelet"), ONE_OF("true", "false"));
        break;
    case CM_TUNABLE_MOUNT_CLASSES:
        cm_str_addf(out, "[\"%s\"]", ONE_OF("none", "default", "kubelet-local", "named-volumes", "other"));
        break;
    case CM_TUNABLE_UNMAPPED:
        cm_str_addf(out, "[\"%s\"]", ONE_OF("nfs4", "a/b", ""));
        break;
    case CM_TUNABLE_AUDIT_SINKS:
        cm_str_addf(out, "[{\"type\":\"%s\"%s}]", ONE_OF("file", "journald", "other"), ONE_OF("", ",\"path\":\"/var/log/x\"", ",\"path\":\"/etc/shadow\""));
        break;
    case CM_TUNABLE_APPARMOR_ALLOW:
        cm_str_addf(out, "[\"%s\"]", ONE_OF("site", "unconfined", "a//&b", "other"));
        break;
    case CM_TUNABLE_SELINUX_TYPES:
        cm_str_addf(out, "[\"%s\"]", ONE_OF("container_t", "spc_t", "container_init_t"));
        break;
    case CM_TUNABLE_EXCEPTIONS:
        if (random_below(2))
            random_exception(out);
        else
            random_exceptable(out);
        break;
    default:
        cm_str_add(out, "[]");
    }
}

static void random_value(enum cm_tunable_id id, struct cm_str *out)
{
    const struct cm_tunable *row = &cm_tunables[id];

    switch (row->kind) {
    case CM_TUNABLE_SWITCH:
        cm_str_add(out, random_below(2) ? "true" : "false");
        break;
    case CM_TUNABLE_NUMBER:
        cm_str_addf(out, "%" PRId64, random_number(row));
        break;
    case CM_TUNABLE_AMOUNT:
        if (random_below(2))
            cm_str_addf(out, "\"%d%%\"", (int)random_below(104) - 1);
        else
            cm_str_addf(out, "%" PRId64, random_number(row));
        break;
    case CM_TUNABLE_WORD:
        cm_str_addf(out, "\"%s\"", random_below(16) ? row->words[random_below(2)] : "other");
        break;
    case CM_TUNABLE_CAPS:
        random_caps(out);
        break;
    case CM_TUNABLE_NAME:
        if (cm_has_prefix(row->pointer, "/mounts/roots/"))
            cm_str_addf(out, "\"%s\"", ONE_OF("/srv/tree", "/", "/etc", "/mnt/x"));
        else if (id == CM_TUNABLE_SECCOMP_PROFILE)
            cm_str_addf(out, "\"%s\"", ONE_OF("default", "strict", "web", "batch", "minimal", "none"));
        else
            cm_str_addf(out, "\"%s\"", ONE_OF("site", "unconfined", ":n:p"));
        break;
    case CM_TUNABLE_LIST:
        random_list(id, out);
        break;
    }
}

/* One member at its pointer. */
static void write_file(enum cm_tunable_id id, struct cm_str *out)
{
    const char *open = ",";
    unsigned int depth = 0;

    cm_str_add(out, "{\"version\":1");
    for (const char *at = cm_tunables[id].pointer + 1; at; depth++) {
        const char *slash = strchr(at, '/');
        cm_str_addf(out, "%s\"%.*s\":", open, slash ? (int)(slash - at) : (int)strlen(at), at);
        open = "{";
        at = slash ? slash + 1 : NULL;
    }
    random_value(id, out);
    for (; depth > 0; depth--)
        cm_str_add(out, "}");
}

/* Members that are refused one by one are left out, so that most policies come to something. */
static const struct cm_policy *random_policy(struct cm_arena *arena)
{
    struct cm_policy_draft draft = {.arena = arena};
    const struct cm_policy *policy = NULL;
    struct cm_error err;

    if (random_below(3) == 0 && cm_policy_draft_add(&draft, "/level", "{\"version\":1,\"level\":\"strict\"}", 30, &err) < 0)
        return NULL;
    for (unsigned int id = 0; id < CM_TUNABLE_COUNT; id++) {
        CM_AUTO_STR struct cm_str text = {0};
        struct cm_policy_draft before = draft;
        if (random_below(3) != 0)
            continue;
        write_file((enum cm_tunable_id)id, &text);
        if (cm_policy_draft_add(&draft, "/f", cm_str_text(&text), text.size, &err) < 0)
            draft = before;
    }
    return cm_policy_draft_finish(&draft, random_below(4) ? CM_POLICY_HARDENED : CM_POLICY_STRICT, NULL, &policy, &err) < 0 ? NULL : policy;
}

static void check_plans(const struct cm_policy *policy, struct fixture *hosts, size_t *n_started, size_t *n_granted)
{
    for (size_t i = 0; i < CM_ARRAY_LEN(greedy_configs); i++) {
        CM_AUTO_ARENA struct cm_arena arena = {0};
        struct fixture *f = &hosts[i];
        struct cm_plan *plan = NULL;
        f->facts.now = NOW;
        f->facts.own_oom_score_adj = random_below(2) ? -1000 : (int32_t)random_below(1000);
        f->facts.controllers = random_below(4) ? 0xff : (unsigned int)random_below(0x100);
        if (cm_plan_make(f->config, policy, &f->facts, "box", &arena, &plan) < 0) {
            CHECK_FAIL("no plan");
            return;
        }
        const char *beyond = plan_beyond_floor(plan, &f->facts);
        if (beyond)
            CHECK_FAIL("configuration %zu: %s", i, beyond);
        *n_started += plan->verdict != CM_VERDICT_REFUSED;
        *n_granted += plan->n_granted > 0;
        if (plan->verdict == CM_VERDICT_REFUSED)
            continue;
        /* and a process that joins it, asking for the same */
        struct cm_confinement init;
        struct cm_plan *joined = NULL;
        if (!cm_plan_confinement(plan, f->facts.landlock_abi, &init))
            continue;
        struct cm_exec_request request = {.process = f->config->process, .init = &init, .bundle = "/b", .cgroup = "/tenant/box"};
        for (int r = 0; r < CM_RLIMITS; r++)
            request.init_limits[r] = request.own_limits[r] = (struct cm_limit_pair){UINT64_MAX, UINT64_MAX};
        for (size_t r = 0; r < plan->n_rlimits; r++)
            request.init_limits[plan->rlimits[r].resource] = (struct cm_limit_pair){plan->rlimits[r].soft, plan->rlimits[r].hard};
        if (cm_plan_exec(&request, policy, &f->facts, &arena, &joined) < 0)
            continue;
        beyond = plan_beyond_floor(joined, &f->facts);
        if (beyond || joined->caps.bounding & ~plan->caps.bounding)
            CHECK_FAIL("exec of configuration %zu: %s", i, beyond ? beyond : "more capabilities than init");
    }
}

TEST(no_policy_and_no_plan_lies_beyond_a_floor)
{
    struct fixture hosts[CM_ARRAY_LEN(greedy_configs)] = {0};
    size_t taken = 0, strict = 0, started = 0, granted = 0;

    state = UINT64_C(0x9e3779b97f4a7c15);
    for (size_t i = 0; i < CM_ARRAY_LEN(greedy_configs); i++)
        if (!fixture_read(&hosts[i], greedy_configs[i]))
            CHECK_FAIL("configuration %zu", i);
    for (size_t i = 0; i < POLICIES && check_failures_now < 5; i++) {
        CM_AUTO_ARENA struct cm_arena arena = {0};
        const struct cm_policy *policy = random_policy(&arena);
        if (!policy)
            continue;
        const char *beyond = policy_beyond_floor(policy);
        if (beyond)
            CHECK_FAIL("policy %zu: %s", i, beyond);
        taken++;
        strict += policy->level == CM_POLICY_STRICT;
        check_plans(policy, hosts, &started, &granted);
    }
    /* the property says nothing of policies that were refused */
    printf("# %zu policies taken, %zu of them strict; %zu plans start, %zu use an exception\n", taken, strict, started, granted);
    CHECK(taken > POLICIES / 10 && strict > POLICIES / 50 && started > POLICIES / 10 && granted > POLICIES / 100);
    for (size_t i = 0; i < CM_ARRAY_LEN(greedy_configs); i++)
        fixture_free(&hosts[i]);
}

/* The oracle itself: each of these is seen. */
TEST(what_lies_beyond_a_floor_is_seen)
{
    struct cm_policy p = *cm_policy_builtin(CM_POLICY_HARDENED);
    static const char *const sysctl[] = {"kernel/core_pattern"}, *const profile[] = {"unconfined"};
    static const enum cm_code code[] = {CM_CODE_NS_USER};
    static const struct cm_exception exception = {.codes = code, .n_codes = 1, .bundle = "/b", .expires = 1, .reason = "r", .place = "p"};

    CHECK(!policy_beyond_floor(&p) && !policy_beyond_floor(cm_policy_builtin(CM_POLICY_STRICT)));
#define SEEN(change)                                                                                                                                           \
    do {                                                                                                                                                       \
        p = *cm_policy_builtin(CM_POLICY_HARDENED);                                                                                                            \
        change;                                                                                                                                                \
        CHECK(policy_beyond_floor(&p) != NULL);                                                                                                                \
    } while (0)
    SEEN(p.cap_ceiling |= FLOOR_BIT(CAP_SYS_ADMIN));
    SEEN(p.seccomp_profile = "none");
    SEEN(p.ephemeral_size = INT64_MAX);
    SEEN(p.pids_max = INT64_MAX);
    SEEN(p.pids_default = p.pids_max + 1);
    SEEN(p.memory_max = -101);
    SEEN(p.swap_max = -1);
    SEEN(p.rlimit_max[RLIMIT_CORE] = 0);
    SEEN(p.rlimit_max[RLIMIT_MEMLOCK] = CM_NO_MAX);
    SEEN(p.rlimit_max[RLIMIT_RTPRIO] = 1);
    SEEN(p.oom_score_adj_min = -999);
    SEEN(p.id_reuse_delay = 0);
    SEEN(p.apparmor_default = "unconfined");
    SEEN(p.sysctls = sysctl; p.n_sysctls = 1);
    SEEN(p.apparmor_profiles = profile; p.n_apparmor_profiles = 1);
    SEEN(p.exceptions = &exception; p.n_exceptions = 1);
    SEEN(p.level = CM_POLICY_STRICT; p.name = p.id = "strict");
}
