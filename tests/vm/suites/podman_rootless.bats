#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# vm: lsm=apparmor kernel=newest seconds=180
# podman without privilege: the same drop-in file, the user's own systemd, and refusals as for root.
load ../../lib/common
load ../../lib/podman

setup_file() {
    ct_untraced
    loginctl enable-linger user # the user's own place is mounted before the first test, and stays
    eventually mountpoint -q /run/user/1000 || fail "no place of the user's own"
    podman_setup_file
    chmod 755 "$PODMAN"
    tar -C "$PODMAN/rootfs" -cf "$PODMAN/image.tar" .
    as-user podman import -q "$PODMAN/image.tar" $PODMAN_IMAGE >/dev/null 2>&1 3>&-
}
teardown_file() {
    as-user podman rm -af -t 0 >/dev/null 2>&1 3>&- || true
    loginctl disable-linger user || true
    podman_teardown_file
}
setup() { ct_setup; }
teardown() {
    as-user podman pod rm -af -t 0 >/dev/null 2>&1 3>&- || true
    as-user podman rm -af -t 0 >/dev/null 2>&1 3>&- || true
    podman_teardown
}
pu() { try as-user podman --runtime casemate "$@"; }

@test "run, exec and removal, in the user's own cgroup and beneath the user's ids" {
    pu run --rm --network none $PODMAN_IMAGE sh -c 'id -u; exit 7'
    exits 7
    prints '^0$'
    pu run -d --name a --network none --memory 64m --pids-limit 33 $PODMAN_IMAGE sleep 1000
    ok
    pid=$(as-user podman inspect -f '{{.State.Pid}}' a 3>&-)
    [[ $(cgroup_of "$pid") =~ ^/user\.slice/user-1000\.slice/.*libpod-[0-9a-f]*\.scope ]] || fail "$(cgroup_of "$pid")"
    [ "$(cat "/sys/fs/cgroup$(cgroup_of "$pid")/memory.max") $(cat "/sys/fs/cgroup$(cgroup_of "$pid")/pids.max")" = "67108864 33" ]
    [ "$(stat -c %u "/proc/$pid")" = 1000 ] || [ "$(stat -c %u "/proc/$pid")" -ge 100000 ] || fail "its user is $(stat -c %u "/proc/$pid")"
    [ "$(status_field "$pid" NoNewPrivs)" = 1 ] && [ "$(status_field "$pid" Seccomp_filters)" -ge 2 ]
    has_word "$(mount_flags "$pid" /)" ro
    pu exec a cat /etc/passwd
    prints root
    pu stats --no-stream --format '{{.MemUsage}} {{.PIDs}}' a
    prints '67\.11MB 1$'
    pu pause a
    ok
    pu unpause a
    ok
    pu rm -f -t 0 a
    ok
    ended "$pid"
    # conmon's scope goes with conmon, which ends a moment later
    no_units() { [ -z "$(systemctl --user --machine=1000@ list-units --plain --no-legend 'libpod-*')" ]; }
    eventually no_units || fail "$(systemctl --user --machine=1000@ list-units --plain --no-legend 'libpod-*')"
}

@test "--userns=keep-id: the user is the user inside as well, and root there nobody" {
    pu volume create data
    ok
    pu run -d --name a --network none --userns keep-id -v data:/data $PODMAN_IMAGE sh -c 'echo kept >/data/file; exec sleep 1000'
    ok
    pid=$(as-user podman inspect -f '{{.State.Pid}}' a 3>&-)
    [ "$(tr -s ' ' <"/proc/$pid/uid_map" | tr '\n' ';')" = ' 0 100000 1000; 1000 1000 1; 1001 101000 64536;' ] || fail "$(cat "/proc/$pid/uid_map")"
    eventually test -s "/proc/$pid/root/data/file"
    [ "$(stat -c %u "/proc/$pid/root/data/file")" = 1000 ]
    pu exec a sh -c 'id -u; cat /data/file'
    ok
    [ "$(tr '\n' ' ' <"$T/out")" = '1000 kept ' ] || show
    as_strongest "$pid" mount sethostname umount=/proc unshare=user
    probed_is "$T/out" mount EPERM
    probed_is "$T/out" sethostname EPERM
    probed_is "$T/out" umount=/proc EPERM
    probed_is "$T/out" unshare=user ENOSPC
    pu rm -f -t 0 a
    ok
    # podman gives the directory above a volume that it makes at once to the container's root; other ids than that one's are somebody else's
    pu run --rm --network none --userns keep-id -v fresh:/data $PODMAN_IMAGE touch /data/file
    ok
    fresh=$(as-user podman volume inspect -f '{{.Mountpoint}}' fresh 3>&-)
    [ "$(stat -c %u "$(dirname "$fresh")" "$fresh/file" | tr '\n' ' ')" = '100000 1000 ' ] || fail "$(stat -c %u "$(dirname "$fresh")" "$fresh/file")"
    pu run --rm --network none --uidmap 0:5:1000 --gidmap 0:5:1000 -v fresh:/data $PODMAN_IMAGE true
    refused '[CM-MOUNT-WAY]' 'somebody else than root (uid 1) can change "' 'containers/storage/volumes/fresh" above it'
    as-user podman volume rm data fresh >/dev/null 3>&-
}

@test "--userns=nomap and --uidmap: the user is nobody inside, and root there a subordinate id" {
    local option
    for option in '--userns nomap' '--uidmap 0:5:1000 --gidmap 0:7:1000'; do
        # shellcheck disable=SC2086 # several words
        pu run -d --name a --network none $option -v data:/data $PODMAN_IMAGE sh -c 'echo kept >/data/file; exec sleep 1000'
        ok "$option"
        pid=$(as-user podman inspect -f '{{.State.Pid}}' a 3>&-)
        case $option in
        *nomap) map=' 0 100000 65536;' root=100000:100000 ;;
        *) map=' 0 100004 1000;' root=100004:100006 ;;
        esac
        [ "$(tr -s ' ' <"/proc/$pid/uid_map" | tr '\n' ';')" = "$map" ] || fail "$option: $(cat "/proc/$pid/uid_map")" || return 1
        eventually [ -s "/proc/$pid/root/data/file" ]
        [ "$(stat -c %u:%g "/proc/$pid/root/data/file")" = $root ] || fail "$option: the file is $(stat -c %u:%g "/proc/$pid/root/data/file")'s" || return 1
        as_strongest "$pid" mount umount=/proc
        probed_is "$T/out" mount EPERM
        probed_is "$T/out" umount=/proc EPERM
        pu exec a sh -c 'id -u; cat /data/file'
        ok
        [ "$(tr '\n' ' ' <"$T/out")" = '0 kept ' ] || show "$option" || return 1
        pu rm -f -t 0 a
        ok
        as-user podman volume rm data >/dev/null 3>&-
    done
}

@test "on a terminal" {
    try as-user "$CT_TOP/tests/lib/on-terminal" --size=33x99 'expect=[#$] ' 'send=stty size; exit 4\r' 'expect=33 99' exit=4 -- podman --runtime casemate run --rm -it --network none $PODMAN_IMAGE sh
    ok "run -it"
}

@test "refused: what is refused for root, and pods" {
    pu run --rm --network none --privileged $PODMAN_IMAGE true
    refused '[CM-PRIVILEGED]' 'run it without --privileged'
    pu run --rm --network none --pid host -v /etc:/host $PODMAN_IMAGE true
    refused '[CM-NS-PID] /linux/namespaces: there is no pid namespace in the list' '[CM-MOUNT-SOURCE]' 'the source "/etc" is refused: '
    pu pod create --name p --network none
    ok
    pu run --rm --pod p $PODMAN_IMAGE true
    refused '[CM-NS-JOIN]' "without privilege a container does not join another one's ipc namespace" 'leave the path out'
}
