/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the commands are: names, options, arguments and help texts, as data. What they do is in cmd_NAME.c; main.c joins the two.
 * No input reaches this file.
 */
#pragma once

#include "options.h"

enum cli_command_id {
    CLI_CHECK,
    CLI_CHECKPOINT,
    CLI_CREATE,
    CLI_DELETE,
    CLI_EVENTS,
    CLI_EXEC,
    CLI_FEATURES,
    CLI_KILL,
    CLI_LIST,
    CLI_PAUSE,
    CLI_POLICY,
    CLI_PS,
    CLI_RESTORE,
    CLI_RESUME,
    CLI_RUN,
    CLI_SECCOMP,
    CLI_SPEC,
    CLI_START,
    CLI_STATE,
    CLI_UPDATE,
    CLI_COMMANDS,
};

#define CLI_ARGS_ANY SIZE_MAX

struct cli_command {
    const char *name; /* of one in a group: both words, "policy explain" */
    const char *summary;
    const char *arguments;   /* after the options in the usage line */
    const char *description; /* whole lines */
    struct cli_options options;
    size_t min_args, max_args;
    bool stop_at_positional; /* what follows the id is not ours to parse: "kill ID -9" */
    bool enters_namespaces;  /* makes or enters containers: without privilege it first needs the outer user namespace */
    bool joins_container;    /* its first argument is the id: without privilege it first needs the namespace that container was made in */
    bool needs_policy;       /* the host's policy decides what it may do; a policy that cannot be trusted stops it */
    const char *prefix;      /* of errors: "casemate create failed: ", as runc; NULL: none */
    int failure_status;
    /* A group: the next word says which of these, and it has nothing else of its own. Its handler is theirs too. */
    size_t n_commands;
    const struct cli_command *commands;
};

enum cli_policy_command_id {
    CLI_POLICY_EXPLAIN,
    CLI_POLICY_SHOW,
    CLI_POLICY_VALIDATE,
    CLI_POLICY_COMMANDS,
};
extern const struct cli_command cli_policy_commands[CLI_POLICY_COMMANDS];

enum cli_seccomp_command_id {
    CLI_SECCOMP_EXPLAIN,
    CLI_SECCOMP_LIST,
    CLI_SECCOMP_COMMANDS,
};
extern const struct cli_command cli_seccomp_commands[CLI_SECCOMP_COMMANDS];

extern const struct cli_command cli_commands[CLI_COMMANDS];
extern const struct cli_options cli_global_options;

/* NULL when there is none of that name. */
const struct cli_command *cli_command_find(const char *name);
/* The same in a group, by its second word. */
const struct cli_command *cli_command_find_in(const struct cli_command *group, const char *word);
/* Its last word. */
const char *cli_command_word(const struct cli_command *command);
/* runc's sentences for a wrong number of arguments. */
int cli_command_check_arity(const struct cli_command *command, size_t n_args, struct cm_error *err) CM_MUST_USE;
