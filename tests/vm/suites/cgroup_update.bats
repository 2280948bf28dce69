#!/usr/bin/env bats
# vm: lsm=none kernel=newest seconds=90
# SPDX-License-Identifier: LGPL-2.1-or-later
# `update` with real controllers: every field by option and by document, whole or not at all, and known to the state afterwards.
load ../../lib/common
load ../../lib/cgroups

setup() { cgroup_setup cpu cpuset io memory pids hugetlb misc; }

# The whole document on standard input, as engines do it.
change() { # JSON
    echo "$1" >"$T/request"
    status=0
    timeout -k 5 "${CT_TIMEOUT:-30}" "$RUNTIME" --root "$ROOT" update --resources=- "$ID" <"$T/request" >"$T/out" 2>"$T/err" 3>&- 4>&- || status=$?
}
no_drift() {
    ct check --container "$ID"
    ok "check --container sees a drift after $1"
}

@test "every option" {
    resources '{"memory": {"limit": 134217728}, "cpu": {"quota": 50000}}'
    start_container "$ID"
    ct update --cpu-period 200000 --cpu-share 2048 --cpuset-cpus 0 --cpuset-mems 0 --pids-limit 55 --memory 64m --memory-swap 96m --memory-reservation 32m --blkio-weight 300 "$ID"
    ok
    files_are <<'END_OF_ROWS'
cpu.max 50000 200000
cpu.weight 174
cpuset.cpus 0
cpuset.mems 0
pids.max 55
memory.max 67108864
memory.swap.max 33554432
memory.low 33554432
END_OF_ROWS
    [ ! -e "$CG/io.weight" ] || file_is io.weight 'default 2930'
    no_drift options
    ct update --cpu-burst 10000 "$ID"
    ok
    file_is cpu.max.burst 10000
    # less than the burst: the burst is given again with it, and goes first
    ct update --cpu-quota 5000 "$ID"
    fails_with 'CM-LIMIT-INVALID\] /linux/resources/cpu/quota: 5000 is below the burst that is in force, 10000'
    file_is cpu.max '50000 200000'
    file_is cpu.max.burst 10000
    ct update --cpu-quota 5000 --cpu-burst 1000 "$ID"
    ok
    file_is cpu.max '5000 200000'
    file_is cpu.max.burst 1000
    ct update --cpu-idle 1 "$ID"
    ok
    file_is cpu.idle 1
    no_drift idleness
    ct update --cpu-share 100 "$ID"
    fails_with 'CM-LIMIT-INVALID\] /linux/resources/cpu/shares: the container is idle'
    ct update --cpu-idle 0 --cpu-share 100 "$ID"
    ok
    file_is cpu.weight 17
    no_drift "more options"
    [ "$(status_field "$pid" Cpus_allowed_list)" = 0 ]
}

@test "every field of a document, unified included, of controllers that were not there before" {
    resources '{}'
    start_container "$ID"
    change '{"memory": {"limit": 67108864, "swap": 67108864, "reservation": 1048576, "checkBeforeUpdate": true}, "pids": {"limit": 44},
        "cpu": {"shares": 100, "quota": 30000, "period": 60000, "burst": 2000, "cpus": "0-1", "mems": "0"},
        "blockIO": {"throttleReadBpsDevice": [{"major": '"$MAJOR"', "minor": '"$MINOR"', "rate": 1000000}], "throttleWriteIOPSDevice": [{"major": '"$MAJOR"', "minor": '"$MINOR"', "rate": 9}]},
        "hugepageLimits": [{"pageSize": "2MB", "limit": 2097152}],
        "unified": {"memory.high": "60000000", "memory.oom.group": "0", "pids.max": "43"}}'
    ok
    files_are <<END_OF_ROWS
memory.max 67108864
memory.swap.max 0
memory.low 1048576
memory.high 59998208
memory.oom.group 0
pids.max 43
cpu.weight 17
cpu.max 30000 60000
cpu.max.burst 2000
cpuset.cpus 0-1
cpuset.mems 0
io.max $MAJOR:$MINOR rbps=1000000 wbps=max riops=max wiops=9
hugetlb.2MB.max 2097152
hugetlb.2MB.rsvd.max 2097152
END_OF_ROWS
    no_drift "the document"
    # what a later one does not name stays; 0 and "" name nothing
    local before
    before=$(snapshot "$CG")
    change '{"memory": {"limit": 0, "swap": 0, "reservation": 0}, "cpu": {"shares": 0, "quota": 0, "period": 0, "cpus": "", "mems": ""}, "blockIO": {"weight": 0}}'
    ok
    [ "$(snapshot "$CG")" = "$before" ] || diff <(echo "$before") <(snapshot "$CG")
    # no limit any more, as far as there is none for a new container
    change '{"cpu": {"quota": -1, "burst": 0}, "pids": {"limit": -1}, "memory": {"limit": -1, "swap": -1}}'
    ok
    file_is cpu.max 'max 60000'
    file_is cpu.max.burst 0
    file_is pids.max 32768
    file_is memory.swap.max 0
    [ "$(file memory.max)" != max ]
    no_drift "the end of limits"
}

@test "after a write that fails all files say what they said before" {
    resources '{"memory": {"limit": 134217728, "swap": 167772160}, "pids": {"limit": 100}, "cpu": {"shares": 1024, "quota": 50000, "burst": 10000, "cpus": "0"},
        "blockIO": {"throttleReadBpsDevice": [{"major": '"$MAJOR"', "minor": '"$MINOR"', "rate": 1000000}]}, "hugepageLimits": [{"pageSize": "2MB", "limit": 2097152}]}'
    start_container "$ID"
    CG=$(cgroup_dir)
    # the request asks for the misc controller, which stays: its file is not looked at
    limits() { snapshot "$CG" | grep -v "^misc.max"; }
    local before first request
    before=$(limits)
    first='"memory": {"limit": 67108864, "swap": 67108864, "reservation": 1048576}, "pids": {"limit": 44}, "hugepageLimits": [{"pageSize": "2MB", "limit": 0}],
        "blockIO": {"throttleReadBpsDevice": [{"major": '"$MAJOR"', "minor": '"$MINOR"', "rate": 5}], "throttleWriteBpsDevice": [{"major": '"$MAJOR"', "minor": '"$MINOR"', "rate": 5}]}'
    for request in '"cpu": {"shares": 2, "quota": 20000, "burst": 500, "cpus": "0-1"}, "unified": {"memory.high": "1000000", "misc.max": "none 1"}' \
        '"cpu": {"shares": 2, "quota": 20000, "burst": 30000}' '"cpu": {"idle": 1, "cpus": "9000"}' '"cpu": {"quota": 1, "burst": 0}'; do
        change "{$first, $request}"
        exits 1
        says 'writing .* of cgroup'
        ! grep -q 'could not be set back' "$T/err" || show "not all is back"
        [ "$(limits)" = "$before" ] || fail "$request: $(diff <(echo "$before") <(snapshot "$CG"))"
    done
    no_drift "failures"
    # and after a refusal, which writes nothing
    change "{$first, \"unified\": {\"cgroup.freeze\": \"1\"}}"
    fails_with CM-UNIFIED
    change "{$first, \"cpu\": {\"idle\": 7}}"
    fails_with CM-LIMIT-INVALID
    [ "$(limits)" = "$before" ]
    [ "$(status_of)" = running ]
}

@test "memory below what is used: refused when asked to look, else the kernel takes it back or kills" {
    resources '{"memory": {"limit": 134217728}}'
    # files that cannot be given back: there is no swap
    set_args /bin/sh -c 'dd if=/dev/zero of=/dev/shm/x bs=1M count=40 2>/dev/null; exec sleep 1000'
    start_container "$ID"
    eventually grep -q sleep "/proc/$pid/comm"
    [ "$(file memory.current)" -gt 40000000 ]
    change '{"memory": {"limit": 20971520, "swap": 20971520, "checkBeforeUpdate": true}}'
    exits 1
    says 'rejecting memory limit 20971520 <= usage'
    file_is memory.max 134217728
    change '{"memory": {"limit": 62914560, "swap": 62914560, "checkBeforeUpdate": true}}'
    ok
    file_is memory.max 62914560
    change '{"memory": {"limit": 20971520, "swap": 20971520}}'
    # the kernel kills what does not fit, and the whole group
    wait_status stopped
    [ "$(awk '$1 == "oom_kill" {print $2}' "$CG/memory.events")" -ge 1 ]
}

@test "an update of a container that is paused, created or stopped" {
    create "$ID"
    ct update --pids-limit 10 "$ID"
    ok
    file_is pids.max 10
    ct start "$ID"
    ct pause "$ID"
    ct update --pids-limit 11 "$ID"
    ok
    file_is pids.max 11
    ct resume "$ID"
    ct kill "$ID" KILL
    wait_status stopped
    ct update --pids-limit 12 "$ID"
    fails_with 'container not running'
}
