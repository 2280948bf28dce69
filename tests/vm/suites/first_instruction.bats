#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# vm: lsm=apparmor kernel=all seconds=60
# Limits are in force before a container's first instruction: they are in the host's files between create and start, and a container whose first act is to exceed one fails.
load ../../lib/common
load ../proof

setup() {
    need_root
    ct_setup
    make_bundle
    put_taker
    configure 'del(.linux.resources.memory, .linux.resources.pids)'
}

@test "between create and start every limit is in its file, and the process is below it" {
    configure --arg path "/$ID" '.linux.cgroupsPath = $path | .linux.resources = {"memory": {"limit": 67108864, "swap": 83886080, "reservation": 33554432}, "pids": {"limit": 41},
        "cpu": {"quota": 30000, "period": 60000, "shares": 512, "cpus": "0", "mems": "0"}, "unified": {"memory.high": "50331648"}}'
    create "$ID"
    ok
    [ "$(status_of "$ID")" = created ]
    local row
    for row in memory.max=67108864 memory.swap.max=16777216 memory.low=33554432 memory.high=50331648 pids.max=41 'cpu.max=30000 60000' cpuset.cpus=0 cpuset.mems=0; do
        [ "$(cg "$ID" "${row%%=*}")" = "${row#*=}" ] || fail "$row: $(cg "$ID" "${row%%=*}")"
    done
    [ "$(cg "$ID" cpu.weight)" != 100 ] || fail "cpu.weight is the kernel's default"
    pid=$(pid_of "$ID")
    [ "$(ct_cgroup_root)$(cgroup_of "$pid")" = "$(ct_cgroup_root)$(jq -r .cgroupPath "$ROOT/$ID/state.json")" ]
    [ "$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' "/proc/$pid/status")" = 0 ]
}

@test "the defaults too: processes, memory and swap are bounded where nobody asked for it" {
    create "$ID"
    ok
    [ "$(cg "$ID" pids.max)" = 2048 ] || fail "pids.max $(cg "$ID" pids.max)"
    [ "$(cg "$ID" memory.max)" != max ]
    [ "$(cg "$ID" memory.swap.max)" = 0 ]
}

@test "the first act takes more memory than there may be: killed, and the status says so" {
    configure '.linux.resources.memory = {"limit": 33554432, "swap": 33554432}'
    set_args /bin/taker --agent exhaust memory 100
    ct run --bundle "$BUNDLE" "$ID"
    exits 137
    ! grep -q MORE "$T/out" || show "it got all of it"
    assert_gone "$ID"
}

@test "control: without that limit it gets all of it" {
    set_args /bin/taker --agent exhaust memory 100
    ct run --bundle "$BUNDLE" "$ID"
    ok
    prints '^memory 100 MORE'
}

@test "the first act is more processes than there may be: no more than the limit" {
    configure '.linux.resources.pids = {"limit": 20}'
    set_args /bin/taker --agent exhaust forks 100
    ct run --bundle "$BUNDLE" "$ID"
    prints '^forks 19 EAGAIN'
}

@test "control: without that limit it gets all of them" {
    set_args /bin/taker --agent exhaust forks 100
    ct run --bundle "$BUNDLE" "$ID"
    ok
    prints '^forks 100 MORE'
}

@test "an exec's first act: the same limits" {
    configure '.linux.resources = {"pids": {"limit": 20}, "memory": {"limit": 33554432, "swap": 33554432}}'
    start_container
    ct exec "$ID" /bin/taker --agent exhaust forks 100
    prints '^forks 18 EAGAIN'
    ct exec "$ID" /bin/taker --agent exhaust memory 100
    [ "$status" != 0 ] && ! grep -q MORE "$T/out" || show "it got all of it"
}

@test "the limits are written before the process exists, and it is born below them" {
    configure '.linux.resources = {"pids": {"limit": 20}, "memory": {"limit": 33554432, "swap": 33554432}}'
    set_args /bin/true
    try strace -f -e trace=write,clone3 -o "$T/trace" "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
    ok
    # The last clone3 into a cgroup is the container's birth; every limit comes before it.
    local birth limit
    birth=$(grep -n 'clone3(.*CLONE_INTO_CGROUP' "$T/trace" | tail -n 1 | cut -d: -f1)
    [ -n "$birth" ] || fail "no process is born in a cgroup: $(cat "$T/trace")"
    for limit in '"33554432"' '"20"'; do
        head -n "$birth" "$T/trace" | grep -q "write([0-9]*, $limit" || fail "$limit is not written before line $birth: $(cat "$T/trace")"
    done
}
