#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# What was lost of a container (its state directory, its record, the end of a `start`) gives its ids to nobody and does not hide that it lives.
load ../lib/common

setup() {
    need_root
    ct_setup
    make_bundle
}

external() {
    configure '.linux.namespaces |= (map(select(.type != "user")) + [{"type": "user"}])
        | .linux.uidMappings = [{"containerID": 0, "hostID": 3100000, "size": 131072}] | .linux.gidMappings = .linux.uidMappings'
}
end_process() { # PID
    kill -KILL "$1"
    eventually ended "$1"
}
first_id() { awk 'NR == 1 {print $2}' "/proc/$1/uid_map"; }
refuses() { # FORCED DELETE: with words
    ct delete --force "$ID"
    [ "$status" = 1 ] || show "it should have been refused"
    says "$1"
}

@test "the state directory of a live container is lost: its ids are not given to its namesake" {
    configure --arg p "/$CT_TAG-a" '.linux.cgroupsPath = $p'
    start_container "$ID"
    local first=$pid
    rm -r "${ROOT:?}/$ID"
    configure --arg p "/$CT_TAG-b" '.linux.cgroupsPath = $p'
    create "$ID"
    [ "$status" != 0 ] || [ "$(first_id "$(pid_of "$ID")")" != "$(first_id "$first")" ] || fail "the ids were given twice"
    create "$CT_TAG-2"
    ok
    [ "$(first_id "$(pid_of "$CT_TAG-2")")" != "$(first_id "$first")" ] || fail "the ids were given twice"
    end_process "$first"
    eventually rmdir "$(ct_cgroup_root)/$CT_TAG-a"
    ct delete --force "$ID"
    ok
    ct delete --force "$CT_TAG-2"
    ok
    create "$ID"
    ok "with its process gone the id can be used again"
}

@test "the same for ids of the config" {
    external
    configure --arg p "/$CT_TAG-a" '.linux.cgroupsPath = $p'
    start_container "$ID"
    rm -r "${ROOT:?}/$ID"
    configure --arg p "/$CT_TAG-b" '.linux.cgroupsPath = $p'
    create "$ID"
    [ "$status" = 1 ]
    says 'in use'
    create "$CT_TAG-2"
    fails_with 'overlap'
    end_process "$pid"
    eventually rmdir "$(ct_cgroup_root)/$CT_TAG-a"
    ct delete --force "$ID"
    ok
    create "$ID"
    ok
}

@test "a container whose processes have as many groups as the kernel allows keeps no other one's ids from being found unused" {
    cp "$CT_HELPERS/crowd" "$BUNDLE/rootfs/bin/"
    cp "$BUNDLE/config.json" "$T/plain.json"
    configure '.process.args = ["/bin/crowd", "65536", "3"] | .process.capabilities |= map_values(["CAP_SETGID"])'
    start_container "$CT_TAG-2"
    eventually is_crowded "$pid"
    cp "$T/plain.json" "$BUNDLE/config.json"
    local change
    for change in . external; do # ids of the ledger, and of the config
        [ "$change" = . ] || external
        configure --arg p "/$CT_TAG-a" '.linux.cgroupsPath = $p'
        start_container "$ID"
        rm -r "${ROOT:?}/$ID"
        end_process "$pid"
        eventually rmdir "$(ct_cgroup_root)/$CT_TAG-a"
        configure 'del(.linux.cgroupsPath)'
        create "$ID"
        ok
        ct delete --force "$ID"
        ok
    done
}

@test "a root that is spelled through a link gives the ids back all the same" {
    external
    mkdir "$T/real"
    ln -s "$T/real" "$T/alias"
    ROOT=$T/alias/state
    start_container "$ID"
    ROOT=$T/real/state
    ct delete --force "$ID"
    ok
    create "$ID"
    ok "the range is free again"
    ROOT=$T/alias/state
    ct delete --force "$ID"
    ok
    ROOT=$T/state
}

@test "an unreadable record of a live container: delete --force refuses, and its ids stay its own" {
    local spoil
    external
    for spoil in 'echo broken >state.json' 'rm state.json; mkdir state.json' 'sed -i "s/.\$//" state.json' \
        'jq -c ".x = 1" state.json >new; mv new state.json'; do
        start_container "$ID"
        (umask 077 && cd "$ROOT/$ID" && eval "$spoil")
        refuses 'in use|still runs'
        [ -d "$ROOT/$ID" ]
        create "$CT_TAG-2"
        fails_with 'overlap'
        local dir
        dir=$(ct_cgroup_root)$(cgroup_of "$pid")
        end_process "$pid"
        ct delete --force "$ID"
        ok "$spoil"
        eventually rmdir "$dir"
    done
    create "$CT_TAG-2"
    ok "the range is free again"
}

@test "a container that waits to be started is no stopped one, whatever its record says" {
    create "$ID"
    ok
    pid=$(pid_of "$ID")
    rm "$ROOT/$ID/state.json"
    mkdir "$ROOT/$ID/state.json"
    refuses 'waits to be started'
    local dir
    dir=$(ct_cgroup_root)$(cgroup_of "$pid")
    end_process "$pid"
    ct delete --force "$ID"
    ok
    eventually rmdir "$dir"
}

@test "start killed after the barrier: running, and not deleted without force" {
    need_test_build
    create "$ID"
    ok
    CASEMATE_TEST_KILL_AT=start-after-byte try "$RUNTIME_TEST" --root "$ROOT" start "$ID"
    [ "$status" = 137 ]
    [ "$(status_of)" = running ]
    ct delete "$ID"
    fails_with 'that is not stopped: running'
    ct start "$ID"
    fails_with 'already running'
    "$RUNTIME" --root "$ROOT" list 3>&- | grep "$ID" | grep -q running
    ct kill "$ID" KILL
    ok
    wait_status stopped
    ct delete "$ID"
    ok
}

@test "start killed before the barrier: created, and can be started" {
    need_test_build
    create "$ID"
    ok
    CASEMATE_TEST_KILL_AT=start-before-byte try "$RUNTIME_TEST" --root "$ROOT" start "$ID"
    [ "$status" = 137 ]
    [ "$(status_of)" = created ]
    ct start "$ID"
    ok
    [ "$(status_of)" = running ]
}

@test "start that cannot record it is no failure: the container runs" {
    create "$ID"
    ok
    mkdir "$ROOT/$ID/.state.json.tmp"
    chattr +i "$ROOT/$ID/state.json" 2>/dev/null || mount --bind "$ROOT/$ID/state.json" "$ROOT/$ID/state.json"
    ct start "$ID"
    local was=$status now
    now=$(status_of)
    chattr -i "$ROOT/$ID/state.json" 2>/dev/null || true
    ! mountpoint -q "$ROOT/$ID/state.json" || umount "$ROOT/$ID/state.json"
    [ "$was" = 0 ] || show "start failed"
    [ "$now" = running ]
    says 'that was not recorded'
}

@test "list does not let a bundle's path steer the terminal" {
    BUNDLE=$T/$(printf 'b\302\233\342\200\256')
    make_bundle
    create "$ID"
    ok
    ct list
    ok
    ! grep -q "$(printf '\302\233')" "$T/out" || show "a C1 control"
    ! grep -q "$(printf '\342\200\256')" "$T/out" || show "a change of direction"
    prints 'b\?\?\?\?\?'
}
