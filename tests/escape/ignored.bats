#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Numbers that a table of names or a C library leaves out: signals 32 and 33, socket levels that share an option.
load ../lib/common

setup() {
    need_root
    ct_setup
    make_bundle
}
dirty() { try python3 "$CT_TOP/tests/lib/dirty" "$@"; }
ignored() { sed -n 's/^SigIgn:[[:space:]]*//p' "$T/out"; }

@test "control: the caller ignores signals 32 and 33" {
    dirty grep SigIgn /proc/self/status
    [ $((16#$(ignored) >> 31 & 3)) = 3 ] || show "the caller"
}

@test "signals that the C library keeps to itself are not ignored inside" {
    local verb
    set_args /bin/grep SigIgn /proc/self/status
    dirty "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
    ok
    [ "$(ignored)" = 0000000000000000 ] || show run
    set_args /bin/sleep 1000
    for verb in create start; do
        if [ $verb = create ]; then
            dirty "$RUNTIME" --root "$ROOT" create --bundle "$BUNDLE" "$ID"
        else
            dirty "$RUNTIME" --root "$ROOT" start "$ID"
        fi
        ok
        [ "$(status_field "$(pid_of)" SigIgn)" = 0000000000000000 ] || fail "$verb: $(status_field "$(pid_of)" SigIgn)"
    done
}

@test "UDP sockets that hand packets to IPsec: no level takes the option" {
    set_args /bin/probe udp-encap=17 udp-encap=136 udp-encap-levels
    ct run --bundle "$BUNDLE" "$ID"
    ok
    probed_is "$T/out" udp-encap=17 EPERM
    probed_is "$T/out" udp-encap=136 EPERM
    [ "$(jq -r 'select(.op == "udp-encap-levels") | .ret' "$T/out")" = 0 ] || show "levels"
}

@test "control: without the filter two levels take it" {
    need_hook seccomp
    set_args /bin/probe udp-encap=17 udp-encap=136 udp-encap-levels
    without seccomp run --bundle "$BUNDLE" "$ID"
    ok
    probed_is "$T/out" udp-encap=17 OK
    [ "$(jq -r 'select(.op == "udp-encap-levels") | .ret' "$T/out")" -ge 1 ]
}
