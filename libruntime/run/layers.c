/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a root is made of that an engine mounted as an overlay: found by the number of the mount under the descriptor that was judged, each layer opened once.
 * Host root mounts it; a name in its options may lead through links of the engine's storage ("l/SHORT" of docker and podman), or have gone meanwhile.
 */
#include "run/layers.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "base/sys.h"
#include "path/overlay.h"
#include "plan/filesystems.h"
#include "policy/floors.h"
#include "run/bundle.h"
#include "run/owner.h"
#include "run/sources.h"

struct look {
    const struct cm_runtime *runtime;
    struct cm_facts *facts;
    char good[PATH_MAX]; /* a path whose directories were all found to be root's */
};

/* Bytes of both paths up to and with the last '/' until which they are the same. */
static size_t common_directories(const char *a, const char *b)
{
    size_t same = 0;

    for (size_t i = 0; a[i] && a[i] == b[i]; i++)
        if (a[i] == '/')
            same = i + 1;
    return same;
}

/* The first directory on the way to `path`, from / on, that somebody else could change. On the way of a name links of root's are as good as directories. */
static const char *bad_way(struct look *look, const char *path, bool links)
{
    struct stat st;
    size_t size = strlen(path), done = common_directories(path, look->good);
    char way[PATH_MAX];

    if (path[0] != '/' || size >= sizeof(way))
        return path;
    for (size_t at = done + 1; at <= size; at++) {
        if (path[at - 1] != '/')
            continue;
        size_t n = at == 1 ? 1 : at - 1;
        memcpy(way, path, n);
        way[n] = '\0';
        if (lstat(way, &st) < 0)
            return cm_arena_strdup(&look->facts->arena, way);
        bool link = links && S_ISLNK(st.st_mode) && !cm_owner_is_changeable(look->runtime, st.st_uid, 0);
        if (!link && (!S_ISDIR(st.st_mode) || cm_owner_is_changeable(look->runtime, st.st_uid, st.st_mode)))
            return cm_arena_strdup(&look->facts->arena, way);
    }
    memcpy(look->good, path, size + 1);
    return NULL;
}

/* Links are followed where there are some: names without are told apart, because their real path is known. */
static int open_layer(const struct look *look, const char *given, struct cm_layer_fact *fact)
{
    CM_AUTO_CLOSE int fd = cm_openat2(AT_FDCWD, given, O_PATH, 0, RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);

    if (fd < 0 && errno == ELOOP) {
        fd = cm_openat2(AT_FDCWD, given, O_PATH, 0, RESOLVE_NO_MAGICLINKS);
        fact->real = fd < 0 ? NULL : cm_bundle_real_path(look->runtime, fd, &look->facts->arena);
    } else {
        fact->real = given;
    }
    fact->errnum = fd < 0 ? errno : 0;
    return fd < 0 ? CM_FD_NONE : CM_TAKE_FD(fd);
}

static void examine(struct look *look, const char *given, struct cm_layer_fact *fact, int *ret_fd)
{
    struct statx stx;

    fact->given = given;
    *ret_fd = open_layer(look, given, fact);
    if (fact->errnum == 0 && statx(*ret_fd, "", AT_EMPTY_PATH, STATX_TYPE | STATX_MNT_ID, &stx) < 0)
        fact->errnum = errno;
    if (fact->errnum == 0 && !fact->real)
        fact->errnum = ENAMETOOLONG;
    if (fact->errnum != 0)
        return;
    const struct cm_mount_entry *mount = stx.stx_mask & STATX_MNT_ID ? cm_mount_find(look->facts->mount_table, stx.stx_mnt_id) : NULL;
    fact->is_directory = S_ISDIR(stx.stx_mode);
    fact->is_kernel_fs = !mount || cm_fs_type_is_forbidden(mount->type); /* unknown: the stricter answer */
    fact->way_bad = bad_way(look, given, true);
    if (!fact->way_bad && fact->real != given)
        fact->way_bad = bad_way(look, fact->real, false);
}

/* "/a/b/c/d" to "/a/b": where engines stand when they mount by names that would else be too long. NULL: there is none. */
static const char *grandparent(struct cm_arena *arena, const char *path)
{
    char *copy = cm_arena_strdup(arena, path);

    for (int i = 0; copy && i < 2; i++) {
        char *slash = strrchr(copy, '/');
        if (!slash || slash == copy)
            return NULL;
        *slash = '\0';
    }
    return copy;
}

/* The name as an absolute path without "." and "..": NULL if it cannot be made one. */
static const char *absolute(struct cm_arena *arena, const char *base, const char *name)
{
    const char *path = name[0] == '/' ? name : base ? cm_arena_printf(arena, "%s/%s", base, name) : NULL;

    return path && strlen(path) < PATH_MAX && cm_path_is_normalised(path) ? path : NULL;
}

/* Why the layers cannot be told, or NULL. */
static const char *list_layers(struct look *look, const struct cm_mount_entry *mount)
{
    struct cm_facts *facts = look->facts;
    struct cm_overlay overlay;
    int r = cm_overlay_parse(mount->super, &facts->arena, &overlay);

    if (r < 0)
        return r == -E2BIG ? "there are too many" : "the options of the mount are not understood";
    if (overlay.data_only)
        return "some of them hold only data (composefs), which is not supported; let the engine store images in its usual way";
    if (overlay.userxattr)
        return "it was mounted without privilege, for another one than root";
    const char *place = grandparent(&facts->arena, mount->place);
    const char *upper = overlay.upper ? absolute(&facts->arena, place, overlay.upper) : NULL;
    const char *base = upper ? grandparent(&facts->arena, upper) : NULL;
    if (overlay.upper && !upper)
        return "the upper one has no usable name";
    size_t room = overlay.n_lower + 1;
    facts->rootfs_layers = cm_arena_array(&facts->arena, room, sizeof(*facts->rootfs_layers));
    facts->rootfs_layer_fds = cm_arena_array(&facts->arena, room, sizeof(*facts->rootfs_layer_fds));
    if (!facts->rootfs_layers || !facts->rootfs_layer_fds)
        return "memory ran out";
    for (size_t i = upper ? 0 : 1; i < room; i++) {
        const char *given = i == 0 ? upper : absolute(&facts->arena, base, overlay.lower[i - 1]);
        size_t at = facts->n_rootfs_layers;
        if (!given)
            return "one has a relative name without an upper layer next to it";
        if (cm_streq(given, "/"))
            return "one has no name of its own (mounted by descriptor) or is the host's root";
        facts->n_rootfs_layers++;
        examine(look, given, &facts->rootfs_layers[at], &facts->rootfs_layer_fds[at]);
    }
    facts->rootfs_layers_redirect = overlay.redirect;
    facts->rootfs_layers_metacopy = overlay.metacopy;
    return NULL;
}

void cm_layers_facts(const struct cm_runtime *runtime, struct cm_facts *facts)
{
    struct statx stx;

    if (!facts->rootfs_is_overlay_mountpoint || runtime->rootless)
        return;
    struct look *look = cm_arena_alloc(&facts->arena, sizeof(*look));
    cm_sources_mount_table(runtime, facts);
    const struct cm_mount_entry *mount = NULL;
    if (look && facts->mount_table && statx(facts->rootfs_fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &stx) == 0 && stx.stx_mask & STATX_MNT_ID)
        mount = cm_mount_find(facts->mount_table, stx.stx_mnt_id);
    if (!look || !mount || strcmp(mount->type, "overlay") != 0) {
        facts->rootfs_layers_unknown = "the mount is not in /proc/self/mountinfo";
        return;
    }
    *look = (struct look){.runtime = runtime, .facts = facts};
    facts->rootfs_layers_unknown = list_layers(look, mount);
}
