/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What `features` says about system call filters. No input. */
#include "seccomp/rules.h"

const char *const *cm_seccomp_actions(void)
{
    static const char *const words[] = {"SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO",  "SCMP_ACT_KILL",  "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD",
                                        "SCMP_ACT_LOG",   "SCMP_ACT_NOTIFY", "SCMP_ACT_TRACE", "SCMP_ACT_TRAP",         NULL};
    return words;
}

const char *const *cm_seccomp_operators(void)
{
    static const char *const words[] = {"SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_LE", "SCMP_CMP_LT", "SCMP_CMP_MASKED_EQ", "SCMP_CMP_NE", NULL};
    return words;
}

const char *const *cm_seccomp_archs(void)
{
    static const char *const words[] = {CM_SECCOMP_ARCH_WORD, NULL};
    return words;
}

const char *const *cm_seccomp_flags(void)
{
    static const char *const words[] = {
        "SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", NULL,
    };
    return words;
}

/* TSYNC has nothing to do (one thread loads), and that is all it promises. SPEC_ALLOW is removed: it would switch off a protection. */
const char *const *cm_seccomp_supported_flags(void)
{
    static const char *const words[] = {"SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", NULL};
    return words;
}
