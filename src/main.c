/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The program: a known process state, options, log, one command, one exit status. The argument vector and everything inherited from the caller are hostile.
 */
#include <errno.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/euid.h"
#include "base/log.h"
#include "cli.h"
#include "help.h"
#include "log.h"
#include "paths.h"
#include "process.h"
#include "version.h"

#define EXIT_ERROR 1
#define EXIT_NO_SUCH_COMMAND 3

static cli_handler *const handlers[CLI_COMMANDS] = {
    [CLI_CHECK] = cmd_check,       [CLI_CHECKPOINT] = cmd_checkpoint,
    [CLI_CREATE] = cmd_create,     [CLI_DELETE] = cmd_delete,
    [CLI_EVENTS] = cmd_events,     [CLI_EXEC] = cmd_exec,
    [CLI_FEATURES] = cmd_features, [CLI_KILL] = cmd_kill,
    [CLI_LIST] = cmd_list,         [CLI_PAUSE] = cmd_pause,
    [CLI_POLICY] = cmd_policy,     [CLI_PS] = cmd_ps,
    [CLI_RESTORE] = cmd_restore,   [CLI_RESUME] = cmd_resume,
    [CLI_RUN] = cmd_run,           [CLI_SECCOMP] = cmd_seccomp,
    [CLI_SPEC] = cmd_spec,         [CLI_START] = cmd_start,
    [CLI_STATE] = cmd_state,       [CLI_UPDATE] = cmd_update,
};

/* What is known while an invocation is worked out. */
struct invocation {
    struct cli_values values;
    char *const *argv;
    const char **args; /* room for all words of argv; the command's name first, once the global options are parsed */
    size_t n_args;
    const struct cli_command *command; /* NULL: the program itself */
    struct cm_error *err;
};

/* Reports the error, naming the field to blame, and gives the exit status back. */
static int fail(const struct cli_command *command, const struct cm_error *err, int status)
{
    CM_AUTO_STR struct cm_str text = {0};

    if (command && command->prefix)
        cm_str_add(&text, command->prefix);
    if (err->field[0])
        cm_str_addf(&text, "%s: ", err->field);
    cm_str_add(&text, err->message[0] ? err->message : strerror(err->errnum));
    cli_log_fail(cm_str_text(&text) ? cm_str_text(&text) : err->message);
    return status;
}

static int print(const struct cm_str *text)
{
    struct cm_error err;

    cm_error_init(&err);
    return cli_print(text, true, &err) < 0 ? fail(NULL, &err, EXIT_ERROR) : 0;
}

static void add_help(const struct cli_command *command, struct cm_str *text)
{
    if (command)
        cli_help_command(command, text);
    else
        cli_help_program(text);
}

static int print_help(const struct cli_command *command)
{
    CM_AUTO_STR struct cm_str text = {0};

    add_help(command, &text);
    return print(&text);
}

/* runc says what is wrong with a flag in front of the help, but not what is wrong with the number of arguments. */
static int fail_usage(const struct invocation *invocation, bool say_why)
{
    CM_AUTO_STR struct cm_str text = {0};

    cm_str_add(&text, say_why ? "Incorrect Usage: " : "Incorrect Usage.");
    if (say_why)
        cm_escape(&text, invocation->err->message, false);
    cm_str_add(&text, "\n\n");
    add_help(invocation->command, &text);
    (void)!cli_print(&text, true, NULL); /* the error that follows is the one to report */
    return fail(NULL, invocation->err, invocation->command ? invocation->command->failure_status : EXIT_ERROR);
}

static int fail_unknown_command(const struct invocation *invocation, const char *name)
{
    (void)cm_fail(invocation->err, EINVAL, NULL, "No help topic for '%s'", name);
    return fail(NULL, invocation->err, EXIT_NO_SUCH_COMMAND);
}

/* "help", "h", with or without a command's name. */
static int help_command(struct invocation *invocation)
{
    const struct cli_command *command = NULL;

    for (size_t i = 1; i < invocation->n_args && (!command || command->n_commands > 0); i++) {
        command = command ? cli_command_find_in(command, invocation->args[i]) : cli_command_find(invocation->args[i]);
        if (!command)
            return fail_unknown_command(invocation, invocation->args[i]);
    }
    return print_help(command);
}

/* Of a group: steps to the command that the next word names. Returns false with the exit status when there is none to run. */
static bool choose_in_group(struct invocation *invocation, struct cli_words *words, int *ret_status)
{
    const struct cli_command *group = invocation->command;
    size_t n;

    if (cli_parse(&group->options, true, words, &invocation->values, invocation->args, &n, invocation->err) < 0) {
        *ret_status = fail_usage(invocation, true);
        return false;
    }
    if (invocation->values.help || n == 0) {
        *ret_status = print_help(group);
        return false;
    }
    invocation->command = cli_command_find_in(group, invocation->args[0]);
    if (!invocation->command)
        *ret_status = fail_unknown_command(invocation, invocation->args[0]);
    *words = (struct cli_words){n - 1, invocation->args + 1};
    return invocation->command;
}

static int run_command(struct invocation *invocation)
{
    cli_handler *handler = handlers[invocation->command - cli_commands];
    struct cli_words words = {invocation->n_args - 1, invocation->args + 1};
    int status;

    if (invocation->command->n_commands > 0 && !choose_in_group(invocation, &words, &status))
        return status;
    const struct cli_command *command = invocation->command;
    struct cli_context context = {.command = command, .values = &invocation->values, .args = invocation->args, .argv = invocation->argv};

    /* In place: an argument never moves towards the end. */
    if (cli_parse(&command->options, command->stop_at_positional, &words, &invocation->values, invocation->args, &context.n_args, invocation->err) < 0)
        return fail_usage(invocation, true);
    if (invocation->values.help)
        return print_help(command);
    if (cli_command_check_arity(command, context.n_args, invocation->err) < 0)
        return fail_usage(invocation, false);

    int r = handler(&context, invocation->err);
    if (r < 0)
        return fail(command, invocation->err, command->failure_status);
    cli_log_finish();
    return r;
}

/* What a bug report needs first. Arguments are not logged: there may be secrets among them. */
static void log_versions(const char *command)
{
    struct utsname name;

    if (cm_log_debug_wanted() && uname(&name) == 0)
        cm_log(CM_LOG_DEBUG, "casemate %s (%s), Linux %s %s, uid %u, command %s", CASEMATE_VERSION, CASEMATE_COMMIT, name.release, name.machine, cm_euid(),
               command);
}

static bool check_rootless_word(const char *word, struct cm_error *err)
{
    if (!word || strcmp(word, "true") == 0 || strcmp(word, "false") == 0 || strcmp(word, "auto") == 0)
        return true;
    (void)cm_fail(err, EINVAL, NULL, "invalid value \"%s\" for --rootless: use true, false or auto", word);
    return false;
}

/* Engines that know a runtime by nothing but its path choose a policy with the name of a link to it. What the name says is never left aside. */
static bool take_policy_of_name(const char *program, struct cli_values *values, struct cm_error *err)
{
    const char *name = cli_policy_of_name(program);

    if (name && name[0] == '\0')
        (void)cm_fail(err, EINVAL, NULL, "no policy is named in the program's name \"%s\": call the link casemate@NAME, such as casemate@strict", program);
    else if (name && values->policy)
        (void)cm_fail(err, EINVAL, NULL, "the program's name \"%s\" chooses the policy already: leave --policy out", program);
    else {
        values->policy = name ? name : values->policy;
        return true;
    }
    return false;
}

static int run(struct invocation *invocation, const struct cli_words *words)
{
    struct cli_values *values = &invocation->values;

    if (cli_parse(&cli_global_options, true, words, values, invocation->args, &invocation->n_args, invocation->err) < 0)
        return fail_usage(invocation, true);
    if (values->version) {
        CM_AUTO_STR struct cm_str text = {0};
        cli_version(&text);
        return print(&text);
    }
    if (values->help || invocation->n_args == 0)
        return print_help(NULL);
    if (cli_log_open(values->log, values->log_format, values->debug, invocation->err) < 0 || !check_rootless_word(values->rootless, invocation->err) ||
        !take_policy_of_name(invocation->argv[0], values, invocation->err))
        return fail(NULL, invocation->err, EXIT_ERROR);

    const char *name = invocation->args[0];
    if (strcmp(name, "help") == 0 || strcmp(name, "h") == 0)
        return help_command(invocation);
    invocation->command = cli_command_find(name);
    if (invocation->command)
        log_versions(name);
    return invocation->command ? run_command(invocation) : fail_unknown_command(invocation, name);
}

int main(int argc, char **argv)
{
    struct cm_error err;

    cm_error_init(&err);
    /* execve(2) with an empty vector gives argc 0 before Linux 5.18, and argv[1] is then the environment (CVE-2021-4034). */
    if (argc < 1)
        return EXIT_ERROR;
    int r = cli_process_reset();
    if (r == 0 && cm_euid() == 0)
        r = cli_process_protect();
    if (r < 0)
        return EXIT_ERROR; /* perhaps without a standard error to say it on */

    CM_AUTO_FREE const char **args = calloc((size_t)argc, sizeof(*args));
    if (!args)
        return EXIT_ERROR;
    struct cli_words words = {(size_t)argc - 1, (const char *const *)(argv + 1)};
    struct invocation invocation = {.argv = argv, .args = args, .err = &err};
    int status = run(&invocation, &words);
    cli_values_free(&invocation.values);
    return status;
}
