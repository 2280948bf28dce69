/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Descriptions of the commands about system call profiles, for the table in commands.c. */
#pragma once

#include "commands.h"

extern const char cli_seccomp_description[];
