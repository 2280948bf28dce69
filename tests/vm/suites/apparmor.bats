#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# vm: lsm=apparmor kernel=newest seconds=110
# vm: lsm=apparmor kernel=6.12 only=names.no.profile|without.privilege
# AppArmor: which profile a container has, seen from outside; what the profile in contrib/apparmor denies where nothing else does; and what is no profile.
# shellcheck disable=SC2016 # scripts for the inside, and jq's variables
load ../../lib/common.bash

SOURCE=$CT_TOP/contrib/apparmor/casemate-default

setup_file() { # compiling takes its time here: once for each mode
    export COMPILED=$BATS_FILE_TMPDIR/enforce COMPLAINING=$BATS_FILE_TMPDIR/complain
    apparmor_parser --quiet --skip-cache --skip-kernel-load --ofile "$COMPILED" "$SOURCE"
    sed 's/flags=(/flags=(complain,/' "$SOURCE" >"$COMPLAINING.text"
    apparmor_parser --quiet --skip-cache --skip-kernel-load --ofile "$COMPLAINING" "$COMPLAINING.text"
    apparmor_parser --binary --replace "$COMPILED"
}
teardown_file() { apparmor_parser --remove "$SOURCE" || true; }

setup() {
    ct_setup
    make_bundle
    LOADED=()
    POLICY=$T/policy
    mkdir -m 755 "$POLICY"
}
teardown() {
    ct_teardown || ended=1
    for name in "${LOADED[@]}"; do echo "profile $name {}" | apparmor_parser --remove >/dev/null 2>&1 || true; done
    return ${ended:-0}
}

load_profile() { # NAME FLAGS RULES
    LOADED+=("$1")
    printf 'abi <abi/4.0>,\nprofile "%s" flags=(%s) {\n%s\n}\n' "$1" "$2" "$3" | apparmor_parser --replace --skip-cache
}
restore_default() { apparmor_parser --binary --replace "$COMPILED"; }
weaken_default() { apparmor_parser --binary --replace "$COMPLAINING"; }
unload_default() { printf 'profile casemate-default {}' | apparmor_parser --remove; }
label_of() { tr -d '\0\n' <"/proc/$1/attr/apparmor/current"; }
has_label() { executed "$1" && [ "$(label_of "$1")" = "$2" ]; }
labelled() { eventually has_label "$@" || fail "the label of $1 is $(label_of "$1"), should be $2"; }
profile() { configure --arg profile "$1" '.process.apparmorProfile = $profile'; }
with() { try "$CT_TOP/tests/lib/with-policy" "$T/etc" "$POLICY" "$RUNTIME" --root "$ROOT" "$@"; }
policy() { printf '{"version": 1, %s}\n' "$1" >"$POLICY/policy.json"; }
untouched() { [ ! -e "$ROOT/$ID" ] || fail "something was made"; }

@test "a configuration that names no profile gets casemate-default, and so does whoever joins" {
    start_container
    labelled "$pid" 'casemate-default (enforce)'
    ! grep -q 'not enforced on this host: .*label' "$T/err" || show "it is enforced"
    ct exec "$ID" cat /proc/self/attr/current
    ok
    prints '^casemate-default \(enforce\)$'
    ct exec --detach --pid-file "$T/joined" "$ID" sleep 100
    ok
    labelled "$(cat "$T/joined")" 'casemate-default (enforce)'
    # an engine repeats the profile of the container, or names none; another one is refused, also one that is stricter
    load_profile ct-other attach_disconnected 'file,'
    ct exec --apparmor casemate-default "$ID" true
    ok
    for other in ct-other unconfined; do
        ct exec --apparmor $other "$ID" true
        exits 255
        says 'CM-LSM[-A-Z]*. /process/apparmorProfile'
    done
    grep -rqs CM-LSM-MISSING "$ROOT/$ID" || fail "the record does not say so"
    ct check --container "$ID"
    ok
}

@test "a named profile is the container's, through the system call and without it" {
    load_profile ct-named attach_disconnected 'file, signal, network, unix, capability,'
    profile ct-named
    start_container
    labelled "$pid" 'ct-named (enforce)'
    ct delete --force "$ID"
    set_args cat /proc/self/attr/current
    # before Linux 6.8, or below a filter that does not know the call
    for errno in ENOSYS EPERM; do
        try strace -f -qq -o "$T/strace" -e trace=459,460 -e "inject=459,460:error=$errno" "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
        ok "$errno"
        prints '^ct-named \(enforce\)$'
        grep -q "$errno" "$T/strace" || fail "the call was not tried"
    done
}

@test "without the profile the container starts and is told how to get one; lsm.require refuses" {
    unload_default
    create "$ID"
    restore_default
    ok
    says 'casemate-default..? is not loaded: load it with apparmor_parser'
    ct start "$ID"
    labelled "$(pid_of)" unconfined
    ct delete --force "$ID"
    policy '"lsm": {"require": true}'
    unload_default
    with create --bundle "$BUNDLE" "$ID"
    restore_default
    fails_with 'CM-LSM-MISSING.*casemate-default.*not loaded'
    untouched
    with create --bundle "$BUNDLE" "$ID"
    ok "with the profile"
    ct delete --force "$ID"
    # a default of the policy's own must be there
    policy '"lsm": {"apparmor": {"default": "ct-no-such"}}'
    with create --bundle "$BUNDLE" "$ID"
    fails_with '\[CM-LSM\] /process: .*ct-no-such.*not loaded'
    untouched
}

@test "a profile that is not loaded, or confines nothing, is refused before anything is made" {
    load_profile ct-complain complain 'file,'
    load_profile ct-void unconfined ''
    while IFS='|' read -r name code text; do
        profile "$name"
        create "$ID"
        fails_with "\\[$code\\] /process/apparmorProfile: .*$text"
        untouched
    done <<'EOF'
ct-no-such|CM-LSM|not loaded
ct-complain|CM-LSM-UNCONFINED|confines nothing
ct-void|CM-LSM-UNCONFINED|confines nothing
unconfined|CM-LSM-UNCONFINED|would switch AppArmor off
casemate-default//&unconfined|CM-LSM-UNCONFINED|stack
&casemate-default|CM-LSM-UNCONFINED|stack
:root:unconfined|CM-LSM-UNCONFINED|another namespace
:root://casemate-default|CM-LSM-UNCONFINED|another namespace
EOF
    for text in 'a\nb' 'exec unconfined' 'casemate-default\n unconfined' "$(printf 'a%.0s' $(seq 4096))"; do
        configure ".process.apparmorProfile = \"$text\""
        create "$ID"
        fails_with '\[CM-LSM\] /process/apparmorProfile: '
        untouched
    done
}

@test "ours is not used while it only complains; one that becomes so between the plan and the container is found" {
    weaken_default
    create "$ID"
    restore_default
    ok
    says 'casemate-default..? is loaded in a mode that confines nothing'
    ct delete --force "$ID"
    need_test_build
    profile ct-changing
    load_profile ct-changing attach_disconnected 'file, signal, network, unix, capability,'
    CASEMATE_TEST_STOP_AT=cgroup "$RUNTIME_TEST" --root "$ROOT" create --bundle "$BUNDLE" "$ID" >"$T/out" 2>"$T/err" 3>&- &
    local runtime=$!
    eventually grep -q '^State:.T' "/proc/$runtime/status" || fail "it does not stop: $(cat "$T/err")"
    load_profile ct-changing complain 'file,'
    kill -CONT $runtime
    status=0
    wait $runtime || status=$?
    [ $status = 1 ] || show "it should have failed"
    says 'kernel would set .*complain'
}

@test "what the profile denies where no other layer stands, and what happens without it" {
    need_test_build
    local off=seccomp,caps,landlock,masks,ucounts,readonly script
    script='
        echo 1 >/proc/sys/net/ipv4/ip_forward && echo done-sysctl
        echo "exec x" >/proc/self/attr/apparmor/exec && echo done-exec
        (echo "changeprofile unconfined" >/proc/self/attr/current) 2>&1
        probe socket=2:3:1 socket=17:3:0 unshare=user bind
    '
    configure '.linux.readonlyPaths = [] | .linux.maskedPaths = []'
    set_args /bin/sh -c "$script"
    without $off run --bundle "$BUNDLE" "$ID"
    cp "$T/out" "$T/confined"
    ! grep done- "$T/confined" || show "an attack works"
    probed_is <(grep '^{' "$T/confined") socket=2:3:1 EACCES
    probed_is <(grep '^{' "$T/confined") socket=17:3:0 EACCES
    probed_is <(grep '^{' "$T/confined") unshare=user 'EACCES|EPERM'
    is_logged() { dmesg | grep -q 'apparmor="DENIED".*profile="casemate-default"'; } # the kernel's thread for audit writes it, a moment later
    eventually is_logged || fail "denials are not logged"
    # the control arm: the same without the profile
    unload_default
    without $off run --bundle "$BUNDLE" "$ID"
    restore_default
    cp "$T/out" "$T/free"
    grep -q done-sysctl "$T/free" || show "control: sysctl"
    probed_is <(grep '^{' "$T/free") socket=2:3:1 OK
    probed_is <(grep '^{' "$T/free") socket=17:3:0 OK
    probed_is <(grep '^{' "$T/free") unshare=user OK
}

@test "ordinary work is not in its way" {
    run_inside '
        set -e
        cd /tmp && echo a >f && ln -s f l && ln f h && mv h g && cat f l g >/dev/null && chmod 600 f && chown 0:0 f && mkdir d && rm -r f l g d
        cp /bin/busybox /tmp/b && chmod +x /tmp/b; /tmp/b true || true
        echo x >/dev/null; head -c 4 /dev/urandom >/dev/null; echo y >/dev/shm/y; cat /proc/self/status /proc/meminfo /sys/kernel/mm/transparent_hugepage/enabled >/dev/null
        (sleep 100 & kill $! && wait $! || true)
        mkfifo /tmp/p 2>/dev/null || true
        readlink /proc/self/exe; cat /proc/1/comm; ls /proc /sys /dev >/dev/null
        echo fine'
    ok
    prints '^fine$'
    configure '.process.terminal = true'
    set_args /bin/sh -c 'tty; echo f""ine >/dev/tty'
    try "$CT_TOP/tests/lib/on-terminal" expect=/dev/pts/0 expect=fine exit=0 -- "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
    ok "terminal"
}

@test "the runtime ends and stops what runs under the profile" {
    start_container
    ct kill "$ID" STOP
    ok
    eventually grep -q 'State:.*T' "/proc/$pid/status"
    ct kill "$ID" KILL
    ok
    wait_status stopped
}

@test "a runtime that is confined itself stacks the profile on its own, where its own allows that" {
    local rules='file, capability, mount, remount, umount, pivot_root, ptrace, signal, unix, network, userns, mqueue, io_uring, dbus,'
    load_profile ct-outer attach_disconnected "$rules change_profile -> &casemate-default,"
    load_profile ct-closed attach_disconnected "$rules"
    try aa-exec -p ct-outer -- "$RUNTIME" --root "$ROOT" create --bundle "$BUNDLE" "$ID"
    ok
    ct start "$ID"
    ok
    case $(label_of "$(pid_of)") in
    'casemate-default//&ct-outer (enforce)' | 'ct-outer//&casemate-default (enforce)') ;;
    *) fail "label: $(label_of "$(pid_of)")" ;;
    esac
    ct check --container "$ID"
    ok "the stack is no drift"
    ct delete --force "$ID"
    try aa-exec -p ct-closed -- "$RUNTIME" --root "$ROOT" create --bundle "$BUNDLE" "$ID"
    fails_with 'stacking the AppArmor profile casemate-default on the one that the runtime itself runs under; give that one the rule'
    untouched
}

as_caller() { try as-user "$RUNTIME" --root "$ROOT" "$@"; }

@test "without privilege: the profile that is named is in force, one that is not loaded is refused, and a missing name is said" {
    as-user true
    CT_HOST_MOUNTS=$(</proc/self/mountinfo) # with logind's for that user
    configure 'del(.linux.resources)'
    profile casemate-default
    chown -R 1000:1000 "$T"
    as_caller create --pid-file "$T/pid" --bundle "$BUNDLE" "$ID"
    ok
    as_caller start "$ID"
    ok
    pid=$(cat "$T/pid")
    labelled "$pid" 'casemate-default (enforce)'
    [ "$(status_field "$pid" Uid | cut -f1)" = 1000 ] || fail "$(status_field "$pid" Uid)"
    as_caller exec "$ID" cat /proc/self/attr/current
    ok
    prints '^casemate-default \(enforce\)$'
    as_caller delete --force "$ID"
    ok
    profile ct-no-such
    as_caller create --bundle "$BUNDLE" "$ID"
    fails_with 'ct-no-such'
    untouched
    configure 'del(.process.apparmorProfile)'
    as_caller create --bundle "$BUNDLE" "$ID"
    ok
    says 'whether .*casemate-default.* is loaded is not to be seen without privilege: name it; Landlock stands in'
    as_caller delete --force "$ID"
    ok
}

@test "check tells: a profile that was weakened while the container runs, and a host without it" {
    start_container
    weaken_default
    ct check --container "$ID"
    restore_default
    exits 3
    prints 'weaker.*AppArmor|AppArmor.*complain'
    ct delete --force "$ID"
    ct check --host
    prints 'AppArmor is active and enforces; casemate-default is loaded'
    unload_default
    ct check --host
    restore_default
    prints 'casemate-default is not loaded'
}
