#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# The policy file: whose files are taken, in which order, and that a policy in doubt starts nothing and ends everything. /etc is a private one.
load ../lib/common

setup() {
    need_root
    ct_setup
    make_bundle
    POLICY=$T/policy
    mkdir -m 755 "$POLICY"
    hardened
}

put() { printf '%s\n' "$2" >"$POLICY/$1"; } # FILE TEXT
hardened() { put policy.json '{"version": 1}'; }
with_program() { try "$CT_TOP/tests/lib/with-policy" "$T/etc" "$POLICY" "$@"; }
with() { with_program "$RUNTIME" --root "$ROOT" "$@"; }
policy_of() { jq -r .policy "$ROOT/$1/state.json"; }

# Nothing that makes or enters a container works, and everything that looks at or ends one does.
in_doubt() { # REGEX of the message
    local container=$CT_TAG-old command
    create "$container"
    ok "create without the policy" || return 1
    ct start "$container"
    ok || return 1
    for command in "create --bundle $BUNDLE $ID" "run --bundle $BUNDLE $ID" "check $BUNDLE"; do
        # shellcheck disable=SC2086 # words
        with $command
        fails_with "nothing is started while the policy is in doubt: $1" || return 1
        assert_gone "$ID" || return 1
    done
    with list
    ok || return 1
    prints "$container" || return 1
    with state "$container"
    ok || return 1
    with kill "$container" KILL
    ok || return 1
    wait_status stopped "$container" || return 1
    with delete "$container"
    ok
}

@test "no policy: the built-in one, at the price of one system call" {
    create "$ID"
    ok
    [ "$(policy_of "$ID")" = hardened ]
    command -v strace >/dev/null || skip "strace is not installed"
    [ ! -e /etc/casemate ] || skip "this host has a policy"
    strace -f -e trace=openat2,openat,open -o "$T/trace" "$RUNTIME" check "$BUNDLE" >"$T/out" 3>&- || true
    [ "$(grep -c casemate.*ENOENT "$T/trace")" = 1 ] || fail "$(grep casemate "$T/trace")"
}

@test "an empty directory is no policy" {
    rm "$POLICY/policy.json"
    with create --bundle "$BUNDLE" "$ID"
    ok
    [ "$(policy_of "$ID")" = hardened ]
}

@test "the record and check name the policy by the hash of its files, in their order" {
    mkdir "$POLICY/policy.d"
    put policy.d/20.json '{"version": 1, "hooks": {"allow": [{"path": "/b"}]}}'
    put policy.d/10.json '{"version": 1, "hooks": {"allow": [{"path": "/a"}]}}'
    put policy.d/B.json '{"version": 1, "level": "hardened"}'
    put policy.d/.10.json.swp 'not read'
    put policy.d/.hidden.json 'not read'
    put policy.d/README 'not read'
    put policy.d/10.json.dpkg-old 'not read'
    local hash
    hash=$(cat "$POLICY"/policy.json "$POLICY"/policy.d/{10,20,B}.json | sha256sum | cut -d' ' -f1)
    with create --bundle "$BUNDLE" "$ID"
    ok
    [ "$(policy_of "$ID")" = "hardened sha256:$hash" ] || fail "$(policy_of "$ID")"
    with check --format json "$BUNDLE"
    [ "$(jq -r .policy "$T/out")" = "hardened sha256:$hash" ]
}

@test "drop-ins stand without a main file" {
    rm "$POLICY/policy.json"
    mkdir "$POLICY/policy.d"
    put policy.d/strict.json '{"version": 1, "level": "strict"}'
    with create --bundle "$BUNDLE" "$ID"
    fails_with '\[CM-NONROOT\].*policy ..strict.. wants'
}

@test "level strict by the file" {
    put policy.json '{"version": 1, "level": "strict"}'
    with create --bundle "$BUNDLE" "$ID"
    fails_with '\[CM-NONROOT\]'
    configure '.process.user = {"uid": 1000, "gid": 1000}'
    with check --format json "$BUNDLE"
    [[ "$(jq -r .policy "$T/out")" == "strict sha256:"* ]]
    prints 'the built-in profile ..strict.. is used'
    # and nobody lowers it
    with --policy hardened check --format json "$BUNDLE"
    [[ "$(jq -r .policy "$T/out")" == "strict sha256:"* ]]
}

@test "--policy strict raises, and keeps the rules of the files" {
    ct --policy strict create --bundle "$BUNDLE" "$ID"
    fails_with '\[CM-NONROOT\]'
    ct --policy=strict check --format json "$BUNDLE"
    [ "$(jq -r .policy "$T/out")" = strict ]
    with --policy strict check --format json "$BUNDLE"
    [[ "$(jq -r .policy "$T/out")" == "strict sha256:"* ]]
    ct --policy hardened create --bundle "$BUNDLE" "$ID"
    ok
    ct --policy lax create --bundle "$BUNDLE" "$ID-2"
    fails_with 'policy lax: there is no /etc/casemate/policies/lax.json; write it, or give hardened, strict or the path of a file'
    ct --policy Lax create --bundle "$BUNDLE" "$ID-2"
    fails_with 'policy Lax: no such policy; give hardened, strict, the name of one in /etc/casemate/policies or the path of a file'
    put policy.json 'broken'
    with --policy strict check "$BUNDLE"
    fails_with '/etc/casemate/policy.json'
}

@test "a link casemate@NAME chooses the policy NAME, and nothing else does" {
    local name
    for name in strict web missing ''; do ln -s "$RUNTIME" "$T/casemate@$name"; done
    mkdir -m 755 "$POLICY/policies"
    put policies/web.json '{"version": 1, "limits": {"pids": {"default": 77}}}'
    called strict create --bundle "$BUNDLE" "$ID"
    fails_with '\[CM-NONROOT\].*policy ..strict.. wants'
    called web create --bundle "$BUNDLE" "$ID"
    ok
    [[ "$(policy_of "$ID")" == "hardened sha256:"*" policies/web" ]] || fail "$(policy_of "$ID")"
    # the same again, in spite of another directory with such a name
    mkdir "$T/x@strict" && ln -s "$RUNTIME" "$T/x@strict/casemate"
    with_program "$T/x@strict/casemate" --root "$ROOT" check --format json "$BUNDLE"
    [[ "$(jq -r .policy "$T/out")" == "hardened sha256:"* ]] || show "a directory's name chose the policy"
    # named twice, or not at all, or missing: nothing starts; what is there can be ended all the same
    called strict --policy hardened create --bundle "$BUNDLE" "$ID-2"
    fails_with 'casemate@strict.* chooses the policy already: leave --policy out'
    called '' create --bundle "$BUNDLE" "$ID-2"
    fails_with 'no policy is named in the program.s name .*: call the link casemate@NAME'
    called missing create --bundle "$BUNDLE" "$ID-2"
    fails_with '--policy missing: there is no /etc/casemate/policies/missing.json'
    assert_gone "$ID-2"
    called missing delete --force "$ID"
    ok
    assert_gone "$ID"
}
called() { with_program "$T/casemate@$1" --root "$ROOT" "${@:2}"; }

@test "--policy FILE stands alone and is judged like the system's" {
    put policy.json '{"version": 1, "level": "strict"}'
    put other.json '{"version": 1}'
    with --policy /etc/casemate/other.json create --bundle "$BUNDLE" "$ID"
    ok
    [ "$(policy_of "$ID")" = "hardened sha256:$(sha256sum <"$POLICY/other.json" | cut -d' ' -f1)" ]
    with --policy /etc/casemate/missing.json check "$BUNDLE"
    fails_with 'opening /etc/casemate/missing.json: No such file or directory'
    # a path through a directory that everybody can write to
    cp "$POLICY/other.json" "$T/other.json"
    with --policy "$T/other.json" check "$BUNDLE"
    fails_with '/tmp is writable for its group or for others \(mode 1777\)'
    cd "$POLICY"
    with --policy ./other.json check "$BUNDLE"
    fails_with '/tmp is writable'
}

named() { # NAME TEXT: policies/NAME.json
    [ -d "$POLICY/policies" ] || mkdir -m 755 "$POLICY/policies"
    put "policies/$1.json" "$2"
}

@test "--policy NAME: policies/NAME.json and its drop-ins, instead of the system's" {
    local hash
    put policy.json '{"version": 1, "level": "strict", "hooks": {"allow": [{"path": "/system"}]}}'
    named web '{"version": 1, "seccomp": {"profile": "web"}, "limits": {"pids": {"max": 77}}}'
    mkdir "$POLICY/policies/web.d"
    put policies/web.d/10.json '{"version": 1, "user": {"nonRoot": false}}'
    put policies/web.d/10.json.bak 'not read'
    with --policy web create --bundle "$BUNDLE" "$ID"
    ok
    hash=$(cat "$POLICY/policies/web.json" "$POLICY/policies/web.d/10.json" | sha256sum | cut -d' ' -f1)
    [ "$(policy_of "$ID")" = "hardened sha256:$hash policies/web" ] || fail "$(policy_of "$ID")"
    with --policy web check --format json "$BUNDLE"
    jq -e '.posture.seccomp | startswith("built-in profile \"web\"")' "$T/out"
}

@test "--policy NAME: a missing, misspelt or doubtful one starts nothing" {
    local want name problems=''
    named web '{"version": 1}'
    named group '{"version": 1}'
    chmod 664 "$POLICY/policies/group.json"
    named foreign '{"version": 1}'
    chown 1000 "$POLICY/policies/foreign.json"
    ln -s web.json "$POLICY/policies/link.json"
    mkfifo -m 644 "$POLICY/policies/fifo.json"
    named broken '{"version": 1'
    named dropped '{"version": 1}'
    mkdir -m 777 "$POLICY/policies/dropped.d"
    with --policy '' create --bundle "$BUNDLE" "$ID"
    fails_with 'option --policy names nothing' # and does not get the default one
    assert_gone "$ID"
    while IFS=$'\t' read -r name want; do
        with --policy "$name" create --bundle "$BUNDLE" "$ID"
        fails_with "nothing is started while the policy is in doubt: $want" >"$T/why" || problems+="$name: $(cat "$T/why")"$'\n'
        assert_gone "$ID" || problems+="$name left something"$'\n'
    done <<'ROWS'
missing	--policy missing: there is no /etc/casemate/policies/missing.json; write it
Web	--policy Web: no such policy; give hardened
web.json	--policy web.json: no such policy
-web	--policy -web: no such policy
web_2	--policy web_2: no such policy
aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa	--policy a{33}: no such policy
group	/etc/casemate/policies/group.json is writable for its group or for others
foreign	/etc/casemate/policies/foreign.json belongs to uid 1000
link	/etc/casemate/policies/link.json is a symbolic link
fifo	/etc/casemate/policies/fifo.json is not a regular file
broken	policy file /etc/casemate/policies/broken.json: 
dropped	/etc/casemate/policies/dropped.d is writable for its group or for others
ROWS
    [ -z "$problems" ] || fail "$problems"
    chmod 777 "$POLICY/policies"
    with --policy web check "$BUNDLE"
    fails_with '/etc/casemate/policies is writable for its group or for others'
    rm -r "$POLICY/policies"
    with --policy web check "$BUNDLE"
    fails_with 'there is no /etc/casemate/policies/web.json'
    ct --policy web check "$BUNDLE"
    fails_with 'there is no /etc/casemate/policies/web.json'
}

@test "a level is not a name: policies/strict.json is never read" {
    named strict '{"version": 1, "limits": {"pids": {"max": 77}}}'
    with --policy strict check --format json "$BUNDLE"
    [[ "$(jq -r .policy "$T/out")" == "strict sha256:"* ]]
    with --policy strict create --bundle "$BUNDLE" "$ID"
    fails_with '\[CM-NONROOT\]'
}

@test "who could have written it: refused, and old containers can still be ended" {
    local row mutation want problems=''
    while IFS=$'\t' read -r want mutation; do
        rm -rf "$POLICY"
        mkdir -m 755 "$POLICY"
        hardened
        export ETC_MODE=755
        eval "$mutation"
        in_doubt "$want" || problems+="$mutation"$'\n'"$(head -c 600 "$T/err")"$'\n'
    done <<'ROWS'
/etc/casemate/policy.json is writable for its group or for others \(mode 0666\)	chmod 666 "$POLICY/policy.json"
/etc/casemate/policy.json is writable for its group or for others \(mode 0664\)	chmod 664 "$POLICY/policy.json"
/etc/casemate/policy.json belongs to uid 1000 and not to root	chown 1000 "$POLICY/policy.json"
/etc/casemate/policy.json is a symbolic link	mv "$POLICY/policy.json" "$POLICY/real.json"; ln -s real.json "$POLICY/policy.json"
/etc/casemate/policy.json is a symbolic link	ln -sf /nonexistent "$POLICY/policy.json"
/etc/casemate/policy.json is not a regular file	rm "$POLICY/policy.json"; mkfifo "$POLICY/policy.json"
/etc/casemate/policy.json is not a regular file	rm "$POLICY/policy.json"; mkdir "$POLICY/policy.json"
/etc/casemate is writable for its group or for others	chmod 775 "$POLICY"
/etc/casemate belongs to uid 1000	chown 1000 "$POLICY"
/etc/casemate is a symbolic link	mv "$POLICY" "$POLICY.real"; ln -s casemate.real "$POLICY"
/etc is writable for its group or for others \(mode 0775\)	ETC_MODE=775
/etc is writable for its group or for others \(mode 1777\)	ETC_MODE=1777
/etc/casemate/policy.json is larger than 262144 bytes	head -c 262145 /dev/zero | tr '\0' ' ' >"$POLICY/policy.json"
/etc/casemate/policy.d is writable for its group or for others	mkdir -m 777 "$POLICY/policy.d"
/etc/casemate/policy.d/x.json belongs to uid 1000	mkdir "$POLICY/policy.d"; put policy.d/x.json '{"version": 1}'; chown 1000 "$POLICY/policy.d/x.json"
/etc/casemate/policy.d/x.json is a symbolic link	mkdir "$POLICY/policy.d"; ln -s ../policy.json "$POLICY/policy.d/x.json"
opening /etc/casemate/policy.d: Not a directory	touch "$POLICY/policy.d"
/etc/casemate/policy.d holds more than 64 files	mkdir "$POLICY/policy.d"; for i in $(seq 65); do put "policy.d/$i.json" '{"version": 1}'; done
ROWS
    [ -z "$problems" ] || fail "$problems"
}

@test "what is written wrong: refused, with file, pointer and remedy" {
    local want text problems=''
    while IFS=$'\t' read -r want text; do
        put policy.json "$(printf '%b' "$text")"
        with create --bundle "$BUNDLE" "$ID"
        fails_with "policy file /etc/casemate/policy.json: $want" >"$T/why" || problems+="$text: $(cat "$T/why")"$'\n'
    done <<'ROWS'
/sysctl: unknown member; remove it	{"version": 1, "sysctl": {}}
/version: this program reads version 1	{"version": 2}
/Version: members are case sensitive, write .*version.	{"Version": 1}
/level: .*the key occurs twice	{"version": 1, "level": "strict", "level": "hardened"}
/level: unknown word .*none.*, expected one of hardened, strict	{"version": 1, "level": "none"}
/devices/allow/0: floor: host-devices: character device 1:1 cannot be given to containers: it is the host's memory	{"version": 1, "devices": {"allow": [{"path": "/dev/x", "major": 1, "minor": 1}]}}
/capabilities/ceiling/0: floor: capabilities: CAP_SYS_ADMIN is not one of these; no container has a capability beyond the 14	{"version": 1, "capabilities": {"ceiling": ["SYS_ADMIN"]}}
/oomScoreAdj/min: floor: oom-score: -1000 is beyond -998	{"version": 1, "oomScoreAdj": {"min": -1000}}
/rlimits/core: floor: core-dumps: 100 is beyond 1	{"version": 1, "rlimits": {"core": 100}}
/sysctls/allow/0: floor: sysctls: .*kernel.core_pattern	{"version": 1, "sysctls": {"allow": ["kernel.core_pattern"]}}
/user/nonRoot: floor: strict: false is beyond true	{"version": 1, "level": "strict", "user": {"nonRoot": false}}
/Capabilities: members are case sensitive, write .*capabilities	{"version": 1, "Capabilities": {}}
/limits/pids/max: .*the key occurs twice	{"version": 1, "limits": {"pids": {"max": 1, "max": 2}}}
/level: line 1: bytes that are not UTF-8; save the file as UTF-8	{"version": 1, "level": "str\xffct"}
ROWS
    [ -z "$problems" ] || fail "$problems"
}

@test "10,000 rules: a clear error, and nothing starts" {
    jq -n -c '{version: 1, hooks: {allow: [range(10000) | {path: "/h\(.)"}]}}' >"$POLICY/policy.json"
    with create --bundle "$BUNDLE" "$ID"
    fails_with 'policy file /etc/casemate/policy.json: /hooks/allow: more than 1024 rules of one kind are not read; use fewer, wider ones'
    assert_gone "$ID"
    # as many as are read, and of every kind
    jq -n -c '{version: 1, hooks: {allow: [range(1024) | {path: "/h\(.)"}]}, sysctls: {allow: [range(1024) | "net.ipv4.ip_forward"]}}' >"$POLICY/policy.json"
    with create --bundle "$BUNDLE" "$ID"
    ok
}

@test "a value stands in one file only" {
    put policy.json '{"version": 1, "limits": {"pids": {"max": 100, "default": 10}}}'
    mkdir "$POLICY/policy.d"
    put policy.d/a.json '{"version": 1, "limits": {"pids": {"max": 100}}}'
    with create --bundle "$BUNDLE" "$ID"
    fails_with 'policy file /etc/casemate/policy.d/a.json: /limits/pids/max: /etc/casemate/policy.json gives this already; leave it in one of the files'
}

@test "the level stands in one file only" {
    put policy.json '{"version": 1, "level": "strict"}'
    mkdir "$POLICY/policy.d"
    put policy.d/a.json '{"version": 1, "level": "hardened"}'
    in_doubt 'policy file /etc/casemate/policy.d/a.json: /level: /etc/casemate/policy.json gives the level already'
}
