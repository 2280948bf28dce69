/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* casemate check. The bundle is hostile; the report quotes it with everything unprintable replaced. */
#include "cli.h"

#include <errno.h>

int cmd_check(const struct cli_context *context, struct cm_error *err)
{
    CM_AUTO_RUNTIME struct cm_runtime runtime = CLI_RUNTIME_NONE;
    CM_AUTO_STR struct cm_str out = {0}, config = {0};
    const char *word = context->values->format ? context->values->format : "text";
    struct cm_report_options options = {.style = cli_style(), .controls = context->values->controls};
    enum cm_verdict verdict = CM_VERDICT_REFUSED;

    if (!cm_report_format_find(word, &options.format))
        return cm_fail(err, EINVAL, NULL, "invalid format option \"%s\": use text, json or sarif", word);
    if (context->values->container) {
        if (context->n_args > 0 || context->values->config || context->values->host || context->values->controls)
            return cm_fail(err, EINVAL, NULL, "--container looks at a container and at no bundle: leave the bundle, --config, --controls and --host out");
        return cli_check_container(context, &options, err);
    }
    if (context->values->host) {
        if (context->n_args > 0 || context->values->config)
            return cm_fail(err, EINVAL, NULL, "--host looks at this host and at no bundle: leave the bundle and --config out");
        return cli_check_host(context, &options, err);
    }
    int r = cli_config_path(context->values, &config, err);
    const struct cm_bundle_name name = {context->n_args > 0 ? context->args[0] : ".", config.data, NULL};
    if (r == 0)
        r = cli_open_runtime(context, CLI_SEE_STORE, &runtime, err);
    if (r == 0)
        r = cm_check(&runtime, &name, &options, &out, &verdict, err);
    if (r == 0)
        r = cli_print(&out, true, err);
    return r < 0 ? r : cm_verdict_exit_status(verdict);
}
