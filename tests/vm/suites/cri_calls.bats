#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# vm: lsm=none kernel=newest seconds=190
# What kubelet does with the containers of a pod through containerd's CRI plugin, and what happens to them: commands, logs, stops, restarts of the engine.
# shellcheck disable=SC2016,SC2030,SC2031 # scripts for the inside, jq's variables; each test has its own
load ../../lib/common.bash
load ../../lib/cri/cri.bash

@test "ExecSync: output of both streams, exit status, time-out, a command that is not there" {
    pod
    add app
    exec_sync "$CONTAINER" sh -c 'echo out; echo err >&2; exit 5' >"$T/exec"
    [ "$(jq -r '"\(.stdout)\(.stderr)\(.exit_code)"' "$T/exec")" = "$(printf 'out\nerr\n5')" ] || fail "$(cat "$T/exec")"
    cri_refuses ExecSync "$(jq -nc --arg id "$CONTAINER" '{container_id: $id, cmd: ["sleep", "1000"], timeout: 2}')"
    says_all 'timeout 2s exceeded'
    [ -z "$(inside "$CONTAINER" 'ps | grep "[s]leep 1000$" | sed 1d')" ] || fail "the command lives"
    cri_refuses ExecSync "$(jq -nc --arg id "$CONTAINER" '{container_id: $id, cmd: ["/no/such"]}')"
    says_all 'exec failed: /process/args/0: unable to start container process: exec: ' 'stat /no/such: no such file or directory'
    # no weaker than init
    inside "$CONTAINER" 'cat /proc/self/status' >"$T/status"
    for field in Seccomp Seccomp_filters NoNewPrivs CapBnd CapEff; do
        [ "$(sed -n "s/^$field:[[:space:]]*//p" "$T/status")" = "$(status_field "$(container_pid "$CONTAINER")" $field)" ] || fail "$field"
    done
}

@test "logs: both streams with their names in kubelet's file, the whole of a long line, and a new file after rotation" {
    pod
    add app '.command = ["sh", "-c", "echo one; echo two >&2; head -c 20000 /dev/zero | tr \"\\\\0\" x; echo; sleep 1000"]'
    wait_logged app 'stdout F x*$'
    wait_logged app '^[0-9T:.+Z-]+ stdout F one$'
    wait_logged app '^[0-9T:.+Z-]+ stderr F two$'
    [ "$(log_of app | sed -n 's/^[^ ]* stdout [FP] \(x*\)$/\1/p' | tr -d '\n' | wc -c)" = 20000 ]
    mv "/var/log/pods/default_pod_$UID_OF_POD/app/0.log" "$T/rotated"
    cri ReopenContainerLog "$(by_id "$CONTAINER")" >/dev/null
    [ -e "/var/log/pods/default_pod_$UID_OF_POD/app/0.log" ]
}

@test "stop with grace: a program that listens ends itself, one that does not is killed" {
    pod
    add app '.command = ["sh", "-c", "trap \"echo bye; exit 0\" TERM; echo ready; while :; do sleep 1; done"]'
    local first=$CONTAINER
    wait_logged app ready
    stop "$first" 60
    [ "$(container_status "$first" '| "\(.exit_code) \(.reason)"')" = "0 Completed" ]
    wait_logged app 'stdout F bye$'
    add second '.command = ["sh", "-c", "trap \"\" TERM; while :; do sleep 1; done"]'
    stop "$CONTAINER" 1
    [ "$(container_status "$CONTAINER" .exit_code)" = 137 ]
}

@test "a pod is removed by force with running containers in it" {
    pod
    add app
    local app
    app=$(container_pid "$CONTAINER")
    add second
    cri RemoveContainer "$(by_id "$CONTAINER")" >/dev/null # while it runs
    end_pod
    ended "$app" || fail "a container outlived its pod"
    [ -z "$(cri ListContainers | jq -r '.containers[].id')" ]
}

@test "containerd away and back: pods go on, one container has ended meanwhile and is started once more, and all are led on by the new one" {
    local app first second
    pod
    add app
    app=$(container_pid "$CONTAINER") first=$CONTAINER
    add second '.command = ["sh", "-c", "until [ -e /scratch/end ]; do sleep 1; done"] | .mounts += [volume("/scratch"; "empty-dir/scratch")]'
    second=$(container_pid "$CONTAINER")
    systemctl stop containerd
    ! ended "$second" || fail "a container ended with containerd"
    touch "$KUBELET/pods/$UID_OF_POD/volumes/kubernetes.io~empty-dir/scratch/end"
    soon ended "$second"
    systemctl start containerd
    soon cri Version >/dev/null
    [ "$(container_status "$first" .state)" = 1 ]
    [ "$(container_pid "$first")" = "$app" ]
    [ "$(inside "$first" 'echo here')" = here ]
    wait_exit "$CONTAINER" # with status 255, as with any runtime: containerd 1.7 does not ask for what it missed
    remove "$CONTAINER"
    add second '.metadata.attempt = 1 | .log_path = "second/1.log"'
    is_in "$(container_pid "$CONTAINER")" "$app" user net ipc uts
}

@test "the shim killed: containerd cleans up, no process lives on, and the pod can be removed" {
    local app shim sandbox
    pod
    add app
    app=$(container_pid "$CONTAINER") sandbox=$(sandbox_pid "$POD")
    shim=$(awk '/^PPid/ {print $2}' "/proc/$app/status")
    [[ $(tr '\0' ' ' <"/proc/$shim/cmdline") == *containerd-shim* ]]
    kill -KILL "$shim"
    soon ended "$app" || fail "the container outlived its shim"
    soon ended "$sandbox" || fail "the sandbox outlived its shim"
    wait_exit "$CONTAINER"
}
