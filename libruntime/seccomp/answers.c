/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See answers.h. */
#include "seccomp/answers.h"

#include <errno.h>
#include <stdio.h>

#include "base/str.h"
#include "policy/profiles.h"

static const char *errno_word(uint32_t number)
{
    static const struct {
        uint32_t number;
        char word[16];
    } words[] = {
        {EPERM, "EPERM"},   {ENOENT, "ENOENT"},           {EACCES, "EACCES"},                   {EINVAL, "EINVAL"},         {ENOTTY, "ENOTTY"},
        {ENOSYS, "ENOSYS"}, {ENOPROTOOPT, "ENOPROTOOPT"}, {EPROTONOSUPPORT, "EPROTONOSUPPORT"}, {EOPNOTSUPP, "EOPNOTSUPP"}, {EAFNOSUPPORT, "EAFNOSUPPORT"},
    };

    for (size_t i = 0; i < CM_ARRAY_LEN(words); i++)
        if (words[i].number == number)
            return words[i].word;
    return NULL;
}

const char *cm_answer_word(uint32_t answer, char buffer[CM_ANSWER_SIZE])
{
    static const struct {
        uint32_t action;
        char word[16];
    } words[] = {
        {SECCOMP_RET_ALLOW, "allow"}, {SECCOMP_RET_KILL_PROCESS, "kill"}, {SECCOMP_RET_KILL_THREAD, "kill thread"}, {SECCOMP_RET_TRAP, "trap"},
        {SECCOMP_RET_TRACE, "trace"}, {SECCOMP_RET_LOG, "log"},           {SECCOMP_RET_USER_NOTIF, "notify"},
    };
    uint32_t action = answer & SECCOMP_RET_ACTION_FULL, data = answer & SECCOMP_RET_DATA;
    const char *word = action == SECCOMP_RET_ERRNO ? errno_word(data) : NULL;

    for (size_t i = 0; i < CM_ARRAY_LEN(words) && !word; i++)
        if (words[i].action == action)
            word = words[i].word;
    if (!word)
        (void)snprintf(buffer, CM_ANSWER_SIZE, "errno %u", data);
    return word ? word : buffer;
}

int cm_seccomp_arch_of(const char *word, uint32_t *ret, struct cm_error *err)
{
    CM_AUTO_STR struct cm_str known = {0};
    const char *there;

    for (size_t i = 0; cm_seccomp_arch(i, &there); i++) {
        uint32_t arch = cm_seccomp_arch(i, &there);
        cm_str_addf(&known, "%s%s", i > 0 ? ", " : "", there);
        if (word ? cm_streq(word, there) : arch == CM_AUDIT_ARCH) {
            *ret = arch;
            return 0;
        }
    }
    return cm_fail(err, EINVAL, NULL, "there is no architecture \"%.64s\" here: use %s", word, cm_str_text(&known) ? known.data : "another");
}

const char *cm_arch_word(uint32_t arch)
{
    const char *word = "";

    for (size_t i = 0; cm_seccomp_arch(i, &word); i++)
        if (cm_seccomp_arch(i, &word) == arch)
            return word;
    return word;
}

int cm_check_profile(const char *name, struct cm_error *err)
{
    CM_AUTO_STR struct cm_str known = {0};

    if (cm_profile_exists(name))
        return 0;
    for (size_t i = 0; cm_profile_name(i); i++)
        cm_str_addf(&known, "%s%s", i > 0 ? ", " : "", cm_profile_name(i));
    return cm_fail(err, ENOENT, NULL, "there is no built-in system call profile \"%.64s\": use one of %s", name, cm_str_text(&known) ? known.data : "them");
}

struct cm_seccomp_rules cm_rules_of(const struct cm_seccomp_rules *all, uint32_t nr)
{
    struct cm_seccomp_rules part = *all;

    while (part.n > 0 && part.rules->nr != nr) {
        part.rules++;
        part.n--;
    }
    for (size_t n = 0; n < part.n; n++)
        if (part.rules[n].nr != nr || part.rules[n].n == 0) /* behind a rule without conditions nothing is reached */
            part.n = n + (part.rules[n].nr == nr);
    if (nr > all->newest) {
        part.n = 0;
        part.otherwise = SECCOMP_RET_ERRNO | ENOSYS;
    }
    return part;
}

bool cm_arguments_decide(const struct cm_seccomp_rules *rules)
{
    return rules->n > 0 && rules->rules[0].n > 0;
}

uint32_t cm_plain_answer(const struct cm_seccomp_rules *rules)
{
    return rules->n > 0 ? rules->rules[0].answer : rules->otherwise;
}

int cm_verdict_of(const char *profile, size_t call, uint32_t arch, struct cm_seccomp_rule *room, struct cm_seccomp_verdict *ret)
{
    int r = cm_seccomp_verdict(profile, call, arch, room, ret);

    if (r == 0 && ret->rules.n > 0)
        ret->rules = cm_rules_of(&ret->rules, ret->rules.rules[0].nr);
    return r;
}

size_t cm_call_with(uint32_t arch, uint32_t number)
{
    int nr;

    for (size_t i = 0; cm_seccomp_name(i, arch, &nr); i++)
        if (nr >= 0 && (uint32_t)nr == number)
            return i;
    return SIZE_MAX;
}
