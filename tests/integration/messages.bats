#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# What engines read of the managing commands: words, exit statuses, one JSON record, keys and columns. And that looking at many containers costs as many times
# what looking at one costs.
load ../lib/common

setup() {
    need_root
    ct_setup
    make_bundle
}

# As containerd calls us: what failed is the last record of level error in the log file, and the same text on standard error.
logged() { # COMMAND ARGUMENTS…
    rm -f "$T/log.json"
    ct --log "$T/log.json" --log-format json "$@"
}
record_is() { # TEXT: one record, podman decodes the file as one value
    exits 1 || return 1
    [ "$(wc -l <"$T/log.json")" = 1 ] || { cat "$T/log.json"; fail "one record is wanted"; } || return 1
    [ "$(jq -r '.level + "|" + .msg' "$T/log.json")" = "error|$1" ] || { cat "$T/log.json"; fail "should be: $1"; } || return 1
    jq -e '.time | fromdateiso8601' "$T/log.json" >/dev/null || return 1
    [ "$(cat "$T/err")" = "$1" ] || show "standard error should be: $1"
}

@test "an unknown container, for every command" {
    mkdir -m 700 "$ROOT"
    local command
    for command in state start kill delete ps pause resume update events checkpoint; do
        logged $command "$CT_TAG-none"
        record_is 'container does not exist' || fail "$command"
    done
    logged delete --force "$CT_TAG-none"
    ok
    [ ! -s "$T/log.json" ]
    logged kill --all "$CT_TAG-none" 9
    record_is 'container does not exist'
    # no state root at all: the same, engines clean up after a reboot
    rmdir "$ROOT"
    for command in state start kill delete ps pause resume update events; do
        logged $command "$CT_TAG-none"
        record_is 'container does not exist' || fail "$command without a root"
    done
}

@test "a bad id, for every command" {
    mkdir -m 700 "$ROOT"
    local command
    for command in state start kill delete ps pause resume update events checkpoint restore; do
        ct $command 'a/b'
        fails_with 'invalid container ID format'
        ct $command ''
        fails_with 'container id cannot be empty'
        ct $command ..
        fails_with 'invalid container ID format'
    done
}

@test "a stopped container: the words that mean it is gone already" {
    start_container
    ct kill "$ID" 9
    wait_status stopped
    logged kill "$ID" 15
    record_is 'container not running'
    logged pause "$ID"
    record_is 'container not running'
    logged update --pids-limit 5 "$ID"
    record_is 'container not running'
    logged resume "$ID"
    record_is 'container not paused'
    logged start "$ID"
    record_is 'cannot start a container that has stopped'
    logged events "$ID"
    record_is "container with id $ID is not running"
    logged kill --all "$ID" 9
    ok
    [ ! -s "$T/log.json" ]
    ct ps --format json "$ID"
    ok
    ct state "$ID"
    ok
    [ "$(jq -r '.status + " " + (.pid | tostring)' "$T/out")" = 'stopped 0' ]
}

@test "a running and a paused container: delete names the state" {
    start_container
    logged delete "$ID"
    record_is "cannot delete container $ID that is not stopped: running"
    ct pause "$ID"
    ok
    logged delete "$ID"
    record_is "cannot delete container $ID that is not stopped: paused"
    logged start "$ID"
    record_is 'cannot start a container in the paused state'
    logged pause "$ID"
    record_is 'container not running'
}

@test "a signal that is none" {
    start_container
    logged kill "$ID" NOPE
    record_is 'unknown signal "NOPE"'
}

@test "arguments: the words and the status of a wrong number of them" {
    local command
    for command in state start pause resume update events checkpoint restore delete; do
        ct $command
        exits 1
        says "casemate: \\\\?\"$command\\\\?\" requires exactly 1 argument\\(s\\)"
        ct $command a b
        exits 1
    done
    ct ps
    exits 1
    says 'requires a minimum of 1 argument\(s\)'
    ct list a
    exits 1
    says 'requires exactly 0 argument\(s\)'
}

@test "state: the keys in runc's order, two spaces, no newline at the end" {
    configure '.annotations = {"org.example.b": "2", "org.example.a": "1"}'
    start_container
    ct state "$ID"
    ok
    [ "$(jq -c keys_unsorted "$T/out")" = '["ociVersion","id","pid","status","bundle","rootfs","created","annotations","owner"]' ] || show keys
    [ "$(jq -r .owner "$T/out")" = '' ]
    [ "$(tail -c 1 "$T/out")" = '}' ]
    [ "$(wc -l <"$T/out")" = 13 ] || show lines
    sed -n 2p "$T/out" | grep -q '^  "ociVersion": '
    jq -r .created "$T/out" | grep -qE '^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{1,9}Z$'
    configure 'del(.annotations)'
    create "$CT_TAG-2"
    ct state "$CT_TAG-2"
    [ "$(jq -c keys_unsorted "$T/out")" = '["ociVersion","id","pid","status","bundle","rootfs","created","owner"]' ] || show keys
}

@test "list: runc's columns, its JSON, and what it does with nothing and with broken entries" {
    mkdir -m 700 "$ROOT"
    ct list
    [ "$(cat "$T/out")" = 'ID          PID         STATUS      BUNDLE      CREATED     OWNER' ] || show header
    ct list -f json
    [ "$(cat "$T/out")" = null ]
    start_container
    ct list
    ok
    width=$(head -1 "$T/out" | sed 's/PID .*//' | wc -c)
    [ "$((width - 1))" = "$((${#ID} + 3))" ] || [ "$((width - 1))" = 15 ] || show "the column of ids"
    [ "$(sed -n 2p "$T/out" | awk '{print NF}')" = 6 ]
    ct list -f json
    [ "$(wc -l <"$T/out")" = 1 ]
    [ "$(jq -c '.[0] | keys_unsorted' "$T/out")" = '["ociVersion","id","pid","status","bundle","rootfs","created","owner"]' ] || show keys
    [ "$(jq -r '.[0].owner' "$T/out")" = root ]
    mkdir -m 700 "$ROOT/$CT_TAG-broken" "$ROOT/$CT_TAG-empty"
    printf '{' >"$ROOT/$CT_TAG-broken/state.json"
    chmod 600 "$ROOT/$CT_TAG-broken/state.json"
    ct list -q
    ok
    [ "$(cat "$T/out")" = "$ID" ]
    says "load container $CT_TAG-broken: "
    [ "$(wc -l <"$T/err")" = 1 ]
    rm -r "${ROOT:?}/$CT_TAG-broken" "${ROOT:?}/$CT_TAG-empty"
    rm -rf "$T/no-root"
    try "$RUNTIME" --root "$T/no-root" list
    fails_with 'cannot open the state root'
}

# ---- growth ----

# N - 1 records like the container's, each with an id of its own, in a root of their own.
many() { # N DIRECTORY
    local i
    mkdir -m 700 "$2"
    for ((i = 1; i <= $1; i++)); do
        mkdir -m 700 "$2/c$i"
        sed "s/\"$ID\"/\"c$i\"/" "$ROOT/$ID/state.json" >"$2/c$i/state.json"
        chmod 600 "$2/c$i/state.json"
    done
}
calls_of() { # ROOT ARGUMENTS…: how many system calls
    local root=$1
    shift
    strace -qq -f -o "$T/trace" "$RUNTIME" --root "$root" "$@" >"$T/out" 2>"$T/err" 3>&- || return 1
    wc -l <"$T/trace"
}

@test "list and state: ten, a hundred, a thousand containers cost the same each" {
    command -v strace >/dev/null || skip 'strace is not installed'
    start_container
    local n
    for n in 10 100 1000; do
        many $n "$T/many-$n"
        eval "list$n=$(calls_of "$T/many-$n" list)"
        [ "$(grep -c running "$T/out")" = $n ] || fail "$n should run: $(head -3 "$T/out")"
        eval "json$n=$(calls_of "$T/many-$n" list -f json)"
        eval "state$n=$(calls_of "$T/many-$n" state c$n)"
        grep -q '"status": "running"' "$T/out"
    done
    echo "list $list10 $list100 $list1000, JSON $json10 $json100 $json1000, state $state10 $state100 $state1000" # shown on failure
    # a straight line: what each further container costs is the same from 10 to 100 as from 100 to 1000, within a twentieth
    [ $(((list1000 - list100) * 20)) -le $(((list100 - list10) * 10 * 21)) ]
    [ $(((json1000 - json100) * 20)) -le $(((json100 - json10) * 10 * 21)) ]
    # and it is little: open, look, read and close the record; pidfd, look, poll, close; the freezer's file
    [ $(((list1000 - list100) / 900)) -le 12 ]
    # one container costs the same whatever else there is
    [ "$state1000" -le "$((state10 + 2))" ]
    rm -r "$T"/many-*
}
