# SPDX-License-Identifier: LGPL-2.1-or-later
"""What rows work with: bundles, containers of which nothing stays, the host's view. One for each place where containers are made."""
import itertools
import json
import os
import random
import re
import subprocess
import time

from bundle import ORDINARY, TESTS, copy_tree, give_tree, ordinary_config
from rows import Outcome
from residue import held_slots, mounts_below, processes_of, shape
from runtime import Runtime, call
from views import HOLDER, UNPRIVILEGED_ID, View

_numbers = itertools.count(1)


def remove_cgroup(path):
    for attempt in range(20):
        try:
            if attempt:
                with open(os.path.join(path, "cgroup.kill"), "w", encoding="ascii") as f:
                    f.write("1")
                time.sleep(0.02 * attempt)
            os.rmdir(path)
            return
        except FileNotFoundError:
            return
        except OSError:
            continue


def directories(place):
    """All below a place, each before those in it; by a list, since the attempts of some rows nest them deeper than os.walk's recursion goes."""
    found, left = [], [place]
    while left:
        path = left.pop()
        found.append(path)
        try:
            with os.scandir(path) as entries:
                left += [e.path for e in entries if e.is_dir(follow_symlinks=False)]
        except OSError:
            pass
    return found


def probe_outcomes(text):
    """Lines of escape-probe as {row: {attempt: Outcome}}. Other output is left alone."""
    rows = {}
    for line in text.splitlines():
        try:
            said = json.loads(line)
            one = Outcome(said["attempt"], said["result"], said["errno"], said["detail"])
            rows.setdefault(said["row"], {})[one.attempt] = one
        except (ValueError, KeyError, TypeError):
            continue
    return rows


class Context:
    def __init__(self, settings, runtime, user="root", control=False, row=None):
        self.settings, self.runtime, self.user, self.row = settings, runtime, user, row
        self.watch, self.probe = settings.watch, settings.probe
        self.random = random.Random(settings.seed)
        self.control = control
        self.ids, self.places = [], []
        self.foreign = runtime.kind != "casemate"
        self.view, self.views, self.mounted = None, {}, []
        self.shared, self.surroundings = None, None
        self.children, self.contexts, self.descriptors = [], [], []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()
        for context in self.contexts:
            context.__exit__()
        for name in self.ids:
            self.clean(name)
        for view in self.views.values():
            view.close()
        for fd in self.descriptors:
            os.close(fd)
        for child in self.children:
            child.kill()
            child.communicate()
        for place in self.places:
            if not mounts_below(place):  # never into something of the host that is still mounted there
                subprocess.run(["rm", "-rf", place], stderr=subprocess.DEVNULL, check=False)  # it may be deeper than Python goes

    # ---- places and bundles ----

    def place(self, name="place"):
        """A new directory of the host, gone with the context."""
        path = os.path.join(self.settings.place, f"{name}{next(_numbers)}")
        os.makedirs(path)
        os.chmod(path, 0o755)
        self.places.append(path)
        return path

    def bundle(self, args=("/bin/true",), inside_user=None, change=None, rootfs=None):
        """A bundle with its own copy of the root filesystem and the ordinary configuration; change(config, context) alters or replaces that."""
        path = self.place("bundle")
        copy_tree(rootfs or self.settings.rootfs, os.path.join(path, "rootfs"))
        self.configure(path, args, inside_user, change)
        self.give(path)
        return path

    def configure(self, bundle, args=("/bin/true",), inside_user=None, change=None):
        config = ordinary_config(args, inside_user or ("user" if self.user == "user" else "root"), self.settings.profile, self.watch.environment())
        if self.runtime.kind == "crun" and not self.settings.raises_limits:
            del config["linux"]["resources"]  # for its device program crun raises a limit, which needs CAP_SYS_RESOURCE
        changed = change(config, self) if change else None
        # crun loads a program for these rules, for which it needs a privilege that not every root has
        if self.runtime.kind == "crun" and not changed and config.get("linux", {}).get("resources", {}).get("devices") == ORDINARY["linux"]["resources"]["devices"]:
            del config["linux"]["resources"]["devices"]
        text = changed if isinstance(changed, (str, bytes)) else json.dumps(changed or config)
        with open(os.path.join(bundle, "config.json"), "wb") as f:
            f.write(text if isinstance(text, bytes) else text.encode())

    def give(self, path):
        """To the user, if this is about one."""
        if self.runtime.rootless and os.path.isdir(path):
            give_tree(path, UNPRIVILEGED_ID)
        elif self.runtime.rootless:
            os.lchown(path, UNPRIVILEGED_ID, UNPRIVILEGED_ID)

    def shared_bundle(self, change=None):
        """One bundle for many configurations: none of them changes its root filesystem, which residue() makes sure of."""
        if not self.shared:
            self.shared = self.bundle()
        self.configure(self.shared, change=change)
        self.surroundings = shape(self.shared)
        return self.shared

    def tries(self, attempt):
        """Whether this attempt of the row is for this runtime."""
        return not (self.foreign and self.row and self.row.why_ours(attempt))

    def knows(self, command, option):
        """Whether the runtime has this option. casemate has all that the rows use."""
        if not self.foreign:
            return True
        said = self.runtime(command, "--help")
        return option in said.out + said.err

    # ---- a scene for one configuration, gone with end() ----

    def begin(self):
        self.end()

    def scene(self, policy=None, script="", sockets=(), then=""):
        """The runtime sees another host from now on: see View."""
        key = json.dumps([policy, script, list(sockets), then])
        if key not in self.views:
            self.views[key] = View(self.settings.place, self.runtime.rootless, policy, script, sockets, then)
        self.view = self.views[key]

    def host(self, *command):
        """Runs a command as root where the runtime will run."""
        view = self.view or self.runtime.view
        if view:
            view.root(*command)
        else:
            subprocess.run(command, stdin=subprocess.DEVNULL, check=True, capture_output=True)

    def mount(self, *words):
        """mount(8); the last word is where."""
        self.host("mount", *words)
        self.mounted.append((self.view, words[-1]))

    def end(self):
        while self.mounted:
            self.view, path = self.mounted.pop()
            self.host("umount", "-l", path)
        self.view = None

    # ---- containers ----

    def name(self):
        name = f"{self.settings.tag}-{next(_numbers)}"
        self.ids.append(name)
        return name

    def run(self, bundle, name=None, timeout=120, **more):
        return self.runtime("run", "--bundle", bundle, name or self.name(), timeout=timeout, **{"view": self.view, **more})

    def run_detached(self, bundle, name):
        return self.runtime("run", "--detach", "--bundle", bundle, name, view=self.view)

    def create(self, bundle, name=None, **more):
        return self.runtime("create", "--bundle", bundle, name or self.name(), **{"view": self.view, **more})

    def check(self, bundle, **more):
        return self.runtime("check", "--format", "json", bundle, **{"view": self.view, **more})

    def start(self, name, **more):
        return self.runtime("start", name, **more)

    def exec(self, name, *words, user=None, timeout=120, **more):
        return self.runtime("exec", *(["--user", "1000:1000"] if (user or self.user) == "user" else []), name, *words, timeout=timeout, **{"view": self.view, **more})

    def started(self, bundle):
        """Creates and starts; the id and the pid, or an error."""
        name = self.name()
        done = self.create(bundle, name)
        done = done if done.status else self.start(name)
        if done.status:
            raise RuntimeError(f"no container: {done.err.strip()}")
        return name, self.runtime.pid(name)

    def ends(self, name, seconds=120):
        """Waits until the container has stopped."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            done = self.runtime("state", name)
            if done.status or '"stopped"' in done.out:
                return True
            time.sleep(0.02)
        return False

    def clean(self, name):
        if os.path.exists(os.path.join(self.runtime.state, name)):
            self.runtime.delete(name)
        for path in self.cgroups(name):
            remove_cgroup(path)

    def cgroups(self, name):
        mine = re.compile(re.escape(name) + r"(?![0-9])")
        return [d for d in reversed(directories(self.watch.cgroups)) if mine.search(os.path.basename(d))]

    def residue(self, name):
        """What is left of a container that should never have been, where it would be."""
        left = [p for p in (os.path.join(self.runtime.state, name), os.path.join(self.watch.cgroups, name)) if os.path.lexists(p)]
        if self.shared and shape(self.shared) != self.surroundings:
            left.append("a file in the bundle")
        return left

    def leftovers(self, *others, own=None):
        """What is left, anywhere, of all containers of this context and others like it that are gone."""
        ids = [n for context in (self, *others) for n in context.ids]
        gone = [n for n in ids if not os.path.exists(os.path.join(self.runtime.state, n))]
        paths = [d for d in directories(self.watch.cgroups) if os.path.basename(d) in gone]
        alive = {self.runtime.pid(n) for n in ids if n not in gone}
        processes = [p for p in processes_of(self.settings.tag, self.runtime.path) if p not in alive and p != own]
        slots = sorted(held_slots(self.runtime.state) & set(gone))
        return [f"{what} {left[:5]}" for what, left in (("cgroups", paths), ("processes", processes), ("ids of", slots)) if left]

    # ---- the other arms ----

    def rounds(self, n):
        """How often something is tried that depends on chance: --slow takes its time."""
        return n * 20 if self.settings.options.slow else n

    def elsewhere(self):
        """A context like this one for another runtime, if there is one; it ends with this one."""
        for runtime in self.settings.other_runtimes()[:1]:
            self.contexts.append(Context(self.settings, runtime, self.user))
            return self.contexts[-1]
        raise RuntimeError("there is no other runtime here")

    def weak(self, without):
        """The test-only program with protections taken away, as a context of its own; None if it was not built."""
        path = self.settings.test_runtime
        if not path or not os.access(path, os.X_OK):
            return None
        return Context(self.settings, Runtime(path, self.runtime.state, self.settings.place, self.runtime.rootless, without), self.user)

    def usual(self, *attempts, kind="userns"):
        """Attempts in the control arm, as {row: {attempt: Outcome}}."""
        done = call([self.probe, "--control", kind, "--root", self.settings.rootfs, *attempts], timeout=300,
                    env={"PATH": os.environ["PATH"], **dict(v.split("=", 1) for v in self.watch.environment())})
        return probe_outcomes(done.out)

    def process(self, *command, user=False):
        """The pid of a process of the host that lives as long as the context; user: of somebody without privilege."""
        who = ["setpriv", "--reuid", str(UNPRIVILEGED_ID + 1), "--regid", str(UNPRIVILEGED_ID + 1), "--clear-groups"] if user else []
        child = subprocess.Popen([*who, *command, *HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.children.append(child)
        if child.stdout.readline() != b"ready\n":
            raise RuntimeError(f"it does not start: {command}")
        return child.pid

    def agent(self, *words, **more):
        """An attacker on the host's side; the caller ends it."""
        return subprocess.Popen([self.probe, "--agent", *words], stdin=subprocess.DEVNULL, **more)


def helper(name):
    """A program of tests/lib, built beside the probe."""
    return os.path.join(TESTS, "lib", name)
