#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Containers with the volumes of kubelet and the files of engines: what the container can do with them, and what the host sees of their mounts. The trees are those
# of tests/lib/engine-trees, at their real places, in a mount namespace of the test's own.
load ../lib/common

setup() {
    need_root
    ct_setup
    make_bundle
    ct_helpers
    cp "$BUNDLE/config.json" "$T/good.json"
    mkdir -m 755 "$T/policy"
    policy '{}'
    # ids of this test alone: their cgroups lie beside those of other runs
    POD=$(cat /proc/sys/kernel/random/uuid)
    CID=$(head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n')
    SANDBOX=$(head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n')
    PODS=/var/lib/kubelet/pods/$POD
    CGROUP=/kubepods/burstable/pod$POD
    CASES=$T/cases.json
    BEFORE=: AFTER=:
}
teardown() {
    local dir
    "$RUNTIME" --root "$ROOT" delete --force "$CID" >/dev/null 2>&1 </dev/null 3>&- 4>&- || true
    for dir in "$CGROUP/$SANDBOX" "$CGROUP" /kubepods/burstable /kubepods "/docker/$CID" /docker; do rmdir "/sys/fs/cgroup$dir" 2>/dev/null || true; done
    ct_teardown
}

policy() { jq -n --argjson mounts "$1" '{version: 1, mounts: $mounts}' >"$T/policy/policy.json"; }
# A case of the file with the ids of this test, changed by a jq expression.
use() { # NAME JQ-EXPRESSION
    NAME=$1
    jq --arg name "$1" --arg pod "$POD" --arg cid "$CID" --arg sandbox "$SANDBOX" --arg cgroup "${CGROUP}/$CID" '
        map(select(.name == $name))[0] as $case
        | ($case.cgroupsPath | sub(".*[:/]"; "")) as $old
        | ($case.annotations["io.kubernetes.cri.sandbox-id"] // "none") as $box
        | ($case.annotations["io.kubernetes.cri.sandbox-uid"] // "none") as $uid
        | ($case | walk(if type == "string" then gsub($old; $cid) | gsub($box; $sandbox) | gsub($uid; $pod) else . end) | .cgroupsPath = $cgroup'" | ${2:-.}"') | [.]' \
        "$CT_TOP/tests/data/engine-mounts.json" >"$CASES"
    mkdir -p "/sys/fs/cgroup$CGROUP/$SANDBOX" || skip "no cgroup can be made in /sys/fs/cgroup"
}
# Runs a command where the trees are: $BEFORE is run before it, $AFTER after it, and what the namespace has of $SHOW is copied to $T/shown.
in_trees() {
    cp "${TEMPLATE:-$T/good.json}" "$BUNDLE/config.json"
    # shellcheck disable=SC2016
    try unshare -m --propagation private "$CT_TOP/tests/lib/engine-trees" "$CASES" "$NAME" "$BUNDLE" "" \
        sh -c "$BEFORE"' && { "$@"; status=$?; '"$AFTER"'; exit $status; }' sh "$CT_TOP/tests/lib/with-policy" "$T/etc" "$T/policy" "$@"
}
inside() { # SCRIPT
    jq --arg script "$1" '.process.args = ["/bin/sh", "-c", $script] | .process.user = {uid: 1000, gid: 3000, additionalGids: [2000]}' "$T/good.json" >"$T/template.json"
    TEMPLATE=$T/template.json in_trees "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$CID"
}
refused_with() { # CODE REGEX
    in_trees "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$CID"
    fails_with "($1)\\] /mounts/[0-9]+(/source|/destination|): .*$2" || return 1
    [ ! -e "$ROOT/$CID" ] || fail "state is left"
}
add() { # SOURCE DESTINATION [OPTION…]: a jq expression that adds a bind mount
    local source=$1 to=$2
    shift 2
    jq -nc --arg source "$source" --arg to "$to" '{destination: $to, type: "bind", source: $source, options: (["rbind", "rprivate"] + $ARGS.positional)}' --args -- "$@" |
        sed 's/^/.mounts += [/; s/$/]/'
}

@test "volumes of a pod: what kubelet left for the user is the user's" {
    use "pod volumes"
    AFTER="cp -a $PODS '$T/shown'"
    inside 'cd /var/run/secrets/kubernetes.io/serviceaccount && cat token && stat -c "token %u:%g %a" -L token
        touch /scratch/new /memory/new && stat -c "new %u:%g" /scratch/new
        cat /csi/data && echo more >>/csi/data
        cat /sub/file && echo more >>/sub/file
        cat /config/run.sh; echo x >/config/x; /config/run.sh; echo "exec $?"
        cat /etc/hosts /etc/hostname /etc/resolv.conf; echo x >>/etc/hosts
        echo last words >/dev/termination-log; echo shared >/dev/shm/x && cat /dev/shm/x'
    prints '^content of token$'
    prints '^token 1000:0 600$'
    prints '^new 1000:2000$' # a set-group-id directory of the pod's fsGroup
    prints '^content of a PVC$'
    prints '^content of a subPath$'
    prints '^content of run.sh$'
    prints '^exec 126$'
    says '/config/x: Read-only file system'
    says "can't create /etc/hosts"
    for file in etc-hosts hostname resolv.conf; do prints "^content of $file\$"; done
    prints '^shared$'
    # and on the host it has their ids
    [ "$(stat -c %u:%g "$T/shown/volumes/kubernetes.io~empty-dir/scratch/new")" = 1000:2000 ]
    [ "$(cat "$T"/shown/containers/app/0a1b2c3d)" = "last words" ]
    [ "$(tail -1 "$T/shown/volumes/kubernetes.io~csi/pvc-1/mount/data")" = more ]
    [ "$(tail -1 "$T/shown/volumes/kubernetes.io~empty-dir/scratch/sub/file")" = more ]
}

@test "what the host sees of their mounts" {
    local at flags
    use "pod volumes"
    in_trees "$RUNTIME" --root "$ROOT" create --bundle "$BUNDLE" "$CID"
    ok
    pid=$("$RUNTIME" --root "$ROOT" state "$CID" | jq .pid)
    ! grep -qE 'shared:|master:|propagate_from:' "/proc/$pid/mountinfo" || fail "something propagates"
    for at in /scratch /memory /config /secret /csi /sub /etc/hosts /etc/hostname /etc/resolv.conf /dev/termination-log /dev/shm /var/run/secrets/kubernetes.io/serviceaccount; do
        flags=$(mount_flags "$pid" "$at")
        has_word "$flags" nosuid || return 1
        has_word "$flags" nodev || return 1
        case $at in
        /scratch | /memory | /csi | /sub) has_word "$flags" rw && has_word "$flags" idmapped && ! has_word "$flags" noexec >/dev/null || fail "$at: $flags" || return 1 ;;
        /dev/shm | /dev/termination-log) has_word "$flags" rw && has_word "$flags" noexec && ! has_word "$flags" idmapped >/dev/null || fail "$at: $flags" || return 1 ;;
        *) has_word "$flags" ro && has_word "$flags" noexec && has_word "$flags" idmapped || fail "$at: $flags" || return 1 ;;
        esac
    done
    # files in /dev are ours, made for the mount
    [ "$(stat -c %F "/proc/$pid/root/dev/termination-log")" = "regular empty file" ] || [ "$(stat -c %F "/proc/$pid/root/dev/termination-log")" = "regular file" ]
}

@test "programs in configMaps: only if the policy says so" {
    use "pod volumes"
    BEFORE="printf '#!/bin/sh\necho from a configMap\n' >$PODS/volumes/kubernetes.io~configmap/config/run.sh"
    inside '/config/run.sh; echo "exec $?"; sh /config/run.sh'
    prints '^exec 126$'
    prints '^from a configMap$'
    policy '{"configExec": true}'
    inside '/config/run.sh; echo "exec $?"; echo x >/config/x'
    prints '^exec 0$'
    says 'Read-only file system'
}

@test "hostPaths, also by the names of volumes: refused" {
    local other
    other=$(cat /proc/sys/kernel/random/uuid)
    use "pod volumes" "$(add /etc /host rw)"
    refused_with CM-MOUNT-SOURCE "(it is the host's|whole tree of the host)"
    use "pod volumes" "$(add "/var/lib/kubelet/pods/$other/volumes/kubernetes.io~projected/token" /stolen ro)"
    refused_with CM-MOUNT-FOREIGN 'another pod'
    use "pod volumes" "$(add /var/lib/kubelet /kubelet rw)"
    refused_with CM-MOUNT-SOURCE "(it is the host's|whole tree of the host)"
    use "pod volumes" "$(add /var/lib/kubelet/pods /pods rw)"
    refused_with CM-MOUNT-SOURCE "(it is the host's|whole tree of the host)"
    use "pod volumes" "$(add "$PODS" /pod rw)"
    refused_with CM-MOUNT-SOURCE 'no rule of the policy'
    use "pod volumes" "$(add "/run/containerd/io.containerd.grpc.v1.cri/sandboxes/$(printf %064d 0)/shm" /shm rw)"
    refused_with CM-MOUNT-FOREIGN 'another container'
    use "pod volumes" "$(add /proc/1/root /root rw)"
    KEEP_LINKS=1 refused_with CM-MOUNT-SOURCE ''
}

@test "a hostPath with a subPath stays a hostPath" {
    use "pod hostPath subPath"
    refused_with CM-MOUNT-LAUNDERED 'it is a subPath, but what is mounted there .* is in no volume .*etc.* of the pod: a hostPath stays one'
    # the same subPath of an emptyDir of that name is fine
    BEFORE="mkdir -m 777 -p $PODS/volumes/kubernetes.io~empty-dir/etc/x && umount $PODS/volume-subpaths/etc/app/0 && mount --bind $PODS/volumes/kubernetes.io~empty-dir/etc/x $PODS/volume-subpaths/etc/app/0"
    inside 'touch /host-sub/new && echo made'
    prints '^made$'
    # and once it is deleted nobody can tell what it was
    BEFORE="$BEFORE && rmdir $PODS/volumes/kubernetes.io~empty-dir/etc/x"
    refused_with CM-MOUNT-SOURCE 'was deleted'
}

@test "control arm: another runtime mounts that hostPath" {
    local other
    other=$(command -v runc || command -v crun) || skip "needs runc or crun"
    mkdir "$T/plain"
    (cd "$T/plain" && "$other" spec)
    use "pod hostPath subPath"
    jq --arg rootfs "$BUNDLE/rootfs" --arg source "$PODS/volume-subpaths/etc/app/0" \
        '.root.path = $rootfs | .process.terminal = false | .process.args = ["/bin/ls", "/mnt"] | .mounts += [{destination: "/mnt", type: "bind", source: $source, options: ["rbind"]}]' \
        "$T/plain/config.json" >"$T/plain/new" && mv "$T/plain/new" "$T/plain/config.json"
    mkdir -p "$BUNDLE/rootfs/mnt"
    in_trees "$other" --root "$T/other" run --bundle "$T/plain" "$CT_TAG-other"
    ok
    [ "$(cat "$T/out")" = "$(ls /etc/default)" ] || show "the control arm does not show /etc/default"
}

@test "a volume under which something of the host is mounted" {
    use "pod volumes"
    BEFORE="mkdir -p $PODS/volumes/kubernetes.io~empty-dir/scratch/deep && mount --bind /etc $PODS/volumes/kubernetes.io~empty-dir/scratch/deep"
    refused_with CM-MOUNT-LAUNDERED 'mounted below it'
    BEFORE="mount --bind /etc/default $PODS/volumes/kubernetes.io~empty-dir/scratch"
    refused_with CM-MOUNT-LAUNDERED 'of the host, and not a volume'
    BEFORE="mount --bind $BUNDLE $PODS/volumes/kubernetes.io~csi/pvc-1/mount"
    refused_with CM-MOUNT-LAUNDERED 'kubelet-local'
    # which is what local volumes are
    policy '{"classes": ["default", "kubelet-local"]}'
    inside 'ls /csi'
    prints '^config.json$'
    # a filesystem of its own is nothing of the host's
    policy '{}'
    BEFORE="mkdir -p $PODS/volumes/kubernetes.io~empty-dir/scratch/deep && mount -t tmpfs -o mode=1777 t $PODS/volumes/kubernetes.io~empty-dir/scratch/deep"
    inside 'touch /scratch/deep/x && stat -c %u:%g /scratch/deep/x'
    prints '^1000:3000$'
}

@test "a way that somebody else can change, or that is open where it must not be" {
    use "pod volumes"
    BEFORE="chmod 770 $PODS"
    refused_with CM-MOUNT-WAY "somebody else than root can change .*$PODS.* above it"
    BEFORE="chown 1000 $PODS/volumes"
    refused_with CM-MOUNT-WAY "$PODS/volumes"
    BEFORE="chmod 755 /var/lib/kubelet /var/lib/kubelet/pods $PODS $PODS/volumes $PODS/volumes/*"
    refused_with CM-MOUNT-WAY 'keeps others out'
}

@test "filesystems that cannot be idmapped" {
    use "pod volumes"
    mkdir "$T/lower"
    BEFORE="mount -t overlay -o lowerdir='$T/lower:$T/policy' o $PODS/volumes/kubernetes.io~csi/pvc-1/mount"
    refused_with CM-MOUNT-IDMAP '\(overlay\).*mounts.unmapped'
    BEFORE="mount -t ramfs -o mode=777 r $PODS/volumes/kubernetes.io~csi/pvc-1/mount"
    refused_with CM-MOUNT-IDMAP '\(ramfs\)'
    policy '{"unmapped": ["ramfs"]}'
    AFTER="stat -c %u $PODS/volumes/kubernetes.io~csi/pvc-1/mount/x >'$T/shown'"
    inside 'touch /csi/x && stat -c %u /csi/x'
    prints '^1000$'
    [ "$(cat "$T/shown")" -ge 65536 ]
}

@test "a user namespace that the engine chose: volumes are the pod's all the same" {
    use "pod volumes" '.mapping = {containerID: 0, hostID: 1500000000, size: 65536}'
    inside 'cat /var/run/secrets/kubernetes.io/serviceaccount/token; touch /scratch/new; stat -c %u /scratch/new'
    prints '^content of token$'
    prints '^1000$'
    # mappings of each mount, as newer engines write them
    use "pod volumes" '.mapping = {containerID: 0, hostID: 1500000000, size: 65536} | .mounts |= map(if .destination == "/dev/shm" then . else .uidMappings = [{containerID: 0, hostID: 1500000000, size: 65536}] | .gidMappings = .uidMappings end)'
    inside 'cat /var/run/secrets/kubernetes.io/serviceaccount/token; echo x >/dev/termination-log; stat -c %u:%g /etc/hosts'
    prints '^content of token$'
    prints '^0:0$'
}

@test "a sandbox gets its own files, and an application no other sandbox's" {
    use "pod sandbox"
    inside 'cat /etc/resolv.conf; touch /dev/shm/x'
    prints '^content of resolv.conf$'
    says 'Read-only file system'
    use "pod volumes"
    rmdir "/sys/fs/cgroup$CGROUP/$SANDBOX"
    refused_with CM-MOUNT-FOREIGN 'no cgroup next to'
}

@test "docker's and podman's files and volumes" {
    CGROUP=/docker
    use "docker plain"
    rmdir "/sys/fs/cgroup/docker/$SANDBOX"
    inside 'cat /etc/hosts /etc/hostname /etc/resolv.conf; stat -c "%u:%g" /etc/hosts; echo x >>/etc/hosts'
    prints '^content of hosts$'
    prints '^0:0$'
    says "can't create /etc/hosts"
    use "docker volume" '.mounts |= map(select(.source != "/srv/data"))'
    rmdir "/sys/fs/cgroup/docker/$SANDBOX"
    BEFORE='chown 1000:1000 /var/lib/docker/volumes/named/_data'
    AFTER="stat -c %u:%g /var/lib/docker/volumes/named/_data/new >'$T/shown'"
    inside 'touch /named/new && stat -c %u /named/new'
    prints '^1000$'
    [ "$(cat "$T/shown")" = 1000:3000 ]
    BEFORE='mount --bind /etc/default /var/lib/docker/volumes/named/_data' AFTER=:
    refused_with CM-MOUNT-LAUNDERED '/etc/default'
    BEFORE=: AFTER=:
    use "podman plain"
    rmdir "/sys/fs/cgroup/docker/$SANDBOX"
    inside 'cat /run/.containerenv /etc/hosts; touch /dev/shm/x && echo shm'
    prints '^content of .containerenv$'
    prints '^shm$'
}

@test "kubelet's tree behind a link, and a link where no link belongs" {
    use "pod volumes"
    export LINKS=/var/lib/kubelet=/var/lib/data/k
    inside 'cat /var/run/secrets/kubernetes.io/serviceaccount/token; cat /sub/file'
    prints '^content of token$'
    prints '^content of a subPath$'
    # nobody follows it for us
    KEEP_LINKS=1 refused_with CM-MOUNT-SOURCE 'symbolic link'
    # the whole is denied under its other name as well, even to a rule
    use "pod volumes" "$(add /var/lib/data/k /k ro)"
    policy '{"allow": [{"prefix": "/var/lib/data"}]}'
    refused_with CM-MOUNT-SOURCE "(it is the host's|whole tree of the host)"
    # where somebody else can set the link it leads nowhere
    policy '{}'
    use "pod volumes"
    BEFORE='chmod 1777 /var/lib'
    refused_with CM-MOUNT-SOURCE 'no rule of the policy'
}
