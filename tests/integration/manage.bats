#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Managing a container that is there: ps, pause, resume, and what is refused. The host's view of the cgroup is the judge.
load ../lib/common

setup() {
    need_root
    ct_setup
    make_bundle
}

frozen() { # ID: as the kernel's file says
    [ "$(sed -n 's/^frozen //p' "$(ct_cgroups "$1" | head -1)/cgroup.events")" = "$2" ]
}
stopped_container() {
    start_container
    ct kill "$ID" KILL
    wait_status stopped
}

# ---- ps ----

@test "ps: host pids of the whole cgroup as JSON" {
    set_args /bin/sh -c 'sleep 1000 & sleep 1000 & wait'
    start_container
    eventually three_processes || fail "$(ct_processes)"
    ct ps --format json "$ID"
    ok
    silent
    [ "$(wc -l <"$T/out")" = 1 ]
    [ "$(jq -r '.[]' "$T/out" | sort)" = "$(ct_processes | sort)" ] || show "should be $(ct_processes | tr '\n' ' ')"
    ct ps -f json "$ID"
    ok
    jq -e 'index('"$pid"') != null' "$T/out"
}
three_processes() { [ "$(ct_processes | wc -l)" = 3 ]; }

@test "ps: the host's table, only the container's lines" {
    set_args /bin/sh -c 'sleep 1001 & sleep 1002 & wait'
    start_container
    eventually three_processes || fail "$(ct_processes)"
    ct ps "$ID"
    ok
    silent
    [ "$(wc -l <"$T/out")" = 4 ] || show "header and three lines"
    head -1 "$T/out" | grep -qE '^UID +PID +PPID'
    prints "$pid .*sh -c sleep"
    prints 'sleep 1001'
    ! grep -q 'bats' "$T/out" || show "a line of somebody else"
}

@test "ps: options after the id are ps's own" {
    start_container
    ct ps "$ID" -o pid,args
    ok
    head -1 "$T/out" | grep -qE '^ *PID COMMAND'
    [ "$(wc -l <"$T/out")" = 1 ] || [ "$(wc -l <"$T/out")" = 2 ]
    ct ps "$ID" aux
    ok
    prints "^[^ ]+ +$pid .*sleep 1000"
    ct ps "$ID" -e -o args
    fails_with "couldn't find PID field in ps output"
    ct ps "$ID" --no-such-option
    fails_with 'exit status 1: ps: '
    ct ps -f yaml "$ID"
    fails_with 'invalid format option'
}

@test "ps: PATH of the caller is not asked for a ps" {
    start_container
    mkdir "$T/bin"
    printf '#!/bin/sh\ntouch %s/ran\n' "$T" >"$T/bin/ps"
    chmod +x "$T/bin/ps"
    PATH="$T/bin:$PATH" ct ps "$ID"
    ok
    [ ! -e "$T/ran" ]
}

@test "ps: a created container, a paused one, a stopped one" {
    create "$ID"
    ok
    ct ps -f json "$ID"
    [ "$(jq -c . "$T/out")" = "[$(pid_of)]" ] || show
    ct start "$ID"
    ct pause "$ID"
    ok
    ct ps -f json "$ID"
    [ "$(jq length "$T/out")" = 1 ] || show
    ct kill "$ID" KILL
    wait_status stopped
    ct ps -f json "$ID"
    ok
    [ "$(cat "$T/out")" = '[]' ]
    ct ps "$ID"
    ok
    [ "$(wc -l <"$T/out")" = 1 ]
    prints '^UID '
}

@test "ps: what a process calls itself reaches no terminal unmasked" {
    set_args /bin/sh -c 'exec -a "$(printf "x\033]0;owned\007")" sleep 1000 2>/dev/null || exec sleep 1000 "$(printf "\033]0;owned\007")"'
    start_container
    sleep 0.2
    ct ps "$ID"
    ok
    ! LC_ALL=C grep -q "$(printf '[\033\007]')" "$T/out" || fail "control characters"
}

# ---- pause and resume ----

@test "pause freezes every process, resume lets them go on" {
    set_args /bin/sh -c 'i=0; while :; do i=$((i+1)); echo $i; sleep 0.02; done'
    start_container
    ct pause "$ID"
    ok
    silent
    frozen "$ID" 1
    [ "$(status_of)" = paused ]
    before=$(awk '{print $14 + $15}' "/proc/$pid/stat")
    sleep 0.3
    [ "$(awk '{print $14 + $15}' "/proc/$pid/stat")" = "$before" ]
    ct list
    prints "^$ID +$pid +paused"
    ct resume "$ID"
    ok
    silent
    frozen "$ID" 0
    [ "$(status_of)" = running ]
}

@test "pause of a created container, and its start" {
    create "$ID"
    ok
    ct pause "$ID"
    ok
    [ "$(status_of)" = paused ]
    ct start "$ID"
    fails_with 'cannot start a container in the paused state'
    ct resume "$ID"
    ok
    [ "$(status_of)" = created ]
    ct start "$ID"
    ok
    [ "$(status_of)" = running ]
}

@test "what cannot be paused or resumed says so" {
    start_container
    ct resume "$ID"
    fails_with 'container not paused'
    ct pause "$ID"
    ok
    ct pause "$ID"
    fails_with 'container not running'
    ct resume "$ID"
    ok
    ct kill "$ID" KILL
    wait_status stopped
    ct pause "$ID"
    fails_with 'container not running'
    ct resume "$ID"
    fails_with 'container not paused'
}

@test "SIGKILL ends a paused container and leaves nothing frozen" {
    set_args /bin/sh -c 'sleep 1000 & trap "" TERM; while :; do sleep 1; done'
    start_container
    ct pause "$ID"
    ok
    ct kill "$ID" KILL
    ok
    wait_status stopped
    ended "$pid"
    ct delete "$ID"
    ok
    assert_gone "$ID"
}

@test "a signal to a paused container acts when it is resumed" {
    set_args /bin/sh -c 'trap "exit 7" TERM; while :; do sleep 0.02; done'
    start_container
    eventually catches "$pid" 15
    ct pause "$ID"
    ok
    ct kill "$ID" TERM
    ok
    sleep 0.2
    [ "$(status_of)" = paused ]
    ct resume "$ID"
    ok
    wait_status stopped
}

@test "delete of a paused container needs force, and force is enough" {
    start_container
    ct pause "$ID"
    ok
    ct delete "$ID"
    fails_with "cannot delete container $ID that is not stopped: paused"
    ct delete --force "$ID"
    ok
    assert_gone "$ID"
}

@test "a frozen cgroup above is named when resume does not help" {
    configure --arg p "/$CT_TAG-above/$ID" '.linux.cgroupsPath = $p'
    start_container
    ct pause "$ID"
    ok
    echo 1 >"$(ct_cgroup_root)/$CT_TAG-above/cgroup.freeze"
    CT_TIMEOUT=20 ct resume "$ID"
    echo 0 >"$(ct_cgroup_root)/$CT_TAG-above/cgroup.freeze"
    fails_with 'still frozen after 10000 ms; a cgroup above it may be frozen'
    ct delete --force "$ID"
    ok
}

# ---- checkpoint and restore ----

@test "checkpoint and restore take the options of other runtimes and are refused with a code" {
    start_container
    ct checkpoint --image-path "$T/i" --work-path "$T/w" --leave-running --tcp-established --ext-unix-sk --shell-job --file-locks --empty-ns network \
        --manage-cgroups-mode=full --page-server 127.0.0.1:9 --status-fd 3 --lazy-pages --pre-dump --auto-dedup --link-remap --tcp-skip-in-flight \
        --parent-path x "$ID"
    fails_with 'casemate policy refuses to checkpoint this container: \[CM-CHECKPOINT\] .*create it anew'
    [ "$(status_of)" = running ]
    ct restore --image-path "$T/i" --work-path "$T/w" --detach --pid-file "$T/p" --no-pivot -no-subreaper --bundle "$BUNDLE" --lsm-profile selinux:x \
        --lsm-mount-context y --console-socket "$T/s" --empty-ns network "$CT_TAG-2"
    fails_with 'casemate policy refuses to restore a container: \[CM-CHECKPOINT\]'
    [ ! -e "$T/p" ]
    ct checkpoint "$CT_TAG-none"
    fails_with 'container does not exist'
    ct checkpoint --no-such-flag "$ID"
    exits 1
    grep -q '^Incorrect Usage: flag provided but not defined: -no-such-flag' "$T/out"
}

# ---- events ----

@test "events --stats: one line with runc's members, numbers from the cgroup" {
    set_args /bin/sh -c 'i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; exec sleep 1000'
    start_container
    sleep 0.5
    ct events --stats "$ID"
    ok
    silent
    [ "$(wc -l <"$T/out")" = 1 ]
    [ "$(jq -r '.type + " " + .id' "$T/out")" = "stats $ID" ]
    [ "$(jq -c '.data | keys_unsorted' "$T/out")" = '["cpu","cpuset","memory","pids","blkio","hugetlb","intel_rdt","network_interfaces"]' ] || show keys
    jq -e '.data.cpu.usage.total > 0 and .data.pids.current == 1' "$T/out" || show numbers
    total=$(awk '/^usage_usec/ {print $2 * 1000}' "$(ct_cgroups "$ID" | head -1)/cpu.stat")
    [ "$(jq .data.cpu.usage.total "$T/out")" -le "$total" ]
}

@test "events: statistics at every interval, and the end with the container" {
    set_args /bin/sleep 1
    start_container
    SECONDS=0
    CT_TIMEOUT=20 ct events --interval 200ms "$ID"
    ok
    [ "$SECONDS" -le 5 ] || fail "it took $SECONDS s"
    n=$(wc -l <"$T/out")
    [ "$n" -ge 2 ] && [ "$n" -le 6 ] || show "about four lines in a second"
    [ "$(jq -r .type "$T/out" | sort -u)" = stats ]
    wait_status stopped
    ct events --interval 1s "$ID"
    fails_with "container with id $ID is not running"
    ct events --stats "$ID"
    fails_with "container with id $ID is not running"
}

@test "events ends when the container is deleted, and when its reader goes away" {
    start_container
    "$RUNTIME" --root "$ROOT" events --interval 1h "$ID" >"$T/events" 2>&1 3>&- &
    watcher=$!
    watches() { readlink "/proc/$watcher/fd/"* | grep -q '/cgroup\.events$' && grep -q '^State:.S' "/proc/$watcher/status"; }
    eventually watches
    ct delete --force "$ID"
    ok
    eventually ended "$watcher" || fail "still watching"
    wait "$watcher" || fail "$(cat "$T/events")"
    start_container
    mkfifo "$T/fifo"
    "$RUNTIME" --root "$ROOT" events --interval 1h "$ID" >"$T/fifo" 2>"$T/events" 3>&- &
    watcher=$!
    exec 9<"$T/fifo"
    exec 9<&-
    eventually ended "$watcher" || fail "still watching for nobody"
}

@test "events: intervals that are none" {
    start_container
    local interval
    for interval in 0 0s -5s; do
        ct events "--interval=$interval" "$ID"
        fails_with 'duration interval must be greater than 0'
    done
    for interval in 5 x 1y '' ' 5s'; do
        [ -n "$interval" ] || continue
        ct events --interval "$interval" "$ID"
        fails_with 'for flag -interval'
    done
    ct events "$CT_TAG-none"
    fails_with 'container does not exist'
}

# ---- update ----

# This host may have no controllers: then every limit is refused by that, and nothing of it is written.
limits_work() { [ -e "$(ct_cgroups "$1" | head -1)/pids.max" ]; }

@test "update: limits change, and what cannot be enforced is refused with its code" {
    start_container
    dir=$(ct_cgroups "$ID" | head -1)
    ct update --pids-limit 17 --memory 64m "$ID"
    if limits_work "$ID"; then
        ok
        [ "$(cat "$dir/pids.max")" = 17 ]
        [ "$(cat "$dir/memory.max")" = 67108864 ]
        [ "$(cat "$dir/memory.swap.max" 2>/dev/null || echo 0)" = 0 ]
        ct update --pids-limit -1 "$ID"
        ok
        [ "$(cat "$dir/pids.max")" = 32768 ]
        # whole or not at all: no host has that CPU
        try sh -c 'echo "{\"pids\":{\"limit\":5},\"cpu\":{\"cpus\":\"8191\"}}" | "$@"' sh "$RUNTIME" --root "$ROOT" update -r - "$ID"
        fails_with '/linux/resources/cpu/cpus: '
        [ "$(cat "$dir/pids.max")" = 32768 ]
    else
        fails_with '\[CM-LIMIT-UNENFORCEABLE\] /linux/resources/pids/limit: the pids controller is not available in '
    fi
    [ "$(status_of)" = running ]
}

@test "update: resources from a file and from standard input" {
    start_container
    echo '{}' >"$T/r.json"
    ct update --resources "$T/r.json" "$ID"
    ok
    silent
    ct update -r "$T/r.json" --memory nonsense "$ID" # a document makes the other options void
    ok
    try sh -c 'echo "{\"devices\":[{\"allow\":false,\"access\":\"rwm\"}],\"memory\":{},\"cpu\":{}}" | "$@"' sh "$RUNTIME" --root "$ROOT" update --resources=- "$ID"
    ok
    try sh -c 'echo "{\"memory\":{\"limit\":\"1g\"}}" | "$@"' sh "$RUNTIME" --root "$ROOT" update --resources - "$ID"
    fails_with '/memory/limit: '
    try sh -c 'printf "{" | "$@"' sh "$RUNTIME" --root "$ROOT" update --resources - "$ID"
    exits 1
    ct update --resources "$T/none.json" "$ID"
    fails_with 'cannot read the resources file .*none.json: No such file'
    ct update --resources /dev/zero "$ID"
    fails_with 'cannot read the resources file'
    ct update "$ID"
    ok
}

@test "update: values that are none are named" {
    start_container
    local pair
    for pair in 'cpu-idle=x' 'cpu-burst=-1' 'cpu-period=1.5' 'cpu-quota=99999999999999999999' 'cpu-share=' 'memory=12x' 'memory-swap=-2' \
        'memory-reservation=1kk' 'pids-limit=many' 'blkio-weight=70000' 'cpu-rt-period=x' 'cpu-rt-runtime=x'; do
        [ "${pair#*=}" != '' ] || continue
        ct update "--$pair" "$ID"
        fails_with "invalid value for ${pair%%=*}: "
    done
    ct update --l3-cache-schema 'L3:0=f' "$ID"
    fails_with '\[CM-RDT\]'
    ct update --mem-bw-schema 'MB:0=10' "$ID"
    fails_with '\[CM-RDT\]'
    ct update --kernel-memory 5m --kernel-memory-tcp=6m "$ID"
    ok "obsolete options have no effect"
    try sh -c 'echo "{\"unified\":{\"cgroup.procs\":\"1\"}}" | "$@"' sh "$RUNTIME" --root "$ROOT" update -r - "$ID"
    fails_with '\[CM-UNIFIED\] /linux/resources/unified/cgroup.procs'
}

@test "update of a stopped, a paused and an unknown container" {
    start_container
    ct pause "$ID"
    ok
    ct update "$ID"
    ok
    ct kill "$ID" KILL
    wait_status stopped
    ct update "$ID"
    fails_with 'container not running'
    ct update "$CT_TAG-none"
    fails_with 'container does not exist'
}
