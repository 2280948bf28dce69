# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # variables are for the test files, and from common.bash
#
# For tests with podman, besides common.bash: podman with casemate as the drop-in of contrib/podman makes it known, and what a test may leave. In a machine of tests/vm podman is the machine's
# own; elsewhere it lives in a mount namespace that ends with the file (podman-view).
#
#   PODMAN_MANAGER  systemd or cgroupfs; without it podman's own choice

PODMAN_IMAGE=localhost/ct

setup_file() { ct_untraced; podman_setup_file; } # and the rest, for files that have no more to do
teardown_file() { podman_teardown_file; }
setup() { ct_setup; }
teardown() { podman_teardown; }

podman_setup_file() {
    local i
    need_root
    command -v podman >/dev/null || skip "podman is not installed"
    [ -n "${CT_VM:-}" ] || [ -e /sys/fs/cgroup/cgroup.controllers ] || [ -d /sys/fs/cgroup/unified ] || skip "there is no cgroup version 2"
    PODMAN=$(mktemp -d /run/ct-podman.XXXXXXXX)
    export PODMAN PODMAN_HOLDER=
    if [ -n "${CT_VM:-}" ]; then
        ln -sf casemate /usr/local/bin/casemate@strict # as `meson install` does
        install -D -m 644 -t /etc/containers/containers.conf.d "$CT_TOP/contrib/podman/casemate.conf"
    else
        unshare --mount --propagation private "$CT_TOP/tests/lib/podman-view" "$PODMAN" "$(realpath "$RUNTIME")" >"$PODMAN/said" 2>&1 3>&- 4>&- &
        PODMAN_HOLDER=$!
        find_view
        eventually [ -e "$PODMAN/ready" ] || fail "no place for podman: $(cat "$PODMAN/said")" || return 1
    fi
    podman_image || return 1
    podman_leaves >"$PODMAN/before"
}
podman_teardown_file() {
    [ -n "${PODMAN:-}" ] || return 0
    in_view podman rm -af -t 0 >/dev/null 2>&1 3>&- || true
    [ -z "$PODMAN_HOLDER" ] || kill "$PODMAN_HOLDER" || true
    rm -rf --one-file-system "$PODMAN"
}

podman_image() {
    make_rootfs "$PODMAN/rootfs" || return 1
    tar -C "$PODMAN/rootfs" -c . | in_view podman import -q - $PODMAN_IMAGE >"$PODMAN/said" 2>&1 3>&- || fail "no image: $(cat "$PODMAN/said")"
}

in_view() { "${VIEW[@]}" "$@"; } # COMMAND…: where podman lives
find_view() { VIEW=(env) && [ -z "${PODMAN_HOLDER:-}" ] || VIEW=(nsenter -m -t "$PODMAN_HOLDER" --); }
find_view # of the file, for each test
podman_with() { # RUNTIME ARGUMENT…
    local runtime=$1
    shift
    try "${VIEW[@]}" podman ${PODMAN_MANAGER:+--cgroup-manager "$PODMAN_MANAGER"} --runtime "$runtime" "$@"
}
pm() { podman_with casemate "$@"; }
said() { in_view podman "$@" 3>&- 4>&-; } # ARGUMENT…: what podman answers, for $(…)
pm_start() { # NAME [OPTION…]: one that sleeps, and its first process in $pid
    local name=$1
    shift
    pm run -d --name "$name" --network none "$@" $PODMAN_IMAGE sleep 1000
    ok "start of $name" || return 1
    pid=$(podman_pid "$name")
}
podman_pid() { said inspect -f '{{.State.Pid}}' "$1"; } # NAME
# The control arm: a usual runtime, as podman starts it, does what casemate refuses. crun in a machine; elsewhere runc, since crun may want CAP_SYS_RESOURCE, and leaves its cgroup when it fails.
usual_runs() { # ARGUMENT…
    local usual=crun
    [ -n "${CT_VM:-}" ] || usual=runc
    command -v $usual >/dev/null || skip "control: $usual is not installed"
    podman_with $usual run --rm "$@"
}

# A refusal as a user of podman sees it: nothing runs, and the text is whole in podman's own error.
refused() { # WHAT… (fixed strings, each in the error)
    local what
    [ "$status" = 126 ] || show "podman's exit status should be 126" || return 1
    for what in 'casemate policy refuses this container: ' "$@"; do
        grep -qF -- "$what" "$T/err" || show "the error should have: $what" || return 1
    done
}

# ---- what is left ----

# Everything that containers of podman could leave on this host, a line each. Outside of a machine others may have containers, too: only those that podman has written down here count.
podman_leaves() {
    { find "$(ct_cgroup_root)" -type d -name 'libpod-*' 2>/dev/null; podman_processes; } | only_ours | sort
    in_view awk '$5 ~ "/containers/storage/[^/]+/|/netns/" {print "mount", $5}' /proc/self/mountinfo | sort
    in_view ls -A /run/casemate 2>/dev/null | grep -v '^slots' | sed 's/^/state /'
    local state=/run/casemate
    echo "slots held: $(slots_held "/proc/${PODMAN_HOLDER:-self}/root$state")"
    [ -z "${CT_VM:-}" ] || systemctl list-units --all --plain --no-legend 'libpod-*' '*-libpod*' 2>/dev/null | awk '{print "unit", $1, $3}' | sort
}
podman_processes() {
    local file
    for file in $(grep -l -s 'libpod-' /proc/[0-9]*/cgroup); do
        ended "$(cut -d/ -f3 <<<"$file")" || sed 's/^/process in /' "$file" 2>/dev/null || true
    done
}
only_ours() {
    if [ -n "${CT_VM:-}" ]; then
        cat
    else
        grep -F -f <(in_view sed -n 's/.*"ID":"\([0-9a-f]\{64\}\)".*/\1/p' /run/libpod/events/events.log | sort -u) || true
    fi
}
nothing_left() { # podman cleans up behind itself a little later
    eventually as_before
}
as_before() {
    podman_leaves >"$T/leaves"
    cmp -s "$PODMAN/before" "$T/leaves"
}
podman_teardown() {
    [ -n "${T:-}" ] || return 0
    in_view podman pod rm -af -t 0 >"$T/sweep" 2>&1 3>&- || true
    in_view podman rm -af -t 0 >>"$T/sweep" 2>&1 3>&- || true
    in_view podman volume prune -f >>"$T/sweep" 2>&1 3>&- || true
    ct_teardown_podman
}
ct_teardown_podman() {
    if [ "${BATS_TEST_COMPLETED:-}" = 1 ] && ! nothing_left; then
        fail "left behind: $(diff "$PODMAN/before" "$T/leaves") $(cat "$T/sweep")" || { rm -rf --one-file-system "$T"; return 1; }
    fi
    ct_teardown
}
