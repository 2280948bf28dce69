#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# The lookup of the program runs in a process that still has descriptors of the runtime: through them a name must neither reach the host's files
# nor tell whether they exist.
load ../lib/common

setup() {
    need_root
    ct_setup
    make_bundle
    mkdir "$T/there"
    cp "$(ct_busybox)" "$T/there/program"
    cp "$(ct_busybox)" "$T/there/sleep"
    cp "$BUNDLE/config.json" "$T/good.json"
}

# What a create says, without the name that it was given.
answer() { # ARG0 PATH
    jq --arg program "$1" --arg path "PATH=$2" '.process.args = [$program, "1000"] | .process.env = [$path]' "$T/good.json" >"$BUNDLE/config.json"
    create "$ID"
    printf '%s ' "$status"
    errors | sed -e 's/time="[^"]*"//' -e "s|$3|NAME|g"
    [ "$status" != 0 ] || ct delete --force "$ID"
}
same_answer() { # WHAT EXISTING MISSING [ARG0]: as program, or as PATH for a program
    local one other
    if [ -n "${4:-}" ]; then
        one=$(answer "$4" "$2" "$2") other=$(answer "$4" "$3" "$3")
    else
        one=$(answer "$2" /bin "$2") other=$(answer "$3" /bin "$3")
    fi
    case $one in 0*) fail "$1: $2 was found: $one" || return 1 ;; esac
    [ "$one" = "$other" ] || fail "$1: an oracle: $2: $one, $3: $other"
}

@test "control: the same question outside of magic links has two answers" {
    [ "$(answer /bin/sleep /bin /bin/sleep)" != "$(answer /bin/missing /bin /bin/missing)" ]
    assert_gone "$ID"
}

@test "descriptors of the runtime are no way to the host's files, as args[0]" {
    local fd up
    for fd in $(seq 3 20); do
        for up in .. ../.. ../../../../../../..; do
            same_answer "descriptor $fd" "/proc/self/fd/$fd/$up$T/there/program" "/proc/self/fd/$fd/$up$T/there/missing" || return 1
        done
        same_answer "descriptor $fd" "/proc/self/fd/$fd/there/program" "/proc/self/fd/$fd/there/missing" || return 1
        same_answer "descriptor $fd" "/proc/thread-self/fd/$fd$T/there/program" "/proc/thread-self/fd/$fd$T/there/missing" || return 1
    done
    assert_gone "$ID"
}

@test "nor as PATH" {
    local fd
    for fd in $(seq 3 20); do
        same_answer "descriptor $fd" "/proc/self/fd/$fd/../..$T/there" "/proc/self/fd/$fd/../..$T/gone" program || return 1
        same_answer "descriptor $fd" "/proc/self/fd/$fd$T/there" "/proc/self/fd/$fd$T/gone" program || return 1
    done
    assert_gone "$ID"
}

@test "nor do they tell which processes of the host exist" {
    # 1 always exists; the largest number is beyond what the kernel hands out
    local fd none
    none=$(($(cat /proc/sys/kernel/pid_max) + 1))
    for fd in $(seq 3 20); do
        same_answer "descriptor $fd" "/proc/self/fd/$fd/$$" "/proc/self/fd/$fd/$none" || return 1
        same_answer "descriptor $fd" "/proc/self/fd/$fd/$$/exe" "/proc/self/fd/$fd/$none/exe" || return 1
        same_answer "descriptor $fd" "/proc/self/fd/$fd/$$/task" "/proc/self/fd/$fd/$none/task" status || return 1
        same_answer "process" "/proc/$$/exe" "/proc/$none/exe" || return 1
    done
    assert_gone "$ID"
}

@test "a link of the image to a descriptor is no way either" {
    local fd
    for fd in $(seq 3 20); do
        ln -sfn "/proc/self/fd/$fd/../..$T/there/program" "$BUNDLE/rootfs/bin/one"
        ln -sfn "/proc/self/fd/$fd/../..$T/there/missing" "$BUNDLE/rootfs/bin/two"
        same_answer "descriptor $fd" /bin/one /bin/two || return 1
    done
}

@test "the runtime itself as the program" {
    local before exe
    before=$(sha256sum <"$RUNTIME")
    for exe in /proc/self/exe /proc/1/exe /proc/thread-self/exe /proc/self/root/proc/self/exe; do
        configure --arg exe "$exe" '.process.args = [$exe, "--version"]'
        ct run --bundle "$BUNDLE" "$ID"
        [ "$status" != 0 ] || show "$exe was executed" || return 1
        ! grep -qi casemate "$T/out" || show "$exe: the runtime ran inside" || return 1
        assert_gone "$ID" || return 1
    done
    ln -s /proc/self/exe "$BUNDLE/rootfs/bin/again"
    printf '#!/proc/self/exe --version\n' >"$BUNDLE/rootfs/bin/script"
    chmod 755 "$BUNDLE/rootfs/bin/script"
    for exe in /bin/again /bin/script; do
        configure --arg exe "$exe" '.process.args = [$exe, "--version"]'
        ct run --bundle "$BUNDLE" "$ID"
        ! grep -qi casemate "$T/out" || show "$exe: the runtime ran inside" || return 1
        assert_gone "$ID" || return 1
    done
    [ "$(sha256sum <"$RUNTIME")" = "$before" ]
}
