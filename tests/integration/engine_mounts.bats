#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# The bind mounts of real engines (tests/data/engine-mounts.json: podman 5.4, docker 26.1, containerd 1.7 by ctr and as Kubernetes' engine) through `check`: what
# kubelet and the engine made is mounted, hostPaths, laundered or not, and the host's own things are refused, and nothing else.
load ../lib/common

CASES=$CT_TOP/tests/data/engine-mounts.json

setup() {
    need_root
    ct_setup
    make_bundle
    cp "$BUNDLE/config.json" "$T/good.json"
    mkdir -m 755 "$T/policy" "$T/trees"
    echo '{"version": 1}' >"$T/policy/policy.json"
    BELOW=
    CT_OWN_CGROUPS=()
}
teardown() {
    local i
    for ((i = ${#CT_OWN_CGROUPS[@]} - 1; i >= 0; i--)); do rmdir "${CT_OWN_CGROUPS[i]}"; done
    ct_teardown
}

names() { jq -r '.[].name' "$CASES"; }
of_case() { jq -r --arg name "$1" ".[] | select(.name == \$name) | $2" "$CASES"; }

# The cgroup of the pod's sandbox, which is running when the engine creates a container of the pod.
make_sandbox_cgroup() { # NAME
    local sandbox path=$(of_case "$1" .cgroupsPath) at=/sys/fs/cgroup slice so_far='' part
    sandbox=$(of_case "$1" '.annotations["io.kubernetes.cri.sandbox-id"] // ""')
    [ -n "$sandbox" ] || return 0
    case $path in
    *:*:*)
        slice=${path%%.slice:*}
        for part in ${slice//-/ }; do
            so_far=$so_far${so_far:+-}$part
            at=$at/$so_far.slice
            make_cgroup "$at" || return 1
        done
        make_cgroup "$at/cri-containerd-$sandbox.scope"
        ;;
    *)
        for part in $(dirname "$path" | tr / ' ') "$sandbox"; do
            at=$at/$part
            make_cgroup "$at" || return 1
        done
        ;;
    esac
}
make_cgroup() {
    [ ! -d "$1" ] || return 0
    mkdir "$1" 2>/dev/null || skip "no cgroup can be made in /sys/fs/cgroup"
    CT_OWN_CGROUPS+=("$1")
}
in_trees() { # NAME COMMAND…
    local name=$1
    shift
    cp "$T/good.json" "$BUNDLE/config.json"
    try unshare -m --propagation private "$CT_TOP/tests/lib/engine-trees" "$CASES" "$name" "$BUNDLE" "$BELOW" \
        "$CT_TOP/tests/lib/with-policy" "$T/etc" "$T/policy" "$@"
}
# "SOURCE CODE" of every refused mount.
refused() {
    jq -r --slurpfile config "$BUNDLE/config.json" '.refusals[] | select(.field | startswith("/mounts/")) | "\($config[0].mounts[.field | split("/")[2] | tonumber].source) \(.code)"' \
        "$T/out" | sort
}
check_case() { # NAME
    local want
    make_sandbox_cgroup "$1" || return 1
    in_trees "$1" "$RUNTIME" --root "$ROOT" check --format json "$BUNDLE"
    [ "$status" -ge 2 ] || [ "$status" = 0 ] || show "$1" || return 1
    want=$(of_case "$1" '.refused | to_entries[] | .key as $source | .value | split(" ")[] | "\($source) \(.)"' | sort)
    if [ -n "$BELOW" ]; then want=${want//\/var\/lib\/kubelet/$BELOW/kubelet}; fi
    [ "$(refused)" = "$want" ] || show "$1: refused should be: $want" || return 1
}

@test "every engine's own, at the real places" {
    local name
    while read -r name; do check_case "$name" || return 1; done < <(names)
}

@test "every engine's own, where mounts.roots says" {
    local name
    BELOW=$T/trees
    jq -n --arg below "$BELOW" '{version: 1, mounts: {roots: (["kubelet", "containerdRoot", "containerdState", "containersStorage", "containersRun", "docker"] | map({key: ., value: "\($below)/\(.)"}) | from_entries)}}' \
        >"$T/policy/policy.json"
    # /tmp is everybody's, so the way to a tree below it is no way for kubelet's
    make_sandbox_cgroup "pod volumes"
    in_trees "pod volumes" "$RUNTIME" --root "$ROOT" check --format json "$BUNDLE"
    [ -n "$(refused)" ] && ! refused | grep -qv ' CM-MOUNT-WAY$' || show "a way through /tmp" || return 1
    rm -rf "$BELOW"
    BELOW=/srv/casemate-trees
    sed -i "s|$T/trees|$BELOW|g" "$T/policy/policy.json"
    # shellcheck disable=SC2016
    while read -r name; do
        make_sandbox_cgroup "$name" || return 1
        cp "$T/good.json" "$BUNDLE/config.json"
        try unshare -m --propagation private sh -c 'mount -t tmpfs -o mode=755 srv /srv && mkdir "$0" && exec "$@"' "$BELOW" \
            "$CT_TOP/tests/lib/engine-trees" "$CASES" "$name" "$BUNDLE" "$BELOW" "$CT_TOP/tests/lib/with-policy" "$T/etc" "$T/policy" \
            "$RUNTIME" --root "$ROOT" check --format json "$BUNDLE"
        want=$(of_case "$name" '.refused | to_entries[] | .key as $source | .value | split(" ")[] | "\($source) \(.)"' | sort)
        want=${want//\/var\/lib\/kubelet/$BELOW/kubelet}
        [ "$(refused)" = "$want" ] || show "$name: refused should be: $want" || return 1
    done < <(names)
}

@test "without the classes all of it is refused" {
    local name n
    echo '{"version": 1, "mounts": {"classes": ["none"]}}' >"$T/policy/policy.json"
    while read -r name; do
        in_trees "$name" "$RUNTIME" --root "$ROOT" check --format json "$BUNDLE"
        n=$(of_case "$name" '.mounts | length')
        [ "$(refused | cut -d' ' -f1 | sort -u | wc -l)" = "$n" ] || show "$name: $n mounts should be refused" || return 1
    done < <(names)
}

@test "strict: named volumes stay out, the rest comes in" {
    echo '{"version": 1, "level": "strict"}' >"$T/policy/policy.json"
    make_sandbox_cgroup "pod volumes"
    in_trees "docker volume" "$RUNTIME" --root "$ROOT" check --format json "$BUNDLE"
    [ "$(refused | sed 's/ .*//' | tr '\n' ' ')" = "/srv/data /var/lib/docker/volumes/named/_data " ] || show "docker" || return 1
    in_trees "pod volumes" "$RUNTIME" --root "$ROOT" check --format json "$BUNDLE"
    [ -z "$(refused)" ] || show "a pod"
}

@test "create says what check says" {
    local name checked created
    for name in "podman volume" "pod hostPath subPath" "ctr net-host"; do
        in_trees "$name" "$RUNTIME" --root "$ROOT" check --format json "$BUNDLE"
        checked=$(jq -r '.refusals[] | "[\(.code)] \(.field): \(.message)"' "$T/out")
        id=$(of_case "$name" '.cgroupsPath | sub(".*[:/]"; "")')
        in_trees "$name" "$RUNTIME" --root "$ROOT" --log "$T/log" --log-format json create --bundle "$BUNDLE" "$id"
        [ "$status" = 1 ] || show "$name" || return 1
        created=$(jq -rs 'map(select(.level == "error"))[-1].msg' "$T/log")
        while read -r line; do
            case $created in *"$line"*) ;; *) fail "$name: create does not say: $line; but: $created" || return 1 ;; esac
        done <<<"$checked"
        rm -f "$T/log"
    done
}
