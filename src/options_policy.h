/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Descriptions of the commands about the policy, for the table in commands.c. */
#pragma once

#include "commands.h"

extern const char cli_policy_description[];
