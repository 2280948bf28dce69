#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# casemate policy: what it explains, and how a group of commands is called.
load ../lib/common

setup() { ct_setup; }

@test "a group: its help lists its commands, and what it does not have is no command" {
    local words
    for words in "policy" "policy --help" "policy -h" "help policy"; do
        # shellcheck disable=SC2086 # words
        try "$RUNTIME" $words
        ok "$words" || return 1
        prints '^COMMANDS:$' || return 1
        prints '^   explain  ' || return 1
    done
    for words in "policy explain --help" "help policy explain" "h policy explain x"; do
        # shellcheck disable=SC2086 # words
        try "$RUNTIME" $words
        ok "$words" || return 1
        prints '^   casemate policy explain - ' || return 1
    done
    for words in "policy nope" "help policy nope" "policy ''" "policy policy"; do
        # shellcheck disable=SC2086 # words
        try "$RUNTIME" $words
        exits 3 || return 1
        says "No help topic for" || return 1
    done
    try "$RUNTIME" policy --nope explain x
    exits 1
    says 'flag provided but not defined: -nope'
    try "$RUNTIME" policy explain
    exits 1
    says 'policy explain.* requires exactly 1 argument'
}

@test "explain: every code, in any case; something else is an error that names it" {
    local code
    for code in CM-MOUNT-SOURCE cm-sysctl Cm-Ns-User; do
        try "$RUNTIME" policy explain "$code"
        ok "$code" || return 1
        prints "^${code^^}$" || return 1
        prints '^  meaning +.' || return 1
        prints '^  remedy +.' || return 1
    done
    grep -oE '"CM-[A-Z0-9-]+"' "$CT_TOP/libruntime/policy/codes.h" | tr -d '"' >"$T/codes"
    [ "$(wc -l <"$T/codes")" -gt 60 ]
    while read -r code; do
        "$RUNTIME" policy explain "$code" >"$T/out" 3>&- || show "$code" || return 1
    done <"$T/codes"
    try "$RUNTIME" policy explain $'CM-\e[2JNOPE'
    fails_with 'nothing is called'
}
