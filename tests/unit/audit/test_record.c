/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The line of an audit record: every member, exactly one line of ASCII whatever a bundle says, never longer than it may be, and no secrets. */
#include "check.h"

#include "audit/record.h"
#include "json/json.h"

static const char *line_of(const struct cm_audit_record *record)
{
    static struct cm_str out;

    cm_str_free(&out);
    cm_audit_format(record, &out);
    return cm_str_text(&out);
}

/* One line, ASCII without controls, strict JSON, and of bounded length. Returns its tree. */
static struct json_value *parsed(struct cm_arena *arena, const char *line)
{
    struct json_value *root = NULL;
    struct cm_error err;
    size_t size = strlen(line);

    CHECK(size > 1 && size <= CM_AUDIT_LINE_MAX);
    CHECK(strchr(line, '\n') == line + size - 1);
    for (size_t i = 0; i + 1 < size; i++)
        if ((unsigned char)line[i] < ' ' || (unsigned char)line[i] > '~') {
            CHECK_FAIL("byte %02x at %zu", (unsigned char)line[i], i);
            break;
        }
    if (json_parse(line, size, size, arena, &root, &err) < 0) {
        CHECK_FAIL("%s: %.200s", err.message, line);
        return NULL;
    }
    return root;
}

static const char *text_at(const struct json_value *value, const char *key)
{
    const struct json_value *member = value ? json_member(value, key) : NULL;

    return member ? member->text : NULL;
}

static struct cm_finding findings[] = {
    {CM_VERDICT_TIGHTENED, "CM-NNP", "/process/noNewPrivileges", "SECRET of a message"},
    {CM_VERDICT_TIGHTENED, "CM-LIMIT-DEFAULT", "", "SECRET"},
};
static struct cm_unenforced unenforced[] = {{"memory limit", "SECRET"}};

TEST(a_create)
{
    struct oci_pair pairs[] = {{"io.kubernetes.cri.sandbox-uid", "9e4477a5-46c8-4299-94a0-10770e972b57"},
                               {"io.kubernetes.cri.sandbox-namespace", "default"},
                               {"io.kubernetes.cri.sandbox-name", "pod"},
                               {"io.kubernetes.cri.container-name", "app"},
                               {"io.kubernetes.cri.image-name", "localhost/busybox:1"},
                               {"io.kubernetes.cri.container-type", "container"},
                               {"password", "SECRET"}};
    const struct oci_map annotations = {true, CM_ARRAY_LEN(pairs), pairs};
    struct oci_id_mapping mapping = {0, 131072, 65536};
    const struct oci_id_mappings users = {true, 1, &mapping};
    const char *env[] = {"PASSWORD=SECRET", NULL}, *args[] = {"/bin/sh", "SECRET", NULL};
    struct cm_plan plan = {.verdict = CM_VERDICT_TIGHTENED,
                           .n_findings = CM_ARRAY_LEN(findings),
                           .findings = findings,
                           .n_unenforced = 1,
                           .unenforced = unenforced,
                           .env = env,
                           .args = args};
    const struct cm_audit_record record = {
        .event = CM_AUDIT_CREATE,
        .seconds = 1800000000,
        .nanoseconds = 123456789,
        .duration_us = 2500,
        .lost = 3,
        .id = "web",
        .bundle = "/run/b",
        .config_sha256 = "cc",
        .cgroups_path = "kubepods-burstable-pod9e4477a5_46c8_4299_94a0_10770e972b57.slice:cri-containerd:7e2b",
        .cgroup_path = "/kubepods/x",
        .cgroup_ino = 77,
        .annotations = &annotations,
        .policy = "hardened sha256:00",
        .plan = &plan,
        .users = &users,
        .n_namespaces = 2,
        .namespaces = {{"user", 4026531837}, {"mount", 4026531841}},
        .init = 4711,
        .init_start = 99,
        .init_pidfd = 12,
        .user_set = true,
        .uid = 1000,
        .gid = 100,
        .seccomp_profile = "default",
        .filter_sha256 = "ff",
        .apparmor = "cri-containerd.apparmor.d",
        .caller = {.uid = 0, .login_uid_set = true, .login_uid = 1001, .pid = 42, .parent = 41, .parent_name = "containerd-shim"},
    };

    CHECK_STR(line_of(&record),
              "{\"version\":1,\"time\":\"2027-01-15T08:00:00.123456789Z\",\"event\":\"create\",\"outcome\":\"ok\",\"id\":\"web\","
              "\"podUid\":\"9e4477a5-46c8-4299-94a0-10770e972b57\",\"claims\":{\"by\":\"engine\",\"engine\":\"containerd\","
              "\"podUid\":\"9e4477a5-46c8-4299-94a0-10770e972b57\",\"podNamespace\":\"default\",\"podName\":\"pod\",\"container\":\"app\","
              "\"image\":\"localhost/busybox:1\"},\"policy\":\"hardened sha256:00\",\"verdict\":\"tightened\","
              "\"tightenings\":[{\"code\":\"CM-NNP\",\"field\":\"/process/noNewPrivileges\"},{\"code\":\"CM-LIMIT-DEFAULT\",\"field\":\"\"}],"
              "\"notEnforced\":[\"memory limit\"],\"bundle\":\"/run/b\",\"configSha256\":\"cc\",\"users\":[{\"first\":0,\"host\":131072,\"count\":65536}],"
              "\"namespaces\":{\"user\":4026531837,\"mount\":4026531841},\"cgroup\":{\"path\":\"/kubepods/x\",\"id\":77},"
              "\"init\":{\"pid\":4711,\"start\":99,\"pidfdInode\":12},\"process\":{\"uid\":1000,\"gid\":100},"
              "\"seccomp\":{\"profile\":\"default\",\"filterSha256\":\"ff\"},\"labels\":{\"apparmor\":\"cri-containerd.apparmor.d\"},"
              "\"caller\":{\"uid\":0,\"loginUid\":1001,\"pid\":42,\"parent\":41,\"parentName\":\"containerd-shim\"},\"durationUs\":2500,\"lost\":3}\n");
}

TEST(refused_failed_and_ended)
{
    struct cm_finding refusal = {CM_VERDICT_REFUSED, "CM-NS-PID", "/linux/namespaces", "SECRET"};
    struct cm_plan plan = {.verdict = CM_VERDICT_REFUSED, .n_findings = 1, .findings = &refusal};
    const struct cm_audit_record refused = {.event = CM_AUDIT_EXEC, .outcome = CM_AUDIT_REFUSED, .id = "a", .plan = &plan};
    const struct cm_audit_record failed = {.event = CM_AUDIT_CREATE, .outcome = CM_AUDIT_FAILED, .foreground = true, .rootless = true, .id = "a",
                                           .errnum = ENOENT, .field = "/process/args/0"};
    const struct cm_audit_record killed = {.event = CM_AUDIT_KILL, .id = "a", .signal = 9};
    static const char *const words[] = {"create", "start", "exec", "update", "pause", "resume", "kill", "delete"};

    CHECK_CONTAINS(line_of(&refused), "\"event\":\"exec\",\"outcome\":\"refused\",\"id\":\"a\",\"verdict\":\"refused\","
                                      "\"refusals\":[{\"code\":\"CM-NS-PID\",\"field\":\"/linux/namespaces\"}],\"caller\"");
    CHECK_CONTAINS(line_of(&failed), "\"outcome\":\"failed\",\"command\":\"run\",\"id\":\"a\",\"rootless\":true,"
                                     "\"error\":{\"errno\":\"ENOENT\",\"field\":\"/process/args/0\"},\"caller\"");
    CHECK_CONTAINS(line_of(&killed), "\"event\":\"kill\",\"outcome\":\"ok\",\"id\":\"a\",\"signal\":9,\"caller\"");
    for (size_t i = 0; i < CM_AUDIT_EVENTS; i++)
        CHECK_STR(cm_audit_event_word((enum cm_audit_event)i), words[i]);
}

TEST(exceptions_are_named)
{
    const struct cm_exception exception = {.place = "/etc/casemate/policy.json: /exceptions/0", .expires_text = "2027-01-31", .reason = "SECRET"};
    struct cm_granted granted = {.code = "CM-NONROOT", .field = "/process/user/uid", .message = "SECRET", .exception = &exception};
    struct cm_plan plan = {.verdict = CM_VERDICT_OK, .n_granted = 1, .granted = &granted};
    const struct cm_audit_record record = {.id = "a", .plan = &plan};

    CHECK_CONTAINS(line_of(&record), "\"verdict\":\"ok\",\"exceptions\":[{\"code\":\"CM-NONROOT\",\"field\":\"/process/user/uid\","
                                     "\"exception\":\"/etc/casemate/policy.json: /exceptions/0\",\"expires\":\"2027-01-31\"}],");
}

TEST(update_tells_the_limits)
{
    struct cm_plan_limit limits[] = {{.file = "memory.max", .value = "1073741824"}, {.file = "io.max", .value = "8:0 rbps=1\n8:16 rbps=2"}};
    struct cm_plan plan = {.n_limits = 2, .limits = limits};
    struct cm_audit_record record = {.event = CM_AUDIT_UPDATE, .plan = &plan};

    CHECK_CONTAINS(line_of(&record), "\"limits\":[{\"file\":\"memory.max\",\"value\":\"1073741824\"},{\"file\":\"io.max\",\"value\":\"8:0 rbps=1\\n8:16 rbps=2\"}]");
    record.event = CM_AUDIT_CREATE; /* those of a create are its policy's and its configuration's */
    CHECK(!strstr(line_of(&record), "memory.max"));
    record.event = CM_AUDIT_UPDATE;
    record.outcome = CM_AUDIT_REFUSED;
    CHECK(!strstr(line_of(&record), "memory.max"));
}

/* Every text of a bundle at once, of a megabyte, made of what could end a line, a string or a record. */
TEST(hostile_text)
{
    static const char *const nasty[] = {"\n{\"event\":\"x\"}", "\"},{\"", "\\", "\x01\x1b[2J", "\xff\xfe", "\xc3", "\xe2\x80\xa8\xe2\x80\xa9", "\xf0\x9f\x92\xa3",
                                        "\xc2\x85", "a"};

    for (size_t i = 0; i < CM_ARRAY_LEN(nasty); i++) {
        CM_AUTO_ARENA struct cm_arena arena = {0};
        CM_AUTO_STR struct cm_str huge = {0};
        while (huge.size < (size_t)1 << 20)
            cm_str_add(&huge, nasty[i]);
        const char *text = cm_str_text(&huge);
        struct oci_pair pairs[] = {{"io.kubernetes.cri.sandbox-uid", text},  {"io.kubernetes.cri.sandbox-namespace", text},
                                   {"io.kubernetes.cri.sandbox-name", text}, {"io.kubernetes.cri.container-name", text},
                                   {"io.kubernetes.cri.image-name", text},   {text, text}};
        const struct oci_map annotations = {true, CM_ARRAY_LEN(pairs), pairs};
        static struct cm_finding many[5000];
        static struct cm_unenforced unenforced_many[5000];
        for (size_t j = 0; j < CM_ARRAY_LEN(many); j++) {
            many[j] = (struct cm_finding){j % 2 ? CM_VERDICT_REFUSED : CM_VERDICT_TIGHTENED, "CM-SYSCTL", text, text};
            unenforced_many[j] = (struct cm_unenforced){text, text};
        }
        struct cm_plan plan = {.verdict = CM_VERDICT_REFUSED,
                               .n_findings = CM_ARRAY_LEN(many),
                               .findings = many,
                               .n_unenforced = CM_ARRAY_LEN(unenforced_many),
                               .unenforced = unenforced_many};
        static struct oci_id_mapping map[340];
        const struct oci_id_mappings users = {true, CM_ARRAY_LEN(map), map};
        struct cm_audit_record record = {.id = text, .bundle = text, .config = text, .config_sha256 = text, .cgroups_path = text, .cgroup_path = text,
                                         .annotations = &annotations, .policy = text, .plan = &plan, .users = &users, .apparmor = text, .selinux = text,
                                         .seccomp_profile = text, .filter_sha256 = "00", .bundle_filter_sha256 = text, .outcome = CM_AUDIT_FAILED,
                                         .field = text, .errnum = 9999, .seconds = INT64_MAX / 4, .nanoseconds = 999999999, .duration_us = UINT64_MAX,
                                         .lost = UINT64_MAX, .cgroup_ino = UINT64_MAX, .init = INT32_MAX, .init_start = UINT64_MAX, .init_pidfd = UINT64_MAX,
                                         .process = INT32_MAX, .user_set = true, .uid = UINT32_MAX, .gid = UINT32_MAX};
        memset(record.caller.parent_name, '\x01', sizeof(record.caller.parent_name) - 1);
        const struct json_value *root = parsed(&arena, line_of(&record));
        CHECK_STR(text_at(root, "event"), "create");
        static const struct {
            const char *key;
            int n;
        } left_out[] = {{"refusalsLeftOut", 2500}, {"tighteningsLeftOut", 2500}, {"notEnforcedLeftOut", 5000}, {"usersLeftOut", 340}};
        for (size_t j = 0; j < CM_ARRAY_LEN(left_out); j++) {
            const char *n = text_at(root, left_out[j].key);
            CHECK(n && (atoi(n) == left_out[j].n || atoi(n) == left_out[j].n - 8));
        }
        const char *id = text_at(root, "id");
        CHECK(id && strlen(id) >= 3 && strcmp(id + strlen(id) - 3, "...") == 0);
    }
}

TEST(texts_are_cut_at_whole_characters)
{
    CM_AUTO_ARENA struct cm_arena arena = {0};
    char id[1024];
    struct cm_audit_record record = {.id = id};

    for (size_t before = 0; before < 8; before++) {
        memset(id, 'x', sizeof(id));
        for (size_t i = before; i + 4 < sizeof(id); i += 4)
            memcpy(id + i, "\xf0\x9f\x92\xa3", 4);
        id[sizeof(id) - 1] = '\0';
        const char *cut = text_at(parsed(&arena, line_of(&record)), "id");
        CHECK(cut && !strstr(cut, "\xef\xbf\xbd"));
    }
    memset(id, 'x', sizeof(id));
    id[256] = '\0'; /* as much as there is room for: whole */
    CHECK_STR(text_at(parsed(&arena, line_of(&record)), "id"), id);
}

TEST(lists_are_cut_with_a_count)
{
    static struct cm_finding many[100];
    struct cm_plan plan = {.verdict = CM_VERDICT_REFUSED, .findings = many};
    const struct cm_audit_record record = {.id = "a", .plan = &plan};
    static const struct {
        size_t n;
        const char *field;
        size_t written;
    } rows[] = {
        {64, "/linux/sysctl/a", 64}, {65, "/linux/sysctl/a", 64}, {100, "/linux/sysctl/a", 64},
        {9, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 9},
        {64, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 8},
    };

    for (size_t i = 0; i < CM_ARRAY_LEN(rows); i++) {
        CM_AUTO_ARENA struct cm_arena arena = {0};
        for (size_t j = 0; j < CM_ARRAY_LEN(many); j++)
            many[j] = (struct cm_finding){CM_VERDICT_REFUSED, "CM-SYSCTL", rows[i].field, "m"};
        plan.n_findings = rows[i].n;
        const struct json_value *root = parsed(&arena, line_of(&record)), *list = root ? json_member(root, "refusals") : NULL;
        CHECK_INT(list ? list->n : 0, rows[i].written);
        const char *left_out = text_at(root, "refusalsLeftOut");
        if (rows[i].n == rows[i].written)
            CHECK(left_out == NULL);
        else
            CHECK_INT(left_out ? atoi(left_out) : -1, rows[i].n - rows[i].written);
    }
}
