#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# vm: lsm=apparmor kernel=newest seconds=70
# contrib/kubernetes/install-node on a node with systemd and Debian's containerd. What cannot work is tried on a node that is a directory: tests/integration/kubernetes.bats.
load ../../lib/common

setup() {
    need_root
    ct_setup
    mkdir -p "$T/source/bin"
    cp "$RUNTIME" "$T/source/bin/casemate"
    cp -r "$CT_TOP/contrib/containerd" "$T/source/"
}
teardown() {
    c tasks kill --signal SIGKILL "$ID" || true
    c tasks delete --force "$ID" || true
    c containers delete "$ID" || true
    node remove
    systemctl stop containerd
    rm -rf --one-file-system "$T"
}
c() { try ctr -n k8s.io "$@"; }
node() { HOST=/ SOURCE=$T/source CGROUP_DRIVER=cgroupfs CT_TIMEOUT=120 try "$CT_TOP/contrib/kubernetes/install-node" "$@"; }
main_pid() { systemctl show --property MainPID --value containerd; }
answers() { ctr version >/dev/null 2>&1 3>&- 4>&-; }

@test "the handlers are there after one restart, a container keeps the program, and everything is as it was afterwards" {
    local pid
    systemctl start containerd
    cp /etc/containerd/config.toml "$T/original"
    pid=$(main_pid)
    node install
    ok
    prints 'restarting containerd'
    [ "$(main_pid)" != "$pid" ] && systemctl is-active containerd
    containerd config dump >"$T/dump"
    grep -q 'runtimes.casemate-strict\]' "$T/dump" || fail "no handler: $(cat "$T/dump")"
    grep -q 'BinaryName = "/opt/casemate/bin/casemate@strict"' "$T/dump"
    # what the node had configured holds still
    [ "$(grep -c bin_dir "$T/original")" = 0 ] || grep -qF "$(grep bin_dir "$T/original" | tr -d ' ' | sed 's/=/ = /')" "$T/dump"
    pid=$(main_pid)
    node install
    ok
    prints 'nothing to do'
    [ "$(main_pid)" = "$pid" ] || fail "restarted for nothing"
    # containers of it outlive a restart, and keep it from being removed
    eventually answers
    make_rootfs "$T/rootfs"
    "$CT_TOP/tests/lib/image" "$T/rootfs" docker.io/library/box:latest "$T/image.tar"
    CT_TIMEOUT=120 c images import "$T/image.tar"
    ok
    CT_TIMEOUT=120 c run -d --runc-binary /opt/casemate/bin/casemate docker.io/library/box:latest "$ID" sleep 1000
    ok
    echo '# newer' >>"$T/source/bin/casemate"
    node install
    ok
    eventually answers
    c tasks ls
    prints "^$ID .*RUNNING"
    node remove
    exits 1
    says "containers of casemate are on this node.*$ID"
    [ -x /opt/casemate/bin/casemate ]
    c tasks kill --signal SIGKILL "$ID"
    ok
    CT_TIMEOUT=60 c tasks delete --force "$ID"
    ok
    c containers delete "$ID"
    node remove
    ok
    cmp "$T/original" /etc/containerd/config.toml
    [ ! -e /opt/casemate ]
    systemctl is-active containerd
}
