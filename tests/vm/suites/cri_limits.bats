#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# vm: lsm=none kernel=newest seconds=150
# What a pod may use, through containerd's CRI plugin: limits as the host's files have them, at creation and after an update, what is told of their use, the end by lack of memory, and many pods at once.
# shellcheck disable=SC2016,SC2030,SC2031 # scripts for the inside, jq's variables; each test has its own
load ../../lib/common.bash
load ../../lib/cri/cri.bash

limits() { # FILE…: of the container's cgroup, on one line
    local file text=()
    for file; do text+=("$(cat "$CGROUP/$file")"); done
    echo "${text[*]}"
}
stat_of() { jq -e "$1" "$T/stats" || fail "$1: $(cat "$T/stats")"; } # FILTER

@test "limits are in the container's cgroup below the pod's, an update changes what it names, and one that cannot hold changes nothing; stats are those of the own cgroups" {
    local pid first before used
    pod
    add app '.linux.resources += {memory_limit_in_bytes: 67108864, memory_swap_limit_in_bytes: 83886080, cpu_quota: 50000, cpu_shares: 512, cpuset_cpus: "0", oom_score_adj: 321,
        unified: {"memory.high": "58720256"}}'
    pid=$(container_pid "$CONTAINER")
    CGROUP=/sys/fs/cgroup$(cgroup_of "$pid")
    [[ $CGROUP == *kubepods-burstable-pod${UID_OF_POD//-/_}.slice/cri-containerd-$CONTAINER.scope ]] || fail "$CGROUP"
    [ "$(limits memory.max memory.swap.max memory.high cpu.max cpuset.cpus pids.max)" = "67108864 16777216 58720256 50000 100000 0 2048" ] || fail "$(limits memory.max memory.swap.max memory.high cpu.max cpuset.cpus pids.max)"
    [ "$(cat "/proc/$pid/oom_score_adj")" = 321 ]
    [ "$(systemctl show -p MemoryMax --value "cri-containerd-$CONTAINER.scope")" = 67108864 ]
    cri UpdateContainerResources "$(by_id "$CONTAINER" | jq -c '.linux = {memory_limit_in_bytes: 100663296, memory_swap_limit_in_bytes: 100663296, cpu_quota: 90000, cpu_period: 100000}')" >/dev/null
    [ "$(limits memory.max memory.swap.max cpu.max cpuset.cpus pids.max)" = "100663296 0 90000 100000 0 2048" ] || fail "$(limits memory.max memory.swap.max cpu.max cpuset.cpus pids.max)"
    cri_refuses UpdateContainerResources "$(by_id "$CONTAINER" | jq -c '.linux = {memory_limit_in_bytes: 134217728, memory_swap_limit_in_bytes: 100663296, cpu_quota: 70000, cpu_period: 100000}')"
    says_all /linux/resources/memory/swap 'the limit of memory and swap (100663296) is below the one of memory (134217728)'
    [ "$(limits memory.max cpu.max)" = "100663296 90000 100000" ] || fail "$(limits memory.max cpu.max)"
    # what is told of it
    first=$CONTAINER
    add second
    inside "$first" 'head -c 33554432 /dev/zero >/dev/shm/much'
    cri ContainerStats "$(by_id "$first")" >"$T/stats"
    used=$(stat_of '.stats.memory.usage_bytes.value')
    [ "$used" -ge 33554432 ] && [ "$used" -le 100663296 ] || fail "$used"
    [ "$(stat_of '.stats.memory.available_bytes.value + .stats.memory.working_set_bytes.value')" = 100663296 ]
    before=$(stat_of '.stats.cpu.usage_core_nano_seconds.value')
    inside "$first" 'i=0; while [ $i -lt 500 ]; do i=$((i + 1)); done'
    cri ListContainerStats "$(jq -nc --arg id "$POD" '{filter: {pod_sandbox_id: $id}}')" >"$T/stats"
    [ "$(stat_of '.stats | length')" = 2 ]
    used=$(stat_of ".stats[] | select(.attributes.id == \"$first\") | .cpu.usage_core_nano_seconds.value")
    [ "$used" -gt "$before" ] && [ "$used" -le "$(($(sed -n 's/^usage_usec //p' "$CGROUP/cpu.stat") * 1000))" ] || fail "$used, before $before"
    [ "$(stat_of ".stats[] | select(.attributes.id != \"$first\") | .memory.usage_bytes.value")" -lt 33554432 ]
    cri PodSandboxStats "$(pod_by_id "$POD")" >"$T/stats"
    [ "$(stat_of '.stats.linux.memory.usage_bytes.value')" -ge 33554432 ]
    [ "$(stat_of '.stats.linux.process.process_count.value')" = 2 ] # pause is not counted by containerd
    [ "$(stat_of '.stats.linux.network.default_interface.name')" = '"eth0"' ]
    [ "$(stat_of '.stats.linux.containers | length')" = 2 ]
}

# containerd learns of the kill and of the end in two ways, and systemd may take the cgroup with the counter away before the one that looks at it:
# for the reason the container ends after that.
@test "out of memory: the container ends alone, and the reason is told by its status and by the event of its end" {
    local victim
    cri_ask '{"watch": true}'
    pod
    add second
    local other=$CONTAINER
    add app '.command = ["tail", "/dev/zero"] | .linux.resources.memory_limit_in_bytes = 33554432'
    victim=$CONTAINER
    wait_exit "$victim"
    [ "$(container_status "$victim" .exit_code)" = 137 ] || fail "$(container_status "$victim" '')"
    [ "$(container_status "$other" .state)" = 1 ]
    [ "$(sed -n 's/^oom_group_kill //p' "$(dirname "/sys/fs/cgroup$(cgroup_of "$(container_pid "$other")")")/memory.events")" = 1 ]
    remove "$victim"
    add app '.metadata.attempt = 1 | .command = ["sh", "-c", "tail /dev/zero; until [ -e /scratch/end ]; do sleep 1; done; exit 137"] | .mounts += [volume("/scratch"; "empty-dir/scratch")]
        | .linux.resources += {memory_limit_in_bytes: 33554432, unified: {"memory.oom.group": "0"}}'
    victim=$CONTAINER
    is_told() { [ "$(container_status "$victim" .reason)" = OOMKilled ]; }
    soon is_told || fail "$(container_status "$victim" '')"
    touch "$KUBELET/pods/$UID_OF_POD/volumes/kubernetes.io~empty-dir/scratch/end"
    wait_exit "$victim"
    [ "$(container_status "$victim" '| "\(.exit_code) \(.reason)"')" = "137 OOMKilled" ] || fail "$(container_status "$victim" '')"
    heard() {
        cri_ask "{\"seen\": \"$victim\"}"
        [ "$(jq -c '[.[].container_event_type]' "$T/answer")" = '[0,1,2]' ]
    }
    soon heard || fail "$(jq -c '[.[].container_event_type]' "$T/answer")"
    [ "$(jq -r --arg id "$victim" '.[2].containers_statuses[] | select(.id == $id) | "\(.exit_code) \(.reason)"' "$T/answer")" = "137 OOMKilled" ] || fail "$(jq .[2] "$T/answer")"
}

ask_all() { # REQUESTS, as a list: all at the same time, and all succeed
    cri_ask "$(jq -c '{all: map(.timeout = 250)}' <<<"$1")" || return 1
    jq -e 'all(.[]; .ok)' "$T/answer" >/dev/null || fail "$(jq -c '.[] | select(.ok | not)' "$T/answer")"
}

@test "many pods at once: each has ids and a network of its own, and nothing is left when they have ended at once" {
    local n=10 i pid
    for ((i = 0; i < n; i++)); do cat /proc/sys/kernel/random/uuid; done >"$T/uids"
    pod_config | jq -c --rawfile uids "$T/uids" --arg own "$UID_OF_POD" '. as $pod | [$uids | split("\n")[:-1][] | . as $uid | $pod
        | walk(if type == "string" then gsub($own; $uid) | gsub($own | gsub("-"; "_"); $uid | gsub("-"; "_")) else . end)]' >"$T/pods"
    ask_all "$(jq -c 'map({call: "RunPodSandbox", with: {config: ., runtime_handler: "casemate"}})' "$T/pods")"
    jq '[.[].answer.pod_sandbox_id]' "$T/answer" >"$T/ids"
    container_config app '.log_path = "" | .mounts = []' >"$T/container"
    ask_all "$(jq -nc --slurpfile pods "$T/pods" --slurpfile ids "$T/ids" --slurpfile config "$T/container" '[range($ids[0] | length) as $i
        | {call: "CreateContainer", with: {pod_sandbox_id: $ids[0][$i], config: $config[0], sandbox_config: $pods[0][$i]}}]')"
    ask_all "$(jq -c 'map({call: "StartContainer", with: {container_id: .answer.container_id}})' "$T/answer")"
    ctr -n k8s.io tasks ls | awk '$3 == "RUNNING" {print $2}' >"$T/pids"
    [ "$(wc -l <"$T/pids")" = $((2 * n)) ] || fail "$(ctr -n k8s.io tasks ls)"
    while read -r pid; do echo "$(ns_of "$pid" user) $(ns_of "$pid" net) $(ns_of "$pid" ipc) $(cat "/proc/$pid/uid_map")"; done <"$T/pids" | sort | uniq -c >"$T/seen"
    # two processes each, and no two pods have anything in common
    [ "$(awk '$1 == 2' "$T/seen" | wc -l)" = $n ] || fail "$(cat "$T/seen")"
    for i in 2 3 4 6; do [ "$(awk "{print \$$i}" "$T/seen" | sort -u | wc -l)" = $n ] || fail "column $i: $(cat "$T/seen")"; done
    [ "$("$CT_TOP/tests/lib/held" | awk '{print $1}' | sort -u | wc -l)" = $n ]
    ask_all "$(jq -c 'map({call: "StopPodSandbox", with: {pod_sandbox_id: .}})' "$T/ids")"
    ask_all "$(jq -c 'map({call: "RemovePodSandbox", with: {pod_sandbox_id: .}})' "$T/ids")"
    while read -r pid; do ended "$pid" || fail "process $pid lives on"; done <"$T/pids"
    no_units() { [ -z "$(systemctl list-units --all --no-legend 'cri-containerd-*')" ]; }
    soon no_units || fail "$(systemctl list-units --all --no-legend 'cri-containerd-*')"
    [ -z "$(ls /run/netns)" ] || fail "networks left: $(ls /run/netns)"
}
