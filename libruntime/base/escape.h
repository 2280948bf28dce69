/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes hostile text safe to show: what a terminal would obey or hide is written as an escape sequence instead. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* Adds the text; with `quoted` also escapes '"' and '\\', so that it can stand between quotes. */
void cm_escape(struct cm_str *out, const char *text, bool quoted);

/* The code point at `text` and the length of its UTF-8 sequence; 0 if it is none (RFC 3629: no overlong forms, no surrogates). */
size_t cm_utf8_decode(const char *text, uint32_t *ret);
