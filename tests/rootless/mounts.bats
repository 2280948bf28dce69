#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# What podman makes for a container of a caller without privilege: in the caller's own trees, on a way that only root and the caller can change.
load ../lib/common

USER_ID=61155
SUB_START=1800327680

setup() {
    ct_setup_unprivileged $USER_ID $SUB_START
    CID=$(head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n')
    RUN=/srv/u/run/containers/overlay-containers/$CID/userdata
    STORAGE=/srv/u/data/containers/storage/overlay-containers/$CID/userdata
    AFTER=:
    configure '.process.user = {"uid": 0, "gid": 0}'
}
teardown() { ct_teardown_unprivileged; }

bind() { # SOURCE DESTINATION
    configure '.mounts |= map(select(.destination != $to)) | .mounts += [{destination: $to, type: "bind", source: $source, options: ["bind", "rprivate"]}]' --arg source "$1" --arg to "$2"
}
# As the user, where podman's trees are; $AFTER changes them.
podman() {
    # shellcheck disable=SC2016
    try unshare -m --propagation private sh -c 'mount -t tmpfs -o mode=755 srv /srv && mkdir -p -m 700 "$1" "$2/shm" "$2/../../../volumes/v/_data" && echo content >"$1/hosts" && echo volume >"$2/../../../volumes/v/_data/file" &&
        chown -R "$3:$3" /srv/u && mount -t tmpfs -o "mode=1777,uid=$3" shm "$2/shm" && eval "$4" && shift 4 && exec "$@"' sh "$RUN" "$STORAGE" $USER_ID "$AFTER" \
        "${UNPRIVILEGED[@]}" "XDG_RUNTIME_DIR=/srv/u/run" "XDG_DATA_HOME=/srv/u/data" "$T/casemate" --root "$T/xdg/state" "$@"
}

@test "podman's files, shared memory and volumes" {
    bind "$RUN/hosts" /etc/hosts
    bind "$STORAGE/shm" /dev/shm
    bind /srv/u/data/containers/storage/volumes/v/_data /v
    set_args /bin/sh -c 'cat /etc/hosts /v/file; stat -c %u /etc/hosts; echo x >/dev/shm/x; echo x >/v/new; echo x >>/etc/hosts'
    podman run --bundle "$BUNDLE" "$CID"
    prints '^content$'
    prints '^volume$'
    prints '^0$'
    says "can't create /etc/hosts: Read-only file system"
    [ "$(grep -c "can't create" "$T/err")" = 1 ] || show "the others are writable"
    podman run --bundle "$BUNDLE" "$(printf %064d 0)"
    fails_with 'CM-MOUNT-FOREIGN\] .*another container'
    AFTER='chmod 777 /srv/u/run'
    podman run --bundle "$BUNDLE" "$CID"
    fails_with 'CM-MOUNT-WAY\] .*/srv/u/run'
}

@test "the trees of root are nobody's" {
    bind /var/lib/docker/volumes/v/_data /v
    set_args /bin/cat /v/file
    AFTER='mount -t tmpfs -o mode=755 d /var/lib && mkdir -p /var/lib/docker/volumes/v/_data && echo volume >/var/lib/docker/volumes/v/_data/file && chmod 755 /var/lib/docker'
    podman run --bundle "$BUNDLE" "$CID"
    ok # what everybody can read anyway
    AFTER="$AFTER && chmod 700 /var/lib/docker"
    podman run --bundle "$BUNDLE" "$CID"
    fails_with 'CM-MOUNT-SOURCE.*Permission denied'
}
