#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# seccomp notification: an agent that the policy lists hears what the bundle's own filter hands over, and nothing that ours denies. /etc is a private one.
load ../lib/common

setup() {
    need_root
    ct_setup
    make_bundle
    AGENT=$T/agent.sock
    mkdir -m 755 "$T/policy"
    echo "{\"version\": 1, \"seccomp\": {\"listenerPaths\": [\"$AGENT\"]}}" >"$T/policy/policy.json"
    notify mkdir mkdirat mount fsopen
}

teardown() {
    [ -z "${agent:-}" ] || kill "$agent" 2>/dev/null || true
    ct_teardown
}

with() { try "$CT_TOP/tests/lib/with-policy" "$T/etc" "$T/policy" "$RUNTIME" --root "$ROOT" "$@"; }
notify() { # CALL…
    configure '.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": $path, "listenerMetadata": "for=tests",
        "syscalls": [{"names": ($names | split(" ")), "action": "SCMP_ACT_NOTIFY"}]}' --arg path "$AGENT" --arg names "$*"
}
start_agent() { # ANSWER
    "$CT_HELPERS/seccomp-agent" "$AGENT" "$T/log" "$1" 3>&- 4>&- >/dev/null 2>&1 &
    agent=$!
    eventually test -S "$AGENT"
}
number_of() { printf '#include <sys/syscall.h>\nSYS_%s' "$1" | "${CC:-cc}" -E -P - | tail -1; }
heard() { grep -c "^call $(number_of "$1") " "$T/log"; }

@test "without the policy: refused, and check says how to allow it" {
    start_agent continue
    create "$ID"
    fails_with 'CM-SECCOMP-NOTIFY\] /linux/seccomp/listenerPath: .*add it to seccomp.listenerPaths of the policy'
    assert_gone "$ID"
    ct check "$BUNDLE"
    exits 3
    [ ! -s "$T/log" ] || fail "$(cat "$T/log")"
}

@test "the agent answers, and is told who asks" {
    start_agent 18 # EXDEV
    configure '.annotations = {"org.example.x": "y"}'
    set_args /bin/sh -c 'mkdir /dev/shm/made; ls /dev/shm; ls -l /proc/self/fd | wc -l'
    with create --bundle "$BUNDLE" --pid-file "$T/pid" "$ID"
    ok
    local pid
    pid=$(cat "$T/pid")
    eventually grep -q ^state "$T/log"
    sed -n 's/^state //p' "$T/log" >"$T/state.json"
    [ "$(jq -S -c . "$T/state.json")" = "$(jq -n -S -c --argjson pid "$pid" --arg id "$ID" --arg bundle "$BUNDLE" --arg version "$("$RUNTIME" features | jq -r .ociVersionMax)" \
        '{ociVersion: $version, fds: ["seccompFd"], pid: $pid, metadata: "for=tests",
          state: {ociVersion: $version, id: $id, status: "creating", pid: $pid, bundle: $bundle, annotations: {"org.example.x": "y"}}}')" ] || fail "$(cat "$T/state.json")"
    ct start "$ID"
    ok
    wait_status stopped
    [ "$(heard mkdir)" = 1 ] || fail "$(cat "$T/log")"
    ct delete "$ID"
    ok
    with run --bundle "$BUNDLE" "$ID"
    ok
    says 'Invalid cross-device link'
    ! grep -q made "$T/out" || show "the directory was made"
}

@test "the program holds no listener" {
    start_agent continue
    with run --detach --bundle "$BUNDLE" --pid-file "$T/pid" "$ID"
    ok
    eventually test "$(readlink "/proc/$(cat "$T/pid")/exe" | sed 's,.*/,,')" = busybox
    [ "$(fds_of "$(cat "$T/pid")")" = "0 1 2 " ] || fail "$(ls -l "/proc/$(cat "$T/pid")/fd")"
}

@test "an agent weakens the bundle's filter only: what ours denies it never hears" {
    start_agent continue
    set_args /bin/sh -c 'mkdir /dev/shm/made && /bin/probe mount=tmpfs fsopen'
    with run --bundle "$BUNDLE" "$ID"
    ok
    grep -q '"op":"fsopen","ok":false' "$T/out" || show "fsopen"
    ! grep -q '"ok":true' "$T/out" || show "nothing is mounted"
    [ "$(heard mkdir)" = 1 ] || fail "the agent works: $(cat "$T/log")"
    [ "$(heard mount)" = 0 ] && [ "$(heard fsopen)" = 0 ] || fail "the agent was asked: $(cat "$T/log")"
    # control: without our filter it is asked, and its "continue" lets the call into the kernel
    need_hook builtin-filter
    CASEMATE_TEST_WITHOUT=builtin-filter try "$CT_TOP/tests/lib/with-policy" "$T/etc" "$T/policy" "$RUNTIME_TEST" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
    ok
    [ "$(heard mount)" = 1 ] && [ "$(heard fsopen)" = 1 ] || fail "the control arm: $(cat "$T/log")"
}

@test "no agent there: one clear error before anything is made" {
    with create --bundle "$BUNDLE" "$ID"
    fails_with "failed to connect with seccomp agent specified in the seccomp profile: dial unix $AGENT: connect: No such file or directory"
    assert_gone "$ID"
    touch "$AGENT"
    with create --bundle "$BUNDLE" "$ID"
    fails_with "dial unix $AGENT: connect: Connection refused"
    assert_gone "$ID"
}

@test "an agent that dies leaves calls that are not there, not a hanging container" {
    start_agent continue
    set_args /bin/sh -c 'sleep 2; mkdir /dev/shm/made'
    with create --bundle "$BUNDLE" "$ID"
    ok
    kill "$agent"
    ct start "$ID"
    ok
    wait_status stopped
}

@test "what a starting container needs cannot be handed over" {
    local call
    start_agent continue
    for call in read write execve exit_group; do
        notify mkdir "$call"
        with create --bundle "$BUNDLE" "$ID"
        fails_with "SCMP_ACT_NOTIFY cannot be used for the $call syscall"
        assert_gone "$ID"
    done
    configure '.linux.seccomp.defaultAction = "SCMP_ACT_NOTIFY"'
    with create --bundle "$BUNDLE" "$ID"
    fails_with 'SCMP_ACT_NOTIFY cannot be used as default action'
    notify mkdir
    configure 'del(.linux.seccomp.listenerPath)'
    with create --bundle "$BUNDLE" "$ID"
    fails_with 'SCMP_ACT_NOTIFY needs an agent that answers'
}

@test "flags: WAIT_KILLABLE_RECV and LOG with a listener; calls a waiting process makes may be handed over" {
    start_agent continue
    notify mkdir prctl close poll clock_gettime rt_sigreturn seccomp
    configure '.linux.seccomp.flags = ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", "SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_TSYNC"]'
    set_args /bin/sh -c 'mkdir /dev/shm/made && ls /dev/shm'
    with run --bundle "$BUNDLE" "$ID"
    ok
    prints '^made$'
}

@test "a runtime that is killed leaves no process behind a filter without an agent" {
    start_agent continue
    need_test_build
    local step
    for step in wait-ready seccomp-agent record-created release; do
        CASEMATE_TEST_KILL_AT=$step try "$CT_TOP/tests/lib/with-policy" "$T/etc" "$T/policy" "$RUNTIME_TEST" --root "$ROOT" create --bundle "$BUNDLE" "$ID"
        [ "$status" = 137 ] || show "killed at $step"
        eventually test -z "$(ct_processes)" || fail "killed at $step: processes are left"
        ct delete --force "$ID"
        ok "delete after $step"
    done
}

@test "exec: the joining process has a listener of its own, and the policy of now" {
    start_agent 18
    set_args /bin/sleep 1000
    with run --detach --bundle "$BUNDLE" --pid-file "$T/pid" "$ID"
    ok
    with exec "$ID" /bin/sh -c 'echo $PPID; mkdir /dev/shm/made; ls -l /proc/self/fd | wc -l'
    says 'Invalid cross-device link'
    [ "$(grep -c ^state "$T/log")" = 2 ] || fail "$(cat "$T/log")"
    sed -n 's/^state //p' "$T/log" | tail -1 >"$T/state.json"
    local init
    init=$(cat "$T/pid")
    [ "$(jq -r '"\(.state.status) \(.state.pid) \(.metadata)"' "$T/state.json")" = "running $init for=tests" ] || fail "$(cat "$T/state.json")"
    [ "$(jq .pid "$T/state.json")" != "$init" ] || fail "$(cat "$T/state.json")"
    with exec "$ID" /bin/probe mount=tmpfs
    ! grep -q '"ok":true' "$T/out" || show "a mount"
    [ "$(heard mount)" = 0 ] || fail "$(cat "$T/log")"
    # what the policy does not list any more is not connected to
    echo '{"version": 1}' >"$T/policy/policy.json"
    with exec "$ID" /bin/true
    [ "$status" = 255 ] || show "exec should fail"
    says 'CM-SECCOMP-NOTIFY.*add it to seccomp.listenerPaths of the policy'
    echo "{\"version\": 1, \"seccomp\": {\"listenerPaths\": [\"$AGENT\"]}}" >"$T/policy/policy.json"
    kill "$agent"
    with exec "$ID" /bin/true
    [ "$status" = 255 ] || show "exec should fail"
    says 'failed to connect with seccomp agent'
    [ "$(status_of)" = running ]
}
