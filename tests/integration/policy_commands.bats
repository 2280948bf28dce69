#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# casemate policy: what it explains, and how a group of commands is called.
load ../lib/common

setup() { ct_setup; }

# As root of a host whose /etc/casemate is $T/policy.
policy() { try "$CT_TOP/tests/lib/with-policy" "$T/etc" "$T/policy" "$RUNTIME" "$@"; }
make_policy() {
    mkdir -m 755 "$T/policy" "$T/policy/policy.d"
    echo '{"version": 1, "level": "hardened", "limits": {"pids": {"max": 100}}}' >"$T/policy/policy.json"
    echo '{"version": 1, "hooks": {"allow": [{"path": "/usr/bin/env"}]}}' >"$T/policy/policy.d/10-hooks.json"
}

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

@test "show: the built-in policy, and the one in force with where each part comes from" {
    need_root
    try "$RUNTIME" policy show
    ok
    prints '^policy  (hardened|strict)'
    prints '^floors, which hold whatever a policy says$'
    make_policy
    policy policy show
    ok
    prints '^policy  hardened sha256:[0-9a-f]{64}$'
    prints '^level   hardened \(/etc/casemate/policy\.json\)$'
    prints '^        /etc/casemate/policy\.d/10-hooks\.json$'
    prints '^  /limits/pids/max +100 +/etc/casemate/policy\.json$'
    prints '^  /rlimits/core +1 +built in \(hardened\)$'
    prints '^  \{"path":"/usr/bin/env"\}$'
    prints '^    from /etc/casemate/policy\.d/10-hooks\.json, /hooks/allow/0$'
    policy policy show --format json
    ok
    jq -e '(.values[] | select(.pointer == "/limits/pids/max") | .value == 100 and .file == "/etc/casemate/policy.json")
        and .lists["/hooks/allow"][0] == {"rule": {"path": "/usr/bin/env"}, "file": "/etc/casemate/policy.d/10-hooks.json"}
        and (.files | length == 2) and .level == "hardened" and (.floors | length > 20)' "$T/out" || show json
    # what check says of the policy is the same policy
    want=$(jq -r .policy "$T/out")
    make_bundle
    policy check --format json "$BUNDLE"
    [ "$(jq -r .policy "$T/out")" = "$want" ] || show "another policy"
    policy --policy strict policy show
    prints '^level   strict \(--policy\)$'
    policy --policy /etc/casemate/policy.d/10-hooks.json policy show --format json
    jq -e '.files == ["/etc/casemate/policy.d/10-hooks.json"]' "$T/out"
    chmod 666 "$T/policy/policy.json"
    policy policy show
    fails_with 'policy is in doubt: /etc/casemate/policy.json is writable'
}

@test "validate: a policy in order, and all mistakes of one that is not" {
    need_root
    make_policy
    policy policy validate
    ok
    prints '^/etc/casemate/policy\.json$'
    prints '^/etc/casemate/policy\.d/10-hooks\.json$'
    prints 'only root can write to it'
    prints '^valid: 0 errors, 0 warnings$'
    cat >"$T/policy/policy.d/20.json" <<'JSON'
{
  "version": 1,
  "limits": {"pids": {"max": 5}, "swap": {"max": "x"}},
  "mounts": {"allow": [{"prefix": "/etc"}, {"prefix": "/no/such/place"}]},
  "devices": {"allow": [{"path": "/dev/mem", "major": 1, "minor": 1}]},
  "nope": 1
}
JSON
    policy policy validate
    exits 1
    prints '^  error +/limits/pids/max, line 3, column 23$'
    prints '/etc/casemate/policy\.json gives this already'
    prints '^  error +/limits/swap/max, line 3'
    prints '^  error +/mounts/allow/0/prefix, line 4'
    prints '^  error +/devices/allow/0, line 5'
    prints '^  error +/nope, line 6'
    prints '^not valid: 5 errors, 0 warnings$'
    [ ! -s "$T/err" ] || show "mistakes are what was asked for"
    policy policy validate --format json
    exits 1
    jq -e '.valid == false and .errors == 5 and ([.files[].remarks[] | select(.level == "error") | .pointer] | sort)
        == ["/devices/allow/0", "/limits/pids/max", "/limits/swap/max", "/mounts/allow/0/prefix", "/nope"]' "$T/out" || show json
    # what validate calls an error, create refuses
    policy policy show
    exits 1
}

@test "validate: who could write it" {
    need_root
    make_policy
    chmod 664 "$T/policy/policy.json"
    chown 1000 "$T/policy/policy.d/10-hooks.json"
    policy policy validate
    exits 1
    prints '^/etc/casemate/policy\.json$'
    prints 'policy\.json is writable for its group'
    prints '10-hooks\.json belongs to uid 1000'
    chmod 644 "$T/policy/policy.json"
    rm "$T/policy/policy.d/10-hooks.json"
    ln -s /etc/passwd "$T/policy/policy.d/link.json"
    policy policy validate
    exits 1
    prints 'link\.json is a symbolic link'
    rm "$T/policy/policy.d/link.json"
    chmod 777 "$T/policy"
    policy policy validate
    exits 1
    prints '/etc/casemate is writable'
}

@test "validate: files of the caller's, as if they were the policy; also without root" {
    mkdir "$T/w"
    cd "$T/w"
    echo '{"version": 1, "hooks": {"allow": [{"path": "/usr/bin/env"}, {"path": "/no/such/hook"}]}}' >a.json
    echo '{"version": 1, "hooks": {"allow": [{"path": "/usr/bin/env"}]}}' >b.json
    try "$RUNTIME" policy validate a.json
    ok
    prints "^$T/w/a\.json$"
    prints '/no/such/hook would not be run now'
    try "$RUNTIME" policy validate a.json b.json
    ok
    prints 'this rule decides nothing: another one allows "/usr/bin/env" too'
    try "$RUNTIME" policy validate a.json none.json /dev/zero
    exits 1
    prints 'it cannot be read: No such file or directory'
    prints 'it is not a regular file'
    printf '{"version": 1, "level": "\xff"}' >bad.json
    try "$RUNTIME" policy validate bad.json
    exits 1
    prints 'UTF-8'
    printf '{"version": 1, "\\u001b[2J\\u202e": 1}' >evil.json
    for format in text json; do
        try "$RUNTIME" policy validate --format $format evil.json
        exits 1 || return 1
        ! LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]|\xe2\x80\xae' "$T/out" || show "not harmless" || return 1
    done
    if [ "$(id -u)" = 0 ]; then
        chmod 755 "$T/w" && chmod 644 ./*.json
        install -m 755 "$RUNTIME" "$T/casemate"
        try setpriv --reuid 61007 --regid 61007 --clear-groups "$T/casemate" policy validate "$T/w/a.json"
        ok
        try setpriv --reuid 61007 --regid 61007 --clear-groups "$T/casemate" policy show
        ok
    fi
}

@test "validate: what a policy names and the host does not have" {
    need_root
    mkdir -m 755 "$T/policy"
    mkdir "$T/place"
    ln -s place "$T/link"
    sum=$(sha256sum /usr/bin/env | cut -d' ' -f1)
    jq -n --arg t "$T" --arg sum "$sum" '{version: 1, hooks: {allow: [{path: "/usr/bin/env", sha256: $sum}, {path: "/usr/bin/id", sha256: ("0" * 64)}, {path: "/image/hook", inside: true}]},
        mounts: {allow: [{prefix: ($t + "/place")}, {prefix: ($t + "/link")}, {prefix: ($t + "/none")}]}, seccomp: {listenerPaths: [($t + "/none.sock"), ($t + "/place")]},
        exceptions: [{codes: ["CM-NONROOT"], match: {bundle: "/x"}, from: "2020-01-01", expires: "2020-02-01", reason: "old"}]}' >"$T/policy/policy.json"
    policy policy validate
    ok
    ! grep -q '/usr/bin/env' "$T/out" || show "the digest is right"
    ! grep -q '/image/hook' "$T/out" || show "a program of the image"
    prints '/usr/bin/id has another content now: its SHA-256 is [0-9a-f]{64}'
    prints "there is a symbolic link on the way to $T/link|$T/link is a symbolic link"
    prints "there is no $T/none now"
    prints "there is no $T/none.sock now"
    prints "$T/place is no socket"
    prints 'expired on 2020-02-01'
    prints '^valid: 0 errors, [0-9]+ warnings$'
}

@test "a terminal: policy show and explain are wrapped and coloured there" {
    try "$CT_TOP/tests/lib/on-terminal" --size=24x60 "expect=\\x1b\\[1mvalues" exit=0 -- env -u COLUMNS -u NO_COLOR TERM=xterm "$RUNTIME" policy show
    ok
    try "$CT_TOP/tests/lib/on-terminal" --size=24x60 "expect=CM-SYSCTL" "never=\\x1b" exit=0 -- env -u COLUMNS NO_COLOR=1 TERM=xterm "$RUNTIME" policy explain CM-SYSCTL
    ok
}
