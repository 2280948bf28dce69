/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes hostile text safe to show: what a terminal would obey or hide is written as an escape sequence instead. */
#pragma once

#include <stdbool.h>

#include "base/str.h"

/* Adds the text; with `quoted` also escapes '"' and '\\', so that it can stand between quotes. */
void cli_escape(struct cm_str *out, const char *text, bool quoted);
