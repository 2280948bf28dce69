#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# SIGKILL of the runtime at any moment leaves no process, and the id can be used again.
load ../lib/common

setup() {
    need_root
    ct_setup
    make_bundle
}

no_process() { [ -z "$(ct_processes)" ] && ! pgrep -f -- "$CT_TAG" >/dev/null; }

# After a killed create there may be a record, a cgroup and a held range, never a process; create and delete work.
usable_again() { # ID WHEN
    # Killed after it recorded the container, create has made one: it waits for start as confined as it will ever be, or it has ended. Until then
    # the next create clears what is left; now that is for delete.
    case $(status_of "$1" 2>/dev/null) in
    created)
        pid=$(pid_of "$1") # 0, or gone a moment later: it was still dying with its parent
        [ "$pid" = 0 ] || [ "$(status_field "$pid" Seccomp 2>/dev/null)" = 2 ] || ended "$pid" || fail "$2: a container half confined" || return 1
        ct delete --force "$1"
        ok "$2: delete of what was made" || return 1
        ;;
    stopped)
        ct delete "$1"
        ok "$2: delete of what was made and died" || return 1
        ;;
    esac
    eventually no_process || fail "$2: processes left: $(ct_processes | xargs -r ps -o pid,args -p)" || return 1
    create "$1"
    ok "$2: the next create" || return 1
    [ "$(status_of "$1")" = created ] || fail "$2: status $(status_of "$1")" || return 1
    ct delete --force "$1"
    ok "$2: delete" || return 1
    assert_gone "$1" || fail "$2"
}

# A create that lives has made a container, one that was killed must not have a process in it.
kill_after() { # SECONDS COMMAND…
    local delay=$1 child
    shift
    "$@" >"$T/out" 2>"$T/err" </dev/null 3>&- 4>&- &
    child=$!
    sleep "$delay"
    kill -9 $child 2>/dev/null || true
    status=0
    wait $child 2>/dev/null || status=$?
}

@test "create killed at random moments" {
    local i delay killed=0
    for ((i = 0; i < 120; i++)); do
        delay=$(awk -v i=$i 'BEGIN {printf "%.5f", i * 0.00006}')
        kill_after "$delay" "$RUNTIME" --root "$ROOT" create --bundle "$BUNDLE" "$ID"
        if [ "$status" = 137 ]; then
            killed=$((killed + 1))
            usable_again "$ID" "killed after $delay s" || return 1
        else
            [ "$status" = 0 ] || show "create, not killed" || return 1
            ct delete --force "$ID"
            ok || return 1
        fi
    done
    [ $killed -ge 5 ] || fail "only $killed of 120 were killed in time: nothing is proven"
}

@test "delete clears what a killed create left" {
    local i killed=0
    for ((i = 0; i < 40; i++)); do
        kill_after "$(awk -v i=$i 'BEGIN {printf "%.5f", i * 0.0001}')" "$RUNTIME" --root "$ROOT" create --bundle "$BUNDLE" "$ID"
        [ "$status" != 137 ] || killed=$((killed + 1))
        ct delete --force "$ID"
        ok "delete --force after round $i" || return 1
        eventually no_process || fail "round $i: processes left" || return 1
        assert_gone "$ID" || return 1
    done
    [ $killed -ge 1 ]
}

# The steps of a launch by name, as the tables of the program list them.
steps_of() { sed -n 's/^    {"\([a-z0-9-]*\)", .*/\1/p' "$CT_TOP/libruntime/run/$1.c"; }

@test "create killed at each named step: no process is left and the id can be used" {
    need_test_build
    local step n=0
    for step in $(steps_of create) $(steps_of child); do
        CASEMATE_TEST_KILL_AT=$step try "$RUNTIME_TEST" --root "$ROOT" create --bundle "$BUNDLE" "$ID"
        [ "$status" != 0 ] || fail "step $step: not killed" || return 1
        usable_again "$ID" "step $step" || return 1
        n=$((n + 1))
    done
    [ $n -ge 20 ] || fail "only $n steps"
}

@test "each step made to fail: a one-line error and nothing left" {
    need_test_build
    local step n=0
    for step in $(steps_of create) $(steps_of child); do
        CASEMATE_TEST_FAIL_AT=$step try "$RUNTIME_TEST" --root "$ROOT" create --bundle "$BUNDLE" "$ID"
        fails_with "$step" || fail "step $step" || return 1
        eventually no_process || fail "step $step: processes left" || return 1
        assert_gone "$ID" || fail "step $step" || return 1
        n=$((n + 1))
    done
    [ $n -ge 20 ]
    assert_no_residue
}

@test "create killed while its child is stopped at each step: the child dies with it" {
    need_test_build
    local step creator
    for step in $(steps_of child); do
        # held up before it has armed the signal, it would only find out when it goes on
        [ "$step" != child-parent-death ] || continue
        CASEMATE_TEST_STOP_AT=$step "$RUNTIME_TEST" --root "$ROOT" create --bundle "$BUNDLE" "$ID" >"$T/out" 2>"$T/err" </dev/null 3>&- 4>&- &
        creator=$!
        eventually grep -q "^stopped at $step\$" "$T/err" || { kill -9 $creator 2>/dev/null; fail "step $step: the child did not stop: $(cat "$T/err")"; } || return 1
        [ -n "$(ct_processes)" ] || fail "step $step: no child to look at" || return 1
        kill -9 $creator
        wait $creator 2>/dev/null || true
        eventually no_process || fail "step $step: the child survives: $(ct_processes | xargs -r ps -o pid,stat,args -p)" || return 1
        ct delete --force "$ID"
        assert_gone "$ID" || fail "step $step" || return 1
    done
}

@test "start killed before and after it let the container go" {
    need_test_build
    local step
    for step in start-before-byte start-after-byte; do
        create "$ID"
        ok
        CASEMATE_TEST_KILL_AT=$step try "$RUNTIME_TEST" --root "$ROOT" start "$ID"
        exits 137
        case $step in
        *before*) [ "$(status_of)" = created ] || fail "$step: $(status_of)" ;;
        *) case $(status_of) in created | running) ;; *) fail "$step: $(status_of)" ;; esac ;;
        esac || return 1
        ct delete --force "$ID"
        ok
        assert_gone "$ID" || return 1
    done
}

@test "run killed: its container does not survive half made" {
    local i
    for ((i = 0; i < 30; i++)); do
        kill_after "$(awk -v i=$i 'BEGIN {printf "%.5f", i * 0.0002}')" "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
        ct delete --force "$ID"
        ok "round $i" || return 1
        eventually no_process || fail "round $i: processes left" || return 1
    done
}

@test "delete killed: the next delete finishes" {
    local i
    for ((i = 0; i < 25; i++)); do
        create "$ID"
        ok || return 1
        kill_after "$(awk -v i=$i 'BEGIN {printf "%.5f", i * 0.0001}')" "$RUNTIME" --root "$ROOT" delete --force "$ID"
        ct delete --force "$ID"
        ok "round $i" || return 1
        assert_gone "$ID" || return 1
    done
}

@test "the parent of create dies: the container waits on" {
    sh -c '"$0" --root "$1" create --bundle "$2" "$3" >/dev/null 2>&1 </dev/null 3>&-' "$RUNTIME" "$ROOT" "$BUNDLE" "$ID"
    [ "$(status_of)" = created ]
    ct start "$ID"
    ok
    [ "$(status_of)" = running ]
}

@test "init cannot be started by anyone but start: the barrier holds" {
    set_args /bin/sh -c 'echo started'
    create "$ID"
    ok
    pid=$(pid_of)
    kill -CONT "$pid"
    kill -TERM "$pid" 2>/dev/null || true
    sleep 0.3
    [ ! -s "$T/out" ] || show "the program ran before start"
}
