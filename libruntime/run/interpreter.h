/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a file of the container can be executed at all, and what it needs for that: so that it is an error of `create` and not one of a process that is gone.
 */
#pragma once

#include <limits.h>

#include "base/fd.h"

#define CM_INTERPRETER_MAX PATH_MAX

/*
 * 0, or -errno: why the kernel would not execute this file for the calling process. Looked up like any path in a rootfs: no magic links, so that descriptors
 * and processes are no oracle. The interpreter that its first bytes name, of a script ("#!") or of a program (ELF PT_INTERP), must be executable too, and its
 * own as well; if it is not, its name as it stands in the file is in ret_interpreter (of CM_INTERPRETER_MAX bytes, "" when it is about the file itself). `cwd`
 * is where relative names begin. What cannot be read or is of another kind is left to execve(2).
 */
int cm_program_look(struct cm_rootfd root, const char *cwd, const char *path, char *ret_interpreter);
