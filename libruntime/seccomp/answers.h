/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Answers and architectures as words, and the rules of one call out of many: what list.c and explain.c share. Pure; names are hostile. */
#pragma once

#include "seccomp/describe.h"
#include "seccomp/rules.h"

#define CM_ANSWER_SIZE 32
#define CM_ARGUMENTS_DECIDE "arguments"

/* "allow", "EPERM", "errno 77", "kill", …; the buffer is used where no constant fits. */
const char *cm_answer_word(uint32_t answer, char buffer[CM_ANSWER_SIZE]);
/* "x86_64" */
const char *cm_arch_word(uint32_t arch);
/* -ENOENT with an error that lists the profiles. */
int cm_check_profile(const char *name, struct cm_error *err) CM_MUST_USE;

/* Of rules that are sorted by number those of one; what can never be reached is left out. */
struct cm_seccomp_rules cm_rules_of(const struct cm_seccomp_rules *all, uint32_t nr);
bool cm_arguments_decide(const struct cm_seccomp_rules *rules);
/* The answer where they do not. */
uint32_t cm_plain_answer(const struct cm_seccomp_rules *rules);

/* As cm_seccomp_verdict, with the rules that can be reached. */
int cm_verdict_of(const char *profile, size_t call, uint32_t arch, struct cm_seccomp_rule *room, struct cm_seccomp_verdict *ret) CM_MUST_USE;
/* The index of the call that has the number, SIZE_MAX if there is none. */
size_t cm_call_with(uint32_t arch, uint32_t number);
