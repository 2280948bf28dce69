/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* casemate policy. The words to explain are hostile: they are compared and quoted. */
#include "cli.h"

#include <errno.h>
#include <string.h>

#include "plan/explain.h"

static int wants_json(const char *format, bool *ret, struct cm_error *err)
{
    *ret = cm_streq(format, "json");
    if (*ret || !format || strcmp(format, "text") == 0)
        return 0;
    return cm_fail(err, EINVAL, NULL, "invalid format option \"%s\": use text or json", format);
}

static int explain(const struct cli_context *context, struct cm_error *err)
{
    CM_AUTO_STR struct cm_str out = {0};
    const char *word = context->args[0];
    bool json;
    int r = wants_json(context->values->format, &json, err);

    if (r < 0)
        return r;
    if (!cm_explain(word, json, cli_style(), &out))
        return cm_fail(err, ENOENT, NULL, "nothing is called \"%.128s\": give a code that \"casemate check\" or an error names (CM-MOUNT-SOURCE), a member of a policy (/limits/pids/max) or a floor (host-trees)",
                       word);
    return cli_print(&out, true, err);
}

int cmd_policy(const struct cli_context *context, struct cm_error *err)
{
    static cli_handler *const handlers[CLI_POLICY_COMMANDS] = {
        [CLI_POLICY_EXPLAIN] = explain,
    };

    return handlers[context->command - cli_policy_commands](context, err);
}
