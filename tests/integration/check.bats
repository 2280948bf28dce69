#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# casemate check: its forms for people, for programs and for collectors of results, on a terminal and elsewhere, with hostile bundles.
load ../lib/common

setup() {
    ct_setup
    make_bundle
    cp "$BUNDLE/config.json" "$T/good.json"
}

check() { try "$RUNTIME" check "$@" "$BUNDLE"; }
is_sarif() { "$CT_TOP/tests/lib/sarif" "$T/out" >"$T/wrong" || fail "not SARIF: $(cat "$T/wrong")"; }
# Nothing in both streams that a terminal would act on: controls, C1, changes of direction, bytes that are no UTF-8.
harmless() {
    python3 - "$T/out" "$T/err" <<'PY' || show "not harmless"
import re, sys
for name in sys.argv[1:]:
    text = open(name, "rb").read().decode("utf-8")  # raises
    found = re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]", text)
    if found:
        sys.exit(f"{name}: {found.group(0)!r} in {text[max(0, found.start() - 60):found.start() + 60]!r}")
PY
}
# A configuration with nothing to find.
fine() {
    configure '.linux.namespaces |= (map(select(.type != "user")) + [{"type": "user"}]) | .linux.seccomp = {"defaultAction": "SCMP_ACT_ERRNO", "architectures": [$arch],
        "syscalls": [{"names": ["read", "write", "execve", "exit_group"], "action": "SCMP_ACT_ALLOW"}]}' --arg arch "SCMP_ARCH_$(uname -m | tr a-z A-Z)"
    check --format json
    ! grep -q CM-LIMIT-DEFAULT "$T/out" || configure '.linux.resources += {"memory": {"limit": 67108864, "swap": 67108864}, "pids": {"limit": 100}}'
}

@test "exit statuses: 0 as it is, 2 stricter, 3 refused, 1 error; every form has the same" {
    need_root
    local format
    for format in text json sarif; do
        cp "$T/good.json" "$BUNDLE/config.json"
        fine
        check --format $format
        exits 0 || return 1
        configure '.root.readonly = false'
        check --format $format
        exits 2 || return 1
        grep -q CM-ROOT-READONLY "$T/out" || show "$format" || return 1
        configure '.linux.sysctl = {"kernel.core_pattern": "x"}'
        check --format $format
        exits 3 || return 1
        grep -q CM-SYSCTL "$T/out" || show "$format" || return 1
        [ ! -s "$T/err" ] || show "$format" || return 1
        echo '{"ociVersion": ' >"$BUNDLE/config.json"
        check --format $format
        fails_with 'config.json: .*line' || return 1
        [ ! -s "$T/out" ] || show "$format" || return 1
    done
    check --format yaml
    fails_with 'invalid format option .*yaml.*: use text, json or sarif'
}

@test "text: counts, the remedy of every finding, and the policy" {
    need_root
    configure '.root.readonly = false | .linux.sysctl = {"kernel.core_pattern": "x", "vm.swappiness": "1"}'
    check
    exits 3
    prints '^verdict  refused$'
    prints '^policy   hardened$'
    prints '^summary  2 refused, [0-9]+ made stricter, [0-9]+ not enforced on this host$'
    [ "$(grep -c '^  CM-' "$T/out")" = "$(grep -c '^ *-> .' "$T/out")" ] || show "a remedy for each"
    # the columns of all findings are one column
    [ "$(grep -oE '^  CM-[A-Z-]+ +' "$T/out" | awk '{print length}' | sort -u | wc -l)" = 1 ] || show "not aligned"
    ! grep -q '^effective posture' "$T/out" || show "nothing would start"
}

@test "json: the keys that are there since the first version, and the place of a finding" {
    need_root
    configure '.linux.sysctl = {"net.ipv4.ip_forward": "1"} | .root.readonly = false'
    check --format json
    jq -e '.verdict == "refused" and .policy == "hardened" and .posture == null and (.unenforced | type == "array")
        and ([.refusals[], .tightenings[]] | all(.code and .message and .remedy and .meaning and (.field | type == "string")))
        and .summary == {refused: (.refusals | length), tightened: (.tightenings | length), unenforced: (.unenforced | length), granted: 0}' "$T/out" || show keys
    local line
    line=$(jq '.refusals[] | select(.code == "CM-SYSCTL") | .place.line' "$T/out")
    sed -n "${line}p" "$BUNDLE/config.json" | grep -q net.ipv4.ip_forward || show "line $line"
    jq -e '[.refusals[], .tightenings[]] | all(has("controls") | not)' "$T/out"
}

@test "sarif: the structure of 2.1.0, rules with remedy and controls, places in config.json" {
    need_root
    configure '.linux.sysctl = {"net.ipv4.ip_forward": "1", "kernel.core_pattern": "x"} | .root.readonly = false | .process.capabilities.bounding += ["CAP_SYS_ADMIN"]'
    check --format sarif
    exits 3
    is_sarif
    jq -e '.runs[0] | .invocations[0].exitCode == 3 and .artifacts[0].location.uri == "config.json"
        and ([.results[].level] | unique - ["error", "warning", "note"] == [])
        and ([.tool.driver.rules[] | select(.id != "CM-NOT-ENFORCED")] | all(.help.text and (.properties.controls | type == "array")))' "$T/out" || show rules
    local line
    line=$(jq '.runs[0].results[] | select(.locations[0].logicalLocations[0].fullyQualifiedName == "/linux/sysctl/kernel.core_pattern")
        | .locations[0].physicalLocation.region.startLine' "$T/out")
    sed -n "${line}p" "$BUNDLE/config.json" | grep -q core_pattern || show "line $line"
    # the same finding has the same fingerprint wherever it stands, another one has another
    jq -S '[.runs[0].results[] | {(.locations[0].logicalLocations[0].fullyQualifiedName): .partialFingerprints}] | add' "$T/out" >"$T/first"
    jq -c . "$BUNDLE/config.json" >"$T/one-line" && cp "$T/one-line" "$BUNDLE/config.json"
    check --format sarif
    is_sarif
    jq -S '[.runs[0].results[] | {(.locations[0].logicalLocations[0].fullyQualifiedName): .partialFingerprints}] | add' "$T/out" | cmp - "$T/first"
    [ "$(jq -r '.[] | .[]' "$T/first" | sort | uniq -d | wc -l)" = 0 ]
}

@test "sarif of another file and of a bundle with an odd name" {
    need_root
    mv "$BUNDLE" "$T/odd %name"$'\xc3\xa9'
    BUNDLE=$T/odd\ %name$'\xc3\xa9'
    check --format sarif
    is_sarif
    [ "$(jq -r '.runs[0].originalUriBaseIds.DIRECTORY.uri' "$T/out")" = "file://$T/odd%20%25name%C3%A9/" ] || show uri
    cp "$BUNDLE/config.json" "$T/other.json"
    cd "$T"
    check --format sarif --config other.json
    is_sarif
    [ "$(jq -r '.runs[0].artifacts[0].location.uri' "$T/out")" = other.json ] || show "other file"
    [ "$(jq -r '.runs[0].originalUriBaseIds.DIRECTORY.uri' "$T/out")" = "file://$T/" ] || show "other directory"
}

@test "--controls: a table in every form, with a note about editions" {
    need_root
    configure '.root.readonly = false | .linux.namespaces |= map(select(.type != "pid"))'
    check --controls
    exits 3
    prints '^controls$'
    prints '^Numbers and names are those of the editions given here\.'
    prints '^CIS Docker Benchmark \(1\.6'
    prints '^  refused +5\.16 '
    prints '^  met, made stricter +5\.13 '
    prints "^  not a runtime's +5\.27 "
    prints 'controls: Pod Security Standards baseline/Host Namespaces; CIS Docker Benchmark 5\.16'
    check --controls --format json
    jq -e '(.controlVerdicts | map(select(.framework == "cis-docker" and .id == "5.16")) == [{framework: "cis-docker", id: "5.16", title: "not the host'\''s pid namespace",
        verdict: "refused"}]) and (.controlsNote | test("edition")) and (.frameworks | length == 4)
        and ([.refusals[] | select(.code == "CM-NS-PID")][0].controls | index("nist-800-190:4.5.2"))' "$T/out" || show json
    check --controls --format sarif
    is_sarif
    jq -e '.runs[0].properties.controlVerdicts | length > 50' "$T/out" || show sarif
}

@test "no terminal: no colour and whole lines, whatever the environment says" {
    need_root
    COLUMNS=40 CLICOLOR_FORCE=1 TERM=xterm-256color check
    harmless
    prints '^  mounts +/proc .{60,}'
}

@test "a terminal: coloured and wrapped to its width, COLUMNS before the size, 120 at most" {
    need_root
    # the lines as they were drawn: colours taken away, the longest of them
    widest() { sed 's/\x1b\[[0-9;]*m//g' "$T/drawn" | awk '{if (length > n) n = length} END {print n}'; }
    draw() { # SIZE ENVIRONMENT...: `check` at a terminal of that size
        local size=$1
        shift
        env -u COLUMNS -u NO_COLOR TERM=xterm "$@" python3 - "$size" "$RUNTIME" "$BUNDLE" >"$T/drawn" <<'PY'
import fcntl, os, pty, struct, sys, termios
rows, columns = map(int, sys.argv[1].split("x"))
pid, master = pty.fork()
if pid == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    os.execv(sys.argv[2], [sys.argv[2], "check", sys.argv[3]])
data = b""
while True:
    try:
        piece = os.read(master, 65536)
    except OSError:
        break
    if not piece:
        break
    data += piece
os.waitpid(pid, 0)
sys.stdout.buffer.write(data.replace(b"\r\n", b"\n"))
PY
    }
    draw 24x60
    grep -q $'\e\\[33mtightened\e\\[0m' "$T/drawn" || fail "no colour: $(cat -v "$T/drawn")"
    [ "$(widest)" -le 60 ] && [ "$(widest)" -gt 50 ] || fail "60 columns: $(widest)"
    draw 24x60 COLUMNS=90
    [ "$(widest)" -le 90 ] && [ "$(widest)" -gt 70 ] || fail "COLUMNS: $(widest)"
    draw 24x60 COLUMNS=nonsense
    [ "$(widest)" -le 60 ] || fail "a COLUMNS that is no number: $(widest)"
    draw 24x500
    [ "$(widest)" -le 120 ] && [ "$(widest)" -gt 100 ] || fail "a wide terminal: $(widest)"
    draw 24x0
    [ "$(widest)" -le 80 ] || fail "a terminal that does not know its size: $(widest)"
    draw 24x5
    [ "$(widest)" -le 40 ] || fail "a tiny one: $(widest)"
    local word
    for word in NO_COLOR=1 TERM=dumb; do
        draw 24x60 $word
        ! grep -q $'\e' "$T/drawn" || fail "$word: $(cat -v "$T/drawn")"
        [ "$(widest)" -le 60 ] || fail "$word: $(widest)"
    done
    draw 24x60 NO_COLOR=
    grep -q $'\e\\[' "$T/drawn" || fail "an empty NO_COLOR is none"
}

hostile_bundle() {
    jq --arg evil $'\e[2J\e]0;owned\a\r\u009b31m\u202e\u2028\x7f' '
        .hostname = $evil | .domainname = $evil | .linux.sysctl = {($evil): $evil, "net.ipv4.x": $evil} | .process.cwd = "/" + $evil | .process.env += [$evil, $evil + "=1", "A=" + $evil]
        | .mounts += [{destination: ("/" + $evil), type: $evil, source: $evil, options: [$evil]}, {destination: "/data", type: "bind", source: ("/" + $evil), options: ["bind"]},
                      {destination: ("/ok" + $evil), type: "tmpfs", source: "tmpfs"}]
        | .linux.devices = [{path: ("/dev/" + $evil), type: "c", major: 10, minor: 200}] | .hooks = {poststop: [{path: ("/" + $evil)}]} | .annotations = {("casemate." + $evil): $evil, ($evil): $evil}
        | .linux.cgroupsPath = "/" + $evil | .process.apparmorProfile = $evil | .process.selinuxLabel = $evil | .linux.mountLabel = $evil
        | .process.capabilities.bounding += [$evil] | .process.rlimits += [{type: $evil, soft: 1, hard: 1}] | .linux.maskedPaths += [$evil, "/" + $evil]
        | .linux.namespaces += [{type: "network", path: ("/" + $evil)}] | .linux.resources.unified = {("memory." + $evil): $evil, ($evil): $evil}
        | .linux.seccomp = {defaultAction: "SCMP_ACT_ERRNO", listenerPath: ("/" + $evil), syscalls: [{names: ["write"], action: "SCMP_ACT_NOTIFY"}]} | .root.path = "root" + $evil
        | .linux.namespaces |= unique_by(.type)' "$T/good.json" >"$BUNDLE/config.json"
}

@test "hostile texts: nothing of them acts on a terminal, in any form" {
    need_root
    local format
    hostile_bundle
    for format in text json sarif; do
        check --controls --format $format
        [ "$status" = 3 ] || [ "$status" = 1 ] || show "$format" || return 1
        harmless || return 1
    done
    [ "$status" = 3 ] || show "the parser took it" || return 1
    is_sarif
    # one that is not refused as a whole, so that it has a posture
    jq --arg evil $'\e[31m\u202e' '.mounts += [{destination: ("/ok" + $evil), type: "tmpfs", source: "tmpfs"}] | .process.args = [$evil]' "$T/good.json" >"$BUNDLE/config.json"
    for format in text json sarif; do
        check --format $format
        [ "$status" = 2 ] || [ "$status" = 3 ] || show "$format" || return 1
        harmless || return 1
    done
}

@test "strings of a megabyte, thousands of findings: an answer in every form, in time and in bounds" {
    need_root
    local format
    python3 - "$T/good.json" "$BUNDLE/config.json" <<'PY'
import json, sys
config = json.load(open(sys.argv[1]))
big = "\x1b[31m" * 100000
config["hostname"] = big
config["linux"]["sysctl"] = {big: "1"}
config["process"]["env"].append(big)
config["process"]["capabilities"]["bounding"] += ["CAP_NOPE%d" % i for i in range(3000)]
config["mounts"] += [{"destination": "/m%d" % i, "type": "nope"} for i in range(900)]
json.dump(config, open(sys.argv[2], "w"))
PY
    for format in text json sarif; do
        CT_TIMEOUT=20 check --format $format
        exits 3 || return 1
        harmless || return 1
        [ "$(stat -c %s "$T/out")" -lt 20000000 ] || fail "$format has $(stat -c %s "$T/out") bytes" || return 1
    done
    is_sarif
}

@test "what a rule of the policy lets pass names the rule" {
    need_root
    local policy=/root/check-policy-$$.json
    mkdir "$T/data"
    # a policy may not be in a directory that everybody writes to, as the test's
    jq -n --arg data "$T" '{version: 1, mounts: {allow: [{prefix: $data, write: true}]}, sysctls: {allow: ["net.ipv4.ip_forward"]},
        devices: {allow: [{path: "/dev/fuse", major: 10, minor: 229}]}, hooks: {allow: [{path: "/usr/bin/true"}]}}' >"$policy"
    configure '.mounts += [{destination: "/data", type: "bind", source: $data, options: ["rbind", "rw", "nosuid", "nodev", "noexec"]}]
        | .linux.sysctl = {"net.ipv4.ip_forward": "1"} | .linux.devices = [{path: "/dev/fuse", type: "c", major: 10, minor: 229}]
        | .hooks = {prestart: [{path: "/usr/bin/true"}]}' --arg data "$T/data"
    try "$RUNTIME" --policy "$policy" check --format json "$BUNDLE"
    rm -f "$policy"
    jq -e --arg at "/mounts/$(jq '.mounts | length - 1' "$BUNDLE/config.json")/source" --arg data "$T" '[.allowed[] | [.field, .member, .rule]] | sort == ([
        [$at, "mounts.allow", $data], ["/linux/sysctl/net.ipv4.ip_forward", "sysctls.allow", "net/ipv4/ip_forward"],
        ["/linux/devices/0", "devices.allow", "/dev/fuse"], ["/hooks/prestart/0", "hooks.allow", "/usr/bin/true"]] | sort)' "$T/out" || show allowed
    check --format json
    jq -e '.verdict == "refused" and .allowed == []' "$T/out" || show "without the policy"
}

@test "bytes that are no UTF-8: an error that shows where, and harmless names of files" {
    need_root
    printf '{"ociVersion": "1.0.0", "hostname": "\xff\xfe"}' >"$BUNDLE/config.json"
    local format
    for format in text json sarif; do
        check --format $format
        fails_with 'UTF-8' || return 1
        harmless || return 1
    done
    cp "$T/good.json" "$BUNDLE/config.json"
    mv "$BUNDLE" "$T/b"$'\e[31m\xff'
    BUNDLE=$T/b$'\e[31m\xff'
    for format in text json sarif; do
        check --format $format
        [ "$status" = 2 ] || [ "$status" = 0 ] || show "$format" || return 1
        harmless || return 1
    done
    is_sarif
    rm -r "$BUNDLE/rootfs"
    for format in text json sarif; do
        check --format $format
        exits 3 || return 1
        harmless || return 1
    done
    mv "$BUNDLE" "$T/bundle"
}

@test "the report cannot be written: an error" {
    need_root
    status=0
    "$RUNTIME" check "$BUNDLE" >/dev/full 2>"$T/err" </dev/null 3>&- || status=$?
    : >"$T/out"
    fails_with 'standard output'
}
