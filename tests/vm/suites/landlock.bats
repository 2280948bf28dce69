#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# vm: lsm=none kernel=newest
# vm: lsm=none kernel=6.12
# Landlock by itself: what each ABI of the machine's kernel denies, and what of it is logged.
load ../../lib/common.bash

abi() { "$RUNTIME" check --host 2>/dev/null | sed -n 's/.* Landlock .*ABI \([0-9]*\).*/\1/p'; }
audit() { # on or off: AUDIT_SET of the mask "enabled"
    python3 - "$1" <<'EOF'
import socket, struct, sys
s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 9)
status = struct.pack("=11I", 1, sys.argv[1] == "on", *[0] * 9)
s.send(struct.pack("=IHHII", 16 + len(status), 1001, 5, 1, 0) + status)
sys.exit(struct.unpack_from("=i", s.recv(4096), 16)[0])
EOF
}

@test "each ABI up to that of the kernel denies what it should" {
    [ -x /usr/local/bin/test-landlock ] || skip "the test's program was not built"
    try test-landlock
    ok
    ! grep -qE '^not ok|# SKIP' "$T/out" || show "denials"
    [ "$(abi)" -ge 6 ] || fail "the kernel's ABI is $(abi)"
}

@test "it stands behind a root that is not read-only, and from ABI 7 on what it denies is in the log" {
    need_hook readonly
    set_up_root
    without readonly run --bundle "$BUNDLE" "$ID"
    [ "$status" != 0 ] || show "the root was written"
    says 'Permission denied'
    if [ "$(abi)" -ge 7 ]; then
        eventually is_logged || fail "not logged: $(dmesg | tail -n 5)"
    fi
    # the control arm
    without readonly,landlock run --bundle "$BUNDLE" "$ID"
    ok "control: without it the root can be written"
}
is_logged() { dmesg | grep -q 'type=1423 .*blockers=fs\.'; } # the kernel's thread for audit writes it, a moment later
set_up_root() {
    make_bundle
    set_args /bin/sh -c 'echo x >/new'
    dmesg -C
    audit on
}
teardown() {
    audit off || true
    ct_teardown
}
