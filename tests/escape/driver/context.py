# SPDX-License-Identifier: LGPL-2.1-or-later
"""What rows work with: bundles, containers of which nothing stays, the host's view. One for each place where containers are made."""
import itertools
import json
import os
import random
import shutil
import subprocess
import time

from bundle import TESTS, copy_tree, ordinary_config
from rows import Outcome
from runtime import UNPRIVILEGED_ID, Runtime, call

_numbers = itertools.count(1)


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
    def __init__(self, settings, runtime, user="root"):
        self.settings, self.runtime, self.user = settings, runtime, user
        self.watch, self.probe = settings.watch, settings.probe
        self.random = random.Random(settings.seed)
        self.control = False
        self.ids, self.places = [], []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for name in self.ids:
            self.clean(name)
        for place in self.places:
            shutil.rmtree(place, ignore_errors=True)

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
        config = ordinary_config(args, inside_user or ("user" if self.user == "user" else "root"), self.settings.profile, self.watch.environment())
        if self.runtime.kind == "crun" and not self.settings.raises_limits:
            del config["linux"]["resources"]  # for its device program crun raises a limit, which needs CAP_SYS_RESOURCE
        changed = change(config, self) if change else None
        text = changed if isinstance(changed, (str, bytes)) else json.dumps(changed or config)
        with open(os.path.join(path, "config.json"), "wb") as f:
            f.write(text if isinstance(text, bytes) else text.encode())
        if self.runtime.rootless:
            for directory, names, files in os.walk(path):
                for name in [*names, *files, "."]:
                    os.lchown(os.path.join(directory, name), UNPRIVILEGED_ID, UNPRIVILEGED_ID)
        return path

    # ---- containers ----

    def name(self):
        name = f"{self.settings.tag}-{next(_numbers)}"
        self.ids.append(name)
        return name

    def run(self, bundle, name=None, timeout=120, **more):
        return self.runtime("run", "--bundle", bundle, name or self.name(), timeout=timeout, **more)

    def create(self, bundle, name=None, **more):
        return self.runtime("create", "--bundle", bundle, name or self.name(), **more)

    def start(self, name, **more):
        return self.runtime("start", name, **more)

    def exec(self, name, *words, user=None, timeout=120, **more):
        return self.runtime("exec", *(["--user", "1000:1000"] if (user or self.user) == "user" else []), name, *words, timeout=timeout, **more)

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
            try:
                with open(os.path.join(path, "cgroup.kill"), "w", encoding="ascii") as f:
                    f.write("1")
                time.sleep(0.1)
                os.rmdir(path)
            except OSError:
                pass

    def cgroups(self, name):
        return [d for d, _, _ in os.walk(self.watch.cgroups, topdown=False) if name in os.path.basename(d)]

    def residue(self, name):
        """What is left of a container that should never have been."""
        left = [p for p in (os.path.join(self.runtime.state, name),) if os.path.lexists(p)] + self.cgroups(name)
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/cgroup", encoding="utf-8") as f:
                    if name in f.read():
                        left.append(f"process {pid}")
            except OSError:
                continue
        return left

    # ---- the other arms ----

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

    def agent(self, *words, **more):
        """An attacker on the host's side; the caller ends it."""
        return subprocess.Popen([self.probe, "--agent", *words], stdin=subprocess.DEVNULL, **more)


def helper(name):
    """A program of tests/lib, built beside the probe."""
    return os.path.join(TESTS, "lib", name)
