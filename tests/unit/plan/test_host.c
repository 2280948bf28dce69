/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What `check --host` makes of facts: one row a rule, and the verdict. */
#include "check.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "plan/controls.h"
#include "plan/facts.h"
#include "plan/host_rules.h"
#include "policy/policy.h"

static struct cm_host_facts facts;
static struct cm_policy policy;

/* A host that has everything and is set as it should be. */
static void fine(void)
{
    static const int64_t numbers[CM_HOST_NUMBERS] = {
        [CM_NUMBER_SUID_DUMPABLE] = 0, [CM_NUMBER_KPTR_RESTRICT] = 1, [CM_NUMBER_DMESG_RESTRICT] = 1, [CM_NUMBER_BPF] = 2,     [CM_NUMBER_IO_URING] = 2,
        [CM_NUMBER_TIOCSTI] = 0,       [CM_NUMBER_USERFAULTFD] = 0,   [CM_NUMBER_SYMLINKS] = 1,       [CM_NUMBER_HARDLINKS] = 1, [CM_NUMBER_FIFOS] = 1,
        [CM_NUMBER_REGULAR] = 2,       [CM_NUMBER_PTRACE] = 1,        [CM_NUMBER_MODULES] = 1,        [CM_NUMBER_KEXEC] = 1,   [CM_NUMBER_MEMFD] = 1,
    };

    facts = (struct cm_host_facts){
        .controllers = 0xff,
        .landlock_abi = 7,
        .apparmor = true,
        .label_enforced = CM_ANSWER_YES,
        .modules = "lockdown capability landlock apparmor",
        .core_pattern = "|/lib/systemd/systemd-coredump %P",
        .ia32 = CM_ANSWER_NO,
        .vsyscall = CM_ANSWER_NO,
        .swap = CM_ANSWER_NO,
        .vulnerable = "",
        .affected = "spectre_v1",
        .ids_base = 1879048192,
        .ids_end = 1879048192 + 10 * 65536,
        .ids_configured = true,
        .kubelet = CM_ANSWER_YES,
        .exe = "/usr/bin/casemate",
        .state_root = "/run/casemate",
        .state_made = CM_ANSWER_YES,
        .policy = &policy,
    };
    for (size_t i = 0; i < CM_HOST_NUMBERS; i++)
        facts.numbers[i].value = numbers[i];
    policy = *cm_policy_builtin(CM_POLICY_HARDENED);
}

static enum cm_host_verdict report(enum cm_report_format format, struct cm_str *out)
{
    const struct cm_report_options options = {.format = format};
    enum cm_host_verdict verdict = cm_host_report(&facts, &options, out);

    CHECK(cm_str_text(out) != NULL);
    return verdict;
}

/* The status of a row, by the JSON report. */
static const char *status_of(const struct json_value *root, const char *id, const char **ret_message)
{
    const struct json_value *rows = json_member(root, "rows");

    for (const struct json_value *row = rows ? rows->child : NULL; row; row = row->next)
        if (cm_streq(json_member(row, "id")->text, id)) {
            *ret_message = json_member(row, "message")->text;
            return json_member(row, "status")->text;
        }
    return "no such row";
}

TEST(rules_are_whole)
{
    for (size_t i = 0; i < cm_host_n_rules; i++) {
        const struct cm_host_rule *rule = &cm_host_rules[i];
        CHECK(cm_has_prefix(rule->id, "CM-HOST-") && rule->title[0] && rule->meaning[0] && rule->judge);
        CHECK(rule->remedy[0] || cm_streq(rule->id, "CM-HOST-MODULES-ACTIVE"));
        CHECK(cm_host_rule_find(rule->id) == rule);
        CHECK(i == 0 || rule->group >= cm_host_rules[i - 1].group);
        for (const char *c = rule->id; *c; c++)
            CHECK(isupper((unsigned char)*c) || isdigit((unsigned char)*c) || *c == '-');
        CHECK(!cm_code_find(rule->id));
        CHECK(rule->subjects == 0 || cm_control_about(rule->subjects, 0) < CM_CONTROLS);
    }
    CHECK(!cm_host_rule_find("CM-HOST-NOPE") && cm_host_rule_find("cm-host-swap"));
}

TEST(a_host_that_has_everything_is_ready)
{
    CM_AUTO_STR struct cm_str out = {0};

    fine();
    CHECK_INT(report(CM_REPORT_TEXT, &out), CM_HOST_READY);
    CHECK_INT(cm_host_exit_status(CM_HOST_READY), 0);
    CHECK_CONTAINS(out.data, "host     ready: all that containers need is there\n");
    CHECK_CONTAINS(out.data, " ok, 0 weak, 0 missing, 0 unknown\n");
    CHECK(!strstr(out.data, "-> ") && !strstr(out.data, "why: "));
    CHECK_CONTAINS(out.data, "\nnamespaces and mounts\n  ok       user namespaces                             tried, and works\n");
}

#define FACILITY(name, number) facts.facilities[CM_FACILITY_##name].errnum = (number)
#define NUMBER(name, number) facts.numbers[CM_NUMBER_##name].value = (number)
#define NONE(name) facts.numbers[CM_NUMBER_##name].errnum = ENOENT
#define CHANGE(name, body)                                                                                                                                     \
    static void name(void)                                                                                                                                     \
    {                                                                                                                                                          \
        body;                                                                                                                                                  \
    }

CHANGE(no_userns, FACILITY(USER_NS, ENOSPC))
CHANGE(no_ucounts, FACILITY(UCOUNTS, EBADE))
CHANGE(no_openat2, FACILITY(OPENAT2, ENOSYS))
CHANGE(openat2_unknown, FACILITY(OPENAT2, CM_NOT_TRIED))
CHANGE(no_time, FACILITY(TIME_NS, EINVAL))
CHANGE(no_idmap, FACILITY(IDMAP, EINVAL))
CHANGE(idmap_not_needed, FACILITY(IDMAP, CM_NOT_NEEDED); facts.facilities[CM_FACILITY_IDMAP].detail = "x")
CHANGE(no_overlay, FACILITY(OVERLAY, ENODEV))
CHANGE(overlay_later, FACILITY(OVERLAY, CM_NOT_TRIED))
CHANGE(no_outer, facts.rootless = true; facts.outer_problem = "newuidmap is not there")
CHANGE(no_filters, FACILITY(SECCOMP, EINVAL))
CHANGE(no_landlock, facts.landlock_abi = 0)
CHANGE(old_landlock, facts.landlock_abi = 1)
CHANGE(no_label, facts.apparmor = false)
CHANGE(profile_loaded, facts.default_profile = CM_PROFILE_ENFORCED)
CHANGE(profile_missing, facts.default_profile = CM_PROFILE_MISSING)
CHANGE(profile_void, facts.default_profile = CM_PROFILE_VOID)
CHANGE(label_complains, facts.label_enforced = CM_ANSWER_NO)
CHANGE(label_unknown, facts.label_enforced = CM_ANSWER_UNKNOWN)
CHANGE(no_mdwe, FACILITY(MDWE, EINVAL))
CHANGE(no_mdwe_wanted, FACILITY(MDWE, EINVAL); policy.memory_deny_write_exec = true)
CHANGE(no_device_program, FACILITY(DEVICE_PROGRAM, EPERM))
CHANGE(no_cgroup2, FACILITY(CGROUP2, ENODEV))
CHANGE(no_cgroup2_rootless, FACILITY(CGROUP2, EACCES); facts.rootless = true)
CHANGE(no_memory, facts.controllers &= ~(unsigned int)CM_CTRL_MEMORY)
CHANGE(no_pids, facts.controllers &= ~(unsigned int)CM_CTRL_PIDS)
CHANGE(no_io, facts.controllers &= ~(unsigned int)CM_CTRL_IO)
CHANGE(no_kill, FACILITY(CGROUP_KILL, ENOENT))
CHANGE(swapping, facts.swap = CM_ANSWER_YES)
CHANGE(swapping_openly, facts.swap = CM_ANSWER_YES; facts.controllers &= ~(unsigned int)CM_CTRL_MEMORY)
CHANGE(no_ids, facts.ids_errnum = EADDRINUSE; facts.ids_reason = "they overlap")
CHANGE(ids_by_chance, facts.ids_configured = false)
CHANGE(kubelet_overlaps, facts.kubelet_problem = "its ids are casemate's")
CHANGE(kubelet_none, facts.kubelet = CM_ANSWER_NO)
CHANGE(dumpable, NUMBER(SUID_DUMPABLE, 1))
CHANGE(dumpable_by_root, NUMBER(SUID_DUMPABLE, 2))
CHANGE(dumpable_and_strict, NUMBER(SUID_DUMPABLE, 1); policy.refuse_suid_dumpable = true)
CHANGE(core_socket, facts.core_pattern = "@/run/cores.sock")
CHANGE(core_unknown, facts.core_pattern = NULL)
CHANGE(kptr, NUMBER(KPTR_RESTRICT, 0))
CHANGE(dmesg, NUMBER(DMESG_RESTRICT, 0))
CHANGE(bpf, NUMBER(BPF, 0))
CHANGE(no_bpf, NONE(BPF))
CHANGE(uring, NUMBER(IO_URING, 0))
CHANGE(no_uring, NONE(IO_URING))
CHANGE(tiocsti, NUMBER(TIOCSTI, 1))
CHANGE(old_tiocsti, NONE(TIOCSTI))
CHANGE(userfaultfd, NUMBER(USERFAULTFD, 1))
CHANGE(symlinks, NUMBER(SYMLINKS, 0))
CHANGE(hardlinks, NUMBER(HARDLINKS, 0))
CHANGE(fifos, NUMBER(FIFOS, 0))
CHANGE(regular, NUMBER(REGULAR, 0))
CHANGE(ptrace_, NUMBER(PTRACE, 0))
CHANGE(no_yama, NONE(PTRACE))
CHANGE(modules, NUMBER(MODULES, 0))
CHANGE(no_modules, NONE(MODULES))
CHANGE(kexec, NUMBER(KEXEC, 0))
CHANGE(memfd, NUMBER(MEMFD, 0))
CHANGE(unreadable, facts.numbers[CM_NUMBER_MEMFD].errnum = EACCES)
CHANGE(ia32, facts.ia32 = CM_ANSWER_YES)
CHANGE(vsyscall, facts.vsyscall = CM_ANSWER_YES)
CHANGE(open_cpu, facts.vulnerable = "meltdown")
CHANGE(silent_cpu, facts.vulnerable = NULL)
CHANGE(bad_exe, facts.exe_problem = "/opt is writable for others")
CHANGE(bad_state, facts.state_problem = "/x is not on a tmpfs")
CHANGE(bad_policy, facts.policy = NULL; facts.policy_problem = "policy.json belongs to uid 1000")

TEST(every_fact_has_its_row_and_its_weight)
{
    const struct {
        void (*change)(void);
        const char *id, *status, *message;
        enum cm_host_verdict verdict;
    } table[] = {
        {no_userns, "CM-HOST-USER-NS", "missing", "No space left", CM_HOST_UNABLE},
        {no_ucounts, "CM-HOST-UCOUNTS", "missing", "tried", CM_HOST_UNABLE},
        {no_openat2, "CM-HOST-OPENAT2", "missing", strerror(ENOSYS), CM_HOST_UNABLE},
        {openat2_unknown, "CM-HOST-OPENAT2", "unknown", "not tried", CM_HOST_LIMITED},
        {no_time, "CM-HOST-TIME-NS", "missing", "", CM_HOST_READY},
        {no_idmap, "CM-HOST-IDMAP", "missing", "", CM_HOST_UNABLE},
        {idmap_not_needed, "CM-HOST-IDMAP", "ok", "not needed: x", CM_HOST_READY},
        {no_overlay, "CM-HOST-OVERLAY", "missing", "", CM_HOST_LIMITED},
        {overlay_later, "CM-HOST-OVERLAY", "unknown", "", CM_HOST_LIMITED},
        {no_outer, "CM-HOST-OUTER", "missing", "newuidmap is not there", CM_HOST_UNABLE},
        {no_filters, "CM-HOST-SECCOMP", "missing", "", CM_HOST_UNABLE},
        {no_landlock, "CM-HOST-LANDLOCK", "missing", "", CM_HOST_LIMITED},
        {old_landlock, "CM-HOST-LANDLOCK", "weak", "ABI 1", CM_HOST_LIMITED},
        {no_label, "CM-HOST-LABEL", "missing", "Landlock stands in", CM_HOST_LIMITED},
        {profile_loaded, "CM-HOST-LABEL", "ok", "casemate-default is loaded", CM_HOST_READY},
        {profile_missing, "CM-HOST-LABEL", "weak", "casemate-default is not loaded", CM_HOST_LIMITED},
        {profile_void, "CM-HOST-LABEL", "weak", "loaded in a mode that confines nothing", CM_HOST_LIMITED},
        {label_complains, "CM-HOST-LABEL", "weak", "does not enforce", CM_HOST_LIMITED},
        {label_unknown, "CM-HOST-LABEL", "unknown", "cannot be told", CM_HOST_LIMITED},
        {no_mdwe, "CM-HOST-MDWE", "missing", "", CM_HOST_READY},
        {no_mdwe_wanted, "CM-HOST-MDWE", "missing", "", CM_HOST_LIMITED},
        {no_device_program, "CM-HOST-DEVICE-PROGRAM", "missing", "", CM_HOST_LIMITED},
        {no_cgroup2, "CM-HOST-CGROUP2", "missing", "", CM_HOST_UNABLE},
        {no_cgroup2_rootless, "CM-HOST-CGROUP2", "missing", "", CM_HOST_LIMITED},
        {no_memory, "CM-HOST-MEMORY", "missing", "", CM_HOST_LIMITED},
        {no_pids, "CM-HOST-PIDS", "missing", "", CM_HOST_LIMITED},
        {no_io, "CM-HOST-IO", "missing", "", CM_HOST_READY},
        {no_kill, "CM-HOST-CGROUP-KILL", "missing", "", CM_HOST_READY},
        {swapping, "CM-HOST-SWAP", "ok", "containers get none of it", CM_HOST_READY},
        {swapping_openly, "CM-HOST-SWAP", "weak", "cannot be kept out", CM_HOST_LIMITED},
        {no_ids, "CM-HOST-IDS", "missing", "they overlap", CM_HOST_UNABLE},
        {ids_by_chance, "CM-HOST-IDS", "weak", "1879048192-1879703551, 10 containers or pods", CM_HOST_LIMITED},
        {kubelet_overlaps, "CM-HOST-KUBELET-IDS", "weak", "its ids are casemate's", CM_HOST_LIMITED},
        {kubelet_none, "CM-HOST-KUBELET-IDS", "ok", "", CM_HOST_READY},
        {dumpable, "CM-HOST-SUID-DUMPABLE", "weak", "is 1", CM_HOST_LIMITED},
        {dumpable_by_root, "CM-HOST-SUID-DUMPABLE", "ok", "is 2", CM_HOST_READY},
        {dumpable_and_strict, "CM-HOST-SUID-DUMPABLE", "weak", "is 1", CM_HOST_UNABLE},
        {core_socket, "CM-HOST-CORE-PATTERN", "weak", "@/run/cores.sock", CM_HOST_LIMITED},
        {core_unknown, "CM-HOST-CORE-PATTERN", "unknown", "", CM_HOST_READY},
        {kptr, "CM-HOST-KPTR", "weak", "is 0", CM_HOST_LIMITED},
        {dmesg, "CM-HOST-DMESG", "weak", "is 0", CM_HOST_LIMITED},
        {bpf, "CM-HOST-BPF", "weak", "is 0", CM_HOST_LIMITED},
        {no_bpf, "CM-HOST-BPF", "ok", "no bpf", CM_HOST_READY},
        {uring, "CM-HOST-IO-URING", "weak", "is 0", CM_HOST_LIMITED},
        {no_uring, "CM-HOST-IO-URING", "unknown", "6.6", CM_HOST_READY},
        {tiocsti, "CM-HOST-TIOCSTI", "weak", "is 1", CM_HOST_LIMITED},
        {old_tiocsti, "CM-HOST-TIOCSTI", "weak", "6.2", CM_HOST_LIMITED},
        {userfaultfd, "CM-HOST-USERFAULTFD", "weak", "is 1", CM_HOST_LIMITED},
        {symlinks, "CM-HOST-SYMLINKS", "weak", "is 0", CM_HOST_LIMITED},
        {hardlinks, "CM-HOST-HARDLINKS", "weak", "is 0", CM_HOST_LIMITED},
        {fifos, "CM-HOST-FIFOS", "weak", "is 0", CM_HOST_LIMITED},
        {regular, "CM-HOST-REGULAR", "weak", "is 0", CM_HOST_LIMITED},
        {ptrace_, "CM-HOST-PTRACE", "weak", "is 0", CM_HOST_LIMITED},
        {no_yama, "CM-HOST-PTRACE", "missing", "Yama", CM_HOST_LIMITED},
        {modules, "CM-HOST-MODULES", "weak", "is 0", CM_HOST_LIMITED},
        {no_modules, "CM-HOST-MODULES", "ok", "no modules", CM_HOST_READY},
        {kexec, "CM-HOST-KEXEC", "weak", "is 0", CM_HOST_LIMITED},
        {memfd, "CM-HOST-MEMFD", "weak", "is 0", CM_HOST_LIMITED},
        {unreadable, "CM-HOST-MEMFD", "unknown", "Permission denied", CM_HOST_READY},
        {ia32, "CM-HOST-IA32", "weak", "", CM_HOST_LIMITED},
        {vsyscall, "CM-HOST-VSYSCALL", "weak", "", CM_HOST_LIMITED},
        {open_cpu, "CM-HOST-VULNERABILITIES", "weak", "open: meltdown; mitigated: spectre_v1", CM_HOST_LIMITED},
        {silent_cpu, "CM-HOST-VULNERABILITIES", "unknown", "", CM_HOST_READY},
        {bad_exe, "CM-HOST-EXE", "weak", "/opt is writable", CM_HOST_LIMITED},
        {bad_state, "CM-HOST-STATE", "weak", "not on a tmpfs", CM_HOST_LIMITED},
        {bad_policy, "CM-HOST-POLICY", "missing", "belongs to uid 1000", CM_HOST_UNABLE},
    };

    for (size_t i = 0; i < CM_ARRAY_LEN(table); i++) {
        CM_AUTO_STR struct cm_str out = {0};
        CM_AUTO_ARENA struct cm_arena arena = {0};
        struct json_value *root = NULL;
        struct cm_error err;
        const char *message = "";

        cm_error_init(&err);
        fine();
        table[i].change();
        enum cm_host_verdict verdict = report(CM_REPORT_JSON, &out);
        CHECK_INT(json_parse(out.data, out.size, out.size, &arena, &root, &err), 0);
        const char *status = root ? status_of(root, table[i].id, &message) : "";
        if (verdict != table[i].verdict || !cm_streq(status, table[i].status) || !strstr(message, table[i].message))
            CHECK_FAIL("row %zu, %s: %s, \"%s\", verdict %d", i, table[i].id, status, message, (int)verdict);
    }
}

TEST(weak_rows_have_reason_and_remedy_and_escape_what_they_quote)
{
    CM_AUTO_STR struct cm_str out = {0};

    fine();
    kptr();
    facts.core_pattern = "@\033[2J\xff";
    CHECK_INT(report(CM_REPORT_TEXT, &out), CM_HOST_LIMITED);
    CHECK_CONTAINS(out.data, "  weak     kernel.kptr_restrict                        is 0\n"
                             "                                                       why: addresses of the kernel help an attacker; what shows them is masked in containers\n"
                             "                                                       -> sysctl kernel.kptr_restrict=1; in /etc/sysctl.d to keep it\n");
    CHECK_CONTAINS(out.data, "@\\x1b[2J\\xff\n");
    CHECK(!strchr(out.data, '\033'));
}

TEST(sarif_has_a_result_for_every_row)
{
    CM_AUTO_STR struct cm_str out = {0};
    CM_AUTO_ARENA struct cm_arena arena = {0};
    struct json_value *root = NULL;
    struct cm_error err;

    cm_error_init(&err);
    fine();
    no_userns();
    CHECK_INT(report(CM_REPORT_SARIF, &out), CM_HOST_UNABLE);
    CHECK_INT(json_parse(out.data, out.size, out.size, &arena, &root, &err), 0);
    const struct json_value *results = root ? json_member(json_member(root, "runs")->child, "results") : NULL;
    CHECK(results && results->n == cm_host_n_rules);
    if (results) {
        CHECK_STR(json_member(results->child, "level")->text, "error");
        CHECK_STR(json_member(results->child->next, "kind")->text, "pass");
    }
    CHECK_CONTAINS(out.data, "\"exitCode\": 3");
}
