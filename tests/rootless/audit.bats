#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# What callers without privilege do is recorded where they can: with their own number, and never in root's file.
load ../lib/common

USER_ID=61155
SUB_START=1800327680

setup() {
    ct_setup_unprivileged $USER_ID $SUB_START
    export CT_POLICY=$T/policy
    mkdir -m 755 "$CT_POLICY"
}
teardown() { ct_teardown_unprivileged; }

sinks() { printf '{"version": 1, "audit": {"sinks": [%s]}}\n' "$1" >"$CT_POLICY/policy.json"; }

# Beside a journal of ours, in a private view.
journaled() { # ARGUMENTS of the runtime
    try unshare -m sh -c '
        mount --make-rprivate / && mkdir -p /run/systemd && mount -t tmpfs -o mode=755 none /run/systemd || exit 90
        "$2" /run/systemd/journal/socket "$1/journal" & j=$!
        trap "kill $j; wait $j" EXIT
        i=0; while [ ! -s "$1/journal" ] && [ $i -lt 600 ]; do sleep 0.05; i=$((i+1)); done
        chmod 666 /run/systemd/journal/socket
        shift 2; "$@"; exit $?' sh "$T" "$CT_TOP/tests/lib/journal" "${UNPRIVILEGED[@]}" "$T/casemate" "$@"
    [ "$status" != 90 ] || skip "no private mounts here: $(head -n 1 "$T/err")"
}

@test "the journal has a record with the caller's number, root's file none and no warning" {
    sinks '{"type": "file", "path": "/var/log/ct-no-such-file"}, {"type": "journald"}'
    set_args /bin/true
    chown "$USER_ID" "$BUNDLE/config.json"
    journaled run --bundle "$BUNDLE" "$ID"
    ok
    ! grep -q 'audit: ' "$T/err" || show "no warning is due"
    [ ! -e /var/log/ct-no-such-file ]
    python3 - "$T/journal" "$USER_ID" "$SUB_START" <<'END'
import ast, json, sys
records = [ast.literal_eval(line) for line in open(sys.argv[1]) if line.startswith("'")]
lines = [json.loads(r.split("MESSAGE=", 1)[1]) for r in records]
assert [l["event"] for l in lines] == ["create", "delete"], lines
assert all(l["caller"]["uid"] == int(sys.argv[2]) and l["rootless"] for l in lines), lines
assert [u["host"] for u in lines[0]["users"]] == [int(sys.argv[2]), int(sys.argv[3])], lines[0]["users"]
END
    rm "$T/journal"
    configure '.linux.namespaces |= map(select(.type != "pid"))'
    journaled run --bundle "$BUNDLE" "$ID"
    exits 1
    grep -q 'CASEMATE_OUTCOME=refused' "$T/journal" || fail "$(cat "$T/journal")"
}

@test "a file that is required lets nothing start without privilege, and the error says what to do" {
    sinks '{"type": "file", "path": "/var/log/ct-no-such-file", "required": true}'
    rl run --bundle "$BUNDLE" "$ID"
    exits 1
    says "the policy requires a record of what is started, and there is no place for one: /var/log/ct-no-such-file is root's"
    says 'sinks of type journald or syslog'
    [ ! -d "$ROOT/$ID" ]
}
