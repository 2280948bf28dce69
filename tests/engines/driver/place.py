# SPDX-License-Identifier: LGPL-2.1-or-later
"""The host as an engine finds and makes it before it calls: in a mount namespace of the driver's own, so that recorded paths can stay what they are."""
import os
import subprocess
import sys

from calls import LIBC
from records import HERE

sys.path.insert(0, os.path.join(os.path.dirname(HERE), "lib"))
import engine_trees as trees  # noqa: E402

CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWNET = 0x04000000, 0x08000000, 0x10000000, 0x40000000
LAYERS = "/var/lib/replay-image"
CONTAINERS = "/var/lib/containers/storage/overlay"
CONTAINERD = "/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots"
STORES = {"podman": CONTAINERS, "crio": CONTAINERS, "docker": "/var/lib/docker/overlay2", "ctr": CONTAINERD, "cri": CONTAINERD,
          "rootless": "/var/lib/home/user/.local/share/containers/storage/overlay"}
USER, SUBORDINATE = 1000, 100000
APPLETS = "sh cat ls id sleep true false echo grep tail stat head df touch env".split()


def run(*argv):
    subprocess.run(argv, check=True)


def controllers():
    with open("/sys/fs/cgroup/cgroup.controllers", encoding="utf-8") as f:
        return set(f.read().split())


def prepare(busybox, daemon):
    """Hides the host's trees, makes /sys/fs/cgroup the cgroup2 filesystem where it is not, and the image that all containers are of."""
    trees.hide_host()
    if not os.path.exists("/sys/fs/cgroup/cgroup.controllers"):
        subprocess.run(["umount", "-l", "/sys/fs/cgroup"], check=False)
        run("mount", "-t", "cgroup2", "none", "/sys/fs/cgroup")
    programs(daemon, busybox)
    for shown in ("/tmp", "/srv", "/var/tmp", "/usr/libexec"):
        if not os.path.isdir(shown):
            raise SystemExit(f"engines: this host has no {shown}")
        run("mount", "-t", "tmpfs", "-o", f"mode={'1777' if 'tmp' in shown else '755'}", "replay", shown)
    image(busybox)
    for directory in ("/run/netns", "/srv/data", "/srv/made", "/usr/libexec/podman"):
        os.makedirs(directory, exist_ok=True)
    trees.write("/srv/data/file", "hello\n")
    for directory in ("/var/lib/home/user", "/run/user/1000"):
        os.makedirs(directory)
        os.chown(directory, USER, USER)
        os.chmod(directory, 0o700)
    run("cp", busybox, "/usr/libexec/podman/catatonit")
    private_etc()


def programs(daemon, busybox):
    """Docker's daemon and its init, at the places that contrib/docker names."""
    for directory, name, source in (("/usr/sbin", "dockerd", daemon), ("/usr/bin", "tini-static", busybox)):
        for part in ("upper", "work"):
            os.makedirs(f"/run/replay{directory}/{part}")
        run("mount", "-t", "overlay", "-o", f"lowerdir={directory},upperdir=/run/replay{directory}/upper,workdir=/run/replay{directory}/work", "overlay", directory)
        run("install", "-m", "755", source, f"{directory}/{name}")


def private_etc():
    """An /etc in which casemate's policy can change."""
    os.makedirs("/run/replay/etc/casemate")
    for name in ("passwd", "group", "subuid", "subgid", "nsswitch.conf", "default"):
        subprocess.run(["cp", "-a", f"/etc/{name}", "/run/replay/etc/"], capture_output=True, check=False)
    for name, text in (("passwd", f"user:x:{USER}:{USER}:user:/var/lib/home/user:/bin/sh"), ("subuid", f"user:{SUBORDINATE}:65536"), ("subgid", f"user:{SUBORDINATE}:65536")):
        with open(f"/run/replay/etc/{name}", "a", encoding="utf-8") as f:
            f.write(text + "\n")
    run("mount", "--bind", "/run/replay/etc", "/etc")


def policy(text):
    """The policy from now on: the text of its file, or None for the built-in one."""
    path = "/etc/casemate/policy.json"
    if text is not None:
        trees.write(path, text)
    elif os.path.exists(path):
        os.unlink(path)


def image(busybox):
    os.umask(0o022)
    for directory in "bin dev etc proc sys tmp run var/run var/tmp home root sbin data image-volume".split():
        os.makedirs(f"{LAYERS}/{directory}")
    os.chmod(f"{LAYERS}/tmp", 0o1777)
    run("cp", busybox, f"{LAYERS}/bin/busybox")
    for applet in APPLETS:
        os.symlink("busybox", f"{LAYERS}/bin/{applet}")
    trees.write(f"{LAYERS}/pause", "#!/bin/sh\nexec sleep 1000000\n", 0o755)
    trees.write(f"{LAYERS}/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nbin:x:1:1:bin:/bin:/bin/sh\nuser:x:1000:1000:user:/home:/bin/sh\n")
    trees.write(f"{LAYERS}/etc/group", "root:x:0:\nbin:x:1:\nuser:x:1000:\n")
    for empty in ("hosts", "hostname", "resolv.conf"):
        trees.write(f"{LAYERS}/etc/{empty}", "")


class Holder:
    """A process in new namespaces, with the ids that a configuration maps."""

    def __init__(self, flags, linux):
        ready, go = os.pipe(), os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                if LIBC.unshare(flags) == 0:
                    os.write(ready[1], b"x")
                    os.close(go[1])
                    os.read(go[0], 1)
            finally:
                os._exit(0)
        os.close(ready[1])
        os.close(go[0])
        if os.read(ready[0], 1) != b"x":
            raise OSError("unshare")
        os.close(ready[0])
        self.go = go[1]
        for kind in ("uid", "gid"):
            if f"{kind}Mappings" in linux:
                with open(f"/proc/{self.pid}/{kind}_map", "w", encoding="utf-8") as f:
                    f.write("".join(f"{m['containerID']} {m['hostID']} {m['size']}\n" for m in linux[f"{kind}Mappings"]))

    def end(self):
        os.close(self.go)
        os.waitpid(self.pid, 0)


class Place:
    """What was made for one case, taken away again as the engine does it: its own unmounts must work."""

    def __init__(self):
        self.mounts, self.count = [], 0

    def mount(self, *argv):
        run("mount", *argv)
        self.mounts.append(argv[-1])

    def root(self, engine, path, base=0):
        """An overlay of the image and an upper directory, where the engine has its layers. The image is a layer of the engine's storage."""
        store = STORES[engine]
        lower = f"{store}/image{base}/fs"
        if not os.path.isdir(lower):
            trees.directory(lower, 0o755)
            run("cp", "-dR", "--preserve=mode", f"{LAYERS}/.", lower)
            if base:  # the files of the image are all root's
                run("chown", "-hR", f"{base}:{base}", lower)
        self.count += 1
        upper = f"{store}/{os.getpid()}.{self.count}"
        while os.path.exists(upper):
            self.count += 1
            upper = f"{store}/{os.getpid()}.{self.count}"
        for part in ("fs", "work"):
            trees.directory(f"{upper}/{part}", 0o755)
            os.chown(f"{upper}/{part}", base, base)
        trees.directory(path, 0o755)
        self.mount("-t", "overlay", "-o", f"{'userxattr' if engine == 'rootless' else 'index=off'},lowerdir={lower},upperdir={upper}/fs,workdir={upper}/work", "overlay", path)

    def namespaces(self, config):
        """Those that the engine makes and binds to files: with the user namespace of the pod if that is among them, else of the initial one."""
        paths = {n["type"]: n["path"] for n in config["linux"]["namespaces"] if n.get("path", "/proc/").split("/")[1] != "proc" and not os.path.exists(n["path"])}
        if not paths:
            return
        flags = {"network": CLONE_NEWNET, "ipc": CLONE_NEWIPC, "uts": CLONE_NEWUTS, "user": CLONE_NEWUSER}
        holder = Holder(sum(flags[kind] for kind in paths), config["linux"] if "user" in paths else {})
        for kind, path in paths.items():
            os.makedirs(os.path.dirname(path), exist_ok=True)
            open(path, "w", encoding="utf-8").close()
            self.mount("--bind", f"/proc/{holder.pid}/ns/{'net' if kind == 'network' else kind}", path)
        holder.end()

    def sources(self, config):
        """What the configuration binds, where the engine would have it."""
        for m in config["mounts"]:
            source = m.get("source", "")
            if m.get("type") == "bind" and source.startswith("/") and not os.path.exists(source):
                trees.make(source)

    def remove(self):
        """The paths that could not be unmounted."""
        left = []
        for path in reversed(self.mounts):
            if subprocess.run(["umount", path], capture_output=True, check=False).returncode:
                left.append(path)
        return left
