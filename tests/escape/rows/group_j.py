# SPDX-License-Identifier: LGPL-2.1-or-later
"""J: sockets, IPC, keyrings and terminals of the host and of neighbours. The attempts are in probe/group_j.c."""
import contextlib
import os
import socket
import subprocess

from context import probe_outcomes
from rows import Outcome, Row
from runtime import call


def probed(context, row, env=(), prefix=()):
    """The attempts of a row in a container, with more environment."""
    def change(config, _):
        config["process"]["env"] += env
    bundle = context.bundle(["/bin/escape-probe", row], change=change)
    done = context.runtime("run", "--bundle", bundle, context.name(), prefix=prefix, env={"ESCAPE_MARKER": context.watch.marker})
    return list(probe_outcomes(done.out).get(row, {}).values()) or [Outcome("probe", "broken", "NO-ANSWER", f"status {done.status}: {done.err.strip()[-300:]}")]


def on_the_host(context, row, env=(), prefix=()):
    """The same by a process of the host without namespaces of its own: it only looks and connects to what was made for it."""
    environment = {"PATH": os.environ["PATH"], **dict(v.split("=", 1) for v in (*context.watch.environment(), *env))}
    return list(probe_outcomes(call([*prefix, context.probe, row], env=environment).out).get(row, {}).values())


@contextlib.contextmanager
def listening(address, family=socket.AF_UNIX):
    with socket.socket(family, socket.SOCK_STREAM) as s:
        s.bind(address)
        s.listen(64)
        yield s
    if family == socket.AF_UNIX and isinstance(address, str) and address.startswith("/"):
        os.unlink(address)


def both(around, row):
    """A row's function and its control arm, which is the same on the host: `around` makes what is aimed at, and yields more environment and a prefix for the command."""
    def arm(where):
        def run(context):
            with around(context) as (env, prefix):
                yield from where(context, row, env, prefix)
        return run
    return {"kind": "host", "users": ("root", "rootless"), "run": arm(probed), "control": arm(on_the_host)}


@contextlib.contextmanager
def abstract(context):
    with listening("\0" + context.watch.marker):
        yield (), ()


@contextlib.contextmanager
def in_the_tree(context):
    path = context.watch.canary + "-socket"
    with listening(path):
        os.chmod(path, 0o777)
        yield (), ()


@contextlib.contextmanager
def objects(context):
    with context.agent("ipc", stdout=subprocess.PIPE, env={"ESCAPE_MARKER": context.watch.marker}) as holder:
        if int(holder.stdout.readline() or 0) < 4:
            raise RuntimeError("the objects could not be made")
        try:
            yield (), ()
        finally:
            holder.terminate()


@contextlib.contextmanager
def key(context):
    yield (), (context.probe, "--agent", "with-key")


@contextlib.contextmanager
def loopback(_):
    with listening(("127.0.0.1", 0), socket.AF_INET) as s:
        yield (f"ESCAPE_PORT={s.getsockname()[1]}",), ()


@contextlib.contextmanager
def nothing(_):
    yield (), ()


NOBODY = "nothing answers there on this host"

ROWS = [
    Row("J01", "abstract sockets of the host", "UNS LL", cves="CVE-2020-15257", expect={"connect-abstract": "ECONNREFUSED", "*": "EMPTY"}, **both(abstract, "J01")),
    Row("J02", "sockets of the host in the file tree", "FD POL", expect={"connect-canary": "ENOENT", "*": "EMPTY"}, **both(in_the_tree, "J02")),
    Row("J03", "typing into terminals, line disciplines, the console", "SEC", cves="CVE-2017-5226, CVE-2023-28100", control="host", expect={"*": "EPERM"}),
    Row("J04", "System V and POSIX objects of the host", "UNS", expect={"*": "ENOENT"}, **both(objects, "J04")),
    Row("J05", "the session keyring of whoever started the runtime", "SEC", expect={"listed-key": "EMPTY", "*": "EPERM"}, **both(key, "J05")),
    Row("J06", "services on the host's loopback device; ways out of the network namespace", "UNS", cves="CVE-2020-8558", expect={"loopback": "ECONNREFUSED|ENETUNREACH", "*": "EMPTY"},
        **both(loopback, "J06")),
    Row("J07", "events of the host by netlink: devices, audit, sockets", "SEC UNS", expect={"*": "EPROTONOSUPPORT"}),
    Row("J08", "descriptors passed over a shared socket", "FD POL", na="there is no peer: J01, J02 and B03 show that no socket of the host is within reach"),
    Row("J09", "vsock to the hypervisor", "SEC", expect={"*": "EAFNOSUPPORT"}),
    Row("J10", "sockets of services: D-Bus, systemd, journal, X11, engines, kubelet", "POL FD", expect={"*": "ENOENT"}, vacuous={"*": NOBODY}, **both(nothing, "J10")),
]
