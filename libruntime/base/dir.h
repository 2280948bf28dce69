/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading a directory through a descriptor that somebody else opened, by whatever rules it has to be opened. */
#pragma once

#include <dirent.h>

#include "base/macros.h"

/* Takes over `fd` (closed on failure too; a negative one is an error to pass on) and makes it a stream. Returns 0 or -errno. */
int cm_dir_take(int fd, DIR **ret) CM_MUST_USE;
/* The next entry but "." and "..": 1, 0 at the end, or -errno. The entry lives until the next call. */
int cm_dir_next(DIR *dir, const struct dirent **ret) CM_MUST_USE;

void cm_dir_close_ptr(DIR **dir);
#define CM_AUTO_DIR CM_CLEANUP(cm_dir_close_ptr)
