#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Ending the container of a caller without privilege, whose first process has a subordinate id that the caller is not.
load ../lib/common

# A user that exists in a private view of /etc only.
USER_ID=61152
SUB_START=1800131072

setup() {
    ct_setup_unprivileged $USER_ID $SUB_START
}

teardown() {
    ct_teardown_unprivileged
}

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
