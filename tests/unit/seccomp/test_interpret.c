/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The interpreter by hand-made programs, the system call numbers we add to libseccomp's, and what a bundle's filter may not say. */
#include "check.h"

#include <seccomp.h>
#include <sys/syscall.h>

#include "seccomp/rules.h"

#define CODE(...) {__VA_ARGS__}

static uint32_t run(const struct sock_filter *code, size_t n)
{
    const struct cm_filter f = {.code = (struct sock_filter *)(uintptr_t)code, .size = (unsigned short)n};
    static const uint64_t args[6] = {0x1122334455667788, 1, 2, 3, 4, 0xffffffff00000000};

    return cm_filter_run(&f, 0xc000003e, 42, args);
}

TEST(instructions)
{
    static const struct { struct sock_filter code[6]; size_t n; uint32_t want; } table[] = {
        {CODE(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), BPF_STMT(BPF_RET | BPF_A, 0)), 2, 42},
        {CODE(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 4), BPF_STMT(BPF_RET | BPF_A, 0)), 2, 0xc000003e},
        {CODE(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 60), BPF_STMT(BPF_RET | BPF_A, 0)), 2, 0xffffffff},
        {CODE(BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0), BPF_STMT(BPF_RET | BPF_A, 0)), 2, 64},
        {CODE(BPF_STMT(BPF_LD | BPF_IMM, 5), BPF_STMT(BPF_ALU | BPF_SUB | BPF_K, 7), BPF_STMT(BPF_RET | BPF_A, 0)), 3, (uint32_t)-2},
        {CODE(BPF_STMT(BPF_LD | BPF_IMM, 5), BPF_STMT(BPF_ST, 15), BPF_STMT(BPF_LDX | BPF_MEM, 15), BPF_STMT(BPF_ALU | BPF_MUL | BPF_X, 0),
              BPF_STMT(BPF_RET | BPF_A, 0)), 5, 25},
        {CODE(BPF_STMT(BPF_LD | BPF_IMM, 9), BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 8, 0, 1), BPF_STMT(BPF_RET | BPF_K, 1), BPF_STMT(BPF_RET | BPF_K, 2)), 4, 1},
        {CODE(BPF_STMT(BPF_LD | BPF_IMM, 9), BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 9, 0, 1), BPF_STMT(BPF_RET | BPF_K, 1), BPF_STMT(BPF_RET | BPF_K, 2)), 4, 2},
        {CODE(BPF_STMT(BPF_LD | BPF_IMM, 9), BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 9, 0, 1), BPF_STMT(BPF_RET | BPF_K, 1), BPF_STMT(BPF_RET | BPF_K, 2)), 4, 1},
        {CODE(BPF_STMT(BPF_LD | BPF_IMM, 9), BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 6, 0, 1), BPF_STMT(BPF_RET | BPF_K, 1), BPF_STMT(BPF_RET | BPF_K, 2)), 4, 2},
        {CODE(BPF_STMT(BPF_JMP | BPF_JA, 1), BPF_STMT(BPF_RET | BPF_K, 1), BPF_STMT(BPF_RET | BPF_K, 2)), 3, 2},
        {CODE(BPF_STMT(BPF_LD | BPF_IMM, 1), BPF_STMT(BPF_MISC | BPF_TAX, 0), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_X, 7, 0, 1), BPF_STMT(BPF_RET | BPF_K, 1),
              BPF_STMT(BPF_RET | BPF_K, 2)), 5, 1},
        /* what the kernel would not load */
        {CODE(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 64), BPF_STMT(BPF_RET | BPF_K, 1)), 2, SECCOMP_RET_KILL_PROCESS},
        {CODE(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 2), BPF_STMT(BPF_RET | BPF_K, 1)), 2, SECCOMP_RET_KILL_PROCESS},
        {CODE(BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0), BPF_STMT(BPF_RET | BPF_K, 1)), 2, SECCOMP_RET_KILL_PROCESS},
        {CODE(BPF_STMT(BPF_LD | BPF_MEM, 16), BPF_STMT(BPF_RET | BPF_K, 1)), 2, SECCOMP_RET_KILL_PROCESS},
        {CODE(BPF_STMT(BPF_ALU | BPF_DIV | BPF_X, 0), BPF_STMT(BPF_RET | BPF_K, 1)), 2, SECCOMP_RET_KILL_PROCESS},
        {CODE(BPF_STMT(BPF_JMP | BPF_JA, 0xffffffff), BPF_STMT(BPF_RET | BPF_K, 1)), 2, SECCOMP_RET_KILL_PROCESS},
        {CODE(BPF_STMT(BPF_JMP | BPF_JA, 1), BPF_STMT(BPF_RET | BPF_K, 1)), 2, SECCOMP_RET_KILL_PROCESS},
        {CODE(BPF_STMT(BPF_LD | BPF_IMM, 1)), 1, SECCOMP_RET_KILL_PROCESS},
        {CODE(BPF_STMT(BPF_LD | BPF_IMM, 1)), 0, SECCOMP_RET_KILL_PROCESS},
    };

    for (size_t i = 0; i < CM_ARRAY_LEN(table); i++) {
        uint32_t got = run(table[i].code, table[i].n);
        if (got != table[i].want)
            CHECK_FAIL("program %zu answers %x, want %x", i, got, table[i].want);
    }
}

TEST(numbers)
{
    static const struct { const char *name; uint32_t arch; int number; } table[] = {
        {"read", SCMP_ARCH_X86_64, 0}, {"read", SCMP_ARCH_AARCH64, 63}, {"clone3", SCMP_ARCH_X86_64, 435}, {"faccessat2", SCMP_ARCH_AARCH64, 439},
        {"futex_waitv", SCMP_ARCH_X86_64, 449}, {"cachestat", SCMP_ARCH_X86_64, 451}, {"fchmodat2", SCMP_ARCH_AARCH64, 452},
        {"map_shadow_stack", SCMP_ARCH_X86_64, 453}, {"futex_wake", SCMP_ARCH_X86_64, 454}, {"futex_wait", SCMP_ARCH_X86_64, 455},
        {"futex_requeue", SCMP_ARCH_AARCH64, 456}, {"statmount", SCMP_ARCH_X86_64, 457}, {"listmount", SCMP_ARCH_X86_64, 458},
        {"lsm_list_modules", SCMP_ARCH_X86_64, 461}, {"mseal", SCMP_ARCH_AARCH64, 462}, {"setxattrat", SCMP_ARCH_X86_64, 463},
        {"removexattrat", SCMP_ARCH_X86_64, 466}, {"open_tree_attr", SCMP_ARCH_X86_64, 467}, {"file_getattr", SCMP_ARCH_X86_64, 468},
        {"file_setattr", SCMP_ARCH_X86_64, 469}, {"uretprobe", SCMP_ARCH_X86_64, 335}, {"uprobe", SCMP_ARCH_X86_64, 336},
    };
    static const char *const absent[] = {"open", "stat", "fork", "uretprobe", "access", "epoll_wait"};

    for (size_t i = 0; i < CM_ARRAY_LEN(table); i++)
        if (cm_seccomp_number(table[i].arch, table[i].name) != table[i].number)
            CHECK_FAIL("%s is %d, want %d", table[i].name, cm_seccomp_number(table[i].arch, table[i].name), table[i].number);
    for (size_t i = 0; i < CM_ARRAY_LEN(absent); i++)
        CHECK(cm_seccomp_number(SCMP_ARCH_AARCH64, absent[i]) < 0);
    CHECK(cm_seccomp_number(SCMP_ARCH_X86_64, "no_such_call") < 0);
    CHECK(cm_seccomp_number(SCMP_ARCH_X86_64, "") < 0);
}

static int compile(enum oci_seccomp_action otherwise, struct oci_seccomp_rule *rules, size_t n, struct cm_filter *f, struct cm_error *err)
{
    const struct oci_seccomp s = {.default_action = otherwise, .n_rules = n, .rules = rules};

    cm_error_init(err);
    return cm_filter_from_config(&s, f, err);
}

TEST(what_a_bundle_may_not_say)
{
    const char *read_name[] = {"read"};
    struct oci_seccomp_arg args[] = {{6, 0, 0, OCI_CMP_EQ}};
    struct oci_seccomp_rule rule = {.names = {true, 1, read_name}, .action = OCI_ACT_ALLOW};
    struct cm_error err;
    struct cm_filter f = {0};

    CHECK_INT(compile(OCI_ACT_NOTIFY, NULL, 0, &f, &err), -EINVAL);
    CHECK_STR(err.field, "/linux/seccomp/defaultAction");
    rule.action = OCI_ACT_ERRNO;
    rule.errno_ret = (struct oci_u32){true, 4096};
    CHECK_INT(compile(OCI_ACT_ALLOW, &rule, 1, &f, &err), -ERANGE); /* 65536 would be 0: success without the call */
    rule.errno_ret.v = 4095;
    CHECK_INT(compile(OCI_ACT_ALLOW, &rule, 1, &f, &err), 0);
    cm_filter_free(&f);
    rule.args = args;
    rule.n_args = 1;
    CHECK_INT(compile(OCI_ACT_ALLOW, &rule, 1, &f, &err), -EINVAL);
    CHECK_STR(err.field, "/linux/seccomp/syscalls/0/args/0");
    CHECK(f.code == NULL);
}

TEST(a_filter_that_does_not_fit)
{
    static const char *names[] = {"read", "write"}, *many[300];
    static struct oci_seccomp_arg args[6000];
    struct oci_seccomp_rule rule = {.names = {true, 2, names}, .action = OCI_ACT_ALLOW, .args = args};
    struct cm_error err;
    struct cm_filter f = {0};

    for (size_t i = 0; i < CM_ARRAY_LEN(args); i++)
        args[i] = (struct oci_seccomp_arg){.index = (uint32_t)(i % 6), .value = (uint64_t)i << 20, .op = OCI_CMP_EQ};
    rule.n_args = CM_ARRAY_LEN(args);
    CHECK_INT(compile(OCI_ACT_ERRNO, &rule, 1, &f, &err), -E2BIG);
    CHECK_CONTAINS(err.message, "fewer conditions");
    for (size_t i = 0; i < CM_ARRAY_LEN(many); i++)
        many[i] = "read";
    rule.names = (struct oci_strings){true, CM_ARRAY_LEN(many), many}; /* 300 * 6000 rules */
    CHECK_INT(compile(OCI_ACT_ERRNO, &rule, 1, &f, &err), -E2BIG);
    CHECK(f.code == NULL);
}

/* Blocks of more than 255 instructions: every jump needs a stand-in. */
TEST(far_jumps)
{
    static const char *names[] = {"read", "write", "close"};
    static struct oci_seccomp_arg args[3][400];
    struct oci_seccomp_rule rules[3];
    struct cm_error err;
    CM_AUTO_FILTER struct cm_filter f = {0};

    for (size_t r = 0; r < 3; r++) {
        rules[r] = (struct oci_seccomp_rule){.names = {true, 1, &names[r]}, .action = OCI_ACT_ERRNO, .errno_ret = {true, (uint32_t)r + 10},
                                            .n_args = 300, .args = args[r]};
        for (size_t i = 0; i < 400; i++)
            args[r][i] = (struct oci_seccomp_arg){.index = (uint32_t)(i % 2), .value = ((uint64_t)i << 32) + 7 * i + r, .op = OCI_CMP_EQ};
    }
    CHECK_INT(compile(OCI_ACT_ALLOW, rules, 3, &f, &err), 0);
    CHECK(f.size > 3 * 256);
    for (uint32_t r = 0; r < 3; r++)
        for (size_t i = 0; i < 400; i++) {
            uint64_t a[6] = {UINT64_MAX, UINT64_MAX};
            a[i % 2] = args[r][i].value;
            uint32_t nr = (uint32_t)cm_seccomp_number(seccomp_arch_native(), names[r]);
            uint32_t want = i < 300 ? SECCOMP_RET_ERRNO | (r + 10) : SECCOMP_RET_ALLOW;
            if (cm_filter_run(&f, CM_AUDIT_ARCH, nr, a) != want)
                CHECK_FAIL("%s with value %zu", names[r], i);
            a[i % 2] ^= 1ULL << 63;
            CHECK_INT(cm_filter_run(&f, CM_AUDIT_ARCH, nr, a), SECCOMP_RET_ALLOW);
        }
}

TEST(flags_and_words)
{
    const char *flags[] = {"SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_LOG"};
    struct oci_seccomp s = {.default_action = OCI_ACT_ALLOW, .flags = {true, 1, flags}};
    struct cm_filter f = {0};
    struct cm_error err;

    cm_error_init(&err);
    CHECK_INT(cm_filter_from_config(&s, &f, &err), 0);
    CHECK_INT(f.flags, 0);
    cm_filter_free(&f);
    s.flags.n = 2;
    CHECK_INT(cm_filter_from_config(&s, &f, &err), 0);
    CHECK_INT(f.flags, SECCOMP_FILTER_FLAG_LOG);
    cm_filter_free(&f);
    /* without a listener the kernel takes no WAIT_KILLABLE_RECV */
    flags[0] = "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV";
    s.flags.n = 1;
    CHECK_INT(cm_filter_from_config(&s, &f, &err), 0);
    CHECK_INT(f.flags, 0);
    cm_filter_free(&f);
    const char *names[] = {"mkdirat"};
    struct oci_seccomp_rule rule = {.names = {true, 1, names}, .action = OCI_ACT_NOTIFY};
    s.n_rules = 1;
    s.rules = &rule;
    CHECK_INT(cm_filter_from_config(&s, &f, &err), 0);
    CHECK_INT(f.flags, SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
    static const uint64_t zeros[6];
    CHECK_INT(cm_filter_run_native(&f, SYS_mkdirat, zeros), SECCOMP_RET_USER_NOTIF);
    CHECK_INT(cm_filter_run_native(&f, SYS_read, zeros), SECCOMP_RET_ALLOW);
    cm_filter_free(&f);
    CHECK_INT(cm_filter_builtin("nobody", &f, &err), -ENOENT);
    CHECK_INT(cm_filter_builtin(NULL, &f, &err), -ENOENT);
    CHECK_STR(cm_seccomp_actions()[0], "SCMP_ACT_ALLOW");
    CHECK_STR(cm_seccomp_operators()[6], "SCMP_CMP_NE");
    CHECK(cm_seccomp_archs()[1] == NULL && cm_seccomp_flags()[4] == NULL && cm_seccomp_supported_flags()[3] == NULL);
}

TEST(the_table_of_the_program_is_that_of_libseccomp)
{
    int number;

    for (int nr = 0; nr < 1024; nr++) {
        char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, nr);
        if (name && cm_seccomp_call(CM_AUDIT_ARCH, name) != nr)
            CHECK_FAIL("%s is %d, want %d", name, cm_seccomp_call(CM_AUDIT_ARCH, name), nr);
        free(name);
    }
    for (size_t i = 0; cm_seccomp_newer(i, seccomp_arch_native(), &number); i++) {
        const char *name = cm_seccomp_newer(i, seccomp_arch_native(), &number);
        int want = cm_seccomp_number(seccomp_arch_native(), name);
        if (cm_seccomp_call(CM_AUDIT_ARCH, name) != want && (want >= 0 || cm_seccomp_call(CM_AUDIT_ARCH, name) >= 0))
            CHECK_FAIL("%s is %d, want %d", name, cm_seccomp_call(CM_AUDIT_ARCH, name), want);
    }
    static const char *const absent[] = {"", "rea", "readd", "socketcall", "send", "no_such_call", "READ", "~", "zzz"};
    for (size_t i = 0; i < CM_ARRAY_LEN(absent); i++)
        CHECK(cm_seccomp_call(CM_AUDIT_ARCH, absent[i]) < 0);
}
