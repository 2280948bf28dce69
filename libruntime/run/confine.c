/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The steps by which a process gives up the host's power: shared by a container's init (run/child.c) and by whoever joins later (run/exec_child.c), so that the
 * second cannot be weaker than the first (I12). From "enter user namespace" on each of them only takes away. Hostile: the rootfs, and from the moment a process
 * is in the pid namespace of a running container, everything in it.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/sys.h"
#include "cred/cred.h"
#include "lsm/lsm.h"
#include "path/procfs.h"
#include "path/rootpath.h"
#include "run/launch.h"
#include "run/test_hooks.h"

static bool parent_is_gone(const struct cm_launch *launch)
{
    struct pollfd hangup = {.fd = launch->sync[1]};

    return poll(&hangup, 1, 0) > 0 && hangup.revents & POLLHUP;
}

int cm_child_die_with_parent(struct cm_launch *launch, struct cm_error *err)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
        return cm_fail_errno(err, errno, NULL, "arming the parent-death signal");
    /* The parent may have died before it was armed. getppid() is 0 across a pid namespace, so ask the socket. */
    if (parent_is_gone(launch))
        _exit(1);
    return 0;
}

int cm_child_oom_score(struct cm_launch *launch, struct cm_error *err)
{
    char path[48], value[16];

    if (!launch->plan->oom_score_adj_set)
        return 0;
    (void)snprintf(path, sizeof(path), "%d/oom_score_adj", (int)launch->pid);
    (void)snprintf(value, sizeof(value), "%d", launch->plan->oom_score_adj);
    int r = cm_procfs_write(launch->runtime->proc, path, value);
    return r < 0 ? cm_fail_errno(err, -r, "/process/oomScoreAdj", "setting oom_score_adj to %s", value) : 0;
}

int cm_child_inherited(struct cm_launch *launch, struct cm_error *err)
{
    if (setsid() < 0) /* SIGCONT and the terminal pass within a session, whatever the ids */
        return cm_fail_errno(err, errno, NULL, "starting a new session");
    long self = cm_procfs_self(launch->runtime->proc);
    if (self < 0)
        return cm_fail_errno(err, (int)-self, NULL, "reading the own process id");
    launch->pid = (pid_t)self;
    int r = cm_cred_reset_inherited(launch->runtime->proc, launch->pid, err);
    if (r == 0 && !cm_test_without("personality"))
        r = cm_cred_reset_personality(err);
    if (r == 0 && !launch->options->no_new_keyring)
        r = cm_label_keys(launch->plan, launch->runtime->proc, err);
    if (r == 0 && !launch->options->no_new_keyring)
        r = cm_cred_new_keyring(err);
    return r;
}

int cm_child_label(struct cm_launch *launch, struct cm_error *err)
{
    return cm_label_set(launch->plan, launch->runtime->proc, err);
}

int cm_child_raise_limits(struct cm_launch *launch, struct cm_error *err)
{
    return cm_cred_raise_rlimits(launch->plan, launch->facts.rlimit_hard, err);
}

int cm_child_hide(struct cm_launch *launch, struct cm_error *err)
{
    (void)launch;
    if (cm_test_without("dumpable")) {
        (void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
        return 0;
    }
    return cm_cred_hide(err);
}

/*
 * A change of credentials clears the parent-death signal and resets dumpable: that of ids, also for file access, and the entry into a user namespace of which
 * root is not the maker, which counts as a gain of capabilities. Both again at once, with nothing in between that can block.
 */
int cm_child_hide_again(struct cm_launch *launch, struct cm_error *err)
{
    int r = cm_child_hide(launch, err);

    return r == 0 ? cm_child_die_with_parent(launch, err) : r;
}

int cm_child_enter_userns(struct cm_launch *launch, struct cm_error *err)
{
    int r = cm_child_hide(launch, err); /* before: from here on the container's root counts as our peer */

    if (r < 0)
        return r;
    if (setns(launch->userns.user, CLONE_NEWUSER) < 0)
        return cm_fail_errno(err, errno, NULL, "entering the container's user namespace");
    r = cm_child_hide_again(launch, err);
    return r == 0 ? cm_cred_keep_caps(err) : r;
}

int cm_child_ids(struct cm_launch *launch, struct cm_error *err)
{
    int r = cm_cred_set_ids(launch->plan, err);

    return r == 0 ? cm_child_hide_again(launch, err) : r;
}

int cm_child_working_directory(struct cm_launch *launch, struct cm_error *err)
{
    char path[PATH_MAX];
    if (strcmp(launch->plan->cwd, "/") == 0)
        return 0; /* where the pivot left us */
    CM_AUTO_CLOSE int slash = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (slash < 0)
        return cm_fail_errno(err, errno, NULL, "opening the container's /");
    /* No magic links: /proc/self/fd/N as a working directory was CVE-2024-21626. */
    CM_AUTO_CLOSE int dir = cm_root_open((struct cm_rootfd){slash}, launch->plan->cwd, O_PATH | O_DIRECTORY, CM_LOOKUP_IN_ROOT);
    if (dir < 0 || fchdir(dir) < 0)
        return cm_fail_errno(err, dir < 0 ? -dir : errno, "/process/cwd", "chdir to cwd (\"%s\") set in config.json failed", launch->plan->cwd);
    /* An unreachable directory reads "(unreachable)…": ERANGE or a path without a leading slash. */
    if (syscall(SYS_getcwd, path, sizeof(path)) < 0 || path[0] != '/')
        return cm_fail(err, EXDEV, "/process/cwd", "the working directory %s lies outside the container's root: possible container breakout detected",
                       launch->plan->cwd);
    return 0;
}

int cm_child_umask(struct cm_launch *launch, struct cm_error *err)
{
    (void)err;
    (void)umask((mode_t)launch->plan->umask);
    return 0;
}

/* Really closed, not only close-on-exec. */
static int close_from(int first, struct cm_error *err)
{
    if (!cm_test_without("closefds") && cm_close_range((unsigned int)first, ~0U, 0) < 0)
        return cm_fail_errno(err, errno, NULL, "closing inherited descriptors");
    return 0;
}

int cm_child_keep(struct cm_launch *launch, int *other, struct cm_error *err)
{
    int to = cm_child_fd_sync(launch), above = to + 2;
    int sync = fcntl(launch->sync[1], F_DUPFD_CLOEXEC, above), copy = *other >= 0 ? fcntl(*other, F_DUPFD_CLOEXEC, above) : CM_FD_NONE;

    if (sync < 0 || (*other >= 0 && copy < 0) || dup3(sync, to, O_CLOEXEC) < 0 || (copy >= 0 && dup3(copy, to + 1, O_CLOEXEC) < 0))
        return cm_fail_errno(err, errno, NULL, "sorting the descriptors");
    launch->sync[1] = to;
    *other = copy >= 0 ? to + 1 : CM_FD_NONE;
    return close_from(to + 1 + (copy >= 0), err);
}

/* Everything of the host goes before anything is looked up for the container: its program, its home. */
int cm_child_descriptors(struct cm_launch *launch, struct cm_error *err)
{
    int r = cm_child_keep(launch, &launch->fifo, err);
    if (r < 0)
        return r;
    launch->root.fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    return launch->root.fd < 0 ? cm_fail_errno(err, errno, NULL, "opening the container's /") : 0;
}

/* Looks into directories that the final user may not enter, so before the capabilities go. */
int cm_child_landlock_rules(struct cm_launch *launch, struct cm_error *err)
{
    if (!launch->plan->landlock)
        return 0;
    launch->landlock = cm_landlock_prepare(launch->plan, launch->root, launch->facts.landlock_abi, err);
    return launch->landlock < 0 ? launch->landlock : 0;
}

int cm_child_capabilities(struct cm_launch *launch, struct cm_error *err)
{
    int r = cm_cred_set_caps(&launch->plan->caps, launch->facts.last_cap, err);

    return r == 0 ? cm_cred_no_new_privs(launch->plan, err) : r;
}

int cm_child_make_environment(struct cm_launch *launch, struct cm_error *err)
{
    launch->env = cm_child_environment(launch->plan, launch->root);
    return launch->env ? 0 : cm_fail_errno(err, ENOMEM, "/process/env", "building the environment");
}

int cm_child_landlock(struct cm_launch *launch, struct cm_error *err)
{
    return launch->plan->landlock ? cm_landlock_enforce(launch->landlock, launch->facts.landlock_abi, err) : 0;
}

int cm_child_descriptors_again(struct cm_launch *launch, struct cm_error *err)
{
    return close_from((launch->fifo >= 0 ? launch->fifo : launch->sync[1]) + 1, err);
}

/* Only lowers: at the end, so that the launch itself is not the slower for it. */
int cm_child_scheduling(struct cm_launch *launch, struct cm_error *err)
{
    return cm_cred_set_scheduling(&launch->plan->scheduling, err);
}

int cm_child_limits(struct cm_launch *launch, struct cm_error *err)
{
    return cm_cred_set_rlimits(launch->plan, err);
}

int cm_child_filters(struct cm_launch *launch, struct cm_error *err)
{
    if (cm_test_without("seccomp"))
        return 0;
    if (launch->has_extra) {
        /* A bundle's filter may forbid prctl(2). All but it is in force by now, and nothing from here to the report can block: a parent that dies meanwhile is
         * noticed there. */
        if (prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0) < 0)
            return cm_fail_errno(err, errno, NULL, "disarming the parent-death signal");
        if (parent_is_gone(launch))
            _exit(1);
    }
    if (cm_test_without("builtin-filter") && launch->has_extra)
        return cm_filter_load(&launch->filter_extra, NULL, &launch->listener, err);
    return cm_filter_load(&launch->filter_ours, launch->has_extra ? &launch->filter_extra : NULL, &launch->listener, err);
}
