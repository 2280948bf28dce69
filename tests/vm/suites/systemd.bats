#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# vm: lsm=none kernel=newest seconds=180
# vm: lsm=none kernel=6.12 only=a.scope.in.its.slice|systemctl.stop seconds=50
# The systemd driver for root: the scope and its limits, whatever systemd does meanwhile, and nothing left.
load ../../lib/common.bash
load ../../lib/systemd.bash

setup() { setup_systemd; }
teardown() { teardown_systemd; }

LIMITS='.linux.resources = {"memory": {"limit": 67108864, "reservation": 1048576, "swap": 134217728}, "pids": {"limit": 33},
    "cpu": {"shares": 512, "quota": 12345, "period": 100000, "cpus": "1", "mems": "0"},
    "blockIO": {"throttleReadBpsDevice": [{"major": 259, "minor": 0, "rate": 1048576}]},
    "hugepageLimits": [{"pageSize": "2MB", "limit": 2097152}], "unified": {"memory.high": "60000000"}}'

@test "a scope in its slice, with the container in it and the limits in the files and in systemd" {
    configure "$LIMITS"
    sd_start
    [ "$(cgroup_of "$pid")" = "/$SLICE/$(unit_of)" ]
    has_properties ActiveState=active Slice=$SLICE Delegate=yes CollectMode=inactive-or-failed MemoryMax=67108864 MemorySwapMax=67108864 TasksMax=33 \
        CPUQuotaPerSecUSec=130ms AllowedCPUs=1 OOMPolicy=kill
    local limits
    limits=$(limits_of "$(scope_of)")
    for line in 'memory.max 67108864' 'pids.max 33' 'cpu.max 13000 100000' 'cpu.weight 59' 'cpuset.cpus 1' 'memory.oom.group 1' 'hugetlb.2MB.max 2097152' 'io.max 259:0 rbps=1048576'; do
        grep -q "^$line" <<<"$limits" || fail "no $line in: $limits"
    done
    [ "$(cat "$(scope_of)/cgroup.procs")" = "$pid" ] || fail "others are in the scope: $(cat "$(scope_of)/cgroup.procs")"
    # all limits, and the device program, whatever systemd does
    before=$(limits_of "$(scope_of)")
    for what in daemon-reload daemon-reexec; do
        systemctl $what
        after=$(limits_of "$(scope_of)")
        [ "$before" = "$after" ] || fail "after $what: $(diff <(echo "$before") <(echo "$after"))" || return 1
        [ "$(status_of)" = running ] || fail "after $what: $(status_of)" || return 1
        try "$RUNTIME" --root "$ROOT" check --container "$ID"
        ok "check after $what" || return 1
    done
    ct exec "$ID" /bin/true
    ok
    ct delete --force "$ID"
    ok
    no_unit || fail "the unit is left: $(systemctl status --no-pager "$(unit_of)")"
    [ ! -e "$(scope_of)" ]
    # the same id at once
    sd_create
    ok
}

@test "the first process has its limits before its first instruction" {
    configure '.linux.resources = {"pids": {"limit": 1}}'
    run_as_scope 'true & echo forked'
    [ "$status" != 0 ] || show "a second process"
    ! grep -q forked "$T/out" || show "a second process"
    configure '.linux.resources = {"memory": {"limit": 8388608}}'
    run_as_scope 'dd if=/dev/zero of=/dev/null bs=64M count=1'
    [ "$status" = 137 ] || show "more memory than there is"
}
run_as_scope() {
    set_args /bin/sh -c "$1"
    sd run --bundle "$BUNDLE" "$ID"
}

@test "every command finds the driver without the flag" {
    sd_start
    ct pause "$ID"
    ok && [ "$(status_of)" = paused ]
    systemctl daemon-reload
    [ "$(status_of)" = paused ]
    ct resume "$ID"
    ok
    ct ps --format json "$ID"
    ok && prints "$pid"
    ct events --stats "$ID"
    ok && prints '"type":"stats"'
    ct list
    ok && prints running
    ct exec --cgroup / "$ID" cat /proc/self/cgroup
    ok
    ct kill "$ID" KILL
    ok
    wait_status stopped
    eventually no_unit || fail "the unit stays"
    ct delete "$ID"
    ok
}

@test "update changes unit and files, or neither" {
    configure "$LIMITS"
    sd_start
    ct update --memory 50331648 --pids-limit 44 --cpu-quota 50000 --cpu-share 2048 "$ID"
    ok
    [ "$(cat "$(scope_of)/memory.max")" = 50331648 ]
    has_properties MemoryMax=50331648 TasksMax=44 CPUQuotaPerSecUSec=500ms
    before=$(limits_of "$(scope_of)")
    systemctl daemon-reload
    [ "$before" = "$(limits_of "$(scope_of)")" ] || fail "after the reload: $(limits_of "$(scope_of)")"
    # a list of CPUs that are not there: the kernel refuses the file
    ct update --pids-limit 55 --cpuset-cpus 4000 "$ID"
    [ "$status" != 0 ] || show "CPUs that do not exist"
    [ "$before" = "$(limits_of "$(scope_of)")" ] || fail "half of it was done: $(limits_of "$(scope_of)")"
    [ "$(property TasksMax)" = 44 ] || fail "systemd has kept $(property TasksMax)"
    systemctl daemon-reload
    [ "$before" = "$(limits_of "$(scope_of)")" ] || fail "after the second reload: $(limits_of "$(scope_of)")"
}

@test "systemctl stop, and the cgroup removed behind our back" {
    sd_start
    systemctl kill -s KILL "$(unit_of)"
    wait_status stopped
    ct delete "$ID"
    ok
    sd_start
    configure '.annotations = {"org.systemd.property.TimeoutStopUSec": "uint64 1000000"}'
    ct delete --force "$ID"
    sd_start
    [ "$(property TimeoutStopUSec)" = 1s ]
    systemctl stop "$(unit_of)"
    wait_status stopped
    ct delete "$ID"
    ok
}

@test "names: what systemd would read in another way is refused, and so is a unit that lives" {
    local path
    for path in '/a/b' 'a:b' 'a:b:c:d' 'x.service:p:n' '-.slice:p:n' 'a--b.slice:p:n' 'a.slice:p:n/../m' 'a.slice:p:n m' "a.slice:p:" 'a.slice:p:n.slice' 'a.slice:session:1' \
        "$(printf 'a%.0s' {1..260}).slice:p:n"; do
        configure --arg p "$path" '.linux.cgroupsPath = $p'
        sd_create
        [ "$status" = 1 ] && says 'CM-CGROUP-PATH. /linux/cgroupsPath' || fail "$path: $(cat "$T/err")" || return 1
    done
    place "$ID"
    create "$ID"
    fails_with 'CM-CGROUP-PATH.*--systemd-cgroup'
    systemd-run --quiet --scope --slice=$SLICE --unit="$(unit_of)" sleep 100 3>&- 4>&- &
    is_active() { [ "$(property ActiveState)" = active ]; }
    eventually is_active
    sd_create
    fails_with 'cgroup is not empty: 1 process'
    [ "$(property ActiveState)" = active ] || fail "somebody else's unit was touched"
    systemctl stop "$(unit_of)"
    eventually no_unit
    sd_create
    ok "after it has gone"
    configure 'del(.linux.cgroupsPath)'
    sd_create "$ID+x"
    ok
    [ "$(cgroup_of "$(pid_of "$ID+x")")" = "/system.slice/casemate-$ID\\x2bx.scope" ] || fail "$(cgroup_of "$(pid_of "$ID+x")")"
}

@test "properties by annotation: those that say how it is stopped, and no others" {
    configure '.annotations = {"org.systemd.property.KillSignal": "15", "org.systemd.property.TimeoutStopSec": "2", "org.systemd.property.KillMode": "'"'mixed'"'",
        "org.systemd.property.CollectMode": "'"'inactive-or-failed'"'", "org.systemd.property.SendSIGHUP": "true"}'
    sd_start
    has_properties TimeoutStopUSec=2s KillMode=mixed SendSIGHUP=yes
    local name
    for name in ExecStop Wants Requires Conflicts MemoryMax Slice DeviceAllow Delegate User OnFailure X; do
        configure --arg n "org.systemd.property.$name" '.annotations = {($n): "1"}'
        sd_create "$ID-$name"
        fails_with "CM-ANNOTATION-UNSAFE. /annotations/org.systemd.property.$name" || return 1
    done
}

@test "what was killed for memory leaves no failed unit" {
    configure '.linux.resources = {"memory": {"limit": 8388608}}'
    run_as_scope 'dd if=/dev/zero of=/dev/null bs=64M count=1'
    exits 137
    eventually no_unit || fail "$(systemctl status --no-pager "$(unit_of)")"
}

@test "a helper that others could have put there is not run" {
    local helper=/usr/local/libexec/casemate/casemate-systemd
    chmod 777 $helper
    sd_create
    chmod 755 $helper
    fails_with "casemate-systemd is writable for its group or for others"
    mv $helper $helper.away
    sd_create
    mv $helper.away $helper
    fails_with 'needs its helper: opening .*casemate-systemd: No such file'
    no_unit
}

@test "SIGKILL of the runtime or of its helper leaves nothing that delete or the next create does not clear" {
    local i victim
    for i in 0 2 4 6 8 10 12 14; do
        "$RUNTIME" --systemd-cgroup --root "$ROOT" create --bundle "$BUNDLE" "$ID" >"$T/out" 2>"$T/err" </dev/null 3>&- 4>&- &
        victim=$!
        sleep "0.$(printf %02d $((i * 3)))"
        if [ $((i % 4)) = 0 ]; then
            kill -9 $victim 2>/dev/null || true
        else
            pkill -9 -P $victim -x casemate-system 2>/dev/null || true
        fi
        wait $victim 2>/dev/null || true
        ct delete --force "$ID"
        eventually no_unit || fail "killed after $i: the unit is left" || return 1
        sd_create
        ok "the next create, killed after $i" || return 1
        ct delete --force "$ID"
        ok "its delete" || return 1
    done
}

@test "twenty in a row and eight at once leave no unit" {
    local i
    set_args /bin/true
    for ((i = 0; i < 20; i++)); do
        sd run --bundle "$BUNDLE" "$ID"
        ok "run $i" || return 1
    done
    for ((i = 0; i < 8; i++)); do
        cp -r "$BUNDLE" "$BUNDLE$i"
        configure_in "$BUNDLE$i" ".linux.cgroupsPath = \"$SLICE:lab:$ID-$i\""
        timeout 60 "$RUNTIME" --systemd-cgroup --root "$ROOT" run --bundle "$BUNDLE$i" "$ID-$i" >"$T/out$i" 2>&1 </dev/null 3>&- 4>&- &
    done
    wait
    eventually no_units || fail "units left: $(units_left)"
}
