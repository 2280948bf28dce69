#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Configurations that must not start, or start stricter than they ask; and that `check` says beforehand what `create` does.
load ../lib/common

setup() {
    need_root
    ct_setup
    make_bundle
    cp "$BUNDLE/config.json" "$T/good.json"
}

codes() { grep -oE 'CM-[A-Z0-9]+(-[A-Z0-9]+)*' "$1" | LC_ALL=C sort -u | tr '\n' ' '; }
refused_by_check() { jq -r '.refusals[]?.code' "$1" | LC_ALL=C sort -u | tr '\n' ' '; }

# Reads rows "CODE|CODE<tab>jq expression" (any of the codes must be among the refusals): create refuses, leaves nothing, and check agrees.
all_refused() {
    local want mutation problems='' by_create by_check
    while IFS=$'\t' read -r want mutation; do
        [ -n "$want" ] || continue
        jq "$mutation" "$T/good.json" >"$BUNDLE/config.json" || { problems+="bad row: $mutation"$'\n'; continue; }
        create "$ID"
        by_create=$(codes "$T/err")
        if [ "$status" != 1 ]; then
            problems+="not refused ($status): $mutation"$'\n'
            ct delete --force "$ID"
        elif ! grep -qE -- "\[?($want)\]?" <<<"${by_create// /$'\n'}"; then
            problems+="refused with ${by_create:-no code}, wanted $want: $mutation"$'\n'"    $(head -c 600 "$T/err")"$'\n'
        elif [ "$(grep -c . "$T/err")" != 1 ]; then
            problems+="more than one line: $mutation"$'\n'"$(cat "$T/err")"$'\n'
        fi
        assert_gone "$ID" || problems+="something is left: $mutation"$'\n'
        try "$RUNTIME" check --format json "$BUNDLE"
        by_check=$(refused_by_check "$T/out")
        [ "$status" = 3 ] || problems+="check exits $status: $mutation"$'\n'
        [ "$by_check" = "$by_create" ] || problems+="check says ${by_check:-nothing}, create ${by_create:-nothing}: $mutation"$'\n'
    done
    [ -z "$problems" ] || fail "$problems"
}

# Rows "CODE<tab>jq expression": it starts, and check lists the tightening and exits with 2.
all_tightened() {
    local want mutation problems=''
    while IFS=$'\t' read -r want mutation; do
        [ -n "$want" ] || continue
        jq "$mutation" "$T/good.json" >"$BUNDLE/config.json" || { problems+="bad row: $mutation"$'\n'; continue; }
        create "$ID"
        [ "$status" = 0 ] || problems+="not started ($status, $(head -c 300 "$T/err")): $mutation"$'\n'
        ct delete --force "$ID"
        try "$RUNTIME" check --format json "$BUNDLE"
        [ "$status" = 2 ] || problems+="check exits $status: $mutation"$'\n'
        grep -q "\"$want\"" "$T/out" || problems+="check says $(codes "$T/out"), not $want: $mutation"$'\n'
    done
    [ -z "$problems" ] || fail "$problems"
}

@test "the good config is good: check agrees with create" {
    create "$ID"
    ok
    try "$RUNTIME" check "$BUNDLE"
    [ "$status" = 0 ] || [ "$status" = 2 ] || show check
    [ -z "$(refused_by_check <("$RUNTIME" check --format json "$BUNDLE" 3>&-))" ]
}

@test "D01: no way round the user namespace" {
    # A missing user namespace is added; what may not be is the host's, whatever its name.
    ln -s /proc/self/ns/user "$T/userns"
    all_refused <<ROWS
CM-NS-USER|CM-NS-PATH	(.linux.namespaces |= map(select(.type != "user"))) | .linux.namespaces += [{"type": "user", "path": "/proc/1/ns/user"}]
CM-NS-USER|CM-NS-PATH	(.linux.namespaces |= map(select(.type != "user"))) | .linux.namespaces += [{"type": "user", "path": "/proc/self/ns/user"}]
CM-NS-USER|CM-NS-PATH	(.linux.namespaces |= map(select(.type != "user"))) | .linux.namespaces += [{"type": "user", "path": "$T/userns"}]
CM-NS-USER|CM-NS-PATH	(.linux.namespaces |= map(select(.type != "user"))) | .linux.namespaces += [{"type": "user", "path": "/etc/passwd"}]
ROWS
}

@test "D01: an alias of the host's user namespace made by a bind mount" {
    touch "$T/alias"
    mount --bind /proc/self/ns/user "$T/alias" || skip "cannot bind a namespace file here"
    all_refused <<ROWS || { umount "$T/alias"; return 1; }
CM-NS-USER|CM-NS-PATH	(.linux.namespaces |= map(select(.type != "user"))) | .linux.namespaces += [{"type": "user", "path": "$T/alias"}]
ROWS
    umount "$T/alias"
}

@test "D02: id mappings that reach where they must not" {
    local m='(.linux.namespaces |= (map(select(.type != "user")) + [{"type": "user"}])) | .linux.uidMappings = $M | .linux.gidMappings = $M'
    local code map rows=''
    while IFS=$'\t' read -r code map; do
        rows+="$code	$map as \$M | $m"$'\n'
    done <<'ROWS'
CM-ID-HOST	[{"containerID": 0, "hostID": 0, "size": 65536}]
CM-ID-HOST	[{"containerID": 0, "hostID": 65535, "size": 65536}]
CM-ID-HOST	[{"containerID": 0, "hostID": 1000, "size": 1}]
CM-ID-HOST	[{"containerID": 0, "hostID": 200000, "size": 1000}, {"containerID": 1000, "hostID": 1000, "size": 1}]
CM-ID-ROOT	[{"containerID": 1, "hostID": 200000, "size": 1000}]
CM-ID-RANGE|CM-ID-HOST	[{"containerID": 0, "hostID": 200000, "size": 4294967295}]
CM-ID-RANGE	[{"containerID": 0, "hostID": 200000, "size": 0}]
CM-ID-RANGE	[{"containerID": 0, "hostID": 4294967290, "size": 100}]
CM-ID-OVERLAP	[{"containerID": 0, "hostID": 200000, "size": 1000}, {"containerID": 500, "hostID": 300000, "size": 1000}]
CM-ID-OVERLAP	[{"containerID": 0, "hostID": 200000, "size": 1000}, {"containerID": 1000, "hostID": 200500, "size": 1000}]
CM-ID-LINES	[range(0; 341) | {"containerID": ., "hostID": (200000 + 2 * .), "size": 1}]
ROWS
    all_refused <<<"$rows"
}

@test "D03: the host's namespaces: absent, by path and by alias" {
    local type path rows='' name
    for type in pid:PID network:NET ipc:IPC uts:UTS; do
        rows+="CM-NS-${type#*:}	.linux.namespaces |= map(select(.type != \"${type%:*}\")) | del(.hostname)"$'\n'
    done
    for type in pid:pid:PID network:net:NET ipc:ipc:IPC uts:uts:UTS mount:mnt:MOUNT cgroup:cgroup:CGROUP; do
        name=${type#*:}
        for path in "/proc/1/ns/${name%:*}" "/proc/self/ns/${name%:*}"; do
            rows+="CM-NS-${type##*:}|CM-NS-PATH|CM-NS-JOIN	.linux.namespaces |= (map(select(.type != \"${type%%:*}\")) + [{\"type\": \"${type%%:*}\", \"path\": \"$path\"}])"$'\n'
        done
    done
    all_refused <<<"$rows"
}

@test "D04: capabilities that reach beyond the container" {
    local cap rows=''
    for cap in SYS_ADMIN SYS_MODULE SYS_RAWIO SYS_PTRACE SYS_BOOT SYS_TIME DAC_READ_SEARCH NET_ADMIN BPF PERFMON SYSLOG MAC_ADMIN MAC_OVERRIDE \
        CHECKPOINT_RESTORE LINUX_IMMUTABLE AUDIT_CONTROL WAKE_ALARM BLOCK_SUSPEND IPC_OWNER LEASE SYS_TTY_CONFIG SYS_RESOURCE SYS_NICE SYS_PACCT; do
        rows+="CM-CAP-REFUSED	.process.capabilities.bounding += [\"CAP_$cap\"] | .process.capabilities.effective += [\"CAP_$cap\"] | .process.capabilities.permitted += [\"CAP_$cap\"]"$'\n'
    done
    rows+='CM-CAP-REFUSED	.process.capabilities.bounding += ["CAP_SYS_ADMIN"]'$'\n'
    rows+='CM-CAP-UNKNOWN	.process.capabilities.bounding += ["CAP_NOT_A_CAPABILITY"]'$'\n'
    all_refused <<<"$rows"
}

@test "D05: the privileged shape is one answer with all its reasons" {
    jq '.process.capabilities |= map_values(["CAP_SYS_ADMIN", "CAP_NET_ADMIN", "CAP_SYS_PTRACE", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_MKNOD"])
        | del(.linux.seccomp, .linux.maskedPaths, .linux.readonlyPaths) | .linux.resources.devices = [{"allow": true, "access": "rwm"}]
        | .linux.devices = [{"path": "/dev/mem", "type": "c", "major": 1, "minor": 1}]
        | .mounts |= map(if .destination == "/sys" then .options = ["nosuid", "rw"] else . end)
        | .linux.namespaces |= map(select(.type != "pid" and .type != "network" and .type != "ipc"))' "$T/good.json" >"$BUNDLE/config.json"
    create "$ID"
    fails_with 'CM-'
    [ "$(codes "$T/err" | wc -w)" -ge 5 ] || show "at least five codes"
}

@test "D06, D07: places of the host" {
    local source rows=''
    for source in / /etc /root /home /boot /usr /lib/modules /proc /sys /dev /run /var/run /var/log /var/lib/kubelet /etc/kubernetes \
        /var/lib/containerd /var/lib/docker /var/lib/containers /sys/fs/cgroup /tmp /../etc /etc/. /run/docker.sock /run/containerd/containerd.sock \
        /run/crio/crio.sock /run/podman/podman.sock /run/dbus/system_bus_socket /run/systemd/private /run/user; do
        rows+="CM-MOUNT-SOURCE	.mounts += [{\"destination\": \"/mnt\", \"type\": \"bind\", \"source\": \"$source\", \"options\": [\"rbind\", \"ro\"]}]"$'\n'
        rows+="CM-MOUNT-SOURCE	.mounts += [{\"destination\": \"/mnt\", \"type\": \"none\", \"source\": \"$source\", \"options\": [\"bind\", \"rw\"]}]"$'\n'
    done
    all_refused <<<"$rows"
}

@test "D08: magic links as sources" {
    local source rows=''
    ln -s /etc "$T/link"
    for source in /proc/1/root /proc/self/root /proc/self/fd/0 /proc/self/cwd /proc/thread-self/root /proc/1/ns/mnt "$T/link" "$T/link/passwd"; do
        rows+="CM-MOUNT-SOURCE	.mounts += [{\"destination\": \"/mnt\", \"type\": \"bind\", \"source\": \"$source\", \"options\": [\"bind\"]}]"$'\n'
    done
    all_refused <<<"$rows"
}

@test "D09: propagation to the host" {
    all_refused <<'ROWS'
CM-PROPAGATION	.linux.rootfsPropagation = "shared"
CM-PROPAGATION	.linux.rootfsPropagation = "rshared"
CM-MOUNT-PROPAGATION|CM-MOUNT-OPTION	.mounts += [{"destination": "/mnt", "type": "tmpfs", "source": "tmpfs", "options": ["rshared"]}]
CM-MOUNT-PROPAGATION|CM-MOUNT-OPTION	.mounts += [{"destination": "/mnt", "type": "tmpfs", "source": "tmpfs", "options": ["shared"]}]
ROWS
}

@test "D09: dev and suid on a mount are refused, their absence is tightened" {
    all_refused <<'ROWS'
CM-MOUNT-FLAGS	.mounts += [{"destination": "/mnt", "type": "tmpfs", "source": "tmpfs", "options": ["dev"]}]
CM-MOUNT-FLAGS	.mounts += [{"destination": "/mnt", "type": "tmpfs", "source": "tmpfs", "options": ["suid"]}]
ROWS
    jq '.mounts += [{"destination": "/mnt", "type": "tmpfs", "source": "tmpfs", "options": ["rw"]}]' "$T/good.json" >"$BUNDLE/config.json"
    start_container
    local flags
    flags=$(mount_flags "$pid" /mnt)
    has_word "$flags" nosuid
    has_word "$flags" nodev
}

@test "D10: devices" {
    local rows='' device
    for device in 'c 1 1 mem' 'c 1 2 kmem' 'c 1 4 port' 'c 1 11 kmsg' 'b 8 0 sda' 'b 254 0 vda' 'c 10 237 loop-control' 'c 10 232 kvm' 'c 10 229 fuse' \
        'c 10 200 net/tun' 'c 10 238 vhost-net' 'c 10 223 uinput' 'c 226 0 dri/card0'; do
        # shellcheck disable=SC2086 # four words
        set -- $device
        rows+="CM-DEVICE	.linux.devices = [{\"path\": \"/dev/$4\", \"type\": \"$1\", \"major\": $2, \"minor\": $3, \"fileMode\": 438, \"uid\": 0, \"gid\": 0}]"$'\n'
        rows+="CM-DEVICE-RULE|CM-PRIVILEGED	.linux.resources.devices += [{\"allow\": true, \"type\": \"$1\", \"major\": $2, \"minor\": $3, \"access\": \"rwm\"}]"$'\n'
    done
    rows+='CM-DEVICE-RULE|CM-PRIVILEGED	.linux.resources.devices += [{"allow": true, "type": "a", "access": "rwm"}]'$'\n'
    rows+='CM-DEVICE-RULE|CM-PRIVILEGED	.linux.resources.devices = [{"allow": true, "access": "rwm"}]'$'\n'
    all_refused <<<"$rows"
}

@test "D11: seccomp profiles that allow too much are stacked below ours" {
    all_tightened <<'ROWS'
CM-SECCOMP-ABSENT	del(.linux.seccomp)
CM-SECCOMP-DEFAULT	.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW"}
CM-SECCOMP-DEFAULT	.linux.seccomp = {"defaultAction": "SCMP_ACT_LOG"}
CM-SECCOMP-FLAG	.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "flags": ["SECCOMP_FILTER_FLAG_SPEC_ALLOW"]}
ROWS
}

@test "D12: protections that the config leaves out come back" {
    all_tightened <<'ROWS'
CM-NNP	.process.noNewPrivileges = false
CM-NNP	del(.process.noNewPrivileges)
CM-ROOT-READONLY	.root.readonly = false
CM-MASK	.linux.maskedPaths = []
CM-MASK	del(.linux.maskedPaths)
CM-READONLY-PATH	.linux.readonlyPaths = []
CM-CAP-DROPPED	.process.capabilities.bounding += ["CAP_NET_RAW", "CAP_SYS_CHROOT", "CAP_SETFCAP", "CAP_AUDIT_WRITE", "CAP_MKNOD"]
CM-CAP-INHERITABLE	.process.capabilities.inheritable = ["CAP_CHOWN"]
ROWS
}

@test "D13: labels that confine nothing" {
    all_refused <<'ROWS'
CM-LSM-UNCONFINED|CM-LSM	.process.apparmorProfile = "unconfined"
CM-LSM-UNCONFINED|CM-LSM	.process.selinuxLabel = "system_u:system_r:spc_t:s0"
CM-LSM	.process.apparmorProfile = "no-such-profile"
ROWS
}

@test "D14: annotations that other runtimes obey" {
    all_refused <<'ROWS'
CM-ANNOTATION-UNSAFE	.annotations = {"org.systemd.property.ExecStop": "[[\"/bin/sh\"]]"}
CM-ANNOTATION-UNSAFE	.annotations = {"run.oci.keep_original_groups": "1"}
CM-ANNOTATION-UNSAFE	.annotations = {"run.oci.handler": "krun"}
CM-ANNOTATION	.annotations = {"casemate.no-such-thing": "1"}
CM-ANNOTATION	.annotations = {"casemate.rootfs": "writable"}
ROWS
}

@test "D15: hooks" {
    local kind rows=''
    for kind in prestart createRuntime createContainer startContainer poststart poststop; do
        rows+="CM-HOOK	.hooks = {\"$kind\": [{\"path\": \"/bin/sh\", \"args\": [\"sh\", \"-c\", \"touch $T/hook-ran\"]}]}"$'\n'
    done
    all_refused <<<"$rows"
    [ ! -e "$T/hook-ran" ]
}

@test "D16: cgroup paths" {
    all_refused <<'ROWS'
CM-CGROUP-PATH	.linux.cgroupsPath = "/../../etc"
CM-CGROUP-PATH	.linux.cgroupsPath = "a/../../b"
CM-CGROUP-PATH	.linux.cgroupsPath = "/a//../b"
CM-CGROUP-PATH	.linux.cgroupsPath = "/" + ([range(65) | "a"] | join("/"))
CM-CGROUP-PATH	.linux.cgroupsPath = "/" + ([range(30) | "a" * 240] | join("/"))
CM-CGROUP-PATH	.linux.cgroupsPath = "system.slice:casemate;rm:x"
CM-UNIFIED	.linux.resources.unified = {"../x": "1"}
CM-UNIFIED	.linux.resources.unified = {"cgroup.procs": "1"}
CM-UNIFIED	.linux.resources.unified = {"cgroup.subtree_control": "+pids"}
ROWS
}

@test "D17: scheduling, personality and limits" {
    all_refused <<'ROWS'
CM-SCHED	.process.scheduler = {"policy": "SCHED_FIFO", "priority": 10}
CM-SCHED	.process.scheduler = {"policy": "SCHED_DEADLINE", "runtime": 1000000, "deadline": 2000000, "period": 2000000}
CM-SCHED	.process.ioPriority = {"class": "IOPRIO_CLASS_RT", "priority": 0}
CM-PERSONALITY	.linux.personality = {"domain": "LINUX32"}
CM-RLIMIT	.process.rlimits = [{"type": "RLIMIT_NO_SUCH", "soft": 1, "hard": 1}]
CM-RLIMIT	.process.rlimits = [{"type": "RLIMIT_NOFILE", "soft": 2, "hard": 1}]
CM-NS-TIME	.linux.timeOffsets = {"monotonic": {"secs": 100}}
ROWS
}

@test "D17: core dumps are off whatever the config says" {
    configure '.process.rlimits = [{"type": "RLIMIT_CORE", "soft": 9007199254740992, "hard": 9007199254740992}]'
    start_container
    awk '/Max core file size/ {exit !($5 <= 1 && $6 <= 1)}' "/proc/$pid/limits" || fail "$(grep core "/proc/$pid/limits")"
}

@test "D18: limits that are missing" {
    # What this host can enforce shows in the cgroup; the rest must be reported.
    configure 'del(.linux.resources.pids, .linux.resources.memory)'
    start_container
    local cg controllers
    cg=$(ct_cgroup_root)$(cgroup_of "$pid")
    controllers=$(cat "$cg/cgroup.controllers")
    "$RUNTIME" check --format json "$BUNDLE" >"$T/check" 3>&- || true
    case " $controllers " in
    *" pids "*) [ "$(cat "$cg/pids.max")" != max ] ;;
    *) grep -qi pids "$T/check" ;;
    esac
    case " $controllers " in
    *" memory "*) [ "$(cat "$cg/memory.max")" != max ] && [ "$(cat "$cg/memory.swap.max")" = 0 ] ;;
    *) grep -qi memory "$T/check" ;;
    esac
}

@test "D18: a limit that the bundle asks for and the host cannot enforce" {
    local controllers
    controllers=$(cat "$(ct_cgroup_root)/cgroup.controllers")
    case " $controllers " in *" memory "*) skip "this host has the memory controller" ;; esac
    all_refused <<'ROWS'
CM-LIMIT-UNENFORCEABLE	.linux.resources.memory = {"limit": 67108864}
CM-LIMIT-UNENFORCEABLE	.linux.resources.pids = {"limit": 100}
ROWS
}

@test "D20: names and types that do not exist" {
    local mutation problems=''
    while read -r mutation; do
        jq "$mutation" "$T/good.json" >"$BUNDLE/config.json"
        create "$ID"
        [ "$status" = 1 ] && [ "$(grep -c . "$T/err")" = 1 ] || problems+="status $status: $mutation: $(head -c 300 "$T/err")"$'\n'
        [ "$status" = 1 ] || ct delete --force "$ID"
        try "$RUNTIME" check "$BUNDLE"
        [ "$status" = 3 ] || [ "$status" = 1 ] || problems+="check exits $status: $mutation"$'\n'
    done <<'ROWS'
.linux.namespaces += [{"type": "no-such"}]
.linux.namespaces += [{"type": "pid"}]
.linux.namespaces += [{"path": "/x"}]
.linux.seccomp = {"defaultAction": "SCMP_ACT_NONSENSE"}
.linux.seccomp = {"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 1, "op": "SCMP_CMP_MAYBE"}]}]}
.linux.seccomp = {"defaultAction": "SCMP_ACT_ERRNO", "flags": ["SECCOMP_FILTER_FLAG_NO_SUCH"]}
.process.args = "sh"
.process.args = []
.process.args = [1]
.process.user.uid = "0"
.process.user.uid = -1
.process.user.uid = 4294967295
.process.user.uid = 4294967296
.process.user.uid = 1.5
.process.cwd = 1
.process.env = ["NOEQUALS"]
.root = "rootfs"
.root.path = null
.mounts = {}
.mounts += [{"destination": 1}]
.mounts += [{"type": "tmpfs"}]
.mounts += [{"destination": "/mnt", "type": "overlay", "source": "x", "options": ["lowerdir=/,upperdir=/tmp,workdir=/tmp"]}]
.mounts += [{"destination": "/mnt", "type": "ext4", "source": "/dev/vda"}]
.mounts += [{"destination": "/proc/sys", "type": "tmpfs", "source": "tmpfs"}]
.mounts += [{"destination": "/mnt", "type": "tmpfs", "source": "tmpfs", "options": ["source=/etc", "X-mount.mkdir"]}]
.linux.sysctl = {"kernel.core_pattern": "|/bin/sh"}
.linux.sysctl = {"kernel/core_pattern": "x"}
.linux.sysctl = {"net.ipv4/../../kernel/core_pattern": "x"}
.linux.sysctl = {"net.ipv4.conf.a/../..": "x"}
.linux.sysctl = {"net.ipv4.ip_forward": "1\nkernel.x=2"}
.linux.sysctl = {"vm.overcommit_memory": "1"}
.ociVersion = 1
ROWS
    [ -z "$problems" ] || fail "$problems"
    assert_no_residue
}

@test "D21: ids that are not mapped" {
    all_refused <<'ROWS'
CM-ID-USER	.process.user.uid = 70000
CM-ID-USER	.process.user.gid = 70000
CM-ID-USER|CM-GROUP	.process.user.additionalGids = [70000]
ROWS
}

@test "no namespaces of our own in a config without any: the three that are added, the rest refused" {
    all_refused <<'ROWS'
CM-NS-PID	.linux.namespaces = [] | del(.hostname)
ROWS
    all_tightened <<'ROWS'
CM-NS-USER	.linux.namespaces |= map(select(.type != "user")) | del(.linux.uidMappings, .linux.gidMappings)
CM-NS-MOUNT	.linux.namespaces |= map(select(.type != "mount"))
CM-NS-CGROUP	.linux.namespaces |= map(select(.type != "cgroup"))
ROWS
}

@test "check touches nothing and needs no container" {
    local before
    before=$(tree_hash "$BUNDLE")
    try "$RUNTIME" check "$BUNDLE"
    [ "$before" = "$(tree_hash "$BUNDLE")" ]
    [ ! -e "$ROOT" ]
    try "$RUNTIME" check "$T/no-such-bundle"
    exits 1
}

@test "an AppArmor profile that is loaded to confine nothing is no profile" {
    need_root
    local profile
    mkdir -p "$T/module/apparmor/parameters" "$T/security/apparmor"
    echo Y >"$T/module/apparmor/parameters/enabled"
    printf 'runc (unconfined)\ncontainer (enforce)\nnew (complain)' >"$T/security/apparmor/profiles"
    for profile in container runc new; do
        configure --arg profile $profile '.process.apparmorProfile = $profile'
        try unshare -m --propagation private sh -c 'mount --bind "$1/module" /sys/module && mount --bind "$1/security" /sys/kernel/security && shift && exec "$@"' sh "$T" \
            "$RUNTIME" --root "$ROOT" check "$BUNDLE"
        cat "$T/out" "$T/err" >"$T/both"
        case $profile in
        container) ! grep -q CM-LSM "$T/both" || show "$profile" || return 1 ;;
        *) grep -q 'loaded in a mode that confines nothing' "$T/both" || show "$profile" || return 1 ;;
        esac
    done
}
