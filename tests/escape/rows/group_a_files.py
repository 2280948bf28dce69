# SPDX-License-Identifier: LGPL-2.1-or-later
"""A: what lies in an image (device nodes, set-id programs, FIFOs, files without an end, passwd), what becomes of hooks, and who else may look into a container's files."""
import os
import stat
import struct
import subprocess
import time

from context import helper
from hostile import TRUE, Target, in_child, mounted, read, replace, self_of, shown, some, trial, unwanted, verdict, verdict_of, wait_for, with_policy
from oracle import tree
from rows import Outcome, Row
from runtime import call

BOTH = ("root", "rootless")
NOBODY = 65534
AGENT = ("/bin/escape-probe", "--agent", "wait")


# ---- A18: other users of the host ----

def as_nobody(*words):
    return call(["setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups", *words])


def found_by_nobody(places):
    """What a user who owns nothing of it can enter, list or read below these places."""
    script = 'for d in "$@"; do find "$d" -mindepth 1 2>/dev/null; find "$d" -type f -readable 2>/dev/null; done'
    return [line for line in as_nobody("sh", "-c", script, "sh", *places).out.splitlines() if line]


def other_users(context):
    os.umask(0)
    try:
        name, pid = context.started(context.bundle(AGENT))
    finally:
        os.umask(0o022)
    state = context.runtime.state
    modes = [f"{path} {stat.S_IMODE(s.st_mode):o}" for directory, names, files in os.walk(state) for path in [directory, *(os.path.join(directory, f) for f in files)]
             if stat.S_IMODE((s := os.lstat(path)).st_mode) & 0o077]
    yield verdict_of("modes", "OK", f"open to others: {modes}" if modes and not context.foreign else "")
    seen = found_by_nobody([state, os.path.join(state, name)])
    yield verdict_of("state", "OK", f"seen by nobody: {seen[:5]}" if seen else "")
    seen = found_by_nobody([f"/proc/{pid}/root/", f"/proc/{pid}/cwd/", f"/proc/{pid}/fd"])
    yield verdict_of("root-by-proc", "OK", f"seen by nobody: {seen[:5]}" if seen else "")


def other_users_control(context):
    """As engines did it: directories that everybody may go through, with a program inside that changes who one is."""
    place = context.place("data")
    os.mkdir(os.path.join(place, "rootfs"), 0o755)
    subprocess.run(["cp", context.probe, os.path.join(place, "rootfs/su")], check=True)
    os.chmod(os.path.join(place, "rootfs/su"), 0o4755)
    done = as_nobody(os.path.join(place, "rootfs/su"), "--agent", "effective-ids")
    yield shown("state", str(found_by_nobody([place])) if done.status == 1 else "")


# ---- A20: what a hook inherits ----

def hooks(context):
    told = context.place("told")
    os.chmod(told, 0o777)
    with open(context.probe, "rb") as f:
        keywords = with_policy(context, {"hooks": {"allow": [{"path": "/etc/casemate/hook"}]}}, [("hook", f.read())])
    for stage in some(context, ("createRuntime", "prestart", "createContainer", "poststart", "poststop")):
        yield hook(context, stage, os.path.join(told, stage), keywords)


def hook(context, stage, told, keywords):
    def change(config, _):
        config["process"]["env"] += ["LD_PRELOAD=/evil.so", "BASH_ENV=/evil", "FROM_CONFIG=secret"]
        config["process"]["cwd"] = "/tmp"
        # another runtime knows no policy and runs the probe from where it is
        path = "/etc/casemate/hook" if keywords else context.probe
        config["hooks"] = {stage: [{"path": path, "args": ["hook", "--agent", "self", told], "env": ["MINE=yes"]}]}

    bundle, name = context.bundle(change=change), context.name()
    leak = ("python3", helper("with-fds"), f"7=os.open({bundle!r}, os.O_RDONLY)", "--")
    done = context.runtime("run", "--bundle", bundle, name, timeout=20, prefix=leak, env={"FROM_CALLER": "secret", "LD_LIBRARY_PATH": "/evil"}, **keywords)
    context.clean(name)
    text = read(told) if os.path.exists(told) else ""
    if "env:MINE=yes" not in text:
        return Outcome(stage, "broken", "NOT-RUN", done.err[-300:])
    mine = self_of(text)
    inherited = [k for k in mine if k.startswith("env:") and k != "env:MINE=yes"]
    problem = (f"inherited: {inherited}" if inherited else f"works in {mine['cwd']}" if mine["cwd"].startswith(bundle + "/rootfs") else
               f"descriptors {[k for k in mine if k.startswith('fd')]}" if any(k not in ("fd0", "fd1", "fd2") for k in mine if k.startswith("fd")) else "")
    return verdict_of(stage, "OK", problem)


def hooks_control(_):
    """A hook that gets the container's environment: the loader of a dynamic program tells that it looked for the library."""
    done = call(["/usr/bin/env"], env={"PATH": "/usr/bin:/bin", "LD_PRELOAD": "/evil.so"})
    yield shown("createRuntime", done.err.strip() if "/evil.so" in done.err else "LD_PRELOAD was inherited" if "LD_PRELOAD" in done.out else "")


# ---- A21: who a text means ----

TEXTS = ("4294967295", "4294967296", "2147483648", "-1", "0x0", " 0", "0 ", "00", "+0", "1000abc", "abc", "1000:", ":0", "", ":", "1000:4294967296", "1000:-1", "1000:0x0", "1e3", "root", "toor", "user",
         "0:0:0", "1000:1000:0", "1000\n0", "٣")
MEANT = {"1000": (1000, 0), "1000:1000": (1000, 1000), "65535:65535": (65535, 65535), "2147483648": None}


def passwd_of_lies(rootfs):
    """Everything that is no number is root there, and so are some numbers."""
    with open(os.path.join(rootfs, "etc/passwd"), "w", encoding="utf-8") as f:
        f.write("".join(f"{name}:x:0:0::/root:/bin/sh\n" for name in ("root", "toor", "user", "abc", "1000abc", "4294967295", "4294967296", "2147483648", "-1", "1000", "0x0", "", "1e3")))
    with open(os.path.join(rootfs, "etc/group"), "w", encoding="utf-8") as f:
        f.write("root:x:0:1000\n1000:x:0:1000\n1234:x:0:1000,user\n")


def who(out):
    """(uid, gid) out of /proc/self/status."""
    lines = {line.split(":")[0]: line.split()[1:] for line in out.splitlines() if ":" in line}
    return (int(lines["Uid"][0]), int(lines["Gid"][0])) if "Uid" in lines and "Gid" in lines else None


def users(context):
    bundle = context.bundle(AGENT)
    passwd_of_lies(os.path.join(bundle, "rootfs"))
    container, _ = context.started(bundle)

    def join(name, *options):
        return context.runtime("exec", *options, container, "/bin/grep", "-E", "^(Uid|Gid|Groups)", "/proc/self/status", timeout=20)

    for text in some(context, TEXTS):
        done = join(text, "--user", text)
        plain = text == "00" or (context.foreign and text in ("+0", "2147483648"))  # a number after all: runc takes it, too
        ran = who(done.out) if done.status == 0 else None
        problem = f"it ran as {ran}" if ran and not (plain and ran[0] == int(text)) and text != "" else ""
        one = verdict(f"exec={text!r}", done, problem)
        if text == "" and ran:
            one = verdict_of("exec=''", "OK", "" if ran == (0, 0) else f"{ran}")  # nothing given: init's user
        yield one
    for text, meant in MEANT.items():
        done = join(text, "--user", text)
        ran = who(done.out)
        yield verdict_of(f"meant={text}", "OK", "" if ran == meant or (meant is None and (done.status or (context.foreign and ran == (int(text), 0)))) else f"it ran as {ran}: {done.err[-200:]}")
    if context.knows("exec", "--additional-gids"):
        done = join("groups", "--user", "1000:1000", "--additional-gids", "1234")
        groups = [line.split()[1:] for line in done.out.splitlines() if line.startswith("Groups")]
        yield verdict_of("groups", "OK", "" if groups in ([["1000", "1234"]], [["1234"]]) else f"{groups} {done.err[-200:]}")
    for uid in (4294967295, 4294967294, 2147483648):
        yield trial(context, f"config={uid}", lambda rootfs, _: passwd_of_lies(rootfs), lambda config, _, uid=uid: config["process"]["user"].update(uid=uid))


def users_control(context):
    """As runtimes did: a text is first looked up in the image's passwd, and else cut to 32 bits."""
    rootfs = context.place("rootfs")
    os.mkdir(os.path.join(rootfs, "etc"))
    passwd_of_lies(rootfs)

    def naive(text):
        for line in read(os.path.join(rootfs, "etc/passwd")).splitlines():
            if line.split(":")[0] == text:
                return int(line.split(":")[2])
        return int(text) & 0xffffffff

    for text in ("1000", "4294967296", "1000abc"):
        yield shown(f"exec={text!r}", f"uid {naive(text)}" if naive(text) == 0 else "")


# ---- A22: files that block or never end ----

def fifo(path):
    os.mkfifo(path, 0o666)


def sparse(path, size=10 << 30):
    with open(path, "wb") as f:
        f.truncate(size)


ENDLESS = {
    "fifo": fifo, "sparse": sparse, "zero": lambda path: os.symlink("/dev/zero", path), "node": lambda path: os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 5)),
    "directory": os.mkdir, "loop": lambda path: os.symlink(os.path.basename(path), path), "proc": lambda path: os.symlink("/proc/self/mem", path),
}
SECONDS_MAX, KIBIBYTES_MAX = 5, 64 << 10


def timed(context, name, *words, **more):
    """Calls the runtime; whether it took too long or too much memory."""
    report = os.path.join(context.place("measure"), "kib")
    os.chmod(os.path.dirname(report), 0o777)
    begin = time.monotonic()
    bound = ("prlimit", "--as=3221225472") if context.foreign else ()  # for those who read such a file as a whole
    done = context.runtime(*words, prefix=(context.probe, "--agent", "measured", report), under=bound, timeout=30, **more)
    seconds, kibibytes = time.monotonic() - begin, int(read(report) or 0) if os.path.exists(report) else 0
    problem = "it hung" if done.status == 124 else f"{seconds:.1f} s" if seconds > SECONDS_MAX * (4 if os.getloadavg()[0] > 4 else 1) else f"{kibibytes} KiB" if kibibytes > KIBIBYTES_MAX else ""
    return verdict(name, done, problem)


def endless_files(context):
    # who reads it as a whole must be seen to do so within the bound
    endless = {**ENDLESS, "sparse": lambda path: sparse(path, 1 << 30)} if context.foreign else ENDLESS
    for what, make in some(context, endless.items()):
        for file in ("etc/passwd", "etc/group"):
            bundle, name = context.bundle(TRUE, change=lambda config, _: config["process"].update(user={"uid": 1000, "gid": 1000}, env=["PATH=/bin"])), context.name()
            path = os.path.join(bundle, "rootfs", file)
            os.unlink(path)
            make(path)
            yield timed(context, f"{file}={what},run", "run", "--bundle", bundle, name)
            context.clean(name)
    bundle = context.bundle(AGENT)
    container = context.started(bundle)[0] if context.foreign else None  # before: it may be what hangs
    for file, what in (("passwd", fifo), ("group", sparse)):
        os.unlink(os.path.join(bundle, "rootfs/etc", file))
        what(os.path.join(bundle, "rootfs/etc", file))
    container = container or context.started(bundle)[0]
    yield timed(context, "exec", "exec", "--user", "1000:1000", container, "/bin/true")
    for what in ("fifo", "sparse", "directory"):
        bundle = context.bundle(["/program"])
        endless[what](os.path.join(bundle, "rootfs/program"))
        yield timed(context, f"program={what}", "run", "--bundle", bundle, name := context.name())
        context.clean(name)
        process = os.path.join(context.place("process"), "process.json")
        endless[what](process)
        context.give(process)
        yield timed(context, f"process.json={what}", "exec", "--process", process, container)
        bundle = context.bundle()
        os.unlink(os.path.join(bundle, "config.json"))
        endless[what](os.path.join(bundle, "config.json"))
        context.give(bundle)
        yield timed(context, f"config.json={what}", "create", "--bundle", bundle, name := context.name())
        context.clean(name)


def endless_files_control(context):
    place = context.place("files")
    fifo(os.path.join(place, "fifo"))
    sparse(os.path.join(place, "sparse"))
    done = call(["cat", os.path.join(place, "fifo")], timeout=1)
    yield shown("etc/passwd=fifo,run", "it hung" if done.status == 124 else "")
    script = f"import resource; resource.setrlimit(resource.RLIMIT_AS, (256 << 20, 256 << 20)); open({os.path.join(place, 'sparse')!r}, 'rb').read()"
    done = call(["python3", "-c", script])
    yield shown("etc/passwd=sparse,run", "more than 256 MiB" if "MemoryError" in done.err else "")


# ---- A25: the image stays as it is ----

def link_in_etc(name):
    return lambda rootfs, target: replace(os.path.join(rootfs, "etc", name), target / "passwd")


def no_mount_points(rootfs, _):
    for name in ("proc", "sys", "dev", "tmp"):
        os.rmdir(os.path.join(rootfs, name))


def images(context):
    writes = ("/bin/sh", "-c", "echo x >>/etc/passwd; rm -rf /home /var; touch /new /etc/new; mkdir /proc/x /dev/shm/x; ln -sf x /bin/sh; true")
    for form in ("run", "create"):
        yield trial(context, f"plain,{form}", words=writes, form=form)
        yield trial(context, f"no-mount-points,{form}", no_mount_points, words=writes, form=form)
        for name in some(context, ("passwd", "group", "hosts", "resolv.conf", "hostname", "mtab", "machine-id")):
            yield trial(context, f"etc/{name},{form}", link_in_etc(name), words=writes, form=form)
        yield trial(context, f"etc,{form}", lambda rootfs, target: replace(os.path.join(rootfs, "etc"), target.path), words=writes, form=form)
    yield trial(context, "missing-mount-points", change=lambda config, _: mounted(config, {"destination": "/deep/down/below", "type": "tmpfs", "source": "t"}), words=writes)
    yield trial(context, "missing-cwd", change=lambda config, _: config["process"].update(cwd="/not/there"), words=writes)
    bundle = context.bundle(AGENT)
    rootfs = os.path.join(bundle, "rootfs")
    before = tree(rootfs)
    container, _ = context.started(bundle)
    done = context.runtime("exec", "--user", "1000:1000", container, *writes, timeout=20)
    context.clean(container)
    yield verdict("exec", done, unwanted(context, done, None, rootfs, before))


def images_control(context):
    """As engines and runtimes fill in templates: a file of the image, written by its name."""
    target, rootfs = Target(context), context.place("rootfs")
    os.makedirs(os.path.join(rootfs, "etc"))
    os.symlink(target / "passwd", os.path.join(rootfs, "etc/hosts"))
    with open(os.path.join(rootfs, "etc/hosts"), "w", encoding="ascii") as f:
        f.write("127.0.0.1 localhost\n")
    yield shown("etc/hosts,run", target.changed())


# ---- A26: out of a mount by a rename ----

WALK = 'cd /data/sub || exit 3; echo in; while [ ! -e /proc/1/root/tmp/go ] && [ ! -e /data/go ]; do sleep 0.02; done; i=0; while [ $i -lt 40 ]; do cat secret b/secret 2>/dev/null; ' \
       'cd .. 2>/dev/null || break; i=$((i + 1)); done; echo walked'


def renamed_directories(context):
    """The working directory of a process of the container leaves the mount that it was in."""
    target, volume = Target(context), context.place("volume")
    for mode in ("bind", "image"):
        bundle = context.bundle(("/bin/sh", "-c", WALK), change=lambda config, _, mode=mode: mode == "bind" and mounted(
            config, {"destination": "/data", "type": "bind", "source": volume, "options": ["bind", "ro", "nosuid", "nodev"]}))
        inner = volume if mode == "bind" else os.path.join(bundle, "rootfs/data")
        os.makedirs(os.path.join(inner, "sub"), exist_ok=True)
        os.makedirs(os.path.join(bundle, "rootfs/data"), exist_ok=True)
        context.give(volume)
        name, log = context.name(), os.path.join(bundle, "log")
        with open(log, "wb") as f:
            done = context.runtime("create", "--bundle", bundle, name, output=f, **(with_policy(context, {"mounts": {"allow": [{"prefix": volume}]}})))
        done = done if done.status else context.start(name)
        if done.status:
            yield Outcome(mode, "broken", "NOT-MADE", done.err[-300:])
            continue
        wait_for(lambda log=log: "in" in read(log))
        os.rename(os.path.join(inner, "sub"), target / f"sub-{mode}")
        open(os.path.join(inner, "go"), "w", encoding="ascii").close()
        context.ends(name, 20)
        out = read(log)
        context.clean(name)
        problem = "the host's secret was told" if context.watch.token in out else ""
        yield verdict_of(mode, "OK", problem) if problem or "walked" in out else Outcome(mode, "broken", "", out)


def renamed_directories_control(context):
    """A root that is no mount: nobody stops the walk there."""
    target, root = Target(context), context.place("root")
    os.mkdir(os.path.join(root, "sub"))

    def work():
        os.chroot(root)
        os.chdir("/sub")
        return "x"

    def walk():
        ours, its = os.pipe()
        here = os.open("/", os.O_RDONLY)
        work()
        command = os.fork()
        if command == 0:  # outside
            os.fchdir(here)
            os.chroot(".")
            os.rename(os.path.join(root, "sub"), target / "sub-control")
            os._exit(0)
        os.waitpid(command, 0)
        os.close(here)
        os.close(its)
        os.close(ours)
        for _ in range(40):
            if os.path.exists("secret"):
                with open("secret", encoding="ascii") as f:
                    return "the host's secret" if context.watch.token in f.read() else ""
            os.chdir("..")
        return ""

    yield shown("image", in_child(walk))


# ---- A27, A28: prepared for all ----

def nodes_and_set_id(place):
    at = os.path.join(place, "escape")
    for name, kind, major, minor in (("mem", stat.S_IFCHR, 1, 1), ("kmsg", stat.S_IFCHR, 1, 11), ("disk", stat.S_IFBLK, 8, 0), ("null", stat.S_IFCHR, 1, 3)):
        try:
            os.mknod(os.path.join(at, name), kind | 0o666, os.makedev(major, minor))
            os.chmod(os.path.join(at, name), 0o666)
        except PermissionError:
            continue
    for name, mode in (("set-user-id", 0o4755), ("set-group-id", 0o2755)):
        subprocess.run(["cp", os.path.join(place, "bin/escape-probe"), os.path.join(at, name)], check=True)
        os.chmod(os.path.join(at, name), mode)


def file_capability(place):
    path = os.path.join(place, "escape/file-capability")
    subprocess.run(["cp", os.path.join(place, "bin/escape-probe"), path], check=True)
    # revision 2, effective: CAP_CHOWN, CAP_KILL, CAP_NET_BIND_SERVICE, permitted and inheritable
    os.setxattr(path, "security.capability", struct.pack("<IIIII", 0x02000001, 1 << 0 | 1 << 5 | 1 << 10, 1 << 0 | 1 << 5 | 1 << 10, 0, 0))


ROWS = [
    Row("A16", "the cgroup filesystem inside", "RO CG", "CVE-2023-25809", control="host", expect={"*": "EROFS|EACCES"}),
    Row("A18", "another user of the host goes through the state of containers to their files", "FD", "CVE-2021-41091, CVE-2021-41103, CVE-2024-25621", kind="host", users=BOTH,
        run=other_users, control=other_users_control, expect={"*": "OK"}),
    Row("A20", "a hook inherits the container's environment, directory or the caller's descriptors", "POL FD", "CVE-2025-23266", kind="host", users=BOTH, run=hooks,
        control=hooks_control, expect={"*": "OK"}),
    Row("A21", "texts that overflow to, or are found in the image's passwd as, uid 0", "FD", "CVE-2016-3697, CVE-2024-40635, CVE-2026-46680, CVE-2026-30892", kind="host",
        users=BOTH, run=users, control=users_control, expect={"exec=''": "REFUSED|OK", "exec='00'": "REFUSED|OK", "exec=*": "REFUSED|CM-ID-USER", "config=*": "CM-ID-USER|REFUSED", "*": "OK"}),
    Row("A22", "FIFOs, devices and files of ten gigabytes where the runtime reads", "FD", kind="host", users=BOTH, run=endless_files, control=endless_files_control,
        expect={"etc/*": "OK", "exec": "OK", "*": "REFUSED|CM-ROOTFS"}),
    Row("A25", "the image is written to, or a template of it leads to a file of the host", "FD", "CVE-2022-4318, CVE-2025-4437, CVE-2026-23954", kind="host", users=BOTH, run=images,
        control=images_control, expect={"*": "OK|CM-CWD|CM-MOUNT-TARGET"}),
    Row("A26", "a working directory is renamed out of its mount", "KRN", "CVE-2015-2925", kind="host", users=BOTH, run=renamed_directories, control=renamed_directories_control,
        expect={"*": "OK"}),
    Row("A27", "device nodes and set-id programs of the image", "UNS CAP RO", control="host", prepare=nodes_and_set_id, may_lack=("node=*", "set-*"),
        expect={"node=*": "EACCES|EPERM", "*": "OK"}),
    Row("A28", "file capabilities of the image", "CAP", "CVE-2022-27650", control="host", prepare=file_capability, may_lack=("*",), expect={"*": "OK"}),
]
