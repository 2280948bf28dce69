#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Pods: containers that join the pid, ipc, uts and network namespaces of another one, or of their engine, and with them its user namespace and its ids.
load ../lib/common

SANDBOX_UID=0123abcd-0000-1111-2222-333344445555

setup() {
    need_root
    ct_setup
    make_bundle
    configure '.hostname = "pod"'
    cp "$BUNDLE/config.json" "$T/good.json"
    SANDBOX=$CT_TAG-sandbox
    helpers=
}
teardown() {
    [ -z "${helpers:-}" ] || kill $helpers 2>/dev/null || true
    [ -z "${T:-}" ] || [ ! -d "$ROOT/$SANDBOX" ] || "$RUNTIME" --root "$ROOT" delete --force "$SANDBOX" 3>&- || true # its id may be no tagged one
    [ -z "${T:-}" ] || ct_teardown || return 1
    [ -z "${FILES:-}" ] || rm -rf --one-file-system "$FILES"
}

# An application container's configuration, which joins these namespaces of a process.
app() { # PID TYPE…
    local holder=$1 type
    shift
    cp "$T/good.json" "$BUNDLE/config.json"
    configure 'del(.hostname)'
    for type in "$@"; do
        join "$type" "/proc/$holder/ns/${type/network/net}"
    done
}
join() { # TYPE PATH
    configure --arg type "$1" --arg path "$2" '.linux.namespaces |= (map(select(.type != $type)) + [{"type": $type, "path": $path}])'
}
sandbox() {
    create "$SANDBOX"
    ok "the sandbox" || return 1
    ct start "$SANDBOX"
    ok || return 1
    sandbox=$(pid_of "$SANDBOX")
}

@test "an application container: the sandbox's ipc, uts, network and user namespace, the rest of its own" {
    sandbox
    app "$sandbox" ipc uts network
    start_container
    is_in "$pid" "$sandbox" ipc uts net user
    is_out "$pid" "$sandbox" pid mnt cgroup
    is_out "$pid" self pid mnt cgroup ipc uts net user
    diff "/proc/$pid/uid_map" "/proc/$sandbox/uid_map"
    # everything that must hold of a container holds of a member
    [ "$(status_field "$pid" Seccomp_filters)" -ge 1 ] && [ "$(status_field "$pid" NoNewPrivs)" = 1 ]
    [ "$((16#$(status_field "$pid" CapBnd) & ~16#00000000000005fb))" = 0 ] || fail "$(status_field "$pid" CapBnd)"
    as_strongest "$pid" mount sethostname umount=/proc unshare-user
    probed_is "$T/out" mount EPERM
    probed_is "$T/out" sethostname EPERM
    probed_is "$T/out" umount=/proc EPERM
    ct check --container "$ID"
    ok "drift"
    ct exec "$ID" /bin/sh -c 'hostname; ls -d /proc/[0-9]* | wc -l'
    ok
    [ "$(head -1 "$T/out")" = pod ] || show
    # what they share works: System V shared memory made by one is seen by the other
    [ "$(nsenter -t "$pid" -i readlink /proc/self/ns/ipc)" = "$(nsenter -t "$sandbox" -i readlink /proc/self/ns/ipc)" ]
}

@test "a shared pid namespace: processes are seen and signalled, a joining one gives nothing away" {
    sandbox
    app "$sandbox" ipc uts network pid
    set_args /bin/sh -c 'ps; exec sleep 1000'
    start_container
    is_in "$pid" "$sandbox" pid
    [ "$(awk '/^NSpid/ {print NF}' "/proc/$pid/status")" = "$(awk '/^NSpid/ {print NF}' "/proc/$sandbox/status")" ]
    [ "$(awk '/^NSpid/ {print $NF}' "/proc/$pid/status")" != 1 ]
    ct exec "$ID" /bin/sh -c 'ps; kill -0 1 && echo reached'
    ok
    prints reached
    # its own cgroup, so that kill and delete take it alone
    ct delete --force "$ID"
    ok
    ended "$pid" || fail "the member lives"
    ! ended "$sandbox" || fail "the sandbox died with a member"
    # the sandbox is its init: they go together
    start_container
    ct delete --force "$SANDBOX"
    ok
    eventually ended "$pid"
    [ "$(status_of "$ID")" = stopped ]
    ct delete "$ID"
    ok
}

@test "the host name is the pod's: a member does not change it" {
    sandbox
    app "$sandbox" ipc uts network
    configure '.hostname = "mine" | .domainname = "mine.example"'
    start_container
    [ "$(nsenter -t "$sandbox" -u hostname)" = pod ]
}

@test "the ids stay the pod's until its last container is gone, whichever goes first" {
    sandbox
    app "$sandbox" ipc uts network
    start_container
    local base first=$pid
    base=$(awk '{print $2}' "/proc/$pid/uid_map")
    app "$pid" ipc uts network # by way of a member
    start_container "$CT_TAG-2"
    is_in "$pid" "$first" user ipc
    ct delete --force "$SANDBOX"
    ok
    ct delete --force "$ID"
    ok
    ! ended "$pid" || fail "the other member died"
    # new containers get other ids
    cp "$T/good.json" "$BUNDLE/config.json"
    for i in 3 4; do
        create "$CT_TAG-$i"
        ok || return 1
        [ "$(awk '{print $2}' "/proc/$(pid_of "$CT_TAG-$i")/uid_map")" != "$base" ] || fail "the pod's ids were given to another one" || return 1
    done
    # a third member, by way of the one that is left
    app "$pid" ipc uts network
    start_container "$CT_TAG-5"
    [ "$(awk '{print $2}' "/proc/$pid/uid_map")" = "$base" ]
}

@test "an image whose top directory belongs to the pod's ids is idmapped like any: only an engine that brings mappings has shifted its files" {
    sandbox
    local base
    base=$(awk '{print $2}' "/proc/$sandbox/uid_map")
    chown "$base:$base" "$BUNDLE/rootfs"
    app "$sandbox" ipc uts network
    set_args /bin/sh -c 'stat -c %u / /bin'
    ct run --bundle "$BUNDLE" "$ID"
    ok
    [ "$(tr '\n' ' ' <"$T/out")" = "65534 0 " ] || show
}

@test "hostUsers: false: all containers of the pod bring the same mappings and the path" {
    configure '.linux.uidMappings = [{"containerID": 0, "hostID": 1600000000, "size": 65536}] | .linux.gidMappings = .linux.uidMappings
        | .linux.namespaces |= (map(select(.type != "user")) + [{"type": "user"}])'
    cp "$BUNDLE/config.json" "$T/good.json"
    sandbox
    app "$sandbox" ipc uts network user
    start_container
    is_in "$pid" "$sandbox" user ipc uts net
    app "$sandbox" ipc uts network # or the mappings alone
    start_container "$CT_TAG-2"
    is_in "$pid" "$sandbox" user
    configure '.linux.uidMappings[0].hostID += 65536'
    create "$CT_TAG-3"
    fails_with 'CM-ID-PATH. /linux/uidMappings'
    assert_gone "$CT_TAG-3"
}

@test "namespaces that the engine pinned, without a sandbox: the first container's user namespace is the pod's" {
    unshare -niu sleep 1000 >/dev/null 2>&1 </dev/null 3>&- 4>&- &
    local holder=$! first
    helpers=$holder
    eventually is_out "$holder" self ipc uts net
    app "$holder" ipc uts network
    start_container
    first=$pid
    is_in "$pid" "$holder" ipc uts net
    is_out "$pid" "$holder" user
    start_container "$CT_TAG-2"
    is_in "$pid" "$first" ipc uts net user
    as_strongest "$pid" sethostname
    probed_is "$T/out" sethostname EPERM
}

@test "a namespace is not taken for the engine's while a record that may name it cannot be read" {
    unshare -iu sleep 1000 >/dev/null 2>&1 </dev/null 3>&- 4>&- &
    helpers=$!
    eventually is_out "$helpers" self ipc uts
    app "$helpers" ipc uts
    mkdir -p "$ROOT/$CT_TAG-broken"
    echo '{"version":' >"$ROOT/$CT_TAG-broken/state.json"
    create "$ID"
    fails_with 'CM-NS-JOIN.*whose the (ipc|uts) namespace .* is cannot be told'
    assert_gone "$ID"
    rm -r "${ROOT:?}/$CT_TAG-broken"
    start_container
    is_in "$pid" "$helpers" ipc uts
}

@test "another pod's namespaces are refused, by the UID that kubelet put into cgroupsPath" {
    configure --arg uid "$SANDBOX_UID" --arg id "$SANDBOX" '.linux.cgroupsPath = "/kubepods/besteffort/pod" + $uid + "/" + $id'
    cp "$BUNDLE/config.json" "$T/good.json"
    sandbox
    app "$sandbox" ipc uts network
    configure --arg id "$ID" '.linux.cgroupsPath |= sub("[^/]*$"; $id)'
    start_container
    is_in "$pid" "$sandbox" user
    ct delete --force "$ID"
    for path in '/kubepods/besteffort/podffffffff-0000-1111-2222-333344445555/' /; do
        configure --arg path "$path$ID" '.linux.cgroupsPath = $path'
        create "$ID"
        fails_with 'CM-NS-JOIN. /linux/namespaces: container .*, whose namespaces are to be joined, is of another pod' || return 1
    done
    # the user's annotations prove nothing
    configure --arg uid "$SANDBOX_UID" '.annotations = {"io.kubernetes.cri.sandbox-uid": $uid}'
    create "$ID"
    fails_with 'CM-NS-JOIN'
    assert_gone "$ID"
}

@test "namespaces of two pods, a network of its own, a pid namespace of nobody: refused" {
    sandbox
    cp "$T/good.json" "$BUNDLE/config.json"
    start_container "$CT_TAG-other"
    app "$sandbox" ipc network
    join uts "/proc/$pid/ns/uts"
    create "$ID"
    fails_with 'CM-NS-JOIN. /linux/namespaces: the namespaces to be joined are those of two pods'
    app "$sandbox" ipc
    create "$ID"
    fails_with 'CM-NS-JOIN.*join its network as well'
    unshare -p --fork sleep 1000 >/dev/null 2>&1 </dev/null 3>&- 4>&- &
    helpers=$!
    eventually pgrep -P "$helpers"
    app "$(pgrep -P "$helpers")" pid
    create "$ID"
    fails_with 'CM-NS-JOIN.*pid namespace .* is not one of a running container of the same pod'
    assert_gone "$ID"
    try kill "$(pgrep -P "$helpers")"
}

@test "an annotation that names the sandbox hides no namespace of another pod" {
    SANDBOX=$(head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n')
    sandbox
    cp "$T/good.json" "$BUNDLE/config.json"
    start_container "$CT_TAG-other"
    local other=$pid
    app "$sandbox" ipc network
    join uts "/proc/$other/ns/uts"
    configure --arg id "$SANDBOX" --arg path "/$CT_TAG/$ID" '.linux.cgroupsPath = $path
        | .annotations = {"io.kubernetes.cri.container-type": "container", "io.kubernetes.cri.sandbox-id": $id}'
    create "$ID"
    fails_with 'CM-NS-JOIN. /linux/namespaces: the namespaces to be joined are those of two pods'
    join uts "/proc/$sandbox/ns/uts"
    create "$ID"
    ok
    ct delete --force "$SANDBOX"
    ok
}

@test "the engine's files are those of the container that made the pod, however many have joined" {
    local files n
    FILES=$(mktemp -d /run/ct-files.XXXXXXXX) # the way to them is root's alone
    chmod 700 "$FILES"
    SANDBOX=$(printf '5%063d' $$)
    mkdir "$T/policy"
    printf '{"version": 1, "mounts": {"roots": {"containersRun": "%s"}}}\n' "$FILES" >"$T/policy/policy.json"
    with_policy() { try "$CT_TOP/tests/lib/with-policy" "$T/etc" "$T/policy" "$RUNTIME" --root "$ROOT" "$@"; }
    sandbox
    for n in "$SANDBOX" "$(printf '1%063d' $$)"; do
        mkdir -p "$FILES/overlay-containers/$n/userdata"
        echo "of $n" >"$FILES/overlay-containers/$n/userdata/hosts"
    done
    for n in 1 9 3 7; do
        app "$sandbox" ipc uts network
        configure --arg path "/$CT_TAG-files/$n" --arg from "$FILES/overlay-containers/$SANDBOX/userdata/hosts" '.linux.cgroupsPath = $path
            | .mounts += [{"destination": "/etc/hosts", "type": "bind", "source": $from, "options": ["bind"]}]'
        with_policy create --bundle "$BUNDLE" "$(printf "$n%063d" $$)"
        ok "the one that begins with $n" || return 1
    done
    # what the engine made for another member stays that one's
    configure --arg from "$FILES/overlay-containers/$(printf "1%063d" $$)/userdata/hosts" '.mounts[-1].source = $from'
    with_policy create --bundle "$BUNDLE" "$ID"
    fails_with 'CM-MOUNT-FOREIGN.*it belongs to another container'
    for n in 1 9 3 7; do ct delete --force "$(printf "$n%063d" $$)"; done
}

@test "a sandbox that is gone, or dies meanwhile" {
    sandbox
    app "$sandbox" ipc uts network
    ct delete --force "$SANDBOX"
    create "$ID"
    fails_with 'CM-NS-PATH.*cannot be opened'
    assert_gone "$ID"
}

@test "create of a member ended by force leaves nothing, and the pod's ids to the pod" {
    need_test_build
    sandbox
    app "$sandbox" ipc uts network pid
    for step in ids userns spawn child-join child-enter-userns wait-ready; do
        CASEMATE_TEST_KILL_AT=$step try "$RUNTIME_TEST" --root "$ROOT" create --bundle "$BUNDLE" "$ID"
        ct delete --force "$ID"
        ok "step $step" || return 1
        assert_gone "$ID" || fail "step $step" || return 1
        CASEMATE_TEST_FAIL_AT=$step try "$RUNTIME_TEST" --root "$ROOT" create --bundle "$BUNDLE" "$ID"
        assert_gone "$ID" || fail "step $step" || return 1
    done
    ! ended "$sandbox" || fail "the sandbox died"
    start_container
    is_in "$pid" "$sandbox" user
}

@test "check --container: the other containers of a pod are no strangers, a process of theirs in nobody's cgroup is one" {
    sandbox
    app "$sandbox" ipc uts network pid
    start_container
    for id in "$SANDBOX" "$ID"; do
        ct check --container "$id"
        ok "$id" || return 1
    done
    ct exec --detach --pid-file "$T/pid" "$ID" /bin/sleep 1000
    ok
    mkdir "$(ct_cgroup_root)/$CT_TAG-elsewhere"
    cat "$T/pid" >"$(ct_cgroup_root)/$CT_TAG-elsewhere/cgroup.procs"
    for id in "$SANDBOX" "$ID"; do
        ct check --container "$id"
        exits 3 || return 1
        prints 'outside of it' || return 1
    done
    kill -9 "$(cat "$T/pid")"
    eventually rmdir "$(ct_cgroup_root)/$CT_TAG-elsewhere"
}
