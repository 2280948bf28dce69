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

/* SCMP_ARCH_… and AUDIT_ARCH_… numbers are the same. */
static uint32_t reference_arch; /* 0: native */

static uint32_t arch_now(void)
{
    return reference_arch ? reference_arch : seccomp_arch_native();
}

/* cm_seccomp_number, remembered: the library searches its tables from the beginning. */
static int number_now(const char *name)
{
    static struct {
        uint32_t arch;
        int number;
        char name[32];
    } known[1 << 14];
    uint32_t hash = arch_now();

    for (const char *c = name; *c; c++)
        hash = (hash ^ (uint8_t)*c) * 16777619;
    size_t at = hash % CM_ARRAY_LEN(known);
    while (known[at].name[0] && (known[at].arch != arch_now() || strcmp(known[at].name, name) != 0))
        at = (at + 1) % CM_ARRAY_LEN(known);
    if (known[at].name[0])
        return known[at].number;
    int number = cm_seccomp_number(arch_now(), name);
    if (name[0] && strlen(name) < sizeof(known[0].name)) {
        known[at].arch = arch_now();
        known[at].number = number;
        memcpy(known[at].name, name, strlen(name) + 1);
    }
    return number;
}

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
 * What the library wants to be told about a call of another architecture: the number that this one has. A name that it does not know can only be given as a number
 * of the native architecture; false: not at all.
 */
static bool number_for_library(const char *name, int *ret)
{
    *ret = seccomp_syscall_resolve_name(name);
    if (*ret == __NR_SCMP_ERROR || arch_now() == seccomp_arch_native())
        *ret = arch_now() == seccomp_arch_native() ? number_now(name) : -1;
    return *ret >= 0 || *ret < -1;
}

static bool is_action(uint32_t k)
{
    static const uint32_t actions[] = {SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_TRAP,  SECCOMP_RET_ERRNO, SECCOMP_RET_USER_NOTIF,
                                       SECCOMP_RET_TRACE,        SECCOMP_RET_LOG, SECCOMP_RET_ALLOW};

    for (size_t i = 0; i < CM_ARRAY_LEN(actions); i++)
        if ((k & SECCOMP_RET_ACTION_FULL) == actions[i])
            return true;
    return k == SECCOMP_RET_KILL_THREAD;
}

/* The library writes a program in the byte order of its architecture, but (2.5.4) swaps the answers at the end of far jumps twice. */
static void to_host_order(struct cm_filter *f)
{
    bool big = !(arch_now() & __AUDIT_ARCH_LE), host_big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;

    for (size_t i = 0; i < f->size && big != host_big; i++) {
        f->code[i].code = __builtin_bswap16(f->code[i].code);
        f->code[i].k = __builtin_bswap32(f->code[i].k);
        if (f->code[i].code == (BPF_RET | BPF_K) && !is_action(f->code[i].k))
            f->code[i].k = __builtin_bswap32(f->code[i].k);
    }
}

static scmp_filter_ctx reference_begin(uint32_t otherwise)
{
    scmp_filter_ctx ctx = seccomp_init(otherwise);

    if (ctx && seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) == 0 &&
        (arch_now() == seccomp_arch_native() || (seccomp_arch_remove(ctx, seccomp_arch_native()) == 0 && seccomp_arch_add(ctx, arch_now()) == 0)))
        return ctx;
    seccomp_release(ctx);
    return NULL;
}

static int reference_end(scmp_filter_ctx ctx, int r, struct cm_filter *ret)
{
    int fd = memfd_create("reference", MFD_CLOEXEC);
    if (r == 0)
        r = seccomp_export_bpf(ctx, fd);
    off_t size = lseek(fd, 0, SEEK_END);
    if (r == 0) {
        *ret = (struct cm_filter){.code = malloc((size_t)size), .size = (unsigned short)((size_t)size / sizeof(struct sock_filter))};
        if (pread(fd, ret->code, (size_t)size, 0) != size)
            r = -EIO;
        to_host_order(ret);
    }
    (void)close(fd);
    seccomp_release(ctx);
    return r;
}

/*
 * libseccomp's program of one profile, without the ENOSYS part, which runc too writes itself. Numbers come from cm_seccomp_number, which has a test of
 * its own.
 */
static __attribute__((unused)) int reference_build(const struct oci_seccomp *s, struct cm_filter *ret)
{
    uint32_t otherwise = scmp_action(s->default_action, s->default_errno_ret);
    scmp_filter_ctx ctx = reference_begin(otherwise);
    int r = ctx ? 0 : -ENOMEM;

    for (size_t i = 0; i < s->n_rules; i++) {
        const struct oci_seccomp_rule *rule = &s->rules[i];
        uint32_t action = scmp_action(rule->action, rule->errno_ret);
        struct scmp_arg_cmp conditions[64];
        for (size_t j = 0; j < rule->n_args; j++)
            conditions[j] = scmp_condition(&rule->args[j]);
        for (size_t n = 0; n < rule->names.n && action != otherwise && r == 0; n++) {
            int nr;
            if (number_now(rule->names.v[n]) < 0 || !number_for_library(rule->names.v[n], &nr))
                continue;
            if (!argument_twice(rule))
                r = seccomp_rule_add_array(ctx, action, nr, (unsigned int)rule->n_args, conditions);
            for (size_t j = 0; argument_twice(rule) && j < rule->n_args && r == 0; j++)
                r = seccomp_rule_add_array(ctx, action, nr, 1, &conditions[j]);
        }
    }
    return reference_end(ctx, r, ret);
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
            int nr = number_now(s->rules[i].names.v[n]);
            newest = nr > newest ? nr : newest;
        }
    return newest;
}

static __attribute__((unused)) void judge(const struct oci_seccomp *s, uint32_t nr, const uint64_t args[6], struct verdict *ret)
{
    uint32_t otherwise = scmp_action(s->default_action, s->default_errno_ret);

    *ret = (struct verdict){.answer = otherwise};
    for (size_t pass = 0; pass < 2; pass++) { /* rules without conditions first */
        for (size_t i = 0; i < s->n_rules; i++) {
            const struct oci_seccomp_rule *rule = &s->rules[i];
            uint32_t action = scmp_action(rule->action, rule->errno_ret);
            bool named = false;
            for (size_t n = 0; n < rule->names.n; n++)
                named = named || (nr <= INT32_MAX && number_now(rule->names.v[n]) == (int)nr);
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
