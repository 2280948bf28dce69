/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The system calls of every architecture and the built-in profiles, in tables made at build time (tools/seccomp-compile.c). libseccomp's own tables of twenty
 * architectures would be most of this program, and have to be relocated at each start. Names are hostile; they are only compared.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "seccomp/rules.h"
#include "seccomp/seccomp-tables.h"

#define NO_NUMBER UINT16_MAX
#define NO_ARCH CM_SECCOMP_ARCHS

static const struct {
    uint32_t arch;
    char word[12];
} archs[CM_SECCOMP_ARCHS] = {
    {AUDIT_ARCH_X86_64, "x86_64"}, {AUDIT_ARCH_AARCH64, "aarch64"}, {AUDIT_ARCH_RISCV64, "riscv64"},
    {AUDIT_ARCH_S390X, "s390x"},   {AUDIT_ARCH_PPC64LE, "ppc64le"},
};

uint32_t cm_seccomp_arch(size_t i, const char **ret_word)
{
    if (i >= CM_ARRAY_LEN(archs))
        return 0;
    *ret_word = archs[i].word;
    return archs[i].arch;
}

static size_t column_of(uint32_t arch)
{
    size_t i = 0;

    while (i < CM_ARRAY_LEN(archs) && archs[i].arch != arch)
        i++;
    return i;
}

static int number_on(size_t call, size_t column)
{
    uint16_t number = column < NO_ARCH ? calls[call].numbers[column] : NO_NUMBER;

    return number == NO_NUMBER ? -1 : number;
}

int cm_seccomp_call(uint32_t arch, const char *name)
{
    size_t low = 0, high = CM_ARRAY_LEN(calls);

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(call_names + calls[middle].name, name);
        if (order == 0)
            return number_on(middle, column_of(arch));
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return -1;
}

const char *cm_seccomp_name(size_t i, uint32_t arch, int *ret_number)
{
    if (i >= CM_ARRAY_LEN(calls))
        return NULL;
    *ret_number = number_on(i, column_of(arch));
    return call_names + calls[i].name;
}

static size_t find_profile(const char *name)
{
    size_t i = 0;

    while (i < CM_ARRAY_LEN(profiles) && !cm_streq(profiles[i].name, name))
        i++;
    return i;
}

/* The rules of one call, at most CM_SECCOMP_BRANCHES. */
static size_t put_rules(size_t verdict, uint32_t nr, struct cm_seccomp_rule *to)
{
    for (size_t i = 0; i < verdicts[verdict].n; i++) {
        size_t from = verdicts[verdict].first + i;
        to[i] = (struct cm_seccomp_rule){.nr = nr, .answer = branches[from].answer, .first = branches[from].first, .n = branches[from].n};
    }
    return verdicts[verdict].n;
}

int cm_seccomp_verdict(const char *profile, size_t i, uint32_t arch, struct cm_seccomp_rule *room, struct cm_seccomp_verdict *ret)
{
    size_t p = find_profile(profile), column = column_of(arch);

    if (p == CM_ARRAY_LEN(profiles) || i >= CM_ARRAY_LEN(calls) || column == NO_ARCH)
        return -ENOENT;
    size_t verdict = profiles[p].verdicts[i];
    ret->rules = (struct cm_seccomp_rules){
        .arch = arch, .rules = room, .conditions = conditions, .otherwise = profiles[p].otherwise, .newest = CM_SECCOMP_NO_NEWEST};
    ret->rules.n = put_rules(verdict, (uint32_t)number_on(i, column), room);
    ret->why = texts + verdicts[verdict].why;
    return 0;
}

int cm_filter_builtin_for(uint32_t arch, const char *profile, struct cm_filter *ret, struct cm_error *err)
{
    size_t p = find_profile(profile), column = column_of(arch), n = 0;
    uint16_t call_of[CALL_NUMBERS] = {0}; /* by number, from 1 on */

    if (p == CM_ARRAY_LEN(profiles) || column == NO_ARCH)
        return cm_fail(err, ENOENT, NULL, "there is no built-in system call profile \"%s\": use default, strict, web, batch or minimal", profile ? profile : "");
    for (size_t i = 0; i < CM_ARRAY_LEN(calls); i++) {
        int number = number_on(i, column);
        if (number < 0 || profiles[p].verdicts[i] == 0)
            continue;
        call_of[number] = (uint16_t)(i + 1);
        n += verdicts[profiles[p].verdicts[i]].n;
    }

    CM_AUTO_FREE struct cm_seccomp_rule *rules = calloc(n + 1, sizeof(*rules));
    if (!rules)
        return cm_fail(err, ENOMEM, NULL, "no memory for a system call filter");
    n = 0;
    for (uint32_t nr = 0; nr < CALL_NUMBERS; nr++)
        if (call_of[nr] > 0)
            n += put_rules(profiles[p].verdicts[call_of[nr] - 1], nr, rules + n);
    return cm_seccomp_emit(&(const struct cm_seccomp_rules){.arch = arch, .n = n, .rules = rules, .conditions = conditions, .otherwise = profiles[p].otherwise,
                                                            .newest = CM_SECCOMP_NO_NEWEST},
                           ret, err);
}

int cm_filter_builtin(const char *profile, struct cm_filter *ret, struct cm_error *err)
{
    return cm_filter_builtin_for(CM_AUDIT_ARCH, profile, ret, err);
}
