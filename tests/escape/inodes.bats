#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Empty files cost kernel memory that the size of a memory file system does not count: their number is bounded wherever a container can make some.
load ../lib/common

setup() {
    need_root
    ct_setup
    make_bundle
}

# Makes files in a directory until that fails, at most so many; how many there are then, and why it ended.
# shellcheck disable=SC2016 # the shell inside expands it
FILL='at=$1 most=$2 n=0
mkdir -p $at/fill && cd $at/fill || exit 1
while [ $n -lt $most ] && true >f$n; do n=$((n + 1)); done 2>/tmp/why
echo $n
grep -o "No space left on device" /tmp/why'

fill() { # DIRECTORY MOST
    configure '.mounts |= (map(select(.destination != "/tmp")) + [{"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "nodev"]}])'
    set_args /bin/sh -c "$FILL" fill "$1" "$2"
    CT_TIMEOUT=120 ct run --bundle "$BUNDLE" "$ID"
}
# Bytes of the layer, as the runtime itself says.
layer_size() {
    local size
    set_args /bin/sh -c 'df -k / | tail -1'
    ln -sf busybox "$BUNDLE/rootfs/bin/df"
    ct run --bundle "$BUNDLE" "$ID"
    ok || return 1
    size=$(awk '{print $2}' "$T/out")
    echo $((size * 1024))
}

@test "an ephemeral root ends at one file for each page of its size" {
    local size bound
    configure '.annotations = {"casemate.rootfs": "ephemeral"} | .root.readonly = false'
    size=$(layer_size)
    [ "$size" -gt 0 ]
    bound=$((size / 4096 + 1024))
    fill / $((bound + 10000))
    prints 'No space left on device'
    [ "$(head -1 "$T/out")" -le $bound ] || show "more than $bound files"
    [ "$(head -1 "$T/out")" -gt 1000 ] || show "hardly a file"
}

@test "so do a tmpfs of the config and the runtime's own" {
    local at
    for at in /dev/shm /run; do
        configure '.mounts |= (map(select(.destination != "/run" and .destination != "/tmp"))
            + [{"destination": "/run", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "nodev", "size=8m"]}])'
        fill $at 60000
        prints 'No space left on device' || return 1
        [ "$(head -1 "$T/out")" -le $((65536 * 1024 / 4096 + 1024)) ] || show "$at" || return 1
    done
}

@test "/dev, where a container may make files, ends as well" {
    fill /dev 60000
    prints 'No space left on device'
    [ "$(head -1 "$T/out")" -le $((65536 * 1024 / 4096 + 1024)) ]
}

@test "the root with missing mount points cannot be written at all" {
    configure '.mounts += [{"destination": "/deep/down/below", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "nodev"]}]'
    set_args /bin/probe create=/file create=/deep/file create=/deep/down/file
    ct run --bundle "$BUNDLE" "$ID"
    local at
    for at in /file /deep/file /deep/down/file; do
        probed_is "$T/out" create=$at 'EROFS|EACCES'
    done
}
