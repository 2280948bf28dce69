# SPDX-License-Identifier: LGPL-2.1-or-later
"""D: configurations that must be refused. Here: namespaces, ids, capabilities, the privileged shape."""
import os

from changes import (add, all_of, capability, device, device_rule, drop, every, ids_are_foreign, maps, mapping, mount, namespace, no_namespace, own_namespace, put, remount,
                     status_is)
from rows import Mutation, Outcome, Row

# ---- paths of namespaces ----

KINDS = {"pid": "pid", "network": "net", "ipc": "ipc", "uts": "uts", "mount": "mnt", "cgroup": "cgroup", "time": "time"}
CODES = {"pid": "PID", "network": "NET", "ipc": "IPC", "uts": "UTS", "mount": "MOUNT", "cgroup": "CGROUP", "time": "TIME", "user": "USER"}


def alias(source):
    """The same namespace under the name of an ordinary file: a bind mount of its nsfs file."""
    def path(context):
        file = os.path.join(context.place("alias"), "namespace")
        with open(file, "w", encoding="utf-8"):
            pass
        context.mount("--bind", source, file)
        return file
    return path


def link(target):
    def path(context):
        file = os.path.join(context.place("link"), "namespace")
        os.symlink(target, file)
        return file
    return path


def of_process(name, *command, **how):
    """A namespace of a process, or of its child, that lives as long as the row."""
    def path(context):
        pid = context.process(*command, **how)
        if "--fork" in command:
            with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
                pid = int(f.read())
        return f"/proc/{pid}/ns/{name}"
    return path


def not_a_file(make):
    def path(context):
        file = os.path.join(context.place("file"), "namespace")
        make(file)
        return file
    return path


# ---- D01 ----

NOT_NAMESPACES = {
    "file": "/etc/passwd", "directory": "/etc", "device": "/dev/zero", "nothing": "/does/not/exist", "relative": "proc/1/ns/user", "other-type": "/proc/self/ns/net",
    "parent": "/proc/1/ns/../ns/uts", "long": "/proc/self/" + "./" * 2100 + "ns/user", "fifo": not_a_file(os.mkfifo),
}


def of_the_host(name, form="/proc/{0}/ns/{1}"):
    """A namespace of the host, in which a process of its lives. Those of pid 1 can be closed even to root."""
    return lambda context: form.format((context.view or context.watch).process.pid, name)


def paths_of_the_host(name):
    return {"own": f"/proc/self/ns/{name}", "thread": f"/proc/thread-self/ns/{name}", "service": of_the_host(name), "task": of_the_host(name, "/proc/{0}/task/{0}/ns/{1}"),
            "alias": alias(f"/proc/self/ns/{name}"), "link": link(f"/proc/self/ns/{name}"), "parent-directory": of_the_host(name, "/proc/{0}/../{0}/ns/./{1}")}


NEVER_ITS_OWN = "the kernel lets nobody join the user namespace they are in"
SMALL = ("CM-ID-HOST", "CM-ID-USER", "CM-MOUNT-OPTION")  # what else is wrong with the maps of such a namespace: the group of terminals is not in them


# other runtimes want mappings besides
WITH_MAPS = all_of(put("linux/uidMappings", mapping((0, 0, 1))), put("linux/gidMappings", mapping((0, 0, 1))), remount("/dev/pts", options=["nosuid", "noexec"]))
NO_HOSTNAME = drop("hostname")


def d01():
    for name, path in paths_of_the_host("user").items():
        # without privilege the namespaces of root's processes cannot even be opened; the runtime's own is then the outer one
        yield Mutation(f"path={name}", namespace("user", path), "CM-NS-USER", rootless="CM-NS-USER|CM-NS-PATH|CM-NS-JOIN", no_control=NEVER_ITS_OWN)
    yield Mutation("path=init", namespace("user", "/proc/1/ns/user"), "CM-NS-USER|CM-NS-PATH", no_control=NEVER_ITS_OWN)
    for name, path in NOT_NAMESPACES.items():
        yield Mutation(f"path={name}", namespace("user", path), "CM-NS-PATH", no_control="it is no user namespace")
    yield Mutation("path=unmapped", namespace("user", of_process("user", "unshare", "--user")), "CM-ID-ROOT", also=SMALL, rootless="-",
                   no_control="nobody can be root in it")
    yield Mutation("path=maps-the-host's-root", namespace("user", of_process("user", "unshare", "--user", "--map-root-user")), "CM-ID-HOST", also=SMALL, rootless="-", adapt=WITH_MAPS)
    yield Mutation("path=of-a-user", namespace("user", of_process("user", "unshare", "--user", "--map-root-user", user=True)), "CM-NS-JOIN", also=SMALL, rootless="-", adapt=WITH_MAPS)
    yield Mutation("path=nested", namespace("user", of_process("user", "unshare", "--user", "--map-root-user", "unshare", "--user", "--map-root-user")), "CM-NS-JOIN",
                   also=SMALL, rootless="-", adapt=WITH_MAPS)
    yield Mutation("absent", no_namespace("user"), "CM-NS-USER", tightened=True, verify=ids_are_foreign)
    yield Mutation("listed-without-maps", namespace("user"), "OK", tightened=True, verify=ids_are_foreign, no_control="without maps other runtimes refuse it")
    yield Mutation("path=empty", namespace("user", ""), "OK", tightened=True, verify=ids_are_foreign, no_control="without maps other runtimes refuse it")
    yield Mutation("no-namespaces-at-all", put("linux/namespaces", []), "CM-NS-PID CM-NS-NET CM-NS-IPC CM-NS-UTS", adapt=NO_HOSTNAME)
    yield Mutation("no-linux-at-all", drop("linux"), "CM-NS-PID CM-NS-NET CM-NS-IPC CM-NS-UTS", adapt=NO_HOSTNAME)


# ---- D02 ----

FREE = 3_000_000_000  # host ids that are nobody's here
RANGES = {
    "host-root": ("CM-ID-HOST", mapping((0, 0, 65536))),
    "host-root-alone": ("CM-ID-HOST", mapping((0, 0, 1), (1, FREE, 65535))),
    "host-root-elsewhere": ("CM-ID-HOST", mapping((0, FREE, 1000), (1000, 0, 1))),
    "identity": ("CM-ID-HOST", mapping((0, 0, 4294967295))),
    "a-user-of-the-host": ("CM-ID-HOST", mapping((0, 1000, 1))),
    "nobody-of-the-host": ("CM-ID-HOST", mapping((0, FREE, 65534), (65534, 65534, 1))),
    "last-id-of-the-host": ("CM-ID-HOST", mapping((0, 65535, 65536))),
    "largest-size": ("CM-ID-RANGE", mapping((0, FREE, 4294967295))),
    "size-of-none": ("CM-ID-RANGE", mapping((0, FREE, 0))),
    "past-the-end": ("CM-ID-RANGE", mapping((0, 4294967290, 100))),
    "up-to-minus-one": ("CM-ID-RANGE", mapping((0, 4294901760, 65536))),
    "container-past-the-end": ("CM-ID-RANGE", mapping((0, FREE, 1), (4294967290, FREE + 1, 100))),
    "root-unmapped": ("CM-ID-ROOT", mapping((1, FREE, 1000))),
    "overlap-inside": ("CM-ID-OVERLAP", mapping((0, FREE, 1000), (500, FREE + 100000, 1000))),
    "overlap-outside": ("CM-ID-OVERLAP", mapping((0, FREE, 1000), (1000, FREE + 500, 1000))),
    "twice": ("CM-ID-OVERLAP", mapping((0, FREE, 1000), (0, FREE, 1000))),
    "341-lines": ("CM-ID-LINES", mapping(*((n, FREE + 2 * n, 1) for n in range(341)))),
    "more-text-than-a-page": ("CM-ID-LINES", mapping(*((n * 100000, FREE + 100000 * n, 1) for n in range(300)))),
    "all-ids-there-are": ("CM-ID-SIZE", mapping((0, 65536, 4294901759))),
}


def beside_a_neighbour(context):
    """Ids of another container that lives. Who has which is not in any configuration, so check cannot know."""
    if context.runtime.rootless:
        return
    arguments = ["/bin/escape-probe", "--agent", "wait"]
    context.started(context.bundle(arguments, change=maps(mapping((0, FREE, 65536)))))
    for name, extents in {"the-same": ((0, FREE, 65536),), "overlapping": ((0, FREE + 65535, 65536),), "one-id": ((0, FREE + 100000, 1000), (1000, FREE + 7, 1)),
                          "around": ((0, FREE - 1000, 70000),)}.items():
        container = context.name()
        done = context.create(context.bundle(change=maps(mapping(*extents))), container)
        left = context.residue(container)
        good = done.status == 1 and "overlap" in done.err and not left
        yield Outcome(f"neighbour={name}", "blocked" if good else "escaped", "IN-USE" if good else "", f"{left}{done.err.strip()}"[-300:])


def beside_a_neighbour_elsewhere(context):
    context = context.elsewhere()
    change = all_of(maps(mapping((0, FREE, 65536))), drop("linux/resources"))
    context.started(context.bundle(["/bin/escape-probe", "--agent", "wait"], change=change))
    done = context.run_detached(context.bundle(change=change), context.name())
    yield Outcome("neighbour=the-same", "escaped" if done.status == 0 else "blocked", "", done.err.strip())


def extents_are(*wanted):
    """The kernel took the map as it was given (CVE-2018-18955: of more than five extents it sorted only one direction)."""
    def verify(context, name):
        pid = context.runtime.pid(name)
        for file in ("uid_map", "gid_map"):
            with open(f"/proc/{pid}/{file}", encoding="ascii") as f:
                got = sorted(tuple(map(int, line.split())) for line in f)
            if got != sorted(wanted):
                return f"{file} is {got}"
        return None
    return verify


SIX = tuple((n * 1000, FREE + 200000 + (5 - n) * 1000, 1000) for n in range(6))


BESIDES = ("CM-ID-HOST", "CM-ID-RANGE", "CM-ID-SIZE", "CM-ID-ROOT", "CM-ID-USER", "CM-ID-POOL", "CM-ID-OVERLAP", "CM-ID-ROOTLESS", "CM-MOUNT-OPTION")
NO_SUCH_MAP = "the kernel takes no such map"
NO_GROUP_OF_TERMINALS = remount("/dev/pts", options=["nosuid", "noexec"])


def d02():
    for name, (code, map_) in RANGES.items():
        # what a caller without privilege names are ids of its own outer namespace, and others than its own are refused as such
        yield Mutation(name, maps(map_), code, also=BESIDES, rootless={"CM-ID-HOST": "CM-ID-ROOTLESS|CM-ID-RANGE|CM-ID-ROOT", "CM-ID-SIZE": "CM-ID-ROOTLESS"}.get(code),
                       adapt=NO_GROUP_OF_TERMINALS, no_control="" if code in ("CM-ID-HOST", "CM-ID-SIZE") else NO_SUCH_MAP)
    yield Mutation("only-users", all_of(namespace("user"), put("linux/uidMappings", mapping((0, FREE, 1000)))), "CM-ID-ROOT", also=BESIDES, no_control=NO_SUCH_MAP)
    yield Mutation("only-groups", all_of(namespace("user"), put("linux/gidMappings", mapping((0, FREE, 1000)))), "CM-ID-ROOT", also=BESIDES)
    yield Mutation("groups-of-the-host", maps(mapping((0, FREE, 1000)), mapping((0, 0, 1000))), "CM-ID-HOST", rootless="CM-ID-ROOTLESS")
    yield Mutation("without-the-namespace", all_of(no_namespace("user"), put("linux/uidMappings", mapping((0, FREE, 65536))), put("linux/gidMappings", mapping((0, FREE, 65536)))),
                   "CM-ID-NO-USERNS", also=("CM-ID-ROOTLESS",))
    yield Mutation("from-the-pool", maps(lambda context: mapping((0, first_of_the_pool(context), 65536))), "CM-ID-POOL", rootless="-")
    yield Mutation("negative", maps([{"containerID": 0, "hostID": -1, "size": 1}]), "FORM", says="/linux/uidMappings/0/hostID", no_control="no other runtime reads it")
    yield Mutation("above-32-bits", maps([{"containerID": 0, "hostID": 4294967296, "size": 65536}]), "FORM", says="/linux/uidMappings/0/hostID", no_control="no other runtime reads it")
    yield Mutation("size-above-32-bits", maps([{"containerID": 0, "hostID": FREE, "size": 4294967297}]), "FORM", says="/linux/uidMappings/0/size", no_control="no other runtime reads it")
    yield Mutation("a-fraction", maps([{"containerID": 0, "hostID": 100000.5, "size": 65536}]), "FORM", says="/linux/uidMappings/0/hostID", no_control="no other runtime reads it")
    yield Mutation("text", maps([{"containerID": 0, "hostID": "100000", "size": 65536}]), "FORM", says="/linux/uidMappings/0/hostID")
    yield Mutation("six-extents", maps(mapping(*SIX)), "OK", tightened=True, verify=extents_are(*SIX), rootless="-", no_control="it is no attack")


def first_of_the_pool(context):
    """A host id that the runtime gave to a container of its own choice."""
    if context.control:
        return 2_000_000_000
    _, pid = context.started(context.bundle(["/bin/escape-probe", "--agent", "wait"]))
    with open(f"/proc/{pid}/uid_map", encoding="ascii") as f:
        return int(f.read().split()[1])


# ---- D03 ----

def in_a_throw_away_view(name, path):
    """Another runtime changes the root of a mount namespace that it joins: it gets one that nobody else uses."""
    def change(context):
        if context.foreign:
            context.scene(script=f": {name}")
        return path(context) if callable(path) else path
    return change


def d03():
    for kind, name in KINDS.items():
        code = f"CM-NS-{CODES[kind]}"
        if kind in ("pid", "network", "ipc", "uts"):
            yield Mutation(f"{kind}=absent", no_namespace(kind), code, also=("CM-HOSTNAME",), adapt=NO_HOSTNAME)
        elif kind != "time":
            yield Mutation(f"{kind}=absent", no_namespace(kind), code, tightened=True, verify=own_namespace(name),
                           no_control="crun makes one all the same, runc refuses it" if kind == "mount" else "")
        paths = paths_of_the_host(name)
        if kind in ("pid", "time"):
            paths["for-children"] = f"/proc/self/ns/{name}_for_children"
        if kind == "mount":
            del paths["alias"]  # the kernel mounts no mount namespace where it could make a loop
        for way, path in paths.items():
            if kind == "mount":
                path = in_a_throw_away_view(way, path)
            # a mount namespace of the host that is not the runtime's own, as of a service, is another one's
            yield Mutation(f"{kind}={way}", namespace(kind, path), f"{code}|CM-NS-JOIN" if kind == "mount" else code, rootless=f"{code}|CM-NS-PATH|CM-NS-JOIN",
                           no_control="runc and crun know no time namespace here" if kind == "time" else "", adapt=NO_HOSTNAME if kind == "uts" else None)
        yield Mutation(f"{kind}=init", namespace(kind, f"/proc/1/ns/{name}"), f"{code}|CM-NS-PATH", no_control="here nobody can open it")
        yield Mutation(f"{kind}=no-namespace", namespace(kind, "/etc/passwd"), "CM-NS-PATH", no_control="it is no namespace")
        yield Mutation(f"{kind}=other-type", namespace(kind, "/proc/1/ns/user"), "CM-NS-PATH", no_control="it is no namespace of that type")


# ---- D04 ----

REFUSED_CAPS = """SYS_ADMIN SYS_MODULE SYS_RAWIO SYS_PTRACE SYS_BOOT SYS_TIME DAC_READ_SEARCH NET_ADMIN BPF PERFMON SYSLOG MAC_ADMIN MAC_OVERRIDE CHECKPOINT_RESTORE
LINUX_IMMUTABLE AUDIT_CONTROL WAKE_ALARM BLOCK_SUSPEND IPC_OWNER LEASE SYS_TTY_CONFIG SYS_RESOURCE SYS_NICE SYS_PACCT AUDIT_READ NET_BROADCAST IPC_LOCK""".split()
DROPPED_CAPS = {"MKNOD": 27, "NET_RAW": 13, "SETFCAP": 31, "SYS_CHROOT": 18, "AUDIT_WRITE": 29}


def lacks_capability(bit):
    return status_is("CapBnd", lambda value: not int(value, 16) >> bit & 1, "the capability is still there")


def d04():
    for name in REFUSED_CAPS:
        yield Mutation(name, capability(name), "CM-CAP-REFUSED", no_control="the machine that runs this has not got it" if name == "SYS_RESOURCE" else "")
    for one in ("bounding", "effective", "permitted", "inheritable", "ambient"):
        yield Mutation(f"SYS_ADMIN={one}", capability("SYS_ADMIN", one), "CM-CAP-REFUSED", no_control="" if one == "bounding" else "not without the bounding set")
    yield Mutation("unknown", capability("NOT_A_CAPABILITY"), "CM-CAP-UNKNOWN")
    yield Mutation("lower-case", add("process/capabilities/bounding", "cap_sys_admin"), "CM-CAP-UNKNOWN|CM-CAP-REFUSED")
    yield Mutation("without-prefix", add("process/capabilities/bounding", "SYS_ADMIN"), "CM-CAP-UNKNOWN|CM-CAP-REFUSED")
    yield Mutation("number", add("process/capabilities/bounding", 21), "FORM", says="/process/capabilities/bounding", no_control="no other runtime reads it")
    for name, bit in DROPPED_CAPS.items():
        yield Mutation(f"dropped={name}", capability(name), "CM-CAP-DROPPED", tightened=True, verify=lacks_capability(bit))
    yield Mutation("inheritable", capability("CHOWN", "inheritable"), "CM-CAP-INHERITABLE", tightened=True,
                   verify=status_is("CapInh", lambda value: int(value, 16) == 0, "something is inheritable"))
    yield Mutation("ambient", all_of(capability("CHOWN", "ambient"), drop("process/capabilities/permitted")), "CM-CAP-AMBIENT", tightened=True,
                   verify=status_is("CapAmb", lambda value: int(value, 16) == 0, "something is ambient"), no_control="not without the permitted set")
    yield Mutation("absent", drop("process/capabilities"), "CM-CAP-ABSENT", tightened=True, verify=status_is("CapBnd", lambda value: int(value, 16) == 0, "no set, and something is allowed"),
                   no_control="runc and crun take none from that, too")


# ---- D05 ----

ALL_CAPS = ["CAP_" + name for name in """CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW
IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE
MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE""".split()]


def privileged(config, context):
    """What docker and containerd write for --privileged, but for SYS_RESOURCE, which the control arm has not got."""
    all_of(put("process/capabilities", {s: ALL_CAPS for s in ("bounding", "effective", "permitted")}), drop("linux/maskedPaths", "linux/readonlyPaths", "linux/seccomp"),
           device_rule(), device("/dev/fuse", "c", 10, 229), device("/dev/kmsg", "c", 1, 11), put("process/apparmorProfile", ""),
           remount("/sys", options=["nosuid", "noexec", "nodev", "rw"]), remount("/sys/fs/cgroup", options=["nosuid", "noexec", "nodev", "rw"]))(config, context)


HOST_NAMESPACES = all_of(no_namespace("pid", "network", "ipc", "uts"), drop("hostname"))


def d05():
    shape = "CM-PRIVILEGED CM-CAP-REFUSED CM-DEVICE CM-DEVICE-RULE"
    yield Mutation("docker", privileged, shape)
    yield Mutation("with-the-host's-namespaces", all_of(privileged, HOST_NAMESPACES), f"{shape} CM-NS-PID CM-NS-NET CM-NS-IPC CM-NS-UTS")
    yield Mutation("with-the-host's-files", all_of(privileged, mount("/host", "bind", "/", "rbind", "ro")), f"{shape} CM-MOUNT-SOURCE")
    yield Mutation("everything", all_of(privileged, HOST_NAMESPACES, mount("/host", "bind", "/", "rbind", "ro"), put("linux/rootfsPropagation", "shared"),
                                        put("annotations", {"org.systemd.property.Delegate": "true"}), put("process/oomScoreAdj", -1000)),
                   f"{shape} CM-NS-PID CM-NS-NET CM-NS-IPC CM-NS-UTS CM-MOUNT-SOURCE CM-PROPAGATION CM-ANNOTATION-UNSAFE", adapt=drop("process/oomScoreAdj"))
    yield Mutation("without-devices", all_of(privileged, drop("linux/devices"), put("linux/resources/devices", [{"allow": False, "access": "rwm"}])), "CM-PRIVILEGED CM-CAP-REFUSED")


# ---- D21, D22 ----

STRICT = ("--policy", "strict")


def d21():
    not_enforced = ("CM-LIMIT-UNENFORCEABLE", "CM-LSM-MISSING")
    yield Mutation("root-where-none-may-be", put("process/user", {"uid": 0, "gid": 0}), "CM-NONROOT", options=STRICT, also=not_enforced)
    yield Mutation("nobody-named", drop("process/user"), "FORM", says="/process", options=STRICT)
    yield Mutation("group-root", put("process/user", {"uid": 1000, "gid": 1000, "additionalGids": [0]}), "CM-GROUP")
    yield Mutation("group-root-among-others", put("process/user", {"uid": 1000, "gid": 1000, "additionalGids": [1000, 10, 0]}), "CM-GROUP")
    for name, user in {"user": {"uid": 65536, "gid": 0}, "largest-user": {"uid": 4294967294, "gid": 0}, "group": {"uid": 0, "gid": 65536},
                       "additional-group": {"uid": 0, "gid": 0, "additionalGids": [65536]}}.items():
        # what the caller's subordinate ids end with is one more
        user = {k: [70000] if isinstance(v, list) else 70000 if v == 65536 else v for k, v in user.items()}
        yield Mutation(f"unmapped-{name}", put("process/user", user), "CM-ID-USER", also=("CM-GROUP",))
    for name, value in {"minus-one": -1, "no-id": 4294967296, "text": "0", "fraction": 0.5}.items():
        yield Mutation(f"uid={name}", put("process/user/uid", value), "FORM", says="/process/user/uid", no_control="no other runtime reads it")
    yield Mutation("uid=all-ones", put("process/user/uid", 4294967295), "FORM|CM-ID-USER", says="/process/user/uid", no_control="the kernel takes it for none")


def of_the_neighbour(name):
    def path(context):
        if not hasattr(context, "neighbour"):
            context.neighbour = context.started(context.bundle(["/bin/escape-probe", "--agent", "wait"]))
        return f"/proc/{context.neighbour[1]}/ns/{name}"
    return path


THEIR_NEIGHBOUR = {"mount": "they do not get along with a root that is another's already", "user": "there the neighbour is in the host's, which nobody joins"}


# Of another pod, by what kubelet chooses: without it the engine's word counts, who may join containers (docker run --network container:NAME).
OF_A_POD = put("linux/cgroupsPath", lambda context: f"/kubepods/pod0123abcd-0000-1111-2222-333344445555/{context.name()}")
OF_NONE = put("linux/cgroupsPath", lambda context: f"/{context.name()}")


def d22():
    for kind, name in {**KINDS, "user": "user"}.items():
        if kind != "time":
            yield Mutation(f"neighbour={kind}", all_of(namespace(kind, of_the_neighbour(name)), OF_A_POD), "CM-NS-JOIN", rootless="CM-NS-JOIN|CM-NS-PATH", also=("CM-ID-POOL",),
                           adapt=OF_NONE, no_control=THEIR_NEIGHBOUR.get(kind, ""))
            yield Mutation(f"neighbour={kind}-alias", all_of(namespace(kind, lambda context, name=name: alias(of_the_neighbour(name)(context))(context)), OF_A_POD), "CM-NS-JOIN",
                           rootless="CM-NS-JOIN|CM-NS-PATH", also=("CM-ID-POOL",), adapt=OF_NONE, no_control=THEIR_NEIGHBOUR.get(kind, "")) if kind != "mount" else None
        if kind not in ("user", "time"):
            yield Mutation(f"of-a-user={kind}", namespace(kind, of_process(name, "unshare", "--user", "--map-root-user", "--fork", f"--{'mount' if kind == 'mount' else name}", user=True)),
                           "CM-NS-JOIN", rootless="CM-NS-JOIN|CM-NS-PATH")


def rows_of(make):
    return tuple(m for m in make() if m is not None)


ROWS = [
    Row("D01", "no user namespace, or the host's under any name", "POL", kind="config", mutations=rows_of(d01)),
    Row("D02", "id mappings that reach the host or another container, or are none", "POL", "CVE-2018-18955", kind="config", mutations=rows_of(d02), run=beside_a_neighbour,
        control=beside_a_neighbour_elsewhere, expect={"neighbour=*": "IN-USE"}),
    Row("D03", "the host's namespaces: absent, by path, link or bind alias", "POL", kind="config", mutations=rows_of(d03)),
    Row("D04", "capabilities that reach beyond the container", "POL", kind="config", mutations=rows_of(d04)),
    Row("D05", "the privileged shape: one error with all its reasons", "POL", kind="config", mutations=rows_of(d05)),
    Row("D21", "root where the policy wants none, ids and groups that are not mapped", "POL", kind="config", mutations=rows_of(d21)),
    Row("D22", "namespaces of another container or of a user", "POL", kind="config", mutations=rows_of(d22)),
]
