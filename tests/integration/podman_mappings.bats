#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# vm: lsm=apparmor kernel=newest seconds=40 only=asked.for
# Containers of podman with mapped ids of podman's: their maps, whose files are on volumes, and that the directory which podman gives to the container's root is no way to more.
load ../lib/common
load ../lib/podman

MAPS=(--uidmap 0:200000:5000 --gidmap 0:300000:6000) # of one range: with more podman 4.3 cannot mount the root
map_of() { tr -s ' ' <"/proc/$1/$2_map" | tr '\n' ';'; } # PID KIND
above() { dirname "$(said volume inspect -f '{{.Mountpoint}}' "$1")"; } # VOLUME: podman's directory for it
owner() { in_view stat -c %u:%g "$@"; }
as_container_root() { in_view setpriv --reuid 200000 --regid 300000 --clear-groups "$@"; } # what somebody with its ids could do on the host

@test "--uidmap and --gidmap: as asked for, and root in it is not the host's" {
    pm_start a "${MAPS[@]}" -v data:/data
    [ "$(map_of "$pid" uid)" = ' 0 200000 5000;' ] && [ "$(map_of "$pid" gid)" = ' 0 300000 6000;' ] || fail "$(map_of "$pid" uid) $(map_of "$pid" gid)"
    [ "$(stat -c %u:%g "/proc/$pid")" = 200000:300000 ] || fail "its root is $(stat -c %u:%g "/proc/$pid")"
    as_strongest "$pid" mount sethostname umount=/proc unshare=user
    probed_is "$T/out" mount EPERM
    probed_is "$T/out" sethostname EPERM
    probed_is "$T/out" umount=/proc EPERM
    probed_is "$T/out" unshare=user ENOSPC
    # a volume that podman made with the container: in the directory that it gave to the container's root
    data=$(above data)
    [ "$(owner "$data" "$data/_data" | sort -u)" = 200000:300000 ] || fail "podman does otherwise: $(owner "$data" "$data/_data")"
    for flag in nosuid nodev; do has_word "$(mount_flags "$pid" /data)" $flag || fail "not $flag: $(mount_flags "$pid" /data)" || return 1; done
    in_view sh -c 'echo of the host >"$1" && chmod 600 "$1"' sh "$data/_data/roots"
    pm exec a sh -c 'echo kept >/data/file; touch /data/sub; chown 4999:1001 /data/sub; stat -c %u:%g /data/roots; cat /data/roots'
    [ "$status" != 0 ] || show "root's file was read"
    prints 65534:65534
    says 'Permission denied'
    [ "$(owner "$data/_data/file" "$data/_data/sub" | tr '\n' ' ')" = '200000:300000 204999:301001 ' ] || fail "$(owner "$data/_data/file" "$data/_data/sub")"
    # while it lives nobody else has its ids; the next one has them, and the volume
    pm run --rm --network none "${MAPS[@]}" -v data:/data $PODMAN_IMAGE cat /data/file
    exits 126
    says 'the ids 200000\+5000 overlap 200000\+5000'
    pm rm -f -t 0 a
    pm run --rm --network none "${MAPS[@]}" -v data:/data $PODMAN_IMAGE cat /data/file
    ok "the next container"
    prints kept
    pm run --rm --network none --uidmap 0:1000:1000 --gidmap 0:300000:6000 $PODMAN_IMAGE true
    refused '[CM-ID-HOST] /linux/uidMappings/0: host id 1000 is below 65536'
}

@test "--userns=auto: another container has another automatic range, and a volume is the first one's" {
    local first range
    pm_start a --userns=auto -v data:/data
    first=$pid
    range=$(map_of "$first" uid)
    [ "$(awk 'NR == 1 {print $2}' "/proc/$first/uid_map")" -ge 65536 ] || fail "$range"
    pm exec a touch /data/file
    ok
    data=$(above data)
    [ "$(owner "$data/_data/file")" = "$(stat -c %u:%g "/proc/$first")" ] || fail "$(owner "$data/_data/file")"
    pm_start b --userns=auto
    [ "$(map_of "$pid" uid)" != "$range" ] || fail "both have $range"
    # the other one's root is somebody else on the way to the volume
    pm run --rm --network none --userns=auto -v data:/data $PODMAN_IMAGE true
    refused '[CM-MOUNT-WAY] /mounts/' "somebody else than root (uid $(stat -c %u "/proc/$first")) can change \"$data\" above it; chown root and chmod go-w it"
    # as it says; then the files are nobody's, as with any runtime, until podman gives them to the next
    in_view chown root:root "$data"
    pm run --rm --network none --userns=auto -v data:/data $PODMAN_IMAGE sh -c 'stat -c %u:%g /data/file; touch /data/new'
    exits 1
    prints 65534:65534
    pm run --rm --network none --userns=auto -v data:/data:U $PODMAN_IMAGE sh -c 'stat -c %u:%g /data/file; touch /data/new'
    ok
    prints 0:0
}

# What could be put at the volume's place by somebody who has the ids of the container's root and has got out of the container.
plant() {
    said volume exists data || pm run --rm --network none "${MAPS[@]}" -v data:/data $PODMAN_IMAGE true
    data=$(above data)
    as_container_root rm -rf "$data/_data"
    as_container_root "$@"
}
@test "what is put at a volume's place with the ids of the container's root gains nothing" {
    echo "a secret of the host" >"$T/secret"
    plant true
    as_container_root ln -s /etc "$data/_data"
    pm run --rm --network none "${MAPS[@]}" -v data:/data $PODMAN_IMAGE cat /data/passwd
    refused '[CM-MOUNT-SOURCE]' 'the path contains a symbolic link; give the real path'
    # a directory of its own is mounted, and everything in it is whose it is
    plant mkdir -p "$data/_data"
    in_view sh -c 'cp "$1" "$2" && chmod 600 "$2"' sh "$T/secret" "$data/_data/roots"
    pm run --rm --network none "${MAPS[@]}" -v data:/data $PODMAN_IMAGE sh -c 'id -u; cat /data/roots'
    exits 1
    says 'Permission denied'
    # … and never with the ids of the host, which would make it root's
    pm run --rm --network none "${MAPS[@]}" -v data:/data:idmap $PODMAN_IMAGE cat /data/roots
    refused '[CM-MOUNT-WAY]' "somebody else than root (uid 200000) can change \"$data\" above it"
    # with an id that is not its root's it could be others' doing
    in_view chown 204999:300000 "$data"
    pm run --rm --network none "${MAPS[@]}" -v data:/data $PODMAN_IMAGE true
    refused '[CM-MOUNT-WAY]' 'somebody else than root (uid 204999) can change'
    in_view chown 200000:300000 "$data"
    in_view chmod 770 "$data"
    pm run --rm --network none "${MAPS[@]}" -v data:/data $PODMAN_IMAGE true
    refused '[CM-MOUNT-WAY]' "somebody else than root can change \"$data\" above it"
}

@test "control: a usual runtime mounts what a link at the volume's place names" {
    plant true
    as_container_root ln -s /etc "$data/_data"
    usual_runs --network none "${MAPS[@]}" -v data:/data $PODMAN_IMAGE cat /data/passwd
    ok
    prints ^root:x:0
}
