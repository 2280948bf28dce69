/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The arena; sizes may derive from hostile input, so sums are checked. */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define CHUNK_SIZE ((size_t)16384)
#define ALIGNMENT _Alignof(max_align_t)

struct cm_arena_chunk {
    struct cm_arena_chunk *next;
    size_t used;
    size_t room;
    max_align_t data[];
};

void *cm_arena_alloc(struct cm_arena *arena, size_t size)
{
    size_t need;

    if (__builtin_add_overflow(size, ALIGNMENT - 1, &need))
        return NULL;
    need -= need % ALIGNMENT;

    struct cm_arena_chunk *chunk = arena->chunks;
    if (!chunk || chunk->room - chunk->used < need) {
        size_t room = CM_MAX(need, CHUNK_SIZE - sizeof(*chunk)), total;
        if (__builtin_add_overflow(room, sizeof(*chunk), &total))
            return NULL;
        chunk = calloc(1, total);
        if (!chunk)
            return NULL;
        chunk->room = room;
        chunk->next = arena->chunks;
        arena->chunks = chunk;
    }
    void *memory = (char *)chunk->data + chunk->used;
    chunk->used += need;
    return memory;
}

void *cm_arena_array(struct cm_arena *arena, size_t n, size_t size)
{
    size_t total;

    return __builtin_mul_overflow(n, size, &total) ? NULL : cm_arena_alloc(arena, total);
}

char *cm_arena_strndup(struct cm_arena *arena, const char *text, size_t size)
{
    size_t total;

    if (__builtin_add_overflow(size, (size_t)1, &total))
        return NULL;
    char *copy = cm_arena_alloc(arena, total);
    if (copy && size > 0)
        memcpy(copy, text, size);
    return copy;
}

char *cm_arena_strdup(struct cm_arena *arena, const char *text)
{
    return cm_arena_strndup(arena, text, strlen(text));
}

char *cm_arena_printf(struct cm_arena *arena, const char *fmt, ...)
{
    va_list args, again;
    char *text = NULL;

    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (n >= 0)
        text = cm_arena_alloc(arena, (size_t)n + 1);
    if (text)
        (void)vsnprintf(text, (size_t)n + 1, fmt, again);
    va_end(again);
    return text;
}

void cm_arena_free(struct cm_arena *arena)
{
    struct cm_arena_chunk *chunk = arena->chunks;

    while (chunk) {
        struct cm_arena_chunk *next = chunk->next;
        free(chunk);
        chunk = next;
    }
    arena->chunks = NULL;
}
