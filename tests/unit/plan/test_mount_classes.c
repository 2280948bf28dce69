/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What kubelet and the engines make for a container: one bind mount, judged on a host of which only the mount table and the facts about the source are
 * invented. Paths, options and cgroup paths are as containerd, CRI-O, podman and docker write them.
 */
#include "check.h"

#include <linux/magic.h>
#include <linux/mount.h>
#include <sys/stat.h>

#include "fixture.h"
#include "mount_classes.h"
#include "plan/mount_class.h"
#include "plan/pod.h"

static const char host_mounts[] = "21 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
                                  "22 21 0:20 / /proc rw - proc proc rw\n"
                                  "23 21 0:25 / /run rw - tmpfs tmpfs rw\n"
                                  "24 21 8:7 / /mnt/backup rw - xfs /dev/sdb rw\n";

static const struct row rows[] = {
    /* K1: kubelet's volumes */
    {VOLUMES "configmap/config", READONLY, KUBEPODS, CONTAINERD_KEYS, "", 0, NULL, RO_ | NX_, true},
    {VOLUMES "secret/s", RW, KUBEPODS, CONTAINERD_KEYS, "50 21 0:60 / " VOLUMES "secret/s rw - tmpfs tmpfs rw\n", 0, NULL, RO_ | NX_, true},
    {VOLUMES "projected/kube-api-access-abcde", READONLY, SYSTEMD, CONTAINERD_KEYS, "50 21 0:60 / " VOLUMES "projected/kube-api-access-abcde rw - tmpfs t rw\n",
     0, NULL, RO_ | NX_, true},
    {VOLUMES "downward-api/d", RW, KUBEPODS, "", "", 0, NULL, RO_ | NX_, true},
    {VOLUMES "empty-dir/scratch", RW, KUBEPODS, "", "", 0, NULL, NONE_, true},
    {VOLUMES "empty-dir/scratch", RW, KUBEPODS, "", "", ALLOCATE, NULL, NONE_, true},
    {VOLUMES "empty-dir/scratch", RW, KUBEPODS, "", "", ROOTLESS, NULL, NONE_, false},
    {VOLUMES "empty-dir/memory", RW, KUBEPODS, "", "50 21 0:60 / " VOLUMES "empty-dir/memory rw - tmpfs tmpfs rw\n", 0, NULL, NONE_, true},
    {VOLUMES "csi/pvc-1/mount", RSLAVE, KUBEPODS, "", "50 21 8:9 / " VOLUMES "csi/pvc-1/mount rw - ext4 /dev/sdc rw\n", 0, NULL, NONE_, true},
    {VOLUMES "csi/pvc-1/mount", RW, KUBEPODS, "",
     "50 21 8:9 / /var/lib/kubelet/plugins/kubernetes.io/csi/x/globalmount rw - ext4 /dev/sdc rw\n51 21 8:9 / " VOLUMES
     "csi/pvc-1/mount rw - ext4 /dev/sdc rw\n"
     "52 21 8:9 / /var/lib/kubelet/pods/" OTHER_POD "/volumes/kubernetes.io~csi/pvc-1/mount rw - ext4 /dev/sdc rw\n",
     0, NULL, NONE_, true},
    {VOLUMES "nfs/n", RW, KUBEPODS, "", "50 21 0:61 / " VOLUMES "nfs/n rw - nfs4 server:/x rw\n", NO_IDMAP, "CM-MOUNT-IDMAP", .says = "mounts.unmapped"},
    {VOLUMES "nfs/n", RW, KUBEPODS, "", "50 21 0:61 / " VOLUMES "nfs/n rw - nfs4 server:/x rw\n", NO_IDMAP | UNMAPPED, NULL, NONE_, false},
    /* … whose they are */
    {"/var/lib/kubelet/pods/" OTHER_POD "/volumes/kubernetes.io~projected/token", READONLY, KUBEPODS, CONTAINERD_KEYS, "", 0, "CM-MOUNT-FOREIGN",
     .says = "another pod"},
    {VOLUMES "empty-dir/x", RW, DOCKER, "", "", 0, "CM-MOUNT-FOREIGN", .says = "cgroupsPath does not say"},
    {VOLUMES "empty-dir/x", RW, "/kubepods/burstable/pod" POD, "", "", 0, "CM-MOUNT-FOREIGN"},
    {VOLUMES "empty-dir/x", RW, "/tenant/pod" POD "/" ID, "", "", 0, "CM-MOUNT-FOREIGN"},
    {VOLUMES "empty-dir/x", RW, KUBEPODS, "\"io.kubernetes.cri.sandbox-uid\":\"" OTHER_POD "\"", "", 0, "CM-MOUNT-FOREIGN", .says = "sandbox-uid"},
    {VOLUMES "empty-dir/x", RW, CRIO, "\"io.kubernetes.cri-o.Labels\":\"{\\\"io.kubernetes.pod.uid\\\":\\\"" OTHER_POD "\\\"}\"", "", 0, "CM-MOUNT-FOREIGN",
     .says = "Labels"},
    {VOLUMES "empty-dir/x", RW, CRIO, CRIO_KEYS, "", 0, NULL, NONE_, true},
    /* … depth, names and kinds */
    {VOLUMES "empty-dir/x/sub", RW, KUBEPODS, "", "", 0, "CM-MOUNT-SOURCE"},
    {VOLUMES "empty-dir", RW, KUBEPODS, "", "", 0, "CM-MOUNT-SOURCE"},
    {VOLUMES "csi/pvc-1", RW, KUBEPODS, "", "", 0, "CM-MOUNT-SOURCE"},
    {VOLUMES "csi/pvc-1/mount/x", RW, KUBEPODS, "", "", 0, "CM-MOUNT-SOURCE"},
    {VOLUMES "unheard-of/x", RW, KUBEPODS, "", "", 0, "CM-MOUNT-SOURCE"},
    {VOLUMES "empty-dir/X", RW, KUBEPODS, "", "", 0, "CM-MOUNT-SOURCE"},
    {VOLUMES "empty-dir/x", RW, KUBEPODS, "", "", FILE_, "CM-MOUNT-SOURCE", .says = "it is a file"},
    {PODS "/plugins/x", RW, KUBEPODS, "", "", 0, "CM-MOUNT-SOURCE"},
    {PODS, RW, KUBEPODS, "", "", 0, "CM-MOUNT-SOURCE"},
    {"/var/lib/kubelet/pods", RW, KUBEPODS, "", "", 0, "CM-MOUNT-SOURCE"},
    {"/var/lib/kubelet", RW, KUBEPODS, "", "", 0, "CM-MOUNT-SOURCE"},
    /* … the way */
    {VOLUMES "empty-dir/x", RW, KUBEPODS, "", "", WAY_BAD, "CM-MOUNT-WAY", .says = "/var/lib"},
    {VOLUMES "empty-dir/x", RW, KUBEPODS, "", "", WAY_OPEN, "CM-MOUNT-WAY", .says = "keeps others out"},
    {VOLUMES "configmap/x", RW, KUBEPODS, "", "", WAY_OPEN, NULL, RO_ | NX_, true},
    /* … what is mounted there */
    {VOLUMES "empty-dir/x", RW, KUBEPODS, "", "50 21 8:1 /etc " VOLUMES "empty-dir/x rw - ext4 /dev/sda1 rw\n", 0, "CM-MOUNT-LAUNDERED", .says = "/etc"},
    {VOLUMES "secret/x", RW, KUBEPODS, "",
     "50 21 0:60 / /var/lib/kubelet/pods/" OTHER_POD "/volumes/kubernetes.io~secret/y rw - tmpfs tmpfs rw\n51 21 0:60 / " VOLUMES
     "secret/x rw - tmpfs tmpfs rw\n",
     0, "CM-MOUNT-LAUNDERED", .says = OTHER_POD},
    {VOLUMES "csi/p/mount", RW, KUBEPODS, "", "50 21 8:1 /data " VOLUMES "csi/p/mount rw - ext4 /dev/sda1 rw\n", 0, "CM-MOUNT-LAUNDERED",
     .says = "kubelet-local"},
    {VOLUMES "csi/p/mount", RW, KUBEPODS, "", "50 21 8:1 /data " VOLUMES "csi/p/mount rw - ext4 /dev/sda1 rw\n", LOCAL, NULL, NONE_, true},
    {VOLUMES "csi/p/mount", RW, KUBEPODS, "", "50 21 8:1 /etc " VOLUMES "csi/p/mount rw - ext4 /dev/sda1 rw\n", LOCAL, "CM-MOUNT-LAUNDERED",
     .says = "whole tree"},
    {VOLUMES "csi/p/mount", RW, KUBEPODS, "", "50 21 8:1 /run/casemate/x " VOLUMES "csi/p/mount rw - ext4 /dev/sda1 rw\n", LOCAL, "CM-MOUNT-LAUNDERED",
     .says = "this runtime"},
    {VOLUMES "csi/p/mount", RW, KUBEPODS, "", "50 21 8:1 /var/lib/kubelet " VOLUMES "csi/p/mount rw - ext4 /dev/sda1 rw\n", LOCAL, "CM-MOUNT-LAUNDERED"},
    {VOLUMES "csi/p/mount", RW, KUBEPODS, "", "50 21 8:1 " PODS "/containers " VOLUMES "csi/p/mount rw - ext4 /dev/sda1 rw\n", 0, "CM-MOUNT-LAUNDERED"},
    {VOLUMES "local-volume/pv", RW, KUBEPODS, "", "50 21 8:7 / " VOLUMES "local-volume/pv rw - xfs /dev/sdb rw\n", 0, "CM-MOUNT-LAUNDERED",
     .says = "/mnt/backup"},
    {VOLUMES "local-volume/pv", RW, KUBEPODS, "", "50 21 8:7 / " VOLUMES "local-volume/pv rw - xfs /dev/sdb rw\n", LOCAL, NULL, NONE_, true},
    {VOLUMES "empty-dir/x", RW, KUBEPODS, "", "50 21 8:1 /gone//deleted " VOLUMES "empty-dir/x rw - ext4 /dev/sda1 rw\n", 0, "CM-MOUNT-LAUNDERED",
     .says = "deleted"},
    {VOLUMES "empty-dir/x", RW, KUBEPODS, "", "50 21 0:5 / " VOLUMES "empty-dir/x rw - devtmpfs udev rw\n", 0, "CM-MOUNT-SOURCE", .says = "kernel or device"},
    {VOLUMES "empty-dir/x", RW, KUBEPODS, "", "", UNKNOWN, "CM-MOUNT-SOURCE", .says = "cannot be told"},
    {VOLUMES "empty-dir/x", RW, KUBEPODS, "", "", CONTROL, "CM-MOUNT-SOCKET", .says = "docker.sock"},
    {VOLUMES "empty-dir/x", RW, KUBEPODS, "", "", SOCKET, NULL, NONE_, true},
    /* … and below */
    {VOLUMES "empty-dir/x", RW, KUBEPODS, "", "50 21 8:1 /etc " VOLUMES "empty-dir/x/deep rw - ext4 /dev/sda1 rw\n", 0, "CM-MOUNT-LAUNDERED",
     .says = "mounted below it"},
    {VOLUMES "empty-dir/x", PLAIN, KUBEPODS, "", "50 21 8:1 /etc " VOLUMES "empty-dir/x/deep rw - ext4 /dev/sda1 rw\n", 0, NULL, NONE_, true},
    {VOLUMES "empty-dir/x", RW, KUBEPODS, "", "50 21 0:60 / " VOLUMES "empty-dir/x/deep rw - tmpfs tmpfs rw\n", 0, NULL, NONE_, true},
    {VOLUMES "empty-dir/x", RW, KUBEPODS, "", "50 21 0:60 / " VOLUMES "empty-dir/x/deep rw - nfs4 s:/ rw\n", 0, "CM-MOUNT-IDMAP"},
    {VOLUMES "configmap/x", RW, KUBEPODS, "", "50 21 8:1 /etc " VOLUMES "configmap/x/deep rw - ext4 /dev/sda1 rw\n", 0, NULL, RO_ | NX_, true},
    /* … kubelet's tree as a filesystem of its own, seen at two places, or somewhere else */
    {VOLUMES "empty-dir/x", RW, KUBEPODS, "", "40 21 8:9 / /var/lib/kubelet rw - ext4 /dev/sdc rw\n", 0, NULL, NONE_, true},
    {VOLUMES "empty-dir/x", RW, KUBEPODS, "", "40 21 8:1 /data/kubelet /var/lib/kubelet rw - ext4 /dev/sda1 rw\n", 0, NULL, NONE_, true},
    {VOLUMES "empty-dir/x", RW, KUBEPODS, "", "40 21 8:9 / /var/lib/kubelet/pods rw - ext4 /dev/sdc rw\n", 0, NULL, NONE_, true},
    {VOLUMES "empty-dir/x", RW, KUBEPODS, "", "40 21 8:1 /srv/x " PODS "/volumes rw - ext4 /dev/sda1 rw\n", 0, "CM-MOUNT-LAUNDERED"},
    {"/data/kubelet/pods/" POD "/volumes/kubernetes.io~empty-dir/x", RW, KUBEPODS, "", "", ELSEWHERE, NULL, NONE_, true},
    {"/data/kubelet/pods/" POD "/volumes/kubernetes.io~empty-dir/x", RW, KUBEPODS, "", "", 0, "CM-MOUNT-SOURCE"},
    {VOLUMES "empty-dir/x", RW, KUBEPODS, "", "", ELSEWHERE, "CM-MOUNT-SOURCE"},

    /* K2: subPaths */
    {SUBPATHS "scratch/app/0", RW, KUBEPODS, "", "50 21 8:1 " VOLUMES "empty-dir/scratch/sub " SUBPATHS "scratch/app/0 rw - ext4 /dev/sda1 rw\n", 0, NULL,
     NONE_, true},
    {SUBPATHS "scratch/app/0", RW, KUBEPODS, "", "50 21 8:1 " VOLUMES "empty-dir/scratch " SUBPATHS "scratch/app/0 rw - ext4 /dev/sda1 rw\n", 0, NULL, NONE_,
     true},
    {SUBPATHS "c/app/3", RW, KUBEPODS, "", "50 21 8:1 " VOLUMES "configmap/c/..2026/run.sh " SUBPATHS "c/app/3 rw - ext4 /dev/sda1 rw\n", FILE_, NULL,
     RO_ | NX_, true},
    {SUBPATHS "s/app/0", RW, KUBEPODS, "", "50 21 0:60 / " VOLUMES "secret/s rw - tmpfs t rw\n51 21 0:60 /..2026/key " SUBPATHS "s/app/0 rw - tmpfs t rw\n",
     FILE_, NULL, RO_ | NX_, true},
    {SUBPATHS "pvc-1/app/1", RW, SYSTEMD, "",
     "50 21 8:9 / " VOLUMES "csi/pvc-1/mount rw - ext4 /dev/sdc rw\n51 21 8:9 /data/sub " SUBPATHS "pvc-1/app/1 rw - ext4 /dev/sdc rw\n", 0, NULL, NONE_, true},
    {SUBPATHS "pvc-1/app/1", RW, SYSTEMD, "",
     "50 21 8:9 /pv " VOLUMES "csi/pvc-1/mount rw - ext4 /dev/sdc rw\n51 21 8:9 /other " SUBPATHS "pvc-1/app/1 rw - ext4 /dev/sdc rw\n", 0,
     "CM-MOUNT-LAUNDERED"},
    /* the hostPath that has become one */
    {SUBPATHS "etc/app/0", RW, KUBEPODS, "", "50 21 8:1 /etc/ssl " SUBPATHS "etc/app/0 rw - ext4 /dev/sda1 rw\n", 0, "CM-MOUNT-LAUNDERED",
     .says = "a hostPath stays one"},
    {SUBPATHS "x/app/0", RW, KUBEPODS, "", "50 21 8:7 /secret " SUBPATHS "x/app/0 rw - xfs /dev/sdb rw\n", 0, "CM-MOUNT-LAUNDERED"},
    {SUBPATHS "x/app/0", RW, KUBEPODS, "", "50 21 8:1 " VOLUMES "empty-dir/y/sub " SUBPATHS "x/app/0 rw - ext4 /dev/sda1 rw\n", 0, "CM-MOUNT-LAUNDERED",
     .says = "in no volume \"x\""},
    {SUBPATHS "x/app/0", RW, KUBEPODS, "", "50 21 8:1 " PODS "/volumes " SUBPATHS "x/app/0 rw - ext4 /dev/sda1 rw\n", 0, "CM-MOUNT-LAUNDERED"},
    {SUBPATHS "x/app/0", RW, KUBEPODS, "", "50 21 8:1 " VOLUMES "empty-dir/xy " SUBPATHS "x/app/0 rw - ext4 /dev/sda1 rw\n", 0, "CM-MOUNT-LAUNDERED"},
    {SUBPATHS "x/app/0", RW, KUBEPODS, "",
     "50 21 8:1 /var/lib/kubelet/pods/" OTHER_POD "/volumes/kubernetes.io~secret/x " SUBPATHS "x/app/0 rw - ext4 /dev/sda1 rw\n", 0, "CM-MOUNT-LAUNDERED"},
    {SUBPATHS "x/app/0", RW, KUBEPODS, "", "50 21 8:1 " VOLUMES "empty-dir/x/sub//deleted " SUBPATHS "x/app/0 rw - ext4 /dev/sda1 rw\n", 0,
     "CM-MOUNT-LAUNDERED", .says = "deleted"},
    {SUBPATHS "x/app/0", RW, KUBEPODS, "", "", 0, "CM-MOUNT-LAUNDERED", .says = "nothing is mounted there"},
    {SUBPATHS "x/app/0/below", RW, KUBEPODS, "", "50 21 8:1 " VOLUMES "empty-dir/x/sub " SUBPATHS "x/app/0 rw - ext4 /dev/sda1 rw\n", 0, "CM-MOUNT-SOURCE"},
    /* the same path, or the volume's own, in another filesystem */
    {SUBPATHS "x/app/0", RW, KUBEPODS, "", "50 21 8:7 " VOLUMES "empty-dir/x " SUBPATHS "x/app/0 rw - xfs /dev/sdb rw\n", 0, "CM-MOUNT-LAUNDERED"},
    {SUBPATHS "x/app/0", RW, KUBEPODS, "",
     "50 21 8:9 / " VOLUMES "csi/x/mount rw - ext4 /dev/sdc rw\n51 21 8:7 /sub " SUBPATHS "x/app/0 rw - xfs /dev/sdb rw\n", 0, "CM-MOUNT-LAUNDERED"},
    {VOLUMES "empty-dir/x", RW, KUBEPODS, "", "50 21 8:1 " VOLUMES "empty-dir/x /etc rw - ext4 /dev/sda1 rw\n", 0, "CM-MOUNT-SOURCE", .says = "it is also"},
    {SUBPATHS "l/app/0", RW, KUBEPODS, "",
     "50 21 8:7 /lv " VOLUMES "local-volume/l rw - xfs /dev/sdb rw\n51 21 8:7 /lv/sub " SUBPATHS "l/app/0 rw - xfs /dev/sdb rw\n", 0, "CM-MOUNT-LAUNDERED",
     .says = "kubelet-local"},
    {SUBPATHS "l/app/0", RW, KUBEPODS, "",
     "50 21 8:7 /lv " VOLUMES "local-volume/l rw - xfs /dev/sdb rw\n51 21 8:7 /lv/sub " SUBPATHS "l/app/0 rw - xfs /dev/sdb rw\n", LOCAL, NULL, NONE_, true},
    {"/var/lib/kubelet/pods/" OTHER_POD "/volume-subpaths/x/app/0", RW, KUBEPODS, "", "", 0, "CM-MOUNT-FOREIGN"},

    /* K3: files of kubelet */
    {PODS "/etc-hosts", RW, KUBEPODS, "", "", FILE_ | ALLOCATE, NULL, RO_ | NX_, true, .target = "/etc/hosts"},
    {PODS "/etc-hosts", RW, KUBEPODS, "", "", FILE_ | ALLOCATE | NO_IDMAP, NULL, RO_ | NX_, false, .target = "/etc/hosts"},
    {PODS "/etc-hosts", RW, KUBEPODS, "", "", 0, "CM-MOUNT-SOURCE", .says = "it is a directory"},
    {PODS "/containers/app/0a1b2c3d", RW, KUBEPODS, "", "", FILE_ | ALLOCATE, NULL, NX_, false, .target = "/dev/termination-log"},
    {PODS "/containers/app/0a1b2c3d", RW, KUBEPODS, "", "", FILE_, NULL, NX_, false, .target = "/dev/my-log"},
    {PODS "/containers/app/0a1b2c3d", RW, KUBEPODS, "", "", FILE_, "CM-MOUNT-DEST", .target = "/dev/null"},
    {PODS "/containers/app/0a1b2c3d", RW, KUBEPODS, "", "", FILE_, "CM-MOUNT-DEST", .target = "/dev/a/b"},
    {PODS "/etc-hosts", RW, KUBEPODS, "", "", FILE_, "CM-MOUNT-DEST", .target = "/dev/hosts"},
    {PODS "/containers/app/zzzz", RW, KUBEPODS, "", "", FILE_, "CM-MOUNT-SOURCE"},
    {"/var/lib/kubelet/pods/" OTHER_POD "/etc-hosts", RW, KUBEPODS, "", "", FILE_, "CM-MOUNT-FOREIGN"},

    /* E1: containerd's sandbox */
    {CONTAINERD "sandboxes/" SANDBOX "/hostname", RW, KUBEPODS, CONTAINERD_KEYS, "", FILE_ | NEIGHBOUR | ALLOCATE, NULL, RO_ | NX_, true},
    {CONTAINERD "sandboxes/" SANDBOX "/resolv.conf", RW, SYSTEMD, CONTAINERD_KEYS, "", FILE_ | NEIGHBOUR, NULL, RO_ | NX_, false},
    {CONTAINERD "sandboxes/" SANDBOX "/hosts", RW, "/k8s.io/" ID, CONTAINERD_KEYS, "", FILE_ | NEIGHBOUR, NULL, RO_ | NX_, false},
    {STATE "sandboxes/" SANDBOX "/shm", RW, SYSTEMD, CONTAINERD_KEYS, "50 23 0:70 / " STATE "sandboxes/" SANDBOX "/shm rw - tmpfs shm rw\n",
     NEIGHBOUR | ALLOCATE, NULL, NX_, false, .target = "/dev/shm"},
    {STATE "sandboxes/" SANDBOX "/shm", RW, SYSTEMD, CONTAINERD_KEYS, "", NEIGHBOUR, "CM-MOUNT-SOURCE", .says = "tmpfs of its own", .target = "/dev/shm"},
    {STATE "sandboxes/" SANDBOX "/shm", RW, SYSTEMD, CONTAINERD_KEYS, "50 23 8:1 /etc " STATE "sandboxes/" SANDBOX "/shm rw - ext4 shm rw\n", NEIGHBOUR,
     "CM-MOUNT-SOURCE", .says = "tmpfs of its own", .target = "/dev/shm"},
    {STATE "sandboxes/" SANDBOX "/shm", RW, SYSTEMD, CONTAINERD_KEYS,
     "50 23 0:70 / " STATE "sandboxes/" OTHER "/shm rw - tmpfs shm rw\n51 23 0:70 / " STATE "sandboxes/" SANDBOX "/shm rw - tmpfs shm rw\n", NEIGHBOUR,
     "CM-MOUNT-LAUNDERED", .target = "/dev/shm"},
    {CONTAINERD "sandboxes/" SANDBOX "/hostname", RW, KUBEPODS, CONTAINERD_KEYS, "", FILE_, "CM-MOUNT-FOREIGN", .says = "no cgroup next to"},
    {CONTAINERD "sandboxes/" OTHER "/hostname", RW, KUBEPODS, CONTAINERD_KEYS, "", FILE_ | NEIGHBOUR, "CM-MOUNT-FOREIGN", .says = "another container"},
    {CONTAINERD "sandboxes/" ID "/resolv.conf", RW, KUBEPODS, "\"io.kubernetes.cri.container-type\":\"sandbox\"", "", FILE_, NULL, RO_ | NX_, false},
    {CONTAINERD "sandboxes/" SANDBOX "/hostname", RW, KUBEPODS, "\"io.kubernetes.cri.sandbox-id\":\"" SANDBOX "\"", "", FILE_ | NEIGHBOUR, "CM-MOUNT-FOREIGN"},
    /* a pod's author can write containerd's keys where the engine is CRI-O */
    {CONTAINERD "sandboxes/" SANDBOX "/hostname", RW, CRIO, CONTAINERD_KEYS, "", FILE_ | NEIGHBOUR, "CM-MOUNT-FOREIGN"},
    {CONTAINERD "sandboxes/" SANDBOX "/secret", RW, KUBEPODS, CONTAINERD_KEYS, "", FILE_ | NEIGHBOUR, "CM-MOUNT-SOURCE"},
    {CONTAINERD "sandboxes/short/hostname", RW, KUBEPODS, CONTAINERD_KEYS, "", FILE_ | NEIGHBOUR, "CM-MOUNT-SOURCE"},
    /* E2: volumes of images */
    {CONTAINERD "containers/" ID "/volumes/" OTHER, RW, KUBEPODS, CONTAINERD_KEYS, "", ALLOCATE, NULL, NONE_, true},
    {CONTAINERD "containers/" ID "/volumes/" OTHER, RW, KUBEPODS, CONTAINERD_KEYS, "", 0, NULL, NONE_, false},
    {CONTAINERD "containers/" SANDBOX "/volumes/" OTHER, RW, KUBEPODS, CONTAINERD_KEYS, "", NEIGHBOUR, "CM-MOUNT-FOREIGN"},
    /* E3: CRI-O and podman */
    {RUN ID "/userdata/hosts", PLAIN, "machine.slice:libpod:" ID, "", "", FILE_ | ALLOCATE, NULL, RO_ | NX_, true},
    {RUN ID "/userdata/.containerenv", PLAIN, "machine.slice:libpod:" ID, "", "", FILE_ | ALLOCATE | NO_IDMAP, NULL, RO_ | NX_, false},
    {STORAGE ID "/userdata/shm", PLAIN, "machine.slice:libpod:" ID, "", "50 21 0:71 / " STORAGE ID "/userdata/shm rw - tmpfs shm rw\n", ALLOCATE, NULL, NX_,
     false, .target = "/dev/shm"},
    {STORAGE ID "/userdata/secrets/token", PLAIN, "machine.slice:libpod:" ID, "", "", FILE_ | ALLOCATE, NULL, RO_ | NX_, true},
    {STORAGE ID "/userdata/run/secrets", PLAIN, "machine.slice:libpod:" ID, "", "", ALLOCATE, NULL, RO_ | NX_, true},
    {RUN SANDBOX "/userdata/resolv.conf", RW, CRIO, CRIO_KEYS, "", FILE_, NULL, RO_ | NX_, false},
    {RUN OTHER "/userdata/resolv.conf", RW, CRIO, CRIO_KEYS, "", FILE_, "CM-MOUNT-FOREIGN"},
    {RUN SANDBOX "/userdata/resolv.conf", RW, KUBEPODS, CRIO_KEYS, "", FILE_ | NEIGHBOUR, "CM-MOUNT-FOREIGN"},
    {RUN SANDBOX "/userdata/resolv.conf", RW, "system.slice:crio:" ID, CRIO_KEYS, "", FILE_, "CM-MOUNT-FOREIGN"},
    {RUN ID "/userdata/config.json", PLAIN, "machine.slice:libpod:" ID, "", "", FILE_, "CM-MOUNT-SOURCE"},
    {"/run/containers/storage/vfs-containers/" ID "/userdata/hosts", PLAIN, "machine.slice:libpod:" ID, "", "", FILE_, NULL, RO_ | NX_, false},
    /* E4: docker */
    {"/var/lib/docker/containers/" ID "/hosts", "\"rbind\",\"rprivate\"", DOCKER, "", "", FILE_ | ALLOCATE, NULL, RO_ | NX_, true},
    {"/var/lib/docker/100000.100000/containers/" ID "/hostname", "\"rbind\",\"rprivate\"", DOCKER, "", "", FILE_, NULL, RO_ | NX_, false},
    {"/var/lib/docker/containers/" ID "/mounts/shm", "\"rbind\"", DOCKER, "", "50 21 0:72 / /var/lib/docker/containers/" ID "/mounts/shm rw - tmpfs shm rw\n",
     ALLOCATE, NULL, NX_, false, .target = "/dev/shm"},
    {"/var/lib/docker/containers/" OTHER "/hosts", "\"rbind\",\"rprivate\"", DOCKER, "", "", FILE_, "CM-MOUNT-FOREIGN"},
    {"/var/lib/docker/containers/" ID "/config.v2.json", "\"rbind\",\"rprivate\"", DOCKER, "", "", FILE_, "CM-MOUNT-SOURCE"},
    {"/var/lib/docker/containers", "\"rbind\"", DOCKER, "", "", 0, "CM-MOUNT-SOURCE"},
    /* E5: named volumes */
    {"/var/lib/docker/volumes/my_Volume.1/_data", "\"rbind\"", DOCKER, "", "", ALLOCATE, NULL, NONE_, true},
    {"/var/lib/docker/100000.100000/volumes/v/_data", "\"rbind\"", DOCKER, "", "", 0, NULL, NONE_, false},
    {"/var/lib/containers/storage/volumes/named/_data", "\"rw\",\"rprivate\",\"nosuid\",\"nodev\",\"rbind\"", "machine.slice:libpod:" ID, "", "", ALLOCATE,
     NULL, NONE_, true},
    {"/var/lib/docker/volumes/v/_data", "\"rbind\"", DOCKER, "", "", ALLOCATE | STRICT, "CM-MOUNT-SOURCE", .says = "named-volumes"},
    {"/var/lib/docker/volumes/v/_data", "\"rbind\"", DOCKER, "", "", ALLOCATE | WAY_OPEN, "CM-MOUNT-WAY"},
    {"/var/lib/docker/volumes/v/_data", "\"rbind\"", DOCKER, "", "", ALLOCATE | NO_IDMAP, "CM-MOUNT-IDMAP"},
    {"/var/lib/docker/volumes/v", "\"rbind\"", DOCKER, "", "", 0, "CM-MOUNT-SOURCE"},
    {"/var/lib/docker/volumes/.v/_data", "\"rbind\"", DOCKER, "", "", 0, "CM-MOUNT-SOURCE"},
    /* docker's local driver can mount anything there, and a pod's author may name anybody's */
    {"/var/lib/docker/volumes/v/_data", "\"rbind\"", DOCKER, "", "50 21 8:1 /etc /var/lib/docker/volumes/v/_data rw - ext4 /dev/sda1 rw\n", ALLOCATE,
     "CM-MOUNT-LAUNDERED", .says = "/etc"},
    {"/var/lib/docker/volumes/v/_data", "\"rbind\"", DOCKER, "", "50 21 8:1 /var/lib/docker /var/lib/docker/volumes/v/_data rw - ext4 /dev/sda1 rw\n", ALLOCATE,
     "CM-MOUNT-LAUNDERED"},
    {"/var/lib/docker/volumes/v/_data", "\"rbind\"", DOCKER, "", "50 21 0:73 / /var/lib/docker/volumes/v/_data rw - tmpfs t rw\n", ALLOCATE, NULL, NONE_, true},
    {"/var/lib/docker/volumes/v/_data", "\"rbind\"", KUBEPODS, "", "", 0, "CM-MOUNT-FOREIGN", .says = "not for pods"},
    {"/var/lib/docker/volumes/v/_data", "\"rbind\"", "/k8s.io/" ID, CONTAINERD_KEYS, "", 0, "CM-MOUNT-FOREIGN"},

    /* the policy */
    {VOLUMES "empty-dir/x", RW, KUBEPODS, "", "", NONE, "CM-MOUNT-SOURCE", .says = "mounts.classes"},
    {VOLUMES "empty-dir/x", RW, KUBEPODS, "", "", STRICT, NULL, NONE_, true},
    {"/var/lib/kubelet/pods/" OTHER_POD "/volumes/kubernetes.io~secret/x", READONLY, KUBEPODS, "", "", RULE, NULL, RO_ | NX_, false},
    {VOLUMES "empty-dir/x", RW, KUBEPODS, "", "", RULE | NONE, NULL, RO_ | NX_, false},
    {VOLUMES "empty-dir/x", RW, KUBEPODS, "", "", RULE | SOCKET, "CM-MOUNT-SOCKET"},
    {VOLUMES "empty-dir/x", RW, KUBEPODS, "", "", RULE | CONTROL, "CM-MOUNT-SOCKET"},
    /* and what is no class at all */
    {"/etc", "\"rbind\"", KUBEPODS, CONTAINERD_KEYS, "", 0, "CM-MOUNT-SOURCE"},
    {"/srv/made", "\"rbind\",\"rprivate\",\"rw\"", KUBEPODS, CONTAINERD_KEYS, "", 0, "CM-MOUNT-SOURCE"},
    {"/dev/shm", RW, SYSTEMD, CONTAINERD_KEYS, "", 0, "CM-MOUNT-SOURCE", .target = "/dev/shm"},
};

static struct oci_config *make_config(const struct row *row)
{
    CM_AUTO_STR struct cm_str text = {0};
    struct oci_config *config = NULL;
    struct cm_error err;
    static const char maps[] = "\"uidMappings\":[{\"containerID\":0,\"hostID\":200000,\"size\":65536}],"
                               "\"gidMappings\":[{\"containerID\":0,\"hostID\":200000,\"size\":65536}],";

    cm_error_init(&err);
    cm_str_addf(&text,
                "{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"rootfs\",\"readonly\":true},\"process\":{\"user\":{\"uid\":0,\"gid\":0},\"args\":[\"sh\"],"
                "\"cwd\":\"/\"},\"annotations\":{%s},\"mounts\":[{\"destination\":\"%s\",\"type\":\"bind\",\"source\":\"%s\",\"options\":[%s]}],"
                "\"linux\":{%s\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"network\"},{\"type\":\"ipc\"},{\"type\":\"uts\"},{\"type\":\"mount\"},"
                "{\"type\":\"user\"}],\"cgroupsPath\":\"%s\"}}",
                row->annotations, row->target ? row->target : "/x", row->source, row->options, row->host & (ALLOCATE | ROOTLESS) ? "" : maps, row->cgroup);
    if (!cm_str_text(&text) || oci_config_parse(text.data, text.size, &config, &err) < 0)
        CHECK_FAIL("%s: %s %s", row->source, err.field, err.message);
    return config;
}

/* What run/ would have found out. */
static void look(const struct row *row, struct cm_facts *facts)
{
    struct cm_mount_fact *fact = &facts->mounts[0];
    struct cm_mount_table *table = cm_arena_alloc(&facts->arena, sizeof(*table));
    char *text = cm_arena_printf(&facts->arena, "%s%s", host_mounts, row->mounts);

    CHECK_INT(cm_mount_table_parse(text, &facts->arena, table), 0);
    *fact = (struct cm_mount_fact){.target = CM_TARGET_COVERED,
                                   .target_plain = true,
                                   .source_fd = 100,
                                   .source_real = cm_arena_strdup(&facts->arena, row->source),
                                   .source_mode = row->host & FILE_ ? S_IFREG | 0644 : S_IFDIR | 0755,
                                   .source_fs_magic = EXT4_SUPER_MAGIC,
                                   .source_way_bad = row->host & WAY_BAD ? "/var/lib" : row->way,
                                   .source_way_owned = row->way && !(row->host & WAY_SHARED),
                                   .source_way_uid = row->way_uid,
                                   .source_way_closed = !(row->host & WAY_OPEN),
                                   .source_can_idmap = !(row->host & NO_IDMAP),
                                   .source_control = row->host & CONTROL ? "/run/docker.sock" : NULL,
                                   .source_socket = row->host & SOCKET ? "app.sock" : NULL};
    const struct cm_mount_entry *mount = cm_mount_over(table, row->source);
    CHECK(mount != NULL);
    if (row->host & UNKNOWN || !mount)
        return;
    facts->mount_table = table;
    fact->source_mount = mount;
    CHECK_INT(cm_mount_places(table, mount->id, row->source, &facts->arena, &fact->source_places, &fact->n_source_places, &fact->n_source_places_below), 0);
}

static void make_host(const struct row *row, struct cm_facts *facts)
{
    static struct oci_id_mapping outer = {0, 1000, 1};

    *facts = (struct cm_facts){.rootless = (row->host & ROOTLESS) != 0,
                               .ids_available = true,
                               .n_outer_map = row->host & ROOTLESS ? 1 : 0,
                               .outer_uid_map = &outer,
                               .n_outer_gid_map = row->host & ROOTLESS ? 1 : 0,
                               .outer_gid_map = &outer,
                               .cgroup_available = true,
                               .cgroup_parent = "/",
                               .bundle = "/b",
                               .state_root = "/run/containerd/runc/k8s.io",
                               .rootfs_exists = true,
                               .rootfs_is_directory = true,
                               .rootfs_real = "/b/rootfs",
                               .rootfs_fs_magic = EXT4_SUPER_MAGIC,
                               .n_mounts = 1,
                               .sandbox_is_neighbour = (row->host & NEIGHBOUR) != 0};
    facts->mounts = cm_arena_array(&facts->arena, 1, sizeof(*facts->mounts));
    look(row, facts);
}

static void make_policy(const struct row *row, struct cm_policy *policy)
{
    static const enum cm_mount_class with_local[] = {CM_MOUNT_CLASS_DEFAULT, CM_MOUNT_CLASS_KUBELET_LOCAL}, none[] = {CM_MOUNT_CLASS_NONE};
    static const struct cm_mount_rule rule = {.prefix = "/var/lib/kubelet/pods"};
    static const char *const unmapped[] = {"cifs", "nfs4"};

    *policy = *cm_policy_builtin(row->host & STRICT ? CM_POLICY_STRICT : CM_POLICY_HARDENED);
    if (row->host & LOCAL) {
        policy->mount_classes = with_local;
        policy->n_mount_classes = 2;
    }
    if (row->host & NONE) {
        policy->mount_classes = none;
        policy->n_mount_classes = 1;
    }
    if (row->host & RULE) {
        policy->mount_rules = &rule;
        policy->n_mount_rules = 1;
    }
    if (row->host & UNMAPPED) {
        policy->unmapped = unmapped;
        policy->n_unmapped = 2;
    }
    if (row->host & ELSEWHERE)
        policy->mount_roots[CM_MOUNT_ROOT_KUBELET] = "/data/kubelet";
}

static void judge(size_t i, const struct row *row, const struct cm_plan *plan)
{
    const struct cm_finding *refusal = NULL;
    const uint64_t always = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;

    for (size_t f = 0; f < plan->n_findings && !refusal; f++)
        if (plan->findings[f].verdict == CM_VERDICT_REFUSED && cm_has_prefix(plan->findings[f].field, "/mounts/0"))
            refusal = &plan->findings[f];
    if (!row->code && refusal)
        CHECK_FAIL("row %zu %s: refused %s: %s", i, row->source, refusal->code, refusal->message);
    if (row->code && (!refusal || strcmp(refusal->code, row->code) != 0))
        CHECK_FAIL("row %zu %s: %s %s, want %s", i, row->source, refusal ? refusal->code : "mounted", refusal ? refusal->message : "", row->code);
    else if (row->says && refusal)
        CHECK_CONTAINS(refusal->message, row->says);
    for (size_t m = 0; m < plan->n_mounts && !row->code && !refusal; m++) {
        const struct cm_plan_mount *mount = &plan->mounts[m];
        if (mount->kind != CM_MOUNT_BIND)
            continue;
        uint64_t want = always | row->attributes | (strstr(row->options, "\"ro\"") ? MOUNT_ATTR_RDONLY : 0);
        if (mount->attributes != want || mount->idmap != row->idmap || mount->slave)
            CHECK_FAIL("row %zu %s: attributes %#llx, want %#llx; idmap %d", i, row->source, (unsigned long long)mount->attributes, (unsigned long long)want,
                       mount->idmap);
    }
}

static void check_row(size_t i, const struct row *row)
{
    struct oci_config *config = make_config(row);
    CM_AUTO_ARENA struct cm_arena arena = {0};
    struct cm_policy policy;
    struct cm_facts facts;
    struct cm_plan *plan;

    if (!config)
        return;
    make_host(row, &facts);
    make_policy(row, &policy);
    CHECK_INT(cm_plan_make(config, &policy, &facts, ID, &arena, &plan), 0);
    judge(i, row, plan);
    cm_arena_free(&facts.arena);
    oci_config_free(config);
}

TEST(every_row)
{
    for (size_t i = 0; i < CM_ARRAY_LEN(rows); i++)
        check_row(i, &rows[i]);
}

TEST(ways_of_the_containers_root)
{
    for (size_t i = 0; i < n_way_rows; i++)
        check_row(i, &way_rows[i]);
}

/* Files of the container whose namespaces are joined are the pod's; volumes are not. */
TEST(files_of_a_peer)
{
    static const struct {
        const char *path;
        bool own;
    } files[] = {
        {"/var/lib/docker/containers/" OTHER "/hosts", true},
        {"/var/lib/containers/storage/overlay-containers/" OTHER "/userdata/shm", true},
        {"/run/containerd/io.containerd.grpc.v1.cri/sandboxes/" OTHER "/shm", true},
        {"/var/lib/containerd/io.containerd.grpc.v1.cri/containers/" OTHER "/volumes/0a", false},
    };
    const struct cm_policy *policy = cm_policy_builtin(CM_POLICY_HARDENED);
    struct cm_class_match match;

    for (size_t i = 0; i < CM_ARRAY_LEN(files); i++) {
        const struct cm_class_owner peer = {.container = ID, .makers = (const char *const[OCI_NS_TYPES]){[OCI_NS_IPC] = OTHER}}, none = {.container = ID};
        cm_class_find(files[i].path, true, policy->mount_roots, &peer, &match);
        CHECK(match.row && match.own == files[i].own && !match.by_sandbox);
        cm_class_find(files[i].path, true, policy->mount_roots, &none, &match);
        CHECK(match.row && !match.own);
    }
}

TEST(pods_by_their_cgroup)
{
    static const struct {
        const char *cgroup, *annotations, *uid, *id, *sandbox_cgroup;
        bool crio, sandbox;
    } paths[] = {
        {KUBEPODS, CONTAINERD_KEYS, POD, ID, "/kubepods/burstable/pod" POD "/" SANDBOX, false, true},
        {"/kubepods/pod" POD "/" ID, "", POD, ID, "/kubepods/pod" POD "/" SANDBOX, false, false},
        {"/nested/kubepods/besteffort/pod" POD "/crio-" ID, CRIO_KEYS, POD, ID, "/nested/kubepods/besteffort/pod" POD "/crio-" SANDBOX, true, true},
        {"kubepods/pod" POD "/" ID, "", POD, ID, "/engine/kubepods/pod" POD "/" SANDBOX, false, false},
        {SYSTEMD, CONTAINERD_KEYS, POD, ID, "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" POD_ ".slice/cri-containerd-" SANDBOX ".scope",
         false, true},
        {CRIO, CRIO_KEYS, POD, ID, "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" POD_ ".slice/crio-" SANDBOX ".scope", true, true},
        {"kubelet-kubepods-pod" POD_ ".slice:cri-containerd:" ID, "", POD, ID,
         "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod" POD_ ".slice/cri-containerd-" SANDBOX ".scope", false, false},
        {"/kubepods/pod0123456789abcdef0123456789abcdef/" ID, "", "0123456789abcdef0123456789abcdef", ID, NULL, false, false},
        {"/kubepods/burstable/pod" POD "/name", "", POD, "", NULL, false, false},
        {DOCKER, CONTAINERD_KEYS, "", ID, "/docker/" SANDBOX, false, true},
        {"system.slice:docker:" ID, CRIO_KEYS, "", ID, "/system.slice/docker-" SANDBOX ".scope", false, false},
        /* nothing of these is kubelet's */
        {"/mykubepods/pod" POD "/" ID, "", "", ID, NULL, false, false},
        {"/kubepods/x/pod" POD "/" ID, "", "", ID, NULL, false, false},
        {"/kubepods/pod" POD "/x/" ID, "", "", ID, NULL, false, false},
        {"/pod" POD "/" ID, "", "", ID, NULL, false, false},
        {"/kubepods/pod" POD, "", "", "", NULL, false, false},
        {"/kubepods/pod" POD "x/" ID, "", "", ID, NULL, false, false},
        {"/kubepods/pod3D66C9B8-3299-4be1-8148-c2cef1900a03/" ID, "", "", ID, NULL, false, false},
        {"kubepods-pod" POD ".slice:cri-containerd:" ID, "", "", ID, NULL, false, false},
        {"kubepods-pod" POD_ ":cri-containerd:" ID, "", "", ID, NULL, false, false},
        {"kubepods-pod" POD_ ".slice:" ID, "", "", "", NULL, false, false},
        {"kubepods-pod" POD_ ".slice:a:b:" ID, "", "", "", NULL, false, false},
        {"kubepods-pod" POD_ ".slice:a/b:" ID, "", "", "", NULL, false, false},
        {"machine-pod" POD_ ".slice:libpod:" ID, "", "", ID, NULL, false, false},
        {ID, "", "", "", NULL, false, false},
        {"", "", "", "", NULL, false, false},
    };

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        const struct row row = {"/x", "", paths[i].cgroup, paths[i].annotations, "", 0, NULL, 0, false, NULL, NULL};
        struct oci_config *config = make_config(&row);
        char id[CM_CONTAINER_ID_SIZE + 1] = "", cgroup[512] = "";
        struct cm_pod pod;
        if (!config)
            continue;
        cm_pod_of(config, &pod);
        CHECK_STR(pod.uid, paths[i].uid);
        CHECK(!pod.contradiction);
        CHECK_INT(pod.crio, paths[i].crio);
        CHECK_INT(pod.sandbox != NULL, paths[i].sandbox);
        (void)cm_pod_container_id(config, id);
        CHECK_STR(id, paths[i].id);
        if (paths[i].sandbox_cgroup) {
            CHECK(cm_pod_sandbox_cgroup(config, "/engine", SANDBOX, cgroup, sizeof(cgroup)));
            CHECK_STR(cgroup, paths[i].sandbox_cgroup);
        }
        oci_config_free(config);
    }
}

TEST(rules_with_conditions)
{
    static const char *const ext4[] = {"ext4"}, *const xfs[] = {"btrfs", "xfs"};
    static const struct {
        struct cm_mount_rule rules[2];
        const char *source, *target, *code, *says;
        unsigned int host;
    } cases[] = {
        {{{.prefix = "/opt/cdi", .type = CM_SOURCE_DIRECTORY}}, "/opt/cdi/x", "/y", NULL, NULL, 0},
        {{{.prefix = "/opt/cdi", .type = CM_SOURCE_DIRECTORY}}, "/opt/cdi/x", "/y", "CM-MOUNT-SOURCE", "for directories", FILE_},
        {{{.prefix = "/opt/cdi", .type = CM_SOURCE_FILE}}, "/opt/cdi/x", "/y", "CM-MOUNT-SOURCE", "for files", 0},
        {{{.prefix = "/opt/cdi", .type = CM_SOURCE_FILE}}, "/opt/cdi/x", "/y", NULL, NULL, FILE_},
        {{{.prefix = "/opt/cdi", .n_filesystems = 1, .filesystems = ext4}}, "/opt/cdi/x", "/y", NULL, NULL, 0},
        {{{.prefix = "/opt/cdi", .n_filesystems = 2, .filesystems = xfs}}, "/opt/cdi/x", "/y", "CM-MOUNT-SOURCE", "of the type ext4", 0},
        {{{.prefix = "/mnt/backup", .n_filesystems = 2, .filesystems = xfs}}, "/mnt/backup/x", "/y", NULL, NULL, 0},
        /* exactly this file, exactly there */
        {{{.prefix = "/opt/lib.so", .destination = "/lib/lib.so"}}, "/opt/lib.so", "/lib/lib.so", NULL, NULL, FILE_},
        {{{.prefix = "/opt/lib.so", .destination = "/lib/lib.so"}}, "/opt/lib.so", "/lib/../lib/lib.so", "CM-MOUNT-DEST", NULL, FILE_},
        {{{.prefix = "/opt/lib.so", .destination = "/lib/lib.so"}}, "/opt/lib.so", "//lib/./lib.so", NULL, NULL, FILE_},
        {{{.prefix = "/opt/lib.so", .destination = "/lib/lib.so"}}, "/opt/lib.so", "/lib/other.so", "CM-MOUNT-SOURCE", "no other destination", FILE_},
        {{{.prefix = "/opt/lib", .destination = "/lib"}}, "/opt/lib/x", "/lib", "CM-MOUNT-SOURCE", "no rule", FILE_},
        {{{.prefix = "/opt/lib", .destination = "/a"}, {.prefix = "/opt/lib", .destination = "/b"}}, "/opt/lib", "/b", NULL, NULL, 0},
        /* the longer prefix decides, though it says no */
        {{{.prefix = "/opt", .allow_write = true}, {.prefix = "/opt/lib", .destination = "/b"}},
         "/opt/lib",
         "/c",
         "CM-MOUNT-SOURCE",
         "no other destination",
         0},
        {{{.prefix = "/opt"}, {.prefix = "/opt/lib", .destination = "/b"}}, "/opt/lib/x", "/c", NULL, NULL, 0},
        {{{.prefix = "/opt"}}, "/opt/x", "/c", "CM-MOUNT-SOCKET", "app.sock", SOCKET},
        {{{.prefix = "/opt", .allow_sockets = true}}, "/opt/x", "/c", NULL, NULL, SOCKET},
        {{{.prefix = "/opt", .allow_sockets = true}}, "/opt/x", "/c", "CM-MOUNT-SOCKET", "docker.sock", SOCKET | CONTROL},
        {{{.prefix = "/opt"}}, "/opt/x", "/dev/termination-log", "CM-MOUNT-DEST", "termination log", FILE_},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct row row = {cases[i].source, "\"bind\",\"ro\",\"noexec\"", DOCKER, "", "", cases[i].host, cases[i].code, RO_ | NX_, false, cases[i].says,
                                cases[i].target};
        struct oci_config *config = make_config(&row);
        CM_AUTO_ARENA struct cm_arena arena = {0};
        struct cm_policy policy = *cm_policy_builtin(CM_POLICY_HARDENED);
        struct cm_facts facts;
        struct cm_plan *plan;
        if (!config)
            continue;
        make_host(&row, &facts);
        policy.mount_rules = cases[i].rules;
        policy.n_mount_rules = cases[i].rules[1].prefix ? 2 : 1;
        CHECK_INT(cm_plan_make(config, &policy, &facts, ID, &arena, &plan), 0);
        judge(i, &row, plan);
        cm_arena_free(&facts.arena);
        oci_config_free(config);
    }
}

TEST(classes_of_a_policy)
{
    static const enum cm_mount_class none[] = {CM_MOUNT_CLASS_NONE}, one[] = {CM_MOUNT_CLASS_DOCKER_FILES},
                                     more[] = {CM_MOUNT_CLASS_KUBELET_LOCAL, CM_MOUNT_CLASS_DEFAULT};
    struct cm_policy hardened = *cm_policy_builtin(CM_POLICY_HARDENED), strict = *cm_policy_builtin(CM_POLICY_STRICT);

    CHECK(cm_policy_has_class(&hardened, CM_MOUNT_CLASS_NAMED_VOLUMES) && !cm_policy_has_class(&strict, CM_MOUNT_CLASS_NAMED_VOLUMES));
    CHECK(!cm_policy_has_class(&hardened, CM_MOUNT_CLASS_KUBELET_LOCAL) && cm_policy_has_class(&strict, CM_MOUNT_CLASS_KUBELET_VOLUMES));
    hardened.mount_classes = none;
    hardened.n_mount_classes = 1;
    for (unsigned int i = 0; i < CM_MOUNT_CLASS_COUNT; i++)
        CHECK(!cm_policy_has_class(&hardened, (enum cm_mount_class)i));
    hardened.mount_classes = one;
    for (unsigned int i = 0; i < CM_MOUNT_CLASS_COUNT; i++)
        CHECK_INT(cm_policy_has_class(&hardened, (enum cm_mount_class)i), i == CM_MOUNT_CLASS_DOCKER_FILES);
    strict.mount_classes = more;
    strict.n_mount_classes = 2;
    CHECK(cm_policy_has_class(&strict, CM_MOUNT_CLASS_KUBELET_LOCAL) && cm_policy_has_class(&strict, CM_MOUNT_CLASS_KUBELET_FILES));
    CHECK(!cm_policy_has_class(&strict, CM_MOUNT_CLASS_NAMED_VOLUMES));
}
