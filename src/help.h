/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The help texts, in runc's layout, made from the tables of commands.c. No hostile input. */
#pragma once

#include "base/str.h"
#include "commands.h"

void cli_help_program(struct cm_str *out);
void cli_help_command(const struct cli_command *command, struct cm_str *out);
