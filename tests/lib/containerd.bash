# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034 # variables are for the test files
#
# A containerd of the tests' own, with everything of it in $CD, and ctr to talk to it. After common.bash. Sockets of its shims are in /run/containerd/s.
#
# Where nothing limits CPUs, as in a container of CI, ctr's usual cpu.shares are left out.

IMAGE=docker.io/library/box:latest

setup_file() { ct_untraced; containerd_begin; }
teardown_file() { containerd_end; }
setup() {
    ct_setup
    SLOTS=$(slots_held)
}
teardown() {
    local id
    for id in $(ctr containers ls -q | grep "^$CT_TAG" || true); do ctr_gone "$id"; done
    rm -rf --one-file-system "$T"
}

need_containerd() {
    need_root
    command -v ctr >/dev/null || skip "containerd is missing"
    [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ] || skip "/sys/fs/cgroup is not cgroup version 2"
}

# Of setup_file: the way to it is root's alone, as it is to /var/lib/containerd.
containerd_begin() {
    need_containerd
    export CD CTR_NS CTR_SHARES=()
    CD=$(mktemp -d /run/ct-containerd.XXXXXXXX)
    CTR_NS=ct${CD##*.}
    cat >"$CD/config.toml" <<END
version = 2
root = "$CD/root"
state = "$CD/state"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.cri.v1.runtime", "io.containerd.cri.v1.images", "io.containerd.nri.v1.nri"]
[grpc]
  address = "$CD/sock"
[ttrpc]
  address = "$CD/sock.ttrpc"
END
    containerd_start || return 1
    make_rootfs "$CD/rootfs" || return 1
    "$CT_TOP/tests/lib/image" "$CD/rootfs" $IMAGE "$CD/image.tar"
    ctr images import "$CD/image.tar" >/dev/null || fail "the image is not imported"
}
containerd_start() {
    local i
    containerd --config "$CD/config.toml" >>"$CD/log" 2>&1 </dev/null 3>&- 4>&- &
    echo $! >"$CD/pid"
    for ((i = 0; i < 300; i++)); do
        ! ctr version >/dev/null 2>&1 || return 0
        sleep 0.2
    done
    fail "containerd does not answer: $(tail -n 5 "$CD/log")"
}
containerd_stop() {
    local pid
    pid=$(cat "$CD/pid")
    kill "$pid"
    timeout 60 tail --pid="$pid" -f /dev/null
}
containerd_end() {
    local id
    [ -n "${CD:-}" ] || return 0
    for id in $(ctr containers ls -q); do ctr_gone "$id"; done
    containerd_stop
    umount "$CD"/root/*/* 2>/dev/null || true
    rm -rf --one-file-system "$CD" "/run/containerd/runc/$CTR_NS"
    CD=
}

ctr() { command ctr --address "$CD/sock" --namespace "$CTR_NS" "$@" 3>&- 4>&-; }
c() { try ctr --address "$CD/sock" --namespace "$CTR_NS" "$@"; }

# ctr run with the runtime under test: [OPTION…] IMAGE-OR-ROOTFS ID COMMAND…
run_options() { # PROGRAM
    RUN=(run --runc-binary "$1")
    grep -qw cpu /sys/fs/cgroup/cgroup.controllers || RUN+=(--cpu-shares 0)
}
run() { run_with "$RUNTIME" "$@"; }
run_with() { # PROGRAM …
    run_options "$1"
    shift
    c "${RUN[@]}" "$@"
}
pid_of_task() { ctr tasks ls | awk -v id="$1" '$1 == id {print $2}'; } # ID
shims() { pgrep -f "containerd-shim-runc-v2 -namespace $CTR_NS " || true; }
# No shim, cgroup, mount, state or range of ids of any container. Shims end a moment after their container, and containerd cleans up after one that was killed when it hears of it. Ranges are
# counted where nobody else makes containers meanwhile.
nothing_left() {
    eventually no_leavings || fail "left: $(leavings)" || return 1
    slots_are "$SLOTS"
}
leavings() {
    shims | xargs -r ps -o pid,args -p
    find "$(ct_cgroup_root)" -depth -type d \( -path "*/$CTR_NS/*" -o -name "*$CT_TAG*" \) 2>/dev/null || true
    grep -F "$CD/state" /proc/self/mountinfo || true
    find "/run/containerd/runc/$CTR_NS" "$CD/state/io.containerd.runtime.v2.task/$CTR_NS" -mindepth 1 -maxdepth 1 2>/dev/null || true
}
no_leavings() { [ -z "$(leavings)" ]; }
slots_are() { [ -z "${CT_VM:-}" ] || [ "$(slots_held)" = "$1" ] || fail "$(slots_held) ranges of ids are held instead of $1"; }
# As containerd has it, which hears of a process's end a moment later.
is_stopped() { ctr tasks ls | grep -qE "^$ID +[0-9]+ +STOPPED" || ! ctr tasks ls | grep -q "^$ID "; }
task() { # [OPTION…]: a long-running one, with its pid
    run -d "$@" $IMAGE "$ID" sleep 1000
    ok "run -d" || return 1
    pid=$(pid_of_task "$ID")
}
ctr_gone() { # ID: by force, whatever state it is in
    ctr tasks rm -f "$1" >/dev/null 2>&1 || true
    ctr containers rm "$1" >/dev/null 2>&1 || true
}
