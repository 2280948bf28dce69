# SPDX-License-Identifier: LGPL-2.1-or-later
"""Host and config rows in several processes at a time, each a driver of its own with a place, a name and a watch of its own: most of their time is waiting. Rows that must be alone are
left to the caller, for afterwards."""
import json
import os
import subprocess
import sys


def shareable(rows):
    return [r.id for r in rows if r.kind != "inside" and not r.alone]


class Workers:
    """They take ids of rows from a pipe, one after the other, until it is empty."""

    def __init__(self, settings, ids):
        self.place = settings.place
        taken, given = os.pipe()
        os.write(given, "".join(f"{i}\n" for i in ids).encode())
        os.close(given)
        self.files = [os.path.join(self.place, f"worker{n}.json") for n in range(settings.jobs)]
        environ = {k: v for k, v in os.environ.items() if k != "ESCAPE_PRIVATE_VIEW"}
        environ.update(CT_HELPERS=settings.helpers, CT_HELPERS_READY="1")
        self.processes = [subprocess.Popen([sys.executable, *sys.argv, "--seed", str(settings.seed), "--worker", str(taken), "--partial", f], pass_fds=[taken], env=environ) for f in self.files]
        os.close(taken)

    def results(self):
        """What each of them found, when all are done."""
        for process in self.processes:
            if process.wait() != 0:
                raise SystemExit("escape: a part of the driver failed")
        for path in self.files:
            with open(path, encoding="utf-8") as f:
                yield json.load(f)


def ids_from(fd):
    """In a worker: the rows that it does."""
    while (one := os.read(int(fd), 4)):
        yield one.decode().strip()
