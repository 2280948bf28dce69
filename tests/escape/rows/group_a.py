# SPDX-License-Identifier: LGPL-2.1-or-later
"""A: images and volumes whose links and races lead the runtime out while it makes /dev, mount points, masks, the console and the working directory."""
import os
import socket
import stat
import subprocess

from bundle import MASKED
from context import probe_outcomes
from hostile import (MS_BIND, Target, created, in_child, lacks_masks, lost_race, mount, mounted, mounts_of, race, replace, resolved_inside, rewrite, shown, some, trial,
                     verdict, with_policy, without_mounts)
from rows import Outcome, Row

AGENT = ("/bin/escape-probe", "--agent", "wait")


def aims(target):
    """Ways to write a link to the target."""
    return {"absolute": target.path, "relative": target.relative(), "by-proc": "/proc/self/root" + target.path, "by-pid-1": "/proc/1/root" + target.path}


def link(name, how):
    return lambda rootfs, target: replace(os.path.join(rootfs, name), aims(target)[how])


def swapped(context, names, look, rounds=30, change=None):
    """Containers are made while these directories of the image change places with links to the target; look(pid) judges those that come about."""
    target, bundle = Target(context), context.bundle(AGENT, change=change)
    pairs = []
    for name in names:
        path = os.path.join(bundle, "rootfs", name)
        os.symlink(target.path, path + ".link")
        pairs.append((path, path + ".link"))

    def attempt(context, _):
        done = context.create(bundle, name := context.name(), timeout=20)
        problem = "it hung" if done.status == 124 else look(context.runtime.pid(name)) if done.status == 0 else ""
        context.clean(name)
        return problem

    return race(context, pairs, attempt, rounds, target)


# ---- A01: /dev ----

def no_dev(config, _):
    without_mounts(config, "/dev")


def dev_links(context):
    for form in ("run", "create"):
        for how in some(context, ("absolute", "relative", "by-proc", "by-pid-1")):
            yield trial(context, f"dev={how},{form}", link("dev", how), form=form)
        yield trial(context, f"dev=absolute,no-mount,{form}", link("dev", "absolute"), no_dev, form=form)
    for name in ("pts", "shm", "mqueue", "ptmx", "null", "console", "fd"):
        yield trial(context, f"dev/{name}", link(f"dev/{name}", "absolute"), form="create", look=fresh_dev)
    yield trial(context, "dev/ptmx,no-mount", link("dev/ptmx", "absolute"), no_dev, form="create", look=None if context.foreign else fresh_dev)
    yield swapped(context, ("dev",), fresh_dev)


def fresh_dev(pid):
    kinds = {point: kind for point, _, kind, _ in mounts_of(pid)}
    return "" if kinds.get("/dev") == "tmpfs" else f"/dev is {kinds.get('/dev')}"


def dev_links_control(context):
    """As runtimes did it after they had mounted /dev: by name."""
    target, rootfs = Target(context), context.place("rootfs")
    os.symlink(target.path, os.path.join(rootfs, "dev"))
    os.unlink(os.path.join(rootfs, "dev/ptmx"))
    for name, to in (("ptmx", "pts/ptmx"), ("fd", "/proc/self/fd")):
        os.symlink(to, os.path.join(rootfs, "dev", name))
    yield shown("dev=absolute", target.changed())


# ---- A02, A03: mount points that change ----

def shared_volume(context, destination="/vol/a/b/c", **more):
    """A bundle with a mount below a directory that somebody else exchanges for a link to the target; and the two names to be exchanged."""
    target = Target(context)
    bundle = context.bundle(AGENT, change=lambda config, _: mounted(config, {"destination": destination, "type": "tmpfs", "source": "tmpfs", **more}))
    vol = os.path.join(bundle, "rootfs", "vol")
    os.makedirs(os.path.join(vol, "a"))
    os.symlink(target.path, os.path.join(vol, "a.link"))
    return target, bundle, (os.path.join(vol, "a"), os.path.join(vol, "a.link"))


def mkdir_race(context):
    target, bundle, pair = shared_volume(context)

    def attempt(context, _):
        done = context.create(bundle, name := context.name(), timeout=20)
        context.clean(name)
        return "it hung" if done.status == 124 else ""

    yield race(context, [pair], attempt, target=target)


def mkdir_race_control(context):
    target, bundle, pair = shared_volume(context)
    rootfs = os.path.join(bundle, "rootfs")

    def naive():
        if resolved_inside(rootfs, "/vol/a/b/c"):
            os.makedirs(os.path.join(rootfs, "vol/a/b/c/new"), exist_ok=True)
        return target.changed()

    yield lost_race(context, [pair], naive)


def points(pid):
    return sorted(m[0] for m in mounts_of(pid))


def mount_race(context, bind):
    """Every mount of a container that could be made is where the configuration says."""
    target, bundle, pair = shared_volume(context, "/vol/a/b")
    os.makedirs(pair[0] + "/b")
    keywords = {}
    if bind:
        source = context.place("volume")
        context.give(source)
        rewrite(bundle, lambda config: config["mounts"][-1].update(type="bind", source=source, options=["bind", "ro", "nosuid", "nodev"]))
        keywords = with_policy(context, {"mounts": {"allow": [{"prefix": source}]}})
    name, expected = context.name(), []

    def attempt(context, number):
        done = context.runtime("create", "--bundle", bundle, name, timeout=20, **keywords)
        if done.status:
            return "it hung" if done.status == 124 else "it was never made" if number < 0 else ""
        now = points(context.runtime.pid(name))
        context.clean(name)
        expected[:] = expected or now
        return "" if now == expected else f"mounts moved: {sorted(set(now) ^ set(expected))}"

    attempt(context, -1)
    if "/vol/a/b" not in expected:
        return Outcome("bind" if bind else "tmpfs", "broken", "", f"not where it should be, without a race: {expected}")
    one = race(context, [pair], attempt, rounds=40, target=target)
    one.attempt = "bind" if bind else "tmpfs"
    return one


def mount_races(context):
    yield mount_race(context, False)
    yield mount_race(context, True)


def mount_race_control(context):
    target, bundle, pair = shared_volume(context)
    os.makedirs(pair[0] + "/b")
    rootfs = os.path.join(bundle, "rootfs")

    def naive():
        def work():
            if not resolved_inside(rootfs, "/vol/a/b"):
                return ""
            mount("none", os.path.join(rootfs, "vol/a/b"), "tmpfs")
            return "; ".join(m[0] for m in mounts_of("self") if m[0].startswith(target.path))
        told = in_child(work)
        return "" if told.startswith("error") else told

    yield lost_race(context, [pair], naive)


# ---- A04: /proc and /sys ----

def kernel_links(context):
    for name in ("proc", "sys"):
        for how in some(context, ("absolute", "relative", "by-pid-1")):
            yield trial(context, f"{name}={how}", link(name, how), form="create", look=lacks_masks)
        for to in some(context, ("nowhere", "tmp", "/tmp", ".", "proc")):
            yield trial(context, f"{name}={to}", lambda rootfs, _, name=name, to=to: replace(os.path.join(rootfs, name), to), form="create", look=lacks_masks)
    for at in ("/proc", "/sys", "/proc/self", "/sys/fs"):
        for kind in ("bind", "tmpfs"):
            def change(config, target, at=at, kind=kind):
                mounted(config, {"destination": at, "type": kind, "source": target.path, "options": ["rw"] + (["bind"] if kind == "bind" else [])})
            yield trial(context, f"{kind}-at-{at}", change=change, form="create", look=lacks_masks)
    yield trial(context, "without-proc", change=lambda config, _: without_mounts(config, "/proc"), form="create", look=None if context.foreign else lacks_masks)
    yield trial(context, "proc/self", link("proc/self", "absolute"), form="create", look=lacks_masks)
    yield swapped(context, ("proc", "sys"), lacks_masks)


def kernel_links_control(context):
    target, rootfs = Target(context), context.place("rootfs")
    os.symlink(target.path, os.path.join(rootfs, "proc"))

    def work():
        mount("proc", os.path.join(rootfs, "proc"), "proc")
        return "; ".join(m[0] for m in mounts_of("self") if m[2] == "proc" and m[0].startswith(target.path))

    yield shown("proc=absolute", in_child(work))


# ---- A05: what masks are made of ----

DOOR = "/proc/sys/kernel/msgmax"  # a file of procfs that is the container's own: what others write to it harms nobody
FAKES = {
    "link": lambda null, target: os.symlink(DOOR, null),
    "host-link": lambda null, target: os.symlink(target / "null", null),
    "file": lambda null, target: open(null, "w", encoding="ascii").close(),
    "fifo": lambda null, target: os.mkfifo(null),
    "directory": lambda null, target: os.mkdir(null),
    "disk": lambda null, target: os.mknod(null, stat.S_IFBLK | 0o666, os.makedev(8, 0)),
    "missing": lambda null, target: None,
}


def reads_nothing(out):
    return "" if out.strip() == "0" else f"masked files have {out.strip()} bytes"


# without a redirection to /dev/null, which may be anything here
READS = ("/bin/sh", "-c", f"cat {' '.join(MASKED)} 2>&- | head -c 1000 | sed -n '$=' | grep . || echo 0")


def mask_sources(context):
    for mounts in ("", ",no-mount"):
        for what, make in some(context, FAKES.items()):
            yield trial(context, f"null={what}{mounts}", lambda rootfs, target, make=make: make(os.path.join(rootfs, "dev/null"), target), no_dev if mounts else None,
                        words=READS, form="create", look=lacks_masks,
                        judge=lambda out: (out or not context.foreign) and reads_nothing(out))  # others write to the image's /dev/null instead
    target, bundle = Target(context), context.bundle(AGENT, change=lambda config, _: without_mounts(config, "/dev"))
    dev = os.path.join(bundle, "rootfs/dev")
    for name, to in (("null.link", DOOR), ("null", target / "null")):
        os.symlink(to, os.path.join(dev, name))

    def attempt(context, _):
        done = context.create(bundle, name := context.name(), timeout=20)
        problem = lacks_masks(context.runtime.pid(name)) if done.status == 0 else ""
        context.clean(name)
        return problem

    yield race(context, [(os.path.join(dev, "null"), os.path.join(dev, "null.link"))], attempt, rounds=40, target=target)


def mask_sources_control(context):
    rootfs = context.place("rootfs")
    os.makedirs(os.path.join(rootfs, "dev"))
    os.symlink("/proc/sys/kernel/core_pattern", os.path.join(rootfs, "dev/null"))
    with open(os.path.join(rootfs, "kcore"), "w", encoding="ascii"):
        pass

    def work():
        mount(os.path.join(rootfs, "dev/null"), os.path.join(rootfs, "kcore"), flags=MS_BIND)
        return "; ".join(" ".join(m[:3]) for m in mounts_of("self") if m[0].endswith("/kcore") and m[2] == "proc" and "rw" in m[3])

    yield shown("null=link", in_child(work))


# ---- A06: the console ----

def with_terminal(context, bundle, number, keywords=None):
    """Creates a container with a terminal: what it said, and its id."""
    path, name = os.path.join(bundle, f"s{number}"), context.name()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    context.give(path)
    if context.runtime.rootless:
        os.chmod(path, 0o777)
    done = created(context, bundle, name, ("--console-socket", path), keywords)
    os.unlink(path)
    context.descriptors.append(listener.detach())  # the terminal is in there: without it the container's process is hung up
    return done, name


def console_is_ours(pid):
    s = os.stat(os.path.join(f"/proc/{pid}/root", "dev/console"))
    if not stat.S_ISCHR(s.st_mode) or os.major(s.st_rdev) != 136:
        return f"/dev/console is {s.st_mode:o} {s.st_rdev:x}"
    top = [m for m in mounts_of(pid) if m[0] == "/dev/console"]
    return "" if top and top[-1][2] == "devpts" else f"/dev/console is {top}"


def consoles(context):
    def terminal(config, _):
        config["process"]["terminal"] = True

    for name in ("dev/console", "dev/pts", "dev/ptmx", "dev/pts/0"):
        target, bundle = Target(context), context.bundle(AGENT, change=terminal)
        replace(os.path.join(bundle, "rootfs", name), target / os.path.relpath(name, "dev"))
        done, container = with_terminal(context, bundle, 0)
        problem = target.changed() or (console_is_ours(context.runtime.pid(container)) if done.status == 0 else "")
        context.clean(container)
        yield verdict(name, done, problem)
    target, bundle = Target(context), context.bundle(AGENT, change=terminal)
    dev, pairs = os.path.join(bundle, "rootfs/dev"), []
    os.mkdir(os.path.join(dev, "pts"))
    for name in ("pts", "console", "ptmx"):
        if name != "pts":
            open(os.path.join(dev, name), "w", encoding="ascii").close()
        os.symlink(DOOR if name == "console" else target / name, os.path.join(dev, name + ".link"))
        pairs.append((os.path.join(dev, name), os.path.join(dev, name + ".link")))

    def attempt(context, number):
        done, container = with_terminal(context, bundle, number)
        problem = console_is_ours(context.runtime.pid(container)) if done.status == 0 else ""
        context.clean(container)
        return problem

    yield race(context, pairs, attempt, rounds=30, target=target)


def consoles_control(context):
    """The bind by name, of an image that is not covered by a /dev of its own."""
    target, rootfs = Target(context), context.place("rootfs")
    os.makedirs(os.path.join(rootfs, "dev/pts"))
    os.symlink("/proc/sys/kernel/core_pattern", os.path.join(rootfs, "dev/pts/0"))
    os.symlink(target / "console", os.path.join(rootfs, "dev/console"))

    def work():
        mount(os.path.join(rootfs, "dev/pts/0"), os.path.join(rootfs, "dev/console"), flags=MS_BIND)
        return "; ".join(" ".join(m[:3]) for m in mounts_of("self") if m[0].startswith(target.path))

    yield shown("dev/console", in_child(work))


# ---- A07, A08: the working directory ----

def descriptors(context):
    return range(3, 256) if context.settings.options.slow else [*range(3, 20), 64, 255] if context.user == "root" else [3, 5, 7, 8]


def walked(name, done, problem=""):
    """What escape-probe said about its working directory, if it was executed."""
    one = probe_outcomes(done.out).get("A07", {}).get("walk")
    if done.status == 0 and not problem and one:
        return Outcome(name, one.result, one.errno, one.detail)
    return verdict(name, done, problem)


def grouped(name, outcomes):
    """One outcome for many attempts of a kind: the first that is not blocked, else all reasons."""
    outcomes = list(outcomes)
    bad = next((o for o in outcomes if o.result != "blocked"), None)
    if bad:
        return Outcome(name, bad.result, bad.errno, f"{bad.attempt}: {bad.detail}")
    return Outcome(name, "blocked", "|".join(sorted({o.errno for o in outcomes})), f"{len(outcomes)} attempts")


MAGIC = ("/proc/self/fd/{}", "/proc/thread-self/fd/{}", "/proc/1/fd/{}", "/seven{}")


def working_directories(context):
    walk, target = ("/bin/escape-probe", "A07"), Target(context)
    bundle = context.bundle(walk)
    rootfs = os.path.join(bundle, "rootfs")
    for fd in descriptors(context):
        os.symlink(f"/proc/self/fd/{fd}", os.path.join(rootfs, f"seven{fd}"))
    os.symlink("../" * 20, os.path.join(rootfs, "up"))
    os.symlink(target.path, os.path.join(rootfs, "host"))

    def run(cwd):
        rewrite(bundle, lambda config: config["process"].update(cwd=cwd))
        done = context.run(bundle, name := context.name(), timeout=20)
        context.clean(name)
        return walked(cwd, done, target.changed())

    def join(cwd):
        return walked(cwd, context.runtime("exec", "--cwd", cwd, container, *walk, timeout=20), target.changed())

    others = ["/proc/self/cwd", "/proc/1/root", "/proc/1/cwd", "/proc/self/root/../../..", "/proc/self/exe/..", "/up", "/up/..", "/host", f"/up/{target.relative()}", "/../../../..",
              "/proc/self/task/1/root", "/proc/self/ns/.."]
    container, _ = context.started(context.bundle(AGENT, rootfs=rootfs))
    for form, call in (("run", run), ("exec", join)):
        for pattern in MAGIC[:1] if form == "run" and not context.settings.options.slow else MAGIC:
            yield grouped(f"{pattern.format('N')},{form}", (call(pattern.format(fd)) for fd in descriptors(context)))
        for cwd in some(context, others):
            one = call(cwd)
            one.attempt = f"{cwd},{form}".replace(target.path.lstrip("/"), "TARGET").replace("../" * 20, "…/")
            yield one


def working_directories_control(context):
    """Somebody with a descriptor of the host's root enters the image and takes that descriptor for a working directory."""
    bundle = context.bundle()
    rootfs = os.path.join(bundle, "rootfs")
    script = f'mount -t proc proc {rootfs}/proc && exec 7</ && exec chroot {rootfs} /bin/sh -c "cd /proc/self/fd/7 && exec {rootfs.lstrip("/")}/bin/escape-probe A07"'
    done = subprocess.run(["unshare", "-m", "sh", "-c", script], capture_output=True, text=True, check=False,
                          env={"PATH": os.environ["PATH"], **dict(v.split("=", 1) for v in context.watch.environment())})
    yield probe_outcomes(done.stdout).get("A07", {}).get("walk") or Outcome("walk", "blocked", "", done.stderr)


def missing_directories(context):
    cwds = {"link/new": "/w/new", "link/new/deeper": "/w/new/deeper", "link": "/w", "up": "/up/TARGET/new", "dots": "/../../../TARGET/new", "by-proc": "/proc/self/root/TARGET/new",
            "plain": "/not/there/yet"}

    def image(rootfs, target):
        os.symlink(target.path, os.path.join(rootfs, "w"))
        os.symlink("../" * 20, os.path.join(rootfs, "up"))

    for name, cwd in some(context, cwds.items()):
        for form in ("run", "create"):
            def change(config, target, cwd=cwd):
                config["process"]["cwd"] = cwd.replace("/TARGET", target.path)
            yield trial(context, f"{name},{form}", image, change, form=form)


def missing_directories_control(context):
    target, rootfs = Target(context), context.place("rootfs")
    os.symlink(target.path, os.path.join(rootfs, "w"))
    os.makedirs(os.path.join(rootfs, "w/new"))
    yield shown("link/new", target.changed())


# ---- A09, A12: destinations that lead upwards ----

DESTINATIONS = {
    "through-link": "/link/new", "link": "/link", "file-below-link": "/link/file", "through-dots": "/dots/TARGET/new", "through-slash": "/slash/TARGET/new",
    "old-root": "/oldroot/../../../../TARGET/new", "pid-1": "/proc/1/root/TARGET/new", "self": "/proc/self/root/TARGET/new", "cwd": "/proc/self/cwd/TARGET/new", "fd": "/proc/self/fd/3/TARGET/new",
    "etc-is-slash": "/etc/TARGET/new",
}


def hostile_directories(rootfs, target):
    for name, to in (("link", target.path), ("slash", "/"), ("dots", "../" * 20)):
        os.symlink(to, os.path.join(rootfs, name))
    replace(os.path.join(rootfs, "etc"), "/")


def destinations(context, table, image):
    """Each with a directory and with a file to be made at the end."""
    source = context.place("volume")
    file = os.path.join(source, "file")
    open(file, "w", encoding="ascii").close()
    context.give(source)
    keywords = with_policy(context, {"mounts": {"allow": [{"prefix": source}]}})
    for name, at in some(context, table.items()):
        for kind, what in some(context, (("tmpfs", "tmpfs"), ("bind", source), ("bind-file", file))):
            def change(config, target, at=at, kind=kind, what=what):
                mounted(config, {"destination": at.replace("/TARGET", target.path), "type": kind[:5].rstrip("-"), "source": what,
                                 "options": ["nosuid", "nodev"] + (["bind", "ro"] if what != "tmpfs" else [])})
            yield trial(context, f"{name},{kind}", image, change, **keywords)


def mount_points(context):
    yield from destinations(context, DESTINATIONS, hostile_directories)


def mount_points_control(context):
    target, rootfs = Target(context), context.place("rootfs")
    os.symlink(target.path, os.path.join(rootfs, "link"))
    open(os.path.join(rootfs, "link/new"), "w", encoding="ascii").close()
    yield shown("through-link,bind-file", target.changed())


def volumes(context):
    dots = {"dots": "/../../../../../../../../TARGET/new", "inner-dots": "/tmp/../../../../../../TARGET/new", "relative": "../../../../../../../../../TARGET/new",
            "bundle-rootfs": "/../config.json", "many-slashes": "//..//..//..//TARGET/new"}
    yield from destinations(context, dots, None)
    allowed, target = context.place("volume"), Target(context)
    os.mkdir(os.path.join(allowed, "sub"))
    context.give(allowed)
    keywords = with_policy(context, {"mounts": {"allow": [{"prefix": allowed}]}})
    other = os.path.basename(target.path)
    for name, source in {"source=dots": f"{allowed}/../{other}", "source=inner-dots": f"{allowed}/sub/../../{other}", "source=relative": f"../{other}",
                         "source=self": f"/proc/self/root{target.path}", "source=no-such": f"{allowed}/none/../../{other}"}.items():
        def change(config, _, source=source):
            mounted(config, {"destination": "/tmp", "type": "bind", "source": source, "options": ["bind", "ro", "nosuid", "nodev"]})
        yield trial(context, name, None, change, words=("/bin/sh", "-c", "cat /tmp/secret || true"), target=target, **keywords)


def volumes_control(context):
    target, rootfs = Target(context), context.place("rootfs")
    os.makedirs(rootfs + "/../../../../../../../../" + target.path + "/new", exist_ok=True)
    yield shown("dots,bind", target.changed())


# ---- A10: links in bind sources ----

def sub_path(context, source, allowed, target, name):
    def change(config, _):
        mounted(config, {"destination": "/tmp", "type": "bind", "source": source, "options": ["bind", "ro", "nosuid", "nodev"]})
    return trial(context, name, None, change, words=("/bin/sh", "-c", "cat /tmp/secret /tmp/b/secret /tmp/c/secret || true"), target=target,
                 **with_policy(context, {"mounts": {"allow": [{"prefix": allowed, "write": True}]}}))


def volume_with_links(context, target):
    volume = context.place("volume")
    os.mkdir(os.path.join(volume, "sub"))
    for name, to in (("link", target.path), ("sub/link", target.path), ("relative", target.relative()), ("inner", target / "b")):
        os.symlink(to, os.path.join(volume, name))
    context.give(volume)
    return volume


def sub_paths(context):
    target = Target(context)
    volume = volume_with_links(context, target)
    for name in ("link", "sub/link", "relative", "inner", "link/b", "sub/link/b/c"):
        yield sub_path(context, os.path.join(volume, name), volume, target, name)
    os.mkdir(os.path.join(volume, "sub/b"))
    context.give(volume)
    keywords = with_policy(context, {"mounts": {"allow": [{"prefix": volume, "write": True}]}})
    bundle = context.bundle(("/bin/sh", "-c", "cat /tmp/secret || true"), change=lambda config, _: mounted(
        config, {"destination": "/tmp", "type": "bind", "source": os.path.join(volume, "sub/b"), "options": ["bind", "ro", "nosuid", "nodev"]}))

    def attempt(context, _):
        done = context.run(bundle, name := context.name(), timeout=20, **keywords)
        context.clean(name)
        return "the host's secret was told" if context.watch.token in done.out else ""

    if not context.foreign:
        good = context.run(bundle, timeout=20, **keywords)
        if good.status:
            yield Outcome("race", "broken", "", good.err)
            return
    yield race(context, [(os.path.join(volume, "sub"), os.path.join(volume, "link"))], attempt, target=target)


def sub_paths_control(context):
    target = Target(context)
    volume = volume_with_links(context, target)
    os.mkdir(os.path.join(volume, "sub/b"))
    at = context.place("at")

    def naive():
        def work():
            source = os.path.join(volume, "sub/b")
            if not resolved_inside(volume, "sub/b"):
                return ""
            mount(source, at, flags=MS_BIND)
            return "the host's secret" if os.path.exists(os.path.join(at, "secret")) else ""
        told = in_child(work)
        return "" if told.startswith("error") else told

    yield lost_race(context, [(os.path.join(volume, "sub"), os.path.join(volume, "link"))], naive)


# ---- A11: exec and update while files change ----

def busy_container(context):
    target, bundle = Target(context), context.bundle(AGENT)
    rootfs = os.path.join(bundle, "rootfs")
    pairs = []
    for name in ("etc", "dev", "proc", "tmp"):
        os.symlink(target.path, os.path.join(rootfs, name + ".link"))
        pairs.append((os.path.join(rootfs, name), os.path.join(rootfs, name + ".link")))
    container, pid = context.started(bundle)
    before = mounts_of(pid)

    def attempt(context, _):
        done = context.runtime("exec", "--cwd", "/etc", container, "/bin/sh", "-c", "cat secret /etc/secret /tmp/secret || true", timeout=20)
        if context.watch.token in done.out:
            return "the host's secret was told"
        context.runtime("update", "--pids-limit", "100", container, timeout=20)
        return "" if mounts_of(pid) == before else "its mounts changed"

    yield race(context, pairs, attempt, rounds=30, target=target)


def busy_container_control(context):
    """As `docker cp` did: the host looks a path of a running container up by its name."""
    target, rootfs = Target(context), context.place("rootfs")
    os.mkdir(os.path.join(rootfs, "etc"))
    os.symlink(target.path, os.path.join(rootfs, "link"))
    with open(os.path.join(rootfs, "etc/secret"), "w", encoding="ascii") as f:
        f.write("harmless\n")

    def naive():
        if not resolved_inside(rootfs, "etc/secret"):
            return ""
        try:
            with open(os.path.join(rootfs, "etc/secret"), encoding="ascii") as f:
                return "the host's secret" if context.watch.token in f.read() else ""
        except OSError:
            return ""

    yield lost_race(context, [(os.path.join(rootfs, "etc"), os.path.join(rootfs, "link"))], naive)


BOTH = ("root", "rootless")
ROWS = [
    Row("A01", "/dev of the image is a link to a directory of the host", "FD", "CVE-2026-41579, CVE-2026-47766", kind="host", users=BOTH, run=dev_links, control=dev_links_control,
        expect={"dev=*": "CM-ROOTFS-LINK", "*": "OK"}),
    Row("A02", "mount points are made while a directory on the way becomes a link to the host", "FD", "CVE-2024-45310", kind="host", users=BOTH, run=mkdir_race,
        control=mkdir_race_control, expect={"*": "OK"}),
    Row("A03", "mount destinations that become links between check and mount", "FD", "CVE-2021-30465", kind="host", users=BOTH, run=mount_races, control=mount_race_control,
        expect={"*": "OK"}),
    Row("A04", "/proc and /sys of the image are links, or something else is mounted there", "FD POL", "CVE-2019-19921, CVE-2023-27561, CVE-2023-28642, CVE-2025-54867", kind="host",
        users=BOTH, run=kernel_links, control=kernel_links_control,
        expect={"proc/self": "OK", "without-proc": "OK", "race": "OK", "bind-*": "CM-MOUNT-DEST", "tmpfs-*": "CM-MOUNT-DEST", "*": "CM-ROOTFS-LINK"}),
    Row("A05", "masks out of a /dev/null that is something else", "FD MSK", "CVE-2025-31133, CVE-2025-62161", kind="host", users=BOTH, run=mask_sources, control=mask_sources_control,
        expect={"*": "OK"}),
    Row("A06", "/dev/console out of a terminal that is something else", "FD", "CVE-2025-52565", kind="host", users=BOTH, run=consoles, control=consoles_control, expect={"*": "OK"}),
    Row("A07", "working directories through descriptors and magic links", "FD", "CVE-2024-21626", kind="host", users=BOTH, run=working_directories,
        control=working_directories_control, expect={"*": "CM-CWD|REFUSED|OK"}),
    Row("A08", "a working directory that is to be made behind a link", "FD", "CVE-2026-55686", kind="host", users=BOTH, run=missing_directories,
        control=missing_directories_control, expect={"*": "OK|CM-CWD|REFUSED"}),
    Row("A09", "mount points that are to be made behind a link", "FD", "CVE-2019-18837, CVE-2026-87766, CVE-2026-48749, CVE-2024-5154", kind="host", users=BOTH, run=mount_points,
        control=mount_points_control, expect={"*": "OK|CM-MOUNT-DEST|CM-MOUNT-TARGET|REFUSED"}),
    Row("A10", "links in the path of a bind source, before and while it is looked up", "FD POL", "CVE-2017-1002101, CVE-2021-25741", kind="host", users=BOTH, run=sub_paths,
        control=sub_paths_control, expect={"race": "OK", "*": "CM-MOUNT-SOURCE"}),
    Row("A11", "exec and update while directories of the container become links to the host", "FD", "CVE-2026-42306, CVE-2018-15664", kind="host", users=BOTH, run=busy_container,
        control=busy_container_control, expect={"*": "OK"}),
    Row("A12", "mount destinations and sources with ..", "POL FD", "CVE-2022-23648", kind="host", users=BOTH, run=volumes, control=volumes_control,
        expect={"source=*": "CM-MOUNT-SOURCE", "*": "CM-MOUNT-DEST|OK"}),
]
