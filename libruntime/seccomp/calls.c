/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names of the native architecture's system calls, as a table made at build time (tools/seccomp-compile.c). libseccomp's own tables of twenty architectures
 * would be most of this program, and have to be relocated at each start. Names are hostile; they are only compared.
 */
#include <string.h>

#include "base/macros.h"
#include "seccomp/rules.h"
#include "seccomp/seccomp-calls.h"

int cm_seccomp_call(const char *name)
{
    size_t low = 0, high = CM_ARRAY_LEN(calls);

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(call_names + calls[middle].name, name);
        if (order == 0)
            return calls[middle].number;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return -1;
}
