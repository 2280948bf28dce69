#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# vm: lsm=none kernel=newest seconds=180
# A pod's life as containerd's CRI plugin leads it for kubelet: the sandbox and its containers, their namespaces, ids and files as the host sees them, what is done to them, and how they end.
# shellcheck disable=SC2016,SC2030,SC2031 # scripts for the inside, jq's variables; each test has its own
load ../../lib/common.bash
load ../../lib/cri/cri.bash

first_id() { awk '{print $2}' "/proc/$1/uid_map"; } # PID

@test "a pod: its containers share ipc, network, host name and one user namespace, and its ids are held until the last one is gone" {
    local sandbox app second base
    pod
    sandbox=$(sandbox_pid "$POD")
    add app
    app=$(container_pid "$CONTAINER")
    local first=$CONTAINER
    add second
    second=$(container_pid "$CONTAINER")
    for pid in "$app" "$second"; do
        is_in "$pid" "$sandbox" ipc net uts user
        is_out "$pid" "$sandbox" pid mnt cgroup
        is_out "$pid" self ipc net uts user pid mnt cgroup
        diff "/proc/$pid/uid_map" "/proc/$sandbox/uid_map"
        diff "/proc/$pid/gid_map" "/proc/$sandbox/gid_map"
    done
    is_out "$app" "$second" pid mnt cgroup
    base=$(first_id "$app")
    [ "$(awk '{print $1, $3}' "/proc/$app/uid_map")" = "0 65536" ]
    [ "$base" -ge 65536 ] && [ $((base % 65536)) = 0 ]
    [ "$(status_field "$app" Uid | cut -f 1)" = "$base" ]
    # pause is no root in its image
    [ "$(status_field "$sandbox" Uid | cut -f 1)" = $((base + 65535)) ]
    # everything that must hold of a container holds of each
    for pid in "$sandbox" "$app" "$second"; do
        [ "$(status_field "$pid" Seccomp)" = 2 ] && [ "$(status_field "$pid" NoNewPrivs)" = 1 ]
        [ "$((16#$(status_field "$pid" CapBnd) & ~16#00000000000005fb))" = 0 ] || fail "$(status_field "$pid" CapBnd)"
        has_word "$(mount_flags "$pid" /)" ro
    done
    # one range of ids for the three; it is held until the last one is gone
    "$CT_TOP/tests/lib/held" >"$T/held"
    [ "$(grep -c "^$base " "$T/held")" -ge 1 ] && [ "$(awk '{print $1}' "$T/held" | sort -u | wc -l)" = 1 ] || fail "$(cat "$T/held")"
    [ "$(inside "$first" hostname)" = pod ]
    stop "$first"
    remove "$first"
    "$CT_TOP/tests/lib/held" | grep -q "^$base "
    stop "$CONTAINER"
    remove "$CONTAINER"
    "$CT_TOP/tests/lib/held" | grep -q "^$base "
    end_pod
    [ -z "$("$CT_TOP/tests/lib/held")" ]
    # others are given to the next pod
    pod
    [ "$(first_id "$(sandbox_pid "$POD")")" != "$base" ]
}

@test "control arm: with runc the same pod has the host's user namespace, and its root is the host's" {
    handler=runc
    pod
    add app
    pid=$(container_pid "$CONTAINER")
    is_in "$pid" self user
    [ "$(status_field "$pid" Uid | cut -f 1)" = 0 ]
    [ "$(inside "$CONTAINER" 'echo x >/bin/new && echo written')" = written ]
}

VOLUMES='.mounts += [
    volume("/scratch"; "empty-dir/scratch"), volume("/memory"; "empty-dir/memory"),
    volume("/config"; "configmap/config") + {readonly: true}, volume("/secret"; "secret/secret") + {readonly: true},
    mount("/sub"; "\($pod)/volume-subpaths/scratch/app/0")]'

@test "kubelet's mounts: token, hosts, termination log, configMap and secret are read, emptyDirs written, and what the container writes is the pod's on the host" {
    local volumes=$KUBELET/pods/$UID_OF_POD base
    pod
    add app "$VOLUMES"
    [ "$(inside "$CONTAINER" 'cat /var/run/secrets/kubernetes.io/serviceaccount/key /config/key /secret/key')" = "$(printf 'content of %s\n' kube-api-access-abcde config secret)" ]
    inside "$CONTAINER" 'grep pod /etc/hosts && grep 10.96.0.10 /etc/resolv.conf && cat /etc/hostname' >"$T/seen"
    grep -q '^pod$' "$T/seen"
    inside "$CONTAINER" 'echo 1 >/scratch/new && echo 2 >/memory/new && echo 3 >/sub/new && echo 4 >/dev/shm/new && echo last words >/dev/termination-log'
    [ "$(inside "$CONTAINER" 'for f in /new /config/new /secret/new /var/run/secrets/kubernetes.io/serviceaccount/new; do echo x 2>/dev/null >$f && echo $f; done; true')" = "" ]
    base=$(first_id "$(container_pid "$CONTAINER")")
    # idmapped: root of the container leaves files of root in the volume, as kubelet expects
    [ "$(stat -c %u "$volumes/volumes/kubernetes.io~empty-dir/scratch/new")" = 0 ]
    [ "$(cat "$volumes/volumes/kubernetes.io~empty-dir/scratch/sub/new")" = 3 ]
    [ "$(cat "$volumes/containers/app/0a1b2c3d")" = "last words" ]
    for at in /scratch /memory /config /secret /sub /etc/hosts /dev/termination-log; do
        has_word "$(mount_flags "$(container_pid "$CONTAINER")" $at)" nosuid
        has_word "$(mount_flags "$(container_pid "$CONTAINER")" $at)" nodev
    done
    # what is in shared memory is the pod's
    add second
    [ "$(inside "$CONTAINER" 'cat /dev/shm/new')" = 4 ]
}

@test "an init container, then the app; the app once more after it failed: the same ids and volumes, new processes" {
    local init first base
    pod
    add app '.metadata.name = "init" | .log_path = "init/0.log" | .command = ["sh", "-c", "echo made >/scratch/made; id -u"] | .mounts += [volume("/scratch"; "empty-dir/scratch")]'
    init=$CONTAINER
    wait_exit "$init"
    [ "$(container_status "$init" .exit_code)" = 0 ]
    add app '.command = ["sh", "-c", "cat /scratch/made; sleep 1; exit 7"] | .mounts += [volume("/scratch"; "empty-dir/scratch")]'
    first=$CONTAINER
    wait_exit "$first"
    [ "$(container_status "$first" '| "\(.exit_code) \(.reason)"')" = "7 Error" ]
    wait_logged app 'stdout F made$'
    add app '.metadata.attempt = 1 | .log_path = "app/1.log"'
    is_in "$(container_pid "$CONTAINER")" "$(sandbox_pid "$POD")" user ipc net uts
    [ "$("$CT_TOP/tests/lib/held" | awk '{print $1}' | sort -u | wc -l)" = 1 ]
    remove "$first"
    remove "$init"
}

@test "an ephemeral container joins the pid namespace of its target, and sees and signals what is there as the target itself could" {
    local target app
    pod
    add app '.command = ["sh", "-c", "sleep 1234"]'
    target=$CONTAINER app=$(container_pid "$CONTAINER")
    add second "$NAMESPACES.pid = 3 | $NAMESPACES.target_id = \"$target\""
    pid=$(container_pid "$CONTAINER")
    is_in "$pid" "$app" pid user ipc net uts
    is_out "$pid" "$app" mnt cgroup
    inside "$CONTAINER" 'ps' | grep -q 'sleep 1234'
    # its end is not the target's
    stop "$CONTAINER"
    ! ended "$app" || fail "the target died with it"
    [ "$(container_status "$target" .state)" = 1 ]
}

@test "sysctls of the pod are set in its namespaces and nowhere else; unsafe ones are refused" {
    local before
    before=$(cat /proc/sys/net/ipv4/ip_local_port_range /proc/sys/kernel/shm_rmid_forced)
    pod '.linux.sysctls = {"net.ipv4.ip_local_port_range": "32000 60000", "kernel.shm_rmid_forced": "1"}'
    add app
    [ "$(inside "$CONTAINER" 'cat /proc/sys/net/ipv4/ip_local_port_range /proc/sys/kernel/shm_rmid_forced' | xargs)" = "32000 60000 1" ]
    [ "$(cat /proc/sys/net/ipv4/ip_local_port_range /proc/sys/kernel/shm_rmid_forced)" = "$before" ]
    end_pod
    pod_config '.linux.sysctls = {"kernel.core_pattern": "|/tmp/x"}' >"$T/pod.json"
    cri_refuses RunPodSandbox "$(jq -c '{config: ., runtime_handler: "casemate"}' "$T/pod.json")"
    says_all /linux/sysctl kernel.core_pattern CM-SYSCTL
}
