/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* podman and CRI-O give the directory that they make for a container with mapped ids, or for its volume, to the container's root. */
#include "base/macros.h"
#include "mount_classes.h"

const struct row way_rows[] = {
    /* E6: they are the container's root's */
    {PODMAN_VOLUME "/_data", RW, LIBPOD, "", "", 0, NULL, NONE_, false, .way = PODMAN_VOLUME, .way_uid = 200000},
    {PODMAN_VOLUME "/_data", RW, LIBPOD, "", "", WAY_OPEN | NO_IDMAP, NULL, NONE_, false, .way = PODMAN_VOLUME, .way_uid = 200000},
    {RUN ID "/userdata/hosts", PLAIN, LIBPOD, "", "", FILE_, NULL, RO_ | NX_, false, .way = RUN ID "/userdata", .way_uid = 200000},
    {STORAGE ID "/userdata/secrets/token", PLAIN, LIBPOD, "", "", FILE_ | STRICT, NULL, RO_ | NX_, false, .way = STORAGE ID "/userdata", .way_uid = 200000},
    {STORAGE ID "/userdata/shm", PLAIN, LIBPOD, "", "50 21 0:71 / " STORAGE ID "/userdata/shm rw - tmpfs shm rw\n", 0, NULL, NX_, false, .target = "/dev/shm",
     .way = STORAGE ID "/userdata", .way_uid = 200000},
    {RUN SANDBOX "/userdata/resolv.conf", RW, CRIO, CRIO_KEYS, "", FILE_, NULL, RO_ | NX_, false, .way = RUN SANDBOX "/userdata", .way_uid = 200000},
    /* … to no other id, of the container's or not, and nobody else can write there */
    {PODMAN_VOLUME "/_data", RW, LIBPOD, "", "", 0, "CM-MOUNT-WAY", .says = "root (uid 200001) can change \"" PODMAN_VOLUME "\"", .way = PODMAN_VOLUME,
     .way_uid = 200001},
    {PODMAN_VOLUME "/_data", RW, LIBPOD, "", "", 0, "CM-MOUNT-WAY", .way = PODMAN_VOLUME, .way_uid = 1000},
    {PODMAN_VOLUME "/_data", RW, LIBPOD, "", "", 0, "CM-MOUNT-WAY", .way = PODMAN_VOLUME, .way_uid = 300000},
    {PODMAN_VOLUME "/_data", RW, LIBPOD, "", "", WAY_SHARED, "CM-MOUNT-WAY", .says = "than root can", .way = PODMAN_VOLUME, .way_uid = 200000},
    /* … and has mapped them itself */
    {PODMAN_VOLUME "/_data", RW, LIBPOD, "", "", ALLOCATE, "CM-MOUNT-WAY", .way = PODMAN_VOLUME, .way_uid = 200000},
    /* … and what lies there is never idmapped */
    {PODMAN_VOLUME "/_data", "\"rbind\",\"idmap\"", LIBPOD, "", "", 0, "CM-MOUNT-WAY", .way = PODMAN_VOLUME, .way_uid = 200000},
    {PODMAN_VOLUME "/_data", "\"rbind\",\"idmap\"", LIBPOD, "", "", 0, NULL, NONE_, true},
    /* … but not what is above all containers or volumes */
    {PODMAN_VOLUME "/_data", RW, LIBPOD, "", "", 0, "CM-MOUNT-WAY", .way = "/var/lib/containers/storage/volumes", .way_uid = 200000},
    {PODMAN_VOLUME "/_data", RW, LIBPOD, "", "", 0, "CM-MOUNT-WAY", .way = "/var", .way_uid = 200000},
    {RUN ID "/userdata/hosts", PLAIN, LIBPOD, "", "", FILE_, "CM-MOUNT-WAY", .way = "/run/containers/storage/overlay-containers", .way_uid = 200000},
    /* … and nobody else does so */
    {"/var/lib/docker/volumes/v/_data", "\"rbind\"", DOCKER, "", "", 0, "CM-MOUNT-WAY", .way = "/var/lib/docker/volumes/v", .way_uid = 200000},
    {CONTAINERD "containers/" ID "/volumes/" OTHER, RW, KUBEPODS, CONTAINERD_KEYS, "", 0, "CM-MOUNT-WAY", .way = CONTAINERD "containers/" ID, .way_uid = 200000},
    {VOLUMES "empty-dir/x", RW, KUBEPODS, "", "", 0, "CM-MOUNT-WAY", .way = PODS, .way_uid = 200000},
    /* whose it is and what it shows counts all the same */
    {RUN OTHER "/userdata/hosts", PLAIN, LIBPOD, "", "", FILE_, "CM-MOUNT-FOREIGN", .way = RUN OTHER "/userdata", .way_uid = 200000},
    {PODMAN_VOLUME "/_data", RW, KUBEPODS, "", "", 0, "CM-MOUNT-FOREIGN", .way = PODMAN_VOLUME, .way_uid = 200000},
    {PODMAN_VOLUME "/_data", RW, LIBPOD, "", "50 21 8:1 /etc " PODMAN_VOLUME "/_data rw - ext4 /dev/sda1 rw\n", 0, "CM-MOUNT-LAUNDERED", .way = PODMAN_VOLUME,
     .way_uid = 200000},
    {PODMAN_VOLUME "/_data", RW, LIBPOD, "", "", CONTROL, "CM-MOUNT-SOCKET", .way = PODMAN_VOLUME, .way_uid = 200000},
    {PODMAN_VOLUME "/_data", RW, LIBPOD, "", "", FILE_, "CM-MOUNT-SOURCE", .way = PODMAN_VOLUME, .way_uid = 200000},
};
const size_t n_way_rows = CM_ARRAY_LEN(way_rows);
