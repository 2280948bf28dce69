# SPDX-License-Identifier: LGPL-2.1-or-later
"""The host's own view: what a container must not change or learn, before and after. Only this decides about effects on the host."""
import hashlib
import os
import re
import secrets
import signal
import stat
import subprocess

KERNEL_FILES = ("kernel/core_pattern", "kernel/modprobe", "kernel/hotplug", "kernel/hostname", "kernel/domainname", "kernel/poweroff_cmd", "kernel/pid_max",
                "kernel/randomize_va_space", "kernel/sysrq", "vm/overcommit_memory", "fs/suid_dumpable", "user/max_user_namespaces", "net/ipv4/ip_forward")
BAD_LOG = re.compile(r"Oops|BUG:|WARNING:|general protection|KASAN|UBSAN|refcount_t|kernel panic|use-after-free|sysrq:", re.I)


def _read(path):
    try:
        with open(path, "rb") as f:
            return f.read(1 << 20).decode(errors="replace")
    except OSError as e:
        return f"({e.strerror})"


def _digest(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def cgroup_root():
    return "/sys/fs/cgroup" if os.path.exists("/sys/fs/cgroup/cgroup.controllers") else "/sys/fs/cgroup/unified"


def tree(place):
    """A directory as a whole: names, types, modes, owners, times, contents."""
    seen = []
    for directory, names, files in os.walk(place):
        for name in sorted(names + files) + ["."]:
            path = os.path.join(directory, name)
            s = os.lstat(path)
            # whoever writes to a large file changes its times
            small = stat.S_ISREG(s.st_mode) and s.st_size < 1 << 16
            content = _digest(path) if small else os.readlink(path) if stat.S_ISLNK(s.st_mode) else s.st_size
            seen.append((os.path.relpath(path, place), s.st_mode, s.st_uid, s.st_gid, s.st_ino, s.st_mtime_ns, s.st_ctime_ns, s.st_nlink, content))
    return sorted(seen)


class Watch:
    """Makes what is watched below `place`, and compares."""

    def __init__(self, place, runtime, probe):
        self.token = secrets.token_hex(16)
        self.marker = "escape-marker-" + secrets.token_hex(4)
        self.canary = os.path.join(place, "canary")
        self.runtime = runtime
        self.cgroups = cgroup_root()
        os.makedirs(os.path.join(self.canary, "inner"))
        for name, mode in (("secret", 0o600), ("public", 0o644), ("inner/file", 0o644)):
            with open(os.path.join(self.canary, name), "w", encoding="utf-8") as f:
                f.write(self.token + "\n")
            os.chmod(os.path.join(self.canary, name), mode)
        self.log = os.path.join(place, "signals")
        self.process = subprocess.Popen([probe, "--agent", "marker", self.log, self.marker], stdin=subprocess.DEVNULL, start_new_session=True)
        self.kmsg = self._open_log()

    def close(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        if self.kmsg is not None:
            os.close(self.kmsg)

    @staticmethod
    def _open_log():
        try:
            fd = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            os.lseek(fd, 0, os.SEEK_END)
            return fd
        except OSError:
            return None

    def new_log_lines(self):
        lines = []
        while self.kmsg is not None:
            try:
                lines.append(os.read(self.kmsg, 8192).decode(errors="replace").split(";", 1)[-1].strip())
            except BlockingIOError:
                break
            except OSError:  # overtaken by the writer
                continue
        return [line for line in lines if BAD_LOG.search(line)]

    def environment(self):
        """What the probe may know to aim at."""
        return [f"ESCAPE_CANARY={self.canary}", f"ESCAPE_MARKER_PID={self.process.pid}", f"ESCAPE_MARKER={self.marker}"]

    def snapshot(self):
        facts = {f"/proc/sys/{n}": _read(f"/proc/sys/{n}") for n in KERNEL_FILES}
        s = os.stat(self.runtime)
        facts["the runtime's program"] = (_digest(self.runtime), s.st_ino, s.st_mode, s.st_uid, s.st_mtime_ns)
        facts["the canary directory"] = tree(self.canary)
        facts["the host's mounts"] = sorted(" ".join(line.split()[2:6]) for line in _read("/proc/self/mountinfo").splitlines())
        facts["the host's namespaces"] = [os.readlink(f"/proc/self/ns/{n}") for n in sorted(os.listdir("/proc/self/ns"))]
        facts["the host's own cgroups"] = [re.sub(r"(?m)^\d+:name=escape-corpus:.*\n", "", _read(f"/proc/{pid}/cgroup")) for pid in ("1", "self")]  # F14 made that one
        facts["signals to the host's process"] = (self.process.poll(), _read(self.log) if os.path.exists(self.log) else "")
        facts["processes with the marker"] = sorted(self._marked())
        facts["the host's cgroups"] = {path: _read(path) for path in self._cgroup_files()}
        return facts

    def _cgroup_files(self):
        """Of the root and of the cgroup that the driver is in: what a container could want to change, and cgroups that bear its name."""
        own = next((line[3:].strip() for line in _read("/proc/self/cgroup").splitlines() if line.startswith("0::")), "/")
        for place in {self.cgroups, os.path.normpath(self.cgroups + own)}:
            for name in ("cgroup.freeze", "cgroup.type", "cgroup.max.depth", "memory.max", "pids.max", "cpu.max", "escape-probe"):
                path = os.path.join(place, name)
                if os.path.exists(path):
                    yield path

    def _marked(self):
        for pid in filter(str.isdigit, os.listdir("/proc")):
            if int(pid) != self.process.pid and self.marker in _read(f"/proc/{pid}/cmdline"):
                yield int(pid)

    def differences(self, before, after, output=""):
        after = {**after, "the host's cgroups": _known(before["the host's cgroups"], after["the host's cgroups"])}
        changed = [f"{name}: {_difference(before[name], after[name])}" for name in before if before[name] != after[name]]
        if self.token in output:
            changed.append("the content of the host's secret file was told")
        return changed + [f"kernel log: {line}" for line in self.new_log_lines()]


AS_MADE = {"memory.max": ("max",), "pids.max": ("max",), "cpu.max": ("max 100000",)}


def _known(before, after):
    """Without the files of controllers that were off before, as the kernel makes them: who makes a container with limits switches them on."""
    return {path: content for path, content in after.items() if path in before or content.strip() not in AS_MADE.get(os.path.basename(path), ())}


def _difference(a, b):
    if isinstance(a, dict):
        return "; ".join(f"{k}: {a.get(k)!r} became {b.get(k)!r}" for k in sorted({*a, *b}) if a.get(k) != b.get(k))[:400]
    if isinstance(a, list):
        return f"gone {[x for x in a if x not in b][:3]}, new {[x for x in b if x not in a][:3]}"
    return f"{a!r:.200} became {b!r:.200}"
