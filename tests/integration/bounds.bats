#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# vm: lsm=apparmor kernel=newest only=no.protected.memory
# Places, ranges and sizes that a configuration may not ask for, and that `check` says so before `create` does.
# shellcheck disable=SC2016,SC2154 # jq's variables, and those that the helpers set
load ../lib/common

setup() {
    need_root
    ct_setup
    make_bundle
    cp "$BUNDLE/config.json" "$T/good.json"
}
teardown() {
    [ -z "${helper:-}" ] || kill "$helper" 2>/dev/null || true
    ct_teardown
}

# Rows "CODE<tab>jq expression": refused by create and, with the same code, by check.
both_refuse() {
    local want mutation problems=''
    while IFS=$'\t' read -r want mutation; do
        [ -n "$want" ] || continue
        jq "$mutation" "$T/good.json" >"$BUNDLE/config.json" || { problems+="bad row: $mutation"$'\n'; continue; }
        create "$ID"
        if [ "$status" != 1 ]; then
            problems+="not refused ($status): $mutation"$'\n'
            ct delete --force "$ID"
        elif ! grep -q "\[$want\]" "$T/err"; then
            problems+="not with $want: $mutation: $(head -c 400 "$T/err")"$'\n'
        fi
        try "$RUNTIME" check --format json "$BUNDLE"
        [ "$status" = 3 ] || problems+="check exits $status: $mutation"$'\n'
        jq -e --arg code "$want" 'any(.refusals[]; .code == $code)' "$T/out" >/dev/null || problems+="check does not say $want: $mutation"$'\n'
    done
    [ -z "$problems" ] || fail "$problems"
}
check_within() { # SECONDS STATUS
    CT_TIMEOUT=$1 try "$RUNTIME" check --format json "$BUNDLE"
    exits "$2"
}
with_ids='(.linux.namespaces |= (map(select(.type != "user")) + [{"type": "user"}])) | .linux.uidMappings = $m | .linux.gidMappings = $m'

@test "the host's own trees, the bundle and what holds it are no root" {
    local place rows=''
    for place in / .. . /etc /etc/. /usr /usr/share /root /home /var /var/lib /run /tmp /srv /opt /mnt /proc /proc/1 /sys /sys/kernel /dev /dev/shm \
        "$T" "$BUNDLE"; do
        [ ! -d "$place" ] || rows+="CM-ROOTFS	.root.path = \"$place\""$'\n'
    done
    both_refuse <<<"$rows"
}

@test "the state of containers is no root" {
    start_container "$CT_TAG-2"
    configure --arg root "$ROOT" '.root.path = $root'
    create "$ID"
    fails_with 'CM-ROOTFS'
    ct check "$BUNDLE"
    exits 3 && prints 'CM-ROOTFS'
    try "$RUNTIME" --root "$T/none" check "$BUNDLE"
    exits 2
    [ ! -e "$T/none" ] || fail "check made it"
}

@test "nothing that the host mounts later appears in a bind mount" {
    need_test_build
    mkdir "$T/src"
    configure --arg src "$T/src" '.mounts += [{"destination": "/data", "type": "bind", "source": $src, "options": ["rbind", "rslave", "nosuid", "nodev"]}]'
    CASEMATE_TEST_ALLOW_MOUNT="$T/src" try "$RUNTIME_TEST" check --format json "$BUNDLE"
    exits 2
    prints 'CM-MOUNT-PROPAGATION'
    CASEMATE_TEST_ALLOW_MOUNT="$T/src" try "$RUNTIME_TEST" --root "$ROOT" run --detach --bundle "$BUNDLE" "$ID"
    ok
    awk '$5 == "/data" {found = 1} $5 == "/data" && / master:| shared:/ {bad = 1} END {exit bad || !found}' "/proc/$(pid_of)/mountinfo" ||
        fail "$(cat "/proc/$(pid_of)/mountinfo")"
}

@test "a kernel filesystem below a bind source is seen, whatever its path is made of" {
    need_test_build
    local name
    for name in 'plain' 'with blank' $'with\ttab' 'with\backslash' 'with\040digits' $'with\nline'; do
        mkdir -p "$T/src/$name/proc"
        jq --arg src "$T/src/$name" '.mounts += [{"destination": "/data", "type": "bind", "source": $src, "options": ["rbind", "nosuid", "nodev"]}]' \
            "$T/good.json" >"$BUNDLE/config.json"
        CASEMATE_TEST_ALLOW_MOUNT="$T/src" try "$RUNTIME_TEST" check --format json "$BUNDLE"
        [ "$status" != 3 ] || show "$name without the mount" || return 1
            CASEMATE_TEST_ALLOW_MOUNT="$T/src" try unshare -m sh -c 'mount -t proc proc "$1" && exec "$2" check --format json "$3"' - \
            "$T/src/$name/proc" "$RUNTIME_TEST" "$BUNDLE"
        exits 3 || fail "$name" || return 1
        prints 'CM-MOUNT-SOURCE' || return 1
    done
}

@test "long lists are refused, or done, in seconds" {
    jq '.mounts = [range(40000) | {"destination": "/"}]' "$T/good.json" >"$BUNDLE/config.json"
    check_within 5 3
    prints 'CM-MOUNT-COUNT'
    jq '.mounts += [range(1000) | {"destination": "/tmp/\(.)", "type": "tmpfs", "options": ["nosuid", "nodev"]}]' "$T/good.json" >"$BUNDLE/config.json"
    check_within 5 2
    jq '.linux.maskedPaths += [range(20000) | "/proc/version"]' "$T/good.json" >"$BUNDLE/config.json"
    check_within 5 3
    prints 'CM-MASK'
    jq '.linux.maskedPaths += [range(4000) | "/proc/version"]' "$T/good.json" >"$BUNDLE/config.json"
    CT_TIMEOUT=5 start_container
    [ "$(grep -c ' /proc/version ' "/proc/$pid/mountinfo")" = 1 ]
}

@test "the network of another pod's container is not joined, the engine's is" {
    cp "$BUNDLE/config.json" "$T/pod.json"
    configure --arg id "$ID" '.linux.cgroupsPath = "/kubepods/pod0123abcd-0000-1111-2222-333344445555/" + $id'
    start_container
    local other=$pid before
    cp "$T/pod.json" "$BUNDLE/config.json"
    before=$(nsenter -t "$other" -n cat /proc/sys/net/ipv4/ip_unprivileged_port_start)
    local join='.linux.namespaces |= (map(select(.type != "network")) + [{"type": "network", "path": $path}])
        | .linux.sysctl = {"net.ipv4.ip_unprivileged_port_start": "77"}'
    configure --arg path "/proc/$other/ns/net" "$join"
    create "$CT_TAG-2"
    fails_with 'CM-NS-JOIN.*of another pod'
    try "$RUNTIME" check "$BUNDLE"
    exits 3
    [ "$(nsenter -t "$other" -n cat /proc/sys/net/ipv4/ip_unprivileged_port_start)" = "$before" ]

    unshare -n sleep 100 3>&- &
    helper=$!
    eventually is_out "$helper" self net
    jq --arg path "/proc/$helper/ns/net" "$join" "$T/good.json" >"$BUNDLE/config.json"
    start_container "$CT_TAG-2"
    [ "$(ns_of "$pid" net)" = "$(ns_of "$helper" net)" ]
    [ "$(nsenter -t "$helper" -n cat /proc/sys/net/ipv4/ip_unprivileged_port_start)" = 77 ]
}

@test "what is no namespace is not opened" {
    mkfifo "$T/fifo"
    (exec 3>&- && : >"$T/fifo" && touch "$T/opened") &
    helper=$!
    configure --arg path "$T/fifo" '.linux.namespaces |= (map(select(.type != "network")) + [{"type": "network", "path": $path}])'
    create "$ID"
    fails_with 'CM-NS-PATH'
    try "$RUNTIME" check "$BUNDLE"
    exits 3
    sleep 0.2
    [ ! -e "$T/opened" ] || fail "the other end of the FIFO saw it opened"
}

@test "maps of too many ids, of ids from the pool, or longer than the kernel takes" {
    start_container "$CT_TAG-2"
    local base
    base=$(awk '{print $2}' "/proc/$pid/uid_map")
    both_refuse <<EOF
CM-ID-SIZE	[{"containerID": 0, "hostID": 65536, "size": 4294901758}] as \$m | $with_ids
CM-ID-SIZE	[{"containerID": 0, "hostID": 65536, "size": 1048577}] as \$m | $with_ids
CM-ID-POOL	[{"containerID": 0, "hostID": $base, "size": 65536}] as \$m | $with_ids
CM-ID-POOL	[{"containerID": 0, "hostID": 200000, "size": 65535}, {"containerID": 65535, "hostID": $((base + 65536 * 9)), "size": 1}] as \$m | $with_ids
CM-ID-LINES	[range(340) | {"containerID": (. * 10), "hostID": (200000 + . * 10), "size": 10}] as \$m | $with_ids
EOF
}

@test "what create would fail at, check refuses" {
    local long
    long=$(printf 'x%.0s' {1..256})
    both_refuse <<EOF
CM-MASK	.linux.maskedPaths += ["/$long"]
CM-READONLY-PATH	.linux.readonlyPaths += ["/a/$long/b"]
CM-MOUNT-DEST	.mounts += [{"destination": "/$long", "type": "tmpfs", "options": ["nosuid", "nodev"]}]
CM-CWD	.process.cwd = "/$long"
CM-MASK	.linux.maskedPaths += ["/proc"]
CM-MASK	.linux.maskedPaths += ["/dev/"]
CM-MASK	.linux.maskedPaths += ["/sys"]
CM-MASK	.linux.maskedPaths += ["/"]
CM-MASK	.linux.maskedPaths += ["/proc/self/environ"]
CM-MASK	.linux.maskedPaths += ["/proc/1/mem"]
CM-READONLY-PATH	.linux.readonlyPaths += ["/proc/thread-self/attr"]
CM-SECCOMP-ERRNO	.linux.seccomp = {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 4096}
CM-SECCOMP-ERRNO	.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["getcwd"], "action": "SCMP_ACT_ERRNO", "errnoRet": 70000}]}
CM-SYSCTL	.linux.sysctl = {"kernel.msgmax": "many"}
CM-SYSCTL	.linux.sysctl = {"net.ipv4.ping_group_range": "0 1 2"}
CM-SYSCTL	.linux.sysctl = {"net.ipv4.ip_unprivileged_port_start": "70000"}
EOF
}

@test "cgroup files that reach beyond the container" {
    local file rows=''
    for file in cpuset.cpus.partition cpuset.cpus.exclusive memory.reclaim io.prio.class cpu.uclamp.min cgroup.type; do
        rows+="CM-UNIFIED	.linux.resources.unified = {\"$file\": \"1\"}"$'\n'
    done
    both_refuse <<<"$rows"
}

@test "no protected memory and no swap beyond the limit of memory" {
    grep -qw memory "$(ct_cgroup_root)/cgroup.controllers" || skip "no memory controller"
    configure '.linux.resources.memory = {"limit": 67108864, "swap": 1073741824, "reservation": -1} | .linux.resources.unified = {"memory.min": "max"}'
    start_container
    local dir
    dir=$(ct_cgroup_root)$(cgroup_of "$pid")
    [ "$(cat "$dir/memory.low")" = 67108864 ]
    [ "$(cat "$dir/memory.min")" = 67108864 ]
    [ ! -e "$dir/memory.swap.max" ] || [ "$(cat "$dir/memory.swap.max")" = 67108864 ]
}

@test "locked memory is bounded whatever the number" {
    configure '.process.rlimits = [{"type": "RLIMIT_MEMLOCK", "soft": 4611686018427387904, "hard": 4611686018427387904},
        {"type": "RLIMIT_MSGQUEUE", "soft": 9000000, "hard": 9000000}]'
    start_container
    grep -E '^Max locked memory +8388608 +8388608 ' "/proc/$pid/limits"
    grep -E '^Max msgqueue size +819200 +819200 ' "/proc/$pid/limits"
}

@test "annotations that podman adds unasked are ignored, others of their kind refused" {
    configure '.annotations = {"org.systemd.property.KillSignal": "15", "org.systemd.property.TimeoutStopUSec": "uint64 10000000",
        "org.systemd.property.CollectMode": "'"'inactive-or-failed'"'"}'
    start_container
    configure '.annotations["org.systemd.property.ExecStartPre"] = "x"'
    create "$CT_TAG-2"
    fails_with 'CM-ANNOTATION-UNSAFE.*ExecStartPre'
}

# A container that nobody can join or look at would be made on purpose.
@test "what is too long to be read again is not recorded" {
    local n
    masks() { # NUMBER, each of 3 KiB
        jq --argjson n "$1" '.linux.maskedPaths = [range($n) | "/" + ([range(15) | "x" * 200] | join("/")) + (. | tostring)]' "$T/good.json" >"$BUNDLE/config.json"
    }
    for n in 350 530; do # between what is read of one part and of the whole file
        masks "$n"
        create "$ID"
        fails_with 'takes more than 1 MiB to record'
    done
    masks 320
    start_container
    ct exec "$ID" /bin/true
    ok
    ct check --container "$ID"
    ok
}
