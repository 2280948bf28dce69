#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# vm: lsm=apparmor kernel=newest seconds=130
# What casemate refuses, as docker's user reads it: the whole text, and nothing left. What is made stricter instead, with runc as the control arm.
load ../../lib/common
load ../docker

refusals() { # of the table on standard input: OPTIONS, a tab, REGEX
    local options want
    while IFS=$'\t' read -r options want; do
        # shellcheck disable=SC2086 # words
        box $options box true
        refused "$want" || fail "docker run $options" || return 1
    done
    nothing_left
}

@test "refused: the host's own" {
    refusals <<'END'
--privileged	\[CM-PRIVILEGED\]: this is a privileged container \(.*\): it would own the host; run it without --privileged; .*and [0-9]+ more, which `casemate check` lists
-v /:/host	\[CM-MOUNT-SOURCE\] /mounts/[0-9]+/source: the source "/" is refused: it is the host's root; mount a directory made for the container
-v /run/docker.sock:/docker.sock	\[CM-MOUNT-SOCKET\] /mounts/[0-9]+/source: the source "/run/docker.sock" is a socket; sockets of the host are never passed on
-v /etc/docker:/mnt	\[CM-MOUNT-SOURCE\] /mounts/[0-9]+/source: .*"/etc/docker".*
--pid=host	\[CM-NS-PID\] /linux/namespaces: there is no pid namespace in the list, which would leave the container in the host's; add \{"type": "pid"\}
--network=host	\[CM-NS-NET\] /linux/namespaces: there is no network namespace in the list, which would leave the container in the host's; add \{"type": "network"\}
END
}

@test "refused: power over the host" {
    refusals <<'END'
--ipc=host	\[CM-NS-IPC\] /linux/namespaces: there is no ipc namespace in the list
--cap-add SYS_ADMIN	\[CM-CAP-REFUSED\] /process/capabilities/bounding/[0-9]+: CAP_SYS_ADMIN reaches beyond the container and no policy grants it; remove it
--device /dev/kmsg	\[CM-DEVICE\] /linux/devices/0: the device "/dev/kmsg" is none that a policy could allow: .*; remove it
--device /dev/fuse	\[CM-DEVICE\] /linux/devices/0: the device "/dev/fuse" \(10:229\) is not one of .*, and no rule of the policy allows it; remove it, or add it to devices.allow of the policy
--security-opt apparmor=unconfined	\[CM-LSM-UNCONFINED\] /process/apparmorProfile: "unconfined" would switch AppArmor off; name a profile or leave it out
--runtime casemate-strict	\[CM-NONROOT\] /process/user/uid: the policy "strict" wants a user other than root; set another id
END
}

@test "the handler casemate-strict runs what is not root" {
    box --runtime casemate-strict --user 1000 box sh -c 'id -u; grep CapBnd /proc/self/status'
    ok
    prints '^1000$'
    prints '^CapBnd:.(0000000000000000|0000000000000400)$'
}

@test "seccomp=unconfined is made stricter: the default-deny filter is in force" {
    box --security-opt seccomp=unconfined box sh -c 'grep Seccomp: /proc/self/status; unshare -Ur true'
    [ "$status" != 0 ] || show "a user namespace was made"
    prints '^Seccomp:.2$'
    says 'Operation not permitted'
    # control arm
    box --runtime runc --security-opt seccomp=unconfined --security-opt apparmor=unconfined box sh -c 'grep Seccomp: /proc/self/status; unshare -Ur true'
    ok
    prints '^Seccomp:.0$'
    nothing_left
}
