# SPDX-License-Identifier: LGPL-2.1-or-later
"""Any program with runc's command line, called by root or by a user without privilege who exists in a private view of the host only."""
import json
import os
import re
import select
import subprocess
import tempfile
from dataclasses import dataclass

from views import UNPRIVILEGED_ID, View

SLOWNESS = 10 if os.environ.get("CT_VM") else 1  # emulated machines are slow: for times that are judged
PATIENCE = max(SLOWNESS, 3)  # others may be busy: for waits that are only there to end at all


@dataclass
class Done:
    status: int
    out: str
    err: str


def ended(child, seconds):
    """Waits for a process without asking again and again."""
    pidfd = os.pidfd_open(child.pid)
    try:
        waiter = select.poll()
        waiter.register(pidfd, select.POLLIN)
        if not waiter.poll(seconds * 1000):
            child.kill()
            child.wait()
            return 124
        return child.wait()
    finally:
        os.close(pidfd)


def call(command, timeout=60, env=None, output=None, **more):
    """Runs a command with files for its output (a pipe would stay open in a container that goes on), or with the caller's file."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        more.setdefault("stdin", subprocess.DEVNULL)
        with subprocess.Popen(command, stdout=output or out, stderr=err, env=env, **more) as child:
            status = ended(child, timeout * PATIENCE)
        out.seek(0)
        err.seek(0)
        return Done(status, out.read().decode(errors="replace"), err.read().decode(errors="replace"))


class Runtime:
    def __init__(self, path, state, place, rootless=False, without=""):
        self.path, self.state, self.rootless, self.without, self.place = path, state, rootless, without, place
        self.version = self._version()
        self.kind = next((k for k in ("casemate", "crun", "runc") if self.version.startswith(k)), "other")
        self.view, self.home = None, None
        self.always = {}  # environment of every call
        if rootless:
            self.home = os.path.join(place, "xdg")
            os.makedirs(self.home, mode=0o700, exist_ok=True)
            os.chown(self.home, UNPRIVILEGED_ID, UNPRIVILEGED_ID)
            self.state = os.path.join(self.home, "casemate")
            self.view = View(place, user=True)
        elif self.kind != "casemate":  # what it mounts must not come back to us
            self.view = View(place)

    def _version(self):
        done = call([self.path, "--version"])
        return done.out.split("\n", maxsplit=1)[0].strip()

    def _command(self, words, env, prefix, options, view, under=()):
        environ = {k: v for k, v in os.environ.items() if k not in ("LISTEN_FDS", "LISTEN_PID", "NOTIFY_SOCKET")}
        if self.rootless:
            environ = {"PATH": os.environ["PATH"], "HOME": "/", "XDG_RUNTIME_DIR": self.home}
        environ.update({**self.always, **(env or {})})
        if self.without:
            environ["CASEMATE_TEST_WITHOUT"] = self.without
        inside = view or self.view
        return [*prefix, *(inside.prefix if inside else []), *under, self.path, "--root", self.state, *options, *words], environ

    def __call__(self, *words, timeout=60, env=None, prefix=(), options=(), view=None, under=(), **more):
        """options stand in front of the command, prefix in front of everything and under of the program; view is another view of the host than the usual one."""
        command, environ = self._command(words, env, prefix, options, view, under)
        return call(command, timeout=timeout, env=environ, **more)

    def popen(self, *words, env=None, prefix=(), options=(), view=None, **more):
        """The same, to go on beside it."""
        command, environ = self._command(words, env, prefix, options, view)
        return subprocess.Popen(command, env=environ, **more)

    def pid(self, name):
        done = self("state", name)
        return json.loads(done.out)["pid"] if done.status == 0 else 0

    def delete(self, name):
        return self("delete", "--force", name, timeout=30)

    def check(self, bundle):
        """casemate only: what `check` says, as an object."""
        return self.verdict(self("check", "--format", "json", bundle))

    @staticmethod
    def verdict(done):
        try:
            return json.loads(done.out)
        except ValueError:
            return {"verdict": "error", "refusals": [], "tightenings": [], "message": done.err}


def codes(text):
    """The machine-readable codes in the message of a refusal."""
    return sorted(set(re.findall(r"\[(CM-[A-Z0-9-]+)\]", text)))
