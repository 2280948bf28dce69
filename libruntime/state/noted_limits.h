/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Limits that `update` has changed since a container was made: one small file each in its directory, "limit.FILE", which says what the kernel's file said
 * afterwards. Each is replaced as a whole, so that no update waits for another one.
 */
#pragma once

#include "state/store.h"

struct cm_noted_limit {
    const char *file, *text; /* "memory.max", "1073741824" */
};

int cm_limit_note(const struct cm_entry *entry, const char *file, const char *text) CM_MUST_USE;
/* All of them, in the arena. */
int cm_limits_noted(const struct cm_entry *entry, struct cm_arena *arena, struct cm_noted_limit **ret, size_t *ret_n) CM_MUST_USE;
