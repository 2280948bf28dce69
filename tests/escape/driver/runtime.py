# SPDX-License-Identifier: LGPL-2.1-or-later
"""Any program with runc's command line, called by root or by a user without privilege who exists in a private view of /etc only."""
import json
import os
import re
import subprocess
import tempfile
from dataclasses import dataclass

from bundle import TESTS

UNPRIVILEGED_ID, FIRST_SUBORDINATE = 4242, 310000


@dataclass
class Done:
    status: int
    out: str
    err: str


def call(command, timeout=60, env=None, output=None, **more):
    """Runs a command with files for its output (a pipe would stay open in a container that goes on), or with the caller's file."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        try:
            more.setdefault("stdin", subprocess.DEVNULL)
            status = subprocess.run(command, stdout=output or out, stderr=err, timeout=timeout, env=env, check=False, **more).returncode
        except subprocess.TimeoutExpired:
            status = 124
        out.seek(0)
        err.seek(0)
        return Done(status, out.read().decode(errors="replace"), err.read().decode(errors="replace"))


class Runtime:
    def __init__(self, path, state, place, rootless=False, without=""):
        self.path, self.state, self.rootless, self.without, self.place = path, state, rootless, without, place
        self.version = self._version()
        self.kind = next((k for k in ("casemate", "crun", "runc") if self.version.startswith(k)), "other")
        self.prefix = []
        if rootless:
            home = os.path.join(place, "xdg")
            os.makedirs(home, mode=0o700, exist_ok=True)
            os.chown(home, UNPRIVILEGED_ID, UNPRIVILEGED_ID)
            self.prefix = [os.path.join(TESTS, "lib", "as-user"), os.path.join(place, "etc"), str(UNPRIVILEGED_ID), str(FIRST_SUBORDINATE),
                           "env", "-i", "PATH=" + os.environ["PATH"], "HOME=/", "XDG_RUNTIME_DIR=" + home]
            self.state = os.path.join(home, "casemate")

    def _version(self):
        done = call([self.path, "--version"])
        return done.out.split("\n", maxsplit=1)[0].strip()

    def __call__(self, *words, timeout=60, env=None, prefix=(), **more):
        environ = {k: v for k, v in os.environ.items() if k not in ("LISTEN_FDS", "LISTEN_PID", "NOTIFY_SOCKET")}
        environ.update(env or {})
        if self.without:
            environ["CASEMATE_TEST_WITHOUT"] = self.without
        extra = [f"{k}={v}" for k, v in (env or {}).items()] + ([f"CASEMATE_TEST_WITHOUT={self.without}"] if self.without else [])
        command = [*prefix, *self.prefix, *(extra if self.prefix else []), self.path, "--root", self.state, *words]
        return call(command, timeout=timeout, env=environ, **more)

    def pid(self, name):
        done = self("state", name)
        return json.loads(done.out)["pid"] if done.status == 0 else 0

    def delete(self, name):
        return self("delete", "--force", name, timeout=30)

    def check(self, bundle):
        """casemate only: what `check` says, as an object."""
        done = self("check", "--format", "json", bundle)
        try:
            return json.loads(done.out)
        except ValueError:
            return {"verdict": "error", "refusals": [], "tightenings": [], "message": done.err}


def codes(text):
    """The machine-readable codes in the message of a refusal."""
    return sorted(set(re.findall(r"\[(CM-[A-Z0-9-]+)\]", text)))
