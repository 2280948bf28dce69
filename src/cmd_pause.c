/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* casemate pause and resume. The id is hostile; the library checks it. */
#include "cli.h"

int cmd_pause(const struct cli_context *context, struct cm_error *err)
{
    CM_AUTO_RUNTIME struct cm_runtime runtime = CLI_RUNTIME_NONE;
    int r = cli_open_runtime(context, CLI_LOOK_INTO_STORE, &runtime, err);

    return r < 0 ? r : cm_pause(&runtime, context->args[0], err);
}

int cmd_resume(const struct cli_context *context, struct cm_error *err)
{
    CM_AUTO_RUNTIME struct cm_runtime runtime = CLI_RUNTIME_NONE;
    int r = cli_open_runtime(context, CLI_LOOK_INTO_STORE, &runtime, err);

    return r < 0 ? r : cm_resume(&runtime, context->args[0], err);
}
