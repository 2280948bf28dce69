#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Ending the container of a caller without privilege, whose first process has a subordinate id that the caller is not.
load ../lib/common

# A user that exists in a private view of /etc only.
USER_ID=61152
SUB_START=1800131072

setup() {
    need_root
    command -v newuidmap >/dev/null || skip "newuidmap is missing (package uidmap)"
    ct_setup
    install -m 755 "$RUNTIME" "$T/casemate"
    UNPRIVILEGED=("$CT_TOP/tests/lib/as-user" "$T/etc" $USER_ID $SUB_START env -i "PATH=$PATH" HOME=/ "XDG_RUNTIME_DIR=$T/xdg")
    install -d -m 700 -o $USER_ID -g $USER_ID "$T/xdg"
    "${UNPRIVILEGED[@]}" unshare -U true 2>/dev/null || skip "this host does not let users make user namespaces"
    ROOT=$T/xdg/casemate
    make_bundle
    configure 'del(.linux.resources.memory, .linux.resources.pids) | .process.user = {"uid": 1000, "gid": 1000}'
    chown -R $USER_ID:$USER_ID "$BUNDLE"
}

teardown() {
    [ -n "${T:-}" ] || return 0
    [ ! -d "$ROOT/$ID" ] || "${UNPRIVILEGED[@]}" timeout 20 "$T/casemate" delete --force "$ID" 3>&- || true
    ct_teardown
}

rl() { try "${UNPRIVILEGED[@]}" "$T/casemate" "$@"; }
rl_state() { "${UNPRIVILEGED[@]}" "$T/casemate" state "$ID" 3>&- | jq -r ".$1"; }
is_stopped() { [ "$(rl_state status)" = stopped ]; }

@test "kill reaches a process with a subordinate id" {
    rl run --detach --bundle "$BUNDLE" "$ID"
    ok
    local init
    init=$(rl_state pid)
    [ "$(status_field "$init" Uid | cut -f1)" -ge $SUB_START ]
    rl kill "$ID" KILL
    ok
    eventually is_stopped
    rl kill "$ID" KILL
    fails_with 'container not running'
    rl kill --all "$ID" KILL
    ok
    rl delete "$ID"
    ok
}

@test "another user's kill does not" {
    rl run --detach --bundle "$BUNDLE" "$ID"
    ok
    local init
    init=$(rl_state pid)
    try setpriv --reuid 61153 --regid 61153 --clear-groups --inh-caps=-all env -i "PATH=$PATH" "$T/casemate" --root "$ROOT" kill "$ID" KILL
    [ "$status" != 0 ]
    ! ended "$init"
}

@test "an unreadable record of a live container: delete --force refuses" {
    local spoil
    for spoil in 'jq -c ".x = 1" state.json >new; mv new state.json' 'sed -i "s/.\$//" state.json'; do
        rl run --detach --bundle "$BUNDLE" "$ID"
        ok
        local init
        init=$(rl_state pid)
        (umask 077 && cd "$ROOT/$ID" && eval "$spoil" && chown $USER_ID:$USER_ID state.json)
        rl delete --force "$ID"
        fails_with 'still runs'
        ! ended "$init"
        kill -KILL "$init"
        eventually ended "$init"
        rl delete --force "$ID"
        ok
    done
    rl create --bundle "$BUNDLE" "$ID"
    ok
    local init
    init=$(rl_state pid)
    echo broken >"$ROOT/$ID/state.json"
    rl delete --force "$ID"
    fails_with 'waits to be started'
    kill -KILL "$init"
    eventually ended "$init"
    rl delete --force "$ID"
    ok
}
