# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the rows about images, joining processes and redirected writes have in common: things of the host that an attack aims at, one container made from a hostile image and
judged, somebody who exchanges files meanwhile, and a private mount namespace for naive code in control arms."""
import ctypes
import json
import os
import re
import struct
import subprocess
import time

from bundle import MASKED
from oracle import tree
from rows import Outcome
from runtime import PATIENCE, codes
from views import View

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNS, MS_BIND, MS_REC, MS_PRIVATE, AT_FDCWD, RENAME_EXCHANGE = 0x20000, 4096, 16384, 1 << 18, -100, 2
SWAPS = 2000  # at least so many during a race
TRUE = ("/bin/true",)


class Target:
    """A directory of the host, and of the caller's, that an attack aims at: with the files that the old bugs removed, wrote to or mounted."""

    def __init__(self, context):
        self.path = context.place("target")
        os.makedirs(os.path.join(self.path, "pts"))
        os.makedirs(os.path.join(self.path, "b", "c"))
        for name in ("secret", "ptmx", "null", "console", "tty", "passwd", "pts/0", "pts/ptmx", "b/secret", "b/c/secret"):
            with open(os.path.join(self.path, name), "w", encoding="ascii") as f:
                f.write(context.watch.token + "\n")
        context.give(self.path)
        self.before = tree(self.path)

    def __truediv__(self, name):
        return os.path.join(self.path, name)

    def relative(self):
        """From any directory of any root filesystem, as naive code would follow it."""
        return "../" * 20 + self.path.lstrip("/")

    def changed(self):
        after = tree(self.path)
        return "" if after == self.before else f"the host's directory was changed: {[e[0] for e in after if e not in self.before]}"


# ---- one container ----

def unwanted(context, done, target=None, image=None, before=None):
    """What must never come of a hostile image, refused or not; or nothing."""
    if done.status == 124:
        return "it hung"
    if target and target.changed():
        return target.changed()
    if context.watch.token in done.out + done.err:
        return "the host's secret was told"
    if image and not context.foreign and tree(image) != before:
        return f"the image was changed: {[e[0] for e in tree(image) if e not in before]}"
    return ""


def verdict(name, done, problem="", good="OK"):
    """An attempt that ran and did no harm is blocked with OK, a refused one with its codes, or REFUSED if it is an error without a code."""
    if problem:
        return Outcome(name, "escaped", "", problem)
    if done.status == 0:
        return Outcome(name, "blocked", good, done.out.strip()[-200:])
    if done.status < 0 or 128 < done.status < 255:
        return Outcome(name, "broken", "CRASHED", f"status {done.status}: {done.err.strip()[-300:]}")
    return Outcome(name, "blocked", "+".join(codes(done.err)) or "REFUSED", re.sub(r'^time=\S* level=error msg="', "", done.err.strip())[:300])


def verdict_of(name, good, problem):
    return Outcome(name, "escaped" if problem else "blocked", "" if problem else good, problem)


def trial(context, name, image=None, change=None, words=TRUE, form="run", look=None, target=None, options=(), **more):
    """Makes one container: image(rootfs, target) makes the root filesystem hostile, change(config, target) the configuration; look(pid), before the start, and
    look at its output by judge(out) say what is wrong from the host's view."""
    judge = more.pop("judge", None)
    target = target or Target(context)
    bundle = context.bundle(words, change=(lambda config, _: change(config, target)) if change else None)
    rootfs = os.path.join(bundle, "rootfs")
    if image:
        image(rootfs, target)
    before, problem, container = tree(rootfs), "", context.name()
    if form == "run":
        done = context.runtime("run", "--bundle", bundle, *options, container, timeout=20, **more)
    else:
        done = created(context, bundle, container, options, more)
        if done.status == 0:
            problem = look(context.runtime.pid(container)) if look else ""
            log = done.log
            done = context.start(container)
            done.status = done.status or (0 if context.ends(container, 20) else 124)
            done.out += read(log)
    problem = problem or unwanted(context, done, target, rootfs, before) or (judge(done.out) if judge and done.status == 0 else "")
    context.clean(container)
    return verdict(name, done, problem)


def created(context, bundle, container, options=(), more=None):
    """`create` with the container's output in a file: done.log."""
    log = os.path.join(bundle, "output")
    with open(log, "wb") as f:
        done = context.runtime("create", "--bundle", bundle, *options, container, timeout=20, output=f, **(more or {}))
    done.log = log
    return done


def wait_for(condition, seconds=10):
    end = time.monotonic() + seconds * PATIENCE
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)


def lasting_residue(context, container, seconds=3):
    """What stays: a process that was killed needs its time to go, and the host's init to collect it."""
    end = time.monotonic() + seconds * PATIENCE
    while (left := context.residue(container)) and time.monotonic() < end:
        time.sleep(0.05)
    return left


def read(path):
    with open(path, "rb") as f:
        return f.read().decode(errors="replace")


def some(context, variants):
    """All variants of a trick for root; a third of them for a caller without privilege, for whom the same code runs more slowly."""
    variants = list(variants)
    return variants if context.user == "root" or context.settings.options.slow else variants[::3]


def rewrite(bundle, change):
    """Changes the configuration of a bundle that is there."""
    path = os.path.join(bundle, "config.json")
    with open(path, encoding="utf-8") as f:
        config = json.load(f)
    change(config)
    with open(path, "w", encoding="utf-8") as f:
        json.dump(config, f)


def mounted(config, *mounts):
    for mount in mounts:
        config["mounts"].append({"options": ["nosuid", "nodev"], **mount})


def without_mounts(config, *prefixes):
    config["mounts"] = [m for m in config["mounts"] if not m["destination"].startswith(tuple(prefixes))]


def replace(path, to):
    """A link instead of whatever is there."""
    subprocess.run(["rm", "-rf", path], check=True)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    os.symlink(to, path)


def self_of(text):
    """What the agent "self" told, as a dictionary; the environment and descriptors as its keys env:NAME=… and fdN."""
    return dict(line.split("=", 1) if not line.startswith("env:") else (line, "") for line in text.splitlines() if "=" in line)


# ---- the mounts of a process, from outside ----

def mounts_of(pid):
    """[(mount point, root, type, options)] in their order. A mount moves along with the directory that it is on: NAME.link, with which a Swapper exchanges NAME, counts as NAME."""
    found = []
    with open(f"/proc/{pid}/mountinfo", encoding="utf-8", errors="replace") as f:
        for line in f:
            fields = line.split()
            found.append((re.sub(r"\.link(?=/|$)", "", fields[4]), fields[3], fields[fields.index("-") + 1], fields[5].split(",")))
    return found


def lacks_masks(pid):
    """The kernel's own /proc and /sys, every masked path masked, and nothing of procfs writable by another door or as a standard stream."""
    mounts = mounts_of(pid)
    top = {point: (root, kind) for point, root, kind, _ in mounts}
    for point, kind in (("/proc", "proc"), ("/sys", "sysfs")):
        if top.get(point) != ("/", kind):
            return f"{point} is {top.get(point)}"
    missing = [p for p in MASKED if os.path.exists(p) and p not in top and os.path.dirname(p) not in top]
    if missing:
        return f"not masked: {missing}"
    doors = [m for m in mounts if m[2] == "proc" and m[1] != "/" and "rw" in m[3]]
    if doors:
        return f"writable mounts of procfs files: {doors}"
    streams = [to for fd in "012" if (to := os.readlink(f"/proc/{pid}/fd/{fd}")).startswith("/proc/")]
    return f"streams that are files of procfs: {streams}" if streams else ""


# ---- rules of the host, for rows that need a bind mount or a hook ----

def with_policy(context, policy, files=()):
    """Keywords for calls of the runtime on a host whose /etc/casemate has this policy, and these (name, content) as programs. Other runtimes need no leave."""
    if context.foreign:
        return {}
    key = json.dumps(policy)
    if key not in context.views:
        place = context.place("policy")
        for name, content in [("policy.json", json.dumps({"version": 1, **policy}).encode()), *files]:
            path = os.path.join(place, name)
            with open(path, "wb") as f:
                f.write(content)
            os.chmod(path, 0o644 if name.endswith(".json") else 0o755)
        context.views[key] = View(context.settings.place, context.runtime.rootless, policy=place)
    return {"view": context.views[key]}


def command_of(runtime, *words):
    """A call of the runtime as a command line."""
    return [*(runtime.view.prefix if runtime.view else []), runtime.path, "--root", runtime.state, *words]


# ---- somebody who exchanges files ----

class Swapper:
    """Exchanges each pair of files, with pauses that the seed gives, until it is stopped."""

    def __init__(self, context, *pairs):
        self.counter = os.path.join(context.place("swaps"), "n")
        with open(self.counter, "wb") as f:
            f.write(bytes(8))
        words = [w for pair in pairs for w in pair]
        self.process = context.agent("swap", self.counter, str(context.random.randrange(1 << 30)), *words)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def count(self):
        with open(self.counter, "rb") as f:
            return struct.unpack("Q", f.read(8))[0]


def race(context, pairs, attempt, rounds=50, target=None):
    """Does attempt(context, number), which says what is wrong, while the pairs are exchanged: at least so many rounds and SWAPS exchanges. casemate also runs as its test
    build, which pauses between all steps, so that each is hit."""
    rounds = context.rounds(rounds if context.user == "root" else rounds // 2)
    paused = context.weak(context.runtime.without or "nothing") if not context.foreign else None
    with Swapper(context, *pairs) as swapper:
        problem = first_problem(context, attempt, rounds, swapper, target)
        if paused and not problem:
            with paused:
                paused.runtime.always = {"CASEMATE_TEST_PAUSE": "1"}
                problem = first_problem(paused, attempt, rounds // 3, swapper, target)
        swaps = swapper.count()
    if problem:
        return Outcome("race", "escaped", "", f"{problem} (seed {context.settings.seed})")
    return Outcome("race", "blocked" if swaps >= SWAPS else "broken", "OK", f"{swaps} swaps, seed {context.settings.seed}")


def first_problem(context, attempt, rounds, swapper, target):
    number, end = 0, time.monotonic() + 60
    while number < rounds or (swapper.count() < SWAPS and time.monotonic() < end):
        problem = attempt(context, number) or (target.changed() if target else "")
        if problem:
            return f"round {number}: {problem}"
        number += 1
    return ""


def lost_race(context, pairs, naive, tries=3000):
    """The control arm: code that checks a path and then uses it as a text is led astray, within so many tries."""
    with Swapper(context, *pairs):
        for number in range(tries):
            try:
                told = naive()
            except OSError:  # it changed while it was used
                continue
            if told:
                return Outcome("race", "escaped", "", f"try {number}: {told}")
    return Outcome("race", "blocked", "OK", "it never happened")


def resolved_inside(rootfs, path):
    """The check that naive code makes some time before it uses a path of a root filesystem."""
    try:
        real = os.path.realpath(os.path.join(rootfs, path.lstrip("/")))
    except OSError:  # it changed while it was looked at
        return False
    time.sleep(0.0002)
    return real == rootfs or real.startswith(rootfs + "/")


# ---- naive code ----

def mount(source, at, kind=None, flags=0, data=None):
    if LIBC.mount(source.encode(), at.encode(), kind.encode() if kind else None, ctypes.c_ulong(flags), data.encode() if data else None) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), at)


def in_child(work, namespaces=CLONE_NEWNS):
    """The text that work() returns in a child, with mounts of its own; an error's text if it fails."""
    ours, its = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if namespaces and LIBC.unshare(namespaces) != 0:
                raise OSError(ctypes.get_errno(), "unshare")
            if namespaces & CLONE_NEWNS:
                mount("none", "/", flags=MS_REC | MS_PRIVATE)
            told = work() or ""
        except BaseException as e:  # pylint: disable=broad-except
            told = f"error: {type(e).__name__}: {e}"
        os.write(its, told.encode()[:60000])
        os._exit(0)
    os.close(its)
    with os.fdopen(ours, "rb") as f:
        told = f.read().decode(errors="replace")
    os.waitpid(child, 0)
    return told


def shown(name, told):
    """An outcome of a control arm: a text says that the attack works."""
    bad = not told or told.startswith("error:")
    return Outcome(name, "blocked" if bad else "escaped", "OK" if bad else "", told)
