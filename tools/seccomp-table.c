/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Prints what a built-in profile answers to each system call number with all arguments zero, one "NUMBER ACTION ERRNO" a line:
 * ACTION is allow, errno, kill or other; ERRNO is 0 but for errno. Tests compare it with what the kernel does.
 */
#include <stdio.h>

#include "seccomp/rules.h"

#define NUMBERS 1024

int main(int argc, char **argv)
{
    static const uint64_t zeros[6];
    struct cm_error err;
    CM_AUTO_FILTER struct cm_filter filter = {0};

    cm_error_init(&err);
    if (argc != 2) {
        (void)fprintf(stderr, "usage: seccomp-table PROFILE\n");
        return 2;
    }
    if (cm_filter_builtin(argv[1], &filter, &err) < 0) {
        (void)fprintf(stderr, "seccomp-table: %s\n", err.message);
        return 1;
    }
    for (uint32_t nr = 0; nr < NUMBERS; nr++) {
        uint32_t answer = cm_filter_run(&filter, CM_AUDIT_ARCH, nr, zeros), action = answer & SECCOMP_RET_ACTION_FULL;
        const char *word = action == SECCOMP_RET_ALLOW          ? "allow"
                           : action == SECCOMP_RET_ERRNO        ? "errno"
                           : action == SECCOMP_RET_KILL_PROCESS ? "kill"
                                                                : "other";
        printf("%u %s %u\n", nr, word, action == SECCOMP_RET_ERRNO ? answer & SECCOMP_RET_DATA : 0);
    }
    return fflush(stdout) == 0 ? 0 : 1;
}
