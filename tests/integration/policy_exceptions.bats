#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Exceptions of the policy: granted in their time and place and seen everywhere, and otherwise nothing but one warning.
load ../lib/common

setup() {
    need_root
    ct_setup
    make_bundle
    POLICY=$T/policy
    mkdir -m 755 "$POLICY"
    PLACE=$(realpath "$BUNDLE")
    NOT_ENFORCED='level=warning msg="not enforced on this host: '
}

with() { try "$CT_TOP/tests/lib/with-policy" "$T/etc" "$POLICY" "$RUNTIME" --root "$ROOT" "$@"; }
day() { date -u -d "$1" +%Y-%m-%d; }
moment() { date -u -d "$1" +%Y-%m-%dT%H:%M:%SZ; }
# A policy that refuses root, with one exception.
exception() { # FROM EXPIRES [CODES [MATCH]]: JSON for the last two
    jq -n --arg from "$1" --arg expires "$2" --argjson codes "${3:-[\"CM-NONROOT\"]}" --argjson match "${4:-{\"bundle\": \"$PLACE\"\}}" \
        '{version: 1, user: {nonRoot: true}, exceptions: [{codes: $codes, match: $match, from: $from, expires: $expires, reason: "the vendor ships a fix in March"}]}' \
        >"$POLICY/policy.json"
}
said() { # COUNT REGEX: lines of stderr
    [ "$(grep -cE -- "$2" "$T/err")" = "$1" ] || show "$1 lines should say: $2"
}

@test "one that holds: root runs, and log, record and check say why" {
    exception "$(day yesterday)" "$(day tomorrow)"
    with create --bundle "$BUNDLE" "$ID"
    ok
    said 1 "level=warning msg=\"granted by exceptions of the policy: \[CM-NONROOT\] /process/user/uid: the user is root \(/etc/casemate/policy.json: /exceptions/0 until $(day tomorrow): .*the vendor ships a fix in March"
    jq -e '.exceptions | length == 1' "$ROOT/$ID/state.json"
    jq -e '.exceptions[0] | startswith("CM-NONROOT /process/user/uid: the user is root (/etc/casemate/policy.json: /exceptions/0 until ")' "$ROOT/$ID/state.json"
    with check --format json "$BUNDLE"
    jq -e '.verdict != "refused" and (.exceptions | length) == 1 and .lapsedExceptions == []' "$T/out"
    jq -e --arg expires "$(day tomorrow)" '.exceptions[0] | .code == "CM-NONROOT" and .field == "/process/user/uid" and .reason == "the vendor ships a fix in March"
        and .expires == $expires and .place == "/etc/casemate/policy.json: /exceptions/0"' "$T/out"
    with check "$BUNDLE"
    prints 'the vendor ships a fix in March'
    # a process that joins is root too: granted, and said
    ct start "$ID"
    with exec "$ID" /bin/true
    ok
    said 1 'granted by exceptions of the policy: \[CM-NONROOT\]'
    exception "$(day yesterday)" "$(moment '-1 minute')"
    with exec "$ID" /bin/true
    [ "$status" != 0 ] || show "it is over for exec as well"
    says '\[CM-NONROOT\]'
}

@test "one that is over, or has not begun: as if it were not there, with one warning" {
    local from expires what
    while IFS='|' read -r from expires what; do
        exception "$from" "$expires"
        with create --bundle "$BUNDLE" "$ID"
        [ "$status" = 1 ] || show "$what: root is refused" || return 1
        says '\[CM-NONROOT\]' || return 1
        assert_gone "$ID" || return 1
        configure '.process.user = {"uid": 1000, "gid": 1000}'
        with create --bundle "$BUNDLE" "$ID"
        ok "$what: containers that need no exception start" || return 1
        said 1 "level=warning msg=\"exceptions of the policy that do not hold: /etc/casemate/policy.json: /exceptions/0: $what .*the vendor ships a fix in March" || return 1
        said 0 'granted by exceptions' || return 1
        jq -e '.exceptions == null' "$ROOT/$ID/state.json" || return 1
        with check --format json "$BUNDLE"
        jq -e '.exceptions == [] and (.lapsedExceptions | length) == 1' "$T/out" || return 1
        with check "$BUNDLE"
        prints "/exceptions/0: $what " || return 1
        ct delete --force "$ID"
        configure '.process.user = {"uid": 0, "gid": 0}'
    done <<ROWS
$(day '-30 days')|$(moment '-1 minute')|expired on
$(day '-30 days')|$(day today)|expired on
$(moment '+10 minutes')|$(day '+30 days')|does not hold before
1970-01-01|1970-12-31|expired on
ROWS
}

@test "one for another place, or another code: nothing, and no warning" {
    local match
    for match in '{"bundle": "/srv/other"}' "{\"bundle\": \"${PLACE%?}\"}" '{"cgroup": "/other"}' "{\"bundle\": \"$PLACE\", \"cgroup\": \"/other\"}"; do
        exception "$(day yesterday)" "$(day tomorrow)" '["CM-NONROOT"]' "$match"
        with create --bundle "$BUNDLE" "$ID"
        fails_with '\[CM-NONROOT\]' || return 1
    done
    exception "$(day yesterday)" "$(day tomorrow)" '["CM-OOM", "CM-RLIMIT"]'
    with create --bundle "$BUNDLE" "$ID"
    fails_with '\[CM-NONROOT\]'
    # what the bundle says of itself is no place
    configure --arg place /srv/other '.annotations = {"io.kubernetes.cri.sandbox-namespace": "trusted", "bundle": $place, "casemate.exception": "CM-NONROOT"}'
    with create --bundle "$BUNDLE" "$ID"
    fails_with '\[CM-NONROOT\].*casemate.exception|casemate.exception.*\[CM-NONROOT\]'
}

@test "a cgroup is a place too" {
    configure --arg path "/$CT_TAG-tenant/one" '.linux.cgroupsPath = $path'
    exception "$(day yesterday)" "$(day tomorrow)" '["CM-NONROOT"]' "{\"cgroup\": \"/$CT_TAG-tenant\"}"
    with create --bundle "$BUNDLE" "$ID"
    ok
    said 1 'granted by exceptions of the policy: \[CM-NONROOT\]'
    configure --arg path "/$CT_TAG-tenant2/one" '.linux.cgroupsPath = $path'
    with create --bundle "$BUNDLE" "$ID-2"
    fails_with '\[CM-NONROOT\]'
}

@test "an exception that is wrong puts the policy in doubt" {
    local want members problems=''
    while IFS=$'\t' read -r want members; do
        printf '{"version": 1, "exceptions": [{"codes": ["CM-NONROOT"], "match": {"bundle": "/b"}, "from": "2026-01-01", "expires": "2026-02-01", "reason": "r"%s}]}\n' '' |
            jq -c ".exceptions[0] |= (. * $members)" >"$POLICY/policy.json"
        with create --bundle "$BUNDLE" "$ID"
        fails_with "nothing is started while the policy is in doubt: policy file /etc/casemate/policy.json: $want" >"$T/why" || problems+="$members: $(cat "$T/why")"$'\n'
    done <<'ROWS'
/exceptions/0/codes/0: there is no code .*CM-NOPE.*; write some of CM-NONROOT	{"codes": ["CM-NOPE"]}
/exceptions/0/codes/0: floor: exceptions: CM-NS-NET cannot be excepted	{"codes": ["CM-NS-NET"]}
/exceptions/0/codes/0: floor: exceptions: CM-PRIVILEGED cannot be excepted	{"codes": ["CM-PRIVILEGED"]}
/exceptions/0/expires: floor: exceptions: 2028-01-01 is more than 366 days after	{"expires": "2028-01-01"}
/exceptions/0/expires: 2026-01-01 is not after	{"expires": "2026-01-01"}
/exceptions/0/from: expected a date or a time in UTC	{"from": "yesterday"}
/exceptions/0/reason: must not be empty	{"reason": ""}
/exceptions/0/match/annotation: unknown member	{"match": {"annotation": "x"}}
ROWS
    [ -z "$problems" ] || fail "$problems"
}

@test "it loosens nothing below the floor" {
    configure '.process.oomScoreAdj = -1000 | .process.capabilities |= map_values(["CAP_NET_RAW", "CAP_SYS_ADMIN"])'
    exception "$(day yesterday)" "$(day tomorrow)" '["CM-NONROOT", "CM-CAP-DROPPED", "CM-OOM"]'
    with create --bundle "$BUNDLE" "$ID"
    [ "$status" = 1 ] || show "SYS_ADMIN is for nobody"
    says '\[CM-CAP-REFUSED\]'
    configure '.process.capabilities |= map_values(["CAP_NET_RAW"])'
    with create --bundle "$BUNDLE" "$ID"
    ok
    local pid
    pid=$(pid_of)
    [ "$(status_field "$pid" CapBnd)" = "$(cap_value CAP_NET_RAW)" ]
    [ "$(cat "/proc/$pid/oom_score_adj")" -ge -998 ] || fail "$(cat "/proc/$pid/oom_score_adj")"
    [ "$(cat "/proc/$pid/oom_score_adj")" -ge "$(cat /proc/self/oom_score_adj)" ]
    # who joins without naming capabilities gets what init has, as long as the exception holds
    ct start "$ID"
    with exec "$ID" /bin/sh -c 'grep CapBnd /proc/self/status'
    [ "$(awk '{print $2}' "$T/out")" = "$(cap_value CAP_NET_RAW)" ] || show "granted for exec too"
    ct exec "$ID" /bin/sh -c 'grep CapBnd /proc/self/status'
    [ "$(awk '{print $2}' "$T/out")" = "$(cap_value)" ] || show "without the exception the ceiling counts"
}
