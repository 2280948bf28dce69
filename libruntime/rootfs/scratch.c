/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The scratch layer: an overlay whose only lower layer is the id-mapped rootfs and whose upper layer lies in a bounded tmpfs of ours. It gives a container its
 * ephemeral root, and holds the mount points that the rootfs lacks, so that the rootfs itself is never written (I6). Hostile: the content and the extended
 * attributes of the lower layer.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sys.h"
#include "rootfs/attach.h"
#include "rootfs/rootfs.h"

/* Empty files cost kernel memory that the size does not bound: as many as there are pages, and enough for mount points in any case. */
#define SCRATCH_PAGE 4096
#define SCRATCH_INODES_MIN 1024

static int make_layers(int stage, struct cm_error *err)
{
    static const char *const names[] = {"lower", "upper", "work"};

    for (size_t i = 0; i < CM_ARRAY_LEN(names); i++)
        if (mkdirat(stage, names[i], 0755) < 0)
            return cm_fail_errno(err, errno, NULL, "making the scratch layer's directories");
    return 0;
}

/* The root of the overlay shows owner and mode of the upper directory: copy those of the rootfs (as its idmapped mount shows them). */
static int copy_root_attributes(int stage, int lower, struct cm_error *err)
{
    struct stat st;

    if (fstat(lower, &st) < 0 || fchownat(stage, "upper", st.st_uid, st.st_gid, AT_SYMLINK_NOFOLLOW) < 0 || fchmodat(stage, "upper", st.st_mode & 07777, 0) < 0)
        return cm_fail_errno(err, errno, NULL, "copying the attributes of the rootfs to the scratch layer");
    return 0;
}

static int overlay_mount(struct cm_error *err)
{
    /* redirect_dir and metacopy would let attributes of the (hostile) lower layer point at other files of it; nothing needs them here. */
    static const struct cm_fs_option options[] = {
        {"lowerdir", "lower"}, {"upperdir", "upper"}, {"workdir", "work"}, {"redirect_dir", "nofollow"},
        {"metacopy", "off"},   {"index", "off"},      {"xino", "off"},     {"source", "casemate"},
    };
    /* Relative layer paths are looked up from the working directory, which is the stage. */
    int mount = cm_fs_mount("overlay", options, CM_ARRAY_LEN(options), MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);

    return mount < 0 ? cm_fail_errno(err, -mount, NULL, "mounting the scratch layer (overlayfs; Linux 5.19 for id-mapped layers)") : mount;
}

int cm_scratch_attach(struct cm_tree *tree, struct cm_error *err)
{
    char size[32], inodes[32];
    unsigned long long bytes = tree->plan->root_scratch_size;
    (void)snprintf(size, sizeof(size), "%llu", bytes);
    (void)snprintf(inodes, sizeof(inodes), "%llu", CM_MAX(bytes / SCRATCH_PAGE, (unsigned long long)SCRATCH_INODES_MIN));
    const struct cm_fs_option options[] = {{"size", size}, {"nr_inodes", inodes}, {"mode", "0700"}, {"source", "casemate"}};
    CM_AUTO_CLOSE int stage = cm_fs_mount("tmpfs", options, CM_ARRAY_LEN(options), MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);

    if (stage < 0)
        return cm_fail_errno(err, -stage, NULL, "mounting the scratch layer's tmpfs");
    int r = make_layers(stage, err);
    if (r < 0)
        return r;
    r = copy_root_attributes(stage, tree->lower, err);
    if (r < 0)
        return r;
    /* Before Linux 6.15 overlayfs takes layers only from mounts of the caller's namespace: attach the stage over the old root (it leaves with it) and the lower
     * layer in it. */
    if (cm_move_mount(stage, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0 || fchdir(stage) < 0 ||
        cm_move_mount(tree->lower, "", stage, "lower", MOVE_MOUNT_F_EMPTY_PATH) < 0)
        return cm_fail_errno(err, errno, NULL, "attaching the rootfs below the scratch layer");

    CM_AUTO_CLOSE int overlay = overlay_mount(err);
    if (overlay < 0)
        return overlay;
    if (cm_move_mount(overlay, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0)
        return cm_fail_errno(err, errno, NULL, "attaching the container's root");
    tree->lower = cm_close(tree->lower);
    tree->root.fd = CM_TAKE_FD(overlay);
    return 0;
}
