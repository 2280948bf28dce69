#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# vm: lsm=apparmor kernel=newest seconds=70 only=privileged|places.of
# What podman users ask for and do not get: nothing starts, and the whole message is in podman's own error. What is made stricter is so, whatever was asked.
load ../lib/common
load ../lib/podman

# OPTIONS -- TEXT…: the text of the refusal
is_refused() {
    local options=()
    while [ "$1" != -- ]; do
        options+=("$1")
        shift
    done
    shift
    pm run --rm "${options[@]}" $PODMAN_IMAGE true
    refused "$@" || fail "of: ${options[*]}"
}

@test "--privileged" {
    is_refused --network none --privileged -- '[CM-PRIVILEGED]: this is a privileged container (' 'no seccomp profile, nothing masked, every device): it would own the host; run it without --privileged;' \
        '[CM-DEVICE] /linux/devices/' 'which `casemate check` lists'
}

@test "places of the host, devices and capabilities" {
    is_refused --network none -v /:/host -- '[CM-MOUNT-SOURCE] /mounts/' '/source: the source "/" is refused: it is the host'"'"'s root; mount a directory made for the container'
    is_refused --network none -v /etc:/host:ro -- '[CM-MOUNT-SOURCE]' 'the source "/etc" is refused: '
    is_refused --network none --device /dev/kmsg -- '[CM-DEVICE] /linux/devices/0: the device "/dev/kmsg" is none that a policy could allow: it is the host'"'"'s memory, ports or log' \
        '[CM-DEVICE-RULE] /linux/resources/devices/'
    is_refused --network none --cap-add SYS_ADMIN --cap-add NET_ADMIN -- 'CAP_SYS_ADMIN reaches beyond the container and no policy grants it; remove it' 'CAP_NET_ADMIN reaches beyond the container'
}

@test "namespaces of the host" {
    is_refused --network none --pid host -- '[CM-NS-PID] /linux/namespaces: there is no pid namespace in the list, which would leave the container in the host'"'"'s; add {"type": "pid"}'
    is_refused --network host -- '[CM-NS-NET] /linux/namespaces: there is no network namespace in the list' 'add {"type": "network"}'
    is_refused --network none --ipc host --uts host -- '[CM-NS-IPC] /linux/namespaces: there is no ipc namespace' '[CM-NS-UTS] /linux/namespaces: there is no uts namespace'
}

@test "control: a usual runtime does all of that" {
    echo "a secret of the host" >"$T/secret"
    usual_runs --network none -v /:/host $PODMAN_IMAGE cat "/host$T/secret"
    ok
    prints 'a secret of the host'
    usual_runs --network none --pid host $PODMAN_IMAGE readlink /proc/self/ns/pid
    ok
    [ "$(cat "$T/out")" = "$(readlink /proc/self/ns/pid)" ] || show
    usual_runs --network none --privileged $PODMAN_IMAGE sh -c 'mount -t tmpfs none /mnt || mkdir /mnt && mount -t tmpfs none /mnt && echo mounted'
    prints mounted
}

@test "--security-opt seccomp=unconfined is made stricter: what the built-in filter denies stays denied" {
    pm_start a --security-opt seccomp=unconfined
    [ "$(status_field "$pid" Seccomp)" = 2 ] && [ "$(status_field "$pid" Seccomp_filters)" = 1 ] || fail "filters: $(grep Seccomp "/proc/$pid/status")"
    pm exec a /bin/probe keyctl userfaultfd unshare=user # none of them needs a capability
    probed_is "$T/out" keyctl 'EPERM|ENOSYS'
    probed_is "$T/out" userfaultfd 'EPERM|ENOSYS'
    probed_is "$T/out" unshare=user 'EPERM|ENOSYS'
    said inspect -f '{{.Id}}' a >"$T/id"
    in_view cat "/run/casemate/$(cat "$T/id")/state.json" | jq -r '.tightened[]' | grep -q 'CM-SECCOMP-ABSENT' || fail "it is not said"
}

@test "control: with a usual runtime there is no filter then" {
    usual_runs --network none --security-opt seccomp=unconfined $PODMAN_IMAGE sh -c 'grep Seccomp: /proc/self/status'
    prints '	0$'
}

@test "--cap-drop, and capabilities that are only dropped" {
    pm_start a --cap-drop all
    [ "$(status_field "$pid" CapBnd)" = 0000000000000000 ] && [ "$(status_field "$pid" CapEff)" = 0000000000000000 ] || fail "$(grep Cap "/proc/$pid/status")"
    pm_start b --cap-add NET_RAW --cap-add MKNOD --cap-drop CHOWN
    [ "$((16#$(status_field "$pid" CapBnd) & 16#08002001))" = 0 ] || fail "$(status_field "$pid" CapBnd)"
}

@test "what was refused left nothing, and the name is free" {
    pm run -d --name a --network none --privileged $PODMAN_IMAGE true
    exits 126
    pm rm -f a
    pm_start a
}
