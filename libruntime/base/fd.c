/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Closing descriptors without losing errno. No hostile input. */
#include "base/fd.h"

#include <unistd.h>

int cm_close(int fd)
{
    if (fd >= 0) {
        int saved = errno;
        (void)close(fd); /* close(2): after EINTR or EIO the descriptor is gone on Linux; nothing can be done about it */
        errno = saved;
    }
    return CM_FD_NONE;
}
