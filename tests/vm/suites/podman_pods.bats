#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# vm: lsm=apparmor kernel=newest seconds=110
# podman's pods and its own user namespaces, with the systemd driver.
load ../../lib/common
load ../../lib/podman

setup_file() {
    ct_untraced
    grep -q '^containers:' /etc/subuid || echo containers:1000000:1000000 | tee -a /etc/subuid >>/etc/subgid
    podman_setup_file
}

@test "a pod: infra and two containers share ipc, net, uts and one user namespace, and nothing is left" {
    local infra first
    pm pod create --name p --share ipc,net,uts --network none
    ok "pod create"
    for n in one two; do
        pm run -d --pod p --name $n $PODMAN_IMAGE sleep 1000
        ok "$n" || return 1
    done
    first=$(podman_pid one) pid=$(podman_pid two)
    infra=$(podman_pid "$(said pod inspect -f '{{.InfraContainerID}}' p)")
    is_in "$infra" "$first" ipc net uts user
    is_in "$infra" "$pid" ipc net uts user
    is_out "$pid" self ipc net uts user
    is_out "$pid" "$first" pid mnt cgroup
    cmp "/proc/$first/uid_map" "/proc/$infra/uid_map"
    pm exec one sh -c 'echo shared >/dev/shm/file'
    ok
    pm exec two cat /dev/shm/file
    prints shared
    pm restart -t 0 one
    ok "a member again"
    is_in "$infra" "$(podman_pid one)" ipc net uts user
    pm pod rm -f -t 0 p
    ok
    ended "$infra" && ended "$pid"
}

@test "--userns=auto: podman's range is the container's, and another one's is another" {
    pm_start a --userns=auto
    local one
    one=$(awk '{print $2}' "/proc/$pid/uid_map")
    pm_start b --userns=auto
    [ "$one" -ge 65536 ] && [ "$(awk '{print $2}' "/proc/$pid/uid_map")" -ge $((one + $(awk '{print $3}' "/proc/$pid/uid_map"))) ] || fail "$(cat "/proc/$pid/uid_map")"
    as_strongest "$pid" mount sethostname
    probed_is "$T/out" mount EPERM
    pm exec b sh -c 'stat -c %u /etc/passwd'
    prints '^0$'
}
