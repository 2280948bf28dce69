/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* casemate check --container. The id is hostile; what is printed of the container is escaped. */
#include <errno.h>

#include "cli.h"

int cli_check_container(const struct cli_context *context, const struct cm_report_options *options, struct cm_error *err)
{
    CM_AUTO_RUNTIME struct cm_runtime runtime = CLI_RUNTIME_NONE;
    CM_AUTO_STR struct cm_str out = {0};
    /* It looks at what is there: no policy decides about it, and without privilege it looks from where the container was made. */
    struct cli_command command = *context->command;
    struct cli_context own = *context;
    int status = 1;

    if (options->format == CM_REPORT_SARIF)
        return cm_fail(err, EINVAL, NULL, "--container has no sarif form: use text or json");
    command.enters_namespaces = command.needs_policy = false;
    command.joins_container = true;
    own.command = &command;
    own.args = &context->values->container;
    own.n_args = 1;
    int r = cli_open_runtime(&own, CLI_NEED_STORE, &runtime, err);
    if (r == 0)
        r = cm_check_container(&runtime, context->values->container, options->format, options->style, &out, &status, err);
    if (r == 0)
        r = cli_print(&out, true, err);
    return r < 0 ? r : status;
}
