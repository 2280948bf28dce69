#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# The same protections for a caller without privilege: an outer user namespace plays the host.
load ../lib/common

# A user that exists in a private view of /etc only, when we are root; ourselves otherwise.
USER_ID=61150
SUB_START=1800000000

setup() {
    command -v newuidmap >/dev/null || skip "newuidmap is missing (package uidmap)"
    ct_setup
    if [ "$(id -u)" = 0 ]; then
        # The program must be where the user can reach it; a checkout in root's home is not.
        install -m 755 "$RUNTIME" "$T/casemate"
        unprivileged_with $SUB_START
        install -d -m 700 -o $USER_ID -g $USER_ID "$T/xdg"
    else
        grep -q "^\($(id -un)\|$(id -u)\):" /etc/subuid || skip "no subordinate ids for $(id -un) in /etc/subuid"
        cp "$RUNTIME" "$T/casemate"
        UNPRIVILEGED=(env "XDG_RUNTIME_DIR=$T/xdg")
        install -d -m 700 "$T/xdg"
    fi
    "${UNPRIVILEGED[@]}" unshare -U true 2>/dev/null || skip "this host does not let users make user namespaces"
    ROOT=$T/xdg/casemate
    make_bundle
    configure 'del(.linux.resources.memory, .linux.resources.pids)'
    [ "$(id -u)" != 0 ] || chown -R $USER_ID:$USER_ID "$BUNDLE"
}

unprivileged_with() { # START-OF-SUBORDINATE-IDS
    UNPRIVILEGED=("$CT_TOP/tests/lib/as-user" "$T/etc" $USER_ID "$1" env -i "PATH=$PATH" HOME=/ "XDG_RUNTIME_DIR=$T/xdg")
}

teardown() {
    if [ -n "${T:-}" ]; then
        [ ! -d "$ROOT" ] || "${UNPRIVILEGED[@]}" "$T/casemate" list -q 3>&- | while read -r id; do
            "${UNPRIVILEGED[@]}" timeout 20 "$T/casemate" delete --force "$id" 3>&- || true
        done
        ct_teardown
    fi
}

rl() { try "${UNPRIVILEGED[@]}" "$T/casemate" "$@"; }
rl_pid() { "${UNPRIVILEGED[@]}" "$T/casemate" state "$ID" 3>&- | jq -r .pid; }
rl_status() { "${UNPRIVILEGED[@]}" "$T/casemate" state "$ID" 3>&- | jq -r .status; }

@test "run as an ordinary user" {
    set_args /bin/sh -c 'id -u; echo hello; exit 7'
    rl run --bundle "$BUNDLE" "$ID"
    exits 7
    prints '^0$'
    prints '^hello$'
}

@test "the program on a mount of its own, in a mount namespace with nobody else" {
    [ "$(id -u)" = 0 ] || skip "needs a user of its own"
    set_args /bin/echo hello
    mkdir "$T/own"
    # shellcheck disable=SC2016 # for the inner shell
    try unshare -m --propagation private sh -c 'mount -t tmpfs -o mode=755 none "$0/own" && cp "$0/casemate" "$0/own/" && exec "$@"' "$T" \
        "${UNPRIVILEGED[@]}" "$T/own/casemate" run --bundle "$BUNDLE" "$ID"
    ok
    prints '^hello$'
}

@test "create, state, start, kill, delete" {
    rl create --bundle "$BUNDLE" "$ID"
    ok
    [ "$(rl_status)" = created ]
    rl start "$ID"
    ok
    [ "$(rl_status)" = running ]
    rl kill "$ID" KILL
    ok
    is_stopped() { [ "$(rl_status)" = stopped ]; }
    eventually is_stopped
    rl delete "$ID"
    ok
    [ ! -e "$ROOT/$ID" ]
}

@test "posture of the container's first process" {
    rl run --detach --bundle "$BUNDLE" "$ID"
    ok
    local init
    init=$(rl_pid)
    [ "$(status_field "$init" Seccomp)" = 2 ]
    [ "$(status_field "$init" NoNewPrivs)" = 1 ]
    [ "$(status_field "$init" CapInh)" = 0000000000000000 ]
    [ "$(status_field "$init" CapAmb)" = 0000000000000000 ]
    has_word "$(mount_flags "$init" /)" ro
    local type
    for type in user mnt pid net ipc uts cgroup; do
        [ "$(ns_of "$init" $type)" != "$(ns_of self $type)" ] || fail "$type is the host's"
    done
    # nothing outside the caller's own and subordinate ids
    awk -v own="$([ "$(id -u)" = 0 ] && echo $USER_ID || id -u)" -v sub_start=$SUB_START -v root="$(id -u)" '
        $2 != own && (root == 0 && ($2 < sub_start || $2 + $3 > sub_start + 65536)) {bad = 1} END {exit bad}' "/proc/$init/uid_map" || fail "$(cat "/proc/$init/uid_map")"
}

@test "what container root may not do" {
    set_args /bin/probe mount=tmpfs mount=proc bind remount-root umount=/proc unshare=user unshare=mnt unshare=net sethostname mknod-null mknod-disk \
        open-w=/proc/sys/kernel/msgmax open-w=/proc/sysrq-trigger create=/file foreign-pids
    rl run --bundle "$BUNDLE" "$ID"
    ok
    local op
    for op in mount=tmpfs mount=proc bind remount-root umount=/proc unshare=user unshare=mnt unshare=net sethostname mknod-null mknod-disk \
        open-w=/proc/sys/kernel/msgmax open-w=/proc/sysrq-trigger create=/file; do
        [ "$(probed "$T/out" $op)" != OK ] || show "$op worked"
    done
}

@test "as the strongest attacker: full capabilities, no filter" {
    [ "$(id -u)" = 0 ] || skip "joining from outside needs root"
    rl run --detach --bundle "$BUNDLE" "$ID"
    ok
    as_strongest "$(rl_pid)" mount=tmpfs mount=proc bind remount-root make-shared umount=/proc umount=/dev/shm mount_setattr fsopen open_tree \
        sethostname unshare=user unshare=mnt unshare=pid unshare=net unshare=ipc unshare=uts unshare=cgroup unshare=time nested-mount write-back=/proc/sys/kernel/msgmax
    ok
    local op
    for op in mount=tmpfs mount=proc bind remount-root make-shared umount=/proc umount=/dev/shm mount_setattr fsopen open_tree sethostname; do
        probed_is "$T/out" $op EPERM
    done
    for op in user mnt pid net ipc uts cgroup time; do
        probed_is "$T/out" unshare=$op ENOSPC
    done
    probed_is "$T/out" nested-mount ENOSPC
    # here the read-only /proc/sys carries it
    probed_is "$T/out" write-back=/proc/sys/kernel/msgmax 'EROFS|EACCES|EPERM'
}

@test "the image is not changed" {
    local before
    before=$(tree_hash "$BUNDLE/rootfs")
    set_args /bin/true
    rl run --bundle "$BUNDLE" "$ID"
    ok
    [ "$(tree_hash "$BUNDLE/rootfs")" = "$before" ]
}

@test "mapping of host ids that are not the caller's is refused" {
    configure '.linux.namespaces |= (map(select(.type != "user")) + [{"type": "user"}]) | .linux.uidMappings = [{"containerID": 0, "hostID": 0, "size": 1}] | .linux.gidMappings = .linux.uidMappings'
    rl create --bundle "$BUNDLE" "$ID"
    fails_with 'CM-ID'
}

@test "without subordinate ids: an error that says what to do" {
    [ "$(id -u)" = 0 ] || skip "needs a /etc/subuid of its own"
    unprivileged_with -
    rl create --bundle "$BUNDLE" "$ID"
    fails_with 'subuid'
}

@test "spec --rootless is a config that runs" {
    rm "$BUNDLE/config.json"
    rl spec --rootless --bundle "$BUNDLE"
    ok
    configure '.process.terminal = false | .process.args = ["/bin/true"]'
    rl run --bundle "$BUNDLE" "$ID"
    ok
}

@test "scheduling, clocks and copies of what a tmpfs covers, without privilege" {
    mkdir -p "$BUNDLE/rootfs/data/dir"
    echo text >"$BUNDLE/rootfs/data/dir/file"
    [ "$(id -u)" != 0 ] || chown -R $USER_ID:$USER_ID "$BUNDLE/rootfs/data"
    configure '.process.scheduler = {"policy": "SCHED_IDLE"} | .process.ioPriority = {"class": "IOPRIO_CLASS_IDLE"} | .linux.personality = {"domain": "LINUX"}
        | .mounts += [{"destination": "/data", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "nodev", "tmpcopyup"]}]'
    [ ! -e /proc/self/ns/time ] || configure '.linux.namespaces += [{"type": "time"}] | .linux.timeOffsets = {"boottime": {"secs": 1000000}}'
    set_args /bin/sh -c 'cat /data/dir/file; echo more >>/data/dir/file; cat /data/dir/file; cat /proc/uptime; cut -d" " -f41 /proc/self/stat'
    rl run --bundle "$BUNDLE" "$ID"
    ok
    prints '^more$'
    prints '^5$'
    [ ! -e /proc/self/ns/time ] || [ "$(grep '\.' "$T/out" | cut -d. -f1)" -ge 1000000 ]
    [ "$(cat "$BUNDLE/rootfs/data/dir/file")" = text ]
}

# ---- terminals ----

rl_on_terminal() { try "$CT_TOP/tests/lib/on-terminal" "$@" -- "${UNPRIVILEGED[@]}" "$T/casemate" run --bundle "$BUNDLE" "$ID"; }

@test "a terminal in the foreground, of root and of another user" {
    local user in_front
    in_front="host=$(declare -f in_front within); within 20 in_front 'sleep 1000'" # what was typed is executed, and not only read by the shell
    ln -sf busybox "$BUNDLE/rootfs/bin/stty"
    for user in 0 1000; do
        configure '.process.terminal = true | .process.user = {"uid": $user, "gid": $user} | .process.env += ["PS1=ready> "]' --argjson user $user
        set_args /bin/sh -i
        # shellcheck disable=SC2016
        rl_on_terminal --size=31x97 expect='ready> ' never="can't access tty" send='stty size; stat -c "%u %a %t:%T" /dev/console; echo x >/dev/tty && echo tty ok\r' expect='31 97' \
            expect="^$user 620 88:0" expect='tty ok' send='sleep 1000\r' "$in_front" send='\x1a' expect='Stopped' send='kill %1; exit 6\r' sleep=0.3 send='exit 6\r' exit=6 cooked
        ok "user $user" || return 1
    done
}

@test "a terminal through a console socket" {
    configure '.process.terminal = true | .process.args = ["/bin/sleep", "1000"] | .process.user = {"uid": 1000, "gid": 1000}'
    chmod 777 "$T"
    try "$CT_TOP/tests/lib/on-terminal" --console-socket="$T/socket" host="chmod 777 $T/socket" host="test \$(stat -Lc %a:%t:%T /proc/\$(cat $T/pid)/fd/0) = 620:88:0" -- \
        bash -c 'chmod 777 "$0/socket"; exec "$@"' "$T" "${UNPRIVILEGED[@]}" "$T/casemate" create --bundle "$BUNDLE" --console-socket "$T/socket" --pid-file "$T/pid" "$ID"
    ok
    prints '^message /dev/pts/0 with 1 descriptors'
}

@test "a program of another user opens its pipes again by their names" {
    configure '.process.user = {"uid": 1000, "gid": 1000}'
    set_args /bin/sh -c 'echo one >/dev/stdout; echo two >/dev/stderr'
    # the pipe is the caller's: one of somebody else's stays as it is
    try "${UNPRIVILEGED[@]}" sh -c '"$@" 2>&1 | cat' sh timeout 20 "$T/casemate" run --bundle "$BUNDLE" "$ID"
    [ "$(grep -cE '^(one|two)$' "$T/out")" = 2 ] || show "reopened"
}

@test "exec with a terminal, of root and of another user" {
    local user
    ln -sf busybox "$BUNDLE/rootfs/bin/stty"
    ln -sf busybox "$BUNDLE/rootfs/bin/tty"
    set_args /bin/sleep 1000
    rl run --detach --bundle "$BUNDLE" "$ID"
    ok
    for user in 0 1000; do
        # shellcheck disable=SC2016
        try "$CT_TOP/tests/lib/on-terminal" --size=31x97 expect='ready> ' raw never="can't access tty" send='stty size; tty; id -u; stat -c "own%u" $(tty)\r' expect='31 97' \
            expect='/dev/pts/0' expect="^$user" expect="^own$user" send='exit 6\r' exit=6 cooked -- \
            "${UNPRIVILEGED[@]}" "$T/casemate" exec --tty --user $user --env 'PS1=ready> ' "$ID" /bin/sh -i
        ok "user $user" || return 1
    done
}

@test "hooks of root by rule, and descriptors of the caller" {
    [ "$(id -u)" = 0 ] || skip "the policy and its hooks must be root's"
    export CT_POLICY=$T/policy
    mkdir -m 755 "$CT_POLICY"
    install -d -m 777 "$T/told"
    printf '#!/bin/sh\necho "$1" >>%s/told/order\n' "$T" >"$CT_POLICY/hook"
    chmod 755 "$CT_POLICY/hook"
    echo '{"version": 1, "hooks": {"allow": [{"path": "/etc/casemate/hook"}]}}' >"$CT_POLICY/policy.json"
    configure '.hooks = (["createRuntime", "createContainer", "poststart", "poststop"] | map({(.): [{path: "/etc/casemate/hook", args: ["hook", .]}]}) | add)'
    set_args /bin/sh -c 'cat <&3'
    echo passed >"$T/passed"
    chmod 644 "$T/passed"
    try "${UNPRIVILEGED[@]}" "$CT_TOP/tests/lib/with-fds" "3=os.open('$T/passed', os.O_RDONLY)" LISTEN_FDS=1 'LISTEN_PID={pid}' -- \
        "$T/casemate" run --bundle "$BUNDLE" "$ID"
    ok
    prints '^passed$'
    [ "$(tr '\n' ' ' <"$T/told/order")" = "createRuntime createContainer poststart poststop " ] || fail "$(cat "$T/told/order")"
    # somebody else's file, and that of the container's ids
    chown 12345 "$CT_POLICY/hook"
    chmod 757 "$CT_POLICY/hook"
    try "${UNPRIVILEGED[@]}" "$T/casemate" run --bundle "$BUNDLE" "$ID"
    fails_with 'others than root may change it'
}
