/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What main.c hands to the commands. A command returns its exit status (0 or more), or a negative errno with the error filled; main.c
 * reports it, once.
 */
#pragma once

#include "base/layout.h"
#include "commands.h"
#include "run/runtime.h"

struct cli_context {
    const struct cli_command *command;
    const struct cli_values *values;
    size_t n_args;
    const char *const *args; /* as many as the command's table says */
    char *const *argv;       /* the program's own, untouched */
};

typedef int cli_handler(const struct cli_context *context, struct cm_error *err);

cli_handler cmd_checkpoint, cmd_events, cmd_pause, cmd_policy, cmd_ps, cmd_restore, cmd_resume, cmd_seccomp, cmd_update;
cli_handler cmd_check, cmd_create, cmd_delete, cmd_exec, cmd_features, cmd_kill, cmd_list, cmd_run, cmd_spec, cmd_start, cmd_state;

/* cmd_check_container.c and cmd_check_host.c */
int cli_check_container(const struct cli_context *context, const struct cm_report_options *options, struct cm_error *err) CM_MUST_USE;
int cli_check_host(const struct cli_context *context, const struct cm_report_options *options, struct cm_error *err) CM_MUST_USE;

/* context.c */
enum cli_need {
    CLI_NEED_NO_STORE,
    CLI_SEE_STORE, /* it may be missing, or another user's */
    CLI_NEED_STORE,
    CLI_LOOK_INTO_STORE, /* nothing is made, and nothing but the store and the kernel's word for a process is needed */
    CLI_MAKE_STORE,
};

#define CLI_RUNTIME_NONE CM_RUNTIME_NONE

/* Enters the outer user namespace when the command and the caller's lack of privilege ask for it, then opens the runtime. */
int cli_open_runtime(const struct cli_context *context, enum cli_need need, struct cm_runtime *ret, struct cm_error *err) CM_MUST_USE;
/* --policy, as run/policy_files.h wants it: a path is made absolute in `buffer`. "" if none was given. */
int cli_policy_option(const struct cli_context *context, struct cm_str *buffer, const char **ret, struct cm_error *err) CM_MUST_USE;
/*
 * For a caller without root, before anything is entered: there a file of the caller's own would look like one of root's. The loader is stricter here, where root can be told; what
 * it gives is read again inside, by a program that may have been executed anew.
 */
int cli_check_policy_outside(const char *option, struct cm_error *err) CM_MUST_USE;
/* Writes to standard output; with `line` the text ends with a newline. */
int cli_print(const struct cm_str *text, bool line, struct cm_error *err) CM_MUST_USE;
/* --config as an absolute path, so that it means the same in later commands; nothing is added without one. */
int cli_config_path(const struct cli_values *values, struct cm_str *out, struct cm_error *err) CM_MUST_USE;
/* The options of create and run, judged. */
int cli_create_options(const struct cli_context *context, struct cm_create_options *ret, struct cm_error *err) CM_MUST_USE;

/* style.c: of a report for people on standard output: coloured and wrapped on a terminal, and nowhere else */
struct cm_style cli_style(void);

/* version.c */
void cli_version(struct cm_str *out);
