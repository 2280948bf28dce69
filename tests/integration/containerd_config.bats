#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# vm: lsm=none kernel=newest
# contrib/containerd and contrib/docker as the programs that read them see them, beside a configuration as Debian ships it. CONTAINERD2: a containerd of version 2 where the installed one is older.
load ../lib/common

setup() {
    ct_setup
    cat >"$T/config.toml" <<'END'
version = 2

[plugins]
  [plugins."io.containerd.grpc.v1.cri"]
    [plugins."io.containerd.grpc.v1.cri".cni]
      bin_dir = "/srv/cni"
      conf_dir = "/etc/cni/net.d"
END
}
teardown() { rm -rf --one-file-system "$T"; }

version_of() { "$1" --version 2>/dev/null | sed -n 's/.* \([0-9]\)\.[0-9]*\.[0-9].*/\1/p'; } # PROGRAM: the major one
need_version() { # MAJOR
    for program in containerd "${CONTAINERD2:-}"; do
        [ -z "$program" ] || [ "$(version_of "$program")" != "$1" ] || return 0
    done
    skip "there is no containerd of version $1"
}
# Of what containerd makes of it all: the value of a key, or keys of a table, by a Python expression over d.
dump() {
    try "$program" --config "$T/config.toml" config dump
    ok || return 1
}
asks() { # EXPRESSION: over r, the runtimes, and cni
    python3 -c 'import sys, tomllib
d = tomllib.load(open(sys.argv[1], "rb"))["plugins"]
cri = d.get("io.containerd.cri.v1.runtime") or d["io.containerd.grpc.v1.cri"]
r, cni = cri["containerd"]["runtimes"], cri["cni"]
print(eval(sys.argv[2]))' "$T/out" "$1"
}
is() { [ "$(asks "$1")" = "$2" ] || fail "$1 is $(asks "$1"), should be $2"; } # EXPRESSION WANTED
has_handlers() {
    is 'sorted(r)' "['casemate', 'casemate-strict', 'runc']"
    is '{v["runtime_type"] for v in r.values()}' "{'io.containerd.runc.v2'}"
    is 'r["casemate"]["options"]["BinaryName"], r["casemate-strict"]["options"]["BinaryName"]' "('/usr/local/bin/casemate', '/usr/local/bin/casemate@strict')"
    is 'r["casemate"]["options"]["SystemdCgroup"], r["casemate-strict"]["options"]["SystemdCgroup"]' '(True, True)'
    is 'r["runc"]["options"].get("SystemdCgroup", False)' False
}

@test "containerd 1.x: appended, the handlers are there and nothing else has changed" {
    need_version 1
    cat "$CT_TOP/contrib/containerd/casemate-1.7.toml" >>"$T/config.toml"
    dump
    has_handlers
    is 'cni["bin_dir"]' /srv/cni
    # control arm: what an import does
    (echo 'version = 2' && cat "$CT_TOP/contrib/containerd/casemate-1.7.toml") >"$T/import.toml"
    printf 'imports = ["%s"]\nversion = 2\n[plugins."io.containerd.grpc.v1.cri".cni]\n  bin_dir = "/srv/cni"\n' "$T/import.toml" >"$T/config.toml"
    dump
    is 'cni["bin_dir"] == "/srv/cni"' False
}

@test "containerd 2.x: appended to version 2, imported by version 3, the handlers are there and nothing else has changed" {
    need_version 2
    mkdir "$T/conf.d"
    cp "$CT_TOP/contrib/containerd/casemate.toml" "$T/conf.d/"
    # a configuration of version 2: appended
    cp "$T/config.toml" "$T/debian.toml"
    cat "$CT_TOP/contrib/containerd/casemate-1.7.toml" >>"$T/config.toml"
    dump
    has_handlers
    is 'cni["bin_dirs"]' "['/srv/cni']"
    # control arm: what an import does to it
    (echo "imports = [\"$T/conf.d/*.toml\"]" && cat "$T/debian.toml") >"$T/config.toml"
    dump
    is '"/srv/cni" in cni["bin_dirs"]' False
    # one of version 3: imported
    printf 'version = 3\nimports = ["%s/conf.d/*.toml"]\n[plugins."io.containerd.cri.v1.runtime".cni]\n  bin_dirs = ["/srv/cni"]\n' "$T" >"$T/config.toml"
    dump
    has_handlers
    is 'cni["bin_dirs"]' "['/srv/cni']"
}

@test "dockerd accepts daemon.json, and casemate the policy beside it" {
    ct policy validate "$CT_TOP/contrib/docker/policy.json"
    ok
    if command -v dockerd >/dev/null; then
        try dockerd --validate --config-file "$CT_TOP/contrib/docker/daemon.json"
        ok
    else
        jq -e '.runtimes["casemate-strict"].path == "/usr/local/bin/casemate@strict"' "$CT_TOP/contrib/docker/daemon.json"
    fi
}
