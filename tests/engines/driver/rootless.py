# SPDX-License-Identifier: LGPL-2.1-or-later
"""A function called as by podman without privilege: in a user and a mount namespace of the user's, with the user's and subordinate ids, as root there."""
import json
import os
import subprocess
import sys

import calls
from place import CLONE_NEWUSER, SUBORDINATE, USER

CLONE_NEWNS = 0x00020000
PR_SET_DUMPABLE = 4


def as_user(function):
    """What the function returns, by way of JSON."""
    answer, ready, go = os.pipe(), os.pipe(), os.pipe()
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        try:
            for fd in (answer[0], ready[0], go[1]):
                os.close(fd)
            inside(function, answer[1], ready[1], go[0])
        except BaseException as error:  # noqa: BLE001  the parent says what was wrong
            os.write(answer[1], json.dumps([f"{type(error).__name__}: {error}"]).encode())
        finally:
            os._exit(0)
    for fd in (answer[1], ready[1], go[0]):
        os.close(fd)
    os.read(ready[0], 1)
    for kind in ("uid", "gid"):
        with open(f"/proc/{pid}/{kind}_map", "w", encoding="utf-8") as f:
            f.write(f"0 {USER} 1\n1 {SUBORDINATE} 65536\n")
    os.close(go[1])
    with os.fdopen(answer[0], encoding="utf-8") as f:
        said = f.read()
    os.waitpid(pid, 0)
    os.close(ready[0])
    return json.loads(said)


def inside(function, answer, ready, go):
    os.setgroups([])
    os.setresgid(USER, USER, USER)
    os.setresuid(USER, USER, USER)
    if calls.LIBC.unshare(CLONE_NEWUSER | CLONE_NEWNS):
        raise OSError("this host does not let users make user namespaces")
    os.write(ready, b"x")
    os.read(go, 1)
    os.setresgid(0, 0, 0)
    os.setresuid(0, 0, 0)
    calls.LIBC.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)  # or what is in /proc is root's alone
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    calls.become_reaper()
    os.write(answer, json.dumps(function()).encode())
