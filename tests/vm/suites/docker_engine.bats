#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# vm: lsm=none kernel=newest seconds=180
# docker restarted under a live container, a shim killed, many at once; nothing left of any.
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
