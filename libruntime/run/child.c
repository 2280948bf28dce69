/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The container's process, from clone3 to execve, as one list. Until "enter user namespace" it works with the privileges of the host (rootless: of the outer
 * namespace) on a hostile rootfs, so it touches it by descriptor only; from there on it only loses. Nothing it does is undone by it: on any failure it reports
 * and exits, and the pid namespace, mounts and network vanish with it.
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
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/io.h"
#include "base/sys.h"
#include "cred/cred.h"
#include "lsm/lsm.h"
#include "ns/network.h"
#include "path/procfs.h"
#include "path/rootpath.h"
#include "run/launch.h"
#include "run/test_hooks.h"

/* Descriptors that are open while the process waits at the barrier. */
#define FD_SYNC 3
#define FD_FIFO 4

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

static int step_inherited(struct cm_launch *launch, struct cm_error *err)
{
    if (setsid() < 0) /* SIGCONT and the terminal pass within a session, whatever the ids */
        return cm_fail_errno(err, errno, NULL, "starting a new session");
    long self = cm_procfs_self(launch->runtime->proc);
    if (self < 0)
        return cm_fail_errno(err, (int)-self, NULL, "reading the own process id");
    launch->pid = (pid_t)self;
    int r = cm_cred_reset_inherited(launch->runtime->proc, launch->pid, err);
    if (r == 0 && !launch->options->no_new_keyring)
        r = cm_cred_new_keyring(launch->options->id, err);
    return r;
}

static int step_oom_score(struct cm_launch *launch, struct cm_error *err)
{
    char path[48], value[16];

    if (!launch->plan->oom_score_adj_set)
        return 0;
    (void)snprintf(path, sizeof(path), "%d/oom_score_adj", (int)launch->pid);
    (void)snprintf(value, sizeof(value), "%d", launch->plan->oom_score_adj);
    int r = cm_procfs_write(launch->runtime->proc, path, value);
    return r < 0 ? cm_fail_errno(err, -r, "/process/oomScoreAdj", "setting oom_score_adj to %s", value) : 0;
}

/* Born in the right cgroup: its own cgroup namespace must show it at the root, else it would see (and be counted in) something else (CVE-2025-47291). */
static int step_verify_cgroup(struct cm_launch *launch, struct cm_error *err)
{
    CM_AUTO_FREE char *path = NULL;
    char pid[16];

    if (launch->cgroup.fd < 0)
        return 0;
    (void)snprintf(pid, sizeof(pid), "%d", (int)launch->pid);
    int r = cm_cgroup_of(launch->runtime->proc, pid, &path);
    if (r < 0)
        return cm_fail_errno(err, -r, NULL, "reading the own cgroup");
    return strcmp(path, "/") == 0 ? 0 : cm_fail(err, EXDEV, "/linux/cgroupsPath", "the container's process is in cgroup %s instead of its own", path);
}

static int step_private_mounts(struct cm_launch *launch, struct cm_error *err)
{
    (void)launch;
    return cm_tree_detach_from_host(err);
}

static int step_network(struct cm_launch *launch, struct cm_error *err)
{
    if (setns(launch->userns.net, CLONE_NEWNET) < 0)
        return cm_fail_errno(err, errno, "/linux/namespaces", "joining the network namespace");
    return launch->plan->new_network ? cm_network_loopback_up(err) : 0;
}

static int step_attach_root(struct cm_launch *launch, struct cm_error *err)
{
    int r = cm_tree_attach_root(&launch->tree, err);

    if (r == 0 && cm_test_without("readonly")) {
        struct mount_attr attr = {.attr_clr = MOUNT_ATTR_RDONLY};
        (void)cm_mount_setattr(launch->tree.root.fd, "", AT_EMPTY_PATH, &attr);
    }
    return r;
}

static int step_mounts(struct cm_launch *launch, struct cm_error *err)
{
    return cm_tree_mount_all(&launch->tree, err);
}

static int step_cwd_made(struct cm_launch *launch, struct cm_error *err)
{
    return cm_tree_make_cwd(&launch->tree, err);
}

static int step_masks(struct cm_launch *launch, struct cm_error *err)
{
    return cm_tree_mask(&launch->tree, err);
}

static int step_pivot(struct cm_launch *launch, struct cm_error *err)
{
    return cm_tree_pivot(&launch->tree, err);
}

static int step_names(struct cm_launch *launch, struct cm_error *err)
{
    const struct cm_plan *plan = launch->plan;

    if (plan->hostname && sethostname(plan->hostname, strlen(plan->hostname)) < 0)
        return cm_fail_errno(err, errno, "/hostname", "setting the host name");
    if (plan->domainname && setdomainname(plan->domainname, strlen(plan->domainname)) < 0)
        return cm_fail_errno(err, errno, "/domainname", "setting the domain name");
    return 0;
}

/* ipc and net tables are those of the writer's namespaces, whichever procfs the file is opened in. */
static int step_sysctls(struct cm_launch *launch, struct cm_error *err)
{
    for (size_t i = 0; i < launch->plan->n_sysctls; i++) {
        const struct cm_plan_sysctl *s = &launch->plan->sysctls[i];
        char path[256];
        int n = snprintf(path, sizeof(path), "sys/%s", s->path);
        int r = n < 0 || (size_t)n >= sizeof(path) ? -ENAMETOOLONG : cm_procfs_write(launch->runtime->proc, path, s->value);
        if (r < 0)
            return cm_fail_errno(err, -r, s->field, "setting the sysctl %s", s->path);
    }
    return 0;
}

static int step_label(struct cm_launch *launch, struct cm_error *err)
{
    return cm_label_set(launch->plan, launch->runtime->proc, err);
}

static int step_raise_limits(struct cm_launch *launch, struct cm_error *err)
{
    return cm_cred_raise_rlimits(launch->plan, launch->facts.rlimit_hard, err);
}

/*
 * What the caller gives as standard streams is handed on, except what would be a door to the host: a directory, and the host's null device, which is replaced
 * by ours. Before the pivot, so that our /dev is found by descriptor.
 */
static bool is_harmless_memory_device(unsigned int number)
{
    return number == 3 || number == 5 || number == 7 || number == 8 || number == 9; /* null, zero, full, random, urandom; not mem, port or kmsg */
}

static int step_stdio(struct cm_launch *launch, struct cm_error *err)
{
    for (int fd = 0; fd <= 2; fd++) {
        struct stat st;
        if (fstat(fd, &st) < 0 || S_ISDIR(st.st_mode) || S_ISBLK(st.st_mode) || S_ISLNK(st.st_mode))
            return cm_fail(err, EBADF, NULL, "descriptor %d is a directory or block device of the host, which a container must not hold; redirect it", fd);
        if (!S_ISCHR(st.st_mode) || isatty(fd))
            continue;
        if (major(st.st_rdev) != 1 || !is_harmless_memory_device(minor(st.st_rdev)))
            return cm_fail(err, EBADF, NULL, "descriptor %d is the character device %u:%u of the host, which a container must not hold; redirect it", fd,
                           major(st.st_rdev), minor(st.st_rdev));
        if (st.st_rdev != makedev(1, 3))
            continue;
        CM_AUTO_CLOSE int ours = cm_root_open(launch->tree.own_dev, "null", O_RDWR, CM_LOOKUP_PLAIN);
        if (ours < 0 || dup2(ours, fd) < 0)
            return cm_fail_errno(err, ours < 0 ? -ours : errno, NULL, "reopening /dev/null as descriptor %d", fd);
    }
    return 0;
}

static int step_enter_userns(struct cm_launch *launch, struct cm_error *err)
{
    int r = cm_cred_hide(err); /* before: from here on the container's root counts as our peer */

    if (r < 0)
        return r;
    if (setns(launch->userns.user, CLONE_NEWUSER) < 0)
        return cm_fail_errno(err, errno, NULL, "entering the container's user namespace");
    return cm_cred_keep_caps(err);
}

/* The id change clears the parent-death signal and resets dumpable: both again at once, with nothing in between that can block. */
static int step_ids(struct cm_launch *launch, struct cm_error *err)
{
    int r = cm_cred_set_ids(launch->plan, err);

    if (r == 0)
        r = cm_cred_hide(err);
    return r == 0 ? cm_child_die_with_parent(launch, err) : r;
}

static int step_no_nesting(struct cm_launch *launch, struct cm_error *err)
{
    return cm_test_without("ucounts") ? 0 : cm_cred_forbid_nesting(launch->runtime->proc, err);
}

static int step_working_directory(struct cm_launch *launch, struct cm_error *err)
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

static int step_umask(struct cm_launch *launch, struct cm_error *err)
{
    (void)err;
    (void)umask((mode_t)launch->plan->umask);
    return 0;
}

static int step_capabilities(struct cm_launch *launch, struct cm_error *err)
{
    int r = cm_cred_set_caps(&launch->plan->caps, launch->facts.last_cap, err);

    return r == 0 ? cm_cred_no_new_privs(launch->plan, err) : r;
}

/* Looks into directories that the final user may not enter, so before the capabilities go. */
static int step_landlock_rules(struct cm_launch *launch, struct cm_error *err)
{
    if (!launch->plan->landlock)
        return 0;
    launch->landlock = cm_landlock_prepare(launch->plan, launch->root, launch->facts.landlock_abi, err);
    return launch->landlock < 0 ? launch->landlock : 0;
}

static int step_landlock(struct cm_launch *launch, struct cm_error *err)
{
    return launch->plan->landlock ? cm_landlock_enforce(launch->landlock, err) : 0;
}

/* Only stdio, the socket and the barrier stay open; really closed, not only close-on-exec. */
static int close_the_rest(struct cm_launch *launch, struct cm_error *err)
{
    if (!cm_test_without("closefds") && cm_close_range(launch->fifo >= 0 ? FD_FIFO + 1 : FD_SYNC + 1, ~0U, 0) < 0)
        return cm_fail_errno(err, errno, NULL, "closing inherited descriptors");
    return 0;
}

/* Everything of the host goes before anything is looked up for the container: its program, its home. */
static int step_descriptors(struct cm_launch *launch, struct cm_error *err)
{
    int sync = fcntl(launch->sync[1], F_DUPFD_CLOEXEC, 16), fifo = launch->fifo >= 0 ? fcntl(launch->fifo, F_DUPFD_CLOEXEC, 16) : CM_FD_NONE;

    if (sync < 0 || (launch->fifo >= 0 && fifo < 0) || dup3(sync, FD_SYNC, O_CLOEXEC) < 0 || (fifo >= 0 && dup3(fifo, FD_FIFO, O_CLOEXEC) < 0))
        return cm_fail_errno(err, errno, NULL, "sorting the descriptors");
    launch->sync[1] = FD_SYNC;
    launch->fifo = fifo >= 0 ? FD_FIFO : CM_FD_NONE;
    int r = close_the_rest(launch, err);
    if (r < 0)
        return r;
    launch->root.fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    return launch->root.fd < 0 ? cm_fail_errno(err, errno, NULL, "opening the container's /") : 0;
}

static int step_environment(struct cm_launch *launch, struct cm_error *err)
{
    launch->env = cm_child_environment(launch->plan, launch->root);
    return launch->env ? 0 : cm_fail_errno(err, ENOMEM, "/process/env", "building the environment");
}

static int step_descriptors_again(struct cm_launch *launch, struct cm_error *err)
{
    return close_the_rest(launch, err);
}

static int step_limits(struct cm_launch *launch, struct cm_error *err)
{
    return cm_cred_set_rlimits(launch->plan, err);
}

static int step_filters(struct cm_launch *launch, struct cm_error *err)
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
    return cm_filter_load(&launch->filter_ours, launch->has_extra ? &launch->filter_extra : NULL, err);
}

/* The container's side of the launch. */
static const struct cm_step child_steps[] = {
    {"child-parent-death", cm_child_die_with_parent},
    {"child-inherited", step_inherited}, /* signals, session, keyring, CPU affinity of the caller */
    {"child-oom-score", step_oom_score},
    {"child-cgroup", step_verify_cgroup},
    {"child-private-mounts", step_private_mounts},
    {"child-network", step_network},
    {"child-attach-root", step_attach_root},
    {"child-mounts", step_mounts}, /* ours: /proc, /dev, /sys, …; the config's */
    {"child-make-cwd", step_cwd_made},
    {"child-masks", step_masks},
    {"child-stdio", step_stdio},
    {"child-pivot", step_pivot}, /* the host's tree is gone */
    {"child-names", step_names},
    {"child-sysctls", step_sysctls},
    {"child-label", step_label},
    {"child-raise-limits", step_raise_limits},
    {"child-enter-userns", step_enter_userns}, /* no power over anything made so far from here on */
    {"child-ids", step_ids},
    {"child-no-nesting", step_no_nesting},
    {"child-cwd", step_working_directory},
    {"child-umask", step_umask},
    {"child-descriptors", step_descriptors}, /* nothing of the host is open any more */
    {"child-landlock-rules", step_landlock_rules},
    {"child-capabilities", step_capabilities}, /* and no_new_privs */
    {"child-program", cm_child_find_program},  /* as the final user: errors belong to create */
    {"child-environment", step_environment},
    {"child-landlock", step_landlock},
    {"child-descriptors-again", step_descriptors_again},
    {"child-limits", step_limits},
    {"child-filters", step_filters},
};

/* The calls that a waiting process still makes. No retry after EINTR anywhere here: without signal handlers only a bundle's filter can say so. */
static void report(int sync, const struct cm_error *err, int errnum)
{
    struct cm_child_report message = {.errnum = errnum};

    if (errnum != 0) {
        (void)snprintf(message.field, sizeof(message.field), "%s", err->field);
        (void)snprintf(message.message, sizeof(message.message), "%.2000s", err->message);
    }
    /* write, not send: the filters of a bundle may allow no socket calls. A dead parent: SIGPIPE or EPIPE, and we exit either way. */
    if (write(sync, &message, sizeof(message)) != (ssize_t)sizeof(message))
        _exit(1);
}

/* Blocks until `start` writes its byte. The FIFO is open for reading and writing here, so there is no end of file to mistake for it. */
static void wait_for_start(int fifo)
{
    char byte;

    if (read(fifo, &byte, 1) != 1)
        _exit(1);
}

/* /proc/PID/cmdline is world-readable, also for whoever shares the pid namespace. The id and paths in it have been used by now. */
static void wipe_arguments(char *const *argv)
{
    for (; argv && *argv; argv++)
        memset(*argv, 0, strlen(*argv));
}

static void wait_for_parent(struct cm_launch *launch)
{
    char go = 0;

    if (read(launch->sync[1], &go, 1) != 1 || (go != CM_GO_WAIT && go != CM_GO_RUN)) /* the parent is gone or gave up */
        _exit(1);
    /* From here on the parent's end is not ours any more; it waits for this byte before it may exit. With a bundle's filter the signal is disarmed already. */
    if ((!launch->has_extra && prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0) < 0) || write(launch->sync[1], &go, 1) != 1)
        _exit(1);
    if (go == CM_GO_WAIT)
        wait_for_start(launch->fifo);
}

void cm_child_main(struct cm_launch *launch)
{
    static struct cm_error err;

    cm_error_init(&err);
    cm_close_later();
    int r = cm_steps_run(child_steps, CM_ARRAY_LEN(child_steps), launch, &err);
    if (r < 0) {
        report(launch->sync[1], &err, -r);
        _exit(1);
    }
    wipe_arguments(launch->options->argv);
    report(launch->sync[1], &err, 0);
    wait_for_parent(launch);
    (void)execve(cm_child_program(), (char *const *)(uintptr_t)launch->plan->args, launch->env);
    dprintf(2, "exec %s: %s\n", cm_child_program(), strerror(errno));
    _exit(255);
}
