/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The private procfs: an instance of our own, never attached to any mount tree, through which every procfs read and write of ours goes (I9). Nothing that
 * anyone mounts over /proc can redirect it (CVE-2019-16884, CVE-2025-52881).
 */
#pragma once

#include "base/error.h"

/*
 * Returns a descriptor of a fresh, detached procfs. Where we may not mount one (no CAP_SYS_ADMIN over the pid namespace: rootless), returns an
 * O_PATH descriptor of /proc after checking that it is the root of a procfs; everything opened below it must use cm_procfs_open, which never leaves it.
 */
int cm_procfs_make(struct cm_error *err);

/* Opens below a procfs descriptor without links or crossing into anything mounted on top (RESOLVE_BENEATH|NO_XDEV|NO_SYMLINKS; "self" is resolved by the
 * caller). */
int cm_procfs_open(int proc, const char *path, int flags);
int cm_procfs_write(int proc, const char *path, const char *value) CM_MUST_USE;
/* Reads a whole file of at most `limit` bytes; free() it. Returns its length or -errno. */
long cm_procfs_read(int proc, const char *path, size_t limit, char **ret) CM_MUST_USE;
/* One read(2) of a file that the kernel writes in one piece (a sysctl, status), cut to the buffer. Returns its length or -errno. */
int cm_procfs_read_value(int proc, const char *path, char *buffer, size_t size) CM_MUST_USE;
/* Our own pid as that procfs shows it (readlink of "self"), or -errno. */
long cm_procfs_self(int proc);
