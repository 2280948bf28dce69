#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Images that try to lead the runtime out: it may refuse them or run them rightly; it may not touch anything of the host, nor the image.
load ../lib/common

setup() {
    need_root
    ct_setup
    make_bundle
    set_args /bin/true
    # What links lead to: a directory of the host with files that the old bugs removed, made or bound.
    CANARY=$T/canary
    mkdir -p "$CANARY/sub" "$CANARY/pts"
    echo secret >"$CANARY/ptmx"
    echo secret >"$CANARY/null"
    echo secret >"$CANARY/secret"
    BEFORE=$(tree_hash "$CANARY")
}

untouched() { [ "$(tree_hash "$CANARY")" = "$BEFORE" ] || fail "$1: the host was touched: $(find "$CANARY" -newer "$BUNDLE/config.json" -ls)"; }
core_pattern() { cat /proc/sys/kernel/core_pattern; }

# Runs the bundle; whatever happens is right as long as it ends, nothing of the host changes and the image stays as it is.
attempt() { # WHAT
    local image host
    image=$(tree_hash "$BUNDLE/rootfs")
    host=$(core_pattern)
    CT_TIMEOUT=15 ct run --bundle "$BUNDLE" "$ID"
    case $status in 124 | 12[89] | 1[3-9]? | 2[0-4]?) show "$1: it hung or crashed" || return 1 ;; esac
    untouched "$1" || return 1
    [ "$(tree_hash "$BUNDLE/rootfs")" = "$image" ] || fail "$1: the image was changed" || return 1
    [ "$(core_pattern)" = "$host" ] || fail "$1: core_pattern was changed" || return 1
    ct delete --force "$ID"
    assert_gone "$ID" || fail "$1"
}
replace() { rm -rf "${BUNDLE:?}/rootfs/$1" && ln -s "$2" "$BUNDLE/rootfs/$1"; }

@test "the image is the same before and after, read and run through all states" {
    local before
    before=$(tree_hash "$BUNDLE/rootfs")
    set_args /bin/sleep 1000
    start_container
    [ "$(tree_hash "$BUNDLE/rootfs")" = "$before" ]
    ct kill "$ID" KILL
    wait_status stopped
    ct delete "$ID"
    set_args /bin/sh -c 'cat /etc/passwd; ls -lR /etc /bin; rm -rf /home /var /tmp/*; touch /home/x /tmp/x'
    ct run --bundle "$BUNDLE" "$ID"
    [ "$(tree_hash "$BUNDLE/rootfs")" = "$before" ]
}

@test "missing mount points: it runs, and the image does not grow them" {
    local before dir
    for dir in proc sys dev; do
        rmdir "$BUNDLE/rootfs/$dir"
        before=$(tree_hash "$BUNDLE/rootfs")
        set_args /bin/sh -c 'test -e /proc/self/status && test -c /dev/null && test -d /sys/class && echo complete'
        ct run --bundle "$BUNDLE" "$ID"
        ok "without /$dir"
        prints '^complete$'
        [ "$(tree_hash "$BUNDLE/rootfs")" = "$before" ] || fail "the image was changed: $(ls "$BUNDLE/rootfs")"
    done
}

@test "a missing working directory and a missing mount destination do not make the image grow" {
    local before
    configure '.process.cwd = "/not/there" | .mounts += [{"destination": "/deep/down/below", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "nodev"]}]'
    before=$(tree_hash "$BUNDLE/rootfs")
    set_args /bin/sh -c 'pwd; echo x >/deep/down/below/x && echo mounted'
    ct run --bundle "$BUNDLE" "$ID"
    [ "$status" = 1 ] || { prints '^/not/there$' && prints '^mounted$'; }
    [ "$(tree_hash "$BUNDLE/rootfs")" = "$before" ]
}

@test "CVE-2026-41579, CVE-2026-47766: /dev is a link to a directory of the host" {
    local to
    for to in "$CANARY" ../../../../../../../../../..$CANARY /proc/self/root$CANARY . .. / ; do
        replace dev "$to"
        attempt "dev -> $to" || return 1
    done
}

@test "CVE-2019-19921, CVE-2023-27561: /proc and /sys are links" {
    local at to
    for at in proc sys; do
        for to in "$CANARY" "..$CANARY" /tmp /etc nowhere /proc/1/root . ; do
            replace $at "$to"
            attempt "$at -> $to" || return 1
        done
        rm "$BUNDLE/rootfs/$at"
        mkdir "$BUNDLE/rootfs/$at"
    done
}

@test "the places below /dev, /proc and /sys are links, files or full" {
    mkdir -p "$BUNDLE/rootfs/dev/shm"
    ln -s "$CANARY" "$BUNDLE/rootfs/dev/pts"
    ln -s "$CANARY/null" "$BUNDLE/rootfs/dev/null"
    ln -s "$CANARY/ptmx" "$BUNDLE/rootfs/dev/ptmx"
    ln -s "$CANARY/sub" "$BUNDLE/rootfs/proc/sys"
    ln -s /proc/sys/kernel/core_pattern "$BUNDLE/rootfs/dev/console"
    attempt "links below /dev and /proc"
    ok "/dev and /proc are covered: it runs"
    rmdir "$BUNDLE/rootfs/sys"
    echo file >"$BUNDLE/rootfs/sys"
    attempt "/sys is a file"
}

@test "CVE-2025-31133: a /dev/null that is something else" {
    local what
    for what in link file fifo disk; do
        rm -f "$BUNDLE/rootfs/dev/null"
        case $what in
        link) ln -s /proc/sys/kernel/core_pattern "$BUNDLE/rootfs/dev/null" ;;
        file) echo text >"$BUNDLE/rootfs/dev/null" ;;
        fifo) mkfifo "$BUNDLE/rootfs/dev/null" ;;
        disk) mknod "$BUNDLE/rootfs/dev/null" b 8 0 ;;
        esac
        set_args /bin/sh -c 'cat /proc/kcore | head -c 100 | wc -c; stat -c "%t:%T" /dev/null'
        attempt "/dev/null is a $what" || return 1
        ct run --bundle "$BUNDLE" "$ID"
        ok
        [ "$(tr '\n' ' ' <"$T/out")" = "0 1:3 " ] || show "$what"
    done
}

@test "working directory through links: CVE-2026-55686, CVE-2024-21626" {
    local cwd
    ln -s "$CANARY" "$BUNDLE/rootfs/app"
    ln -s /proc/self/fd/7 "$BUNDLE/rootfs/seven"
    ln -s ../../../../../../../../../../../../../ "$BUNDLE/rootfs/up"
    for cwd in /app/new /app /seven /up/etc/../../.. /proc/self/fd/3 /proc/self/fd/4 /proc/self/fd/5 /proc/self/fd/7 /proc/self/fd/8 /proc/1/root /proc/self/cwd \
        /proc/self/root/../../.. /proc/thread-self/fd/6 /../../../..; do
        configure --arg cwd "$cwd" '.process.cwd = $cwd'
        set_args /bin/sh -c 'pwd; cat ./secret ../secret 2>/dev/null; ls -a . | head -50; for i in 1 2 3 4 5 6 7 8; do cd ..; done; ls / | tr "\n" " "'
        attempt "cwd $cwd" || return 1
        ! grep -qE 'secret|lost\+found|vmlinuz' "$T/out" || show "cwd $cwd reaches the host" || return 1
    done
}

@test "every descriptor as a working directory or program, with leaked ones of the caller" {
    local fd
    for fd in $(seq 3 20); do
        configure --arg cwd "/proc/self/fd/$fd" '.process.cwd = $cwd'
        set_args /bin/sh -c 'cat etc/shadow ../etc/shadow ../../etc/shadow 2>/dev/null'
        try python3 "$CT_TOP/tests/lib/dirty" "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
        ! grep -q 'root:' "$T/out" || show "descriptor $fd is a directory of the host" || return 1
        configure --arg exe "/proc/self/fd/$fd/bin/sh" '.process.cwd = "/" | .process.args = [$exe, "-c", "cat /etc/hostname"]'
        try python3 "$CT_TOP/tests/lib/dirty" "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
        [ "$status" != 0 ] || show "a program of the host was run through descriptor $fd" || return 1
    done
}

@test "mount destinations through links: CVE-2021-30465, CVE-2019-18837" {
    local to
    ln -s "$CANARY" "$BUNDLE/rootfs/link"
    ln -s / "$BUNDLE/rootfs/slash"
    ln -s ../../../.. "$BUNDLE/rootfs/dots"
    cp "$BUNDLE/config.json" "$T/good.json"
    for to in /link /link/new "/slash$CANARY/new" "/dots$CANARY" "/../../../..$CANARY" /proc/1/root/tmp /proc/self/root/x; do
        jq --arg to "$to" '.mounts += [{"destination": $to, "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "nodev"]}]' "$T/good.json" >"$BUNDLE/config.json"
        attempt "mount at $to" || return 1
    done
}

@test "device nodes, FIFOs and set-id files in the image" {
    mknod "$BUNDLE/rootfs/mem" c 1 1
    mknod "$BUNDLE/rootfs/null" c 1 3
    mknod "$BUNDLE/rootfs/disk" b 8 0
    chmod 666 "$BUNDLE/rootfs"/{mem,null,disk}
    rm "$BUNDLE/rootfs/etc/passwd" "$BUNDLE/rootfs/etc/group"
    mkfifo "$BUNDLE/rootfs/etc/passwd" "$BUNDLE/rootfs/etc/group"
    cp "$BUNDLE/rootfs/bin/busybox" "$BUNDLE/rootfs/bin/su"
    chmod 6755 "$BUNDLE/rootfs/bin/su"
    set_args /bin/probe open-r=/mem open-r=/null open-w=/null open-r=/disk
    attempt "FIFO passwd and device nodes"
    ct run --bundle "$BUNDLE" "$ID"
    ok
    local op
    for op in open-r=/mem open-r=/null open-w=/null open-r=/disk; do
        probed_is "$T/out" $op 'EACCES|EPERM|EROFS'
    done
}

@test "a passwd of ten gigabytes, or of zeros, costs neither time nor memory" {
    configure '.process.env = ["PATH=/bin"] | .process.user = {"uid": 1000, "gid": 1000}'
    rm "$BUNDLE/rootfs/etc/passwd"
    truncate -s 10G "$BUNDLE/rootfs/etc/passwd"
    set_args /bin/true
    CT_TIMEOUT=10 ct run --bundle "$BUNDLE" "$ID"
    [ "$status" = 0 ] || fails_with passwd
    rm "$BUNDLE/rootfs/etc/passwd"
    ln -s /dev/zero "$BUNDLE/rootfs/etc/passwd"
    CT_TIMEOUT=10 ct run --bundle "$BUNDLE" "$ID"
    [ "$status" -lt 124 ] || show "it hung"
    rm "$BUNDLE/rootfs/etc/passwd"
    ln -s "$CANARY/secret" "$BUNDLE/rootfs/etc/passwd"
    attempt "passwd is a link to the host"
}

@test "the program is a link out of the image" {
    local to
    for to in "$CANARY/run" ../../../../../../../../bin/sh /proc/self/exe /proc/1/exe; do
        cp /bin/true "$CANARY/run" 2>/dev/null || true
        BEFORE=$(tree_hash "$CANARY")
        replace bin/evil "$to"
        set_args /bin/evil -c 'cat /etc/shadow'
        attempt "args[0] -> $to" || return 1
        ! grep -q '^root:[^x]' "$T/out" || show "the host's shadow" || return 1
    done
}

@test "CVE-2019-5736: the runtime's own program cannot be opened for writing through /proc" {
    local before
    before=$(sha256sum <"$RUNTIME")
    printf '#!/proc/self/exe\n' >"$BUNDLE/rootfs/bin/again"
    chmod 755 "$BUNDLE/rootfs/bin/again"
    set_args /bin/again
    attempt "interpreter /proc/self/exe"
    [ "$(sha256sum <"$RUNTIME")" = "$before" ]
    # As strong as it gets, against the process that waits in create and still is the runtime's program.
    set_args /bin/sleep 1000
    create "$ID"
    ok
    as_strongest "$(pid_of)" open-w=/proc/1/exe open-r=/proc/1/exe open-r=/proc/1/root open-r=/proc/1/mem
    probed_is "$T/out" open-w=/proc/1/exe 'EACCES|EPERM|EROFS|ETXTBSY'
    probed_is "$T/out" open-r=/proc/1/mem 'EACCES|EPERM'
    [ "$(sha256sum <"$RUNTIME")" = "$before" ]
}

@test "a racer that swaps /dev, /proc and a mount destination for links while containers are created" {
    cat >"$T/racer.py" <<'PY'
import ctypes, os, sys
libc = ctypes.CDLL(None)
pairs = [(os.path.join(sys.argv[1], a).encode(), os.path.join(sys.argv[1], b).encode()) for a, b in (("dev", ".dev"), ("proc", ".proc"), ("vol", ".vol"))]
while True:
    for a, b in pairs:
        libc.renameat2(-100, a, -100, b, 2)  # RENAME_EXCHANGE
PY
    local i racer at
    mkdir "$BUNDLE/rootfs/vol"
    for at in dev proc vol; do
        ln -s "$CANARY" "$BUNDLE/rootfs/.$at"
    done
    configure '.mounts += [{"destination": "/vol/a/b", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "nodev"]}]'
    set_args /bin/sh -c 'stat -f -c %T /proc /dev; cat /proc/kcore 2>/dev/null | head -c 1 | wc -c'
    python3 "$T/racer.py" "$BUNDLE/rootfs" &
    racer=$!
    local ran=0 bad=
    for ((i = 0; i < 150; i++)); do
        ct run --bundle "$BUNDLE" "$ID"
        case $status in
        0)
            ran=$((ran + 1))
            [ "$(tr '\n' ' ' <"$T/out")" = "proc tmpfs 0 " ] || { bad="round $i: $(cat "$T/out")"; break; }
            ;;
        1) ;;
        *) bad="round $i: status $status $(cat "$T/err")"; break ;;
        esac
    done
    kill $racer
    wait $racer 2>/dev/null || true
    [ -z "$bad" ] || fail "$bad"
    untouched "race"
    echo "# $ran of 150 ran" >&3
}

@test "a log or pid file that is a link or a FIFO is not followed" {
    ln -s "$CANARY/secret" "$T/pid"
    ct run --pid-file "$T/pid" --bundle "$BUNDLE" "$ID"
    untouched "pid file"
    mkfifo "$T/fifo"
    CT_TIMEOUT=10 ct run --pid-file "$T/fifo" --bundle "$BUNDLE" "$ID"
    [ "$status" -lt 124 ] || show "it hung on a FIFO"
}
