#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Terminals: of a container in the foreground, shown on ours, and of one that an engine started, through a console socket.
load ../lib/common

setup() {
    need_root
    ct_setup
    make_bundle
    local applet
    for applet in stty tty ps; do
        ln -sf busybox "$BUNDLE/rootfs/bin/$applet"
    done
    configure '.process.terminal = true | .process.args = ["/bin/sh", "-i"] | .process.env += ["PS1=ready> "]'
    mkdir "$T/d"
    SOCKET=$T/d/socket
    # Steps: what was typed is executed, and not only read by the shell; the container runs; nothing is left of it.
    IN_FRONT="host=$(declare -f in_front within); within 20 in_front 'sleep 1000'"
    RUNS="host=$(declare -f within); runs() { $RUNTIME --root $ROOT state $ID 2>/dev/null | grep -q running; }; within 20 runs"
    GONE="host=$(declare -f within); within 20 test ! -e $ROOT/$ID"
}

# A step: the terminal gets that size, which is said with resized2.
shown_as() { echo "send=until test \"\$(stty size)\" = \"$1\"; do sleep 0.1; done; echo resized\$((1+1))\\r"; } # ROWS COLUMNS

on_terminal() { # STEP... of tests/lib/on-terminal, for `run` in the foreground
    try "$CT_TOP/tests/lib/on-terminal" "$@" -- "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
}
on_socket() { # STEP... for the terminal that `create` sends; the container is started before the steps
    try "$CT_TOP/tests/lib/on-terminal" --console-socket="$SOCKET" "host=$(printf '%q ' "$RUNTIME" --root "$ROOT" start "$ID")" "$@" -- \
        "$RUNTIME" --root "$ROOT" create --bundle "$BUNDLE" --console-socket "$SOCKET" --pid-file "$T/pid" "$ID"
}

# The container with its terminal in the hands of an engine, while the test looks at it; `let_go` ends that.
held_on_socket() {
    on_socket host="touch $T/held; until test -e $T/let-go; do sleep 0.05; done" 3>&- &
    holder=$!
    eventually test -e "$T/held" || show "it was not started" || return 1
    pid=$(pid_of)
}
let_go() { touch "$T/let-go" && wait "$holder"; }

# ---- the foreground ----

@test "foreground: what is typed is echoed, the status is passed on, the modes are given back" {
    on_terminal expect='ready> ' raw send='echo one$((1+1))\r' expect='echo one' expect='one2\r\n' send='exit 7\r' exit=7 cooked
    ok
    assert_gone "$ID"
}

@test "foreground: the size is ours, and follows" {
    on_terminal --size=31x97 expect='ready> ' send='stty size\r' expect='31 97' size=44x133 "$(shown_as '44 133')" expect='resized2' send='exit\r' exit=0 cooked
    ok
}

@test "foreground: at a terminal that has no size yet the configuration's counts, until there is one" {
    # an engine that makes a pty for a foreground exec sets its size later
    configure '.process.consoleSize = {"height": 17, "width": 91}'
    on_terminal --size=0x0 expect='ready> ' send='stty size\r' expect='17 91' size=20x50 "$(shown_as '20 50')" expect='resized2' send='exit\r' exit=0 cooked
    ok
}

@test "foreground: descriptors that the caller passes on are there beside the terminal" {
    set_args /bin/sh -c 'cat <&3; ls /proc/self/fd | tr "\n" " "; tty'
    echo passed >"$T/passed"
    try "$CT_TOP/tests/lib/on-terminal" expect='passed' expect='0 1 2 3 4 ' expect='/dev/pts/0' exit=0 cooked -- \
        bash -c 'exec 3<"$0"; exec "$@"' "$T/passed" "$RUNTIME" --root "$ROOT" run --preserve-fds 1 --bundle "$BUNDLE" "$ID"
    ok
}

@test "foreground: ^C ends a program and not the shell" {
    on_terminal expect='ready> ' send='sleep 1000\r' "$IN_FRONT" send='\x03' expect='ready> ' send='echo status $?\r' expect='status 130' send='exit 0\r' exit=0 cooked
    ok
}

@test "foreground: ^Z, bg, fg: a shell with job control" {
    # shellcheck disable=SC2016
    on_terminal expect='ready> ' never="can't access tty" send='sleep 1000\r' "$IN_FRONT" send='\x1a' expect='Stopped' expect='ready> ' send='bg\r' expect='sleep 1000' send='jobs\r' \
        expect='Running' send='fg\r' expect='sleep 1000' "$IN_FRONT" send='\x03' expect='ready> ' send='jobs; echo left $?\r' expect='left 0' send='exit 3\r' exit=3 cooked
    ok
}

@test "foreground: ^D ends the shell, with the status of its last command" {
    on_terminal expect='ready> ' send='sh -c "exit 9"\r' expect='ready> ' send='\x04' exit=9 cooked
    ok
    assert_gone "$ID"
}

@test "foreground: the modes are given back after SIGKILL of the container, and after SIGTERM of the runtime" {
    on_terminal expect='ready> ' raw host="kill -9 \$($RUNTIME --root $ROOT state $ID | jq .pid)" exit=137 cooked
    ok
    assert_gone "$ID"
    set_args /bin/sh -c 'trap "echo caught; exit 33" TERM; echo ready; while :; do sleep 0.05; done'
    on_terminal expect='ready' raw signal=TERM expect='caught' exit=33 cooked
    ok
    assert_gone "$ID"
}

# systemd sends it after SIGTERM, shells after SIGHUP; without job control nobody changes the modes while we are stopped.
@test "foreground: the modes are given back after SIGCONT, whether we were stopped or not" {
    on_terminal expect='ready> ' raw signal=CONT sleep=0.3 send='echo al''ive\r' expect='alive' raw send='exit 3\r' exit=3 cooked
    ok
    on_terminal expect='ready> ' raw signal=STOP sleep=0.2 signal=CONT sleep=0.3 signal=CONT send='exit 4\r' exit=4 cooked
    ok
    on_terminal expect='ready> ' raw signal=CONT sleep=0.3 signal=SEGV exit=$((128 + $(kill -l SEGV))) cooked
    ok
    ct delete --force "$ID"
    ok
}

@test "foreground: the modes are given back when the runtime crashes, and the container goes with its terminal" {
    local signal
    for signal in ABRT SEGV; do
        on_terminal expect='ready> ' raw signal=$signal exit=$((128 + $(kill -l $signal))) cooked
        ok "$signal" || return 1
        ct delete --force "$ID"
        ok || return 1
    done
}

@test "foreground: what cannot be run leaves the terminal as it was" {
    set_args /bin/no-such-program
    on_terminal expect='no such file or directory' exit=1 cooked
    ok
    assert_gone "$ID"
}

@test "foreground: five megabytes arrive whole through a slow reader" {
    # shellcheck disable=SC2016
    set_args /bin/sh -c 'seq 1 1000000 | head -c 5000000'
    on_terminal slow=5000000 exit=0 cooked
    ok
    assert_gone "$ID"
}

@test "foreground: the last output before the end is not lost, and waits for the reader when the container is gone" {
    set_args /bin/sh -c 'seq 1 1500'
    # nobody reads while it ends
    on_terminal sleep=1 "$GONE" slow=6000 exit=0 cooked
    ok
}

@test "foreground: a reader that takes nothing holds up neither the container's end nor a signal to us" {
    set_args /bin/sh -c 'seq 1 20000; sleep 1000'
    on_terminal "$RUNS" sleep=1 host="$RUNTIME --root $ROOT kill $ID KILL" "$GONE" cooked \
        signal=TERM sleep=0.5 exit=137
    ok
    assert_gone "$ID"
}

@test "foreground: a container that floods its terminal can be stopped from it" {
    set_args /bin/sh -c 'trap "exit 5" INT; while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done'
    on_terminal expect='yyyy' send='\x03' exit=5 cooked
    ok
}

@test "foreground: a terminal that hangs up ends the shell" {
    on_terminal expect='ready> ' close exit=129
    [ "$status" = 0 ] || grep -q 'ended with' "$T/out" || show "it did not end"
    eventually assert_gone "$ID"
}

@test "foreground: a pipe or /dev/null as standard input: its end is told" {
    set_args /bin/cat
    echo typed >"$T/in"
    on_terminal --stdin="$T/in" expect='typed' expect='typed' exit=0 cooked
    ok
    printf 'no newline' >"$T/in"
    on_terminal --stdin="$T/in" expect='no newlineno newline' exit=0 cooked
    ok
    on_terminal --stdin=/dev/null exit=0 cooked
    ok
    on_terminal --stdin=pipe exit=0 cooked
    ok
}

@test "foreground: output to a file has no carriage returns, as in runc" {
    set_args /bin/sh -c 'echo one; echo two'
    on_terminal --stdout="$T/file" exit=0 cooked
    ok
    [ "$(od -c <"$T/file")" = "$(printf 'one\ntwo\n' | od -c)" ] || fail "$(od -c <"$T/file")"
}

@test "foreground: whoever reads our output and goes away ends the container's terminal" {
    set_args /bin/sh -c 'while echo y; do :; done'
    on_terminal --stdin=/dev/null --stdout=pipe exit=1
    [ "$status" = 0 ] || grep -q 'ended with' "$T/out" || show "it did not end"
    eventually assert_gone "$ID"
}

@test "foreground: a terminal that is only standard error, or only the controlling one" {
    set_args /bin/sh -c 'stty size'
    on_terminal --stdin=/dev/null --stdout="$T/file" --size=12x34 exit=0 cooked
    ok
    [ "$(cat "$T/file")" = "12 34" ]
    on_terminal --stdin=/dev/null --stdout="$T/file" --stderr="$T/file2" --size=13x34 exit=0 cooked
    ok
    [ "$(cat "$T/file")" = "13 34" ] || fail "$(cat "$T/file" "$T/file2")"
}

@test "foreground: without any terminal it is refused, in runc's words, and nothing is made" {
    try setsid "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
    exits 1
    says 'open /dev/tty: no such device or address'
    assert_gone "$ID"
}

@test "the flags of the caller's streams stay as they are" {
    # O_NONBLOCK on a terminal that a shell shares would break the shell
    # shellcheck disable=SC2016
    on_terminal expect='ready> ' host='for fd in 0 1 2; do (($(sed -n "s/^flags:\t//p" /proc/$COMMAND_PID/fdinfo/$fd) & 04000)) && exit 1; done; true' \
        send='exit\r' exit=0 cooked
    ok
}

@test "what spec writes runs at a terminal" {
    rm "$BUNDLE/config.json"
    "$RUNTIME" spec --bundle "$BUNDLE"
    on_terminal expect='# ' send='echo $TERM\r' expect='xterm\r\n' send='exit 4\r' exit=4 cooked
    ok
}

# ---- console sockets ----

@test "console socket: one message, the terminal's name, one descriptor, and it works" {
    configure '.process.consoleSize = {"height": 17, "width": 91}'
    on_socket expect='ready> ' send='stty size; tty\r' expect='17 91' expect='/dev/pts/0' size=20x50 send='stty size\r' expect='20 50' send='exit\r' sleep=0.5
    ok
    prints '^message /dev/pts/0 with 1 descriptors, flags (0|1073741824)$'
    wait_status stopped
}

@test "console socket: carriage returns stay on" {
    set_args /bin/sh -c 'echo line; sleep 1000'
    on_socket expect='line\r\n'
    ok
}

@test "console socket: run --detach" {
    try "$CT_TOP/tests/lib/on-terminal" --console-socket="$SOCKET" expect='ready> ' send='exit 0\r' sleep=0.3 -- \
        "$RUNTIME" --root "$ROOT" run --detach --bundle "$BUNDLE" --console-socket "$SOCKET" "$ID"
    ok
    wait_status stopped
}

@test "console socket: when the engine goes, so does the terminal" {
    on_socket expect='ready> ' close
    ok
    wait_status stopped
}

@test "console socket: a path longer than an address, and a relative one" {
    local long
    long=$T/$(printf 'd%.0s' {1..100})/$(printf 'e%.0s' {1..100})
    mkdir -p "$long"
    SOCKET=$long/socket
    on_socket expect='ready> '
    ok
    ct delete --force "$ID"
    cd "$long"
    SOCKET=other
    on_socket expect='ready> '
    ok
}

@test "console socket: dead, missing, a file, a directory, another kind: an error before anything is made" {
    local what
    python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$T/dead"
    python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).bind(sys.argv[1])' "$T/datagrams"
    touch "$T/file"
    for what in dead missing file datagrams .; do
        try strace -f -o "$T/trace" "$RUNTIME" --root "$ROOT" create --bundle "$BUNDLE" --console-socket "$T/$what" "$ID"
        fails_with "dial unix $T/$what: " || return 1
        ! grep -qE 'clone3?\(|mkdirat?\(.*'"$ID" "$T/trace" || fail "something was made: $(grep -E 'clone|mkdir' "$T/trace")" || return 1
        assert_gone "$ID" || return 1
    done
}

@test "console socket: nobody accepts: the message waits for the engine; a full queue is an error, soon" {
    "$CT_TOP/tests/lib/on-terminal" --console-socket="$SOCKET" --no-accept --backlog=0 sleep=0.1 exit=0 -- \
        "$RUNTIME" --root "$ROOT" create --bundle "$BUNDLE" --console-socket "$SOCKET" "$ID" >"$T/out" 2>&1 3>&-
    rm -f "$SOCKET"
    status=0
    python3 - "$SOCKET" timeout 25 "$RUNTIME" --root "$ROOT" create --bundle "$BUNDLE" --console-socket "$SOCKET" "$CT_TAG-2" >"$T/out" 2>"$T/err" 3>&- <<'EOF' || status=$?
import socket, subprocess, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen(0)
held = []
for _ in range(8):
    held.append(socket.socket(socket.AF_UNIX))
    held[-1].setblocking(False)
    try:
        held[-1].connect(sys.argv[1])
    except BlockingIOError:
        break
sys.exit(subprocess.call(sys.argv[2:]))
EOF
    fails_with 'dial unix .*: connect: nobody accepted a connection within 5 s'
    assert_gone "$CT_TAG-2"
}

@test "console socket: an engine that hangs up before it got the terminal" {
    # the queue takes the connection, then the listener goes
    need_test_build
    try env CASEMATE_TEST_FAIL_AT=hand-over-terminal "$CT_TOP/tests/lib/on-terminal" --console-socket="$SOCKET" --no-accept sleep=1 -- \
        "$RUNTIME_TEST" --root "$ROOT" create --bundle "$BUNDLE" --console-socket "$SOCKET" "$ID"
    eventually assert_gone "$ID"
}

@test "needed and not given, given and not needed: runc's words" {
    create "$ID"
    fails_with 'cannot allocate tty if casemate will detach without setting console socket'
    ct run --detach --bundle "$BUNDLE" "$ID"
    fails_with 'cannot allocate tty if casemate will detach without setting console socket'
    try "$CT_TOP/tests/lib/on-terminal" expect='cannot use console socket if casemate will not detach or allocate tty' exit=1 -- \
        "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" --console-socket "$SOCKET" "$ID"
    ok
    configure '.process.terminal = false'
    create --console-socket "$SOCKET" "$ID"
    fails_with 'cannot use console socket if casemate will not detach or allocate tty'
    ct run --detach --console-socket "$SOCKET" --bundle "$BUNDLE" "$ID"
    fails_with 'cannot use console socket if casemate will not detach or allocate tty'
    assert_gone "$ID"
}

@test "a size that no terminal has is refused, and ignored where there is no terminal" {
    configure '.process.consoleSize = {"height": 70000, "width": 80}'
    create --console-socket "$SOCKET" "$ID"
    fails_with '/process/consoleSize'
    configure '.process.terminal = false'
    create "$ID"
    ok
}

@test "check says that there is a terminal, and finds nothing wrong with it" {
    configure '.process.consoleSize = {"height": 17, "width": 91}'
    ct check --format json "$BUNDLE"
    [ "$(jq -r .posture.terminal "$T/out")" = "own, 17 rows, 91 columns" ] || show check
    ! jq -r '.refusals[].field, .tightenings[].field' "$T/out" | grep -q /process/terminal
}

# ---- who has the terminal, seen from the host ----

@test "standard streams are the container's own terminal, its controlling one, and the user's; nothing else is open" {
    configure '.process.user = {"uid": 1000, "gid": 1000} | .process.args = ["/bin/sleep", "1000"]'
    held_on_socket
    local fd host
    host=$(stat -c %d /dev/pts)
    [ "$(fds_of "$pid")" = "0 1 2 " ] || fail "open: $(ls -l "/proc/$pid/fd")"
    for fd in 0 1 2; do
        [ "$(readlink "/proc/$pid/fd/$fd")" = /dev/pts/0 ] || fail "$(ls -l "/proc/$pid/fd")" || return 1
        [ "$(stat -Lc '%F %t:%T' "/proc/$pid/fd/$fd")" = "character special file 88:0" ] || return 1
        [ "$(stat -Lc %d "/proc/$pid/fd/$fd")" != "$host" ] || fail "it is a terminal of the host" || return 1
    done
    [ "$(stat -Lc %u "/proc/$pid/fd/0")" = "$(status_field "$pid" Uid | cut -f1)" ] || fail "it is another user's"
    [ "$(stat -Lc %a "/proc/$pid/fd/0")" = 620 ]
    # session, group and controlling terminal: 136:0
    [ "$(awk '{print $6, $7}' "/proc/$pid/stat")" = "$pid $((136 << 8))" ] || fail "$(cat "/proc/$pid/stat")"
    # /dev/console is the same
    [ "$(stat -c '%F %t:%T %d' "/proc/$pid/root/dev/console")" = "character special file 88:0 $(stat -Lc %d "/proc/$pid/fd/0")" ]
    [ "$(mount_flags "$pid" /dev/console | tr , '\n' | grep -cE '^(nosuid|noexec)$')" = 2 ]
    let_go
}

@test "while it waits for start, nothing more is open than without a terminal, and no master" {
    try "$CT_TOP/tests/lib/on-terminal" --console-socket="$SOCKET" host="! ls -l /proc/\$($RUNTIME --root $ROOT state $ID | jq .pid)/fd | grep ptmx" -- \
        "$RUNTIME" --root "$ROOT" create --bundle "$BUNDLE" --console-socket "$SOCKET" "$ID"
    ok
    [ "$(fds_of "$(pid_of)")" = "0 1 2 3 4 " ]
}

@test "without a terminal there is no /dev/console and no controlling terminal" {
    configure '.process.terminal = false | .process.args = ["/bin/sleep", "1000"]'
    start_container
    [ ! -e "/proc/$pid/root/dev/console" ]
    [ "$(awk '{print $7}' "/proc/$pid/stat")" = 0 ]
}

@test "a terminal in a read-only /dev, and among other mounts" {
    configure '(.mounts[] | select(.destination == "/dev").options) += ["ro"] | .mounts = [.mounts[] | select(.destination != "/dev/pts")]'
    on_terminal expect='ready> ' send='tty >/dev/console; touch /dev/x\r' expect='/dev/pts/0' expect='Read-only' send='exit 0\r' exit=0 cooked
    ok
}

@test "run in the foreground adds no process, and holds nothing of the rootfs" {
    on_terminal expect='ready> ' host="test \$(pgrep -P \$COMMAND_PID | wc -l) = 1" host="! ls -l /proc/\$COMMAND_PID/fd | grep -F '$BUNDLE'" send='exit\r' exit=0
    ok
}

# ---- exec ----

exec_on_terminal() { # STEP... -- EXEC-ARGUMENTS...
    local steps=()
    while [ "$1" != -- ]; do
        steps+=("$1")
        shift
    done
    try "$CT_TOP/tests/lib/on-terminal" "${steps[@]}" -- "$RUNTIME" --root "$ROOT" exec "${@:2}"
}
without_terminal() {
    configure '.process.terminal = false | .process.args = ["/bin/sleep", "1000"]'
    start_container
}

@test "exec --tty: a terminal of its own, job control, sizes, the status and the modes" {
    without_terminal
    exec_on_terminal --size=31x97 expect='ready> ' raw never="can't access tty" send='tty; stty size; ls /dev/console\r' expect='/dev/pts/0' expect='31 97' expect='No such file' \
        size=44x133 "$(shown_as '44 133')" expect='resized2' send='sleep 1000\r' "$IN_FRONT" send='\x1a' expect='Stopped' send='fg\r' expect='sleep 1000' "$IN_FRONT" \
        send='\x03' expect='ready> ' send='echo status $?\r' expect='status 130' send='exit 7\r' exit=7 cooked -- --tty --env PS1='ready> ' "$ID" /bin/sh -i
    ok
    [ "$(status_of)" = running ]
}

@test "exec -t: two at the same time beside a container with a terminal" {
    held_on_socket
    local other
    exec_on_terminal expect='ready> ' send='tty\r' expect='/dev/pts/1' host="touch $T/one; until test -e $T/two; do sleep 0.05; done" send='exit 4\r' exit=4 -- -t --env PS1='ready> ' "$ID" sh -i &
    other=$!
    eventually test -e "$T/one"
    exec_on_terminal expect='/dev/pts/2' exit=0 -- -t "$ID" tty
    ok
    touch "$T/two"
    wait $other
    let_go
}

@test "exec of process.json with a terminal: console socket, size, the user's" {
    without_terminal
    jq '.process | .terminal = true | .consoleSize = {"height": 17, "width": 91} | .user = {"uid": 1000, "gid": 1000} |
        .args = ["sh", "-c", "stty size; stat -c \"owner %u %a\" /dev/pts/0; sleep 1000"]' "$BUNDLE/config.json" >"$T/process.json"
    try "$CT_TOP/tests/lib/on-terminal" --console-socket="$SOCKET" expect='17 91' expect='owner 1000 620' \
        host="test \"\$(ls /proc/\$(cat $T/pid)/fd | tr '\\n' ' ')\" = '0 1 2 '" host="test \$(cut -d' ' -f6 /proc/\$(cat $T/pid)/stat) = \$(cat $T/pid)" \
        host="test \$(cut -d' ' -f7 /proc/\$(cat $T/pid)/stat) = $((136 << 8))" -- \
        "$RUNTIME" --root "$ROOT" exec --process "$T/process.json" --console-socket "$SOCKET" --detach --pid-file "$T/pid" "$ID"
    ok
    prints '^message /dev/pts/0 with 1 descriptors'
}

@test "exec: output through a slow reader, the last of it included; what goes on in the background does not hold it up" {
    without_terminal
    exec_on_terminal slow=1000000 exit=3 cooked -- -t "$ID" sh -c 'seq 1 200000 | head -c 1000000; exit 3'
    ok
    exec_on_terminal expect='begun' exit=0 cooked -- -t "$ID" sh -c 'trap "" HUP; sleep 1000 & echo begun'
    ok
}

@test "exec ends with its process, however much others in the container write to its terminal by name" {
    ln -sf busybox "$BUNDLE/rootfs/bin/yes"
    set_args /bin/sh -c 'for i in 1 2 3 4; do while :; do [ ! -e /dev/pts/0 ] || yes flood-flood-flood-flood-flood-flood-flood >/dev/pts/0; done 2>/dev/null & done; wait'
    configure '.process.terminal = false'
    start_container
    exec_on_terminal expect='flood' exit=3 cooked -- -t "$ID" sh -c 'sleep 1; exit 3'
    ok
}

@test "exec: runc's rules and words for terminals, with its exit status" {
    without_terminal
    ct exec --tty --detach "$ID" true
    exits 255
    says 'exec failed: .*cannot allocate tty if casemate will detach without setting console socket'
    ct exec --console-socket "$SOCKET" "$ID" true
    exits 255
    says 'exec failed: .*cannot use console socket if casemate will not detach or allocate tty'
    ct exec --tty --detach --console-socket "$T/none" "$ID" true
    exits 255
    says "exec failed: .*dial unix $T/none: connect: "
    try setsid "$RUNTIME" --root "$ROOT" exec --tty "$ID" true
    exits 255
    says 'open /dev/tty: no such device or address'
}

@test "exec: a program of another user opens its pipes again by their names" {
    without_terminal
    status=0
    timeout 20 "$RUNTIME" --root "$ROOT" exec --user 1000:1000 "$ID" sh -c 'echo one >/dev/stdout; echo two >/dev/stderr; id -u' </dev/null 2>&1 3>&- | cat >"$T/out"
    [ "$(grep -cE '^(one|two|1000)$' "$T/out")" = 3 ] || show "reopened"
}

# ---- accidents ----

@test "a program that lets go of its terminal and opens it again by name" {
    # shellcheck disable=SC2016
    set_args /bin/sh -c 'exec 0</dev/null 1>/dev/null 2>&1; sleep 1; echo back >/dev/console; sleep 1; exec </dev/pts/0 >/dev/pts/0; read line; echo "got $line"; exit 8'
    on_terminal expect='back' send='word\r' expect='got word' exit=8 cooked
    ok
}

@test "in the background of a shell our terminal is left alone, and taken when we come to the foreground" {
    try "$CT_TOP/tests/lib/on-terminal" expect='outer> ' send="$RUNTIME --root $ROOT run --bundle $BUNDLE $ID &\\r" expect='ready> ' cooked host="sleep 0.5" \
        send='\rfg\r' sleep=1 raw send='echo in$((1+1))side\r' expect='in2side\r\n' send='exit 5\r' cooked "$GONE" sleep=0.5 send='\recho status $?\r' expect='status 5' send='exit\r' exit=0 -- \
        env PS1='outer> ' bash --norc --noediting -i
    ok
}

@test "SIGKILL of the runtime in the foreground: the container's terminal hangs up" {
    on_terminal expect='ready> ' signal=KILL exit=137
    ok
    wait_status stopped
}

@test "create killed, and made to fail, where it deals with the terminal: nothing is left" {
    need_test_build
    local step how
    for how in KILL FAIL; do
        for step in terminal reserve child-stdio child-console child-pivot hand-over-terminal record-created release; do
            rm -f "$SOCKET"
            try env CASEMATE_TEST_${how}_AT=$step "$CT_TOP/tests/lib/on-terminal" --console-socket="$SOCKET" --no-accept exit=0 -- \
                "$RUNTIME_TEST" --root "$ROOT" create --bundle "$BUNDLE" --console-socket "$SOCKET" "$ID"
            [ "$status" != 0 ] || fail "$how at $step: it succeeded" || return 1
            eventually eval '[ -z "$(ct_processes)" ]' || fail "$how at $step: processes left" || return 1
            [ $how = FAIL ] || ct delete --force "$ID"
            assert_gone "$ID" || fail "$how at $step" || return 1
        done
    done
}

@test "run in the foreground made to fail late: the terminal is as it was" {
    need_test_build
    local step
    for step in child-stdio child-filters hand-over-terminal release; do
        try env CASEMATE_TEST_FAIL_AT=$step "$CT_TOP/tests/lib/on-terminal" expect="step \"$step\" was made to fail" exit=1 cooked -- \
            "$RUNTIME_TEST" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
        ok "$step" || return 1
        assert_gone "$ID" || return 1
    done
}

@test "with sanitizers" {
    [ -x "$RUNTIME_ASAN" ] || skip "needs the build with sanitizers: $RUNTIME_ASAN is not there"
    try "$CT_TOP/tests/lib/on-terminal" expect='ready> ' send='stty size\r' expect='24 80' size=30x90 send='seq 1 20000\r' expect='^20000\r' send='exit 6\r' exit=6 cooked -- \
        "$RUNTIME_ASAN" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
    ok
    try "$CT_TOP/tests/lib/on-terminal" --console-socket="$SOCKET" -- "$RUNTIME_ASAN" --root "$ROOT" create --bundle "$BUNDLE" --console-socket "$SOCKET" "$ID"
    ok
    # the leak checker's helper would be born in the container's pid namespace
    ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 try "$CT_TOP/tests/lib/on-terminal" expect='/dev/pts/1' exit=0 cooked -- "$RUNTIME_ASAN" --root "$ROOT" exec -t "$ID" tty
    ok
}
