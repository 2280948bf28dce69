# SPDX-License-Identifier: LGPL-2.1-or-later
"""What this host has. Rows name what they need; without it they are n/a, and run elsewhere."""
import os
import shutil
import subprocess

from bundle import TESTS
from views import FIRST_SUBORDINATE, UNPRIVILEGED_ID


def _words(path):
    try:
        with open(path, encoding="utf-8") as f:
            return f.read().replace(",", " ").split()
    except OSError:
        return []


def _rootless(place):
    if not shutil.which("newuidmap"):
        return False
    command = [os.path.join(TESTS, "lib", "as-user"), os.path.join(place, "etc"), str(UNPRIVILEGED_ID), str(FIRST_SUBORDINATE), "unshare", "-U", "true"]
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0


def present(place):
    lsm = _words("/sys/kernel/security/lsm") or _lsm_by_status()
    controllers = _words("/sys/fs/cgroup/cgroup.controllers")
    found = {
        "apparmor": "apparmor" in lsm and os.path.isdir("/sys/kernel/security/apparmor"),
        "selinux": os.path.exists("/sys/fs/selinux/enforce"),
        "landlock": "landlock" in lsm,
        "systemd": os.path.isdir("/run/systemd/system"),
        "rootless": _rootless(place),
        "runc": bool(shutil.which("runc") or os.path.exists("/usr/sbin/runc")),
        "crun": bool(shutil.which("crun")),
        "strace": bool(shutil.which("strace")),
        "modules": os.path.exists("/proc/modules"),
        **{f"cgroup-{c}": c in controllers for c in ("cpu", "io", "memory", "pids", "cpuset", "hugetlb")},
    }
    return {name for name, there in found.items() if there}


def _lsm_by_status():
    """Where securityfs is not mounted: what a mount of our own says."""
    script = "mount -t securityfs none /sys/kernel/security && cat /sys/kernel/security/lsm"
    done = subprocess.run(["unshare", "-m", "sh", "-c", script], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    return done.stdout.strip().replace(",", " ").split()
