/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Directory streams; see dir.h. Names are hostile to whoever uses them. */
#include "base/dir.h"

#include <errno.h>

#include "base/fd.h"
#include "base/str.h"

int cm_dir_take(int fd, DIR **ret)
{
    if (fd < 0)
        return fd;
    DIR *dir = fdopendir(fd);
    if (!dir) {
        int r = -errno;
        (void)cm_close(fd);
        return r;
    }
    *ret = dir;
    return 0;
}

int cm_dir_next(DIR *dir, const struct dirent **ret)
{
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(dir);
        if (!entry)
            return -errno;
        if (cm_streq(entry->d_name, ".") || cm_streq(entry->d_name, ".."))
            continue;
        *ret = entry;
        return 1;
    }
}

void cm_dir_close_ptr(DIR **dir)
{
    if (*dir)
        (void)closedir(*dir); /* it was only read */
    *dir = NULL;
}
