/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files of the host that decide or witness something, such as a policy: found without links from / on, where every directory must belong to one owner and be
 * writable by nobody else. Hostile: whoever can write to a place on the way.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/error.h"

struct cm_trusted {
    bool initial;            /* we are in the initial user namespace: root is uid 0; elsewhere whoever owns / */
    const char *consequence; /* continues "X is writable for others": "so it cannot say what containers may do" */
    uid_t owner;             /* found by the walk */
};

/* Walks from / to the directory that the first `size` bytes of `path` (absolute, normalised) name. Returns its O_PATH descriptor, or -errno with the error set. */
int cm_trusted_walk(struct cm_trusted *trusted, const char *path, size_t size, struct cm_error *err) CM_MUST_USE;
/* One step down from a directory of the walk; `path` is for messages. With `may_lack`, -ENOENT leaves the error unset. */
int cm_trusted_step(const struct cm_trusted *trusted, int dir, const char *name, const char *path, bool may_lack, struct cm_error *err) CM_MUST_USE;
/* Opens a file of a directory of the walk, never through a link and never waiting for a FIFO, and judges it. *ret_st is of the descriptor. */
int cm_trusted_open(const struct cm_trusted *trusted, int dir, const char *name, const char *path, int flags, mode_t mode, bool may_lack, struct stat *ret_st,
                    struct cm_error *err) CM_MUST_USE;
