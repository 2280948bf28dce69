/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Policy files: what every key means, and that nothing else is taken. */
#include "check.h"

#include "base/arena.h"
#include "base/sha256.h"
#include "base/str.h"
#include "policy/file.h"
#include "policy/floors.h"

static int add(struct cm_policy_draft *draft, const char *name, const char *text, struct cm_error *err)
{
    return cm_policy_draft_add(draft, name, text, strlen(text), err);
}

static const struct cm_policy *policy_of(struct cm_arena *arena, const char *text, const char *second)
{
    struct cm_policy_draft draft = {.arena = arena};
    const struct cm_policy *policy = NULL;
    struct cm_error err;

    if (add(&draft, "/a.json", text, &err) < 0 || (second && add(&draft, "/b.json", second, &err) < 0)) {
        CHECK_FAIL("%s", err.message);
        return NULL;
    }
    CHECK_INT(cm_policy_draft_finish(&draft, CM_POLICY_HARDENED, NULL, &policy, &err), 0);
    return policy;
}

TEST(smallest_policy_is_the_built_in_one)
{
    CM_AUTO_ARENA struct cm_arena arena = {0};
    const struct cm_policy *policy = policy_of(&arena, "{\"version\":1}", NULL), *hardened = cm_policy_builtin(CM_POLICY_HARDENED);

    if (!policy)
        return;
    CHECK(memcmp(policy, hardened, offsetof(struct cm_policy, n_mount_rules)) == 0);
    CHECK(policy->n_hook_rules == 0 && policy->n_mount_rules == 0 && policy->n_devices == 0 && policy->n_listener_paths == 0);
    CHECK_STR(policy->id, "hardened");
}

TEST(every_key)
{
    CM_AUTO_ARENA struct cm_arena arena = {0};
    const struct cm_policy *policy =
        policy_of(&arena,
                  "{\"version\":1,\"level\":\"strict\",\"hooks\":{\"allow\":[{\"path\":\"/usr/libexec/one\"},{\"path\":\"/usr/libexec/two\",\"inside\":true}]},"
                  "\"devices\":{\"allow\":[{\"path\":\"/dev/net/tun\",\"type\":\"c\",\"major\":10,\"minor\":200,\"access\":\"r\"}]},"
                  "\"mounts\":{\"allow\":[{\"prefix\":\"/srv\",\"write\":true},{\"prefix\":\"/srv/bin\",\"exec\":true,\"idmap\":true}]},"
                  "\"seccomp\":{\"listenerPaths\":[\"/run/agent.sock\"]}}",
                  "{\"version\":1,\"hooks\":{\"allow\":[{\"path\":\"/usr/libexec/three\"}]},"
                  "\"devices\":{\"allow\":[{\"path\":\"/dev/fuse\",\"major\":10,\"minor\":229}]},\"seccomp\":{\"listenerPaths\":[\"/run/b\"]}}");

    if (!policy)
        return;
    CHECK_INT(policy->level, CM_POLICY_STRICT);
    CHECK_STR(policy->name, "strict");
    CHECK_STR(policy->seccomp_profile, "strict");
    CHECK_INT(policy->n_hook_rules, 3);
    CHECK_STR(policy->hook_rules[0].path, "/usr/libexec/one");
    CHECK_STR(policy->hook_rules[1].path, "/usr/libexec/two");
    CHECK(!policy->hook_rules[0].inside && policy->hook_rules[1].inside && !policy->hook_rules[2].inside);
    CHECK_STR(policy->hook_rules[2].path, "/usr/libexec/three");
    CHECK_INT(policy->n_devices, 2);
    CHECK_STR(policy->devices[0].path, "/dev/net/tun");
    CHECK_INT(policy->devices[0].major, 10);
    CHECK_INT(policy->devices[0].minor, 200);
    CHECK_INT(policy->devices[0].access, CM_DEVICE_READ);
    CHECK_STR(policy->devices[1].path, "/dev/fuse");
    CHECK_INT(policy->devices[1].access, CM_DEVICE_READ | CM_DEVICE_WRITE);
    CHECK_INT(policy->n_mount_rules, 2);
    CHECK_STR(policy->mount_rules[0].prefix, "/srv");
    CHECK(policy->mount_rules[0].allow_write && !policy->mount_rules[0].allow_exec && !policy->mount_rules[0].allow_idmap);
    CHECK(!policy->mount_rules[1].allow_write && policy->mount_rules[1].allow_exec && policy->mount_rules[1].allow_idmap);
    CHECK_INT(policy->n_listener_paths, 2);
    CHECK_STR(policy->listener_paths[0], "/run/agent.sock");
    CHECK_STR(policy->listener_paths[1], "/run/b");
}

TEST(level_is_only_raised)
{
    static const struct {
        const char *text;
        enum cm_policy_level at_least, want;
    } rows[] = {
        {"{\"version\":1}", CM_POLICY_HARDENED, CM_POLICY_HARDENED},
        {"{\"version\":1}", CM_POLICY_STRICT, CM_POLICY_STRICT},
        {"{\"version\":1,\"level\":\"hardened\"}", CM_POLICY_STRICT, CM_POLICY_STRICT},
        {"{\"version\":1,\"level\":\"strict\"}", CM_POLICY_HARDENED, CM_POLICY_STRICT},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CM_AUTO_ARENA struct cm_arena arena = {0};
        struct cm_policy_draft draft = {.arena = &arena};
        const struct cm_policy *policy = NULL;
        struct cm_error err;
        CHECK_INT(add(&draft, "/a.json", rows[i].text, &err), 0);
        CHECK_INT(cm_policy_draft_finish(&draft, rows[i].at_least, "00ff", &policy, &err), 0);
        CHECK_INT(policy->level, rows[i].want);
        CHECK_STR(policy->id, rows[i].want == CM_POLICY_STRICT ? "strict sha256:00ff" : "hardened sha256:00ff");
    }
}

#define DEVICE(members) "{\"version\":1,\"devices\":{\"allow\":[{" members "}]}}"
#define MOUNT(members) "{\"version\":1,\"mounts\":{\"allow\":[{" members "}]}}"
#define TUN "\"path\":\"/dev/net/tun\",\"major\":10,\"minor\":200"

/* What is wrong, and what the message must name. */
static const struct {
    const char *text, *wants[3];
} wrong[] = {
    {"", {"empty"}},
    {"[]", {"expected an object"}},
    {"{\"version\":1}}", {"line 1"}},
    {"{\"version\":1,\"version\":1}", {"/version", "twice"}},
    {"{\"version\":1,//\n\"level\":\"strict\"}", {"not JSON"}},
    {"{}", {"\"version\" is missing"}},
    {"{\"version\":2}", {"/version: ", "reads version 1"}},
    {"{\"version\":0}", {"/version: ", "reads version 1"}},
    {"{\"version\":\"1\"}", {"/version: "}},
    {"{\"version\":1.0}", {"/version: "}},
    {"{\"version\":null}", {"/version: ", "null"}},
    {"{\"version\":1,\"Level\":\"strict\"}", {"/Level: ", "write \"level\""}},
    {"{\"version\":1,\"levels\":\"strict\"}", {"/levels: ", "unknown member", "version, level, capabilities"}},
    {"{\"version\":1,\"level\":\"lax\"}", {"/level: ", "hardened, strict"}},
    {"{\"version\":1,\"level\":\"\"}", {"/level: "}},
    {"{\"version\":1,\"level\":1}", {"/level: "}},
    {"{\"version\":1,\"hooks\":[]}", {"/hooks: ", "expected an object"}},
    {"{\"version\":1,\"hooks\":{}}", {"/hooks: ", "\"allow\" is missing"}},
    {"{\"version\":1,\"hooks\":{\"allow\":{}}}", {"/hooks/allow: ", "expected an array"}},
    {"{\"version\":1,\"hooks\":{\"allow\":[],\"deny\":[]}}", {"/hooks/deny: ", "unknown member"}},
    {"{\"version\":1,\"hooks\":{\"allow\":[\"/bin/x\"]}}", {"/hooks/allow/0: ", "expected an object"}},
    {"{\"version\":1,\"hooks\":{\"allow\":[{}]}}", {"/hooks/allow/0: ", "\"path\" is missing"}},
    {"{\"version\":1,\"hooks\":{\"allow\":[{\"path\":\"bin/x\"}]}}", {"/hooks/allow/0/path: ", "absolute"}},
    {"{\"version\":1,\"hooks\":{\"allow\":[{\"path\":\"/\"}]}}", {"/hooks/allow/0/path: "}},
    {"{\"version\":1,\"hooks\":{\"allow\":[{\"path\":\"/a/../b\"}]}}", {"/hooks/allow/0/path: "}},
    {"{\"version\":1,\"hooks\":{\"allow\":[{\"path\":\"/a//b\"}]}}", {"/hooks/allow/0/path: "}},
    {"{\"version\":1,\"hooks\":{\"allow\":[{\"path\":\"/a/\"}]}}", {"/hooks/allow/0/path: "}},
    {"{\"version\":1,\"hooks\":{\"allow\":[{\"path\":\"/a\\u0000b\"}]}}", {"/hooks/allow/0/path: "}},
    {"{\"version\":1,\"hooks\":{\"allow\":[{\"path\":\"/a\",\"sha256\":\"00\"}]}}", {"/hooks/allow/0/sha256: ", "64 lower-case"}},
    {DEVICE("\"path\":\"/dev/x\",\"minor\":1"), {"/devices/allow/0: ", "\"major\" is missing"}},
    {DEVICE("\"path\":\"/dev/x\",\"major\":10"), {"/devices/allow/0: ", "\"minor\" is missing"}},
    {DEVICE("\"path\":\"/dev/x\",\"major\":10,\"minor\":-1"), {"/devices/allow/0/minor: "}},
    {DEVICE("\"path\":\"/dev/x\",\"major\":4096,\"minor\":1"), {"/devices/allow/0/major: "}},
    {DEVICE("\"path\":\"/dev/x\",\"major\":10,\"minor\":1048576"), {"/devices/allow/0/minor: "}},
    {DEVICE("\"path\":\"/etc/x\",\"major\":10,\"minor\":200"), {"/devices/allow/0/path: ", "floor: ", "below /dev"}},
    {DEVICE("\"path\":\"/dev\",\"major\":10,\"minor\":200"), {"/devices/allow/0/path: ", "floor: "}},
    {DEVICE("\"path\":\"/dev/../etc/x\",\"major\":10,\"minor\":200"), {"/devices/allow/0/path: ", "floor: "}},
    {DEVICE("\"path\":\"/dev/null\",\"major\":10,\"minor\":200"), {"/devices/allow/0/path: ", "floor: ", "belongs to the runtime"}},
    {DEVICE("\"path\":\"/dev/pts/7\",\"major\":10,\"minor\":200"), {"/devices/allow/0/path: ", "floor: "}},
    {DEVICE("\"path\":\"/dev/sda\",\"type\":\"b\",\"major\":8,\"minor\":0"), {"/devices/allow/0/type: ", "floor: ", "block device"}},
    {DEVICE(TUN ",\"type\":\"p\""), {"/devices/allow/0/type: ", "expected \"c\""}},
    {DEVICE(TUN ",\"access\":\"rwm\""), {"/devices/allow/0/access: ", "floor: ", "makes device nodes"}},
    {DEVICE(TUN ",\"access\":\"rx\""), {"/devices/allow/0/access: "}},
    {DEVICE(TUN ",\"access\":\"rr\""), {"/devices/allow/0/access: "}},
    {DEVICE(TUN ",\"access\":\"\""), {"/devices/allow/0/access: "}},
    {DEVICE(TUN ",\"mode\":438"), {"/devices/allow/0/mode: ", "unknown member"}},
    {MOUNT("\"prefix\":\"/\""), {"/mounts/allow/0/prefix: "}},
    {MOUNT("\"prefix\":\"srv\""), {"/mounts/allow/0/prefix: ", "absolute"}},
    {MOUNT("\"prefix\":\"/srv/\""), {"/mounts/allow/0/prefix: ", "absolute"}},
    {MOUNT("\"write\":true"), {"/mounts/allow/0: ", "\"prefix\" is missing"}},
    {MOUNT("\"prefix\":\"/srv\",\"write\":\"yes\""), {"/mounts/allow/0/write: "}},
    {MOUNT("\"prefix\":\"/srv\",\"dev\":true"), {"/mounts/allow/0/dev: ", "unknown member"}},
    {MOUNT("\"prefix\":\"/etc\""), {"/mounts/allow/0/prefix: ", "floor: ", "whole tree of the host"}},
    {MOUNT("\"prefix\":\"/run/containerd\""), {"/mounts/allow/0/prefix: ", "floor: "}},
    {MOUNT("\"prefix\":\"/proc/sys\""), {"/mounts/allow/0/prefix: ", "floor: ", "kernel"}},
    {MOUNT("\"prefix\":\"/dev/disk\""), {"/mounts/allow/0/prefix: ", "floor: "}},
    {"{\"version\":1,\"seccomp\":{\"listenerPath\":\"/run/x\"}}", {"/seccomp/listenerPath: ", "unknown member; remove it, or write one of profile, log, onUnconfined, listenerPaths"}},
    {"{\"version\":1,\"seccomp\":{\"listenerPaths\":[\"run/x\"]}}", {"/seccomp/listenerPaths/0: ", "absolute"}},
    {"{\"version\":1,\"seccomp\":{\"listenerPaths\":[1]}}", {"/seccomp/listenerPaths/0: ", "expected a string"}},
    /* what an annotation or a bundle might hope for */
    {"{\"version\":1,\"capabilities\":[\"CAP_SYS_ADMIN\"]}", {"/capabilities: ", "expected an object"}},
    {"{\"version\":1,\"userns\":false}", {"/userns: ", "unknown member"}},
    {"{\"version\":1,\"privileged\":true}", {"/privileged: ", "unknown member"}},
};

TEST(what_is_wrong_is_said)
{
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        CM_AUTO_ARENA struct cm_arena arena = {0};
        struct cm_policy_draft draft = {.arena = &arena};
        struct cm_error err = {0};
        if (add(&draft, "/etc/casemate/policy.json", wrong[i].text, &err) >= 0) {
            CHECK_FAIL("taken: %s", wrong[i].text);
            continue;
        }
        CHECK_CONTAINS(err.message, "policy file /etc/casemate/policy.json: ");
        CHECK_STR(err.field, "");
        for (size_t j = 0; j < 3 && wrong[i].wants[j]; j++)
            if (!strstr(err.message, wrong[i].wants[j]))
                CHECK_FAIL("%s: the message \"%s\" lacks \"%s\"", wrong[i].text, err.message, wrong[i].wants[j]);
    }
}

TEST(second_level_names_the_first_file)
{
    CM_AUTO_ARENA struct cm_arena arena = {0};
    struct cm_policy_draft draft = {.arena = &arena};
    struct cm_error err;

    CHECK_INT(add(&draft, "/first.json", "{\"version\":1,\"level\":\"strict\"}", &err), 0);
    CHECK(add(&draft, "/second.json", "{\"version\":1,\"level\":\"strict\"}", &err) < 0);
    CHECK_CONTAINS(err.message, "/first.json");
    CHECK_CONTAINS(err.message, "/second.json: /level");
}

TEST(too_many_rules)
{
    CM_AUTO_ARENA struct cm_arena arena = {0};
    CM_AUTO_STR struct cm_str text = {0};
    struct cm_policy_draft draft = {.arena = &arena};
    struct cm_error err;

    cm_str_add(&text, "{\"version\":1,\"hooks\":{\"allow\":[");
    for (size_t i = 0; i < CM_POLICY_RULES_MAX; i++)
        cm_str_addf(&text, "%s{\"path\":\"/hook%zu\"}", i > 0 ? "," : "", i);
    cm_str_add(&text, "]}}");
    CHECK_INT(add(&draft, "/a.json", cm_str_text(&text), &err), 0);
    CHECK_INT(draft.rules.n_hook_rules, CM_POLICY_RULES_MAX);
    CHECK_INT(add(&draft, "/b.json", "{\"version\":1,\"hooks\":{\"allow\":[]}}", &err), 0);
    CHECK_INT(add(&draft, "/c.json", "{\"version\":1,\"hooks\":{\"allow\":[{\"path\":\"/x\"}]}}", &err), -E2BIG);
    CHECK_CONTAINS(err.message, "/hooks/allow");
}

TEST(too_big)
{
    CM_AUTO_ARENA struct cm_arena arena = {0};
    CM_AUTO_FREE char *text = malloc(CM_POLICY_FILE_MAX + 2);
    struct cm_policy_draft draft = {.arena = &arena};
    struct cm_error err;

    memset(text, ' ', CM_POLICY_FILE_MAX + 1);
    memcpy(text, "{\"version\":1}", 13);
    CHECK_INT(cm_policy_draft_add(&draft, "/a.json", text, CM_POLICY_FILE_MAX, &err), 0);
    CHECK_INT(cm_policy_draft_add(&draft, "/a.json", text, CM_POLICY_FILE_MAX + 1, &err), -EFBIG);
}

TEST(floors_of_devices)
{
    static const struct {
        unsigned int major, minor;
        bool closed;
    } rows[] = {
        {1, 1, true},    {1, 2, true},    {1, 4, true},    {1, 11, true},   {1, 3, true},    {4, 1, true},   {4, 64, false}, {5, 1, true},
        {7, 0, true},    {10, 130, true}, {10, 223, true}, {10, 231, true}, {10, 236, true}, {10, 237, true}, {10, 200, false}, {10, 229, false},
        {10, 232, false}, {13, 64, true}, {21, 0, true},   {136, 0, true},  {143, 9, true},  {144, 0, false}, {162, 1, true},  {202, 0, true},
        {226, 128, false}, {195, 0, false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if ((cm_floor_char_device(rows[i].major, rows[i].minor) != NULL) != rows[i].closed)
            CHECK_FAIL("character device %u:%u is %s", rows[i].major, rows[i].minor, rows[i].closed ? "not closed" : "closed");
    CHECK(!cm_floor_device_path("/dev/dri/renderD128"));
    CHECK(!cm_floor_device_path("/dev/nullish"));
    CHECK(cm_floor_device_path("/dev/shm/x") != NULL);
    CHECK(cm_floor_device_path("/dev/") != NULL);
    CHECK(cm_floor_device_path("/development") != NULL);
}

TEST(sha256_vectors)
{
    /* FIPS 180-4 examples, and lengths around the padding's edges against each other */
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
        {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
         "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
    };
    struct cm_sha256 sha;
    char hex[CM_SHA256_HEX_MAX], again[CM_SHA256_HEX_MAX];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        cm_sha256_begin(&sha);
        cm_sha256_add(&sha, rows[i].text, strlen(rows[i].text));
        cm_sha256_end(&sha, hex);
        CHECK_STR(hex, rows[i].want);
        cm_sha256_begin(&sha);
        for (const char *c = rows[i].text; *c; c++)
            cm_sha256_add(&sha, c, 1);
        cm_sha256_end(&sha, again);
        CHECK_STR(again, rows[i].want);
    }
    cm_sha256_begin(&sha);
    for (int i = 0; i < 1000000; i++)
        cm_sha256_add(&sha, "a", 1);
    cm_sha256_end(&sha, hex);
    CHECK_STR(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}
