/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* casemate create. Id and paths are hostile; the library checks them. */
#include "cli.h"
#include "log.h"

int cmd_create(const struct cli_context *context, struct cm_error *err)
{
    CM_AUTO_RUNTIME struct cm_runtime runtime = CLI_RUNTIME_NONE;
    CM_AUTO_STR struct cm_str config = {0};
    struct cm_create_options options;
    int r = cli_create_options(context, &options, err);

    if (r == 0)
        r = cli_config_path(context->values, &config, err);
    if (r == 0 && config.size > 0)
        options.config = cm_str_text(&config);
    if (r < 0)
        return r;
    cli_log_hold(); /* podman starts containers with create, and reads nothing of a log with two records */
    r = cli_open_runtime(context, CLI_MAKE_STORE, &runtime, err);
    return r < 0 ? r : cm_create(&runtime, &options, err);
}
