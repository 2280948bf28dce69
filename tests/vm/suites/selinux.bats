#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# vm: lsm=selinux,selinux-enforcing kernel=newest seconds=110
# vm: lsm=selinux-enforcing kernel=6.12 only=without.a.label|enforcement.keeps seconds=40
# SELinux: labels of processes and of what is mounted for them, as the host sees them; what they keep a container from; and what is no container's label.
# A container under enforcement may not use the pipes and files of whoever starts it, so what it says goes to a file with its label.
# shellcheck disable=SC2016 # scripts for the inside, and jq's variables
load ../../lib/common.bash

setup() {
    ct_setup
    make_bundle
    chcon -R -t container_file_t "$BUNDLE/rootfs"
    OUT=$T/said
    touch "$OUT"
    chmod 666 "$OUT"
    chcon -t container_file_t "$OUT"
    POLICY=$T/policy
    mkdir -m 755 "$POLICY"
    SINCE=$(dmesg | tail -n 1 | sed -n 's/^\[ *\([0-9.]*\)\].*/\1/p')
}

enforcing() { [ "$(cat /sys/fs/selinux/enforce)" = 1 ]; }
label_of() { tr -d '\0\n' <"/proc/$1/attr/current"; }
label() { configure --arg label "$1" '.process.selinuxLabel = $label'; }
with() { try "$CT_TOP/tests/lib/with-policy" "$T/etc" "$POLICY" "$RUNTIME" --root "$ROOT" "$@"; }
policy() { printf '{"version": 1, %s}\n' "$1" >"$POLICY/policy.json"; }
untouched() { [ ! -e "$ROOT/$ID" ] || fail "something was made"; }
inside() { # SCRIPT: as a container of its own; its output in $OUT
    : >"$OUT"
    set_args /bin/sh -c "$1"
    status=0
    timeout 100 "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID" >>"$OUT" 2>&1 </dev/null 3>&- 4>&- || status=$?
    cp "$OUT" "$T/out"
    cp "$OUT" "$T/err"
}
denials() { # of containers, since the test began; not of the two files of the caller that detached ones are given as their streams
    dmesg | awk -v since="${SINCE:-0}" '{at = $0; sub(/^\[ */, "", at); if (at + 0 > since + 0) print}' | grep 'avc: *denied.*scontext=[^ ]*:container_t:' | grep -vF -e "path=\"$T/out\"" -e "path=\"$T/err\"" || true
}
pair_of() { label_of "$1" | sed -n 's/^system_u:system_r:container_t:s0:c\([0-9]*\),c\([0-9]*\)$/\1 \2/p'; }

@test "without a label a container gets container_t and a pair of categories that no other has; so does what is mounted for it, and who joins" {
    local pid other first second
    configure '.mounts += [{"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "nodev", "size=1m"]}]'
    start_container
    read -r first second <<<"$(pair_of "$pid")"
    [ -n "$second" ] && [ "$first" -lt "$second" ] && [ "$second" -lt 1024 ] || fail "label $(label_of "$pid")"
    local mounted="system_u:object_r:container_file_t:s0:c$first,c$second" path
    for path in /dev /dev/null /dev/pts /dev/pts/ptmx /dev/shm /dev/mqueue /tmp /proc/keys /sys/firmware; do
        [ ! -e "/proc/$pid/root$path" ] || [ "$(stat -c %C "/proc/$pid/root$path")" = "$mounted" ] || fail "$path: $(stat -c %C "/proc/$pid/root$path")" || return 1
    done
    ct exec --detach --pid-file "$T/joined" "$ID" sleep 100
    ok
    eventually executed "$(cat "$T/joined")" # the label comes with the program
    [ "$(label_of "$(cat "$T/joined")")" = "$(label_of "$pid")" ]
    ct check --container "$ID"
    ok
    # a second one
    create "$ID-2"
    ok
    ct start "$ID-2"
    ok
    other=$(pid_of "$ID-2")
    [ -n "$(pair_of "$other")" ] && [ "$(pair_of "$other")" != "$(pair_of "$pid")" ] || fail "$(label_of "$other") and $(label_of "$pid")"
    # what is said of it
    grep -rqs CM-LSM-MISSING "$ROOT/$ID" || fail "the record does not say so"
    # whoever joins names init's label, with or without what was added, and no other
    ct exec --process-label system_u:system_r:container_t:s0 "$ID" true
    ok
    ct exec --process-label "system_u:system_r:container_t:s0:c1022,c1023" "$ID" true
    exits 255
    says '\[CM-LSM\] /process/selinuxLabel'
    ct exec --process-label system_u:system_r:spc_t:s0 "$ID" true
    exits 255
    says 'CM-LSM-UNCONFINED'
}

@test "the containers of a pod share a pair of categories" {
    start_container
    local pair type
    pair=$(pair_of "$pid")
    [ -n "$pair" ] || fail "label $(label_of "$pid")"
    for type in ipc uts network; do
        configure --arg type "$type" --arg path "/proc/$pid/ns/${type/network/net}" '.linux.namespaces |= (map(select(.type != $type)) + [{"type": $type, "path": $path}])'
    done
    configure 'del(.hostname)'
    create "$ID-2"
    ok
    ct start "$ID-2" # the label comes with the program
    ok
    [ "$(pair_of "$(pid_of "$ID-2")")" = "$pair" ] || fail "$(label_of "$(pid_of "$ID-2")") and $(label_of "$pid")"
}

@test "named labels are used as they are; a mount label without categories gets those of the process" {
    label system_u:system_r:container_t:s0:c5,c6
    configure '.linux.mountLabel = "system_u:object_r:container_file_t:s0"'
    start_container
    [ "$(label_of "$pid")" = system_u:system_r:container_t:s0:c5,c6 ]
    [ "$(stat -c %C "/proc/$pid/root/dev/shm")" = system_u:object_r:container_file_t:s0:c5,c6 ]
    ct delete --force "$ID"
    configure '.linux.mountLabel = "system_u:object_r:container_file_t:s0:c7"'
    start_container
    [ "$(stat -c %C "/proc/$pid/root/dev")" = system_u:object_r:container_file_t:s0:c7 ]
}

@test "an ephemeral root has the label, and the root filesystem keeps its own" {
    local before
    before=$(find "$BUNDLE/rootfs" -printf '%p %Z\n' | sort)
    configure '.annotations["casemate.rootfs"] = "ephemeral" | .root.readonly = false'
    start_container
    [ "$(stat -c %C "/proc/$pid/root/bin/busybox")" = "$(stat -c %C "/proc/$pid/root/dev/null")" ]
    ct exec "$ID" touch /etc/new
    ct delete --force "$ID"
    [ "$before" = "$(find "$BUNDLE/rootfs" -printf '%p %Z\n' | sort)" ]
}

@test "ordinary work is in the way of nothing, and nothing is denied" {
    configure '.mounts += [{"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "nodev", "size=1m"]}]'
    inside '
        set -e
        cd /tmp && echo a >f && ln -s f l && ln f h && mv h g && cat f l g >/dev/null && chmod 600 f && chown 0:0 f && mkdir d && rm -r f l g d
        echo x >/dev/null && head -c 4 /dev/urandom >/dev/null && echo y >/dev/shm/y && cat /dev/shm/y >/dev/null
        cat /proc/self/status /proc/meminfo /proc/1/comm >/dev/null && ls / /dev /sys >/dev/null && cat /etc/passwd >/dev/null
        sleep 100 & kill $! && wait $! || true
        echo fine'
    ok
    prints '^fine$'
    [ -z "$(denials)" ] || fail "$(denials)"
    set_args /bin/sleep 1000
    start_container
    ct exec --detach --pid-file "$T/joined" "$ID" /bin/sh -c 'echo joined >/dev/shm/joined; exec sleep 100'
    ok
    eventually grep -q joined "/proc/$pid/root/dev/shm/joined" || fail "the process that joined did nothing"
    ct kill "$ID" KILL
    wait_status stopped
    [ -z "$(denials)" ] || fail "$(denials)"
}

@test "a terminal of the container's own works" {
    configure '.process.terminal = true'
    set_args /bin/sh -c 'tty; echo f""ine >/dev/tty; echo x >/dev/console; exec sleep 0'
    try "$CT_TOP/tests/lib/on-terminal" expect=/dev/pts/0 expect=fine exit=0 -- "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
    ok "terminal"
    [ -z "$(denials)" ] || fail "$(denials)"
}

@test "enforcement keeps a container from files of the host and of others, which all else would let it have; permission only logs" {
    echo secret >"$BUNDLE/rootfs/host"
    echo secret >"$BUNDLE/rootfs/other"
    chcon -t shadow_t "$BUNDLE/rootfs/host"
    chcon -t container_file_t -l s0:c1020,c1021 "$BUNDLE/rootfs/other"
    label system_u:system_r:container_t:s0:c1,c2
    inside 'cat /host; cat /other; cat /etc/passwd; (echo system_u:system_r:spc_t:s0 >/proc/self/attr/current) 2>/dev/null || echo kept; cat /proc/self/attr/current'
    grep -q ^root: "$OUT" || show "its own files"
    grep -q '^kept$' "$OUT" || show "its label"
    grep -q container_t:s0:c1,c2 "$OUT" || show "its label"
    if enforcing; then
        ! grep -q secret "$OUT" || show "it read a file that is not its own"
    else
        [ "$(grep -c '^secret$' "$OUT")" = 2 ] || show "control: without enforcement it reads both"
    fi
    both_logged() { [ "$(denials | grep -cE 'name="(host|other)"')" -ge 2 ]; } # the kernel's thread for audit writes it, a moment later
    eventually both_logged || fail "not logged: $(denials)"
}

@test "labels that are none, or not a container's, are refused before anything is made" {
    local where text code
    while IFS='|' read -r where code text; do
        configure --argjson text "\"$text\"" "del(.process.selinuxLabel, .linux.mountLabel) | $where = \$text"
        create "$ID"
        fails_with "\\[$code\\] /(process/selinuxLabel|linux/mountLabel): "
        untouched || return 1
    done <<'EOF'
.process.selinuxLabel|CM-LSM-UNCONFINED|system_u:system_r:spc_t:s0
.process.selinuxLabel|CM-LSM-UNCONFINED|unconfined_u:unconfined_r:unconfined_t:s0
.process.selinuxLabel|CM-LSM-UNCONFINED|system_u:system_r:container_runtime_t:s0
.process.selinuxLabel|CM-LSM-UNCONFINED|system_u:system_r:container_engine_t:s0
.process.selinuxLabel|CM-LSM-UNCONFINED|system_u:system_r:container_engine_exec_t:s0
.process.selinuxLabel|CM-LSM-UNCONFINED|system_u:sysadm_r:container_t:s0
.process.selinuxLabel|CM-LSM-UNCONFINED|system_u:system_r:container_t:s0:c0.c1023
.process.selinuxLabel|CM-LSM-UNCONFINED|system_u:system_r:container_t:s0-s0:c0.c1023
.process.selinuxLabel|CM-LSM-UNCONFINED|system_u:system_r:container_t:s0:c1,c2,c3
.process.selinuxLabel|CM-LSM|system_u:system_r:no_such_t:s0
.process.selinuxLabel|CM-LSM|no_such_u:system_r:container_t:s0
.process.selinuxLabel|CM-LSM|container_t
.process.selinuxLabel|CM-LSM|system_u:system_r:container_t:s0\nx
.linux.mountLabel|CM-LSM|system_u:object_r:container_file_t:s0,size=1
.linux.mountLabel|CM-LSM|system_u:object_r:container_file_t:s0\",defcontext=\"system_u:object_r:etc_t:s0
.linux.mountLabel|CM-LSM|system_u:object_r:no_such_t:s0
.linux.mountLabel|CM-LSM-UNCONFINED|system_u:object_r:container_file_t:s0:c0.c1023
.linux.mountLabel|CM-LSM-UNCONFINED|system_u:system_r:container_t:s0
EOF
    configure --arg long "$(printf 'a%.0s' $(seq 4096))" '.linux.mountLabel = null | .process.selinuxLabel = $long'
    create "$ID"
    fails_with '\[CM-LSM\] /process/selinuxLabel'
    configure 'del(.process.selinuxLabel, .linux.mountLabel) | .mounts += [{"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["context=\"system_u:object_r:etc_t:s0\""]}]'
    create "$ID"
    fails_with '\[CM-MOUNT-[A-Z]*\] /mounts/'
    untouched
}

@test "a policy's types; a label is wanted and there" {
    policy '"lsm": {"require": true, "selinux": {"types": ["container_t"]}}'
    with create --bundle "$BUNDLE" "$ID"
    ok
    ct delete --force "$ID"
    label system_u:system_r:container_kvm_t:s0
    with create --bundle "$BUNDLE" "$ID"
    fails_with '\[CM-LSM\] /process/selinuxLabel: .*lsm.selinux.types'
}

@test "through procfs, where the kernel or a filter has no call for it; the keyring is labelled first" {
    label system_u:system_r:container_t:s0:c1,c2
    configure '.process.args = ["/bin/true"]'
    try strace -f -qq -o "$T/strace" -e trace=459,460,keyctl -e inject=459,460:error=ENOSYS "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
    ok
    try strace -f -qq -o "$T/strace" -e trace=459,460,keyctl "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
    ok
    [ "$(grep -oE 'keyctl|LSM_ATTR_KEYCREATE|0x67' "$T/strace" | head -n 2 | tail -n 1)" = keyctl ] || fail "$(cat "$T/strace")"
}

@test "without privilege: container_t and a pair of categories, for what is mounted and for who joins; types of the host are refused" {
    local joined
    as-user true
    CT_HOST_MOUNTS=$(</proc/self/mountinfo) # with logind's for that user
    configure 'del(.linux.resources)'
    chown -R 1000:1000 "$T"
    as_caller create --pid-file "$T/pid" --bundle "$BUNDLE" "$ID"
    ok
    as_caller start "$ID"
    ok
    pid=$(cat "$T/pid")
    [ -n "$(pair_of "$pid")" ] || fail "label $(label_of "$pid")"
    [ "$(status_field "$pid" Uid | cut -f1)" = 1000 ] || fail "$(status_field "$pid" Uid)"
    [[ "$(stat -c %C "/proc/$pid/root/dev/shm")" = *:container_file_t:* ]] || fail "$(stat -c %C "/proc/$pid/root/dev/shm")"
    as_caller exec --detach --pid-file "$T/joined" "$ID" sleep 100
    ok
    joined=$(cat "$T/joined")
    eventually executed "$joined"
    [ "$(label_of "$joined")" = "$(label_of "$pid")" ] || fail "$(label_of "$joined")"
    as_caller delete --force "$ID"
    ok
    label system_u:system_r:spc_t:s0
    as_caller create --bundle "$BUNDLE" "$ID"
    fails_with '\[CM-LSM-UNCONFINED\] /process/selinuxLabel'
    untouched
}
as_caller() { try as-user "$RUNTIME" --root "$ROOT" "$@"; }

@test "check --host tells whether it enforces" {
    ct check --host
    if enforcing; then
        prints 'SELinux is active and enforces'
    else
        prints 'SELinux is active, and does not enforce'
    fi
}
