#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# vm: lsm=apparmor kernel=newest seconds=150
# A fork bomb, hogs of memory, processors and disks, and one who fills a tmpfs: the kernel's counters of the cgroup, read on the host, stay within the limit and the host goes on.
# Each has a control arm, the same program with another limit or none, whose counters go beyond the number.
load ../../lib/common
load ../proof

setup() {
    need_root
    ct_setup
    make_bundle
    put_taker
    # At the root of the tree, where every controller is, whatever slice the tests run in.
    configure --arg path "/$ID" 'del(.linux.resources.memory, .linux.resources.pids) | .linux.cgroupsPath = $path'
}

# ---- processes ----

@test "a fork bomb: as many processes as the limit says" {
    configure '.linux.resources.pids = {"limit": 60}'
    set_args /bin/taker --agent storm
    start_container
    eventually stopped_by_pids || fail "$(cg "$ID" pids.events)"
    host_answers
    [ "$(cg "$ID" pids.peak)" -le 60 ] || fail "peak $(cg "$ID" pids.peak)"
    [ "$(cg "$ID" pids.current)" -gt 30 ] || fail "no bomb: $(cg "$ID" pids.current)"
    ct delete --force "$ID"
    ok
    assert_gone "$ID"
}
stopped_by_pids() { [ "$(cg_value "$ID" pids.events max)" -gt 0 ]; }

@test "control: without that limit there are more processes" {
    set_args /bin/taker --agent exhaust forks 200
    create "$ID"
    ok
    ct start "$ID"
    eventually more_than_sixty || fail "peak $(cg "$ID" pids.peak)"
    [ "$(cg_value "$ID" pids.events max)" = 0 ]
}
more_than_sixty() { [ "$(cg "$ID" pids.peak)" -gt 60 ]; }

# ---- memory ----

MEMORY=$((48 << 20))

@test "a memory hog: as much as the limit says, then it dies" {
    configure --argjson n $MEMORY '.linux.resources.memory = {"limit": $n, "swap": $n}'
    set_args /bin/taker --agent exhaust memory 160
    start_container
    wait_status stopped
    host_answers
    [ "$(cg "$ID" memory.peak)" -le $MEMORY ] || fail "peak $(cg "$ID" memory.peak)"
    [ "$(cg_value "$ID" memory.events oom_kill)" -gt 0 ] || fail "$(cg "$ID" memory.events)"
    ct delete "$ID"
    ok
}

@test "a memory hog in an exec: the container's limit counts, and state and delete still work" {
    configure --argjson n $MEMORY '.linux.resources.memory = {"limit": $n, "swap": $n}'
    start_container
    ct exec "$ID" /bin/taker --agent exhaust memory 160
    [ "$status" != 0 ] || show "it got all of it"
    ! grep -q MORE "$T/out" || show "it got all of it"
    [ "$(cg "$ID" memory.peak)" -le $MEMORY ] || fail "peak $(cg "$ID" memory.peak)"
    [ "$(cg_value "$ID" memory.events oom_kill)" -gt 0 ] || fail "$(cg "$ID" memory.events)"
    ct state "$ID"
    ok
    ct delete --force "$ID"
    ok
}

@test "control: without that limit a hog gets more" {
    set_args /bin/taker --agent exhaust memory 160
    ct run --bundle "$BUNDLE" "$ID"
    ok
    prints '^memory 160 MORE'
}

# ---- a tmpfs ----

filler() { # RESOURCES-OF-MEMORY
    configure --argjson m "$1" '.mounts += [{"destination": "/fill", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "nodev", "mode=1777", "size=200m"]}]
        | if $m then .linux.resources.memory = $m else . end'
    mkdir -p "$BUNDLE/rootfs/fill"
    set_args /bin/taker --agent exhaust bytes 120 /fill
}

@test "one who fills a tmpfs is stopped by the limit of memory" {
    filler "{\"limit\": $MEMORY, \"swap\": $MEMORY}"
    local before
    before=$(awk '/^MemAvailable/ {print $2}' /proc/meminfo)
    ct run --keep --bundle "$BUNDLE" "$ID"
    [ "$status" != 0 ] || show "it could write all of it"
    ! grep -q MORE "$T/out" || show "it could write all of it"
    [ "$(cg "$ID" memory.peak)" -le $MEMORY ] || fail "peak $(cg "$ID" memory.peak)"
    host_answers
    [ $((before - $(awk '/^MemAvailable/ {print $2}' /proc/meminfo))) -lt 102400 ] || fail "the host lost what the container wrote"
    ct delete "$ID"
    ok
}

@test "one who fills a tmpfs is stopped by its size" {
    filler null
    configure '(.mounts[] | select(.destination == "/fill") | .options) |= map(if startswith("size=") then "size=32m" else . end)'
    ct run --bundle "$BUNDLE" "$ID"
    ok
    prints '^bytes 3[0-2] ENOSPC'
}

@test "control: a larger tmpfs without that limit takes all of it" {
    filler null
    ct run --bundle "$BUNDLE" "$ID"
    ok
    prints '^bytes 120 MORE'
}

# ---- processors ----

# Seconds are the kernel's: what was used in microseconds, and how many periods of 100 ms there were, in which 20 ms are allowed.
used() { cg_value "$ID" cpu.stat usage_usec; }

@test "a hog of processors gets its share of each period, and the host the rest" {
    configure '.linux.resources.cpu = {"quota": 20000, "period": 100000}'
    set_args /bin/taker --agent spin 3
    start_container
    eventually often_throttled || fail "$(cg "$ID" cpu.stat)"
    host_answers
    cg "$ID" cpu.stat >"$T/cpu.stat" # both numbers of the same moment
    # A slice of 5 ms is given out to each processor at a time, and may be overdrawn by a tick.
    awk '{v[$1] = $2} END {exit v["usage_usec"] > (v["nr_periods"] + 2) * 40000}' "$T/cpu.stat" || fail "$(cat "$T/cpu.stat")"
    ct delete --force "$ID"
    ok
}
often_throttled() { [ "$(cg_value "$ID" cpu.stat nr_throttled)" -gt 5 ]; }

@test "control: with a weight alone the hog uses more than that, and is never throttled" {
    local begin
    configure '.linux.resources.cpu = {"shares": 1024}' # the controller counts, and stops nothing
    set_args /bin/taker --agent spin 3
    start_container
    begin=$(awk '{print int($1 * 1000000)}' /proc/uptime)
    eventually beyond_quota "$begin" "$(used)" || fail "$(cg "$ID" cpu.stat)"
    [ "$(cg "$ID" cpu.stat | sed -n 's/^nr_throttled //p')" = 0 ]
}
beyond_quota() { # SINCE USED: more than twice what the quota gives in this time
    local now
    now=$(awk '{print int($1 * 1000000)}' /proc/uptime)
    [ $((now - $1)) -gt 500000 ] && [ $(($(used) - $2)) -gt $(((now - $1) * 2 / 5)) ]
}

# ---- a disk ----

DISK=/dev/vda
RATE=$((1 << 20))

disk_bundle() { # BYTES-PER-SECOND
    [ -b $DISK ] || skip "this machine has no second disk"
    mkfs.ext4 -q -F $DISK
    mkdir "$T/disk"
    mount $DISK "$T/disk"
    mkdir -m 777 "$T/disk/data"
    mkdir -p "$BUNDLE/rootfs/data" "$T/policy"
    printf '{"version": 1, "mounts": {"allow": [{"prefix": "%s", "write": true}]}}\n' "$T/disk/data" >"$T/policy/policy.json"
    configure --arg source "$T/disk/data" '.mounts += [{"destination": "/data", "type": "bind", "source": $source, "options": ["rbind", "rw"]}]'
    DEVICE=$(stat -c '%Hr:%Lr' $DISK)
    configure --argjson major "${DEVICE%:*}" --argjson minor "${DEVICE#*:}" --argjson rate "$1" \
        '.linux.resources.blockIO = {"throttleWriteBpsDevice": [{"major": $major, "minor": $minor, "rate": $rate}]}'
    set_args /bin/sh -c 'dd if=/dev/zero of=/data/hog bs=1048576 count=24 conv=fsync 2>/dev/null; touch /data/done; sleep 1000'
    try "$CT_TOP/tests/lib/with-policy" "$T/etc" "$T/policy" "$RUNTIME" --root "$ROOT" create --bundle "$BUNDLE" "$ID"
    ok || return 1
    ct start "$ID"
    ok
}
written() { cg "$ID" io.stat | sed -n "s/^$DEVICE .*wbytes=\([0-9]*\).*/\1/p"; }
has_written() { [ "$(written)" -gt "$1" ] 2>/dev/null; }
teardown() {
    ct_sweep
    ! mountpoint -q "$T/disk" || umount -l "$T/disk"
    ct_teardown
}

@test "a hog of a disk writes at its rate, and the host is done before it" {
    local begin allowed i
    begin=$SECONDS
    disk_bundle $RATE
    eventually has_written 0 || fail "$(cg "$ID" io.stat)"
    dd if=/dev/zero of="$T/disk/host" bs=1M count=24 conv=fsync 2>/dev/null
    [ ! -e "$T/disk/data/done" ] || fail "the hog was as fast as the host"
    allowed=$(((SECONDS - begin + 2) * RATE * 2))
    [ "$(written)" -le $allowed ] || fail "$(written) bytes of at most $allowed"
    host_answers
    # what it waits for is written at its rate, killed or not: delete says so, and is repeated
    for ((i = 0; i < 10; i++)); do
        ct delete --force "$ID"
        [ "$status" != 0 ] || break
        says 'repeat the delete when its I/O has ended'
    done
    ok
}

@test "control: at a rate that is none the hog writes all of it" {
    local begin=$SECONDS i
    disk_bundle $((1 << 34))
    for ((i = 0; i < 400 && SECONDS - begin < 60; i++)); do
        [ ! -e "$T/disk/data/done" ] || break
        sleep 0.05
    done
    [ -e "$T/disk/data/done" ] || fail "the hog is not done"
    has_written $((20 << 20)) || fail "$(cg "$ID" io.stat)"
}
