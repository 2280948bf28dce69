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
