/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a file of the container can be executed at all, and what it needs for that: so that it is an error of `create` and not one of a process that is gone.
 */
#pragma once

#include <limits.h>

#include "base/fd.h"

#define CM_INTERPRETER_MAX PATH_MAX

/* 0, or -errno: why the kernel would not execute this file for the calling process. */
int cm_program_judge(struct cm_rootfd root, const char *path);

/*
 * Looks at the first bytes of an executable file: the interpreter of a script ("#!") or of a program (ELF PT_INTERP) must be executable too, and its own as
 * well. `cwd` is where relative names begin. 0 also when the file cannot be read or is of another kind: then only execve(2) can tell. Otherwise -errno, with
 * the name as it stands in the file in ret_name (of CM_INTERPRETER_MAX bytes).
 */
int cm_interpreter_look(struct cm_rootfd root, const char *cwd, const char *path, char *ret_name);
