#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# The process that a container runs: exit codes, streams, environment, and what is said when it cannot be executed.
load ../lib/common

setup() {
    need_root
    ct_setup
    make_bundle
}

@test "run returns the program's exit status" {
    local code
    for code in 0 1 7 42 125 126 127 255; do
        run_inside "exit $code"
        exits "$code"
        silent
    done
    assert_no_residue
}

@test "run returns 128 plus the signal that killed the program" {
    # pid 1 ignores signals without a handler, so a host process sends the one that it cannot ignore
    local out=$T/pid
    set_args /bin/sleep 1000
    (eventually test -s "$out" && sleep 0.2 && kill -9 "$(cat "$out")") &
    ct run --bundle "$BUNDLE" --pid-file "$out" "$ID"
    wait
    exits 137
    # shellcheck disable=SC2016 # the shell inside expands it
    set_args /bin/sh -c 'sh -c "kill -11 \$\$"; exit $?'
    ct run --bundle "$BUNDLE" "$ID"
    exits 139
}

@test "standard input, output and error pass through" {
    set_args /bin/sh -c 'cat; echo to-stderr >&2'
    status=0
    printf 'line 1\nline 2\n' | timeout 20 "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID" >"$T/out" 2>"$T/err" 3>&- || status=$?
    ok
    [ "$(cat "$T/out")" = "line 1
line 2" ]
    [ "$(errors)" = to-stderr ]
}

@test "a megabyte passes through unharmed" {
    set_args /bin/cat
    head -c 1000000 /dev/urandom >"$T/in"
    timeout 20 "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID" <"$T/in" >"$T/out" 2>"$T/err" 3>&-
    cmp "$T/in" "$T/out"
}

@test "closed standard descriptors are no trouble" {
    set_args /bin/sh -c 'exit 5'
    status=0
    timeout 20 "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID" <&- >&- 2>&- 3>&- || status=$?
    exits 5 2>/dev/null || fail "status $status"
}

@test "run --detach returns at once and leaves the container running" {
    ct run --detach --bundle "$BUNDLE" --pid-file "$T/pid" "$ID"
    ok
    [ "$(status_of)" = running ]
    [ "$(cat "$T/pid")" = "$(pid_of)" ]
}

@test "run --keep leaves the stopped container" {
    set_args /bin/sh -c 'exit 3'
    ct run --keep --bundle "$BUNDLE" "$ID"
    exits 3
    [ "$(status_of)" = stopped ]
    ct delete "$ID"
    ok
}

@test "run forwards signals" {
    set_args /bin/sh -c 'trap "exit 33" TERM; echo ready; while :; do sleep 0.05; done'
    timeout 20 "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID" >"$T/out" 2>"$T/err" </dev/null 3>&- &
    local runner=$!
    eventually grep -q ready "$T/out"
    # timeout(1) passes the signal on to what it runs
    kill -TERM $runner
    status=0
    wait $runner || status=$?
    [ "$status" = 33 ] || [ "$status" = 124 ] || fail "status $status"
    eventually assert_gone "$ID"
}

@test "args reach the program as they are" {
    set_args /bin/printenv HOME
    configure '.process.args = ["/bin/sh", "-c", "for a; do echo \"[$a]\"; done", "sh", "", "a b", "*", "$HOME", "\u00e9", "-n"]'
    ct run --bundle "$BUNDLE" "$ID"
    ok
    [ "$(tr '\n' ' ' <"$T/out")" = '[] [a b] [*] [$HOME] [é] [-n] ' ]
}

@test "argv[0] without a slash is looked up in the container's PATH" {
    configure '.process.args = ["echo", "found"] | .process.env = ["PATH=/nowhere:/bin"]'
    ct run --bundle "$BUNDLE" "$ID"
    ok
    prints '^found$'
}

@test "what cannot be executed is said in the words that engines know" {
    cp "$BUNDLE/rootfs/etc/passwd" "$BUNDLE/rootfs/bin/not-executable"
    chmod 644 "$BUNDLE/rootfs/bin/not-executable"
    set_args no-such-program
    create "$ID"
    fails_with 'exec: \\?"no-such-program\\?": executable file not found in \$PATH'
    set_args /bin/no-such-program
    create "$ID"
    fails_with 'exec: \\?"/bin/no-such-program\\?": stat /bin/no-such-program: no such file or directory'
    set_args /bin/not-executable
    create "$ID"
    fails_with 'exec: \\?"/bin/not-executable\\?".*permission denied'
    set_args /bin
    create "$ID"
    fails_with 'exec: \\?"/bin\\?".*(is a directory|permission denied)'
    assert_no_residue
}

@test "a working directory that cannot be entered is an error that names it" {
    configure '.process.cwd = "/etc/passwd"'
    create "$ID"
    fails_with '/etc/passwd'
    configure '.process.cwd = "relative"'
    create "$ID"
    fails_with '/process/cwd|cwd'
    assert_no_residue
}

@test "a working directory inside is entered" {
    configure '.process.cwd = "/home"'
    run_inside pwd
    ok
    prints '^/home$'
}

@test "user, groups and umask are the config's" {
    configure '.process.user = {"uid": 1000, "gid": 1000, "additionalGids": [5, 6], "umask": 63}'
    run_inside 'id; umask; grep -E "^(Uid|Gid|Groups)" /proc/self/status'
    ok
    prints 'uid=1000(\(user\))? gid=1000'
    prints '^0?077$'
    prints 'Groups:.5 6'
}

@test "a non-root user has no capabilities" {
    configure '.process.user = {"uid": 1000, "gid": 1000}'
    run_inside 'grep -E "^Cap(Prm|Eff|Inh|Amb)" /proc/self/status'
    ok
    [ "$(grep -c '0000000000000000$' "$T/out")" = 4 ] || show "capabilities of a non-root user"
}

@test "HOME comes from the image, the rest from the config" {
    configure '.process.env = ["PATH=/bin", "A=1", "A=2", "B=x=y"] | .process.user = {"uid": 1000, "gid": 1000}'
    run_inside env
    ok
    [ "$(grep -v -E '^(PWD|SHLVL|OLDPWD|_)=' "$T/out" | LC_ALL=C sort | tr '\n' ' ')" = "A=2 B=x=y HOME=/home PATH=/bin " ] || show env
}

@test "hostname is set" {
    configure '.hostname = "guest"'
    run_inside hostname
    prints '^guest$'
    [ "$(hostname)" != guest ]
}

@test "rlimits are set" {
    configure '.process.rlimits = [{"type": "RLIMIT_NOFILE", "soft": 100, "hard": 200}]'
    run_inside 'grep "open files" /proc/self/limits'
    prints 'Max open files +100 +200'
}

@test "log as JSON: one object with level, msg and time, and the same text on stderr" {
    set_args /bin/no-such-program
    try "$RUNTIME" --root "$ROOT" --log "$T/log" --log-format json create --bundle "$BUNDLE" "$ID"
    exits 1
    [ "$(wc -l <"$T/log")" = 1 ] || fail "$(cat "$T/log")"
    [ "$(jq -r .level "$T/log")" = error ]
    jq -r .msg "$T/log" | grep -q 'no such file or directory'
    jq -r .time "$T/log" | grep -qE '^20[0-9-]{8}T[0-9:]{8}(\.[0-9]+)?(Z|[+-][0-9:]{5})$'
    says 'no such file or directory'
}

@test "log as text goes to the file, appended" {
    echo first >"$T/log"
    set_args /bin/no-such-program
    try "$RUNTIME" --root "$ROOT" --log "$T/log" create --bundle "$BUNDLE" "$ID"
    [ "$(head -1 "$T/log")" = first ]
    grep -q 'level=error msg=' "$T/log"
}

@test "NOTIFY_SOCKET, LISTEN_FDS and LD_PRELOAD of the caller do not reach the program" {
    set_args /bin/env
    try env NOTIFY_SOCKET=/run/x LISTEN_FDS=3 LISTEN_PID=1 LD_PRELOAD_CT=1 CT_SECRET=1 "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
    ok
    ! grep -qE 'NOTIFY_SOCKET|LISTEN_|LD_PRELOAD_CT|CT_SECRET' "$T/out" || show env
}

@test "bad command lines" {
    try "$RUNTIME" frobnicate
    exits 3
    try "$RUNTIME" create
    exits 1
    try "$RUNTIME" create a b
    exits 1
    try "$RUNTIME" --no-such-flag list
    exits 1
    try "$RUNTIME" state --no-such-flag x
    exits 1
    try "$RUNTIME" --log-format xml list
    exits 1
    try "$RUNTIME" --root / list
    exits 1
    try "$RUNTIME"
    ok
    prints '^NAME:'
    try "$RUNTIME" --help
    ok
    prints 'Open Container Initiative runtime'
}

@test "version and features" {
    try "$RUNTIME" --version
    ok
    head -1 "$T/out" | grep -qE ' version [0-9]+\.[0-9]+'
    prints '^spec: 1\.'
    try "$RUNTIME" features
    ok
    jq -e '.ociVersionMin and .ociVersionMax and (.linux.namespaces | index("user")) and (.linux.seccomp.enabled == true)' "$T/out" >/dev/null || show features
}

@test "spec makes a config that runs, and refuses to overwrite one" {
    mkdir "$T/new"
    make_rootfs "$T/new/rootfs"
    try "$RUNTIME" spec --bundle "$T/new"
    ok
    try "$RUNTIME" spec --bundle "$T/new"
    fails_with 'config.json exists'
    configure_in "$T/new" '.process.terminal = false | .process.args = ["/bin/true"]'
    ct run --bundle "$T/new" "$ID"
    ok
    silent
}
