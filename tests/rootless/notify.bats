#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# NOTIFY_SOCKET of a caller without privilege: its own service manager hears that the container is ready, and nothing else.
load ../lib/common

USER_ID=61154
SUB_START=1800262144

setup() {
    ct_setup_unprivileged $USER_ID $SUB_START
    ct_helpers
    cp "$CT_HELPERS/tell" "$BUNDLE/rootfs/bin/tell"
    setpriv --reuid $USER_ID --regid $USER_ID --clear-groups --inh-caps=-all timeout 60 "$CT_TOP/tests/lib/service-manager" "$T/xdg/manager" "$T/xdg/heard" \
        >/dev/null 2>&1 </dev/null 3>&- 4>&- &
    MANAGER=$!
    eventually test -e "$T/xdg/heard"
}

teardown() {
    kill "$MANAGER" 2>/dev/null || true
    ct_teardown_unprivileged
}

notified() { try "${UNPRIVILEGED[@]}" "NOTIFY_SOCKET=$T/xdg/manager" "$T/casemate" "$@"; }

@test "start waits until the container is ready, and only that is passed on" {
    set_args /bin/tell STATUS=beginning EXTEND_TIMEOUT_USEC=1 MAINPID=1 fd - READY=1
    notified create --bundle "$BUNDLE" "$ID"
    ok
    local pid=$("${UNPRIVILEGED[@]}" "$T/casemate" state "$ID" 3>&- | jq -r .pid) begin=$(date +%s%N)
    [ "$(tr '\0' '\n' <"/proc/$pid/environ" | grep -c ^NOTIFY_SOCKET=)" -le 1 ]
    notified start "$ID"
    ok
    [ $(($(date +%s%N) - begin)) -gt 900000000 ] || fail "start did not wait"
    [ "$(tr '\n' '|' <"$T/xdg/heard")" = "'READY=1\\n' 0|'MAINPID=$pid\\n' 0|'BARRIER=1' 1|" ] || fail "heard: $(cat "$T/xdg/heard")"
    [ "$(tr '\0' '\n' <"/proc/$pid/environ" | grep ^NOTIFY_SOCKET=)" = NOTIFY_SOCKET=/run/notify/notify.sock ]
    has_word "$(mount_flags "$pid" /run/notify)" ro
    rl delete --force "$ID"
    ok
    [ ! -e "$ROOT/$ID" ]
}
