/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The help texts; see help.h. */
#include "help.h"

#include <stdio.h>
#include <string.h>

static const char description[] = "casemate runs containers described by bundles of the Open Container Initiative: a\n"
                                  "bundle is a directory with a config.json and a root filesystem. It takes runc's\n"
                                  "command line. Every container gets a user namespace, a system call filter, a\n"
                                  "read-only root and limits, whatever its config.json says: what would weaken them\n"
                                  "is made stricter or refused, and \"casemate check\" says so beforehand.\n"
                                  "\n"
                                  "To run a container from the bundle in the working directory:\n"
                                  "\n"
                                  "    # casemate run <container-id>\n";

/* "--bundle value, -b value" */
static void option_spelling(const struct cli_option *option, char *buffer, size_t size)
{
    const char *value = option->type == CLI_BOOL ? "" : " value";

    if (option->letter)
        (void)snprintf(buffer, size, "--%s%s, -%c%s", option->name, value, option->letter, value);
    else
        (void)snprintf(buffer, size, "--%s%s", option->name, value);
}

static void add_options(const struct cli_options *options, struct cm_str *out)
{
    char spelling[80];
    int width = 0;

    for (size_t i = 0; i <= options->n; i++) {
        option_spelling(i < options->n ? &options->v[i] : &cli_option_help, spelling, sizeof(spelling));
        width = CM_MAX(width, (int)strlen(spelling));
    }
    for (size_t i = 0; i <= options->n; i++) {
        const struct cli_option *option = i < options->n ? &options->v[i] : &cli_option_help;
        if (option->hidden)
            continue;
        option_spelling(option, spelling, sizeof(spelling));
        cm_str_addf(out, "   %-*s  %s\n", width, spelling, option->help);
    }
}

static void add_commands(const struct cli_command *commands, size_t n, struct cm_str *out)
{
    int width = 0;

    for (size_t i = 0; i < n; i++)
        width = CM_MAX(width, (int)strlen(cli_command_word(&commands[i])));
    for (size_t i = 0; i < n; i++)
        cm_str_addf(out, "   %-*s  %s\n", width, cli_command_word(&commands[i]), commands[i].summary);
    if (commands == cli_commands)
        cm_str_addf(out, "   %-*s  %s\n", width, "help, h", "show this list, or the help of one command");
}

void cli_help_program(struct cm_str *out)
{
    cm_str_add(out, "NAME:\n   casemate - Open Container Initiative runtime\n\n");
    cm_str_add(out, description);
    cm_str_add(out, "\nUSAGE:\n   casemate [global options] command [command options] [arguments...]\n");
    cm_str_add(out, "\nVERSION:\n   " CASEMATE_VERSION "\n\nCOMMANDS:\n");
    add_commands(cli_commands, CLI_COMMANDS, out);
    cm_str_add(out, "\nGLOBAL OPTIONS:\n");
    add_options(&cli_global_options, out);
}

void cli_help_command(const struct cli_command *command, struct cm_str *out)
{
    bool group = command->n_commands > 0;

    cm_str_addf(out, "NAME:\n   casemate %s - %s\n\nUSAGE:\n   casemate %s%s%s%s\n", command->name, command->summary, command->name,
                group ? "" : " [command options]", command->arguments[0] ? " " : "", command->arguments);
    cm_str_addf(out, "\nDESCRIPTION:\n%s\n", command->description);
    if (group) {
        cm_str_add(out, "COMMANDS:\n");
        add_commands(command->commands, command->n_commands, out);
        cm_str_add(out, "\n");
    }
    cm_str_add(out, "OPTIONS:\n");
    add_options(&command->options, out);
}
