#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# NOTIFY_SOCKET: the container can say that it is ready, to its own socket, and nothing else of what it says reaches the service manager.
load ../lib/common

setup() {
    need_root
    ct_setup
    make_bundle
    ct_helpers
    cp "$CT_HELPERS/tell" "$BUNDLE/rootfs/bin/tell"
    export NOTIFY_SOCKET=$T/manager
}
teardown() {
    unset NOTIFY_SOCKET
    ct_teardown
}

manager() { # [ADDRESS]
    timeout 60 "$CT_TOP/tests/lib/service-manager" "${1:-$T/manager}" "$T/heard" >/dev/null 2>"$T/manager.err" </dev/null 3>&- 4>&- &
    MANAGER=$!
    eventually test -e "$T/heard"
}
heard() { tr '\n' '|' <"$T/heard"; }
told() { [ "$(heard)" = "$1" ] || fail "the manager heard: $(heard), should be $1; $(cat "$T/manager.err")"; }
stop_manager() { kill "$MANAGER" 2>/dev/null || true; }

@test "create and start: start returns when the container is ready, and the manager learns its process" {
    local before=$(tree_hash "$BUNDLE/rootfs")
    manager
    set_args /bin/tell STATUS=beginning - READY=1
    ct create --bundle "$BUNDLE" "$ID"
    ok
    pid=$(pid_of)
    # in the container: its own address, its own directory, read-only
    has_word "$(mount_flags "$pid" /run/notify)" ro
    has_word "$(mount_flags "$pid" /run/notify)" nosuid
    has_word "$(mount_flags "$pid" /run/notify)" nodev
    has_word "$(mount_flags "$pid" /run/notify)" noexec
    [ "$(stat -c %a "$ROOT/$ID/notify")" = 755 ]
    local begin=$(date +%s%N)
    ct start "$ID"
    ok
    [ $(($(date +%s%N) - begin)) -gt 900000000 ] || fail "start did not wait"
    told "'READY=1\\n' 0|'MAINPID=$pid\\n' 0|'BARRIER=1' 1|"
    [ "$(tr '\0' '\n' <"/proc/$pid/environ" | grep ^NOTIFY_SOCKET=)" = NOTIFY_SOCKET=/run/notify/notify.sock ]
    [ "$(status_of)" = running ]
    ct delete --force "$ID"
    ok
    assert_gone "$ID"
    [ "$(tree_hash "$BUNDLE/rootfs")" = "$before" ]
    stop_manager
}

@test "run --detach waits in the same way; run in the foreground stays the manager's process" {
    manager
    set_args /bin/tell READY=1
    ct run --detach --bundle "$BUNDLE" "$ID"
    ok
    told "'READY=1\\n' 0|'MAINPID=$(pid_of)\\n' 0|'BARRIER=1' 1|"
    ct delete --force "$ID"
    : >"$T/heard"
    "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID" >"$T/out" 2>"$T/err" </dev/null 3>&- 4>&- &
    local runtime=$!
    eventually grep -q READY "$T/heard" || fail "nothing heard: $(cat "$T/err")"
    told "'READY=1\\n' 0|"
    ct kill "$ID" KILL
    wait $runtime || status=$?
    assert_gone "$ID"
    stop_manager
}

@test "a container user that is not root may say it too, from a read-only tmpfs on /run or without /run" {
    manager
    set_args /bin/tell READY=1
    configure '.process.user = {uid: 1000, gid: 1000} | .mounts += [{destination: "/run", type: "tmpfs", source: "tmpfs", options: ["nosuid", "nodev", "ro"]}]'
    ct run --detach --bundle "$BUNDLE" "$ID"
    ok
    told "'READY=1\\n' 0|'MAINPID=$(pid_of)\\n' 0|'BARRIER=1' 1|"
    ct delete --force "$ID"
    : >"$T/heard"
    rm -r "$BUNDLE/rootfs/run"
    configure '.mounts |= map(select(.destination != "/run"))'
    ct run --detach --bundle "$BUNDLE" "$ID"
    ok
    eventually grep -q BARRIER "$T/heard"
    stop_manager
}

@test "only READY=1 goes on: no MAINPID, no FDSTORE, no descriptors, nothing long, nothing like it" {
    manager
    set_args /bin/tell MAINPID=1 fd 'STOPPING=1' 'READY=1 ' ' READY=1' 'XREADY=1' 'READY=0' 'READY=1x' big '' 'FDSTOREREMOVE=1' - "$(printf 'STATUS=x\nREADY=1\nMAINPID=1\nERRNO=2')" 'WATCHDOG=1'
    ct create --bundle "$BUNDLE" "$ID"
    ok
    ct start "$ID"
    ok
    told "'READY=1\\n' 0|'MAINPID=$(pid_of)\\n' 0|'BARRIER=1' 1|"
    stop_manager
}

@test "a flood costs its sender: start still hears what counts, and works little" {
    manager
    set_args /bin/sh -c '/bin/tell $(seq 1 200) READY=1'
    ct create --bundle "$BUNDLE" "$ID"
    ok
    ct start "$ID"
    ok
    grep -q READY "$T/heard"
    stop_manager
}

@test "a container that ends without being ready ends the wait" {
    manager
    set_args /bin/sh -c 'sleep 0.5; exit 3'
    ct create --bundle "$BUNDLE" "$ID"
    ok
    ct start "$ID"
    ok
    told ''
    wait_status stopped
    ct delete "$ID"
    ct run --detach --bundle "$BUNDLE" "$ID"
    ok
    ct delete --force "$ID"
    ct run --bundle "$BUNDLE" "$ID"
    exits 3
    stop_manager
}

@test "while start waits, others work on the container" {
    manager
    set_args /bin/sleep 1000
    ct create --bundle "$BUNDLE" "$ID"
    ok
    "$RUNTIME" --root "$ROOT" start "$ID" >"$T/start" 2>&1 </dev/null 3>&- 4>&- &
    local waiting=$!
    wait_status running
    ct kill "$ID" KILL
    ok
    wait $waiting
    wait_status stopped
    ct delete "$ID"
    ok
    stop_manager
}

@test "a dead or malformed address: a warning, and the container knows nothing of it; start without its manager fails" {
    local address
    set_args /bin/sh -c 'env | grep NOTIFY; ls -d /run/notify; echo ran'
    for address in "$T/nobody" relative/path @nobody-$CT_TAG "/$(printf 'x%.0s' {1..120})" @; do
        NOTIFY_SOCKET=$address ct run --bundle "$BUNDLE" "$ID"
        ok "$address" || return 1
        [ "$(cat "$T/out")" = ran ] || show "$address" || return 1
        says 'warning.*nobody will hear that the container is ready: .*NOTIFY_SOCKET' || return 1
    done
    manager
    ct create --bundle "$BUNDLE" "$ID"
    ok
    stop_manager
    rm "$T/manager"
    ct start "$ID"
    fails_with 'connecting to NOTIFY_SOCKET'
    [ "$(status_of)" = created ]
}

@test "an abstract address, and a state root with a long path" {
    manager "@$CT_TAG"
    export NOTIFY_SOCKET=@$CT_TAG
    ROOT=$T/state-$(printf 'long%.0s' {1..40})
    set_args /bin/tell READY=1
    ct create --bundle "$BUNDLE" "$ID"
    ok
    ct start "$ID"
    ok
    eventually grep -q BARRIER "$T/heard" || fail "$(heard)"
    ct delete --force "$ID"
    ok
    stop_manager
}

@test "without the variable nothing of it is there; start with it after a create without says so" {
    unset NOTIFY_SOCKET
    ct create --bundle "$BUNDLE" "$ID"
    ok
    [ ! -e "$ROOT/$ID/notify" ]
    [ "$(mount_flags "$(pid_of)" /run/notify)" = "" ]
    NOTIFY_SOCKET=$T/manager ct start "$ID"
    ok
    says 'created without it'
    [ "$(status_of)" = running ]
}

@test "a place that the configuration takes is refused" {
    manager
    configure '.mounts += [{destination: "/run/notify", type: "tmpfs", source: "tmpfs"}]'
    ct create --bundle "$BUNDLE" "$ID"
    fails_with 'CM-MOUNT-DEST.*which NOTIFY_SOCKET needs'
    stop_manager
}
