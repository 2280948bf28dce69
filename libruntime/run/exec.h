/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `exec` as its files share it: the parent's list of steps (exec.c), what is asked for (exec_process.c), what is looked at (exec_facts.c), the child (exec_child.c). */
#pragma once

#include "plan/exec.h"
#include "run/launch.h"
#include "state/confinement.h"

struct cm_exec {
    struct cm_launch launch; /* first: a step is handed this */
    struct cm_create_options child_options;
    const struct cm_exec_options *options;
    struct cm_record *record;
    struct cm_confinement *confinement;
    struct oci_process *process;
    uint64_t extra_caps;
    struct cm_exec_request request;
    struct cm_arena arena;
    int init;         /* pidfd of the container's init */
    enum cm_status status;
    bool paused;      /* and --ignore-paused was given */
    int join;         /* CLONE_NEW… of the namespaces that the child joins by it */
    int signals;      /* foreground: signalfd */
};

static inline struct cm_exec *cm_exec_of(struct cm_launch *launch)
{
    return (struct cm_exec *)(void *)launch;
}

/* process.json, or the bundle's process changed by the options. All strings are copies: the command line is wiped before the child is born. */
int cm_exec_process(struct cm_exec *exec, struct cm_error *err) CM_MUST_USE;
/* Init's limits and OOM score, and the host facts that the plan needs. */
int cm_exec_facts(struct cm_exec *exec, struct cm_error *err) CM_MUST_USE;
/* The joining process from its first instruction to execve. */
CM_NORETURN void cm_exec_child_main(struct cm_launch *launch);
