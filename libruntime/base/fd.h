/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Descriptors. A path below a host descriptor and a path below a rootfs descriptor are resolved by different
 * rules, so they are different C types and cannot be mixed up: struct cm_rootfd is accepted by path/rootpath.h only.
 */
#pragma once

#include <errno.h>

#include "base/macros.h"

#define CM_FD_NONE (-EBADF)

/* A descriptor of a directory inside (or the root of) a container's root filesystem: everything below it is hostile. */
struct cm_rootfd {
    int fd;
};

#define CM_ROOTFD_NONE ((struct cm_rootfd){CM_FD_NONE})

/* Closes unless negative; keeps errno. Returns CM_FD_NONE for assignment. */
int cm_close(int fd);

/*
 * From here on cm_close only forgets descriptors (the first few hundred of them), because they will be closed together: by the end of the process, by
 * close_range(2), or by cm_close_now. About fifty system calls less on each side of a launch. Only for a process that exists for this one operation.
 */
void cm_close_later(void);
/* Ends that: closes every descriptor from `first` on except those of `keep` (unordered, negative ones ignored, at most 8). */
void cm_close_now(int first, const int *keep, size_t n);

static inline void cm_close_ptr(int *fd)
{
    *fd = cm_close(*fd);
}

static inline void cm_rootfd_close_ptr(struct cm_rootfd *root)
{
    root->fd = cm_close(root->fd);
}

#define CM_AUTO_CLOSE CM_CLEANUP(cm_close_ptr)
#define CM_AUTO_ROOTFD CM_CLEANUP(cm_rootfd_close_ptr)

#define CM_TAKE_FD(fd)                                                                                                                                         \
    ({                                                                                                                                                         \
        int taken_ = (fd);                                                                                                                                     \
        (fd) = CM_FD_NONE;                                                                                                                                     \
        taken_;                                                                                                                                                \
    })
