/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command tables, arity and help texts. */
#include "check.h"

#include <ctype.h>
#include <stdint.h>

#include "base/str.h"
#include "commands.h"
#include "help.h"

TEST(every_command_is_whole)
{
    for (size_t i = 0; i < CLI_COMMANDS; i++) {
        const struct cli_command *c = &cli_commands[i];
        if (!c->name) {
            CHECK_FAIL("command %zu has no entry", i);
            continue;
        }
        CHECK(cli_command_find(c->name) == c);
        CHECK(c->summary && c->summary[0] && c->arguments && c->description && c->description[0]);
        CHECK(c->min_args <= c->max_args);
        CHECK_INT(c->failure_status, strcmp(c->name, "exec") == 0 ? 255 : 1);
        CHECK_INT(c->prefix != NULL, strcmp(c->name, "create") == 0 || strcmp(c->name, "exec") == 0 || strcmp(c->name, "run") == 0);
        CHECK(!c->prefix || strstr(c->prefix, c->name));
        if (i > 0)
            CHECK(strcmp(cli_commands[i - 1].name, c->name) < 0); /* the help lists them in this order */
    }
    CHECK(!cli_command_find("foo"));
    CHECK(!cli_command_find(""));
    CHECK(!cli_command_find("Create"));
}

static void check_option_table(const char *owner, const struct cli_options *options)
{
    for (size_t i = 0; i < options->n; i++) {
        const struct cli_option *o = &options->v[i];
        if (!o->help || !o->help[0] || o->offset >= sizeof(struct cli_values))
            CHECK_FAIL("%s --%s is incomplete", owner, o->name);
        CHECK(o->letter != 'h' && strcmp(o->name, "help") != 0);
        for (size_t k = 0; k < i; k++) {
            const struct cli_option *p = &options->v[k];
            if (strcmp(p->name, o->name) == 0 || (o->letter && o->letter == p->letter) || o->offset == p->offset)
                CHECK_FAIL("%s has --%s and --%s with the same name, letter or place", owner, p->name, o->name);
        }
    }
}

TEST(options_are_unambiguous)
{
    check_option_table("casemate", &cli_global_options);
    for (size_t i = 0; i < CLI_COMMANDS; i++)
        check_option_table(cli_commands[i].name, &cli_commands[i].options);
}

/* Engines and scripts look at the first two lines; people at the width. */
static void check_help(const char *text, const char *second_line)
{
    char start[256];
    size_t width = 0;

    (void)snprintf(start, sizeof(start), "NAME:\n   %s\n\n", second_line);
    CHECK(cm_has_prefix(text, start));
    CHECK_CONTAINS(text, "\nUSAGE:\n   casemate ");
    CHECK_CONTAINS(text, "OPTIONS:\n   --");
    CHECK_CONTAINS(text, "--help, -h ");
    for (const char *c = text; *c; c++) {
        width = *c == '\n' ? 0 : width + 1;
        if (width == 161)
            CHECK_FAIL("a line of the help of \"%s\" is too long", second_line);
        CHECK(*c == '\n' || isprint((unsigned char)*c));
    }
    CHECK_STR(text + strlen(text) - 1, "\n");
}

TEST(commands_of_groups_are_whole)
{
    size_t groups = 0;

    for (size_t i = 0; i < CLI_COMMANDS; i++) {
        const struct cli_command *group = &cli_commands[i];
        char begin[32];
        groups += group->n_commands > 0;
        (void)snprintf(begin, sizeof(begin), "%s ", group->name);
        for (size_t k = 0; k < group->n_commands; k++) {
            const struct cli_command *c = &group->commands[k];
            if (!c->name || !cm_has_prefix(c->name, begin)) {
                CHECK_FAIL("command %zu of %s has no entry, or another group's name", k, group->name);
                continue;
            }
            CHECK(cli_command_find_in(group, cli_command_word(c)) == c);
            CHECK(!cli_command_find(c->name) && !cli_command_find_in(group, c->name));
            CHECK(c->summary && c->summary[0] && c->arguments && c->description && c->description[0]);
            CHECK(c->min_args <= c->max_args && c->n_commands == 0);
            CHECK_INT(c->failure_status, group->failure_status);
            CHECK(k == 0 || strcmp(group->commands[k - 1].name, c->name) < 0);
            check_option_table(c->name, &c->options);
        }
        CHECK(!cli_command_find_in(group, "") && !cli_command_find_in(group, group->name));
    }
    CHECK(groups > 0);
    CHECK_STR(cli_command_word(cli_command_find("create")), "create");
}

TEST(help_of_a_group)
{
    CM_AUTO_STR struct cm_str group = {0}, inner = {0};

    cli_help_command(cli_command_find("policy"), &group);
    check_help(cm_str_text(&group), "casemate policy - look at the policy of this host");
    CHECK_CONTAINS(group.data, "\nUSAGE:\n   casemate policy <command>\n");
    CHECK_CONTAINS(group.data, "\nCOMMANDS:\n   explain  ");
    cli_help_command(&cli_policy_commands[CLI_POLICY_EXPLAIN], &inner);
    CHECK_CONTAINS(inner.data, "\nUSAGE:\n   casemate policy explain [command options] ");
    CHECK(!strstr(inner.data, "COMMANDS"));
}

TEST(what_needs_namespaces_says_so)
{
    static const char *const entering[] = {"check", "create", "run"};
    size_t n = 0;

    for (size_t i = 0; i < CLI_COMMANDS; i++)
        n += cli_commands[i].enters_namespaces;
    CHECK_INT(n, CM_ARRAY_LEN(entering));
    for (size_t i = 0; i < CM_ARRAY_LEN(entering); i++)
        CHECK(cli_command_find(entering[i])->enters_namespaces);
}

TEST(arity_speaks_runcs_sentences)
{
    static const struct { const char *command; size_t n; const char *error; } table[] = {
        {"create", 0, "casemate: \"create\" requires exactly 1 argument(s)"},
        {"create", 1, NULL},
        {"create", 2, "casemate: \"create\" requires exactly 1 argument(s)"},
        {"list", 1, "casemate: \"list\" requires exactly 0 argument(s)"},
        {"kill", 0, "casemate: \"kill\" requires a minimum of 1 argument(s)"},
        {"kill", 1, NULL},
        {"kill", 2, NULL},
        {"kill", 3, "casemate: \"kill\" requires a maximum of 2 argument(s)"},
        {"check", 0, NULL},
        {"check", 1, NULL},
        {"check", 2, "casemate: \"check\" requires a maximum of 1 argument(s)"},
        {"exec", 0, "casemate: \"exec\" requires a minimum of 1 argument(s)"},
        {"exec", 1, NULL},
        {"exec", 99, NULL},
    };
    for (size_t i = 0; i < CM_ARRAY_LEN(table); i++) {
        struct cm_error err;
        cm_error_init(&err);
        CHECK_INT(cli_command_check_arity(cli_command_find(table[i].command), table[i].n, &err), table[i].error ? -EINVAL : 0);
        CHECK_STR(err.message, table[i].error ? table[i].error : "");
    }
}

TEST(help_of_the_program)
{
    CM_AUTO_STR struct cm_str text = {0};

    cli_help_program(&text);
    check_help(cm_str_text(&text), "casemate - Open Container Initiative runtime");
    for (size_t i = 0; i < CLI_COMMANDS; i++) {
        char line[64];
        (void)snprintf(line, sizeof(line), "\n   %-10s  %.20s", cli_commands[i].name, cli_commands[i].summary);
        CHECK_CONTAINS(text.data, line);
    }
    for (size_t i = 0; i < cli_global_options.n; i++)
        CHECK(!strstr(text.data, cli_global_options.v[i].help) == cli_global_options.v[i].hidden);
}

TEST(help_of_every_command)
{
    for (size_t i = 0; i < CLI_COMMANDS; i++) {
        const struct cli_command *c = &cli_commands[i];
        CM_AUTO_STR struct cm_str text = {0};
        char line[256];

        cli_help_command(c, &text);
        (void)snprintf(line, sizeof(line), "casemate %s - %s", c->name, c->summary);
        check_help(cm_str_text(&text), line);
        for (size_t k = 0; k < c->options.n; k++) {
            (void)snprintf(line, sizeof(line), "   --%s", c->options.v[k].name);
            CHECK(!strstr(text.data, line) == c->options.v[k].hidden);
        }
    }
}
