#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# vm: lsm=apparmor kernel=newest
# podman's pods and its own user namespaces, with the systemd driver.
load ../../lib/common
load ../../lib/podman

setup_file() {
    grep -q '^containers:' /etc/subuid || echo containers:1000000:1000000 | tee -a /etc/subuid >>/etc/subgid
    podman_setup_file
}
teardown_file() { podman_teardown_file; }
setup() { ct_setup; }
teardown() { podman_teardown; }

same() { # PID PID TYPE…
    local a=$1 b=$2 type
    shift 2
    for type in "$@"; do
        [ "$(ns_of "$a" "$type")" = "$(ns_of "$b" "$type")" ] || fail "$type is not the same" || return 1
    done
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
    same "$infra" "$first" ipc net uts user
    same "$infra" "$pid" ipc net uts user
    for type in ipc net uts user; do
        [ "$(ns_of "$pid" $type)" != "$(ns_of self $type)" ] || fail "the host's $type" || return 1
    done
    for type in pid mnt cgroup; do
        [ "$(ns_of "$pid" $type)" != "$(ns_of "$first" $type)" ] || fail "$type is shared" || return 1
    done
    cmp "/proc/$first/uid_map" "/proc/$infra/uid_map"
    pm exec one sh -c 'echo shared >/dev/shm/file'
    ok
    pm exec two cat /dev/shm/file
    prints shared
    pm restart -t 0 one
    ok "a member again"
    same "$infra" "$(podman_pid one)" ipc net uts user
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
