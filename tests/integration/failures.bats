#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# What the other files rely on: a failed test names the line of its own that failed, although functions are not traced (ct_untraced).

load ../lib/common

setup() {
    ct_setup
    sed "s,^TEST,@test," >"$T/failing.bats" <<END
load "$CT_TOP/tests/lib/common"
helper() {
    [ 1 = 2 ]
    echo not reached
}
TEST "command" {
    true
    [ a = b ]
}
TEST "brackets" {
    true
    [[ a == b ]]
    true
}
TEST "function" {
    true
    helper
}
TEST "substitution" {
    local out
    out=\$(false)
}
TEST "text" {
    [ a = b ] || fail "the reason"
}
END
}

failing() { # [NAME=VALUE…]: what bats says, beside our own
    env -i "PATH=${PATH#*/libexec/bats-core:}" "RUNTIME=$RUNTIME" "CT_TMP=$T" "$@" bats --tap "$T/failing.bats" >"$T/said" 2>&1 3>&- 4>&- || return 0
    fail "nothing failed: $(cat "$T/said")"
}

@test "a failure is at the test's own line: of a command, of brackets, of a function, of a substitution; with its text" {
    local line
    failing
    [ "$(grep -c '^not ok' "$T/said")" = 5 ] || fail "$(cat "$T/said")"
    for line in 8 12 17 21 24; do grep -qE "in test file .*failing\.bats, line $line\)" "$T/said" || fail "no line $line: $(cat "$T/said")"; done
    grep -q '^# the reason$' "$T/said" || fail "$(cat "$T/said")"
    ! grep -q 'not reached' "$T/said" || fail "a failure in a function did not end it: $(cat "$T/said")"
    ! grep -q 'from function' "$T/said" || fail "functions are traced: $(cat "$T/said")"
}

@test "CT_TRACE=1: at the function's line as well" {
    failing CT_TRACE=1
    grep -qE 'from function .helper. in (test )?file .*failing\.bats, line 3' "$T/said" || fail "$(cat "$T/said")"
}
