/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The root as an overlay. Below lies the idmapped rootfs, or one idmapped mount for each layer of an overlay that an engine made: its upper layer becomes our
 * topmost lower one, so that nothing of the engine's is ever written to (I6). With a scratch layer there is an upper one in a bounded tmpfs of ours: it gives a
 * container its ephemeral root, and holds the mount points that the rootfs lacks. Hostile: the content and the extended attributes of the lower layers.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sys.h"
#include "path/overlay.h"
#include "rootfs/attach.h"
#include "rootfs/rootfs.h"

/* Empty files cost kernel memory that the size does not bound: as many as there are pages, and enough for mount points in any case. */
#define SCRATCH_PAGE 4096
#define SCRATCH_INODES_MIN 1024

/* The directories of the stage: a lower layer's has the name of its number. */
#define NAME_MAX_LOWER 4
/* fsconfig(2) takes strings of 255 bytes. */
#define LIST_MAX 256

static size_t lowers_of(const struct cm_tree *tree, const int **ret)
{
    *ret = tree->n_layers > 0 ? tree->layers : &tree->lower;
    return tree->n_layers > 0 ? tree->n_layers : 1;
}

/* Short ones: in a list of 255 bytes there is room for 106. */
static const char *name_of(size_t layer, char name[NAME_MAX_LOWER])
{
    static const char letters[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const size_t base = sizeof(letters) - 1;
    size_t at = 0;

    if (layer >= base)
        name[at++] = letters[layer / base - 1];
    name[at++] = letters[layer % base];
    name[at] = '\0';
    return name;
}

static int make_directory(int stage, const char *name, struct cm_error *err)
{
    return mkdirat(stage, name, 0755) < 0 ? cm_fail_errno(err, errno, NULL, "making the directories of the root's layers") : 0;
}

/* The root of the overlay shows owner and mode of the upper directory: copy those of the rootfs (as its idmapped mount shows them). */
static int make_scratch(int stage, int topmost, struct cm_error *err)
{
    struct stat st;
    int r = make_directory(stage, "upper", err);

    if (r < 0)
        return r;
    r = make_directory(stage, "work", err);
    if (r < 0)
        return r;
    if (fstat(topmost, &st) < 0 || fchownat(stage, "upper", st.st_uid, st.st_gid, AT_SYMLINK_NOFOLLOW) < 0 || fchmodat(stage, "upper", st.st_mode & 07777, 0) < 0)
        return cm_fail_errno(err, errno, NULL, "copying the attributes of the rootfs to the scratch layer");
    return 0;
}

/*
 * Before Linux 6.15 overlayfs takes layers only from mounts of the caller's namespace: attach the stage over the old root (it leaves with it) and the lower
 * layers in it.
 */
static int attach_lowers(int stage, const struct cm_tree *tree, struct cm_error *err)
{
    const int *lowers;
    size_t n = lowers_of(tree, &lowers);
    char name[NAME_MAX_LOWER];

    if (cm_move_mount(stage, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0 || fchdir(stage) < 0)
        return cm_fail_errno(err, errno, NULL, "attaching the place of the root's layers");
    for (size_t i = 0; i < n; i++) {
        int r = make_directory(stage, name_of(i, name), err);
        if (r < 0)
            return r;
        if (cm_move_mount(lowers[i], "", stage, name, MOVE_MOUNT_F_EMPTY_PATH) < 0)
            return cm_fail_errno(err, errno, NULL, "attaching layer %zu of the rootfs", i + 1);
    }
    return 0;
}

/* Adds the options that name the lower layers. As one list, which every kernel takes, or where that is too long one by one. */
static size_t name_lowers(size_t n, char list[LIST_MAX], char names[][NAME_MAX_LOWER], struct cm_fs_option *options)
{
    size_t used = 0;

    for (size_t i = 0; i < n; i++)
        used += strlen(name_of(i, names[i])) + 1;
    if (used > LIST_MAX) {
        for (size_t i = 0; i < n; i++)
            options[i] = (struct cm_fs_option){"lowerdir+", names[i]}; /* Linux 6.7 */
        return n;
    }
    used = 0;
    for (size_t i = 0; i < n; i++)
        used += (size_t)snprintf(list + used, LIST_MAX - used, "%s%s", i > 0 ? ":" : "", names[i]);
    options[0] = (struct cm_fs_option){"lowerdir", list};
    return 1;
}

static int overlay_mount(const struct cm_tree *tree, struct cm_error *err)
{
    static char names[CM_OVERLAY_LAYERS_MAX + 1][NAME_MAX_LOWER], list[LIST_MAX];
    static struct cm_fs_option options[CM_OVERLAY_LAYERS_MAX + 9];
    const struct cm_plan *plan = tree->plan;
    const int *lowers;
    size_t lower_layers = lowers_of(tree, &lowers), n = name_lowers(lower_layers, list, names, options);

    /*
     * redirect_dir and metacopy would let attributes of the (hostile) lower layers point at other files of them; nothing needs them, unless an engine made its
     * layers so.
     */
    const struct cm_fs_option more[] = {{"redirect_dir", plan->root_layers_redirect || plan->root_layers_metacopy ? "on" : "nofollow"},
                                        {"metacopy", plan->root_layers_metacopy ? "on" : "off"},
                                        {"index", "off"},
                                        {"xino", "off"},
                                        {"source", "casemate"},
                                        {"upperdir", "upper"},
                                        {"workdir", "work"}};
    size_t n_more = CM_ARRAY_LEN(more) - (plan->root_scratch ? 0 : 2);
    memcpy(options + n, more, n_more * sizeof(*more));
    n += n_more;
    if (plan->mount_label)
        options[n++] = (struct cm_fs_option){"context", plan->mount_label};
    /* Relative layer paths are looked up from the working directory, which is the stage. */
    int mount = cm_fs_mount("overlay", options, n, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
    return mount < 0 ? cm_fail_errno(err, -mount, NULL, "mounting the container's root of %zu layers (overlayfs; Linux 5.19 for id-mapped layers, 6.7 for more than 106)",
                                     lower_layers)
                     : mount;
}

int cm_overlay_attach(struct cm_tree *tree, struct cm_error *err)
{
    char size[32], inodes[32];
    const int *lowers;
    unsigned long long bytes = tree->plan->root_scratch_size;
    (void)snprintf(size, sizeof(size), "%llu", bytes);
    (void)snprintf(inodes, sizeof(inodes), "%llu", CM_MAX(bytes / SCRATCH_PAGE, (unsigned long long)SCRATCH_INODES_MIN));
    const struct cm_fs_option options[] = {{"size", size}, {"nr_inodes", inodes}, {"mode", "0700"}, {"source", "casemate"}};
    CM_AUTO_CLOSE int stage = cm_fs_mount("tmpfs", options, CM_ARRAY_LEN(options), MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);

    if (stage < 0)
        return cm_fail_errno(err, -stage, NULL, "mounting the tmpfs of the root's layers");
    (void)lowers_of(tree, &lowers);
    int r = tree->plan->root_scratch ? make_scratch(stage, lowers[0], err) : 0;
    if (r < 0)
        return r;
    r = attach_lowers(stage, tree, err);
    if (r < 0)
        return r;
    CM_AUTO_CLOSE int overlay = overlay_mount(tree, err);
    if (overlay < 0)
        return overlay;
    if (cm_move_mount(overlay, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0)
        return cm_fail_errno(err, errno, NULL, "attaching the container's root");
    tree->lower = cm_close(tree->lower);
    cm_layers_close(tree);
    tree->root.fd = CM_TAKE_FD(overlay);
    return 0;
}
