# SPDX-License-Identifier: LGPL-2.1-or-later
"""Bundles: a root filesystem with the probe, and the configuration that an engine writes when nobody asked for anything special."""
import copy
import json
import os
import shutil
import stat

TESTS = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
APPLETS = "sh cat ls id sleep true false env grep sed stat touch mkdir rm cp echo head kill ps readlink test chmod chown ln dd su mount umount".split()
ENGINE_CAPS = ["CAP_" + c for c in "AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE NET_RAW SETFCAP SETGID SETPCAP SETUID SYS_CHROOT".split()]
MASKED = ["/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
          "/proc/sched_debug", "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap"]
READONLY = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]


def _mount(destination, kind, source, *options):
    return {"destination": destination, "type": kind, "source": source, "options": list(options)}


ORDINARY = {
    "ociVersion": "1.0.2",
    "process": {
        "terminal": False, "user": {"uid": 0, "gid": 0}, "args": ["/bin/true"], "cwd": "/",
        "env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOSTNAME=escape"],
        "capabilities": {"bounding": ENGINE_CAPS, "effective": ENGINE_CAPS, "permitted": ENGINE_CAPS},
        "oomScoreAdj": 0,
    },
    "root": {"path": "rootfs"},
    "hostname": "escape",
    "mounts": [
        _mount("/proc", "proc", "proc", "nosuid", "noexec", "nodev"),
        _mount("/dev", "tmpfs", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k"),
        _mount("/dev/pts", "devpts", "devpts", "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"),
        _mount("/sys", "sysfs", "sysfs", "nosuid", "noexec", "nodev", "ro"),
        _mount("/sys/fs/cgroup", "cgroup", "cgroup", "ro", "nosuid", "noexec", "nodev"),
        _mount("/dev/mqueue", "mqueue", "mqueue", "nosuid", "noexec", "nodev"),
        _mount("/dev/shm", "tmpfs", "shm", "nosuid", "noexec", "nodev", "mode=1777", "size=67108864"),
    ],
    "linux": {
        "resources": {"devices": [{"allow": False, "access": "rwm"}]},
        "namespaces": [{"type": t} for t in ("mount", "network", "uts", "pid", "ipc", "cgroup")],
        "maskedPaths": MASKED,
        "readonlyPaths": READONLY,
    },
}


def ordinary_config(args=("/bin/true",), user="root", profile="none", env=()):
    """A new configuration. user: root or user (uid 1000) inside; profile: none (as Kubernetes by default) or docker."""
    config = copy.deepcopy(ORDINARY)
    process = config["process"]
    process["args"] = list(args)
    process["env"] += env
    if user == "user":  # as docker and containerd do: what execve would leave of them
        process["user"] = {"uid": 1000, "gid": 1000}
        process["capabilities"] = {"bounding": ENGINE_CAPS}
    if profile == "docker":
        with open(os.path.join(TESTS, "data", "docker-profile.json"), encoding="utf-8") as f:
            config["linux"]["seccomp"] = json.load(f)
    return config


def make_rootfs(place, probe):
    for name in ("bin", "dev", "etc", "home", "proc", "run", "sys", "tmp", "var", "escape"):
        os.makedirs(os.path.join(place, name), mode=0o755)
    os.chmod(os.path.join(place, "tmp"), 0o1777)
    busybox = next((b for b in ("/bin/busybox", "/usr/bin/busybox", "/usr/lib/busybox-static/busybox") if os.access(b, os.X_OK)), None)
    if not busybox:
        raise SystemExit("no busybox (package busybox-static)")
    shutil.copy(busybox, os.path.join(place, "bin/busybox"))
    shutil.copy(probe, os.path.join(place, "bin/escape-probe"))
    for name in APPLETS:
        os.symlink("busybox", os.path.join(place, "bin", name))
    with open(os.path.join(place, "etc/passwd"), "w", encoding="utf-8") as f:
        f.write("root:x:0:0:root:/:/bin/sh\nuser:x:1000:1000:user:/home:/bin/sh\n")
    with open(os.path.join(place, "etc/group"), "w", encoding="utf-8") as f:
        f.write("root:x:0:\nuser:x:1000:\n")
    data = os.path.join(TESTS, "escape", "data")
    for name in os.listdir(data):
        shutil.copy(os.path.join(data, name), os.path.join(place, "escape", name))


def give_tree(place, uid):
    """Makes a tree a user's, who may have set-id programs and file capabilities in it: a change of the owner takes those away."""
    for directory, names, files in os.walk(place):
        for path in [directory, *(os.path.join(directory, f) for f in [*names, *files])]:
            before = os.lstat(path)
            if before.st_nlink > 1 and stat.S_ISREG(before.st_mode):  # shared with other trees, and for everybody to execute
                continue
            marked = stat.S_ISREG(before.st_mode) and (before.st_mode & 0o6000 or "security.capability" in os.listxattr(path))
            capabilities = os.getxattr(path, "security.capability") if marked and "security.capability" in os.listxattr(path) else None
            os.lchown(path, uid, uid)
            if marked:
                os.chmod(path, stat.S_IMODE(before.st_mode))
            if capabilities:
                os.setxattr(path, "security.capability", capabilities)


SHARED_FROM = 1 << 17  # bytes


def copy_tree(source, target):
    """With owners, modes, links, times and extended attributes. Large programs are the same file in both trees: nobody has a reason to write to them."""
    for directory, names, files in os.walk(source):
        at = os.path.normpath(os.path.join(target, os.path.relpath(directory, source)))
        os.mkdir(at)
        for name in [n for n in names if os.path.islink(os.path.join(directory, n))] + files:
            _copy_file(os.path.join(directory, name), os.path.join(at, name))
    for directory, _, _ in os.walk(source, topdown=False):
        _copy_attributes(directory, os.path.normpath(os.path.join(target, os.path.relpath(directory, source))))


def _copy_file(source, target):
    s = os.lstat(source)
    if stat.S_ISLNK(s.st_mode):
        os.symlink(os.readlink(source), target)
    elif not stat.S_ISREG(s.st_mode):
        os.mknod(target, s.st_mode, s.st_rdev)
    elif s.st_size >= SHARED_FROM and not s.st_mode & 0o6000 and not os.listxattr(source):
        os.link(source, target)
        return
    else:
        shutil.copyfile(source, target)
    _copy_attributes(source, target)


def _copy_attributes(source, target):
    s = os.lstat(source)
    os.lchown(target, s.st_uid, s.st_gid)
    if not stat.S_ISLNK(s.st_mode):
        os.chmod(target, stat.S_IMODE(s.st_mode))
        for name in os.listxattr(source):
            os.setxattr(target, name, os.getxattr(source, name))
    os.utime(target, ns=(s.st_atime_ns, s.st_mtime_ns), follow_symlinks=False)
