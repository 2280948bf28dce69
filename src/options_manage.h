/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The options and descriptions of the commands that manage a container that is there, for the table in commands.c. Data only. */
#pragma once

#include "options.h"

enum {
    CLI_CHECKPOINT_OPTIONS = 17,
    CLI_EVENTS_OPTIONS = 2,
    CLI_PS_OPTIONS = 1,
    CLI_RESTORE_OPTIONS = 18,
    CLI_UPDATE_OPTIONS = 19,
};

extern const struct cli_option cli_checkpoint_options[CLI_CHECKPOINT_OPTIONS], cli_events_options[CLI_EVENTS_OPTIONS], cli_ps_options[CLI_PS_OPTIONS],
    cli_restore_options[CLI_RESTORE_OPTIONS], cli_update_options[CLI_UPDATE_OPTIONS];

extern const char cli_checkpoint_description[], cli_events_description[], cli_pause_description[], cli_ps_description[], cli_restore_description[],
    cli_resume_description[], cli_update_description[];
