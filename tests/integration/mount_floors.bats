#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# What no rule of the policy gets into a container: control sockets, whole trees of the host under any name, filesystems of the kernel; and the conditions of rules.
# The host's /run is a private one with control sockets made for the test.
load ../lib/common

setup() {
    need_root
    ct_setup
    make_bundle
    mkdir -m 755 "$T/policy"
    mkdir -p "$T/share/sub" "$BUNDLE/rootfs/mnt"
    echo content >"$T/share/file"
    chmod -R 777 "$T/share"
    MOUNTS=:
}

# In a mount namespace with a /run of its own, in which $MOUNTS was run; "sock PATH" binds a socket there.
with() {
    cat >"$T/inside.sh" <<SCRIPT
set -e
sock() { rm -f "\$1"; mkdir -p "\$(dirname "\$1")"; python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "\$1"; }
mkdir -p /run/casemate
mount --bind /run/casemate /mnt
mount -t tmpfs -o mode=755 run /run
mkdir -m 700 /run/casemate
mount --move /mnt /run/casemate
$MOUNTS
exec "\$@"
SCRIPT
    try unshare -m --propagation private bash "$T/inside.sh" "$CT_TOP/tests/lib/with-policy" "$T/etc" "$T/policy" "$RUNTIME" --root "$ROOT" "$@"
}
inside() { # SCRIPT
    set_args /bin/sh -c "$1"
    with run --bundle "$BUNDLE" "$ID"
}
refused() { # CODE REGEX
    with run --bundle "$BUNDLE" "$ID"
    fails_with "$1\] /mounts/[0-9]*/source: $2" || return 1
    assert_gone "$ID" || return 1
    with check --format json "$BUNDLE"
    exits 3 || return 1
    [ "$(jq -r '[.refusals[].code] | unique | join(" ")' "$T/out")" = "$1" ] || show "check should say $1"
}

@test "a socket in the directory: only if the rule says so" {
    mount_rules "{\"prefix\": \"$T/share\", \"write\": true}"
    MOUNTS="sock '$T/share/app.sock'"
    bind_on_mnt "$T/share" bind
    refused CM-MOUNT-SOCKET '.*app.sock.*add .*sockets.*: true to the rule'
    bind_on_mnt "$T/share/app.sock" bind
    refused CM-MOUNT-SOCKET '.*is a socket'
    mount_rules "{\"prefix\": \"$T/share\", \"sockets\": true}"
    refused CM-MOUNT-SOCKET '.*is a socket'
    bind_on_mnt "$T/share" bind
    inside 'ls /mnt/app.sock && cat /mnt/file'
    prints '^content$'
    # deeper down nobody looks
    rm -f "$T/share/app.sock"
    mount_rules "{\"prefix\": \"$T/share\"}"
    MOUNTS="sock '$T/share/sub/app.sock'"
    inside 'ls /mnt/sub'
    prints '^app.sock$'
}

@test "control sockets: directly, by their directory, by a hard link, by a bind mount, by a link" {
    mount_rules '{"prefix": "/run/shared", "sockets": true}, {"prefix": "/run/user/1000", "sockets": true}, {"prefix": "/run/app.sock", "sockets": true}'
    MOUNTS='sock /run/docker.sock; sock /run/podman/podman.sock; mkdir -p /run/shared /run/user/1000'
    bind_on_mnt /run/docker.sock bind
    refused CM-MOUNT-SOCKET '.*is a socket'
    bind_on_mnt /run/app.sock bind
    MOUNTS="$MOUNTS; sock /run/app.sock"
    refused CM-MOUNT-SOCKET '.*is a socket'
    for source in /run /run/podman /run/user; do
        bind_on_mnt "$source" rbind
        refused CM-MOUNT-SOURCE ".*it is (the host's|a whole tree)" || return 1
    done
    bind_on_mnt /run/shared rbind
    MOUNTS='sock /run/docker.sock; mkdir -p /run/shared'
    MOUNTS="$MOUNTS; ln /run/docker.sock /run/shared/innocent"
    refused CM-MOUNT-SOCKET '.*/run/docker.sock.*by which the host is controlled'
    MOUNTS='sock /run/docker.sock; mkdir /run/shared; touch /run/shared/innocent; mount --bind /run/docker.sock /run/shared/innocent'
    refused CM-MOUNT-SOURCE '.*a socket or a device is mounted below it'
    # even one that a rule names
    MOUNTS='sock /run/app.sock; mkdir /run/shared; touch /run/shared/innocent; mount --bind /run/app.sock /run/shared/innocent'
    refused CM-MOUNT-SOURCE '.*a socket or a device is mounted below it'
    bind_on_mnt /run/shared bind
    inside 'ls -l /mnt'
    prints '^-rw.* innocent$'
    MOUNTS='sock /run/docker.sock; mkdir /run/shared; ln -s /run/docker.sock /run/shared/link'
    bind_on_mnt /run/shared/link bind
    refused CM-MOUNT-SOURCE '.*symbolic link'
    # a link inside leads to what the container has there
    bind_on_mnt /run/shared bind
    inside 'ls /mnt; [ -e /mnt/link ] || echo nowhere'
    prints '^nowhere$'
}

@test "control arm: such a socket does answer through a bind mount of its directory" {
    mkdir "$T/other"
    cat >"$T/server.py" <<'PY'
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen()
s.accept()[0].send(b"the host answers")
PY
    python3 "$T/server.py" "$T/share/engine.sock" 3>&- 4>&- &
    eventually test -S "$T/share/engine.sock"
    # shellcheck disable=SC2016
    try unshare -m --propagation private sh -c 'mount --bind "$1/share" "$1/other" && python3 -c "
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
print(s.recv(99).decode())" "$1/other/engine.sock"' sh "$T"
    prints '^the host answers$'
}

@test "a directory with very many entries cannot be searched" {
    mkdir "$T/share/many"
    (cd "$T/share/many" && seq 4200 | xargs touch)
    mount_rules "{\"prefix\": \"$T/share\"}"
    bind_on_mnt "$T/share/many" bind
    refused CM-MOUNT-SOCKET '.*too much to be searched'
    mount_rules "{\"prefix\": \"$T/share\", \"sockets\": true}"
    inside 'ls /mnt | wc -l'
    prints '^4200$'
    (cd "$T/share/many" && seq 110 | xargs rm)
    mount_rules "{\"prefix\": \"$T/share\"}"
    inside 'ls /mnt | wc -l'
    prints '^4090$'
}

@test "whole trees under another name" {
    mount_rules "{\"prefix\": \"$T/share\", \"sockets\": true}"
    # by a bind mount, by way of the table of mounts
    MOUNTS="mount --bind /etc '$T/share/sub'"
    bind_on_mnt "$T/share/sub" bind
    refused CM-MOUNT-SOURCE ".*which is also .*/etc.* is refused: it is a whole tree of the host"
    # by a link of the host's, by the inode
    MOUNTS="ln -s '$T/share/sub' /run/podman"
    refused CM-MOUNT-SOURCE ".*it is the host's .*/run/podman.*, whatever its name here"
    MOUNTS="mkdir -p /run/a && ln -s '$T/share/sub' /run/crio"
    refused CM-MOUNT-SOURCE ".*it is the host's .*/run/crio"
    MOUNTS=:
    inside 'ls /mnt; echo fine'
    prints '^fine$'
    # the state directory and the policy, also from inside
    mount_rules '{"prefix": "/run/casemate"}'
    with check "$BUNDLE"
    fails_with 'floor: host-trees'
    mount_rules '{"prefix": "/run/docker.sock"}'
    with check "$BUNDLE"
    fails_with 'floor: host-trees.*by which the host is controlled'
}

@test "filesystems of the kernel, each by itself and below a directory" {
    local type tried=0 option
    mount_rules "{\"prefix\": \"$T/share\", \"write\": true}"
    for type in proc sysfs cgroup2 devpts mqueue debugfs tracefs bpf securityfs configfs fusectl pstore binfmt_misc devtmpfs efivarfs selinuxfs autofs; do
        unshare -m --propagation private mount -t "$type" none "$T/share/sub" 2>/dev/null || continue
        tried=$((tried + 1))
        MOUNTS="mount -t $type none '$T/share/sub'"
        bind_on_mnt "$T/share/sub" bind
        refused CM-MOUNT-SOURCE '.*(kernel or device filesystem|is refused)' || fail "$type" || return 1
        bind_on_mnt "$T/share" rbind
        with run --bundle "$BUNDLE" "$ID"
        fails_with 'CM-MOUNT-SOURCE.*kernel filesystem is mounted below' || fail "$type below" || return 1
    done
    [ $tried -ge 8 ] || fail "only $tried could be tried"
    touch "$T/share/ns"
    MOUNTS="mount --bind /proc/self/ns/net '$T/share/ns'"
    bind_on_mnt "$T/share/ns" bind
    refused CM-MOUNT-SOURCE '.*kernel or device filesystem'
    MOUNTS=:
    for option in /proc/self/root /proc/1/cwd /proc/self/fd/0 "/proc/self/root$T/share"; do
        bind_on_mnt "$option" bind
        refused CM-MOUNT-SOURCE '' || fail "$option" || return 1
    done
}

@test "rules for one destination, one kind and one filesystem" {
    mount_rules "{\"prefix\": \"$T/share/file\", \"destination\": \"/mnt\", \"type\": \"file\"}"
    rmdir "$BUNDLE/rootfs/mnt"
    bind_on_mnt "$T/share/file" bind
    inside 'cat /mnt; echo more >>/mnt'
    prints '^content$'
    says 'Read-only file system'
    mount_rules "{\"prefix\": \"$T/share/file\", \"destination\": \"/opt/file\"}"
    refused CM-MOUNT-SOURCE '.*is for .*/opt/file.* and no other destination'
    mount_rules "{\"prefix\": \"$T/share\", \"destination\": \"/mnt\"}"
    refused CM-MOUNT-SOURCE 'no rule of the policy'
    mount_rules "{\"prefix\": \"$T/share\", \"type\": \"directory\"}"
    refused CM-MOUNT-SOURCE '.*is for directories'
    mount_rules "{\"prefix\": \"$T/share\", \"filesystems\": [\"nfs4\"]}"
    refused CM-MOUNT-SOURCE '.*of the type [a-z0-9]*, which its rule'
    mount_rules "{\"prefix\": \"$T/share\", \"filesystems\": [\"nfs4\", \"$(findmnt -no FSTYPE -T "$T/share")\"]}"
    inside 'cat /mnt'
    prints '^content$'
}
