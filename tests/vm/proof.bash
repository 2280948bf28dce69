# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# What the proofs in virtual machines have in common: the host's view of a container's cgroup, and whether the host answers meanwhile. Loaded after tests/lib/common.bash.

# The cgroup of a container as the host's files show it.
cg() { # ID FILE
    cat "$(ct_cgroup_root)$(jq -r .cgroupPath "$ROOT/$1/state.json")/$2"
}
cg_value() { cg "$1" "$2" | sed -n "s/^$3 //p"; } # ID FILE KEY

# A program for containers that takes what it can get of something and says how much.
put_taker() { install -m 755 "$CT_HELPERS/escape-probe" "$BUNDLE/rootfs/bin/taker"; }

# The host goes on: it starts programs, gets memory, writes to its disk. Within a minute, which is only there to end at all.
host_answers() {
    timeout 60 sh -c 'for i in 1 2 3 4 5 6 7 8 9 10; do /bin/true || exit 1; done' || fail "the host cannot start programs" || return 1
    [ "$(timeout 60 head -c 67108864 /dev/zero | timeout 60 wc -c)" = 67108864 ] || fail "the host cannot move memory" || return 1
    timeout 60 python3 -c 'x = bytearray(96 << 20); x[::4096] = b"x" * len(x[::4096])' || fail "the host cannot get memory" || return 1
    timeout 60 dd if=/dev/zero of="$T/host-writes" bs=1M count=8 conv=fsync 2>/dev/null || fail "the host cannot write" || return 1
    rm -f "$T/host-writes"
}
