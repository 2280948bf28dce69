/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The mount API by descriptors, and the first step: cutting the new mount namespace off from the host's. */
#include "rootfs/attach.h"

#include <errno.h>
#include <linux/mount.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/sys.h"
#include "rootfs/rootfs.h"

int cm_fs_mount(const char *type, const struct cm_fs_option *options, size_t n, uint64_t attributes)
{
    CM_AUTO_CLOSE int fs = cm_fsopen(type);

    if (fs < 0)
        return -errno;
    for (size_t i = 0; i < n; i++) {
        unsigned int command = options[i].value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG;
        if (cm_fsconfig(fs, command, options[i].key, options[i].value, 0) < 0)
            return -errno;
    }
    if (cm_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
        return -errno;
    int mount = cm_fsmount(fs, (unsigned int)attributes);
    return mount < 0 ? -errno : mount;
}

int cm_fs_set_attributes(int mount, uint64_t set, uint64_t clear, bool recursive)
{
    struct mount_attr attr = {.attr_set = set, .attr_clr = clear};

    return cm_mount_setattr(mount, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attr) < 0 ? -errno : 0;
}

bool cm_fs_same_place(int a, int b)
{
    struct statx x, y;

    if (statx(a, "", AT_EMPTY_PATH, STATX_MNT_ID | STATX_INO, &x) < 0 || statx(b, "", AT_EMPTY_PATH, STATX_MNT_ID | STATX_INO, &y) < 0)
        return true;
    return x.stx_mnt_id == y.stx_mnt_id && x.stx_ino == y.stx_ino;
}

int cm_fs_attach(int mount, int target)
{
    return cm_move_mount(mount, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0 ? -errno : 0;
}

int cm_fs_clone(int fd, bool recursive)
{
    int mount = cm_open_tree(fd, "", OPEN_TREE_CLONE | AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0));

    return mount < 0 ? -errno : mount;
}

int cm_tree_detach_from_host(struct cm_error *err)
{
    struct mount_attr attr = {.propagation = MS_PRIVATE};

    if (cm_mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &attr) < 0)
        return cm_fail_errno(err, errno, NULL, "making the mounts of the new mount namespace private");
    return 0;
}
