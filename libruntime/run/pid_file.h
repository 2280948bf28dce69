/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/types.h>

#include "base/error.h"

/* Writes a pid file: digits only, by temporary file and rename; a link at that place is replaced, never followed. Relative to the working directory. */
int cm_pid_file_write(const char *path, pid_t pid, struct cm_error *err) CM_MUST_USE;
