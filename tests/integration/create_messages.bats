#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Message by message, what engines make of a failure: through the log as containerd and podman read it, and through standard error as conmon hands it on.
load ../lib/common

setup() {
    need_root
    ct_setup
    make_bundle
    cp "$BUNDLE/config.json" "$T/good.json"
}

reads() { "$CT_TOP/tests/lib/engine-reads" "$@"; }

# Runs with a fresh JSON log: it fails with STATUS, one record is in the log, the same text is the last line of standard error, and engines can read both.
fails_for_engines() { # STATUS COMMAND…
    local want=$1 message
    shift
    rm -f "$T/log"
    ct --log "$T/log" --log-format json "$@"
    exits "$want" || return 1
    [ "$(wc -l <"$T/log")" = 1 ] || fail "the log has not one line: $(cat "$T/log")" || return 1
    message=$(reads go-runc "$T/log") || fail "$message" || return 1
    reads kubelet "$message" >/dev/null || return 1
    [ "$(tail -n 1 "$T/err")" = "$message" ] || fail "standard error has $(cat "$T/err"), the log $message" || return 1
    [ "$(reads podman "$T/log" "$T/err" | cut -d' ' -f2-)" = "$message" ] || fail "podman reads $(reads podman "$T/log" "$T/err")" || return 1
    # conmon knows standard error only; without a log it is the record itself
    : >"$T/none"
    reads podman "$T/none" "$T/err" >/dev/null || return 1
    printf '%s\n' "$message" >"$T/message"
    ct "$@"
    exits "$want" && says 'level=error msg="'
}
message_is() { # EXTENDED-REGEX
    grep -qE -- "$1" "$T/message" || fail "the message should match $1: $(cat "$T/message")"
}

# A create that must fail: what the message has, and what docker and podman exit with.
create_fails() { # REGEX PROGRAM DOCKER PODMAN
    local got
    fails_for_engines 1 create --bundle "$BUNDLE" "$ID" || return 1
    assert_gone "$ID" || return 1
    message_is "$1" || return 1
    got=$(reads docker "$(cat "$T/message")" "$2")
    [ "$got" = "$3" ] || fail "docker makes $got of it, should be $3: $(cat "$T/message")" || return 1
    got=$(reads podman "$T/log" "$T/err" | cut -d' ' -f1)
    [ "$got" = "$4" ] || fail "podman makes $got of it, should be $4: $(cat "$T/message")"
}

@test "programs that cannot be executed are errors of create, with the words that become 126 and 127" {
    local rootfs=$BUNDLE/rootfs
    printf 'data' >"$rootfs/bin/data"
    chmod 644 "$rootfs/bin/data"
    ln -s nowhere "$rootfs/bin/dangling"

    set_args no-such-program
    create_fails '^casemate create failed: .*unable to start container process: exec: "no-such-program": executable file not found in \$PATH$' no-such-program 127 127
    set_args /bin/none
    create_fails 'unable to start container process: exec: "/bin/none": stat /bin/none: no such file or directory$' /bin/none 127 127
    set_args ./none
    create_fails 'exec: "\./none": stat \./none: no such file or directory$' ./none 127 127
    set_args /bin/dangling
    create_fails 'exec: "/bin/dangling": stat /bin/dangling: no such file or directory$' /bin/dangling 127 127
    set_args /bin/data
    create_fails 'exec: "/bin/data": permission denied$' /bin/data 126 126
    set_args data
    create_fails 'exec: "data": permission denied$' data 126 126
    set_args /etc
    create_fails 'exec: "/etc": is a directory$' /etc 126 125
    set_args /bin/data/below
    create_fails 'exec: "/bin/data/below": stat /bin/data/below: Not a directory$' /bin/data/below 127 125
    set_args /proc/self/exe
    create_fails 'exec: "/proc/self/exe": ' /proc/self/exe 125 125
}

@test "what a program needs to run is looked at before create returns" {
    local rootfs=$BUNDLE/rootfs
    printf '#!/no/such/interpreter -x\n' >"$rootfs/bin/script"
    printf '#! \t/bin/script2\n' >"$rootfs/bin/script1"
    printf '#!/no/such/second\n' >"$rootfs/bin/script2"
    printf '#!/etc\n' >"$rootfs/bin/script3"
    printf '#!/proc/self/exe\n' >"$rootfs/bin/script4"
    printf '#!bin/none\n' >"$rootfs/bin/script5"
    printf '#!/etc/passwd\n' >"$rootfs/bin/script6"
    # a dynamic program: the header of one, and its interpreter's name
    python3 - "$rootfs/bin" <<'PY'
import os, struct, sys
machine = {"x86_64": 62, "aarch64": 183, "riscv64": 243, "s390x": 22, "ppc64le": 21}[os.uname().machine]
end = ">" if sys.byteorder == "big" else "<"
def program(name, interpreter, machine=machine, offset=120, size=None, phnum=1):
    ident = b"\x7fELF\x02" + (b"\x02" if end == ">" else b"\x01") + b"\x01" + bytes(9)
    header = ident + struct.pack(end + "HHIQQQIHHHHHH", 2, machine, 1, 0, 64, 0, 0, 64, 56, phnum, 0, 0, 0)
    segment = struct.pack(end + "IIQQQQQQ", 3, 4, offset, 0, 0, len(interpreter) if size is None else size, 0, 1)
    path = os.path.join(sys.argv[1], name)
    with open(path, "wb") as f:
        f.write(header + segment + interpreter)
    os.chmod(path, 0o755)
program("dynamic", b"/lib/ld-none.so.1\0")
program("foreign", b"/lib/ld-none.so.1\0", machine=0x1234)
program("open-end", b"/lib/ld-none.so.1")
program("far", b"/lib/ld-none.so.1\0", offset=1 << 62)
program("huge", b"/lib/ld-none.so.1\0", size=1 << 63)
program("many", b"/lib/ld-none.so.1\0", phnum=65535)
PY
    chmod 755 "$rootfs"/bin/script*
    printf 'x' | dd of="$rootfs/bin/many" bs=1 seek=4000 conv=notrunc status=none

    set_args /bin/script
    create_fails 'exec: "/bin/script": its interpreter "/no/such/interpreter": no such file or directory$' /bin/script 127 127
    set_args script1
    create_fails 'exec: "script1": its interpreter "/no/such/second": no such file or directory$' script1 127 127
    set_args /bin/script3
    create_fails 'exec: "/bin/script3": its interpreter "/etc": is a directory$' /bin/script3 126 125
    set_args /bin/script4
    create_fails 'exec: "/bin/script4": its interpreter "/proc/self/exe": ' /bin/script4 125 125
    set_args /bin/script5
    create_fails 'exec: "/bin/script5": its interpreter "bin/none": no such file or directory$' /bin/script5 127 127
    set_args /bin/script6
    create_fails 'exec: "/bin/script6": its interpreter "/etc/passwd": permission denied$' /bin/script6 126 126
    set_args /bin/dynamic
    create_fails 'exec: "/bin/dynamic": its interpreter "/lib/ld-none.so.1": no such file or directory$' /bin/dynamic 127 127
    # what only the kernel can judge is left to it: create succeeds, and start says it on the container's own standard error
    for program in foreign open-end far huge; do
        set_args "/bin/$program"
        ct run --bundle "$BUNDLE" "$ID"
        exits 255 || return 1
        [ "$(errors)" = "exec /bin/$program: $(errors | sed 's/.*: //')" ] || show "$program" || return 1
    done
    # an executable that its user may not read is not looked into
    cp "$rootfs/bin/busybox" "$rootfs/bin/secret"
    chmod 711 "$rootfs/bin/secret"
    configure '.process.user = {uid: 1000, gid: 1000} | .process.args = ["/bin/secret", "true"]'
    ct run --bundle "$BUNDLE" "$ID"
    exits 127 || exits 0 # busybox under another name
}

@test "hostile interpreter lines: every first line of up to 300 bytes ends in a decision" {
    local i line
    for line in '#!' '#! ' $'#!\t\t' '#!/' '#!//' '#!.' '#!../../../../../bin/none' "#!$(printf 'a%.0s' {1..300})" "#!/$(printf 'b/%.0s' {1..120})" $'#!/bin/none\x01\x02' '#!/bin/no"quote' \
        $'#!/bin/\033[2Jclear' "#!/dev/null" "#!/bin/loop"; do
        printf '%s\n' "$line" >"$BUNDLE/rootfs/bin/loop"
        chmod 755 "$BUNDLE/rootfs/bin/loop"
        set_args /bin/loop
        ct run --bundle "$BUNDLE" "$ID"
        [ "$status" = 1 ] || [ "$status" = 255 ] || show "for $(printf '%q' "$line")" || return 1
        ! LC_ALL=C grep -q $'[\x01-\x08\x0b-\x1f]' "$T/err" || show "control characters" || return 1
        assert_gone "$ID" || return 1
    done
}

@test "a bad working directory" {
    configure '.process.cwd = "/etc/passwd"'
    create_fails 'CM-CWD.*/process/cwd: "/etc/passwd" is not a directory' sleep 127 125
    configure '.process.cwd = "relative"'
    create_fails 'CM-CWD.*/process/cwd: "relative" must be an absolute path' sleep 125 125
    # one that only the final process finds unusable
    ln -s /proc/self/fd/1 "$BUNDLE/rootfs/link"
    jq '.process.cwd = "/link"' "$T/good.json" >"$BUNDLE/config.json"
    create_fails '/process/cwd: (chdir to cwd \("/link"\) set in config.json failed: |"/link" cannot be looked up)' sleep 125 125
}

@test "a bad user" {
    configure '.process.user.uid = 70000'
    create_fails 'CM-ID-USER.*/process/user/uid: user 70000 is above 65535' sleep 125 125
    configure '.process.user = {uid: 1000, gid: 99999}'
    create_fails 'CM-ID-USER.*/process/user/gid: group 99999' sleep 125 125
    configure '.process.user = {uid: -1, gid: 0}'
    create_fails '/process/user/uid: ' sleep 125 125
}

@test "a limit that is too small for the container's own process" {
    # where the kernel enforces it
    if [ -e "$(ct_cgroup_root)/memory.pressure" ] && grep -qw memory "$(ct_cgroup_root)/cgroup.subtree_control"; then
        configure '.linux.resources.memory = {limit: 4096}'
        create_fails 'container init was OOM-killed \(memory limit too low\?\)' sleep 125 125
    fi
    # and what the message is, wherever: the process is killed as the kernel would do it, while it mounts
    jq '.mounts += [range(800) | {destination: "/tmp/m\(.)", type: "tmpfs", source: "tmpfs", options: ["nosuid", "nodev"]}]' "$T/good.json" >"$BUNDLE/config.json"
    mkdir "$BUNDLE/rootfs/tmp/"m{0..799}
    (
        for ((i = 0; i < 20000; i++)); do
            for dir in "$(ct_cgroup_root)"/*/"$ID" "$(ct_cgroup_root)/$ID"; do
                [ -z "$(cat "$dir/cgroup.procs" 2>/dev/null)" ] || { echo 1 >"$dir/cgroup.kill" && exit; }
            done
        done
    ) 3>&- &
    rm -f "$T/log"
    ct --log "$T/log" --log-format json create --bundle "$BUNDLE" "$ID"
    wait
    exits 1
    [ "$(reads go-runc "$T/log")" = "$(tail -n 1 "$T/err")" ] || show "log and standard error differ"
    grep -q 'container init was OOM-killed (memory limit too low?)' "$T/err" || show "no word of it"
    assert_gone "$ID"
}

@test "an unknown container: every command says so, and engines take it for gone" {
    local command
    for command in state start "kill" "delete" "pause" "resume" "ps"; do
        # shellcheck disable=SC2086 # words
        fails_for_engines 1 $command "$ID" || return 1
        message_is '^container does not exist$' || return 1
    done
    fails_for_engines 1 kill --all "$ID" 9
    message_is '^container does not exist$'
    [ "$(reads kill "$(cat "$T/message")")" = gone ]
    [ "$(reads delete "$(cat "$T/message")")" = done ]
    ct delete --force "$ID"
    ok
    silent
}

@test "a stopped container: kill is harmless, start and pause are not" {
    set_args /bin/true
    start_container
    wait_status stopped
    fails_for_engines 1 kill "$ID" 9
    message_is '^container not running$'
    [ "$(reads kill "$(cat "$T/message")")" = gone ]
    [ "$(reads crio "$(cat "$T/message")")" = gone ]
    ct kill --all "$ID" 9
    ok
    fails_for_engines 1 start "$ID"
    message_is '^cannot start a container that has stopped$'
    fails_for_engines 1 pause "$ID"
    message_is 'container not running'
    fails_for_engines 1 resume "$ID"
    message_is 'container not paused|container not running'
    ct delete "$ID"
    ok
}

@test "a running container: start, delete, a second one of that id, signals that do not exist" {
    start_container
    fails_for_engines 1 start "$ID"
    message_is '^cannot start an already running container$'
    fails_for_engines 1 delete "$ID"
    message_is "^cannot delete container $ID that is not stopped: running\$"
    [ "$(reads delete "$(cat "$T/message")")" = error ]
    fails_for_engines 1 create --bundle "$BUNDLE" "$ID"
    message_is 'container with given ID already exists'
    fails_for_engines 1 kill "$ID" SIGNOPE
    message_is '^unknown signal "SIGNOPE"$'
    fails_for_engines 1 resume "$ID"
    message_is 'container not paused'
    ct delete --force "$ID"
    ok
}

@test "ids, bundles and configurations that are none" {
    fails_for_engines 1 create --bundle "$BUNDLE" "a/b"
    message_is 'invalid container ID format'
    fails_for_engines 1 create --bundle "$BUNDLE" ""
    message_is 'container id cannot be empty|invalid container ID format'
    fails_for_engines 1 create --bundle "$T/no-bundle" "$ID"
    message_is 'no-bundle.*: No such file or directory'
    mkdir "$T/empty"
    fails_for_engines 1 create --bundle "$T/empty" "$ID"
    message_is 'config.json.*: No such file or directory'
    printf '{"ociVersion": "1.0.0",' >"$T/empty/config.json"
    fails_for_engines 1 create --bundle "$T/empty" "$ID"
    [ ! -e "$ROOT/$ID" ]
}

@test "a warning does not spoil the log that podman decodes as one value" {
    # what this host cannot enforce, or anything else said before the failure, stays out of the file
    configure '.process.args = ["/bin/none"] | del(.linux.resources)'
    rm -f "$T/log"
    ct --log "$T/log" --log-format json create --bundle "$BUNDLE" "$ID"
    exits 1
    [ "$(wc -l <"$T/log")" = 1 ]
    [ "$(reads podman "$T/log" "$T/err" | cut -d' ' -f1)" = 127 ]
    # and after a success nothing is lost
    configure '.process.args = ["/bin/true"] | del(.linux.seccomp)'
    rm -f "$T/log"
    ct --log "$T/log" --log-format json create --bundle "$BUNDLE" "$ID"
    ok
    jq -se 'any(.msg | test("made stricter"))' "$T/log" >/dev/null
    ct delete --force "$ID"
}
