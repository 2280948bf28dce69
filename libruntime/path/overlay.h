/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an overlay is made of, by the options of its mount in /proc/PID/mountinfo. Pure. Host root mounts, so the text is not hostile; names in it may be any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

/* More layers than the kernel stacks (OVL_MAX_STACK, fs/overlayfs/params.h). */
#define CM_OVERLAY_LAYERS_MAX ((size_t)500)

struct cm_overlay {
    size_t n_lower;
    const char **lower; /* the topmost first, as they were given: relative ones to whoever mounted it */
    const char *upper;  /* NULL: none */
    bool data_only;     /* some lower layers hold nothing but contents, reached by attributes of others (composefs) */
    bool metacopy;      /* a file's content may lie in a lower layer than its owner and mode */
    bool redirect;      /* a directory's may, under another name */
    bool userxattr;     /* its attributes are "user." ones: made without privilege */
};

/* `super`: as cm_mount_entry has it. -EINVAL: no options of an overlay that is understood; -E2BIG: too many layers; -ENOMEM. */
int cm_overlay_parse(const char *super, struct cm_arena *arena, struct cm_overlay *ret) CM_MUST_USE;
