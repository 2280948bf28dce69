#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# vm: lsm=none kernel=6.12 only=limits:.defaults
# What the values of a policy file do to a container, seen from the host; and what a process that joins later gets when the policy has changed meanwhile.
# shellcheck disable=SC2016 # scripts for the inside, and jq's variables
load ../lib/common

setup() {
    need_root
    ct_setup
    make_bundle
    POLICY=$T/policy
    mkdir -m 755 "$POLICY"
    # shellcheck disable=SC2016
    configure '.process.capabilities |= map_values(["CAP_CHOWN", "CAP_KILL", "CAP_NET_RAW"])'
    policy
}

policy() { printf '{"version": 1%s}\n' "${1:+, $1}" >"$POLICY/policy.json"; }
with() { try "$CT_TOP/tests/lib/with-policy" "$T/etc" "$POLICY" "$RUNTIME" --root "$ROOT" "$@"; }
begin() { # POLICY-MEMBERS: a running container under that policy, its pid in $pid
    policy "$1"
    with create --bundle "$BUNDLE" "$ID"
    ok "create" || return 1
    ct start "$ID"
    ok "start" || return 1
    pid=$(pid_of)
}
end() { ct delete --force "$ID"; }
limit_of() { awk -v name="$2" 'index($0, name) == 1 {print $(NF - 1)}' "/proc/$1/limits"; } # PID NAME: the hard one
put_probe() {
    ct_helpers || return 1
    install -m 755 "$CT_HELPERS/probe" "$BUNDLE/rootfs/bin/probe"
}
# What a fresh container says under a policy, in $T/out; the attempts are probe's.
probe_under() { # POLICY-MEMBERS OPERATIONS…
    policy "$1"
    set_args /bin/probe "${@:2}"
    with run --bundle "$BUNDLE" "$ID"
}

@test "capabilities.ceiling: more than the built-in one, less, and none" {
    local row want members
    while IFS='|' read -r want members; do
        begin "$members" || return 1
        # shellcheck disable=SC2086
        for row in CapBnd CapPrm CapEff; do
            [ "$(status_field "$pid" $row)" = "$(cap_value $want)" ] || fail "$members: $row is $(status_field "$pid" $row)" || return 1
        done
        end
    done <<'ROWS'
CAP_CHOWN CAP_KILL|
CAP_CHOWN CAP_KILL CAP_NET_RAW|"capabilities": {"ceiling": ["CHOWN", "KILL", "NET_RAW", "MKNOD"]}
CAP_KILL|"capabilities": {"ceiling": ["CAP_KILL"]}
|"capabilities": {"ceiling": []}
ROWS
}

@test "rlimits and oomScoreAdj: ceilings" {
    configure '.process.rlimits = [{"type": "RLIMIT_NOFILE", "soft": 4096, "hard": 4096}, {"type": "RLIMIT_STACK", "soft": 8388608, "hard": 8388608}]
        | .process.oomScoreAdj = 100'
    begin ''
    [ "$(limit_of "$pid" 'Max open files')" = 4096 ]
    [ "$(limit_of "$pid" 'Max stack size')" = 8388608 ]
    [ "$(cat "/proc/$pid/oom_score_adj")" = 100 ]
    end
    begin '"rlimits": {"nofile": 512, "stack": 1048576}, "oomScoreAdj": {"min": 500}'
    [ "$(limit_of "$pid" 'Max open files')" = 512 ] || fail "$(limit_of "$pid" 'Max open files')"
    [ "$(limit_of "$pid" 'Max stack size')" = 1048576 ]
    [ "$(limit_of "$pid" 'Max core file size')" = 1 ]
    [ "$(cat "/proc/$pid/oom_score_adj")" = 500 ]
    jq -e '[.tightened[] | split(" ")[0]] | contains(["CM-OOM", "CM-RLIMIT"])' "$ROOT/$ID/state.json"
}

@test "limits: defaults and ceilings of the cgroup" {
    grep -qw pids "$(ct_cgroup_root)/cgroup.controllers" 2>/dev/null || skip "no pids controller here"
    grep -qw memory "$(ct_cgroup_root)/cgroup.controllers" || skip "no memory controller here"
    local dir
    configure 'del(.linux.resources.memory, .linux.resources.pids)'
    begin '"limits": {"pids": {"default": 33, "max": 44}, "memory": {"default": 67108864, "max": "10%"}}'
    dir=$(ct_cgroup_root)$(cgroup_of "$pid")
    [ "$(cat "$dir/pids.max")" = 33 ]
    [ "$(cat "$dir/memory.max")" = 67108864 ]
    end
    configure '.linux.resources.pids = {"limit": 1000} | .linux.resources.memory = {"limit": 1073741824, "swap": 2147483648}'
    begin '"limits": {"pids": {"max": 44}, "memory": {"max": 134217728}, "swap": {"max": 4096}}'
    dir=$(ct_cgroup_root)$(cgroup_of "$pid")
    [ "$(cat "$dir/pids.max")" = 44 ]
    [ "$(cat "$dir/memory.max")" = 134217728 ]
    [ "$(cat "$dir/memory.swap.max")" = 4096 ]
    # what contradicts itself is refused, whatever a ceiling would make of it: the swap that holds is a sum with memory
    with update --pids-limit 5000 --memory 268435456 "$ID"
    fails_with '\[CM-LIMIT-INVALID\] /linux/resources/memory/swap: the limit of memory and swap \(134221824\) is below the one of memory \(268435456\)'
    [ "$(cat "$dir/memory.max")" = 134217728 ] || fail "$(cat "$dir/memory.max")"
    with update --pids-limit 5000 --memory 268435456 --memory-swap 536870912 "$ID"
    ok
    [ "$(cat "$dir/memory.swap.max")" = 4096 ] || fail "$(cat "$dir/memory.swap.max")"
    [ "$(cat "$dir/pids.max")" = 44 ] || fail "an update lifts what create lowered: $(cat "$dir/pids.max")"
    [ "$(cat "$dir/memory.max")" = 134217728 ] || fail "$(cat "$dir/memory.max")"
}

@test "user.nonRoot: root is refused, another user is not" {
    policy '"user": {"nonRoot": true}'
    with create --bundle "$BUNDLE" "$ID"
    fails_with '\[CM-NONROOT\] /process/user/uid'
    assert_gone "$ID"
    configure '.process.user = {"uid": 1000, "gid": 1000}'
    begin '"user": {"nonRoot": true}'
    [ "$(status_field "$pid" Uid | cut -f1)" -gt 65536 ]
}

@test "seccomp.profile: the filter of that name" {
    put_probe
    probe_under '' socket=2:1
    probed_is "$T/out" socket=2:1 OK
    probe_under '"seccomp": {"profile": "batch"}' socket=2:1
    ! grep -q '"ok":true' "$T/out" || show "batch has no sockets"
    policy '"seccomp": {"profile": "none"}'
    with create --bundle "$BUNDLE" "$ID"
    fails_with '/seccomp/profile: there is no built-in profile .*none.*; write one of default, strict, web, batch, minimal'
}

@test "seccomp.log: our filter is loaded with the flag, that of exec too" {
    command -v strace >/dev/null || skip "strace is not installed"
    local members want
    while IFS='|' read -r want members; do
        policy "$members"
        set_args /bin/true
        ASAN_OPTIONS=detect_leaks=0 try "$CT_TOP/tests/lib/with-policy" "$T/etc" "$POLICY" strace -f -e trace=seccomp -o "$T/trace" "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID-traced"
        ok || return 1
        [ "$(grep -c "SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_LOG, " "$T/trace")" = "$want" ] || fail "run: $(cat "$T/trace")" || return 1
        set_args /bin/sleep 1000
        begin "$members" || return 1
        ASAN_OPTIONS=detect_leaks=0 strace -f -e trace=seccomp -o "$T/trace" "$RUNTIME" --root "$ROOT" exec "$ID" /bin/true >"$T/out" 2>&1 3>&-
        [ "$(grep -c "SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_LOG, " "$T/trace")" = "$want" ] || fail "exec: $(cat "$T/trace")" || return 1
        end
    done <<'ROWS'
0|
1|"seccomp": {"log": true}
ROWS
}

@test "seccomp.onUnconfined: refuse" {
    policy '"seccomp": {"onUnconfined": "refuse"}'
    configure 'del(.linux.seccomp)'
    with create --bundle "$BUNDLE" "$ID"
    fails_with '\[CM-SECCOMP-ABSENT\] /linux: there is no seccomp profile, and the policy wants one that denies by default'
    configure '.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW"}'
    with create --bundle "$BUNDLE" "$ID"
    fails_with '\[CM-SECCOMP-DEFAULT\] /linux/seccomp/defaultAction'
    ct create --bundle "$BUNDLE" "$ID"
    ok "without the policy it is tightened"
}

@test "memory.denyWriteExec: no memory is writable and executable, that of exec neither" {
    put_probe
    probe_under '' write-exec
    probed_is "$T/out" write-exec OK
    probe_under '"memory": {"denyWriteExec": true}' write-exec
    probed_is "$T/out" write-exec 'EACCES|EPERM'
    set_args /bin/sleep 1000
    begin '"memory": {"denyWriteExec": true}'
    ct exec "$ID" /bin/probe write-exec
    probed_is "$T/out" write-exec 'EACCES|EPERM'
    end
    # a policy that was tightened since counts for who joins
    begin ''
    policy '"memory": {"denyWriteExec": true}'
    with exec "$ID" /bin/probe write-exec
    probed_is "$T/out" write-exec 'EACCES|EPERM'
    ct exec "$ID" /bin/probe write-exec
    probed_is "$T/out" write-exec OK
}

@test "root: the mode without an annotation, whether it is granted, and its size" {
    configure '.root.readonly = false'
    set_args /bin/sh -c 'echo x >/written && df -P -k / | tail -1'
    policy
    with run --bundle "$BUNDLE" "$ID"
    [ "$status" != 0 ] || show "the built-in policy makes it read-only"
    policy '"root": {"mode": "ephemeral", "ephemeralSize": 2097152}'
    with run --bundle "$BUNDLE" "$ID"
    ok
    [ ! -e "$BUNDLE/rootfs/written" ]
    # shellcheck disable=SC2016
    set_args /bin/sh -c 'dd if=/dev/zero of=/big bs=1k count=4096 2>/dev/null; stat -c %s /big'
    with run --bundle "$BUNDLE" "$ID"
    [ "$(cat "$T/out")" -le 2097152 ] || fail "$(cat "$T/out") bytes were written"
    configure '.annotations["casemate.rootfs"] = "ephemeral"'
    policy '"root": {"allowEphemeral": false}'
    with create --bundle "$BUNDLE" "$ID"
    fails_with '\[CM-ANNOTATION\] /annotations/casemate.rootfs: the policy .*hardened.* does not grant an ephemeral root'
}

@test "sysctls.allow: in the container's own namespace, and not without a rule" {
    local before
    before=$(cat /proc/sys/net/ipv4/ip_default_ttl)
    configure '.linux.sysctl = {"net.ipv4.ip_default_ttl": "77"}'
    policy
    with create --bundle "$BUNDLE" "$ID"
    fails_with '\[CM-SYSCTL\] /linux/sysctl/net.ipv4.ip_default_ttl: .*add it to sysctls.allow of the policy'
    begin '"sysctls": {"allow": ["net.ipv4.ip_default_ttl"]}'
    [ "$(nsenter -n -t "$pid" cat /proc/self/net/../../sys/net/ipv4/ip_default_ttl 2>/dev/null || nsenter -n -t "$pid" cat /proc/sys/net/ipv4/ip_default_ttl)" = 77 ]
    [ "$(cat /proc/sys/net/ipv4/ip_default_ttl)" = "$before" ]
}

@test "sysctls: what a policy may allow belongs to a network or ipc namespace on this kernel" {
    local path here problems='' n=0
    while read -r path; do
        path=${path//\*/lo}
        here=/proc/sys/$path
        [ -e "$here" ] || continue
        n=$((n + 1))
        # in a namespace of its own the value can be changed, and the host's does not change with it
        unshare -n -i sh -c '
            here=$1
            [ -e "$here" ] || { echo "not there in a namespace of its own"; exit; }
            value=$(cat "$here") && echo "$value" >"$here" || echo "cannot be written in a namespace of its own"' sh "$here" >"$T/says" 2>&1
        [ ! -s "$T/says" ] || problems+="$path: $(cat "$T/says")"$'\n'
    done < <(sed -n 's/^ *ALWAYS("\([^"]*\)".*/\1/p; s/^ *MAY("\([^"]*\)".*/\1/p; s/^ *IPV4("\([^"]*\)".*/net\/ipv4\/\1/p
        s/^ *CONF4("\([^"]*\)".*/net\/ipv4\/conf\/*\/\1/p; s/^ *CONF6("\([^"]*\)".*/net\/ipv6\/conf\/*\/\1/p' "$CT_TOP/libruntime/policy/sysctls.c")
    [ -z "$problems" ] || fail "$problems"
    [ $n -ge 40 ] || fail "only $n of them were there"
}

@test "ids.onExhaustion: ids that were just given back are taken again, or nothing starts" {
    local members
    # one range of ids, and a ledger of its own, for three commands
    cat >"$T/three" <<'SCRIPT'
set -eu
echo casemate:1879048192:65536 >/etc/subuid
cp /etc/subuid /etc/subgid
mkdir -p /run/casemate
mount -t tmpfs -o mode=700 none /run/casemate
"$1" --root "$2" create --bundle "$3" "$4"
"$1" --root "$2" delete --force "$4"
exec "$1" --root "$2" create --bundle "$3" "$4"
SCRIPT
    three() { try "$CT_TOP/tests/lib/with-policy" "$T/etc" "$POLICY" sh "$T/three" "$RUNTIME" "$ROOT" "$BUNDLE" "$ID"; }
    policy
    three
    ok
    [ "$(awk '{print $2}' "/proc/$(pid_of)/uid_map")" = 1879048192 ]
    end
    policy '"ids": {"onExhaustion": "refuse"}'
    three
    [ "$status" = 1 ] || show "the ids were in use a moment ago"
    says 'ids'
    assert_gone "$ID"
}

# ---- hooks by content and by stage ----

script() { # NAME TEXT: a hook
    printf '#!/bin/sh\n%s\n' "$2" >"$POLICY/$1"
    chmod 755 "$POLICY/$1"
}
rule() { policy "\"hooks\": {\"allow\": [{\"path\": \"/etc/casemate/hook\"$1}]}"; } # MORE-MEMBERS
digest() { sha256sum "$POLICY/hook" | cut -d' ' -f1; }

@test "hooks.allow sha256: that content and no other" {
    mkdir -m 777 "$T/told"
    script hook "touch $T/told/ran"
    configure '.hooks.createRuntime = [{path: "/etc/casemate/hook"}]'
    rule ", \"sha256\": \"$(digest)\""
    with create --bundle "$BUNDLE" "$ID"
    ok
    [ -e "$T/told/ran" ]
    end
    rm "$T/told/ran"
    script hook "touch $T/told/ran; true"
    with create --bundle "$BUNDLE" "$ID"
    fails_with "\[CM-HOOK\] /hooks/createRuntime/0: the policy allows the hook .*/etc/casemate/hook.* with another content than the file has \(sha256 $(digest)\)"
    [ ! -e "$T/told/ran" ]
    assert_gone "$ID"
    with check "$BUNDLE"
    prints 'with another content'
    # of two rules for a path either content will do
    policy "\"hooks\": {\"allow\": [{\"path\": \"/etc/casemate/hook\", \"sha256\": \"$(printf x | sha256sum | cut -d' ' -f1)\"},
        {\"path\": \"/etc/casemate/hook\", \"sha256\": \"$(digest)\"}]}"
    with create --bundle "$BUNDLE" "$ID"
    ok
    [ -e "$T/told/ran" ]
}

@test "hooks.allow sha256: compared again when a later command runs the hook" {
    mkdir -m 777 "$T/told"
    script hook "touch $T/told/ran"
    rule ", \"sha256\": \"$(digest)\""
    configure '.hooks.poststart = [{path: "/etc/casemate/hook"}]'
    with create --bundle "$BUNDLE" "$ID"
    ok
    [ "$(jq -r '.poststart[0].sha256' "$ROOT/$ID/state.json")" = "$(digest)" ]
    script hook "touch $T/told/other"
    with start "$ID"
    fails_with "error running poststart hook #0: .*/etc/casemate/hook.* is not run: its content is not what the policy names"
    [ ! -e "$T/told/other" ]
    end
    configure '.hooks = {poststop: [{path: "/etc/casemate/hook"}]}'
    rule ", \"sha256\": \"$(digest)\""
    with create --bundle "$BUNDLE" "$ID"
    ok
    script hook "touch $T/told/third"
    with delete --force "$ID"
    ok "a poststop hook only warns"
    says 'poststop hook #0: .*/etc/casemate/hook.* is not run: its content is not what the policy names'
    [ ! -e "$T/told/third" ]
    # and where it is the same, it runs
    script hook "touch $T/told/fourth"
    rule ", \"sha256\": \"$(digest)\""
    with create --bundle "$BUNDLE" "$ID"
    ok
    with delete --force "$ID"
    [ -e "$T/told/fourth" ]
}

@test "hooks.allow sha256: of the file that is executed, also when it changes while the container is made" {
    local rules
    mkdir -m 777 "$T/told"
    # the first hook, which may have any content, writes over the second one in its place
    script hook "touch $T/told/second"
    printf '#!/bin/sh\nprintf "#!/bin/sh\\ntouch %s/told/other" >/etc/casemate/hook\n' "$T" >"$POLICY/first"
    chmod 755 "$POLICY/first"
    configure '.hooks.createRuntime = [{path: "/etc/casemate/first"}, {path: "/etc/casemate/hook"}]'
    rules='{"path": "/etc/casemate/first"}, {"path": "/etc/casemate/hook"'
    policy "\"hooks\": {\"allow\": [$rules, \"sha256\": \"$(digest)\"}]}"
    with create --bundle "$BUNDLE" "$ID"
    [ "$status" = 1 ] || show "what the policy names is not there any more"
    says 'error running createRuntime hook #1: .*/etc/casemate/hook.* is not run: its content is not what the policy names'
    [ ! -e "$T/told/other" ]
    assert_gone "$ID"
    # the control arm: a rule for the path alone lets the other content run
    policy "\"hooks\": {\"allow\": [$rules}]}"
    with create --bundle "$BUNDLE" "$ID"
    ok
    [ -e "$T/told/other" ] || fail "the first hook did not change the second one"
}

@test "hooks.allow stages: for these kinds only" {
    local kind
    script hook true
    rule ', "stages": ["poststop", "createRuntime"]'
    for kind in prestart createRuntime createContainer startContainer poststart poststop; do
        configure --arg kind $kind '.hooks = {($kind): [{path: "/etc/casemate/hook"}]}'
        with check "$BUNDLE"
        case $kind in
        poststop | createRuntime) ! grep -q CM-HOOK "$T/out" || show "$kind" || return 1 ;;
        *) grep -q CM-HOOK "$T/out" || show "$kind" || return 1 ;;
        esac
    done
}

# ---- exec under another policy than create ----

@test "exec: the stricter of what init has and what the policy says now" {
    configure '.process.rlimits = [{"type": "RLIMIT_NOFILE", "soft": 4096, "hard": 4096}]'
    begin '"capabilities": {"ceiling": ["CHOWN", "KILL", "NET_RAW"]}'
    # the same policy: what init has
    with exec "$ID" /bin/sh -c 'grep CapBnd /proc/self/status'
    [ "$(awk '{print $2}' "$T/out")" = "$(cap_value CAP_CHOWN CAP_KILL CAP_NET_RAW)" ]
    # tightened: less
    policy '"capabilities": {"ceiling": ["KILL"]}'
    with exec "$ID" /bin/sh -c 'grep CapBnd /proc/self/status'
    [ "$(awk '{print $2}' "$T/out")" = "$(cap_value CAP_KILL)" ] || show "the ceiling of today counts"
    policy '"user": {"nonRoot": true}'
    with exec "$ID" /bin/true
    [ "$status" = 255 ] || [ "$status" = 1 ] || show "root is refused"
    says '\[CM-NONROOT\]'
    with exec --user 1000:1000 "$ID" /bin/true
    ok
    # loosened: no more than init
    policy '"capabilities": {"ceiling": ["CHOWN", "KILL", "NET_RAW", "SYS_CHROOT"]}, "rlimits": {"nofile": 1000000}'
    with exec --cap CAP_SYS_CHROOT "$ID" /bin/true
    [ "$status" != 0 ] || show "what init may not have nobody gets"
    says '\[CM-CAP-REFUSED\]'
    with exec "$ID" /bin/sh -c 'ulimit -Hn'
    [ "$(cat "$T/out")" = 4096 ]
}

@test "exec: what was wanted when the container was created stays: no root, and none by a capability" {
    put_probe
    configure '.process.user = {"uid": 1000, "gid": 1000} | .process.capabilities.ambient = [] | .process.capabilities |= map_values(["CAP_SETUID"])'
    begin '"user": {"nonRoot": true}'
    policy ''
    with exec --user 0:0 "$ID" /bin/true
    [ "$status" != 0 ] || show "root gets in although the container was made without"
    says '\[CM-NONROOT\].*with which the container was created'
    with exec "$ID" /bin/sh -c 'grep CapAmb /proc/self/status'
    [ "$(awk '{print $2}' "$T/out")" = 0000000000000000 ] || show "it can become root"
    end
    policy '"user": {"nonRoot": true}'
    set_args /bin/sh -c 'grep CapAmb /proc/self/status'
    with run --bundle "$BUNDLE" "$ID"
    [ "$(awk '{print $2}' "$T/out")" = 0000000000000000 ] || show "it can become root"
    policy ''
    with run --bundle "$BUNDLE" "$ID"
    [ "$(awk '{print $2}' "$T/out")" = "$(cap_value CAP_SETUID)" ] || show "without that policy it may"
}

@test "exec: the filter is init's, whatever profile the policy names now" {
    put_probe
    begin '"seccomp": {"profile": "batch"}'
    policy '"seccomp": {"profile": "default"}'
    with exec "$ID" /bin/probe socket=2:1
    ! grep -q '"ok":true' "$T/out" || show "batch has no sockets"
    end
    begin ''
    policy '"seccomp": {"profile": "batch"}'
    with exec "$ID" /bin/probe socket=2:1
    grep -q '"ok":true' "$T/out" || show "documented: the filter of a running container does not change"
}

@test "exec: --policy counts as it does for create" {
    put_probe
    begin ''
    mkdir -m 755 "$POLICY/policies"
    printf '{"version": 1, "user": {"nonRoot": true}}\n' >"$POLICY/policies/web.json"
    with --policy web exec "$ID" /bin/true
    says '\[CM-NONROOT\]'
    with --policy strict exec "$ID" /bin/true
    says '\[CM-NONROOT\]'
    with --policy missing exec "$ID" /bin/true
    [ "$status" != 0 ]
    says 'there is no /etc/casemate/policies/missing.json'
    printf 'broken\n' >"$POLICY/policy.json"
    with exec "$ID" /bin/true
    [ "$status" != 0 ] || show "a policy in doubt enters nothing"
    with --policy web exec --user 1000:1000 "$ID" /bin/probe write-exec
    probed_is "$T/out" write-exec OK
}
