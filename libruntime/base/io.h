/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading and writing whole buffers and files. Files may be of hostile size or type (FIFO, device): readers take a
 * limit and open without blocking.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/macros.h"

/* Writes all of it, restarting after EINTR and short writes. Returns 0 or -errno. */
int cm_write_full(int fd, const void *data, size_t size) CM_MUST_USE;

/* Reads until size bytes or the end. Returns the number of bytes or -errno. */
ssize_t cm_read_full(int fd, void *data, size_t size) CM_MUST_USE;

/*
 * Reads to the end what may grow while it is read or says nothing of its size (procfs, cgroupfs: there a short read is no end), into a fresh, NUL-terminated
 * buffer (free() it). Returns the number of bytes or -errno; -EFBIG above the limit.
 */
ssize_t cm_read_to_end(int fd, size_t limit, char **ret) CM_MUST_USE;

/*
 * Reads a regular file of at most `limit` bytes into a fresh, NUL-terminated buffer (free() it).
 * `dir` may be AT_FDCWD. The last component may be a symbolic link only if follow is true.
 * Errors: -EFBIG above the limit, -EINVAL if it is not a regular file, and those of openat(2) and read(2).
 */
int cm_read_file_at(int dir, const char *path, size_t limit, bool follow, char **ret_data, size_t *ret_size) CM_MUST_USE;

/* Reads a small kernel file (procfs, sysfs, cgroupfs) into a fixed buffer, cutting the final newline. Returns length or -errno. */
ssize_t cm_read_small_at(int dir, const char *path, char *buffer, size_t size) CM_MUST_USE;

/* One write(2) of a whole value into an existing kernel file. Returns 0 or -errno. */
int cm_write_small_at(int dir, const char *path, const char *value) CM_MUST_USE;

/*
 * Replaces `name` in directory `dir` atomically: a temporary file in the same directory, then renameat(2).
 * Never follows a link at `name`. The mode is subject to the umask. Returns 0 or -errno; nothing is left behind on failure.
 */
int cm_replace_file_at(int dir, const char *name, mode_t mode, const void *data, size_t size) CM_MUST_USE;
