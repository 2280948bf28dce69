/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * /dev: a tmpfs of ours with nodes of ours. The rootfs' own /dev is never looked into (CVE-2026-41579 and its like). No hostile input, except in rootless mode
 * the host nodes' identity, which is checked.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/sys.h"
#include "oci/idmap.h"
#include "path/rootpath.h"
#include "rootfs/acting.h"
#include "rootfs/attach.h"
#include "rootfs/rootfs.h"

static const struct {
    const char *name;
    const char *target;
} links[] = {
    {"fd", "/proc/self/fd"}, {"stdin", "/proc/self/fd/0"}, {"stdout", "/proc/self/fd/1"}, {"stderr", "/proc/self/fd/2"}, {"ptmx", "pts/ptmx"},
};

/* The directories above a node such as net/tun. Nobody else sees this tmpfs yet. */
static int make_directories(int dev, const char *name)
{
    char above[PATH_MAX];

    for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
        size_t size = (size_t)(slash - name);
        if (size >= sizeof(above))
            return -ENAMETOOLONG;
        memcpy(above, name, size);
        above[size] = '\0';
        if (mkdirat(dev, above, 0755) < 0 && errno != EEXIST)
            return -errno;
    }
    return 0;
}

static bool is_bound(const struct cm_tree *tree, const struct cm_plan_device *device)
{
    return tree->plan->rootless && !S_ISFIFO(device->mode);
}

static int make_node(const struct cm_tree *tree, int dev, const struct cm_plan_device *device)
{
    uint32_t uid, gid;
    int r = make_directories(dev, device->name);

    if (r < 0)
        return r;
    if (is_bound(tree, device)) { /* a place to bind the host's node on */
        CM_AUTO_CLOSE int fd = openat(dev, device->name, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
        return fd < 0 ? -errno : 0;
    }
    if (mknodat(dev, device->name, device->mode, makedev(device->major, device->minor)) < 0)
        return -errno;
    if (device->uid == 0 && device->gid == 0)
        return 0;
    if (!oci_id_outside(&tree->plan->uid_map, device->uid, &uid) || !oci_id_outside(&tree->plan->gid_map, device->gid, &gid))
        return -EOVERFLOW;
    return fchownat(dev, device->name, uid, gid, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

/* An empty file, to bind something on. */
static int make_file(int dev, const char *name, mode_t mode)
{
    CM_AUTO_CLOSE int fd = openat(dev, name, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);

    return fd < 0 ? -errno : 0;
}

/* Mount points directly in /dev; there is nothing else in it, so the last component is enough. */
static int make_mount_points(const struct cm_tree *tree, int dev, struct cm_error *err)
{
    for (size_t i = 0; i < tree->plan->n_mounts; i++) {
        const struct cm_plan_mount *m = &tree->plan->mounts[i];
        const char *name = m->target + strlen("/dev/");
        if (!cm_has_prefix(m->target, "/dev/") || strchr(name, '/'))
            continue;
        int r = m->kind == CM_MOUNT_BIND && !m->source_is_directory ? make_file(dev, name, 0644) : mkdirat(dev, name, 0755) < 0 ? -errno : 0;
        if (r < 0)
            return cm_fail_errno(err, -r, NULL, "making %s", m->target);
    }
    return 0;
}

static int make_entries(const struct cm_tree *tree, int dev, struct cm_error *err)
{
    for (size_t i = 0; i < tree->plan->n_devices; i++) {
        int r = make_node(tree, dev, &tree->plan->devices[i]);
        if (r < 0)
            return cm_fail_errno(err, -r, NULL, "making /dev/%s", tree->plan->devices[i].name);
    }
    for (size_t i = 0; i < CM_ARRAY_LEN(links); i++)
        if (symlinkat(links[i].target, dev, links[i].name) < 0)
            return cm_fail_errno(err, errno, NULL, "making /dev/%s", links[i].name);
    int r = tree->plan->terminal ? make_file(dev, "console", 0600) : 0; /* for the terminal */
    return r < 0 ? cm_fail_errno(err, -r, NULL, "making /dev/console") : make_mount_points(tree, dev, err);
}

int cm_dev_populate(const struct cm_tree *tree, int dev, struct cm_error *err)
{
    cm_act_as_root(tree);
    int r = make_entries(tree, dev, err), acted = cm_act_as_oneself(tree);
    return r == 0 && acted < 0 ? cm_fail_errno(err, -acted, NULL, "making /dev as the container's root") : r;
}

int cm_dev_bind_nodes(const struct cm_tree *tree, int dev, struct cm_error *err)
{
    for (size_t i = 0; i < tree->plan->n_devices; i++) {
        const struct cm_plan_device *device = &tree->plan->devices[i];
        char path[PATH_MAX + 8];
        struct stat st;
        if (!is_bound(tree, device))
            continue;
        (void)snprintf(path, sizeof(path), "/dev/%s", device->name);
        CM_AUTO_CLOSE int node = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        if (node < 0 || fstat(node, &st) < 0)
            return cm_fail_errno(err, errno, NULL, "opening the host's %s", path);
        if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(device->major, device->minor))
            return cm_fail(err, ENODEV, NULL, "the host's %s is not character device %u:%u; repair the host's /dev", path, device->major, device->minor);
        CM_AUTO_CLOSE int mount = cm_fs_clone(node, false);
        CM_AUTO_CLOSE int target = openat(dev, device->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        int r = mount < 0 ? mount : target < 0 ? -errno : cm_fs_set_attributes(mount, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, 0, false);
        if (r == 0)
            r = cm_fs_attach(mount, target);
        if (r < 0)
            return cm_fail_errno(err, -r, NULL, "binding the host's %s", path);
    }
    return 0;
}

/* The container's /dev and its devpts are ours and nobody is in them yet; the look afterwards is for the day when that is not so any more (CVE-2025-52565). */
static int verify_console(const struct cm_tree *tree, int mount, int slave)
{
    struct stat want, got;
    struct statfs fs;
    CM_AUTO_CLOSE int again = cm_root_open(tree->own_dev, "console", O_PATH, CM_LOOKUP_PLAIN);

    if (again < 0)
        return again;
    if (fstatfs(again, &fs) < 0 || fstat(again, &got) < 0 || fstat(slave, &want) < 0)
        return -errno;
    bool same = S_ISCHR(got.st_mode) && got.st_rdev == want.st_rdev && got.st_dev == want.st_dev && got.st_ino == want.st_ino;
    return same && fs.f_type == DEVPTS_SUPER_MAGIC && cm_fs_same_place(again, mount) ? 0 : -EXDEV;
}

int cm_tree_bind_console(const struct cm_tree *tree, int slave, struct cm_error *err)
{
    CM_AUTO_CLOSE int mount = cm_fs_clone(slave, false);
    CM_AUTO_CLOSE int target = cm_root_open(tree->own_dev, "console", O_PATH, CM_LOOKUP_PLAIN);
    int r = mount < 0 ? mount : target < 0 ? target : cm_fs_attach(mount, target);

    if (r == 0)
        r = verify_console(tree, mount, slave);
    return r < 0 ? cm_fail_errno(err, -r, "/process/terminal", "binding the container's terminal on /dev/console") : 0;
}
