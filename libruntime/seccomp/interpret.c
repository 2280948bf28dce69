/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs a filter as the kernel would: the subset of classic BPF that seccomp_check_filter() of kernel/seccomp.c admits. A program the kernel would
 * not load (also one that loads a word it never stored, or runs off its end) answers KILL_PROCESS. Programs may be hostile: every access is checked.
 */
#include "seccomp/rules.h"

#include <stdbool.h>
#include <string.h>

#define HOST_IS_BIG (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)

struct machine {
    uint32_t a, x;
    uint32_t memory[BPF_MEMWORDS];
    const unsigned char *data;
    bool bad;
};

static uint32_t load_word(struct machine *m, uint32_t offset)
{
    uint32_t value = 0;

    if (offset % 4 != 0 || offset > sizeof(struct seccomp_data) - 4)
        m->bad = true;
    else
        memcpy(&value, m->data + offset, sizeof(value));
    return value;
}

static uint32_t *memory_word(struct machine *m, uint32_t k)
{
    if (k < BPF_MEMWORDS)
        return &m->memory[k];
    m->bad = true;
    return &m->memory[0];
}

static void run_alu(struct machine *m, unsigned int op, uint32_t v)
{
    switch (op) {
    case BPF_ADD:
        m->a += v;
        return;
    case BPF_SUB:
        m->a -= v;
        return;
    case BPF_MUL:
        m->a *= v;
        return;
    case BPF_OR:
        m->a |= v;
        return;
    case BPF_AND:
        m->a &= v;
        return;
    case BPF_XOR:
        m->a ^= v;
        return;
    case BPF_LSH:
        m->a <<= v & 31;
        return;
    case BPF_RSH:
        m->a >>= v & 31;
        return;
    case BPF_NEG:
        m->a = 0 - m->a;
        return;
    case BPF_DIV:
        if (v == 0)
            m->bad = true;
        else
            m->a /= v;
        return;
    default:
        m->bad = true;
        return; /* BPF_MOD is not for seccomp */
    }
}

static bool jump_taken(struct machine *m, unsigned int op, uint32_t v)
{
    switch (op) {
    case BPF_JEQ:
        return m->a == v;
    case BPF_JGT:
        return m->a > v;
    case BPF_JGE:
        return m->a >= v;
    case BPF_JSET:
        return (m->a & v) != 0;
    default:
        m->bad = true;
        return false;
    }
}

static void run_load_or_store(struct machine *m, const struct sock_filter *i)
{
    switch (i->code) {
    case BPF_LD | BPF_W | BPF_ABS:
        m->a = load_word(m, i->k);
        return;
    case BPF_LD | BPF_W | BPF_LEN:
        m->a = sizeof(struct seccomp_data);
        return;
    case BPF_LDX | BPF_W | BPF_LEN:
        m->x = sizeof(struct seccomp_data);
        return;
    case BPF_LD | BPF_IMM:
        m->a = i->k;
        return;
    case BPF_LDX | BPF_IMM:
        m->x = i->k;
        return;
    case BPF_LD | BPF_MEM:
        m->a = *memory_word(m, i->k);
        return;
    case BPF_LDX | BPF_MEM:
        m->x = *memory_word(m, i->k);
        return;
    case BPF_ST:
        *memory_word(m, i->k) = m->a;
        return;
    case BPF_STX:
        *memory_word(m, i->k) = m->x;
        return;
    case BPF_MISC | BPF_TAX:
        m->x = m->a;
        return;
    case BPF_MISC | BPF_TXA:
        m->a = m->x;
        return;
    default:
        m->bad = true;
        return;
    }
}

uint32_t cm_filter_run(const struct cm_filter *filter, uint32_t arch, uint32_t nr, const uint64_t args[6])
{
    struct seccomp_data data = {.nr = (int)nr, .arch = arch};
    struct machine m = {.data = (const unsigned char *)&data};

    for (size_t i = 0; i < CM_ARRAY_LEN(data.args); i++) /* the halves lie as the architecture of the call has them */
        data.args[i] = !(arch & __AUDIT_ARCH_LE) == HOST_IS_BIG ? args[i] : args[i] << 32 | args[i] >> 32;
    for (size_t at = 0; at < filter->size && !m.bad; at++) {
        const struct sock_filter *i = &filter->code[at];
        uint32_t v = BPF_SRC(i->code) == BPF_X ? m.x : i->k;
        switch (BPF_CLASS(i->code)) {
        case BPF_RET:
            if (i->code == (BPF_RET | BPF_K))
                return i->k;
            return i->code == (BPF_RET | BPF_A) ? m.a : SECCOMP_RET_KILL_PROCESS;
        case BPF_ALU:
            run_alu(&m, BPF_OP(i->code), v);
            break;
        case BPF_JMP:
            if (i->code == (BPF_JMP | BPF_JA))
                at += i->k;
            else
                at += jump_taken(&m, BPF_OP(i->code), v) ? i->jt : i->jf;
            break;
        default:
            run_load_or_store(&m, i);
            break;
        }
    }
    return SECCOMP_RET_KILL_PROCESS;
}
