#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# vm: lsm=none kernel=newest
# docker restarted under live containers, shims killed, the cgroupfs driver, userns-remap, many at once; nothing left of any.
# shellcheck disable=SC2154,SC2016 # pid comes from up; programs for shells in containers
load ../../lib/common
load ../docker

MANY=12 AT_ONCE=4

is_exited() { [ "$(inspect '{{.State.Status}}')" = exited ]; }

@test "docker restarted under a live container, its shim killed after that" {
    up box sleep 1000
    systemctl restart docker
    [ "$(inspect '{{.State.Running}} {{.State.Pid}}')" = "true $pid" ] || fail "$(inspect '{{json .State}}')"
    d exec c1 sh -c 'exit 5'
    exits 5
    kill -9 "$(status_field "$pid" PPid)"
    eventually ended "$pid" || fail "the container lives"
    eventually is_exited || fail "$(inspect '{{json .State}}')"
    # and it can be started again
    d start c1
    ok
    d exec c1 true
    ok
    nothing_left
}

@test "many at once, each with ids of its own" {
    seq $MANY | timeout 600 xargs -P $AT_ONCE -I{} sh -c 'docker run --rm --name "many-{}" box cat /proc/self/uid_map >"$0/map{}" 2>&1 </dev/null' "$T" 3>&- || fail "$(cat "$T"/map*)"
    [ "$(cat "$T"/map* | grep -cE '^ *0 +[1-9][0-9]{5,} +65536$')" = $MANY ] || fail "$(cat "$T"/map*)"
    [ "$(sort -u "$T"/map* | wc -l)" = $MANY ] || fail "ids were given twice: $(sort "$T"/map* | uniq -d)"
    nothing_left
}

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
    d logs c1
    prints '^ *0 +100000 +65536$'
    prints 'localhost'
    d exec c1 sh -c 'stat -c %u /etc/passwd /data/x'
    [ "$(cat "$T/out")" = $'0\n0' ] || show "the owner of the image's files, and of the volume's"
    nothing_left
}
