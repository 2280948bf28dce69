#!/usr/bin/env bats
# vm: lsm=none kernel=newest seconds=70
# SPDX-License-Identifier: LGPL-2.1-or-later
# The place of a container's cgroup: controllers on the way, places where none can be, what is there already, and that nothing of it is the container's.
load ../../lib/common
load ../../lib/cgroups

setup() {
    cgroup_setup cpu cpuset io memory pids
    ABOVE=$CG_TOP/$CT_TAG-above
    OTHER=
}
teardown() {
    [ -z "$OTHER" ] || kill "$OTHER" || true
    [ -z "$OTHER" ] || wait "$OTHER" 2>/dev/null || true
    find "$ABOVE" -depth -type d -exec rmdir {} \; 2>/dev/null || true
    ct_teardown
}
sleeps_in() { # DIR: somebody else's process
    sleep 1000 3>&- &
    OTHER=$!
    echo "$OTHER" >"$1/cgroup.procs"
}

@test "controllers are switched on level by level, not for the container's own cgroup, and new directories go with it" {
    cgroup_path "/$CT_TAG-above/pod/box"
    resources '{"memory": {"limit": 67108864}, "cpu": {"shares": 512, "cpus": "0"}, "blockIO": {"weight": 100}}'
    create "$ID"
    ok
    local dir name
    for dir in "$CG_TOP" "$ABOVE" "$ABOVE/pod"; do
        for name in cpu cpuset io memory pids; do
            grep -qw "$name" "$dir/cgroup.subtree_control" || fail "$dir lacks $name"
        done
    done
    [ -z "$(cat "$ABOVE/pod/box/cgroup.subtree_control")" ]
    [ "$(cat "$ABOVE/pod/memory.max")" = max ] || fail "limits were written above the container"
    ct delete --force "$ID"
    ok
    [ ! -e "$ABOVE" ] || fail "directories that were made for it are left"
    # the same when a limit is refused by the kernel
    configure '.linux.resources.cpu.quota = 1'
    create "$ID"
    fails_with /linux/resources/cpu/quota
    [ ! -e "$ABOVE" ] || fail "directories are left after the failure"
}

@test "systemd takes controllers away from its slices, and limits with them: said at once and seen by check; not from a place of its own" {
    resources '{"memory": {"limit": 67108864}, "cpu": {"quota": 20000}}'
    cgroup_path "/system.slice/$CT_TAG-1"
    create "$ID"
    ok
    says 'not enforced on this host: .*limits of cpu for long: systemd takes these controllers away from /system.slice at its next reload; use --systemd-cgroup'
    cgroup_path "/$CT_TAG-above/box"
    create "$CT_TAG-2"
    ok
    ! grep -q 'for long' "$T/err" || show "nothing is taken away there"
    systemctl daemon-reload
    systemd-run --quiet --wait true
    [ "$(cat "$ABOVE/box/cpu.max" "$ABOVE/box/memory.max" | tr '\n' ' ')" = '20000 100000 67108864 ' ] || fail "$(snapshot "$ABOVE/box")"
    ct check --container "$CT_TAG-2"
    ok
    ct delete --force "$CT_TAG-2"
    # the other one's: what systemd uses itself stays
    [ "$(cat "$CG_TOP/system.slice/$CT_TAG-1/memory.max")" = 67108864 ]
    [ ! -e "$CG_TOP/system.slice/$CT_TAG-1/cpu.max" ] || skip "this systemd leaves the controllers"
    ct check --container "$ID"
    [ "$status" != 0 ] || show "check sees nothing"
    prints 'limit cpu.max .*nothing, recorded 20000 100000'
    # and an update switches them on again
    ct update --cpu-quota 30000 "$ID"
    ok
    [ "$(cat "$CG_TOP/system.slice/$CT_TAG-1/cpu.max")" = '30000 100000' ]
}

@test "a parent that holds processes cannot give controllers: limit, controller and remedy are named" {
    mkdir "$ABOVE"
    sleeps_in "$ABOVE"
    cgroup_path "/$CT_TAG-above/box"
    resources '{"memory": {"limit": 67108864}}'
    create "$ID"
    fails_with '/linux/resources/memory/limit: cannot set memory.max to .*67108864.*: controller .*memory.* is not enabled in cgroup /[^ ]*; enable it in cgroup.subtree_control of the cgroups above it, where none but the root may hold processes'
    resources '{"unified": {"memory.high": "1000000"}}'
    create "$ID"
    fails_with 'controller .*memory.* not available in cgroup|controller .*memory.* is not enabled'
    [ "$(cat "$ABOVE/cgroup.type")" = domain ] || fail "it was made the root of a threaded subtree"
    [ -z "$(cat "$ABOVE/cgroup.subtree_control")" ]
    [ "$(find "$ABOVE" -mindepth 1 -type d)" = "" ] || fail "a cgroup is left"
    kill -0 "$OTHER"
}

@test "threaded cgroups: neither in one, nor beside one" {
    mkdir -p "$ABOVE/threads"
    echo threaded >"$ABOVE/threads/cgroup.type"
    [ "$(cat "$ABOVE/cgroup.type")" = "domain threaded" ]
    local place
    for place in box threads/box; do
        cgroup_path "/$CT_TAG-above/$place"
        create "$ID"
        fails_with "cgroup /$CT_TAG-above/$place is of type .*domain invalid.*: threaded mode is in use there"
        [ ! -e "$ABOVE/$place" ] || fail "$place is left"
    done
    [ "$(cat "$ABOVE/threads/cgroup.type")" = threaded ]
}

@test "a cgroup that is there already is refused: with processes, frozen, or empty; so is one below a frozen one" {
    mkdir "$ABOVE"
    cgroup_path "/$CT_TAG-above"
    create "$ID"
    fails_with "cgroup /$CT_TAG-above exists already"
    sleeps_in "$ABOVE"
    create "$ID"
    fails_with "container's cgroup is not empty: 1 process"
    kill "$OTHER"
    wait "$OTHER" || true
    OTHER=
    echo 1 >"$ABOVE/cgroup.freeze"
    create "$ID"
    fails_with "container's cgroup unexpectedly frozen"
    cgroup_path "/$CT_TAG-above/box"
    create "$ID"
    fails_with "container's cgroup unexpectedly frozen"
    [ -z "$(find "$ABOVE" -mindepth 1 -type d)" ]
    echo 0 >"$ABOVE/cgroup.freeze"
    create "$ID"
    ok
    ct delete --force "$ID"
    ok
}

@test "no room for a cgroup: the file that says so is named" {
    mkdir "$ABOVE"
    echo 0 >"$ABOVE/cgroup.max.descendants"
    cgroup_path "/$CT_TAG-above/box"
    create "$ID"
    fails_with 'cgroup.max.descendants or cgroup.max.depth of a cgroup above is reached'
}

@test "nothing of the cgroup is the container's, whatever its configuration says: it is not delegated" {
    configure '.process.user = {uid: 1000, gid: 1000}
        | .mounts |= map(if .destination == "/sys/fs/cgroup" then .options = ["nosuid", "noexec", "nodev", "rw"] else . end)
        | if any(.mounts[]; .destination == "/sys/fs/cgroup") then . else .mounts += [{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["rw"]}] end'
    start_container "$ID"
    CG=$(cgroup_dir)
    [ -z "$(find "$CG" ! -user 0)" ] || fail "$(find "$CG" ! -user 0)"
    has_word "$(mount_flags "$pid" /sys/fs/cgroup)" ro
    local before script
    before=$(snapshot "$CG")
    # also root of the container, and not only because the mount is read-only
    # shellcheck disable=SC2016 # for the shell in the container
    script='cd /sys/fs/cgroup || exit 3; echo max >pids.max && exit 1; echo 1 >cgroup.freeze && exit 1; echo $$ >cgroup.procs && exit 1; mkdir x && exit 1; exit 0'
    ct exec "$ID" /bin/sh -c "$script"
    ok
    ct exec --user 0:0 "$ID" /bin/sh -c "$script"
    ok
    [ "$(snapshot "$CG")" = "$before" ]
    ct delete --force "$ID"
    configure '.annotations = {"run.oci.delegate-cgroup": "x"}'
    create "$ID"
    fails_with 'CM-ANNOTATION'
}

@test "exec: into a cgroup below the container's, never beside it; controllers below it are named" {
    resources '{"memory": {"limit": 67108864}}'
    start_container "$ID"
    CG=$(cgroup_dir)
    mkdir "$CG/sub"
    ct exec --cgroup sub "$ID" /bin/cat /proc/self/cgroup
    ok
    prints '^0::/sub$'
    for bad in ../x /.. sub/.. "sub/../../x" cpu:sub; do
        ct exec --cgroup "$bad" "$ID" /bin/true
        exits 255
        says 'bad sub cgroup path|unknown controller'
    done
    ct exec --cgroup none "$ID" /bin/true
    exits 255
    says 'none below the container'
    # init goes down, so that controllers can be switched on: from now on no process may be born in the container's own
    mkdir "$CG/init"
    echo "$pid" >"$CG/init/cgroup.procs"
    echo +memory >"$CG/cgroup.subtree_control"
    ct exec "$ID" /bin/true
    exits 255
    says 'the container has cgroups with controllers below its own: name one of them with --cgroup: Device or resource busy'
    ct exec --cgroup init "$ID" /bin/cat /proc/self/cgroup
    ok
    ct delete --force "$ID"
    ok
    [ ! -e "$CG" ]
}
