#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# vm: lsm=none kernel=newest seconds=110
# Streams and terminals of a pod's containers through containerd's CRI plugin, and the pid namespace that a pod shares.
# shellcheck disable=SC2016,SC2030,SC2031 # scripts for the inside, jq's variables; each test has its own
load ../../lib/common.bash
load ../../lib/cri/cri.bash

url_of() { # METHOD ID FILTER: the address of the stream
    cri "$1" "$(by_id "$2" | jq -c ". + $3")" | jq -r .url
}
stream() { # URL FILTER: what is sent
    cri_ask "$(jq -nc --arg url "$1" "{stream: \$url} + $2")" || fail "$(cat "$T/err")"
}
came() { jq -r ".$1" "$T/answer" | tr -d '\r'; } # stdout, stderr
STREAMS='{stdin: true, stdout: true, stderr: true}' TERMINAL='{stdin: true, stdout: true, tty: true}'

@test "Exec and Attach as streams: input, both outputs, the exit status; a container's own streams are left and taken again, and its input ends when it is for one only" {
    local app
    pod
    add app '.command = ["sh", "-c", "while read -r line; do echo got $line; echo heard $line >&2; done"] | .stdin = true'
    app=$CONTAINER
    stream "$(url_of Exec "$app" "$STREAMS"' + {cmd: ["sh", "-c", "echo ready; read x; echo $x; echo err >&2; exit 4"]}')" '{send: [["ready", "hello\n"]]}'
    [ "$(came stdout)" = "$(printf 'ready\nhello\n')" ] && [ "$(came stderr)" = err ] || fail "$(cat "$T/answer")"
    [ "$(jq -r '.status | "\(.reason) \(.details.causes[0].message)"' "$T/answer")" = "NonZeroExitCode 4" ] || fail "$(cat "$T/answer")"
    stream "$(url_of Attach "$app" "$STREAMS")" '{send: [["", "one\n"], ["heard one", "two\n"]], until: "got two"}'
    came stdout | grep -qx 'got one' && came stderr | grep -qx 'heard one' || fail "$(cat "$T/answer")"
    stream "$(url_of Attach "$app" "$STREAMS")" '{send: [["", "three\n"]], until: "got three"}'
    [ "$(container_status "$app" .state)" = 1 ]
    all_logged() { [ "$(log_of app | sed -n 's/^.* stdout F //p' | xargs)" = "got one got two got three" ]; }
    soon all_logged || fail "$(log_of app)"
    add second '.command = ["sh", "-c", "cat; echo end; exit 6"] | .stdin = true | .stdin_once = true'
    stream "$(url_of Attach "$CONTAINER" "$STREAMS")" '{send: [["", "last\n"]], until: "last"}'
    wait_exit "$CONTAINER"
    [ "$(container_status "$CONTAINER" .exit_code)" = 6 ]
    wait_logged second 'stdout F end$'
}

@test "terminals: a container's own and an Exec's have the size that they are given, hear of another one, and are of its own /dev/pts" {
    local app
    pod
    add app '.command = ["sh", "-c", "tty; exec sh"] | .stdin = true | .tty = true'
    app=$CONTAINER
    stream "$(url_of Attach "$app" "$TERMINAL")" '{resize: [100, 40], send: [["", "until stty size | grep \"40 100\"; do sleep 1; done; echo is $(stty size)\n"],
        ["is 40 100", [81, 25]], ["is 40 100", "until stty size | grep \"25 81\"; do sleep 1; done; echo now $(stty size)\n"]], until: "now 25 81"}'
    wait_logged app 'stdout [FP] /dev/pts/0$'
    [ "$(awk '{print $7}' "/proc/$(container_pid "$app")/stat")" != 0 ] || fail "no controlling terminal"
    stream "$(url_of Exec "$app" "$TERMINAL"' + {cmd: ["sh", "-c", "trap \"echo now \\$(stty size) on \\$(tty); exit 3\" WINCH; echo ready; while :; do sleep 1; done"]}')" '{send: [["ready", [91, 33]]]}'
    [ "$(came stdout)" = "$(printf 'ready\nnow 33 91 on /dev/pts/1\n')" ] || fail "$(cat "$T/answer")"
    [ "$(jq -r '.status.details.causes[0].message' "$T/answer")" = 3 ] || fail "$(cat "$T/answer")"
    # containerd closes the Exec's master after it told of the end
    one_is_left() { [ "$(inside "$app" 'ls /dev/pts | xargs')" = "0 ptmx" ]; }
    soon one_is_left || fail "left: $(inside "$app" 'ls /dev/pts | xargs')"
}

shared_processes() { pgrep -f "^sleep $1\$"; } # SECONDS: on the host

@test "a pod that shares its pid namespace: pause is init of all, a container's end takes all of its own and nothing of the others, and the pod's end takes all" {
    local sandbox app first
    pod "$NAMESPACES.pid = 0"
    sandbox=$(sandbox_pid "$POD")
    add app "$NAMESPACES.pid = 0 | .command = [\"sh\", \"-c\", \"sleep 4321 & sleep 4321\"]"
    first=$CONTAINER app=$(container_pid "$CONTAINER")
    add second "$NAMESPACES.pid = 0 | .command = [\"sleep\", \"4322\"]"
    is_in "$app" "$sandbox" pid user ipc net uts
    is_in "$(container_pid "$CONTAINER")" "$sandbox" pid
    is_out "$app" self pid
    all_seen() { inside "$CONTAINER" 'ps' >"$T/ps" && grep -q 'sleep 1000000' "$T/ps" && grep -q 'sleep 4321' "$T/ps"; }
    soon all_seen || fail "$(cat "$T/ps")"
    both() { [ "$(shared_processes 4321 | wc -l)" = 2 ]; }
    soon both
    # by another container, which may: they share it. What its init leaves behind ends with it.
    kill -KILL "$app"
    wait_exit "$first"
    gone() { [ -z "$(shared_processes 4321)" ]; }
    soon gone || fail "left in the pod: $(shared_processes 4321)"
    [ "$(container_status "$CONTAINER" .state)" = 1 ]
    [ "$(inside "$CONTAINER" 'echo here')" = here ]
    remove "$first"
    end_pod
    [ -z "$(shared_processes 4322)" ] || fail "a container outlived its pod"
    ended "$sandbox"
}
