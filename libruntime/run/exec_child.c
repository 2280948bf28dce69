/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The process that joins a container, from clone3 to execve, as one list. It is seen by the container from its birth on, since it is born in its pid namespace;
 * what keeps it out of reach is that it is not dumpable, and that until it enters the user namespace it is the host's. Its command line was wiped before.
 * From that entry on it takes init's steps (run/confine.c). Hostile: every process of the container.
 */
#include <errno.h>
#include <sched.h>

#include "cred/cred.h"
#include "run/exec.h"

static int step_affinity_initial(struct cm_launch *launch, struct cm_error *err)
{
    return cm_cred_set_affinity(launch->plan->cpus_initial, "/process/execCPUAffinity/initial", err);
}

static int step_affinity_final(struct cm_launch *launch, struct cm_error *err)
{
    return cm_cred_set_affinity(launch->plan->cpus_final, "/process/execCPUAffinity/final", err);
}

/* All but the pid namespace, which we were born in, and the user namespace, which comes last. */
static int step_join(struct cm_launch *launch, struct cm_error *err)
{
    const struct cm_exec *exec = cm_exec_of(launch);

    if (setns(exec->init, exec->join) < 0)
        return cm_fail_errno(err, errno, NULL, "joining the container's namespaces");
    return 0;
}

/* Only what is still needed goes with us to where the container's root counts as a peer: the socket, and the user namespace that we are about to enter. */
static int step_descriptors(struct cm_launch *launch, struct cm_error *err)
{
    return cm_child_keep(launch, &launch->userns.user, err);
}

static const struct cm_step child_steps[] = {
    {"join-hide", cm_child_hide}, /* inherited from the parent, but everything here depends on it */
    {"join-parent-death", cm_child_die_with_parent},
    {"join-inherited", cm_child_inherited}, /* signals, session, keyring, CPU affinity of the caller */
    {"join-affinity-initial", step_affinity_initial},
    {"join-oom-score", cm_child_oom_score},
    {"join-label", cm_child_label},
    {"join-raise-limits", cm_child_raise_limits},
    {"join-namespaces", step_join}, /* the host's tree is gone */
    {"join-affinity-final", step_affinity_final},
    {"join-stdio", cm_child_stdio},
    {"join-host-descriptors", step_descriptors},  /* nothing of the host is open any more but the way into the user namespace */
    {"join-enter-userns", cm_child_enter_userns}, /* a peer of the container's root from here on */
    {"join-ids", cm_child_ids},
    {"join-descriptors", cm_child_descriptors},
    {"join-cwd", cm_child_working_directory},
    {"join-umask", cm_child_umask},
    {"join-landlock-rules", cm_child_landlock_rules},
    {"join-capabilities", cm_child_capabilities}, /* and no_new_privs */
    {"join-program", cm_child_find_program},
    {"join-environment", cm_child_make_environment},
    {"join-landlock", cm_child_landlock},
    {"join-descriptors-again", cm_child_descriptors_again},
    {"join-scheduling", cm_child_scheduling},
    {"join-limits", cm_child_limits},
    {"join-filters", cm_child_filters},
};

void cm_exec_child_main(struct cm_launch *launch)
{
    cm_child_become(launch, child_steps, CM_ARRAY_LEN(child_steps));
}
