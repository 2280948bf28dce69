#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# A user namespace that the engine brings, by path, with its mappings (hostUsers: false): joined as it is, after it was judged.
load ../lib/common

BASE=1500000000

setup() {
    need_root
    ct_setup
    make_bundle
    holders=
}
teardown() {
    [ -z "${holders:-}" ] || kill $holders 2>/dev/null || true
    [ -z "${T:-}" ] || ct_teardown
}

# A process in new namespaces that holds them, with maps: $holder is its pid.
hold() { # UNSHARE-OPTIONS [MAP]
    local map=${2-0 $BASE 65536}
    unshare "$1" sleep 1000 >/dev/null 2>&1 </dev/null 3>&- 4>&- &
    holder=$!
    holders+=" $holder"
    eventually in_other_userns "$holder" || fail "no user namespace"
    [ -z "$map" ] || { printf '%s\n' "$map" >"/proc/$holder/uid_map" && printf '%s\n' "$map" >"/proc/$holder/gid_map"; }
}
in_other_userns() { [ "$(readlink "/proc/$1/ns/user" 2>/dev/null)" != "$(readlink /proc/self/ns/user)" ] && [ "$(cat "/proc/$1/comm" 2>/dev/null)" = sleep ]; }
same_maps() { configure ".linux.uidMappings = [{\"containerID\": 0, \"hostID\": $BASE, \"size\": 65536}] | .linux.gidMappings = .linux.uidMappings"; }
use() { # PID
    configure --arg path "/proc/$1/ns/user" '.linux.namespaces |= (map(select(.type != "user")) + [{"type": "user", "path": $path}])'
}
use_net() { # PID
    configure --arg path "/proc/$1/ns/net" '.linux.namespaces |= (map(select(.type != "network")) + [{"type": "network", "path": $path}])'
}

@test "joined, with the mappings that it has; everything else belongs to the host" {
    hold -U
    use "$holder"
    same_maps
    start_container
    [ "$(ns_of "$pid" user)" = "$(ns_of "$holder" user)" ]
    [ "$(awk '{print $1, $2, $3}' "/proc/$pid/uid_map")" = "0 $BASE 65536" ]
    [ "$(status_field "$pid" Uid | cut -f1)" = "$BASE" ]
    [ "$(ns_of "$pid" net)" != "$(ns_of "$holder" net)" ]
    [ "$(stat -c %u "/proc/$pid/root/etc/passwd")" = "$BASE" ]
    [ "$(jq '.namespaces[] | select(.type == "user").ino' "$ROOT/$ID/state.json")" = "$(stat -L -c %i "/proc/$holder/ns/user")" ]
    as_strongest "$pid" mount sethostname umount=/proc
    probed_is "$T/out" mount EPERM
    probed_is "$T/out" sethostname EPERM
    probed_is "$T/out" umount=/proc EPERM
}

@test "without mappings in the configuration they are the namespace's" {
    hold -U
    use "$holder"
    configure 'del(.linux.uidMappings, .linux.gidMappings)'
    start_container
    [ "$(status_field "$pid" Uid | cut -f1)" = "$BASE" ]
}

@test "nesting is forbidden in it as in our own" {
    hold -U
    use "$holder"
    same_maps
    start_container
    as_strongest "$pid" unshare=user unshare=mnt
    probed_is "$T/out" unshare=user ENOSPC
    probed_is "$T/out" unshare=mnt ENOSPC
    # the zeros are in the namespace, for whoever is in it
    [ "$(nsenter -t "$holder" -U --preserve-credentials cat /proc/sys/user/max_user_namespaces)" = 0 ]
    [ "$(nsenter -t "$holder" -U --preserve-credentials cat /proc/sys/user/max_mnt_namespaces)" = 0 ]
}

@test "with the network namespace that the engine made in it" {
    hold -Un
    use "$holder"
    use_net "$holder"
    same_maps
    start_container
    [ "$(ns_of "$pid" user)" = "$(ns_of "$holder" user)" ]
    [ "$(ns_of "$pid" net)" = "$(ns_of "$holder" net)" ]
}

@test "a network namespace of another user namespace is not joined with it" {
    local first
    hold -U
    first=$holder
    hold -Un "0 $((BASE + 100000)) 65536"
    use "$first"
    use_net "$holder"
    same_maps
    create "$ID"
    fails_with 'CM-NS-JOIN'
    assert_gone "$ID"
}

@test "mappings that are not the namespace's are refused" {
    hold -U
    use "$holder"
    configure ".linux.uidMappings = [{\"containerID\": 0, \"hostID\": $((BASE + 1)), \"size\": 65535}] | .linux.gidMappings = .linux.uidMappings"
    create "$ID"
    fails_with 'CM-ID-PATH. /linux/uidMappings'
    try "$RUNTIME" check --format json "$BUNDLE"
    exits 3
    prints CM-ID-PATH
    assert_gone "$ID"
}

@test "one that reaches the host's ids, or has no maps, is refused whatever the configuration says" {
    hold -U '0 0 65536'
    use "$holder"
    same_maps
    create "$ID"
    fails_with 'CM-ID-HOST'
    configure 'del(.linux.uidMappings, .linux.gidMappings)'
    create "$ID"
    fails_with 'CM-ID-HOST'
    hold -U '0 1000 1'
    use "$holder"
    create "$ID"
    fails_with 'CM-ID-HOST'
    hold -U ''
    use "$holder"
    create "$ID"
    fails_with 'CM-ID-ROOT'
    assert_gone "$ID"
}

@test "one that an unprivileged user made is refused: it would be the container's master" {
    setpriv --reuid 61151 --regid 61151 --clear-groups unshare -U true 2>/dev/null || skip "this host does not let users make user namespaces"
    setpriv --reuid 61151 --regid 61151 --clear-groups unshare -U sleep 1000 >/dev/null 2>&1 </dev/null 3>&- 4>&- &
    holder=$!
    holders+=" $holder"
    eventually in_other_userns "$holder"
    printf '0 %s 65536\n' "$BASE" >"/proc/$holder/uid_map"
    printf '0 %s 65536\n' "$BASE" >"/proc/$holder/gid_map"
    use "$holder"
    same_maps
    create "$ID"
    fails_with 'CM-NS-JOIN. /linux/namespaces/[0-9]+/path: .*made by user 61151'
    assert_gone "$ID"
}

@test "another container's is refused" {
    start_container "$CT_TAG-2"
    use "$pid"
    configure 'del(.linux.uidMappings, .linux.gidMappings)'
    create "$ID"
    fails_with 'CM-NS-JOIN.*join its network as well'
    ct delete --force "$CT_TAG-2"
}

@test "two containers do not get the same ids by way of it" {
    hold -U
    use "$holder"
    same_maps
    start_container "$CT_TAG-2"
    create "$ID"
    fails_with 'CM-NS-JOIN.*join its network as well'
    assert_gone "$ID"
    ct delete --force "$CT_TAG-2"
    # the first container has sealed it: a network namespace must be there already
    create "$ID"
    fails_with 'bring the network namespace too'
    assert_gone "$ID"
    hold -Un
    use "$holder"
    use_net "$holder"
    start_container
    ct delete --force "$ID"
    start_container
}
