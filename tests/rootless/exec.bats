#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# exec by a caller without privilege: it enters the outer user namespace of the container first, where it is root, without newuidmap.
load ../lib/common

USER_ID=61154
SUB_START=1800262144

setup() {
    ct_setup_unprivileged $USER_ID $SUB_START
    ct_helpers
    set_args /bin/sleep 1000
    configure '.process.user = {"uid": 0, "gid": 0}' # the caller's own id
    rl run --detach --bundle "$BUNDLE" "$ID"
    ok "run --detach"
    pid=$("${UNPRIVILEGED[@]}" "$T/casemate" state "$ID" 3>&- | jq -r .pid)
}

teardown() {
    ct_teardown_unprivileged
}

exec_fails() {
    [ "$status" = 255 ] || show "exit status should be 255" || return 1
    says "exec failed: .*($1)"
}

@test "a process joins, and is confined as init is" {
    local field
    rl exec "$ID" sh -c 'id -u; echo $$; cat /proc/self/uid_map'
    ok
    prints '^0$'
    rl exec -d --pid-file "$T/xdg/pid" "$ID" sleep 100
    ok
    local other
    other=$(cat "$T/xdg/pid")
    eventually executed "$other"
    for field in Uid Gid Groups CapInh CapPrm CapEff CapBnd CapAmb NoNewPrivs Seccomp Seccomp_filters; do
        [ "$(status_field "$pid" $field)" = "$(status_field "$other" $field)" ] || fail "$field: $(status_field "$pid" $field), $(status_field "$other" $field)"
    done
    for field in mnt pid ipc uts cgroup net user; do
        [ "$(ns_of "$pid" $field)" = "$(ns_of "$other" $field)" ] || fail "$field namespace"
    done
    [ "$(fds_of "$other")" = "0 1 2 " ]
    diff <(grep -v '^Max processes' "/proc/$pid/limits") <(grep -v '^Max processes' "/proc/$other/limits")
}

@test "status, streams and errors are those of exec" {
    rl exec "$ID" sh -c 'echo out; exit 7'
    exits 7
    prints '^out$'
    rl exec "$ID" nothere
    exec_fails 'executable file not found in \$PATH'
    rl exec "$CT_TAG-none" true
    exec_fails 'container does not exist'
    rl exec -u 1000 "$ID" id -u
    ok && prints '^1000$'
    rl kill "$ID" KILL
    ok
    eventually ended "$pid"
    rl exec "$ID" true
    exec_fails 'stopped'
}

@test "without newuidmap in reach" {
    local n
    n=$("${UNPRIVILEGED[@]}" env PATH=/nowhere "$T/casemate" exec "$ID" /bin/id -u 3>&-)
    [ "$n" = 0 ]
}

@test "another user cannot join" {
    try "$CT_TOP/tests/lib/as-user" "$T/etc" 61155 1800393216 env -i "PATH=$PATH" HOME=/ "$T/casemate" --root "$ROOT" exec "$ID" true
    exec_fails 'cannot open|ermission denied'
    install -d -m 700 -o 61155 -g 61155 "$T/other" # with a copy of the record, as good as it gets
    cp -r "$ROOT" "$T/other/state" && chown -R 61155:61155 "$T/other"
    try "$CT_TOP/tests/lib/as-user" "$T/etc" 61155 1800393216 env -i "PATH=$PATH" HOME=/ "$T/casemate" --root "$T/other/state" exec "$ID" true
    exec_fails 'only the user who made it may join it'
}

# The caller's program is container root's file here: it must only ever run from a read-only mount (CVE-2019-5736).
@test "the program cannot be overwritten through an exec of #!/proc/self/exe" {
    local before
    [ "$(id -u)" = 0 ] || skip "needs a user of its own"
    cp "$T/casemate" "$T/mine" && chown $USER_ID "$T/mine" && chmod 755 "$T/mine"
    before=$(sha256sum <"$T/mine")
    printf '#!/proc/self/exe\n' >"$BUNDLE/rootfs/bin/trap" && chmod 755 "$BUNDLE/rootfs/bin/trap"
    cat >"$BUNDLE/rootfs/bin/writer" <<'SH'
#!/bin/sh
i=0
while [ $i -lt 2000 ]; do
    i=$((i + 1))
    for p in /proc/[0-9]*; do
        [ "$p" = /proc/1 ] || [ "$p" = /proc/$$ ] || (echo evil >"$p/exe") 2>/dev/null
    done
done
SH
    chmod 755 "$BUNDLE/rootfs/bin/writer"
    try "${UNPRIVILEGED[@]}" "$T/mine" exec -d "$ID" /bin/writer
    local i
    for i in 1 2 3 4 5 6 7 8 9 10; do
        try "${UNPRIVILEGED[@]}" "$T/mine" exec "$ID" /bin/trap
        try "${UNPRIVILEGED[@]}" "$T/mine" exec "$ID" /bin/true
    done
    [ "$(sha256sum <"$T/mine")" = "$before" ]
}
