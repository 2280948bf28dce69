/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* casemate checkpoint and restore: refused, in words that an engine can pass on. The id is hostile; the library checks it. */
#include "cli.h"

#include "run/look.h"

int cmd_checkpoint(const struct cli_context *context, struct cm_error *err)
{
    CM_AUTO_RUNTIME struct cm_runtime runtime = CLI_RUNTIME_NONE;
    CM_AUTO_ENTRY struct cm_entry entry = CM_ENTRY_NONE;
    int r = cli_open_runtime(context, CLI_LOOK_INTO_STORE, &runtime, err);

    if (r == 0) /* an unknown container is an unknown container first */
        r = cm_look_open(&runtime, context->args[0], false, &entry, err);
    return r < 0 ? r : cm_plan_refuse_checkpoint("checkpoint this container", err);
}

int cmd_restore(const struct cli_context *context, struct cm_error *err)
{
    int r = cm_id_check(context->args[0], err);

    return r < 0 ? r : cm_plan_refuse_checkpoint("restore a container", err);
}
