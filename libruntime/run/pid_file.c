/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pid file. Its path is the caller's: what is at that place may be anything. */
#include "run/pid_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/io.h"

/* Digits only, by temporary file and rename; a link at that place is replaced, never followed (hardening of C05). */
int cm_pid_file_write(const char *path, pid_t pid, struct cm_error *err)
{
    char directory[PATH_MAX], digits[16];

    const char *slash = strrchr(path, '/');
    size_t size = slash ? (size_t)(slash - path) : 0;
    if (size >= sizeof(directory))
        return cm_fail_errno(err, ENAMETOOLONG, NULL, "writing the pid file %s", path);
    memcpy(directory, path, size);
    directory[size] = '\0';
    CM_AUTO_CLOSE int dir = open(size > 0 ? directory : slash ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return cm_fail_errno(err, errno, NULL, "opening the directory of the pid file %s", path);
    int n = snprintf(digits, sizeof(digits), "%d", (int)pid);
    int r = cm_replace_file_at(dir, slash ? slash + 1 : path, 0644, digits, (size_t)n);
    return r < 0 ? cm_fail_errno(err, -r, NULL, "writing the pid file %s", path) : 0;
}
