/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Classes of bind sources: the files and volumes that kubelet and the engines make for a container, by the shape of their path. Which shapes these are, and
 * what else must hold, is the planner's (plan/mount_class.c); here are the names that a policy chooses from, and where the trees usually lie.
 */
#pragma once

/* X(NAME, "name", in hardened, in strict) */
#define CM_MOUNT_CLASSES(X)                                                                                                                                    \
    X(KUBELET_VOLUMES, "kubelet-volumes", true, true)       /* of the container's own pod */                                                                   \
    X(KUBELET_SUBPATHS, "kubelet-subpaths", true, true)     /* parts of them */                                                                                \
    X(KUBELET_FILES, "kubelet-files", true, true)           /* etc-hosts and termination logs */                                                               \
    X(KUBELET_LOCAL, "kubelet-local", false, false)         /* volumes that show a directory of the host */                                                    \
    X(CONTAINERD_SANDBOX, "containerd-sandbox", true, true) /* hosts, hostname, resolv.conf, shm */                                                            \
    X(CONTAINERD_VOLUMES, "containerd-volumes", true, true) /* volumes that the image declares */                                                              \
    X(CONTAINERS_FILES, "containers-files", true, true)     /* CRI-O's and podman's: hosts, shm, secrets, … */                                               \
    X(DOCKER_FILES, "docker-files", true, true)                                                                                                                \
    X(NAMED_VOLUMES, "named-volumes", true, false) /* of docker and podman */

enum cm_mount_class {
#define CM_MOUNT_CLASS_ENUM(name, word, hardened, strict) CM_MOUNT_CLASS_##name,
    CM_MOUNT_CLASSES(CM_MOUNT_CLASS_ENUM)
#undef CM_MOUNT_CLASS_ENUM
        CM_MOUNT_CLASS_COUNT,
    /* what a policy can say besides */
    CM_MOUNT_CLASS_DEFAULT = CM_MOUNT_CLASS_COUNT, /* those of the level */
    CM_MOUNT_CLASS_NONE,
};

/* X(NAME, "name", usual place) */
#define CM_MOUNT_ROOTS(X)                                                                                                                                      \
    X(KUBELET, "kubelet", "/var/lib/kubelet")                                                                                                                  \
    X(CONTAINERD_ROOT, "containerdRoot", "/var/lib/containerd")                                                                                                \
    X(CONTAINERD_STATE, "containerdState", "/run/containerd")                                                                                                  \
    X(CONTAINERS_STORAGE, "containersStorage", "/var/lib/containers/storage")                                                                                  \
    X(CONTAINERS_RUN, "containersRun", "/run/containers/storage")                                                                                              \
    X(DOCKER, "docker", "/var/lib/docker")

enum cm_mount_root {
#define CM_MOUNT_ROOT_ENUM(name, word, place) CM_MOUNT_ROOT_##name,
    CM_MOUNT_ROOTS(CM_MOUNT_ROOT_ENUM)
#undef CM_MOUNT_ROOT_ENUM
        CM_MOUNT_ROOT_COUNT,
};

/* By their numbers. */
extern const char *const cm_mount_class_names[CM_MOUNT_CLASS_COUNT];
extern const char *const cm_mount_root_names[CM_MOUNT_ROOT_COUNT];
