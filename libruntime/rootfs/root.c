/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The root mount: opened in the parent, attached and pivoted into in the container's process. Hostile: everything inside the rootfs. It was opened once,
 * without following a link, and judged by that descriptor.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <sys/mount.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/sys.h"
#include "path/rootpath.h"
#include "rootfs/attach.h"
#include "rootfs/rootfs.h"

#define ROOT_ATTRIBUTES (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)

static int idmap_error(int errnum, const struct cm_plan *plan, struct cm_error *err)
{
    if (errnum == EINVAL || errnum == EOPNOTSUPP)
        return cm_fail_errno(err, errnum, "/root/path",
                             "the filesystem of %s cannot be id-mapped; put the rootfs on ext4, xfs, btrfs or (Linux 6.3) tmpfs, and use a kernel from 5.19 on",
                             plan->rootfs);
    return cm_fail_errno(err, errnum, "/root/path", "id-mapping the rootfs %s", plan->rootfs);
}

int cm_rootfs_open(const struct cm_plan *plan, int dir, int userns, struct cm_error *err)
{
    /* Not recursive: what happens to be mounted below the rootfs on the host is not part of it. */
    CM_AUTO_CLOSE int mount = cm_fs_clone(dir, false);
    if (mount < 0)
        return cm_fail_errno(err, -mount, "/root/path", "cloning the rootfs %s", plan->rootfs);

    /* With a scratch layer this is the lower layer: read-only in every case. */
    struct mount_attr attr = {.attr_set = ROOT_ATTRIBUTES | MOUNT_ATTR_RDONLY, .propagation = (uint64_t)MS_PRIVATE};
    if (plan->root_idmap) {
        attr.attr_set |= MOUNT_ATTR_IDMAP;
        attr.userns_fd = (unsigned int)userns;
    }
    if (cm_mount_setattr(mount, "", AT_EMPTY_PATH, &attr) < 0)
        return idmap_error(errno, plan, err);
    return CM_TAKE_FD(mount);
}

int cm_tree_attach_root(struct cm_tree *tree, struct cm_error *err)
{
    if (tree->plan->root_scratch)
        return cm_scratch_attach(tree, err);
    if (cm_move_mount(tree->lower, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0)
        return cm_fail_errno(err, errno, NULL, "attaching the rootfs; the runtime's own / must not be an initramfs");
    tree->root.fd = CM_TAKE_FD(tree->lower);
    return 0;
}

/* A last look from inside: whatever happened on the way, these three must be ours. */
static int verify_kernel_mounts(struct cm_error *err)
{
    static const struct {
        const char *path;
        unsigned int magic;
    } expected[] = {{"/proc", PROC_SUPER_MAGIC}, {"/sys", SYSFS_MAGIC}, {"/dev", TMPFS_MAGIC}};

    for (size_t i = 0; i < CM_ARRAY_LEN(expected); i++) {
        struct statfs fs;
        if (statfs(expected[i].path, &fs) < 0)
            return cm_fail_errno(err, errno, NULL, "looking at %s of the container", expected[i].path);
        if ((unsigned int)fs.f_type != expected[i].magic)
            return cm_fail(err, EXDEV, NULL, "%s of the container is not the filesystem that was mounted there: something moved it meanwhile",
                           expected[i].path);
    }
    return 0;
}

int cm_tree_pivot(const struct cm_tree *tree, struct cm_error *err)
{
    if (tree->plan->root_scratch && tree->plan->root_mode == CM_ROOT_READONLY) {
        int r = cm_fs_set_attributes(tree->root.fd, MOUNT_ATTR_RDONLY, 0, false);
        if (r < 0)
            return cm_fail_errno(err, -r, NULL, "making the root read-only");
    }
    /* pivot_root(2), "pivot_root(".", ".")": the old root ends up on top of the new one and is detached from there. */
    if (fchdir(tree->root.fd) < 0 || cm_pivot_root(".", ".") < 0)
        return cm_fail_errno(err, errno, NULL, "changing to the container's root");
    if (umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
        return cm_fail_errno(err, errno, NULL, "detaching the host's root");
    return verify_kernel_mounts(err);
}
