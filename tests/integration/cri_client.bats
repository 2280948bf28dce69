#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# The tests' own client of the Container Runtime Interface: its wire format and its web sockets. What it is for runs in virtual machines (tests/vm/suites/cri*.bats).
load ../lib/common

setup() { T=$(mktemp -d "${CT_TMP:-/tmp}/ct.XXXXXXXX"); }
teardown() { rm -rf "$T"; }

@test "messages are encoded as protoc does, and come back as they were; frames and refusals of web sockets" {
    try python3 "$CT_TOP/tests/lib/cri/check"
    ok
    [ "$(grep -c '^ok' "$T/out")" -gt 200 ]
    ! grep '^not ok' "$T/out" || fail "see above"
}
