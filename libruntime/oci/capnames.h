/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of capabilities, as in config.json ("CAP_CHOWN"). */
#pragma once

#include <stdint.h>

#define CM_CAP_COUNT 41u

/* "CAP_X", or NULL for a number we do not know. */
const char *cm_cap_name(unsigned int number);
/* The number of "CAP_X", or -1. Exact spelling only: names are hostile. */
int cm_cap_number(const char *name);
