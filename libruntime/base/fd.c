/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Closing descriptors without losing errno. No hostile input. */
#include "base/fd.h"

#include <sys/syscall.h>
#include <unistd.h>

/* Above this the descriptor table (RLIMIT_NOFILE is often 1024) matters more than the calls. */
#define LATER_MAX 256

static int later_below;

void cm_close_later(void)
{
    later_below = LATER_MAX;
}

void cm_close_now(int first, const int *keep, size_t n)
{
    int sorted[8];
    size_t count = 0;

    later_below = 0;
    for (size_t i = 0; i < n && count < CM_ARRAY_LEN(sorted); i++) {
        size_t at = count;
        if (keep[i] < first)
            continue;
        for (; at > 0 && sorted[at - 1] > keep[i]; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = keep[i];
        count++;
    }
    for (size_t i = 0; i < count; i++) {
        if (sorted[i] > first)
            (void)syscall(SYS_close_range, (unsigned int)first, (unsigned int)sorted[i] - 1, 0); /* cannot fail with these arguments */
        first = CM_MAX(first, sorted[i] + 1);
    }
    (void)syscall(SYS_close_range, (unsigned int)first, ~0U, 0);
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
