#!/usr/bin/env bats
# vm: lsm=none kernel=newest seconds=60
# SPDX-License-Identifier: LGPL-2.1-or-later
# `events` with real controllers: numbers against the host's files, members against another runtime's, and what happens when a limit is hit.
load ../../lib/common
load ../../lib/cgroups

setup() {
    cgroup_setup cpu io memory pids hugetlb
    WATCHER=
}
teardown() {
    [ -z "$WATCHER" ] || kill "$WATCHER" 2>/dev/null || true
    ct_teardown
}
data() { jq -er "$1" "$T/out"; }
watch() { # ARGUMENTS…: until the container ends; lines in $T/events
    "$RUNTIME" --root "$ROOT" events "$@" "$ID" >"$T/events" 2>"$T/events.err" 3>&- 4>&- &
    WATCHER=$!
}
is_watching() { # it has the counters open, and waits for news
    readlink "/proc/$WATCHER/fd/"* | grep -q '/memory\.events$' && grep -q '^State:.S' "/proc/$WATCHER/status"
}
has_event() { jq -e --arg t "$1" --arg id "$ID" 'select(.type == $t and .id == $id)' "$T/events" >/dev/null 2>&1; }

# The timer of a quota's periods goes on for a moment after the last process stands still.
is_still() {
    local before
    before=$(cat "$CG/cpu.stat" "$CG/cpu.pressure" | grep -o 'nr_periods.*\|usage_usec.*\|total=.*')
    sleep 0.5
    [ "$before" = "$(cat "$CG/cpu.stat" "$CG/cpu.pressure" | grep -o 'nr_periods.*\|usage_usec.*\|total=.*')" ]
}

@test "events --stats: what the host's files say" {
    resources '{"memory": {"limit": 67108864, "swap": 100663296}, "pids": {"limit": 33}, "cpu": {"quota": 20000}, "hugepageLimits": [{"pageSize": "2MB", "limit": 0}], "blockIO": {"throttleReadBpsDevice": [{"major": '"$MAJOR"', "minor": '"$MINOR"', "rate": 104857600}]}}'
    # reads from the disk, uses memory and CPU, and then is still: the numbers stand
    set_args /bin/sh -c 'cat /bin/* >/dev/null; i=0; while [ $i -lt 2000 ]; do i=$((i + 1)); done; dd if=/dev/zero of=/dev/shm/x bs=1M count=3; exec sleep 1000'
    sync
    echo 3 >/proc/sys/vm/drop_caches
    start_container "$ID"
    CG=$(cgroup_dir)
    eventually grep -q sleep "/proc/$pid/comm" || fail "it does not come to its end"
    ct pause "$ID"
    ok
    eventually is_still || fail "it goes on while it is paused"
    ct events --stats "$ID"
    ok
    local us key
    us=$(awk '$1 == "usage_usec" {print $2}' "$CG/cpu.stat")
    [ "$(data .data.cpu.usage.total)" = "${us}000" ]
    [ "$(data .data.cpu.throttling.periods)" = "$(awk '$1 == "nr_periods" {print $2}' "$CG/cpu.stat")" ]
    [ "$(data .data.memory.usage.limit)" = 67108864 ]
    [ "$(data .data.memory.usage.max)" = "$(cat "$CG/memory.peak")" ]
    [ "$(data .data.memory.swap.limit)" = 100663296 ]
    [ "$(data .data.memory.raw.shmem)" = "$(awk '$1 == "shmem" {print $2}' "$CG/memory.stat")" ]
    [ "$(data .data.memory.raw.shmem)" -ge 3145728 ]
    [ "$(data .data.pids.limit)" = 33 ] && [ "$(data .data.pids.current)" = 1 ]
    [ "$(data '[.data.blkio.ioServiceBytesRecursive[] | select(.op == "Read") | .value // 0] | add')" = "$(sed -n 's/.*rbytes=\([0-9]*\).*/\1/p' "$CG/io.stat" | awk '{n += $1} END {print n}')" ]
    [ "$(data '.data.hugetlb | keys | join(" ")')" = "1GB 2MB" ]
    for key in cpu memory blkio; do
        data ".data.$key.psi | .some.total, .full.total, .some.avg10" >/dev/null || fail "no pressure of $key"
    done
    [ "$(data .data.cpu.psi.some.total)" = "$(sed -n 's/^some.*total=//p' "$CG/cpu.pressure")" ]
    [ "$(data .data.memory.events.oom_kill)" = 0 ] && [ "$(data .data.pids.events.max)" = 0 ] && [ "$(data .data.memory.swapEvents.max)" = 0 ]
}

@test "the members are runc's, and more" {
    command -v runc >/dev/null || skip "no runc here"
    resources '{"memory": {"limit": 67108864, "swap": 100663296}, "pids": {"limit": 33}}'
    start_container "$ID"
    ct events --stats "$ID"
    ok
    paths() { jq -r '[paths(scalars) | map(if type == "number" then "N" else . end) | join(".")] | unique | .[]'; }
    paths <"$T/out" >"$T/ours"
    configure 'del(.process.apparmorProfile, .linux.seccomp) | .linux.cgroupsPath = "/\($t)-peer"' --arg t "$CT_TAG"
    runc --root "$T/peer" run -d --bundle "$BUNDLE" peer </dev/null >/dev/null 2>"$T/err" 3>&- || skip "runc cannot run this: $(head -c 300 "$T/err")"
    runc --root "$T/peer" events --stats peer >"$T/peer.json" 2>"$T/err" 3>&- || true
    runc --root "$T/peer" delete --force peer 3>&- || true
    jq -e .data "$T/peer.json" >/dev/null || fail "$(cat "$T/peer.json" "$T/err")"
    paths <"$T/peer.json" >"$T/theirs"
    # Left out: what is 0 in one and not in the other (both leave 0 out), and numbers of the devices that happened to be used.
    comm -13 "$T/ours" "$T/theirs" | grep -vE '^data\.(blkio|cpu\.throttling|memory\.cache|memory\.raw\.|memory\.usage\.max|hugetlb\.[^.]*\.(usage|max))' >"$T/missing" || true
    [ ! -s "$T/missing" ] || fail "runc has: $(cat "$T/missing")"
}

@test "a kill for lack of memory, of all at once, is told before the end" {
    resources '{"memory": {"limit": 16777216}, "pids": {"limit": 20}}'
    set_args /bin/sh -c 'sleep 1000 & while [ ! -e /dev/shm/go ]; do sleep 0.2; done; dd if=/dev/zero of=/dev/null bs=64M count=1; sleep 1000'
    start_container "$ID"
    CG=$(cgroup_dir)
    watch --interval 1h
    eventually is_watching || fail "it does not begin: $(cat "$T/events.err")"
    ct exec "$ID" /bin/touch /dev/shm/go
    wait "$WATCHER" || fail "$(cat "$T/events.err")"
    has_event oom || fail "no oom: $(cat "$T/events")"
    # the kernel counts the killed one by one, and may wake us in between: a line for each at most
    [ "$(jq -rs 'map(select(.type == "oom")) | length' "$T/events")" -le "$(awk '$1 == "oom_kill" {print $2}' "$CG/memory.events")" ]
    # all of them died of it, and the host's shell that runs this did not
    [ "$(awk '$1 == "oom_group_kill" {print $2}' "$CG/memory.events")" = 1 ]
    wait_status stopped
}

@test "processes that could not be made are told, at most once a second" {
    resources '{"pids": {"limit": 4}}'
    # a shell ends when it cannot fork: the inner one does, and the outer one has room again when the sleeps have ended
    set_args /bin/sh -c 'sleep 2; while :; do sh -c "sleep 1 & sleep 1 & sleep 1 & sleep 1 & sleep 1" 2>/dev/null; sleep 3; done'
    start_container "$ID"
    watch --interval 1h
    eventually has_event pids || fail "no event: $(cat "$T/events" "$T/events.err"); $(cat "$(cgroup_dir)/pids.events")"
    ct kill "$ID" KILL
    ok
    wait "$WATCHER"
    [ "$(wc -l <"$T/events")" -lt 30 ] || fail "$(wc -l <"$T/events") lines"
}

@test "the controllers that are not there are left out" {
    cgroup_path "/$CT_TAG-plain/box"
    resources '{}'
    start_container "$ID"
    CG=$CG_TOP/$CT_TAG-plain/box
    echo -memory -pids >"${CG%/*}/cgroup.subtree_control"
    ct events --stats "$ID"
    ok
    [ "$(data .data.pids.current)" = 1 ]
    data '.data.memory.usage.limit == 0 and (.data.memory | has("events") | not)' >/dev/null || show "memory"
}
