#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Bind mounts by the rules of the policy file, and that no bind mount of the host launders a place. /etc and the host's mounts are private ones.
load ../lib/common

setup() {
    need_root
    ct_setup
    make_bundle
    mkdir -m 755 "$T/policy"
    mkdir -p "$T/share/sub" "$T/share/bin" "$T/other" "$BUNDLE/rootfs/mnt"
    echo content >"$T/share/file"
    cp "$(ct_busybox)" "$T/share/bin/busybox"
    chmod -R 777 "$T/share" "$T/other"
    MOUNTS=true
}

# In a mount namespace in which $MOUNTS was run.
with() {
    try unshare -m --propagation private sh -c "$MOUNTS"' && exec "$@"' sh \
        "$CT_TOP/tests/lib/with-policy" "$T/etc" "$T/policy" "$RUNTIME" --root "$ROOT" "$@"
}
inside() { # SCRIPT
    set_args /bin/sh -c "$1"
    with run --bundle "$BUNDLE" "$ID"
}
refused() { # REGEX
    with run --bundle "$BUNDLE" "$ID"
    fails_with "CM-MOUNT-SOURCE\] /mounts/[0-9]*/source: $1" || return 1
    assert_gone "$ID"
}

@test "no rule: refused, and check says what to add" {
    bind_on_mnt "$T/share" bind
    mount_rules
    refused "no rule of the policy allows the host path .*$T/share.*; add one to mounts.allow"
    with check "$BUNDLE"
    exits 3
}

@test "a rule gives reading; writing and programs are said apart" {
    bind_on_mnt "$T/share" bind
    mount_rules "{\"prefix\": \"$T/share\"}"
    inside 'cat /mnt/file; touch /mnt/new; /mnt/bin/busybox true; echo "program $?"'
    prints '^content$'
    says 'Read-only file system'
    prints '^program 126$'
    mount_rules "{\"prefix\": \"$T/share\", \"write\": true, \"exec\": true}"
    inside 'touch /mnt/new && /mnt/bin/busybox true && echo both'
    prints '^both$'
    # the longest prefix decides
    mount_rules "{\"prefix\": \"$T\", \"write\": true}, {\"prefix\": \"$T/share\"}"
    inside 'touch /mnt/new2'
    says 'Read-only file system'
}

@test "a mount of /etc below an allowed place stays what it is" {
    mkdir "$T/share/etc"
    MOUNTS="mount --bind /etc '$T/share/etc'"
    mount_rules "{\"prefix\": \"$T/share\", \"write\": true}"
    bind_on_mnt "$T/share/etc" bind
    refused "the source .*$T/share/etc.*, which is also .*/etc.* is refused: "
    MOUNTS="mount --bind /etc/ssl '$T/share/etc'"
    [ ! -d /etc/ssl ] || refused "no rule of the policy allows the host path .*$T/share/etc.*, which is also .*/etc/ssl"
    # with everything below it comes in, without it does not
    bind_on_mnt "$T/share" rbind
    MOUNTS="mount --bind /etc '$T/share/etc'"
    refused '.*which is also .*/etc'
    bind_on_mnt "$T/share" bind
    inside 'ls /mnt/etc | wc -l; cat /mnt/file'
    ok
    prints '^0$'
    prints '^content$'
}

@test "two places of one directory: both need a rule, and the stricter counts" {
    bind_on_mnt "$T/share/sub" bind
    MOUNTS="mount --bind '$T/other' '$T/share/sub'"
    mount_rules "{\"prefix\": \"$T/share\", \"write\": true}"
    refused "no rule of the policy allows the host path .*$T/share/sub.*, which is also .*$T/other"
    mount_rules "{\"prefix\": \"$T/share\", \"write\": true}, {\"prefix\": \"$T/other\"}"
    inside 'touch /mnt/new'
    says 'Read-only file system'
    mount_rules "{\"prefix\": \"$T/share\", \"write\": true}, {\"prefix\": \"$T/other\", \"write\": true}"
    inside 'touch /mnt/new && echo written'
    prints '^written$'
    [ -e "$T/other/new" ]
    # and the other way round: a part of what is asked for is seen elsewhere
    bind_on_mnt "$T/other" bind
    MOUNTS="mkdir -p '$T/other/part' && mount --bind '$T/other/part' '$T/share/sub'"
    mount_rules "{\"prefix\": \"$T/other\", \"write\": true}"
    refused ".*which is also .*$T/share/sub"
}

@test "control arm: the same mounts do show one directory at two places" {
    MOUNTS="mount --bind '$T/other' '$T/share/sub'"
    try unshare -m --propagation private sh -c "$MOUNTS && touch '$T/share/sub/proof'"
    ok
    [ -e "$T/other/proof" ]
}

@test "idmap, with which the container's root owns root's files, is granted apart" {
    local own='.linux.namespaces |= (map(select(.type != "user")) + [{"type": "user"}]) | .linux.uidMappings = [{"containerID": 0, "hostID": 1500000000, "size": 65536}] | .linux.gidMappings = .linux.uidMappings'
    cp "$(ct_busybox)" "$T/share/busybox"
    chmod 755 "$T/share" "$T/share/busybox"
    chown -R 0:0 "$T/share"
    mount_rules "{\"prefix\": \"$T/share\", \"write\": true, \"exec\": true}"
    for option in idmap ridmap; do
        bind_on_mnt "$T/share" rbind $option
        with run --bundle "$BUNDLE" "$ID"
        fails_with 'CM-MOUNT-IDMAP\] /mounts/[0-9]*: .*add .*idmap.* to its rule' || return 1
    done
    bind_on_mnt "$T/share" rbind
    configure "$own"' | .mounts[-1] += {uidMappings: [{containerID: 0, hostID: 1500000000, size: 1}], gidMappings: [{containerID: 0, hostID: 1500000000, size: 1}]}'
    with run --bundle "$BUNDLE" "$ID"
    fails_with 'CM-MOUNT-IDMAP\] /mounts/[0-9]*: '
    # what it is about: a set-user-id program of root's on the host
    mount_rules "{\"prefix\": \"$T/share\", \"write\": true, \"exec\": true, \"idmap\": true}"
    inside 'chmod 4755 /mnt/busybox'
    ok
    [ "$(stat -c %a:%u "$T/share/busybox")" = 4755:0 ]
    chmod 755 "$T/share/busybox"
    # without it root's files are nobody's inside
    configure 'del(.mounts[-1].uidMappings, .mounts[-1].gidMappings)'
    inside 'chmod 4755 /mnt/busybox'
    [ "$status" != 0 ]
    [ "$(stat -c %a:%u "$T/share/busybox")" = 755:0 ]
}
