#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# casemate check --host: what it says of this host, that it finds what is made to be missing, and that it changes nothing.
load ../lib/common

setup() {
    need_root
    ct_setup
}

host() { try "$RUNTIME" check --host "$@"; }
row() { jq -r --arg id "$1" '.rows[] | select(.id == $id) | "\(.status): \(.message)"' "$T/out"; }
row_is() { # ID REGEX
    row "$1" | grep -qE -- "$2" || show "$1 is $(row "$1"), should be $2"
}
in_view() { # SCRIPT: runs `check --host --format json` in a private mount namespace that the script has prepared ($1 is the program, $2 this directory)
    try unshare -m --propagation private sh -c "$1"'; exec "$1" check --host --format json' sh "$RUNTIME" "$T"
}

@test "every form has the same verdict and exit status, and no bundle" {
    local format want
    host --format json
    want=$status
    [ "$want" = 0 ] || [ "$want" = 2 ] || [ "$want" = 3 ] || show json
    jq -e --argjson status "$want" '({"ready": 0, "limited": 2, "unable": 3}[.verdict]) == $status and (.rows | length > 50)
        and ([.rows[].status] | unique - ["ok", "weak", "missing", "unknown"] == []) and ([.rows[].id] | unique | length) == (.rows | length)
        and ([.rows[].need] | unique - ["start", "default", "asked", "posture"] == [])
        and (.summary | add) == (.rows | length)' "$T/out" || show keys
    host
    exits "$want"
    prints '^host     (ready|limited|unable): '
    prints '^summary  [0-9]+ ok, [0-9]+ weak, [0-9]+ missing, [0-9]+ unknown$'
    host --format sarif --controls
    exits "$want"
    "$CT_TOP/tests/lib/sarif" "$T/out"
    jq -e --argjson status "$want" '.runs[0].invocations[0].exitCode == $status' "$T/out"
    host --controls
    exits "$want"
    prints '^NIST SP 800-190 '
    host "$T"
    fails_with 'looks at this host and at no bundle'
    host --config /x
    fails_with 'looks at this host and at no bundle'
}

@test "a host on which containers start has all that a start needs" {
    make_bundle
    create "$ID"
    ok
    host --format json
    jq -e '[.rows[] | select(.need == "start" and (.status == "missing" or .status == "weak"))] == []' "$T/out" || show "a start needs something that is missing"
    [ "$status" != 3 ] || show unable
    # there is a cgroup to look at now
    row_is CM-HOST-FREEZER '^ok'
    # what check says about the host's defaults is what --host says
    try "$RUNTIME" check --format json "$BUNDLE"
    cp "$T/out" "$T/bundle.json"
    host --format json
    if jq -e '[.unenforced[].what] | index("memory limit")' "$T/bundle.json" >/dev/null; then row_is CM-HOST-MEMORY '^missing'; else row_is CM-HOST-MEMORY '^ok'; fi
    if jq -e '[.unenforced[].what] | index("pids limit")' "$T/bundle.json" >/dev/null; then row_is CM-HOST-PIDS '^missing'; else row_is CM-HOST-PIDS '^ok'; fi
}

@test "nothing of the host is changed" {
    snapshot() {
        ct_host_mounts
        # sysctls that others change, or that change by themselves, are left out
        find /proc/sys -type f ! -path '*/net/*' ! -name 'random*' ! -path '*/random/*' ! -name '*-nr' ! -name '*-state' ! -name 'ns_last_pid' ! -name '*quota*' -perm -u+r -exec sh -c \
            'for f; do printf "%s " "$f"; head -c 200 "$f" 2>/dev/null | tr "\n" " "; echo; done' sh {} + 2>/dev/null || true
        ls -la --time-style=full-iso /etc /etc/casemate 2>/dev/null || true
        stat -c '%n %a %u' /run /run/casemate 2>/dev/null || true # others may run containers meanwhile
        cat /proc/filesystems /proc/modules 2>/dev/null || true
    }
    snapshot >"$T/before"
    host
    snapshot >"$T/after"
    diff "$T/before" "$T/after"
    [ ! -e "$ROOT" ]
    try strace -f -o "$T/trace" "$RUNTIME" check --host
    [ "$status" != 127 ] || skip "strace is not installed"
    # the id maps of its own children, a limit in a namespace of its own, a mount of its own
    ! grep -E '"[^"]*", (\{flags=)?[^)]*(O_WRONLY|O_RDWR|O_CREAT)' "$T/trace" | grep -vE '[0-9]+/(uid|gid)_map"|"sys/user/max_mnt_namespaces"' || fail "it writes"
    ! grep -E '\b(mkdir|rmdir|unlink|rename|chmod|chown|init_module|finit_module|reboot|sethostname)\(' "$T/trace" || fail "it changes something"
}

@test "what is missing is found: user namespaces, a label that only complains, CPU vulnerabilities" {
    try unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_user_namespaces && exec "$0" check --host --format json' "$RUNTIME"
    exits 3
    row_is CM-HOST-USER-NS '^missing: tried, and failed: [^:]*: No space left on device$'
    row_is CM-HOST-UCOUNTS '^unknown'

    mkdir -p "$T/module/apparmor/parameters" "$T/cpu"
    echo Y >"$T/module/apparmor/parameters/enabled"
    echo complain >"$T/module/apparmor/parameters/mode"
    echo 'Vulnerable: no microcode' >"$T/cpu/meltdown"
    echo 'Mitigation: fences' >"$T/cpu/spectre_v1"
    echo 'Not affected' >"$T/cpu/l1tf"
    in_view 'mount --bind "$2/module" /sys/module && mount --bind "$2/cpu" /sys/devices/system/cpu/vulnerabilities'
    row_is CM-HOST-LABEL '^weak: AppArmor is active, and does not enforce'
    row_is CM-HOST-VULNERABILITIES '^weak: open: meltdown; mitigated: spectre_v1$'
    echo enforce >"$T/module/apparmor/parameters/mode"
    echo 'Mitigation: PTI' >"$T/cpu/meltdown"
    in_view 'mount --bind "$2/module" /sys/module && mount --bind "$2/cpu" /sys/devices/system/cpu/vulnerabilities'
    row_is CM-HOST-LABEL '^ok: AppArmor is active and enforces'
    row_is CM-HOST-VULNERABILITIES '^ok: none is open; mitigated: meltdown, spectre_v1$'
}

@test "what is missing is found: calls that a filter takes away, filesystems that cannot be idmapped" {
    command -v strace >/dev/null || skip "strace, which takes the calls away, is not installed"
    try strace -f -qq -o /dev/null -e trace=openat2 -e inject=openat2:error=ENOSYS "$RUNTIME" check --host --format json
    exits 3
    row_is CM-HOST-OPENAT2 "^missing: .*$(python3 -c 'import errno, os; print(os.strerror(errno.ENOSYS))')"
    try strace -f -qq -o /dev/null -e trace=mount_setattr -e inject=mount_setattr:error=EINVAL "$RUNTIME" check --host --format json
    exits 3
    row_is CM-HOST-IDMAP '^missing: .*not for .*Invalid argument'
    row_is CM-HOST-MOUNT-API '^missing'
    try strace -f -qq -o /dev/null -e trace=seccomp -e inject=seccomp:error=EINVAL "$RUNTIME" check --host --format json
    exits 3
    row_is CM-HOST-SECCOMP '^missing'
    try strace -f -qq -o /dev/null -e trace=close_range -e inject=close_range:error=ENOSYS "$RUNTIME" check --host --format json
    exits 3
    row_is CM-HOST-CLOSE-RANGE '^missing'
    try strace -f -qq -o /dev/null -e trace=landlock_create_ruleset -e inject=landlock_create_ruleset:error=EOPNOTSUPP "$RUNTIME" check --host --format json
    row_is CM-HOST-LANDLOCK '^missing'
}

@test "ids: lines of casemate and kubelet in subuid and subgid" {
    mkdir "$T/etc"
    etc() { # SUBUID-LINES: the same in both files
        printf '%s\n' "$@" >"$T/etc/subuid"
        cp "$T/etc/subuid" "$T/etc/subgid"
        in_view 'mkdir "$2/full" 2>/dev/null; mount -t tmpfs -o mode=755 none "$2/full" && cp /etc/passwd /etc/group "$2/full/" && cp "$2"/etc/sub* "$2/full/" && mount --move "$2/full" /etc'
    }
    etc casemate:200015872:655360 kubelet:300023808:655360
    row_is CM-HOST-IDS '^ok: 200015872-200671231, 10 containers or pods; nobody else has ids there$'
    row_is CM-HOST-KUBELET-IDS '^ok: a range of its own'
    etc kubelet:1879048192:65536
    row_is CM-HOST-IDS '^weak: .*no line of /etc/subuid and /etc/subgid keeps them'
    row_is CM-HOST-KUBELET-IDS '^ok'
    etc casemate:200015872:655360 kubelet:200081408:65536
    exits 3
    row_is CM-HOST-IDS '^missing: .*overlap'
    etc casemate:1000:65536
    exits 3
    row_is CM-HOST-IDS '^missing: .*131072'
}

@test "casemate itself: the program, the state directory, the policy" {
    in_view 'mount -t tmpfs -o mode=755 none /opt && cp "$1" /opt/casemate && chmod 755 /opt/casemate && exec /opt/casemate check --host --format json --controls'
    row_is CM-HOST-EXE '^ok: /opt/casemate: only root can write'
    in_view 'mount -t tmpfs -o mode=755 none /opt && cp "$1" /opt/casemate && chmod 775 /opt/casemate && exec /opt/casemate check --host --format json'
    row_is CM-HOST-EXE '^weak: /opt/casemate is writable for its group'

    mkdir -m 755 "$T/policy"
    echo '{"version": 1}' >"$T/policy/policy.json"
    try "$CT_TOP/tests/lib/with-policy" "$T/etc" "$T/policy" "$RUNTIME" check --host --format json
    row_is CM-HOST-POLICY '^ok: hardened sha256:[0-9a-f]{64}$'
    [ "$status" != 3 ] || jq -e '[.rows[] | select(.need == "start" and .status == "missing")] != []' "$T/out" || show "a good policy"
    chmod 666 "$T/policy/policy.json"
    try "$CT_TOP/tests/lib/with-policy" "$T/etc" "$T/policy" "$RUNTIME" check --host --format json
    exits 3
    row_is CM-HOST-POLICY '^missing: nothing is started while the policy is in doubt: /etc/casemate/policy.json is writable'
    row_is CM-HOST-OPENAT2 '^ok'
    [ ! -s "$T/err" ] || show "a policy in doubt is a finding here"

    mkdir -m 755 "$T/open"
    mount -t tmpfs -o mode=755 none "$T/open"
    try "$RUNTIME" --root "$T/open" check --host --format json
    umount "$T/open"
    row_is CM-HOST-STATE "^weak: $T/open is open to others"
    try "$RUNTIME" --root /dev/shm/none/at/all check --host --format json
    row_is CM-HOST-STATE '^ok: /dev/shm/none/at/all, which the first container makes$'
    try "$RUNTIME" --policy strict check --host --format json
    row_is CM-HOST-POLICY '^ok: strict, built in'
    jq -e '.rows[] | select(.id == "CM-HOST-MDWE") | .need == "default"' "$T/out" || show "strict wants it"
}
