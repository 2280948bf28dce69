/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* casemate list. What the records say was written by us; ids and bundle paths in them are hostile text that the library makes printable. */
#include "cli.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/io.h"

/* A record that cannot be read is named on standard error and does not hide the others. */
static void report_broken(const struct cm_error *broken)
{
    CM_AUTO_STR struct cm_str line = {0};

    cm_escape(&line, broken->message, false);
    cm_str_add(&line, "\n");
    if (cm_str_text(&line))
        (void)!cm_write_full(STDERR_FILENO, line.data, line.size);
}

int cmd_list(const struct cli_context *context, struct cm_error *err)
{
    CM_AUTO_RUNTIME struct cm_runtime runtime = CLI_RUNTIME_NONE;
    CM_AUTO_STR struct cm_str out = {0};
    const char *word = context->values->format ? context->values->format : "table";
    enum cm_list_format format = strcmp(word, "json") == 0 ? CM_LIST_JSON : CM_LIST_TABLE;

    if (format != CM_LIST_JSON && strcmp(word, "table") != 0)
        return cm_fail(err, EINVAL, NULL, "invalid format option \"%s\": use table or json", word);
    int r = cli_open_runtime(context, CLI_LOOK_INTO_STORE, &runtime, err);
    if (r == 0)
        r = cm_list(&runtime, context->values->quiet ? CM_LIST_QUIET : format, report_broken, &out, err);
    if (r < 0 || out.size == 0)
        return r;
    return cli_print(&out, true, err);
}
