#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Every container has a range of host ids to itself, far from the host's own.
load ../lib/common

setup() {
    need_root
    ct_setup
    make_bundle
}

# The host ranges of a process: "start count" per line, users and groups together.
ranges() { awk '{print $2, $3}' "/proc/$1/uid_map" "/proc/$1/gid_map"; }

@test "no id of the host below 65536 is mapped, whatever namespaces the config lists" {
    local config
    for config in . '.linux.namespaces |= map(select(.type != "user"))' '.linux.namespaces |= (map(select(.type != "user")) + [{"type": "user"}])'; do
        configure "$config | del(.linux.uidMappings, .linux.gidMappings)"
        start_container "$ID"
        awk '$1 < 65536 {bad = 1} END {exit NR < 2 || bad}' <(ranges "$pid") || fail "$(ranges "$pid")"
        [ "$(awk '{print $1}' "/proc/$pid/uid_map" | head -1)" = 0 ]
        [ "$(stat -c %u "/proc/$pid/root/tmp" 2>/dev/null)" != "" ]
        [ "$(status_field "$pid" Uid | cut -f1)" -ge 65536 ]
        ct delete --force "$ID"
        ok
    done
}

@test "maps that the config brings are used as they are" {
    configure '.linux.namespaces |= (map(select(.type != "user")) + [{"type": "user"}])
        | .linux.uidMappings = [{"containerID": 0, "hostID": 3000000, "size": 65536}] | .linux.gidMappings = .linux.uidMappings'
    start_container
    [ "$(awk '{print $1, $2, $3}' "/proc/$pid/uid_map")" = "0 3000000 65536" ]
    create "$CT_TAG-2"
    fails_with 'CM-|/linux/uidMappings|overlap|in use'
    ct delete --force "$ID"
    start_container "$CT_TAG-3"
    ok "the range is free again"
}

@test "two containers never share an id" {
    start_container "$ID"
    local first=$pid
    start_container "$CT_TAG-2"
    [ -z "$(comm -12 <(ranges "$first" | sort -u) <(ranges "$pid" | sort -u))" ]
}

@test "200 containers created two at a time have 200 ranges" {
    local n=200 i
    configure '.linux.maskedPaths = .linux.maskedPaths' # as the default is
    seq 1 $n | timeout 240 xargs -P 2 -I{} sh -c \
        '"$0" --root "$1" create --bundle "$2" "$3-p{}" >/dev/null 2>>"$4" </dev/null 3>&- 4>&-' "$RUNTIME" "$ROOT" "$BUNDLE" "$CT_TAG" "$T/errors" || fail "$(head -5 "$T/errors")"
    for ((i = 1; i <= n; i++)); do
        awk '{print $2, $3}' "/proc/$(pid_of "$CT_TAG-p$i")/uid_map"
    done >"$T/ranges"
    [ "$(wc -l <"$T/ranges")" = $n ]
    [ "$(sort -u "$T/ranges" | wc -l)" = $n ] || fail "ranges given twice: $(sort "$T/ranges" | uniq -d | head)"
    sort -n "$T/ranges" | awk '$1 < 65536 || $1 < end {bad = 1; print "overlaps: " $0} {end = $1 + $2} END {exit bad}'
    "$RUNTIME" --root "$ROOT" list -q 3>&- | timeout 120 xargs -P 2 -I{} "$RUNTIME" --root "$ROOT" delete --force {} 3>&-
    assert_no_residue
}

@test "a hundred creates of one id at once: exactly one wins" {
    seq 1 100 | xargs -P 8 -I{} sh -c '"$0" --root "$1" create --bundle "$2" "$3" >/dev/null 2>>"$4" </dev/null 3>&- && echo won || true' \
        "$RUNTIME" "$ROOT" "$BUNDLE" "$ID" "$T/errors" >"$T/won"
    [ "$(wc -l <"$T/won")" = 1 ] || fail "$(cat "$T/won") winners; $(sort "$T/errors" | uniq -c | head)"
    [ "$(grep -vcE 'already exists|lock|holds|another' "$T/errors")" = 0 ] || fail "$(sort "$T/errors" | uniq -c)"
    [ "$(status_of)" = created ]
}

@test "a range is not given to the next container at once" {
    start_container "$ID"
    local first
    first=$(ranges "$pid" | head -1)
    ct delete --force "$ID"
    start_container "$CT_TAG-2"
    [ "$(ranges "$pid" | head -1)" != "$first" ]
}

@test "files of the image belong to the container's users" {
    chown 1000:1000 "$BUNDLE/rootfs/home"
    touch "$BUNDLE/rootfs/etc/mine"
    chmod 600 "$BUNDLE/rootfs/etc/mine"
    run_inside 'stat -c "%u:%g %n" / /etc/mine /home /bin/busybox; cat /etc/mine && echo readable'
    ok
    prints '^0:0 /$'
    prints '^0:0 /etc/mine$'
    prints '^1000:1000 /home$'
    prints '^readable$'
}
