/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See sources.h. Hostile: names in directories, and whoever may write to one on the way. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/sys.h"
#include "ns/userns.h"
#include "plan/filesystems.h"
#include "plan/mount_class.h"
#include "policy/floors.h"
#include "policy/floors_mounts.h"
#include "run/bundle.h"
#include "run/owner.h"
#include "run/sources.h"

/* Entries of a directory that are looked at, for sockets. */
#define ENTRIES_MAX 4096u

static bool identify(const char *path, struct cm_source_identity *ret)
{
    struct stat st;

    if (stat(path, &st) < 0)
        return false;
    *ret = (struct cm_source_identity){st.st_dev, st.st_ino};
    return true;
}

static bool is_same(const struct cm_source_identity *a, const struct cm_source_identity *b)
{
    return a->dev == b->dev && a->ino == b->ino;
}

/* Where the trees really lie, as far as that was found out. */
static const char *root_of(const struct cm_source_look *look, size_t root)
{
    return look->facts->mount_roots[root] ? look->facts->mount_roots[root] : look->roots[root];
}

static void list_roots(const struct cm_source_look *look, const char **ret)
{
    for (size_t i = 0; i < CM_MOUNT_ROOT_COUNT; i++)
        ret[i] = root_of(look, i);
}

/* ---- directories of the host that are never mounted ---- */

static void read_denied(struct cm_source_look *look)
{
    const char *roots[CM_MOUNT_ROOT_COUNT];
    char path[PATH_MAX], missing[PATH_MAX] = "";

    look->denied_read = true;
    list_roots(look, roots);
    for (size_t i = 0; look->n_denied < CM_ARRAY_LEN(look->denied) && cm_denied_directory(i, roots, path, sizeof(path)); i++) {
        if (missing[0] && cm_path_is_below(path, missing))
            continue;
        if (!identify(path, &look->denied[look->n_denied].id)) {
            memcpy(missing, path, sizeof(missing));
            continue;
        }
        look->denied[look->n_denied].path = cm_arena_strdup(&look->facts->arena, path);
        look->n_denied++;
    }
}

static void compare_denied(struct cm_source_look *look, const struct cm_source_identity *id, struct cm_mount_fact *fact)
{
    if (!look->denied_read)
        read_denied(look);
    for (size_t i = 0; i < look->n_denied; i++)
        if (is_same(&look->denied[i].id, id))
            fact->source_denied = look->denied[i].path ? look->denied[i].path : "/";
    fact->source_is_host_root = cm_streq(fact->source_denied, "/");
}

/* ---- sockets ---- */

static const char *control_socket(const struct cm_source_look *look, int dir, const char *name)
{
    const char *roots[CM_MOUNT_ROOT_COUNT];
    char path[PATH_MAX];
    struct cm_source_identity id;
    struct stat st;

    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return NULL;
    const struct cm_source_identity found = {st.st_dev, st.st_ino};
    list_roots(look, roots);
    for (size_t i = 0; cm_denied_socket(i, roots, path, sizeof(path)); i++)
        if (identify(path, &id) && is_same(&id, &found))
            return cm_arena_strdup(&look->facts->arena, path);
    return NULL;
}

static bool is_socket(int dir, const struct dirent64 *entry)
{
    struct stat st;

    if (entry->d_type != DT_UNKNOWN)
        return entry->d_type == DT_SOCK;
    return fstatat(dir, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISSOCK(st.st_mode);
}

static void look_for_sockets(const struct cm_source_look *look, struct cm_mount_fact *fact)
{
    _Alignas(struct dirent64) char buffer[16384];
    unsigned int seen = 0;
    CM_AUTO_CLOSE int dir = openat(fact->source_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);

    while (dir >= 0 && seen <= ENTRIES_MAX) {
        long n = syscall(SYS_getdents64, dir, buffer, sizeof(buffer));
        if (n == 0)
            return;
        if (n < 0)
            break;
        const struct dirent64 *entry;
        for (long at = 0; at < n; at += entry->d_reclen, seen++) {
            entry = (const struct dirent64 *)(const void *)(buffer + at);
            if (!is_socket(dir, entry))
                continue;
            if (!fact->source_socket)
                fact->source_socket = cm_arena_strdup(&look->facts->arena, entry->d_name);
            if (!fact->source_control)
                fact->source_control = control_socket(look, dir, entry->d_name);
        }
    }
    fact->source_unread = true;
}

/* ---- the way ---- */

/* One directory, by the first `size` bytes of a real path. Those above it were looked at before: where only root can change them it cannot be another one. */
static struct cm_way look_at_directory(struct cm_source_look *look, const char *path, size_t size)
{
    struct stat st = {.st_uid = 0};

    for (size_t i = 0; i < look->n_ways; i++)
        if (look->ways[i].size == size && memcmp(look->ways[i].path, path, size) == 0)
            return look->ways[i];
    struct cm_way way = {.path = cm_arena_strndup(&look->facts->arena, path, size), .size = size};
    bool known = way.path && lstat(way.path, &st) == 0 && S_ISDIR(st.st_mode);
    way.uid = st.st_uid;
    way.bad = !known || cm_owner_is_changeable(look->runtime, st.st_uid, st.st_mode);
    way.owned = known && way.bad && !cm_owner_is_changeable(look->runtime, 0, st.st_mode);
    /* for the group there is root's alone */
    way.closed = !way.bad && !(st.st_mode & S_IXOTH) && (!(st.st_mode & S_IXGRP) || st.st_gid == 0);
    if (way.path && look->n_ways < CM_WAYS_MAX)
        look->ways[look->n_ways++] = way;
    return way;
}

static void look_at_way(struct cm_source_look *look, struct cm_mount_fact *fact)
{
    const char *path = fact->source_real;

    for (const char *slash = path; slash; slash = strchr(slash + 1, '/')) {
        struct cm_way way = look_at_directory(look, path, slash == path ? 1 : (size_t)(slash - path));
        fact->source_way_closed |= way.closed;
        if (!way.bad)
            continue;
        if (!fact->source_way_bad) {
            fact->source_way_bad = way.path ? way.path : "/";
            fact->source_way_uid = way.uid;
            fact->source_way_owned = way.owned;
        }
        fact->source_way_owned = fact->source_way_owned && way.owned && way.uid == fact->source_way_uid;
        if (!fact->source_way_owned)
            return;
    }
}

/* A tree may be a link to where it lies; the link must be root's, like the way to it. */
static void resolve_root(struct cm_source_look *look, size_t root)
{
    struct cm_mount_fact link = {.source_real = cm_arena_strdup(&look->facts->arena, look->roots[root])};
    char target[2];

    if (!link.source_real || readlink(link.source_real, target, sizeof(target)) < 0)
        return;
    look_at_way(look, &link);
    CM_AUTO_CLOSE int fd = link.source_way_bad ? CM_FD_NONE : open(link.source_real, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0)
        look->facts->mount_roots[root] = cm_bundle_real_path(look->runtime, fd, &look->facts->arena);
}

/* Without privilege podman's trees are the caller's own. */
static void find_own_roots(struct cm_source_look *look)
{
    const char *home = getenv("HOME"), *data = getenv("XDG_DATA_HOME"), *runtime_dir = getenv("XDG_RUNTIME_DIR");
    struct cm_arena *arena = &look->facts->arena;
    const char *storage = data && data[0] ? cm_arena_printf(arena, "%s/containers/storage", data)
                                          : cm_arena_printf(arena, "%s/.local/share/containers/storage", home ? home : "");
    const char *run = cm_arena_printf(arena, "%s/containers", runtime_dir ? runtime_dir : "");

    if (storage && cm_path_is_normalised(storage))
        look->facts->mount_roots[CM_MOUNT_ROOT_CONTAINERS_STORAGE] = storage;
    if (run && cm_path_is_normalised(run))
        look->facts->mount_roots[CM_MOUNT_ROOT_CONTAINERS_RUN] = run;
}

static bool is_near(struct cm_source_look *look, const char *path)
{
    const char *roots[CM_MOUNT_ROOT_COUNT];

    list_roots(look, roots);
    if (cm_class_is_near(path, roots) || look->roots_resolved)
        return cm_class_is_near(path, roots);
    look->roots_resolved = true;
    if (look->runtime->rootless)
        find_own_roots(look);
    else
        for (size_t i = 0; i < CM_MOUNT_ROOT_COUNT; i++)
            resolve_root(look, i);
    list_roots(look, roots);
    return cm_class_is_near(path, roots);
}

/* ---- idmapping ---- */

/* tmpfs can since Linux 6.3. A kernel that says it is older may have it all the same, and is asked. */
static bool is_new_for_tmpfs(struct cm_source_look *look)
{
    struct utsname name;
    uint32_t major, minor;

    if (look->kernel_asked || uname(&name) < 0)
        return look->new_for_tmpfs;
    look->kernel_asked = true;
    char *dot = strchr(name.release, '.');
    if (!dot)
        return false;
    *dot = '\0';
    dot[1 + strspn(dot + 1, "0123456789")] = '\0';
    look->new_for_tmpfs = cm_parse_u32(name.release, &major) == 0 && cm_parse_u32(dot + 1, &minor) == 0 && (major > 6 || (major == 6 && minor >= 3));
    return look->new_for_tmpfs;
}

/* Tries it on a clone that nobody sees, with a user namespace that nobody enters. */
static bool ask_kernel(const struct cm_source_look *look, int fd)
{
    static struct cm_error ignored;
    struct oci_id_mapping one = {.container_id = 0, .host_id = 65536, .size = 1};
    const struct oci_id_mappings map = {.set = true, .n = 1, .v = &one};
    struct cm_userns made = CM_USERNS_NONE;
    CM_AUTO_CLOSE int clone = cm_open_tree(fd, "", OPEN_TREE_CLONE | AT_EMPTY_PATH);

    if (clone < 0 || cm_userns_make(look->runtime->proc, look->runtime->pid, &map, &map, false, &made, &ignored) < 0)
        return false;
    struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (unsigned int)made.user};
    bool can = cm_mount_setattr(clone, "", AT_EMPTY_PATH, &attr) == 0;
    (void)cm_close(made.user);
    return can;
}

static bool can_idmap(struct cm_source_look *look, const struct cm_mount_fact *fact)
{
    const char *type = fact->source_mount ? fact->source_mount->type : "";
    enum cm_idmap_ability ability = cm_fs_type_idmap(type);

    if (ability != CM_IDMAP_ASK)
        return ability == CM_IDMAP_YES;
    return (cm_streq(type, "tmpfs") && is_new_for_tmpfs(look)) || ask_kernel(look, fact->source_fd);
}

/*
 * A directory is reached by another name if it is mounted somewhere, or if the name of the list leads through a link. In the trees of kubelet and the engines
 * no name of the list but their own does, so that only what is mounted there from a filesystem that is mounted elsewhere too has to be compared.
 */
static bool may_be_denied(const struct cm_source_look *look, bool near, const struct cm_mount_fact *fact)
{
    const struct cm_mount_table *table = look->facts->mount_table;

    if (!near || !fact->source_mount)
        return true;
    for (size_t i = 0; i < table->n && strcmp(fact->source_mount->place, fact->source_real) == 0; i++)
        if (&table->v[i] != fact->source_mount && strcmp(table->v[i].device, fact->source_mount->device) == 0)
            return true;
    return false;
}

void cm_source_look(struct cm_source_look *look, const struct cm_source_identity *id, bool wants_idmap, struct cm_mount_fact *fact)
{
    bool near = is_near(look, fact->source_real);

    if (near)
        look_at_way(look, fact);
    if (S_ISDIR(fact->source_mode)) {
        if (may_be_denied(look, near, fact))
            compare_denied(look, id, fact);
        if (!fact->source_denied)
            look_for_sockets(look, fact);
    }
    if ((near || wants_idmap) && !look->runtime->rootless)
        fact->source_can_idmap = can_idmap(look, fact);
}
