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

@test "explain: members of a policy and floors" {
    local word
    grep -oE '"/[a-zA-Z/]+"' "$CT_TOP/libruntime/policy/tunables.c" | tr -d '"' | grep -v '/$' >"$T/pointers"
    [ "$(wc -l <"$T/pointers")" -gt 25 ]
    while read -r word; do
        "$RUNTIME" policy explain "$word" >"$T/out" 2>"$T/err" 3>&- || show "$word" || return 1
        grep -qE '^  meaning +.' "$T/out" || show "$word" || return 1
        grep -qE '^  (hardened|strict) +.' "$T/out" || show "$word" || return 1
    done <"$T/pointers"
    try "$RUNTIME" policy explain limits.pids.max
    prints '^/limits/pids/max$'
    prints '^  hardened +32768; at the loosest 4194304$'
    prints '^  strict +4096; at the loosest 32768$'
    try "$RUNTIME" policy explain /limits/pids
    [ "$(grep -c '^/limits/pids/' "$T/out")" = 2 ]
    try "$RUNTIME" policy explain host-trees
    prints '^  bounds +/mounts/allow'
    prints '^  codes +.*CM-MOUNT-SOURCE'
    try "$RUNTIME" policy explain CM-NONROOT
    prints '^  policy +/user/nonRoot$'
    prints '^  exception +one can name it'
    try "$RUNTIME" policy explain CM-NS-PID
    prints '^  policy +no member of a policy changes it$'
    prints '^  exception +none can name it$'
    try "$RUNTIME" policy explain --format json CM-MOUNT-SOURCE
    jq -e '.[0].kind == "code" and (.[0].members | index("/mounts/allow")) and .[0].floor.name == "host-trees" and .[0].exception == null' "$T/out"
    for word in / '' /lim limitsx .. /limits/pids/max/x; do
        try "$RUNTIME" policy explain "$word"
        exits 1 || return 1
        says 'nothing is called' || return 1
    done
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
