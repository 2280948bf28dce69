#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Where log records go, and what a debug log has for a bug report.
load ../lib/common

setup() {
    need_root
    ct_setup
    make_bundle
}

# Each step of the parent and of the container's process once, with its duration; nothing of the configuration's secrets.
check_debug_log() { # FILE
    local step
    for step in load decide reserve ids userns rootfs cgroup spawn identify wait-ready record-created release \
        child-inherited child-mounts child-pivot child-enter-userns child-ids child-capabilities child-program child-filters; do
        [ "$(grep -cE "[\"= ]$step: [0-9]+ us" "$1")" = 1 ] || fail "$step is not there once: $(cat "$1")" || return 1
    done
    grep -qE "casemate $("$RUNTIME" --version | sed -n 's/^casemate version //p')" "$1" || fail "no version: $(cat "$1")" || return 1
    grep -qF "$(uname -r)" "$1" || fail "no kernel" || return 1
    grep -qF "sha256 $(sha256sum <"$BUNDLE/config.json" | cut -d' ' -f1)" "$1" || fail "no digest of the configuration" || return 1
    grep -q 'policy: hardened' "$1" || fail "no policy" || return 1
    ! grep -qE 'secret-of-the|argument-of-the' "$1" || fail "the log tells secrets: $(cat "$1")"
}

@test "a debug log has every step of both processes, and the container's streams have none of it" {
    configure '.process.env += ["PASSWORD=secret-of-the-config"] | .process.args = ["/bin/sh", "-c", "echo out; echo err >&2; exit 3", "argument-of-the-config"]'
    ct --debug --log "$T/log" run --bundle "$BUNDLE" "$ID"
    exits 3
    check_debug_log "$T/log"
    [ "$(cat "$T/out")" = out ]
    [ "$(cat "$T/err")" = err ]

    ct --debug --log "$T/json" --log-format json create --bundle "$BUNDLE" "$ID"
    ok
    [ ! -s "$T/err" ] || show "the log is not on standard error"
    check_debug_log "$T/json"
    jq -es 'all(.level == "debug" or .level == "info" or .level == "warning")' "$T/json" >/dev/null
    ct delete --force "$ID"
    ok
}

@test "without a file the debug log is on standard error, and the container's process adds nothing to it" {
    set_args /bin/true
    ct --debug run --bundle "$BUNDLE" "$ID"
    ok
    check_debug_log "$T/err"
    ! grep -vqE '^time="[^"]+" level=(debug|info|warning) msg="' "$T/err" || show "something else is there"
}

@test "a launch that fails says in the debug log how far it came" {
    set_args /bin/nothing-there
    ct --debug --log "$T/log" create --bundle "$BUNDLE" "$ID"
    exits 1
    grep -qE 'child-environment|child-ids: [0-9]+ us' "$T/log" || fail "$(cat "$T/log")"
    grep -q 'child-program: not finished' "$T/log" || fail "$(cat "$T/log")"
    ! grep -q 'child-filters' "$T/log"
    assert_gone "$ID"
}

@test "a file is appended to, never cut; links, directories and what cannot be opened are errors" {
    echo old >"$T/log"
    ct --log "$T/log" --log-format json state "$ID"
    exits 1
    [ "$(head -n 1 "$T/log")" = old ]
    [ "$(wc -l <"$T/log")" = 2 ]
    [ "$(stat -c %a "$T/log")" = 644 ]
    ct --log "file:$T/log" --log-format json state "$ID"
    [ "$(wc -l <"$T/log")" = 3 ]

    ln -s "$T/log" "$T/link"
    ct --log "$T/link" state "$ID"
    fails_with 'cannot open the log file .*/link given with --log, which must not be a symbolic link'
    [ "$(wc -l <"$T/log")" = 3 ]
    ct --log "$T" state "$ID"
    fails_with 'cannot open the log file .*: Is a directory'
    ct --log "$T/none/log" state "$ID"
    fails_with 'cannot open the log file .*: No such file or directory'
    ct --log "$T/log" --log-format xml state "$ID"
    fails_with '^.*invalid log-format: xml'
}

# Runs the rest in a mount namespace whose /run/systemd/journal and /dev/log are ours.
with_journal() { # COMMAND…
    command -v unshare >/dev/null || skip "unshare is not there"
    rm -f "$T/journal"
    try unshare -m sh -c '
        mount --make-rprivate / && mkdir -p /run/systemd && mount -t tmpfs none /run/systemd || exit 90
        mkdir -p "$1/devices" && mount -t tmpfs none "$1/devices" || exit 90
        "$2" /run/systemd/journal/socket "$1/journal" & j=$!
        trap "kill $j; wait $j" EXIT
        i=0; while [ ! -s "$1/journal" ] && [ $i -lt 600 ]; do sleep 0.05; i=$((i+1)); done
        t=$1; shift 2; "$@"; exit $?' sh "$T" "$CT_TOP/tests/lib/journal" "$@"
    [ "$status" != 90 ] || skip "no private mounts here: $(head -n 1 "$T/err")"
}

@test "the journal gets records in its own protocol, standard error the bare text" {
    with_journal "$RUNTIME" --root "$ROOT" --log journald:web --log-format json state "$ID"
    exits 1
    [ "$(cat "$T/err")" = "container does not exist" ] || show "the bare text"
    [ "$(sed -n 2p "$T/journal")" = "'PRIORITY=3\\nSYSLOG_IDENTIFIER=web\\nMESSAGE=container does not exist\\n'" ] || fail "$(cat "$T/journal")"

    set_args /bin/true
    with_journal "$RUNTIME" --root "$ROOT" --debug --log journald: run --bundle "$BUNDLE" "$ID"
    ok
    grep -q 'PRIORITY=7.nSYSLOG_IDENTIFIER=casemate.nMESSAGE=child-filters: [0-9]* us' "$T/journal" || fail "$(cat "$T/journal")"
    [ ! -s "$T/err" ] || show "nothing belongs on standard error"
}

@test "a refusal of many findings reaches the journal whole" {
    configure '.linux.sysctl = ([range(400) | {key: "kernel.no_such_\(.)", value: "1"}] | from_entries)'
    with_journal "$RUNTIME" --root "$ROOT" --log journald: create --bundle "$BUNDLE" "$ID"
    exits 1
    [ "$(wc -l <"$T/journal")" = 2 ] || fail "$(cat "$T/journal")"
    grep -q 'CM-SYSCTL' "$T/journal"
}

@test "a journal that is not there is a clear error" {
    command -v unshare >/dev/null || skip "unshare is not there"
    for place in journald:web 'journald:'; do
        try unshare -m sh -c 'mount --make-rprivate / && mkdir -p /run/systemd && mount -t tmpfs none /run/systemd || exit 90; exec "$@"' sh \
            "$RUNTIME" --root "$ROOT" --log "$place" state "$ID"
        [ "$status" != 90 ] || skip "no private mounts here"
        fails_with 'nothing takes log records at /run/systemd/journal/socket, given with --log; give a file, or start systemd-journald: No such file'
    done
    ct --log 'journald:a b' state "$ID"
    fails_with 'identifier .*a b.* given with --log'
}

@test "at a terminal records are short, and hostile text in them stays text" {
    # shellcheck disable=SC2016 # python's
    try python3 -c 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))' "$RUNTIME" --root "$ROOT" state "$ID"
    exits 1
    [ "$(tr -d '\r' <"$T/out")" = "ERRO[0000] container does not exist" ] || show "the form for terminals"
    try python3 -c 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))' "$RUNTIME" --root "$ROOT" kill "$ID" $'\e[2J\e]0;title\a'
    exits 1
    ! LC_ALL=C grep -q $'[\x01-\x08\x0b\x0c\x0e-\x1f]' "$T/out" || show "control characters reach the terminal"
}
