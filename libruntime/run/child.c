/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The container's process, from clone3 to execve, as one list. Until "enter user namespace" it works with the privileges of the host (rootless: of the outer
 * namespace) on a hostile rootfs, so it touches it by descriptor only; from there on it only loses. Nothing it does is undone by it: on any failure it reports
 * and exits, and the pid namespace, mounts and network vanish with it.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/sys.h"
#include "cred/cred.h"
#include "ns/identity.h"
#include "ns/network.h"
#include "path/procfs.h"
#include "run/launch.h"
#include "run/test_hooks.h"

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

/* The pid namespace is the one that it was born in. */
static int step_join(struct cm_launch *launch, struct cm_error *err)
{
    static const enum oci_namespace_type types[] = {OCI_NS_IPC, OCI_NS_UTS};

    for (size_t i = 0; i < CM_ARRAY_LEN(types); i++)
        if (launch->joined[types[i]] >= 0 && setns(launch->joined[types[i]], (int)cm_ns_clone_flag(types[i])) < 0)
            return cm_fail_errno(err, errno, "/linux/namespaces", "joining the %s namespace", oci_namespace_word(types[i]));
    return 0;
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

static int after_acting(struct cm_launch *launch, int r, struct cm_error *err)
{
    bool acted = launch->tree.acted;

    launch->tree.acted = false;
    return r == 0 && acted ? cm_child_hide_again(launch, err) : r;
}

static int step_mounts(struct cm_launch *launch, struct cm_error *err)
{
    return after_acting(launch, cm_tree_mount_all(&launch->tree, err), err);
}

static int step_cwd_made(struct cm_launch *launch, struct cm_error *err)
{
    return after_acting(launch, cm_tree_make_cwd(&launch->tree, err), err);
}

static int step_masks(struct cm_launch *launch, struct cm_error *err)
{
    return cm_tree_mask(&launch->tree, err);
}

static int step_console(struct cm_launch *launch, struct cm_error *err)
{
    return launch->plan->terminal ? cm_tree_bind_console(&launch->tree, STDIN_FILENO, err) : 0;
}

static int step_pivot(struct cm_launch *launch, struct cm_error *err)
{
    return cm_tree_pivot(&launch->tree, err);
}

static int step_names(struct cm_launch *launch, struct cm_error *err)
{
    const struct cm_plan *plan = launch->plan;

    if (plan->join[OCI_NS_UTS].path)
        return 0; /* the pod has its name */
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

static int step_no_nesting(struct cm_launch *launch, struct cm_error *err)
{
    return cm_test_without("ucounts") ? 0 : cm_cred_forbid_nesting(launch->runtime->proc, err);
}

/* The container's side of the launch. */
static const struct cm_step child_steps[] = {
    {"child-parent-death", cm_child_die_with_parent},
    {"child-inherited", cm_child_inherited}, /* signals, session, keyring, CPU affinity of the caller */
    {"child-oom-score", cm_child_oom_score},
    {"child-cgroup", step_verify_cgroup},
    {"child-private-mounts", step_private_mounts},
    {"child-join", step_join}, /* of the pod */
    {"child-network", step_network},
    {"child-attach-root", step_attach_root},
    {"child-mounts", step_mounts}, /* ours: /proc, /dev, /sys, …; the config's */
    {"child-make-cwd", step_cwd_made},
    {"child-masks", step_masks},
    {"child-stdio", cm_child_stdio}, /* the caller's, or a terminal of the container's own */
    {"child-console", step_console},
    {"child-hooks", cm_child_container_hooks}, /* the host's tree is there for the last time */
    {"child-pivot", step_pivot},               /* the host's tree is gone */
    {"child-names", step_names},
    {"child-sysctls", step_sysctls},
    {"child-label", cm_child_label},
    {"child-raise-limits", cm_child_raise_limits},
    {"child-enter-userns", cm_child_enter_userns}, /* no power over anything made so far from here on */
    {"child-ids", cm_child_ids},
    {"child-no-nesting", step_no_nesting},
    {"child-cwd", cm_child_working_directory},
    {"child-umask", cm_child_umask},
    {"child-descriptors", cm_child_descriptors}, /* nothing of the host is open any more */
    {"child-landlock-rules", cm_child_landlock_rules},
    {"child-capabilities", cm_child_capabilities}, /* and no_new_privs */
    {"child-program", cm_child_find_program},      /* as the final user: errors belong to create */
    {"child-start-hooks", cm_child_find_start_hooks},
    {"child-environment", cm_child_make_environment},
    {"child-landlock", cm_child_landlock},
    {"child-descriptors-again", cm_child_descriptors_again},
    {"child-scheduling", cm_child_scheduling},
    {"child-limits", cm_child_limits},
    {"child-filters", cm_child_filters},
};

void cm_child_main(struct cm_launch *launch)
{
    cm_child_become(launch, child_steps, CM_ARRAY_LEN(child_steps));
}
