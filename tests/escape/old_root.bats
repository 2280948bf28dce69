#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# The host's tree is gone from the container's mount namespace, whatever lay on top of what before the pivot: nothing of it is listed, and
# "/.." (which steps onto anything that is mounted over the root) is the container's root.
load ../lib/common

setup() {
    need_root
    ct_setup
    make_bundle
    # What of the host would be found: a file, and a socket that everybody may connect to.
    echo secret >"$T/marker"
    python3 -c 'import os, socket, sys, time
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o777)
s.listen()
time.sleep(120)' "$T/sock" 3>&- 4>&- >/dev/null 2>&1 &
    LISTENER=$!
    eventually test -S "$T/sock"
}
teardown() {
    [ -z "${LISTENER:-}" ] || kill "$LISTENER" 2>/dev/null || true
    [ -z "${T:-}" ] || [ ! -d "$T/xdg/casemate/$ID" ] || rl delete --force "$ID" || true
    ct_teardown
}

# The three ways to a root; "missing" and "ephemeral" have a scratch layer.
shape() { # plain|missing|ephemeral|both
    case $1 in
    missing | both) configure '.mounts += [{"destination": "/deep/down/below", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "nodev"]}]' ;;
    esac
    case $1 in
    ephemeral | both) configure '.annotations = {"casemate.rootfs": "ephemeral"} | .root.readonly = false' ;;
    esac
}
SHAPES='plain missing ephemeral both'

# What is asked from inside; the answers are judged by look_judge.
# shellcheck disable=SC2016 # the shell inside expands it
look_script() {
    printf '%s\n' 'ls -a / >/tmp/root; ls -a /.. >/tmp/above; ls -a /../../.. >/tmp/further' \
        'cmp /tmp/root /tmp/above && cmp /tmp/root /tmp/further && echo same-root || { echo different; cat /tmp/above; }' \
        'echo above: $(cat /tmp/above)' \
        "for at in /..$T/marker $T/marker /../..$T /..$BUNDLE/config.json /../proc/1/root$T/marker; do" \
        'stat $at >/dev/null 2>&1 && echo "reached $at"; done' \
        "probe connect=/..$T/sock connect=/../..$T/sock" \
        'sed "s/^/mount /" /proc/self/mountinfo; echo looked'
}
look() {
    configure '.mounts += [{"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "nodev", "mode=1777"]}]'
    set_args /bin/sh -c "$(look_script)"
}
look_judge() { # WHAT
    ok "$1" || return 1
    prints '^looked$' || return 1
    prints '^same-root$' || return 1
    ! grep -q '^reached' "$T/out" || show "$1: files of the host" || return 1
    probed_is <(grep '^{' "$T/out") "connect=/..$T/sock" ENOENT || return 1
    probed_is <(grep '^{' "$T/out") "connect=/../..$T/sock" ENOENT || return 1
    sed -n 's/^mount //p' "$T/out" >"$T/mountinfo"
    only_planned "$T/mountinfo" || fail "$1"
}
# One root, and below it the config's mounts, their masks and nothing else; no file system of the host but the image's own and its cgroup2.
only_planned() { # MOUNTINFO
    local at device root type bad=''
    [ "$(awk '$5 == "/"' "$1" | wc -l)" = 1 ] || bad+="mounts at /: $(awk '$5 == "/"' "$1")"$'\n'
    jq -r '.mounts[].destination' "$BUNDLE/config.json" >"$T/destinations"
    while read -r at; do
        case $at in / | /proc/* | /sys/* | /dev/*) ;; *) grep -qxF -- "$at" "$T/destinations" || bad+="not in the plan: $at"$'\n' ;; esac
    done < <(awk '{print $5}' "$1")
    # without privilege the device nodes are the host's, bound one by one
    while read -r device root at type; do
        case $at:$type:$root in /:* | *:cgroup2:* | *:devtmpfs:/null | /dev/*:devtmpfs:/?*) continue ;; esac
        ! grep -qF " $device " <(awk '{print " " $3 " "}' /proc/self/mountinfo) || bad+="of the host: $device at $at"$'\n'
    done < <(awk '{for (i = 7; $i != "-"; i++); print $3, $4, $5, $(i + 1)}' "$1")
    [ -z "$bad" ] || fail "$bad$(cat "$1")"
}

@test "control: /.. shows what is mounted over a root" {
    local seen
    seen=$(unshare -m sh -c 'mount -t tmpfs none /tmp && mkdir /tmp/over && mount --move /tmp / && ls /.. && ls -d /etc')
    [ "$seen" = "over
/etc" ] || fail "$seen"
    # and the judge sees the host's mounts
    ! only_planned /proc/self/mountinfo >/dev/null
}

@test "nothing of the host is mounted over the root, in it, or above it" {
    local shape
    cp "$BUNDLE/config.json" "$T/good.json"
    for shape in $SHAPES; do
        cp "$T/good.json" "$BUNDLE/config.json"
        shape $shape
        look
        ct run --bundle "$BUNDLE" "$ID"
        look_judge $shape || return 1
        # the names are the image's
        grep -qE '^above: .* bin (deep )?dev ' "$T/out" || show "$shape: names in /.."
        ! grep -qE '^above:.* (boot|lost\+found|mnt|opt|srv) ' "$T/out" || show "$shape: names of the host in /.."
    done
}

@test "one who enters the mount namespace from outside arrives in the image as well" {
    # setns goes to the topmost mount of the root: with something left over it, that is where one arrives
    local shape
    ct_helpers
    cp "$BUNDLE/config.json" "$T/good.json"
    for shape in $SHAPES; do
        cp "$T/good.json" "$BUNDLE/config.json"
        shape $shape
        start_container
        try "$CT_HELPERS/nsjoin" "$pid" "$BUNDLE/rootfs/bin/busybox" sh -c "busybox ls -a /; busybox ls -d $T /..$T /../..$T"
        ! grep -q "$T" "$T/out" || show "$shape: the host's files" || return 1
        prints '^bin$'
        # busybox inside gets what the namespace has, not what its root shows: mountinfo of a process whose root is the topmost mount
        try "$CT_HELPERS/nsjoin" "$pid" "$BUNDLE/rootfs/bin/busybox" cat /proc/self/mountinfo
        ok "$shape"
        cp "$T/out" "$T/mountinfo"
        only_planned "$T/mountinfo" || fail "$shape" || return 1
        only_planned "/proc/$pid/mountinfo" || fail "$shape" || return 1
        ct delete --force "$ID"
        ok
    done
}

# ---- without privilege: a user that exists in a private view of /etc only ----

USER_ID=61151
rootless_setup() {
    command -v newuidmap >/dev/null || skip "newuidmap is missing (package uidmap)"
    install -m 755 "$RUNTIME" "$T/casemate"
    install -d -m 700 -o $USER_ID -g $USER_ID "$T/xdg"
    setpriv --reuid $USER_ID --regid $USER_ID --clear-groups unshare -U true 2>/dev/null || skip "this host does not let users make user namespaces"
    configure 'del(.linux.resources.memory, .linux.resources.pids)'
    chown -R $USER_ID:$USER_ID "$BUNDLE"
}
rl() { try "$CT_TOP/tests/lib/as-user" "$T/etc" $USER_ID 1810000000 env -i "PATH=$PATH" HOME=/ "XDG_RUNTIME_DIR=$T/xdg" "$T/casemate" "$@"; }

@test "rootless: nothing of the host is mounted over the root, in it, or above it" {
    local shape
    rootless_setup
    cp "$BUNDLE/config.json" "$T/good.json"
    for shape in $SHAPES; do
        cp "$T/good.json" "$BUNDLE/config.json"
        shape $shape
        look
        rl run --bundle "$BUNDLE" "$ID"
        look_judge "rootless $shape" || return 1
    done
}
