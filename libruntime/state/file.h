/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading a file of ours in a container's directory, private to state/. */
#pragma once

#include <stddef.h>

#include "base/error.h"

/* The bytes of a regular file, its path below `dir` without links, that only we may read; free() them. -ENOENT when there is none; the message is for a caller that puts the file's name in front. */
int state_read_file(int dir, const char *name, size_t max, char **ret, size_t *ret_size, struct cm_error *err) CM_MUST_USE;
