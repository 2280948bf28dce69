#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# The host's policy holds for callers without privilege too, and theirs is none.
load ../lib/common

USER_ID=61154
SUB_START=1800262144

setup() {
    ct_setup_unprivileged $USER_ID $SUB_START
    export CT_POLICY=$T/policy
    mkdir -m 755 "$CT_POLICY"
    echo '{"version": 1, "level": "strict"}' >"$CT_POLICY/policy.json"
}

teardown() {
    ct_teardown_unprivileged
}

policy_name() { rl "$@" check --format json "$BUNDLE" && jq -r .policy "$T/out"; }

@test "the system's file applies" {
    [[ "$(policy_name)" == "strict sha256:"* ]] || show "strict by the file"
    [[ "$(policy_name --policy hardened)" == "strict sha256:"* ]] || show "nobody lowers it"
    echo '{"version": 1}' >"$CT_POLICY/policy.json"
    [[ "$(policy_name)" == "hardened sha256:"* ]] || show "hardened by the file"
    [[ "$(policy_name --policy strict)" == "strict sha256:"* ]] || show "everybody may raise it"
    rl run --detach --bundle "$BUNDLE" "$ID"
    ok
}

@test "a file of the caller's own is none: not by option, not by ownership" {
    rl --policy /etc/casemate/policy.json check "$BUNDLE"
    fails_with "without the host's root only the system's policy applies"
    chown $USER_ID "$CT_POLICY/policy.json"
    rl check "$BUNDLE"
    fails_with "/etc/casemate/policy.json belongs to uid $USER_ID and not to root"
    # uid 0 of the outer namespace is the caller: judged before it is entered, and inside of it
    try "${UNPRIVILEGED[@]}" unshare -Ur "$T/casemate" check "$BUNDLE"
    fails_with '/etc/casemate/policy.json belongs to uid 0 and not to the owner of /'
    chown 12345 "$CT_POLICY/policy.json"
    rl check "$BUNDLE"
    fails_with 'belongs to uid 12345 and not to root'
    chown 0 "$CT_POLICY/policy.json"
    chmod 700 "$CT_POLICY"
    rl check "$BUNDLE"
    fails_with 'opening /etc/casemate/policy.json: Permission denied'
}

@test "a named policy is root's to choose, and an exception is for root's containers" {
    local place
    mkdir -m 755 "$CT_POLICY/policies"
    echo '{"version": 1}' >"$CT_POLICY/policies/web.json"
    rl --policy web check "$BUNDLE"
    fails_with "without the host's root only the system's policy applies"
    try "${UNPRIVILEGED[@]}" unshare -Ur "$T/casemate" --policy web check "$BUNDLE"
    fails_with "without the host's root only the system's policy applies"
    # who calls chooses the place of the bundle
    place=$(realpath "$BUNDLE")
    configure '.process.user = {"uid": 0, "gid": 0}'
    jq -n --arg place "$place" --arg from "$(date -u -d yesterday +%F)" --arg expires "$(date -u -d tomorrow +%F)" \
        '{version: 1, user: {nonRoot: true}, exceptions: [{codes: ["CM-NONROOT"], match: {bundle: $place}, from: $from, expires: $expires, reason: "r"}]}' \
        >"$CT_POLICY/policy.json"
    rl create --bundle "$BUNDLE" "$ID"
    fails_with '\[CM-NONROOT\]'
}

@test "a device of the policy is the host's node, with the host's permissions" {
    [ -c /dev/net/tun ] || skip "this host has no /dev/net/tun"
    echo '{"version": 1, "devices": {"allow": [{"path": "/dev/net/tun", "major": 10, "minor": 200}, {"path": "/dev/absent", "major": 10, "minor": 201}]}}' >"$CT_POLICY/policy.json"
    configure '.linux.devices = [{"path": "/dev/net/tun", "type": "c", "major": 10, "minor": 200}, {"path": "/dev/fifo", "type": "p"}]'
    set_args /bin/sh -c 'stat -c "%F %t:%T" /dev/net/tun /dev/fifo'
    rl run --bundle "$BUNDLE" "$ID"
    ok
    [ "$(cat "$T/out")" = "character special file a:c8"$'\n'"fifo 0:0" ] || show "both nodes"
    configure '.linux.devices[0] = {"path": "/dev/absent", "type": "c", "major": 10, "minor": 201}'
    rl run --bundle "$BUNDLE" "$ID"
    fails_with "opening the host's /dev/absent: No such file or directory"
}

@test "a seccomp agent of the policy gets its listener from a rootless container" {
    echo "{\"version\": 1, \"seccomp\": {\"listenerPaths\": [\"$T/xdg/agent.sock\"]}}" >"$CT_POLICY/policy.json"
    configure '.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": $path,
        "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_NOTIFY"}]}' --arg path "$T/xdg/agent.sock"
    set_args /bin/sh -c 'mkdir /dev/shm/made'
    setpriv --reuid $USER_ID --regid $USER_ID --clear-groups --inh-caps=-all "$CT_HELPERS/seccomp-agent" "$T/xdg/agent.sock" "$T/xdg/log" 18 3>&- 4>&- >/dev/null 2>&1 &
    local agent=$!
    eventually test -S "$T/xdg/agent.sock"
    rl run --bundle "$BUNDLE" "$ID"
    kill "$agent"
    exits 1
    says 'Invalid cross-device link'
    grep -q '^call ' "$T/xdg/log"
}
