# SPDX-License-Identifier: LGPL-2.1-or-later
# exec as its callers see it: options, process.json, statuses, messages, pid files, and that a failed one leaves nothing.

load ../lib/common

setup() {
    ct_setup
    make_bundle
}

# A failure of exec: 255, one line with the prefix, and no process but init's left.
exec_fails() { # EXTENDED-REGEX
    [ "$status" = 255 ] || show "exit status should be 255" || return 1
    [ "$(errors | grep -c .)" = 1 ] || show "the error should be one line" || return 1
    says "exec failed: .*($1)"
}
processes_in_cgroup() { wc -l <"$(ct_cgroup_root)$(cgroup_of "$pid")/cgroup.procs"; }
only_init() { [ "$(processes_in_cgroup)" = 1 ]; }
process_json() { # JQ-EXPRESSION: process.json from the bundle's process
    jq ".process | .args = [\"/bin/true\"] | $1" "$BUNDLE/config.json" >"$T/process.json"
}

@test "exec runs a program, passes its streams and returns its status" {
    start_container
    ct exec "$ID" /bin/sh -c 'echo out; echo err >&2; exit 7'
    exits 7
    prints '^out$'
    says '^err$'
    status=0
    echo in | "$RUNTIME" --root "$ROOT" exec "$ID" cat >"$T/out" 3>&- || status=$?
    ok && prints '^in$'
    ct exec "$ID" true
    ok
    eventually only_init
}

@test "128 plus the signal that ended it, and signals are passed on" {
    start_container
    ct exec "$ID" /bin/sh -c 'kill -9 $$'
    exits 137
    "$RUNTIME" --root "$ROOT" exec "$ID" /bin/sh -c 'trap "exit 42" USR1; echo ready; while :; do sleep 0.1; done' >"$T/out" 3>&- &
    local exec_pid=$!
    eventually grep -q ready "$T/out"
    kill -USR1 $exec_pid
    status=0
    wait $exec_pid || status=$?
    exits 42
}

@test "arguments are the program's from the first word on" {
    start_container
    ct exec "$ID" echo -n --cwd / -- "a b" ''
    ok
    [ "$(cat "$T/out")" = "--cwd / -- a b " ]
    ct exec -- "$ID" echo x
    ok
}

@test "--cwd, --env, --user and --additional-gids shape the process" {
    start_container
    ct exec --cwd /tmp -e A=1,2 --env B=x -e A=3 "$ID" /bin/sh -c 'pwd; echo $A; echo $B'
    ok
    [ "$(cat "$T/out")" = $'/tmp\n3\nx' ]
    ct exec -u 1000:1001 -g 5 --additional-gids=6 "$ID" sh -c 'id -u; id -g; id -G; echo $HOME; grep CapEff /proc/self/status'
    ok
    [ "$(cat "$T/out")" = $'1000\n1001\n1001 5 6\n/home\nCapEff:\t0000000000000000' ]
    ct exec --user 1000 "$ID" id -g
    prints '^0$' # the group stays the configuration's
}

@test "wrong options are refused in runc's words" {
    start_container
    ct exec "$ID"
    exec_fails 'exec args cannot be empty'
    ct exec -u root "$ID" true
    exec_fails 'bad uid'
    ct exec -u 1000:users "$ID" true
    exec_fails 'bad gid'
    ct exec -u 1000:-1 "$ID" true
    exec_fails 'bad gid'
    ct exec -g x "$ID" true
    exec_fails 'bad gid'
    ct exec -u 70000 "$ID" true
    exec_fails 'CM-ID-USER'
    ct exec -e =x "$ID" true
    exec_fails 'CM-ENV'
    ct exec --cwd relative "$ID" true
    exec_fails 'CM-CWD'
    ct exec --cwd /proc/self/fd/3 "$ID" true
    exec_fails 'CM-CWD'
    ct exec --cap CAP_NOPE "$ID" true
    exec_fails 'CM-CAP-UNKNOWN'
    ct exec --unknown "$ID" true
    exits 255
    ct exec
    exits 255
    only_init
}

@test "what cannot be executed is said in the words that engines know" {
    start_container
    ct exec "$ID" nothere
    exec_fails 'unable to start container process: exec: \\?"nothere\\?": executable file not found in \$PATH'
    ct exec "$ID" /nothere
    exec_fails 'unable to start container process: exec: \\?"/nothere\\?": stat /nothere: no such file or directory'
    ct exec "$ID" /etc/passwd
    exec_fails 'exec: \\?"/etc/passwd\\?": permission denied'
    ct exec "$ID" /etc
    exec_fails 'exec: \\?"/etc\\?": is a directory'
    ct exec --cwd /nothere "$ID" true
    exec_fails 'chdir to cwd \(\\?"/nothere\\?"\) set in config.json failed'
    only_init
}

@test "unknown, stopped and paused containers" {
    ct exec "$ID" true
    exits 255
    says 'exec failed: container does not exist'
    start_container
    echo 1 >"$(ct_cgroup_root)$(cgroup_of "$pid")/cgroup.freeze"
    ct exec "$ID" true
    exec_fails 'cannot exec in a paused container \(use --ignore-paused to override\)'
    CT_TIMEOUT=60 "$RUNTIME" --root "$ROOT" exec --ignore-paused "$ID" echo thawed >"$T/out" 2>"$T/err" 3>&- &
    local exec_pid=$!
    eventually grep -q 'is paused' "$T/err" # not without a word
    [ ! -s "$T/out" ]
    echo 0 >"$(ct_cgroup_root)$(cgroup_of "$pid")/cgroup.freeze"
    wait $exec_pid
    prints '^thawed$'
    ct kill "$ID" KILL
    wait_status stopped
    ct exec "$ID" true
    exits 255
    says 'cannot exec in a stopped container'
}

@test "a process can join while init waits at the barrier" {
    create "$ID"
    ok
    ct exec "$ID" sh -c 'echo $$; id -u'
    ok && prints '^2$'
    [ "$(status_of)" = created ]
    ct start "$ID"
    ok
}

@test "--detach returns at once; the pid file holds the host's pid, digits only" {
    start_container
    ct exec -d --pid-file "$T/pid" "$ID" sleep 100
    ok && silent
    [[ "$(cat "$T/pid")" =~ ^[0-9]+$ ]]
    [ "$(wc -l <"$T/pid")" = 0 ]
    eventually executed "$(cat "$T/pid")"
    [ "$(tr '\0' ' ' <"/proc/$(cat "$T/pid")/cmdline")" = "sleep 100 " ]
    [ "$(processes_in_cgroup)" = 2 ]
    ct exec -d --pid-file "$T/nothere/pid" "$ID" sleep 100
    exec_fails 'pid file'
    [ "$(processes_in_cgroup)" = 2 ]
    ct delete --force "$ID"
    ok
    ended "$(cat "$T/pid")"
}

@test "a detached process becomes the child of the caller's subreaper, which sees its status" {
    start_container
    cat >"$T/reap.py" <<'PY'
import ctypes, os, subprocess, sys
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
subprocess.run(sys.argv[2:], check=True)
pid = int(open(sys.argv[1]).read())
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
PY
    try python3 "$T/reap.py" "$T/pid" "$RUNTIME" --root "$ROOT" exec -d --pid-file "$T/pid" "$ID" sh -c 'sleep 0.3; exit 9'
    ok && prints '^9$'
}

@test "process.json is taken whole, and the options that shape a process are ignored" {
    start_container
    process_json '.args = ["sh", "-c", "pwd; echo $X; id -u"] | .cwd = "/tmp" | .env += ["X=1"] | .user = {"uid": 1000, "gid": 1000}'
    ct exec --process "$T/process.json" --cwd / --user 5 --env X=2 "$ID"
    ok
    [ "$(cat "$T/out")" = $'/tmp\n1\n1000' ]
    process_json '.capabilities = null | .unknownKey = {"a": 1}' # unknown keys are ignored, as the specification says
    ct exec -p "$T/process.json" "$ID"
    ok
    cp "$BUNDLE/config.json" "$T/config.json" && rm "$BUNDLE/config.json" # not needed with a process.json
    ct exec -p "$T/process.json" "$ID"
    ok
    ct exec "$ID" true
    exec_fails 'config.json'
}

@test "a bad process.json gets a clear error" {
    start_container
    local bad
    ct exec -p "$T/nothere.json" "$ID"
    exec_fails 'nothere.json.*No such file'
    ct exec -p "$T" "$ID"
    exec_fails 'directory'
    mkfifo "$T/fifo"
    ct exec -p "$T/fifo" "$ID"
    exec_fails 'regular file'
    for bad in '' '{' '[]' 'null' '{"args":["a"],"cwd":"/","user":{},"args":["b"]}' '{"args":["a"],"user":{"uid":0,"gid":0}}' '{"args":["a"],"cwd":"/"}' \
        '{"Args":["a"],"cwd":"/","user":{"uid":0,"gid":0}}' '{"args":"a","cwd":"/","user":{"uid":0,"gid":0}}' '{"args":[],"cwd":"/","user":{"uid":0,"gid":0}}' \
        '{"args":["a\u0000b"],"cwd":"/","user":{"uid":0,"gid":0}}' '{"args":["a"],"cwd":"/","user":{"uid":4294967296,"gid":0}}'; do
        printf '%s' "$bad" >"$T/bad.json"
        ct exec -p "$T/bad.json" "$ID"
        exec_fails . || fail "for $bad"
    done
    { printf '{"args":["'; head -c $((4 << 20)) /dev/zero | tr '\0' a; printf '"],"cwd":"/","user":{"uid":0,"gid":0}}'; } >"$T/bad.json"
    ct exec -p "$T/bad.json" "$ID"
    exec_fails 'too large|too big|larger|File too large'
    only_init
}

@test "what engines write into process.json is understood" {
    start_container
    # docker and containerd ask for their default capabilities and a score; what init may not have is dropped, not refused
    process_json '.capabilities = (["CAP_CHOWN","CAP_DAC_OVERRIDE","CAP_FSETID","CAP_FOWNER","CAP_MKNOD","CAP_NET_RAW","CAP_SETGID","CAP_SETUID",
        "CAP_SETFCAP","CAP_SETPCAP","CAP_NET_BIND_SERVICE","CAP_SYS_CHROOT","CAP_KILL","CAP_AUDIT_WRITE"] | {bounding: ., effective: ., permitted: .}) |
        .oomScoreAdj = 0 | .args = ["grep", "Cap", "/proc/self/status"] | del(.noNewPrivileges, .rlimits)'
    ct exec -p "$T/process.json" "$ID"
    ok
    [ "$(sed -n 's/CapBnd:\t//p' "$T/out")" = "$(status_field "$pid" CapBnd)" ]
    [ "$(sed -n 's/CapInh:\t//p' "$T/out")" = 0000000000000000 ]
}

@test "--cgroup names a cgroup below the container's, nothing else" {
    start_container
    local cgroup other
    cgroup=$(ct_cgroup_root)$(cgroup_of "$pid")
    other=$(dirname "$cgroup")/$CT_TAG-1x # begins with the same text
    mkdir "$cgroup/sub" "$cgroup/sub/below" "$other"
    ct exec --cgroup sub/below "$ID" sed -n 's/^0:://p' /proc/self/cgroup
    ok && prints '^/sub/below$'
    ct exec --cgroup / "$ID" sed -n 's/^0:://p' /proc/self/cgroup
    ok && prints '^/$'
    local bad
    for bad in .. ../x sub/.. sub/../.. ../"$CT_TAG-1x" /sub /sys/fs/cgroup . ./sub sub//below; do
        ct exec --cgroup "$bad" "$ID" true
        exec_fails 'bad sub cgroup path' || fail "for $bad"
    done
    ct exec --cgroup nothere "$ID" true
    exec_fails 'No such file'
    ct exec --cgroup cgroup.procs "$ID" true
    exec_fails 'Not a directory'
    ct exec --cgroup memory:sub "$ID" true
    exec_fails 'unknown controller'
    ct exec --cgroup sub --cgroup sub "$ID" true
    exec_fails 'once'
    only_init
    rmdir "$cgroup/sub/below" "$cgroup/sub" "$other"
}

@test "twenty at once" {
    start_container
    local i pids=()
    for ((i = 0; i < 20; i++)); do
        "$RUNTIME" --root "$ROOT" exec "$ID" sh -c "echo $i; exit $i" >"$T/out.$i" 2>"$T/err.$i" 3>&- &
        pids+=($!)
    done
    for ((i = 0; i < 20; i++)); do
        status=0
        wait "${pids[i]}" || status=$?
        [ "$status" = "$i" ] || fail "number $i exited with $status: $(cat "$T/err.$i")"
        [ "$(cat "$T/out.$i")" = "$i" ]
    done
    eventually only_init
}

@test "execs while the container is killed and deleted either run or say why not" {
    local round i pids
    for round in 1 2 3; do
        start_container "$ID"
        pids=()
        for ((i = 0; i < 8; i++)); do
            "$RUNTIME" --root "$ROOT" exec "$ID" sleep 0.05 >"$T/out.$i" 2>"$T/err.$i" 3>&- &
            pids+=($!)
        done
        ct delete --force "$ID"
        ok
        for ((i = 0; i < 8; i++)); do
            status=0
            timeout 20 tail --pid="${pids[i]}" -f /dev/null
            wait "${pids[i]}" || status=$?
            case $status in
            0 | 137) ;;
            255) [ "$(grep -c . "$T/err.$i")" = 1 ] || fail "$(cat "$T/err.$i")" ;;
            *) fail "status $status: $(cat "$T/err.$i")" ;;
            esac
        done
        assert_gone "$ID"
    done
}
