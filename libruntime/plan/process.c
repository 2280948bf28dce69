/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* process: arguments, working directory, terminal, no_new_privs. All of it is the image author's and the pod author's. */
#include "plan/planner.h"

static void check_args(struct cm_planner *p, const struct oci_process *process)
{
    const struct oci_strings *args = &process->args;

    if (args->n == 0 || !args->v[0][0]) {
        cm_refuse(p, CM_CODE_PROCESS, "/process/args", "there is no program to run; set process.args");
        return;
    }
    const char **copy = cm_take(p, args->n + 1, sizeof(*copy));
    for (size_t i = 0; copy && i < args->n; i++)
        copy[i] = args->v[i];
    p->plan->args = copy;
}

/* A directory below one of the plan's mounts is not the rootfs's to provide. */
static bool is_covered(const struct cm_planner *p, const char *path)
{
    for (size_t i = 0; i < p->plan->n_mounts; i++)
        if (cm_path_is_below(path, p->plan->mounts[i].target))
            return true;
    return false;
}

static void check_cwd(struct cm_planner *p, const char *given)
{
    const char *cwd = given && given[0] == '/' ? cm_normalise(p, given) : NULL;

    p->plan->cwd = cwd ? cwd : "/";
    if (!cwd) {
        cm_refuse(p, CM_CODE_CWD, "/process/cwd", "\"%.128s\" must be an absolute path without \"..\" and without components above 255 bytes",
                  given ? given : "");
        return;
    }
    if (cm_path_is_below(cwd, "/proc")) {
        /* magic links there lead to descriptors of ours and out of the container (CVE-2024-21626) */
        cm_refuse(p, CM_CODE_CWD, "/process/cwd", "\"%.128s\" is in procfs; give a directory of the root filesystem", cwd);
        return;
    }
    if (cm_streq(cwd, "/") || is_covered(p, cwd) || p->exec) /* a joining process finds out when it is inside */
        return;
    switch (p->facts->cwd) {
    case CM_TARGET_MISSING:
        p->plan->cwd_missing = true;
        p->plan->root_scratch = true;
        break;
    case CM_TARGET_DIRECTORY:
    case CM_TARGET_COVERED:
        break;
    case CM_TARGET_FILE:
    case CM_TARGET_OTHER:
        cm_refuse(p, CM_CODE_CWD, "/process/cwd", "\"%.128s\" is not a directory", cwd);
        break;
    case CM_TARGET_SYMLINK:
    case CM_TARGET_ERROR:
        cm_refuse(p, CM_CODE_CWD, "/process/cwd", "\"%.128s\" cannot be looked up inside the root filesystem", cwd);
        break;
    }
}

static void check_terminal(struct cm_planner *p, const struct oci_process *process)
{
    p->plan->terminal = process->terminal.set && process->terminal.v;
    if (!p->plan->terminal || !process->console_size_set)
        return; /* a size without a terminal is ignored, says the specification */
    if (process->console_height > UINT16_MAX || process->console_width > UINT16_MAX) {
        cm_refuse(p, CM_CODE_PROCESS, "/process/consoleSize", "no terminal has more than 65535 rows or columns; correct the size");
        return;
    }
    p->plan->console_rows = (uint16_t)process->console_height;
    p->plan->console_columns = (uint16_t)process->console_width;
}

void cm_check_process(struct cm_planner *p)
{
    const struct oci_process *process = p->config->process;

    if (!process) {
        cm_refuse(p, CM_CODE_PROCESS, "/process", "there is no process to run; set process");
        return;
    }
    check_args(p, process);
    check_cwd(p, process->cwd);
    check_terminal(p, process);
    if (!process->no_new_privileges.set || !process->no_new_privileges.v)
        cm_tighten(p, CM_CODE_NNP, process->no_new_privileges.set ? "/process/noNewPrivileges" : "/process",
                   "no_new_privs was turned on; set-id programs gain nothing");
}
