#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Bind mounts of host directories and files that a rule of the policy allows. The rule comes from the test build.
load ../lib/common

setup() {
    need_root
    ct_setup
    need_test_build
    make_bundle
    mkdir -p "$T/share/sub" "$BUNDLE/rootfs/mnt"
    echo content >"$T/share/file"
    echo below >"$T/share/sub/file"
    chmod -R 777 "$T/share"
    touch "$BUNDLE/rootfs/mnt-file"
    cp "$BUNDLE/config.json" "$T/good.json"
}
teardown() {
    local at
    if [ -n "${T:-}" ]; then
        ct_sweep
        while read -r at; do
            umount -l "$(printf '%b' "$at")"
        done < <(awk -v t="$T/share" 'index($5, t) == 1 {print $5}' /proc/self/mountinfo | tac)
        ct_teardown
    fi
}

# The bundle with one bind mount; RULE is what the policy allows, nothing without it.
bind() { # SOURCE DESTINATION OPTION...
    local source=$1 to=$2
    shift 2
    jq --arg source "$source" --arg to "$to" '.mounts += [{destination: $to, type: "bind", source: $source, options: $ARGS.positional}]' \
        --args -- "$@" <"$T/good.json" >"$BUNDLE/config.json"
}
bt() { # runtime with the rule
    if [ -n "${RULE:-}" ]; then
        CASEMATE_TEST_ALLOW_MOUNT=$RULE try "$RUNTIME_TEST" --root "$ROOT" "$@"
    else
        try "$RUNTIME_TEST" --root "$ROOT" "$@"
    fi
}
inside() { # SCRIPT
    set_args /bin/sh -c "$1"
    bt run --bundle "$BUNDLE" "$ID"
}
refused_source() {
    set_args /bin/true
    bt run --bundle "$BUNDLE" "$ID"
    fails_with "CM-MOUNT-(SOURCE|SOCKET)\].*$1" || return 1
    assert_gone "$ID"
}

@test "a directory: read-only, nosuid, nodev, private" {
    RULE=$T/share
    bind "$T/share" /mnt bind
    inside 'cat /mnt/file /mnt/sub/file; touch /mnt/new; echo x >>/mnt/file; grep " /mnt " /proc/self/mountinfo'
    ok
    prints '^content$'
    prints '^below$'
    has_word "$(awk '$5 == "/mnt" {print $6}' "$T/out")" ro
    has_word "$(awk '$5 == "/mnt" {print $6}' "$T/out")" nosuid
    has_word "$(awk '$5 == "/mnt" {print $6}' "$T/out")" nodev
    ! grep -qE 'shared:|master:|propagate_from:' "$T/out" || show propagation
    [ ! -e "$T/share/new" ]
    [ "$(cat "$T/share/file")" = content ]
}

@test "a directory with a rule for writing, and still nosuid and nodev" {
    RULE=$T/share:rw
    bind "$T/share" /mnt rbind rw
    inside 'echo new >/mnt/new; grep " /mnt " /proc/self/mountinfo'
    ok
    [ "$(cat "$T/share/new")" = new ]
    has_word "$(awk '$5 == "/mnt" {print $6}' "$T/out")" rw
    has_word "$(awk '$5 == "/mnt" {print $6}' "$T/out")" nosuid
    has_word "$(awk '$5 == "/mnt" {print $6}' "$T/out")" nodev
    # asking for more is refused, asking for less is obeyed
    bind "$T/share" /mnt rbind rw suid dev
    bt run --bundle "$BUNDLE" "$ID"
    fails_with 'CM-MOUNT-FLAGS'
    bind "$T/share" /mnt bind ro
    inside 'touch /mnt/other'
    [ ! -e "$T/share/other" ]
}

@test "a file: read-only or writable by the rule" {
    bind "$T/share/file" /mnt-file bind
    RULE=$T/share
    inside 'cat /mnt-file; echo more >>/mnt-file'
    prints '^content$'
    [ "$(cat "$T/share/file")" = content ]
    RULE=$T/share:rw
    inside 'echo more >>/mnt-file'
    ok
    [ "$(tail -1 "$T/share/file")" = more ]
}

@test "mount points that the image lacks" {
    RULE=$T/share
    bind "$T/share/file" /not/there/file bind
    inside 'cat /not/there/file'
    ok
    prints '^content$'
    bind "$T/share" /not/there/dir bind
    inside 'cat /not/there/dir/file'
    ok
    prints '^content$'
    [ ! -e "$BUNDLE/rootfs/not" ]
}

@test "no device and no set-id program works through one" {
    mknod "$T/share/null" c 1 3
    chmod 666 "$T/share/null"
    cp "$BUNDLE/rootfs/bin/busybox" "$T/share/busybox"
    chmod 6755 "$T/share/busybox"
    RULE=$T/share:rw
    bind "$T/share" /mnt bind rw
    configure '.process.user = {"uid": 1000, "gid": 1000}'
    inside '(: </mnt/null) 2>/dev/null && echo device; /mnt/busybox id -u'
    ok
    [ "$(cat "$T/out")" = 1000 ] || show "a device or a set-id program"
}

@test "without a rule, or with one for another place, it is refused" {
    local RULE
    bind "$T/share" /mnt bind
    RULE=
    refused_source 'no rule of the policy'
    RULE=$T/share/sub
    refused_source 'no rule of the policy'
    RULE=$T/sha
    refused_source 'no rule of the policy'
    # the product does not know the variable
    CASEMATE_TEST_ALLOW_MOUNT=$T/share ct run --bundle "$BUNDLE" "$ID"
    fails_with 'CM-MOUNT-SOURCE'
}

@test "a source with a link in its path is refused" {
    ln -s "$T/share" "$T/link"
    ln -s sub "$T/share/way"
    RULE=$T
    bind "$T/link" /mnt bind
    refused_source 'symbolic link'
    bind "$T/link/sub" /mnt bind
    refused_source 'symbolic link'
    bind "$T/share/way" /mnt bind
    refused_source 'symbolic link'
    bind "/proc/self/root$T/share" /mnt bind
    refused_source ''
}

@test "whole trees, kernel file systems, sockets and devices are refused whatever the rule" {
    RULE=/:rw
    local source
    mkfifo "$T/share/fifo"
    python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$T/share/sock"
    mknod "$T/share/node" c 1 3
    for source in / /etc /proc /proc/sys /sys /sys/fs/cgroup /dev /dev/null "$T/share/fifo" "$T/share/sock" "$T/share/node" /var/lib; do
        [ -e "$source" ] || continue
        bind "$source" /mnt bind
        refused_source '' || fail "$source" || return 1
    done
}

@test "a kernel file system below the source: rbind is refused, bind does not show it" {
    local name
    RULE=$T/share
    for name in plain 'with space' 'with\backslash'; do
        mkdir -p "$T/share/$name"
        mount -t proc "$CT_TAG" "$T/share/$name"
        bind "$T/share" /mnt rbind
        refused_source 'kernel filesystem is mounted below' || fail "$name" || return 1
        bind "$T/share" /mnt bind
        inside "ls '/mnt/$name' | wc -l"
        ok || return 1
        [ "$(cat "$T/out")" = 0 ] || show "$name" || return 1
        umount "$T/share/$name"
    done
    # with nothing below it, rbind works
    bind "$T/share" /mnt rbind
    inside 'cat /mnt/file'
    prints '^content$'
}

@test "rbind shows what was mounted below, with the attributes of the mount" {
    mount -t tmpfs "$CT_TAG" "$T/share/sub"
    echo of-the-tmpfs >"$T/share/sub/file"
    RULE=$T/share
    bind "$T/share" /mnt rbind
    inside 'cat /mnt/sub/file; touch /mnt/sub/new; grep " /mnt/sub " /proc/self/mountinfo'
    prints '^of-the-tmpfs$'
    has_word "$(awk '$5 == "/mnt/sub" {print $6}' "$T/out")" ro
    has_word "$(awk '$5 == "/mnt/sub" {print $6}' "$T/out")" nosuid
    has_word "$(awk '$5 == "/mnt/sub" {print $6}' "$T/out")" nodev
    [ ! -e "$T/share/sub/new" ]
}

# The host's mounts are shared on a machine with systemd, and private in the tests' own view: the source is made a shared mount of its own.
share_mount() {
    mount -t tmpfs "$CT_TAG" "$T/share"
    mount --make-shared "$T/share"
    mkdir "$T/share/sub" "$T/clone"
    chmod 777 "$T/share" "$T/share/sub"
}

@test "slave and shared: private or refused; what the host mounts later stays outside" {
    local how
    share_mount
    RULE=$T/share
    for how in rslave slave rshared shared; do
        bind "$T/share" /mnt rbind $how
        set_args /bin/sleep 1000
        bt run --detach --bundle "$BUNDLE" "$ID"
        case $how in
        *slave) ok || return 1 ;;
        *)
            [ "$status" = 0 ] || { fails_with 'CM-MOUNT-PROPAGATION' || return 1; }
            [ "$status" = 0 ] || continue
            ;;
        esac
        pid=$(pid_of)
        ! grep -qE 'shared:|master:' "/proc/$pid/mountinfo" || fail "$how: $(cat "/proc/$pid/mountinfo")" || return 1
        mount -t tmpfs "$CT_TAG-late" "$T/share/sub"
        local seen=0
        ! grep -q "$CT_TAG-late" "/proc/$pid/mountinfo" || seen=1
        umount "$T/share/sub"
        [ $seen = 0 ] || fail "$how: a later mount of the host is inside" || return 1
        ct delete --force "$ID"
        ok || return 1
    done
}

@test "control: into a slave that someone else makes, such a mount does come" {
    share_mount
    # shellcheck disable=SC2016
    unshare -m --propagation unchanged sh -c 'mount --rbind "$1/share" "$1/clone" && mount --make-rslave "$1/clone" && exec sleep 20' sh "$T" \
        >/dev/null 2>&1 3>&- 4>&- &
    local other=$! seen=0
    eventually grep -q "$T/clone" "/proc/$other/mountinfo"
    mount -t tmpfs "$CT_TAG-late" "$T/share/sub"
    ! grep -q "$T/clone/sub" "/proc/$other/mountinfo" || seen=1
    umount "$T/share/sub"
    kill $other
    wait $other 2>/dev/null || true
    [ $seen = 1 ]
}

@test "owners: an id-mapped bind shows the container's, a plain one nobody's" {
    chown 0:0 "$T/share/file"
    chown 1000:1000 "$T/share/sub/file"
    RULE=$T/share:rw
    bind "$T/share" /mnt bind rw idmap
    inside 'stat -c %u:%g /mnt/file /mnt/sub/file; touch /mnt/new'
    ok
    [ "$(tr '\n' ' ' <"$T/out")" = "0:0 1000:1000 " ] || show "id-mapped"
    [ "$(stat -c %u:%g "$T/share/new")" = 0:0 ]
    bind "$T/share" /mnt bind rw
    inside 'stat -c %u:%g /mnt/file /mnt/sub/file; touch /mnt/other'
    ok
    [ "$(tr '\n' ' ' <"$T/out")" = "65534:65534 65534:65534 " ] || show "plain"
    [ "$(stat -c %u "$T/share/other")" -ge 65536 ]
}

@test "the source is the one that was judged: swapped for a link afterwards it makes no difference" {
    cat >"$T/racer.py" <<'PY'
import ctypes, sys
libc = ctypes.CDLL(None)
a, b = (sys.argv[1] + name for name in ("/share/sub", "/share/swap"))
while True:
    libc.renameat2(-100, a.encode(), -100, b.encode(), 2)  # RENAME_EXCHANGE
PY
    local i racer bad=''
    mkdir "$T/secret"
    echo secret >"$T/secret/file"
    ln -s "$T/secret" "$T/share/swap"
    RULE=$T/share
    bind "$T/share/sub" /mnt bind
    set_args /bin/cat /mnt/file
    python3 "$T/racer.py" "$T" 3>&- 4>&- &
    racer=$!
    for ((i = 0; i < 40; i++)); do
        bt run --bundle "$BUNDLE" "$ID"
        case $status:$(cat "$T/out") in 0:below | 1:) ;; *) bad="round $i: $status $(cat "$T/out" "$T/err")"; break ;; esac
    done
    kill $racer
    wait $racer 2>/dev/null || true
    [ -z "$bad" ] || fail "$bad"
}
