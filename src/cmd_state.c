/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* casemate state: the document without a final newline, as runc prints it. The id is hostile; the library checks it. */
#include "cli.h"

int cmd_state(const struct cli_context *context, struct cm_error *err)
{
    CM_AUTO_RUNTIME struct cm_runtime runtime = CLI_RUNTIME_NONE;
    CM_AUTO_STR struct cm_str out = {0};
    int r = cli_open_runtime(context, CLI_LOOK_INTO_STORE, &runtime, err);

    if (r == 0)
        r = cm_state(&runtime, context->args[0], &out, err);
    return r < 0 ? r : cli_print(&out, false, err);
}
