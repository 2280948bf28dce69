#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Mount points below directories that the program's user may not enter: the runtime's last steps run as that user, the mounts work all the same.
load ../lib/common

setup() {
    need_root
    ct_setup
    make_bundle
    mkdir -p "$BUNDLE/rootfs/root/c"
    chmod 700 "$BUNDLE/rootfs/root"
    configure '.process.user = {"uid": 1000, "gid": 1000}'
}

# TYPE DESTINATION: the container starts, and the mount is there.
starts_with() {
    jq --arg type "$1" --arg to "$2" '.mounts += [{destination: $to, type: $type, source: $type, options: ["nosuid", "noexec", "nodev"]}]' "$T/good.json" \
        >"$BUNDLE/config.json"
    set_args /bin/sh -c 'id -u; cat /root/c 2>&1 | head -1; grep -c " '"$2"' " /proc/self/mountinfo'
    ct run --bundle "$BUNDLE" "$ID"
    ok "$1 on $2" || return 1
    prints '^1000$' || return 1
    [ "$(tail -1 "$T/out")" = 1 ] || show "$1 on $2 is not mounted"
}

@test "mounts below a 0700 directory of the image, as user 1000" {
    cp "$BUNDLE/config.json" "$T/good.json"
    starts_with tmpfs /root/c
    starts_with tmpfs /root/c/deep/down
}

@test "terminals below a 0700 directory" {
    configure '.mounts |= map(if .type == "devpts" then .options += ["mode=0620"] else . end)'
    configure '.mounts |= map(if .destination == "/dev" then .options |= (map(select(startswith("mode=") | not)) + ["mode=0700"]) else . end)'
    set_args /bin/sh -c 'id -u; grep -c " /dev/pts " /proc/self/mountinfo'
    ct run --bundle "$BUNDLE" "$ID"
    # a mode that shuts the user out of /dev may be refused or changed, but not end in an error without a name
    if [ "$status" = 0 ]; then
        [ "$(tr '\n' ' ' <"$T/out")" = "1000 1 " ] || show "/dev/pts"
    else
        fails_with '/dev|CM-'
    fi
}

@test "also with an ephemeral root, and with mount points that the image lacks" {
    configure '.annotations = {"casemate.rootfs": "ephemeral"} | .root.readonly = false'
    cp "$BUNDLE/config.json" "$T/good.json"
    starts_with tmpfs /root/c
    rmdir "$BUNDLE/rootfs/root/c"
    starts_with tmpfs /root/c
    jq '.root.readonly = true | del(.annotations)' "$T/good.json" >"$T/readonly.json"
    mv "$T/readonly.json" "$T/good.json"
    starts_with tmpfs /root/c
}

@test "a working directory that the user may not enter is an error that names it" {
    configure '.process.cwd = "/root/c"'
    create "$ID"
    [ "$status" = 0 ] || fails_with '/root/c|cwd'
}

@test "rules for writing reach a mount that lies below such a directory" {
    # the user cannot get there by its name; the directory's owner can
    configure '.process.user = {"uid": 0, "gid": 0}'
    cp "$BUNDLE/config.json" "$T/good.json"
    jq '.mounts += [{destination: "/root/c", type: "tmpfs", source: "tmpfs", options: ["nosuid", "nodev"]}]' "$T/good.json" >"$BUNDLE/config.json"
    set_args /bin/sh -c 'echo x >/root/c/file && cat /root/c/file; touch /root/other 2>&1'
    ct run --bundle "$BUNDLE" "$ID"
    prints '^x$'
    [ ! -e "$BUNDLE/rootfs/root/other" ]
}
