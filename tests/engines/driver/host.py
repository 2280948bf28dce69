# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the host's kernel says of a container's process."""
import os
import time

CEILING = "CHOWN DAC_OVERRIDE FOWNER FSETID KILL NET_BIND_SERVICE SETGID SETPCAP SETUID".split()
NUMBERS = {"CHOWN": 0, "DAC_OVERRIDE": 1, "FOWNER": 3, "FSETID": 4, "KILL": 5, "SETGID": 6, "SETUID": 7, "SETPCAP": 8, "NET_BIND_SERVICE": 10}


def capabilities(names):
    """The part of the names that is below the ceiling, as a number."""
    return sum(1 << NUMBERS[n] for n in CEILING if f"CAP_{n}" in (names or []))


def text(pid, name):
    with open(f"/proc/{pid}/{name}", encoding="utf-8", errors="replace") as f:
        return f.read()


def status(pid):
    return dict(line.split(":\t", 1) for line in text(pid, "status").splitlines() if ":\t" in line)


def alive(pid):
    try:
        return status(pid)["State"][0] not in "ZX"
    except (OSError, KeyError):
        return False


def namespace(pid, kind):
    return os.readlink(f"/proc/{pid}/ns/{kind}")


def outside(pid, kind, inside):
    """The id that an id of the container is where we are, or None."""
    for line in text(pid, f"{kind}_map").splitlines():
        first, to, size = (int(n) for n in line.split())
        if first <= inside < first + size:
            return to + inside - first
    return None


def least(pid):
    """The least id that anything in the container can be."""
    return min(int(line.split()[1]) for kind in ("uid", "gid") for line in text(pid, f"{kind}_map").splitlines())


def cgroup(pid):
    return next(line[3:] for line in text(pid, "cgroup").splitlines() if line.startswith("0::"))


def members(path):
    """Of a cgroup and those below it."""
    pids = []
    for directory, _, _ in os.walk(f"/sys/fs/cgroup{path}"):
        with open(f"{directory}/cgroup.procs", encoding="utf-8") as f:
            pids += [int(line) for line in f]
    return sorted(pids)


def descriptors(pid):
    return sorted(int(n) for n in os.listdir(f"/proc/{pid}/fd"))


def eventually(what, limit=30):
    end = time.monotonic() + limit
    while not what():
        if time.monotonic() > end:
            return False
        time.sleep(0.002)
    return True


def confined(pid, process, filters, mapping, rootless):
    """What is not as it must be of any container's process. mapping: host id of id 0 that the configuration gives, or None. Without privilege we are in the caller's namespaces."""
    wrong = []

    def want(name, got, wanted):
        if got != wanted:
            wrong.append(f"{name} is {got}, should be {wanted}")

    said = status(pid)
    if namespace(pid, "user") == namespace("self", "user") or (least(pid) < 65536 and not rootless):
        wrong.append(f"no user namespace of its own: {text(pid, 'uid_map').split()}")
    if mapping is not None:
        want("the host's id of root", outside(pid, "uid", 0), mapping)
    user = process["user"]
    want("Uid", said["Uid"], "\t".join([str(outside(pid, "uid", user["uid"]))] * 4))
    want("Gid", said["Gid"], "\t".join([str(outside(pid, "gid", user["gid"]))] * 4))
    want("NoNewPrivs", said["NoNewPrivs"], "1")
    want("Seccomp", said["Seccomp"], "2")
    want("Seccomp_filters", int(said["Seccomp_filters"]), filters)
    asked = process.get("capabilities") or {}
    bounding = capabilities(asked.get("bounding"))
    want("CapBnd", int(said["CapBnd"], 16), bounding)
    want("CapInh", int(said["CapInh"], 16), 0)
    want("CapAmb", int(said["CapAmb"], 16), 0)
    for name in ("CapPrm", "CapEff"):
        if int(said[name], 16) & ~bounding:
            wrong.append(f"{name} is {said[name]}, above {bounding:x}")
    for kind in ("pid", "mnt", "ipc", "uts", "net", "cgroup"):
        if namespace(pid, kind) == namespace("self", kind):
            wrong.append(f"its {kind} namespace is the host's")
    return wrong
