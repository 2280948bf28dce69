#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# vm: lsm=apparmor kernel=newest seconds=100
# podman's limits in the host's cgroup files with each cgroup manager, what the kernel killed, and health checks by timer.
load ../../lib/common
load ../../lib/podman

# shellcheck disable=SC2154 # of podman.bash
limit() { cat "$(ct_cgroup_root)$(cgroup_of "$pid")/$1"; }

limits_with() { # MANAGER CGROUP-REGEX
    export PODMAN_MANAGER=$1
    pm_start a --memory 64m --pids-limit 33 --cpus 0.5
    [[ $(cgroup_of "$pid") =~ $2 ]] || fail "it is in $(cgroup_of "$pid")"
    [ "$(limit memory.max) $(limit pids.max) $(limit cpu.max)" = "67108864 33 50000 100000" ] || fail "$(limit memory.max) $(limit pids.max) $(limit cpu.max)"
    pm exec a sh -c 'i=0; while [ $i -lt 60 ]; do sleep 100 & i=$((i + 1)); done; wait'
    [ "$(limit pids.current)" -le 33 ]
    limit pids.events | grep -q '^max [1-9]' || fail "it never met the limit: $(limit pids.events)"
    pm stats --no-stream --format '{{.MemUsage}} {{.PIDs}}' a
    ok
    prints '67\.11MB'
    pm update --memory 128m a
    ok "update"
    [ "$(limit memory.max)" = 134217728 ] || fail "$(limit memory.max)"
    pm rm -f -t 0 a
    ok
    ended "$pid"
}
@test "limits with the systemd manager" { limits_with systemd '^/machine\.slice/libpod-[0-9a-f]*\.scope$'; }
@test "limits with the cgroupfs manager" { limits_with cgroupfs '^/libpod_parent/libpod-[0-9a-f]*$'; }

# With the systemd manager systemd may have removed the scope, and the kernel's counter with it, before conmon reads it: docs/engines.md.
@test "what takes more memory than its limit is killed, and podman says so" {
    export PODMAN_MANAGER=cgroupfs
    pm run --name hog --network none --memory 16m $PODMAN_IMAGE tail /dev/zero
    exits 137
    [ "$(said inspect -f '{{.State.OOMKilled}}' hog)" = true ]
}

@test "a health check by systemd's timer" {
    pm_start a --health-cmd 'test -e /etc/passwd' --health-interval 1s
    healthy() { [ "$(said inspect -f '{{.State.Health.Status}}' a)" = healthy ]; }
    eventually healthy || fail "$(said inspect -f '{{json .State.Health}}' a)"
}
