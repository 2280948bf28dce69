/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The root mount: opened in the parent, attached and pivoted into in the container's process. Hostile: everything inside the rootfs. It was opened once,
 * without following a link, and judged by that descriptor.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sys.h"
#include "path/rootpath.h"
#include "rootfs/attach.h"
#include "rootfs/rootfs.h"

/* The old root and the stage of an overlay. */
#define STACKED_MAX 2
#define ROOT_ATTRIBUTES (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)

static int idmap_error(int errnum, const char *what, struct cm_error *err)
{
    if (errnum == EINVAL || errnum == EOPNOTSUPP)
        return cm_fail_errno(err, errnum, "/root/path",
                             "the filesystem of %s cannot be id-mapped (FUSE, such as fuse-overlayfs, and network filesystems cannot); put the rootfs on ext4, xfs, btrfs or "
                             "(Linux 6.3) tmpfs, and use a kernel from 5.19 on",
                             what);
    return cm_fail_errno(err, errnum, "/root/path", "id-mapping the rootfs %s", what);
}

/* What the descriptor is, as messages name it: "/a/b" or "/a/b, layer 3". */
static int open_lower(const struct cm_plan *plan, const char *what, int dir, int userns, struct cm_error *err)
{
    /* Not recursive: what happens to be mounted below the rootfs on the host is not part of it. */
    CM_AUTO_CLOSE int mount = cm_fs_clone(dir, false);
    if (mount < 0)
        return cm_fail_errno(err, -mount, "/root/path", "cloning the rootfs %s", what);

    /* With a scratch layer this is the lower layer: read-only in every case. */
    struct mount_attr attr = {.attr_set = ROOT_ATTRIBUTES | MOUNT_ATTR_RDONLY, .propagation = (uint64_t)MS_PRIVATE};
    if (plan->root_idmap) {
        attr.attr_set |= MOUNT_ATTR_IDMAP;
        attr.userns_fd = (unsigned int)userns;
    }
    if (cm_mount_setattr(mount, "", AT_EMPTY_PATH, &attr) < 0)
        return idmap_error(errno, what, err);
    return CM_TAKE_FD(mount);
}

int cm_rootfs_open(const struct cm_plan *plan, int dir, int userns, struct cm_error *err)
{
    return open_lower(plan, plan->rootfs, dir, userns, err);
}

void cm_layers_close(struct cm_tree *tree)
{
    for (size_t i = 0; i < tree->n_layers; i++)
        tree->layers[i] = cm_close(tree->layers[i]);
    tree->n_layers = 0;
    free(tree->layers);
    tree->layers = NULL;
}

int cm_layers_open(const struct cm_plan *plan, const int *dirs, size_t n, int userns, struct cm_tree *tree, struct cm_error *err)
{
    char what[PATH_MAX + 32];

    tree->layers = calloc(n, sizeof(*tree->layers));
    if (!tree->layers)
        return cm_fail_errno(err, ENOMEM, "/root/path", "cloning the layers of %s", plan->rootfs);
    for (size_t i = 0; i < n; i++) {
        (void)snprintf(what, sizeof(what), "%s, layer %zu of %zu", plan->rootfs, i + 1, n);
        int layer = open_lower(plan, what, dirs[i], userns, err);
        if (layer < 0) {
            cm_layers_close(tree);
            return layer;
        }
        tree->layers[tree->n_layers++] = layer;
    }
    return 0;
}

int cm_tree_attach_root(struct cm_tree *tree, struct cm_error *err)
{
    if (tree->plan->root_scratch || tree->n_layers > 0)
        return cm_overlay_attach(tree, err);
    if (cm_move_mount(tree->lower, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0)
        return cm_fail_errno(err, errno, NULL, "attaching the rootfs; the runtime's own / must not be an initramfs");
    tree->root.fd = CM_TAKE_FD(tree->lower);
    return 0;
}

static int mount_id(int dir, const char *path, uint64_t *ret)
{
    struct statx stx;

    if (statx(dir, path, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, STATX_MNT_ID, &stx) < 0)
        return -errno;
    *ret = stx.stx_mnt_id;
    return 0;
}

/* A last look from inside: whatever happened on the way, these three must be our mounts. */
static int verify_own_mounts(const struct cm_tree *tree, struct cm_error *err)
{
    const struct {
        const char *path;
        int mount;
    } expected[] = {{"/proc", tree->own_proc.fd}, {"/sys", tree->own_sys.fd}, {"/dev", tree->own_dev.fd}};

    for (size_t i = 0; i < CM_ARRAY_LEN(expected); i++) {
        CM_AUTO_CLOSE int fd = cm_root_open(tree->root, expected[i].path, O_PATH | O_DIRECTORY, CM_LOOKUP_PLAIN);
        if (fd < 0)
            return cm_fail_errno(err, -fd, NULL, "looking at %s of the container", expected[i].path);
        uint64_t want = 0, got = 0;
        if (expected[i].mount < 0 || mount_id(expected[i].mount, "", &want) < 0 || mount_id(fd, "", &got) < 0 || want != got)
            return cm_fail(err, EXDEV, NULL, "%s of the container is not what was mounted there: something moved it meanwhile", expected[i].path);
    }
    return 0;
}

/*
 * What lies on top of the new root after pivot_root(".", "."): the old root, and with an overlay the stage on top of that. Each umount takes the topmost,
 * and "/.." steps onto it: as long as that is not the new root itself, the host's tree is still there.
 */
static int detach_old_roots(const struct cm_tree *tree, struct cm_error *err)
{
    uint64_t root, top;
    int r = mount_id(tree->root.fd, "", &root);

    for (int i = 0; r == 0 && i <= STACKED_MAX; i++) {
        r = mount_id(AT_FDCWD, "/..", &top);
        if (r == 0 && top == root)
            return 0;
        if (r == 0 && umount2(".", MNT_DETACH) < 0)
            r = -errno;
    }
    return r < 0 ? cm_fail_errno(err, -r, NULL, "detaching the host's root") : cm_fail(err, EXDEV, NULL, "something is mounted over the container's root");
}

int cm_tree_pivot(const struct cm_tree *tree, struct cm_error *err)
{
    bool overlay = tree->plan->root_scratch || tree->plan->root_layers; /* made without the flag */
    if (overlay && tree->plan->root_mode == CM_ROOT_READONLY) {
        int r = cm_fs_set_attributes(tree->root.fd, MOUNT_ATTR_RDONLY, 0, false);
        if (r < 0)
            return cm_fail_errno(err, -r, NULL, "making the root read-only");
    }
    if (fchdir(tree->root.fd) < 0 || cm_pivot_root(".", ".") < 0)
        return cm_fail_errno(err, errno, NULL, "changing to the container's root");
    int r = detach_old_roots(tree, err);
    if (r < 0)
        return r;
    if (chdir("/") < 0)
        return cm_fail_errno(err, errno, NULL, "entering the container's root");
    return verify_own_mounts(tree, err);
}
