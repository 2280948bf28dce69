/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The bundle, looked at by descriptor. Hostile: config.json, the rootfs behind root.path, and every path in the config. Nothing is followed blindly and nothing
 * blocks: files are opened with O_PATH first.
 */
#include "run/bundle.h"
#include "run/layers.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "base/sha256.h"
#include "base/sys.h"
#include "path/procfs.h"
#include "path/rootpath.h"
#include "run/sources.h"

char *cm_bundle_real_path(const struct cm_runtime *runtime, int fd, struct cm_arena *arena)
{
    char link[48], path[PATH_MAX];

    (void)snprintf(link, sizeof(link), "%d/fd/%d", runtime->pid, fd);
    ssize_t n = readlinkat(runtime->proc, link, path, sizeof(path));
    return n > 0 && (size_t)n < sizeof(path) && path[0] == '/' ? cm_arena_strndup(arena, path, (size_t)n) : NULL;
}

int cm_bundle_open(const struct cm_runtime *runtime, const char *path, struct cm_arena *arena, int *ret_dir, const char **ret_real, struct cm_error *err)
{
    CM_AUTO_CLOSE int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (dir < 0)
        return cm_fail_errno(err, errno, NULL, "opening the bundle %s; it must be a directory with a config.json", path);
    *ret_real = cm_bundle_real_path(runtime, dir, arena);
    if (!*ret_real)
        return cm_fail(err, ENAMETOOLONG, NULL, "the path of the bundle %s cannot be told", path);
    *ret_dir = CM_TAKE_FD(dir);
    return 0;
}

/* Says in a bug report which configuration it was without telling its secrets. */
static void log_digest(const char *text, size_t size)
{
    char hex[CM_SHA256_HEX_MAX];

    if (!cm_log_debug_wanted())
        return;
    cm_sha256_of(text, size, hex);
    cm_debug("config.json: %zu bytes, sha256 %s", size, hex);
}

int cm_bundle_config(int dir, const char *real, const char *file, struct oci_config **ret_config, struct cm_str *text, struct cm_error *err)
{
    CM_AUTO_FREE char *data = NULL;
    const char *before = file ? "" : real, *name = file ? file : "/config.json";
    size_t size;
    int r = cm_read_file_at(file ? AT_FDCWD : dir, file ? file : "config.json", OCI_CONFIG_SIZE_MAX, true, &data, &size);

    if (r == -EFBIG)
        return cm_fail(err, EFBIG, NULL, "%s%s is larger than %zu bytes; such a config is refused", before, name, OCI_CONFIG_SIZE_MAX);
    if (r == -EINVAL)
        return cm_fail(err, EINVAL, NULL, "%s%s is not a regular file", before, name);
    if (r < 0)
        return cm_fail_errno(err, -r, NULL, "reading %s%s", before, name);
    log_digest(data, size);
    if (text)
        cm_str_add_bytes(text, data, size);
    r = oci_config_parse(data, size, ret_config, err);
    return r < 0 ? cm_error_prefix(err, "%s%s: ", before, name) : 0;
}

static enum cm_target_kind kind_of(mode_t mode)
{
    return S_ISDIR(mode) ? CM_TARGET_DIRECTORY : S_ISREG(mode) ? CM_TARGET_FILE : S_ISLNK(mode) ? CM_TARGET_SYMLINK : CM_TARGET_OTHER;
}

static enum cm_target_kind kind_of_errno(int r)
{
    return r == -ENOENT ? CM_TARGET_MISSING : CM_TARGET_ERROR;
}

/* What a path inside the rootfs is; `plain` says that no link was met on the way. */
static enum cm_target_kind look_up(struct cm_rootfd root, const char *path, bool *ret_plain, int *ret_errnum)
{
    struct stat st;
    CM_AUTO_CLOSE int fd = cm_root_open(root, path, O_PATH | O_NOFOLLOW, CM_LOOKUP_PLAIN);

    *ret_plain = fd != -ELOOP;
    *ret_errnum = 0;
    if (fd == -ELOOP)
        fd = cm_root_open(root, path, O_PATH, CM_LOOKUP_IN_ROOT);
    if (fd >= 0 && fstat(fd, &st) < 0)
        return CM_TARGET_ERROR;
    if (fd >= 0 && S_ISLNK(st.st_mode)) { /* O_PATH|O_NOFOLLOW opens a final link itself */
        *ret_plain = false;
        fd = (cm_close(fd), cm_root_open(root, path, O_PATH, CM_LOOKUP_IN_ROOT));
        if (fd >= 0 && fstat(fd, &st) < 0)
            return CM_TARGET_ERROR;
    }
    if (fd < 0) {
        *ret_errnum = -fd;
        /* A dangling link is not a missing mount point: making it would follow the link. */
        return *ret_plain ? kind_of_errno(fd) : CM_TARGET_SYMLINK;
    }
    return kind_of(st.st_mode);
}

/* "a" covers "b" if b lies strictly below a: both straight from the config, so compare component by component, ignoring doubled slashes. */
static bool covers(const char *a, const char *b)
{
    for (;;) {
        a += strspn(a, "/");
        b += strspn(b, "/");
        size_t n = strcspn(a, "/"), m = strcspn(b, "/");
        if (n == 0)
            return m > 0;
        if (n != m || memcmp(a, b, n) != 0)
            return false;
        a += n;
        b += m;
    }
}

/* /proc, /dev and /sys are mounts in every container, in the list or not. */
static bool is_covered(const struct oci_config *config, size_t which)
{
    static const char *const always[] = {"/proc", "/dev", "/sys"};
    const char *destination = config->mounts[which].destination;

    for (size_t i = 0; i < CM_ARRAY_LEN(always); i++)
        if (covers(always[i], destination))
            return true;
    for (size_t i = 0; i < config->n_mounts; i++)
        if (i != which && !covers(config->mounts[i].destination, "/") && covers(config->mounts[i].destination, destination))
            return true;
    return false;
}

/* A destination that is one of the three of every container was looked up already. */
static bool is_always(const char *destination, const struct cm_facts *facts, struct cm_mount_fact *fact)
{
    const struct {
        const char *path;
        enum cm_target_kind kind;
    } always[] = {{"/proc", facts->target_proc}, {"/dev", facts->target_dev}, {"/sys", facts->target_sys}};

    for (size_t i = 0; i < CM_ARRAY_LEN(always); i++)
        if (strcmp(destination, always[i].path) == 0) {
            fact->target = always[i].kind;
            fact->target_plain = always[i].kind != CM_TARGET_SYMLINK;
            return true;
        }
    return false;
}

static void examine_targets(struct cm_rootfd root, const struct oci_config *config, struct cm_facts *facts)
{
    for (size_t i = 0; i < facts->n_mounts; i++) {
        struct cm_mount_fact *fact = &facts->mounts[i];
        if (root.fd < 0 || is_covered(config, i))
            fact->target = CM_TARGET_COVERED, fact->target_plain = true;
        else if (!is_always(config->mounts[i].destination, facts, fact))
            fact->target = look_up(root, config->mounts[i].destination, &fact->target_plain, &fact->target_errnum);
    }
}

/* Opens the rootfs as the launch will (no link on the way) and says what it is. Returns its descriptor or -1. */
static int examine_rootfs(const struct cm_runtime *runtime, int bundle, const char *path, struct cm_facts *facts)
{
    struct stat host;
    struct statx stx;
    struct statfs fs;
    CM_AUTO_CLOSE int fd = cm_openat2(bundle, path, O_PATH, 0, RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);

    if (fd < 0) {
        facts->rootfs_errnum = errno;
        facts->rootfs_has_symlink = errno == ELOOP;
        facts->rootfs_exists = errno == ELOOP;
        return CM_FD_NONE;
    }
    if (statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &stx) < 0 || fstatfs(fd, &fs) < 0 || stat("/", &host) < 0) {
        facts->rootfs_errnum = errno;
        return CM_FD_NONE;
    }
    facts->rootfs_exists = true;
    facts->rootfs_is_directory = S_ISDIR(stx.stx_mode);
    facts->rootfs_uid = stx.stx_uid;
    facts->rootfs_fs_magic = (uint64_t)(unsigned int)fs.f_type;
    facts->rootfs_is_host_root = stx.stx_ino == host.st_ino && makedev(stx.stx_dev_major, stx.stx_dev_minor) == host.st_dev;
    facts->rootfs_is_overlay_mountpoint = facts->rootfs_fs_magic == OVERLAYFS_SUPER_MAGIC && stx.stx_attributes & STATX_ATTR_MOUNT_ROOT;
    facts->rootfs_real = cm_bundle_real_path(runtime, fd, &facts->arena);
    return facts->rootfs_is_directory ? CM_TAKE_FD(fd) : CM_FD_NONE;
}

int cm_bundle_facts(const struct cm_runtime *runtime, int dir, const struct oci_config *config, struct cm_facts *facts, struct cm_error *err)
{
    bool plain;
    int errnum;

    /* of a list that is too long nothing is looked at: the planner refuses it by its length */
    facts->n_mounts = config->n_mounts <= CM_MOUNTS_MAX ? config->n_mounts : 0;
    facts->mounts = cm_arena_array(&facts->arena, facts->n_mounts + 1, sizeof(*facts->mounts));
    if (!facts->mounts)
        return cm_fail_errno(err, ENOMEM, NULL, "looking at the bundle");
    struct cm_rootfd root = CM_ROOTFD_NONE;
    if (config->root)
        root.fd = facts->rootfs_fd = examine_rootfs(runtime, dir, config->root->path, facts);
    static const char *const always[] = {"/proc", "/dev", "/sys"};
    enum cm_target_kind *const targets[] = {&facts->target_proc, &facts->target_dev, &facts->target_sys};
    for (size_t i = 0; root.fd >= 0 && i < CM_ARRAY_LEN(always); i++) {
        *targets[i] = look_up(root, always[i], &plain, &errnum);
        if (!plain)
            *targets[i] = CM_TARGET_SYMLINK;
    }
    examine_targets(root, config, facts);
    int r = cm_sources_facts(runtime, dir, config, facts, err);
    if (r < 0 || root.fd < 0)
        return r;
    cm_layers_facts(runtime, facts);
    if (facts->notify)
        facts->target_notify = look_up(root, CM_NOTIFY_TARGET, &plain, &facts->target_notify_errnum);
    const char *cwd = config->process && config->process->cwd ? config->process->cwd : "/";
    facts->cwd = strcmp(cwd, "/") == 0 ? CM_TARGET_DIRECTORY : look_up(root, cwd, &plain, &errnum);
    for (size_t i = 0; i < facts->n_mounts; i++) /* made, or looked up, below a mount that is not there yet */
        if (covers(config->mounts[i].destination, cwd) && facts->cwd == CM_TARGET_MISSING)
            facts->cwd = CM_TARGET_COVERED;
    return 0;
}
