/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device program: run in a small interpreter and compared with the meaning of the rules; accepted by the kernel's verifier where we may load one. */
#include "check.h"

#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cgroup/devices.h"

enum { M = 1, R = 2, W = 4, RW = 6, RWM = 7 };

struct request {
    char type;
    uint32_t major, minor;
    unsigned int access;
};

/* What the rules mean, said differently from the program: forwards, one access at a time. */
static bool allowed(const struct cm_device_rule *rules, size_t n, const struct request *q)
{
    for (unsigned int bit = 1; bit <= 4; bit <<= 1) {
        bool verdict = false;
        for (size_t i = 0; i < n; i++)
            if ((rules[i].type == 'a' || rules[i].type == q->type) && (rules[i].major < 0 || rules[i].major == q->major) &&
                (rules[i].minor < 0 || rules[i].minor == q->minor) && (rules[i].access & bit))
                verdict = rules[i].allow;
        if ((q->access & bit) && !verdict)
            return false;
    }
    return true;
}

/* The instructions that the compiler uses and no others: -1 for anything that the kernel would not take. */
static int interpret(const struct bpf_insn *insns, size_t n, const struct request *q, bool *seen)
{
    struct bpf_cgroup_dev_ctx ctx = {
        .access_type = q->access << 16 | (q->type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR), .major = q->major, .minor = q->minor};
    uint64_t reg[11] = {0};
    uint32_t word;

    for (size_t pc = 0; pc < n; pc++) {
        const struct bpf_insn *in = &insns[pc];
        uint64_t imm = (uint64_t)(int64_t)in->imm;
        uint32_t low = (uint32_t)reg[in->dst_reg];
        bool jump = false;
        seen[pc] = true;
        switch (in->code) {
        case BPF_LDX | BPF_MEM | BPF_W:
            if (in->src_reg != BPF_REG_1 || in->off < 0 || in->off > 8 || in->off % 4)
                return -1;
            memcpy(&word, (const char *)&ctx + in->off, sizeof(word));
            reg[in->dst_reg] = word;
            break;
        case BPF_ALU64 | BPF_MOV | BPF_X: reg[in->dst_reg] = reg[in->src_reg]; break;
        case BPF_ALU64 | BPF_MOV | BPF_K: reg[in->dst_reg] = imm; break;
        case BPF_ALU64 | BPF_RSH | BPF_K: reg[in->dst_reg] >>= imm; break;
        case BPF_ALU64 | BPF_AND | BPF_K: reg[in->dst_reg] &= imm; break;
        case BPF_JMP | BPF_JA: jump = true; break;
        case BPF_JMP32 | BPF_JEQ | BPF_K: jump = low == (uint32_t)in->imm; break;
        case BPF_JMP32 | BPF_JNE | BPF_K: jump = low != (uint32_t)in->imm; break;
        case BPF_JMP32 | BPF_JSET | BPF_K: jump = (low & (uint32_t)in->imm) != 0; break;
        case BPF_JMP | BPF_EXIT: return (int)reg[BPF_REG_0];
        default: return -1;
        }
        if (jump && (in->off < 0 || pc + (size_t)in->off + 1 >= n))
            return -1;
        if (jump)
            pc += (size_t)in->off;
    }
    return -1;
}

/* 0 accepted, -EPERM we may not load, else what the verifier said. */
static int kernel_takes(const struct bpf_insn *insns, size_t n)
{
    static char log[65536];
    union bpf_attr attr;

    memset(&attr, 0, sizeof(attr));
    attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
    attr.insns = (uint64_t)(uintptr_t)insns;
    attr.insn_cnt = (uint32_t)n;
    attr.license = (uint64_t)(uintptr_t) "LGPL-2.1-or-later";
    int fd = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
    if (fd < 0 && errno != EPERM && errno != ENOSYS) {
        attr.log_buf = (uint64_t)(uintptr_t)log;
        attr.log_size = sizeof(log);
        attr.log_level = 1;
        (void)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
        printf("# verifier: %.2000s\n", log);
        return -EINVAL;
    }
    if (fd < 0)
        return -EPERM;
    (void)close(fd);
    return 0;
}

static const uint32_t majors[] = {0, 1, 5, 136, 0x80000001u, UINT32_MAX};
static const uint32_t minors[] = {0, 3, 5, 0xfffffu, UINT32_MAX};

/* Every request of the domain, decided by program and meaning. Also: no instruction is out of reach (the verifier would refuse it). */
static void compare(const struct cm_device_rule *rules, size_t n, const char *name)
{
    struct bpf_insn insns[CM_DEVICE_INSNS(64)];
    bool seen[CM_DEVICE_INSNS(64)] = {false};
    size_t n_insns = 0;
    struct cm_error err;

    CHECK_INT(cm_devices_compile(rules, n, insns, &n_insns, &err), 0);
    CHECK(n_insns >= 2 && n_insns <= CM_DEVICE_INSNS(n));
    for (size_t t = 0; t < 2; t++)
        for (size_t i = 0; i < CM_ARRAY_LEN(majors); i++)
            for (size_t j = 0; j < CM_ARRAY_LEN(minors); j++)
                for (unsigned int access = 1; access <= 7; access++) {
                    struct request q = {t ? 'b' : 'c', majors[i], minors[j], access};
                    int got = interpret(insns, n_insns, &q, seen);
                    if (got != allowed(rules, n, &q)) {
                        CHECK_FAIL("%s: %c %u:%u access %u is decided as %d", name, q.type, q.major, q.minor, access, got);
                        return;
                    }
                }
}

TEST(known_decisions)
{
    static const struct cm_device_rule rules[] = {
        {false, 'a', -1, -1, RWM}, {true, 'c', 1, 3, RWM}, {true, 'c', 1, 5, RW}, {true, 'c', 136, -1, RWM}, {false, 'c', 136, 5, W}, {true, 'b', -1, -1, M},
    };
    static const struct { struct request q; int want;
    } table[] = {
        {{'c', 1, 3, RWM}, 1},  {{'c', 1, 3, R}, 1}, {{'b', 1, 3, R}, 0},     {{'c', 1, 5, RW}, 1},  {{'c', 1, 5, M}, 0},
        {{'c', 1, 5, RWM}, 0},  {{'c', 1, 4, R}, 0}, {{'c', 136, 0, RWM}, 1}, {{'c', 136, 5, R}, 1}, {{'c', 136, 5, W}, 0},
        {{'c', 136, 5, RW}, 0}, {{'b', 8, 0, M}, 1}, {{'b', 8, 0, R}, 0},     {{'c', 8, 0, M}, 0},
    };
    struct bpf_insn insns[CM_DEVICE_INSNS(CM_ARRAY_LEN(rules))];
    bool seen[CM_DEVICE_INSNS(CM_ARRAY_LEN(rules))];
    size_t n = 0;

    CHECK_INT(cm_devices_compile(rules, CM_ARRAY_LEN(rules), insns, &n, NULL), 0);
    for (size_t i = 0; i < CM_ARRAY_LEN(table); i++) {
        if (interpret(insns, n, &table[i].q, seen) != table[i].want)
            CHECK_FAIL("row %zu is not %d", i, table[i].want);
        CHECK_INT(allowed(rules, CM_ARRAY_LEN(rules), &table[i].q), table[i].want);
    }
}

TEST(special_lists)
{
    static const struct { const char *name; size_t n; struct cm_device_rule rules[4]; size_t insns; } table[] = {
        {"none", 0, {{0}}, 2},
        {"deny all", 1, {{false, 'a', -1, -1, RWM}}, 2},
        {"allow all", 1, {{true, 'a', -1, -1, RWM}}, 2},
        {"allow all but one", 2, {{true, 'a', -1, -1, RWM}, {false, 'c', 1, 5, RWM}}, 0},
        {"what is before everything is moot", 3, {{true, 'c', 1, 5, RWM}, {false, 'a', -1, -1, RWM}, {true, 'b', 5, 0, R}}, 0},
        {"everything hides the rest of its group", 3, {{true, 'a', -1, 5, R}, {true, 'a', -1, 3, W}, {false, 'a', -1, -1, RWM}}, 2},
        {"a whole type", 2, {{true, 'c', -1, -1, RWM}, {false, 'c', -1, 3, W}}, 0},
        {"hidden by its type", 3, {{true, 'c', -1, 5, RWM}, {true, 'c', -1, -1, RWM}, {true, 'b', 1, 3, RW}}, 0},
        {"hidden by its major", 3, {{false, 'c', 1, 5, RWM}, {true, 'c', 1, -1, RWM}, {true, 'c', 5, -1, RWM}}, 0},
        {"everything, one access", 2, {{true, 'a', -1, -1, M}, {false, 'a', 1, -1, M}}, 0},
        {"large numbers", 2, {{true, 'c', UINT32_MAX, 0x80000001ll, RWM}, {true, 'b', 0x80000001ll, UINT32_MAX, RW}}, 0},
    };
    for (size_t i = 0; i < CM_ARRAY_LEN(table); i++) {
        struct bpf_insn insns[CM_DEVICE_INSNS(4)];
        size_t n = 0;
        compare(table[i].rules, table[i].n, table[i].name);
        CHECK_INT(cm_devices_compile(table[i].rules, table[i].n, insns, &n, NULL), 0);
        if (table[i].insns > 0)
            CHECK_INT(n, table[i].insns);
        CHECK(kernel_takes(insns, n) != -EINVAL);
    }
}

TEST(usual_list_is_small)
{
    static const struct cm_device_rule rules[] = {
        {false, 'a', -1, -1, RWM}, {true, 'c', 1, 3, RW}, {true, 'c', 1, 5, RW}, {true, 'c', 1, 7, RW},   {true, 'c', 1, 8, RW},
        {true, 'c', 1, 9, RW},     {true, 'c', 5, 0, RW}, {true, 'c', 5, 2, RW}, {true, 'c', 136, -1, RW},
    };
    struct bpf_insn insns[CM_DEVICE_INSNS(CM_ARRAY_LEN(rules))];
    size_t n = 0;

    CHECK_INT(cm_devices_compile(rules, CM_ARRAY_LEN(rules), insns, &n, NULL), 0);
    CHECK(n <= 44);
    compare(rules, CM_ARRAY_LEN(rules), "usual");
    CHECK(kernel_takes(insns, n) != -EINVAL);
}

static uint32_t dice(uint32_t *state, uint32_t sides)
{
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 8) % sides;
}

static void random_rules(uint32_t *seed, struct cm_device_rule *rules, size_t n)
{
    for (size_t i = 0; i < n; i++)
        rules[i] = (struct cm_device_rule){
            .allow = dice(seed, 3) > 0,
            .type = "abcc"[dice(seed, 4)],
            .major = dice(seed, 3) == 0 ? -1 : (int64_t)majors[dice(seed, CM_ARRAY_LEN(majors))],
            .minor = dice(seed, 3) == 0 ? -1 : (int64_t)minors[dice(seed, CM_ARRAY_LEN(minors))],
            .access = dice(seed, 2) ? 7 : 1 + dice(seed, 7),
        };
}

TEST(random_lists_keep_their_meaning)
{
    uint32_t seed = 20260101;
    struct cm_device_rule rules[16];

    for (int round = 0; round < 4000 && check_failures_now == 0; round++) {
        size_t n = dice(&seed, 17);
        char name[32];
        random_rules(&seed, rules, n);
        (void)snprintf(name, sizeof(name), "round %d", round);
        compare(rules, n, name);
    }
}

TEST(random_lists_pass_the_verifier)
{
    uint32_t seed = 42;
    struct cm_device_rule rules[24];
    struct bpf_insn insns[CM_DEVICE_INSNS(24)];

    for (int round = 0; round < 300; round++) {
        size_t n = dice(&seed, 25), n_insns = 0;
        random_rules(&seed, rules, n);
        CHECK_INT(cm_devices_compile(rules, n, insns, &n_insns, NULL), 0);
        int r = kernel_takes(insns, n_insns);
        if (r == -EPERM)
            SKIP("device programs cannot be loaded here");
        CHECK_INT(r, 0);
        if (r < 0)
            return;
    }
}

TEST(rules_that_match_nothing_are_errors)
{
    static const struct cm_device_rule bad[] = {
        {true, 'x', 1, 3, RW},  {true, 0, 1, 3, RW},    {true, 'c', 1, 3, 0},          {true, 'c', 1, 3, 8},
        {true, 'c', -2, 3, RW}, {true, 'c', 1, -2, RW}, {true, 'c', 1ll << 32, 3, RW}, {true, 'c', 1, 1ll << 32, RW},
    };
    struct bpf_insn insns[CM_DEVICE_INSNS(1)];
    struct cm_error err;
    size_t n = 0;

    for (size_t i = 0; i < CM_ARRAY_LEN(bad); i++) {
        cm_error_init(&err);
        CHECK_INT(cm_devices_compile(&bad[i], 1, insns, &n, &err), -EINVAL);
        CHECK_STR(err.field, "/linux/resources/devices");
    }
    CHECK_INT(cm_devices_compile(bad, CM_DEVICE_RULES_MAX + 1, insns, &n, &err), -E2BIG);
}

TEST(longest_list_fits)
{
    struct cm_device_rule *rules = calloc(CM_DEVICE_RULES_MAX, sizeof(*rules));
    struct bpf_insn *insns = calloc(CM_DEVICE_INSNS(CM_DEVICE_RULES_MAX), sizeof(*insns));
    size_t n = 0;

    for (size_t i = 0; rules && i < CM_DEVICE_RULES_MAX; i++)
        rules[i] = (struct cm_device_rule){i % 2 == 0, i % 2 ? 'c' : 'b', (int64_t)i, (int64_t)i, RW};
    if (rules && insns) {
        CHECK_INT(cm_devices_compile(rules, CM_DEVICE_RULES_MAX, insns, &n, NULL), 0);
        CHECK(n <= CM_DEVICE_INSNS(CM_DEVICE_RULES_MAX));
        CHECK(kernel_takes(insns, n) != -EINVAL);
    }
    free(rules);
    free(insns);
}
