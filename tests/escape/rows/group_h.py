# SPDX-License-Identifier: LGPL-2.1-or-later
"""H: devices. The attempts from inside are in probe/group_h.c."""
import os
import pty
import stat
import subprocess

from context import probe_outcomes
from oracle import cgroup_root
from rows import Mutation, Outcome, Row

NODES = {"mem": (stat.S_IFCHR, 1, 1), "kmsg": (stat.S_IFCHR, 1, 11), "null": (stat.S_IFCHR, 1, 3), "disk": (stat.S_IFBLK, 254, 0)}


def image_with_nodes(place):
    """An image that brings device nodes of its own."""
    nodes = os.path.join(place, "escape", "nodes")
    os.makedirs(nodes, exist_ok=True)
    device = os.stat("/").st_dev
    for name, (kind, major, minor) in NODES.items():
        path = os.path.join(nodes, name)
        if not os.path.lexists(path):
            os.mknod(path, kind | 0o666, device if name == "disk" and os.major(device) else os.makedev(major, minor))
            os.chmod(path, kind | 0o666)


def probed(row):
    """The attempts of a row in a container of their own."""
    def run(context):
        done = context.run(context.bundle(["/bin/escape-probe", row]))
        said = probe_outcomes(done.out).get(row, {})
        yield from said.values() or [Outcome("probe", "broken", "NO-ANSWER", done.err.strip()[-300:])]
    return run


def on_the_host(row):
    """The same attempts by an ordinary process of the host; only where they do nothing but open and look."""
    def run(context):
        done = subprocess.run([context.probe, row], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        yield from probe_outcomes(done.stdout).get(row, {}).values()
    return run


def terminals(context):
    """The host has terminals while the container looks."""
    ends = pty.openpty()
    yield from probed("H04")(context)
    name, pid = context.started(context.bundle(["/bin/escape-probe", "--agent", "wait"]))
    with open(f"/proc/{pid}/mountinfo", encoding="utf-8") as f:
        options = next((line.split()[-1] for line in f if line.split()[4] == "/dev/pts"), "")
    bounded = "max=" in options
    yield Outcome("bounded", "blocked" if bounded else "escaped", "OK" if bounded else "", f"{name}: {options}")
    for end in ends:
        os.close(end)


def terminals_control(context):
    ends = pty.openpty()
    yield from (o for o in on_the_host("H04")(context) if o.attempt == "foreign-terminals")
    with open("/proc/self/mountinfo", encoding="utf-8") as f:
        bounded = any(line.split()[4] == "/dev/pts" and "max=" in line.split()[-1] for line in f)
    yield Outcome("bounded", "blocked" if bounded else "escaped", "OK" if bounded else "", "")
    for end in ends:
        os.close(end)


def try_nodes(place, cgroup):
    """A process of the host, in the given cgroup, opens nodes: what it could open. nosuid, nodev and the user namespace do not bind it, so only the device program can."""
    script = '[ -z "$1" ] || echo $$ >"$1/cgroup.procs" || exit 9; cd "$2"; for n in tun kmsg fuse; do (exec <"$n") 2>/dev/null && echo "$n"; done; mknod made c 1 11 2>/dev/null && echo mknod; rm -f made; (exec <zero) 2>/dev/null && echo zero; exit 0'
    done = subprocess.run(["bash", "-c", script, "bash", cgroup, place], capture_output=True, text=True, check=False)
    return set(done.stdout.split()) if done.returncode == 0 else None


def place_with_nodes(context):
    place = context.place()
    for name, major, minor in (("tun", 10, 200), ("kmsg", 1, 11), ("fuse", 10, 229), ("zero", 1, 5)):
        os.mknod(os.path.join(place, name), stat.S_IFCHR | 0o666, os.makedev(major, minor))
    return place


def device_program(context):
    _, pid = context.started(context.bundle(["/bin/escape-probe", "--agent", "wait"]))
    with open(f"/proc/{pid}/cgroup", encoding="utf-8") as f:
        cgroup = next(line.strip()[3:] for line in f if line.startswith("0::"))
    opened = try_nodes(place_with_nodes(context), cgroup_root() + cgroup)
    if opened is None or "zero" not in opened:
        yield Outcome("enter", "broken", "NO-ANSWER", f"a process of the host could not enter the cgroup, or not open an allowed device: {opened}")
        return
    for name in ("kmsg", "tun", "fuse", "mknod"):
        yield Outcome(f"open={name}", "escaped" if name in opened else "blocked", "" if name in opened else "EPERM", "")


def device_program_control(context):
    opened = try_nodes(place_with_nodes(context), "") or set()
    for name in ("kmsg", "tun", "fuse", "mknod"):
        yield Outcome(f"open={name}", "escaped" if name in opened else "blocked", "" if name in opened else "ENXIO", "")


def bind_over(destination):
    def change(config, context):
        source = os.path.join(context.place(), "device")
        with open(source, "w", encoding="utf-8") as f:
            f.write("not a device\n")
        config["mounts"].append({"destination": destination, "type": "bind", "source": source, "options": ["bind", "rw"]})
    return change


ROWS = [
    Row("H01", "making device nodes", "UNS SEC", control="host", expect={"*": "EPERM"}),
    Row("H02", "opening nodes that the image brings: memory, log, the host's disk", "UNS FD", control="host", expect={"*": "EACCES"}, prepare=image_with_nodes),
    Row("H03", "a census of /dev", "FD", expect={"*": "OK"}, control=None, no_control="it only counts; H02 and H05 show that the nodes could be opened"),
    Row("H04", "terminals of the host and of neighbours; a bound on one's own", "FD CG", kind="host", users=("root", "rootless"), run=terminals, control=terminals_control,
        expect={"foreign-terminals": "EMPTY", "own-terminal": "WORKS", "bounded": "OK"}),
    Row("H05", "every device that is not given: memory, disks, loop, fuse, tun, kvm, input, consoles", "POL FD", kind="host", users=("root", "rootless"), run=probed("H05"),
        control=on_the_host("H05"), expect={"*": "ENOENT"}, vacuous={"*": "this host lets nobody open it"}),
    Row("H06", "the device program of the cgroup, for a process that no other layer binds", "CG", kind="host", users=("root",), run=device_program, control=device_program_control,
        expect={"*": "EPERM"}),
    Row("H07", "raw access to the disk below a read-only filesystem", "CAP UNS POL", cves="CVE-2026-24834", control="host", expect={"*": "EPERM"}),
    Row("H08", "a bind mount in the place of a device", "POL FD", kind="config",
        mutations=tuple(Mutation(d, bind_over(d), "CM-MOUNT-DEST", also=("CM-MOUNT-SOURCE",))
                        for d in ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty", "/dev/ptmx", "/dev/pts/ptmx", "/dev/fd", "/dev/console"))),
]
