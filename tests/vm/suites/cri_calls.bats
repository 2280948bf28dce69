#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# vm: lsm=none kernel=newest seconds=200
# What kubelet does with the containers of a pod through containerd's CRI plugin, and what happens to them: commands, streams, logs, stops, restarts of the engine.
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

@test "Exec as a stream: input, output, a terminal, the exit status" {
    local url
    pod
    add app '.command = ["sh", "-c", "while read -r line; do echo got $line; done"] | .stdin = true'
    url=$(cri Exec "$(jq -nc --arg id "$CONTAINER" '{container_id: $id, cmd: ["sh", "-c", "echo ready; read x; echo $x; echo err >&2; exit 4"], stdin: true, stdout: true, stderr: true}')" | jq -r .url)
    cri_ask "$(jq -nc --arg url "$url" '{stream: $url, send: [["ready", "hello\n"]]}')"
    [ "$(jq -r .stdout "$T/answer")" = "$(printf 'ready\nhello\n')" ] || fail "$(cat "$T/answer")"
    [ "$(jq -r .stderr "$T/answer")" = err ]
    [ "$(jq -r '.status | "\(.reason) \(.details.causes[0].message)"' "$T/answer")" = "NonZeroExitCode 4" ] || fail "$(cat "$T/answer")"
    url=$(cri Exec "$(jq -nc --arg id "$CONTAINER" '{container_id: $id, cmd: ["sh"], stdin: true, stdout: true, tty: true}')" | jq -r .url)
    cri_ask "$(jq -nc --arg url "$url" '{stream: $url, resize: [91, 33], send: [["#", "test -t 0 && echo ter\"\"minal\n"], ["terminal", "exit\n"]]}')"
    jq -r .stdout "$T/answer" | grep -q 'terminal' || fail "$(cat "$T/answer")"
    [ "$(jq -r .status.status "$T/answer")" = Success ] || fail "$(cat "$T/answer")"
}

@test "logs: both streams with their names in kubelet's file, the whole of a long line, and a new file after rotation" {
    pod
    add app '.command = ["sh", "-c", "echo one; echo two >&2; head -c 20000 /dev/zero | tr \"\\\\0\" x; echo; sleep 1000"]'
    logged() { log_of app | grep -q 'stdout F x*$'; }
    soon logged
    log_of app | grep -qE '^[0-9T:.+Z-]+ stdout F one$'
    log_of app | grep -qE '^[0-9T:.+Z-]+ stderr F two$'
    [ "$(log_of app | sed -n 's/^[^ ]* stdout [FP] \(x*\)$/\1/p' | tr -d '\n' | wc -c)" = 20000 ]
    mv "/var/log/pods/default_pod_$UID_OF_POD/app/0.log" "$T/rotated"
    cri ReopenContainerLog "$(by_id "$CONTAINER")" >/dev/null
    [ -e "/var/log/pods/default_pod_$UID_OF_POD/app/0.log" ]
}

@test "stop with grace: a program that listens ends itself, one that does not is killed" {
    pod
    add app '.command = ["sh", "-c", "trap \"echo bye; exit 0\" TERM; echo ready; while :; do sleep 1; done"]'
    local first=$CONTAINER
    ready() { log_of app | grep -q ready; }
    soon ready
    stop "$first" 60
    [ "$(container_status "$first" '| "\(.exit_code) \(.reason)"')" = "0 Completed" ]
    log_of app | grep -q 'stdout F bye$'
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

@test "containerd restarted: pods go on, and are led on by the new one" {
    local app
    pod
    add app
    app=$(container_pid "$CONTAINER")
    systemctl restart containerd
    soon cri Version >/dev/null
    [ "$(container_status "$CONTAINER" .state)" = 1 ]
    [ "$(container_pid "$CONTAINER")" = "$app" ]
    [ "$(inside "$CONTAINER" 'echo here')" = here ]
    add second
    same=$(container_pid "$CONTAINER")
    [ "$(ns_of "$same" user)" = "$(ns_of "$app" user)" ]
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
