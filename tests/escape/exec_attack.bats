#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# What the processes of a container can do to one that joins it (CVE-2016-9962, CVE-2019-5736), and what it must never be given.
load ../lib/common

setup() {
    need_root
    ct_setup
    ct_helpers
    make_bundle
    cp "$CT_HELPERS/stalker" "$BUNDLE/rootfs/bin/"
}

OPERATIONS='exe exe-path exe-write cwd root fd-dir fd pidfd-getfd vm-readv vm-writev mem maps map-files environ auxv stack ns comm oom kcmp seize'

# As container root with every capability that its user namespace has, and no filter.
stalk() { # STALKER-ARGUMENTS…
    "$CT_HELPERS/nsjoin" "$pid" "$CT_HELPERS/stalker" "$@" >"$T/stalker" 2>&1 </dev/null 3>&- &
    stalker=$!
    eventually grep -q ready "$T/stalker" || fail "the attacker does not start: $(cat "$T/stalker")"
}
# As an ordinary process of the container.
stalk_inside() { # STALKER-ARGUMENTS…
    "$RUNTIME" --root "$ROOT" exec "$ID" /bin/stalker "$@" >"$T/stalker" 2>&1 </dev/null 3>&- &
    stalker=$!
    eventually grep -q ready "$T/stalker" || fail "the attacker does not start: $(cat "$T/stalker")"
}
stalked() { wait "$stalker" || fail "the attacker: $(cat "$T/stalker")"; }
said() { jq -rn "first(inputs | $1)" <(grep '^{' "$T/stalker"); }
tries() { said "select(.op == \"$1\") | .tries"; }
hits() { said "select(.op == \"$1\") | .hits"; }

nothing_got_through() { # OPERATIONS-THAT-WERE-TRIED
    local op
    for op in $1; do
        [ "$(tries "$op")" -ge 20 ] || fail "$op was tried $(tries "$op") times only: $(cat "$T/stalker")" || return 1
        [ "$(hits "$op")" = 0 ] || fail "$op got through: $(cat "$T/stalker")" || return 1
    done
    # Of the command line only the program's own is ever seen.
    ! grep '^cmdline:' "$T/stalker" | grep -vqx 'cmdline: /bin/true only-this ' || fail "$(grep '^cmdline:' "$T/stalker")"
}

@test "300 execs under attack by container root with all capabilities and no filter" {
    local i
    start_container
    stalk 300 60
    for ((i = 0; i < 300; i++)); do
        ct exec "$ID" /bin/true only-this
        ok "exec number $i"
    done
    stalked
    [ "$(said 'select(.caught) | .caught')" -ge 60 ] || fail "too few were caught: $(cat "$T/stalker")"
    nothing_got_through "$OPERATIONS"
}

@test "the same with a pause at every step, so that each phase is hit" {
    need_test_build
    local i
    start_container
    stalk 30 60
    for ((i = 0; i < 40; i++)); do
        CASEMATE_TEST_PAUSE=1 without nothing exec "$ID" /bin/true only-this
        ok "exec number $i"
    done
    stalked
    [ "$(said 'select(.caught) | .caught')" -ge 10 ] || fail "too few were caught: $(cat "$T/stalker")"
    nothing_got_through "$OPERATIONS"
}

@test "control: a dumpable process is open to the same attacker" {
    need_hook dumpable
    local i op
    start_container
    stalk 30 60
    for ((i = 0; i < 40; i++)); do
        CASEMATE_TEST_PAUSE=1 without dumpable exec "$ID" /bin/true only-this
    done
    stalked
    for op in exe cwd root fd-dir fd pidfd-getfd vm-readv vm-writev mem maps environ ns comm kcmp seize; do
        [ "$(hits "$op")" -gt 0 ] || fail "$op did not get through: $(cat "$T/stalker")"
    done
}

@test "300 execs under attack by an ordinary process of the container" {
    local i
    configure '.process.capabilities |= map_values(["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_KILL", "CAP_SETUID", "CAP_SETGID"])'
    start_container
    stalk_inside 300 60
    for ((i = 0; i < 300; i++)); do
        ct exec "$ID" /bin/true only-this
        ok "exec number $i"
    done
    stalked
    [ "$(said 'select(.caught) | .caught')" -ge 60 ] || fail "too few were caught: $(cat "$T/stalker")"
    nothing_got_through 'exe exe-path exe-write cwd root fd-dir fd mem maps map-files environ auxv ns comm oom'
}

@test "the command line, with its id, paths and secrets, is never seen in the container, and stays as it is outside" {
    local i
    start_container
    stalk 20 30
    for ((i = 0; i < 20; i++)); do
        ct exec --env SECRET=hidden --pid-file "$T/pid" "$ID" /bin/true only-this
    done
    stalked
    ! grep -qE "hidden|casemate|$ID|exec" "$T/stalker" || fail "$(grep cmdline "$T/stalker")"
    "$RUNTIME" --root "$ROOT" exec "$ID" sleep 100 </dev/null >/dev/null 2>&1 3>&- &
    local outside=$!
    joined() { [ "$(ct_processes | wc -l)" = 2 ]; } # from then on it only waits
    eventually joined
    tr '\0' ' ' <"/proc/$outside/cmdline" | grep -q "exec $ID sleep 100" || fail "$(tr '\0' ' ' <"/proc/$outside/cmdline")"
    kill $outside
}

@test "a process that is stopped on its way is waited for, one that is killed is an error, and neither leaves anything" {
    local i
    start_container
    stalk 20 20 stop
    for ((i = 0; i < 10; i++)); do
        ct exec "$ID" /bin/true only-this
        ok
    done
    wait "$stalker" || true
    stalk 30 20 kill
    for ((i = 0; i < 30; i++)); do
        ct exec "$ID" /bin/true only-this
        case $status in
        0 | 137) ;;
        255) says 'exec failed: unable to start container process: ' ;;
        *) show "status $status" ;;
        esac
    done
    wait "$stalker" || true
    eventually only_init_left
}
only_init_left() { [ "$(wc -l <"$(ct_cgroup_root)$(cgroup_of "$pid")/cgroup.procs")" = 1 ]; }

# B01: a script whose interpreter is the executing program itself.
@test "the program on the host cannot be written to through an exec of #!/proc/self/exe" {
    local before i
    before=$(sha256sum <"$RUNTIME")
    printf '#!/proc/self/exe\n' >"$BUNDLE/rootfs/bin/trap" && chmod 755 "$BUNDLE/rootfs/bin/trap"
    start_container
    stalk 60 30 write
    for ((i = 0; i < 60; i++)); do
        ct exec "$ID" /bin/trap
        [ "$status" != 0 ] || fail "it ran"
    done
    stalked
    [ "$(hits exe-write)" = 0 ] || [ -z "$(hits exe-write)" ] || fail "$(cat "$T/stalker")"
    [ "$(sha256sum <"$RUNTIME")" = "$before" ]
}

# B05: what the record names must be what is entered.
@test "a recycled pid, another boot and foreign namespaces are not entered" {
    local other type
    start_container
    cp "$ROOT/$ID/state.json" "$T/state.json"
    sleep 1000 </dev/null >/dev/null 2>&1 3>&- &
    other=$!
    edit() { jq -c "$1" "$T/state.json" >"$ROOT/$ID/state.json"; }
    edit ".pid = $other"
    ct exec "$ID" true
    exits 255 && says 'cannot exec in a stopped container'
    edit '.bootId = "00000000-0000-0000-0000-000000000000"'
    ct exec "$ID" true
    exits 255 && says 'cannot exec in a stopped container'
    # the right pidfd inode for a process in other namespaces
    for type in mount pid ipc uts cgroup network user; do
        edit ".namespaces |= map(if .type == \"$type\" then .ino += 1 else . end)"
        ct exec "$ID" true
        exits 255 && says "$type namespace of process $pid is not the one that was recorded" || fail "$type"
    done
    edit '.namespaces = []'
    ct exec "$ID" true
    exits 255 && says 'no user namespace is recorded'
    kill $other
    cp "$T/state.json" "$ROOT/$ID/state.json"
    ct exec "$ID" true
    ok
}

@test "a damaged or missing record of the confinement stops exec, and only that" {
    start_container
    cp "$ROOT/$ID/confinement" "$T/confinement"
    head -c -8 "$T/confinement" >"$ROOT/$ID/confinement"
    ct exec "$ID" true
    exits 255 && says 'checksum is wrong'
    rm "$ROOT/$ID/confinement"
    ct exec "$ID" true
    exits 255 && says 'confinement'
    ct kill "$ID" KILL
    ok
    wait_status stopped
    ct delete "$ID"
    ok
}

# The filters are those that init has, byte for byte: what is in the record counts, not what is compiled in.
@test "the filters come from the record" {
    local size
    configure '.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["getcwd"], "action": "SCMP_ACT_ERRNO", "errnoRet": 77}]}'
    start_container
    ct exec "$ID" sh -c 'grep Seccomp_filters /proc/self/status'
    ok && prints '	2$'
    ct exec "$ID" pwd
    [ "$status" != 0 ] # getcwd
    [ "$(stat -c %a "$ROOT/$ID/confinement")" = 600 ]
}

@test "a /dev/null that was replaced in the container is not taken for the null device" {
    configure '.process.capabilities |= map_values(["CAP_DAC_OVERRIDE", "CAP_CHOWN", "CAP_FOWNER"])'
    start_container
    ct exec "$ID" sh -c 'rm /dev/null && echo trap >/dev/null'
    if [ "$status" = 0 ]; then
        ct exec "$ID" cat
        exits 255
        says 'dev/null'
    else
        skip "the container cannot remove it"
    fi
}
