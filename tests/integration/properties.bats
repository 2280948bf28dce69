#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# vm: lsm=apparmor kernel=newest only=hugepageLimits:|limits.that.no.controller
# One property of config.json after the other: what it does to the container, seen from the host, and what becomes of it when it cannot be had.
load ../lib/common

setup() {
    need_root
    ct_setup
    make_bundle
}

# Field FIELD of /proc/PID/sched ("policy", "prio").
sched_field() { awk -v f="$2" '$1 == f {print $3}' "/proc/$1/sched"; }
nice_of() { awk '{sub(/.*\) /, ""); print $17}' "/proc/$1/stat"; }
# Configures, wants create to fail with a text, and nothing left.
refused_with() { # JQ-EXPRESSION REGEX
    cp "$BUNDLE/config.json" "$T/kept.json"
    configure "$1"
    create "$ID"
    cp "$T/kept.json" "$BUNDLE/config.json"
    fails_with "$2" || return 1
    assert_gone "$ID"
}
# The container starts, and `check` has a note with the text.
noted() { # JQ-EXPRESSION WHAT
    cp "$BUNDLE/config.json" "$T/kept.json"
    configure "$1"
    "$RUNTIME" check --format json "$BUNDLE" >"$T/check.json" 3>&- || true
    jq -e --arg what "$2" '.unenforced[] | select(.what == $what)' "$T/check.json" >/dev/null || fail "no note \"$2\": $(cat "$T/check.json")" || return 1
    create "$ID"
    cp "$T/kept.json" "$BUNDLE/config.json"
    ok || return 1
    says "not enforced on this host: .*$2" || return 1
    ct delete --force "$ID"
}

# ---- the caller's scheduling never arrives ----

@test "what the caller of the runtime was given by nice, chrt, ionice and setarch does not arrive" {
    try nice -n -5 chrt -b 0 ionice -c 1 -n 0 setarch -R "$RUNTIME" --root "$ROOT" create --bundle "$BUNDLE" "$ID"
    ok
    pid=$(pid_of)
    [ "$(sched_field "$pid" policy)" = 0 ]
    [ "$(nice_of "$pid")" = 0 ]
    [[ $(ionice -p "$pid") == none* ]] || fail "$(ionice -p "$pid")"
    [ "$(cat "/proc/$pid/personality")" = 00000000 ]
}

@test "real-time scheduling of the caller does not arrive" {
    chrt -f 5 true || skip "no real-time scheduling here"
    try chrt -f 5 "$RUNTIME" --root "$ROOT" create --bundle "$BUNDLE" "$ID"
    ok
    pid=$(pid_of)
    [ "$(sched_field "$pid" policy)" = 0 ]
    [ "$(sched_field "$pid" prio)" = 120 ]
}

@test "control arm: without the reset the caller's personality takes the randomisation of addresses away" {
    need_hook personality
    CASEMATE_TEST_WITHOUT=personality try setarch -R "$RUNTIME_TEST" --root "$ROOT" create --bundle "$BUNDLE" "$ID"
    ok
    [ "$(cat "/proc/$(pid_of)/personality")" = 00040000 ]
}

# ---- process.scheduler, process.ioPriority, linux.personality ----

@test "scheduler: batch and idle, a nice value, and a flag" {
    configure '.process.scheduler = {"policy": "SCHED_BATCH", "nice": 7, "flags": ["SCHED_FLAG_RESET_ON_FORK"]}'
    start_container
    [ "$(sched_field "$pid" policy)" = 3 ]
    [ "$(nice_of "$pid")" = 7 ]
    chrt -p "$pid" | grep -q RESET_ON_FORK
    ct delete --force "$ID"
    configure '.process.scheduler = {"policy": "SCHED_IDLE"}'
    start_container
    [ "$(sched_field "$pid" policy)" = 5 ]
    ct delete --force "$ID"
    configure '.process.scheduler = {"policy": "SCHED_OTHER", "nice": 19}'
    start_container
    [ "$(sched_field "$pid" policy)" = 0 ]
    [ "$(nice_of "$pid")" = 19 ]
}

@test "scheduler: children of the program have it too" {
    configure '.process.scheduler = {"policy": "SCHED_IDLE"}'
    # shellcheck disable=SC2016 # the shell inside expands it
    run_inside 'cat /proc/self/sched 2>/dev/null | grep "^policy" || cut -d" " -f41 /proc/self/stat'
    ok
    prints '5$'
}

@test "scheduler: what would favour the container is refused" {
    local policy
    for policy in FIFO RR DEADLINE ISO; do
        refused_with ".process.scheduler = {\"policy\": \"SCHED_$policy\"}" 'CM-SCHED. /process/scheduler/policy: '
    done
    refused_with '.process.scheduler = {"policy": "SCHED_OTHER", "nice": -1}' 'CM-SCHED. /process/scheduler/nice'
    refused_with '.process.scheduler = {"policy": "SCHED_OTHER", "nice": 20}' 'CM-PROCESS. /process/scheduler/nice'
    refused_with '.process.scheduler = {"policy": "SCHED_OTHER", "priority": 1}' 'CM-SCHED. /process/scheduler'
    refused_with '.process.scheduler = {"policy": "SCHED_OTHER", "runtime": 1}' 'CM-SCHED. /process/scheduler'
    refused_with '.process.scheduler = {"policy": "SCHED_OTHER", "flags": ["SCHED_FLAG_UTIL_CLAMP_MIN"]}' 'CM-SCHED. /process/scheduler/flags/0'
}

@test "ioPriority: best effort and idle; real time is refused" {
    configure '.process.ioPriority = {"class": "IOPRIO_CLASS_BE", "priority": 6}'
    start_container
    [ "$(ionice -p "$pid")" = "best-effort: prio 6" ]
    ct delete --force "$ID"
    configure '.process.ioPriority = {"class": "IOPRIO_CLASS_IDLE"}'
    start_container
    [ "$(ionice -p "$pid")" = idle ]
    ct delete --force "$ID"
    refused_with '.process.ioPriority = {"class": "IOPRIO_CLASS_RT", "priority": 4}' 'CM-SCHED. /process/ioPriority/class'
    refused_with '.process.ioPriority = {"class": "IOPRIO_CLASS_BE", "priority": 8}' '/process/ioPriority/priority'
}

@test "personality: the native domain only, and addresses stay random" {
    configure '.linux.personality = {"domain": "LINUX"}'
    start_container
    [ "$(cat "/proc/$pid/personality")" = 00000000 ]
    ct delete --force "$ID"
    refused_with '.linux.personality = {"domain": "LINUX32"}' 'CM-PERSONALITY. /linux/personality/domain'
    refused_with '.linux.personality = {"domain": "LINUX", "flags": ["ADDR_NO_RANDOMIZE"]}' 'CM-PERSONALITY. /linux/personality/flags'
}

# ---- linux.memoryPolicy ----

@test "memoryPolicy: seen in the maps of the process" {
    [ -e /proc/self/numa_maps ] || skip "this kernel has no NUMA"
    configure '.linux.memoryPolicy = {"mode": "MPOL_BIND", "nodes": "0", "flags": ["MPOL_F_STATIC_NODES"]}'
    start_container
    grep -q ' bind=static:0 ' "/proc/$pid/numa_maps" || fail "$(head -3 "/proc/$pid/numa_maps")"
    ct delete --force "$ID"
    configure '.linux.memoryPolicy = {"mode": "MPOL_INTERLEAVE", "nodes": "0-0"}'
    start_container
    grep -q ' interleave:0 ' "/proc/$pid/numa_maps" || fail "$(head -3 "/proc/$pid/numa_maps")"
    ct delete --force "$ID"
    configure '.linux.memoryPolicy = {"mode": "MPOL_PREFERRED"}'
    start_container
    grep -q ' local ' "/proc/$pid/numa_maps" || fail "$(head -3 "/proc/$pid/numa_maps")"
    ct delete --force "$ID"
    configure '.linux.memoryPolicy = {"mode": "MPOL_DEFAULT"}'
    start_container
    grep -q ' default ' "/proc/$pid/numa_maps"
}

@test "memoryPolicy: what is wrong with one" {
    [ -e /proc/self/numa_maps ] || skip "this kernel has no NUMA"
    refused_with '.linux.memoryPolicy = {"mode": "MPOL_NOPE", "nodes": "0"}' 'invalid memory policy mode'
    refused_with '.linux.memoryPolicy = {"mode": "MPOL_BIND", "nodes": "0", "flags": ["MPOL_F_NOPE"]}' 'invalid memory policy flag'
    refused_with '.linux.memoryPolicy = {"mode": "MPOL_BIND", "nodes": "0;1"}' 'CM-MEMPOLICY. /linux/memoryPolicy/nodes: invalid memory policy node'
    refused_with '.linux.memoryPolicy = {"mode": "MPOL_BIND", "nodes": "3-1"}' 'invalid memory policy node'
    refused_with '.linux.memoryPolicy = {"mode": "MPOL_BIND", "nodes": "1024"}' 'invalid memory policy node'
    refused_with '.linux.memoryPolicy = {"mode": "MPOL_DEFAULT", "nodes": "0-7"}' 'mode requires 0 nodes but got 8'
    refused_with '.linux.memoryPolicy = {"mode": "MPOL_BIND"}' 'requires at least 1 node but got 0'
    refused_with '.linux.memoryPolicy = {"mode": "MPOL_BIND", "nodes": "1023"}' 'none of the nodes 1023 is there'
    refused_with '.linux.memoryPolicy = {"mode": "MPOL_PREFERRED", "flags": ["MPOL_F_RELATIVE_NODES"]}' 'CM-MEMPOLICY. /linux/memoryPolicy/flags'
}

# ---- the time namespace ----

need_time_namespaces() { [ -e /proc/self/ns/time ] || skip "this kernel has no time namespaces"; }
with_time_namespace() { configure '.linux.namespaces += [{"type": "time"}]'; }

@test "a time namespace of its own, without offsets" {
    need_time_namespaces
    with_time_namespace
    start_container
    [ "$(ns_of "$pid" time)" != "$(ns_of self time)" ]
    [ "$(ns_of "$pid" time)" = "$(ns_of "$pid" time_for_children)" ]
    jq -e '.namespaces[] | select(.type == "time")' "$ROOT/$ID/state.json" >/dev/null
    [ "$(jq '.namespaces[] | select(.type == "time").ino' "$ROOT/$ID/state.json")" = "$(stat -L -c %i "/proc/$pid/ns/time")" ]
}

@test "without the entry there is none" {
    start_container
    [ "$(ns_of "$pid" time)" = "$(ns_of self time)" ]
    ! jq -e '.namespaces[] | select(.type == "time")' "$ROOT/$ID/state.json" >/dev/null
}

@test "time offsets: the container's clocks, seen from both sides" {
    need_time_namespaces
    with_time_namespace
    configure '.linux.timeOffsets = {"monotonic": {"secs": 86400, "nanosecs": 5}, "boottime": {"secs": 1000000}}'
    start_container
    [ "$(ns_of "$pid" time)" != "$(ns_of self time)" ]
    [ "$(awk '{print $1, $2, $3}' "/proc/$pid/timens_offsets" | tr '\n' ';')" = "monotonic 86400 5;boottime 1000000 0;" ]
    # owned by the host's user namespace: the container has no power over it
    python3 - "/proc/$pid/ns/time" <<'PY'
import fcntl, os, sys
owner = fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0xb701)  # NS_GET_USERNS
sys.exit(os.fstat(owner).st_ino != os.stat("/proc/self/ns/user").st_ino)
PY
    ct delete --force "$ID"
    set_args /bin/cat /proc/uptime
    ct run --bundle "$BUNDLE" "$ID"
    ok
    [ "$(cut -d. -f1 "$T/out")" -ge 1000000 ]
}

@test "time offsets: the runtime's own clock stays, and so do its later children's" {
    need_time_namespaces
    with_time_namespace
    configure '.linux.timeOffsets = {"boottime": {"secs": 1000000}} | .process.args = ["/bin/sleep", "3"]'
    timeout 20 "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID" >"$T/out" 2>"$T/err" </dev/null 3>&- &
    local parent=$! runner
    wait_status running
    runner=$(status_field "$(pid_of)" PPid)
    [ "$(ns_of "$runner" time)" = "$(ns_of self time)" ]
    [ "$(ns_of "$runner" time_for_children)" = "$(ns_of self time)" ]
    wait "$parent"
}

@test "time offsets: what cannot be had" {
    need_time_namespaces
    refused_with '.linux.timeOffsets = {"monotonic": {"secs": 100}}' 'CM-NS-TIME. /linux/timeOffsets: '
    refused_with '.linux.namespaces += [{"type": "time", "path": "/proc/self/ns/time"}]' 'CM-NS-TIME'
    with_time_namespace
    refused_with '.linux.timeOffsets = {"monotonic": {"secs": -100000000}}' 'CM-NS-TIME. /linux/timeOffsets/monotonic/secs: .*before zero'
    refused_with '.linux.timeOffsets = {"boottime": {"secs": 9000000000000000}}' 'CM-NS-TIME. /linux/timeOffsets/boottime/secs'
    refused_with '.linux.timeOffsets = {"boottime": {"nanosecs": 1000000000}}' '/linux/timeOffsets/boottime/nanosecs'
    configure '.linux.timeOffsets = {"boottime": {"secs": 4600000000}}'
    start_container
}

@test "exec has the container's clocks, scheduling, memory policy and personality, whatever its caller has" {
    need_time_namespaces
    with_time_namespace
    configure '.linux.timeOffsets = {"boottime": {"secs": 1000000}} | .process.scheduler = {"policy": "SCHED_BATCH", "nice": 3}'
    [ ! -e /proc/self/numa_maps ] || configure '.linux.memoryPolicy = {"mode": "MPOL_BIND", "nodes": "0", "flags": ["MPOL_F_STATIC_NODES"]}'
    start_container
    try nice -n -5 setarch -R "$RUNTIME" --root "$ROOT" exec "$ID" /bin/sh -c \
        'cat /proc/uptime; cut -d" " -f19,41 /proc/self/stat; cat /proc/self/numa_maps; cat /proc/self/personality'
    ok
    [ "$(head -n 1 "$T/out" | cut -d. -f1)" -ge 1000000 ]
    prints '^3 3$'
    [ ! -e /proc/self/numa_maps ] || prints ' bind=static:0 '
    prints '^00000000$'
}

# ---- names ----

@test "domainname, and docker's way of saying it" {
    configure '.domainname = "example.test"'
    run_inside 'cat /proc/sys/kernel/domainname'
    ok
    [ "$(cat "$T/out")" = example.test ]
    configure 'del(.domainname) | .linux.sysctl = {"kernel.domainname": "docker.test"}'
    run_inside 'cat /proc/sys/kernel/domainname'
    ok
    [ "$(cat "$T/out")" = docker.test ]
    [ "$(cat /proc/sys/kernel/domainname)" != docker.test ]
    refused_with '.domainname = "other.test"' 'CM-SYSCTL'
    refused_with '.linux.sysctl = {"kernel.domainname": "a b"}' 'CM-HOSTNAME'
}

# ---- limits that only cgroup version 1 had ----

@test "properties of cgroup version 1 are ignored, and said to be" {
    noted '.linux.resources.memory.kernel = 1000000' memory.kernel
    noted '.linux.resources.memory.kernelTCP = 1000000' memory.kernelTCP
    noted '.linux.resources.memory.swappiness = 10' memory.swappiness
    noted '.linux.resources.memory.disableOOMKiller = true' memory.disableOOMKiller
    noted '.linux.resources.memory.useHierarchy = false' memory.useHierarchy
    noted '.linux.resources.cpu.realtimeRuntime = 1000' cpu.realtime
    noted '.linux.resources.network.classID = 1048577' network.classID
    noted '.linux.resources.network.priorities = [{"name": "eth0", "priority": 5}]' network.priorities
    noted '.linux.resources.blockIO.leafWeight = 100' blockIO.leafWeight
    # what version 2 does anyway is no news
    configure '.linux.resources.memory.useHierarchy = true | .linux.resources.memory.disableOOMKiller = false'
    create "$ID"
    ok
    ! grep -q 'memory.useHierarchy\|disableOOMKiller' "$T/err"
}

# ---- limits and sysctls, as the kernel has them ----

@test "hugepageLimits: in the cgroup's files, of usage and of reservations" {
    grep -qw hugetlb "$(ct_cgroup_root)/cgroup.controllers" || skip "no hugetlb controller in cgroup version 2 here"
    configure '.linux.resources.hugepageLimits = [{"pageSize": "2MB", "limit": 4194304}]'
    start_container
    local cg
    cg=$(ct_cgroup_root)$(cgroup_of "$pid")
    [ "$(cat "$cg/hugetlb.2MB.max")" = 4194304 ]
    [ "$(cat "$cg/hugetlb.2MB.rsvd.max")" = 4194304 ]
    ct delete --force "$ID"
    configure '.linux.resources.hugepageLimits = []| .linux.resources.unified = {"hugetlb.2MB.max": "2097152"}'
    start_container
    [ "$(cat "$(ct_cgroup_root)$(cgroup_of "$pid")/hugetlb.2MB.max")" = 2097152 ]
    ct delete --force "$ID"
    configure 'del(.linux.resources.unified)'
    refused_with '.linux.resources.hugepageLimits = [{"pageSize": "2 MB", "limit": 1}]' '/linux/resources/hugepageLimits/0/pageSize: .*expected a size'
    refused_with '.linux.resources.hugepageLimits = [{"pageSize": "3MB", "limit": 1}]' '/linux/resources/hugepageLimits/0.*no pages of 3MB'
}

@test "limits that no controller can enforce are refused one by one" {
    local row controller rest
    for row in 'cpu|.cpu = {"shares": 512}' 'cpu|.cpu = {"quota": 5000}' 'cpu|.cpu = {"idle": 1}' 'cpuset|.cpu = {"mems": "0"}' 'io|.blockIO = {"weight": 100}' \
        'io|.blockIO = {"throttleReadBpsDevice": [{"major": 1, "minor": 1, "rate": 5}]}' 'rdma|.rdma = {"mlx5_0": {"hcaHandles": 3}}' 'memory|.memory = {"limit": 99999999}' \
        'pids|.pids = {"limit": 9}' 'misc|.unified = {"misc.max": "x 1"}'; do
        controller=${row%%|*} rest=${row#*|}
        ! grep -qw "$controller" "$(ct_cgroup_root)/cgroup.controllers" || continue
        refused_with ".linux.resources$rest" "CM-LIMIT-UNENFORCEABLE. /linux/resources/.*the $controller controller"
    done
}

@test "sysctls of the ipc and network namespaces are the container's alone" {
    local before
    before=$(cat /proc/sys/kernel/msgmax /proc/sys/fs/mqueue/msg_max /proc/sys/net/core/somaxconn /proc/sys/net/ipv4/ip_local_port_range)
    configure '.linux.sysctl = {"kernel.msgmax": "12345", "kernel/sem": "32000 1024000000 500 32000", "fs.mqueue.msg_max": "77", "net.core.somaxconn": "99",
        "net.ipv4.ip_local_port_range": "20000 30000"}'
    run_inside 'cd /proc/sys; cat kernel/msgmax kernel/sem fs/mqueue/msg_max net/core/somaxconn net/ipv4/ip_local_port_range'
    ok
    [ "$(tr '\t' ' ' <"$T/out" | tr '\n' ';')" = '12345;32000 1024000000 500 32000;77;99;20000 30000;' ] || show sysctls
    [ "$(cat /proc/sys/kernel/msgmax /proc/sys/fs/mqueue/msg_max /proc/sys/net/core/somaxconn /proc/sys/net/ipv4/ip_local_port_range)" = "$before" ]
}

@test "sysctls outside the list are refused, however they are written" {
    local key before
    before=$(cat /proc/sys/kernel/core_pattern)
    for key in kernel.core_pattern kernel/core_pattern net.ipv4/../../kernel/core_pattern kernel.hostname kernel/hostname kernel.pid_max kernel.modprobe vm.overcommit_memory \
        user.max_user_namespaces user/max_user_namespaces fs.suid_dumpable net.ipv4.ip_forward net.ipv4.conf.all.forwarding kernel.shmmax/ .kernel.shmmax ''; do
        refused_with ".linux.sysctl = {\"$key\": \"1\"}" 'CM-SYSCTL. /linux/sysctl/|must not be empty'
    done
    [ "$(cat /proc/sys/kernel/core_pattern)" = "$before" ]
}

# ---- what would take something from the host ----

@test "netDevices: no device leaves the host" {
    local before after
    before=$(ls /sys/class/net)
    refused_with '.linux.netDevices = {"lo": {}, "eth0": {"name": "x"}}' 'CM-NETDEV. /linux/netDevices/lo: .*CM-NETDEV. /linux/netDevices/eth0: '
    after=$(ls /sys/class/net)
    [ "$before" = "$after" ]
}
