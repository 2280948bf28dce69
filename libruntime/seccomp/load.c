/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Loading the two filters. Runs in the container's process, after the fork, on programs that were compiled before: no allocation, no locks.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "seccomp/rules.h"

void cm_filter_free(struct cm_filter *filter)
{
    free(filter->code);
    *filter = (struct cm_filter){0};
}

/* Whether the filter, once loaded, lets the other one be loaded by the very call that we shall make. */
static bool lets_load(const struct cm_filter *first, const struct cm_filter *second, uint32_t arch, const struct sock_fprog *program)
{
    uint64_t args[6] = {SECCOMP_SET_MODE_FILTER, second->flags, (uint64_t)(uintptr_t)program, 0, 0, 0};
    int nr = arch == CM_AUDIT_ARCH ? SYS_seccomp : cm_seccomp_call(arch, "seccomp");
    uint32_t action = cm_filter_run(first, arch, (uint32_t)nr, args) & SECCOMP_RET_ACTION_FULL;

    return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;
}

uint32_t cm_filter_run_both(const struct cm_filter *ours, const struct cm_filter *extra, uint32_t arch, uint32_t nr, const uint64_t args[6])
{
    uint32_t a = cm_filter_run(ours, arch, nr, args), b = cm_filter_run(extra, arch, nr, args);
    int action_a = (int)(a & SECCOMP_RET_ACTION_FULL), action_b = (int)(b & SECCOMP_RET_ACTION_FULL);

    if (action_a != action_b)
        return action_a < action_b ? a : b;
    return lets_load(ours, extra, arch, NULL) ? b : a;
}

/* With a listener the call returns its descriptor. */
static int load_one(const struct cm_filter *filter, const struct sock_fprog *program, int *ret_listener, struct cm_error *err)
{
    long r = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, (unsigned long)filter->flags, program);

    if (r >= 0 && filter->flags & SECCOMP_FILTER_FLAG_NEW_LISTENER)
        *ret_listener = (int)r;
    if (r >= 0)
        return 0;
    if (filter->flags & SECCOMP_FILTER_FLAG_NEW_LISTENER)
        return cm_fail_errno(err, errno, "/linux/seccomp", "seccomp notify unsupported: load a filter with a listener");
    return cm_fail_errno(err, errno, NULL, "load a system call filter of %u instructions", (unsigned int)filter->size);
}

uint32_t cm_filter_run_native(const struct cm_filter *filter, uint32_t nr, const uint64_t args[6])
{
    return cm_filter_run(filter, CM_AUDIT_ARCH, nr, args);
}

int cm_filter_load(const struct cm_filter *ours, const struct cm_filter *extra, int *ret_listener, struct cm_error *err)
{
    const struct sock_fprog our_program = {.len = ours->size, .filter = ours->code};
    int r;

    *ret_listener = CM_FD_NONE;
    if (!extra)
        return load_one(ours, &our_program, ret_listener, err);

    const struct sock_fprog extra_program = {.len = extra->size, .filter = extra->code};
    if (lets_load(ours, extra, CM_AUDIT_ARCH, &extra_program)) {
        r = load_one(ours, &our_program, ret_listener, err);
        return r < 0 ? r : load_one(extra, &extra_program, ret_listener, err);
    }
    if (lets_load(extra, ours, CM_AUDIT_ARCH, &our_program)) {
        r = load_one(extra, &extra_program, ret_listener, err);
        return r < 0 ? r : load_one(ours, &our_program, ret_listener, err);
    }
    return cm_fail(err, EPERM, "/linux/seccomp",
                   "neither the built-in filter nor the bundle's allows seccomp(2), so the second of the two cannot be loaded: "
                   "add seccomp to the allowed names");
}
