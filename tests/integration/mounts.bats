#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Options of mounts, one after the other, seen from the host: attributes, copies of what a tmpfs covers, ids on bind mounts.
load ../lib/common

setup() {
    need_root
    ct_setup
    make_bundle
    mkdir -p "$BUNDLE/rootfs/data" "$BUNDLE/rootfs/mnt"
    cp "$BUNDLE/config.json" "$T/good.json"
}
teardown() {
    local at
    [ -n "${T:-}" ] || return 0
    ct_sweep
    while read -r at; do
        umount -l "$(printf '%b' "$at")"
    done < <(awk -v t="$T/" 'index($5, t) == 1 {print $5}' /proc/self/mountinfo | tac)
    ct_teardown
}

tmpfs() { # DESTINATION OPTION...
    local to=$1
    shift
    jq --arg to "$to" '.mounts += [{destination: $to, type: "tmpfs", source: "tmpfs", options: (["nosuid", "nodev"] + $ARGS.positional)}]' \
        --args -- "$@" <"$T/good.json" >"$BUNDLE/config.json"
}
bind() { # SOURCE OPTION...: on /mnt
    local source=$1
    shift
    jq --arg source "$source" '.mounts += [{destination: "/mnt", type: "bind", source: $source, options: (["nosuid", "nodev"] + $ARGS.positional)}]' \
        --args -- "$@" <"$T/good.json" >"$BUNDLE/config.json"
}
# With a rule that allows the source, which only the test build can be given here.
bound() { # [jq expression for the mount]
    need_test_build
    [ $# = 0 ] || configure ".mounts[-1] |= ($1)"
    CASEMATE_TEST_ALLOW_MOUNT=$T/share:rw try "$RUNTIME_TEST" --root "$ROOT" create --bundle "$BUNDLE" "$ID"
}
flags_at() { mount_flags "$pid" "$1"; }
lacks_word() { case ",$1," in *",$2,"*) fail "$1 has $2" ;; esac; }
root_of() { echo "/proc/$1/root"; }
host_id() { awk -v id="$2" '$1 <= id && id < $1 + $3 {print $2 + id - $1}' "/proc/$1/uid_map"; } # PID CONTAINER-ID

# ---- attributes ----

@test "attributes of a tmpfs" {
    local option
    for option in ro noexec noatime nodiratime nosymfollow; do
        tmpfs /data "$option"
        start_container
        has_word "$(flags_at /data)" "$option"
        ct delete --force "$ID"
    done
    tmpfs /data noatime strictatime
    start_container
    lacks_word "$(flags_at /data)" noatime
    lacks_word "$(flags_at /data)" relatime
    ct delete --force "$ID"
    tmpfs /data ro noexec rw exec noatime relatime
    start_container
    has_word "$(flags_at /data)" relatime
    lacks_word "$(flags_at /data)" noexec
    has_word "$(flags_at /data)" rw
}

@test "a recursive word is not taken back by one that is not" {
    tmpfs /data rro rnoexec rw exec
    start_container
    has_word "$(flags_at /data)" ro
    has_word "$(flags_at /data)" noexec
    ct delete --force "$ID"
    tmpfs /data rro rrw
    start_container
    has_word "$(flags_at /data)" rw
}

@test "attributes of bind mounts, of the whole tree" {
    local option word
    mkdir -p "$T/share/sub"
    mount -t tmpfs none "$T/share/sub"
    for option in ro rro rnoexec noexec rnoatime noatime rnodiratime rnosymfollow nosymfollow rnosuid rnodev; do
        bind "$T/share" rbind "$option"
        bound
        ok "$option"
        pid=$(pid_of)
        word=${option#r}
        [ "$option" != ro ] || word=ro
        has_word "$(flags_at /mnt)" "$word"
        has_word "$(flags_at /mnt/sub)" "$word"
        ct delete --force "$ID"
    done
}

@test "access times of bind mounts are the options', or the source's" {
    mkdir -p "$T/share"
    mount -t tmpfs -o noatime none "$T/share"
    bind "$T/share" rbind
    bound
    ok
    pid=$(pid_of)
    has_word "$(flags_at /mnt)" noatime
    ct delete --force "$ID"
    bind "$T/share" rbind relatime
    bound
    ok
    pid=$(pid_of)
    has_word "$(flags_at /mnt)" relatime
    ct delete --force "$ID"
    bind "$T/share" rbind strictatime
    bound
    ok
    pid=$(pid_of)
    lacks_word "$(flags_at /mnt)" noatime
    lacks_word "$(flags_at /mnt)" relatime
}

@test "what the host's mount forbids stays forbidden" {
    local option
    mkdir -p "$T/share"
    mount -t tmpfs -o ro,noexec none "$T/share"
    for option in rw rrw exec rexec; do
        bind "$T/share" rbind "$option"
        bound
        ok "$option"
        pid=$(pid_of)
        has_word "$(flags_at /mnt)" ro
        has_word "$(flags_at /mnt)" noexec
        ct delete --force "$ID"
    done
}

@test "words about the whole filesystem: accepted, and named where they promise something" {
    mkdir -p "$T/share"
    tmpfs /data async defaults iversion lazytime loud mand noiversion nolazytime nomand silent sync dirsync norelatime
    create "$ID"
    ok
    ct delete --force "$ID"
    bind "$T/share" bind sync
    bound
    ok
    says 'not enforced on this host: .*mount option sync'
}

@test "options that are refused, each with its code" {
    local option
    for option in suid dev rsuid rdev; do
        tmpfs /data "$option"
        create "$ID"
        fails_with "CM-MOUNT-FLAGS. /mounts/[0-9]+/options/2"
    done
    for option in shared rshared unbindable runbindable slave rslave; do
        tmpfs /data "$option"
        create "$ID"
        fails_with "CM-MOUNT-PROPAGATION. /mounts/[0-9]+"
    done
    for option in remount lowerdir=/ upperdir=/ source=/x context=x huge=always nonsense; do
        tmpfs /data "$option"
        create "$ID"
        fails_with "CM-MOUNT-OPTION. /mounts/[0-9]+/options/2"
    done
    for option in idmap ridmap; do
        tmpfs /data "$option"
        create "$ID"
        fails_with "CM-MOUNT-IDMAP. /mounts/[0-9]+"
    done
    assert_gone "$ID"
}

@test "hidepid on /proc: other users' processes are hidden" {
    configure '(.mounts[] | select(.destination == "/proc")).options = ["hidepid=2"] | .process.user = {"uid": 1000, "gid": 1000}'
    configure '.process.capabilities = {}'
    start_container
    grep -q ' /proc .* - proc .*hidepid=invisible' "/proc/$pid/mountinfo" || fail "$(grep ' /proc ' "/proc/$pid/mountinfo")"
    configure '(.mounts[] | select(.destination == "/proc")).options = ["hidepid=9"]'
    ct delete --force "$ID"
    create "$ID"
    fails_with 'CM-MOUNT-OPTION. /mounts/[0-9]+/options/0'
}

# ---- tmpcopyup ----

make_content() {
    local d=$BUNDLE/rootfs/data
    mkdir -p "$d/dir/deep" "$d/empty"
    echo text >"$d/dir/file"
    head -c 300000 /dev/urandom >"$d/dir/deep/blob"
    printf '#!/bin/sh\necho ran\n' >"$d/program"
    ln -s dir/file "$d/link"
    ln -s /etc/shadow "$d/out"
    chmod 751 "$d/program"
    chmod 2770 "$d/dir"
    chmod 705 "$d"
    chown 1000:1001 "$d/dir/file"
    chown -h 1000:1000 "$d/link"
    chown 33:34 "$d"
    touch -d '2001-02-03 04:05:06' "$d/dir/file" "$d/empty"
    setfattr -n user.note -v hello "$d/dir/file" 2>/dev/null || true
}
# What a directory holds, as ids of the container, relative to it.
listing() { # DIRECTORY FIRST-HOST-ID
    (cd "$1" && find . -printf '%p %y %m %U %G %T@ %l\n' | awk -v base="$2" '{$4 -= base; $5 -= base; print}' | LC_ALL=C sort && find . -type f -exec sha256sum {} + | LC_ALL=C sort)
}

@test "tmpcopyup: content, owners, modes, times and links of what the tmpfs covers" {
    make_content
    tmpfs /data tmpcopyup
    local before
    before=$(tree_hash "$BUNDLE/rootfs")
    start_container
    # "." has its own time: it was filled a moment ago
    # many files: no descriptor is left over
    (cd "$BUNDLE/rootfs/data/empty" && seq 1 1500 | xargs touch) && ct delete --force "$ID" && before=$(tree_hash "$BUNDLE/rootfs") && start_container
    diff <(listing "$BUNDLE/rootfs/data" 0 | grep -v '^\. ') <(listing "$(root_of "$pid")/data" "$(host_id "$pid" 0)" | grep -v '^\. ')
    [ "$(stat -c '%a' "$(root_of "$pid")/data")" = 705 ]
    [ "$(stat -c '%u' "$(root_of "$pid")/data")" = "$(host_id "$pid" 33)" ]
    if getfattr -n user.note "$BUNDLE/rootfs/data/dir/file" >/dev/null 2>&1; then
        [ "$(getfattr --only-values -n user.note "$(root_of "$pid")/data/dir/file")" = hello ]
    fi
    [ "$(stat -f -c %T "$(root_of "$pid")/data")" = tmpfs ]
    [ "$(tree_hash "$BUNDLE/rootfs")" = "$before" ]
}

@test "tmpcopyup: it is the container's to change, and the image stays" {
    make_content
    tmpfs /data tmpcopyup mode=755 uid=0
    local before
    echo mine >"$BUNDLE/rootfs/data/mine"
    before=$(tree_hash "$BUNDLE/rootfs")
    run_inside '/data/program; echo more >>/data/mine; cat /data/mine; stat -c %a /data; rm -r /data/dir; ls /data'
    ok
    prints '^ran$'
    prints '^more$'
    prints '^755$'
    [ "$(tree_hash "$BUNDLE/rootfs")" = "$before" ]
}

@test "tmpcopyup: access lists name the same users inside" {
    make_content
    # version 2; owner rw-, user 1000 r--, group ---, mask r--, others ---
    python3 - "$BUNDLE/rootfs/data/dir/file" <<'PY' || skip "this filesystem has no access lists"
import os, struct, sys
entries = [(1, 6, 0xffffffff), (2, 4, 1000), (4, 0, 0xffffffff), (16, 4, 0xffffffff), (32, 0, 0xffffffff)]
os.setxattr(sys.argv[1], "system.posix_acl_access", struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries))
PY
    tmpfs /data tmpcopyup
    start_container
    python3 - "$(root_of "$pid")/data/dir/file" "$(host_id "$pid" 1000)" <<'PY'
import os, struct, sys
acl = os.getxattr(sys.argv[1], "system.posix_acl_access")
users = [entry[2] for entry in struct.iter_unpack("<HHI", acl[4:]) if entry[0] == 2]
sys.exit(users != [int(sys.argv[2])])
PY
}

@test "tmpcopyup: read-only afterwards" {
    make_content
    tmpfs /data tmpcopyup ro
    run_inside 'cat /data/dir/file; echo x >/data/new || echo read-only'
    ok
    prints '^text$'
    prints '^read-only$'
}

@test "without mode= a tmpfs has the mode of the directory it covers" {
    chmod 711 "$BUNDLE/rootfs/data"
    tmpfs /data
    start_container
    [ "$(stat -c '%a' "$(root_of "$pid")/data")" = 711 ]
    ct delete --force "$ID"
    tmpfs /missing
    start_container
    [ "$(stat -c '%a' "$(root_of "$pid")/missing")" = 1777 ]
    ct delete --force "$ID"
    tmpfs /data mode=1770
    start_container
    [ "$(stat -c '%a' "$(root_of "$pid")/data")" = 1770 ]
}

@test "tmpcopyup: links of the image lead nowhere on the host" {
    local secret=$T/secret
    echo host-secret >"$secret"
    mkdir "$T/secrets"
    echo host-secret >"$T/secrets/file"
    ln -s "$secret" "$BUNDLE/rootfs/data/file"
    ln -s "$T/secrets" "$BUNDLE/rootfs/data/dir"
    ln -s ../../../../../../../../../../../../etc "$BUNDLE/rootfs/data/up"
    # control arm: a copy that follows links has the host's files in it
    cp -rL "$BUNDLE/rootfs/data/file" "$BUNDLE/rootfs/data/dir" "$T/copied" 2>/dev/null || { mkdir "$T/copied" && cp -rL "$BUNDLE/rootfs/data/file" "$BUNDLE/rootfs/data/dir" "$T/copied"; }
    grep -rq host-secret "$T/copied"
    tmpfs /data tmpcopyup
    start_container
    ! grep -rqs host-secret "$(root_of "$pid")/data/" || fail "the host's file is in the container"
    [ "$(readlink "$(root_of "$pid")/data/file")" = "$secret" ]
    [ -L "$(root_of "$pid")/data/dir" ]
    [ -L "$(root_of "$pid")/data/up" ]
}

@test "tmpcopyup: somebody exchanges directories and files for links meanwhile" {
    local d=$BUNDLE/rootfs/data i racer found=0
    mkdir -p "$T/secrets" "$d/real"
    echo host-secret >"$T/secrets/file"
    for i in $(seq 1 300); do echo "$i" >"$d/real/f$i"; done
    echo harmless >"$d/real/file"
    ln -s "$T/secrets" "$d/fake"
    cp "$d/real/file" "$d/x"
    ln -s "$T/secrets/file" "$d/y"
    python3 - "$d" <<'PY' 3>&- 4>&- >/dev/null 2>&1 &
import ctypes, os, sys
libc = ctypes.CDLL(None)
d = os.fsencode(sys.argv[1])
while True:
    libc.renameat2(-100, d + b"/real", -100, d + b"/fake", 2)
    libc.renameat2(-100, d + b"/x", -100, d + b"/y", 2)
PY
    racer=$!
    tmpfs /data tmpcopyup
    for i in $(seq 1 25); do
        create "$ID"
        if [ "$status" = 0 ]; then
            pid=$(pid_of)
            ! grep -rqs --no-dereference host-secret "$(root_of "$pid")/data/" || found=1
            ct delete --force "$ID"
        fi
    done
    kill "$racer"
    wait "$racer" 2>/dev/null || true
    [ "$found" = 0 ] || fail "the host's file is in a container"
}

@test "tmpcopyup: sockets, FIFOs and devices are left out, and nothing waits for them" {
    mkfifo "$BUNDLE/rootfs/data/fifo"
    mknod "$BUNDLE/rootfs/data/mem" c 1 1 || skip "cannot make device nodes here"
    python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$BUNDLE/rootfs/data/socket" || true
    echo kept >"$BUNDLE/rootfs/data/file"
    tmpfs /data tmpcopyup
    start_container
    [ "$(ls "$(root_of "$pid")/data")" = file ]
}

@test "tmpcopyup: bounded by the size and the inodes of the tmpfs" {
    head -c 3000000 /dev/zero >"$BUNDLE/rootfs/data/large"
    tmpfs /data tmpcopyup size=1m
    create "$ID"
    fails_with '/mounts: copying what /data of the rootfs holds into its tmpfs: No space left on device; give it a larger size='
    assert_gone "$ID"
    truncate -s 100G "$BUNDLE/rootfs/data/large"
    create "$ID"
    fails_with 'No space left on device'
    rm "$BUNDLE/rootfs/data/large"
    (cd "$BUNDLE/rootfs/data" && seq 1 3000 | xargs touch)
    tmpfs /data tmpcopyup nr_inodes=100
    create "$ID"
    fails_with 'No space left on device'
    assert_gone "$ID"
}

@test "tmpcopyup: trees that are too deep, and hard links by the thousand" {
    local d=$BUNDLE/rootfs/data i
    head -c 1000000 /dev/zero >"$d/one"
    for i in $(seq 1 200); do ln "$d/one" "$d/link$i"; done
    tmpfs /data tmpcopyup size=8m
    create "$ID"
    fails_with 'No space left on device'
    rm "$d"/*
    (cd "$d" && for i in $(seq 1 300); do mkdir d && cd d || exit 1; done)
    tmpfs /data tmpcopyup
    create "$ID"
    fails_with 'its directories are too deep'
    assert_gone "$ID"
}

@test "tmpcopyup: only on a tmpfs" {
    jq '(.mounts[] | select(.destination == "/dev")).options += ["tmpcopyup"]' <"$T/good.json" >"$BUNDLE/config.json"
    create "$ID"
    fails_with 'CM-MOUNT-OPTION. /mounts/[0-9]+/options: tmpcopyup'
    jq '(.mounts[] | select(.destination == "/dev/mqueue")).options += ["tmpcopyup"]' <"$T/good.json" >"$BUNDLE/config.json"
    create "$ID"
    fails_with 'CM-MOUNT-OPTION. /mounts/[0-9]+/options: tmpcopyup'
}

# ---- ids on bind mounts ----

RANGE='.linux.namespaces |= (map(select(.type != "user")) + [{"type": "user"}]) | .linux.uidMappings = [{"containerID": 0, "hostID": 1500000000, "size": 65536}] | .linux.gidMappings = .linux.uidMappings'

share() { # on a filesystem that takes id mappings
    mkdir -p "$T/share/sub"
    mount -t tmpfs none "$T/share/sub"
    echo x | tee "$T/share/file" >"$T/share/sub/file"
    chown 0:0 "$T/share/file" "$T/share/sub/file"
}

@test "idmap: the files' ids are the container's; of the topmost mount, or with ridmap of all" {
    share
    bind "$T/share" rbind idmap
    configure "$RANGE"
    bound
    ok
    pid=$(pid_of)
    [ "$(stat -c %u "$(root_of "$pid")/mnt/file")" = 1500000000 ]
    [ "$(stat -c %u "$(root_of "$pid")/mnt/sub/file")" = 0 ]
    ct delete --force "$ID"
    bind "$T/share" rbind ridmap
    configure "$RANGE"
    bound
    ok
    pid=$(pid_of)
    [ "$(stat -c %u "$(root_of "$pid")/mnt/file")" = 1500000000 ]
    [ "$(stat -c %u "$(root_of "$pid")/mnt/sub/file")" = 1500000000 ]
}

@test "without idmap the host's ids stay, which are nobody's in the container" {
    share
    bind "$T/share" rbind
    configure "$RANGE"
    bound
    ok
    pid=$(pid_of)
    [ "$(stat -c %u "$(root_of "$pid")/mnt/file")" = 0 ]
}

@test "idmap with allocated ids" {
    share
    bind "$T/share" rbind idmap
    configure 'del(.linux.uidMappings, .linux.gidMappings)'
    bound
    ok
    pid=$(pid_of)
    [ "$(stat -c %u "$(root_of "$pid")/mnt/file")" = "$(host_id "$pid" 0)" ]
}

@test "mappings of the mount's own, into the container's range" {
    share
    chown 4242:4343 "$T/share/file"
    bind "$T/share" bind
    configure "$RANGE"
    bound '.uidMappings = [{"containerID": 4242, "hostID": 1500001000, "size": 1}] | .gidMappings = [{"containerID": 4343, "hostID": 1500001001, "size": 10}]'
    ok
    pid=$(pid_of)
    [ "$(stat -c '%u %g' "$(root_of "$pid")/mnt/file")" = "1500001000 1500001001" ]
    # ids that the map does not have are nobody's
    [ "$(stat -c %u "$(root_of "$pid")/mnt/.")" = 65534 ]
    ct delete --force "$ID"
    bind "$T/share" bind
    configure "$RANGE"
    configure '.mounts[-1] |= (.uidMappings = [{"containerID": 4242, "hostID": 1500000000, "size": 1}] | .gidMappings = [{"containerID": 4343, "hostID": 1500000000, "size": 1}])'
    set_args /bin/sh -c 'stat -c "%u:%g" /mnt/file; echo written >/mnt/file'
    CASEMATE_TEST_ALLOW_MOUNT=$T/share:rw try "$RUNTIME_TEST" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
    ok
    prints '^0:0$'
    [ "$(stat -c '%u:%g' "$T/share/file")" = 4242:4343 ]
    [ "$(cat "$T/share/file")" = written ]
}

@test "mappings that lead out of the container's range are refused" {
    local mappings
    need_test_build
    share
    for mappings in '{"containerID": 0, "hostID": 0, "size": 1}' '{"containerID": 0, "hostID": 1499999999, "size": 2}' '{"containerID": 0, "hostID": 1500065535, "size": 2}' \
        '{"containerID": 0, "hostID": 1500000000, "size": 0}' '{"containerID": 4294967295, "hostID": 1500000000, "size": 2}' \
        '{"containerID": 0, "hostID": 1500000000, "size": 2}, {"containerID": 1, "hostID": 1500000100, "size": 2}' \
        '{"containerID": 0, "hostID": 1500000000, "size": 2}, {"containerID": 9, "hostID": 1500000001, "size": 2}'; do
        bind "$T/share" bind
        configure "$RANGE"
        bound ".uidMappings = [$mappings] | .gidMappings = [{\"containerID\": 0, \"hostID\": 1500000000, \"size\": 65536}]"
        fails_with 'CM-MOUNT-IDMAP. /mounts/[0-9]+/uidMappings'
    done
    bind "$T/share" bind
    configure "$RANGE"
    bound '.uidMappings = [{"containerID": 0, "hostID": 1500000000, "size": 65536}]'
    fails_with 'CM-MOUNT-IDMAP. /mounts/[0-9]+/gidMappings: .*both uidMappings and gidMappings'
    bind "$T/share" bind
    configure 'del(.linux.uidMappings, .linux.gidMappings)'
    bound '.uidMappings = [{"containerID": 0, "hostID": 1500000000, "size": 1}] | .gidMappings = .uidMappings'
    fails_with 'CM-MOUNT-IDMAP. /mounts/[0-9]+/uidMappings: .*allocated at its start'
    assert_gone "$ID"
}

# ---- the root, and where mounts go ----

@test "rootfsPropagation: private and slave are private, shared and unbindable are refused" {
    local word
    for word in private rprivate slave rslave; do
        configure ".linux.rootfsPropagation = \"$word\""
        start_container
        ! grep -qE 'shared:|master:|propagate_from:' "/proc/$pid/mountinfo" || fail "$(cat "/proc/$pid/mountinfo")"
        ct delete --force "$ID"
    done
    for word in shared rshared unbindable runbindable; do
        configure ".linux.rootfsPropagation = \"$word\""
        create "$ID"
        fails_with 'CM-PROPAGATION. /linux/rootfsPropagation'
    done
}

@test "a relative destination is taken from the root" {
    tmpfs data
    start_container
    [ -n "$(flags_at /data)" ]
}

@test "type none with a bind option is a bind mount, without one it is refused" {
    mkdir -p "$T/share"
    echo content >"$T/share/file"
    bind "$T/share" bind
    bound '.type = "none"'
    ok
    [ "$(cat "$(root_of "$(pid_of)")/mnt/file")" = content ]
    ct delete --force "$ID"
    bind "$T/share"
    bound '.type = "none"'
    fails_with 'CM-MOUNT-TYPE'
}
