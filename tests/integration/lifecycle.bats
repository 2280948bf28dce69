#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# The states of a container as its user drives it, and the words that engines look for in the answers.
load ../lib/common

setup() {
    need_root
    ct_setup
    make_bundle
}

@test "created, running, stopped, deleted" {
    create "$ID"
    ok
    silent
    [ "$(status_of)" = created ]
    pid=$(pid_of)
    [ "$pid" -gt 1 ]
    [ -d "/proc/$pid" ]
    ct start "$ID"
    ok
    silent
    [ "$(status_of)" = running ]
    [ "$(pid_of)" = "$pid" ]
    [ "$(tr '\0' ' ' <"/proc/$pid/cmdline")" = "/bin/sleep 1000 " ]
    ct kill "$ID" KILL
    ok
    wait_status stopped
    [ "$(pid_of)" = 0 ]
    ct delete "$ID"
    ok
    silent
    assert_gone "$ID"
}

@test "before start the program has not run" {
    set_args /bin/sh -c 'echo ran'
    create "$ID"
    ok
    sleep 0.3
    [ ! -s "$T/out" ]
    [ "$(status_of)" = created ]
}

@test "the state document has the specification's keys" {
    configure '.annotations = {"org.example.a": "b"}'
    start_container
    ct state "$ID"
    ok
    [ "$(jq -r '[.id, .status, .bundle, .rootfs, (.pid | type), .annotations["org.example.a"], .owner] | @tsv' "$T/out")" = \
        "$(printf '%s\trunning\t%s\t%s/rootfs\tnumber\tb\t' "$ID" "$BUNDLE" "$BUNDLE")" ] || show state
    jq -r .ociVersion "$T/out" | grep -qE '^1\.[0-9]+\.[0-9]+'
    jq -r .created "$T/out" | grep -qE '^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\.[0-9]+)?Z$'
}

@test "list: table, quiet and JSON" {
    mkdir -m 700 "$ROOT"
    ct list
    ok
    [ "$(wc -l <"$T/out")" = 1 ]
    create "$ID"
    ok
    create "$CT_TAG-2"
    ok
    ct start "$ID"
    ok
    ct list
    prints '^ID +PID +STATUS +BUNDLE +CREATED +OWNER'
    prints "^$ID +[0-9]+ +running +$BUNDLE +20"
    prints "^$CT_TAG-2 +[0-9]+ +created"
    ct list -q
    [ "$(sort "$T/out" | tr '\n' ' ')" = "$ID $CT_TAG-2 " ]
    ct list --format json
    [ "$(jq -r 'sort_by(.id) | map(.status) | join(" ")' "$T/out")" = "running created" ]
    [ "$(jq -r '.[0].owner' "$T/out")" = root ] || [ "$(jq -r '.[0].owner' "$T/out")" = "#0" ]
    ct list -f yaml
    fails_with 'yaml'
}

@test "list of nothing: header, empty, null" {
    mkdir -m 700 "$ROOT"
    ct list
    ok
    prints '^ID '
    ct list -q
    ok
    [ ! -s "$T/out" ]
    ct list -f json
    ok
    [ "$(jq -c . "$T/out")" = null ] || [ "$(jq -c . "$T/out")" = "[]" ]
}

@test "kill takes names with and without SIG, in any case, and numbers" {
    # The program waits in short sleeps, because a shell's trap runs between commands.
    set_args /bin/sh -c 'trap "exit 41" TERM; trap "exit 42" USR1; trap "exit 43" INT; while :; do sleep 0.05; done'
    local n=0 signal
    for signal in "" TERM SIGTERM term 15 USR1 SIGUSR1 sigusr1 10 INT 2; do
        n=$((n + 1))
        start_container "$CT_TAG-k$n"
        eventually catches "$pid" 2 # the last one
        # shellcheck disable=SC2086 # no argument at all for the default
        ct kill "$CT_TAG-k$n" $signal
        ok "kill $signal"
        wait_status stopped "$CT_TAG-k$n"
        ct delete "$CT_TAG-k$n"
        ok
    done
}

@test "kill refuses a signal that it does not know" {
    start_container
    local signal
    for signal in NOPE SIGNOPE 0x9 9x -9 65 4294967305 ' 9' SIGSIGTERM; do
        ct kill "$ID" "$signal"
        fails_with 'signal'
        [ "$(status_of)" = running ]
    done
}

@test "kill of a stopped container says what engines look for" {
    start_container
    ct kill "$ID" KILL
    wait_status stopped
    ct kill "$ID" TERM
    fails_with 'container not running'
    ct kill --all "$ID" KILL
    ok "with --all it is no error"
}

@test "kill of a created container ends it" {
    create "$ID"
    ok
    ct kill "$ID" KILL
    ok
    wait_status stopped
    ct start "$ID"
    fails_with 'cannot start a container that has stopped'
}

@test "start twice" {
    start_container
    ct start "$ID"
    fails_with 'cannot start an already running container'
    [ "$(status_of)" = running ]
}

@test "delete of a running container needs force" {
    start_container
    ct delete "$ID"
    fails_with 'cannot delete container .* that is not stopped'
    [ "$(status_of)" = running ]
    ct delete --force "$ID"
    ok
    ended "$pid"
    assert_gone "$ID"
}

@test "delete of a created container ends it" {
    create "$ID"
    ok
    pid=$(pid_of)
    ct delete "$ID"
    ok
    ended "$pid"
    assert_gone "$ID"
}

@test "delete --force reaps everything in the container" {
    set_args /bin/sh -c 'for i in 1 2 3 4 5; do sleep 1000 & done; trap "" TERM INT; (trap "" TERM; sleep 1000) & wait; sleep 1000'
    start_container
    all_begun() { [ "$(ct_processes | wc -l)" -gt 5 ]; }
    eventually all_begun
    ct delete --force "$ID"
    ok
    [ -z "$(ct_processes)" ]
}

@test "unknown container: each command says so" {
    mkdir -m 700 "$ROOT"
    local command
    for command in state start kill delete; do
        ct $command "$CT_TAG-none"
        fails_with 'container does not exist'
    done
    ct delete --force "$CT_TAG-none"
    ok "delete --force of nothing"
    silent
}

@test "an id that is in use" {
    start_container
    create "$ID"
    fails_with 'container with given ID already exists'
    [ "$(status_of)" = running ]
    [ "$(pid_of)" = "$pid" ]
    ct run --bundle "$BUNDLE" "$ID"
    fails_with 'container with given ID already exists'
}

@test "an id is free again after delete, fifty times" {
    set_args /bin/true
    local i
    for ((i = 0; i < 50; i++)); do
        ct run --bundle "$BUNDLE" "$ID"
        ok "round $i"
    done
    assert_no_residue
}

@test "two state roots do not see each other" {
    start_container
    try "$RUNTIME" --root "$T/state2" list -q
    [ ! -s "$T/out" ]
    try "$RUNTIME" --root "$T/state2" state "$ID"
    fails_with 'container does not exist'
}

@test "pid file: digits only, written over what was there, not through a link" {
    echo old >"$T/pidfile"
    create --pid-file "$T/pidfile" "$ID"
    ok
    [ "$(cat "$T/pidfile")" = "$(pid_of)" ]
    [ "$(tr -d 0-9 <"$T/pidfile" | wc -c)" = 0 ]
    echo canary >"$T/canary"
    ln -s canary "$T/link"
    create --pid-file "$T/link" "$CT_TAG-2"
    [ "$(cat "$T/canary")" = canary ]
    ct delete --force "$CT_TAG-2"
    (cd "$T" && create --pid-file relative.pid "$CT_TAG-3" && ok)
    [ "$(cat "$T/relative.pid")" = "$(pid_of "$CT_TAG-3")" ]
    ct delete "$CT_TAG-3"
    create --pid-file "$T/no/such/dir/pid" "$CT_TAG-4"
    fails_with '/no/such/dir'
    assert_gone "$CT_TAG-4"
}

@test "a container whose init is killed from outside is stopped" {
    start_container
    kill -9 "$pid"
    wait_status stopped
    ct delete "$ID"
    ok
}

@test "the caller's directory is not needed: bundle by default is the working directory" {
    set_args /bin/echo here
    cd "$BUNDLE"
    ct run "$ID"
    ok
    prints '^here$'
}

@test "state directory is for its owner only" {
    start_container
    [ "$(stat -c %a "$ROOT")" = 700 ]
    [ "$(find "$ROOT" -perm /o+w ! -type l | wc -l)" = 0 ] || fail "$(find "$ROOT" -perm /o+w)"
    run setpriv --reuid 65534 --regid 65534 --clear-groups ls "$ROOT"
    [ "$status" != 0 ]
}
