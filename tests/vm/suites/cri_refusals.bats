#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# vm: lsm=apparmor kernel=newest seconds=250
# Pods that ask for too much, through containerd's CRI plugin: what kubelet is told, whole, and that nothing ran; and what pods are given: labels, users, read-only roots, hostUsers: false.
# shellcheck disable=SC2016,SC2030,SC2031 # scripts for the inside, jq's variables; each test has its own
load ../../lib/common.bash
load ../../lib/cri/cri.bash

pod_refused() { # FILTER TEXT…: the sandbox itself
    pod_config "$1" >"$T/pod.json"
    cri_refuses RunPodSandbox "$(jq -c --arg handler "$handler" '{config: ., runtime_handler: $handler}' "$T/pod.json")" || return 1
    says_all "${@:2}"
}

@test "refused: privileged, SYS_ADMIN and other capabilities, devices" {
    pod
    add_refused app "$CONTEXT.capabilities.add_capabilities = [\"SYS_ADMIN\"]" CM-CAP-REFUSED /process/capabilities CAP_SYS_ADMIN
    remove "$CONTAINER"
    add_refused app "$CONTEXT.capabilities.add_capabilities = [\"NET_ADMIN\"]" CM-CAP-REFUSED CAP_NET_ADMIN
    remove "$CONTAINER"
    add_refused app '.devices = [{container_path: "/dev/fuse", host_path: "/dev/fuse", permissions: "rwm"}]' CM-DEVICE /linux/devices /dev/fuse
    remove "$CONTAINER"
    end_pod
    pod "$CONTEXT.privileged = true"
    add_refused app "$CONTEXT.privileged = true" CM-PRIVILEGED
}

@test "refused: hostPath, a subPath that launders one, another pod's volumes, and sockets" {
    local other
    other=$(cat /proc/sys/kernel/random/uuid)
    mkdir -p "$KUBELET/pods/$other/volumes/kubernetes.io~empty-dir/theirs"
    pod
    add_refused app '.mounts += [mount("/host"; "/etc") + {readonly: true}]' CM-MOUNT-SOURCE /mounts/ '"/etc"'
    remove "$CONTAINER"
    add_refused app '.mounts += [mount("/host"; "\($pod)/volume-subpaths/etc/app/0")]' CM-MOUNT-LAUNDERED /mounts/ volume-subpaths/etc/app/0
    remove "$CONTAINER"
    add_refused app '.mounts += [mount("/host"; "'"$KUBELET/pods/$other"'/volumes/kubernetes.io~empty-dir/theirs")]' CM-MOUNT-FOREIGN /mounts/ "$other"
    remove "$CONTAINER"
    add_refused app '.mounts += [mount("/run/containerd.sock"; "/run/containerd/containerd.sock")]' CM-MOUNT /mounts/ /run/containerd/containerd.sock
}

@test "control arm: with runc the same hostPath and subPath show the host's files" {
    handler=runc
    pod
    add app '.mounts += [mount("/host"; "/etc") + {readonly: true}, mount("/laundered"; "\($pod)/volume-subpaths/etc/app/0")]'
    inside "$CONTAINER" 'cat /host/shadow' | grep -q '^root:'
    [ -n "$(inside "$CONTAINER" 'ls /laundered')" ]
}

@test "refused: hostNetwork, hostPID, hostIPC" {
    pod_refused "$NAMESPACES.network = 2 | .hostname = \"\"" CM-NS /linux/namespaces network
    pod_refused "$NAMESPACES.pid = 2" CM-NS /linux/namespaces pid
    pod_refused "$NAMESPACES.ipc = 2" CM-NS /linux/namespaces ipc
}

@test "control arm: with runc a pod with hostPID and hostNetwork is in the host's namespaces" {
    handler=runc
    pod "$NAMESPACES.pid = 2 | $NAMESPACES.network = 2 | .hostname = \"\""
    for type in pid net; do [ "$(ns_of "$(sandbox_pid "$POD")" $type)" = "$(ns_of self $type)" ] || fail "$type"; done
}

@test "AppArmor's default profile, a user with groups, a read-only root, restricted pods" {
    pod
    add app "$CONTEXT.apparmor.profile_type = 0 | $CONTEXT.seccomp.profile_type = 0 | $CONTEXT.run_as_user.value = 1000 | $CONTEXT.run_as_group.value = 1001
        | $CONTEXT.supplemental_groups = [2000] | $CONTEXT.no_new_privs = true | $CONTEXT.capabilities.drop_capabilities = [\"ALL\"] | $CONTEXT.readonly_rootfs = true"
    pid=$(container_pid "$CONTAINER")
    [ "$(tr -d '\0\n' <"/proc/$pid/attr/apparmor/current")" = "cri-containerd.apparmor.d (enforce)" ]
    [ "$(status_field "$pid" Seccomp_filters)" = 2 ] # the engine's on top of ours
    [ "$(status_field "$pid" CapBnd)" = 0000000000000000 ]
    local base
    base=$(awk '{print $2}' "/proc/$pid/uid_map")
    [ "$(status_field "$pid" Uid | cut -f 1) $(status_field "$pid" Gid | cut -f 1)" = "$((base + 1000)) $((base + 1001))" ]
    has_word "$(status_field "$pid" Groups | sed 's/ *$//; s/ /,/g')" $((base + 2000))
    has_word "$(mount_flags "$pid" /)" ro
}

@test "the handler casemate-strict: no root, no capabilities, no memory that is written and executed" {
    handler=casemate-strict
    pod "$CONTEXT.run_as_user.value = 1000"
    add_refused app . CM-NONROOT /process/user/uid
    remove "$CONTAINER"
    add app "$CONTEXT.run_as_user.value = 1000"
    pid=$(container_pid "$CONTAINER")
    [ "$(status_field "$pid" CapBnd)" = 0000000000000000 ] || [ "$(status_field "$pid" CapBnd)" = 0000000000000400 ]
    [ "$(status_field "$pid" Seccomp)" = 2 ]
}

@test "hostUsers: false: the mappings are kubelet's, for all containers of the pod" {
    local map='[{host_id: 1048576, container_id: 0, length: 65536}]'
    pod "$NAMESPACES.userns_options = {mode: 0, uids: $map, gids: $map}"
    add app "$NAMESPACES.userns_options = {mode: 0, uids: $map, gids: $map}"
    pid=$(container_pid "$CONTAINER")
    [ "$(awk '{print $1, $2, $3}' "/proc/$pid/uid_map")" = "0 1048576 65536" ]
    [ "$(ns_of "$pid" user)" = "$(ns_of "$(sandbox_pid "$POD")" user)" ]
    [ "$(inside "$CONTAINER" 'id -u; cat /etc/hostname')" = "$(printf '0\npod')" ]
}
