/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Words of config.json's mounts[].options: what each does to a mount. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cm_option_kind {
    CM_OPT_SET,         /* sets a mount attribute */
    CM_OPT_CLEAR,       /* clears one */
    CM_OPT_UNSAFE,      /* clears nosuid or nodev: refused */
    CM_OPT_BIND,        /* bind, rbind */
    CM_OPT_PROPAGATION, /* private */
    CM_OPT_SLAVE,
    CM_OPT_SHARED, /* shared, unbindable: refused */
    CM_OPT_IDMAP,
    CM_OPT_REMOUNT, /* refused */
    CM_OPT_COPY_UP, /* tmpcopyup */
    CM_OPT_SYNC,    /* sync, dirsync: promises about the host's whole filesystem */
    CM_OPT_NOTHING, /* the default, or a property of whole filesystems that is not a container's to change */
};

struct cm_mount_option {
    const char *word;
    enum cm_option_kind kind;
    uint64_t attribute; /* MOUNT_ATTR_… */
    bool recursive;     /* the whole tree of a bind mount */
};

/* NULL for words that are not in the table: filesystem data ("size=64m") or unknown. */
const struct cm_mount_option *cm_mount_option_find(const char *word);
/*
 * For `features`: the words that are accepted, sorted, one a call from *position (0 at first) on; NULL after the last. Without idmap and ridmap, which
 * have a property of their own there.
 */
const char *cm_mount_option_word(size_t *position);
