/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* casemate check. The bundle is hostile; the report quotes it with everything unprintable replaced. */
#include "cli.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static const int exit_status[] = {
    [CM_VERDICT_OK] = 0,
    [CM_VERDICT_TIGHTENED] = 2,
    [CM_VERDICT_REFUSED] = 3,
};

/* https://no-color.org: any value that is not empty. */
static bool want_colour(void)
{
    const char *no_color = getenv("NO_COLOR");

    return !(no_color && no_color[0]) && !cm_streq(getenv("TERM"), "dumb") && isatty(STDOUT_FILENO);
}

int cmd_check(const struct cli_context *context, struct cm_error *err)
{
    CM_AUTO_RUNTIME struct cm_runtime runtime = CLI_RUNTIME_NONE;
    CM_AUTO_STR struct cm_str out = {0};
    const struct cm_bundle_name name = {context->n_args > 0 ? context->args[0] : ".", context->values->config};
    const char *word = context->values->format ? context->values->format : "text";
    enum cm_report_format format = strcmp(word, "json") == 0 ? CM_REPORT_JSON : CM_REPORT_TEXT;
    enum cm_verdict verdict = CM_VERDICT_REFUSED;

    if (format != CM_REPORT_JSON && strcmp(word, "text") != 0)
        return cm_fail(err, EINVAL, NULL, "invalid format option \"%s\": use text or json", word);
    int r = cli_open_runtime(context, CLI_NEED_NO_STORE, &runtime, err);
    if (r == 0)
        r = cm_check(&runtime, &name, format, format == CM_REPORT_TEXT && want_colour(), &out, &verdict, err);
    if (r == 0)
        r = cli_print(&out, true, err);
    return r < 0 ? r : exit_status[verdict];
}
