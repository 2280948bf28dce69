#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# vm: lsm=apparmor kernel=newest seconds=390
# Many containers, one after the other and at once, leave no unit, cgroup, mount, process, state or range of ids, with either cgroup driver.
load ../../lib/common
load ../proof

SEQUENTIAL=200 PARALLEL=50 AT_ONCE=4

setup() {
    need_root
    ct_setup
    make_bundle
    set_args /bin/true
}

driver() { # NAME: options in $DRIVER
    DRIVER=()
    case $1 in
    systemd)
        [ -d /run/systemd/system ] || skip "no systemd"
        DRIVER=(--systemd-cgroup)
        configure '.linux.cgroupsPath = "system.slice:ct:NAME"'
        [ -x /usr/local/libexec/casemate/casemate-systemd ] || skip "casemate was built without its helper for systemd"
        systemctl start dbus # which starts when it is called, and is not a container's leaving
        ;;
    esac
}
# The configuration with a unit of its own, by no program that is started for it.
own_unit() { printf '%s\n' "${CONFIG/system.slice:ct:NAME/"system.slice:ct:$2"}" >"$1/config.json"; } # BUNDLE ID

# Everything of the host that a container could leave: a line each. netavark's proxy is started with the machine, and ends when nobody has called it.
host_has() {
    find /sys/fs/cgroup -type d | grep -v '/user\.slice\|/init\.scope\|/netavark-' | sort
    systemctl list-units --all --plain --no-legend --type=scope,slice,service,mount | awk '{print $1, $3}' | grep -v '^user\|^session\|^dbus\|^systemd-\|^netavark-\|run-user' | sort
    ct_host_mounts | grep -v ' /run/user/'
    ps -eo comm= | grep -E '^(casemate|sleep|true)' | sort
    ls -A "$ROOT" 2>/dev/null | grep -v slots | sort
    echo "slots held: $(slots_held)"
}
differs() {
    host_has >"$T/after"
    ! diff "$T/before" "$T/after" >"$T/diff"
}
# Of ours nothing is there any more, but for a unit, which systemd takes away. What others do at the time, as systemd with units of its own, comes and goes.
same_as_before() {
    local i ours="^[<>] (/.*$CT_TAG|[0-9]+:[0-9]+ .*$CT_TAG|$CT_TAG|slots held|casemate|sleep|true)"
    for i in 1 2 3 4 5; do
        differs || return 0
        ! grep -qE "$ours" "$T/diff" || break
        sleep 1
    done
    fail "left behind: $(cat "$T/diff")"
}

sequential() {
    local i
    driver "$1"
    CONFIG=$(<"$BUNDLE/config.json")
    host_has >"$T/before"
    for ((i = 1; i <= SEQUENTIAL; i++)); do
        own_unit "$BUNDLE" "$CT_TAG-s$i"
        "$RUNTIME" --root "$ROOT" "${DRIVER[@]}" run --bundle "$BUNDLE" "$CT_TAG-s$i" >"$T/out" 2>"$T/err" </dev/null 3>&- || fail "the ${i}th: $(cat "$T/err")"
    done
    same_as_before
}

# So many containers at the same time, from create to delete.
parallel() {
    local i
    driver "$1"
    set_args /bin/sleep 1000
    configure --arg root "$BUNDLE/rootfs" '.root.path = $root'
    CONFIG=$(<"$BUNDLE/config.json")
    host_has >"$T/before"
    (cd "$T" && seq -f b%g $PARALLEL | xargs mkdir)
    for ((i = 1; i <= PARALLEL; i++)); do
        own_unit "$T/b$i" "$CT_TAG-p$i"
    done
    seq $PARALLEL | timeout 400 xargs -P $AT_ONCE -I{} sh -c 'id=$1-p{} && shift && exec "$@" create --bundle "$0/b{}" "$id" >"$0/out{}" 2>&1 </dev/null 3>&-' \
        "$T" "$CT_TAG" "$RUNTIME" --root "$ROOT" "${DRIVER[@]}" || fail "$(cat "$T"/out*)"
    seq $PARALLEL | timeout 400 xargs -P $AT_ONCE -I{} sh -c 'exec "$0" --root "$1" start "$2-p{}" 3>&-' "$RUNTIME" "$ROOT" "$CT_TAG"
    [ "$("$RUNTIME" --root "$ROOT" list -q 3>&- | wc -l)" = $PARALLEL ]
    jq -r '"/proc/\(.pid)/uid_map"' "$ROOT/$CT_TAG"-p*/state.json | xargs awk '{print $2}' | sort >"$T/ranges"
    [ "$(uniq <"$T/ranges" | wc -l)" = $PARALLEL ] || fail "ranges given twice: $(uniq -d "$T/ranges")"
    [ "$(slots_held)" -ge $PARALLEL ] # so that the number means something when it is down again
    "$RUNTIME" --root "$ROOT" list -q 3>&- | timeout 400 xargs -P $AT_ONCE -I{} "$RUNTIME" --root "$ROOT" delete --force {} 3>&-
    same_as_before
}

@test "200 containers one after the other leave nothing: cgroupfs" { sequential cgroupfs; }
@test "50 containers at once leave nothing: cgroupfs" { parallel cgroupfs; }
@test "200 containers one after the other leave nothing: systemd" { sequential systemd; }
@test "50 containers at once leave nothing: systemd" { parallel systemd; }

@test "control: a container that nobody deletes is seen by that comparison" {
    driver cgroupfs
    set_args /bin/sleep 1000
    host_has >"$T/before"
    create "$ID"
    ok
    differs
    grep -q 'slots held' "$T/diff"
    grep -q "^> /sys/fs/cgroup/.*$ID" "$T/diff"
}
