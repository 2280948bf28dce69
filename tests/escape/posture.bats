#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# The container's first process as the host's /proc shows it, and what a careless caller could leak into it.
load ../lib/common

setup() {
    need_root
    ct_setup
    make_bundle
}

CEILING='CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER CAP_FSETID CAP_KILL CAP_NET_BIND_SERVICE CAP_SETGID CAP_SETPCAP CAP_SETUID'
dirty() { try python3 "$CT_TOP/tests/lib/dirty" "$@"; }

@test "filter, no_new_privs, capabilities: created and running alike" {
    # shellcheck disable=SC2016
    configure '.process.capabilities |= map_values(["CAP_CHOWN", "CAP_KILL", "CAP_NET_BIND_SERVICE", "CAP_NET_RAW", "CAP_SYS_CHROOT", "CAP_MKNOD"])'
    create "$ID"
    ok
    pid=$(pid_of)
    local state ceiling field
    # shellcheck disable=SC2086
    ceiling=$((16#$(cap_value $CEILING)))
    for state in created running; do
        [ $state = created ] || { ct start "$ID"; ok; }
        [ "$(status_field "$pid" Seccomp)" = 2 ] || fail "$state: no filter"
        [ "$(status_field "$pid" Seccomp_filters)" = 1 ] || fail "$state: $(status_field "$pid" Seccomp_filters) filters"
        [ "$(status_field "$pid" NoNewPrivs)" = 1 ] || fail "$state: no_new_privs"
        [ "$(status_field "$pid" CapInh)" = 0000000000000000 ]
        [ "$(status_field "$pid" CapAmb)" = 0000000000000000 ]
        for field in CapBnd CapPrm CapEff; do
            [ $((16#$(status_field "$pid" $field) & ~ceiling)) = 0 ] || fail "$state: $field $(status_field "$pid" $field) is above the ceiling"
            [ $((16#$(status_field "$pid" $field))) = $((16#$(cap_value CAP_CHOWN CAP_KILL CAP_NET_BIND_SERVICE))) ] || fail "$state: $field is $(status_field "$pid" $field)"
        done
    done
}

@test "a profile of the bundle is a second filter" {
    configure '.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["getcwd"], "action": "SCMP_ACT_ERRNO", "errnoRet": 77}]}'
    start_container
    [ "$(status_field "$pid" Seccomp_filters)" = 2 ]
    [ "$(status_field "$pid" Seccomp)" = 2 ]
}

@test "control: without the filter and the capability drop they are not there" {
    need_hook seccomp
    without seccomp run --detach --bundle "$BUNDLE" "$ID"
    ok
    [ "$(status_field "$(pid_of)" Seccomp)" = 0 ]
    without caps run --detach --bundle "$BUNDLE" "$CT_TAG-2"
    ok
    [ $((16#$(status_field "$(pid_of "$CT_TAG-2")" CapEff))) -gt $((16#00000000ffffffff)) ]
}

@test "every namespace is the container's own" {
    start_container
    local type
    for type in user mnt pid net ipc uts cgroup; do
        [ "$(ns_of "$pid" $type)" != "$(ns_of self $type)" ] || fail "$type is the host's"
    done
}

@test "the root is read-only, nosuid and nodev, and so is what is mounted below it" {
    start_container
    local flags at
    flags=$(mount_flags "$pid" /)
    has_word "$flags" ro
    has_word "$flags" nosuid
    has_word "$flags" nodev
    while read -r at flags; do
        has_word "$flags" nosuid || fail "$at: $flags" || return 1
        # /dev holds the six nodes that we made, /dev/pts terminals
        case $at in /dev | /dev/pts | /proc/* | /sys/firmware | /sys/kernel/*) ;; *) has_word "$flags" nodev || fail "$at: $flags" || return 1 ;; esac
    done < <(awk '{print $5, $6}' "/proc/$pid/mountinfo")
    for at in /proc/sys /proc/bus /proc/fs /proc/irq /proc/sysrq-trigger /sys; do
        [ ! -e "/proc/$pid/root$at" ] || has_word "$(mount_flags "$pid" $at)" ro || fail "$at" || return 1
    done
    ! grep -qE ' shared:| master:' "/proc/$pid/mountinfo" || fail "propagation: $(grep -E ' shared:| master:' "/proc/$pid/mountinfo")"
}

@test "no mount of the host is visible" {
    local marker=$T/marker-mount
    mkdir "$marker"
    mount -t tmpfs "$CT_TAG-marker" "$marker"
    create "$ID"
    umount "$marker"
    ok
    pid=$(pid_of)
    ! grep -q "$CT_TAG-marker" "/proc/$pid/mountinfo"
    [ "$(wc -l <"/proc/$pid/mountinfo")" -lt 60 ]
}

@test "a mount made on the host later does not appear inside" {
    start_container
    mkdir "$BUNDLE/rootfs/tmp/late"
    mount -t tmpfs "$CT_TAG-late" "$BUNDLE/rootfs/tmp/late"
    local seen=0
    grep -q "$CT_TAG-late" "/proc/$pid/mountinfo" && seen=1
    umount "$BUNDLE/rootfs/tmp/late"
    [ $seen = 0 ]
}

@test "the container is in a cgroup of its own, which is gone with it" {
    create "$ID"
    ok
    pid=$(pid_of)
    local cg
    cg=$(cgroup_of "$pid")
    case $cg in *"$ID"*) ;; *) fail "cgroup $cg" ;; esac
    [ "$cg" != "$(cgroup_of self)" ]
    ct start "$ID"
    [ "$(cgroup_of "$pid")" = "$cg" ]
    ct delete --force "$ID"
    [ ! -d "$(ct_cgroup_root)$cg" ]
}

@test "cgroupsPath is obeyed" {
    configure ".linux.cgroupsPath = \"/$CT_TAG-parent/child\""
    start_container
    [ "$(cgroup_of "$pid")" = "/$CT_TAG-parent/child" ]
    ct delete --force "$ID"
    [ ! -d "$(ct_cgroup_root)/$CT_TAG-parent/child" ]
    # others may have put something into the parent meanwhile, so it stays
    [ ! -d "$(ct_cgroup_root)/$CT_TAG-parent" ] || rmdir "$(ct_cgroup_root)/$CT_TAG-parent"
}

@test "exactly the descriptors 0, 1 and 2, whatever the caller leaks" {
    local command
    dirty "$RUNTIME" --root "$ROOT" create --bundle "$BUNDLE" "$ID"
    ok
    pid=$(pid_of)
    dirty "$RUNTIME" --root "$ROOT" start "$ID"
    ok
    eventually executed "$pid"
    [ "$(tr '\0' ' ' <"/proc/$pid/cmdline")" = "/bin/sleep 1000 " ]
    [ "$(fds_of "$pid")" = "0 1 2 " ] || fail "descriptors: $(ls -l "/proc/$pid/fd")"
    set_args /bin/ls /proc/self/fd
    for command in run; do
        dirty "$RUNTIME" --root "$ROOT" $command --bundle "$BUNDLE" "$CT_TAG-2"
        ok
        # ls itself holds the directory open as 3
        [ "$(tr '\n' ' ' <"$T/out")" = "0 1 2 3 " ] || show descriptors
    done
}

@test "control: the caller did leak them" {
    dirty sh -c 'ls /proc/self/fd | wc -l'
    [ "$(cat "$T/out")" -ge 40 ]
    need_test_build
    set_args /bin/ls /proc/self/fd
    status=0
    CASEMATE_TEST_WITHOUT=closefds dirty "$RUNTIME_TEST" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
    ok
    [ "$(wc -l <"$T/out")" -gt 10 ] || show "the hook takes no protection away"
}

@test "before start the waiting process has no descriptor of the host's files" {
    dirty "$RUNTIME" --root "$ROOT" create --bundle "$BUNDLE" "$ID"
    ok
    pid=$(pid_of)
    local link
    for link in $(find "/proc/$pid/fd" -mindepth 1 -printf '%f\n'); do
        [ "$link" -gt 2 ] || continue
        case $(readlink "/proc/$pid/fd/$link") in
        "$ROOT/"* | pipe:* | socket:* | anon_inode:* | /) ;;
        *) fail "descriptor $link: $(readlink "/proc/$pid/fd/$link")" || return 1 ;;
        esac
    done
    ! ls -l "/proc/$pid/fd" | grep -qE '/etc/shadow|/sys/fs/cgroup$'
}

@test "environment, umask, signals, nice, affinity and limits of the caller stay outside" {
    set_args /bin/sh -c 'env; umask; grep -E "^(Sig|Cpus_allowed_list)" /proc/self/status; nice; grep -E "stack size" /proc/self/limits'
    ct run --bundle "$BUNDLE" "$ID"
    ok
    cp "$T/out" "$T/clean"
    dirty "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
    ok
    ! grep -q leaked-from-the-caller "$T/out" || show "environment"
    grep -qE '^SigIgn:.0000000000000000$' "$T/out" || show "ignored signals"
    grep -qE '^SigBlk:.0000000000000000$' "$T/out" || show "blocked signals"
    grep -qE '^0?022$' "$T/out" || show umask
    # Nothing that the caller set makes a difference at all; a stack limit that the config does not give is inherited.
    diff <(grep -vE 'stack size|^(Cpus|-?[0-9]+$)' "$T/clean") <(grep -vE 'stack size|^(Cpus|-?[0-9]+$)' "$T/out")
    diff <(grep -E '^Cpus' "$T/clean") <(grep -E '^Cpus' "$T/out") || show affinity
}

@test "the runtime's command line and environment are not readable inside" {
    start_container
    ! tr '\0' '\n' <"/proc/$pid/environ" | grep -qE "$T|CT_"
    run_in_ns=$(nsenter -t "$pid" -m -p cat /proc/1/cmdline /proc/1/environ | tr '\0' ' ')
    case $run_in_ns in *"$T"*) fail "$run_in_ns" ;; esac
}

@test "the waiting process shows nothing of the runtime's command line" {
    create "$ID"
    ok
    pid=$(pid_of)
    ! tr '\0' ' ' <"/proc/$pid/cmdline" | grep -q "$BUNDLE" || fail "$(tr '\0' ' ' <"/proc/$pid/cmdline")"
}

@test "a keyring that a user of the host has left in the way is not the container's" {
    local squatter before user=(setpriv --reuid 65534 --regid 65534 --clear-groups "$CT_TOP/tests/lib/keyring-squatter")
    try "${user[@]}" --join "_ses.$ID-try"
    [ "$status" = 0 ] || skip "users of this host cannot make keyrings: $(cat "$T/err")"
    "${user[@]}" "_ses.$ID" "_ses.(null)" "$ID" _ses >"$T/serials" 2>&1 </dev/null 3>&- &
    squatter=$!
    eventually grep -q ready "$T/serials"
    sed -i /ready/d "$T/serials"
    [ "$(wc -l <"$T/serials")" = 4 ] || fail "the attacker: $(cat "$T/serials")"
    users() { grep -F -f "$T/serials" /proc/keys | awk '{print $1, $3}'; } # how many hold each
    unused() { [ "$(users)" = "$before" ]; }
    before=$(users)
    # control: whoever gives a name gets what is there
    try "$CT_TOP/tests/lib/keyring-squatter" --join "_ses.$ID"
    ok
    grep -qxF "$(cat "$T/out")" "$T/serials" || fail "root was given $(cat "$T/out"), there are $(cat "$T/serials")"
    start_container
    ct exec -d "$ID" sleep 1000
    ok
    eventually unused || fail "before: $before; with a container: $(users)"
    kill $squatter
}

@test "the session, the keyring and the terminal are not the caller's" {
    set_args /bin/sh -c 'cat /proc/self/stat | cut -d" " -f5-7; cat /dev/tty 2>&1 | head -1'
    ct run --bundle "$BUNDLE" "$ID"
    [ "$(head -1 "$T/out" | cut -d' ' -f3)" = 0 ] || show "a controlling terminal"
    set_args /bin/sleep 1000
    start_container "$CT_TAG-2"
    [ "$(awk '{print $6}' "/proc/$pid/stat")" = "$pid" ]
}
