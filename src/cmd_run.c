/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* casemate run. Id and paths are hostile; the library checks them. */
#include "cli.h"

int cmd_run(const struct cli_context *context, struct cm_error *err)
{
    CM_AUTO_RUNTIME struct cm_runtime runtime = CLI_RUNTIME_NONE;
    CM_AUTO_STR struct cm_str config = {0};
    struct cm_create_options options;
    int status = 0;
    int r = cli_create_options(context, &options, err);

    if (r == 0)
        r = cli_config_path(context->values, &config, err);
    if (r == 0 && config.size > 0)
        options.config = cm_str_text(&config);
    if (r == 0)
        r = cli_open_runtime(context, CLI_MAKE_STORE, &runtime, err);
    if (r == 0)
        r = cm_run(&runtime, &options, &status, err);
    return r < 0 ? r : status;
}
