/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The container's file tree. Everything is a detached mount whose attributes are fixed before it becomes visible, attached descriptor to
 * descriptor (I8). The rootfs and bind sources are hostile; /dev, /proc, /sys and the masks are objects made here, never taken from the rootfs.
 *
 * All but cm_rootfs_open and cm_tree_make_dev runs in the container's process, in its own mount namespace, before it enters the user namespace.
 */
#pragma once

#include "base/error.h"
#include "base/fd.h"
#include "plan/plan.h"

/* What the functions below work on. */
struct cm_tree {
    struct cm_plan *plan;
    int userns;                                  /* for idmapped mounts */
    int lower;                                   /* the rootfs: a detached, idmapped, read-only mount; CM_FD_NONE: it is made of layers */
    size_t n_layers;
    int *layers;                                 /* of an overlay that an engine made, the topmost first: each a detached, idmapped, read-only mount; owned */
    int dev;                                     /* our /dev, filled in the parent: a detached tmpfs */
    struct cm_rootfd root;                       /* the root as the container will see it, once attached */
    struct cm_rootfd own_proc, own_sys, own_dev; /* our mounts there, once attached */
    size_t sources_cloned;                       /* plan mounts before this index have a clone of ours as source_fd */
    uint32_t root_uid, root_gid;                 /* container root, as seen from the namespace we run in */
    bool acted;                                  /* something was made with these ids: the parent-death signal is cleared */
};

/* Makes the plan's rootfs, of which `dir` is the descriptor that was judged, a detached mount, idmapped and read-only, in the parent. Returns the mount's
 * descriptor. */
int cm_rootfs_open(const struct cm_plan *plan, int dir, int userns, struct cm_error *err) CM_MUST_USE;

/* The same for each layer of an overlay that an engine mounted, into tree->layers: overlayfs cannot be idmapped, its layers can. */
int cm_layers_open(const struct cm_plan *plan, const int *dirs, size_t n, int userns, struct cm_tree *tree, struct cm_error *err) CM_MUST_USE;
void cm_layers_close(struct cm_tree *tree);

/* Makes every mount of the namespace private, so that nothing done here is seen outside (rootfs/attach.c). */
int cm_tree_detach_from_host(struct cm_error *err) CM_MUST_USE;
/* Attaches the root: the rootfs itself, or an overlay: of its layers, and with plan->root_scratch of an upper layer in a small tmpfs (rootfs/overlay.c). */
int cm_tree_attach_root(struct cm_tree *tree, struct cm_error *err) CM_MUST_USE;
int cm_overlay_attach(struct cm_tree *tree, struct cm_error *err) CM_MUST_USE;
/*
 * From where a path of the container is looked up: what lies below our own /proc, /sys and /dev from those mounts themselves, everything else from the root.
 * Somebody who can write to the rootfs may move a mount point away for a moment, and with it what a lookup from the root would find. *ret_rest is the path from
 * there.
 */
struct cm_rootfd cm_tree_base(const struct cm_tree *tree, const char *path, const char **ret_rest);
/*
 * Copies what `directory` of the rootfs holds into the fresh tmpfs `mount` of the plan's entry, owners, modes, times and the user's attributes included, no
 * hard links, sockets, FIFOs or devices (rootfs/copy_up.c). Needs the privileges of the host's root (rootless: of the outer one).
 */
int cm_copy_up(int directory, int mount, const struct cm_plan_mount *m, struct cm_error *err) CM_MUST_USE;
/* Attaches every mount of the plan, in order (rootfs/mounts.c), then takes write permission from those that end up read-only. */
int cm_tree_mount_all(struct cm_tree *tree, struct cm_error *err) CM_MUST_USE;
/*
 * Makes our /dev as a detached tmpfs, in the parent: the container's process is born under a device program that forbids mknod (rootfs/mounts.c). The caller's
 * securebits must keep capabilities across a change of the filesystem ids (cm_cred_keep_caps).
 */
int cm_tree_make_dev(struct cm_tree *tree, struct cm_error *err) CM_MUST_USE;
/* Clones the sources of the plan's bind mounts, in the parent: the kernel clones only mounts of the caller's own namespace. The plan's source_fd becomes the
 * clone's. */
int cm_tree_clone_sources(struct cm_tree *tree, struct cm_error *err) CM_MUST_USE;
void cm_tree_close_sources(struct cm_tree *tree);
/* Fills a fresh tmpfs with our device nodes and links (rootfs/dev.c). `dev` is its detached mount. */
int cm_dev_populate(const struct cm_tree *tree, int dev, struct cm_error *err) CM_MUST_USE;
/* Rootless: the nodes cannot be made, so the host's are bound over empty files, once /dev is attached. */
int cm_dev_bind_nodes(const struct cm_tree *tree, int dev, struct cm_error *err) CM_MUST_USE;
/* Puts the terminal behind `slave`, one of the container's own devpts, on /dev/console, for which our /dev has a place (rootfs/dev.c). */
int cm_tree_bind_console(const struct cm_tree *tree, int slave, struct cm_error *err) CM_MUST_USE;
/* Read-only binds and masks of the plan (rootfs/masks.c). Paths that do not exist are skipped, as the specification says. */
int cm_tree_mask(const struct cm_tree *tree, struct cm_error *err) CM_MUST_USE;
/* Makes the missing working directory; only with a scratch layer. */
int cm_tree_make_cwd(struct cm_tree *tree, struct cm_error *err) CM_MUST_USE;
/* Root read-only if the plan says so, pivot_root, the old root gone, and a check that /proc, /sys and /dev are what they must be. */
int cm_tree_pivot(const struct cm_tree *tree, struct cm_error *err) CM_MUST_USE;
