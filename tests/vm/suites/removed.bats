#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# vm: lsm=apparmor kernel=newest seconds=70
# Somebody else emptied, froze, killed or removed a container's cgroup: state, list, kill and delete still answer, and nothing is left.
load ../../lib/common
load ../proof

setup() {
    need_root
    ct_setup
    make_bundle
    start_container
    DIR=$(ct_cgroup_root)$(cgroup_of "$pid")
}
# Removed with eventually: since Linux 6.19 a process leaves its cgroup a moment after it is seen to have ended.
moved_out() { # PID
    mkdir -p "$DIR-elsewhere"
    echo "$1" >"$DIR-elsewhere/cgroup.procs"
}

@test "emptied: the process is elsewhere; kill and delete end it all the same" {
    moved_out "$pid"
    [ "$(cat "$DIR/cgroup.procs")" = "" ]
    [ "$(status_of "$ID")" = running ]
    ct list -q
    prints "^$ID$"
    ct kill "$ID" KILL
    ok
    wait_status stopped
    ct delete "$ID"
    ok
    ended "$pid"
    eventually rmdir "$DIR-elsewhere"
    assert_gone "$ID"
}

@test "emptied and removed: kill and delete end it all the same" {
    moved_out "$pid"
    rmdir "$DIR"
    [ "$(status_of "$ID")" = running ]
    ct ps --format json "$ID"
    [ "$status" -le 1 ] || show "ps"
    ct pause "$ID"
    exits 1
    ct kill "$ID" KILL
    ok
    wait_status stopped
    ct delete "$ID"
    ok
    ended "$pid"
    eventually rmdir "$DIR-elsewhere"
}

@test "emptied and removed: delete --force alone" {
    moved_out "$pid"
    rmdir "$DIR"
    ct delete --force "$ID"
    ok
    ended "$pid" || fail "the process lives"
    eventually rmdir "$DIR-elsewhere"
    [ ! -e "$ROOT/$ID" ]
}

@test "exec after the cgroup was removed fails and starts nothing outside" {
    moved_out "$pid"
    rmdir "$DIR"
    ct exec "$ID" /bin/sleep 5
    [ "$status" != 0 ] || show "a process without a cgroup of the container"
    [ "$(cat "$DIR-elsewhere/cgroup.procs")" = "$pid" ]
    kill -KILL "$pid"
    wait_status stopped
    ct delete "$ID"
    ok
    eventually rmdir "$DIR-elsewhere"
}

@test "removed after its end: state, list and delete do not mind" {
    kill -KILL "$pid"
    wait_status stopped
    eventually rmdir "$DIR"
    [ "$(status_of "$ID")" = stopped ]
    ct list
    prints "$ID"
    ct kill "$ID" TERM
    exits 1
    ct delete "$ID"
    ok
    assert_gone "$ID"
}

@test "removed, and another made by that name: not ours to remove" {
    kill -KILL "$pid"
    wait_status stopped
    eventually rmdir "$DIR"
    mkdir "$DIR"
    ct delete "$ID"
    ok
    [ -d "$DIR" ] || fail "a cgroup of somebody else was removed"
    rmdir "$DIR"
}

@test "frozen by somebody else: state says paused, delete --force ends it" {
    echo 1 >"$DIR/cgroup.freeze"
    eventually is_status paused "$ID" || fail "$(status_of "$ID")"
    ct delete --force "$ID"
    ok
    assert_gone "$ID"
}

@test "frozen by somebody else: a kill is enough" {
    echo 1 >"$DIR/cgroup.freeze"
    ct kill "$ID" KILL
    ok
    wait_status stopped
    ct delete "$ID"
    ok
}

@test "killed as a whole by somebody else: stopped, and delete takes it away" {
    ct exec --detach "$ID" /bin/sleep 1000
    echo 1 >"$DIR/cgroup.kill"
    wait_status stopped
    ct delete "$ID"
    ok
    assert_gone "$ID"
}

@test "somebody made cgroups below it and put processes there: delete takes them too" {
    local host
    mkdir "$DIR/below" "$DIR/below/more"
    sleep 1000 3>&- &
    host=$!
    echo "$host" >"$DIR/below/more/cgroup.procs" || skip "this cgroup takes no processes below it"
    ct delete --force "$ID"
    ok
    assert_gone "$ID"
    eventually ended "$host"
}

@test "limits lifted by somebody else are seen by check and set again by update" {
    echo max >"$DIR/pids.max"
    try "$RUNTIME" --root "$ROOT" check --container "$ID"
    [ "$status" != 0 ] || show "check sees no drift"
    prints 'pids.max'
    ct update --pids-limit 30 "$ID"
    ok
    [ "$(cat "$DIR/pids.max")" = 30 ]
}
