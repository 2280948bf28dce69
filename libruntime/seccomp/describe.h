/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `casemate seccomp`: what the profiles say about system calls, for people and programs. Pure; names, numbers and the bundle are hostile. */
#pragma once

#include "base/layout.h"
#include "seccomp/seccomp.h"

struct cm_seccomp_output {
    bool json;
    struct cm_style style; /* of text */
    struct cm_str *out;
};

/* The AUDIT_ARCH_… number of "x86_64", "aarch64", …, of this machine for NULL; -EINVAL, and the error lists them. */
int cm_seccomp_arch_of(const char *word, uint32_t *ret, struct cm_error *err) CM_MUST_USE;

/* The profiles with what they are for and their sizes. */
int cm_seccomp_list_profiles(uint32_t arch, const struct cm_seccomp_output *output, struct cm_error *err) CM_MUST_USE;
/* Every call of the architecture and what these profiles answer; "arguments": they decide. */
int cm_seccomp_list_calls(uint32_t arch, const char *const *profiles, size_t n, const struct cm_seccomp_output *output, struct cm_error *err) CM_MUST_USE;

struct cm_seccomp_question {
    uint32_t arch;
    const char *profile;
    const char *call; /* a name or a number */
    size_t n_args;    /* 0: what decides; else the answer to a call with these, the others being 0 */
    uint64_t args[6];
    const struct oci_seccomp *bundle; /* the filter that is loaded besides; NULL: none */
};

int cm_seccomp_explain(const struct cm_seccomp_question *question, const struct cm_seccomp_output *output, struct cm_error *err) CM_MUST_USE;
