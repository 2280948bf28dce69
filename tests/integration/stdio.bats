#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# What the caller gives as standard streams and a container must not hold: doors to the host's file tree, and devices of the host.
load ../lib/common

setup() {
    need_root
    ct_setup
    make_bundle
    mkdir "$T/host"
    echo secret >"$T/host/file"
}

with_stream() { # FD PYTHON-EXPRESSION-FOR-A-DESCRIPTOR COMMAND...: a command whose stream is that descriptor
    local fd=$1 open=$2
    shift 2
    try python3 -c 'import os, sys
fd = eval(sys.argv[2])
os.dup2(fd, int(sys.argv[1]), inheritable=True)
os.execv(sys.argv[3], sys.argv[3:])' "$fd" "$open" "$@"
}
run_with() { with_stream "$1" "$2" "$RUNTIME" --root "$ROOT" --log "$T/log" run --bundle "$BUNDLE" "$ID"; }
refused() { # WHAT
    # where stderr is the stream in question, the log file has the text
    [ "$status" = 1 ] || show "$1: exit status should be 1" || return 1
    grep -q 'descriptor [012]' "$T/log" || fail "$1: $(cat "$T/log")" || return 1
    rm "$T/log"
    assert_gone "$ID"
}

@test "a directory is refused" {
    local fd
    set_args /bin/sh -c 'ls /proc/self/fd/0/ /proc/self/fd/1/ /proc/self/fd/2/; cat /proc/self/fd/0/file'
    for fd in 0 1 2; do
        run_with $fd "os.open('$T/host', os.O_RDONLY)"
        refused "descriptor $fd" || return 1
        ! grep -q secret "$T/out" || show "a file of the host" || return 1
    done
    try sh -c '"$@" <"$0"' "$T/host" "$RUNTIME" --root "$ROOT" --log "$T/log" create --bundle "$BUNDLE" "$ID"
    refused create
}

@test "a directory as O_PATH, a link, a node of a block device are refused" {
    local fd open
    ln -s file "$T/host/link"
    set_args /bin/cat /proc/self/fd/0/file
    for fd in 0 1 2; do
        for open in "os.open('$T/host', os.O_PATH)" "os.open('$T/host/link', os.O_PATH | os.O_NOFOLLOW)" "os.open('/', os.O_PATH)"; do
            run_with $fd "$open"
            refused "descriptor $fd is $open" || return 1
        done
    done
    mknod "$T/host/disk" b 7 255
    run_with 0 "os.open('$T/host/disk', os.O_PATH)"
    refused "a block device"
}

@test "control: a directory as standard input would be a door" {
    # from a root that does not have it
    try python3 -c 'import os, sys
fd = os.open(sys.argv[1], os.O_RDONLY)
os.chroot(sys.argv[2])
os.fchdir(fd)
print(open("file").read())' "$T/host" "$BUNDLE/rootfs"
    prints '^secret$'
}

@test "an O_PATH descriptor of a file: an end of some kind, without its contents" {
    chmod 600 "$T/host/file"
    set_args /bin/sh -c 'cat; cat /proc/self/fd/0; echo x >/proc/self/fd/0; echo ended'
    run_with 0 "os.open('$T/host/file', os.O_PATH)"
    [ "$status" -lt 124 ] || show "it hung"
    ! grep -q secret "$T/out" || show "a file of the host"
    [ "$(cat "$T/host/file")" = secret ]
}

@test "control: the same file, opened for reading and given as standard input, is read" {
    chmod 600 "$T/host/file"
    set_args /bin/cat
    run_with 0 "os.open('$T/host/file', os.O_RDONLY)"
    prints '^secret$'
}

@test "/dev/null is the container's own" {
    local fd host
    host=$(stat -c %d /dev/null)
    # the shell is pid 1; a redirection of its own would be what it shows
    # shellcheck disable=SC2016
    set_args /bin/sh -c 'seen=$(for fd in 0 1 2; do stat -L -c "stream $fd %d %t:%T" /proc/1/fd/$fd; done; stat -c "own %d" /dev/null)
        echo "$seen" >/dev/shm/seen; sleep 1000'
    for fd in 0 1 2; do
        with_stream $fd "os.open('/dev/null', os.O_RDWR)" "$RUNTIME" --root "$ROOT" run --detach --bundle "$BUNDLE" "$ID"
        ok || return 1
        pid=$(pid_of)
        eventually grep -q own "/proc/$pid/root/dev/shm/seen" || fail "no answer" || return 1
        cp "/proc/$pid/root/dev/shm/seen" "$T/seen"
        [ "$(sed -n "s/^stream $fd \([0-9]*\) .*/\1/p" "$T/seen")" != "$host" ] || fail "stream $fd is the host's: $(cat "$T/seen")" || return 1
        [ "$(sed -n "s/^stream $fd \([0-9]*\) 1:3/\1/p" "$T/seen")" = "$(sed -n 's/^own //p' "$T/seen")" ] || fail "stream $fd: $(cat "$T/seen")" || return 1
        ct delete --force "$ID"
        ok || return 1
    done
    [ "$(stat -c %a:%t:%T /dev/null)" = 666:1:3 ]
}

@test "control: the host's null device has another device number" {
    # with both the same, the test above would say nothing
    set_args /bin/stat -c %d /dev/null
    ct run --bundle "$BUNDLE" "$ID"
    ok
    [ "$(cat "$T/out")" != "$(stat -c %d /dev/null)" ]
}

@test "closed streams: the program has three of its own all the same" {
    local closed
    # shellcheck disable=SC2016
    set_args /bin/sh -c 'seen=$(for fd in 0 1 2; do readlink /proc/1/fd/$fd || echo closed; done; ls /proc/1/fd | tr "\n" " ")
        echo "$seen" >/dev/shm/seen; echo end >>/dev/shm/seen; sleep 1000'
    for closed in '<&-' '>&-' '2>&-' '<&- >&-' '<&- >&- 2>&-'; do
        status=0
        timeout 20 sh -c "exec \"\$@\" $closed" sh "$RUNTIME" --root "$ROOT" run --detach --bundle "$BUNDLE" "$ID" \
            >"$T/out" 2>"$T/err" </dev/null 3>&- 4>&- || status=$?
        ok "$closed" || return 1
        pid=$(pid_of)
        eventually grep -q end "/proc/$pid/root/dev/shm/seen" || fail "$closed: no answer" || return 1
        ! grep -q closed "/proc/$pid/root/dev/shm/seen" || fail "$closed: $(cat "/proc/$pid/root/dev/shm/seen")" || return 1
        # 3 is the reading end of what the shell reads here
        grep -qE '^0 1 2 (3 )?$' "/proc/$pid/root/dev/shm/seen" || fail "$closed: $(cat "/proc/$pid/root/dev/shm/seen")" || return 1
        ct delete --force "$ID"
        ok || return 1
    done
}

# ---- whose the pipes are ----

# Runs with a pipe as standard output and error, as engines do; what came through it is in $T/out.
through_pipes() { # RUNTIME
    status=0
    timeout 20 "$1" --root "$ROOT" run --bundle "$BUNDLE" "$ID" </dev/null 2>&1 3>&- | cat >"$T/out" || status=$?
}

@test "a program of another user opens its streams again by their names" {
    configure '.process.user = {"uid": 1000, "gid": 1000}'
    set_args /bin/sh -c 'echo one >/dev/stdout; echo two >/dev/stderr; echo three >/proc/self/fd/1; id -u'
    through_pipes "$RUNTIME"
    [ "$(grep -cE '^(one|two|three|1000)$' "$T/out")" = 4 ] || show "reopened"
    configure '.process.user = {"uid": 0, "gid": 0}'
    through_pipes "$RUNTIME"
    [ "$(grep -cE '^(one|two|three|0)$' "$T/out")" = 4 ] || show "reopened by container root"
    # standard input likewise
    set_args /bin/sh -c 'cat /dev/stdin'
    echo in | timeout 20 "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID" >"$T/out" 2>"$T/err" 3>&-
    prints '^in$'
}

@test "control: without a change of their owner it could not" {
    need_hook stdio-owner
    configure '.process.user = {"uid": 1000, "gid": 1000}'
    set_args /bin/sh -c 'echo one >/dev/stdout; echo end'
    CASEMATE_TEST_WITHOUT=stdio-owner through_pipes "$RUNTIME_TEST"
    prints "can't (create|open) /dev/stdout: Permission denied"
}

@test "files, FIFOs with a name and devices of the host keep their owners" {
    local before
    mkfifo "$T/fifo"
    touch "$T/file"
    before=$(stat -c '%n %u:%g %a' "$T/fifo" "$T/file" /dev/zero)
    set_args /bin/sleep 1000
    configure '.process.user = {"uid": 1000, "gid": 1000}'
    sleep 20 <>"$T/fifo" 3>&- &
    timeout 20 "$RUNTIME" --root "$ROOT" create --bundle "$BUNDLE" "$ID" </dev/zero >"$T/fifo" 2>"$T/file" 3>&- 4>&-
    kill $!
    [ "$(status_of)" = created ]
    [ "$(stat -c '%n %u:%g %a' "$T/fifo" "$T/file" /dev/zero)" = "$before" ]
}
