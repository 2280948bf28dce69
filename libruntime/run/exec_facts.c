/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a running init has that its exec must not exceed, from the kernel. Hostile: init, which can lower its limits and raise its OOM score, no more. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "path/procfs.h"
#include "run/exec.h"
#include "run/facts.h"

#define LIMITS_NAME_WIDTH 26

static const char *read_value(const char *text, uint64_t *ret)
{
    char digits[24] = {0};
    size_t size = strcspn(text, " \n");

    memcpy(digits, text, CM_MIN(size, sizeof(digits) - 1));
    if (cm_streq(digits, "unlimited"))
        *ret = UINT64_MAX; /* RLIM64_INFINITY */
    else if (size >= sizeof(digits) || cm_parse_u64(digits, ret) < 0)
        return NULL;
    return text + size + strspn(text + size, " ");
}

/* A heading, then one line for every resource in the order of their numbers (fs/proc/base.c, proc_pid_limits). */
static int read_limits(int proc, pid_t pid, struct cm_limit_pair ret[CM_RLIMITS])
{
    char path[32], text[4096];

    (void)snprintf(path, sizeof(path), "%d/limits", (int)pid);
    int r = cm_procfs_read_value(proc, path, text, sizeof(text));
    const char *line = text;
    for (int i = 0; r >= 0 && i < CM_RLIMITS; i++) {
        line = strchr(line, '\n');
        if (!line || strlen(++line) < LIMITS_NAME_WIDTH)
            return -EPROTO;
        const char *next = read_value(line + LIMITS_NAME_WIDTH, &ret[i].soft);
        if (!next || !read_value(next, &ret[i].hard))
            return -EPROTO;
    }
    return r < 0 ? r : 0;
}

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
    int r = read_limits(runtime->proc, init, request->init_limits);
    if (r == 0)
        r = read_limits(runtime->proc, runtime->pid, request->own_limits);
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
