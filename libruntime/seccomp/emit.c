/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From rules to classic BPF: a balanced search tree over ranges of numbers, whose leaves are answers or small blocks that test arguments.
 *
 * The program is written from its end to its beginning. Jumps only go forward, so every target is in place when a jump to it is written, and a
 * target that is out of the eight bits of a jump gets a nearer stand-in (a second RET, or a JA) right where it is needed.
 * Rules may come from a hostile bundle: their number is unbounded, the program is not.
 */
#include "seccomp/rules.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define RETURNS_MAX 256
#define REACH_MAX 254 /* one below the limit: the other arm of the same jump may still have to place its stand-in */
#define ALL_ONES 0xffffffffU

struct target {
    size_t at; /* index into the buffer; 0: not placed yet (index 0 is never a target) */
    bool is_return;
    uint32_t answer;
};

/* What the accumulator holds: a word of struct seccomp_data and the mask it was ANDed with. */
struct word {
    uint32_t offset;
    uint32_t mask;
};

/*
 * The beginning of a piece of code. While pending, the load of `needs` in front of it is not written yet: a predecessor with the same word in the
 * accumulator jumps in without it.
 */
struct head {
    struct target own;
    struct target *to;
    struct word needs;
    bool pending;
};

struct span {
    uint32_t first;
    struct target *to;
};

struct emitter {
    uint32_t arch;
    size_t at;
    bool full;
    size_t n_returns;
    struct target returns[RETURNS_MAX];
    struct sock_filter code[BPF_MAXINSNS];
};

static void put(struct emitter *e, unsigned int code, size_t yes, size_t no, uint32_t k)
{
    if (e->at <= 1) {
        e->full = true;
        return;
    }
    e->code[--e->at] = (struct sock_filter){.code = (uint16_t)code, .jt = (uint8_t)yes, .jf = (uint8_t)no, .k = k};
}

static struct target *answer_target(struct emitter *e, uint32_t answer)
{
    for (size_t i = 0; i < e->n_returns; i++)
        if (e->returns[i].answer == answer)
            return &e->returns[i];
    if (e->n_returns == RETURNS_MAX) {
        e->full = true;
        return &e->returns[0];
    }
    e->returns[e->n_returns] = (struct target){.is_return = true, .answer = answer};
    return &e->returns[e->n_returns++];
}

/* Makes sure that the next instruction can jump to the target. */
static void bring_near(struct emitter *e, struct target *t)
{
    if (t->at != 0 && t->at - e->at <= REACH_MAX)
        return;
    if (t->is_return)
        put(e, BPF_RET | BPF_K, 0, 0, t->answer);
    else
        put(e, BPF_JMP | BPF_JA, 0, 0, (uint32_t)(t->at - e->at));
    t->at = e->at;
}

static void branch(struct emitter *e, unsigned int op, uint32_t k, struct target *yes, struct target *no)
{
    bring_near(e, yes);
    bring_near(e, no);
    put(e, BPF_JMP | op | BPF_K, yes->at - e->at, no->at - e->at, k);
}

static struct head head_of(struct target *t)
{
    return (struct head){.to = t};
}

/* Writes the pending load, so that everyone may jump to this head. */
static void settle(struct emitter *e, struct head *h)
{
    if (!h->pending)
        return;
    if (h->own.at != e->at)
        put(e, BPF_JMP | BPF_JA, 0, 0, (uint32_t)(h->own.at - e->at));
    if (h->needs.mask != ALL_ONES)
        put(e, BPF_ALU | BPF_AND | BPF_K, 0, 0, h->needs.mask);
    put(e, BPF_LD | BPF_W | BPF_ABS, 0, 0, h->needs.offset);
    h->own.at = e->at;
    h->pending = false;
}

static bool holds(const struct head *h, struct word w)
{
    return h->pending && h->needs.offset == w.offset && h->needs.mask == w.mask;
}

static struct target *target_of(struct head *h)
{
    return h->to ? h->to : &h->own;
}

/* One test of one word, which is left pending in front of it. */
static struct head test_word(struct emitter *e, struct word w, unsigned int op, uint32_t k, struct head *yes, struct head *no)
{
    if (!holds(yes, w))
        settle(e, yes);
    if (!holds(no, w))
        settle(e, no);
    branch(e, op, k, target_of(yes), target_of(no));
    return (struct head){.own = {.at = e->at}, .needs = w, .pending = true};
}

static struct head test_equal(struct emitter *e, struct word w, uint32_t k, struct head *yes, struct head *no)
{
    if (k == 0 && w.mask != ALL_ONES) /* JSET ANDs by itself and leaves the whole word for the next test */
        return test_word(e, (struct word){w.offset, ALL_ONES}, BPF_JSET, w.mask, no, yes);
    return test_word(e, w, BPF_JEQ, k, yes, no);
}

static struct head equal(struct emitter *e, struct word low, struct word high, uint64_t value, struct head *yes, struct head *no)
{
    if (high.mask == 0 && low.mask == 0) /* MASKED_EQ 0: always true */
        return *yes;
    if (high.mask == 0)
        return test_equal(e, low, (uint32_t)value, yes, no);
    if (low.mask == 0)
        return test_equal(e, high, (uint32_t)(value >> 32), yes, no);
    struct head rest = test_equal(e, low, (uint32_t)value, yes, no);
    return test_equal(e, high, (uint32_t)(value >> 32), &rest, no);
}

/* op is BPF_JGT or BPF_JGE on the low halves where the high ones are equal. */
static struct head above(struct emitter *e, struct word low, struct word high, unsigned int op, uint64_t value, struct head *yes, struct head *no)
{
    struct head rest = test_word(e, low, op, (uint32_t)value, yes, no);

    if (high.mask == 0)
        return rest;
    struct head same = test_word(e, high, BPF_JEQ, (uint32_t)(value >> 32), &rest, no);
    return test_word(e, high, BPF_JGT, (uint32_t)(value >> 32), yes, &same);
}

static struct head put_condition(struct emitter *e, const struct cm_seccomp_condition *c, struct head *yes, struct head *no)
{
    uint32_t offset = (uint32_t)offsetof(struct seccomp_data, args) + 8U * cm_seccomp_argument(c, e->arch);
    uint32_t low_half = e->arch & __AUDIT_ARCH_LE ? 0 : 4;
    struct word low = {offset + low_half, (uint32_t)c->mask}, high = {offset + 4 - low_half, (uint32_t)(c->mask >> 32)};

    switch ((enum cm_seccomp_op)c->op) {
    case CM_SECCOMP_EQ:
        return equal(e, low, high, c->value, yes, no);
    case CM_SECCOMP_NE:
        return equal(e, low, high, c->value, no, yes);
    case CM_SECCOMP_GT:
        return above(e, low, high, BPF_JGT, c->value, yes, no);
    case CM_SECCOMP_LE:
        return above(e, low, high, BPF_JGT, c->value, no, yes);
    case CM_SECCOMP_GE:
        return above(e, low, high, BPF_JGE, c->value, yes, no);
    case CM_SECCOMP_LT:
        return above(e, low, high, BPF_JGE, c->value, no, yes);
    }
    e->full = true;
    return *no;
}

static bool same_condition(const struct cm_seccomp_condition *a, const struct cm_seccomp_condition *b)
{
    return a->mask == b->mask && a->value == b->value && a->arg == b->arg && a->op == b->op;
}

/*
 * Rules that agree in their first `depth` conditions, which hold here; the last rule first: what does not match goes on to the rule after it and at
 * the end to `next`. Neighbours with the same condition share its test. A rule has at most 16 conditions, so the recursion is shallow.
 */
static struct head put_rules(struct emitter *e, const struct cm_seccomp_rules *rules, const struct cm_seccomp_rule *first, size_t n, uint32_t depth,
                             struct head *next)
{
    struct head here = {0};

    for (size_t end = n, start; end > 0 && !e->full; end = start) {
        start = end - 1;
        if (first[start].n <= depth) {
            here = head_of(answer_target(e, first[start].answer));
        } else {
            const struct cm_seccomp_condition *c = &rules->conditions[first[start].first + depth];
            while (start > 0 && first[start - 1].n > depth && same_condition(&rules->conditions[first[start - 1].first + depth], c))
                start--;
            struct head match = put_rules(e, rules, first + start, end - start, depth + 1, next);
            here = put_condition(e, c, &match, next);
        }
        next = &here;
    }
    return here;
}

static struct head put_block(struct emitter *e, const struct cm_seccomp_rules *rules, const struct cm_seccomp_rule *first, size_t n)
{
    struct head otherwise = head_of(answer_target(e, rules->otherwise)), block = put_rules(e, rules, first, n, 0, &otherwise);

    settle(e, &block);
    return block;
}

static bool same_rules(const struct cm_seccomp_rule *a, const struct cm_seccomp_rule *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (a[i].answer != b[i].answer || a[i].first != b[i].first || a[i].n != b[i].n)
            return false;
    return true;
}

struct block {
    const struct cm_seccomp_rule *first;
    size_t n;
    struct target target;
};

struct layout {
    struct block *blocks; /* room for one a rule */
    size_t n_blocks;
    struct span *spans; /* room for two a rule and the four of finish_spans */
    size_t n_spans;
};

static void add_span(struct layout *l, uint32_t first, struct target *to)
{
    if (l->n_spans > 0 && l->spans[l->n_spans - 1].first == first)
        l->n_spans--; /* an empty gap */
    if (l->n_spans > 0 && l->spans[l->n_spans - 1].to == to)
        return;
    l->spans[l->n_spans++] = (struct span){first, to};
}

/* Where the calls of one number go: an answer, a block that is there already for another number with the same rules, or a new one. */
static struct target *place(struct emitter *e, struct layout *l, const struct cm_seccomp_rules *rules, const struct cm_seccomp_rule *first, size_t n)
{
    if (first->n == 0)
        return answer_target(e, first->answer);
    for (size_t i = 0; i < l->n_blocks; i++)
        if (l->blocks[i].n == n && same_rules(l->blocks[i].first, first, n))
            return &l->blocks[i].target;

    struct head h = put_block(e, rules, first, n);
    if (h.to) /* conditions that are always true */
        return h.to;
    l->blocks[l->n_blocks] = (struct block){.first = first, .n = n, .target = h.own};
    return &l->blocks[l->n_blocks++].target;
}

static void lay_out(struct emitter *e, struct layout *l, const struct cm_seccomp_rules *rules)
{
    struct target *otherwise = answer_target(e, rules->otherwise);

    add_span(l, 0, otherwise);
    for (size_t i = 0, n; i < rules->n && !e->full; i += n) {
        uint32_t nr = rules->rules[i].nr;
        for (n = 1; i + n < rules->n && rules->rules[i + n].nr == nr; n++)
            ;
        if (nr > rules->newest)
            continue;
        add_span(l, nr, place(e, l, rules, &rules->rules[i], n));
        if (nr < UINT32_MAX)
            add_span(l, nr + 1, otherwise);
    }

    struct target *unknown = otherwise;
    if (rules->newest != CM_SECCOMP_NO_NEWEST) {
        unknown = answer_target(e, SECCOMP_RET_ERRNO | ENOSYS);
        add_span(l, rules->newest + 1, unknown);
    }
    /* -1 is no x32 call but what a tracer leaves to skip one, and what syscall(-1) asks for: as unknown as any number that does not exist. */
    if (e->arch == AUDIT_ARCH_X86_64) {
        add_span(l, CM_X32_BIT, answer_target(e, SECCOMP_RET_KILL_PROCESS));
        add_span(l, UINT32_MAX, unknown);
    }
}

static struct head put_tree(struct emitter *e, const struct span *spans, size_t n)
{
    if (n == 1)
        return head_of(spans[0].to);
    if (n == 3 && spans[0].to == spans[2].to && spans[2].first - spans[1].first == 1) {
        branch(e, BPF_JEQ, spans[1].first, spans[1].to, spans[0].to);
    } else {
        size_t middle = n / 2;
        struct head right = put_tree(e, spans + middle, n - middle);
        struct head left = put_tree(e, spans, middle);
        branch(e, BPF_JGE, spans[middle].first, target_of(&right), target_of(&left));
    }
    return (struct head){.own = {.at = e->at}};
}

/* The tree, and in front of it the check of the architecture: numbers of another one mean other calls. */
static void put_entry(struct emitter *e, const struct layout *l)
{
    struct head tree = put_tree(e, l->spans, l->n_spans);

    if (!tree.to) { /* else there is one answer to every number */
        put(e, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)offsetof(struct seccomp_data, nr));
        tree.own.at = e->at;
    }
    branch(e, BPF_JEQ, e->arch, target_of(&tree), answer_target(e, SECCOMP_RET_KILL_PROCESS));
    put(e, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)offsetof(struct seccomp_data, arch));
}

static int finish(struct emitter *e, struct cm_filter *ret, struct cm_error *err)
{
    if (e->full)
        return cm_fail(err, E2BIG, "/linux/seccomp/syscalls",
                       "the system call filter does not fit into the kernel's %d instructions: use fewer conditions on arguments", BPF_MAXINSNS);
    size_t size = BPF_MAXINSNS - e->at;
    struct sock_filter *code = malloc(size * sizeof(*code));
    if (!code)
        return cm_fail(err, ENOMEM, NULL, "no memory for a system call filter");
    memcpy(code, e->code + e->at, size * sizeof(*code));
    *ret = (struct cm_filter){.code = code, .size = (unsigned short)size};
    return 0;
}

int cm_seccomp_emit(const struct cm_seccomp_rules *rules, struct cm_filter *ret, struct cm_error *err)
{
    CM_AUTO_FREE struct block *blocks = calloc(rules->n + 1, sizeof(*blocks));
    CM_AUTO_FREE struct span *spans = calloc(rules->n + 4, 2 * sizeof(*spans));
    struct emitter e;

    if (!blocks || !spans)
        return cm_fail(err, ENOMEM, NULL, "no memory for a system call filter");
    e.arch = rules->arch;
    e.at = BPF_MAXINSNS;
    e.full = false;
    e.n_returns = 0;

    struct layout l = {.blocks = blocks, .spans = spans};
    lay_out(&e, &l, rules);
    put_entry(&e, &l);
    return finish(&e, ret, err);
}
