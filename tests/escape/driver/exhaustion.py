# SPDX-License-Identifier: LGPL-2.1-or-later
"""Something in a container takes all it can get of a resource and holds it (agent exhaust of the probe), while the host looks whether it can still work."""
import os
import select
import subprocess
import time

from rows import Outcome
from runtime import PATIENCE, SLOWNESS

# The same without protection: namespaces as others make them, for whom root of the host pays.
USUAL = ["unshare", "--user", "--map-root-user", "--mount", "--ipc", "--net", "--pid", "--fork", "--mount-proc", "--kill-child"]


class Held:
    """What was taken: count, and why there was no more (the name of an errno; MORE: it stopped by itself; DEAD: it was killed)."""

    def __init__(self, process, seconds=60):
        self.process = process
        ready, _, _ = select.select([process.stdout], [], [], seconds * PATIENCE)
        words = process.stdout.readline().decode().split() if ready else []
        self.count, self.error = (int(words[1]), words[2]) if len(words) == 3 else (0, "DEAD" if ready else "SILENT")

    def end(self):
        self.process.stdin.close()
        try:
            self.process.wait(timeout=20 * PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()


def hold(context, name, kind, most, place="", user=None):
    """In a container."""
    words = ["/bin/escape-probe", "--agent", "exhaust", kind, str(most), place]
    return Held(context.runtime.popen("exec", *(["--user", user] if user else []), name, *words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL))


def hold_without(context, kind, most, place="", before=""):
    """In the control arm. before: shell commands as its root."""
    script = f"{before}\nexec {context.probe} --agent exhaust {kind} {most} {place}"
    return Held(subprocess.Popen([*USUAL, "sh", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL))


def host_can(context, kind, user=None):
    """Whether a process of the host gets one of that kind."""
    who = ["setpriv", "--reuid", user, "--regid", user, "--clear-groups"] if user else []
    done = subprocess.run([*who, context.probe, "--agent", "exhaust", kind, "1"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=30 * PATIENCE, check=False)
    return done.stdout.decode().split()[1:] == ["1", "MORE"]


def host_is_quick(times=20, seconds=10):
    """Whether the host can start programs; generous, since it may have other things to do."""
    begin = time.monotonic()
    for _ in range(times):
        if subprocess.run(["true"], stdin=subprocess.DEVNULL, timeout=30 * PATIENCE, check=False).returncode:
            return False
    return time.monotonic() - begin < seconds * SLOWNESS


def taken(kind, held, wanted):
    """As an outcome: stopped with one of these errnos, or it could have had more."""
    bad = held.error == "MORE"
    return Outcome(kind, "escaped" if bad else "broken" if held.error == "SILENT" else "blocked", "" if bad else held.error, f"{held.count} taken" + ("" if bad or held.error in wanted else f", {held.error}"))


def judged(name, good, detail=""):
    return Outcome(name, "blocked" if good else "escaped", "OK" if good else "", "" if good else detail)


def exhausts(kind, most, errors, oracles=(), place="", change=None):
    """A row's attempt, and what the host can do while it holds. oracles: kinds that root of the host must still get."""
    def run(context):
        label = kind + (f"={place}" if place else "")
        if not context.tries(label):
            return
        name, _ = context.started(context.bundle(["/bin/escape-probe", "--agent", "wait"], change=change))
        with hold(context, name, kind, most, place) as held:
            yield taken(label, held, errors)
            for oracle in oracles:
                yield judged(f"host-{oracle}-during-{kind}", host_can(context, oracle), f"root of the host gets none while a container holds {held.count}")
            yield judged(f"host-during-{kind}", host_is_quick(5), "the host is slow, or cannot start programs")
        context.clean(name)
    return run


def usual(kind, most, oracles=(), place="", before=""):
    """The control arm of exhausts."""
    def run(context):
        with hold_without(context, kind, most, place, before) as held:
            yield Outcome(kind + (f"={place}" if place else ""), "escaped" if held.error == "MORE" else "blocked", held.error, f"{held.count} taken")
            for oracle in oracles:
                can = host_can(context, oracle)
                yield Outcome(f"host-{oracle}-during-{kind}", "blocked" if can else "escaped", "OK" if can else "", "" if can else "root of the host gets none")
    return run


def every(*runs):
    def run(context):
        for one in runs:
            yield from one(context)
    return run


def delete_in_time(context, name, pid, seconds=10, times=1, own=None):
    """delete --force ends it, whatever it does, and leaves nothing but our own process."""
    for _ in range(times):
        begin = time.monotonic()
        done = context.runtime("delete", "--force", name, timeout=30)
        took = time.monotonic() - begin
        deleted = done.status == 0 or (context.foreign and not os.path.exists(os.path.join(context.runtime.state, name)))  # by its own `run`
        if deleted:
            break
    left = context.leftovers(own=own)
    return deleted and took < seconds * SLOWNESS and not left and has_ended(pid), f"status {done.status} after {took:.1f} s, {left}, {done.err.strip()[-200:]}"


def has_ended(pid):
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8") as f:
            return "\nState:\tZ" in f.read()
    except OSError:
        return True
