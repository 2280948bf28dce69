/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A growing string and strict number parsing. Input to the parsers is hostile.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/macros.h"

/* A growing byte string, always NUL-terminated once something was added. After a failed allocation `failed` stays set and
 * further additions do nothing, so that a builder is checked once, at the end. Zero-initialise; cm_str_free or CM_AUTO_STR. */
struct cm_str {
    char *data;
    size_t size;
    size_t room;
    bool failed;
};

void cm_str_free(struct cm_str *str);
#define CM_AUTO_STR CM_CLEANUP(cm_str_free)

void cm_str_add(struct cm_str *str, const char *text);
void cm_str_add_bytes(struct cm_str *str, const void *data, size_t size);
void cm_str_addf(struct cm_str *str, const char *fmt, ...) CM_PRINTF(2, 3);
/* The text, "" when nothing was added; NULL when memory ran out. Owned by the builder. */
const char *cm_str_text(const struct cm_str *str);

/* Whole string, base 10, no sign (u64) or an optional '-' (i64), no spaces, no leading '+', no overflow. Return 0 or -EINVAL / -ERANGE. */
int cm_parse_u64(const char *text, uint64_t *ret);
int cm_parse_u32(const char *text, uint32_t *ret);
int cm_parse_i64(const char *text, int64_t *ret);
/* Whole string, base 8, at most 07777. */
int cm_parse_mode(const char *text, uint32_t *ret);

/* False if either is NULL. Inline: in a search, the first character nearly always tells. */
static inline bool cm_streq(const char *a, const char *b)
{
    return a && b && a[0] == b[0] && strcmp(a, b) == 0;
}
bool cm_has_prefix(const char *text, const char *prefix);
/* True if path equals dir or lies below it, comparing whole components ("/a/bc" is not below "/a/b"). Both normalised. */
bool cm_path_is_below(const char *path, const char *dir);
