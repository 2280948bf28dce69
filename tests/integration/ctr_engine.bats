#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# vm: lsm=none kernel=newest seconds=70 only=the.systemd.driver
# Under containerd, called by ctr: its restart, a shim that is killed, both cgroup drivers, many at once. Nothing is left of any.
# shellcheck disable=SC2016,SC2154 # programs for shells; pid comes from task
load ../lib/common
load ../lib/containerd

AT_ONCE=8
[ -n "${CT_VM:-}" ] && MANY=20 || MANY=100

no_unit() { [ "$(systemctl show -P LoadState "cttest-$ID.scope")" = not-found ]; }
none_runs() { ! ctr tasks ls | grep -q RUNNING; }

@test "containerd is started anew under a running container" {
    task
    containerd_stop
    ! ended "$pid" || fail "it ended with containerd"
    containerd_start
    [ "$(pid_of_task "$ID")" = "$pid" ] || fail "$(ctr tasks ls)"
    c tasks exec --exec-id e1 "$ID" sh -c 'exit 5'
    exits 5
    c tasks kill --signal SIGKILL "$ID"
    ok
    eventually is_stopped
    c tasks delete "$ID"
    says 'exit code 137'
    c containers rm "$ID"
    ok
    nothing_left
}

@test "a shim is killed: containerd cleans up after it, and the container ends" {
    task
    kill -9 "$(shims)"
    eventually ended "$pid" || fail "the container lives"
    eventually is_stopped || fail "$(ctr tasks ls)"
    ctr_gone "$ID"
    nothing_left
    # and at once the same id again
    run --rm "$IMAGE" "$ID" true
    ok
    nothing_left
}

@test "a shim is killed while a container is paused" {
    task
    c tasks pause "$ID"
    ok
    kill -9 "$(shims)"
    eventually ended "$pid" || fail "the container lives"
    ctr_gone "$ID"
    nothing_left
}

@test "the systemd driver: a scope, its limits, and nothing left of the unit" {
    [ "$(cat /proc/1/comm)" = systemd ] || skip "no systemd here"
    task --runc-systemd-cgroup --cgroup "system.slice:cttest:$ID" --memory-limit 67108864
    [ "$(cgroup_of "$pid")" = "/system.slice/cttest-$ID.scope" ] || fail "$(cgroup_of "$pid")"
    [ "$(systemctl show -P MemoryMax "cttest-$ID.scope") $(cat "/sys/fs/cgroup/system.slice/cttest-$ID.scope/memory.max")" = '67108864 67108864' ]
    c tasks exec --exec-id e1 "$ID" true
    ok
    c tasks pause "$ID"
    ok
    c tasks resume "$ID"
    ok
    c tasks rm -f "$ID"
    ok
    c containers rm "$ID"
    nothing_left
    eventually no_unit || fail "the unit is left"
    # by the shim's own cleaning up, which does not say --systemd-cgroup
    task --runc-systemd-cgroup --cgroup "system.slice:cttest:$ID"
    kill -9 "$(shims)"
    eventually ended "$pid" || fail "the container lives"
    ctr_gone "$ID"
    nothing_left
    eventually no_unit || fail "the unit is left"
}

@test "many at the same time, each with ids of its own" {
    run_options "$RUNTIME"
    seq $MANY | timeout 500 xargs -P $AT_ONCE -I{} sh -c 'out=$1 tag=$2 && shift 2 && exec "$@" "$tag-{}" sleep 1000 >"$out/out{}" 2>&1 </dev/null' \
        sh "$T" "$CT_TAG" ctr --address "$CD/sock" --namespace "$CTR_NS" "${RUN[@]}" -d "$IMAGE" 3>&- 4>&- || fail "$(cat "$T"/out*)"
    for pid in $(ctr tasks ls | awk '/RUNNING/ {print $2}'); do cat "/proc/$pid/uid_map"; done >"$T/maps"
    [ "$(grep -cE '^ *0 +[1-9][0-9]{5,} +65536$' "$T/maps") $(sort -u "$T/maps" | wc -l)" = "$MANY $MANY" ] || fail "$(cat "$T/maps")"
    slots_are $((SLOTS + MANY))
    seq $MANY | timeout 500 xargs -P $AT_ONCE -I{} ctr --address "$CD/sock" --namespace "$CTR_NS" tasks kill --signal SIGKILL "$CT_TAG-{}" 3>&- 4>&- || fail "tasks kill"
    eventually none_runs || fail "$(ctr tasks ls)"
    seq $MANY | timeout 500 xargs -P $AT_ONCE -I{} ctr --address "$CD/sock" --namespace "$CTR_NS" tasks rm "$CT_TAG-{}" >"$T/rm" 2>&1 3>&- 4>&- || fail "tasks rm: $(grep -v 'exit code 137' "$T/rm")"
    ctr containers ls -q | grep "^$CT_TAG" | timeout 100 xargs ctr --address "$CD/sock" --namespace "$CTR_NS" containers rm 3>&- 4>&- >/dev/null || fail "containers rm"
    nothing_left
}
