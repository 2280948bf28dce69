#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# check --container: a container that is as it was made has no drift, and whatever root of the host (or a runtime that skipped a step) changed about it is seen.
load ../lib/common

setup() {
    need_root
    ct_setup
    make_bundle
    JOBS=()
}
teardown() {
    [ ${#JOBS[@]} = 0 ] || kill -KILL "${JOBS[@]}" 2>/dev/null || true
    ct_teardown
}

check() { ct check --container "${1:-$ID}" --format json; }
clean() { # nothing has drifted
    check "$@"
    exits 0 "$(jq -c '.rows[] | select(.drift != "none")' "$T/out" 2>/dev/null)" || return 1
    jq -e '.drift == "none" and (.rows | length > 0) and all(.rows[]; .drift == "none")' "$T/out" >/dev/null
}
# One row has drifted, in this way and for this reason; all others have not.
drifted() { # STATUS DRIFT SUBJECT NAME-REGEX NOTE-REGEX
    check
    exits "$1" || return 1
    jq -e --arg d "$2" --arg s "$3" --arg n "$4" --arg note "$5" \
        '[.rows[] | select(.drift != "none")] | length == 1 and .[0].drift == $d and .[0].subject == $s and (.[0].name | test($n)) and (.[0].note | test($note))' \
        "$T/out" >/dev/null || fail "$(jq -c '.rows[] | select(.drift != "none")' "$T/out")"
}
has_drift() { # STATUS DRIFT SUBJECT NAME-REGEX: among others
    check
    exits "$1" || return 1
    jq -e --arg d "$2" --arg s "$3" --arg n "$4" 'any(.rows[]; .drift == $d and .subject == $s and (.name | test($n)))' "$T/out" >/dev/null ||
        fail "$(jq -c '.rows[] | select(.drift != "none")' "$T/out")"
}
in_mounts() { nsenter --mount=/proc/"$pid"/ns/mnt --pid=/proc/"$pid"/ns/pid -- "$@"; } # with the host's programs and privilege
cgroup_dir() { echo "$(ct_cgroup_root)$(cgroup_of "$pid")"; }
job() { # COMMAND…: in the background, its number in $job
    "$@" >/dev/null 2>&1 </dev/null 3>&- &
    job=$!
    JOBS+=("$job")
}

# ---- nothing is reported where nothing is ----

@test "no drift: created, running, paused, with a second process, and stopped" {
    create "$ID"
    clean
    jq -e '.status == "created"' "$T/out" >/dev/null
    ct start "$ID"
    ok
    pid=$(pid_of)
    clean
    jq -e '.status == "running" and .container == $id and .policy == "hardened"' --arg id "$ID" "$T/out" >/dev/null
    ct exec --detach "$ID" /bin/sleep 1000
    ok
    clean
    jq -e 'any(.rows[]; .subject == "processes" and .now == "1, as init")' "$T/out" >/dev/null
    ct pause "$ID"
    ok
    clean
    jq -e 'any(.rows[]; .name == "frozen" and .now == "yes")' "$T/out" >/dev/null
    ct resume "$ID"
    ct kill "$ID" KILL
    wait_status stopped
    clean
    jq -e '.status == "stopped" and (.note | test("has stopped"))' "$T/out" >/dev/null
    ct check --container "$ID"
    ok
    prints 'container .*, stopped: as it was recorded'
}

other_bundles() {
    cat <<'END'
.process.user = {"uid": 1000, "gid": 1000, "additionalGids": [5, 7]} | .process.capabilities.ambient = ["CAP_KILL"]
.root.readonly = false | .annotations = {"casemate.rootfs": "ephemeral"} | .mounts += [{"destination": "/not/there", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "nodev", "ro"]}]
.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW"} | .linux.namespaces += [{"type": "time"}]
.process.oomScoreAdj = 500 | .process.rlimits = [{"type": "RLIMIT_NOFILE", "hard": 100, "soft": 50}, {"type": "RLIMIT_STACK", "hard": 4194304, "soft": 4194304}]
.linux.maskedPaths = ["/home", "/hidden", "/etc/passwd"] | .linux.readonlyPaths = ["/proc/sys", "/var"] | .mounts += [{"destination": "/link/below", "type": "tmpfs", "source": "tmpfs"}]
.linux.namespaces += [{"type": "user"}] | .linux.uidMappings = [{"containerID": 0, "hostID": 3000000000, "size": 1000}, {"containerID": 1000, "hostID": 3100000000, "size": 10}] | .linux.gidMappings = .linux.uidMappings
END
}

@test "no drift with other users, roots, links in the image, filters, limits, masks and maps" {
    local change
    mkdir -p "$BUNDLE/rootfs/real/below" "$BUNDLE/rootfs/secret"
    ln -s /real "$BUNDLE/rootfs/link"
    ln -s /secret "$BUNDLE/rootfs/hidden"
    cp "$BUNDLE/config.json" "$T/plain.json"
    while IFS= read -r change; do
        cp "$T/plain.json" "$BUNDLE/config.json"
        configure "$change"
        start_container || return 1
        clean || return 1
        ct delete --force "$ID"
    done < <(other_bundles)
}

@test "no drift with a terminal, and with namespaces that an engine made" {
    cat >"$T/engine" <<'END'
import array, socket, sys, time
server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
server.bind(sys.argv[1])
server.listen(1)
connection, _ = server.accept()
held = connection.recvmsg(4096, socket.CMSG_SPACE(4))
time.sleep(1000)
END
    job python3 "$T/engine" "$T/console"
    eventually test -S "$T/console"
    cp "$BUNDLE/config.json" "$T/plain.json"
    configure '.process.terminal = true'
    ct create --bundle "$BUNDLE" --console-socket "$T/console" "$ID"
    ok
    ct start "$ID"
    ok
    clean
    jq -e 'any(.rows[]; .name == "/dev/console")' "$T/out" >/dev/null
    ct delete --force "$ID"

    job unshare -Un sleep 1000
    eventually grep -q sleep "/proc/$job/comm"
    echo '0 1500000000 65536' >"/proc/$job/uid_map"
    echo '0 1500000000 65536' >"/proc/$job/gid_map"
    cp "$T/plain.json" "$BUNDLE/config.json"
    configure --arg p "/proc/$job/ns" '.linux.namespaces |= (map(select(.type != "user" and .type != "network")) +
        [{"type": "user", "path": ($p + "/user")}, {"type": "network", "path": ($p + "/net")}])'
    start_container
    clean
}

@test "mounts of a container with hooks may be the hooks', and are told apart" {
    mkdir -m 755 "$T/policy"
    printf '#!/bin/sh\nexit 0\n' >"$T/policy/hook"
    chmod 755 "$T/policy/hook"
    echo '{"version": 1, "hooks": {"allow": [{"path": "/etc/casemate/hook"}]}}' >"$T/policy/policy.json"
    configure '.hooks.createRuntime = [{"path": "/etc/casemate/hook"}]'
    try "$CT_TOP/tests/lib/with-policy" "$T/etc" "$T/policy" "$RUNTIME" --root "$ROOT" create --bundle "$BUNDLE" "$ID"
    ok
    pid=$(pid_of)
    clean
    in_mounts mount -t tmpfs none /home
    drifted 2 benign mount '^/home$' 'a hook of the container may have'
}

@test "no drift while one exec after the other joins" {
    start_container
    ( for ((i = 0; i < 40; i++)); do "$RUNTIME" --root "$ROOT" exec "$ID" /bin/true >/dev/null 2>&1 3>&-; done ) &
    JOBS+=($!)
    for ((n = 0; n < 5; n++)); do
        clean || return 1
    done
    wait
}

@test "what processes give up by themselves makes a container no weaker" {
    # root of the container takes another of its users, and a lower limit
    configure '.process.capabilities |= map_values(["CAP_SETUID", "CAP_SETGID", "CAP_KILL"])'
    set_args /bin/sh -c 'ulimit -Sn 64; ulimit -Hn 64; echo 700 >/proc/self/oom_score_adj; exec sleep 1000'
    start_container
    eventually grep -q 700 "/proc/$pid/oom_score_adj"
    check
    exits 2
    jq -e '[.rows[] | select(.drift != "none") | .drift + " " + .name] | sort == ["stricter RLIMIT_NOFILE", "stricter oom_score_adj"]' "$T/out" >/dev/null ||
        fail "$(jq -c '.rows[] | select(.drift != "none")' "$T/out")"
    ct check --container "$ID"
    prints 'running: no weaker than it was recorded'
}

# ---- what root of the host can do to a container ----

@test "init: OOM score, limits, cgroup" {
    configure '.process.oomScoreAdj = 500'
    start_container
    echo 100 >"/proc/$pid/oom_score_adj"
    drifted 3 weaker process oom_score_adj 'spares it'
    echo 700 >"/proc/$pid/oom_score_adj"
    drifted 2 stricter process oom_score_adj ''
    echo 500 >"/proc/$pid/oom_score_adj"
    clean
    if prlimit --pid "$pid" --nproc=4096:4096 2>/dev/null; then # needs CAP_SYS_RESOURCE
        drifted 3 weaker 'resource limit' RLIMIT_NPROC ''
        prlimit --pid "$pid" --nproc=100:2048
        drifted 2 benign 'resource limit' RLIMIT_NPROC ''
        prlimit --pid "$pid" --nproc=2048:2048
        clean
    fi
    local dir
    dir=$(cgroup_dir)
    echo "$pid" >"$(ct_cgroup_root)/cgroup.procs"
    has_drift 3 weaker cgroup 'of init'
    echo "$pid" >"$dir/cgroup.procs"
    clean
}

@test "mounts: a root that was made writable, a mask that was taken off, mounts that nobody planned" {
    start_container
    in_mounts mount -o remount,bind,rw,nosuid,nodev /
    drifted 3 weaker mount '^/$' 'flags are gone'
    in_mounts mount -o remount,bind,ro,nosuid,nodev /
    clean
    in_mounts umount /proc/keys
    drifted 3 weaker masked '^/proc/keys$' 'can be read'
    in_mounts mount -t tmpfs none /home
    has_drift 3 weaker mount '^/home$'
    in_mounts umount /home
    in_mounts mount -o remount,bind,exec /dev/shm
    has_drift 3 weaker mount '^/dev/shm$'
    in_mounts umount -l /sys
    has_drift 3 weaker mount '^/sys$'
    has_drift 3 weaker mount '^/sys/fs/cgroup$'
}

@test "mounts: a cover that is none, a place with a second mount, one that propagates" {
    start_container
    in_mounts umount /proc/timer_list
    echo not-null >"$T/file"
    # a file of the host in the place of the mask, through a descriptor of the host's tree
    exec 9<"$T"
    nsenter --mount=/proc/"$pid"/ns/mnt -- mount --bind /proc/self/fd/9/file /proc/timer_list 2>/dev/null ||
        in_mounts mount --bind /dev/zero /proc/timer_list
    exec 9<&-
    drifted 3 weaker masked '^/proc/timer_list$' 'can be read'
    ct delete --force "$ID"
    start_container
    in_mounts mount -t tmpfs none /dev/shm
    drifted 3 weaker mount '^/dev/shm$' 'nobody planned'
    in_mounts umount /dev/shm
    clean
    in_mounts mount --make-shared /dev/shm
    drifted 3 weaker mount '^/dev/shm$' 'propagate'
}

@test "processes: one without filters in the cgroup, one beside it, one with the container's ids" {
    start_container
    job sleep 1000
    echo "$job" >"$(cgroup_dir)/cgroup.procs"
    drifted 3 weaker processes "^$job \\(sleep\\)" 'no_new_privs is off'
    kill -KILL "$job"
    wait "$job" || true
    clean
    # with no_new_privs and a filter of its own, but not in the container's namespaces
    job nsenter --pid=/proc/"$pid"/ns/pid --no-fork -- sleep 1000
    clean # it is not in that namespace itself: only its children would be
    job nsenter --pid=/proc/"$pid"/ns/pid -- sleep 1000
    eventually pgrep -P "$job" >/dev/null
    drifted 3 weaker processes '\(sleep\)' "in the container's pid namespace, without its limits"
    kill -KILL "$(pgrep -P "$job")"
    wait "$job" || true
    clean
    local id
    id=$(awk 'NR == 1 {print $2 + 77}' "/proc/$pid/uid_map")
    job setpriv --reuid "$id" --clear-groups sleep 1000
    eventually grep -q "$id" "/proc/$job/status"
    drifted 3 weaker processes "^$job \\(sleep\\)" "ids of the container's"
}

@test "processes: one that is confined but in other namespaces, and one with a hostile name" {
    command -v setpriv >/dev/null || skip "setpriv is not installed"
    start_container
    cp "$(command -v sleep)" "$T/$(printf 'e\033[2Jvil\n')"
    job "$T/$(printf 'e\033[2Jvil\n')" 1000
    echo "$job" >"$(cgroup_dir)/cgroup.procs"
    check
    exits 3
    jq -e --arg p "$job" 'any(.rows[]; .name | startswith($p))' "$T/out" >/dev/null
    ct check --container "$ID"
    exits 3
    ! LC_ALL=C grep -q $'\033' "$T/out" || fail "an escape sequence got through"
    prints 'weaker than it was recorded'
}

@test "the device program: detached" {
    start_container
    grep -q deviceProgram "$ROOT/$ID/state.json" || skip "no device program can be loaded here"
    "$CT_TOP/tests/lib/bpf-detach" "$(cgroup_dir)" >/dev/null
    drifted 3 weaker cgroup 'device program' 'not attached'
}

@test "limits: written from outside, and by update" {
    local dir
    start_container
    dir=$(cgroup_dir)
    if [ -e "$dir/hugetlb.2MB.max" ]; then
        ct delete --force "$ID"
        configure '.linux.resources.hugepageLimits = [{"pageSize": "2MB", "limit": 4194304}]'
        start_container
        clean
        echo max >"$dir/hugetlb.2MB.max"
        drifted 3 weaker limit hugetlb.2MB.max ''
        echo 2097152 >"$dir/hugetlb.2MB.max"
        drifted 2 stricter limit hugetlb.2MB.max ''
        echo '{"hugepageLimits": [{"pageSize": "2MB", "limit": 8388608}]}' >"$T/more.json"
        ct update --resources "$T/more.json" "$ID"
        ok
        clean
        echo max >"$dir/hugetlb.2MB.max"
        drifted 3 weaker limit hugetlb.2MB.max ''
        echo 8388608 >"$dir/hugetlb.2MB.max"
    fi
    if [ -e "$dir/memory.max" ]; then
        local before
        before=$(cat "$dir/memory.max")
        echo max >"$dir/memory.max"
        drifted 3 weaker limit memory.max ''
        echo "$before" >"$dir/memory.max"
    fi
    clean
    echo 3 >"$dir/cgroup.max.descendants"
    drifted 2 stricter limit cgroup.max.descendants 'nobody asked'
}

@test "what is left of a stopped container" {
    start_container
    local dir
    dir=$(cgroup_dir)
    job sleep 1000
    echo "$job" >"$dir/cgroup.procs"
    kill -KILL "$pid"
    wait_status stopped
    drifted 3 weaker processes "^$job$" 'init has ended'
    echo "$job" >"$(ct_cgroup_root)/cgroup.procs"
}

# ---- control: a runtime that did not do what it recorded ----

@test "control: a container that was made weaker than its record says is told from it" {
    need_test_build
    local row what subject name
    configure '.process.capabilities |= map_values(["CAP_KILL"])'
    while read -r what subject name; do
        CASEMATE_TEST_WITHOUT=$what try "$RUNTIME_TEST" --root "$ROOT" create --bundle "$BUNDLE" "$ID"
        ok || return 1
        ct start "$ID"
        ok "$what" || return 1
        has_drift 3 weaker "$subject" "$name" || fail "without $what" || return 1
        ct delete --force "$ID"
    done <<'END'
caps capabilities bounding
masks masked /proc/keys
masks read-only /proc/sys
devices cgroup device.program
seccomp seccomp mode
seccomp seccomp filters
readonly mount ^/$
END
}

# ---- how it is called ----

@test "bad input" {
    ct check --container none
    fails_with 'container does not exist'
    ct check --container '../x'
    fails_with 'invalid container ID format'
    start_container
    ct check --container "$ID" "$BUNDLE"
    fails_with 'leave the bundle'
    ct check --container "$ID" --config x
    fails_with 'leave the bundle'
    ct check --container "$ID" --format sarif
    fails_with 'no sarif form'
    ct check --container "$ID" --format xml
    fails_with 'invalid format'
    printf 'x' | dd of="$ROOT/$ID/confinement" bs=1 seek=100 conv=notrunc 2>/dev/null
    ct check --container "$ID"
    fails_with 'confinement of the container .* its checksum is wrong'
}

@test "it needs no policy, waits for nobody and changes nothing" {
    start_container
    local before begin
    kill -STOP "$pid"
    before=$(cd "$ROOT/$ID" && sha256sum ./*)
    mkdir -m 755 "$T/policy"
    echo broken >"$T/policy/policy.json"
    begin=$EPOCHSECONDS
    try "$CT_TOP/tests/lib/with-policy" "$T/etc" "$T/policy" "$RUNTIME" --root "$ROOT" check --container "$ID"
    ok
    [ $((EPOCHSECONDS - begin)) -le 3 ] || fail "it waited"
    [ "$before" = "$(cd "$ROOT/$ID" && sha256sum ./*)" ]
    grep -q 'State:.*T' "/proc/$pid/status"
}

@test "processes with as many groups as the kernel allows cost time, but no memory" {
    cp "$CT_HELPERS/crowd" "$BUNDLE/rootfs/bin/"
    set_args /bin/crowd 65536 20
    configure '.process.capabilities |= map_values(["CAP_SETGID"])'
    start_container
    eventually is_crowded "$pid"
    ct exec --detach "$ID" /bin/sleep 1000
    try prlimit --as=$((24 << 20)) "$RUNTIME" --root "$ROOT" check --container "$ID" --format json
    exits 2
    jq -e 'any(.rows[]; .subject == "processes" and .now == "20, as init")' "$T/out" >/dev/null
    [ "$(wc -c <"$T/out")" -lt 65536 ]
}

@test "processes of one container do not keep check from looking at another" {
    cp "$CT_HELPERS/crowd" "$BUNDLE/rootfs/bin/"
    cp "$BUNDLE/config.json" "$T/plain.json"
    set_args /bin/crowd 65536 600
    configure '.process.capabilities |= map_values(["CAP_SETGID"])'
    start_container "$CT_TAG-2"
    eventually is_crowded "$pid"
    cp "$T/plain.json" "$BUNDLE/config.json"
    start_container
    check
    exits 0 "$(jq -c '.rows[] | select(.drift != "none")' "$T/out")"
}
