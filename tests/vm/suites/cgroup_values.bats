#!/usr/bin/env bats
# vm: lsm=none kernel=newest seconds=60
# SPDX-License-Identifier: LGPL-2.1-or-later
# vm: lsm=none kernel=6.12 only=refused.by.the.kernel
# The values of limits: conversions, corners, and what the kernel refuses, read by the host from the container's cgroup.
load ../../lib/common
load ../../lib/cgroups

setup() { cgroup_setup cpu cpuset io memory hugetlb pids rdma misc; }

@test "memory: every case of limit, swap and reservation" {
    local json want
    while IFS='|' read -r json want; do
        resources "{\"memory\": $json}"
        create "$ID"
        case $want in
        CM-*)
            fails_with "$want"
            [ -z "$(ct_cgroups)" ] || fail "$json: a cgroup is left"
            continue
            ;;
        esac
        ok "$json"
        CG=$(cgroup_dir)
        [ "$(cat "$CG/memory.max" "$CG/memory.swap.max" "$CG/memory.low" | tr '\n' ' ')" = "$want " ] || fail "$json: $(snapshot "$CG"), should be $want"
        ct delete --force "$ID"
        ok
    done <<'END_OF_ROWS'
{"limit": 67108864}|67108864 0 0
{"limit": 67108864, "swap": 0}|67108864 0 0
{"limit": 67108864, "swap": -1}|67108864 0 0
{"limit": 67108864, "swap": 67108864}|67108864 0 0
{"limit": 67108864, "swap": 100663296}|67108864 33554432 0
{"limit": 67108864, "swap": 1073741824}|67108864 67108864 0
{"limit": 67108864, "reservation": 1073741824}|67108864 0 67108864
{"limit": 67108864, "swappiness": 0, "kernel": 1048576, "kernelTCP": 1048576, "disableOOMKiller": true, "useHierarchy": false}|67108864 0 0
{"limit": 67108864, "checkBeforeUpdate": true}|67108864 0 0
{"limit": 67108864, "swap": 1048576}|CM-LIMIT-INVALID\] /linux/resources/memory/swap
{"swap": 67108864}|CM-LIMIT-INVALID\] /linux/resources/memory/swap
{"limit": -2}|CM-LIMIT-INVALID\] /linux/resources/memory/limit
{"reservation": -2}|CM-LIMIT-INVALID\] /linux/resources/memory/reservation
END_OF_ROWS
}

@test "cpu, pids: conversions and corners" {
    local json want
    while IFS='|' read -r json want; do
        resources "$json"
        create "$ID"
        ok "$json"
        file_is "${want%% *}" "${want#* }" || fail "$json"
        ct delete --force "$ID"
        ok
    done <<'END_OF_ROWS'
{"cpu": {"shares": 2}}|cpu.weight 1
{"cpu": {"shares": 1024}}|cpu.weight 100
{"cpu": {"shares": 262144}}|cpu.weight 10000
{"cpu": {"period": 50000}}|cpu.max max 50000
{"cpu": {"quota": -1, "period": 100000}}|cpu.max max 100000
{"cpu": {"quota": 5000}}|cpu.max 5000 100000
{"cpu": {"idle": 1, "shares": 1024}}|cpu.idle 1
{"cpu": {"cpus": "1"}}|cpuset.cpus 1
{"pids": {"limit": 0}}|pids.max 1
{"pids": {"limit": 1}}|pids.max 1
{"pids": {"limit": -1}}|pids.max 32768
END_OF_ROWS
}

@test "refused by the kernel: the message names the property, the file and the reason; nothing is left" {
    local json want
    while IFS='|' read -r json want; do
        resources "$json"
        create "$ID"
        fails_with "$want"
        [ -z "$(ct_cgroups)" ] || fail "$json: a cgroup is left"
        assert_gone "$ID"
    done <<'END_OF_ROWS'
{"cpu": {"quota": 1}}|/linux/resources/cpu/quota: writing .*1 100000.* to cpu.max of cgroup .*: Invalid argument
{"cpu": {"quota": 50000, "burst": 60000}}|/linux/resources/cpu/burst: writing .*60000.* to cpu.max.burst
{"cpu": {"cpus": "9000"}}|/linux/resources/cpu/cpus: writing .*9000.* to cpuset.cpus
{"cpu": {"mems": "5000"}}|/linux/resources/cpu/mems: writing .*5000.* to cpuset.mems
{"blockIO": {"throttleReadBpsDevice": [{"major": 240, "minor": 99, "rate": 1}]}}|throttleReadBpsDevice/0: writing .*240:99 rbps=1.* to io.max .*No such device
{"rdma": {"mlx5_1": {"hcaHandles": 1}}}|/linux/resources/rdma/mlx5_1: writing .*mlx5_1 hca_handle=1.* to rdma.max .*No such device
{"unified": {"misc.max": "none 1"}}|/linux/resources/unified/misc.max: writing .*none 1.* to misc.max
{"unified": {"memory.max": "1g x"}}|CM-LIMIT-INVALID
{"unified": {"cgroup.procs": "1", "cgroup.freeze": "1", "cgroup.subtree_control": "+cpu", "cgroup.kill": "1", "cpuset.cpus.partition": "root", "memory.reclaim": "1G", "../pids.max": "1"}}|CM-UNIFIED\].*CM-UNIFIED.*CM-UNIFIED.*CM-UNIFIED.*CM-UNIFIED.*CM-UNIFIED.*CM-UNIFIED
{"hugepageLimits": [{"pageSize": "3MB", "limit": 0}]}|CM-LIMIT-INVALID\] /linux/resources/hugepageLimits/0
END_OF_ROWS
}
