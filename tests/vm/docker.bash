# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034 # variables are for the test files
#
# Docker in a virtual machine, set up with what contrib/docker has. After tests/lib/common.bash; the machine is thrown away, so its /etc is ours.

setup_file() { ct_untraced; docker_begin .; }
teardown_file() { docker_end; }
setup() { ct_setup; }
teardown() {
    all_gone
    rm -rf --one-file-system "$T"
}

# JQ-EXPRESSION: about contrib's daemon.json.
docker_begin() {
    [ -n "${CT_VM:-}" ] || skip "only in a virtual machine: it takes the machine's docker"
    ln -sf casemate /usr/local/bin/casemate@strict
    install -d -m 755 /etc/docker /etc/casemate/policy.d
    install -m 644 "$CT_TOP/contrib/docker/policy.json" /etc/casemate/policy.d/docker.json
    jq "$1" "$CT_TOP/contrib/docker/daemon.json" >/etc/docker/daemon.json
    export BOX=/run/ct-docker
    systemctl restart docker || fail "$(journalctl -u docker --no-pager | tail -n 5)"
    [ -e "$BOX/rootfs" ] || make_rootfs "$BOX/rootfs"
    tar -C "$BOX/rootfs" -c . | docker import - box >/dev/null
}
docker_end() {
    [ -n "${CT_VM:-}" ] || return 0
    all_gone
    systemctl stop docker docker.socket
}
all_gone() { docker ps -aq 3>&- | xargs -r docker rm -f -v >/dev/null 2>&1 3>&-; }

d() { try docker "$@"; }
box() { d run --rm "$@"; } # docker run
inspect() { docker inspect -f "$1" "${2:-c1}" 3>&-; } # FORMAT [CONTAINER]
up() { # [OPTION…]: a container c1, with its pid and the directory of its cgroup
    d run -d --name c1 "$@"
    ok "docker run -d $*" || return 1
    pid=$(inspect '{{.State.Pid}}')
    CG=/sys/fs/cgroup$(cgroup_of "$pid")
}
has() { # FILE=VALUE…: of the cgroup
    local word
    for word in "$@"; do [ "$(cat "$CG/${word%%=*}")" = "${word#*=}" ] || fail "${word%%=*} is $(cat "$CG/${word%%=*}"), should be ${word#*=}" || return 1; done
}
# The error as docker's user reads it: whole, from the first word to containerd's last.
refused() { # REGEX
    exits 125 || return 1
    says "^docker: Error response from daemon: failed to create task for container: failed to create shim task: OCI runtime create failed: casemate create failed: .*casemate policy refuses this container: .*$1.*: unknown\.$"
}

# No process, cgroup, unit, mount, shim, state or range of ids of any container.
nothing_left() {
    all_gone
    eventually no_leavings || fail "left: $(leavings)"
}
# A line each. Of what docker and containerd take away some goes a moment after they have answered.
leavings() {
    pgrep -af containerd-shim || true
    find /sys/fs/cgroup -depth -type d \( -name 'docker-*.scope' -o -path '/sys/fs/cgroup/docker/*' \) 2>/dev/null || true
    systemctl list-units --all --plain --no-legend 'docker-*.scope'
    # docker keeps netns/default for itself: the host's, since somebody asked for --network host
    grep -E '/overlay2/|/docker/(containers|netns)|io.containerd.runtime' /proc/self/mountinfo | grep -v ' /run/docker/netns/default ' || true
    find /run/docker/runtime-runc/*/ /run/containerd/io.containerd.runtime.v2.task/moby* -mindepth 1 -maxdepth 1 2>/dev/null || true
    "$CT_TOP/tests/lib/held"
}
no_leavings() { [ -z "$(leavings)" ]; }
