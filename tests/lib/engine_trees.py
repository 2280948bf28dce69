# SPDX-License-Identifier: LGPL-2.1-or-later
"""The files and volumes that containers bind, made as kubelet and the engines make them (owners, modes, what is mounted there). For root, in a mount namespace of its own."""
import os
import subprocess

ROOTS = {"kubelet": "/var/lib/kubelet", "containerdRoot": "/var/lib/containerd", "containerdState": "/run/containerd", "containersStorage": "/var/lib/containers/storage",
         "containersRun": "/run/containers/storage", "docker": "/var/lib/docker"}
FILES = {"hosts", "hostname", "resolv.conf", "etc-hosts", ".containerenv"}


def mount(*args):
    subprocess.run(["mount", *args], check=True)


def hide_host():
    """Empty /var/lib and /run; the runtime keeps the directory by which all containers of the host share out their ids."""
    os.makedirs("/run/casemate", mode=0o700, exist_ok=True)
    keep = os.open("/run/casemate", os.O_PATH)
    for place in ("/var/lib", "/run"):
        mount("-t", "tmpfs", "-o", "mode=755", "trees", place)
    os.mkdir("/run/casemate", 0o700)
    mount("--bind", f"/proc/{os.getpid()}/fd/{keep}", "/run/casemate")
    os.close(keep)


def directory(path, mode=0o750):
    """With all that is above it: what belongs to an engine is closed to others."""
    if not os.path.isdir(path):
        directory(os.path.dirname(path), 0o711 if path.startswith("/run/") else 0o750)
        os.mkdir(path)
        os.chmod(path, mode)


def write(path, text, mode=0o644, uid=0, gid=0):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    os.chown(path, uid, gid)
    os.chmod(path, mode)


def projected(path, name, uid, gid, mode):
    """As kubelet swaps it: the data in a directory, a link to that, and links through it."""
    os.mkdir(f"{path}/..2026")
    os.chmod(f"{path}/..2026", 0o755)
    write(f"{path}/..2026/{name}", f"content of {name}\n", mode, uid, gid)
    os.symlink("..2026", f"{path}/..data")
    os.symlink(f"..data/{name}", f"{path}/{name}")
    write(f"{path}/..2026/key", "value\n")
    os.symlink("..data/key", f"{path}/key")


def volume(path, plugin, name):
    directory(path, 0o777 if plugin == "empty-dir" else 0o755)
    if plugin == "empty-dir":
        if name == "memory":
            mount("-t", "tmpfs", "tmpfs", path)
        os.chmod(path, 0o2777)
        os.chown(path, 0, 2000)  # fsGroup
    elif plugin in ("secret", "projected"):
        mount("-t", "tmpfs", "-o", "mode=1777", "tmpfs", path)
        projected(path, "token", 1000, 0, 0o600)  # runAsUser 1000
    elif plugin == "configmap":
        projected(path, "run.sh", 0, 0, 0o755)
    elif plugin == "csi":
        mount("-t", "tmpfs", "-o", "mode=755", "csi", path)
        write(f"{path}/data", "content of a PVC\n", 0o644, 1000, 1000)


def make(source):
    name = os.path.basename(source)
    parts = source.split("/")
    if os.path.lexists(source):
        return
    if "volume-subpaths" in parts:
        of = parts[parts.index("volume-subpaths") + 1]
        shown = "/etc/default"  # a hostPath /etc with the subPath default
        if of != "etc":
            shown = f"{source[:source.index('/volume-subpaths')]}/volumes/kubernetes.io~empty-dir/{of}/sub"
            make(os.path.dirname(shown))
            os.mkdir(shown)
            write(f"{shown}/file", "content of a subPath\n", 0o644, 1000, 1000)
        directory(source)
        mount("--bind", shown, source)
    elif any("kubernetes.io~" in part for part in parts):
        plugin = next(part for part in parts if "kubernetes.io~" in part).split("~")[1]
        volume(source, plugin, name)
    elif name == "shm":
        directory(source, 0o755)
        mount("-t", "tmpfs", "-o", "mode=1777,nosuid,nodev,noexec", "shm", source)
    elif name in FILES or parts[-3:-2] == ["containers"] and "pods" in parts:
        directory(os.path.dirname(source))
        write(source, f"content of {name}\n", 0o644 if name in FILES else 0o666)
    else:
        directory(source, 0o755)


def moved(source, below):
    for name, root in ROOTS.items():
        if below and (source == root or source.startswith(root + "/")):
            return f"{below}/{name}{source[len(root):]}"
    return source
