/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plan of a joining process: never more than init, whatever process.json asks for, and everything wrong at once. */
#include "check.h"

#include <linux/capability.h>
#include <linux/mount.h>
#include <sys/resource.h>

#include "fixture.h"
#include "plan/exec.h"

#define BIT(cap) (UINT64_C(1) << (cap))
#define CEILING (BIT(CAP_CHOWN) | BIT(CAP_KILL) | BIT(CAP_NET_BIND_SERVICE))

struct joint {
    struct cm_arena arena;
    struct cm_facts facts;
    struct cm_policy policy;
    struct oci_process *process;
    struct cm_confinement init;
    struct cm_exec_request request;
    struct cm_plan *plan;
};

static void joint_free(struct joint *j)
{
    cm_arena_free(&j->arena);
}
#define AUTO_JOINT CM_CLEANUP(joint_free)

static struct oci_id_mapping map = {0, 131072, 65536};

static void prepare(struct joint *j)
{
    *j = (struct joint){.policy = *cm_policy_builtin(CM_POLICY_HARDENED)};
    j->facts = (struct cm_facts){.last_cap = 40, .can_raise_rlimits = true, .own_oom_score_adj = 100, .landlock_abi = 7, .apparmor = true};
    j->init = (struct cm_confinement){
        .caps = {CEILING, BIT(CAP_CHOWN) | BIT(CAP_KILL), BIT(CAP_CHOWN) | BIT(CAP_KILL), 0},
        .landlock_abi = 7,
        .apparmor_profile = "box",
        .uid_map = {true, 1, &map},
        .gid_map = {true, 1, &map},
    };
    for (int i = 0; i < CM_RLIMITS; i++) {
        j->request.init_limits[i] = j->request.own_limits[i] = (struct cm_limit_pair){UINT64_MAX, UINT64_MAX};
        j->facts.rlimit_hard[i] = UINT64_MAX;
    }
    j->request.init_limits[RLIMIT_CORE] = (struct cm_limit_pair){1, 1};
    j->request.init = &j->init;
}

static void decide(struct joint *j, const char *members)
{
    CM_AUTO_STR struct cm_str text = {0};
    struct cm_error err;

    cm_error_init(&err);
    cm_str_addf(&text, "{\"args\":[\"a\"],\"cwd\":\"/\",\"noNewPrivileges\":true%s%s%s}", strstr(members, "\"user\"") ? "" : ",\"user\":{\"uid\":0,\"gid\":0}",
                members[0] ? "," : "", members);
    if (oci_process_parse(cm_str_text(&text), text.size, &j->arena, &j->process, &err) < 0) {
        CHECK_FAIL("%s: %s", err.field, err.message);
        return;
    }
    j->request.process = j->process;
    CHECK_INT(cm_plan_exec(&j->request, &j->policy, &j->facts, &j->arena, &j->plan), 0);
}

static const struct cm_finding *found(const struct joint *j, const char *code, enum cm_verdict verdict)
{
    for (size_t i = 0; j->plan && i < j->plan->n_findings; i++)
        if (cm_streq(j->plan->findings[i].code, code) && j->plan->findings[i].verdict == verdict)
            return &j->plan->findings[i];
    return NULL;
}

static const struct cm_plan_rlimit *limit(const struct joint *j, int resource)
{
    for (size_t i = 0; j->plan && i < j->plan->n_rlimits; i++)
        if (j->plan->rlimits[i].resource == resource)
            return &j->plan->rlimits[i];
    return NULL;
}

TEST(a_plain_process_gets_what_init_has)
{
    AUTO_JOINT struct joint j;

    prepare(&j);
    j.init.memory_deny_write_exec = true;
    decide(&j, "");
    if (!j.plan)
        return;
    CHECK_INT(j.plan->verdict, CM_VERDICT_OK);
    CHECK(j.plan->joins && j.plan->landlock && j.plan->memory_deny_write_exec && j.plan->root_mode == CM_ROOT_READONLY);
    CHECK(memcmp(&j.plan->caps, &j.init.caps, sizeof(j.init.caps)) == 0);
    CHECK_STR(j.plan->apparmor_profile, "box");
    CHECK(j.plan->oom_score_adj_set && j.plan->oom_score_adj == 100);
    CHECK(limit(&j, RLIMIT_CORE) && limit(&j, RLIMIT_CORE)->hard == 1);
    CHECK_INT(j.plan->n_rlimits, 1); /* the others are as the caller's already */
    CHECK_INT(j.plan->umask, 022);
}

TEST(capabilities_stay_below_init)
{
    AUTO_JOINT struct joint j, k, l;

    /* an engine's default set: what init may not have is dropped, and said */
    prepare(&j);
    decide(&j, "\"capabilities\":{\"bounding\":[\"CAP_CHOWN\",\"CAP_NET_RAW\",\"CAP_SETUID\"],\"effective\":[\"CAP_CHOWN\",\"CAP_NET_RAW\"],"
               "\"permitted\":[\"CAP_CHOWN\",\"CAP_NET_RAW\"],\"inheritable\":[\"CAP_CHOWN\"],\"ambient\":[\"CAP_NET_RAW\"]}");
    CHECK(j.plan && j.plan->verdict == CM_VERDICT_TIGHTENED && found(&j, "CM-CAP-DROPPED", CM_VERDICT_TIGHTENED) &&
          found(&j, "CM-CAP-INHERITABLE", CM_VERDICT_TIGHTENED));
    /* SETUID is below the policy's ceiling and above init's bounding set */
    CHECK(j.plan && j.plan->caps.bounding == BIT(CAP_CHOWN) && j.plan->caps.effective == BIT(CAP_CHOWN) && j.plan->caps.ambient == 0);

    /* exec --privileged: refused */
    prepare(&k);
    decide(&k, "\"capabilities\":{\"bounding\":[\"CAP_SYS_ADMIN\",\"CAP_NET_ADMIN\"],\"effective\":[\"CAP_SYS_PTRACE\"]},\"apparmorProfile\":\"unconfined\"");
    CHECK(k.plan && k.plan->verdict == CM_VERDICT_REFUSED && found(&k, "CM-CAP-REFUSED", CM_VERDICT_REFUSED) &&
          found(&k, "CM-LSM-UNCONFINED", CM_VERDICT_REFUSED));

    /* --cap: asked for by hand, so never dropped without a word */
    prepare(&l);
    l.request.extra_caps = BIT(CAP_NET_RAW);
    decide(&l, "\"capabilities\":{\"bounding\":[\"CAP_CHOWN\",\"CAP_NET_RAW\"],\"effective\":[],\"permitted\":[]}");
    CHECK(l.plan && l.plan->verdict == CM_VERDICT_REFUSED && found(&l, "CM-CAP-REFUSED", CM_VERDICT_REFUSED));
    CHECK(l.plan && strstr(found(&l, "CM-CAP-REFUSED", CM_VERDICT_REFUSED)->message, "bounding set of the container's init"));
}

TEST(the_label_is_that_of_init)
{
    static const struct {
        const char *init_profile, *init_label, *members;
        bool selinux;
        const char *code;
    } rows[] = {
        {"box", NULL, "\"apparmorProfile\":\"box\"", false, NULL},
        {"box", NULL, "\"apparmorProfile\":\"\"", false, NULL},
        {"box", NULL, "\"apparmorProfile\":\"other\"", false, "CM-LSM"},
        {NULL, NULL, "\"apparmorProfile\":\"other\"", false, "CM-LSM"},
        {NULL, "u:system_r:container_t:s0:c1,c2", "\"selinuxLabel\":\"u:system_r:container_t:s0\"", true, NULL},
        {NULL, "u:system_r:container_t:s0:c1,c2", "\"selinuxLabel\":\"u:system_r:container_t:s0:c1,c2\"", true, NULL},
        {NULL, "u:system_r:container_t:s0:c1,c2", "\"selinuxLabel\":\"u:system_r:container_t:s0:c1,c3\"", true, "CM-LSM"},
        {NULL, "u:system_r:container_t:s0:c1,c2", "\"selinuxLabel\":\"u:system_r:container_init_t:s0:c1,c2\"", true, "CM-LSM"},
        {NULL, "u:system_r:container_t:s0:c1,c2", "\"selinuxLabel\":\"u:system_r:spc_t:s0\"", true, "CM-LSM-UNCONFINED"},
    };

    for (size_t i = 0; i < CM_ARRAY_LEN(rows); i++) {
        AUTO_JOINT struct joint j;
        prepare(&j);
        j.facts.selinux = rows[i].selinux;
        j.facts.apparmor = !rows[i].selinux;
        j.init.apparmor_profile = rows[i].init_profile;
        j.init.selinux_label = rows[i].init_label;
        decide(&j, rows[i].members);
        bool refused = j.plan && j.plan->verdict == CM_VERDICT_REFUSED;
        if (refused != (rows[i].code != NULL) || (refused && !found(&j, rows[i].code, CM_VERDICT_REFUSED)))
            CHECK_FAIL("row %zu", i);
        CHECK(j.plan && j.plan->apparmor_profile == rows[i].init_profile && j.plan->selinux_label == rows[i].init_label);
    }
}

TEST(a_lower_ceiling_today_counts_too)
{
    AUTO_JOINT struct joint j;

    prepare(&j);
    j.policy.cap_ceiling = BIT(CAP_KILL);
    decide(&j, "");
    CHECK(j.plan && j.plan->caps.bounding == BIT(CAP_KILL) && j.plan->caps.effective == BIT(CAP_KILL));
}

TEST(resource_limits_stay_below_init)
{
    AUTO_JOINT struct joint j;

    prepare(&j);
    j.request.init_limits[RLIMIT_NOFILE] = (struct cm_limit_pair){512, 1024};
    j.request.init_limits[RLIMIT_NPROC] = (struct cm_limit_pair){100, 200};
    j.request.init_limits[RLIMIT_STACK] = (struct cm_limit_pair){8, UINT64_MAX};
    decide(&j, "\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"soft\":4096,\"hard\":4096},{\"type\":\"RLIMIT_STACK\",\"soft\":4,\"hard\":16}]");
    const struct cm_plan_rlimit *files = limit(&j, RLIMIT_NOFILE), *stack = limit(&j, RLIMIT_STACK), *processes = limit(&j, RLIMIT_NPROC);
    CHECK(files && files->soft == 1024 && files->hard == 1024);
    CHECK(found(&j, "CM-RLIMIT", CM_VERDICT_TIGHTENED) != NULL);
    CHECK(stack && stack->soft == 4 && stack->hard == 16);
    CHECK(processes && processes->soft == 100 && processes->hard == 200);
}

TEST(limits_that_cannot_be_raised_stay_lower)
{
    AUTO_JOINT struct joint j;

    prepare(&j);
    j.facts.can_raise_rlimits = false;
    j.request.own_limits[RLIMIT_NOFILE] = (struct cm_limit_pair){10, 20};
    decide(&j, "");
    CHECK(limit(&j, RLIMIT_NOFILE) && limit(&j, RLIMIT_NOFILE)->hard == 20 && limit(&j, RLIMIT_NOFILE)->soft == 20);
}

TEST(the_oom_score_never_sinks_below_init)
{
    AUTO_JOINT struct joint j, k;

    prepare(&j);
    decide(&j, "\"oomScoreAdj\":-999");
    CHECK(j.plan && j.plan->oom_score_adj == 100 && found(&j, "CM-OOM", CM_VERDICT_TIGHTENED));
    prepare(&k);
    decide(&k, "\"oomScoreAdj\":500");
    CHECK(k.plan && k.plan->oom_score_adj == 500 && k.plan->verdict == CM_VERDICT_OK);
}

TEST(all_that_is_wrong_is_said_at_once)
{
    static const char *const codes[] = {"CM-CAP-UNKNOWN", "CM-CWD", "CM-ENV", "CM-ID-USER", "CM-OOM", "CM-RLIMIT"};
    AUTO_JOINT struct joint j;
    struct cm_error err;

    prepare(&j);
    decide(&j, "\"capabilities\":{\"bounding\":[\"CAP_NONE\"]},\"env\":[\"=\"],\"user\":{\"uid\":70000,\"gid\":0},\"oomScoreAdj\":5000,"
               "\"rlimits\":[{\"type\":\"RLIMIT_NONE\",\"soft\":1,\"hard\":1}]");
    j.process->cwd = "/proc/self/fd/7";
    CHECK_INT(cm_plan_exec(&j.request, &j.policy, &j.facts, &j.arena, &j.plan), 0);
    cm_error_init(&err);
    CHECK_INT(cm_plan_refusal_error(j.plan, &err), -EPERM);
    CHECK_CONTAINS(err.message, "refuses this process");
    for (size_t i = 0; i < CM_ARRAY_LEN(codes); i++)
        CHECK(found(&j, codes[i], CM_VERDICT_REFUSED) && strstr(err.message, codes[i]));
}

TEST(processors_and_scheduling)
{
    static const char *const bad[] = {"x", "1-0", "8192", "0-8192", "0,,1", "0,", "1 2", ",", "-1", "1-", "99999999999999999999"};
    AUTO_JOINT struct joint j, k;

    prepare(&j);
    j.init.scheduling = (struct cm_plan_scheduling){.policy_set = true, .policy = 5, .nice = 3, .memory_policy_set = true, .memory_mode = 4};
    decide(&j, "\"execCPUAffinity\":{\"initial\":\"0-1, 3\",\"final\":\"8191\"}");
    CHECK(j.plan && j.plan->verdict == CM_VERDICT_OK && j.plan->cpus_initial[0] == 0xb && j.plan->cpus_final[CM_CPUS_WORDS - 1] >> 63 == 1);
    CHECK(j.plan && j.plan->scheduling.policy == 5 && j.plan->scheduling.nice == 3 && j.plan->scheduling.memory_mode == 4);
    prepare(&k);
    k.init.affinity = (struct oci_cpu_affinity){NULL, "2"}; /* the configuration's, for who names none */
    k.init.scheduling = j.init.scheduling;
    decide(&k, "\"scheduler\":{\"policy\":\"SCHED_OTHER\",\"nice\":7}");
    CHECK(k.plan && !k.plan->cpus_initial && k.plan->cpus_final && k.plan->cpus_final[0] == 4);
    CHECK(k.plan && k.plan->scheduling.policy == 0 && k.plan->scheduling.nice == 7 && k.plan->scheduling.memory_policy_set);
    for (size_t i = 0; i < CM_ARRAY_LEN(bad); i++) {
        AUTO_JOINT struct joint b;
        prepare(&b);
        b.init.affinity.initial = bad[i];
        decide(&b, "");
        if (!found(&b, "CM-AFFINITY", CM_VERDICT_REFUSED))
            CHECK_FAIL("taken: %s", bad[i]);
    }
}

TEST(the_policy_of_today_judges_the_user)
{
    AUTO_JOINT struct joint j;

    prepare(&j);
    j.policy.require_non_root = true;
    decide(&j, "");
    CHECK(j.plan && found(&j, "CM-NONROOT", CM_VERDICT_REFUSED));
}

TEST(what_the_policy_of_the_create_said_of_root_holds)
{
    AUTO_JOINT struct joint j;

    prepare(&j);
    decide(&j, "");
    CHECK(j.plan && !found(&j, "CM-NONROOT", CM_VERDICT_REFUSED));
    j.init.non_root = true;
    decide(&j, "");
    CHECK(j.plan && found(&j, "CM-NONROOT", CM_VERDICT_REFUSED));
}

/* What create records of a plan, and what exec makes of it, allow Landlock the same. */
TEST(mounts_that_matter_to_landlock)
{
    AUTO_FIXTURE struct fixture f;
    AUTO_JOINT struct joint j;
    struct cm_confinement recorded;
    bool tmp = false, dev = false, readonly = false;

    prepare(&j);
    fixture_make(&f, CM_POLICY_HARDENED, NULL, NULL, NULL);
    if (!f.plan) {
        CHECK_FAIL("no plan");
        return;
    }
    CHECK(cm_plan_confinement(f.plan, 7, &recorded));
    CHECK(recorded.caps.bounding == f.plan->caps.bounding && recorded.landlock_abi == 7 && !recorded.writable_root);
    recorded.uid_map = recorded.gid_map = j.init.uid_map;
    j.init = recorded;
    decide(&j, "");
    for (size_t i = 0; j.plan && i < j.plan->n_mounts; i++) {
        const struct cm_plan_mount *m = &j.plan->mounts[i];
        tmp |= cm_streq(m->target, "/tmp") && m->kind == CM_MOUNT_TMPFS && !(m->attributes & MOUNT_ATTR_RDONLY);
        dev |= m->kind == CM_MOUNT_DEV;
        readonly |= m->kind != CM_MOUNT_DEV && m->attributes & MOUNT_ATTR_RDONLY;
    }
    CHECK(tmp && dev && !readonly);
}
