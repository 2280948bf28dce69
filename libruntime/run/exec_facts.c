/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a running init has that its exec must not exceed, from the kernel. Hostile: init, which can lower its limits and raise its OOM score, no more. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "path/procfs.h"
#include "run/exec.h"
#include "run/facts.h"

int cm_exec_facts(struct cm_exec *exec, struct cm_error *err)
{
    struct cm_exec_request *request = &exec->request;
    struct cm_facts *facts = &exec->launch.facts;
    const struct cm_runtime *runtime = exec->launch.runtime;
    pid_t init = exec->record->pid;
    char path[32];
    int64_t score = 0;

    cm_facts_host(runtime, exec->process, facts);
    facts->landlock_abi = exec->confinement->landlock_abi; /* the rules are made as init's were */
    request->process = exec->process;
    request->extra_caps = exec->extra_caps;
    request->init = exec->confinement;
    request->bundle = exec->record->bundle;
    request->cgroup = exec->record->cgroup_path;
    int r = cm_facts_limits(runtime->proc, init, request->init_limits);
    if (r == 0)
        r = cm_facts_limits(runtime->proc, runtime->pid, request->own_limits);
    (void)snprintf(path, sizeof(path), "%d/oom_score_adj", (int)init);
    if (r == 0)
        r = cm_facts_number(runtime->proc, path, &score);
    if (r < 0)
        return cm_fail_errno(err, -r, NULL, "reading the limits of the container's init");
    facts->own_oom_score_adj = (int32_t)score;
    for (int i = 0; i < CM_RLIMITS; i++)
        facts->rlimit_hard[i] = request->own_limits[i].hard;
    return 0;
}
