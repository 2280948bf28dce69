/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The bundle's linux.seccomp as rules, with the meaning that libseccomp and runc give it. Hostile: its names, counts, values and combinations.
 *
 * For one call the first rule without conditions decides alone. Otherwise each rule holds if all its conditions do, and where rules with different
 * actions hold at once the strictest action is the answer (libseccomp leaves that to the order of its tree).
 */
#include "seccomp/rules.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"

#define FIELD "/linux/seccomp"
#define EXPANDED_MAX 65536 /* rules after "names" is multiplied out: far above any program that would fit */
#define ERRNO_MAX 4095     /* MAX_ERRNO of the kernel; larger data would be cut there */

struct collector {
    uint32_t arch;
    struct cm_seccomp_rule *rules;
    size_t n, room;
    struct cm_seccomp_condition *conditions;
    uint32_t n_conditions;
    uint32_t otherwise;
    uint32_t newest;
    struct cm_error *err;
};

static void collector_free(struct collector *c)
{
    free(c->rules);
    free(c->conditions);
}

void cm_seccomp_rules_free(struct cm_seccomp_rules *rules)
{
    free((struct cm_seccomp_rule *)(uintptr_t)rules->rules);
    free((struct cm_seccomp_condition *)(uintptr_t)rules->conditions);
    *rules = (struct cm_seccomp_rules){0};
}

static int answer_of(enum oci_seccomp_action action, const struct oci_u32 *data, const char *field, uint32_t *ret, struct cm_error *err)
{
    static const struct {
        uint32_t answer;
        uint32_t data_max;
    } table[] = {
        [OCI_ACT_KILL_THREAD] = {SECCOMP_RET_KILL_THREAD, 0},
        [OCI_ACT_KILL_PROCESS] = {SECCOMP_RET_KILL_PROCESS, 0},
        [OCI_ACT_TRAP] = {SECCOMP_RET_TRAP, 0},
        [OCI_ACT_ERRNO] = {SECCOMP_RET_ERRNO, ERRNO_MAX},
        [OCI_ACT_TRACE] = {SECCOMP_RET_TRACE, UINT16_MAX},
        [OCI_ACT_ALLOW] = {SECCOMP_RET_ALLOW, 0},
        [OCI_ACT_LOG] = {SECCOMP_RET_LOG, 0},
        [OCI_ACT_NOTIFY] = {SECCOMP_RET_USER_NOTIF, 0},
    };

    if ((size_t)action >= CM_ARRAY_LEN(table))
        return cm_fail(err, EINVAL, field, "unknown seccomp action %d", (int)action);
    uint32_t value = data->set ? data->v : EPERM;
    if (table[action].data_max == 0)
        value = 0; /* only ERRNO and TRACE carry a number; the specification lets it stand with the others */
    else if (value > table[action].data_max)
        return cm_fail(err, ERANGE, field, "the errno value %u of a seccomp action is too large: at most %u can be returned", value, table[action].data_max);
    *ret = table[action].answer | value;
    return 0;
}

static int convert_condition(const struct oci_seccomp_arg *arg, size_t rule, size_t index, struct cm_seccomp_condition *ret, struct cm_error *err)
{
    static const enum cm_seccomp_op ops[] = {
        [OCI_CMP_NE] = CM_SECCOMP_NE, [OCI_CMP_LT] = CM_SECCOMP_LT, [OCI_CMP_LE] = CM_SECCOMP_LE,        [OCI_CMP_EQ] = CM_SECCOMP_EQ,
        [OCI_CMP_GE] = CM_SECCOMP_GE, [OCI_CMP_GT] = CM_SECCOMP_GT, [OCI_CMP_MASKED_EQ] = CM_SECCOMP_EQ,
    };
    char field[96];

    if (arg->index > 5 || (size_t)arg->op >= CM_ARRAY_LEN(ops)) {
        (void)snprintf(field, sizeof(field), FIELD "/syscalls/%zu/args/%zu", rule, index);
        return cm_fail(err, EINVAL, field, "argument index %u or operator of a seccomp condition is invalid: a system call has the arguments 0 to 5",
                       arg->index);
    }
    *ret = (struct cm_seccomp_condition){.arg = (uint8_t)arg->index, .op = (uint8_t)ops[arg->op], .mask = UINT64_MAX, .value = arg->value};
    if (arg->op == OCI_CMP_MASKED_EQ) {
        ret->mask = arg->value;
        ret->value = arg->value_two & arg->value; /* libseccomp masks both sides */
    }
    return 0;
}

static int add_rule(struct collector *c, int nr, uint32_t answer, uint32_t first, size_t n)
{
    if (c->n == c->room) {
        size_t room = c->room == 0 ? 512 : 2 * c->room;
        struct cm_seccomp_rule *rules = c->n >= EXPANDED_MAX ? NULL : reallocarray(c->rules, room, sizeof(*rules));
        if (!rules)
            return cm_fail(c->err, c->n >= EXPANDED_MAX ? E2BIG : ENOMEM, FIELD "/syscalls", "too many seccomp rules: name each system call once");
        c->rules = rules;
        c->room = room;
    }
    /* Without conditions `first` is free to carry the place in the config, which decides between two such rules. */
    c->rules[c->n] = (struct cm_seccomp_rule){.nr = (uint32_t)nr, .answer = answer, .first = n > 0 ? first : (uint32_t)c->n, .n = (uint32_t)n};
    c->n++;
    return 0;
}

/* A condition list that names one argument twice stands for one rule a condition: what runc does, since libseccomp cannot compare twice. */
static bool repeats_argument(const struct oci_seccomp_rule *rule)
{
    unsigned int seen = 0;

    for (size_t i = 0; i < rule->n_args; i++) {
        if (seen & 1U << rule->args[i].index)
            return true;
        seen |= 1U << rule->args[i].index;
    }
    return false;
}

static int add_calls(struct collector *c, const struct oci_seccomp_rule *rule, uint32_t answer, uint32_t first)
{
    bool apart = repeats_argument(rule);
    int r = 0;

    for (size_t i = 0; i < rule->names.n && r == 0; i++) {
        int nr = cm_seccomp_call(c->arch, rule->names.v[i]);
        if (nr < 0)
            continue;
        if (c->newest == CM_SECCOMP_NO_NEWEST || (uint32_t)nr > c->newest)
            c->newest = (uint32_t)nr;
        if (answer == c->otherwise) /* changes nothing, but it does say that its author knew the call */
            continue;
        for (size_t j = 0; apart && j < rule->n_args && r == 0; j++)
            r = add_rule(c, nr, answer, first + (uint32_t)j, 1);
        if (!apart)
            r = add_rule(c, nr, answer, first, rule->n_args);
    }
    return r;
}

static int collect(struct collector *c, const struct oci_seccomp *seccomp)
{
    size_t total = 0;

    for (size_t i = 0; i < seccomp->n_rules; i++)
        if (__builtin_add_overflow(total, seccomp->rules[i].n_args, &total) || total > UINT32_MAX / 2)
            return cm_fail(c->err, E2BIG, FIELD "/syscalls", "too many conditions in seccomp rules: use fewer");
    c->conditions = calloc(total + 1, sizeof(*c->conditions));
    if (!c->conditions)
        return cm_fail(c->err, ENOMEM, NULL, "no memory for %zu seccomp conditions", total);

    for (size_t i = 0; i < seccomp->n_rules; i++) {
        const struct oci_seccomp_rule *rule = &seccomp->rules[i];
        uint32_t answer, first = c->n_conditions;
        char field[64];
        (void)snprintf(field, sizeof(field), FIELD "/syscalls/%zu/action", i);
        int r = answer_of(rule->action, &rule->errno_ret, field, &answer, c->err);
        for (size_t j = 0; j < rule->n_args && r == 0; j++)
            r = convert_condition(&rule->args[j], i, j, &c->conditions[c->n_conditions++], c->err);
        if (r == 0)
            r = add_calls(c, rule, answer, first);
        if (r < 0)
            return r;
    }
    return 0;
}

/* The action values of the kernel are ordered: as signed numbers, the smaller one wins where filters disagree. */
static int strictness(uint32_t answer)
{
    return (int)(answer & SECCOMP_RET_ACTION_FULL);
}

/* By number; within one, rules without conditions first; then the stricter; then the one that stands first. */
static int compare_rules(const void *left, const void *right)
{
    const struct cm_seccomp_rule *a = left, *b = right;

    if (a->nr != b->nr)
        return a->nr < b->nr ? -1 : 1;
    if ((a->n == 0) != (b->n == 0))
        return a->n == 0 ? -1 : 1;
    if (a->n > 0 && strictness(a->answer) != strictness(b->answer))
        return strictness(a->answer) < strictness(b->answer) ? -1 : 1;
    return a->first < b->first ? -1 : a->first > b->first;
}

/*
 * Whether numbers above the newest one named answer ENOSYS: to a program, EPERM on a call that is newer than its profile is no hint to fall back
 * (glibc's faccessat2 and clone3). A permissive default lets them through instead, as runc does.
 */
static bool answers_enosys(uint32_t otherwise)
{
    uint32_t action = otherwise & SECCOMP_RET_ACTION_FULL;

    return action != SECCOMP_RET_ALLOW && action != SECCOMP_RET_LOG && action != SECCOMP_RET_TRACE;
}

static bool has_flag(const struct oci_seccomp *seccomp, const char *flag)
{
    for (size_t i = 0; i < seccomp->flags.n; i++)
        if (cm_streq(seccomp->flags.v[i], flag))
            return true;
    return false;
}

/* SPEC_ALLOW would switch off a protection, TSYNC has nothing to do, WAIT_KILLABLE_RECV without a listener is an error to the kernel. */
static uint16_t flags_of(const struct oci_seccomp *seccomp)
{
    unsigned long flags = has_flag(seccomp, "SECCOMP_FILTER_FLAG_LOG") ? SECCOMP_FILTER_FLAG_LOG : 0;
    bool notifies = false;

    for (size_t i = 0; i < seccomp->n_rules; i++)
        notifies |= seccomp->rules[i].action == OCI_ACT_NOTIFY;
    if (notifies)
        flags |= SECCOMP_FILTER_FLAG_NEW_LISTENER | (has_flag(seccomp, "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV") ? SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV : 0);
    return (uint16_t)flags;
}

int cm_seccomp_rules_from_config(uint32_t arch, const struct oci_seccomp *seccomp, struct cm_seccomp_rules *ret, struct cm_error *err)
{
    CM_CLEANUP(collector_free) struct collector c = {.arch = arch, .newest = CM_SECCOMP_NO_NEWEST, .err = err};
    int r = answer_of(seccomp->default_action, &seccomp->default_errno_ret, FIELD "/defaultAction", &c.otherwise, err);

    if (seccomp->default_action == OCI_ACT_NOTIFY)
        return cm_fail(err, EINVAL, FIELD "/defaultAction", "SCMP_ACT_NOTIFY cannot be used as default action");
    if (r == 0)
        r = collect(&c, seccomp);
    if (r < 0)
        return r;
    if (c.n > 1)
        qsort(c.rules, c.n, sizeof(*c.rules), compare_rules);
    *ret = (struct cm_seccomp_rules){.arch = arch, .n = c.n, .rules = c.rules, .conditions = c.conditions, .otherwise = c.otherwise};
    ret->newest = answers_enosys(c.otherwise) ? c.newest : CM_SECCOMP_NO_NEWEST;
    c.rules = NULL;
    c.conditions = NULL;
    return 0;
}

int cm_filter_from_config_for(uint32_t arch, const struct oci_seccomp *seccomp, struct cm_filter *ret, struct cm_error *err)
{
    CM_CLEANUP(cm_seccomp_rules_free) struct cm_seccomp_rules rules = {0};
    int r = cm_seccomp_rules_from_config(arch, seccomp, &rules, err);

    if (r == 0)
        r = cm_seccomp_emit(&rules, ret, err);
    if (r == 0)
        ret->flags = flags_of(seccomp);
    return r;
}

int cm_filter_from_config(const struct oci_seccomp *seccomp, struct cm_filter *ret, struct cm_error *err)
{
    return cm_filter_from_config_for(CM_AUDIT_ARCH, seccomp, ret, err);
}
