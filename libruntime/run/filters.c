/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The step that makes the system call filters. Hostile: the bundle's profile, which must not stop its container half way. */
#include <errno.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>

#include "run/filters.h"
#include "run/launch.h"

/* What the container's process still does behind a bundle's filter; with anything else than an allow it would fail, or worse, wait for ever. */
static int check_needs(const struct cm_filter *filter, bool runs_hooks, struct cm_error *err)
{
    static const struct {
        uint32_t nr;
        const char *name;
        bool hooks; /* only to run startContainer hooks (run/hook.c) */
    } needs[] = {
        {SYS_read, "read", false},
        {SYS_write, "write", false},
        {SYS_execve, "execve", false},
        {SYS_clone, "clone", true},
        {SYS_close, "close", true},
        {SYS_close_range, "close_range", true},
        {SYS_dup3, "dup3", true},
        {SYS_exit_group, "exit_group", true},
        {SYS_fcntl, "fcntl", true},
        {SYS_pipe2, "pipe2", true},
#ifdef SYS_poll
        {SYS_poll, "poll", true},
        {SYS_dup2, "dup2", true},
#else
        {SYS_ppoll, "ppoll", true},
#endif
        {SYS_rt_sigprocmask, "rt_sigprocmask", true},
        {SYS_setsid, "setsid", true},
        {SYS_waitid, "waitid", true},
    };
    static const uint64_t no_arguments[6];

    for (size_t i = 0; i < CM_ARRAY_LEN(needs); i++) {
        if (needs[i].hooks && !runs_hooks)
            continue;
        uint32_t action = cm_filter_run_native(filter, needs[i].nr, no_arguments) & SECCOMP_RET_ACTION_FULL;
        if (action != SECCOMP_RET_ALLOW && action != SECCOMP_RET_LOG)
            return cm_fail(err, EINVAL, "/linux/seccomp", "the profile must allow %s, without which no container%s can start; add it to the allowed names",
                           needs[i].name, needs[i].hooks ? " with startContainer hooks" : "");
    }
    return 0;
}

int cm_bundle_filter(const struct cm_plan *plan, struct cm_filter *ret, struct cm_error *err)
{
    int r = cm_filter_from_config(plan->seccomp_extra, ret, err);

    return r < 0 ? r : check_needs(ret, plan->hooks->n[OCI_HOOK_START_CONTAINER] > 0, err);
}

int cm_launch_filters(struct cm_launch *launch, struct cm_error *err)
{
    int r = cm_filter_builtin(launch->plan->seccomp_profile, &launch->filter_ours, err);

    if (r == 0 && launch->plan->seccomp_log)
        launch->filter_ours.flags |= SECCOMP_FILTER_FLAG_LOG;
    if (r < 0 || !launch->plan->seccomp_extra)
        return r;
    launch->has_extra = true;
    r = cm_bundle_filter(launch->plan, &launch->filter_extra, err);
    return r < 0 ? r : cm_launch_connect_agent(launch, err);
}
