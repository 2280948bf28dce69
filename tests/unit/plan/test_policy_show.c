/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `casemate policy show` and what `validate` remarks about rules. */
#include "check.h"

#include "plan/policy_show.h"

#define NOW INT64_C(1780000000) /* May 2026 */

struct set {
    struct cm_arena arena;
    struct cm_policy_origin origin;
    const struct cm_policy *policy;
};

/* The policy of one or two files, as the loader makes it. */
static void make(struct set *set, enum cm_policy_level at_least, const char *first, const char *second)
{
    const char *const texts[] = {first, second}, *const names[] = {"/p/policy.json", "/p/policy.d/b.json"};
    struct cm_policy_draft draft = {.arena = &set->arena};
    struct cm_error err;

    for (size_t i = 0; i < CM_ARRAY_LEN(texts) && texts[i]; i++) {
        if (cm_policy_draft_add(&draft, names[i], texts[i], strlen(texts[i]), &err) < 0)
            CHECK_FAIL("%s", err.message);
        cm_policy_origin_note(&set->origin, &draft, names[i]);
    }
    if (cm_policy_draft_finish(&draft, at_least, "sha256:0", &set->policy, &err) < 0)
        CHECK_FAIL("%s", err.message);
}

static void set_free(struct set *set)
{
    cm_arena_free(&set->arena);
}
#define AUTO_SET CM_CLEANUP(set_free)

static const char two[] = "{\"version\":1,\"level\":\"hardened\",\"limits\":{\"pids\":{\"max\":100}},\"user\":{\"nonRoot\":true},\"mounts\":{\"allow\":[{\"prefix\":\"/srv/a\",\"write\":true}]}}";
static const char three[] = "{\"version\":1,\"mounts\":{\"allow\":[{\"prefix\":\"/srv/b\",\"type\":\"file\",\"filesystems\":[\"ext4\"]}]},"
                            "\"exceptions\":[{\"codes\":[\"CM-NONROOT\"],\"match\":{\"bundle\":\"/x\"},\"from\":\"2026-01-01\",\"expires\":\"2026-12-01\",\"reason\":\"moves\"}]}";

TEST(text_says_where_everything_comes_from)
{
    AUTO_SET struct set set = {0};
    CM_AUTO_STR struct cm_str out = {0};

    make(&set, CM_POLICY_HARDENED, two, three);
    cm_policy_show(set.policy, &set.origin, NOW, false, (struct cm_style){0}, &out);
    CHECK_CONTAINS(cm_str_text(&out), "policy  hardened sha256:");
    CHECK_CONTAINS(out.data, "\nlevel   hardened (/p/policy.json)\nfiles   /p/policy.json\n        /p/policy.d/b.json\n");
    CHECK_CONTAINS(out.data, "\n  /user/nonRoot                    true                              /p/policy.json\n");
    CHECK_CONTAINS(out.data, "\n  /limits/pids/max                 100                               /p/policy.json\n");
    CHECK_CONTAINS(out.data, "\n  /limits/pids/default             100                               built in (hardened), lowered to what is the most that may be asked for\n");
    CHECK_CONTAINS(out.data, "\n  /limits/memory/default           \"50%\"                             built in (hardened)\n");
    CHECK_CONTAINS(out.data, "\n/mounts/allow\n"
                             "  {\"prefix\":\"/srv/a\",\"write\":true}\n"
                             "    from /p/policy.json, /mounts/allow/0\n"
                             "  {\"prefix\":\"/srv/b\",\"type\":\"file\",\"filesystems\":[\"ext4\"]}\n"
                             "    from /p/policy.d/b.json, /mounts/allow/0\n");
    CHECK_CONTAINS(out.data, "\n/exceptions\n  active: {\"codes\":[\"CM-NONROOT\"],\"match\":{\"bundle\":\"/x\"},");
    CHECK_CONTAINS(out.data, "\n  host-trees      no whole tree of the host");
}

TEST(a_raised_level_says_what_it_leaves)
{
    AUTO_SET struct set set = {0};
    CM_AUTO_STR struct cm_str out = {0};

    make(&set, CM_POLICY_STRICT, "{\"version\":1,\"limits\":{\"pids\":{\"max\":20000}},\"root\":{\"ephemeralSize\":1048576}}", NULL);
    cm_policy_show(set.policy, &set.origin, NOW, false, (struct cm_style){0}, &out);
    CHECK_CONTAINS(cm_str_text(&out), "\nlevel   strict (--policy)\n");
    CHECK_CONTAINS(out.data, "\n  /limits/pids/max                 4096                           built in (strict), because /p/policy.json is looser\n");
    CHECK_CONTAINS(out.data, "\n  /root/ephemeralSize              1048576                        /p/policy.json\n");
}

TEST(json_has_the_same)
{
    AUTO_SET struct set set = {0};
    CM_AUTO_STR struct cm_str out = {0};
    CM_AUTO_ARENA struct cm_arena arena = {0};
    struct json_value *root = NULL;
    struct cm_error err;

    cm_error_init(&err);
    make(&set, CM_POLICY_HARDENED, two, three);
    cm_policy_show(set.policy, &set.origin, NOW + 30 * 86400 * 12, true, (struct cm_style){0}, &out);
    CHECK_INT(json_parse(out.data, out.size, out.size, &arena, &root, &err), 0);
    if (!root)
        return;
    size_t values = 0, lists = 0;
    for (int i = 0; i < CM_TUNABLE_COUNT; i++)
        *(cm_tunables[i].kind == CM_TUNABLE_LIST ? &lists : &values) += 1;
    CHECK_INT(json_member(root, "values")->n, values);
    CHECK_INT(json_member(root, "lists")->n, lists);
    CHECK_INT(json_member(root, "floors")->n, CM_FLOOR_COUNT);
    CHECK_CONTAINS(out.data, "\"state\": \"expired\"");
    CHECK_CONTAINS(out.data, "\"file\": \"/p/policy.d/b.json\"");
    CHECK_CONTAINS(out.data, "\"mountClasses\": [\n    \"kubelet-volumes\"");
}

/* "LEVEL FILE POINTER: BEGINNING-OF-MESSAGE" of all remarks. */
static void remarks_of(const char *first, const char *second, const char *want)
{
    AUTO_SET struct set set = {0};
    struct cm_remarks remarks = {.arena = &set.arena};
    CM_AUTO_STR struct cm_str out = {0};

    make(&set, CM_POLICY_HARDENED, first, second);
    if (!set.policy)
        return;
    cm_policy_lint(set.policy, &set.origin, NOW, &remarks);
    for (size_t i = 0; i < remarks.n; i++)
        cm_str_addf(&out, "%s%s%s %.22s", i > 0 ? "; " : "", strstr(remarks.v[i].file, "b.json") ? "b " : "", remarks.v[i].pointer, remarks.v[i].message);
    if (!cm_streq(cm_str_text(&out), want))
        CHECK_FAIL("%s: \"%s\", want \"%s\"", first, cm_str_text(&out), want);
}

#define MOUNTS(list) "{\"version\":1,\"mounts\":{\"allow\":[" list "]}}"
#define HOOKS(list) "{\"version\":1,\"hooks\":{\"allow\":[" list "]}}"
#define DIGEST "\"sha256\":\"0000000000000000000000000000000000000000000000000000000000000000\""

TEST(rules_that_decide_nothing_or_more_than_they_seem)
{
    remarks_of(MOUNTS("{\"prefix\":\"/srv/a\"},{\"prefix\":\"/srv/b\"}"), NULL, "");
    remarks_of(MOUNTS("{\"prefix\":\"/srv/a\"},{\"prefix\":\"/srv/a\",\"write\":true}"), NULL, "/mounts/allow/1 this rule decides noth");
    remarks_of(MOUNTS("{\"prefix\":\"/srv/a\"}"), MOUNTS("{\"prefix\":\"/srv/c\"},{\"prefix\":\"/srv/a\"}"), "b /mounts/allow/1 this rule decides noth");
    /* for destinations of their own */
    remarks_of(MOUNTS("{\"prefix\":\"/srv/a\",\"destination\":\"/x\"},{\"prefix\":\"/srv/a\",\"destination\":\"/y\"},{\"prefix\":\"/srv/a\"}"), NULL, "");
    remarks_of(MOUNTS("{\"prefix\":\"/srv/a\"},{\"prefix\":\"/srv/a\",\"destination\":\"/y\"}"), NULL, "/mounts/allow/1 this rule decides noth");
    remarks_of(MOUNTS("{\"prefix\":\"/srv\",\"write\":true},{\"prefix\":\"/srv/a\",\"write\":true}"), NULL, "/mounts/allow/1 this rule adds nothing");
    remarks_of(MOUNTS("{\"prefix\":\"/srv\"},{\"prefix\":\"/srv/a\",\"write\":true}"), NULL, "");
    remarks_of(MOUNTS("{\"prefix\":\"/srv\",\"write\":true},{\"prefix\":\"/srv/a\"}"), NULL, "/mounts/allow/0 this rule is wider tha");
    remarks_of(MOUNTS("{\"prefix\":\"/srv\"},{\"prefix\":\"/srv/a\",\"filesystems\":[\"ext4\"]}"), NULL, "/mounts/allow/0 this rule is wider tha");
    remarks_of(MOUNTS("{\"prefix\":\"/srv/a\"},{\"prefix\":\"/srv/ab\"}"), NULL, "");

    remarks_of(HOOKS("{\"path\":\"/a\"},{\"path\":\"/b\"},{\"path\":\"/a\",\"inside\":true}"), NULL, "");
    remarks_of(HOOKS("{\"path\":\"/a\"},{\"path\":\"/a\"}"), NULL, "/hooks/allow/1 this rule decides noth");
    remarks_of(HOOKS("{\"path\":\"/a\"," DIGEST "},{\"path\":\"/a\"}"), NULL, "/hooks/allow/0 this rule decides noth");
    remarks_of(HOOKS("{\"path\":\"/a\",\"stages\":[\"prestart\"]},{\"path\":\"/a\",\"stages\":[\"poststop\"]}"), NULL, "");
    remarks_of(HOOKS("{\"path\":\"/a\",\"stages\":[\"prestart\"]},{\"path\":\"/a\"}"), NULL, "/hooks/allow/0 this rule decides noth");
    remarks_of(HOOKS("{\"path\":\"/a\",\"arguments\":[\"a\",\"b\"]},{\"path\":\"/a\",\"arguments\":[\"a\"]}"), NULL, "/hooks/allow/0 this rule decides noth");
    remarks_of(HOOKS("{\"path\":\"/a\",\"arguments\":[\"a\"]},{\"path\":\"/a\",\"arguments\":[\"b\"]}"), NULL, "");

    remarks_of("{\"version\":1,\"devices\":{\"allow\":[{\"path\":\"/dev/fuse\",\"major\":10,\"minor\":229,\"access\":\"r\"},{\"path\":\"/dev/fuse\",\"major\":10,\"minor\":229}]}}",
               NULL, "/devices/allow/0 this rule decides noth");
    remarks_of("{\"version\":1,\"seccomp\":{\"listenerPaths\":[\"/run/a\",\"/run/b\",\"/run/a\"]}}", NULL, "/seccomp/listenerPaths/2 \"/run/a\" is in the lis");
}

#define EXCEPTION(from, expires)                                                                                                                               \
    "{\"version\":1,\"exceptions\":[{\"codes\":[\"CM-NONROOT\"],\"match\":{\"bundle\":\"/x\"},\"from\":\"" from "\",\"expires\":\"" expires "\",\"reason\":\"r\"}]}"

TEST(exceptions_that_do_not_hold)
{
    remarks_of(EXCEPTION("2026-01-01", "2026-12-01"), NULL, "");
    remarks_of(EXCEPTION("2025-01-01", "2025-12-01"), NULL, "/exceptions/0 expired on 2025-12-01,");
    remarks_of(EXCEPTION("2027-01-01", "2027-12-01"), NULL, "/exceptions/0 begins on 2027-01-01, ");
}

#define FOR_CGROUP(cgroup, more)                                                                                                                               \
    "{\"version\":1,\"exceptions\":[{\"codes\":[\"CM-NONROOT\"],\"match\":{\"cgroup\":\"" cgroup "\"" more "},\"from\":\"2026-01-01\",\"expires\":\"2026-12-01\",\"reason\":\"r\"}]}"

/* The author of a pod chooses its quality of service. */
TEST(exceptions_that_every_pod_can_have)
{
    static const char wide[] = "/exceptions/0 every author of a pod ";

    remarks_of(FOR_CGROUP("/kubepods/burstable", ""), NULL, wide);
    remarks_of(FOR_CGROUP("/kubepods", ""), NULL, wide);
    remarks_of(FOR_CGROUP("/kubelet/kubepods/besteffort", ""), NULL, wide);
    remarks_of(FOR_CGROUP("/kubepods.slice/kubepods-burstable.slice", ""), NULL, wide);
    remarks_of(FOR_CGROUP("/kubelet.slice/kubelet-kubepods.slice", ""), NULL, wide);
    remarks_of(FOR_CGROUP("/kubepods/burstable", ",\"bundle\":\"/x\""), NULL, "");
    remarks_of(FOR_CGROUP("/kubepods/burstable/pod6a12", ""), NULL, "");
    remarks_of(FOR_CGROUP("/vendor", ""), NULL, "");
}

TEST(reports_are_sorted_by_place_and_escaped)
{
    CM_AUTO_ARENA struct cm_arena arena = {0};
    struct cm_remarks remarks = {.arena = &arena};
    const char *const files[] = {"/p/a\033.json", "/p/b.json"};
    CM_AUTO_STR struct cm_str out = {0};

    cm_remark(&remarks, CM_REMARK_WARNING, files[1], "/x", "second");
    cm_remark(&remarks, CM_REMARK_ERROR, files[1], "/y", "first \033[2J");
    cm_remark(&remarks, CM_REMARK_NOTE, files[0], "", "of the file");
    remarks.v[0].line = 9;
    remarks.v[1].line = 3;
    remarks.v[1].column = 4;
    CHECK(cm_policy_report(&remarks, files, 2, false, (struct cm_style){0}, &out));
    CHECK_STR(cm_str_text(&out), "/p/a\\x1b.json\n"
                                 "  note     (the file)\n"
                                 "           of the file\n"
                                 "\n"
                                 "/p/b.json\n"
                                 "  error    /y, line 3, column 4\n"
                                 "           first \\x1b[2J\n"
                                 "  warning  /x, line 9, column 0\n"
                                 "           second\n"
                                 "\n"
                                 "not valid: 1 error, 1 warning\n");
    cm_str_free(&out);
    CHECK(!cm_policy_report(&(struct cm_remarks){0}, NULL, 0, false, (struct cm_style){0}, &out));
    CHECK_STR(cm_str_text(&out), "valid: there are no files, and the built-in policy applies\n");
}
