# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034 # variables are for the test files
#
# containerd's CRI plugin, driven as kubelet drives it. Loaded after tests/lib/common.bash; in virtual machines only, since it takes the places of a host's own engine.
#
# Sets a file of tests and each test up and down. A test makes a pod with pod [FILTER], which is $POD, and containers in it with
# add NAME [FILTER]; each FILTER changes (with jq) what kubelet asks for. $handler chooses the runtime: casemate, casemate-strict or, for control arms, runc.

CRI_LIB=$CT_TOP/tests/lib/cri
CRI_CONFIG=/etc/containerd/config.toml
CRI_STATE=/run/containerd/io.containerd.runtime.v2.task/k8s.io
CRI_ROOT=/run/containerd/runc/k8s.io
KUBELET=/var/lib/kubelet
CONTEXT=.linux.security_context
NAMESPACES=.linux.security_context.namespace_options

setup_file() { ct_untraced; cri_up; }
teardown_file() { cri_down; }
setup() { cri_setup; }
teardown() { cri_teardown; }

# ---- the engine and the client, once for each file of tests ----

cri_up() {
    export CRI=$BATS_FILE_TMPDIR/cri
    mkdir -p "$CRI" /etc/cni/net.d "$(dirname $CRI_CONFIG)" $KUBELET/pods
    chmod 750 $KUBELET $KUBELET/pods
    ln -sfn "$(command -v casemate)" "$(command -v casemate)@strict"
    printf '{"cniVersion": "1.0.0", "name": "pods", "plugins": [{"type": "%s", "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.88.0.0/16"}]]}}]}\n' \
        "${CRI_CNI:-ptp}" >/etc/cni/net.d/10-pods.conflist
    {
        printf 'version = 2\n[plugins."io.containerd.grpc.v1.cri"]\n  sandbox_image = "localhost/pause:1"\n'
        printf '[plugins."io.containerd.grpc.v1.cri".cni]\n  bin_dir = "/usr/lib/cni"\n'
        sed 's|/usr/local/bin/casemate|'"$(command -v casemate)"'|' "$CT_TOP/contrib/containerd/casemate-1.7.toml"
        printf '[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]\n  SystemdCgroup = true\n'
    } | sed "s/SystemdCgroup = true/SystemdCgroup = $([ "${CRI_DRIVER:-systemd}" = systemd ] && echo true || echo false)/" >$CRI_CONFIG
    systemctl start containerd || { journalctl -u containerd --no-pager | tail -n 30 && return 1; }
    cri_images || return 1
    mkfifo "$CRI/ask" "$CRI/answer"
    "$CRI_LIB/client" /run/containerd/containerd.sock "$CRI/ask" "$CRI/answer" >"$CRI/log" 2>&1 </dev/null 3>&- 4>&- &
    echo $! >"$CRI/pid"
}
cri_images() {
    local root=$CRI/pause
    make_rootfs "$CRI/app" && cp -a "$CRI/app" "$root" || return 1
    install -m 755 "$CT_HELPERS/escape-probe" "$CRI/app/bin/taker"
    printf '#!/bin/sh\nexec sleep 1000000\n' >"$root/pause"
    chmod 755 "$root/pause"
    mkdir -p "$CRI/app/var/run"
    # as Kubernetes' own: no root
    "$CT_TOP/tests/lib/image" "$root" localhost/pause:1 "$CRI/pause.tar" '{"User": "65535:65535", "Entrypoint": ["/pause"], "Cmd": []}'
    "$CT_TOP/tests/lib/image" "$CRI/app" localhost/app:1 "$CRI/app.tar"
    ctr -n k8s.io images import "$CRI/pause.tar" >/dev/null && ctr -n k8s.io images import "$CRI/app.tar" >/dev/null
}
cri_down() {
    kill "$(cat "$CRI/pid")" || true
    systemctl stop containerd
}

# ---- calls ----

# Asks and has what came of it in $T/answer; fails, with the message in $T/err, if it is an error.
cri_ask() { # REQUEST
    printf '%s\n' "$1" >"$CRI/ask"
    timeout 300 cat "$CRI/answer" >"$T/raw" || fail "the client is gone: $(cat "$CRI/log")" || return 2
    jq -r '.message // ""' "$T/raw" >"$T/err"
    jq '.answer' "$T/raw" >"$T/answer"
    [ "$(head -c 11 "$T/raw")" = '{"ok": true' ]
}
cri() { # METHOD [JSON]: the answer is printed
    cri_ask "$(jq -nc --arg call "$1" --argjson with "${2:-"{}"}" --argjson timeout "${CRI_TIMEOUT:-120}" '{call: $call, with: $with, timeout: $timeout}')" ||
        fail "$1: $(cat "$T/err")" || return 1
    cat "$T/answer"
}
# The same for what has to fail: its message is in $T/err.
cri_refuses() { # METHOD JSON
    ! cri "$@" >/dev/null || fail "$1 should have failed: $(cat "$T/answer")"
}
says_all() { # TEXT…: each is in the error, as it stands
    local text
    for text; do
        grep -qF -- "$text" "$T/err" || fail "the error should have \"$text\": $(cat "$T/err")" || return 1
    done
}
by_id() { jq -nc --arg id "$1" '{container_id: $id}'; }
pod_by_id() { jq -nc --arg id "$1" '{pod_sandbox_id: $id}'; }
stop() { cri StopContainer "$(jq -nc --arg id "$1" --argjson t "${2:-1}" '{container_id: $id, timeout: $t}')" >/dev/null; } # ID [GRACE]
remove() { cri RemoveContainer "$(by_id "$1")" >/dev/null; }
container_status() { cri ContainerStatus "$(by_id "$1")" | jq -r ".status$2"; } # ID PATH
container_pid() { cri ContainerStatus "$(jq -nc --arg id "$1" '{container_id: $id, verbose: true}')" | jq -r '.info.info | fromjson.pid'; }
sandbox_pid() { cri PodSandboxStatus "$(jq -nc --arg id "$1" '{pod_sandbox_id: $id, verbose: true}')" | jq -r '.info.info | fromjson.pid'; }
is_exited() { [ "$(container_status "$1" .state)" = 2 ]; }
soon() { within 120 "$@"; } # COMMAND…
wait_exit() { soon is_exited "$1" || fail "it does not end: $(container_status "$1" .state)"; }
# What a command in a container prints: both streams and the exit status.
exec_sync() { # ID COMMAND…
    local id=$1
    shift
    cri ExecSync "$(jq -nc --arg id "$id" --argjson timeout "${exec_timeout:-0}" '{container_id: $id, cmd: $ARGS.positional, timeout: $timeout}' --args -- "$@")"
}
inside() { # ID SCRIPT: what it prints; it must succeed
    local out
    out=$(exec_sync "$1" /bin/sh -c "$2") || { echo "$out" && return 1; }
    [ "$(jq .exit_code <<<"$out")" = 0 ] || fail "in the container: $out" || return 1
    jq -r .stdout <<<"$out"
}
log_of() { cat "/var/log/pods/default_pod_$UID_OF_POD/$1/${2:-0}.log"; } # NAME [ATTEMPT]
# containerd writes each stream of the log by itself, and beside what it tells of the container: a line may be there a moment later than its end.
has_logged() { log_of "$1" | tr -d '\r' | grep -qE -- "$2"; }
wait_logged() { soon has_logged "$@" || fail "the log of $1 should have $2: $(log_of "$1")"; } # NAME REGEX

# ---- what kubelet asks for ----

# The sandbox of a Burstable pod, changed by FILTER.
pod_config() { # [FILTER]
    jq -n --arg uid "$UID_OF_POD" --arg driver "${CRI_DRIVER:-systemd}" '{
        metadata: {name: "pod", uid: $uid, namespace: "default", attempt: 0}, hostname: "pod",
        log_directory: "/var/log/pods/default_pod_\($uid)",
        dns_config: {servers: ["10.96.0.10"], searches: ["default.svc.cluster.local"], options: ["ndots:5"]},
        labels: {"io.kubernetes.pod.name": "pod", "io.kubernetes.pod.namespace": "default", "io.kubernetes.pod.uid": $uid},
        annotations: {"kubernetes.io/config.source": "api"},
        linux: {
            cgroup_parent: (if $driver == "systemd" then "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod\($uid | gsub("-"; "_")).slice"
                else "/kubepods/burstable/pod\($uid)" end),
            security_context: {namespace_options: {network: 0, pid: 1, ipc: 0, userns_options: {mode: 2}}, seccomp: {profile_type: 0}},
            overhead: {}, resources: {cpu_period: 100000, cpu_shares: 102}
        }
    } | '"${1:-.}"
}
# A container of it: with the three mounts that every pod has, and kubelet's own defaults.
container_config() { # NAME [FILTER]
    jq -n --arg uid "$UID_OF_POD" --arg name "$1" --arg pod "$KUBELET/pods/$UID_OF_POD" '
    def mount($at; $from): {container_path: $at, host_path: $from};
    def volume($at; $from): mount($at; "\($pod)/volumes/kubernetes.io~\($from)");
    {
        metadata: {name: $name, attempt: 0}, image: {image: "localhost/app:1"}, command: ["sleep", "1000"],
        envs: [{key: "KUBERNETES_SERVICE_HOST", value: "10.96.0.1"}],
        mounts: [
            volume("/var/run/secrets/kubernetes.io/serviceaccount"; "projected/kube-api-access-abcde") + {readonly: true},
            mount("/etc/hosts"; "\($pod)/etc-hosts"),
            mount("/dev/termination-log"; "\($pod)/containers/\($name)/0a1b2c3d")
        ],
        labels: {"io.kubernetes.container.name": $name, "io.kubernetes.pod.name": "pod", "io.kubernetes.pod.namespace": "default", "io.kubernetes.pod.uid": $uid},
        annotations: {"io.kubernetes.container.restartCount": "0", "io.kubernetes.container.terminationMessagePath": "/dev/termination-log"},
        log_path: "\($name)/0.log",
        linux: {
            resources: {cpu_period: 100000, cpu_shares: 102, oom_score_adj: 999},
            security_context: {
                namespace_options: {network: 0, pid: 1, ipc: 0, userns_options: {mode: 2}}, seccomp: {profile_type: 1},
                masked_paths: ["/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
                    "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap"],
                readonly_paths: ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
            }
        }
    } | '"${2:-.}"
}
# What kubelet prepares on the node for the pod and its containers NAME…
kubelet_files() { # NAME…
    local pod=$KUBELET/pods/$UID_OF_POD volumes=$KUBELET/pods/$UID_OF_POD/volumes name
    umask 027
    mkdir -p "$volumes"/kubernetes.io~{projected,empty-dir,configmap,secret} "$pod"/volume-subpaths/{scratch,etc}/app/0
    for name; do mkdir -p "$pod/containers/$name"; done
    umask 022
    printf '127.0.0.1\tlocalhost\n10.88.0.2\tpod\n' >"$pod/etc-hosts"
    for name; do
        : >"$pod/containers/$name/0a1b2c3d"
        chmod 666 "$pod/containers/$name/0a1b2c3d"
    done
    # token, configMap and secret: data behind a link that is swapped; token and secret in memory
    for name in projected/kube-api-access-abcde secret/secret configmap/config; do
        name=$volumes/kubernetes.io~$name
        mkdir "$name"
        [[ $name == *configmap* ]] || mount -t tmpfs -o size=1m tmpfs "$name"
        chmod 1777 "$name"
        mkdir "$name/..2026_01_01"
        ln -s ..2026_01_01 "$name/..data"
        echo "content of $(basename "$name")" >"$name/..data/key"
        ln -s ..data/key "$name/key"
    done
    mkdir -m 777 "$volumes"/kubernetes.io~empty-dir/{scratch,memory}
    mkdir "$volumes/kubernetes.io~empty-dir/scratch/sub"
    chmod 777 "$volumes/kubernetes.io~empty-dir/scratch/sub"
    mount -t tmpfs -o size=8m,mode=777 tmpfs "$volumes/kubernetes.io~empty-dir/memory"
    # subPaths: of the emptyDir, and of a hostPath volume of /etc
    mount --bind "$volumes/kubernetes.io~empty-dir/scratch/sub" "$pod/volume-subpaths/scratch/app/0"
    mount --bind /etc/default "$pod/volume-subpaths/etc/app/0"
}
kubelet_clean() { # UID
    awk -v pod="$KUBELET/pods/$1/" 'index($5, pod) == 1 { print $5 }' /proc/self/mountinfo | while read -r path; do umount "$path"; done
    rm -rf --one-file-system "${KUBELET:?}/pods/$1" "/var/log/pods/default_pod_$1"
}
pod() { # [FILTER]
    pod_config "${1:-.}" >"$T/pod.json"
    POD=$(cri RunPodSandbox "$(jq -c --arg handler "${handler:-casemate}" '{config: ., runtime_handler: $handler}' "$T/pod.json")") || { echo "$POD" && return 1; }
    POD=$(jq -r .pod_sandbox_id <<<"$POD")
}
make_container() { # NAME [FILTER]: $CONTAINER
    CONTAINER=$(cri CreateContainer "$(container_config "$@" | jq -c --arg pod "$POD" --slurpfile config "$T/pod.json" \
        '{pod_sandbox_id: $pod, config: ., sandbox_config: $config[0]}')") || { echo "$CONTAINER" && return 1; }
    CONTAINER=$(jq -r .container_id <<<"$CONTAINER")
}
add() { # NAME [FILTER]: created and started
    make_container "$@" && cri StartContainer "$(by_id "$CONTAINER")" >/dev/null
}
# What has to be refused at its start, with the texts in what kubelet gets to see: the error of the call and the state of the container.
add_refused() { # NAME FILTER TEXT…
    make_container "$1" "$2" || return 1
    cri_refuses StartContainer "$(by_id "$CONTAINER")" || return 1
    says_all "${@:3}" || return 1
    cri ContainerStatus "$(by_id "$CONTAINER")" >"$T/status" || return 1
    [ "$(jq -r '.status | "\(.state) \(.reason)"' "$T/status")" = "2 StartError" ] || fail "$(cat "$T/status")" || return 1
    jq -r .status.message "$T/status" >"$T/err"
    says_all "${@:3}"
}
pod_ids() { cri ListPodSandbox | jq -r '.items[].id'; }
end_pod() { # [ID]: as kubelet ends one
    cri StopPodSandbox "$(pod_by_id "${1:-$POD}")" >/dev/null && cri RemovePodSandbox "$(pod_by_id "${1:-$POD}")" >/dev/null
}

# ---- each test ----

cri_setup() {
    [ -n "${CT_VM:-}" ] || skip "takes the places of a host's own containerd: in a virtual machine only"
    T=$(mktemp -d "${CT_TMP:-/tmp}/ct.XXXXXXXX")
    ROOT=$CRI_ROOT
    UID_OF_POD=$(cat /proc/sys/kernel/random/uuid)
    handler=casemate
    CRI_MOUNTS=$(ct_host_mounts)
    kubelet_files app second
}
cri_teardown() {
    local ended=0 id
    [ -n "${T:-}" ] || return 0
    for id in $(pod_ids); do end_pod "$id" || ended=1; done
    for id in "$KUBELET"/pods/*; do [ ! -d "$id" ] || kubelet_clean "$(basename "$id")"; done
    # A failed test has reported already; only a passed one is judged by what it left.
    [ "${BATS_TEST_COMPLETED:-}" != 1 ] || nothing_left || ended=1
    rm -rf --one-file-system "$T"
    return $ended
}
# Shims and bundles, records, ids, cgroups and mounts, a line each. What containerd does after it has answered takes a moment.
leavings() {
    pgrep -af 'containerd-shim-runc-v2 .*-namespace k8s.io' || true
    find $CRI_STATE "$CRI_ROOT" -mindepth 1 -maxdepth 1 -type d 2>/dev/null || true
    "$CT_TOP/tests/lib/held"
    find /sys/fs/cgroup \( -name 'cri-containerd-*' -o -name '*cri-containerd:*' \) 2>/dev/null || true
    comm -13 <(echo "$CRI_MOUNTS") <(ct_host_mounts)
}
no_leavings() { [ -z "$(leavings)" ]; }
nothing_left() { soon no_leavings || fail "left: $(leavings)"; }
