/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names of system calls: libseccomp's tables first, then our own of calls that are newer than the library. For the build tool and the tests; the program has
 * the table that the tool makes of it (tables.c).
 */
#include "seccomp/rules.h"

#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

#define NUMBERS 1024

/*
 * From number 424 on a call has the same number on every architecture (but alpha); the few others name theirs. libseccomp 2.5.4 ends with
 * Linux 5.17. An unknown name would be skipped, which turns a rule of a newer profile into "unknown call": so we know them ourselves.
 */
static const struct newer_call {
    const char *name;
    int number;
    uint32_t arch; /* 0: all */
} newer_calls[] = {
    {"memfd_secret", 447, 0},
    {"process_mrelease", 448, 0},
    {"futex_waitv", 449, 0},
    {"set_mempolicy_home_node", 450, 0},
    {"cachestat", 451, 0},
    {"fchmodat2", 452, 0},
    {"map_shadow_stack", 453, 0},
    {"futex_wake", 454, 0},
    {"futex_wait", 455, 0},
    {"futex_requeue", 456, 0},
    {"statmount", 457, 0},
    {"listmount", 458, 0},
    {"lsm_get_self_attr", 459, 0},
    {"lsm_set_self_attr", 460, 0},
    {"lsm_list_modules", 461, 0},
    {"mseal", 462, 0},
    {"setxattrat", 463, 0},
    {"getxattrat", 464, 0},
    {"listxattrat", 465, 0},
    {"removexattrat", 466, 0},
    {"open_tree_attr", 467, 0},
    {"file_getattr", 468, 0},
    {"file_setattr", 469, 0},
    {"listns", 470, 0},
    {"rseq_slice_yield", 471, 0},
    {"uretprobe", 335, SCMP_ARCH_X86_64},
    {"uprobe", 336, SCMP_ARCH_X86_64},
    {"riscv_hwprobe", 258, SCMP_ARCH_RISCV64},
    {"riscv_flush_icache", 259, SCMP_ARCH_RISCV64},
};

uint32_t cm_seccomp_library_arch(size_t i)
{
    static const uint32_t archs[CM_SECCOMP_ARCHS] = {SCMP_ARCH_X86_64, SCMP_ARCH_AARCH64, SCMP_ARCH_RISCV64, SCMP_ARCH_S390X, SCMP_ARCH_PPC64LE};

    return archs[i];
}

static const struct newer_call *find_newer(const char *name)
{
    for (size_t i = 0; i < CM_ARRAY_LEN(newer_calls); i++)
        if (strcmp(newer_calls[i].name, name) == 0)
            return &newer_calls[i];
    return NULL;
}

/* Where socketcall(2) exists, libseccomp resolves names of socket calls to marks that mean both ways to them. */
static int direct_number(uint32_t arch, const char *name)
{
    int found = -1;

    for (int nr = 0; found < 0 && nr < NUMBERS; nr++) {
        char *there = seccomp_syscall_resolve_num_arch(arch, nr);
        if (there && strcmp(there, name) == 0)
            found = nr;
        free(there);
    }
    return found;
}

int cm_seccomp_number(uint32_t arch, const char *name)
{
    int number = seccomp_syscall_resolve_name_arch(arch, name);

    if (number >= 0)
        return number;
    if (number != __NR_SCMP_ERROR)
        return arch == SCMP_ARCH_S390X || arch == SCMP_ARCH_PPC64LE ? direct_number(arch, name) : -1;
    const struct newer_call *call = find_newer(name);
    return call && (call->arch == 0 || call->arch == arch) ? call->number : -1;
}

const char *cm_seccomp_newer(size_t i, uint32_t arch, int *ret_number)
{
    if (i >= CM_ARRAY_LEN(newer_calls))
        return NULL;
    *ret_number = cm_seccomp_number(arch, newer_calls[i].name); /* a newer library knows better */
    return newer_calls[i].name;
}
