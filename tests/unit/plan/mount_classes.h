/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the rows about the mounts of kubelet and engines are made of. */
#pragma once

#include <linux/mount.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POD "3d66c9b8-3299-4be1-8148-c2cef1900a03"
#define POD_ "3d66c9b8_3299_4be1_8148_c2cef1900a03"
#define OTHER_POD "11111111-2222-3333-4444-555555555555"
#define ID "6d0a39691819a9c1784d80a4949dfc1fc109e773cb325da555894f7c013d772b"
#define SANDBOX "a01674ef6e0d5f39cf8613c87d286fc584bcb67cd02f38ba6bc0d809ff8b7a45"
#define OTHER "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

#define KUBEPODS "/kubepods/burstable/pod" POD "/" ID
#define SYSTEMD "kubepods-burstable-pod" POD_ ".slice:cri-containerd:" ID
#define CRIO "kubepods-besteffort-pod" POD_ ".slice:crio:" ID
#define DOCKER "/docker/" ID
#define PODS "/var/lib/kubelet/pods/" POD
#define VOLUMES PODS "/volumes/kubernetes.io~"
#define SUBPATHS PODS "/volume-subpaths/"
#define CRI "io.containerd.grpc.v1.cri/"
#define CONTAINERD "/var/lib/containerd/" CRI
#define STATE "/run/containerd/" CRI
#define RUN "/run/containers/storage/overlay-containers/"
#define STORAGE "/var/lib/containers/storage/overlay-containers/"

#define LIBPOD "machine.slice:libpod:" ID
#define PODMAN_VOLUME "/var/lib/containers/storage/volumes/named"

#define CONTAINERD_KEYS                                                                                                                                        \
    "\"io.kubernetes.cri.container-type\":\"container\",\"io.kubernetes.cri.sandbox-id\":\"" SANDBOX "\",\"io.kubernetes.cri.sandbox-uid\":\"" POD "\""
#define CRIO_KEYS                                                                                                                                              \
    "\"io.kubernetes.cri-o.ContainerType\":\"container\",\"io.kubernetes.cri-o.SandboxID\":\"" SANDBOX                                                         \
    "\",\"io.kubernetes.cri-o.Labels\":\"{\\\"app\\\":\\\"x\\\",\\\"io.kubernetes.pod.uid\\\":\\\"" POD "\\\"}\""

/* What is wrong with the host or the source, one bit each. */
enum {
    FILE_ = 1 << 0,
    WAY_BAD = 1 << 1,
    WAY_OPEN = 1 << 2,
    NO_IDMAP = 1 << 3,
    NEIGHBOUR = 1 << 4,
    ALLOCATE = 1 << 5, /* the configuration has no mapping of its own */
    ROOTLESS = 1 << 6,
    STRICT = 1 << 7,
    LOCAL = 1 << 8, /* the policy has kubelet-local too */
    NONE = 1 << 9,  /* … no class at all */
    UNMAPPED = 1 << 10,
    CONTROL = 1 << 11,
    RULE = 1 << 12, /* … a rule for /var/lib/kubelet/pods */
    SOCKET = 1 << 13,
    ELSEWHERE = 1 << 14, /* kubelet's tree is at /data/kubelet */
    UNKNOWN = 1 << 15,   /* the mount table could not be read */
    WAY_SHARED = 1 << 16, /* others than its owner can change the directory above it, too */
};

#define NONE_ 0
#define RO_ MOUNT_ATTR_RDONLY
#define NX_ MOUNT_ATTR_NOEXEC

struct row {
    const char *source, *options;              /* "\"rbind\"" */
    const char *cgroup, *annotations, *mounts; /* more lines of the table */
    unsigned int host;
    const char *code;        /* the refusal; NULL: it is mounted */
    unsigned int attributes; /* … with these besides nosuid and nodev */
    bool idmap;
    const char *says, *target;
    const char *way; /* a directory above it that belongs to this uid */
    uint32_t way_uid;
};

#define RW "\"rbind\",\"rprivate\",\"rw\""
#define RSLAVE "\"rbind\",\"rslave\",\"rw\""
#define READONLY "\"rbind\",\"rprivate\",\"ro\""
#define PLAIN "\"bind\",\"rprivate\""

/* Rows about directories on the way to a source that are not root's. */
extern const struct row way_rows[];
extern const size_t n_way_rows;
