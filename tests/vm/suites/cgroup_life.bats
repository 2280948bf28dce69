#!/usr/bin/env bats
# vm: lsm=none kernel=newest seconds=60
# SPDX-License-Identifier: LGPL-2.1-or-later
# Freezing, killing and removing a cgroup when something is in the way: every wait ends, and the error says who is to blame.
load ../../lib/common
load ../../lib/cgroups
load ../proof

setup() {
    cgroup_setup memory pids
    OTHER=
    STUCK=
}
teardown() {
    [ -z "$STUCK" ] || fsfreeze --unfreeze "$STUCK" || true
    [ -z "$OTHER" ] || kill -KILL "$OTHER" 2>/dev/null || true
    [ -z "$OTHER" ] || wait "$OTHER" 2>/dev/null || true
    [ ! -d "$T/stuck" ] || umount "$T/stuck" || true
    ct_teardown
}
is_frozen() { grep -qx 'frozen 1' "$(cgroup_dir)/cgroup.events"; }
# Somebody else's process, moved in from outside, that no signal can end: it writes to a file system that is frozen.
stuck_process() {
    mkdir "$T/stuck"
    truncate -s 16M "$T/disk"
    mkfs.ext4 -q "$T/disk"
    mount -o loop "$T/disk" "$T/stuck" || skip "no loop devices here"
    fsfreeze --freeze "$T/stuck"
    STUCK=$T/stuck
    dd if=/dev/zero of="$T/stuck/file" bs=4k count=1 2>/dev/null 3>&- &
    OTHER=$!
    eventually grep -q '^State:.*D' "/proc/$OTHER/status" || fail "it is not stuck"
    echo "$OTHER" >"$(cgroup_dir)/cgroup.procs"
}

@test "pause, and what can be done with who is frozen: resume, kill, delete --force" {
    start_container "$ID"
    ct pause "$ID"
    ok
    is_frozen
    [ "$(status_of)" = paused ]
    ct pause "$ID"
    fails_with 'container not running'
    ct resume "$ID"
    ok
    ! is_frozen
    ct resume "$ID"
    fails_with 'container not paused'
    ct pause "$ID"
    ct kill "$ID" KILL
    ok
    wait_status stopped
    ct delete "$ID"
    ok
    start_container "$ID"
    echo 1 >"$(cgroup_dir)/cgroup.freeze" # by somebody else
    eventually is_frozen
    ct delete "$ID"
    fails_with 'that is not stopped: paused'
    ct delete --force "$ID"
    ok
    assert_gone "$ID"
}

@test "a process that sleeps in the kernel: pause gives up and says who, delete --force does too, and can be repeated" {
    start_container "$ID"
    stuck_process
    ct pause "$ID"
    fails_with "did not freeze within 10000 ms and was thawed again: .*process $OTHER \(dd\) is in uninterruptible sleep"
    file_is cgroup.freeze 0
    [ "$(status_of)" = running ]
    ct delete --force "$ID"
    fails_with "still holds 1 process\(es\) after .* pid $OTHER; one in uninterruptible sleep ends only when its I/O does"
    [ -e "$ROOT/$ID" ] || fail "the record of a container that is not gone is gone"
    [ "$(status_of)" = stopped ]
    fsfreeze --unfreeze "$STUCK"
    STUCK=
    eventually ended "$OTHER"
    ct delete "$ID"
    ok
    assert_gone "$ID"
}

@test "a process and cgroups that somebody brought into it end with the container" {
    start_container "$ID"
    CG=$(cgroup_dir)
    sleep 1000 3>&- &
    OTHER=$!
    mkdir -p "$CG/a/b"
    echo "$OTHER" >"$CG/a/b/cgroup.procs"
    ct ps --format json "$ID"
    ok
    jq -e --argjson p "$OTHER" 'any(. == $p)' "$T/out" >/dev/null || show "ps lacks $OTHER"
    # the cgroup is what the container is: to kill it is to kill all that is in it
    kill -KILL "$pid"
    wait_status stopped
    ! ended "$OTHER" || fail "it should live: nobody has killed it"
    ct kill --all "$ID" KILL
    ok
    eventually ended "$OTHER"
    ct delete "$ID"
    ok
    [ ! -e "$CG" ]
}

@test "the cgroup taken away behind our back: each command says what is the matter, and delete works" {
    start_container "$ID"
    CG=$(cgroup_dir)
    echo "$pid" >"$CG_TOP/cgroup.procs" # init is moved out, so that the cgroup can be removed
    rmdir "$CG"
    ct pause "$ID"
    exits 1
    says 'cgroup'
    ct update --pids-limit 10 "$ID"
    exits 1
    says 'cgroup'
    ct events --stats "$ID"
    exits 1
    ct exec "$ID" /bin/true
    exits 255
    says 'cgroup'
    ct check --container "$ID"
    [ "$status" != 0 ] || show "check sees no drift"
    # one that somebody else has made there since is not ours
    mkdir "$CG"
    sleep 1000 3>&- &
    OTHER=$!
    echo "$OTHER" >"$CG/cgroup.procs"
    ct kill "$ID" KILL
    ok
    eventually ended "$pid"
    ct delete --force "$ID"
    ok
    ! ended "$OTHER" || fail "somebody else's process was killed"
    kill "$OTHER"
    wait "$OTHER" || true
    OTHER=
    rmdir "$CG"
}

@test "a fork bomb is ended by kill and by delete, and the host can fork meanwhile" {
    resources '{"pids": {"limit": 64}, "cpu": {"quota": 50000}}'
    put_taker # a shell that cannot fork ends, and its container with it
    set_args /bin/taker --agent storm
    start_container "$ID"
    eventually eval '[ "$(sed -n "s/^max //p" "$(cgroup_dir)/pids.events")" -gt 0 ]' || fail "it never came to the limit"
    [ "$(file pids.current)" -le 64 ]
    [ "$(file pids.current)" -gt 30 ] || fail "no bomb: $(file pids.current)"
    /bin/true
    ct kill "$ID" KILL
    ok
    wait_status stopped
    ct delete "$ID"
    ok
}
