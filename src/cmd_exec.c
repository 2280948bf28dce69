/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* casemate exec. Everything on the command line is hostile; the library checks it. */
#include "cli.h"

static struct oci_strings strings(const struct cli_strings *list)
{
    return (struct oci_strings){list->n > 0, list->n, list->v};
}

int cmd_exec(const struct cli_context *context, struct cm_error *err)
{
    CM_AUTO_RUNTIME struct cm_runtime runtime = CLI_RUNTIME_NONE;
    const struct cli_values *values = context->values;
    struct cm_exec_options options = {
        .id = context->args[0],
        .process_file = values->process,
        .args = {context->n_args > 1, context->n_args - 1, (const char **)(uintptr_t)(context->args + 1)},
        .env = strings(&values->env),
        .caps = strings(&values->caps),
        .additional_gids = strings(&values->additional_gids),
        .cgroups = strings(&values->cgroups),
        .cwd = values->cwd,
        .user = values->user,
        .apparmor = values->apparmor,
        .process_label = values->process_label,
        .tty = values->tty,
        .no_new_privs = values->no_new_privs,
        .detach = values->detach,
        .ignore_paused = values->ignore_paused,
        .pid_file = values->pid_file,
        .console_socket = values->console_socket,
        .pidfd_socket = values->pidfd_socket,
        .preserve_fds = values->preserve_fds,
        .argv = context->argv,
        .owns_process = true,
    };
    int status = 0;
    int r = cli_open_runtime(context, CLI_NEED_STORE, &runtime, err);

    if (r == 0)
        r = cm_exec(&runtime, &options, &status, err);
    return r < 0 ? r : status;
}
