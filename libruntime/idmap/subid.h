/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * /etc/subuid and /etc/subgid: "name-or-uid:start:count" lines. The files are root's; their text is still parsed as hostile.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* count is cut where the range would leave the 32 bits, so start + count is at most 2^32 (compute it in 64 bits). */
struct cm_subid {
    const char *owner;
    size_t owner_size;
    uint32_t start, count;
};

/* Calls `each` for every well-formed line; lines that are not are skipped, as the shadow tools do. Returns each's first non-zero value, or 0. */
int cm_subid_each(const char *text, size_t size, int (*each)(const struct cm_subid *line, void *user), void *user);

/* The ranges of one user, by name or number, in file order, at most max. Returns how many. */
size_t cm_subid_of(const char *text, size_t size, const char *name, uint32_t uid, struct cm_subid *ret, size_t max);
