/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The filter of the yardstick: rules.txt (as rules.h) becomes sorted ranges, then a balanced tree of comparisons. No hostile input. */
#include "floor.h"

#ifdef HAVE_SECCOMP
#include <seccomp.h>
#endif

enum { EQ, LT, GT, MASKED };
struct cond {
    int nr, arg, op;
    uint64_t val, mask;
};
struct range {
    int from;
    int act; /* 0 default, 1 allow, 2 conditions of system call `from`, 3 ENOSYS */
};
static struct cond conds[64];
static int nconds, maxnr;
static unsigned char act[1024];
static struct sock_filter code[8192];
int ncode;
/* kind: 1 allow, 2 allow on a condition, 3 ENOSYS; nr is -1 for a call of another architecture */
static const struct { const char *name; int nr, kind, arg, op; uint64_t val, mask; } rules[] = {
#include "rules.h" /* made of rules.txt by run */
};

static int emit(int at, uint16_t op, uint32_t k, uint8_t jt, uint8_t jf)
{
    code[at] = (struct sock_filter){ op, jt, jf, k };
    return at + 1;
}
static int emit_ret(int at, uint32_t v)
{
    return emit(at, BPF_RET | BPF_K, v, 0, 0);
}

static int emit_conds(int at, int nr)
{
    for (int i = 0; i < nconds; i++) {
        struct cond *c = &conds[i];
        if (c->nr != nr)
            continue;
        uint32_t hi = c->val >> 32, lo = (uint32_t)c->val, off = 16 + 8 * c->arg;
        at = emit(at, BPF_LD | BPF_W | BPF_ABS, off + 4, 0, 0);
        if (c->op == GT) {
            at = emit(at, BPF_JMP | BPF_JGT | BPF_K, hi, 2, 0);
            at = emit(at, BPF_LD | BPF_W | BPF_ABS, off, 0, 0);
            at = emit(at, BPF_JMP | BPF_JGT | BPF_K, lo, 0, 1);
        } else if (c->op == MASKED) {
            at = emit(at, BPF_LD | BPF_W | BPF_ABS, off, 0, 0);
            at = emit(at, BPF_ALU | BPF_AND | BPF_K, (uint32_t)c->mask, 0, 0);
            at = emit(at, BPF_JMP | BPF_JEQ | BPF_K, lo, 0, 1);
        } else {
            at = emit(at, BPF_JMP | BPF_JEQ | BPF_K, hi, 0, 3);
            at = emit(at, BPF_LD | BPF_W | BPF_ABS, off, 0, 0);
            if (c->op == EQ)
                at = emit(at, BPF_JMP | BPF_JEQ | BPF_K, lo, 0, 1);
            else
                at = emit(at, BPF_JMP | BPF_JGE | BPF_K, lo, 1, 0);
        }
        at = emit_ret(at, SECCOMP_RET_ALLOW);
    }
    return emit_ret(at, SECCOMP_RET_ERRNO | EPERM);
}

static int emit_tree(int at, const struct range *r, int n)
{
    if (n == 1) {
        switch (r->act) {
        case 1: return emit_ret(at, SECCOMP_RET_ALLOW);
        case 2: return emit_conds(at, r->from);
        case 3: return emit_ret(at, SECCOMP_RET_ERRNO | ENOSYS);
        default: return emit_ret(at, SECCOMP_RET_ERRNO | EPERM);
        }
    }
    int m = n / 2, end = emit_tree(at + 1, r, m), d = end - (at + 1);
    if (d <= 255) {
        emit(at, BPF_JMP | BPF_JGE | BPF_K, (uint32_t)r[m].from, (uint8_t)d, 0);
    } else { /* too far for a conditional jump: go through an unconditional one */
        end = emit_tree(at + 2, r, m);
        emit(at, BPF_JMP | BPF_JGE | BPF_K, (uint32_t)r[m].from, 0, 1);
        emit(at + 1, BPF_JMP | BPF_JA, (uint32_t)(end - (at + 2)), 0, 0);
    }
    return emit_tree(end, r + m, n - m);
}

void compile(void)
{
    struct range r[1024];
    int n = 0, at = 0;
    at = emit(at, BPF_LD | BPF_W | BPF_ABS, 4, 0, 0);
    at = emit(at, BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
    at = emit_ret(at, SECCOMP_RET_KILL_PROCESS);
    at = emit(at, BPF_LD | BPF_W | BPF_ABS, 0, 0, 0);
    if (HAS(LINEAR)) {
        for (int i = 0; i <= maxnr; i++)
            if (act[i] == 1) {
                at = emit(at, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)i, 0, 1);
                at = emit_ret(at, SECCOMP_RET_ALLOW);
            }
        ncode = emit_ret(at, SECCOMP_RET_ERRNO | EPERM);
    } else {
        for (int i = 0; i <= maxnr + 1; i++) {
            int a = i <= maxnr ? act[i] : 0;
            if (!n || a == 2 || r[n - 1].act != a)
                r[n++] = (struct range){ i, a };
        }
        ncode = emit_tree(at, r, n);
    }
    prog = (struct sock_fprog){ (unsigned short)ncode, code };
}

void resolve(void)
{
    for (unsigned i = 0; i < sizeof rules / sizeof *rules; i++) {
        int nr = rules[i].nr;
        if (nr < 0 || nr >= 1023)
            continue;
        act[nr] = (unsigned char)rules[i].kind;
        if (nr > maxnr)
            maxnr = nr;
        if (rules[i].kind == 2 && nconds < 64)
            conds[nconds++] = (struct cond){ nr, rules[i].arg, rules[i].op, rules[i].val, rules[i].mask };
    }
}

void libcompile(void)
{
#ifdef HAVE_SECCOMP
    static const enum scmp_compare cmp[] = { SCMP_CMP_EQ, SCMP_CMP_LT, SCMP_CMP_GT, SCMP_CMP_MASKED_EQ };
    scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (HAS(LIBTREE))
        seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    if (HAS(MULTIARCH)) {
        seccomp_arch_add(ctx, SCMP_ARCH_X86);
        seccomp_arch_add(ctx, SCMP_ARCH_X32);
    }
    for (unsigned i = 0; i < sizeof rules / sizeof *rules; i++) {
        int nr = seccomp_syscall_resolve_name(rules[i].name);
        if (rules[i].kind == 2) {
            struct scmp_arg_cmp c = { (unsigned)rules[i].arg, cmp[rules[i].op],
                            rules[i].op == MASKED ? rules[i].mask : rules[i].val, rules[i].val };
            seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, nr, 1, &c);
        } else
            seccomp_rule_add(ctx, rules[i].kind == 3 ? SCMP_ACT_ERRNO(ENOSYS) : SCMP_ACT_ALLOW, nr, 0);
    }
    lseek(filterfd, 0, SEEK_SET);
    ok(ftruncate(filterfd, 0), "truncate");
    if (seccomp_export_bpf(ctx, filterfd))
        die("export", -EINVAL);
    seccomp_release(ctx);
    long n = pread(filterfd, code, sizeof code, 0);
    ncode = (int)(n / 8);
    prog = (struct sock_fprog){ (unsigned short)ncode, code };
#endif
}
