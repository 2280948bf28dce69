/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The device program. Rules may come from a hostile config (the planner has refused what policy does not allow); here only their meaning must be kept.
 *
 * The rules are tested from the last to the first. The program keeps the accesses that are still to be decided in a register: an allow rule takes its own
 * out and the request is granted when none is left, a deny rule that has one of them ends it. Neighbouring rules of one type and major share these two tests.
 */
#include "cgroup/devices.h"

#include <errno.h>

#define ACCESS_ALL (BPF_DEVCG_ACC_MKNOD | BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE)

/* struct bpf_cgroup_dev_ctx: access_type (access << 16 | type), major, minor. */
enum { R_VERDICT = BPF_REG_0, R_CONTEXT = BPF_REG_1, R_TYPE = BPF_REG_2, R_ACCESS = BPF_REG_3, R_MAJOR = BPF_REG_4, R_MINOR = BPF_REG_5 };

/* Jump targets that are filled in at the end; out of reach of any real offset. */
enum { TO_ALLOW = INT16_MIN, TO_DENY = INT16_MIN + 1 };

struct emitter {
    struct bpf_insn *insns;
    size_t n;
};

static size_t emit(struct emitter *e, int code, unsigned int dst, unsigned int src, int off, int64_t imm)
{
    e->insns[e->n] = (struct bpf_insn){.code = (uint8_t)code, .dst_reg = dst & 0xfu, .src_reg = src & 0xfu, .off = (int16_t)off, .imm = (int32_t)imm};
    return e->n++;
}

/* 32 bit compares (Linux 5.1): device numbers are unsigned 32 bit, and a 64 bit compare would extend the sign of the constant. */
static size_t jump_if(struct emitter *e, int op, unsigned int reg, int64_t value, int off)
{
    return emit(e, BPF_JMP32 | op | BPF_K, reg, 0, off, value);
}

static void land_here(struct emitter *e, size_t jump)
{
    e->insns[jump].off = (int16_t)(e->n - jump - 1);
}

static void load_request(struct emitter *e)
{
    emit(e, BPF_LDX | BPF_MEM | BPF_W, R_TYPE, R_CONTEXT, offsetof(struct bpf_cgroup_dev_ctx, access_type), 0);
    emit(e, BPF_ALU64 | BPF_MOV | BPF_X, R_ACCESS, R_TYPE, 0, 0);
    emit(e, BPF_ALU64 | BPF_RSH | BPF_K, R_ACCESS, 0, 0, 16);
    emit(e, BPF_ALU64 | BPF_AND | BPF_K, R_TYPE, 0, 0, 0xffff);
    emit(e, BPF_LDX | BPF_MEM | BPF_W, R_MAJOR, R_CONTEXT, offsetof(struct bpf_cgroup_dev_ctx, major), 0);
    emit(e, BPF_LDX | BPF_MEM | BPF_W, R_MINOR, R_CONTEXT, offsetof(struct bpf_cgroup_dev_ctx, minor), 0);
}

/* Minor and access of one rule, type and major being tested. Returns true if it decides every request that gets here. */
static bool emit_rule(struct emitter *e, const struct cm_device_rule *rule)
{
    int verdict = rule->allow ? TO_ALLOW : TO_DENY;
    bool all = rule->access == ACCESS_ALL;

    if (rule->minor < 0 && all) {
        emit(e, BPF_JMP | BPF_JA, 0, 0, verdict, 0);
        return true;
    }
    if (all) {
        jump_if(e, BPF_JEQ, R_MINOR, rule->minor, verdict);
        return false;
    }
    size_t other = rule->minor < 0 ? SIZE_MAX : jump_if(e, BPF_JNE, R_MINOR, rule->minor, 0);
    if (rule->allow) {
        emit(e, BPF_ALU64 | BPF_AND | BPF_K, R_ACCESS, 0, 0, ~(int64_t)rule->access);
        jump_if(e, BPF_JEQ, R_ACCESS, 0, TO_ALLOW);
    } else
        jump_if(e, BPF_JSET, R_ACCESS, rule->access, TO_DENY);
    if (other != SIZE_MAX)
        land_here(e, other);
    return false;
}

/* The rules with the type and major of rules[*left - 1], downwards. Returns true if no rule further down can matter. */
static bool emit_group(struct emitter *e, const struct cm_device_rule *rules, size_t *left)
{
    const struct cm_device_rule *head = &rules[*left - 1];
    size_t type_jump = SIZE_MAX, major_jump = SIZE_MAX;
    bool decided = false;

    if (head->type != 'a')
        type_jump = jump_if(e, BPF_JNE, R_TYPE, head->type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR, 0);
    if (head->major >= 0)
        major_jump = jump_if(e, BPF_JNE, R_MAJOR, head->major, 0);
    for (; *left > 0 && rules[*left - 1].type == head->type && rules[*left - 1].major == head->major; (*left)--)
        if (!decided) /* what comes after would be unreachable, which the kernel's verifier refuses */
            decided = emit_rule(e, &rules[*left - 1]);
    if (type_jump != SIZE_MAX)
        land_here(e, type_jump);
    if (major_jump != SIZE_MAX)
        land_here(e, major_jump);
    return decided && type_jump == SIZE_MAX && major_jump == SIZE_MAX;
}

/* Falls into `last`; the other verdict is there only if something jumps to it (again: no unreachable code). */
static void emit_verdicts(struct emitter *e, size_t start, int last)
{
    size_t body = e->n, place[2] = {0};
    bool used[2] = {false};

    for (size_t i = start; i < body; i++)
        if (e->insns[i].off == TO_ALLOW || e->insns[i].off == TO_DENY)
            used[e->insns[i].off - TO_ALLOW] = true;
    used[last - TO_ALLOW] = true;
    for (int i = 0; i < 2; i++) {
        int verdict = i == 0 ? last : (last == TO_ALLOW ? TO_DENY : TO_ALLOW);
        if (!used[verdict - TO_ALLOW])
            continue;
        place[verdict - TO_ALLOW] = emit(e, BPF_ALU64 | BPF_MOV | BPF_K, R_VERDICT, 0, 0, verdict == TO_ALLOW);
        emit(e, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
    }
    for (size_t i = start; i < body; i++)
        if (e->insns[i].off == TO_ALLOW || e->insns[i].off == TO_DENY)
            e->insns[i].off = (int16_t)(place[e->insns[i].off - TO_ALLOW] - i - 1);
}

static int check_rule(const struct cm_device_rule *rule, size_t i, struct cm_error *err)
{
    bool type_ok = rule->type == 'a' || rule->type == 'b' || rule->type == 'c';

    if (!type_ok || rule->access == 0 || (rule->access & ~(unsigned int)ACCESS_ALL) || rule->major < -1 || rule->major > UINT32_MAX || rule->minor < -1 ||
        rule->minor > UINT32_MAX)
        return cm_fail(err, EINVAL, "/linux/resources/devices", "device rule %zu (type %c, %lld:%lld, access %u) matches no device; correct or remove it", i,
                       type_ok ? rule->type : '?', (long long)rule->major, (long long)rule->minor, rule->access);
    return 0;
}

int cm_devices_compile(const struct cm_device_rule *rules, size_t n, struct bpf_insn *insns, size_t *ret_n, struct cm_error *err)
{
    struct emitter e = {insns, 0};
    int last = TO_DENY;

    if (n > CM_DEVICE_RULES_MAX)
        return cm_fail(err, E2BIG, "/linux/resources/devices", "%zu device rules are more than the %d that are accepted", n, CM_DEVICE_RULES_MAX);
    for (size_t i = 0; i < n; i++) {
        int r = check_rule(&rules[i], i, err);
        if (r < 0)
            return r;
    }

    load_request(&e);
    for (size_t left = n; left > 0;) {
        if (emit_group(&e, rules, &left)) {
            last = e.insns[--e.n].off; /* its jump, the last instruction, becomes the verdict that the program falls into */
            break;
        }
    }
    if (e.n == 6) /* nothing to test: the request need not be looked at */
        e.n = 0;
    emit_verdicts(&e, 0, last);
    *ret_n = e.n;
    return 0;
}
