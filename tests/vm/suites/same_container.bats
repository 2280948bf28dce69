#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# vm: lsm=apparmor,selinux,selinux-enforcing,none kernel=newest
# The same container with each label security module and with none: what confines it is the same, and its label, read from outside, is the one that was asked for.
load ../../lib/common

setup() {
    need_root
    ct_setup
    make_bundle
    install -m 755 "$CT_HELPERS/escape-probe" "$BUNDLE/rootfs/bin/taker"
}

# The module that labels processes here.
labels() {
    if [ -e /sys/fs/selinux/enforce ]; then echo selinux; elif [ -d /sys/kernel/security/apparmor ]; then echo apparmor; else echo none; fi
}
label_of() { tr -d '\0\n' <"/proc/$1/attr/current" 2>/dev/null || true; } # PID

@test "what confines a container is the same under every module" {
    start_container
    local row
    for row in NoNewPrivs=1 Seccomp=2 Seccomp_filters=1 CapInh=0000000000000000 CapAmb=0000000000000000; do
        [ "$(status_field "$pid" "${row%%=*}")" = "${row#*=}" ] || fail "$row: $(status_field "$pid" "${row%%=*}")"
    done
    [ "$(status_field "$pid" CapBnd)" = "$(cap_value CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER CAP_FSETID CAP_KILL CAP_NET_BIND_SERVICE CAP_SETGID CAP_SETPCAP CAP_SETUID)" ] ||
        [ "$(status_field "$pid" CapBnd)" = "$(status_field "$pid" CapPrm)" ] || fail "bounding set $(status_field "$pid" CapBnd)"
    [ "$(status_field "$pid" Uid | cut -f1)" -ge 65536 ]
    mount_flags "$pid" / | grep -qE '^ro(,|$)' || fail "the root is writable"
    as_strongest "$pid" mount umount sethostname
    ok
    grep -q '"op"' "$T/out" || show "the probe says nothing"
    ! grep -q '"ok":true' "$T/out" || show "a fully capable root of the container could"
}

@test "it runs, writes where it may and not where it may not" {
    run_inside 'echo x >/tmp/x 2>/dev/null; echo y >/dev/shm/y && cat /dev/shm/y >/dev/null && [ ! -e /tmp/x ]'
    ok
}

@test "the label is of the module that is there, in init and in exec" {
    start_container
    local label other
    label=$(label_of "$pid")
    case $(labels) in
    none) [ -z "$label" ] || fail "a label without a module: $label" ;;
    *) [ -n "$label" ] || fail "no label" ;;
    esac
    ct exec --detach --pid-file "$T/pid" "$ID" /bin/sleep 100
    ok
    eventually executed "$(cat "$T/pid")"
    other=$(label_of "$(cat "$T/pid")")
    [ "$label" = "$other" ] || fail "init has '$label', exec has '$other'"
}

@test "a profile of AppArmor that the configuration names: set, or refused where there is none" {
    configure '.process.apparmorProfile = "ct-same"'
    if [ "$(labels)" = apparmor ]; then
        create "$ID"
        fails_with 'CM-LSM.*ct-same'
        echo 'profile ct-same flags=(attach_disconnected) { file, capability, network, signal, ptrace, unix, mount, umount, pivot_root, }' | apparmor_parser -r
        start_container
        [ "$(label_of "$pid")" = "ct-same (enforce)" ] || fail "$(label_of "$pid")"
    else
        create "$ID"
        fails_with 'CM-LSM.*apparmorProfile|apparmorProfile.*AppArmor'
        assert_gone "$ID"
    fi
}
