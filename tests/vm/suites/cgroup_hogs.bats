#!/usr/bin/env bats
# vm: lsm=none kernel=newest seconds=50
# SPDX-License-Identifier: LGPL-2.1-or-later
# Containers that take all they can: of memory, of a tmpfs, of the CPU, of the disk. Each is held, by what the host's files say, and the host answers meanwhile.
load ../../lib/common
load ../../lib/cgroups

setup() { cgroup_setup cpu io memory pids; }
stat_of() { awk -v k="$2" '$1 == k {print $2}' "$(cgroup_dir)/$1"; } # FILE KEY
host_answers() {
    [ "$(/bin/echo here)" = here ] && [ "$(awk '$1 == "MemAvailable:" {print $2}' /proc/meminfo)" -gt 262144 ]
}
grows() { [ "$(stat_of "$1" "$2")" -gt "${3:-0}" ]; }

@test "memory: the hog and all that is with it end, and nothing else does" {
    resources '{"memory": {"limit": 33554432}}'
    set_args /bin/sh -c 'sleep 1000 & exec dd if=/dev/zero of=/dev/null bs=512M count=1'
    start_container "$ID"
    wait_status stopped
    grows memory.events oom_kill
    [ "$(stat_of memory.events oom_group_kill)" = 1 ]
    [ "$(file memory.peak)" -le 33554432 ]
    [ -z "$(file cgroup.procs)" ]
    host_answers
}

@test "a tmpfs counts as memory, and is bounded itself" {
    resources '{"memory": {"limit": 33554432}}'
    set_args /bin/sh -c 'dd if=/dev/zero of=/dev/shm/x bs=1M; sleep 1000'
    start_container "$ID"
    wait_status stopped
    [ "$(file memory.peak)" -le 33554432 ]
    host_answers
    ct delete "$ID"
    # with the memory that is the default it comes to the end of the file system
    resources '{}'
    start_container "$ID"
    eventually grows memory.stat shmem 60000000 || fail "it is not full: $(stat_of memory.stat shmem)"
    [ "$(status_of)" = running ] || fail "it ended"
    [ "$(stat_of memory.stat shmem)" -le 67108864 ]
    host_answers
}

@test "CPU: as many as there are, and more" {
    resources '{"cpu": {"quota": 20000}, "pids": {"limit": 20}}'
    set_args /bin/sh -c 'for i in 1 2 3 4 5 6 7 8; do (while :; do :; done) & done; wait'
    start_container "$ID"
    eventually grows cpu.stat nr_throttled 2
    host_answers
    ct exec "$ID" /bin/true
    ok "a command in it"
}

@test "disk: reads wait for their turn" {
    resources '{"blockIO": {"throttleReadBpsDevice": [{"major": '"$MAJOR"', "minor": '"$MINOR"', "rate": 262144}]}}'
    dd if=/dev/urandom of="$BUNDLE/rootfs/home/file" bs=1M count=4 2>/dev/null
    sync
    set_args /bin/sh -c 'while :; do dd if=/home/file of=/dev/null bs=256k iflag=direct 2>/dev/null || exit 1; done'
    start_container "$ID"
    eventually eval '[ "$(sed -n "s/^some .*total=//p" "$(cgroup_dir)/io.pressure")" -gt 100000 ]' || fail "nothing waits: $(file io.pressure; file io.stat)"
    [ "$(status_of)" = running ]
    head -c 1M "$BUNDLE/rootfs/bin/busybox" >/dev/null
    host_answers
}
