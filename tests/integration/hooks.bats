#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Hooks: none without a rule, none that others than root could have put there; order, namespaces, what they are told and what they inherit; failures, timeouts,
# and SIGKILL of the runtime. /etc is a private one, so that a hook can lie where only root writes.
load ../lib/common

setup() {
    need_root
    ct_setup
    make_bundle
    POLICY=$T/policy
    mkdir -m 755 "$POLICY"
    OUT=$T/told
    mkdir -m 777 "$OUT"
    allow hook
}

with() { try "$CT_TOP/tests/lib/with-policy" "$T/etc" "$POLICY" "$RUNTIME" --root "$ROOT" "$@"; }
allow() { # NAME…: of files in /etc/casemate, or absolute paths
    jq -n '{version: 1, hooks: {allow: [$ARGS.positional[] | {path: (if startswith("/") then . else "/etc/casemate/" + . end)}]}}' --args -- "$@" >"$POLICY/policy.json"
}
script() { # NAME TEXT: a hook
    printf '#!/bin/sh\n%s\n' "$2" >"$POLICY/$1"
    chmod 755 "$POLICY/$1"
}
hook() { # KIND [JQ-OBJECT]: adds one
    configure --arg kind "$1" '.hooks[$kind] += [{path: "/etc/casemate/hook"} + '"${2:-{\}}"']'
}
told() { cat "$OUT/$1"; }

# ---- the rule ----

@test "without a rule every kind is refused, and the error says how to allow one" {
    local kind
    script hook "touch $OUT/ran"
    jq -n '{version: 1}' >"$POLICY/policy.json"
    for kind in prestart createRuntime createContainer startContainer poststart poststop; do
        configure '.hooks = {}'
        hook $kind
        with create --bundle "$BUNDLE" "$ID"
        fails_with "\[CM-HOOK\] /hooks/$kind/0: .*no rule of the policy allows it; add its path to hooks.allow of the policy" || return 1
        assert_gone "$ID" || return 1
    done
    [ ! -e "$OUT/ran" ]
}

@test "a rule is for exactly one path" {
    local path
    script hook "touch $OUT/ran"
    script hook2 "touch $OUT/ran"
    for path in /etc/casemate/hook2 /etc/casemate//hook /etc/casemate/./hook /etc/casemate/../casemate/hook /etc/casemate/hook/ etc/casemate/hook; do
        configure --arg path "$path" '.hooks = {prestart: [{path: $path}]}'
        with create --bundle "$BUNDLE" "$ID"
        fails_with 'CM-HOOK' || fail "$path" || return 1
    done
    [ ! -e "$OUT/ran" ]
}

@test "a program named as /proc/PID/exe is the one it leads to, at create only, and a rule may name its first arguments" {
    local name kind
    # what a process of the host runs: a copy of busybox where only root writes
    cp "$BUNDLE/rootfs/bin/busybox" "$POLICY/busybox"
    chmod 755 "$POLICY/busybox"
    jq -n '{version: 1, hooks: {allow: [{path: "/etc/casemate/busybox", stages: ["prestart"], arguments: ["busybox", "touch"]}]}}' >"$POLICY/policy.json"
    # the process has to live in the private view of /etc too: it is started there, and ends with the command
    engine() { # COMMAND…: PID in them is its number
        # shellcheck disable=SC2016 # for the shell inside
        try "$CT_TOP/tests/lib/with-policy" "$T/etc" "$POLICY" sh -c '
            exec 3>&1
            /etc/casemate/busybox sleep 1000 3>&- & pid=$!
            config=$1 && shift
            sed -i "s,/proc/PID/exe,/proc/$pid/exe," "$config"
            "$@" 3>&-; status=$?
            kill $pid
            exit $status' sh "$BUNDLE/config.json" "$RUNTIME" --root "$ROOT" "$@"
    }
    configure --arg out "$OUT/ran" '.hooks = {prestart: [{path: "/proc/PID/exe", args: ["busybox", "touch", $out]}]}'
    engine create --bundle "$BUNDLE" "$ID"
    ok
    [ -e "$OUT/ran" ] || fail "it did not run"
    ct delete --force "$ID"
    rm "$OUT/ran"
    # other arguments
    configure --arg out "$OUT/ran" '.hooks = {prestart: [{path: "/proc/PID/exe", args: ["busybox", "mkdir", $out]}]}'
    engine create --bundle "$BUNDLE" "$ID"
    fails_with '\[CM-HOOK\] /hooks/prestart/0: .*which is /etc/casemate/busybox, would run on the host and no rule of the policy allows it with these arguments'
    # another program, of a process that is there
    configure --arg out "$OUT/ran" --arg path "/proc/$$/exe" '.hooks = {prestart: [{path: $path, args: ["busybox", "touch", $out]}]}'
    engine create --bundle "$BUNDLE" "$ID"
    fails_with '\[CM-HOOK\] /hooks/prestart/0: .*no rule of the policy allows it; add its path'
    # later kinds, where the number may be another process's, and other links
    jq -n '{version: 1, hooks: {allow: [{path: "/etc/casemate/busybox"}]}}' >"$POLICY/policy.json"
    for kind in createContainer poststart poststop; do
        configure --arg kind $kind --arg out "$OUT/ran" '.hooks = {($kind): [{path: "/proc/PID/exe", args: ["busybox", "touch", $out]}]}'
        engine create --bundle "$BUNDLE" "$ID"
        fails_with "CM-HOOK\] /hooks/$kind/0: .*no rule of the policy allows it" || return 1
    done
    for name in /proc/self/exe /proc/PID/exe/ /proc/PID/root/etc/casemate/busybox; do
        configure --arg path "$name" --arg out "$OUT/ran" '.hooks = {prestart: [{path: $path, args: ["busybox", "touch", $out]}]}'
        engine create --bundle "$BUNDLE" "$ID"
        fails_with 'CM-HOOK' || fail "$name" || return 1
    done
    [ ! -e "$OUT/ran" ]
}

@test "a bundle cannot make another program of an allowed one by its environment" {
    local variable
    script hook ": >$OUT/ran"
    for variable in LD_PRELOAD=/evil.so LD_LIBRARY_PATH=/evil BASH_ENV=/evil ENV=/evil GCONV_PATH=/evil PYTHONPATH=/evil "PATH=$T:/bin" PATH=; do
        configure '.hooks = {}'
        hook createRuntime "{env: [\"$variable\"]}"
        with create --bundle "$BUNDLE" "$ID"
        [ "$variable" = PATH= ] || fails_with "\[CM-HOOK\] /hooks/createRuntime/0/env/0: the variable .*${variable%%=*}.* is not given to a hook" || return 1
    done
    ok # the last one
    [ -e "$OUT/ran" ] || fail "an empty PATH is no danger"
}

@test "a rule for a program of the image opens nothing on the host" {
    local kind
    jq -n '{version: 1, hooks: {allow: [{path: "/bin/busybox", inside: true}]}}' >"$POLICY/policy.json"
    for kind in prestart createRuntime createContainer poststart poststop; do
        configure --arg kind $kind --arg out "$OUT/ran" '.hooks = {($kind): [{path: "/bin/busybox", args: ["touch", $out]}]}'
        with create --bundle "$BUNDLE" "$ID"
        fails_with "CM-HOOK\] /hooks/$kind/0: .*no rule of the policy allows it" || return 1
    done
    configure '.hooks = {startContainer: [{path: "/bin/busybox", args: ["touch", "/dev/shm/ran"]}]}'
    set_args /bin/ls /dev/shm
    with run --bundle "$BUNDLE" "$ID"
    ok
    prints '^ran$'
    [ ! -e "$OUT/ran" ]
}

# What lies there is judged: a row is what to do to make it bad, and the reason.
refused() { # REASON
    with create --bundle "$BUNDLE" "$ID"
    fails_with "\[CM-HOOK\] /hooks/prestart/0: the policy allows the hook .*, but .*$1" || return 1
    assert_gone "$ID"
}

@test "what others than root may change or replace is not run" {
    script hook "touch $OUT/ran"
    hook prestart
    chown 1000 "$POLICY/hook"
    refused 'others than root may change it'
    chown 0 "$POLICY/hook"
    chmod 775 "$POLICY/hook"
    refused 'others than root may change it'
    chmod 757 "$POLICY/hook"
    refused 'others than root may change it'
    chmod 644 "$POLICY/hook"
    refused 'not executable'
    rm "$POLICY/hook"
    refused 'no such file'
    ln -s /bin/true "$POLICY/hook"
    refused 'symbolic link'
    rm "$POLICY/hook"
    mkdir "$POLICY/hook"
    refused 'not a regular file'
    rmdir "$POLICY/hook"
    mkfifo -m 700 "$POLICY/hook"
    refused 'not a regular file'
    rm "$POLICY/hook"
    # a directory on the way
    mkdir "$POLICY/dir"
    mv "$POLICY/policy.json" "$T/"
    script dir/hook "touch $OUT/ran"
    allow dir/hook "$T/hook"
    configure '.hooks.prestart[0].path = "/etc/casemate/dir/hook"'
    chmod 775 "$POLICY/dir"
    refused 'every directory on the way'
    chmod 755 "$POLICY/dir"
    chown 1000 "$POLICY/dir"
    refused 'every directory on the way'
    cp "$POLICY/dir/hook" "$T/hook" # below /tmp, where everybody may write
    configure --arg path "$T/hook" '.hooks.prestart[0].path = $path'
    refused 'every directory on the way'
    [ ! -e "$OUT/ran" ]
}

@test "too many hooks are refused" {
    script hook ":"
    configure '.hooks.prestart = [range(33) | {path: "/etc/casemate/hook"}]'
    with create --bundle "$BUNDLE" "$ID"
    fails_with '/hooks/prestart/32: there are more than 32 hooks of its kind'
}

@test "check and create agree" {
    script hook ":"
    hook poststop
    with check "$BUNDLE"
    [ "$status" != 3 ] || show "refused by check"
    with create --bundle "$BUNDLE" "$ID"
    ok
}

# ---- order, namespaces, what they are told ----

all_kinds() {
    script hook 'kind=$1
        echo "$kind" >>'"$OUT"'/order
        cat >'"$OUT"'/state.$kind
        for ns in mnt net pid uts ipc user cgroup; do readlink /proc/self/ns/$ns; done >'"$OUT"'/ns.$kind
        ls -l /proc/self/fd >'"$OUT"'/fds.$kind
        cat /proc/self/status >'"$OUT"'/status.$kind
        env | sort >'"$OUT"'/env.$kind
        pwd >'"$OUT"'/cwd.$kind
        umask >>'"$OUT"'/cwd.$kind
        readlink /proc/self/root >>'"$OUT"'/cwd.$kind'
    local kind
    for kind in prestart createRuntime createContainer poststart poststop; do
        hook $kind "{args: [\"hook\", \"$kind\"], env: [\"PATH=/bin:/usr/bin\", \"KIND=$kind\"]}"
    done
    allow hook /bin/start-hook
    printf '#!/bin/sh\necho startContainer $$ >>/dev/shm/start; cat >>/dev/shm/start; echo >>/dev/shm/start; env | sort >>/dev/shm/start; grep -E "^(Seccomp|CapEff|NoNewPrivs|Uid)" /proc/self/status >>/dev/shm/start; for fd in 0 1 2 3 4 5 6; do [ ! -e /proc/$$/fd/$fd ] || echo fd $fd; done >>/dev/shm/start; hostname >>/dev/shm/start; [ ! -e /etc/casemate ] && echo inside >>/dev/shm/start\n' \
        >"$BUNDLE/rootfs/bin/start-hook"
    chmod 755 "$BUNDLE/rootfs/bin/start-hook"
    configure '.hooks.startContainer = [{path: "/bin/start-hook"}] | .annotations = {"a.b": "c"} | .process.env += ["MINE=1"] | .hostname = "inside-name"'
}
state_is() { # KIND STATUS PID
    local want
    want=$(jq -cn --arg status "$2" --argjson pid "$3" --arg id "$ID" --arg bundle "$BUNDLE" \
        '{ociVersion: "1.3.0", id: $id, status: $status} + (if $pid > 0 then {pid: $pid} else {} end) + {bundle: $bundle, annotations: {"a.b": "c"}}')
    [ "$(jq -c '.ociVersion = "1.3.0"' "$OUT/state.$1")" = "$want" ] || fail "$1: $(cat "$OUT/state.$1"), should be $want"
}
ns_in() { sed -n "s/^$2://p" "$OUT/ns.$1"; } # KIND TYPE

@test "all six kinds: order, state, namespaces, environment, descriptors" {
    local kind ns pid
    all_kinds
    with create --bundle "$BUNDLE" "$ID"
    ok
    pid=$(pid_of)
    [ "$(told order)" = "$(printf 'prestart\ncreateRuntime\ncreateContainer')" ] || fail "$(told order)"
    state_is prestart creating "$pid"
    state_is createRuntime creating "$pid"
    state_is createContainer creating 1
    [ ! -e "/proc/$pid/root/dev/shm/start" ] # not before start
    with start "$ID"
    ok
    [ "$(told order | tail -n 1)" = poststart ]
    state_is poststart running "$pid"
    # the startContainer hook: inside, confined as the program, before it
    cp "/proc/$pid/root/dev/shm/start" "$OUT/start"
    grep -qE '^startContainer [0-9]+$' "$OUT/start" || fail "$(told start)"
    jq -ce 'select(.status == "created" and .pid == 1)' <(grep ociVersion "$OUT/start")
    grep -q '^MINE=1$' "$OUT/start" # the program's environment when it has none
    grep -q '^inside$' "$OUT/start"
    grep -q '^inside-name$' "$OUT/start"
    grep -qE '^Seccomp:[[:space:]]*2$' "$OUT/start"
    grep -qE '^NoNewPrivs:[[:space:]]*1$' "$OUT/start"
    [ "$(sed -n 's/^CapEff:[[:space:]]*//p' "$OUT/start")" = "$(status_field "$pid" CapEff)" ]
    ! grep -qE '^fd [4-9]' "$OUT/start" || fail "$(told start)" # 3: the script
    for kind in prestart createRuntime createContainer poststart; do
        for ns in mnt net pid uts ipc user cgroup; do
            case $kind:$ns in
            createContainer:mnt | createContainer:net | createContainer:pid | createContainer:uts | createContainer:ipc)
                [ "$(ns_in $kind $ns)" = "$(ns_of "$pid" $ns | sed 's/[^:]*://')" ] || fail "$kind: $ns is not the container's" || return 1
                ;;
            *:mnt | *:cgroup) ;; # a private view here; the cgroup namespace of createContainer is the container's
            *:user) [ "$(ns_in $kind $ns)" = "$(readlink /proc/self/ns/user | sed 's/[^:]*://')" ] || fail "$kind: $ns" || return 1 ;;
            *) [ "$(ns_in $kind $ns)" = "$(readlink /proc/self/ns/$ns | sed 's/[^:]*://')" ] || fail "$kind: $ns is not the host's" || return 1 ;;
            esac
        done
        [ "$(grep -v '^\(PWD\|SHLVL\|_\|OLDPWD\)=' "$OUT/env.$kind")" = "$(printf 'KIND=%s\nPATH=/bin:/usr/bin' $kind)" ] || fail "$(told env.$kind)" || return 1
        # its streams, the script (3), what ls opened
        [ "$(awk 'NR > 1 && $9 > 2 && $11 !~ /hook|\/fd$/ {n++} END {print n + 0}' "$OUT/fds.$kind")" = 0 ] || fail "$kind: $(told fds.$kind)" || return 1
        [ "$(sed -n 's/^SigBlk:[[:space:]]*//p; s/^SigIgn:[[:space:]]*//p' "$OUT/status.$kind" | tr -d '0\n')" = "" ] || fail "$kind: signals" || return 1
        [ "$(told cwd.$kind)" = "$(printf '%s\n0022\n/' "$BUNDLE")" ] || fail "$kind: $(told cwd.$kind)" || return 1
    done
    with delete --force "$ID"
    ok
    state_is poststop stopped 0
    [ "$(told order)" = "$(printf 'prestart\ncreateRuntime\ncreateContainer\npoststart\npoststop')" ] || fail "$(told order)"
    assert_gone "$ID"
}

@test "run: the same order, poststop at the end" {
    all_kinds
    set_args /bin/cat /dev/shm/start
    with run --bundle "$BUNDLE" "$ID"
    ok
    prints '^startContainer'
    [ "$(told order)" = "$(printf 'prestart\ncreateRuntime\ncreateContainer\npoststart\npoststop')" ] || fail "$(told order)"
    assert_gone "$ID"
}

@test "args and env are exact: no args means the path, no env means none" {
    cat >"$T/show.c" <<'C'
#include <stdio.h>
int main(int argc, char **argv, char **envp)
{
    FILE *f = fopen("OUTFILE", "w");
    for (int i = 0; i < argc; i++)
        fprintf(f, "arg %s\n", argv[i]);
    for (; *envp; envp++)
        fprintf(f, "env %s\n", *envp);
    return fclose(f);
}
C
    sed -i "s,OUTFILE,$OUT/shown," "$T/show.c"
    gcc -static -o "$POLICY/hook" "$T/show.c" || skip "no compiler"
    hook createRuntime
    SECRET=1 LD_PRELOAD='' with create --bundle "$BUNDLE" "$ID"
    ok
    [ "$(told shown)" = "arg /etc/casemate/hook" ] || fail "$(told shown)"
    with delete --force "$ID"
    configure '.hooks.createRuntime[0] += {args: ["a", "", "b c"], env: ["X=1", "Y", "X=2"]} | .process.env += ["LD_PRELOAD=/evil.so"]'
    with create --bundle "$BUNDLE" "$ID"
    ok
    [ "$(told shown)" = "$(printf 'arg a\narg \narg b c\nenv X=1\nenv Y\nenv X=2')" ] || fail "$(told shown)"
}

@test "a network hook reaches the container's network by the pid it is told" {
    script hook 'pid=$(sed "s/.*\"pid\":\([0-9]*\).*/\1/"); readlink /proc/$pid/ns/net >'"$OUT"'/net; nsenter --net=/proc/$pid/ns/net true && echo entered >>'"$OUT"'/net'
    hook createRuntime '{env: ["PATH=/bin:/usr/bin"]}'
    with create --bundle "$BUNDLE" "$ID"
    ok
    [ "$(told net)" = "$(ns_of "$(pid_of)" net; echo entered)" ] || fail "$(told net)"
}

@test "a hook keeps nothing of the launch: capabilities go when it changes its user" {
    command -v setpriv >/dev/null || skip "setpriv is not installed"
    script hook 'setpriv --reuid 1000 --regid 1000 --clear-groups grep ^CapEff /proc/self/status >'"$OUT"'/caps'
    hook createRuntime '{env: ["PATH=/bin:/usr/bin"]}'
    with create --bundle "$BUNDLE" "$ID"
    ok
    grep -qE '^CapEff:[[:space:]]*0+$' "$OUT/caps" || fail "$(told caps)"
}

@test "its own session, no terminal; its output is not the container's" {
    script hook 'sed "s/.*) //" /proc/$$/stat | cut -d" " -f 3,4,5 >'"$OUT"'/stat; echo $$ >>'"$OUT"'/stat; echo noise; echo noise >&2'
    hook createRuntime '{env: ["PATH=/bin:/usr/bin"]}'
    set_args /bin/echo program
    with run --bundle "$BUNDLE" "$ID"
    ok
    [ "$(cat "$T/out")" = program ]
    silent
    read -r group session terminal <"$OUT/stat"
    [ "$group" = "$session" ] && [ "$group" = "$(tail -n 1 "$OUT/stat")" ] && [ "$terminal" = 0 ]
}

@test "a large state is given whole, also to a hook that does not read it" {
    script hook 'wc -c >'"$OUT"'/size'
    hook createRuntime '{env: ["PATH=/bin:/usr/bin"]}'
    hook createRuntime '{env: ["PATH=/bin:/usr/bin"]}'
    head -c 300000 /dev/zero | tr '\0' x >"$T/large"
    configure --rawfile large "$T/large" '.annotations = {large: $large}'
    with create --bundle "$BUNDLE" "$ID"
    ok
    [ "$(told size)" -gt 300000 ]
    with delete --force "$ID"
    script hook 'exit 0'
    with create --bundle "$BUNDLE" "$ID"
    ok
}

# ---- failures ----

@test "a failing create hook fails create, says what it said, and leaves nothing" {
    local kind
    script hook 'cat >/dev/null; echo told; printf "bad \033[31m thing\n" >&2; exit 7'
    for kind in prestart createRuntime createContainer; do
        configure '.hooks = {}'
        hook $kind
        with create --bundle "$BUNDLE" "$ID"
        fails_with "error running $kind hook #0: exit status 7, stdout: told, stderr: bad .*thing" || return 1
        assert_gone "$ID" || return 1
        with run --bundle "$BUNDLE" "$ID"
        fails_with "error running $kind hook #0: exit status 7" || return 1
        assert_gone "$ID" || return 1
    done
}

@test "later hooks do not run after one that fails; poststop hooks do" {
    script hook 'echo "$1" >>'"$OUT"'/order; [ "$1" != second ]'
    hook createRuntime '{args: ["hook", "first"]}'
    hook createRuntime '{args: ["hook", "second"]}'
    hook createRuntime '{args: ["hook", "third"]}'
    hook createContainer '{args: ["hook", "fourth"]}'
    hook poststop '{args: ["hook", "last"]}'
    with create --bundle "$BUNDLE" "$ID"
    fails_with 'error running createRuntime hook #1: exit status 1'
    [ "$(told order)" = "$(printf 'first\nsecond\nlast')" ] || fail "$(told order)"
    assert_gone "$ID"
}

@test "no poststop hook for what never was a container" {
    script hook 'echo "$1" >>'"$OUT"'/order'
    hook poststop '{args: ["hook", "last"]}'
    set_args /missing
    with create --bundle "$BUNDLE" "$ID"
    fails_with 'no such file or directory'
    [ ! -e "$OUT/order" ]
}

@test "hooks that die or cannot be executed" {
    script hook 'kill -9 $$'
    hook createRuntime
    with create --bundle "$BUNDLE" "$ID"
    fails_with 'error running createRuntime hook #0: signal: killed, stdout: , stderr: "?$'
    printf 'no program' >"$POLICY/hook"
    with create --bundle "$BUNDLE" "$ID"
    fails_with 'error running createRuntime hook #0: fork/exec /etc/casemate/hook: Exec format error'
    printf '#!/missing/interpreter\n' >"$POLICY/hook"
    with create --bundle "$BUNDLE" "$ID"
    fails_with 'error running createRuntime hook #0: fork/exec /etc/casemate/hook: no such file or directory'
    assert_gone "$ID"
}

@test "a hook past its timeout is killed with its whole process group" {
    local kind
    hook_of_three
    for kind in prestart createContainer; do
        configure '.hooks = {}'
        hook $kind '{timeout: 1, env: ["PATH=/bin:/usr/bin"]}'
        with create --bundle "$BUNDLE" "$ID"
        fails_with "error running $kind hook #0: hook ran past specified timeout of 1.0s" || return 1
        eventually none_runs || fail "$kind: its processes are left" || return 1
        assert_gone "$ID" || return 1
    done
}

@test "a hook that never stops writing, to a slow reader, is killed at its timeout like any other" {
    command -v strace >/dev/null || skip "strace, which slows the reader down, is missing"
    hook createRuntime '{timeout: 1, env: ["PATH=/bin:/usr/bin"]}'
    local begin=$SECONDS
    script hook 'yes >&2 & yes' # for ever, if nobody ends it
    CT_TIMEOUT=15 with_slow_poll create --bundle "$BUNDLE" "$ID"
    fails_with 'hook ran past specified timeout of 1.0s'
    [ $((SECONDS - begin)) -lt 10 ] || fail "it took $((SECONDS - begin)) s"
    assert_gone "$ID"
}
with_slow_poll() {
    try "$CT_TOP/tests/lib/with-policy" "$T/etc" "$POLICY" strace -f -qq -o /dev/null -e trace=poll -e inject=poll:delay_exit=2000 "$RUNTIME" --root "$ROOT" "$@"
}

@test "output without end is bounded, and a process left in the background does not hold anything up" {
    hook createRuntime '{timeout: 20, env: ["PATH=/bin:/usr/bin"]}'
    local begin=$SECONDS
    script hook 'yes | head -c 3000000; sleep 1000 & echo $! >'"$OUT"'/sleep; exit 1'
    with create --bundle "$BUNDLE" "$ID"
    fails_with 'error running createRuntime hook #0: exit status 1'
    [ "$(wc -c <"$T/err")" -lt 8192 ]
    [ $((SECONDS - begin)) -lt 15 ]
    kill "$(told sleep)"
}

@test "a failing startContainer hook fails start and run" {
    printf '#!/bin/sh\necho inner trouble >&2; exit 3\n' >"$BUNDLE/rootfs/bin/start-hook"
    chmod 755 "$BUNDLE/rootfs/bin/start-hook"
    allow /bin/start-hook
    configure '.hooks.startContainer = [{path: "/bin/start-hook"}]'
    with create --bundle "$BUNDLE" "$ID"
    ok
    with start "$ID"
    fails_with 'error running startContainer hook #0: exit status 3, stdout: , stderr: inner trouble'
    wait_status stopped
    with delete "$ID"
    ok
    set_args /bin/echo program
    with run --bundle "$BUNDLE" "$ID"
    fails_with 'error running startContainer hook #0: exit status 3'
    ! grep -q program "$T/out"
    assert_gone "$ID"
}

@test "a startContainer hook that is not there is an error of create; past its timeout one of start" {
    allow /bin/start-hook
    configure '.hooks.startContainer = [{path: "/bin/start-hook", timeout: 1}]'
    with create --bundle "$BUNDLE" "$ID"
    fails_with 'startContainer hook #0: ..?/bin/start-hook..?: no such file or directory'
    assert_gone "$ID"
    printf '#!/bin/sh\nsleep 1235\n' >"$BUNDLE/rootfs/bin/start-hook"
    chmod 755 "$BUNDLE/rootfs/bin/start-hook"
    with create --bundle "$BUNDLE" "$ID"
    ok
    with start "$ID"
    fails_with 'error running startContainer hook #0: hook ran past specified timeout of 1.0s'
    wait_status stopped
    with delete "$ID"
    ok
}

@test "a failing poststart hook fails start and ends the container; run leaves nothing" {
    script hook 'echo "$1" >>'"$OUT"'/order; [ "$1" != bad ]'
    hook poststart '{args: ["hook", "bad"]}'
    hook poststop '{args: ["hook", "last"]}'
    with create --bundle "$BUNDLE" "$ID"
    ok
    with start "$ID"
    fails_with 'error running poststart hook #0: exit status 1'
    wait_status stopped
    with delete "$ID"
    ok
    with run --bundle "$BUNDLE" "$ID"
    fails_with 'error running poststart hook #0: exit status 1'
    assert_gone "$ID"
    [ "$(told order)" = "$(printf 'bad\nlast\nbad\nlast')" ] || fail "$(told order)"
}

@test "poststop hooks that fail or are gone are warnings: the container is deleted" {
    script hook 'exit 9'
    script hook2 'touch '"$OUT"'/second'
    allow hook hook2
    hook poststop
    hook poststop '{path: "/etc/casemate/hook2"}'
    with create --bundle "$BUNDLE" "$ID"
    ok
    with delete --force "$ID"
    ok
    says 'warning.*error running poststop hook #0: exit status 9'
    [ -e "$OUT/second" ] # the others run
    assert_gone "$ID"
    with create --bundle "$BUNDLE" "$ID"
    ok
    rm "$POLICY/hook" "$OUT/second"
    with delete --force "$ID"
    ok
    says 'warning.*error running poststop hook #0: .*no such file or directory'
    [ -e "$OUT/second" ]
    assert_gone "$ID"
    # what has changed hands since create is not run
    script hook "touch $OUT/stolen"
    with create --bundle "$BUNDLE" "$ID"
    ok
    chown 1000 "$POLICY/hook"
    with delete --force "$ID"
    ok
    says 'others than root may change it'
    [ ! -e "$OUT/stolen" ]
}

@test "hooks in the record are read strictly" {
    script hook ":"
    hook poststop '{args: ["a"], env: ["B=c"], timeout: 3}'
    with create --bundle "$BUNDLE" "$ID"
    ok
    [ "$(jq -c .poststop "$ROOT/$ID/state.json")" = '[{"path":"/etc/casemate/hook","args":["a"],"env":["B=c"],"timeout":3}]' ] || fail "$(cat "$ROOT/$ID/state.json")"
    cp "$ROOT/$ID/state.json" "$T/good"
    local change
    for change in '.poststop[0].more = 1' '.poststop[0].path = 3' '.poststop[0].timeout = -1' '.poststop = {}' '.poststop[0] = "x"' 'del(.poststop[0].path)' \
        '.poststop = [range(33) | {path: "/x"}]' '.poststop[0].args = [1]'; do
        jq -c "$change" "$T/good" >"$ROOT/$ID/state.json"
        ct state "$ID"
        [ "$status" = 1 ] || show "$change" || return 1
    done
    cp "$T/good" "$ROOT/$ID/state.json"
    with delete --force "$ID"
    ok
}

# ---- while one runs ----

# One that starts two more, which no other test has.
SLEEP="sleep 4321.$$"
hook_of_three() { script hook "$SLEEP & $SLEEP & wait"; }
both_run() { [ "$(pgrep -fx "$SLEEP" | wc -l)" = 2 ]; }
none_runs() { ! pgrep -fx "$SLEEP" >/dev/null; }

@test "SIGKILL of the runtime while a hook runs leaves no process of it and no container" {
    local kind runtime
    hook_of_three
    for kind in prestart createRuntime createContainer; do
        configure '.hooks = {}'
        hook $kind '{env: ["PATH=/bin:/usr/bin"]}'
        "$CT_TOP/tests/lib/with-policy" "$T/etc" "$POLICY" "$RUNTIME" --root "$ROOT" create --bundle "$BUNDLE" "$ID" >"$T/out" 2>&1 </dev/null 3>&- 4>&- &
        runtime=$!
        eventually both_run || fail "$kind: it does not run" || return 1
        kill -9 "$runtime"
        wait || true
        eventually none_runs || fail "$kind: processes of the hook are left" || return 1
        eventually eval '[ -z "$(ct_processes)" ]' || fail "$kind: processes of the container are left" || return 1
        with delete --force "$ID"
        assert_gone "$ID" || fail "$kind" || return 1
    done
}

@test "control: without the process between, what a hook has started outlives the runtime" {
    need_hook hookguard
    local left runtime
    hook_of_three
    hook createRuntime '{env: ["PATH=/bin:/usr/bin"]}'
    CASEMATE_TEST_WITHOUT=hookguard "$CT_TOP/tests/lib/with-policy" "$T/etc" "$POLICY" "$RUNTIME_TEST" --root "$ROOT" create --bundle "$BUNDLE" "$ID" \
        >"$T/out" 2>&1 </dev/null 3>&- 4>&- &
    runtime=$!
    eventually both_run
    kill -9 "$runtime"
    wait || true
    left=$(pgrep -fx "$SLEEP" | wc -l)
    pkill -fx "$SLEEP"
    [ "$left" -gt 0 ]
    with delete --force "$ID"
}

@test "state and kill work while a poststart hook runs" {
    script hook 'touch '"$OUT"'/begun; while [ ! -e '"$OUT"'/go ]; do sleep 0.05; done'
    hook poststart '{env: ["PATH=/bin:/usr/bin"]}'
    with create --bundle "$BUNDLE" "$ID"
    ok
    "$CT_TOP/tests/lib/with-policy" "$T/etc" "$POLICY" "$RUNTIME" --root "$ROOT" start "$ID" >"$T/start" 2>&1 </dev/null 3>&- 4>&- &
    eventually test -e "$OUT/begun"
    [ "$(status_of)" = running ]
    ct kill "$ID" KILL
    ok
    wait_status stopped
    touch "$OUT/go"
    wait
    with delete "$ID"
    ok
}

@test "a bundle's filter must leave what running startContainer hooks needs" {
    printf '#!/bin/sh\n:\n' >"$BUNDLE/rootfs/bin/start-hook"
    chmod 755 "$BUNDLE/rootfs/bin/start-hook"
    allow /bin/start-hook
    configure '.hooks.startContainer = [{path: "/bin/start-hook"}]
        | .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["waitid"], action: "SCMP_ACT_ERRNO"}]}'
    with create --bundle "$BUNDLE" "$ID"
    fails_with 'the profile must allow waitid, without which no container with startContainer hooks can start'
    assert_gone "$ID"
}

@test "a startContainer hook that never ends, which is the image's program, keeps nobody from deleting the container" {
    printf '#!/bin/sh\n: >/dev/shm/begun\nsleep 1000\n' >"$BUNDLE/rootfs/bin/start-hook"
    chmod 755 "$BUNDLE/rootfs/bin/start-hook"
    allow /bin/start-hook
    configure '.hooks.startContainer = [{path: "/bin/start-hook"}]'
    with create --bundle "$BUNDLE" "$ID"
    ok
    pid=$(pid_of)
    "$RUNTIME" --root "$ROOT" start "$ID" >"$T/started" 2>&1 </dev/null 3>&- &
    local start=$! begun
    eventually test -e "/proc/$pid/root/dev/shm/begun"
    begun=$SECONDS
    ct list -q
    prints "$ID"
    ct delete --force "$ID"
    ok
    [ $((SECONDS - begun)) -le 8 ] || fail "it took $((SECONDS - begun)) s"
    assert_gone "$ID"
    wait $start || true
}
