#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Terminals as a way out: typing into them, images that stand in for them, the host's own as standard input.
load ../lib/common

setup() {
    need_root
    ct_setup
    make_bundle
    ln -sf busybox "$BUNDLE/rootfs/bin/stty"
    ln -sf busybox "$BUNDLE/rootfs/bin/tty"
    configure '.process.terminal = true'
    CANARY=$T/canary
    mkdir -p "$CANARY/pts"
    for name in ptmx console tty null pts/0 pts/ptmx; do
        echo secret >"$CANARY/$name"
    done
    BEFORE=$(tree_hash "$CANARY")
}

untouched() { [ "$(tree_hash "$CANARY")" = "$BEFORE" ] || fail "$1: the host was touched: $(ls -lR "$CANARY")"; }
on_terminal() { # RUNTIME STEP...
    local runtime=$1
    shift
    try "$CT_TOP/tests/lib/on-terminal" "$@" -- "$runtime" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
}
# Every way to type into the terminal that is standard input, then what was typed.
TYPING='/bin/probe tiocsti tiocsti-high-bits tioclinux; stty -icanon min 0 time 10; echo "typed: [$(head -c 1)]"'

@test "nothing is typed into a container's terminal from inside, nor into ours" {
    set_args /bin/sh -c "$TYPING"
    on_terminal "$RUNTIME" expect='"tiocsti","ok":false,"errno":"EPERM"' expect='"tiocsti-high-bits","ok":false,"errno":"EPERM"' \
        expect='"tioclinux","ok":false,"errno":"EPERM"' expect='typed: \[\]' exit=0 input=nothing
    ok
}

@test "control: without the filter it would be typed" {
    need_hook seccomp
    [ "$(cat /proc/sys/dev/tty/legacy_tiocsti 2>/dev/null || echo 1)" = 1 ] || skip "this kernel types for nobody: dev.tty.legacy_tiocsti is 0"
    set_args /bin/sh -c "$TYPING"
    CASEMATE_TEST_WITHOUT=seccomp on_terminal "$RUNTIME_TEST" expect='"tiocsti","ok":true' expect='typed: \[x\]' exit=0
    ok
}

@test "the host's terminal as standard input is nobody's controlling terminal inside, and cannot be opened again or typed into" {
    configure '.process.terminal = false'
    # shellcheck disable=SC2016
    set_args /bin/sh -c 'echo "controlled: $(cut -d" " -f7 /proc/1/stat)"; cat </dev/tty; echo "tty $?"; cat </dev/stdin; echo "again $?"; echo x >/proc/self/fd/0; echo "other $?"
        /bin/probe tiocsti tiocsti-high-bits tiocsctty; exit 0'
    on_terminal "$RUNTIME" expect='controlled: 0' expect='tty 1' expect='again 1' expect='other 1' expect='"tiocsti","ok":false' expect='"tiocsti-high-bits","ok":false' \
        expect='"tiocsctty","ok":false,"errno":"EPERM"' exit=0 cooked input=nothing
    ok
}

@test "images whose /dev, /dev/pts, /dev/ptmx or /dev/console lead to files of the host" {
    local what to
    set_args /bin/sh -c 'echo to-console >/dev/console; tty; stty size'
    for what in dev/pts dev/ptmx dev/console dev/tty; do
        for to in "$CANARY/${what#dev/}" "../../../../../../../../../..$CANARY/${what#dev/}" /proc/self/root/../canary/ptmx; do
            rm -rf "${BUNDLE:?}/rootfs/dev"
            mkdir "$BUNDLE/rootfs/dev"
            ln -s "$to" "$BUNDLE/rootfs/$what"
            on_terminal "$RUNTIME" expect='to-console' expect='/dev/pts/0' expect='24 80' exit=0 cooked
            ok "$what -> $to" || return 1
            untouched "$what -> $to" || return 1
        done
    done
    rm -rf "${BUNDLE:?}/rootfs/dev"
    ln -s "$CANARY" "$BUNDLE/rootfs/dev"
    on_terminal "$RUNTIME" expect='CM-ROOTFS-LINK|symbolic link' exit=1 cooked
    ok
    untouched "dev"
}

@test "CVE-2025-52565: an image that changes below the runtime while it binds the console" {
    local i racer flips
    # as a volume that another container writes to
    python3 - "$BUNDLE/rootfs/dev" "$CANARY" "$T/flips" 3>&- <<'EOF' &
import ctypes, os, signal, sys
dev, canary, report = sys.argv[1:]
going = True
def stop(*_):
    global going
    going = False
signal.signal(signal.SIGTERM, stop)
libc = ctypes.CDLL(None)
for name in ("pts", "ptmx", "console"):
    os.symlink(f"{canary}/{name}", f"{dev}/{name}.link")
os.mkdir(f"{dev}/pts")
open(f"{dev}/ptmx", "w").close()
open(f"{dev}/console", "w").close()
n = 0
while going:
    for name in ("pts", "ptmx", "console"):
        libc.renameat2(-100, f"{dev}/{name}".encode(), -100, f"{dev}/{name}.link".encode(), 2)
        n += 1
open(report, "w").write(str(n))
EOF
    racer=$!
    eventually test -e "$BUNDLE/rootfs/dev/console"
    set_args /bin/sh -c 'echo to-console >/dev/console; ls -l /dev/console'
    for ((i = 0; i < 40; i++)); do
        on_terminal "$RUNTIME" expect='to-console' expect='crw--w---- .*136, +0 .*/dev/console' exit=0
        ok "round $i" || { kill $racer; return 1; }
    done
    kill $racer
    wait $racer || true
    flips=$(cat "$T/flips")
    [ "$flips" -gt 10000 ] || fail "the racer was too slow to mean anything: $flips"
    untouched "the racer"
}

@test "only the container's own terminals are visible inside" {
    # shellcheck disable=SC2016
    set_args /bin/sh -c 'echo "there: $(ls /dev/pts | tr "\n" " ")."; sleep 1000'
    on_terminal "$RUNTIME" expect='there: 0 ptmx \.' host="$RUNTIME --root $ROOT kill $ID KILL" exit=137
    ok
}

@test "the other end of the terminal is not to be had inside" {
    # shellcheck disable=SC2016
    set_args /bin/sh -c 'ls -l /proc/self/fd | grep -c ptmx; for fd in $(seq 3 64); do [ ! -e /proc/1/fd/$fd ] || echo "open: $fd"; done; echo end'
    on_terminal "$RUNTIME" expect='^0\r$' expect='end' never='open:' exit=0
    ok
}
