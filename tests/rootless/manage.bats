#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Managing the container of a caller without privilege: without a cgroup the answer is the remedy, in a delegated one everything works.
load ../lib/common

USER_ID=61156
SUB_START=1800335872

setup() {
    ct_setup_unprivileged $USER_ID $SUB_START
}

teardown() {
    ct_teardown_unprivileged
    [ -z "${DELEGATED:-}" ] || rmdir "$DELEGATED"/* "$DELEGATED" 2>/dev/null || true
}

rl_state() { "${UNPRIVILEGED[@]}" "$T/casemate" state "$ID" 3>&- | jq -r ".$1"; }

@test "without a cgroup: what cannot be done says what would help" {
    rl run --detach --bundle "$BUNDLE" "$ID"
    ok
    grep -q '"cgroupPath"' "$ROOT/$ID/state.json" && skip 'the caller has a delegated cgroup here'
    local command
    for command in pause update events ps; do
        rl $command "$ID"
        fails_with "container $ID has no cgroup and .*delegated cgroup.*systemd-run --user --scope -p Delegate=yes"
    done
    rl resume "$ID"
    fails_with 'container not paused'
    [ "$(rl_state status)" = running ]
    rl list
    prints "^$ID +[0-9]+ +running"
    rl kill "$ID" KILL
    ok
}

@test "in a delegated cgroup: pause, ps, events and resume" {
    DELEGATED=$(ct_cgroup_root)/$CT_TAG-delegated
    mkdir -p "$DELEGATED/caller"
    chown -R $USER_ID:$USER_ID "$DELEGATED"
    local plain=("${UNPRIVILEGED[@]}")
    # shellcheck disable=SC2016 # for the inner shell
    UNPRIVILEGED=(sh -c 'echo 0 >"$0/caller/cgroup.procs" && exec "$@"' "$DELEGATED" "${plain[@]}")
    rl run --detach --bundle "$BUNDLE" "$ID"
    ok
    grep -q '"cgroupPath"' "$ROOT/$ID/state.json" || show 'it should have a cgroup'
    rl pause "$ID"
    ok
    [ "$(rl_state status)" = paused ]
    rl ps --format json "$ID"
    ok
    [ "$(jq -c . "$T/out")" = "[$(rl_state pid)]" ]
    rl events --stats "$ID"
    ok
    jq -e '.data.pids.current == 1' "$T/out"
    rl resume "$ID"
    ok
    [ "$(rl_state status)" = running ]
    rl pause "$ID"
    rl kill "$ID" KILL
    ok
    rl delete --force "$ID"
    ok
}
