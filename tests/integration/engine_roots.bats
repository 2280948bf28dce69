#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Roots that an engine mounted as an overlay: made anew from idmapped layers, while the engine's own mount and its directories stay as they are.
load ../lib/common

setup() {
    need_root
    ct_setup
    make_bundle
    # The way to an engine's layers is root's alone, and /tmp is everybody's.
    STORE=$(mktemp -d /run/ct-layers.XXXXXXXX)
    chmod 755 "$STORE"
    mkdir -p "$STORE"/{1,2,3}/fs "$STORE/3/work" "$STORE/merged"
    cp -a "$BUNDLE/rootfs/." "$STORE/1/fs/"
    echo one >"$STORE/1/fs/one"
    echo one >"$STORE/1/fs/gone"
    mkdir "$STORE/1/fs/covered" && echo one >"$STORE/1/fs/covered/old"
    echo two >"$STORE/2/fs/two"
    chown 1000:1000 "$STORE/2/fs/two"
    chmod 4755 "$STORE/2/fs/two"
    rm -rf "$BUNDLE/rootfs"
    configure '.root.path = $p' --arg p "$STORE/merged"
    mount_root "$STORE/2/fs:$STORE/1/fs" || skip "no overlayfs"
}

teardown() {
    local status=0
    ct_sweep
    # of the engine, whose own unmount must work
    [ ! -d "$STORE/merged" ] || ! mountpoint -q "$STORE/merged" || umount "$STORE/merged" || status=1
    ct_teardown || status=1
    [ -z "${STORE:-}" ] || rm -rf --one-file-system "$STORE"
    return $status
}

# LOWER [MORE-OPTIONS [UPPER WORK]]: as an engine mounts it
mount_root() { mount -t overlay overlay -o "lowerdir=$1,upperdir=${3:-$STORE/3/fs},workdir=${4:-$STORE/3/work}${2:+,$2}" "$STORE/merged"; }
again() {
    umount "$STORE/merged"
    mount_root "$@"
}

script() { set_args /bin/sh -c "$1"; }

@test "three layers: contents, owners, whiteouts and hidden directories as the engine's mount shows them" {
    echo three >"$STORE/merged/three"
    rm "$STORE/merged/gone"
    rm -r "$STORE/merged/covered" && mkdir "$STORE/merged/covered"
    before=$(tree_hash "$STORE")
    script 'cat /one /two /three; ls /covered; [ ! -e /gone ] && echo away; stat -c "%u %g %a" /two /one; echo x >/new'
    ct run --bundle "$BUNDLE" "$ID"
    exits 1
    [ "$(tr '\n' ' ' <"$T/out")" = "one two three away 1000 1000 4755 0 0 644 " ] || show "what is in the root"
    says 'Read-only file system'
    [ "$before" = "$(tree_hash "$STORE")" ] || fail "the engine's directories changed"
}

@test "the layers are seen by their ids from outside, and the engine goes on with its mount" {
    start_container
    [ "$(stat -c '%u' "/proc/$pid/root/one")" -ge 65536 ] || fail "not idmapped"
    [ "$(stat -c '%u' "/proc/$pid/root/two")" = $(($(stat -c '%u' "/proc/$pid/root/one") + 1000)) ] || fail "the owner of two"
    grep -q ' / / ro,nosuid,nodev,[a-z]* - overlay ' "/proc/$pid/mountinfo" || fail "$(grep ' / / ' "/proc/$pid/mountinfo")"
    # cp into the container, as engines do; commit and diff read the upper directory
    echo late >"$STORE/merged/late"
    [ "$(cat "$STORE/3/fs/late")" = late ]
    ct exec "$ID" /bin/cat /late
    ok
    prints '^late$'
    ct check --container "$ID"
    ok "drift"
    umount "$STORE/merged" # it is not held by the container
    ct exec "$ID" /bin/cat /two
    ok
}

@test "an ephemeral root: written to inside, nothing of it in the engine's upper directory" {
    configure '.annotations = {"casemate.rootfs": "ephemeral"} | .root.readonly = false'
    before=$(tree_hash "$STORE")
    script 'echo x >/new; echo y >>/one; rm /gone; cat /new /one; stat -c %u /one; ls /'
    ct run --bundle "$BUNDLE" "$ID"
    ok
    prints '^y$'
    [ "$before" = "$(tree_hash "$STORE")" ] || fail "the engine's directories changed"
}

@test "control: a usual runtime writes into the engine's upper directory" {
    command -v runc >/dev/null || skip "runc is not installed"
    script 'echo x >/new'
    configure '.root.readonly = false | .ociVersion = "1.0.2"'
    try runc --root "$T/runc" run --bundle "$BUNDLE" "$CT_TAG-runc"
    ok
    [ "$(cat "$STORE/3/fs/new")" = x ]
}

@test "mount points that no layer has" {
    configure '.mounts += [{"destination": "/not/there", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "nodev", "noexec"]}]'
    before=$(tree_hash "$STORE")
    script 'grep -c " /not/there " /proc/self/mountinfo; cat /two; echo x >/new'
    ct run --bundle "$BUNDLE" "$ID"
    exits 1
    [ "$(tr '\n' ' ' <"$T/out")" = "1 two " ] || show
    [ "$before" = "$(tree_hash "$STORE")" ] || fail "the engine's directories changed"
}

@test "names as docker and podman have them: links, and relative to where the engine stands" {
    umount "$STORE/merged"
    mkdir -p "$STORE/l" "$STORE/id/"{diff,work,merged}
    ln -s ../1/fs "$STORE/l/AAA"
    ln -s ../2/fs "$STORE/l/BBB"
    script 'cat /one /two'
    mount -t overlay overlay -o "lowerdir=$STORE/l/BBB:$STORE/l/AAA,upperdir=$STORE/id/diff,workdir=$STORE/id/work" "$STORE/merged"
    ct run --bundle "$BUNDLE" "$ID"
    ok "links"
    umount "$STORE/merged"
    (cd "$STORE" && mount -t overlay overlay -o lowerdir=l/BBB:l/AAA,upperdir=id/diff,workdir=id/work id/merged)
    configure '.root.path = $p' --arg p "$STORE/id/merged"
    ct run --bundle "$BUNDLE" "$ID"
    umount "$STORE/id/merged"
    ok "all relative"
    prints '^two$'
    # as containerd: only the lower ones are
    (cd "$STORE" && mount -t overlay overlay -o "lowerdir=2/fs:1/fs,upperdir=$STORE/3/fs,workdir=$STORE/3/work" merged)
    configure '.root.path = $p' --arg p "$STORE/merged"
    ct run --bundle "$BUNDLE" "$ID"
    ok "lower ones relative"
}

@test "names with everything that must be escaped" {
    umount "$STORE/merged"
    mv "$STORE/2" "$STORE/a, b:c\\d=e"
    mount -t overlay overlay -o "lowerdir=$STORE/a\\, b\\:c\\\\d=e/fs:$STORE/1/fs,upperdir=$STORE/3/fs,workdir=$STORE/3/work" "$STORE/merged"
    script 'cat /one /two'
    ct run --bundle "$BUNDLE" "$ID"
    ok
    prints '^two$'
}

@test "more layers than a list has room for" {
    local i lower=$STORE/2/fs
    for i in $(seq 120); do
        mkdir -p "$STORE/n/$i"
        echo "$i" >"$STORE/n/$i/f$i"
        lower+=:n/$i
    done
    umount "$STORE/merged"
    (cd "$STORE" && mount -t overlay overlay -o "lowerdir=2/fs$(printf ':n/%s' $(seq 120)):1/fs,upperdir=$STORE/3/fs,workdir=$STORE/3/work" merged)
    script 'cat /one /two /f1 /f120'
    ct run --bundle "$BUNDLE" "$ID"
    ok
    [ "$(tr '\n' ' ' <"$T/out")" = "one two 1 120 " ] || show
}

@test "a mount without an upper layer" {
    umount "$STORE/merged"
    mount -t overlay overlay -o "lowerdir=$STORE/2/fs:$STORE/1/fs" "$STORE/merged"
    script 'cat /one /two'
    ct run --bundle "$BUNDLE" "$ID"
    ok
}

@test "files whose owner changed in an upper layer, with metacopy" {
    again "$STORE/2/fs:$STORE/1/fs" metacopy=on,redirect_dir=on
    chown 7:7 "$STORE/merged/one"
    [ "$(tr -d '\0' <"$STORE/3/fs/one")" = "" ] || skip "this kernel copies the content all the same"
    mkdir "$STORE/merged/covered/x" && mv "$STORE/merged/covered" "$STORE/merged/renamed"
    script 'stat -c %u /one; cat /one /renamed/old'
    ct run --bundle "$BUNDLE" "$ID"
    ok
    [ "$(tr '\n' ' ' <"$T/out")" = "7 one one " ] || show
}

@test "the engine's own mappings: what belongs to them already is not mapped again" {
    umount "$STORE/merged"
    chown -Rh 3000000:3000000 "$STORE/1/fs" "$STORE/2/fs" "$STORE/3/fs"
    mount_root "$STORE/2/fs:$STORE/1/fs"
    configure '.linux.namespaces |= (map(select(.type != "user")) + [{"type": "user"}])
        | .linux.uidMappings = [{"containerID": 0, "hostID": 3000000, "size": 65536}] | .linux.gidMappings = .linux.uidMappings'
    script 'stat -c %u /one; cat /two; echo x >/new'
    ct run --bundle "$BUNDLE" "$ID"
    exits 1
    [ "$(tr '\n' ' ' <"$T/out")" = "0 two " ] || show
    says 'Read-only file system'
    # and what does not is
    umount "$STORE/merged"
    chown -Rh 0:0 "$STORE/1/fs" "$STORE/2/fs" "$STORE/3/fs"
    mount_root "$STORE/2/fs:$STORE/1/fs"
    ct run --bundle "$BUNDLE" "$ID"
    [ "$(tr '\n' ' ' <"$T/out")" = "0 two " ] || show
    # the same of a root that is no mount
    umount "$STORE/merged"
    rmdir "$STORE/merged" && cp -a "$STORE/1/fs" "$STORE/merged" && cp "$STORE/2/fs/two" "$STORE/merged" && chown -Rh 3000000:3000000 "$STORE/merged"
    ct run --bundle "$BUNDLE" "$ID"
    [ "$(tr '\n' ' ' <"$T/out")" = "0 two " ] || show
}

@test "layers that cannot be trusted are refused, and nothing is left" {
    local other=$STORE/other
    script 'cat /one'
    mkdir -p "$other/fs"
    # gone since
    again "$other/fs:$STORE/1/fs"
    mv "$other" "$STORE/moved"
    ct run --bundle "$BUNDLE" "$ID"
    fails_with '\[CM-ROOTFS\] /root/path: the layer .*/other/fs.{1,2} of the root filesystem.s overlay cannot be opened: No such file or directory'
    mv "$STORE/moved" "$other"
    # on a way that others can change
    chmod 777 "$other"
    ct run --bundle "$BUNDLE" "$ID"
    fails_with 'could be exchanged: others than root can change .*/other\b'
    chmod 755 "$other" && chown 1000 "$other"
    ct run --bundle "$BUNDLE" "$ID"
    fails_with 'could be exchanged: others than root can change .*/other\b'
    chown 0 "$other"
    ct run --bundle "$BUNDLE" "$ID"
    ok "and not else"
    # a link of somebody else's on the way
    umount "$STORE/merged"
    mkdir "$STORE/links" && ln -s ../other/fs "$STORE/links/l" && chown 1000 "$STORE/links"
    mount_root "$STORE/links/l:$STORE/1/fs"
    ct run --bundle "$BUNDLE" "$ID"
    fails_with 'could be exchanged: others than root can change .*/links\b'
    # the host itself
    for dir in /etc / /proc/self /usr; do
        umount "$STORE/merged"
        mount_root "$dir:$STORE/1/fs" 2>/dev/null || { mount_root "$STORE/1/fs"; continue; } # the kernel takes no proc
        ct run --bundle "$BUNDLE" "$ID"
        fails_with 'CM-ROOTFS' || fail "$dir" || return 1
    done
    assert_gone "$ID"
}

@test "check says what create does" {
    ct check "$BUNDLE"
    prints 'idmapped layers'
    again /etc:"$STORE/1/fs"
    ct check --format json "$BUNDLE"
    [ "$(jq -r '[.refusals[] | .code] | unique | join(" ")' "$T/out")" = CM-ROOTFS ] || show
}

@test "create ended by force between the layers and the root leaves nothing" {
    need_test_build
    start=$(ct_host_mounts)
    for step in rootfs child-attach-root child-pivot; do
        CASEMATE_TEST_FAIL_AT=$step try "$RUNTIME_TEST" --root "$ROOT" create --bundle "$BUNDLE" "$ID"
        [ "$status" != 0 ] || [ "$step" != rootfs ] || fail "$step" || return 1
        ct delete --force "$ID"
        assert_gone "$ID" || return 1
    done
    [ "$start" = "$(ct_host_mounts)" ] || fail "mounts left"
}
