/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An arena: many small allocations with one lifetime (a parsed config, a plan), freed together.
 */
#pragma once

#include <stddef.h>

#include "base/macros.h"

struct cm_arena_chunk;

struct cm_arena {
    struct cm_arena_chunk *chunks;
};

/* Zeroed memory aligned for any type; NULL when memory runs out. Valid until cm_arena_free. */
void *cm_arena_alloc(struct cm_arena *arena, size_t size);
/* An array of n zeroed elements; NULL when n * size overflows. */
void *cm_arena_array(struct cm_arena *arena, size_t n, size_t size);
char *cm_arena_strdup(struct cm_arena *arena, const char *text);
char *cm_arena_strndup(struct cm_arena *arena, const char *text, size_t size);
char *cm_arena_printf(struct cm_arena *arena, const char *fmt, ...) CM_PRINTF(2, 3);
void cm_arena_free(struct cm_arena *arena);

#define CM_AUTO_ARENA CM_CLEANUP(cm_arena_free)
