#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# vm: lsm=none kernel=newest seconds=80
# docker set up otherwise: the cgroupfs driver, userns-remap. Nothing is left of its containers.
# shellcheck disable=SC2154 # pid comes from up
load ../../lib/common
load ../docker
setup_file() { :; } # each test starts docker with settings of its own

@test "the cgroupfs driver: limits, update and nothing left" {
    docker_begin '. + {"exec-opts": ["native.cgroupdriver=cgroupfs"]}'
    [ "$(docker info -f '{{.CgroupDriver}}')" = cgroupfs ]
    up --memory 64m --pids-limit 50 box sleep 1000
    [[ "$(cgroup_of "$pid")" == /docker/* ]] || fail "$(cgroup_of "$pid")"
    has memory.max=67108864 pids.max=50
    d update --memory 96m --memory-swap 96m c1
    ok
    has memory.max=100663296
    d pause c1
    ok && grep -q 'frozen 1' "$CG/cgroup.events"
    d unpause c1
    ok
    nothing_left
}

@test "userns-remap: the daemon's mapping is the container's" {
    docker_begin '. + {"userns-remap": "1000:1000"}'
    up -v named:/data box sh -c 'touch /data/x; cat /proc/self/uid_map /etc/hosts; exec sleep 1000'
    [ "$(status_field "$pid" Uid | cut -f1)" = 100000 ] || fail "$(status_field "$pid" Uid)"
    written() { d logs c1 && grep -q localhost "$T/out"; }
    eventually written || show "the log"
    prints '^ *0 +100000 +65536$'
    d exec c1 sh -c 'stat -c %u /etc/passwd /data/x'
    [ "$(cat "$T/out")" = $'0\n0' ] || show "the owner of the image's files, and of the volume's"
    nothing_left
}
