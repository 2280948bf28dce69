# SPDX-License-Identifier: LGPL-2.1-or-later
"""D06 to D09: what of the host must not be mounted. On an imitated host, whose policy allows one directory: /srv/volumes."""
import os

from changes import all_of, bind, drop, every, mount, mount_has, propagates_nowhere, put, remount
from rows import Mutation, Row

# Codes for a source that is not passed on, more or less precise.
SOURCE = "CM-MOUNT-SOURCE|CM-MOUNT-SOCKET|CM-MOUNT-LAUNDERED|CM-MOUNT-FOREIGN|CM-MOUNT-WAY"
ALLOWED = "/srv/volumes"
POLICY = {"version": 1, "mounts": {"allow": [{"prefix": ALLOWED, "write": True}]}}

# ---- the host ----

SOCKETS = """/run/docker.sock /run/containerd/containerd.sock /run/containerd/containerd.sock.ttrpc /run/k3s/containerd/containerd.sock /run/crio/crio.sock /run/podman/podman.sock
/run/buildkit/buildkitd.sock /run/cri-dockerd.sock /run/dockershim.sock /var/lib/kubelet/device-plugins/kubelet.sock /var/lib/kubelet/pod-resources/kubelet.sock
/run/systemd/private /run/systemd/notify /run/systemd/journal/socket /run/systemd/journal/stdout /run/dbus/system_bus_socket /run/user/1000/bus /run/user/1000/podman/podman.sock
/run/nri/nri.sock /run/seccomp-agent.sock /run/udev/control /run/libvirt/libvirt-sock /run/snapd.socket /run/containerd/s/0123456789abcdef /run/lxd/unix.socket""".split()
FAMOUS = [s for s in SOCKETS if s.rsplit("/", 1)[-1] in ("docker.sock", "containerd.sock", "crio.sock", "private", "system_bus_socket", "kubelet.sock", "nri.sock")]
DIRECTORIES = """/var/lib/kubelet/pods/0a1b/volumes/kubernetes.io~secret/token /var/lib/kubelet/pki /var/lib/docker/volumes /var/lib/docker/overlay2 /var/lib/containerd/io.containerd.snapshotter.v1.overlayfs
/var/lib/containers/storage /var/lib/etcd /var/lib/casemate /var/log/pods /run/casemate /run/secrets /run/lock /etc/kubernetes/manifests /etc/cni/net.d /etc/ssh /etc/cron.d /root/.ssh /root/.kube
/home/somebody /boot/efi /opt/cni/bin /srv/volumes/data /srv/volumes/tree /srv/other""".split()
TMPFS = "/run /var/lib /var/log /root /home /boot /opt /srv".split()
HOST = f"""
for d in {' '.join(TMPFS)}; do [ -d $d ] || continue; mount -t tmpfs -o mode=755 none $d; done
mkdir -p {' '.join(DIRECTORIES)}
mkdir -p /srv/volumes/links /srv/volumes/alias
for s in {' '.join(FAMOUS)}; do
    n=$(echo $s | tr / _)
    mkdir -p ${{s%/*}} /srv/volumes/alias/parent$n; : >/srv/volumes/alias/$n
    ln -s $s /srv/volumes/links/$n; ln -s ${{s%/*}} /srv/volumes/links/parent$n
done
ln -s / /srv/volumes/links/root; ln -s /proc/self/root /srv/volumes/links/magic; ln -s ../../../etc /srv/volumes/links/relative
: >/srv/volumes/data/file
"""
# after the sockets are there: the same inodes at a place that is allowed
ALIASES = "".join(f"mount --bind {s} /srv/volumes/alias/{s.replace('/', '_')}; mount --bind {os.path.dirname(s)} /srv/volumes/alias/parent{s.replace('/', '_')}\n" for s in FAMOUS)


def on_the_host(change):
    def scene(config, context):
        context.scene(policy=POLICY, script=HOST, sockets=SOCKETS)
        change(config, context)
    return scene


def in_a_tree(change, policy=None, script=""):
    """A host of which only /srv is imitated."""
    def scene(config, context):
        context.scene(policy=policy or POLICY, script="mount -t tmpfs -o mode=755 none /srv; mkdir -p /srv/volumes/data /srv/volumes/tree/x\n" + script)
        change(config, context)
    return scene


# ---- D06 ----

PLACES = """/ /etc /root /home /boot /usr /lib /bin /sbin /opt /srv /tmp /var /var/lib /var/cache /var/spool /lib/modules /proc /proc/sys /proc/1 /proc/bus /sys /sys/kernel /sys/fs/cgroup
/sys/kernel/security /sys/kernel/debug /sys/fs/bpf /dev /dev/pts /dev/mqueue /run /var/run /run/casemate /run/lock /run/secrets /run/systemd /run/user /run/containerd /run/docker /run/crio
/run/dbus /var/log /var/log/pods /var/lib/kubelet /var/lib/kubelet/pki /var/lib/kubelet/pods /var/lib/docker /var/lib/docker/volumes /var/lib/docker/overlay2 /var/lib/containerd
/var/lib/containers /var/lib/containers/storage /var/lib/etcd /var/lib/casemate /etc/kubernetes /etc/kubernetes/manifests /etc/casemate /etc/cni/net.d /etc/ssh /etc/cron.d /root/.ssh
/root/.kube /home/somebody /opt/cni/bin /srv/other""".split()
FILES = "/etc/passwd /etc/subuid /etc/casemate/policy.json /proc/kcore /proc/sysrq-trigger /proc/sys/kernel/core_pattern /dev/null /dev/kmsg /bin/sh".split()
SPELLINGS = {"dot": "/etc/.", "doubled": "//etc", "parent": "/usr/../etc", "above-root": "/../etc", "out-of-the-allowed": f"{ALLOWED}/../../etc", "beside-the-allowed": f"{ALLOWED}2",
             "relative": "../../../../../../../../etc", "bundle": ".", "empty": "", "link-to-root": f"{ALLOWED}/links/root/etc", "relative-link": f"{ALLOWED}/links/relative",
             "long": "/" + "etc/../" * 700 + "etc"}
FLOORS = "/ /etc /usr /proc /sys /dev /run /home /root /boot /var /var/lib /var/log /var/lib/docker /var/lib/containerd /run/containerd /etc/kubernetes /etc/casemate /run/casemate".split()


def d06():
    for place in PLACES + FILES:
        # not all of them are there on every host
        yield Mutation(f"ro={place}", on_the_host(bind(place, "rbind", "ro", to="/mnt/file" if place in FILES else "/mnt")), SOURCE,
            no_control="it is not on every host" if place not in HERE else "")
    for place in "/ /etc /usr /home /root /proc /sys /dev /run /var/lib /var/lib/kubelet /var/lib/docker /var/log /etc/kubernetes /sys/fs/cgroup".split():
        yield Mutation(f"rw={place}", on_the_host(mount("/mnt", "none", place, "bind", "rw")), SOURCE, no_control="it is not on every host" if place not in HERE else "")
    for name, source in SPELLINGS.items():
        yield Mutation(f"spelling={name}", on_the_host(bind(source)), SOURCE, no_control="" if name in ("dot", "doubled", "parent", "above-root") else "they do not take such a path")
    for place in FLOORS:
        rule = {"version": 1, "mounts": {"allow": [{"prefix": place, "write": True}]}}
        yield Mutation(f"rule-for={place}", in_a_tree(bind(place), policy=rule), f"FORM|{SOURCE}", says="policy", no_control="only casemate has a policy")


HERE = {p for p in PLACES + FILES if os.path.exists(p) or any(d == p or d.startswith(p + "/") for d in DIRECTORIES + SOCKETS)}

# ---- D07 ----


def d07():
    for socket in SOCKETS:
        yield Mutation(f"direct={socket}", on_the_host(bind(socket, "bind", to="/mnt/socket")), SOURCE)
    for directory in sorted({os.path.dirname(s) for s in SOCKETS}):
        yield Mutation(f"directory={directory}", on_the_host(bind(directory)), SOURCE)
    for socket in FAMOUS:
        name = socket.replace("/", "_")
        for way, source in {"link": f"{ALLOWED}/links/{name}", "linked-directory": f"{ALLOWED}/links/parent{name}/{os.path.basename(socket)}"}.items():
            yield Mutation(f"{way}={socket}", on_the_host(bind(source, "bind", to="/mnt/socket")), SOURCE)
        for way, source, to in (("alias", f"{ALLOWED}/alias/{name}", "/mnt/socket"), ("aliased-directory", f"{ALLOWED}/alias/parent{name}", "/mnt")):
            yield Mutation(f"{way}={socket}", with_aliases(bind(source, "rbind", to=to)), SOURCE)
    yield Mutation("below-an-allowed-directory", with_aliases(bind(ALLOWED, "rbind", "rw")), SOURCE)
    yield Mutation("var-run", on_the_host(bind("/var/run/docker.sock", "bind", to="/mnt/socket")), SOURCE)
    yield Mutation("by-way-of-procfs", on_the_host(bind("/proc/self/root/run/docker.sock", "bind", to="/mnt/socket")), SOURCE)


def with_aliases(change):
    def scene(config, context):
        context.scene(policy=POLICY, script=HOST, sockets=SOCKETS, then=ALIASES)
        change(config, context)
    return scene


# ---- D08 ----

def open_here(make):
    """/proc/PID/fd/N of a descriptor of the driver's, which stands for one of a service."""
    def source(context):
        fd = make(context)
        context.descriptors.append(fd)
        return f"/proc/{os.getpid()}/fd/{fd}"
    return source


def memory_file(_):
    return os.memfd_create("escape")


def deleted_file(context):
    path = os.path.join(context.place(), "deleted")
    fd = os.open(path, os.O_CREAT | os.O_RDWR)
    os.unlink(path)
    return fd


MAGIC = {
    "root": "/proc/self/root", "root-of-init": "/proc/1/root", "root-of-thread": "/proc/thread-self/root", "etc-by-root": "/proc/self/root/etc", "cwd": "/proc/self/cwd",
    "allowed-by-root": f"/proc/self/root{ALLOWED}/data", "exe": "/proc/self/exe", "fd-0": "/proc/self/fd/0", "fd-3": "/proc/self/fd/3", "dev-fd": "/dev/fd/0", "dev-stdin": "/dev/stdin",
    "namespace": "/proc/self/ns/net", "mount-namespace": "/proc/self/ns/mnt", "link-to-magic": f"{ALLOWED}/links/magic{ALLOWED}/data",
    "cwd-of-a-service": lambda context: f"/proc/{context.view.process.pid}/cwd", "root-of-a-service": lambda context: f"/proc/{context.view.process.pid}/root{ALLOWED}/data",
    "canary": open_here(lambda context: os.open(context.watch.canary, os.O_RDONLY | os.O_DIRECTORY)), "canary-as-path": open_here(lambda context: os.open(context.watch.canary, os.O_PATH)),
    "host-root": open_here(lambda _: os.open("/", os.O_PATH)), "memfd": open_here(memory_file), "deleted": open_here(deleted_file),
    "pipe": open_here(lambda _: os.pipe()[0]), "pidfd": open_here(lambda _: os.pidfd_open(os.getpid())),
}
NOT_MOUNTABLE = ("cwd-of-a-service", "root-of-a-service", "root-of-init", "exe", "canary", "canary-as-path", "host-root", "namespace", "mount-namespace", "pidfd", "pipe", "memfd",
    "deleted", "fd-0", "fd-3", "dev-fd", "dev-stdin")


def d08():
    for name, source in MAGIC.items():
        yield Mutation(name, on_the_host(bind(source, "bind")), SOURCE,
            no_control="the kernel mounts nothing of another mount namespace, or nothing of that kind" if name in NOT_MOUNTABLE else "")


# ---- D09 ----

DATA = f"{ALLOWED}/data"
TREES = {"proc": "mount -t proc none /srv/volumes/tree/x", "sysfs": "mount -t sysfs none /srv/volumes/tree/x", "cgroup": "mount -t cgroup2 none /srv/volumes/tree/x",
         "devpts": "mount -t devpts none /srv/volumes/tree/x", "mqueue": "mount -t mqueue none /srv/volumes/tree/x", "securityfs": "mount -t securityfs none /srv/volumes/tree/x",
         "devtmpfs": "mount -t devtmpfs none /srv/volumes/tree/x", "etc": "mount --bind /etc /srv/volumes/tree/x", "dev": "mount --rbind /dev /srv/volumes/tree/x",
         "root": "mount --rbind / /srv/volumes/tree/x", "namespace": "rmdir /srv/volumes/tree/x; : >/srv/volumes/tree/x; mount --bind /proc/self/ns/net /srv/volumes/tree/x",
         "deeper": "mount -t tmpfs none /srv/volumes/tree/x; mkdir /srv/volumes/tree/x/y; mount -t proc none /srv/volumes/tree/x/y"}
TYPES = """ext4 xfs btrfs overlay ramfs devtmpfs debugfs tracefs securityfs configfs bpf fuse fuseblk nfs nfs4 cifs 9p binfmt_misc hugetlbfs autofs efivarfs pstore selinuxfs rpc_pipefs nsfs
resctrl squashfs vfat iso9660 zonefs virtiofs ceph procfs Proc tmpfs,bind""".split()
TYPES_ELSEWHERE = ("ramfs", "binfmt_misc")
DESTINATIONS = """/ /proc/sys /proc/self /proc/1 /proc/sysrq-trigger /sys/kernel /sys/fs /sys/firmware /dev/null /dev/pts/x /dev/fd /dev/mem ../etc /../.. /a/../../b relative/../../x""".split()
TMPFS_DATA = """uid=4294967295 gid=70000 uid=-1 mode=sticky size=-1 nr_inodes=x huge=always mpol=bind:0 context=system_u:object_r:etc_t:s0 lowerdir=/ usrquota inode64 noswap X-mount.mkdir
x-systemd.automount source=/etc size=1k,mode=777""".split()


def d09():
    for flag in "dev suid rdev rsuid".split():
        yield Mutation(f"tmpfs={flag}", mount("/mnt", "tmpfs", "tmpfs", flag), "CM-MOUNT-FLAGS", also=("CM-MOUNT-OPTION",), no_control=NO_RECURSIVE if flag[0] == "r" else "")
        yield Mutation(f"bind={flag}", in_a_tree(bind(DATA, "rbind", flag)), "CM-MOUNT-FLAGS", no_control=NO_RECURSIVE if flag[0] == "r" else "")
    for flag in "shared rshared unbindable runbindable".split():
        yield Mutation(f"tmpfs={flag}", mount("/mnt", "tmpfs", "tmpfs", flag), "CM-MOUNT-PROPAGATION")
        yield Mutation(f"bind={flag}", in_a_tree(bind(DATA, "rbind", flag)), "CM-MOUNT-PROPAGATION")
        yield Mutation(f"root={flag}", put("linux/rootfsPropagation", flag), "CM-PROPAGATION", no_control="they do not start at all with it" if "unbindable" in flag else "")
    yield Mutation("root=nonsense", put("linux/rootfsPropagation", "everywhere"), "FORM|CM-PROPAGATION", says="/linux/rootfsPropagation", no_control="they do not know it either")
    yield Mutation("bind=slave", in_a_tree(bind(DATA, "rbind", "rslave")), "CM-MOUNT-PROPAGATION", tightened=True, verify=propagates_nowhere,
                   no_control="the imitated host has no peers to be a slave of")
    for name, script in TREES.items():
        yield Mutation(f"tree={name}", in_a_tree(bind(f"{ALLOWED}/tree", "rbind"), script=script), SOURCE)
        if name in ("proc", "etc", "dev"):
            yield Mutation(f"top={name}", in_a_tree(bind(f"{ALLOWED}/tree/x", "bind"), script=script), SOURCE)
    for kind in TYPES:
        yield Mutation(f"type={kind}", mount("/mnt", kind, "none", "ro"), "CM-MOUNT-TYPE",
            no_control="" if kind in TYPES_ELSEWHERE else "it needs a kernel or a device that is not everywhere")
    for place in DESTINATIONS:
        yield Mutation(f"to={place}", in_a_tree(bind(DATA, to=place)), "CM-MOUNT-DEST", no_control="a path of that kind ends elsewhere, or they refuse it")
    yield Mutation("to=nothing", in_a_tree(bind(DATA, to="")), "FORM", says="/destination", no_control="they refuse it too")
    yield Mutation("to=/proc", in_a_tree(all_of(drop_mount("/proc"), bind(DATA, to="/proc"))), "CM-MOUNT-DEST", no_control="they refuse it too")
    yield Mutation("to=/sys", in_a_tree(all_of(drop_mount("/sys", "/sys/fs/cgroup"), bind(DATA, to="/sys"))), "CM-MOUNT-DEST")
    yield Mutation("to=/dev", in_a_tree(all_of(drop_mount("/dev", "/dev/pts", "/dev/shm", "/dev/mqueue"), bind(DATA, to="/dev"))), "CM-MOUNT-DEST", no_control="they need /dev/null")
    yield Mutation("twice", in_a_tree(all_of(bind(DATA), bind(DATA))), "CM-MOUNT-DUPLICATE")
    for data in TMPFS_DATA:
        yield Mutation(f"data={data}", mount("/mnt", "tmpfs", "tmpfs", data), "CM-MOUNT-OPTION", no_control="the kernel takes it or not; it is the container's own")
    yield Mutation("data-of-a-bind", in_a_tree(bind(DATA, "rbind", "lowerdir=/")), "CM-MOUNT-OPTION", no_control="the kernel takes no data there")
    yield Mutation("remount", mount("/proc", "none", "none", "remount", "rw"), "CM-MOUNT-OPTION|CM-MOUNT-DUPLICATE|CM-MOUNT-TYPE", also=("CM-MOUNT-DEST", "CM-MOUNT-OPTION", "CM-MOUNT-TYPE"),
                   no_control="runc and crun mount anew")
    yield Mutation("idmap-without-a-rule", in_a_tree(bind(DATA, "rbind", "idmap")), "CM-MOUNT-IDMAP", no_control="the old ones here do not know it")
    yield Mutation("proc-hidepid", remount("/proc", options=["nosuid", "subset=pid,hidepid=9"]), "CM-MOUNT-OPTION", no_control="the kernel refuses it")
    yield Mutation("1025-mounts", many_mounts, "CM-MOUNT-COUNT", no_control="it takes them minutes")
    yield Mutation("without-flags", mount("/mnt", "tmpfs", "tmpfs", "rw"), "CM-MOUNT-FLAGS", tightened=True, verify=mount_has("/mnt", "nosuid", "nodev"))
    yield Mutation("bind-without-flags", in_a_tree(bind(DATA, "rbind", "rw")), "CM-MOUNT-FLAGS", tightened=True, verify=every(mount_has("/mnt", "nosuid", "nodev", "noexec"),
        propagates_nowhere))
    yield Mutation("sysfs-writable", remount("/sys", options=["nosuid", "rw"]), "CM-MOUNT-READONLY", tightened=True, verify=mount_has("/sys", "ro", "nosuid", "nodev", "noexec"))
    yield Mutation("cgroup-writable", remount("/sys/fs/cgroup", options=["rw"]), "CM-MOUNT-READONLY", tightened=True, verify=mount_has("/sys/fs/cgroup", "ro", "nosuid", "nodev", "noexec"))
    yield Mutation("bind-without-write", in_a_tree(bind(DATA, "rbind", "rw"), policy={"version": 1, "mounts": {"allow": [{"prefix": ALLOWED}]}}), "CM-MOUNT-READONLY", tightened=True,
                   verify=mount_has("/mnt", "ro", "noexec"))
    yield Mutation("no-mounts-at-all", drop("mounts"), "CM-MOUNT-ADDED", tightened=True, verify=every(mount_has("/proc", "nosuid"), mount_has("/sys", "ro"), mount_has("/dev", "nosuid")),
                   no_control="without /dev and /proc they do not start")


NO_RECURSIVE = "the old ones here do not know recursive flags"


def drop_mount(*destinations):
    def change(config, _):
        config["mounts"] = [m for m in config["mounts"] if m["destination"] not in destinations]
    return change


def many_mounts(config, _):
    config["mounts"] += [{"destination": f"/m{n}", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "nodev"]} for n in range(1025)]


ROWS = [
    Row("D06", "places of the host, by every spelling, and rules for them", "POL", "CVE-2021-25741", kind="config", mutations=tuple(d06())),
    Row("D07", "control sockets of the host: directly, with their directory, by links and bind mounts", "POL", kind="config", mutations=tuple(d07())),
    Row("D08", "magic links, descriptors of others and files without a place as sources", "FD POL", "CVE-2024-21626", kind="config", mutations=tuple(d08())),
    Row("D09", "mount flags, propagation, filesystem types, destinations and data", "POL", "CVE-2023-25809, CVE-2019-19921", kind="config", mutations=tuple(d09())),
]
