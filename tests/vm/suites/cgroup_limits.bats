#!/usr/bin/env bats
# vm: lsm=none kernel=newest seconds=60
# SPDX-License-Identifier: LGPL-2.1-or-later
# What every property of linux.resources becomes, read by the host from the container's cgroup; and that it is there before the container is.
load ../../lib/common
load ../../lib/cgroups

setup() { cgroup_setup cpu cpuset io memory hugetlb pids rdma misc; }

@test "defaults: memory, swap, pids and the killing of all together have values that nobody gave" {
    resources '{}'
    create "$ID"
    ok
    files_are <<END_OF_ROWS
pids.max 2048
memory.swap.max 0
memory.oom.group 1
memory.high max
memory.low 0
memory.min 0
cgroup.freeze 0
cgroup.procs $(pid_of)
cgroup.subtree_control
END_OF_ROWS
    local half limit
    half=$(($(awk '$1 == "MemTotal:" {print $2}' /proc/meminfo) * 512))
    limit=$(file memory.max)
    [ "$limit" -gt $((half - 65536)) ] && [ "$limit" -le "$half" ] || fail "$limit, and half of the memory is $half"
    [ "$(cgroup_of "$(pid_of)")" = "${CG#"$CG_TOP"}" ]
    ct check --container "$ID"
    ok
}

@test "every resource at once, on a device that knows weights" {
    local disk
    modprobe bfq && disk=$(lsblk -dnro NAME,MAJ:MIN | awk -v d="$MAJOR:$MINOR" '$2 == d {print $1}') || skip "this kernel has no BFQ"
    echo bfq >"/sys/block/$disk/queue/scheduler"
    resources '{"memory": {"limit": 134217728, "reservation": 67108864, "swap": 201326592},
        "cpu": {"shares": 512, "quota": 20000, "period": 50000, "burst": 10000, "cpus": "0-1", "mems": "0"},
        "pids": {"limit": 99},
        "blockIO": {"weight": 500, "weightDevice": [{"major": '"$MAJOR"', "minor": '"$MINOR"', "weight": 1000}],
            "throttleReadBpsDevice": [{"major": '"$MAJOR"', "minor": '"$MINOR"', "rate": 1048576}],
            "throttleWriteBpsDevice": [{"major": '"$MAJOR"', "minor": '"$MINOR"', "rate": 2097152}],
            "throttleReadIOPSDevice": [{"major": '"$MAJOR"', "minor": '"$MINOR"', "rate": 300}],
            "throttleWriteIOPSDevice": [{"major": '"$MAJOR"', "minor": '"$MINOR"', "rate": 400}]},
        "hugepageLimits": [{"pageSize": "2MB", "limit": 4194304}, {"pageSize": "1048576KB", "limit": 0}],
        "unified": {"memory.high": "130023424"}}'
    create "$ID"
    ok
    files_are <<END_OF_ROWS
memory.max 134217728
memory.low 67108864
memory.swap.max 67108864
memory.high 130023424
memory.oom.group 1
cpu.weight 59
cpu.max 20000 50000
cpu.max.burst 10000
cpuset.cpus 0-1
cpuset.mems 0
pids.max 99
hugetlb.2MB.max 4194304
hugetlb.2MB.rsvd.max 4194304
hugetlb.1GB.max 0
hugetlb.1GB.rsvd.max 0
io.bfq.weight default 500\\n$MAJOR:$MINOR 1000
io.max $MAJOR:$MINOR rbps=1048576 wbps=2097152 riops=300 wiops=400
END_OF_ROWS
    ct check --container "$ID"
    ok
    ct delete --force "$ID"
    echo none >"/sys/block/$disk/queue/scheduler"
    # without BFQ: the weights of io.weight, and none for a device whose scheduler has no weights
    rmmod bfq || return 0
    create "$ID"
    fails_with 'weightDevice/0: writing .*'"$MAJOR:$MINOR"' 10000.* to io.weight .*Operation not supported; .*BFQ'
    configure 'del(.linux.resources.blockIO.weightDevice)'
    create "$ID"
    ok
    file_is io.weight "default 4950"
}

@test "unified is written last, line by line, and never above what is bounded" {
    resources '{"memory": {"limit": 67108864}, "pids": {"limit": 50}, "cpu": {"shares": 1024},
        "unified": {"memory.max": "33554432", "pids.max": "40", "cpu.weight": "77", "memory.oom.group": "0", "memory.high": "30000000",
            "io.max": "'"$MAJOR:$MINOR"' rbps=1048576\n'"$MAJOR:$MINOR"' wiops=77", "memory.swap.max": "max", "memory.min": "99999999999"}}'
    create "$ID"
    ok
    file_is memory.max 33554432
    file_is pids.max 40
    file_is cpu.weight 77
    file_is memory.oom.group 0
    file_is memory.high 29999104 # whole pages
    file_is io.max "$MAJOR:$MINOR rbps=1048576 wbps=max riops=max wiops=77"
    file_is memory.swap.max 0
    file_is memory.min 33554432
    ct check --container "$ID"
    ok
}

@test "huge pages that the host has set aside are not a container's" {
    echo 2 >/proc/sys/vm/nr_hugepages
    [ "$(cat /proc/sys/vm/nr_hugepages)" -gt 0 ] || skip "no huge page can be had now"
    resources '{}'
    create "$ID"
    ok
    file_is hugetlb.2MB.max 0
    file_is hugetlb.2MB.rsvd.max 0
    echo 0 >/proc/sys/vm/nr_hugepages
}

@test "all limits are written before the child is made, and the child is made in the cgroup" {
    resources '{"memory": {"limit": 67108864}, "cpu": {"quota": 50000}, "unified": {"memory.high": "60000000"}}'
    set_args /bin/true
    CT_TIMEOUT=90 try strace -qq -e trace=openat2,clone3 -e signal=none -o "$T/trace" "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
    ok
    local name child last
    child=$(grep -n 'clone3(.*CLONE_INTO_CGROUP' "$T/trace" | head -1 | cut -d: -f1)
    [ -n "$child" ] || fail "no clone3 with CLONE_INTO_CGROUP: $(grep clone3 "$T/trace")"
    for name in memory.max memory.swap.max memory.oom.group memory.high pids.max cpu.max; do
        last=$(grep -n "openat2(.*\"$name\", .*O_WRONLY" "$T/trace" | tail -1 | cut -d: -f1)
        [ -n "$last" ] && [ "$last" -lt "$child" ] || fail "$name is written at line ${last:-none}, the child made at $child"
    done
    ! grep -q '"cgroup.procs".*O_WRONLY' "$T/trace" || fail "cgroup.procs was written"
}

@test "in force before the first instruction: a program that begins by exceeding a limit fails" {
    resources '{"pids": {"limit": 1}}'
    run_inside '/bin/busybox true; echo forked'
    ! prints forked >/dev/null || show "it could fork"
    says "can't fork"
    # control: with room for one more it can
    resources '{"pids": {"limit": 2}}'
    ct run --bundle "$BUNDLE" "$ID"
    prints forked
    resources '{"memory": {"limit": 16777216}}'
    set_args /bin/busybox dd if=/dev/zero of=/dev/null bs=64M count=1
    ct run --bundle "$BUNDLE" "$ID"
    exits 137
}

@test "the first program is born on the container's CPUs, whatever the caller was pinned to" {
    resources '{"cpu": {"cpus": "1"}}'
    try taskset -c 0 "$RUNTIME" --root "$ROOT" create --bundle "$BUNDLE" "$ID"
    ok
    [ "$(status_field "$(pid_of)" Cpus_allowed_list)" = 1 ]
    ct delete --force "$ID"
    resources '{}'
    try taskset -c 0 "$RUNTIME" --root "$ROOT" create --bundle "$BUNDLE" "$ID"
    ok
    [ "$(status_field "$(pid_of)" Cpus_allowed_list)" = "$(cat /sys/fs/cgroup/cpuset.cpus.effective)" ]
}
