#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Called by an engine that is root of a user namespace of its own, as podman without privilege is: the ids of that namespace may be dealt out as the engine wants (--userns=keep-id).
load ../lib/common

USER_ID=61151 SUB_START=1800000000

setup() {
    ct_setup_unprivileged $USER_ID $SUB_START
    configure '.linux.namespaces |= (map(select(.type != "user")) + [{"type": "user"}])'
    # 0 is the user there, 1 to 65535 are subordinate ids
    "${UNPRIVILEGED[@]}" unshare --user --map-root-user --map-auto --mount sleep 1000 >/dev/null 2>"$T/said" 3>&- 4>&- &
    ENGINE=$!
    there() { [ "$(tr -s ' ' <"/proc/$ENGINE/uid_map" | tr '\n' ';')" = " 0 $USER_ID 1; 1 $SUB_START 65535;" ] && [ "$(cat "/proc/$ENGINE/comm")" = sleep ]; }
    eventually there || skip "unshare does not map subordinate ids: $(cat "$T/said" "/proc/$ENGINE/uid_map")"
    UNPRIVILEGED=(nsenter --user --mount --target $ENGINE -- env -i "PATH=$PATH" HOME=/ "XDG_RUNTIME_DIR=$T/xdg")
}
teardown() {
    local status=0
    ct_teardown_unprivileged || status=1
    [ -z "${ENGINE:-}" ] || kill "$ENGINE"
    return $status
}

map() { # {containerID, hostID, size}…, for users and groups
    configure ".linux.uidMappings = [$1] | .linux.gidMappings = .linux.uidMappings"
}
KEEP_ID='{containerID: 0, hostID: 1, size: 1000}, {containerID: 1000, hostID: 0, size: 1}, {containerID: 1001, hostID: 1001, size: 64535}'
the_pid() { "${UNPRIVILEGED[@]}" "$T/casemate" state "$ID" 3>&- | jq -r .pid; }

@test "the user's own id stays what it is, and root is a subordinate id" {
    map "$KEEP_ID"
    set_args /bin/sh -c 'id -u; sleep 1000'
    rl run --detach --bundle "$BUNDLE" "$ID"
    ok
    local pid
    pid=$(the_pid)
    [ "$(tr -s ' ' <"/proc/$pid/uid_map" | tr '\n' ';')" = " 0 $SUB_START 1000; 1000 $USER_ID 1; 1001 $((SUB_START + 1000)) 64535;" ] || fail "$(cat "/proc/$pid/uid_map")"
    [ "$(status_field "$pid" Uid | cut -f1)" = $USER_ID ] || fail "$(status_field "$pid" Uid)"
    [ "$(status_field "$pid" CapEff)" = 0000000000000000 ] && [ "$(status_field "$pid" NoNewPrivs)" = 1 ]
    "${UNPRIVILEGED[@]}" "$T/casemate" check --container "$ID" 3>&-
    rl exec "$ID" id -u
    prints '^1000$'
    rl exec --user 0:0 "$ID" id -u
    prints '^0$'
}

# Who is uid 1000 there is, for the kernel, the root of the engine's namespace: it owns the namespaces, and is in none that they belong to.
@test "neither root nor the user's own id gets at what the engine's namespace owns" {
    map "$KEEP_ID"
    rl run --detach --bundle "$BUNDLE" "$ID"
    ok
    as_strongest "$(the_pid)" mount=tmpfs mount=proc bind remount-root umount=/proc fsopen open_tree sethostname unshare=user unshare=mnt nested-mount write-back=/proc/sys/kernel/msgmax
    ok
    local op
    for op in mount=tmpfs mount=proc bind remount-root umount=/proc fsopen open_tree sethostname; do
        probed_is "$T/out" $op EPERM
    done
    probed_is "$T/out" unshare=user ENOSPC
    probed_is "$T/out" unshare=mnt ENOSPC
    probed_is "$T/out" nested-mount ENOSPC
    probed_is "$T/out" write-back=/proc/sys/kernel/msgmax 'EROFS|EACCES|EPERM'
    rl exec "$ID" /bin/probe mount=tmpfs umount=/proc sethostname unshare=user open-w=/proc/sys/kernel/msgmax open-w=/proc/sysrq-trigger create=/file foreign-pids
    ok
    for op in mount=tmpfs umount=/proc sethostname unshare=user open-w=/proc/sys/kernel/msgmax open-w=/proc/sysrq-trigger create=/file; do
        [ "$(probed "$T/out" $op)" != OK ] || show "$op worked"
    done
}

@test "control: root of the engine's namespace itself may mount" {
    try "${UNPRIVILEGED[@]}" "$CT_HELPERS/probe" mount=tmpfs
    probed_is "$T/out" mount=tmpfs OK
}

@test "ids that the engine's namespace does not have, or not in one range, are refused" {
    map '{containerID: 0, hostID: 1, size: 65536}'
    rl create --bundle "$BUNDLE" "$ID"
    fails_with '\[CM-ID-ROOTLESS\] /linux/uidMappings/0: ids 1 to 65536 are not in one range of the user namespace we were called in'
    map '{containerID: 0, hostID: 0, size: 2000}'
    rl create --bundle "$BUNDLE" "$ID"
    fails_with '\[CM-ID-ROOTLESS\] /linux/gidMappings/0: ids 0 to 1999 '
    map "{containerID: 0, hostID: $SUB_START, size: 2000}" # what the host calls them
    rl create --bundle "$BUNDLE" "$ID"
    fails_with CM-ID-ROOTLESS
    map '{containerID: 1000, hostID: 0, size: 1}'
    rl create --bundle "$BUNDLE" "$ID"
    fails_with 'CM-ID-ROOT\]'
}

@test "without mappings the container has the engine's" {
    rl run --detach --bundle "$BUNDLE" "$ID"
    ok
    cmp "/proc/$(the_pid)/uid_map" "/proc/$ENGINE/uid_map"
}
