/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* casemate events. Id and interval are hostile; the lines are built by the library. */
#include "cli.h"

#include <errno.h>
#include <unistd.h>

#include "duration.h"

#define NS_PER_MS 1000000

static int print_line(const struct cm_str *line, void *user CM_UNUSED, struct cm_error *err)
{
    return cli_print(line, true, err);
}

int cmd_events(const struct cli_context *context, struct cm_error *err)
{
    CM_AUTO_RUNTIME struct cm_runtime runtime = CLI_RUNTIME_NONE;
    const char *text = context->values->interval ? context->values->interval : "5s";
    int64_t interval = 0;
    int r = cli_duration_parse(text, &interval);

    if (r < 0)
        return cm_fail(err, -r, NULL, "invalid value \"%s\" for flag -interval: use a duration such as 500ms, 5s or 1m30s", text);
    r = cli_open_runtime(context, CLI_LOOK_INTO_STORE, &runtime, err);
    if (r < 0)
        return r;
    if (interval <= 0)
        return cm_fail(err, EINVAL, NULL, "duration interval must be greater than 0");
    const struct cm_events_options options = {
        .interval_ms = CM_MAX(interval / NS_PER_MS, (int64_t)1),
        .once = context->values->stats,
        .output = STDOUT_FILENO,
        .emit = print_line,
    };
    return cm_events(&runtime, context->args[0], &options, err);
}
