/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The values of policy files: what each may be, what stands behind its bounds, and what becomes of several files and levels. */
#include "check.h"

#include <sys/resource.h>

#include "base/arena.h"
#include "base/str.h"
#include "oci/config.h"
#include "policy/file.h"

static const struct cm_policy *merged(struct cm_arena *arena, const char *const *texts, size_t n, enum cm_policy_level at_least, struct cm_error *err)
{
    struct cm_policy_draft draft = {.arena = arena};
    const struct cm_policy *policy = NULL;
    char name[] = "/1.json";

    for (size_t i = 0; i < n; i++) {
        name[1] = (char)('1' + i);
        const char *copy = cm_arena_strdup(arena, name);
        if (cm_policy_draft_add(&draft, copy, texts[i], strlen(texts[i]), err) < 0)
            return NULL;
    }
    return cm_policy_draft_finish(&draft, at_least, NULL, &policy, err) < 0 ? NULL : policy;
}

#define FILE(members) "{\"version\":1," members "}"

/* What is taken, and the value that it becomes. */
static const struct {
    const char *text;
    enum cm_tunable_id id;
    int64_t want;
} taken[] = {
    {FILE("\"capabilities\":{\"ceiling\":[]}"), CM_TUNABLE_CAP_CEILING, 0},
    {FILE("\"capabilities\":{\"ceiling\":[\"CHOWN\",\"CAP_NET_RAW\"]}"), CM_TUNABLE_CAP_CEILING, 1 << 0 | 1 << 13},
    {FILE("\"user\":{\"nonRoot\":true}"), CM_TUNABLE_NON_ROOT, 1},
    {FILE("\"user\":{\"nonRoot\":false}"), CM_TUNABLE_NON_ROOT, 0},
    {FILE("\"seccomp\":{\"log\":true}"), CM_TUNABLE_SECCOMP_LOG, 1},
    {FILE("\"seccomp\":{\"onUnconfined\":\"refuse\"}"), CM_TUNABLE_SECCOMP_UNCONFINED, CM_UNCONFINED_REFUSE},
    {FILE("\"memory\":{\"denyWriteExec\":true}"), CM_TUNABLE_DENY_WRITE_EXEC, 1},
    {FILE("\"root\":{\"mode\":\"ephemeral\"}"), CM_TUNABLE_ROOT_MODE, CM_ROOT_EPHEMERAL},
    {FILE("\"root\":{\"allowEphemeral\":false}"), CM_TUNABLE_ALLOW_EPHEMERAL, 0},
    {FILE("\"root\":{\"ephemeralSize\":1048576}"), CM_TUNABLE_EPHEMERAL_SIZE, 1048576},
    {FILE("\"root\":{\"ephemeralSize\":68719476736}"), CM_TUNABLE_EPHEMERAL_SIZE, INT64_C(68719476736)},
    {FILE("\"limits\":{\"pids\":{\"max\":4194304}}"), CM_TUNABLE_PIDS_MAX, 4194304},
    {FILE("\"limits\":{\"pids\":{\"max\":1}}"), CM_TUNABLE_PIDS_DEFAULT, 1}, /* the default gives way */
    {FILE("\"limits\":{\"memory\":{\"default\":\"25%\"}}"), CM_TUNABLE_MEMORY_DEFAULT, -25},
    {FILE("\"limits\":{\"memory\":{\"default\":536870912}}"), CM_TUNABLE_MEMORY_DEFAULT, 536870912},
    {FILE("\"limits\":{\"memory\":{\"max\":\"10%\"}}"), CM_TUNABLE_MEMORY_DEFAULT, -10},
    {FILE("\"limits\":{\"swap\":{\"max\":0}}"), CM_TUNABLE_SWAP_MAX, 0},
    {FILE("\"limits\":{\"refuseUnenforceable\":true}"), CM_TUNABLE_REFUSE_UNENFORCEABLE, 1},
    {FILE("\"rlimits\":{\"nofile\":1024}"), CM_TUNABLE_RLIMIT_NOFILE, 1024},
    {FILE("\"rlimits\":{\"core\":1}"), CM_TUNABLE_RLIMIT_CORE, 1},
    {FILE("\"rlimits\":{\"memlock\":68719476736}"), CM_TUNABLE_RLIMIT_MEMLOCK, INT64_C(68719476736)},
    {FILE("\"rlimits\":{\"as\":4294967296}"), CM_TUNABLE_RLIMIT_AS, INT64_C(4294967296)},
    {FILE("\"oomScoreAdj\":{\"min\":-998}"), CM_TUNABLE_OOM_SCORE_MIN, -998},
    {FILE("\"oomScoreAdj\":{\"min\":1000}"), CM_TUNABLE_OOM_SCORE_MIN, 1000},
    {FILE("\"lsm\":{\"require\":true}"), CM_TUNABLE_REQUIRE_LABEL, 1},
    {FILE("\"ids\":{\"reuseDelay\":60}"), CM_TUNABLE_REUSE_DELAY, 60},
    {FILE("\"ids\":{\"onExhaustion\":\"refuse\"}"), CM_TUNABLE_EXHAUSTION, CM_EXHAUSTION_REFUSE},
    /* the level strict within its bounds */
    {FILE("\"level\":\"strict\",\"capabilities\":{\"ceiling\":[\"CHOWN\",\"SETUID\"]}"), CM_TUNABLE_CAP_CEILING, 1 << 0 | 1 << 7},
    {FILE("\"level\":\"strict\",\"memory\":{\"denyWriteExec\":false}"), CM_TUNABLE_DENY_WRITE_EXEC, 0},
    {FILE("\"level\":\"strict\",\"limits\":{\"pids\":{\"max\":32768}}"), CM_TUNABLE_PIDS_MAX, 32768},
    {FILE("\"level\":\"strict\",\"oomScoreAdj\":{\"min\":-998}"), CM_TUNABLE_OOM_SCORE_MIN, -998},
};

TEST(values_are_taken)
{
    for (size_t i = 0; i < CM_ARRAY_LEN(taken); i++) {
        CM_AUTO_ARENA struct cm_arena arena = {0};
        struct cm_error err;
        const struct cm_policy *policy = merged(&arena, &taken[i].text, 1, CM_POLICY_HARDENED, &err);
        if (!policy)
            CHECK_FAIL("%s: %s", taken[i].text, err.message);
        else if (cm_tunable_value(policy, taken[i].id) != taken[i].want)
            CHECK_FAIL("%s: %lld", taken[i].text, (long long)cm_tunable_value(policy, taken[i].id));
    }
}

TEST(names_are_taken)
{
    static const char *const text[] = {FILE("\"seccomp\":{\"profile\":\"batch\"},\"lsm\":{\"apparmor\":{\"default\":\"site\",\"allow\":[\"site\",\"other\"]},"
                                            "\"selinux\":{\"types\":[\"container_t\"]}},\"sysctls\":{\"allow\":[\"net.ipv4.ip_forward\",\"net/ipv4/conf/*/rp_filter\"]},"
                                            "\"hooks\":{\"allow\":[{\"path\":\"/h\",\"arguments\":[\"h\",\"\"],\"stages\":[\"poststop\",\"prestart\"],"
                                            "\"sha256\":\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"}]}")};
    CM_AUTO_ARENA struct cm_arena arena = {0};
    struct cm_error err;
    const struct cm_policy *policy = merged(&arena, text, 1, CM_POLICY_HARDENED, &err);

    if (!policy) {
        CHECK_FAIL("%s", err.message);
        return;
    }
    CHECK_STR(policy->seccomp_profile, "batch");
    CHECK_STR(policy->apparmor_default, "site");
    CHECK_INT(policy->n_apparmor_profiles, 2);
    CHECK_STR(policy->apparmor_profiles[1], "other");
    CHECK_STR(policy->selinux_types[0], "container_t");
    CHECK_STR(policy->sysctls[0], "net/ipv4/ip_forward");
    CHECK_STR(policy->sysctls[1], "net/ipv4/conf/*/rp_filter");
    CHECK_INT(policy->hook_rules[0].arguments.n, 2);
    CHECK_STR(policy->hook_rules[0].arguments.v[1], "");
    CHECK_INT(policy->hook_rules[0].stages, 1u << OCI_HOOK_POSTSTOP | 1u << OCI_HOOK_PRESTART);
    CHECK_STR(policy->hook_rules[0].sha256, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

/* What is wrong, and what the message must name. */
static const struct {
    const char *text, *wants[4];
} wrong[] = {
    {FILE("\"capabilities\":{\"ceiling\":[\"SYS_ADMIN\"]}"), {"/capabilities/ceiling/0: floor: capabilities: CAP_SYS_ADMIN", "14 that engines ask for"}},
    {FILE("\"capabilities\":{\"ceiling\":[\"CAP_NET_ADMIN\"]}"), {"floor: capabilities: CAP_NET_ADMIN"}},
    {FILE("\"capabilities\":{\"ceiling\":[\"NET_RAWW\"]}"), {"/capabilities/ceiling/0: ", "no capability \"NET_RAWW\""}},
    {FILE("\"capabilities\":{\"ceiling\":[\"chown\"]}"), {"no capability \"chown\""}},
    {FILE("\"capabilities\":{\"ceiling\":[\"CHOWN\",\"CAP_CHOWN\"]}"), {"/capabilities/ceiling/1: ", "twice"}},
    {FILE("\"capabilities\":{\"ceiling\":\"CHOWN\"}"), {"/capabilities/ceiling: ", "expected an array"}},
    {FILE("\"capabilities\":{\"Ceiling\":[]}"), {"/capabilities/Ceiling: ", "write \"ceiling\""}},
    {FILE("\"user\":{\"nonRoot\":\"yes\"}"), {"/user/nonRoot: "}},
    {FILE("\"seccomp\":{\"profile\":\"none\"}"), {"/seccomp/profile: ", "no built-in profile \"none\"", "default, strict"}},
    {FILE("\"seccomp\":{\"profile\":\"Default\"}"), {"no built-in profile"}},
    {FILE("\"seccomp\":{\"onUnconfined\":\"allow\"}"), {"/seccomp/onUnconfined: ", "refuse, tighten"}},
    {FILE("\"root\":{\"mode\":\"writable\"}"), {"/root/mode: ", "readonly, ephemeral"}},
    {FILE("\"root\":{\"ephemeralSize\":68719476737}"), {"/root/ephemeralSize: floor: root: 68719476737 is beyond 68719476736"}},
    {FILE("\"root\":{\"ephemeralSize\":1048575}"), {"/root/ephemeralSize: ", "past 1048576"}},
    {FILE("\"limits\":{\"pids\":{\"max\":4194305}}"), {"/limits/pids/max: floor: limits: "}},
    {FILE("\"limits\":{\"pids\":{\"max\":0}}"), {"/limits/pids/max: ", "past 1"}},
    {FILE("\"limits\":{\"pids\":{\"max\":-1}}"), {"/limits/pids/max: "}},
    {FILE("\"limits\":{\"pids\":{\"default\":100,\"max\":99}}"), {"/limits/pids/default: ", "above /limits/pids/max"}},
    {FILE("\"limits\":{\"pids\":{\"default\":32769}}"), {"/limits/pids/default: ", "above /limits/pids/max of the level \"hardened\""}},
    {FILE("\"limits\":{\"memory\":{\"default\":\"101%\"}}"), {"/limits/memory/default: "}},
    {FILE("\"limits\":{\"memory\":{\"default\":\"0%\"}}"), {"/limits/memory/default: "}},
    {FILE("\"limits\":{\"memory\":{\"default\":\"50\"}}"), {"/limits/memory/default: ", "1%"}},
    {FILE("\"limits\":{\"memory\":{\"default\":\"-50%\"}}"), {"/limits/memory/default: "}},
    {FILE("\"limits\":{\"memory\":{\"default\":-50}}"), {"/limits/memory/default: "}},
    {FILE("\"limits\":{\"memory\":{\"max\":0}}"), {"/limits/memory/max: ", "past 1048576"}},
    {FILE("\"limits\":{\"memory\":{\"max\":1.5}}"), {"/limits/memory/max: "}},
    {FILE("\"limits\":{\"memory\":{\"max\":9223372036854775808}}"), {"/limits/memory/max: "}},
    {FILE("\"limits\":{\"memory\":{\"default\":\"60%\",\"max\":\"50%\"}}"), {"/limits/memory/default: ", "above /limits/memory/max"}},
    {FILE("\"limits\":{\"swap\":{\"max\":-1}}"), {"/limits/swap/max: "}},
    {FILE("\"rlimits\":{\"core\":0}"), {"/rlimits/core: "}},
    {FILE("\"rlimits\":{\"core\":2}"), {"/rlimits/core: floor: core-dumps: "}},
    {FILE("\"rlimits\":{\"memlock\":68719476737}"), {"/rlimits/memlock: floor: locked-memory: "}},
    {FILE("\"rlimits\":{\"memlock\":9223372036854775807}"), {"/rlimits/memlock: floor: locked-memory: "}},
    {FILE("\"rlimits\":{\"nice\":21}"), {"/rlimits/nice: floor: scheduling: "}},
    {FILE("\"rlimits\":{\"rtprio\":1}"), {"/rlimits/rtprio: floor: scheduling: "}},
    {FILE("\"rlimits\":{\"RLIMIT_NOFILE\":1}"), {"/rlimits/RLIMIT_NOFILE: ", "nofile"}},
    {FILE("\"rlimits\":{\"nofile\":-1}"), {"/rlimits/nofile: "}},
    {FILE("\"oomScoreAdj\":{\"min\":-999}"), {"/oomScoreAdj/min: floor: oom-score: -999 is beyond -998"}},
    {FILE("\"oomScoreAdj\":{\"min\":1001}"), {"/oomScoreAdj/min: "}},
    {FILE("\"sysctls\":{\"allow\":[\"kernel.core_pattern\"]}"), {"/sysctls/allow/0: floor: sysctls: \"kernel.core_pattern\""}},
    {FILE("\"sysctls\":{\"allow\":[\"vm.overcommit_memory\"]}"), {"floor: sysctls: "}},
    {FILE("\"sysctls\":{\"allow\":[\"net.ipv4\"]}"), {"floor: sysctls: "}},
    {FILE("\"sysctls\":{\"allow\":[\"net.ipv4.tcp_mem\"]}"), {"floor: sysctls: "}},
    {FILE("\"sysctls\":{\"allow\":[\"net/ipv4/../../kernel/core_pattern\"]}"), {"floor: sysctls: "}},
    {FILE("\"sysctls\":{\"allow\":[\"\"]}"), {"floor: sysctls: "}},
    {FILE("\"lsm\":{\"apparmor\":{\"default\":\"unconfined\"}}"), {"/lsm/apparmor/default: floor: labels: "}},
    {FILE("\"lsm\":{\"apparmor\":{\"allow\":[\"a//&b\"]}}"), {"/lsm/apparmor/allow/0: floor: labels: "}},
    {FILE("\"lsm\":{\"apparmor\":{\"allow\":[\":ns:a\"]}}"), {"floor: labels: "}},
    {FILE("\"lsm\":{\"apparmor\":{\"allow\":[\"a b\"]}}"), {"not the name of a profile"}},
    {FILE("\"lsm\":{\"apparmor\":{\"default\":\"x\",\"allow\":[\"y\"]}}"), {"/lsm/apparmor/default: \"x\" is not in /lsm/apparmor/allow"}},
    {FILE("\"lsm\":{\"selinux\":{\"types\":[\"spc_t\"]}}"), {"/lsm/selinux/types/0: floor: labels: spc_t"}},
    {FILE("\"lsm\":{\"selinux\":{\"types\":[\"system_u:system_r:container_t:s0\"]}}"), {"expected a type"}},
    {FILE("\"ids\":{\"reuseDelay\":59}"), {"/ids/reuseDelay: floor: id-reuse: 59 is beyond 60"}},
    {FILE("\"ids\":{\"reuseDelay\":2592001}"), {"/ids/reuseDelay: ", "past 2592000"}},
    {FILE("\"hooks\":{\"allow\":[{\"path\":\"/h\",\"sha256\":\"E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855\"}]}"), {"/hooks/allow/0/sha256: ", "lower-case"}},
    {FILE("\"hooks\":{\"allow\":[{\"path\":\"/h\",\"arguments\":[]}]}"), {"/hooks/allow/0/arguments: ", "leave the member out"}},
    {FILE("\"hooks\":{\"allow\":[{\"path\":\"/h\",\"arguments\":\"h\"}]}"), {"/hooks/allow/0/arguments: "}},
    {FILE("\"hooks\":{\"allow\":[{\"path\":\"/h\",\"stages\":[]}]}"), {"/hooks/allow/0/stages: ", "no stage"}},
    {FILE("\"hooks\":{\"allow\":[{\"path\":\"/h\",\"stages\":[\"poststopp\"]}]}"), {"/hooks/allow/0/stages/0: ", "prestart, createRuntime"}},
    {FILE("\"hooks\":{\"allow\":[{\"path\":\"/h\",\"inside\":true,\"stages\":[\"poststop\"]}]}"), {"/hooks/allow/0/stages: ", "startContainer"}},
    {FILE("\"hooks\":{\"allow\":[{\"path\":\"/h\",\"inside\":true,\"sha256\":\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"}]}"),
     {"/hooks/allow/0/sha256: ", "not compared"}},
    /* the level strict beyond its bounds */
    {FILE("\"level\":\"strict\",\"user\":{\"nonRoot\":false}"), {"/1.json: /user/nonRoot: floor: strict: false is beyond true"}},
    {FILE("\"level\":\"strict\",\"capabilities\":{\"ceiling\":[\"NET_RAW\"]}"), {"/capabilities/ceiling: floor: strict: [\"NET_RAW\"] is beyond"}},
    {FILE("\"seccomp\":{\"profile\":\"default\"},\"level\":\"strict\""), {"/seccomp/profile: floor: strict: \"default\" allows more than \"strict\""}},
    {FILE("\"level\":\"strict\",\"root\":{\"mode\":\"ephemeral\"}"), {"/root/mode: floor: strict: "}},
    {FILE("\"level\":\"strict\",\"root\":{\"allowEphemeral\":true}"), {"/root/allowEphemeral: floor: strict: "}},
    {FILE("\"level\":\"strict\",\"limits\":{\"pids\":{\"max\":32769}}"), {"/limits/pids/max: floor: strict: 32769 is beyond 32768"}},
    {FILE("\"level\":\"strict\",\"limits\":{\"refuseUnenforceable\":false}"), {"/limits/refuseUnenforceable: floor: strict: "}},
    {FILE("\"level\":\"strict\",\"rlimits\":{\"nofile\":1048577}"), {"/rlimits/nofile: floor: strict: "}},
};

TEST(what_is_wrong_is_said)
{
    for (size_t i = 0; i < CM_ARRAY_LEN(wrong); i++) {
        CM_AUTO_ARENA struct cm_arena arena = {0};
        struct cm_error err;
        cm_error_init(&err);
        if (merged(&arena, &wrong[i].text, 1, CM_POLICY_HARDENED, &err)) {
            CHECK_FAIL("taken: %s", wrong[i].text);
            continue;
        }
        CHECK_CONTAINS(err.message, "policy file /1.json: ");
        CHECK_STR(err.field, "");
        for (size_t j = 0; j < CM_ARRAY_LEN(wrong[i].wants) && wrong[i].wants[j]; j++)
            if (!strstr(err.message, wrong[i].wants[j]))
                CHECK_FAIL("%s: the message \"%s\" lacks \"%s\"", wrong[i].text, err.message, wrong[i].wants[j]);
    }
}

/* A file with one member at a pointer of the table. */
static const char *file_with(struct cm_arena *arena, const char *pointer, const char *value)
{
    CM_AUTO_STR struct cm_str text = {0}, tail = {0};

    cm_str_add(&text, "{\"version\":1");
    const char *open = ",";
    for (const char *at = pointer + 1; at;) {
        const char *slash = strchr(at, '/');
        int n = slash ? (int)(slash - at) : (int)strlen(at);
        cm_str_addf(&text, "%s\"%.*s\":", open, n, at);
        cm_str_add(&tail, "}");
        open = "{";
        at = slash ? slash + 1 : NULL;
    }
    cm_str_addf(&text, "%s%s", value, cm_str_text(&tail));
    return cm_arena_strdup(arena, cm_str_text(&text));
}

TEST(every_value_of_the_table_has_a_reader_and_one_file)
{
    for (unsigned int id = 0; id < CM_TUNABLE_COUNT; id++) {
        CM_AUTO_ARENA struct cm_arena arena = {0};
        CM_AUTO_STR struct cm_str text = {0};
        const struct cm_tunable *row = &cm_tunables[id];
        struct cm_error err;
        cm_error_init(&err);
        CHECK(row->pointer && row->pointer[0] == '/' && row->meaning && row->meaning[0]);
        if (row->kind == CM_TUNABLE_LIST)
            cm_str_add(&text, id == CM_TUNABLE_MOUNT_CLASSES ? "[\"none\"]" : "[]");
        else if (row->kind == CM_TUNABLE_NAME)
            cm_str_add(&text, cm_has_prefix(row->pointer, "/mounts/roots/") ? "\"/srv/tree\"" : "\"strict\"");
        else
            cm_tunable_value_text(row, row->loosest[CM_POLICY_HARDENED] == CM_NO_MAX ? CM_NO_MAX - 1 : row->loosest[CM_POLICY_HARDENED], &text);
        const char *file = file_with(&arena, row->pointer, cm_str_text(&text)), *const twice[] = {file, file};
        const struct cm_policy *policy = NULL;
        struct cm_policy_draft draft = {.arena = &arena};
        int r = cm_policy_draft_add(&draft, "/1.json", file, strlen(file), &err);
        if (r < 0) {
            CHECK_FAIL("%s: %s", file, err.message);
            continue;
        }
        if (row->kind == CM_TUNABLE_LIST)
            continue;
        CHECK_STR(draft.given[id], "/1.json");
        policy = merged(&arena, twice, 2, CM_POLICY_HARDENED, &err);
        if (policy || !strstr(err.message, "/1.json gives this already"))
            CHECK_FAIL("%s twice: %s", file, policy ? "taken" : err.message);
    }
}

TEST(built_in_values_are_within_their_bounds)
{
    for (unsigned int level = 0; level < CM_POLICY_LEVELS; level++)
        for (unsigned int id = 0; id < CM_TUNABLE_COUNT; id++) {
            const struct cm_tunable *row = &cm_tunables[id];
            const struct cm_policy *policy = cm_policy_builtin((enum cm_policy_level)level);
            if (row->kind == CM_TUNABLE_LIST || row->kind == CM_TUNABLE_NAME)
                continue;
            int64_t value = cm_tunable_value(policy, (enum cm_tunable_id)id);
            if (cm_tunable_is_beyond(row, (enum cm_policy_level)level, value))
                CHECK_FAIL("%s of %s", row->pointer, policy->name);
            if (cm_tunable_is_beyond(row, CM_POLICY_HARDENED, row->loosest[CM_POLICY_STRICT]))
                CHECK_FAIL("%s: strict may be looser than hardened", row->pointer);
            if (cm_tunable_is_looser(row, cm_tunable_value(cm_policy_builtin(CM_POLICY_STRICT), (enum cm_tunable_id)id),
                                     cm_tunable_value(cm_policy_builtin(CM_POLICY_HARDENED), (enum cm_tunable_id)id)))
                CHECK_FAIL("%s: strict is looser than hardened", row->pointer);
        }
}

TEST(lists_grow_and_values_do_not_depend_on_the_order)
{
    static const char *const files[] = {FILE("\"sysctls\":{\"allow\":[\"net.ipv4.ip_forward\"]},\"limits\":{\"pids\":{\"max\":500}}"),
                                        FILE("\"sysctls\":{\"allow\":[\"net.ipv4.tcp_sack\"]},\"limits\":{\"pids\":{\"default\":400}}"), FILE("\"level\":\"strict\"")};
    const char *const reversed[] = {files[2], files[1], files[0]};
    CM_AUTO_ARENA struct cm_arena arena = {0};
    struct cm_error err;
    const struct cm_policy *a = merged(&arena, files, 3, CM_POLICY_HARDENED, &err), *b = merged(&arena, reversed, 3, CM_POLICY_HARDENED, &err);

    CHECK(a && b);
    if (!a || !b)
        return;
    CHECK(a->n_sysctls == 2 && b->n_sysctls == 2);
    for (unsigned int id = 0; id < CM_TUNABLE_COUNT; id++)
        CHECK_INT(cm_tunable_value(a, (enum cm_tunable_id)id), cm_tunable_value(b, (enum cm_tunable_id)id));
    CHECK(a->pids_max == 500 && a->pids_default == 400 && a->require_non_root);
}

/* --policy strict over files that were written for the level hardened: each value is the stricter one of the two. */
TEST(a_raised_level_takes_nothing_looser_from_the_files)
{
    static const char *const loose[] = {FILE("\"user\":{\"nonRoot\":false},\"capabilities\":{\"ceiling\":[\"CHOWN\",\"NET_RAW\",\"NET_BIND_SERVICE\"]},"
                                             "\"seccomp\":{\"profile\":\"default\"},\"root\":{\"mode\":\"ephemeral\",\"ephemeralSize\":2147483648},"
                                             "\"limits\":{\"pids\":{\"default\":30000,\"max\":4194304},\"refuseUnenforceable\":false},"
                                             "\"rlimits\":{\"nofile\":1073741816},\"oomScoreAdj\":{\"min\":-500},\"memory\":{\"denyWriteExec\":false}")};
    static const char *const tight[] = {FILE("\"seccomp\":{\"profile\":\"batch\"},\"limits\":{\"pids\":{\"max\":7}},\"rlimits\":{\"nofile\":10},"
                                             "\"capabilities\":{\"ceiling\":[]},\"oomScoreAdj\":{\"min\":900},\"ids\":{\"reuseDelay\":86400}")};
    CM_AUTO_ARENA struct cm_arena arena = {0};
    struct cm_error err;
    const struct cm_policy *strict = cm_policy_builtin(CM_POLICY_STRICT), *policy = merged(&arena, loose, 1, CM_POLICY_STRICT, &err);

    if (!policy) {
        CHECK_FAIL("%s", err.message);
        return;
    }
    CHECK_STR(policy->name, "strict");
    CHECK_STR(policy->seccomp_profile, "strict");
    for (unsigned int id = 0; id < CM_TUNABLE_COUNT; id++)
        CHECK_INT(cm_tunable_value(policy, (enum cm_tunable_id)id), cm_tunable_value(strict, (enum cm_tunable_id)id));
    policy = merged(&arena, tight, 1, CM_POLICY_STRICT, &err);
    if (!policy) {
        CHECK_FAIL("%s", err.message);
        return;
    }
    CHECK_STR(policy->seccomp_profile, "batch");
    CHECK(policy->pids_max == 7 && policy->pids_default == 7 && policy->rlimit_max[RLIMIT_NOFILE] == 10 && policy->cap_ceiling == 0 &&
          policy->oom_score_adj_min == 900 && policy->id_reuse_delay == 86400 && policy->require_non_root);
}

TEST(amounts)
{
    CHECK(cm_amount_bytes(-50, 8000) == 4000 && cm_amount_bytes(-100, 8000) == 8000 && cm_amount_bytes(-1, 100) == 1);
    CHECK(cm_amount_bytes(5000, 8000) == 5000 && cm_amount_bytes(9000, 8000) == 8000 && cm_amount_bytes(9000, 0) == 9000 && cm_amount_bytes(-50, 0) == 0);
    CHECK(cm_amount_bytes(-100, UINT64_MAX) <= UINT64_MAX && cm_amount_bytes(-100, UINT64_MAX) > UINT64_MAX / 100 * 99);
}
