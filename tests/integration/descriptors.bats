#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# vm: lsm=apparmor kernel=newest only=block.device
# Descriptors that the caller passes on: they arrive under their numbers and nothing else does; what would be a door to the host is refused.
load ../lib/common

setup() {
    need_root
    ct_setup
    make_bundle
    mkdir "$T/host"
    echo secret >"$T/host/file"
    echo passed >"$T/passed"
}

with_fds() { try "$CT_TOP/tests/lib/with-fds" "$@"; }
run_with() { # WORDS-OF-with-fds… -- OPTIONS-OF-run…
    local words=()
    while [ "$1" != -- ]; do
        words+=("$1")
        shift
    done
    shift
    with_fds "${words[@]}" -- "$RUNTIME" --root "$ROOT" run "$@" --bundle "$BUNDLE" "$ID"
}
file() { echo "os.open('$T/passed', os.O_RDONLY)"; }

@test "a descriptor arrives under its number and is read" {
    set_args /bin/sh -c 'cat <&3; ls -1 /proc/self/fd | grep -c "^3$"'
    run_with "3=$(file)" -- --preserve-fds 1
    ok
    prints '^passed$'
}

@test "create: from outside the waiting process and then the program hold them, and nothing else" {
    with_fds "3=$(file)" "4=os.pipe()[0]" "5=os.open('$T/host', os.O_RDONLY)" "7=os.open('/etc/passwd', os.O_RDONLY)" -- \
        "$RUNTIME" --root "$ROOT" create --preserve-fds 2 --bundle "$BUNDLE" "$ID"
    ok
    pid=$(pid_of)
    [ "$(fds_of "$pid")" = "0 1 2 3 4 5 6 " ] || fail "waiting: $(ls -l "/proc/$pid/fd")" # 5 and 6: the runtime's socket and barrier
    [ "$(readlink "/proc/$pid/fd/3")" = "$T/passed" ]
    [[ $(readlink "/proc/$pid/fd/4") = pipe:* ]]
    [[ $(readlink "/proc/$pid/fd/5") = socket:* ]]
    [[ $(readlink "/proc/$pid/fd/6") = *"/$ID/start" ]]
    ct start "$ID"
    ok
    [ "$(fds_of "$pid")" = "0 1 2 3 4 " ] || fail "running: $(ls -l "/proc/$pid/fd")"
}

@test "descriptors that are not asked for never arrive" {
    local words=() fd
    for ((fd = 3; fd < 60; fd++)); do
        words+=("$fd=os.open('$T/host', os.O_RDONLY)")
    done
    run_with "${words[@]}" "300=os.open('/', os.O_RDONLY)" -- --detach
    ok
    pid=$(pid_of)
    [ "$(fds_of "$pid")" = "0 1 2 " ] || fail "$(ls -l "/proc/$pid/fd")"
}

@test "control: without the closing they would arrive" {
    need_hook closefds
    set_args /bin/cat /proc/self/fd/40/file
    CASEMATE_TEST_WITHOUT=closefds,landlock with_fds "40=os.open('$T/host', os.O_RDONLY)" -- "$RUNTIME_TEST" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
    prints '^secret$'
}

@test "each of them must be there" {
    run_with "3=$(file)" "5=$(file)" -- --preserve-fds 3
    fails_with 'unable to stat preserved-fd 1 \(of 3\): descriptor 4 is not open'
    run_with "3=$(file)" -- --preserve-fds 2
    fails_with 'unable to stat preserved-fd 1 \(of 2\)'
    # the log file of the runtime is not the caller's, though it has the number
    with_fds "4=$(file)" -- "$RUNTIME" --root "$ROOT" --log "$T/log" create --preserve-fds 1 --bundle "$BUNDLE" "$ID"
    fails_with 'unable to stat preserved-fd 0 \(of 1\)'
    [ ! -e "$ROOT/$ID" ]
}

@test "their number is bounded" {
    local n
    for n in 513 100000 4294967295; do
        run_with "3=$(file)" -- --preserve-fds $n
        fails_with 'more than the 512 that are passed on' || return 1
    done
    run_with "3=$(file)" LISTEN_FDS=4294967295 'LISTEN_PID={pid}' -- --preserve-fds 2
    fails_with 'more than the 512'
    run_with "3=$(file)" -- --preserve-fds 4294967296
    [ "$status" = 1 ]
}

@test "hundreds arrive, below and above what the runtime closes together" {
    local words=() fd
    for ((fd = 3; fd < 303; fd++)); do
        words+=("$fd=$(file)")
    done
    run_with "${words[@]}" -- --detach --preserve-fds 300
    ok
    pid=$(pid_of)
    [ "$(fds_of "$pid" | wc -w)" = 303 ]
    [ "$(find "/proc/$pid/fd" -lname "$T/passed" | wc -l)" = 300 ]
}

# One row: what is tried, and what the error must say. Python in front of the tab.
refused() { # EXPRESSION REASON
    run_with "3=$(file)" "4=$1" -- --preserve-fds 2
    fails_with "descriptor 4 \(preserved-fd 1 of 2\) is not passed into a container: .*$2" || fail "$1" || return 1
    assert_gone "$ID"
}

@test "doors to the host are refused, each with its reason" {
    mknod "$T/host/disk" b 7 255
    refused "os.open('$T/host', os.O_RDONLY)" directory
    refused "os.open('/', os.O_PATH)" O_PATH
    refused "os.open('$T/passed', os.O_PATH)" O_PATH
    refused "os.open('$T/host/disk', os.O_PATH)" O_PATH
    refused "os.open('/proc/self/ns/net', os.O_RDONLY)" namespace
    refused "os.pidfd_open(1)" pidfd
    refused "os.open('/dev/kmsg', os.O_RDONLY)" 'character device'
    refused "os.open('/proc/self/mem', os.O_RDONLY)" 'file of the kernel'
    refused "os.open('/proc/sys/kernel/core_pattern', os.O_RDWR)" 'file of the kernel'
    refused "os.open('/sys/kernel/mm/transparent_hugepage/enabled', os.O_RDWR)" 'file of the kernel'
    refused "os.open('$(ct_cgroup_root)/cgroup.procs', os.O_RDONLY)" 'file of the kernel'
    refused "os.open('/proc/self/task', os.O_RDONLY)" directory
    refused "__import__('select').epoll()" 'handle of the kernel'
    refused "syscall(441 - 441 + 425, 8, ctypes.create_string_buffer(256))" 'handle of the kernel' # io_uring_setup
    refused "syscall(430, b'tmpfs', 0)" 'handle of the kernel'                                      # fsopen
    refused "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)" 'netlink'
    refused "socket.socket(socket.AF_PACKET, socket.SOCK_RAW)" 'packet'
    refused "socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)" 'raw'
}

@test "a block device that can be opened is refused" {
    local disk=""
    for disk in /dev/loop0 /dev/[sv]da /dev/nvme0n1; do
        [ ! -b "$disk" ] || ! head -c 0 "$disk" 2>/dev/null || break
        disk=""
    done
    [ -n "$disk" ] || skip "no block device that can be opened"
    refused "os.open('$disk', os.O_RDONLY)" 'block device'
}

@test "control sockets of the host are refused, on either side, by either name of /run" {
    local at
    mkdir -p /run/containerd 2>/dev/null || skip "no /run/containerd can be made"
    at=/run/containerd/$CT_TAG.sock
    refused "unix('$at', listen=True)" 'control socket' || { rm -f "$at"; return 1; }
    rm -f "$at"
    python3 -c 'import socket, sys, time
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen()
time.sleep(20)' "$at" 3>&- &
    eventually test -S "$at"
    refused "unix('$at')" 'control socket' || status=1
    kill %1
    rm -f "$at"
    rmdir /run/containerd 2>/dev/null || true
    [ "$status" = 1 ] && [ ! -e "$ROOT/$ID" ]
}

@test "control: a directory that got through would be a door" {
    need_hook passed
    set_args /bin/cat /proc/self/fd/3/file
    CASEMATE_TEST_WITHOUT=passed,landlock with_fds "3=os.open('$T/host', os.O_RDONLY)" -- "$RUNTIME_TEST" --root "$ROOT" run --preserve-fds 1 --bundle "$BUNDLE" "$ID"
    prints '^secret$'
}

@test "harmless kinds arrive" {
    run_with "3=$(file)" "4=os.pipe()[1]" "5=socket.socketpair()[0]" "6=socket.socket()" "7=socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)" \
        "8=os.eventfd(0)" "9=os.memfd_create('x')" "10=globals().setdefault('pty', os.openpty())[1]" "11=os.open('/dev/urandom', os.O_RDONLY)" "12=os.open('/dev/null', os.O_RDWR)" \
        "13=unix('$T/listening', listen=True)" "30=globals()['pty'][0]" -- --detach --preserve-fds 11
    ok
    pid=$(pid_of)
    [ "$(fds_of "$pid")" = "0 1 2 3 4 5 6 7 8 9 10 11 12 13 " ] || fail "$(ls -l "/proc/$pid/fd")"
    # the host's null device was replaced by the container's
    [ "$(stat -L -c %d "/proc/$pid/fd/12")" != "$(stat -c %d /dev/null)" ]
}

# What a detached container holds, from outside: its LISTEN_ variables, its descriptors, and what those from 3 on are.
holds() { # WANTED (words) WHAT
    local got fd
    ok "$2" || return 1
    pid=$(pid_of)
    got=$(tr '\0' '\n' <"/proc/$pid/environ" | grep ^LISTEN_ | sort | tr '\n' ' ')$(fds_of "$pid")
    for fd in $(fds_of "$pid"); do
        [ "$fd" -lt 3 ] || got+="$(readlink "/proc/$pid/fd/$fd" | sed "s,^$T/,,; s/:.*//") "
    done
    [ "${got% }" = "$1" ] || fail "$2: $got, should be $1" || return 1
    ct delete --force "$ID"
    ok "$2: delete"
}

@test "LISTEN_FDS counts for the process that LISTEN_PID names" {
    configure '.process.env += ["LISTEN_FDS=9", "LISTEN_PID=77", "LISTEN_FDNAMES=config"]'
    run_with "3=socket.socket()" "4=$(file)" LISTEN_FDS=2 'LISTEN_PID={pid}' LISTEN_FDNAMES=host -- --detach --preserve-fds 0
    holds "LISTEN_FDNAMES=config LISTEN_FDS=2 LISTEN_PID=1 0 1 2 3 4 socket passed" "overridden"
    with_fds "3=socket.socket()" LISTEN_FDS=1 'LISTEN_PID={pid}' -- "$RUNTIME" --root "$ROOT" create --bundle "$BUNDLE" "$ID"
    ct start "$ID"
    holds "LISTEN_FDNAMES=config LISTEN_FDS=1 LISTEN_PID=1 0 1 2 3 socket" "create and start"
}

@test "LISTEN_FDS of another process, or without one, or no number, is not ours" {
    local words
    for words in "LISTEN_FDS=1 LISTEN_PID=1" "LISTEN_FDS=1" "LISTEN_FDS=x LISTEN_PID={pid}" "LISTEN_FDS=-1 LISTEN_PID={pid}" "LISTEN_FDS=0 LISTEN_PID={pid}"; do
        # shellcheck disable=SC2086
        run_with "3=$(file)" $words -- --detach
        holds "0 1 2" "$words" || return 1
    done
}

@test "preserved descriptors come after those of LISTEN_FDS; podman names the same ones twice" {
    run_with "3=socket.socket()" "4=os.pipe()[0]" LISTEN_FDS=1 'LISTEN_PID={pid}' -- --detach --preserve-fds 1
    holds "LISTEN_FDS=1 LISTEN_PID=1 0 1 2 3 4 socket pipe" "both kinds"
    run_with "3=socket.socket()" LISTEN_FDS=1 'LISTEN_PID={pid}' -- --detach --preserve-fds 1
    holds "LISTEN_FDS=1 LISTEN_PID=1 0 1 2 3 socket" "named twice"
    run_with "3=socket.socket()" LISTEN_FDS=2 'LISTEN_PID={pid}' --
    fails_with 'LISTEN_FDS=2 promises descriptor 4, but it is not open'
    run_with "3=os.open('$T/host', os.O_RDONLY)" LISTEN_FDS=1 'LISTEN_PID={pid}' --
    fails_with 'descriptor 3 \(LISTEN_FDS 0 of 1\) is not passed into a container: it is a directory'
}

@test "an activated socket accepts connections from the host's side" {
    set_args /bin/sh -c 'sleep 1000'
    run_with "3=unix('$T/sock', listen=True)" LISTEN_FDS=1 'LISTEN_PID={pid}' -- --detach
    ok
    pid=$(pid_of)
    [[ $(readlink "/proc/$pid/fd/3") = socket:* ]]
    grep -q "$T/sock" /proc/net/unix
    ct delete --force "$ID"
    ok
    ! grep -q "$T/sock" /proc/net/unix
}

@test "run in the foreground keeps no copy: the end of a pipe is seen when the program closes it" {
    mkfifo "$T/pipe"
    set_args /bin/sh -c 'echo line >&3; exec 3>&-; sleep 1000'
    "$CT_TOP/tests/lib/with-fds" "3=os.open('$T/pipe', os.O_WRONLY)" -- \
        "$RUNTIME" --root "$ROOT" run --preserve-fds 1 --bundle "$BUNDLE" "$ID" >/dev/null 2>&1 </dev/null &
    try timeout 10 cat "$T/pipe"
    ok "the reader has seen the end"
    prints '^line$'
    ct kill "$ID" KILL
    wait %1 || true
}

# ---- --pidfd-socket ----

# Listens at a socket and prints the message and the process that the descriptor stands for.
listen() { # PATH
    rm -f "$1"
    timeout 20 python3 -c 'import array, os, socket, sys
s = socket.socket(socket.AF_UNIX)
os.chdir(os.path.dirname(sys.argv[1]))
s.bind(os.path.basename(sys.argv[1]))
s.listen()
c, _ = s.accept()
data, control, flags, _ = c.recvmsg(100, socket.CMSG_SPACE(40))
fds = array.array("i")
for level, kind, body in control:
    fds.frombytes(body[:len(body) - len(body) % fds.itemsize])
print(data.decode(), len(fds), flags & socket.MSG_CTRUNC)
for line in open(f"/proc/self/fdinfo/{fds[0]}"):
    if line.startswith("Pid:"):
        print(line.split()[1])
print("end", c.recv(100))' "$1" >"$T/heard" 2>&1 </dev/null 3>&- 4>&- &
    eventually test -S "$1"
}

@test "pidfd-socket: one message, one pidfd of init, by create and by run" {
    listen "$T/sock"
    ct create --pidfd-socket "$T/sock" --bundle "$BUNDLE" "$ID"
    ok
    wait
    [ "$(cat "$T/heard")" = "$(printf "standard 1 0\n%s\nend b''" "$(pid_of)")" ] || fail "$(cat "$T/heard")"
    ct delete --force "$ID"
    listen "$T/sock"
    cd "$T"
    ct run --detach --pidfd-socket sock --bundle "$BUNDLE" "$ID"
    ok
    wait
    [ "$(cat "$T/heard")" = "$(printf "standard 1 0\n%s\nend b''" "$(pid_of)")" ] || fail "$(cat "$T/heard")"
}

@test "pidfd-socket: a path longer than an address" {
    local long
    long=$T/$(printf 'd%.0s' {1..200})
    mkdir "$long"
    listen "$long/sock"
    ct create --pidfd-socket "$long/sock" --bundle "$BUNDLE" "$ID"
    ok
    wait
    grep -q '^standard 1 0' "$T/heard" || fail "$(cat "$T/heard")"
}

@test "pidfd-socket: dead, missing, no socket, full: nothing is made" {
    python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])' "$T/dead"
    touch "$T/file"
    for at in dead missing file; do
        ct create --pidfd-socket "$T/$at" --bundle "$BUNDLE" "$ID"
        fails_with "connecting to the pidfd socket: dial unix $T/$at: connect" || return 1
        assert_gone "$ID" || return 1
    done
    # nobody accepts, and the queue is full: the wait ends
    python3 -c 'import socket, sys, time
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen(0)
c = socket.socket(socket.AF_UNIX)
c.connect(sys.argv[1])
open(sys.argv[1] + ".full", "w")
time.sleep(25)' "$T/full" 3>&- 4>&- &
    eventually test -e "$T/full.full"
    ct create --pidfd-socket "$T/full" --bundle "$BUNDLE" "$ID"
    kill %1
    fails_with "connecting to the pidfd socket: dial unix $T/full: connect: nobody accepted"
    assert_gone "$ID"
}

# ---- exec ----

@test "exec: descriptors arrive, others do not, and doors to the host are refused" {
    start_container
    with_fds "3=$(file)" "4=os.open('$T/host', os.O_RDONLY)" "9=os.open('/etc/passwd', os.O_RDONLY)" -- \
        "$RUNTIME" --root "$ROOT" exec --detach --preserve-fds 1 --pid-file "$T/pid" "$ID" sleep 1000
    ok
    eventually executed "$(cat "$T/pid")"
    [ "$(fds_of "$(cat "$T/pid")")" = "0 1 2 3 " ] || fail "$(ls -l "/proc/$(cat "$T/pid")/fd")"
    [ "$(readlink "/proc/$(cat "$T/pid")/fd/3")" = "$T/passed" ]
    with_fds "3=$(file)" -- "$RUNTIME" --root "$ROOT" exec --preserve-fds 1 "$ID" sh -c 'cat <&3'
    ok
    prints '^passed$'
    with_fds "3=$(file)" "4=os.open('$T/host', os.O_RDONLY)" -- "$RUNTIME" --root "$ROOT" exec --preserve-fds 2 "$ID" true
    [ "$status" = 255 ] || show "exit status"
    says 'descriptor 4 \(preserved-fd 1 of 2\) is not passed into a container: it is a directory'
    with_fds "3=$(file)" -- "$RUNTIME" --root "$ROOT" exec --preserve-fds 2 "$ID" true
    [ "$status" = 255 ] || show "exit status"
    says 'unable to stat preserved-fd 1 \(of 2\)'
}

@test "exec: LISTEN_FDS counts for the process that LISTEN_PID names, and says so to the program" {
    start_container
    with_fds "3=socket.socket()" "4=$(file)" "5=$(file)" LISTEN_FDS=1 'LISTEN_PID={pid}' LISTEN_FDNAMES=host -- \
        "$RUNTIME" --root "$ROOT" exec --detach --preserve-fds 1 --pid-file "$T/pid" "$ID" sleep 1000
    ok
    local pid=$(cat "$T/pid")
    eventually executed "$pid"
    [ "$(fds_of "$pid")" = "0 1 2 3 4 " ] || fail "$(ls -l "/proc/$pid/fd")"
    [[ $(readlink "/proc/$pid/fd/3") = socket:* ]]
    [ "$(readlink "/proc/$pid/fd/4")" = "$T/passed" ]
    tr '\0' '\n' <"/proc/$pid/environ" | grep LISTEN >"$T/listen"
    [ "$(sort "$T/listen" | tr '\n' ' ')" = "LISTEN_FDS=1 LISTEN_PID=1 " ] || fail "$(cat "$T/listen")" # runc says so to exec's too
    # of another process: none of ours
    with_fds "3=socket.socket()" LISTEN_FDS=1 LISTEN_PID=1 -- "$RUNTIME" --root "$ROOT" exec --detach --pid-file "$T/pid" "$ID" sleep 1000
    ok
    pid=$(cat "$T/pid")
    eventually executed "$pid"
    [ "$(fds_of "$pid")" = "0 1 2 " ] || fail "$(ls -l "/proc/$pid/fd")"
    ! tr '\0' '\n' <"/proc/$pid/environ" | grep LISTEN || fail "it is told of descriptors that it has not"
    with_fds "3=os.open('$T/host', os.O_RDONLY)" LISTEN_FDS=1 'LISTEN_PID={pid}' -- "$RUNTIME" --root "$ROOT" exec "$ID" true
    [ "$status" = 255 ] || show "exit status"
    says 'descriptor 3 \(LISTEN_FDS 0 of 1\) is not passed into a container: it is a directory'
}

@test "exec: a pidfd of the process; a dead socket starts nothing" {
    start_container
    listen "$T/sock"
    ct exec --detach --pidfd-socket "$T/sock" --pid-file "$T/pid" "$ID" sleep 1000
    ok
    wait
    [ "$(cat "$T/heard")" = "$(printf "setns 1 0\n%s\nend b''" "$(cat "$T/pid")")" ] || fail "$(cat "$T/heard")"
    ct exec --pidfd-socket "$T/missing" "$ID" touch /dev/shm/ran
    [ "$status" = 255 ] || show "exit status"
    says 'connecting to the pidfd socket: dial unix'
    [ ! -e "/proc/$pid/root/dev/shm/ran" ]
}

# ---- --pid-file ----

@test "pid-file: digits only, replaces what is there, follows no link, comes after the state" {
    echo old >"$T/victim"
    ln -s victim "$T/pid"
    cd "$T"
    ct create --pid-file pid --bundle "$BUNDLE" "$ID"
    ok
    [ ! -L "$T/pid" ] && [ "$(cat "$T/victim")" = old ]
    [ "$(od -An -c "$T/pid" | tr -d ' \n')" = "$(pid_of)" ] # no newline
    [ "$(stat -c %a "$T/pid")" = 644 ]
    [ -z "$(find "$T" -maxdepth 1 -name '.pid*')" ]
}

@test "pid-file: a place that cannot be written to fails create and leaves nothing" {
    mkdir "$T/dir"
    local at
    for at in "$T/missing/pid" "$T/dir" "$T/passed/pid" "$T/$(printf 'n%.0s' {1..300})"; do
        ct create --pid-file "$at" --bundle "$BUNDLE" "$ID"
        fails_with 'pid file' || return 1
        assert_gone "$ID" || return 1
    done
    [ -d "$T/dir" ]
    ct run --pid-file "$T/missing/pid" --bundle "$BUNDLE" "$ID"
    fails_with 'opening the directory of the pid file'
}
