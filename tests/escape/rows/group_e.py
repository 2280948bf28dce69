# SPDX-License-Identifier: LGPL-2.1-or-later
"""E: namespaces and mounts from inside. The attempts are in probe/group_e.c."""
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
    shared = [line for line in open(f"/proc/{pid}/mountinfo", encoding="utf-8") if " shared:" in line or " master:" in line]
    yield Outcome("outwards", "escaped" if shared else "blocked", "" if shared else "OK", "".join(shared)[:300])


def propagation_control(context):
    place = context.place()
    child = subprocess.Popen(["unshare", "-m", "--propagation", "unchanged", "sh", "-c", "echo; exec sleep 100"], stdout=subprocess.PIPE)
    child.stdout.readline()
    yield late_mount(context, child.pid, place)
    child.kill()
    child.wait()


ROWS = [
    Row("E01", "unshare of each type of namespace", "SEC UC", expect={"unshare=*": "EPERM"}),
    Row("E08", "pivot_root and chroot", "SEC OWN", expect={"*": "EPERM"}),
    Row("E13", "propagation of mounts after the start, inwards and outwards", "OWN", kind="host", users=("root", "rootless"), run=propagation,
        control=propagation_control, expect={"*": "OK"}),
]
