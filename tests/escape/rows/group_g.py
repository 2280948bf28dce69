# SPDX-License-Identifier: LGPL-2.1-or-later
"""G: capabilities, credentials and ids. The attempts are in probe/group_g.c and group_g2.c."""
import os
import shutil
import stat
import struct

from rows import Outcome, Row
from runtime import call

EITHER = "EPERM|ENOSYS"
KERNEL = "the kernel's own rule, which holds for everybody"
RESOURCE = "needs CAP_SYS_RESOURCE over the host, which the host's root may lack in a virtual machine"
IDS_MIN = 65536


def privileged_files(place):
    """Programs of the image that would give privileges to whoever executes them."""
    for name, mode in (("set-user-id", 0o4755), ("set-group-id", 0o2755), ("capable", 0o755), ("capable-v3", 0o755)):
        path = os.path.join(place, "escape", name)
        shutil.copy(os.path.join(place, "bin/escape-probe"), path)
        os.chmod(path, mode)
    caps = 1 << 21 | 1 << 7  # SYS_ADMIN, SETUID
    os.setxattr(os.path.join(place, "escape/capable"), "security.capability", struct.pack("<IIIII", 0x02000001, caps, 0, 0, 0))
    os.setxattr(os.path.join(place, "escape/capable-v3"), "security.capability", struct.pack("<IIIIII", 0x03000001, caps, 0, 0, 0, 0))


# ---- G09, G10: a volume that host and container share ----

def with_volume(context, script, volume, **rights):
    """Runs a shell script in a container that has the volume as /volume."""
    bind = {"destination": "/volume", "type": "bind", "source": volume, "options": ["bind"] + ([] if rights.get("write") else ["ro"])}

    def change(config, _):
        config["mounts"].append(bind)
        config["process"]["args"] = ["/bin/sh", "-c", script]
    context.scene(policy={"version": 1, "mounts": {"allow": [{"prefix": volume, **rights}]}})
    return context.run(context.bundle(change=change))


def said(done, word):
    return next((line[len(word) + 1:] for line in done.out.splitlines() if line.startswith(word + " ")), f"(nothing: {done.err.strip()[-200:]})")


def host_owned(context):
    volume = context.place("volume")
    for name, mode in (("secret", 0o600), ("public", 0o644)):
        with open(os.path.join(volume, name), "w", encoding="utf-8") as f:
            f.write("of the host\n")
        os.chmod(os.path.join(volume, name), mode)
    script = "cat /volume/secret >/dev/null 2>&1 && echo read yes || echo read no; echo owner $(stat -c %u /volume/secret); " \
        "chown 0 /volume/secret 2>/dev/null && echo chown yes || echo chown no; (: >>/volume/public) 2>/dev/null && echo write yes || echo write no; cat /volume/public"
    done = with_volume(context, script, volume, write=True)
    for attempt in ("read", "chown", "write"):
        answer = said(done, attempt)
        yield Outcome(attempt, {"no": "blocked", "yes": "escaped"}.get(answer, "broken"), "OK" if answer == "no" else "", answer)
    owner = said(done, "owner")
    yield Outcome("owner", "blocked" if owner == "65534" else "escaped", "OK" if owner == "65534" else "", f"shown as {owner}")
    yield Outcome("mounted", "blocked", "WORKS" if "of the host" in done.out else "NOT-MOUNTED", done.err[-200:])


def without_userns(function):
    """The control arm: the same with a runtime that makes no user namespace."""
    def control(context):
        return function(context.elsewhere())
    return control


def planted_program(context):
    """A set-user-id program on a shared volume: whom does it make of a user of the host who executes it there?"""
    volume = context.place("volume")
    os.chmod(volume, 0o1777)
    done = with_volume(context, "cp /bin/escape-probe /volume/planted && chown 0:0 /volume/planted; chmod 6755 /volume/planted && echo made yes", volume, write=True, exec=True)
    path = os.path.join(volume, "planted")
    yield Outcome("made", "blocked", "WORKS" if said(done, "made") == "yes" and os.path.exists(path) else "NOT-MADE", done.err[-200:])
    if not os.path.exists(path):
        return
    owner = os.stat(path).st_uid
    own = context.runtime.rootless and owner >= 1000
    good = owner >= IDS_MIN or own
    yield Outcome("owner", "blocked" if good else "escaped", "OK" if good else "", f"owned by {owner}, mode {stat.filemode(os.stat(path).st_mode)}")
    who = call(["setpriv", "--reuid", "1000", "--regid", "1000", "--clear-groups", "sh", "-c", f"{path} --agent ids"])
    root = any(word == "0" for word in who.out.split()[:6])
    yield Outcome("executed", "escaped" if root else "blocked", "" if root else "OK", who.out.strip())


# ---- G12: whose are the things that the runtime makes ----

PLACES = ("", "dev", "dev/pts", "dev/shm", "dev/mqueue", "dev/console", "dev/ptmx", "dev/fd", "dev/stdin", "proc", "dev/null", "dev/zero", "dev/urandom")


def owners(context):
    _, pid = context.started(context.bundle(["/bin/escape-probe", "--agent", "wait"]))
    with open(f"/proc/{pid}/uid_map", encoding="utf-8") as f:
        first = int(f.read().split()[1])
    for place in PLACES:
        path = f"/proc/{pid}/root/{place}"
        if not os.path.lexists(path):
            continue
        s = os.lstat(path)
        # of the container's root; devices and the roots of the kernel's own filesystems may stay the host's
        good = first != 0 and (s.st_uid == first or stat.S_ISCHR(s.st_mode) or place in ("", "proc", "dev/pts", "dev/mqueue"))
        yield Outcome(f"/{place}", "blocked" if good else "escaped", "OK" if good else "", f"owner {s.st_uid}, the container's root is {first}")
    yield Outcome("mapped", "blocked" if first != 0 else "escaped", "OK" if first != 0 else "", f"root is {first}")


ROWS = [
    Row("G01", "the capabilities that are there", "CAP", expect={"*": "OK"}, vacuous={"securebits": KERNEL}),
    Row("G02", "files by their handles (\"shocker\", 2014)", "SEC UNS CAP", control="host", expect={"*": "EPERM"}),
    Row("G03", "loading and removing modules", "SEC UNS CAP", control="host", expect={"*": EITHER}),
    Row("G04", "ports of the processor: iopl, ioperm", "SEC UNS CAP", control="host", expect={"*": "EPERM"}),
    Row("G05", "reboot, kexec, swap, accounting, clocks, host names, quotas", "SEC UNS OWN CAP", control="host", expect={"*": EITHER},
        vacuous={"clock_settime": "a time that is none: refused before the question of privilege", "quotactl_fd": "a descriptor that is none: likewise"}),
    Row("G06", "set-user-id, set-group-id and capable programs of the image", "CAP", control="host", prepare=privileged_files, expect={"*": "OK"}),
    Row("G07", "regaining capabilities: capset, ambient, inheritable, securebits, keepcaps", "CAP", expect={"dance": "OK", "clear-nnp": "EINVAL", "*": "EPERM"},
        vacuous={"dance": KERNEL, "clear-nnp": KERNEL, "back-to-root": KERNEL}),
    Row("G08", "ids that are not the container's: set*id, chown", "UNS", control="host", expect={"*": "EINVAL|EPERM"}),
    Row("G09", "files of the host's root on a volume", "UNS", kind="host", users=("root", "rootless"), run=host_owned, control=without_userns(host_owned),
        expect={"mounted": "WORKS", "*": "OK"}),
    Row("G10", "a set-user-id program left on a volume, executed on the host", "UNS", kind="host", users=("root", "rootless"), run=planted_program,
        control=without_userns(planted_program), expect={"made": "WORKS", "*": "OK"}),
    Row("G11", "an id map of many extents in a user namespace below", "UC SEC", cves="CVE-2018-18955", expect={"*": "EPERM"}),
    Row("G12", "owners of what the runtime makes in the root filesystem", "UNS", kind="host", cves="CVE-2021-21284, CVE-2021-20199", users=("root", "rootless"), run=owners,
        control=without_userns(owners), expect={"*": "OK"}),
    Row("G13", "set-group-id on a file of a group that one is not in", "KRN", cves="CVE-2014-4014", control=None, no_control=KERNEL, expect={"*": "OK"},
        may_lack=("set-group-id",)),
    Row("G14", "file capabilities on files of its own", "CAP", expect={"*": "EPERM"}),
    Row("G15", "raw and packet sockets, forged addresses (other families are I16)", "CAP SEC", cves="CVE-2020-10749, CVE-2020-13401", expect={"*": "EPERM|EAFNOSUPPORT|EPROTONOSUPPORT|ESOCKTNOSUPPORT"}),
    Row("G16", "changing the network namespace: links, routes, queues, filters, tun", "CAP SEC UC", control="host", expect={"*": "EPERM|ENOENT|EACCES|EPROTONOSUPPORT|EAFNOSUPPORT|ENOPROTOOPT"}),
    Row("G17", "prctl: memory map, tracer, core scheduling, machine checks, speculation", "SEC CAP", control="host", expect={"*": "EPERM|EINVAL"}, may_lack=("speculation=*",),
        vacuous={"prctl*=35*": RESOURCE, "prctl*=57*": RESOURCE, "set-mm": RESOURCE}),
]
