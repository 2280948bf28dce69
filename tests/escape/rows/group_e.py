# SPDX-License-Identifier: LGPL-2.1-or-later
"""E: namespaces and mounts from inside. The attempts are in probe/group_e.c and group_e2.c."""
import os
import subprocess

from rows import Outcome, Row


def sees(pid, word):
    with open(f"/proc/{pid}/mountinfo", encoding="utf-8") as f:
        return word in f.read()


def late_mount(context, pid, place):
    """Whether a mount that the host makes now appears to the process."""
    word = f"{context.settings.tag}-late"
    subprocess.run(["mount", "-t", "tmpfs", word, place], check=True)
    seen = sees(pid, word)
    subprocess.run(["umount", place], check=True)
    return Outcome("inwards", "escaped" if seen else "blocked", "" if seen else "OK", "a mount of the host appeared inside" if seen else "")


def propagation(context):
    bundle = context.bundle(["/bin/escape-probe", "--agent", "wait"])
    _, pid = context.started(bundle)
    yield late_mount(context, pid, os.path.join(bundle, "rootfs", "tmp"))
    with open(f"/proc/{pid}/mountinfo", encoding="utf-8") as f:
        shared = [line for line in f if " shared:" in line or " master:" in line]
    yield Outcome("outwards", "escaped" if shared else "blocked", "" if shared else "OK", "".join(shared)[:300])


def propagation_control(context):
    place = context.place()
    child = subprocess.Popen(["unshare", "-m", "--propagation", "unchanged", "sh", "-c", "echo; exec sleep 100"], stdout=subprocess.PIPE)
    child.stdout.readline()
    yield late_mount(context, child.pid, place)
    child.kill()
    child.wait()


EITHER = "EPERM|ENOSYS"
NO_FD = "a call without a descriptor of the kernel's: it shows only that the filter stands in front"
OWN = "the kernel tells everybody about their own namespaces and refuses others"
KERNEL = "the kernel's own rule, which holds for everybody"

ROWS = [
    Row("E01", "unshare of each type of namespace, alone and in pairs", "SEC UC", expect={"*": "EPERM"}),
    Row("E02", "clone and clone3 with namespaces; threads and children work", "SEC UC", cves="CVE-2021-41133 class",
        expect={"clone3*": "ENOSYS", "threads": "WORKS", "fork": "WORKS", "*": "EPERM"}),
    Row("E03", "setns to namespaces of pid 1, of oneself and by pidfd", "SEC OWN", expect={"*": "EPERM"}, vacuous={"setns*=user": KERNEL}),
    Row("E04", "mounting any filesystem, binds, propagation", "SEC OWN CAP", control="host", expect={"*": "EPERM"},
        vacuous={"mount=cgroup": "a hierarchy of cgroup v1 can only be made in the first cgroup namespace"}),
    Row("E05", "the file-descriptor mount calls", "SEC OWN", cves="CVE-2022-0185, CVE-2021-4154", control="userns", expect={"*": EITHER},
        vacuous={"fsconfig": NO_FD, "fsmount": NO_FD}),
    Row("E06", "taking away masks and read-only flags: umount, remount, mount_setattr, move", "OWN SEC", control="masked", expect={"*": EITHER},
        vacuous={"remount-filesystem=/sys": KERNEL}),
    Row("E07", "binds and clones that are not recursive, to see what mounts cover", "OWN SEC", control="masked", expect={"*": EITHER}),
    Row("E08", "pivot_root, chroot and a walk upwards", "SEC OWN", expect={"walk=/proc/1/*": "OK|EACCES", "walk=*": "OK", "*": "EPERM"},
        vacuous={"walk*": KERNEL}),
    Row("E09", "overlayfs in a user namespace below", "UC SEC OWN", cves="CVE-2021-3493, CVE-2023-0386, CVE-2023-2640, CVE-2023-32629", expect={"*": "EPERM"}),
    Row("E10", "relatives of namespaces by ioctl, handles of nsfs and pidfs", "SEC", cves="CVE-2026-43391, CVE-2026-43403", control="bare", expect={"*": "EPERM"}, vacuous={"*-ioctl=*": OWN}),
    Row("E11", "root, cwd, descriptors and names of the host's processes through /proc", "UNS", control="bare", expect={"*": "EMPTY"}),
    Row("E12", "signals and all other calls that take a pid, with that of a host's process", "UNS LL SEC", control="bare",
        expect={"signal-everybody": "OK", "foreign-pids": "EMPTY", "*": "ESRCH|EPERM|EBADF|EINVAL"}),
    Row("E13", "propagation of mounts after the start, inwards and outwards", "OWN", kind="host", users=("root", "rootless"), run=propagation,
        control=propagation_control, expect={"*": "OK"}),
    Row("E14", "raising the limits of namespaces again", "RO CAP UC", expect={"*": "EROFS|EACCES|EPERM"}),
]
