/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Masked and read-only paths. The object that covers a path is one of ours: the null device of the /dev made a moment ago, or an empty read-only tmpfs; never
 * anything from the rootfs (CVE-2025-31133). Hostile: the rootfs, for paths that do not lie in proc or sysfs.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/str.h"
#include "base/sys.h"
#include "path/rootpath.h"
#include "rootfs/attach.h"
#include "rootfs/rootfs.h"

#define MASK_ATTRIBUTES (MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC)

/* What covers things: made on first use. */
struct covers {
    int file;      /* an attached, read-only copy of our null device, to be cloned with its attributes for the next file */
    int directory; /* the same of the empty tmpfs */
};

static void close_covers(struct covers *covers)
{
    covers->file = cm_close(covers->file);
    covers->directory = cm_close(covers->directory);
}

static bool is_missing(int r)
{
    return r == -ENOENT || r == -ENOTDIR;
}

/*
 * Covers a target, and makes sure that it is the path that is covered now: with a link to "/" in the image the cover would land on the root itself, and
 * everything after it below. In proc and sysfs there are no such links, and nobody else is there yet.
 */
static int attach_cover(const struct cm_tree *tree, int mount, int target, const char *path)
{
    struct statx want, got;
    bool ours = cm_path_is_below(path, "/proc") || cm_path_is_below(path, "/sys");

    if (!ours && cm_fs_same_place(target, tree->root.fd))
        return -EXDEV;
    int r = cm_fs_attach(mount, target);
    if (r < 0 || ours)
        return r;
    CM_AUTO_CLOSE int again = cm_root_open(tree->root, path, O_PATH, CM_LOOKUP_IN_ROOT);
    if (again < 0)
        return again;
    if (statx(mount, "", AT_EMPTY_PATH, STATX_MNT_ID, &want) < 0 || statx(again, "", AT_EMPTY_PATH, STATX_MNT_ID, &got) < 0)
        return -errno;
    return want.stx_mnt_id == got.stx_mnt_id ? 0 : -EXDEV;
}

static int open_path(const struct cm_tree *tree, const char *path)
{
    const char *rest;
    struct cm_rootfd base = cm_tree_base(tree, path, &rest);

    return cm_root_open(base, rest, O_PATH, CM_LOOKUP_IN_ROOT);
}

static int make_readonly(const struct cm_tree *tree, const char *path)
{
    CM_AUTO_CLOSE int target = open_path(tree, path);
    if (target < 0)
        return is_missing(target) ? 0 : target;
    CM_AUTO_CLOSE int mount = cm_fs_clone(target, true);
    if (mount < 0)
        return mount;
    int r = cm_fs_set_attributes(mount, MOUNT_ATTR_RDONLY, 0, true);
    return r < 0 ? r : attach_cover(tree, mount, target, path);
}

static int open_null(const struct cm_tree *tree)
{
    struct stat st;
    CM_AUTO_CLOSE int fd = cm_root_open(tree->own_dev, "null", O_PATH, CM_LOOKUP_PLAIN);

    if (fd < 0)
        return fd;
    if (fstat(fd, &st) < 0)
        return -errno;
    return S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3) ? CM_TAKE_FD(fd) : -ENODEV;
}

static int make_file_cover(const struct cm_tree *tree)
{
    CM_AUTO_CLOSE int null = open_null(tree);
    CM_AUTO_CLOSE int mount = null < 0 ? null : cm_fs_clone(null, false);

    if (mount < 0)
        return mount;
    int r = cm_fs_set_attributes(mount, MASK_ATTRIBUTES, 0, false);
    return r < 0 ? r : CM_TAKE_FD(mount);
}

static int make_directory_cover(const char *label)
{
    const struct cm_fs_option options[] = {{"nr_blocks", "1"}, {"nr_inodes", "1"}, {"mode", "0555"}, {"context", label}};

    return cm_fs_mount("tmpfs", options, CM_ARRAY_LEN(options) - (label ? 0 : 1), MASK_ATTRIBUTES | MOUNT_ATTR_NODEV);
}

static int cover(const struct cm_tree *tree, struct covers *covers, int target, const char *path, bool directory)
{
    int *first = directory ? &covers->directory : &covers->file;
    CM_AUTO_CLOSE int mount = *first >= 0 ? cm_fs_clone(*first, false) : directory ? make_directory_cover(tree->plan->mount_label) : make_file_cover(tree);

    if (mount < 0)
        return mount;
    int r = attach_cover(tree, mount, target, path);
    if (r == 0 && *first < 0)
        *first = CM_TAKE_FD(mount);
    return r;
}

/* Of procfs and sysfs, what nearly every container masks: the kernel need not be asked what it is, and says so should it ever be something else. */
static const struct {
    const char *path;
    bool directory;
} known[] = {
    {"/proc/interrupts", false}, {"/proc/kcore", false},      {"/proc/key-users", false},        {"/proc/keys", false},
    {"/proc/timer_list", false}, {"/sys/kernel/notes", false}, {"/sys/kernel/vmcoreinfo", false}, {"/proc/acpi", true},
    {"/proc/asound", true},      {"/proc/scsi", true},        {"/sys/firmware", true},           {"/sys/devices/virtual/powercap", true},
};

/* -EAGAIN: not known, or not what it was taken for. */
static int mask_known(const struct cm_tree *tree, struct covers *covers, int target, const char *path)
{
    for (size_t i = 0; i < CM_ARRAY_LEN(known); i++)
        if (cm_streq(known[i].path, path)) {
            int r = cover(tree, covers, target, path, known[i].directory);
            return r == -EINVAL || r == -ENOTDIR ? -EAGAIN : r;
        }
    return -EAGAIN;
}

static int mask(const struct cm_tree *tree, struct covers *covers, const char *path)
{
    struct stat st;
    CM_AUTO_CLOSE int target = open_path(tree, path);

    if (target < 0)
        return is_missing(target) ? 0 : target;
    int r = mask_known(tree, covers, target, path);
    if (r != -EAGAIN)
        return r;
    if (fstat(target, &st) < 0)
        return -errno;
    return cover(tree, covers, target, path, S_ISDIR(st.st_mode));
}

int cm_tree_mask(const struct cm_tree *tree, struct cm_error *err)
{
    const struct cm_plan *plan = tree->plan;
    struct covers covers CM_CLEANUP(close_covers) = {CM_FD_NONE, CM_FD_NONE};

    for (size_t i = 0; i < plan->readonly_paths.n; i++) {
        int r = make_readonly(tree, plan->readonly_paths.v[i]);
        if (r < 0)
            return cm_fail_errno(err, -r, "/linux/readonlyPaths", "making %s read-only", plan->readonly_paths.v[i]);
    }
    for (size_t i = 0; i < plan->masked_paths.n; i++) {
        int r = mask(tree, &covers, plan->masked_paths.v[i]);
        if (r < 0)
            return cm_fail_errno(err, -r, "/linux/maskedPaths", "masking %s", plan->masked_paths.v[i]);
    }
    return 0;
}
