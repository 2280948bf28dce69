/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Executes the plan's mounts. Hostile: the rootfs in which the targets are looked up, and the content of bind sources (their descriptors were judged by the
 * planner).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>

#include "base/sys.h"
#include "oci/idmap.h"
#include "path/rootpath.h"
#include "rootfs/acting.h"
#include "rootfs/attach.h"
#include "rootfs/rootfs.h"

/* ipc/mqueue.c; not in the exported headers */
#define MQUEUE_MAGIC 0x19800202

/* Options are text for fsconfig; ids are those of the namespace we run in, not the container's. */
struct option_list {
    struct cm_fs_option v[8];
    char text[8][24];
    size_t n;
};

static void add_number(struct option_list *list, const char *key, bool octal, unsigned long long value)
{
    char *text = list->text[list->n];

    if (octal)
        (void)snprintf(text, sizeof(list->text[0]), "%llo", value); /* 22 digits at most */
    else
        (void)snprintf(text, sizeof(list->text[0]), "%llu", value);
    list->v[list->n] = (struct cm_fs_option){key, text};
    list->n++;
}

/* Every file of it has the container's label, whatever anybody says. SELinux takes it as one word, in which nothing is an option of its own. */
static void add_label(const struct cm_tree *tree, struct option_list *list)
{
    if (tree->plan->mount_label)
        list->v[list->n++] = (struct cm_fs_option){"context", tree->plan->mount_label};
}

/* The container's id on our side; an id that is not mapped was refused by the planner. */
static uint32_t outside(const struct oci_id_mappings *map, uint32_t id, uint32_t fallback)
{
    uint32_t host;

    return oci_id_outside(map, id, &host) ? host : fallback;
}

static int make_tmpfs(const struct cm_tree *tree, const struct cm_plan_mount *m, uint64_t attributes)
{
    struct option_list list = {0};

    if (m->size > 0)
        add_number(&list, "size", false, m->size);
    if (m->nr_inodes > 0)
        add_number(&list, "nr_inodes", false, m->nr_inodes);
    if (m->mode_set)
        add_number(&list, "mode", true, m->mode);
    add_number(&list, "uid", false, outside(&tree->plan->uid_map, m->uid_set ? m->uid : 0, tree->root_uid));
    add_number(&list, "gid", false, outside(&tree->plan->gid_map, m->gid_set ? m->gid : 0, tree->root_gid));
    add_label(tree, &list);
    return cm_fs_mount("tmpfs", list.v, list.n, attributes);
}

static int make_devpts(const struct cm_tree *tree, const struct cm_plan_mount *m, uint64_t attributes)
{
    struct option_list list = {0}; /* every devpts is an instance of its own since Linux 4.7 */

    add_number(&list, "ptmxmode", true, m->ptmx_mode);
    add_number(&list, "mode", true, m->mode);
    add_number(&list, "gid", false, outside(&tree->plan->gid_map, m->gid_set ? m->gid : 5, tree->root_gid));
    if (m->max_ptys > 0)
        add_number(&list, "max", false, m->max_ptys);
    add_label(tree, &list);
    return cm_fs_mount("devpts", list.v, list.n, attributes);
}

struct cm_rootfd cm_tree_base(const struct cm_tree *tree, const char *path, const char **ret_rest)
{
    const struct {
        const char *prefix;
        struct cm_rootfd root;
    } own[] = {{"/proc/", tree->own_proc}, {"/sys/", tree->own_sys}, {"/dev/", tree->own_dev}};

    for (size_t i = 0; i < CM_ARRAY_LEN(own); i++)
        if (own[i].root.fd >= 0 && cm_has_prefix(path, own[i].prefix)) {
            *ret_rest = path + strlen(own[i].prefix);
            return own[i].root;
        }
    *ret_rest = path;
    return tree->root;
}

/* Keeps the mount that was just attached, if it is one of the three. */
static void keep_own(struct cm_tree *tree, const struct cm_plan_mount *m, int *mount)
{
    if (m->kind == CM_MOUNT_PROC)
        tree->own_proc.fd = CM_TAKE_FD(*mount);
    else if (m->kind == CM_MOUNT_SYSFS)
        tree->own_sys.fd = CM_TAKE_FD(*mount);
    else if (m->kind == CM_MOUNT_DEV)
        tree->own_dev.fd = CM_TAKE_FD(*mount);
}

int cm_tree_clone_sources(struct cm_tree *tree, struct cm_error *err)
{
    struct cm_plan *plan = tree->plan;

    for (size_t i = 0; i < plan->n_mounts; i++) {
        struct cm_plan_mount *m = &plan->mounts[i];
        if (m->kind != CM_MOUNT_BIND)
            continue;
        int mount = cm_fs_clone(m->source_fd, m->recursive);
        if (mount < 0)
            return cm_fail_errno(err, -mount, "/mounts", "cloning the source of the bind mount on %s", m->target);
        m->source_fd = mount;
        tree->sources_cloned = i + 1;
    }
    return 0;
}

void cm_tree_close_sources(struct cm_tree *tree)
{
    for (size_t i = 0; i < tree->sources_cloned; i++)
        if (tree->plan->mounts[i].kind == CM_MOUNT_BIND)
            tree->plan->mounts[i].source_fd = cm_close(tree->plan->mounts[i].source_fd);
    tree->sources_cloned = 0;
    for (size_t i = 0; tree->plan && i < tree->plan->n_mounts; i++)
        tree->plan->mounts[i].userns_fd = cm_close(tree->plan->mounts[i].userns_fd);
}

/*
 * The source is a detached clone already; its attributes are fixed here, before anybody can see it. They are only ever added: what the host's own mount forbids
 * stays forbidden, whatever the options say. Access time is a choice and no right. Ids are mapped for the whole tree, or for its topmost mount.
 */
static int make_bind(const struct cm_tree *tree, const struct cm_plan_mount *m, uint64_t attributes)
{
    struct mount_attr attr = {.attr_set = attributes, .propagation = (uint64_t)MS_PRIVATE};
    const struct mount_attr idmap = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (unsigned int)(m->userns_fd >= 0 ? m->userns_fd : tree->userns)};
    bool together = m->idmap && m->idmap_recursive == m->recursive;
    unsigned int flags = AT_EMPTY_PATH | (m->recursive ? AT_RECURSIVE : 0);

    if (m->access_time)
        attr.attr_clr = MOUNT_ATTR__ATIME;
    else
        attr.attr_set &= ~(uint64_t)MOUNT_ATTR__ATIME;
    if (together) {
        attr.attr_set |= idmap.attr_set;
        attr.userns_fd = idmap.userns_fd;
    }
    if (cm_mount_setattr(m->source_fd, "", flags, &attr) < 0)
        return -errno;
    if (m->idmap && !together) {
        attr = idmap;
        if (cm_mount_setattr(m->source_fd, "", AT_EMPTY_PATH | (m->idmap_recursive ? AT_RECURSIVE : 0), &attr) < 0)
            return -errno;
    }
    int mount = fcntl(m->source_fd, F_DUPFD_CLOEXEC, 3);
    return mount < 0 ? -errno : mount;
}

static int make_proc(const struct cm_plan_mount *m, uint64_t attributes)
{
    const struct cm_fs_option option = {"hidepid", m->hidepid};

    return cm_fs_mount("proc", &option, m->hidepid ? 1 : 0, attributes);
}

/*
 * The superblock of message queues is there since the ipc namespace was made, too late for an option; what is made in its directory takes over the label of
 * that. The kernel takes labels for few filesystems of a user namespace, and not for this one.
 */
static int make_mqueue(const struct cm_tree *tree, uint64_t attributes)
{
    const char *label = tree->plan->rootless ? NULL : tree->plan->mount_label;
    CM_AUTO_CLOSE int mount = cm_fs_mount("mqueue", NULL, 0, attributes);

    if (mount < 0 || !label)
        return CM_TAKE_FD(mount);
    CM_AUTO_CLOSE int directory = openat(mount, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0 || fsetxattr(directory, "security.selinux", label, strlen(label) + 1, 0) < 0)
        return -errno;
    return CM_TAKE_FD(mount);
}

static int make_plain(const char *type, uint64_t attributes)
{
    return cm_fs_mount(type, NULL, 0, attributes);
}

static int make_mount(struct cm_tree *tree, const struct cm_plan_mount *m, uint64_t attributes)
{
    switch (m->kind) {
    case CM_MOUNT_PROC:
        return make_proc(m, attributes);
    case CM_MOUNT_SYSFS:
        return make_plain("sysfs", attributes);
    case CM_MOUNT_MQUEUE:
        return make_mqueue(tree, attributes);
    case CM_MOUNT_CGROUP2:
        return make_plain("cgroup2", attributes);
    case CM_MOUNT_TMPFS:
        return make_tmpfs(tree, m, attributes);
    case CM_MOUNT_DEV:
        return CM_TAKE_FD(tree->dev);
    case CM_MOUNT_DEVPTS:
        return make_devpts(tree, m, attributes);
    case CM_MOUNT_BIND:
        return make_bind(tree, m, attributes);
    }
    return -EINVAL;
}

int cm_tree_make_dev(struct cm_tree *tree, struct cm_error *err)
{
    for (size_t i = 0; i < tree->plan->n_mounts; i++) {
        const struct cm_plan_mount *m = &tree->plan->mounts[i];
        if (m->kind != CM_MOUNT_DEV)
            continue;
        tree->dev = make_tmpfs(tree, m, m->attributes & ~(uint64_t)MOUNT_ATTR_RDONLY);
        return tree->dev < 0 ? cm_fail_errno(err, -tree->dev, "/mounts", "making the tmpfs for /dev") : cm_dev_populate(tree, tree->dev, err);
    }
    return 0;
}

static int make_plainly(const struct cm_tree *tree, struct cm_rootfd base, const char *path, enum cm_lookup lookup, bool directory)
{
    return directory ? cm_root_make_dirs(base, path, lookup, tree->root_uid, tree->root_gid)
                     : cm_root_make_file(base, path, lookup, tree->root_uid, tree->root_gid);
}

/* In an idmapped volume only the container's own ids can make something: root of the host has none there (EOVERFLOW). */
static int make_point(struct cm_tree *tree, struct cm_rootfd base, const char *path, enum cm_lookup lookup, bool directory)
{
    int fd = make_plainly(tree, base, path, lookup, directory);

    if (fd != -EOVERFLOW || tree->plan->rootless)
        return fd;
    tree->acted = true;
    cm_act_as_root(tree);
    CM_AUTO_CLOSE int made = make_plainly(tree, base, path, lookup, directory);
    int r = cm_act_as_oneself(tree);
    return r < 0 ? r : CM_TAKE_FD(made);
}

/* Below a tmpfs of ours (or with a scratch layer) a missing target is made; in the rootfs proper that fails with EROFS, which is right. */
static int open_target(struct cm_tree *tree, const struct cm_plan_mount *m, bool *ret_made)
{
    enum cm_lookup lookup = m->target_must_be_plain ? CM_LOOKUP_PLAIN : CM_LOOKUP_IN_ROOT;
    bool directory = m->kind != CM_MOUNT_BIND || m->source_is_directory;
    const char *rest;
    struct cm_rootfd base = cm_tree_base(tree, m->target, &rest);
    int fd = cm_root_open(base, rest, O_PATH | (directory ? O_DIRECTORY : 0), lookup);

    *ret_made = fd == -ENOENT;
    return fd == -ENOENT ? make_point(tree, base, rest, lookup, directory) : fd;
}

/*
 * Only a directory of the rootfs can be moved away while it is mounted on. Below a mount of ours nobody else is yet, and /proc, /dev and /sys themselves are
 * looked at after the pivot (rootfs/root.c).
 */
static bool needs_verification(const char *target)
{
    return strcmp(target, "/proc") != 0 && !cm_path_is_below(target, "/dev") && !cm_path_is_below(target, "/sys");
}

/* The target, looked up again, must be the mount just attached: otherwise someone moved the directory out of the way meanwhile. */
static int verify_target(const struct cm_tree *tree, const struct cm_plan_mount *m, int mount)
{
    struct statx want, got;
    CM_AUTO_CLOSE int again = cm_root_open(tree->root, m->target, O_PATH, m->target_must_be_plain ? CM_LOOKUP_PLAIN : CM_LOOKUP_IN_ROOT);

    if (again < 0)
        return again;
    if (statx(mount, "", AT_EMPTY_PATH, STATX_MNT_ID, &want) < 0 || statx(again, "", AT_EMPTY_PATH, STATX_MNT_ID, &got) < 0)
        return -errno;
    return want.stx_mnt_id == got.stx_mnt_id ? 0 : -EXDEV;
}

/* A link in the image may lead a config's mount into /proc, /sys or our /dev (CVE-2019-19921): there only our own mounts belong, at their own paths. */
static int check_target(const struct cm_tree *tree, const struct cm_plan_mount *m, int target)
{
    static const unsigned int kernel[] = {PROC_SUPER_MAGIC, SYSFS_MAGIC, CGROUP2_SUPER_MAGIC, DEVPTS_SUPER_MAGIC, MQUEUE_MAGIC};
    struct statfs fs;
    struct stat st, dev;

    if (!needs_verification(m->target))
        return 0;
    if (cm_fs_same_place(target, tree->root.fd))
        return -EXDEV;
    if (fstatfs(target, &fs) < 0 || fstat(target, &st) < 0 || (tree->own_dev.fd >= 0 && fstat(tree->own_dev.fd, &dev) < 0))
        return -errno;
    for (size_t i = 0; i < CM_ARRAY_LEN(kernel); i++)
        if ((unsigned int)fs.f_type == kernel[i])
            return -EXDEV;
    return tree->own_dev.fd >= 0 && st.st_dev == dev.st_dev ? -EXDEV : 0;
}

/* What stays writable until everything that is mounted below it is there. */
static bool is_late_readonly(const struct cm_plan_mount *m)
{
    return m->kind == CM_MOUNT_TMPFS || m->kind == CM_MOUNT_DEV || m->late_readonly;
}

/* A tmpfs has the mode of the directory it covers if its options give none, and on request what that directory holds. */
static int make_over(struct cm_tree *tree, const struct cm_plan_mount *m, int target, bool made, struct cm_error *err)
{
    bool covers = m->kind == CM_MOUNT_TMPFS && !made;
    uint64_t attributes = is_late_readonly(m) ? m->attributes & ~(uint64_t)MOUNT_ATTR_RDONLY : m->attributes;
    struct cm_plan_mount as_target = *m;
    struct stat st;

    if (covers && !m->mode_set) {
        if (fstat(target, &st) < 0)
            return cm_fail_errno(err, errno, "/mounts", "looking at the mount point %s in the rootfs", m->target);
        as_target.mode = st.st_mode & 07777;
        as_target.mode_set = true;
    }
    CM_AUTO_CLOSE int mount = make_mount(tree, &as_target, attributes);
    if (mount < 0 && m->idmap)
        return cm_fail_errno(err, -mount, "/mounts", "making the mount for %s, idmapped; perhaps its filesystem cannot be, or is idmapped already", m->target);
    if (mount < 0)
        return cm_fail_errno(err, -mount, "/mounts", "making the mount for %s", m->target);
    int r = covers && m->copy_up ? cm_copy_up(target, mount, m, err) : 0;
    return r < 0 ? r : CM_TAKE_FD(mount);
}

static int mount_one(struct cm_tree *tree, const struct cm_plan_mount *m, struct cm_error *err)
{
    bool made;
    CM_AUTO_CLOSE int target = open_target(tree, m, &made);

    if (target < 0)
        return cm_fail_errno(err, -target, "/mounts", "opening the mount point %s in the rootfs", m->target);
    int r = check_target(tree, m, target);
    if (r < 0)
        return cm_fail_errno(err, -r, "/mounts", "a link in the rootfs leads the mount point %s to the root itself or into /proc, /sys or /dev", m->target);
    CM_AUTO_CLOSE int mount = make_over(tree, m, target, made, err);
    if (mount < 0)
        return mount;
    r = cm_fs_attach(mount, target);
    if (r == 0 && needs_verification(m->target))
        r = verify_target(tree, m, mount);
    if (r < 0)
        return cm_fail_errno(err, -r, "/mounts", "mounting on %s", m->target);
    r = m->kind == CM_MOUNT_DEV && tree->plan->rootless ? cm_dev_bind_nodes(tree, mount, err) : 0;
    if (r == 0)
        keep_own(tree, m, &mount);
    return r;
}

static int take_write_permission(const struct cm_tree *tree, const struct cm_plan_mount *m, struct cm_error *err)
{
    CM_AUTO_CLOSE int fd = cm_root_open(tree->root, m->target, O_PATH, CM_LOOKUP_IN_ROOT);
    int r = fd < 0 ? fd : cm_fs_set_attributes(fd, MOUNT_ATTR_RDONLY, 0, false);

    return r < 0 ? cm_fail_errno(err, -r, "/mounts", "making %s read-only", m->target) : 0;
}

int cm_tree_mount_all(struct cm_tree *tree, struct cm_error *err)
{
    for (size_t i = 0; i < tree->plan->n_mounts; i++) {
        int r = mount_one(tree, &tree->plan->mounts[i], err);
        if (r < 0)
            return r;
    }
    for (size_t i = 0; i < tree->plan->n_mounts; i++) {
        const struct cm_plan_mount *m = &tree->plan->mounts[i];
        if (!is_late_readonly(m) || !(m->attributes & MOUNT_ATTR_RDONLY))
            continue;
        int r = take_write_permission(tree, m, err);
        if (r < 0)
            return r;
    }
    return 0;
}

int cm_tree_make_cwd(struct cm_tree *tree, struct cm_error *err)
{
    if (!tree->plan->cwd_missing)
        return 0;
    CM_AUTO_CLOSE int fd = make_point(tree, tree->root, tree->plan->cwd, CM_LOOKUP_IN_ROOT, true);
    return fd < 0 ? cm_fail_errno(err, -fd, "/process/cwd", "making the working directory %s", tree->plan->cwd) : 0;
}
