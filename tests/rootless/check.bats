#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# casemate check as called by a user without privilege.
load ../lib/common

setup() { ct_setup_unprivileged 61005 1610612736; }
teardown() { ct_teardown_unprivileged; }

@test "every form, for a user: it agrees with what create does" {
    local format
    for format in text json sarif; do
        rl check --controls --format $format "$BUNDLE"
        [ "$status" = 0 ] || [ "$status" = 2 ] || show "$format" || return 1
    done
    "$CT_TOP/tests/lib/sarif" "$T/out" || return 1
    rl create --bundle "$BUNDLE" "$ID"
    ok
    configure '.linux.sysctl = {"kernel.core_pattern": "x"}'
    rl check --format json "$BUNDLE"
    exits 3
    jq -e '[.refusals[].code] == ["CM-SYSCTL"]' "$T/out" || show codes
    rl create --bundle "$BUNDLE" "$ID-2"
    fails_with CM-SYSCTL
}

@test "check --host, for a user: what containers get there" {
    rl check --host --format json
    [ "$status" = 2 ] || [ "$status" = 0 ] || show "a host on which users can make containers"
    jq -e '([.rows[] | select(.id == "CM-HOST-OUTER")][0] | .status == "ok" and (.message | test("subordinate ids")))
        and ([.rows[] | select(.id == "CM-HOST-IDMAP")][0].message | test("not needed"))
        and ([.rows[] | select(.need == "start" and .status == "missing")] == [])' "$T/out" || show rows
    rl check --host --format sarif
    "$CT_TOP/tests/lib/sarif" "$T/out"
    rl check --host
    prints '^host     (limited|ready): '
}

@test "check --host, for a user who cannot make containers: a finding, no error" {
    try "$CT_TOP/tests/lib/as-user" "$T/etc" 61006 - env -i "PATH=$PATH" HOME=/ "$T/casemate" check --host --format json
    exits 3
    [ ! -s "$T/err" ] || show "no error"
    jq -e '([.rows[] | select(.id == "CM-HOST-OUTER")][0] | .status == "missing" and (.message | test("no subordinate ids in /etc/subuid")))
        and ([.rows[] | select(.id == "CM-HOST-USER-NS")][0].status == "unknown") and ([.rows[] | select(.id == "CM-HOST-KPTR")][0].status != "unknown")' "$T/out" || show rows
}

@test "check --host, for a user: a policy in doubt" {
    export CT_POLICY=$T/policy
    mkdir -m 755 "$CT_POLICY"
    echo '{"version": 2}' >"$CT_POLICY/policy.json"
    rl check --host --format json
    exits 3
    jq -e '[.rows[] | select(.id == "CM-HOST-POLICY")][0] | .status == "missing" and (.message | test("/version"))' "$T/out" || show policy
}
