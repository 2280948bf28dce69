# SPDX-License-Identifier: LGPL-2.1-or-later
"""A: configurations that smuggle something past the runtime: roots, mount data, places below /proc, propagation, hooks, and text made to break a reader."""
import json
import os
import struct

from hostile import Target, created, in_child, lasting_residue, mount, mounted, shown, unwanted, verdict
from mutations import mutate
from rows import Mutation, Outcome, Row

BOTH = ("root", "rootless")


# ---- A13: root.path ----

def root_path(path):
    def change(config, context):
        if path == "LINK":
            place = context.place("links")
            os.symlink("/", os.path.join(place, "host"))
            config["root"]["path"] = os.path.join(place, "host")
        else:
            config["root"]["path"] = path.replace("STATE", context.runtime.state)
    return change


HOST_ROOTS = ("/", "LINK", "../" * 20, "/proc/self/root")
OTHER_ROOTS = (".", "..", "/usr", "/etc", "/tmp", "/var/lib", "/root", "/home", "/proc", "/sys", "/dev", "/run", "STATE", "/proc/1/root", "/proc/1/cwd", "nowhere", "config.json", "")


def roots(context):
    # other runtimes would make mount points in the directories of the second list
    for path in HOST_ROOTS + (OTHER_ROOTS if not context.foreign else ()):
        also = ("CM-MOUNT-TARGET",)  # where the caller may not look
        yield mutate(context, Mutation(path or "empty", root_path(path), "CM-ROOTFS" if path else "FORM", says="" if path else "must not be empty", also=also))


def roots_control(context):
    place = context.place("links")
    os.symlink("/", os.path.join(place, "host"))

    def work():
        os.chroot(os.path.join(place, "host"))
        return "the host's files" if os.path.exists(context.watch.canary) else ""

    yield shown("LINK", in_child(work))


# ---- A14: mount data ----

def a_mount(kind, options, source="source", at="/tmp"):
    return lambda config, _: mounted(config, {"destination": at, "type": kind, "source": source, "options": ["nosuid", "nodev", *options]})


FOREIGN_TYPES = {"overlay": ["lowerdir=/etc:/usr"], "ext4": [], "9p": ["trans=virtio"], "nfs": ["addr=127.0.0.1"], "fuse": ["fd=3,rootmode=40000,user_id=0,group_id=0"], "bpf": [], "debugfs": [],
                 "tracefs": [], "securityfs": [], "configfs": [], "devtmpfs": [], "binfmt_misc": [], "ramfs": [], "hugetlbfs": [], "pstore": [], "efivarfs": [], "fusectl": [], "rpc_pipefs": [],
                 "none": [], "": [], "tmpfs\n": [], "Tmpfs": [], "tmpfs,overlay": []}
RUNC_TAKES = ("overlay", "debugfs", "bpf", "devtmpfs", "ramfs")
SMUGGLED = ("lowerdir=/", "upperdir=/etc", "workdir=/", "source=/", "fsname=x", "size=1m,mode=4777", "size=1m\nuid=0", "uid=4294967296", "uid=-1", "size=99999999999999999999999", "mode=99999",
            "X-mount.mkdir", "x-systemd.automount", "context=system_u:object_r:etc_t:s0", "rootcontext=unconfined_u:object_r:user_t:s0", "mpol=bind:0-99", "huge=always", "remount", "loop", "move",
            "=", "size=", "ro\x01")
DATA_CODES = ("CM-MOUNT-OPTION", "CM-MOUNT-FLAGS")


def mount_data(context):
    for kind, options in FOREIGN_TYPES.items():
        yield mutate(context, Mutation(f"type={kind!r}", a_mount(kind, options), "CM-MOUNT-TYPE", also=("CM-MOUNT-OPTION",)))
    for option in SMUGGLED:
        yield mutate(context, Mutation(f"tmpfs,{option!r}", a_mount("tmpfs", [option]), "CM-MOUNT-OPTION"))
    for option in ("dev", "suid"):
        yield mutate(context, Mutation(f"tmpfs,{option}", a_mount("tmpfs", [option]), "CM-MOUNT-FLAGS"))
    for option in ("lowerdir=/", "size=1m", "source=/etc"):
        yield mutate(context, Mutation(f"bind,{option}", a_mount("bind", ["bind", "ro", option], context.place("volume")), "CM-MOUNT-OPTION", also=("CM-MOUNT-SOURCE",)))
    for kind, at, option in (("proc", "/proc", "subset=all"), ("devpts", "/dev/pts", "max=9999999999999"), ("mqueue", "/dev/mqueue", "lowerdir=/"), ("sysfs", "/sys", "lowerdir=/"),
                             ("cgroup", "/sys/fs/cgroup", "release_agent=/tmp/x")):
        def change(config, _, at=at, option=option):
            next(m for m in config["mounts"] if m["destination"] == at)["options"].append(option)
        yield mutate(context, Mutation(f"{kind},{option}", change, "CM-MOUNT-OPTION"))


def mount_data_control(context):
    """Text of a configuration given to mount(2)."""
    at = context.place("at")

    def work():
        mount("overlay", at, "overlay", data=f"lowerdir=/etc:{context.watch.canary}")
        return "the host's files" if os.path.exists(os.path.join(at, "secret")) else ""

    yield shown("type='overlay'", in_child(work))


# ---- A15: mounts below /proc, /sys and /dev ----

PLACES = ("/proc/self/attr", "/proc/self", "/proc/sys", "/proc/asound", "/proc/1", "/proc/sys/kernel/core_pattern", "/proc/thread-self/attr/current", "//proc//sys", "/proc/./sys", "/proc/sys/",
          "/proc/net", "/sys/kernel", "/sys/fs/cgroup/memory", "/sys/fs/selinux", "/sys/kernel/security", "/dev/null", "/dev/ptmx", "/dev/console", "/dev/fd", "/dev/pts/0")


def covered_places(context):
    target = Target(context)
    for at in PLACES:
        for kind in ("tmpfs", "bind"):
            def change(config, _, at=at, kind=kind):
                mounted(config, {"destination": at, "type": kind, "source": target.path, "options": ["rw", "nosuid", "nodev"] + (["bind"] if kind == "bind" else [])})
            yield mutate(context, Mutation(f"{kind}-at-{at}", change, "CM-MOUNT-DEST"))


def covered_places_control(context):
    """A volume over /proc/self/attr: the label of the process goes into a file of the attacker's."""
    rootfs, decoy = context.place("rootfs"), context.place("decoy")
    os.mkdir(os.path.join(rootfs, "proc"))
    with open(os.path.join(decoy, "current"), "w", encoding="ascii"):
        pass

    def work():
        proc = os.path.join(rootfs, "proc")
        mount("proc", proc, "proc")
        mount(decoy, f"{proc}/{os.getpid()}/attr", flags=4096)
        with open(f"{proc}/self/attr/current", "w", encoding="ascii") as f:
            f.write("profile")
        with open(os.path.join(decoy, "current"), encoding="ascii") as f:
            return f"{f.read()} was written to a file of the volume"

    yield shown("bind-at-/proc/self/attr", in_child(work))


# ---- A17: propagation ----

def propagation(word):
    return lambda config, _: config["linux"].update(rootfsPropagation=word)


def shared_bind(word):
    def change(config, context):
        mounted(config, {"destination": "/tmp", "type": "bind", "source": context.place("volume"), "options": ["rbind", "ro", "nosuid", "nodev", word]})
    return change


# ---- A19: hooks ----

HOOKS = ("prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop")


def hook(stage):
    """A program of the host that would leave a file behind."""
    def change(config, context):
        config["hooks"] = {stage: [{"path": "/bin/sh", "args": ["sh", "-c", f"touch {context.place('hook')}/ran"]}]}
    return change


# ---- A23: text ----

def text(make):
    return lambda config, _: make(json.dumps(config))


def after(key, value):
    """Another member before one that is there."""
    return text(lambda good: good.replace(f'"{key}"', f'{value}, "{key}"', 1))


BOMBS = (
    ("64-MiB", text(lambda good: good[:-1] + ', "annotations": {"a": "' + "x" * (64 << 20) + '"}}'), "4194304", False),
    ("64-MiB-of-blanks", text(lambda good: good + " " * (64 << 20)), "4194304", False),
    ("deep-arrays", after("hostname", '"x": ' + "[" * 100000 + "]" * 100000), "nest", False),
    ("deep-objects", after("hostname", '"x": ' + '{"a":' * 100000 + "1" + "}" * 100000), "nest", False),
    ("duplicate", after("process", '"process": {"args": ["/bin/sh"]}'), "twice", True),
    ("duplicate-inside", after("cwd", '"cwd": "/proc/self/fd/7"'), "twice", True),
    ("duplicate-escaped", after("process", '"proc\\u0065ss": {"args": ["/bin/sh"]}'), "twice", True),
    ("other-case", after("hostname", '"Linux": {"namespaces": []}'), "Linux", True),
    ("other-case-inside", after("cwd", '"NoNewPrivileges": false'), "NoNewPrivileges", True),
    ("nul", text(lambda good: good.replace('"/bin/true"', '"/bin/true\\u0000x"')), "no path, name or argument can hold it", False),
    ("bad-utf-8", lambda config, _: json.dumps(config).encode().replace(b'"/bin/true"', b'"/bin/true", "\xff\xfe"'), "config.json", True),
    ("lone-surrogate", text(lambda good: good.replace('"/bin/true"', '"/bin/true", "\\ud800"')), "config.json", True),
    ("huge-uid", text(lambda good: good.replace('"uid": 0', '"uid": 99999999999999999999999')), "/process/user/uid", False),
    ("wrapped-uid", text(lambda good: good.replace('"uid": 0', '"uid": 4294967296')), "/process/user/uid", False),
    ("negative-uid", text(lambda good: good.replace('"uid": 0', '"uid": -1')), "/process/user/uid", False),
    ("fraction", text(lambda good: good.replace('"uid": 0', '"uid": 0.5')), "/process/user/uid", False),
    ("exponent", text(lambda good: good.replace('"uid": 0', '"uid": 1e400')), "config.json", False),
    ("trailing", text(lambda good: good + '{"process": {}}'), "config.json", False),
    ("comment", text(lambda good: "/* */" + good), "config.json", False),
    ("cut-off", text(lambda good: good[:len(good) // 2]), "config.json", False),
    ("nothing", text(lambda good: ""), "config.json", False),
    ("many-keys", text(lambda good: good[:-1] + ', "annotations": {' + ",".join(f'"k{i}": ""' for i in range(500000)) + "}}"), "4194304", False),
)


# ---- A24: lengths ----

LONG = {
    "100000-mounts": ("REFUSED", lambda c: c["mounts"].extend({"destination": f"/tmp/{i}", "type": "tmpfs", "source": "t"} for i in range(100000))),
    "20000-mounts": ("CM-MOUNT-COUNT", lambda c: c["mounts"].extend({"destination": f"/tmp/{i}", "type": "tmpfs", "source": "t"} for i in range(20000))),
    "id-map-lines": ("CM-ID-LINES", lambda c: c["linux"].update(namespaces=[*c["linux"]["namespaces"], {"type": "user"}], **{
        k: [{"containerID": i, "hostID": 10000000 + 2 * i, "size": 1} for i in range(6000)] for k in ("uidMappings", "gidMappings")})),
    "namespace-path": ("CM-NS-PATH", lambda c: c["linux"]["namespaces"][1].update(path="/proc/1/ns/net" + "/." * 40000)),
    "cgroup-path": ("CM-CGROUP-PATH", lambda c: c["linux"].update(cgroupsPath="/" + "a/" * 33000)),
    "bootstrap-attribute": ("REFUSED", lambda c: c["linux"].update(cgroupsPath="/" + "a" * 65533 + "\x08\x00\x81\x6a\x00\x00\x00\x00")),
    "host-name": ("CM-HOSTNAME", lambda c: c.update(hostname="a" * 70000)),
    "arguments": ("OK", lambda c: c["process"].update(args=["/bin/true", *["a" * 1000] * 3000])),
    "environment": ("OK", lambda c: c["process"].update(env=[f"V{i}=" + "x" * 60 for i in range(50000)])),
    "groups": ("CM-ID-USER|OK", lambda c: c["process"]["user"].update(additionalGids=list(range(1, 65537)))),
    "masked-paths": ("CM-MASK", lambda c: c["linux"].update(maskedPaths=[f"/proc/{i}" for i in range(100000)])),
    "annotations": ("REFUSED", lambda c: c.update(annotations={f"a{i}": "x" * 100 for i in range(30000)})),
    "cwd": ("CM-CWD", lambda c: c["process"].update(cwd="/" + "a/" * 40000)),
    "destination": ("CM-MOUNT-DEST", lambda c: c["mounts"].append({"destination": "/" + "a/" * 40000, "type": "tmpfs", "source": "t"})),
    "label": ("CM-LSM", lambda c: c["process"].update(apparmorProfile="a" * 70000)),
    "rlimits": ("REFUSED", lambda c: c["process"].update(rlimits=[{"type": "RLIMIT_NOFILE", "soft": i, "hard": 2000} for i in range(1000)])),
}


# What other runtimes are not put to: they do it.
DONE_BY_OTHERS = {**dict.fromkeys(("100000-mounts", "20000-mounts", "masked-paths"), "they are made one by one, for minutes"),
                  "environment": "it takes them time that grows with the square of the number of variables: a minute",
                  "cgroup-path": "thousands of cgroups within each other would be made on the host, and stay"}


def own_namespaces(pid):
    """A container that was made has every namespace of its own, whatever the lengths did."""
    same = [t for t in ("user", "mnt", "pid", "ipc", "uts", "cgroup", "net") if os.readlink(f"/proc/{pid}/ns/{t}") == os.readlink(f"/proc/self/ns/{t}")]
    return f"in the host's namespaces: {same}" if same else ""


def lengths(context):
    casemate = not context.foreign
    for name, (_, change) in [(k, v) for k, v in LONG.items() if context.tries(k)]:
        bundle, container = context.bundle(change=lambda config, _, change=change: change(config)), context.name()
        done = created(context, bundle, container)
        problem = own_namespaces(context.runtime.pid(container)) if done.status == 0 and casemate else ""
        problem = problem or unwanted(context, done)
        context.clean(container)
        left = lasting_residue(context, container)
        yield verdict(name, done, problem or (f"left: {left}" if left else ""))


def lengths_control(_):
    """Attributes as the message to runc's init had them: 16 bits of length, with whatever length the text has; and who reads it. The clone flags come first and last: the last one
    counts."""
    def attribute(kind, data):
        return struct.pack("=HH", (len(data) + 4) & 0xffff, kind) + data + bytes(-len(data) % 4)

    clone_flags, path = 27281, 27282
    injected = attribute(clone_flags, struct.pack("=I", 0))
    message = attribute(clone_flags, struct.pack("=I", 0x7e020000)) + attribute(path, b"x" * 4 + injected + b"x" * (65536 - len(injected)))
    at, flags = 0, 0
    while at + 4 <= len(message):
        size, kind = struct.unpack_from("=HH", message, at)
        if size < 4:
            break
        if kind == clone_flags:
            flags = struct.unpack_from("=I", message, at + 4)[0]
        at += (size + 3) & ~3
    yield Outcome("bootstrap-attribute", "escaped" if flags == 0 else "blocked", "" if flags == 0 else "OK", f"clone flags {flags:#x}")


ROWS = [
    Row("A13", "the root filesystem is the host's", "POL", kind="host", users=BOTH, run=roots, control=roots_control, expect={"empty": "FORM", "*": "CM-ROOTFS"}),
    Row("A14", "other filesystems and smuggled mount data", "POL", kind="host", users=BOTH, run=mount_data, control=mount_data_control,
        expect={"type=*": "CM-MOUNT-TYPE", "tmpfs,dev": "CM-MOUNT-FLAGS", "tmpfs,suid": "CM-MOUNT-FLAGS", "*": "CM-MOUNT-OPTION"}),
    Row("A15", "volumes over /proc/self/attr, /proc/sys, /proc/asound and the like", "POL", "CVE-2015-3629, CVE-2015-3630, CVE-2015-3631, CVE-2019-16884", kind="host", users=BOTH,
        run=covered_places, control=covered_places_control, expect={"*": "CM-MOUNT-DEST"}),
    Row("A17", "propagation to the host", "POL", kind="config",
        mutations=(*(Mutation(f"root={w}", propagation(w), "CM-PROPAGATION", no_control="others cannot mount it" if w == "unbindable" else "") for w in ("shared", "rshared", "unbindable")),
                   *(Mutation(f"volume={w}", shared_bind(w), "CM-MOUNT-PROPAGATION", also=("CM-MOUNT-SOURCE",)) for w in ("shared", "rshared")))),
    Row("A19", "hooks that nobody allowed", "POL", "CVE-2024-0132, CVE-2025-23359, CVE-2026-24260", kind="config",
        mutations=tuple(Mutation(stage, hook(stage), "CM-HOOK") for stage in HOOKS)),
    Row("A23", "text made to break its reader", "POL", kind="config", mutations=tuple(Mutation(name, change, "FORM", says=says, no_control="" if control else "others do not read it either") for name, change, says, control in BOMBS)),
    Row("A24", "lengths that overflow on the way to the container's process", "FD", "CVE-2021-43784", kind="host", users=BOTH, run=lengths, control=lengths_control, expect={name: wanted for name, (wanted, _) in LONG.items()}, others=DONE_BY_OTHERS),
]
