/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The only code that resolves a path inside a container's root filesystem (I8). Everything below a struct cm_rootfd is hostile and may change while we look: a
 * path is resolved once, by openat2(2) in the kernel, to a descriptor, and only the descriptor is used. There is no fallback to strings. Linux 5.6.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/fd.h"

/* Named lookup policies. Magic links are never followed. */
enum cm_lookup {
    CM_LOOKUP_IN_ROOT,    /* symbolic links are followed as the container would see them; ".." stops at the root */
    CM_LOOKUP_PLAIN,      /* no component may be a symbolic link */
    CM_LOOKUP_SAME_MOUNT, /* as PLAIN, and no other mount may be entered (EXDEV) */
};

/* Opens `path` (absolute or relative, both from the root) with O_PATH or other flags. Returns a descriptor or -errno; -EAGAIN after a bounded number of rename
 * races. */
int cm_root_open(struct cm_rootfd root, const char *path, int flags, enum cm_lookup lookup);

/* As above, for a directory whose missing components are made first with mode 0755 (one mkdirat at a time on held descriptors, CVE-2024-45310). uid and gid own
 * what is made. */
int cm_root_make_dirs(struct cm_rootfd root, const char *path, enum cm_lookup lookup, uid_t uid, gid_t gid);
/* As cm_root_make_dirs for the parent, then an empty regular file. */
int cm_root_make_file(struct cm_rootfd root, const char *path, enum cm_lookup lookup, uid_t uid, gid_t gid);
