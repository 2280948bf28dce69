/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two judges for a bundle's filter: libseccomp, fed as runc feeds it, and a plain evaluation of the rules that generates no code.
 * Included by one test program each; everything is static.
 */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "seccomp/rules.h"

static uint32_t scmp_action(enum oci_seccomp_action action, struct oci_u32 data)
{
    uint32_t value = data.set ? data.v : EPERM;

    switch (action) {
    case OCI_ACT_KILL_THREAD: return SCMP_ACT_KILL_THREAD;
    case OCI_ACT_KILL_PROCESS: return SCMP_ACT_KILL_PROCESS;
    case OCI_ACT_TRAP: return SCMP_ACT_TRAP;
    case OCI_ACT_ERRNO: return SCMP_ACT_ERRNO(value);
    case OCI_ACT_TRACE: return SCMP_ACT_TRACE(value);
    case OCI_ACT_ALLOW: return SCMP_ACT_ALLOW;
    case OCI_ACT_LOG: return SCMP_ACT_LOG;
    case OCI_ACT_NOTIFY: return SCMP_ACT_NOTIFY;
    }
    abort();
}

static struct scmp_arg_cmp scmp_condition(const struct oci_seccomp_arg *a)
{
    static const enum scmp_compare ops[] = {
        [OCI_CMP_NE] = SCMP_CMP_NE, [OCI_CMP_LT] = SCMP_CMP_LT, [OCI_CMP_LE] = SCMP_CMP_LE, [OCI_CMP_EQ] = SCMP_CMP_EQ,
        [OCI_CMP_GE] = SCMP_CMP_GE, [OCI_CMP_GT] = SCMP_CMP_GT, [OCI_CMP_MASKED_EQ] = SCMP_CMP_MASKED_EQ,
    };
    return (struct scmp_arg_cmp){.arg = a->index, .op = ops[a->op], .datum_a = a->value, .datum_b = a->value_two};
}

static bool argument_twice(const struct oci_seccomp_rule *rule)
{
    for (size_t i = 0; i < rule->n_args; i++)
        for (size_t j = 0; j < i; j++)
            if (rule->args[i].index == rule->args[j].index)
                return true;
    return false;
}

/*
 * libseccomp's program of one profile, without the ENOSYS part, which runc too writes itself. Numbers come from cm_seccomp_number, which has a test of
 * its own.
 */
static int reference_build(const struct oci_seccomp *s, struct cm_filter *ret)
{
    uint32_t otherwise = scmp_action(s->default_action, s->default_errno_ret);
    scmp_filter_ctx ctx = seccomp_init(otherwise);
    int r = ctx ? seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) : -ENOMEM;

    for (size_t i = 0; i < s->n_rules; i++) {
        const struct oci_seccomp_rule *rule = &s->rules[i];
        uint32_t action = scmp_action(rule->action, rule->errno_ret);
        struct scmp_arg_cmp conditions[64];
        for (size_t j = 0; j < rule->n_args; j++)
            conditions[j] = scmp_condition(&rule->args[j]);
        for (size_t n = 0; n < rule->names.n && action != otherwise && r == 0; n++) {
            int nr = cm_seccomp_number(seccomp_arch_native(), rule->names.v[n]);
            if (nr < 0)
                continue;
            if (!argument_twice(rule))
                r = seccomp_rule_add_array(ctx, action, nr, (unsigned int)rule->n_args, conditions);
            for (size_t j = 0; argument_twice(rule) && j < rule->n_args && r == 0; j++)
                r = seccomp_rule_add_array(ctx, action, nr, 1, &conditions[j]);
        }
    }
    int fd = memfd_create("reference", MFD_CLOEXEC);
    if (r == 0)
        r = seccomp_export_bpf(ctx, fd);
    off_t size = lseek(fd, 0, SEEK_END);
    if (r == 0) {
        *ret = (struct cm_filter){.code = malloc((size_t)size), .size = (unsigned short)((size_t)size / sizeof(struct sock_filter))};
        if (pread(fd, ret->code, (size_t)size, 0) != size)
            r = -EIO;
    }
    (void)close(fd);
    seccomp_release(ctx);
    return r;
}

static bool condition_holds(const struct oci_seccomp_arg *a, const uint64_t args[6])
{
    uint64_t v = args[a->index];

    switch (a->op) {
    case OCI_CMP_NE: return v != a->value;
    case OCI_CMP_LT: return v < a->value;
    case OCI_CMP_LE: return v <= a->value;
    case OCI_CMP_EQ: return v == a->value;
    case OCI_CMP_GE: return v >= a->value;
    case OCI_CMP_GT: return v > a->value;
    case OCI_CMP_MASKED_EQ: return (v & a->value) == (a->value_two & a->value);
    }
    abort();
}

static bool rule_holds(const struct oci_seccomp_rule *rule, const uint64_t args[6])
{
    size_t held = 0;

    for (size_t i = 0; i < rule->n_args; i++)
        held += condition_holds(&rule->args[i], args);
    return argument_twice(rule) ? held > 0 : held == rule->n_args;
}

struct verdict {
    uint32_t answer;  /* the strictest of what holds */
    bool disputed;    /* several conditional rules with different actions hold at once */
    uint32_t all[64]; /* their answers */
    size_t n;
};

static int stricter(uint32_t a, uint32_t b)
{
    return (int)(a & SECCOMP_RET_ACTION_FULL) < (int)(b & SECCOMP_RET_ACTION_FULL);
}

static long newest_named(const struct oci_seccomp *s)
{
    long newest = -1;

    for (size_t i = 0; i < s->n_rules; i++)
        for (size_t n = 0; n < s->rules[i].names.n; n++) {
            int nr = cm_seccomp_number(seccomp_arch_native(), s->rules[i].names.v[n]);
            newest = nr > newest ? nr : newest;
        }
    return newest;
}

static void judge(const struct oci_seccomp *s, uint32_t nr, const uint64_t args[6], struct verdict *ret)
{
    uint32_t otherwise = scmp_action(s->default_action, s->default_errno_ret);

    *ret = (struct verdict){.answer = otherwise};
    for (size_t pass = 0; pass < 2; pass++) { /* rules without conditions first */
        for (size_t i = 0; i < s->n_rules; i++) {
            const struct oci_seccomp_rule *rule = &s->rules[i];
            uint32_t action = scmp_action(rule->action, rule->errno_ret);
            bool named = false;
            for (size_t n = 0; n < rule->names.n; n++)
                named = named || (nr <= INT32_MAX && cm_seccomp_number(seccomp_arch_native(), rule->names.v[n]) == (int)nr);
            if (!named || action == otherwise || (rule->n_args == 0) != (pass == 0) || !rule_holds(rule, args))
                continue;
            if (pass == 0) {
                ret->answer = action;
                return;
            }
            if (ret->n > 0 && action != ret->all[0])
                ret->disputed = true;
            if (ret->n == 0 || stricter(action, ret->answer))
                ret->answer = action;
            if (ret->n < CM_ARRAY_LEN(ret->all))
                ret->all[ret->n++] = action;
        }
    }
}

/* Whether runc's ENOSYS answer comes before everything else. */
static __attribute__((unused)) bool too_new(const struct oci_seccomp *s, uint32_t nr)
{
    bool permissive = s->default_action == OCI_ACT_ALLOW || s->default_action == OCI_ACT_LOG || s->default_action == OCI_ACT_TRACE;
    long newest = newest_named(s);

    return !permissive && newest >= 0 && nr > newest;
}
