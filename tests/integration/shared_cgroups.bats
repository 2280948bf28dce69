#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Deleting or killing a container never touches another: no cgroup is shared, and none is taken for ours because of its name.
load ../lib/common

setup() {
    need_root
    ct_setup
    make_bundle
}

path_is() { configure --arg p "$1" '.linux.cgroupsPath = $p'; }
in_root() { # NAME ARGUMENTS…: with another state root
    local name=$1
    shift
    try "$RUNTIME" --root "$T/state-$name" "$@"
}
alive() { ! ended "$1" || fail "process $1 is gone"; }

@test "the same id below two state roots: the second is refused, the first lives" {
    start_container "$ID"
    in_root b create --bundle "$BUNDLE" "$ID"
    fails_with "container's cgroup is not empty"
    in_root b delete --force "$ID"
    alive "$pid"
    kill -KILL "$pid"
    wait_status stopped
    in_root b create --bundle "$BUNDLE" "$ID"
    fails_with "cgroup /([^ ]*/)?$ID exists already"
    ct delete "$ID"
    ok
    in_root b create --bundle "$BUNDLE" "$ID"
    ok
    in_root b delete --force "$ID"
    ok
}

@test "one cgroupsPath, many creates at once: exactly one wins" {
    path_is "/$CT_TAG/one"
    seq 1 12 | xargs -P 4 -I{} sh -c '"$0" --root "$1" create --bundle "$2" "$3-p{}" >/dev/null 2>>"$4" </dev/null 3>&- && echo won || true' \
        "$RUNTIME" "$ROOT" "$BUNDLE" "$CT_TAG" "$T/errors" >"$T/won"
    [ "$(wc -l <"$T/won")" = 1 ] || fail "$(wc -l <"$T/won") winners"
    [ "$(grep -vcE 'cgroup|not enforced' "$T/errors")" = 0 ] || fail "$(cat "$T/errors")"
    local id
    for id in $("$RUNTIME" --root "$ROOT" list -q 3>&-); do
        ct delete --force "$id"
    done
    [ -z "$(ct_cgroups)" ] || fail "$(ct_cgroups)"
}

@test "no container is made below another's cgroup" {
    path_is "/$CT_TAG/a"
    start_container "$ID"
    path_is "/$CT_TAG/a/nested"
    create "$CT_TAG-2"
    fails_with "cgroup of another container is above /$CT_TAG/a"
    alive "$pid"
    path_is "/$CT_TAG"
    create "$CT_TAG-2"
    fails_with "container's cgroup is not empty"
    alive "$pid"
}

@test "an existing empty cgroup is not taken over" {
    local dir
    dir=$(ct_cgroup_root)/$CT_TAG.slice
    mkdir "$dir"
    path_is "/$CT_TAG.slice"
    create "$ID"
    fails_with "cgroup /$CT_TAG.slice exists already; remove it or choose another cgroupsPath"
    [ -d "$dir" ]
    [ ! -e "$ROOT/$ID" ]
    rmdir "$dir"
}

@test "a cgroup that took the place of ours is neither killed nor removed" {
    start_container "$ID"
    local dir other
    dir=$(ct_cgroup_root)$(cgroup_of "$pid")
    kill -KILL "$pid"
    wait_status stopped
    eventually rmdir "$dir"
    mkdir "$dir"
    sleep 1000 3>&- 4>&- &
    other=$!
    echo $other >"$dir/cgroup.procs"
    ct kill --all "$ID" KILL
    ok
    alive $other
    ct delete --force "$ID"
    ok
    alive $other
    [ -d "$dir" ]
    kill $other
    wait $other || true
    eventually rmdir "$dir"
}

@test "directories made above the cgroup go with it, used ones stay" {
    path_is "/$CT_TAG/x/y"
    start_container "$ID"
    path_is "/$CT_TAG/z"
    create "$CT_TAG-2"
    ok
    ct delete --force "$ID"
    ok
    [ -d "$(ct_cgroup_root)/$CT_TAG/z" ]
    [ ! -e "$(ct_cgroup_root)/$CT_TAG/x" ] || fail "the parent is left"
    ct delete --force "$CT_TAG-2"
    ok
    [ ! -e "$(ct_cgroup_root)/$CT_TAG" ] || fail "the parent that the first one made did not go with the last"
    path_is "/$CT_TAG/x/y"
    set_args /bin/true
    ct run --bundle "$BUNDLE" "$ID"
    ok
    [ -z "$(ct_cgroups)" ] || fail "$(ct_cgroups)"
}

@test "a create killed after it made its cgroup does not keep its id or its cgroup from being used" {
    need_test_build
    path_is "/$CT_TAG-leaf"
    local step
    for step in cgroup barrier spawn wait-ready; do
        CASEMATE_TEST_KILL_AT=$step try "$RUNTIME_TEST" --root "$ROOT" create --bundle "$BUNDLE" "$ID"
        [ "$status" = 137 ] || show "$step: not killed"
        create "$ID"
        ok "after $step"
        ct delete --force "$ID"
        ok
    done
}
