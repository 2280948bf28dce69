/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of mount option words (mount(8), runtime-spec config.md "Linux mount options"), sorted. Words are hostile. */
#include "plan/options.h"

#include <linux/mount.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"

#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000
#endif

static const struct cm_mount_option options[] = {
    {"async", CM_OPT_NOTHING, 0, false},
    {"atime", CM_OPT_CLEAR, MOUNT_ATTR_NOATIME, false},
    {"bind", CM_OPT_BIND, 0, false},
    {"defaults", CM_OPT_NOTHING, 0, false},
    {"dev", CM_OPT_UNSAFE, MOUNT_ATTR_NODEV, false},
    {"diratime", CM_OPT_CLEAR, MOUNT_ATTR_NODIRATIME, false},
    {"dirsync", CM_OPT_SYNC, 0, false},
    {"exec", CM_OPT_CLEAR, MOUNT_ATTR_NOEXEC, false},
    {"idmap", CM_OPT_IDMAP, 0, false},
    {"iversion", CM_OPT_NOTHING, 0, false},
    {"lazytime", CM_OPT_NOTHING, 0, false},
    {"loud", CM_OPT_NOTHING, 0, false},
    {"mand", CM_OPT_NOTHING, 0, false},
    {"noatime", CM_OPT_SET, MOUNT_ATTR_NOATIME, false},
    {"nodev", CM_OPT_SET, MOUNT_ATTR_NODEV, false},
    {"nodiratime", CM_OPT_SET, MOUNT_ATTR_NODIRATIME, false},
    {"noexec", CM_OPT_SET, MOUNT_ATTR_NOEXEC, false},
    {"noiversion", CM_OPT_NOTHING, 0, false},
    {"nolazytime", CM_OPT_NOTHING, 0, false},
    {"nomand", CM_OPT_NOTHING, 0, false},
    {"norelatime", CM_OPT_NOTHING, 0, false},
    {"nostrictatime", CM_OPT_CLEAR, MOUNT_ATTR_STRICTATIME, false},
    {"nosuid", CM_OPT_SET, MOUNT_ATTR_NOSUID, false},
    {"nosymfollow", CM_OPT_SET, MOUNT_ATTR_NOSYMFOLLOW, false},
    {"private", CM_OPT_PROPAGATION, 0, false},
    {"ratime", CM_OPT_CLEAR, MOUNT_ATTR_NOATIME, true},
    {"rbind", CM_OPT_BIND, 0, true},
    {"rdev", CM_OPT_UNSAFE, MOUNT_ATTR_NODEV, true},
    {"rdiratime", CM_OPT_CLEAR, MOUNT_ATTR_NODIRATIME, true},
    {"relatime", CM_OPT_CLEAR, MOUNT_ATTR__ATIME, false},
    {"remount", CM_OPT_REMOUNT, 0, false},
    {"rexec", CM_OPT_CLEAR, MOUNT_ATTR_NOEXEC, true},
    {"ridmap", CM_OPT_IDMAP, 0, true},
    {"rnoatime", CM_OPT_SET, MOUNT_ATTR_NOATIME, true},
    {"rnodev", CM_OPT_SET, MOUNT_ATTR_NODEV, true},
    {"rnodiratime", CM_OPT_SET, MOUNT_ATTR_NODIRATIME, true},
    {"rnoexec", CM_OPT_SET, MOUNT_ATTR_NOEXEC, true},
    {"rnorelatime", CM_OPT_NOTHING, 0, true},
    {"rnostrictatime", CM_OPT_CLEAR, MOUNT_ATTR_STRICTATIME, true},
    {"rnosuid", CM_OPT_SET, MOUNT_ATTR_NOSUID, true},
    {"rnosymfollow", CM_OPT_SET, MOUNT_ATTR_NOSYMFOLLOW, true},
    {"ro", CM_OPT_SET, MOUNT_ATTR_RDONLY, false},
    {"rprivate", CM_OPT_PROPAGATION, 0, true},
    {"rrelatime", CM_OPT_CLEAR, MOUNT_ATTR__ATIME, true},
    {"rro", CM_OPT_SET, MOUNT_ATTR_RDONLY, true},
    {"rrw", CM_OPT_CLEAR, MOUNT_ATTR_RDONLY, true},
    {"rshared", CM_OPT_SHARED, 0, true},
    {"rslave", CM_OPT_SLAVE, 0, true},
    {"rstrictatime", CM_OPT_SET, MOUNT_ATTR_STRICTATIME, true},
    {"rsuid", CM_OPT_UNSAFE, MOUNT_ATTR_NOSUID, true},
    {"rsymfollow", CM_OPT_CLEAR, MOUNT_ATTR_NOSYMFOLLOW, true},
    {"runbindable", CM_OPT_SHARED, 0, true},
    {"rw", CM_OPT_CLEAR, MOUNT_ATTR_RDONLY, false},
    {"shared", CM_OPT_SHARED, 0, false},
    {"silent", CM_OPT_NOTHING, 0, false},
    {"slave", CM_OPT_SLAVE, 0, false},
    {"strictatime", CM_OPT_SET, MOUNT_ATTR_STRICTATIME, false},
    {"suid", CM_OPT_UNSAFE, MOUNT_ATTR_NOSUID, false},
    {"symfollow", CM_OPT_CLEAR, MOUNT_ATTR_NOSYMFOLLOW, false},
    {"sync", CM_OPT_SYNC, 0, false},
    {"tmpcopyup", CM_OPT_COPY_UP, 0, false},
    {"unbindable", CM_OPT_SHARED, 0, false},
};

static int compare(const void *word, const void *option)
{
    return strcmp(word, ((const struct cm_mount_option *)option)->word);
}

const struct cm_mount_option *cm_mount_option_find(const char *word)
{
    return bsearch(word, options, CM_ARRAY_LEN(options), sizeof(options[0]), compare);
}

/* Whether a word of this kind is accepted on any mount at all. */
static bool is_accepted(enum cm_option_kind kind)
{
    return kind != CM_OPT_UNSAFE && kind != CM_OPT_SHARED && kind != CM_OPT_REMOUNT;
}

const char *cm_mount_option_word(size_t *position)
{
    while (*position < CM_ARRAY_LEN(options)) {
        const struct cm_mount_option *option = &options[(*position)++];
        if (is_accepted(option->kind) && option->kind != CM_OPT_IDMAP)
            return option->word;
    }
    return NULL;
}
