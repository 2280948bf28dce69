#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# A joining process beside the container's first one, field by field as the host's /proc shows both; and that it is no weaker however it is asked for.
load ../lib/common

setup() {
    need_root
    ct_setup
    make_bundle
}

dirty() { try python3 "$CT_TOP/tests/lib/dirty" "$@"; }

# Starts a sleeper in the container; its pid on the host in $joined.
join() { # EXEC-OPTIONS… (with ID)
    ct exec -d --pid-file "$T/joined" "$@"
    ok "exec" || return 1
    joined=$(cat "$T/joined")
    eventually executed "$joined"
}

same_status() { # FIELD…
    local field
    for field in "$@"; do
        [ "$(status_field "$pid" "$field")" = "$(status_field "$joined" "$field")" ] ||
            fail "$field: init has $(status_field "$pid" "$field"), exec has $(status_field "$joined" "$field")" || return 1
    done
}

same_everything() {
    local type file
    same_status Uid Gid Groups CapInh CapPrm CapEff CapBnd CapAmb NoNewPrivs Seccomp Seccomp_filters Speculation_Store_Bypass SpeculationIndirectBranch \
        SigBlk SigIgn Umask Cpus_allowed Mems_allowed || return 1
    for type in cgroup ipc mnt net pid pid_for_children time time_for_children user uts; do
        [ "$(ns_of "$pid" $type)" = "$(ns_of "$joined" $type)" ] || fail "$type namespace" || return 1
    done
    for file in limits cgroup oom_score_adj uid_map gid_map setgroups mountinfo personality coredump_filter timerslack_ns loginuid; do
        cmp -s <(cat "/proc/$pid/$file" 2>/dev/null) <(cat "/proc/$joined/$file" 2>/dev/null) ||
            fail "$file differs: $(diff "/proc/$pid/$file" "/proc/$joined/$file")" || return 1
    done
    for file in current exec apparmor/current; do
        [ -e "/proc/$pid/attr/$file" ] || continue
        [ "$(tr -d '\0' <"/proc/$pid/attr/$file" || true)" = "$(tr -d '\0' <"/proc/$joined/attr/$file" || true)" ] || fail "label $file" || return 1
    done
    [ "$(readlink "/proc/$pid/root")" = "$(readlink "/proc/$joined/root")" ]
    [ "$(stat -L -c %d:%i "/proc/$pid/root")" = "$(stat -L -c %d:%i "/proc/$joined/root")" ] || fail "another root" || return 1
    [ "$(fds_of "$joined")" = "0 1 2 " ] || fail "descriptors: $(fds_of "$joined")" || return 1
    [ "$(awk '{print $19, $41}' "/proc/$pid/stat")" = "$(awk '{print $19, $41}' "/proc/$joined/stat")" ] || fail "nice or policy" || return 1
    [ "$(awk '{print $6}' "/proc/$joined/stat")" = "$joined" ] || fail "no session of its own"
}

@test "init and exec are equal in every field" {
    configure '.process.capabilities |= map_values(["CAP_CHOWN", "CAP_KILL"]) | .process.rlimits = [{"type": "RLIMIT_NOFILE", "soft": 100, "hard": 200},
        {"type": "RLIMIT_STACK", "soft": 1048576, "hard": 2097152}] | .process.oomScoreAdj = 300 | .process.user.additionalGids = [5, 6] | .process.user.umask = 7'
    start_container
    join "$ID" sleep 1000
    same_everything
}

@test "also as another user, with a profile of the bundle, a writable mount, scheduling and clocks of its own" {
    configure '.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["getcwd"], "action": "SCMP_ACT_ERRNO"}]} |
        .process.user = {"uid": 1000, "gid": 1000} | .process.scheduler = {"policy": "SCHED_BATCH", "nice": 3} | .linux.namespaces += [{"type": "time"}] |
        .linux.timeOffsets = {"monotonic": {"secs": 1000}} | .linux.personality = {"domain": "LINUX"} | .process.noNewPrivileges = false'
    start_container
    join "$ID" sleep 1000
    same_everything
    [ "$(status_field "$joined" Seccomp_filters)" = 2 ]
    # without a scheduler of its own a process.json gets init's
    jq '.process | .args = ["/bin/sleep", "1000"] | del(.scheduler)' "$BUNDLE/config.json" >"$T/process.json"
    join -p "$T/process.json" "$ID"
    same_everything
}

@test "nothing that a careless caller has reaches a joining process" {
    start_container
    local fd
    dirty "$RUNTIME" --root "$ROOT" exec -d --pid-file "$T/joined" "$ID" sleep 1000
    ok
    joined=$(cat "$T/joined")
    eventually executed "$joined"
    same_everything
    ! tr '\0' '\n' <"/proc/$joined/environ" | grep -q leaked-from || fail "$(tr '\0' '\n' <"/proc/$joined/environ")"
    dirty "$RUNTIME" --root "$ROOT" exec "$ID" grep -E 'Umask|Sig(Blk|Ign)' /proc/self/status
    ok
    prints 'Umask:	0022$'
    prints 'SigBlk:	0000000000000000'
    prints 'SigIgn:	0000000000000000'
    dirty "$RUNTIME" --root "$ROOT" exec "$ID" env
    ok
    ! grep -q leaked-from "$T/out" || show "the environment came along"
}

@test "descriptors from 3 to 200 of every kind stay behind" {
    start_container
    cat >"$T/leak.py" <<'PY'
import os, select, socket, sys
kinds = [lambda: os.open("/", os.O_RDONLY | os.O_DIRECTORY), lambda: os.open("/etc/shadow", os.O_RDONLY), lambda: os.open("/", os.O_PATH),
         lambda: os.open("/proc/self/ns/mnt", os.O_RDONLY), lambda: socket.socketpair()[0].detach(), lambda: os.pipe()[1], lambda: os.pidfd_open(1),
         lambda: os.memfd_create("x"), lambda: select.epoll().fileno(), lambda: os.eventfd(0), lambda: os.open("/proc/self/root", os.O_RDONLY)]
keep = []
for fd in range(3, 201):
    made = kinds[fd % len(kinds)]
    keep.append(made)
    try:
        got = made()
        os.dup2(got, fd, inheritable=True)
    except OSError:
        os.dup2(0, fd, inheritable=True)
os.execvp(sys.argv[1], sys.argv[1:])
PY
    try python3 "$T/leak.py" "$RUNTIME" --root "$ROOT" exec -d --pid-file "$T/joined" "$ID" sleep 1000
    ok
    eventually executed "$(cat "$T/joined")"
    [ "$(fds_of "$(cat "$T/joined")")" = "0 1 2 " ]
    # control: they would be there
    need_hook closefds
    try python3 "$T/leak.py" env CASEMATE_TEST_WITHOUT=closefds "$RUNTIME_TEST" --root "$ROOT" exec -d --pid-file "$T/joined" "$ID" sleep 1000
    ok
    eventually executed "$(cat "$T/joined")"
    [ "$(fds_of "$(cat "$T/joined")")" != "0 1 2 " ]
}

@test "a directory or block device as standard stream is refused" {
    start_container
    status=0
    "$RUNTIME" --root "$ROOT" exec "$ID" true <"$T" >"$T/out" 2>"$T/err" 3>&- || status=$?
    exits 255 && says 'descriptor 0 is a directory'
}

# B09, B10: docker exec --privileged and its like.
@test "a process.json that asks for everything is refused, with every reason" {
    start_container
    jq '.process | .args = ["true"] | .capabilities = (["CAP_SYS_ADMIN", "CAP_NET_ADMIN", "CAP_SYS_PTRACE"] | {bounding: ., effective: ., permitted: ., inheritable: .}) |
        .apparmorProfile = "unconfined" | .noNewPrivileges = false | .scheduler = {"policy": "SCHED_FIFO", "priority": 1} | .oomScoreAdj = -1000' \
        "$BUNDLE/config.json" >"$T/process.json"
    ct exec -p "$T/process.json" "$ID"
    exits 255
    says 'refuses this process'
    says 'CAP_SYS_ADMIN'
    says 'CAP_NET_ADMIN'
    says 'CM-LSM-UNCONFINED'
    says 'CM-SCHED'
    ct exec --cap CAP_SYS_ADMIN "$ID" true
    exits 255 && says "not in the bounding set of the container's init"
    ct exec --cap CAP_NET_RAW "$ID" true # of the default set, which is dropped elsewhere: asked for by hand, it is refused
    exits 255 && says "not in the bounding set of the container's init"
    ct exec --apparmor unconfined "$ID" true
    exits 255 && says CM-LSM-UNCONFINED
}

@test "limits and score above init's come down to it, whatever process.json says" {
    configure '.process.rlimits = [{"type": "RLIMIT_NOFILE", "soft": 100, "hard": 200}] | .process.oomScoreAdj = 400'
    start_container
    jq '.process | .args = ["/bin/sleep", "1000"] | .rlimits = [{"type": "RLIMIT_NOFILE", "soft": 4096, "hard": 4096},
        {"type": "RLIMIT_CORE", "soft": 1000000, "hard": 1000000}] | .oomScoreAdj = -500 | .noNewPrivileges = false' "$BUNDLE/config.json" >"$T/process.json"
    join -p "$T/process.json" "$ID"
    [ "$(awk '/Max open files/ {print $4, $5}' "/proc/$joined/limits")" = "200 200" ]
    [ "$(awk '/Max core file/ {print $5, $6}' "/proc/$joined/limits")" = "$(awk '/Max core file/ {print $5, $6}' "/proc/$pid/limits")" ]
    [ "$(cat "/proc/$joined/oom_score_adj")" = 400 ]
    [ "$(status_field "$joined" NoNewPrivs)" = 1 ]
}

# B06
@test "inheritable capabilities stay empty, and a file that has some gives nothing" {
    start_container
    ct exec --cap CAP_KILL "$ID" grep -E 'Cap(Inh|Amb)' /proc/self/status
    ok
    [ "$(cat "$T/out")" = $'CapInh:\t0000000000000000\nCapAmb:\t0000000000000000' ]
}

# B07
@test "the groups are those that were asked for, and no others" {
    start_container
    ct exec -u 1000:1000 -g 1234 "$ID" id -G
    ok && prints '^1000 1234$'
    try setpriv --groups 4,20,27 "$RUNTIME" --root "$ROOT" exec "$ID" grep Groups /proc/self/status
    ok
    [ "$(tr -d ' \t' <"$T/out")" = Groups: ]
}

@test "Landlock holds a joining process as it holds init" {
    [ "$(cat /sys/kernel/security/lsm 2>/dev/null)" = "" ] || grep -q landlock /sys/kernel/security/lsm || skip "no Landlock"
    start_container
    ct exec "$ID" sh -c 'echo x >/dev/shm/file && cat /dev/shm/file; echo x >/bin/no'
    prints '^x$'
    # through the door that a caller might leave open: a file of the host as standard input, opened again by its path, which no rule covers
    echo secret >"$T/host-file"
    reopen() { "$@" sh -c 'cat /proc/self/fd/0' <"$T/host-file" >"$T/out" 2>"$T/err" 3>&- || true; }
    reopen "$RUNTIME" --root "$ROOT" exec "$ID"
    ! grep -q secret "$T/out" || show "it was opened again"
    says 'ermission denied'
    need_hook landlock
    without landlock create --bundle "$BUNDLE" "$ID-2"
    ok
    ct start "$ID-2"
    reopen env CASEMATE_TEST_WITHOUT=landlock "$RUNTIME_TEST" --root "$ROOT" exec "$ID-2"
    grep -q secret "$T/out" || show "control: something else blocks it"
}

@test "SIGKILL of exec at each of its steps leaves no process" {
    need_test_build
    local step
    start_container
    ct exec "$ID" true
    "$RUNTIME_TEST" --debug --root "$ROOT" exec "$ID" true </dev/null >/dev/null 2>"$T/debug" 3>&-
    # shellcheck disable=SC2013
    for step in $(grep -oE '(exec|join)-[a-z-]+' "$T/debug" | sort -u); do
        CASEMATE_TEST_KILL_AT=$step try "$RUNTIME_TEST" --root "$ROOT" exec "$ID" sleep 1000
        [ "$status" != 0 ] || fail "$step: it lives"
        eventually alone || fail "$step: processes left: $(cat "$(ct_cgroup_root)$(cgroup_of "$pid")/cgroup.procs")"
        CASEMATE_TEST_FAIL_AT=$step try "$RUNTIME_TEST" --root "$ROOT" exec "$ID" sleep 1000
        [ "$status" = 255 ] || fail "$step failed: status $status"
        eventually alone || fail "$step failed: processes left"
    done
    [ "$(grep -oE '(exec|join)-[a-z-]+' "$T/debug" | sort -u | wc -l)" -ge 30 ] || fail "steps: $(grep -oE '(exec|join)-[a-z-]+' "$T/debug" | sort -u | tr '\n' ' ')"
    # the parent, while the process works
    for step in join-inherited join-namespaces join-enter-userns join-ids join-capabilities join-filters; do
        CASEMATE_TEST_STOP_AT=$step "$RUNTIME_TEST" --root "$ROOT" exec "$ID" sleep 1000 </dev/null >/dev/null 2>"$T/stopped" 3>&- &
        local exec_pid=$!
        eventually grep -q "stopped at $step" "$T/stopped" || fail "$step was not reached"
        kill -KILL $exec_pid
        wait $exec_pid || true
        eventually alone || fail "parent killed at $step: $(cat "$(ct_cgroup_root)$(cgroup_of "$pid")/cgroup.procs")"
    done
}
alone() { [ "$(tr '\n' ' ' <"$(ct_cgroup_root)$(cgroup_of "$pid")/cgroup.procs")" = "$pid " ]; }
