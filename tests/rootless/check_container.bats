#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# check --container without privilege: by who made the container, from the namespace it was made in, and by nobody else.
load ../lib/common

USER_ID=61156
SUB_START=1800393216

setup() { ct_setup_unprivileged $USER_ID $SUB_START; }
teardown() { ct_teardown_unprivileged; }

@test "no drift while it runs and when it has stopped, and drift where there is some" {
    rl run --detach --bundle "$BUNDLE" "$ID"
    ok
    rl check --container "$ID" --format json
    ok
    jq -e '.drift == "none" and .status == "running" and any(.rows[]; .subject == "mount" and .name == "/dev/null")' "$T/out" >/dev/null
    rl exec --detach "$ID" /bin/sleep 1000
    ok
    rl check --container "$ID" --format json
    ok
    jq -e 'any(.rows[]; .subject == "processes" and .now == "1, as init")' "$T/out" >/dev/null
    pid=$(jq .pid "$ROOT/$ID/state.json")
    # by root of the host: a mask is taken off
    nsenter --mount=/proc/"$pid"/ns/mnt --pid=/proc/"$pid"/ns/pid -- umount /proc/keys
    rl check --container "$ID" --format json
    exits 3
    jq -e '[.rows[] | select(.drift != "none")] | length == 1 and .[0].subject == "masked" and .[0].name == "/proc/keys"' "$T/out" >/dev/null || show "the mask"
    rl kill "$ID" KILL
    ok
    rl_stopped() { rl check --container "$ID" --format json && [ "$(jq -r .status "$T/out")" = stopped ]; }
    eventually rl_stopped || show "stopped"
    ok
}

@test "somebody else's container is not looked at" {
    rl run --detach --bundle "$BUNDLE" "$ID"
    ok
    try setpriv --reuid 61199 --clear-groups "$T/casemate" --root "$ROOT" check --container "$ID"
    exits 1
    says 'Permission denied|belongs to uid'
}
