/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Floors for bind mounts: places of the host that no policy can open. Pure. `roots` are those of a policy, by enum cm_mount_root. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "policy/mount_classes.h"

/* Why no bind mount may come from this place of the host as a whole, or NULL. */
const char *cm_floor_mount_source(const char *path, const char *const *roots);
/* Why no rule may open this place and everything below it, or NULL. */
const char *cm_floor_mount_prefix(const char *path);
/* Why the trees of an engine cannot lie there, or NULL. */
const char *cm_floor_mount_root(const char *path);

/*
 * The places by number, so that what lies at them can be compared by inode too: directories that are never mounted, and sockets through which the host is
 * controlled. False behind the last one; else the path is in the buffer (cut if it does not fit, which no path of the lists does).
 */
bool cm_denied_directory(size_t i, const char *const *roots, char *buffer, size_t size);
bool cm_denied_socket(size_t i, const char *const *roots, char *buffer, size_t size);
