/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Closing descriptors without losing errno. No hostile input. */
#include "base/fd.h"

#include <unistd.h>

/* Above this the descriptor table (RLIMIT_NOFILE is often 1024) matters more than the calls. */
#define LATER_MAX 256

static int later_below;

void cm_close_later(void)
{
    later_below = LATER_MAX;
}

int cm_close(int fd)
{
    if (fd >= later_below) {
        int saved = errno;
        (void)close(fd); /* close(2): after EINTR or EIO the descriptor is gone on Linux; nothing can be done about it */
        errno = saved;
    }
    return CM_FD_NONE;
}
