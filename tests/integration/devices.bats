#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Devices beyond the default set: nodes and access, when the policy lists them. /etc is a private one.
load ../lib/common

setup() {
    need_root
    ct_setup
    make_bundle
    mkdir -m 755 "$T/policy"
    cat >"$T/policy/policy.json" <<'END'
{"version": 1, "devices": {"allow": [
    {"path": "/dev/net/tun", "major": 10, "minor": 200},
    {"path": "/dev/fuse", "major": 10, "minor": 229, "access": "r"}
]}}
END
    configure '.process.user = {"uid": 1000, "gid": 1000} | .linux.devices = [
        {"path": "/dev/net/tun", "type": "c", "major": 10, "minor": 200, "fileMode": 432, "uid": 1000, "gid": 44},
        {"path": "/dev/fuse", "type": "c", "major": 10, "minor": 229},
        {"path": "/dev/run/fifo", "type": "p", "fileMode": 384}]'
}

with() { try "$CT_TOP/tests/lib/with-policy" "$T/etc" "$T/policy" "$RUNTIME" --root "$ROOT" "$@"; }
rules() { # RULE…, behind a "deny all"
    local rule list='{"allow": false, "access": "rwm"}'
    for rule in "$@"; do list+=", $rule"; done
    configure ".linux.resources.devices = [$list]"
}
tun() { printf '{"allow": true, "type": "c", "major": 10, "minor": 200, "access": "%s"}' "$1"; }
fuse='{"allow": true, "type": "c", "major": 10, "minor": 229, "access": "r"}'

# Whether the host itself can open these, without which the tests below would show nothing.
drivers_are_there() {
    mknod "$T/tun" c 10 200 && mknod "$T/fuse" c 10 229 && (exec 3<>"$T/tun") 2>/dev/null && (exec 3<"$T/fuse") 2>/dev/null || skip "this host has no tun or fuse driver"
}

@test "without the policy: both the nodes and the rules are refused, and how to allow them is said" {
    rules "$(tun rwm)"
    create "$ID"
    fails_with 'CM-DEVICE\] /linux/devices/0: the device "?."?/dev/net/tun.*devices.allow of the policy.*CM-DEVICE-RULE\] /linux/resources/devices/1: .*devices.allow of the policy'
    assert_gone "$ID"
}

@test "nodes are what the configuration says, seen from the host" {
    rules "$(tun rwm)" "$fuse"
    with create --bundle "$BUNDLE" --pid-file "$T/pid" "$ID"
    ok
    local pid uid0 dev
    pid=$(cat "$T/pid")
    dev=/proc/$pid/root/dev
    uid0=$(awk '$1 == 0 {print $2}' "/proc/$pid/uid_map")
    [ "$(stat -c '%F %t:%T %a %u %g' "$dev/net/tun")" = "character special file a:c8 660 $((uid0 + 1000)) $((uid0 + 44))" ] || fail "$(stat "$dev/net/tun")"
    [ "$(stat -c '%F %t:%T %a %u %g' "$dev/fuse")" = "character special file a:e5 666 $uid0 $uid0" ] || fail "$(stat "$dev/fuse")"
    [ "$(stat -c '%F %a %u' "$dev/run/fifo")" = "fifo 600 $uid0" ] || fail "$(stat "$dev/run/fifo")"
    [ "$(stat -c '%F %a %u' "$dev/net")" = "directory 755 $uid0" ] || fail "$(stat "$dev/net")"
    with check --format json "$BUNDLE"
    exits 2
    prints 'no container makes device nodes; ..m.. was left out'
}

@test "access: what policy and configuration both allow, and no mknod" {
    drivers_are_there
    rules "$(tun rwm)" "$fuse"
    set_args /bin/probe open-r=/dev/net/tun open-w=/dev/net/tun open-r=/dev/fuse open-w=/dev/fuse open-w=/dev/null
    with run --bundle "$BUNDLE" "$ID"
    ok
    cp "$T/out" "$T/probed"
    probed_is "$T/probed" open-r=/dev/net/tun OK
    probed_is "$T/probed" open-w=/dev/net/tun OK
    probed_is "$T/probed" open-r=/dev/fuse OK
    probed_is "$T/probed" open-w=/dev/fuse EPERM
    probed_is "$T/probed" open-w=/dev/null OK
}

@test "the program on the cgroup lets nobody make such a node or open more, seen from outside" {
    drivers_are_there
    rules "$(tun rwm)" "$fuse"
    with create --bundle "$BUNDLE" --pid-file "$T/pid" "$ID"
    ok
    # host root in the container's cgroup: neither ids nor filters stand in the way
    cat >"$T/try" <<'END'
echo $$ >"$2/cgroup.procs" || exit 1
mknod "$1/made" c 10 200 2>/dev/null && echo made
(exec 3<>"$1/tun") 2>/dev/null && echo "tun rw"
(exec 3<"$1/fuse") 2>/dev/null && echo "fuse r"
(exec 3>"$1/fuse") 2>/dev/null && echo "fuse w"
true
END
    bash "$T/try" "$T" "$(ct_cgroup_root)$(cgroup_of "$(cat "$T/pid")")" >"$T/inside"
    [ "$(cat "$T/inside")" = "tun rw"$'\n'"fuse r" ] || fail "$(cat "$T/inside")"
}

@test "a node alone opens nothing, and a later deny takes away" {
    drivers_are_there
    set_args /bin/probe open-r=/dev/net/tun open-w=/dev/null
    rules
    with run --bundle "$BUNDLE" "$ID"
    ok
    cp "$T/out" "$T/probed"
    probed_is "$T/probed" open-r=/dev/net/tun EPERM
    probed_is "$T/probed" open-w=/dev/null OK
    rules "$(tun rw)" '{"allow": false, "type": "c", "major": 10, "access": "rwm"}'
    with run --bundle "$BUNDLE" "$ID"
    ok
    cp "$T/out" "$T/probed"
    probed_is "$T/probed" open-r=/dev/net/tun EPERM
}

@test "more than the policy says, or another number or place: refused" {
    local mutation problems=''
    for mutation in '.linux.resources.devices = [{"allow": true, "type": "c", "major": 10, "minor": 229, "access": "rw"}]' \
        '.linux.resources.devices = [{"allow": true, "type": "c", "major": 10, "access": "r"}]' \
        '.linux.devices[0].minor = 201' '.linux.devices[0].path = "/dev/tun"' '.linux.devices[0].path = "/dev/net/../net/tun"' \
        '.linux.devices[0].path = "/dev//net/tun"' '.linux.devices[0].type = "b"' '.linux.devices[0].uid = 65536' '.linux.devices[1].path = "/dev/net/tun/x"' \
        '.linux.devices[0] = {"path": "/dev/mem", "type": "c", "major": 1, "minor": 1}'; do
        cp "$BUNDLE/config.json" "$T/good.json"
        configure "$mutation"
        with create --bundle "$BUNDLE" "$ID"
        fails_with 'CM-DEVICE' >"$T/why" || problems+="$mutation: $(cat "$T/why")"$'\n'
        assert_gone "$ID" || problems+="$mutation leaves something"$'\n'
        cp "$T/good.json" "$BUNDLE/config.json"
    done
    [ -z "$problems" ] || fail "$problems"
}
