/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* casemate seccomp. Names, numbers and the bundle are hostile: the first are compared and quoted, the last is parsed by the library. */
#include "cli.h"

#include <errno.h>
#include <string.h>

static int open_output(const struct cli_context *context, struct cm_str *out, struct cm_seccomp_output *ret, struct cm_error *err)
{
    const char *format = context->values->format;

    *ret = (struct cm_seccomp_output){.json = cm_streq(format, "json"), .style = cli_style(), .out = out};
    if (ret->json || !format || strcmp(format, "text") == 0)
        return 0;
    return cm_fail(err, EINVAL, NULL, "invalid format option \"%s\": use text or json", format);
}

/* "12", "0x1f", "-1": what a register can hold. */
static int parse_argument(const char *text, uint64_t *ret, struct cm_error *err)
{
    int64_t negative;

    if (cm_parse_u64(text, ret) == 0)
        return 0;
    if (text[0] == '-' && cm_parse_i64(text, &negative) == 0) {
        *ret = (uint64_t)negative;
        return 0;
    }
    size_t size = cm_has_prefix(text, "0x") ? strlen(text + 2) : 0;
    if (size == 0 || size > 16 || strspn(text + 2, "0123456789abcdefABCDEF") != size)
        return cm_fail(err, EINVAL, NULL, "the argument \"%.64s\" of a system call is no number: use a decimal or hexadecimal (0x...) one of 64 bits", text);
    *ret = 0;
    for (const char *c = text + 2; *c; c++)
        *ret = *ret << 4 | (uint64_t)(*c <= '9' ? *c - '0' : (*c | 0x20) - 'a' + 10);
    return 0;
}

static int list(const struct cli_context *context, struct cm_error *err)
{
    CM_AUTO_STR struct cm_str out = {0};
    struct cm_seccomp_output output;
    int r = open_output(context, &out, &output, err);

    if (r == 0)
        r = cm_list_filters(context->values->arch, context->args, context->n_args, &output, err);
    return r < 0 ? r : cli_print(&out, true, err);
}

static int explain(const struct cli_context *context, struct cm_error *err)
{
    CM_AUTO_STR struct cm_str out = {0};
    struct cm_seccomp_output output;
    struct cm_seccomp_question question = {.profile = context->args[0], .call = context->args[1], .n_args = context->n_args - 2};
    int r = open_output(context, &out, &output, err);

    for (size_t i = 0; i < question.n_args && r == 0; i++)
        r = parse_argument(context->args[i + 2], &question.args[i], err);
    if (r == 0)
        r = cm_explain_filter(context->values->arch, context->values->bundle, &question, &output, err);
    return r < 0 ? r : cli_print(&out, true, err);
}

int cmd_seccomp(const struct cli_context *context, struct cm_error *err)
{
    static cli_handler *const handlers[CLI_SECCOMP_COMMANDS] = {
        [CLI_SECCOMP_EXPLAIN] = explain,
        [CLI_SECCOMP_LIST] = list,
    };

    return handlers[context->command - cli_seccomp_commands](context, err);
}
