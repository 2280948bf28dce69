#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# vm: lsm=apparmor kernel=newest only=refusals.of.exec.and.update
# The audit record: one for each operation, true, without secrets, and no reason for a container not to start unless the policy says so.
load ../lib/common

setup() {
    need_root
    ct_setup
    make_bundle
    POLICY=$T/policy
    mkdir -m 755 "$POLICY"
    LOGS=$(mktemp -d /run/ct-audit.XXXXXX) # a directory of root's in directories of root's
    chmod 755 "$LOGS"
    LOG=$LOGS/audit.log
    sinks "{\"type\": \"file\", \"path\": \"$LOG\"}"
}
teardown() {
    [ -z "${LOGS:-}" ] || { umount -q "$LOGS" 2>/dev/null || true; rm -rf "$LOGS"; }
    ct_teardown
}

sinks() { # SINKS [MORE-MEMBERS-OF-AUDIT]
    printf '{"version": 1, "audit": {"sinks": [%s]%s}}\n' "$1" "${2:+, $2}" >"$POLICY/policy.json"
}
with() { try "$CT_TOP/tests/lib/with-policy" "$T/etc" "$POLICY" "$RUNTIME" --root "$ROOT" "$@"; }
records() { jq -es "$@" <"$LOG" >/dev/null || fail "$* of: $(cat "$LOG")"; } # JQ-EXPRESSION over the list of all
events() { jq -r '.event + " " + .outcome' "$LOG" | tr '\n' ';'; }
warnings() { grep -c 'level=warning msg="audit: ' "$T/err" || true; }

@test "every operation leaves one record, which says what the host sees" {
    configure '.annotations = {"io.kubernetes.cri.sandbox-uid": "9e4477a5-46c8-4299-94a0-10770e972b57", "io.kubernetes.cri.sandbox-name": "pod",
        "io.kubernetes.cri.sandbox-namespace": "default", "io.kubernetes.cri.container-name": "app", "io.kubernetes.cri.image-name": "localhost/busybox:1",
        "io.kubernetes.cri.container-type": "container"} | .process.user = {"uid": 1000, "gid": 100}
        | .linux.cgroupsPath = "/\($tag)/kubepods/besteffort/pod9e4477a5-46c8-4299-94a0-10770e972b57/\($tag)"' --arg tag "$CT_TAG"
    with create --bundle "$BUNDLE" "$ID"
    ok
    ct start "$ID"
    ok
    with exec "$ID" /bin/true
    ok
    ct pause "$ID"
    ok
    ct resume "$ID"
    ok
    pid=$(pid_of)
    local ns cgroup
    ns=$(for type in user mnt pid net ipc uts cgroup; do ns_of "$pid" $type | tr -dc '0-9\n'; done | sort | tr '\n' ' ')
    cgroup=$(stat -c %i "$(ct_cgroup_root)$(cgroup_of "$pid")")
    local first hash
    first=$(awk '{print $2}' "/proc/$pid/uid_map")
    hash=$(sha256sum <"$BUNDLE/config.json" | cut -d' ' -f1)
    ct kill "$ID" 0
    ct kill "$ID" KILL
    ok
    wait_status stopped
    ct kill "$ID" KILL
    exits 1
    ct delete "$ID"
    ok
    [ "$(events)" = "create ok;start ok;exec ok;pause ok;resume ok;kill ok;delete ok;" ] || fail "$(cat "$LOG")"
    [ "$(stat -c '%a %U' "$LOG")" = "600 root" ]
    records 'all(.version == 1 and .id == $id and (.time | test("^20[0-9-]+T[0-9:]+\\.[0-9]{9}Z$")) and .bundle == $b and .durationUs > 0)' --arg id "$ID" --arg b "$BUNDLE"
    records 'all(.policy | test("^hardened sha256:[0-9a-f]{64}$"))'
    records 'all([.namespaces[]] | map(tostring) | sort | join(" ") + " " == $ns)' --arg ns "$ns"
    records 'all(.cgroup == {"path": $p, "id": $i})' --arg p "/$CT_TAG/kubepods/besteffort/pod9e4477a5-46c8-4299-94a0-10770e972b57/$CT_TAG" --argjson i "$cgroup"
    records 'all(.users == [{"first": 0, "host": $f, "count": 65536}])' --argjson f "$first"
    records 'all(.podUid == "9e4477a5-46c8-4299-94a0-10770e972b57" and .claims.by == "engine" and .claims.podName == "pod" and .claims.image == "localhost/busybox:1")'
    records 'map(select(.event != "delete")) | all(.init.pid == $p)' --argjson p "$pid"
    records '.[0].configSha256 == $h and .[0].seccomp.profile == "default" and .[0].process == {"uid": 1000, "gid": 100}' --arg h "$hash"
    records '.[2].seccomp.filterSha256 == .[0].seccomp.filterSha256 and .[2].process.pid > 0 and .[5].signal == 9'
    records 'all(.caller.uid == 0 and .caller.pid > 0 and .caller.parentName == "timeout")'
}

@test "a run is a create and a delete; what did not start says why, without the words" {
    configure '.process.env += ["PASSWORD=SECRET-of-the-env"]'
    set_args /bin/true SECRET-of-the-args
    with run --bundle "$BUNDLE" "$ID"
    ok
    set_args /bin/SECRET-program SECRET-of-the-args
    with run --bundle "$BUNDLE" "$ID"
    exits 1
    configure '.linux.namespaces |= map(select(.type != "pid")) | .linux.sysctl = {"kernel.shmmax": "SECRET-value"}'
    with create --bundle "$BUNDLE" "$ID"
    exits 1
    echo '{"SECRET' >"$BUNDLE/config.json"
    with create --bundle "$BUNDLE" "$ID"
    exits 1
    with create --bundle "$T/no-bundle" "$ID"
    exits 1
    [ "$(events)" = "create ok;delete ok;create failed;create refused;create failed;create failed;" ] || fail "$(cat "$LOG")"
    records '[.[] | .command] == ["run", "run", "run", null, null, null]'
    records '.[2].error == {"errno": "ENOENT", "field": "/process/args/0"}'
    records '[.[3].refusals[].code] | sort == ["CM-NS-PID", "CM-SYSCTL"]'
    records '.[4].error.errno == "EINVAL" and .[5].error.errno == "ENOENT" and .[5].id == $id' --arg id "$ID"
    ! grep -q SECRET "$LOG" || fail "secrets: $(grep SECRET "$LOG")"
}

@test "refusals of exec and update are recorded, an update with what it changed" {
    start_container
    with exec --cap CAP_SYS_ADMIN "$ID" /bin/true
    exits 255
    with update --l3-cache-schema L3:0=f "$ID"
    exits 1
    with exec "$ID-none" /bin/true
    exits 255
    [ "$(events)" = "exec refused;update refused;exec failed;" ] || fail "$(cat "$LOG")"
    records '.[0].refusals[0].code == "CM-CAP-REFUSED" and .[1].refusals[0].code == "CM-RDT" and .[2].error.errno == "ENOENT"'
    with update --pids-limit 17 "$ID"
    [ "$status" = 0 ] || { [ "$(events)" = "exec refused;update refused;exec failed;update refused;" ] && skip "no pids controller here"; }
    records '.[3].limits == [{"file": "pids.max", "value": "17"}]'
}

@test "without a sink there is no record, and not a system call for it" {
    command -v strace >/dev/null || skip "strace is not installed"
    [ ! -e /etc/casemate ] || skip "this host has a policy"
    set_args /bin/true
    strace -f -o "$T/trace" "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID" >"$T/out" 2>&1 3>&-
    ! grep -qE 'connect\(|"audit:1"|/loginuid"|/comm"' "$T/trace" || fail "$(grep -E 'connect\(|"audit:1"|/loginuid"|/comm"' "$T/trace")"
}

@test "commands that read no policy record where create was told to, whatever the policy is now" {
    with create --bundle "$BUNDLE" "$ID"
    ok
    echo '{"version": 1, "broken' >"$POLICY/policy.json"
    with start "$ID"
    ok
    with kill "$ID" KILL
    ok
    wait_status stopped
    ct delete "$ID" # without any policy
    ok
    [ "$(events)" = "create ok;start ok;kill ok;delete ok;" ] || fail "$(cat "$LOG")"
}

# What makes the file's place no place for records; the container starts, with one warning.
bad_places() {
    cat <<'END'
No such file or directory	rm -r "$LOGS"
Is a directory	mkdir "$LOG"
No such device or address	mkfifo "$LOG"
is a symbolic link	ln -s /etc/passwd "$LOG"
belongs to uid 1000 and not to root	touch "$LOG"; chown 1000 "$LOG"
is writable for its group or for others	touch "$LOG"; chmod 622 "$LOG"
belongs to uid 1000 and not to root	chown 1000 "$LOGS"
No space left on device	mount -t tmpfs -o size=4k,mode=755 none "$LOGS"; head -c 4096 /dev/zero >"$LOGS/full"
Read-only file system	mount -t tmpfs -o ro,mode=755 none "$LOGS"
END
}

@test "a file that cannot be written to: the container starts, and one warning says why" {
    local message make
    set_args /bin/echo it-ran
    while IFS=$'\t' read -r message make; do
        rm -rf "$LOGS"
        mkdir -m 755 "$LOGS"
        eval "$make"
        with run --bundle "$BUNDLE" "$ID"
        ok "$message" || return 1
        [ "$(cat "$T/out")" = it-ran ]
        [ "$(warnings)" = 2 ] || show "one warning for create, one for delete" || return 1
        says "$message" || return 1
        umount -q "$LOGS" 2>/dev/null || true
    done < <(bad_places)
    [ "$(wc -c </etc/passwd)" -gt 0 ]
}

@test "a required file that cannot be written to: nothing starts and nothing is left" {
    local message make
    sinks "{\"type\": \"file\", \"path\": \"$LOG\", \"required\": true}"
    start_container "$CT_TAG-old" # without the policy
    set_args /bin/echo it-ran
    while IFS=$'\t' read -r message make; do
        rm -rf "$LOGS"
        mkdir -m 755 "$LOGS"
        eval "$make"
        with run --bundle "$BUNDLE" "$ID"
        exits 1 "$message" || return 1
        [ ! -s "$T/out" ] || fail "it ran" || return 1
        says "the policy requires a record of what is started, and .*$message" || return 1
        assert_gone "$ID" || return 1
        with create --bundle "$BUNDLE" "$ID"
        exits 1 || return 1
        assert_gone "$ID" || return 1
        with exec "$CT_TAG-old" /bin/echo it-ran
        exits 255 || return 1
        [ ! -s "$T/out" ] || fail "it ran" || return 1
        [ "$(ct_processes "$CT_TAG-old" | wc -l)" = 1 ] || fail "a process of exec is left" || return 1
        umount -q "$LOGS" 2>/dev/null || true
    done < <(bad_places)
    rm -rf "$LOGS"
    mkdir -m 755 "$LOGS"
    with run --bundle "$BUNDLE" "$ID"
    ok
    with exec "$CT_TAG-old" /bin/true
    ok
    [ "$(events)" = "create ok;delete ok;exec ok;" ] || fail "$(cat "$LOG")"
}

@test "a required record is written before the program runs, and a program that does not run after all has a record of that" {
    sinks "{\"type\": \"file\", \"path\": \"$LOG\", \"required\": true}"
    need_test_build
    set_args /bin/true
    CASEMATE_TEST_FAIL_AT=release try "$CT_TOP/tests/lib/with-policy" "$T/etc" "$POLICY" "$RUNTIME_TEST" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
    exits 1
    [ "$(events)" = "create ok;start failed;" ] || fail "$(cat "$LOG")"
    records '.[1].error.errno == "EIO"'
    assert_gone "$ID"
}

# Runs with the policy and, in the same private view, a journal and a syslog daemon of ours.
with_daemons() { # COMMAND…
    rm -f "$T/journal" "$T/syslog"
    try unshare -m sh -c '
        mount --make-rprivate / && mkdir -p /run/systemd && mount -t tmpfs none /run/systemd || exit 90
        mkdir -p "$1/devices" "$1/dev" && mount -t tmpfs none "$1/devices" && mount --bind /dev "$1/dev" || exit 90
        mount -t tmpfs -o mode=755 none /dev && for n in null zero full random urandom tty; do touch /dev/$n && mount --bind "$1/dev/$n" /dev/$n; done
        ln -s /proc/self/fd /dev/fd
        "$2" /run/systemd/journal/socket "$1/journal" & j=$!
        "$2" /dev/log "$1/syslog" & s=$!
        trap "kill $j $s; wait $j $s" EXIT
        i=0; while { [ ! -s "$1/journal" ] || [ ! -s "$1/syslog" ]; } && [ $i -lt 600 ]; do sleep 0.05; i=$((i+1)); done
        shift 2; "$@"; exit $?' sh "$T" "$CT_TOP/tests/lib/journal" "$CT_TOP/tests/lib/with-policy" "$T/etc" "$POLICY" "$@"
    [ "$status" != 90 ] || skip "no private mounts here: $(head -n 1 "$T/err")"
}

@test "the journal gets fields to select by, syslog its facility for security" {
    sinks '{"type": "journald"}, {"type": "syslog"}'
    set_args /bin/true
    with_daemons "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
    ok
    [ "$(grep -c MESSAGE= "$T/journal")" = 2 ] || fail "$(cat "$T/journal")"
    python3 - "$T/journal" "$T/syslog" "$ID" <<'END'
import ast, json, re, sys
records = [ast.literal_eval(line) for line in open(sys.argv[1]) if line.startswith("'")]
fields = [dict(line.split("=", 1) for line in record.rstrip("\n").split("\n")) for record in records]
assert [f["CASEMATE_EVENT"] for f in fields] == ["create", "delete"], fields
for f in fields:
    assert f["PRIORITY"] == "5" and f["SYSLOG_FACILITY"] == "10" and f["SYSLOG_IDENTIFIER"] == "casemate-audit" and f["CASEMATE_OUTCOME"] == "ok", f
    assert json.loads(f["MESSAGE"])["id"] == f["CASEMATE_ID"] == sys.argv[3]
lines = [ast.literal_eval(line) for line in open(sys.argv[2]) if line.startswith("'")]
assert len(lines) == 2, lines
for line, event in zip(lines, ["create", "delete"]):
    m = re.fullmatch(r"<85>casemate-audit\[\d+\]: (\{.*\})", line)
    assert m and json.loads(m.group(1))["event"] == event, line
END
    configure '.linux.namespaces |= map(select(.type != "pid"))'
    with_daemons "$RUNTIME" --root "$ROOT" create --bundle "$BUNDLE" "$ID"
    exits 1
    grep -q 'PRIORITY=4.*CASEMATE_EVENT=create.nCASEMATE_OUTCOME=refused' "$T/journal" || fail "$(cat "$T/journal")"
    grep -q '<84>casemate-audit' "$T/syslog" || fail "$(cat "$T/syslog")"
}

@test "daemons that are not there, or do not read, hold nobody up" {
    sinks '{"type": "journald"}, {"type": "syslog"}'
    set_args /bin/echo it-ran
    [ ! -e /run/systemd/journal/socket ] || skip "this host has a journal"
    with run --bundle "$BUNDLE" "$ID"
    ok
    [ "$(cat "$T/out")" = it-ran ]
    says 'audit: nothing takes records at /run/systemd/journal/socket'
    # one that never reads, with a full queue
    cat >"$T/deaf" <<'END'
import os, socket, sys
os.makedirs("/run/systemd/journal", exist_ok=True)
server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
server.bind("/run/systemd/journal/socket")
clients = []
for _ in range(100): # the queue takes what net.unix.max_dgram_qlen says, one sender less than that
    client = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    client.setblocking(False)
    client.connect("/run/systemd/journal/socket")
    clients.append(client)
    try:
        while True:
            client.send(b"x")
    except BlockingIOError:
        pass
os.execvp(sys.argv[1], sys.argv[1:])
END
    sed -i 's/os.execvp.*/import subprocess; sys.exit(subprocess.run(sys.argv[1:]).returncode)/' "$T/deaf"
    deaf() {
        try unshare -m sh -c 'mount --make-rprivate / && mkdir -p /run/systemd && mount -t tmpfs none /run/systemd && exec "$@"' sh \
            python3 "$T/deaf" "$CT_TOP/tests/lib/with-policy" "$T/etc" "$POLICY" "$RUNTIME" --root "$ROOT" "$@"
    }
    sinks '{"type": "journald"}'
    local begin=${EPOCHREALTIME/[.,]/}
    deaf run --bundle "$BUNDLE" "$ID"
    ok
    [ "$(cat "$T/out")" = it-ran ]
    says 'audit: sending a record to /run/systemd/journal/socket: Resource temporarily unavailable'
    [ $((${EPOCHREALTIME/[.,]/} - begin)) -lt 1900000 ] || fail "it waited"
    sinks '{"type": "journald", "required": true}'
    deaf run --bundle "$BUNDLE" "$ID"
    exits 1
    [ ! -s "$T/out" ] || fail "it ran"
    assert_gone "$ID"
}

@test "hostile annotations and ids give one line of valid JSON" {
    configure '.annotations = ({"io.kubernetes.cri.sandbox-name": ("x\n{\"event\":\"forged\"}\n\u001b[2J\u2028" * 4000), "io.kubernetes.cri.sandbox-uid": "\"},{\"",
        "io.kubernetes.cri.image-name": ("\\\"" * 50000)})'
    with run --bundle "$BUNDLE" "$(printf 'bad\n{"event":"forged"}\x01\xff')"
    exits 1
    set_args /bin/true
    with run --bundle "$BUNDLE" "$ID"
    ok
    [ "$(wc -l <"$LOG")" = 3 ] || fail "$(cat "$LOG")"
    records 'length == 3 and ([.[].event] == ["create", "create", "delete"]) and .[1].claims.podUid == "\"},{\""'
    [ "$(awk '{ if (length($0) > max) max = length($0) } END { print max }' "$LOG")" -le 8192 ]
    ! LC_ALL=C grep -q '[^ -~]' "$LOG" || fail "something that is not printable ASCII"
}

@test "many at once: whole lines, one each, through a rotation" {
    local i n=12
    set_args /bin/true
    cat >"$T/many" <<'END'
many() {
    local i
    for ((i = 0; i < n; i++)); do
        while ((i == n - 1)) && [ ! -e "$LOG.1" ]; do sleep 0.01; done # the last one is for the new file
        "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$CT_TAG-m$1-$i" >/dev/null 2>&1 </dev/null || return 1
    done
}
for i in 1 2 3 4; do many $i & done
while [ ! -e "$LOG" ]; do sleep 0.01; done
mv "$LOG" "$LOG.1"
r=0
for i in 1 2 3 4; do wait -n || r=1; done
exit $r
END
    try "$CT_TOP/tests/lib/with-policy" "$T/etc" "$POLICY" env RUNTIME="$RUNTIME" ROOT="$ROOT" BUNDLE="$BUNDLE" CT_TAG="$CT_TAG" LOG="$LOG" n=$n bash "$T/many"
    ok
    cat "$LOG.1" "$LOG" >"$LOG.all"
    [ "$(wc -l <"$LOG.all")" = $((4 * n * 2)) ] || fail "$(wc -l <"$LOG.all") lines"
    LOG=$LOG.all records '([.[] | select(.event == "create") | .id] | unique | length) == 48 and ([.[] | select(.event == "delete") | .id] | unique | length) == 48'
}

@test "logrotate takes the file away between two records" {
    command -v logrotate >/dev/null || skip "logrotate is not installed"
    # the snippet of docs/audit.md, for this file
    sed -n '/^    \/var\/log\/casemate\/audit.log {/,/^    }/p' "$CT_TOP/docs/audit.md" | sed "s|/var/log/casemate/audit.log|$LOG|" >"$T/rotate"
    grep -q rotate "$T/rotate" || fail "docs/audit.md has no snippet"
    chmod 644 "$T/rotate"
    set_args /bin/true
    with run --bundle "$BUNDLE" "$ID"
    ok
    logrotate --force --state "$LOGS/state" "$T/rotate"
    with run --bundle "$BUNDLE" "$ID"
    ok
    [ "$(cat "$LOG" "$LOG".1* | wc -l)" = 4 ] || fail "$(ls -l "$LOGS")"
    [ "$(stat -c %a "$LOG")" = 600 ]
}

@test "more records a minute than the policy wants are counted and told" {
    local i
    sinks "{\"type\": \"file\", \"path\": \"$LOG\"}" '"perMinute": 3'
    start_container
    # the host's counters are not ours: the limit may be used up already, and the records of others are counted too
    for ((i = 0; i < 6; i++)); do
        with exec "$ID" /bin/true
        ok
        silent
    done
    [ "$(cat "$LOG" 2>/dev/null | wc -l)" -le 6 ]
    [ "$(cat "$LOG" 2>/dev/null | wc -l)" -lt 6 ] || skip "a minute began meanwhile"
    sinks "{\"type\": \"file\", \"path\": \"$LOG\"}" '"perMinute": 1000000'
    with exec "$ID" /bin/true
    ok
    records 'last | .lost >= 1'
}
