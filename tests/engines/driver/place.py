# SPDX-License-Identifier: LGPL-2.1-or-later
"""The host as an engine finds and makes it before it calls: in a mount namespace of the driver's own, so that recorded paths can stay what they are."""
import os
import subprocess
import sys

from records import HERE

sys.path.insert(0, os.path.join(os.path.dirname(HERE), "lib"))
import engine_trees as trees  # noqa: E402

LAYERS = "/var/lib/replay-image"
APPLETS = "sh cat ls id sleep true false echo grep tail stat head df touch env".split()


def run(*argv):
    subprocess.run(argv, check=True)


def controllers():
    with open("/sys/fs/cgroup/cgroup.controllers", encoding="utf-8") as f:
        return set(f.read().split())


def prepare(busybox):
    """Hides the host's trees, makes /sys/fs/cgroup the cgroup2 filesystem where it is not, and the image that all containers are of."""
    trees.hide_host()
    if not os.path.exists("/sys/fs/cgroup/cgroup.controllers"):
        subprocess.run(["umount", "-l", "/sys/fs/cgroup"], check=False)
        run("mount", "-t", "cgroup2", "none", "/sys/fs/cgroup")
    for shown in ("/tmp", "/srv", "/var/tmp", "/usr/libexec"):
        if os.path.isdir(shown):
            run("mount", "-t", "tmpfs", "-o", f"mode={'1777' if 'tmp' in shown else '755'}", "replay", shown)
    image(busybox)
    for directory in ("/run/netns", "/srv/data", "/srv/made", "/usr/libexec/podman"):
        os.makedirs(directory, exist_ok=True)
    trees.write("/srv/data/file", "hello\n")
    run("cp", busybox, "/usr/libexec/podman/catatonit")


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


class Place:
    """What was made for one case, taken away again as the engine does it: its own unmounts must work."""

    def __init__(self):
        self.mounts, self.count = [], 0

    def mount(self, *argv):
        run("mount", *argv)
        self.mounts.append(argv[-1])

    def root(self, engine, path, base=0):
        """An overlay of the image and an upper directory, where the engine has its layers. The image is a layer of the engine's storage."""
        store = {"podman": "/var/lib/containers/storage/overlay", "docker": "/var/lib/docker/overlay2"}.get(engine, "/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots")
        if not os.path.isdir(f"{store}/1/fs"):
            trees.directory(f"{store}/1/fs", 0o755)
            run("cp", "-a", f"{LAYERS}/.", f"{store}/1/fs")
        self.count += 1
        upper = f"{store}/{os.getpid()}.{self.count}"
        while os.path.exists(upper):
            self.count += 1
            upper = f"{store}/{os.getpid()}.{self.count}"
        for part in ("fs", "work"):
            trees.directory(f"{upper}/{part}", 0o755)
            os.chown(f"{upper}/{part}", base, base)
        trees.directory(path, 0o755)
        self.mount("-t", "overlay", "-o", f"index=off,lowerdir={store}/1/fs,upperdir={upper}/fs,workdir={upper}/work", "overlay", path)

    def network(self, path):
        """A network namespace of the initial user namespace, bound to a file."""
        os.makedirs(os.path.dirname(path), exist_ok=True)
        open(path, "w", encoding="utf-8").close()
        run("unshare", f"--net={path}", "true")
        self.mounts.append(path)

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
