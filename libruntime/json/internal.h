/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of this module share. The text is hostile until json_scan has passed it.
 */
#pragma once

#include "json/json.h"

/* Length of the well-formed UTF-8 sequence at `text` (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF), or 0. */
size_t json_utf8_length(const char *text, size_t left);

/* Looks for what yajl lets pass. Returns NULL, or why the text is refused and *ret_offset, the place. */
const char *json_scan(const char *text, size_t size, size_t *ret_offset);
