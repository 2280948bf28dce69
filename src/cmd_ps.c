/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* casemate ps. The id is hostile; the words after it are the caller's, for the caller's own ps. */
#include "cli.h"

#include <errno.h>
#include <string.h>

int cmd_ps(const struct cli_context *context, struct cm_error *err)
{
    CM_AUTO_RUNTIME struct cm_runtime runtime = CLI_RUNTIME_NONE;
    CM_AUTO_STR struct cm_str out = {0};
    const char *word = context->values->format ? context->values->format : "table";
    bool json = strcmp(word, "json") == 0;

    if (!json && strcmp(word, "table") != 0)
        return cm_fail(err, EINVAL, NULL, "invalid format option \"%s\": use table or json", word);
    int r = cli_open_runtime(context, CLI_LOOK_INTO_STORE, &runtime, err);
    if (r == 0)
        r = cm_ps(&runtime, context->args[0], json, context->args + 1, context->n_args - 1, &out, err);
    return r < 0 ? r : cli_print(&out, true, err);
}
