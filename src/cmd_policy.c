/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* casemate policy. The words to explain are hostile: they are compared and quoted. */
#include "cli.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "paths.h"
#include "plan/explain.h"
#include "run/policy_look.h"

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
        return cm_fail(
            err, ENOENT, NULL,
            "nothing is called \"%.128s\": give a code that \"casemate check\" or an error names (CM-MOUNT-SOURCE), a member of a policy (/limits/pids/max) or a floor (host-trees)",
            word);
    return cli_print(&out, true, err);
}

static int show(const struct cli_context *context, struct cm_error *err)
{
    CM_AUTO_RUNTIME struct cm_runtime runtime = CLI_RUNTIME_NONE;
    CM_AUTO_STR struct cm_str out = {0}, path = {0};
    const char *option = NULL;
    bool json;
    int r = wants_json(context->values->format, &json, err);

    if (r == 0)
        r = cli_policy_option(context, &path, &option, err);
    if (r == 0)
        r = cm_runtime_open(&(struct cm_runtime_options){0}, &runtime, err);
    if (r == 0)
        r = cm_policy_show_now(&runtime, option, json, cli_style(), &out, err);
    return r == 0 ? cli_print(&out, true, err) : r;
}

/* The arguments as absolute paths. `names` has room for them. */
static int absolute_files(const struct cli_context *context, struct cm_arena *arena, const char **names, struct cm_error *err)
{
    char directory[PATH_MAX] = "/";

    for (size_t i = 0; i < context->n_args; i++) {
        CM_AUTO_STR struct cm_str path = {0};
        if (context->args[i][0] != '/' && !getcwd(directory, sizeof(directory)))
            return cm_fail_errno(err, errno, NULL, "naming the file %s", context->args[i]);
        cli_absolute_path(directory, context->args[i], &path);
        names[i] = cm_str_text(&path) ? cm_arena_strdup(arena, path.data) : NULL;
        if (!names[i])
            return cm_fail_errno(err, ENOMEM, NULL, "naming the file %s", context->args[i]);
    }
    return 0;
}

static int validate(const struct cli_context *context, struct cm_error *err)
{
    CM_AUTO_RUNTIME struct cm_runtime runtime = CLI_RUNTIME_NONE;
    CM_AUTO_ARENA struct cm_arena arena = {0};
    CM_AUTO_STR struct cm_str out = {0}, path = {0};
    const char **names = cm_arena_array(&arena, context->n_args + 1, sizeof(*names));
    const char *option = NULL;
    bool json, valid = false;
    int r = names ? wants_json(context->values->format, &json, err) : cm_fail_errno(err, ENOMEM, NULL, "naming the files");

    if (r == 0)
        r = cli_policy_option(context, &path, &option, err);
    if (r == 0)
        r = absolute_files(context, &arena, names, err);
    if (r == 0)
        r = cm_runtime_open(&(struct cm_runtime_options){0}, &runtime, err);
    const struct cm_policy_files files = {context->n_args, names};
    if (r == 0)
        r = cm_policy_validate(&runtime, option, &files, json, cli_style(), &out, &valid, err);
    if (r == 0)
        r = cli_print(&out, true, err);
    return r < 0 ? r : !valid;
}

int cmd_policy(const struct cli_context *context, struct cm_error *err)
{
    static cli_handler *const handlers[CLI_POLICY_COMMANDS] = {
        [CLI_POLICY_EXPLAIN] = explain,
        [CLI_POLICY_SHOW] = show,
        [CLI_POLICY_VALIDATE] = validate,
    };

    return handlers[context->command - cli_policy_commands](context, err);
}
