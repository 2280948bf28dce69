#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# contrib/kubernetes: the example pods, each run (or refused) as kubelet and containerd would have it, and install-node on a node that is a directory.
load ../lib/common

KUBERNETES=$CT_TOP/contrib/kubernetes

setup() {
    need_root
    ct_setup
}
teardown() {
    local pod dir
    # what a driver that was stopped left: its pods are those whose bundles lie here
    for pod in "$T"/bundles/[0-9a-f]*/; do
        [ -d "$pod" ] || continue
        "$RUNTIME" --root "$T/state" delete --force "$(basename "$pod")" >/dev/null 2>&1 </dev/null 3>&- 4>&- || true
    done
    [ -z "$(ls "$T/state" 2>/dev/null)" ] || { ls "$T/state" && return 1; }
    ct_teardown
}

# ---- examples ----

pod() { # MANIFEST: of the examples, or a path
    local manifest=$KUBERNETES/examples/$1
    [ "${1#/}" = "$1" ] || manifest=$1
    python3 -c 'import yaml' 2>/dev/null || skip "python3 has no yaml (package python3-yaml)"
    [ -e "$T/rootfs" ] || make_rootfs "$T/rootfs"
    rm -rf "$T/bundles"
    mkdir -p -m 755 "$T/bundles/policy"
    ln -s "$RUNTIME" "$T/bundles/casemate@strict"
    [ -z "${POLICY:-}" ] || echo "$POLICY" >"$T/bundles/policy/policy.json"
    CT_TIMEOUT=120 try unshare -m --propagation private "$CT_TOP/tests/lib/pod" "$RUNTIME" "$T/state" "$T/rootfs" "$T/bundles" "$manifest"
}
no_controllers() { # strict wants limits, for which some hosts of tests have no controllers
    grep -qw memory /sys/fs/cgroup/cgroup.controllers || POLICY=$(jq -n --arg from "$(date -u -d yesterday +%F)" --arg until "$(date -u -d 'next week' +%F)" \
        '{version: 1, exceptions: [{codes: ["CM-LIMIT-UNENFORCEABLE"], match: {cgroup: "/kubepods"}, from: $from, expires: $until, reason: "no controllers here"}]}')
}
# The comment of a manifest, as one line; "…" at its end leaves the rest open.
expected() { sed -n '/^# In the events/,/^apiVersion/s/^#   //p' "$KUBERNETES/examples/$1" | tr '\n' ' ' | sed 's/ *$//'; }

@test "a pod that asks for nothing" {
    pod works/plain.yaml
    ok
    prints '^app: 0$'
    [ "$(awk '$1 == "app:" && NF == 4 && $2 == 0 {print ($3 >= 65536 && $4 == 65536)}' "$T/out")" = 1 ] || show "its ids"
    prints '^app: Seccomp:[[:space:]]2$'
    prints '^app: ready$'
}

@test "the level restricted of the Pod Security Standards, under casemate-strict" {
    no_controllers
    pod works/restricted.yaml
    ok
    prints '^app: 1000$'
    prints '^app: CapBnd:[[:space:]]0{16}$'
    prints '^app: ready$'
    # and it is the class that makes it strict
    sed '/runAs/d' "$KUBERNETES/examples/works/restricted.yaml" >"$T/pod.yaml"
    pod "$T/pod.yaml"
    exits 3
    says 'CM-NONROOT'
}

@test "volumes: emptyDir, configMap, secret, projected, a subPath" {
    pod works/volumes.yaml
    ok
    [ "$(grep -c '^app: green$' "$T/out")" = 2 ] || show "configMap and projected"
    prints '^app: open sesame$'
    prints '^app: scratch 1000:2000$'
    prints '^app: memory 1000:2000$'
    prints '^app: settings are read-only$'
    prints '^app: ready$'
}

@test "an init container, and two applications" {
    pod works/init.yaml
    ok
    [ "$(cat "$T/out")" = $'app: prepared\napp: 0 600\napp: ready\nsecond: prepared\nsecond: ready' ] || show "their output"
}

@test "an ephemeral root, and not under strict" {
    pod works/ephemeral-root.yaml
    ok
    [ "$(cat "$T/out")" = $'app: written\napp: ready' ] || show "its output"
    # the control arm: without the annotation the same is read-only
    sed '/^  annotations:/,/casemate.rootfs/d' "$KUBERNETES/examples/works/ephemeral-root.yaml" >"$T/pod.yaml"
    pod "$T/pod.yaml"
    ok
    [ ! -s "$T/out" ] || show "the root is writable without the annotation"
    # and with the class that grants it to nobody
    no_controllers
    sed -e 's/: casemate$/: casemate-strict\n  securityContext: {runAsUser: 1000}/' "$KUBERNETES/examples/works/ephemeral-root.yaml" >"$T/pod.yaml"
    pod "$T/pod.yaml"
    exits 3
    says 'CM-ANNOTATION.*does not grant an ephemeral root'
}

@test "what is refused is refused with the message that the manifest has" {
    local file want got
    for file in "$KUBERNETES"/examples/refused/*.yaml; do
        file=refused/$(basename "$file")
        want=$(expected "$file")
        [ -n "$want" ] || fail "$file has no message" || return 1
        pod "$file"
        exits 3 || return 1
        got=$(sed -n 's/^.*level=error msg="\(.*\)"$/\1/p' "$T/err" | sed -E -e 's/\\"/"/g' -e 's/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/UID/g' -e 's/filesystem [0-9]+:[0-9]+/filesystem N:N/g')
        case $want in
        *…) [ "${got#"${want%…}"}" != "$got" ] ;;
        *) [ "$got" = "$want" ] ;;
        esac || fail "$file says: $want
but casemate: $got" || return 1
    done
}

# ---- the installer ----

make_node() { # CONTAINERD-VERSION: a root with a shell, an engine that reads its configuration, and a systemctl that notes what it is told
    HOST=$T/node SOURCE=$T/source
    mkdir -p "$HOST"/{bin,tmp,dev,etc/containerd,run,var/lib/kubelet} "$SOURCE"/{bin,libexec/casemate,cri-o}
    : >"$HOST/dev/null"
    cp "$(ct_busybox)" "$HOST/bin/busybox"
    for applet in sh echo cat grep tail; do ln -s busybox "$HOST/bin/$applet"; done
    printf '#!/bin/sh\ncase $1 in\n--version) echo "containerd example/containerd v%s 0123abcd" ;;\n*) ! grep -q BROKEN /etc/containerd/config.toml || { echo "toml: BROKEN" >&2; exit 1; } ;;\nesac\n' "$1" >"$HOST/bin/containerd"
    printf '#!/bin/sh\necho "$@" >>/tmp/systemctl\n[ ! -e /tmp/fails ]\n' >"$HOST/bin/systemctl"
    chmod 755 "$HOST"/bin/*
    cp "$RUNTIME" "$SOURCE/bin/casemate"
    echo helper >"$SOURCE/libexec/casemate/casemate-systemd"
    cp -r "$CT_TOP/contrib/containerd" "$SOURCE/"
    [ ! -d "$CT_TOP/contrib/cri-o" ] || cp -r "$CT_TOP/contrib/cri-o" "$SOURCE/"
    echo 'cgroupDriver: systemd' >"$HOST/var/lib/kubelet/config.yaml"
}
node() { HOST=$HOST SOURCE=$SOURCE try "$KUBERNETES/install-node" "$@"; }
restarts() { wc -l 2>/dev/null <"$HOST/tmp/systemctl" || echo 0; }
tree() { (cd "$HOST" && find . -type f ! -path './tmp/*' -printf '%p %m %i\n' -o -type l -printf '%p %l\n' | sort); }

@test "install-node: containerd 2, a second time, an upgrade, and away again" {
    make_node 2.1.0
    printf 'version = 3\nroot = "/data"\n\n[plugins."a"]\n  b = 1\n' >"$HOST/etc/containerd/config.toml"
    cp "$HOST/etc/containerd/config.toml" "$T/original"
    node install
    ok
    cmp "$RUNTIME" "$HOST/opt/casemate/bin/casemate"
    [ "$(readlink "$HOST/opt/casemate/bin/casemate@strict")" = casemate ]
    [ -e "$HOST/opt/casemate/libexec/casemate/casemate-systemd" ]
    [ "$(sed -n 2p "$HOST/etc/containerd/config.toml" | cut -d ' ' -f 1)" = imports ] || fail "$(cat "$HOST/etc/containerd/config.toml")"
    [ "$(grep -c 'BinaryName = "/opt/casemate/bin/casemate' "$HOST/etc/containerd/conf.d/casemate.toml")" = 2 ]
    grep -q 'SystemdCgroup = true' "$HOST/etc/containerd/conf.d/casemate.toml"
    [ "$(cat "$HOST/tmp/systemctl")" = "restart containerd" ]
    # nothing to do: not a file is written, and nothing restarted
    tree >"$T/before"
    node install
    ok
    prints 'nothing to do'
    diff "$T/before" <(tree) && [ "$(restarts)" = 1 ]
    # another program: replaced whole, whoever runs the old one keeps it
    echo "# newer" >>"$SOURCE/bin/casemate"
    exec 7<"$HOST/opt/casemate/bin/casemate"
    node install
    ok
    cmp "$SOURCE/bin/casemate" "$HOST/opt/casemate/bin/casemate" && [ "$(restarts)" = 2 ]
    cmp "$RUNTIME" /dev/fd/7
    exec 7<&-
    # a container is there: nothing is taken away
    mkdir -p "$HOST/run/containerd/runc/k8s.io/0123" "$HOST/run/containerd/runc/k8s.io/other"
    echo '{"version":1,"pidfdInode":7}' >"$HOST/run/containerd/runc/k8s.io/0123/state.json"
    echo '{"id":"other","init_process_pid":7}' >"$HOST/run/containerd/runc/k8s.io/other/state.json"
    tree >"$T/before"
    node remove
    exits 1
    says 'containers of casemate are on this node.* 0123$'
    diff "$T/before" <(tree) && [ "$(restarts)" = 2 ]
    rm -r "$HOST/run/containerd/runc/k8s.io/0123"
    node remove
    ok
    cmp "$T/original" "$HOST/etc/containerd/config.toml"
    [ ! -e "$HOST/opt/casemate" ] && [ ! -e "$HOST/etc/containerd/conf.d/casemate.toml" ] && [ "$(restarts)" = 3 ]
    node remove
    ok
    [ "$(restarts)" = 3 ]
}

@test "install-node: containerd 2 with a configuration of version 2, which would lose its own settings by an import, has them in config.toml" {
    make_node 2.1.9
    printf 'version = 2\n[plugins."a"]\n  b = 1\n' >"$HOST/etc/containerd/config.toml"
    cp "$HOST/etc/containerd/config.toml" "$T/original"
    # as an earlier installer left it
    sed -i '1a imports = ["/etc/containerd/conf.d/*.toml"] # casemate (install-node)' "$HOST/etc/containerd/config.toml"
    mkdir -p "$HOST/etc/containerd/conf.d"
    echo 'version = 3' >"$HOST/etc/containerd/conf.d/casemate.toml"
    node install
    ok
    ! grep -q imports "$HOST/etc/containerd/config.toml" || fail "it imports"
    [ ! -e "$HOST/etc/containerd/conf.d/casemate.toml" ]
    [ "$(grep -c 'BinaryName = "/opt/casemate/bin/casemate' "$HOST/etc/containerd/config.toml")" = 2 ]
    node install
    prints 'nothing to do'
    node remove
    ok
    cmp "$T/original" "$HOST/etc/containerd/config.toml"
}

@test "install-node: containerd 1.7 has its handlers in config.toml, between two lines" {
    make_node 1.7.24
    node install
    ok
    grep -qx 'version = 2' "$HOST/etc/containerd/config.toml"
    [ "$(grep -c 'runtimes.runc\]' "$HOST/etc/containerd/config.toml")" = 1 ] || fail "the handler runc must be there"
    node remove
    ok
    [ "$(cat "$HOST/etc/containerd/config.toml")" = 'version = 2' ]
    # a configuration of its own, with runc in it, and cgroupfs
    printf 'version = 2\n[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]\n  runtime_type = "io.containerd.runc.v2"\n' >"$HOST/etc/containerd/config.toml"
    cp "$HOST/etc/containerd/config.toml" "$T/original"
    chmod 640 "$HOST/etc/containerd/config.toml" # a registry's password may be in it
    chgrp 1234 "$HOST/etc/containerd/config.toml"
    CGROUP_DRIVER=cgroupfs node install
    ok
    [ "$(stat -c '%u %g %a' "$HOST/etc/containerd/config.toml")" = "0 1234 640" ] || fail "$(stat -c '%u %g %a' "$HOST/etc/containerd/config.toml")"
    [ "$(grep -c 'runtimes.runc\]' "$HOST/etc/containerd/config.toml")" = 1 ]
    [ "$(grep -c 'SystemdCgroup = false' "$HOST/etc/containerd/config.toml")" = 2 ]
    python3 -c 'import sys, tomllib; c = tomllib.load(open(sys.argv[1], "rb")); assert {"runc", "casemate", "casemate-strict"} == set(c["plugins"]["io.containerd.grpc.v1.cri"]["containerd"]["runtimes"])' \
        "$HOST/etc/containerd/config.toml" || ! python3 -c 'import tomllib' 2>/dev/null || fail "it does not parse"
    CGROUP_DRIVER=cgroupfs node install
    prints 'nothing to do'
    node install # kubelet's driver
    ok
    [ "$(grep -c 'SystemdCgroup = true' "$HOST/etc/containerd/config.toml")" = 2 ]
    [ "$(grep -c 'BEGIN casemate' "$HOST/etc/containerd/config.toml")" = 1 ]
    node remove
    ok
    [ "$(stat -c '%u %g %a' "$HOST/etc/containerd/config.toml")" = "0 1234 640" ]
    cmp "$T/original" "$HOST/etc/containerd/config.toml"
}

@test "install-node: what it makes of Debian's configuration is what the installed containerd reads" {
    local version
    command -v containerd >/dev/null || skip "containerd is missing"
    version=$(containerd --version | sed -n 's/^.* v\{0,1\}\([0-9][0-9]*\.[0-9.]*\).*$/\1/p')
    make_node "$version"
    cat >"$HOST/etc/containerd/config.toml" <<END
version = 2

[plugins]
  [plugins."io.containerd.grpc.v1.cri"]
    [plugins."io.containerd.grpc.v1.cri".cni]
      bin_dir = "/usr/lib/cni"
END
    node install
    ok
    # the drop-in, where it is in this directory
    sed -i "s,/etc/containerd/conf.d,$HOST/etc/containerd/conf.d," "$HOST/etc/containerd/config.toml"
    try containerd --config "$HOST/etc/containerd/config.toml" config dump
    ok
    for handler in casemate casemate-strict runc; do prints "runtimes\.\"?$handler\"?\]" || return 1; done
    prints 'BinaryName = .*/opt/casemate/bin/casemate@strict'
    [ "$(grep -c 'pod_annotations = \[.casemate\.\*.\]' "$T/out")" = 2 ] || show "annotations"
    prints '/usr/lib/cni'
}

@test "install-node: CRI-O has its handlers in a drop-in" {
    local dropin
    make_node none
    rm "$HOST/bin/containerd"
    mkdir -p "$HOST/etc/crio/crio.conf.d"
    echo '[crio.runtime]' >"$HOST/etc/crio/crio.conf.d/00-own.conf"
    dropin=$HOST/etc/crio/crio.conf.d/10-casemate.conf
    # one that does not start gets back what it had
    : >"$HOST/tmp/fails"
    node install
    exits 1
    says 'crio does not start with its new configuration'
    [ "$(ls "$HOST/etc/crio/crio.conf.d")" = 00-own.conf ]
    rm "$HOST/tmp/fails" "$HOST/tmp/systemctl"
    node install
    ok
    [ "$(grep -c 'runtime_path = "/opt/casemate/bin/casemate' "$dropin")" = 2 ] && [ "$(cat "$HOST/tmp/systemctl")" = "restart crio" ]
    [ "$(sed -n 's/^runtime_root = "\(.*\)"/\1/p' "$dropin" | sort -u)" = /run/casemate ] # where remove looks
    node install
    prints 'nothing to do'
    mkdir -p "$HOST/run/casemate/0123"
    echo '{"version":1,"pidfdInode":7}' >"$HOST/run/casemate/0123/state.json"
    node remove
    exits 1
    rm -r "$HOST/run/casemate"
    node remove
    ok
    [ "$(ls "$HOST/etc/crio/crio.conf.d")" = 00-own.conf ] && [ ! -e "$HOST/opt/casemate" ] && [ "$(restarts)" = 2 ]
}

@test "install-node: what cannot work leaves the engine as it was" {
    make_node 2.1.0
    printf 'version = 3\nimports = ["/somewhere/else.toml"]\n' >"$HOST/etc/containerd/config.toml"
    node install
    exits 1
    says 'does not name /etc/containerd/conf.d'
    # an engine that does not read it, and one that does not start with it
    printf 'version = 3\nBROKEN = 1\n' >"$HOST/etc/containerd/config.toml"
    cp "$HOST/etc/containerd/config.toml" "$T/original"
    node install
    exits 1
    says 'cannot read its new configuration, the old one is back: toml: BROKEN'
    cmp "$T/original" "$HOST/etc/containerd/config.toml" && [ ! -e "$HOST/etc/containerd/conf.d/casemate.toml" ] && [ "$(restarts)" = 0 ]
    printf 'version = 3\n' >"$HOST/etc/containerd/config.toml"
    : >"$HOST/tmp/fails"
    node install
    exits 1
    says 'does not start with its new configuration, the old one is back'
    [ "$(cat "$HOST/etc/containerd/config.toml")" = 'version = 3' ] && [ ! -e "$HOST/etc/containerd/conf.d/casemate.toml" ]
    rm "$HOST/tmp/fails"
    # no helper for the driver that kubelet has, a program of another processor, no engine, no arguments
    rm "$SOURCE/libexec/casemate/casemate-systemd"
    node install
    exits 1
    says 'has no casemate-systemd'
    CGROUP_DRIVER=other node install
    says 'must be systemd or cgroupfs'
    printf '\177ELF nothing' >"$SOURCE/bin/casemate"
    CGROUP_DRIVER=cgroupfs node install
    exits 1
    says 'does not run'
    rm "$HOST/bin/containerd"
    node install
    exits 1
    says 'neither containerd nor CRI-O'
    node
    exits 1
    says 'usage: install-node'
    node other
    exits 1
}
