# SPDX-License-Identifier: LGPL-2.1-or-later
"""What engines read out of `features`: containerd and CRI-O decide by it what a handler can do, docker shows it."""
import json

ANNOTATIONS = ("org.opencontainers.runc",)


def wrong(status, out, err):
    if status or err:
        return [f"features: status {status}, {err!r} on standard error"]
    try:
        said = json.loads(out)
    except ValueError as error:
        return [f"features: {error}"]
    linux = said.get("linux", {})
    checks = {
        "ociVersionMin and ociVersionMax": said.get("ociVersionMin") and said.get("ociVersionMax"),
        "the namespace types, user among them": {"user", "pid", "ipc", "uts", "mount", "network", "cgroup"} <= set(linux.get("namespaces", [])),
        "mountExtensions.idmap.enabled": linux.get("mountExtensions", {}).get("idmap", {}).get("enabled") is True,
        "the mount options rro and tmpcopyup": {"rro", "rprivate", "rbind", "ro", "tmpcopyup"} <= set(said.get("mountOptions", [])),
        "cgroup v2, not v1": linux.get("cgroup", {}).get("v2") is True and not linux.get("cgroup", {}).get("v1"),
        "seccomp": linux.get("seccomp", {}).get("enabled") is True and "SCMP_ACT_ERRNO" in linux["seccomp"].get("actions", []),
        "the hooks": {"prestart", "createRuntime", "poststop"} <= set(said.get("hooks", [])),
        "capabilities": "CAP_CHOWN" in linux.get("capabilities", []),
    }
    return [f"features lacks {name}" for name, there in checks.items() if not there]
