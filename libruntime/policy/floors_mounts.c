/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See floors_mounts.h. Constant tables; paths come from a policy file, a bundle or the kernel. */
#include "policy/floors_mounts.h"

#include <stdio.h>

#include "base/macros.h"
#include "base/str.h"

/* A place of the host, or one in the tree of an engine. */
struct place {
    enum cm_mount_root root; /* CM_MOUNT_ROOT_COUNT: none, the path is whole */
    const char *path;
};

#define HOST(path)                                                                                                                                             \
    {                                                                                                                                                          \
        CM_MOUNT_ROOT_COUNT, path                                                                                                                              \
    }
#define TREE(root, path)                                                                                                                                       \
    {                                                                                                                                                          \
        CM_MOUNT_ROOT_##root, path                                                                                                                             \
    }

/* Never as a whole, however wide a rule is written. Also where control sockets lie. */
static const struct place directories[] = {
    HOST("/"),
    HOST("/bin"),
    HOST("/boot"),
    HOST("/dev"),
    HOST("/etc"),
    HOST("/etc/casemate"),
    HOST("/etc/kubernetes"),
    HOST("/home"),
    HOST("/lib"),
    HOST("/lib64"),
    HOST("/proc"),
    HOST("/root"),
    HOST("/run"),
    HOST("/run/buildkit"),
    HOST("/run/casemate"),
    HOST("/run/containers"),
    HOST("/run/crio"),
    HOST("/run/dbus"),
    HOST("/run/docker"),
    HOST("/run/nri"),
    HOST("/run/podman"),
    HOST("/run/systemd"),
    HOST("/run/user"),
    HOST("/sbin"),
    HOST("/sys"),
    HOST("/usr"),
    HOST("/usr/lib"),
    HOST("/var"),
    HOST("/var/lib"),
    HOST("/var/lib/containers"),
    HOST("/var/log"),
    HOST("/var/run"),
    TREE(KUBELET, ""),
    TREE(KUBELET, "/device-plugins"),
    TREE(KUBELET, "/plugins"),
    TREE(KUBELET, "/plugins_registry"),
    TREE(KUBELET, "/pod-resources"),
    TREE(KUBELET, "/pods"),
    TREE(CONTAINERD_ROOT, ""),
    TREE(CONTAINERD_STATE, ""),
    TREE(CONTAINERS_STORAGE, ""),
    TREE(CONTAINERS_RUN, ""),
    TREE(DOCKER, ""),
    TREE(DOCKER, "/containers"),
    TREE(DOCKER, "/volumes"),
};

/* Who can talk to one of these commands the host, or what runs on it. */
static const struct place sockets[] = {
    HOST("/run/acpid.socket"),
    HOST("/run/buildkit/buildkitd.sock"),
    HOST("/run/cri-dockerd.sock"),
    HOST("/run/crio/crio.sock"),
    HOST("/run/dbus/system_bus_socket"),
    HOST("/run/docker.sock"),
    HOST("/run/docker/containerd/containerd.sock"),
    HOST("/run/dockershim.sock"),
    HOST("/run/k3s/containerd/containerd.sock"),
    HOST("/run/libvirt/libvirt-sock"),
    HOST("/run/lvm/lvmpolld.socket"),
    HOST("/run/nri/nri.sock"),
    HOST("/run/podman/podman.sock"),
    HOST("/run/snapd-snap.socket"),
    HOST("/run/snapd.socket"),
    HOST("/run/systemd/coredump"),
    HOST("/run/systemd/journal/dev-log"),
    HOST("/run/systemd/journal/socket"),
    HOST("/run/systemd/journal/stdout"),
    HOST("/run/systemd/notify"),
    HOST("/run/systemd/private"),
    HOST("/run/udev/control"),
    HOST("/var/lib/incus/unix.socket"),
    HOST("/var/lib/lxd/unix.socket"),
    HOST("/var/snap/lxd/common/lxd/unix.socket"),
    TREE(CONTAINERD_STATE, "/containerd.sock"),
    TREE(CONTAINERD_STATE, "/containerd.sock.ttrpc"),
    TREE(CONTAINERD_STATE, "/debug.sock"),
    TREE(KUBELET, "/device-plugins/kubelet.sock"),
    TREE(KUBELET, "/pod-resources/kubelet.sock"),
};

static const char *const usual_roots[CM_MOUNT_ROOT_COUNT] = {
#define USUAL_ROOT(name, word, place) [CM_MOUNT_ROOT_##name] = (place),
    CM_MOUNT_ROOTS(USUAL_ROOT)
#undef USUAL_ROOT
};

static bool name_place(const struct place *list, size_t n, size_t i, const char *const *roots, char *buffer, size_t size)
{
    if (i >= n)
        return false;
    const char *root = list[i].root == CM_MOUNT_ROOT_COUNT ? "" : roots[list[i].root];
    (void)snprintf(buffer, size, "%s%s", root, list[i].path);
    return true;
}

bool cm_denied_directory(size_t i, const char *const *roots, char *buffer, size_t size)
{
    return name_place(directories, CM_ARRAY_LEN(directories), i, roots, buffer, size);
}

bool cm_denied_socket(size_t i, const char *const *roots, char *buffer, size_t size)
{
    return name_place(sockets, CM_ARRAY_LEN(sockets), i, roots, buffer, size);
}

/* Windows into the kernel and device nodes; devtmpfs cannot be told from tmpfs by its magic number. */
static bool below_kernel_tree(const char *path)
{
    if (cm_path_is_below(path, "/dev"))
        return !cm_path_is_below(path, "/dev/shm");
    return cm_path_is_below(path, "/proc") || cm_path_is_below(path, "/sys");
}

static bool is_place(const struct place *place, const char *path, const char *const *roots)
{
    if (place->root == CM_MOUNT_ROOT_COUNT)
        return cm_streq(path, place->path);
    const char *root = roots[place->root];
    return cm_has_prefix(path, root) && strcmp(path + strlen(root), place->path) == 0;
}

static bool is_whole_host_tree(const char *path, const char *const *roots)
{
    for (size_t i = 0; i < CM_ARRAY_LEN(directories); i++)
        if (is_place(&directories[i], path, usual_roots) || (roots && is_place(&directories[i], path, roots)))
            return true;
    return false;
}

static bool is_control_socket(const char *path, const char *const *roots)
{
    for (size_t i = 0; i < CM_ARRAY_LEN(sockets); i++)
        if (is_place(&sockets[i], path, usual_roots) || (roots && is_place(&sockets[i], path, roots)))
            return true;
    return false;
}

const char *cm_floor_mount_source(const char *path, const char *const *roots)
{
    if (below_kernel_tree(path))
        return "it lies on a kernel or device filesystem, which is never passed on";
    if (is_control_socket(path, roots))
        return "it is a socket by which the host is controlled, which is never passed on";
    return is_whole_host_tree(path, roots) ? "it is a whole tree of the host; mount a directory made for the container" : NULL;
}

const char *cm_floor_mount_prefix(const char *path)
{
    if (below_kernel_tree(path))
        return "it lies on a kernel or device filesystem, which is never passed on";
    if (is_control_socket(path, NULL))
        return "it is a socket by which the host is controlled, which is never passed on";
    /* of the whole trees those in which kubelet keeps a directory a pod */
    if (cm_path_is_below(path, usual_roots[CM_MOUNT_ROOT_KUBELET]) || !is_whole_host_tree(path, NULL))
        return NULL;
    return "it is a whole tree of the host; write rules for the directories that containers need";
}

const char *cm_floor_mount_root(const char *path)
{
    if (below_kernel_tree(path) || cm_path_is_below(path, "/etc") || cm_path_is_below(path, "/usr"))
        return "no engine keeps its files there";
    for (size_t i = 0; i < CM_MOUNT_ROOT_COUNT; i++)
        if (cm_streq(path, usual_roots[i]))
            return NULL;
    return is_whole_host_tree(path, NULL) ? "it is a whole tree of the host; name the engine's own directory" : NULL;
}
