/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What `check` says about a bundle, in its three forms; and which codes and controls belong together. */
#include "check.h"

#include "good.h"
#include "plan/controls.h"
#include "plan/report.h"

#define MOUNT_NS "{\"type\":\"mount\"},", ""
#define SYSCTLS(list) "\"sysctl\":{}", "\"sysctl\":{" list "}"

static const struct cm_report_source nowhere = {.file = "/b/config.json"};

static void rows_are_few(struct cm_facts *facts, struct cm_policy *policy)
{
    (void)policy;
    facts->apparmor = false;
    facts->landlock_abi = 0;
}

static void report(const struct fixture *f, struct cm_report_options options, const struct cm_report_source *source, struct cm_str *out)
{
    CHECK(f->plan != NULL);
    if (f->plan)
        cm_plan_report(f->plan, &options, source, out);
    CHECK(cm_str_text(out) != NULL);
}

/* Without the posture, which has tests of its own. */
static void check_head(const char *find, const char *with, struct cm_style style, const char *want)
{
    AUTO_FIXTURE struct fixture f = {0};
    CM_AUTO_STR struct cm_str out = {0};

    fixture_make(&f, CM_POLICY_HARDENED, find, with, rows_are_few);
    report(&f, (struct cm_report_options){.style = style}, &nowhere, &out);
    if (out.size > strlen(want))
        out.data[strlen(want)] = '\0';
    CHECK_STR(cm_str_text(&out), want);
}

TEST(text_for_a_file)
{
    check_head(MOUNT_NS, (struct cm_style){0},
               "verdict  tightened\n"
               "policy   hardened\n"
               "summary  0 refused, 1 made stricter, 2 not enforced on this host\n"
               "\n"
               "tightened\n"
               "  CM-NS-MOUNT  /linux/namespaces\n"
               "               there is no mount namespace in the list; one was added\n"
               "               -> list a mount namespace without a path\n"
               "\n"
               "not enforced here\n"
               "  label     no AppArmor or SELinux is active on this host; nothing stands in\n"
               "  Landlock  the kernel has no Landlock (Linux 5.13, lsm=landlock); read-only mounts and seccomp stand alone\n"
               "\n"
               "effective posture\n"
               "  user namespace  own, users 0-65535 -> 200000; groups 0-65535 -> 300000\n");
}

TEST(text_for_a_terminal)
{
    check_head(MOUNT_NS, (struct cm_style){.width = 50, .colour = true},
               "verdict  \033[33mtightened\033[0m\n"
               "policy   hardened\n"
               "summary  0 refused, 1 made stricter, 2 not\n"
               "         enforced on this host\n"
               "\n"
               "\033[1mtightened\033[0m\n"
               "  \033[33mCM-NS-MOUNT\033[0m  /linux/namespaces\n"
               "               there is no mount namespace in the\n"
               "               list; one was added\n"
               "               -> list a mount namespace without a\n"
               "               path\n"
               "\n"
               "\033[1mnot enforced here\033[0m\n"
               "  \033[33mlabel\033[0m     no AppArmor or SELinux is active on\n"
               "            this host; nothing stands in\n");
}

TEST(text_of_a_refusal)
{
    check_head(SYSCTLS("\"kernel.core_pattern\":\"x\\u001b[2J\\u202e\""), (struct cm_style){0},
               "verdict  refused\n"
               "policy   hardened\n"
               "summary  1 refused, 0 made stricter, 2 not enforced on this host\n"
               "\n"
               "refused\n"
               "  CM-SYSCTL  /linux/sysctl/kernel.core_pattern\n");
}

static struct cm_exception exception = {.expires_text = "2027-01-31", .reason = "moves in \033[1m January", .place = "/etc/casemate/policy.json: /exceptions/0"};
static struct cm_granted granted = {"CM-NONROOT", "/process/user/uid", "runs as root", &exception};
static const char *lapsed[] = {"/etc/casemate/policy.json: /exceptions/1: expired on 2026-01-01"};

static struct cm_allowed allowed[] = {{"/mounts/1/source", "mounts.allow", "/srv/\033[1m"}, {"/linux/sysctl/net.ipv4.ip_forward", "sysctls.allow", "net.*"}};

static void grant(struct fixture *f)
{
    fixture_make(f, CM_POLICY_HARDENED, NULL, NULL, NULL);
    if (!f->plan)
        return;
    f->plan->granted = &granted;
    f->plan->n_granted = 1;
    f->plan->lapsed = lapsed;
    f->plan->n_lapsed = 1;
    f->plan->allowed = allowed;
    f->plan->n_allowed = CM_ARRAY_LEN(allowed);
}

TEST(exceptions_that_were_used_are_shown)
{
    AUTO_FIXTURE struct fixture f = {0};
    CM_AUTO_STR struct cm_str text = {0}, json = {0}, sarif = {0};
    struct cm_judged judged;

    grant(&f);
    report(&f, (struct cm_report_options){0}, &nowhere, &text);
    CHECK_CONTAINS(cm_str_text(&text), "not enforced on this host, 1 granted by exceptions\n");
    CHECK_CONTAINS(text.data, "\ngranted by exceptions of the policy\n"
                              "  CM-NONROOT  /process/user/uid\n"
                              "              runs as root\n"
                              "              until 2027-01-31: \"moves in \\x1b[1m January\" (/etc/casemate/policy.json: /exceptions/0)\n"
                              "\n"
                              "exceptions that do not hold\n"
                              "  /etc/casemate/policy.json: /exceptions/1: expired on 2026-01-01\n"
                              "\n"
                              "allowed by the policy\n"
                              "  /mounts/1/source                   mounts.allow: \"/srv/\\x1b[1m\"\n"
                              "  /linux/sysctl/net.ipv4.ip_forward  sysctls.allow: \"net.*\"\n");
    report(&f, (struct cm_report_options){.format = CM_REPORT_JSON}, &nowhere, &json);
    CHECK_CONTAINS(cm_str_text(&json), "\"expires\": \"2027-01-31\"");
    CHECK_CONTAINS(json.data, "\"member\": \"sysctls.allow\",\n      \"rule\": \"net.*\"\n");
    report(&f, (struct cm_report_options){.format = CM_REPORT_SARIF}, &nowhere, &sarif);
    CHECK_CONTAINS(cm_str_text(&sarif), "runs as root; granted until 2027-01-31 by an exception of the policy");
    if (!f.plan)
        return;
    cm_control_judge(f.plan, &judged);
    CHECK_INT(judged.subjects[CM_SUBJECT_NONROOT], CM_CONTROL_NOT_MET);
}

static const struct json_value *parse(const struct cm_str *text, struct cm_arena *arena)
{
    struct json_value *root = NULL;
    struct cm_error err;

    cm_error_init(&err);
    CHECK_INT(json_parse(text->data, text->size, text->size, arena, &root, &err), 0);
    return root;
}

static const char *text_at(const struct json_value *object, const char *key)
{
    const struct json_value *member = object ? json_member(object, key) : NULL;

    return member ? member->text : NULL;
}

TEST(json_has_its_keys)
{
    static const char config[] = "{\n  \"linux\": {\n    \"namespaces\": []\n  }\n}\n";
    const struct cm_report_source source = {"/b/config.json", config, sizeof(config) - 1};
    AUTO_FIXTURE struct fixture f = {0};
    CM_AUTO_STR struct cm_str out = {0};
    CM_AUTO_ARENA struct cm_arena arena = {0};

    good(&f, MOUNT_NS, NULL);
    report(&f, (struct cm_report_options){.format = CM_REPORT_JSON}, &source, &out);
    const struct json_value *root = parse(&out, &arena);
    if (!root)
        return;
    const struct json_value *tightenings = json_member(root, "tightenings"), *refusals = json_member(root, "refusals"), *summary = json_member(root, "summary");
    const struct json_value *finding = tightenings ? tightenings->child : NULL, *place = finding ? json_member(finding, "place") : NULL;
    CHECK_STR(text_at(root, "verdict"), "tightened");
    CHECK_STR(text_at(root, "policy"), "hardened");
    CHECK_STR(text_at(summary, "tightened"), "1");
    CHECK(refusals && refusals->n == 0 && tightenings && tightenings->n == 1);
    CHECK_STR(text_at(finding, "code"), "CM-NS-MOUNT");
    CHECK_STR(text_at(finding, "field"), "/linux/namespaces");
    CHECK(text_at(finding, "message") && text_at(finding, "remedy") && text_at(finding, "meaning"));
    CHECK_STR(text_at(place, "line"), "3");
    CHECK_STR(text_at(place, "column"), "5");
    CHECK(text_at(json_member(root, "posture"), "seccomp") != NULL);
    CHECK(!json_member(root, "controlVerdicts") && !json_member(finding, "controls"));
}

TEST(sarif_has_a_rule_a_place_and_a_level_for_every_finding)
{
    AUTO_FIXTURE struct fixture f = {0};
    CM_AUTO_STR struct cm_str out = {0};
    CM_AUTO_ARENA struct cm_arena arena = {0};

    fixture_make(&f, CM_POLICY_HARDENED, SYSCTLS("\"kernel.core_pattern\":\"x\",\"kernel.modprobe\":\"y\""), NULL);
    report(&f, (struct cm_report_options){.format = CM_REPORT_SARIF, .controls = true}, &nowhere, &out);
    const struct json_value *root = parse(&out, &arena);
    const struct json_value *runs = root ? json_member(root, "runs") : NULL, *results = runs && runs->child ? json_member(runs->child, "results") : NULL;
    CHECK_STR(text_at(root, "version"), "2.1.0");
    CHECK(results && results->n >= 2);
    for (const struct json_value *result = results ? results->child : NULL; result; result = result->next) {
        bool finding = cm_streq(text_at(result, "ruleId"), "CM-SYSCTL"); /* else no label here */
        CHECK_STR(text_at(result, "ruleId"), finding ? "CM-SYSCTL" : "CM-NOT-ENFORCED");
        CHECK_STR(text_at(result, "ruleIndex"), finding ? "0" : "1");
        CHECK_STR(text_at(result, "level"), finding ? "error" : "note");
        CHECK(json_member(result, "locations") && json_member(result, "partialFingerprints"));
    }
    CHECK_CONTAINS(out.data, "\"fullyQualifiedName\": \"/linux/sysctl/kernel.modprobe\"");
    CHECK_CONTAINS(out.data, "\"uri\": \"file:///b/\"");
    CHECK_CONTAINS(out.data, "\"pss:baseline/Sysctls\"");
    CHECK_CONTAINS(out.data, "\"controlVerdicts\"");
}

TEST(every_code_is_about_a_control_or_about_none_on_purpose)
{
    for (unsigned int i = 0; i < CM_CODE_COUNT; i++) {
        const char *code = cm_code_info((enum cm_code)i)->code;
        uint64_t subjects = cm_code_subjects(code);
        bool mapped = cm_control_about(subjects, 0) < CM_CONTROLS;
        if (subjects == 0)
            CHECK_FAIL("%s has no row in code_subjects of plan/controls.c: give it the subjects it is about, or NONE with the reason; and docs/controls.md", code);
        else if (subjects & CM_ABOUT(NONE) ? subjects != CM_ABOUT(NONE) : !mapped)
            CHECK_FAIL("%s: its subjects belong to no control, or NONE is not alone", code);
    }
    CHECK_INT(cm_code_subjects("CM-NOPE"), 0);
}

TEST(controls_are_unambiguous_and_about_something)
{
    for (size_t i = 0; i < CM_CONTROLS; i++) {
        const struct cm_control *control = &cm_controls[i];
        if (!control->id || !control->title || !control->subjects || control->subjects & CM_ABOUT(NONE)) {
            CHECK_FAIL("control %zu is not whole", i);
            continue;
        }
        CHECK(!(control->subjects & CM_ABOUT(ELSEWHERE)) || control->subjects == CM_ABOUT(ELSEWHERE));
        CHECK(i == 0 || control->framework >= cm_controls[i - 1].framework);
        for (size_t k = 0; k < i; k++)
            if (control->framework == cm_controls[k].framework && cm_streq(control->id, cm_controls[k].id))
                CHECK_FAIL("%s is there twice", control->id);
    }
}

static enum cm_control_verdict verdict_of(const struct fixture *f, const char *key, const char *id)
{
    struct cm_judged judged;

    if (!f->plan)
        return CM_CONTROL_VERDICTS;
    cm_control_judge(f->plan, &judged);
    for (size_t i = 0; i < CM_CONTROLS; i++)
        if (cm_streq(cm_frameworks[cm_controls[i].framework].key, key) && cm_streq(cm_controls[i].id, id))
            return cm_control_verdict(&judged, &cm_controls[i]);
    CHECK_FAIL("no control %s %s", key, id);
    return CM_CONTROL_VERDICTS;
}

TEST(controls_follow_from_the_plan)
{
    static const struct {
        const char *find, *with, *framework, *id;
        enum cm_control_verdict verdict;
    } table[] = {
        {NULL, NULL, "pss", "baseline/Host Namespaces", CM_CONTROL_MET},
        {NULL, NULL, "pss", "baseline/Host Ports", CM_CONTROL_ELSEWHERE},
        {NULL, NULL, "pss", "restricted/Running as Non-root", CM_CONTROL_MET},
        {"\"uid\":1000", "\"uid\":0", "pss", "restricted/Running as Non-root", CM_CONTROL_NOT_MET},
        {NULL, NULL, "pss", "restricted/Capabilities", CM_CONTROL_NOT_MET}, /* CAP_KILL */
        {NULL, NULL, "pss", "baseline/Capabilities", CM_CONTROL_MET},
        {"\"bounding\":[\"CAP_KILL\"]", "\"bounding\":[\"CAP_KILL\",\"CAP_NET_RAW\"]", "pss", "baseline/Capabilities", CM_CONTROL_TIGHTENED},
        {"\"bounding\":[\"CAP_KILL\"]", "\"bounding\":[\"CAP_KILL\",\"CAP_NET_RAW\"]", "cis-kubernetes", "5.2.8", CM_CONTROL_TIGHTENED},
        {"\"bounding\":[\"CAP_KILL\"]", "\"bounding\":[\"CAP_KILL\",\"CAP_SYS_ADMIN\"]", "cis-docker", "5.4", CM_CONTROL_REFUSED},
        {"\"bounding\":[\"CAP_KILL\"]", "\"bounding\":[\"CAP_KILL\",\"CAP_SYS_ADMIN\"]", "cis-docker", "5.13", CM_CONTROL_UNDECIDED},
        {"\"bounding\":[\"CAP_KILL\"]", "\"bounding\":[\"CAP_KILL\",\"CAP_SYS_ADMIN\"]", "cis-docker", "5.27", CM_CONTROL_ELSEWHERE},
        {"\"readonly\":true", "\"readonly\":false", "cis-docker", "5.13", CM_CONTROL_TIGHTENED},
        {NULL, NULL, "cis-docker", "5.11", CM_CONTROL_MET},
        {"\"memory\":{\"limit\":1000000,\"swap\":1000000},", "", "cis-docker", "5.11", CM_CONTROL_TIGHTENED},
        {"\"memory\":{\"limit\":1000000,\"swap\":1000000},", "", "cis-docker", "5.29", CM_CONTROL_MET},
        {"\"pids\":{\"limit\":100}", "\"pids\":{\"limit\":1000000}", "cis-docker", "5.29", CM_CONTROL_TIGHTENED},
        {"\"pids\":{\"limit\":100}", "\"pids\":{\"limit\":1000000}", "cis-docker", "5.11", CM_CONTROL_MET},
        {NULL, NULL, "cis-docker", "5.12", CM_CONTROL_NOT_MET},
        {"\"unified\":{}", "\"unified\":{},\"cpu\":{\"shares\":512}", "cis-docker", "5.12", CM_CONTROL_MET},
        {"{\"type\":\"pid\"},", "", "cis-docker", "5.16", CM_CONTROL_REFUSED},
        {"{\"type\":\"pid\"},", "", "nist-800-190", "4.5.2", CM_CONTROL_REFUSED},
        {NULL, NULL, "cis-docker", "5.2", CM_CONTROL_NOT_MET}, /* AppArmor is there and nothing asks for a profile */
        {"\"oomScoreAdj\":100", "\"oomScoreAdj\":100,\"apparmorProfile\":\"box\"", "cis-docker", "5.2", CM_CONTROL_MET},
        {"\"oomScoreAdj\":100", "\"oomScoreAdj\":100,\"apparmorProfile\":\"unconfined\"", "pss", "baseline/AppArmor", CM_CONTROL_REFUSED},
    };

    for (size_t i = 0; i < CM_ARRAY_LEN(table); i++) {
        AUTO_FIXTURE struct fixture f = {0};
        fixture_make(&f, CM_POLICY_HARDENED, table[i].find, table[i].with, NULL);
        enum cm_control_verdict verdict = verdict_of(&f, table[i].framework, table[i].id);
        if (verdict != table[i].verdict)
            CHECK_FAIL("row %zu, %s %s: %s, want %s", i, table[i].framework, table[i].id, verdict < CM_CONTROL_VERDICTS ? cm_control_verdict_key(verdict) : "none",
                       cm_control_verdict_key(table[i].verdict));
    }
}

TEST(text_with_controls_ends_with_their_table)
{
    AUTO_FIXTURE struct fixture f = {0};
    CM_AUTO_STR struct cm_str out = {0};

    good(&f, MOUNT_NS, NULL);
    report(&f, (struct cm_report_options){.controls = true}, &nowhere, &out);
    CHECK_CONTAINS(cm_str_text(&out), "               controls: NIST SP 800-190 4.5.5\n");
    CHECK_CONTAINS(cm_str_text(&out), "\ncontrols\nNumbers and names are those of the editions given here. Compare them");
    CHECK_CONTAINS(cm_str_text(&out), "\nCIS Docker Benchmark (1.6, section 5");
    CHECK_CONTAINS(cm_str_text(&out), "\n  met                 5.6   no system directories of the host\n");
    CHECK_CONTAINS(cm_str_text(&out), "\n  not a runtime's     5.27  health is checked\n");
}

TEST(formats_have_names)
{
    enum cm_report_format format;

    CHECK(cm_report_format_find("text", &format) && format == CM_REPORT_TEXT);
    CHECK(cm_report_format_find("json", &format) && format == CM_REPORT_JSON);
    CHECK(cm_report_format_find("sarif", &format) && format == CM_REPORT_SARIF);
    CHECK(!cm_report_format_find("", &format) && !cm_report_format_find("SARIF", &format) && !cm_report_format_find(NULL, &format));
}
