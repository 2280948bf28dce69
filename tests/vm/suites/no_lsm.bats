#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# vm: lsm=none kernel=newest
# A host without AppArmor and SELinux: Landlock stands in, which is said, and a label that is asked for is refused.
load ../../lib/common.bash

setup() {
    ct_setup
    make_bundle
    POLICY=$T/policy
    mkdir -m 755 "$POLICY"
}

@test "a container starts, and what is missing is said once" {
    create "$ID"
    ok
    [ "$(grep -c 'no AppArmor or SELinux is active on this host; Landlock stands in' "$T/err")" = 1 ] || show "the warning"
    ct check "$BUNDLE"
    prints 'label .*no AppArmor or SELinux is active'
    ct check --host
    prints 'neither AppArmor nor SELinux is active; Landlock stands in'
}

@test "a label that is asked for, or that a policy wants, is refused" {
    configure '.process.apparmorProfile = "casemate-default"'
    create "$ID"
    fails_with '\[CM-LSM\] /process/apparmorProfile: .*AppArmor is not active'
    configure 'del(.process.apparmorProfile) | .process.selinuxLabel = "system_u:system_r:container_t:s0:c1,c2"'
    create "$ID"
    fails_with '\[CM-LSM\] /process/selinuxLabel: .*selinux is disabled'
    configure 'del(.process.selinuxLabel) | .linux.mountLabel = "system_u:object_r:container_file_t:s0"'
    create "$ID"
    fails_with '\[CM-LSM\] /linux/mountLabel'
    configure 'del(.linux.mountLabel)'
    echo '{"version": 1, "lsm": {"require": true}}' >"$POLICY/policy.json"
    try "$CT_TOP/tests/lib/with-policy" "$T/etc" "$POLICY" "$RUNTIME" --root "$ROOT" create --bundle "$BUNDLE" "$ID"
    fails_with 'CM-LSM-MISSING'
    [ ! -e "$ROOT/$ID" ]
}
