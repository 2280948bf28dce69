#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# vm: lsm=none kernel=newest seconds=50
# vm: lsm=none kernel=6.12 only=a.scope.of.the.user
# The systemd driver without privilege: the caller's own manager, limits in force in what was delegated, and what is said where it is not.
load ../../lib/common.bash
load ../../lib/systemd.bash

setup() {
    command -v as-user >/dev/null || skip "no user with a session (as-user)"
    as-user true # what logind mounts for him is not the test's
    setup_systemd
    USER_MANAGER='--user --machine=1000@'
    BASE=/user.slice/user-1000.slice/user@1000.service
    SCOPE=$BASE/user.slice/lab-$ID.scope
    ROOT=$T/state
    configure ".linux.cgroupsPath = \"user.slice:lab:$ID\" | .process.user = {\"uid\": 0, \"gid\": 0}"'
        | .linux.resources = {"memory": {"limit": 67108864}, "pids": {"limit": 33}, "cpu": {"quota": 50000, "period": 100000}}
        | .annotations = {"org.systemd.property.TimeoutStopUSec": "uint64 1000000"}'
    chown -R 1000:1000 "$T"
}
teardown() {
    [ -n "${T:-}" ] || return 0
    [ ! -d "$ROOT/$ID" ] || as-user timeout 60 "$RUNTIME" --root "$ROOT" delete --force "$ID" 3>&- 4>&- || true
    ct_teardown
}
user() { try as-user "$RUNTIME" --systemd-cgroup --root "$ROOT" "$@"; }
plain() { try as-user "$RUNTIME" --root "$ROOT" "$@"; }

@test "a scope of the user's own manager, with its limits in force" {
    user create --bundle "$BUNDLE" "$ID"
    ok
    plain start "$ID"
    ok
    pid=$(as-user "$RUNTIME" --root "$ROOT" state "$ID" 3>&- | jq .pid)
    [ "$(cgroup_of "$pid")" = "$SCOPE" ] || fail "it is in $(cgroup_of "$pid")"
    [ "$(cat "/sys/fs/cgroup$SCOPE/memory.max")" = 67108864 ]
    [ "$(cat "/sys/fs/cgroup$SCOPE/pids.max")" = 33 ]
    [ "$(cat "/sys/fs/cgroup$SCOPE/cpu.max")" = "50000 100000" ]
    before=$(limits_of "/sys/fs/cgroup$SCOPE")
    as-user systemctl --user daemon-reload
    [ "$before" = "$(limits_of "/sys/fs/cgroup$SCOPE")" ] || fail "after the reload: $(limits_of "/sys/fs/cgroup$SCOPE")"
    plain exec "$ID" /bin/true
    ok "exec"
    plain update --pids-limit 44 "$ID"
    ok "update"
    [ "$(cat "/sys/fs/cgroup$SCOPE/pids.max")" = 44 ]
    plain delete --force "$ID"
    ok "delete"
    [ ! -e "/sys/fs/cgroup$SCOPE" ]
    user run --bundle "$BUNDLE" -d "$ID"
    ok "again at once"
    as-user systemctl --user stop "lab-$ID.scope"
    is_stopped() { plain state "$ID" && grep -q '"status": "stopped"' "$T/out"; }
    eventually is_stopped || show "it should be stopped"
    plain delete "$ID"
    ok
}

@test "a fork bomb ends at the limit" {
    configure '.process.args = ["/bin/sh", "-c", "for i in $(seq 60); do sleep 100 & done; echo all"]'
    user run --bundle "$BUNDLE" "$ID"
    says "can't fork" || show "sixty processes"
}

@test "from a login session the caller steps below his manager first" {
    # a cgroup of root's, as the scope of a login is
    mkdir -p /sys/fs/cgroup/elsewhere
    try bash -c "echo \$\$ >/sys/fs/cgroup/elsewhere/cgroup.procs && exec setpriv --reuid 1000 --regid 1000 --clear-groups env XDG_RUNTIME_DIR=/run/user/1000 HOME=/ \
        $RUNTIME --systemd-cgroup --root $ROOT run -d --bundle $BUNDLE $ID"
    ok
    try bash -c "echo \$\$ >/sys/fs/cgroup/elsewhere/cgroup.procs && exec setpriv --reuid 1000 --regid 1000 --clear-groups env XDG_RUNTIME_DIR=/run/user/1000 HOME=/ \
        $RUNTIME --root $ROOT exec $ID /bin/cat /proc/self/cgroup"
    ok "exec"
    plain delete --force "$ID"
    ok
    eventually rmdir /sys/fs/cgroup/elsewhere
    no_calls() { [ -z "$(find "/sys/fs/cgroup$BASE" -name 'casemate-call-*')" ]; } # the manager takes a scope away when it hears that it is empty
    eventually no_calls || fail "the caller's scope is left"
}

@test "without a manager it says what to do" {
    try as-user env -u XDG_RUNTIME_DIR -u DBUS_SESSION_BUS_ADDRESS "$RUNTIME" --systemd-cgroup --root "$ROOT" create --bundle "$BUNDLE" "$ID"
    fails_with 'CM-CGROUP-NONE.*loginctl enable-linger'
    # a socket that somebody else has put there
    try as-user env -u DBUS_SESSION_BUS_ADDRESS XDG_RUNTIME_DIR=/run "$RUNTIME" --systemd-cgroup --root "$ROOT" create --bundle "$BUNDLE" "$ID"
    fails_with 'CM-CGROUP-NONE'
}

@test "cgroupfs below a delegated scope of the user's" {
    configure "del(.linux.cgroupsPath)"
    try as-user systemd-run --user --quiet --scope -p Delegate=yes -- "$RUNTIME" --root "$ROOT" run -d --bundle "$BUNDLE" "$ID"
    [ "$status" = 0 ] || says 'delegated' || show "neither works nor says why"
    plain delete --force "$ID"
}
