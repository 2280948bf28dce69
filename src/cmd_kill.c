/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* casemate kill. Id and signal are hostile. */
#include "cli.h"

#include <signal.h>

#include "signals.h"

int cmd_kill(const struct cli_context *context, struct cm_error *err)
{
    CM_AUTO_RUNTIME struct cm_runtime runtime = CLI_RUNTIME_NONE;
    int number = SIGTERM;
    int r = context->n_args > 1 ? cli_signal_parse(context->args[1], &number, err) : 0;

    if (r == 0)
        r = cli_open_runtime(context, CLI_LOOK_INTO_STORE, &runtime, err);
    return r < 0 ? r : cm_kill(&runtime, context->args[0], number, context->values->all, err);
}
