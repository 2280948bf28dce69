/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The numeric form between a profile and its program: rules by system call number, conditions on argument values. Both the built-in
 * profiles (tables made at build time) and the bundle's own (from_config.c) take this form. Pure data; whoever fills it has checked it.
 */
#pragma once

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "seccomp/seccomp.h"

/*
 * Only the native 64-bit architecture is ever allowed: a second calling convention is a second, unreviewed filter. The program has the tables of the others
 * to explain them, and tests run them.
 */
#if defined(__x86_64__) && !defined(__ILP32__)
#define CM_AUDIT_ARCH AUDIT_ARCH_X86_64
#define CM_SECCOMP_ARCH_WORD "SCMP_ARCH_X86_64"
#elif defined(__aarch64__)
#define CM_AUDIT_ARCH AUDIT_ARCH_AARCH64
#define CM_SECCOMP_ARCH_WORD "SCMP_ARCH_AARCH64"
#elif defined(__riscv) && __riscv_xlen == 64
#define CM_AUDIT_ARCH AUDIT_ARCH_RISCV64
#define CM_SECCOMP_ARCH_WORD "SCMP_ARCH_RISCV64"
#elif defined(__s390x__)
#define CM_AUDIT_ARCH AUDIT_ARCH_S390X
#define CM_SECCOMP_ARCH_WORD "SCMP_ARCH_S390X"
#elif defined(__powerpc64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define CM_AUDIT_ARCH AUDIT_ARCH_PPC64LE
#define CM_SECCOMP_ARCH_WORD "SCMP_ARCH_PPC64LE"
#else
#error "no system call filter for this architecture"
#endif

#define CM_SECCOMP_ARCHS 5
#define CM_X32_BIT 0x40000000U /* the x32 ABI shares the audit arch of x86_64 and marks itself in the number */

enum cm_seccomp_op {
    CM_SECCOMP_EQ,
    CM_SECCOMP_NE,
    CM_SECCOMP_GT,
    CM_SECCOMP_GE,
    CM_SECCOMP_LT,
    CM_SECCOMP_LE,
};

/* (argument & mask) op value, unsigned, 64 bits. A mask of 32 ones compares an int as the kernel does (CVE-2019-7303). value has no bit outside mask. */
struct cm_seccomp_condition {
    uint64_t mask;
    uint64_t value;
    uint8_t arg; /* 0 to 5, or CM_SECCOMP_CLONE_FLAGS */
    uint8_t op;  /* enum cm_seccomp_op */
};

#define CM_SECCOMP_CLONE_FLAGS 6 /* the first argument of clone(2), on s390 the second */

/* The index of the argument that a condition means. */
static inline unsigned int cm_seccomp_argument(const struct cm_seccomp_condition *c, uint32_t arch)
{
    return c->arg != CM_SECCOMP_CLONE_FLAGS ? c->arg : arch == AUDIT_ARCH_S390X ? 1 : 0;
}

/* All n conditions from index `first` on hold: answer. n == 0: always. */
struct cm_seccomp_rule {
    uint32_t nr;
    uint32_t answer; /* SECCOMP_RET_… with data */
    uint32_t first;
    uint32_t n;
};

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV /* Linux 5.19 */
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

#define CM_SECCOMP_NO_NEWEST UINT32_MAX

struct cm_seccomp_rules {
    uint32_t arch; /* AUDIT_ARCH_…; every other one is killed */
    size_t n;
    const struct cm_seccomp_rule *rules; /* ascending by number; among the rules of one number the first that matches decides */
    const struct cm_seccomp_condition *conditions;
    uint32_t otherwise; /* the answer where no rule matches */
    uint32_t newest;    /* numbers above it answer ENOSYS; CM_SECCOMP_NO_NEWEST: they answer `otherwise` */
};

/* Writes the program. -E2BIG when it would not fit into BPF_MAXINSNS instructions, -ENOMEM. */
int cm_seccomp_emit(const struct cm_seccomp_rules *rules, struct cm_filter *ret, struct cm_error *err) CM_MUST_USE;

/* tables.c, from tables made at build time. The number of a call on an architecture (AUDIT_ARCH_…); negative if it has none or the name is unknown. */
int cm_seccomp_call(uint32_t arch, const char *name);
/* The i-th architecture: its AUDIT_ARCH_… number, and in *ret_word what uname(2) calls it ("x86_64"); 0 after the last. */
uint32_t cm_seccomp_arch(size_t i, const char **ret_word);
/* The i-th name that any of them has, in alphabetical order, and its number on `arch`, negative if it has none; NULL after the last. */
const char *cm_seccomp_name(size_t i, uint32_t arch, int *ret_number);

/* What a profile does with a call: the rules apply in order and the last one always does. Their conditions are in `rules.conditions`. */
struct cm_seccomp_verdict {
    struct cm_seccomp_rules rules; /* n == 0: the profile does not name the call, rules.otherwise is the answer */
    const char *why;               /* "" for what is always allowed */
};
#define CM_SECCOMP_BRANCHES 64
/* `room` is for CM_SECCOMP_BRANCHES rules; `name` is the i-th. -ENOENT: no such profile. */
int cm_seccomp_verdict(const char *profile, size_t i, uint32_t arch, struct cm_seccomp_rule *room, struct cm_seccomp_verdict *ret) CM_MUST_USE;
/* As cm_filter_builtin and cm_filter_from_config, for any of the architectures. */
int cm_filter_builtin_for(uint32_t arch, const char *profile, struct cm_filter *ret, struct cm_error *err) CM_MUST_USE;
int cm_filter_from_config_for(uint32_t arch, const struct oci_seccomp *seccomp, struct cm_filter *ret, struct cm_error *err) CM_MUST_USE;
/* The bundle's rules in the order in which they decide; free with cm_seccomp_rules_free. */
int cm_seccomp_rules_from_config(uint32_t arch, const struct oci_seccomp *seccomp, struct cm_seccomp_rules *ret, struct cm_error *err) CM_MUST_USE;
void cm_seccomp_rules_free(struct cm_seccomp_rules *rules);

/*
 * Build tool and tests only (names.c, with libseccomp). The SCMP_ARCH_… token of the i-th architecture, and the number of a call there; negative if it has none
 * or the name is unknown.
 */
uint32_t cm_seccomp_library_arch(size_t i);
int cm_seccomp_number(uint32_t arch, const char *name);
/* The i-th call that is newer than libseccomp, and its number there, -1 if the architecture lacks it; NULL after the last. */
const char *cm_seccomp_newer(size_t i, uint32_t arch, int *ret_number);
