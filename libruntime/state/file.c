/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See file.h. The files are ours, and are still taken as hostile: something else may lie at their place. */
#include "state/file.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/euid.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/sys.h"

/* Opens without waiting (a FIFO), without following, and looks at what it got. */
int state_read_file(int dir, const char *name, size_t max, char **ret, size_t *ret_size, struct cm_error *err)
{
    CM_AUTO_CLOSE int fd = cm_openat2(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0)
        return cm_fail_errno(err, errno, NULL, "cannot open it");
    if (!S_ISREG(st.st_mode) || st.st_uid != cm_euid() || (st.st_mode & 077) != 0)
        return cm_fail(err, EPERM, NULL, "it is not a regular file that only uid %u may read (type and mode %o, uid %u)", cm_euid(), st.st_mode, st.st_uid);
    if (st.st_size < 0 || (uint64_t)st.st_size > max)
        return cm_fail(err, EFBIG, NULL, "it is longer than %zu MiB", max >> 20);

    size_t room = (size_t)st.st_size + 1; /* one more, to see it grow: it is replaced and never written to */
    CM_AUTO_FREE char *text = malloc(room);
    if (!text)
        return cm_fail(err, ENOMEM, NULL, "out of memory");
    ssize_t n = read(fd, text, room); /* a regular file of a tmpfs is read in one piece */
    if (n < 0 || n != st.st_size)
        return cm_fail_errno(err, n < 0 ? errno : EBUSY, NULL, "cannot read it");
    *ret = CM_TAKE_PTR(text);
    *ret_size = (size_t)n;
    return 0;
}
