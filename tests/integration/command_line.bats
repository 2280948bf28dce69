#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# The command line as a whole: runc's exit statuses, where help and errors go, and options as engines write them.
load ../lib/common

setup() { ct_setup; }

usage_error() { # REGEX: status 1, the help on standard output, one error
    exits 1 && prints '^Incorrect Usage[.:]' && prints '^NAME:$' && says "$1"
}

@test "help and version, in every form" {
    local words
    for words in "" "help" "h" "--help" "-h" "-help" "--debug --help" "help create" "h create" "create --help" "create -h" "create x --help" "create -help" "exec --help" "exec -h" "kill --help"; do
        # shellcheck disable=SC2086 # words
        try "$RUNTIME" $words
        ok "$words" || return 1
        [ "$(head -n 1 "$T/out")" = NAME: ] || show "$words" || return 1
        [ ! -s "$T/err" ] || show "$words" || return 1
    done
    try "$RUNTIME" --help
    [ "$(sed -n 2p "$T/out")" = "   casemate - Open Container Initiative runtime" ]
    for words in --version -v -version "--debug -v" "-v state none"; do
        # shellcheck disable=SC2086 # words
        try "$RUNTIME" $words
        ok || return 1
        # docker takes what stands in front of "version" for the name, go-runc looks for the two others
        sed -n 1p "$T/out" | grep -qE '^casemate version [0-9]+\.[0-9]+\.[0-9]+' || show "$words" || return 1
        sed -n 2p "$T/out" | grep -qE '^commit: .+$' || show "$words" || return 1
        sed -n 3p "$T/out" | grep -qE '^spec: 1\.[0-9]+\.[0-9]+$' || show "$words" || return 1
    done
}

@test "commands that do not exist exit with 3, wrong use with 1 (exec: 255)" {
    local name
    for words in "nope" "help nope" "h nope" "--debug nope" "version" "init"; do
        # shellcheck disable=SC2086 # words
        try "$RUNTIME" $words
        exits 3 || return 1
        says "No help topic for '${words##* }'" || return 1
    done
    try "$RUNTIME" --nope state x
    usage_error 'flag provided but not defined: -nope'
    try "$RUNTIME" state --nope x
    usage_error 'flag provided but not defined: -nope'
    try "$RUNTIME" create -b
    usage_error 'flag needs an argument: -bundle'
    for name in create start state delete kill run; do
        try "$RUNTIME" --root "$ROOT" "$name"
        exits 1 || return 1
        prints '^Incorrect Usage\.$' || return 1
        says "casemate: .?\"$name.?\" requires (exactly|a minimum of) 1 argument\(s\)" || return 1
    done
    try "$RUNTIME" list extra
    usage_error 'casemate: .?"list.?" requires exactly 0 argument\(s\)'
    try "$RUNTIME" kill a b c
    usage_error 'casemate: .?"kill.?" requires a maximum of 2 argument\(s\)'
    try "$RUNTIME" exec
    exits 255
    try "$RUNTIME" --root "$ROOT" exec none true
    exits 255
    says 'exec failed: container does not exist'
}

@test "globals in any order, repeated, with one dash or two, as booleans with a value" {
    try "$RUNTIME" --root "$T/first" -root "$T/second" --log-format=json --log "$T/log" --debug=false state none
    exits 1
    jq -es 'length == 1 and .[0].msg == "container does not exist"' "$T/log" >/dev/null
    try "$RUNTIME" --log="$T/log2" --log-format json --systemd-cgroup=false --cgroup-manager cgroupfs --criu /usr/sbin/criu --rootless=auto --root="$ROOT" state none
    exits 1
    [ "$(cat "$T/err")" = "container does not exist" ]
    try "$RUNTIME" --rootless maybe state none
    exits 1
    says 'invalid value .?"maybe.?" for --rootless'
    try "$RUNTIME" --root / state none
    exits 1
    says 'Option --root argument should not be set to /'
    # a global option behind the command is none
    try "$RUNTIME" state --root "$ROOT" none
    usage_error 'flag provided but not defined: -root'
    try "$RUNTIME" --root "$ROOT" -- state none
    exits 1
    says 'container does not exist'
}

@test "what would weaken a container is refused by name" {
    need_root
    make_bundle
    ct create --bundle "$BUNDLE" --no-pivot "$ID"
    fails_with '--no-pivot is refused: a container.s root is always entered with pivot_root'
    ct --cgroup-manager disabled create --bundle "$BUNDLE" "$ID"
    fails_with '--cgroup-manager disabled is refused: a container always has limits'
    ct --cgroup-manager nope create --bundle "$BUNDLE" "$ID"
    fails_with 'unknown cgroup manager'
    assert_gone "$ID"
}

@test "--config: another file, the same bundle; check agrees, and exec finds it again" {
    need_root
    make_bundle
    mkdir "$T/elsewhere"
    jq '.process.args = ["/bin/sh", "-c", "echo $MARK"] | .process.env += ["MARK=other"]' "$BUNDLE/config.json" >"$T/elsewhere/web.json"
    ct run --bundle "$BUNDLE" --config "$T/elsewhere/web.json" "$ID"
    ok
    [ "$(cat "$T/out")" = other ]
    cd "$T/elsewhere"
    ct run --config web.json --bundle "$BUNDLE" "$ID"
    ok
    [ "$(cat "$T/out")" = other ]

    jq '.process.args = ["/bin/sleep", "1000"] | .process.env += ["MARK=other"]' "$BUNDLE/config.json" >web.json
    ct create --config web.json --bundle "$BUNDLE" "$ID"
    ok
    ct start "$ID"
    ok
    cd /
    ct exec "$ID" /bin/sh -c 'echo $MARK'
    ok
    [ "$(cat "$T/out")" = other ] || show "exec reads another configuration"
    ct delete --force "$ID"
    ok

    jq '.linux.sysctl = {"kernel.core_pattern": "x"}' "$BUNDLE/config.json" >"$T/elsewhere/bad.json"
    try "$RUNTIME" check --config "$T/elsewhere/bad.json" "$BUNDLE"
    exits 3
    prints CM-SYSCTL
    ct create --config "$T/elsewhere/bad.json" --bundle "$BUNDLE" "$ID"
    fails_with CM-SYSCTL
    ct create --config "$T/elsewhere/none.json" --bundle "$BUNDLE" "$ID"
    fails_with 'reading .*/none.json: No such file or directory'
    ct create --config /dev/zero --bundle "$BUNDLE" "$ID"
    fails_with '/dev/zero is not a regular file'
    assert_gone "$ID"
}

@test "spec: its file, never over another one, and what it makes is accepted" {
    cd "$T"
    try "$RUNTIME" spec
    ok
    silent
    jq -e '.ociVersion and .process.args == ["sh"] and .root.path == "rootfs"' config.json >/dev/null
    [ "$(sed -n 2p config.json | cut -c1)" = "$(printf '\t')" ]
    cp config.json before
    try "$RUNTIME" spec
    fails_with 'File config.json exists\. Remove it first'
    cmp config.json before
    mkdir b
    try "$RUNTIME" spec --rootless --bundle b
    ok
    jq -e '([.linux.namespaces[].type] | index("user")) and (.linux.uidMappings | length == 1) and ([.mounts[].options[]?] | all(test("^[ug]id=") | not))' b/config.json >/dev/null
    try "$RUNTIME" spec --bundle none
    fails_with 'none.*: No such file or directory'
    ln -s "$T/target" "$T/c-link"
    mkdir c
    ln -s "$T/target" c/config.json
    try "$RUNTIME" spec --bundle c
    fails_with 'File config.json exists'
    [ ! -e "$T/target" ]
}
