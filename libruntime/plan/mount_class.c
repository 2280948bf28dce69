/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See mount_class.h. The table is what engines and kubelet were seen to mount. */
#include "plan/mount_class.h"

#include <linux/mount.h>
#include <string.h>

#include "base/str.h"
#include "plan/pod.h"

#define RO ((uint64_t)MOUNT_ATTR_RDONLY)
#define NOEXEC ((uint64_t)MOUNT_ATTR_NOEXEC)

#define VOLUMES "pods/%U/volumes/kubernetes.io~"
/* What kubelet writes itself from objects of the API, read-only for the container. */
#define CONFIG(plugin)                                                                                                                                         \
    {                                                                                                                                                          \
        .class_ = CM_MOUNT_CLASS_KUBELET_VOLUMES, .root = CM_MOUNT_ROOT_KUBELET, .pattern = VOLUMES plugin "/%N", .depth = 1, .forced = RO, .config = true,    \
        .idmap = CM_CLASS_IDMAP_ALWAYS, .origin = CM_CLASS_POD                                                                                                 \
    }
#define VOLUME(plugin, where)                                                                                                                                  \
    {                                                                                                                                                          \
        .class_ = CM_MOUNT_CLASS_KUBELET_VOLUMES, .root = CM_MOUNT_ROOT_KUBELET, .pattern = VOLUMES plugin "/%N", .depth = 1, .idmap = CM_CLASS_IDMAP_ALWAYS,  \
        .origin = (where)                                                                                                                                      \
    }
#define STORAGE(plugin) VOLUME(plugin, CM_CLASS_STORAGE)
/* Small files that an engine writes for the container. It replaces or rewrites them itself, so that the container need not. */
#define ENGINE_FILE(class, tree, path, above)                                                                                                                  \
    {                                                                                                                                                          \
        .class_ = CM_MOUNT_CLASS_##class, .root = CM_MOUNT_ROOT_##tree, .pattern = path, .depth = above, .file = true, .forced = RO | NOEXEC,                  \
        .idmap = CM_CLASS_IDMAP_OPTIONAL, .origin = CM_CLASS_PLAIN                                                                                             \
    }
#define SHM(class, tree, path, above)                                                                                                                          \
    {                                                                                                                                                          \
        .class_ = CM_MOUNT_CLASS_##class, .root = CM_MOUNT_ROOT_##tree, .pattern = path, .depth = above, .tmpfs = true, .forced = NOEXEC,                      \
        .idmap = CM_CLASS_IDMAP_NONE, .origin = CM_CLASS_PLAIN                                                                                                 \
    }
#define ENGINE_VOLUME(class, tree, path, above)                                                                                                                \
    {                                                                                                                                                          \
        .class_ = CM_MOUNT_CLASS_##class, .root = CM_MOUNT_ROOT_##tree, .pattern = path, .depth = above, .idmap = CM_CLASS_IDMAP_ENGINE,                       \
        .origin = CM_CLASS_PLAIN                                                                                                                               \
    }
#define SANDBOXES "io.containerd.grpc.v1.cri/sandboxes"
#define CONTAINERS "io.containerd.grpc.v1.cri/containers"
/* Directories of CRI-O and podman, which have a storage and a run-time tree of one shape, named after the storage driver. */
#define USERDATA_OF(driver, name)                                                                                                                              \
    ENGINE_FILE(CONTAINERS_FILES, CONTAINERS_RUN, driver "-containers/%S/userdata/" name, 1),                                                                  \
        ENGINE_FILE(CONTAINERS_FILES, CONTAINERS_STORAGE, driver "-containers/%S/userdata/" name, 1)
#define SECRETS_OF(driver, tree)                                                                                                                               \
    {.class_ = CM_MOUNT_CLASS_CONTAINERS_FILES,                                                                                                                \
     .root = CM_MOUNT_ROOT_##tree,                                                                                                                             \
     .pattern = driver "-containers/%S/userdata/secrets/%V",                                                                                                   \
     .depth = 1,                                                                                                                                               \
     .file = true,                                                                                                                                             \
     .forced = RO | NOEXEC,                                                                                                                                    \
     .idmap = CM_CLASS_IDMAP_ENGINE,                                                                                                                           \
     .origin = CM_CLASS_PLAIN},                                                                                                                                \
    {                                                                                                                                                          \
        .class_ = CM_MOUNT_CLASS_CONTAINERS_FILES, .root = CM_MOUNT_ROOT_##tree, .pattern = driver "-containers/%S/userdata/run/secrets", .depth = 1,          \
        .points = true, .forced = RO | NOEXEC, .idmap = CM_CLASS_IDMAP_ENGINE, .origin = CM_CLASS_PLAIN                                                        \
    }
#define DRIVER(driver)                                                                                                                                         \
    USERDATA_OF(driver, "hosts"), USERDATA_OF(driver, "hostname"), USERDATA_OF(driver, "resolv.conf"), USERDATA_OF(driver, ".containerenv"),                   \
        USERDATA_OF(driver, "passwd"), USERDATA_OF(driver, "group"), USERDATA_OF(driver, "localtime"), SECRETS_OF(driver, CONTAINERS_RUN),                     \
        SECRETS_OF(driver, CONTAINERS_STORAGE), SHM(CONTAINERS_FILES, CONTAINERS_RUN, driver "-containers/%S/userdata/shm", 1),                                \
        SHM(CONTAINERS_FILES, CONTAINERS_STORAGE, driver "-containers/%S/userdata/shm", 1)
/* A daemon with remapped ids has its whole tree in a directory UID.GID. */
#define DOCKER_TREE(prefix, above)                                                                                                                             \
    ENGINE_FILE(DOCKER_FILES, DOCKER, prefix "containers/%S/hosts", above), ENGINE_FILE(DOCKER_FILES, DOCKER, prefix "containers/%S/hostname", above),         \
        ENGINE_FILE(DOCKER_FILES, DOCKER, prefix "containers/%S/resolv.conf", above), SHM(DOCKER_FILES, DOCKER, prefix "containers/%S/mounts/shm", above),     \
        ENGINE_VOLUME(NAMED_VOLUMES, DOCKER, prefix "volumes/%V/_data", above)

static const struct cm_class_row rows[] = {
    CONFIG("configmap"),
    CONFIG("downward-api"),
    CONFIG("projected"),
    CONFIG("secret"),
    VOLUME("empty-dir", CM_CLASS_POD),
    VOLUME("local-volume", CM_CLASS_LOCAL),
    {.class_ = CM_MOUNT_CLASS_KUBELET_VOLUMES,
     .root = CM_MOUNT_ROOT_KUBELET,
     .pattern = VOLUMES "csi/%N/mount",
     .depth = 1,
     .idmap = CM_CLASS_IDMAP_ALWAYS,
     .origin = CM_CLASS_STORAGE},
    STORAGE("aws-ebs"),
    STORAGE("azure-disk"),
    STORAGE("azure-file"),
    STORAGE("cephfs"),
    STORAGE("cinder"),
    STORAGE("fc"),
    STORAGE("gce-pd"),
    STORAGE("glusterfs"),
    STORAGE("iscsi"),
    STORAGE("nfs"),
    STORAGE("portworx-volume"),
    STORAGE("rbd"),
    STORAGE("vsphere-volume"),
    {.class_ = CM_MOUNT_CLASS_KUBELET_SUBPATHS,
     .root = CM_MOUNT_ROOT_KUBELET,
     .pattern = "pods/%U/volume-subpaths/%N/%N/%D",
     .depth = 1,
     .both = true,
     .idmap = CM_CLASS_IDMAP_ALWAYS,
     .origin = CM_CLASS_SUBPATH},
    ENGINE_FILE(KUBELET_FILES, KUBELET, "pods/%U/etc-hosts", 1),
    {.class_ = CM_MOUNT_CLASS_KUBELET_FILES,
     .root = CM_MOUNT_ROOT_KUBELET,
     .pattern = "pods/%U/containers/%N/%H",
     .depth = 1,
     .file = true,
     .forced = NOEXEC,
     .idmap = CM_CLASS_IDMAP_NONE,
     .origin = CM_CLASS_PLAIN},
    ENGINE_FILE(CONTAINERD_SANDBOX, CONTAINERD_ROOT, SANDBOXES "/%S/hosts", 2),
    ENGINE_FILE(CONTAINERD_SANDBOX, CONTAINERD_ROOT, SANDBOXES "/%S/hostname", 2),
    ENGINE_FILE(CONTAINERD_SANDBOX, CONTAINERD_ROOT, SANDBOXES "/%S/resolv.conf", 2),
    SHM(CONTAINERD_SANDBOX, CONTAINERD_STATE, SANDBOXES "/%S/shm", 2),
    ENGINE_VOLUME(CONTAINERD_VOLUMES, CONTAINERD_ROOT, CONTAINERS "/%I/volumes/%H", 2),
    DRIVER("overlay"),
    DRIVER("btrfs"),
    DRIVER("vfs"),
    DRIVER("zfs"),
    ENGINE_VOLUME(NAMED_VOLUMES, CONTAINERS_STORAGE, "volumes/%V/_data", 1),
    DOCKER_TREE("", 1),
    DOCKER_TREE("%R/", 2),
};

#define DIGITS "0123456789"
#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* All of `size` bytes are of the set, and there is at least one. */
static bool is_of(const char *text, size_t size, const char *set)
{
    size_t n = strspn(text, set);

    return size > 0 && n >= size;
}

static bool is_remapping(const char *text, size_t size)
{
    size_t n = strspn(text, DIGITS);

    return n > 0 && n + 1 < size && text[n] == '.' && is_of(text + n + 1, size - n - 1, DIGITS);
}

static bool is_id(const char *text, size_t size, const char *id)
{
    return id && strlen(id) == size && memcmp(text, id, size) == 0;
}

/* What the engine made for a pod carries the id of the container that it made with the pod. Other members' files stay theirs. */
static bool is_makers(const char *text, size_t size, const struct cm_class_owner *owner)
{
    for (size_t i = 0; owner->makers && i < OCI_NS_TYPES; i++)
        if (is_id(text, size, owner->makers[i]))
            return true;
    return false;
}

/* One component against one of a pattern that is a kind; whose it is goes into the match. */
static bool match_kind(char kind, const char *text, size_t size, const struct cm_class_owner *owner, struct cm_class_match *match)
{
    switch (kind) {
    case 'U':
        match->own = match->own && owner->pod && owner->pod[0] && is_id(text, size, owner->pod);
        return cm_is_pod_uid(text, size);
    case 'S':
        if (!is_id(text, size, owner->container) && !is_makers(text, size, owner)) {
            match->by_sandbox = is_id(text, size, owner->sandbox);
            match->own = match->own && match->by_sandbox;
        }
        return cm_is_container_id(text, size);
    case 'I':
        match->own = match->own && is_id(text, size, owner->container);
        return cm_is_container_id(text, size);
    case 'N':
    case 'V':
        match->name = text;
        match->name_size = size;
        if (!match->volume) {
            match->volume = text;
            match->volume_size = size;
        }
        return text[0] != '.' && is_of(text, size, kind == 'N' ? LOWER DIGITS "-." : LOWER UPPER DIGITS "-._");
    case 'H':
        return is_of(text, size, DIGITS "abcdef");
    case 'D':
        return is_of(text, size, DIGITS);
    default: /* 'R' */
        return is_remapping(text, size);
    }
}

/* Bytes of `path` that the pattern takes; 0: it does not match. */
static size_t match_pattern(const char *pattern, const char *path, const struct cm_class_owner *owner, struct cm_class_match *match)
{
    const char *start = path;

    for (;;) {
        size_t want = strcspn(pattern, "/"), have = strcspn(path, "/");
        if (pattern[0] == '%' ? !match_kind(pattern[1], path, have, owner, match) : want != have || memcmp(pattern, path, have) != 0)
            return 0;
        pattern += want;
        path += have;
        if (!*pattern)
            return (size_t)(path - start);
        if (!*path)
            return 0;
        pattern++;
        path++;
    }
}

/* Bytes of the path up to the end of so many components behind the first `start` bytes. */
static size_t components(const char *path, size_t start, unsigned int n)
{
    for (; n > 0 && path[start] == '/'; n--)
        start += 1 + strcspn(path + start + 1, "/");
    return start;
}

void cm_class_find(const char *path, bool whole, const char *const *roots, const struct cm_class_owner *owner, struct cm_class_match *ret)
{
    for (size_t i = 0; i < CM_ARRAY_LEN(rows); i++) {
        const char *root = roots[rows[i].root];
        size_t n = root ? strlen(root) : 0;
        if (n == 0 || !cm_path_is_below(path, root) || path[n] != '/')
            continue;
        struct cm_class_match match = {.row = &rows[i], .root = root, .own = true};
        size_t size = match_pattern(rows[i].pattern, path + n + 1, owner, &match);
        if (size == 0 || (whole && path[n + 1 + size] != '\0'))
            continue;
        match.size = n + 1 + size;
        match.anchor = components(path, n, rows[i].depth);
        *ret = match;
        return;
    }
    *ret = (struct cm_class_match){.row = NULL};
}

bool cm_class_is_near(const char *path, const char *const *roots)
{
    for (size_t i = 0; i < CM_MOUNT_ROOT_COUNT; i++)
        if (roots[i] && cm_path_is_below(path, roots[i]))
            return true;
    return false;
}
