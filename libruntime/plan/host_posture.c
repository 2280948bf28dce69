/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Judges of what a host has set; see host_rules.h. Values come from the kernel, core_pattern from root of the host. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "plan/facts.h"
#include "plan/host_rules.h"

const char *const cm_host_number_paths[CM_HOST_NUMBERS] = {
    [CM_NUMBER_SUID_DUMPABLE] = "fs/suid_dumpable",
    [CM_NUMBER_KPTR_RESTRICT] = "kernel/kptr_restrict",
    [CM_NUMBER_DMESG_RESTRICT] = "kernel/dmesg_restrict",
    [CM_NUMBER_BPF] = "kernel/unprivileged_bpf_disabled",
    [CM_NUMBER_IO_URING] = "kernel/io_uring_disabled",
    [CM_NUMBER_TIOCSTI] = "dev/tty/legacy_tiocsti",
    [CM_NUMBER_USERFAULTFD] = "vm/unprivileged_userfaultfd",
    [CM_NUMBER_SYMLINKS] = "fs/protected_symlinks",
    [CM_NUMBER_HARDLINKS] = "fs/protected_hardlinks",
    [CM_NUMBER_FIFOS] = "fs/protected_fifos",
    [CM_NUMBER_REGULAR] = "fs/protected_regular",
    [CM_NUMBER_PTRACE] = "kernel/yama/ptrace_scope",
    [CM_NUMBER_MODULES] = "kernel/modules_disabled",
    [CM_NUMBER_KEXEC] = "kernel/kexec_load_disabled",
    [CM_NUMBER_MEMFD] = "vm/memfd_noexec",
};

/* Good from `min` to `max`; what it means when the kernel has no such file. */
static const struct number {
    int64_t min, max;
    enum cm_host_status absent;
    const char *absent_text;
} numbers[CM_HOST_NUMBERS] = {
    [CM_NUMBER_SUID_DUMPABLE] = {0, 0, CM_HOST_UNKNOWN, "the kernel does not say"}, /* and 2: see below */
    [CM_NUMBER_KPTR_RESTRICT] = {1, INT64_MAX, CM_HOST_UNKNOWN, "the kernel does not say"},
    [CM_NUMBER_DMESG_RESTRICT] = {1, INT64_MAX, CM_HOST_OK, "the kernel has no log to read"},
    [CM_NUMBER_BPF] = {1, INT64_MAX, CM_HOST_OK, "the kernel has no bpf(2)"},
    [CM_NUMBER_IO_URING] = {1, INT64_MAX, CM_HOST_UNKNOWN, "the kernel has no such switch: it has no io_uring, or is older than Linux 6.6"},
    [CM_NUMBER_TIOCSTI] = {0, 0, CM_HOST_WEAK, "the kernel has no such switch (Linux 6.2), so that it lets everybody"},
    [CM_NUMBER_USERFAULTFD] = {0, 0, CM_HOST_OK, "the kernel has no userfaultfd(2)"},
    [CM_NUMBER_SYMLINKS] = {1, INT64_MAX, CM_HOST_UNKNOWN, "the kernel does not say"},
    [CM_NUMBER_HARDLINKS] = {1, INT64_MAX, CM_HOST_UNKNOWN, "the kernel does not say"},
    [CM_NUMBER_FIFOS] = {1, INT64_MAX, CM_HOST_UNKNOWN, "the kernel does not say"},
    [CM_NUMBER_REGULAR] = {1, INT64_MAX, CM_HOST_UNKNOWN, "the kernel does not say"},
    [CM_NUMBER_PTRACE] = {1, INT64_MAX, CM_HOST_MISSING, "Yama is not active"},
    [CM_NUMBER_MODULES] = {1, 1, CM_HOST_OK, "the kernel has no modules"},
    [CM_NUMBER_KEXEC] = {1, 1, CM_HOST_OK, "the kernel has no kexec"},
    [CM_NUMBER_MEMFD] = {1, INT64_MAX, CM_HOST_WEAK, "the kernel has no such switch (Linux 6.3)"},
};

void cm_judge_number(const struct cm_host_facts *facts, const struct cm_host_rule *rule, struct cm_host_row *row, struct cm_str *text)
{
    const struct cm_host_number_fact *fact = &facts->numbers[rule->which];
    const struct number *number = &numbers[rule->which];

    if (fact->errnum == ENOENT) {
        row->status = number->absent;
        cm_str_add(text, number->absent_text);
    } else if (fact->errnum != 0) {
        row->status = CM_HOST_UNKNOWN;
        cm_str_addf(text, "cannot be read: %s", strerror(fact->errnum));
    } else {
        bool good = (fact->value >= number->min && fact->value <= number->max) || (rule->which == CM_NUMBER_SUID_DUMPABLE && fact->value == 2);
        row->status = good ? CM_HOST_OK : CM_HOST_WEAK;
        cm_str_addf(text, "is %" PRId64, fact->value);
    }
    /* the policy may make more of it than a report */
    if (rule->which == CM_NUMBER_SUID_DUMPABLE && row->status == CM_HOST_WEAK && facts->policy && facts->policy->refuse_suid_dumpable)
        row->need = CM_NEED_START;
}

void cm_judge_core_pattern(const struct cm_host_facts *facts, const struct cm_host_rule *rule, struct cm_host_row *row, struct cm_str *text)
{
    const char *pattern = facts->core_pattern;

    (void)rule;
    if (!pattern) {
        row->status = CM_HOST_UNKNOWN;
        cm_str_add(text, "cannot be read");
    } else if (pattern[0] == '@') { /* Linux 6.16: no process is started, and RLIMIT_CORE is not asked */
        row->status = CM_HOST_WEAK;
        cm_str_addf(text, "hands dumps to a socket, those of containers too: %s", pattern);
    } else {
        cm_str_addf(text, "%s%s",
                    pattern[0] == '|' ? "starts a program, but not for containers: "
                    : pattern[0]      ? "writes files, but not of containers: "
                                      : "is empty",
                    pattern);
    }
}

static void judge_answer(enum cm_answer bad, struct cm_host_row *row, struct cm_str *text, const char *no, const char *yes)
{
    row->status = bad == CM_ANSWER_UNKNOWN ? CM_HOST_UNKNOWN : bad == CM_ANSWER_YES ? CM_HOST_WEAK : CM_HOST_OK;
    cm_str_add(text, bad == CM_ANSWER_UNKNOWN ? "cannot be told" : bad == CM_ANSWER_YES ? yes : no);
}

void cm_judge_ia32(const struct cm_host_facts *facts, const struct cm_host_rule *rule, struct cm_host_row *row, struct cm_str *text)
{
    (void)rule;
    judge_answer(facts->ia32, row, text, "the kernel takes none", "the kernel takes them");
}

void cm_judge_vsyscall(const struct cm_host_facts *facts, const struct cm_host_rule *rule, struct cm_host_row *row, struct cm_str *text)
{
    (void)rule;
    judge_answer(facts->vsyscall, row, text, "there is none, or it cannot be read", "it can be read");
}

void cm_judge_swap(const struct cm_host_facts *facts, const struct cm_host_rule *rule, struct cm_host_row *row, struct cm_str *text)
{
    bool limited = facts->controllers & CM_CTRL_MEMORY && facts->facilities[CM_FACILITY_SWAP_LIMIT].errnum <= 0;

    (void)rule;
    if (facts->swap == CM_ANSWER_YES && limited)
        cm_str_add(text, "in use, and containers get none of it unless a configuration asks");
    else
        judge_answer(facts->swap, row, text, "none is in use", "in use, and containers cannot be kept out");
}

void cm_judge_vulnerabilities(const struct cm_host_facts *facts, const struct cm_host_rule *rule, struct cm_host_row *row, struct cm_str *text)
{
    (void)rule;
    if (!facts->vulnerable) {
        row->status = CM_HOST_UNKNOWN;
        cm_str_add(text, "the kernel does not say");
        return;
    }
    row->status = facts->vulnerable[0] ? CM_HOST_WEAK : CM_HOST_OK;
    cm_str_addf(text, "%s%s", facts->vulnerable[0] ? "open: " : "none is open", facts->vulnerable);
    if (facts->affected && facts->affected[0])
        cm_str_addf(text, "; mitigated: %s", facts->affected);
}
