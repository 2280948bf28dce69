# SPDX-License-Identifier: LGPL-2.1-or-later
"""What meets the runtime in the middle of its work: a signal or an error at any of its system calls; and how it must come out of that."""
import os
import re
import time

from hostile import lasting_residue, read
from runtime import PATIENCE


def crashed(done):
    return "it hung" if done.status == 124 else f"it crashed: status {done.status}" if done.status < 0 else ""


def left_of(context, *names):
    """What is still there of containers that were deleted; a process that was killed a moment ago needs its time."""
    for name in names:
        left = lasting_residue(context, name)
        if left:
            return f"left: {left}"
    end = time.monotonic() + 3 * PATIENCE
    while (left := context.leftovers()) and time.monotonic() < end:
        time.sleep(0.05)
    return f"left: {'; '.join(left)}" if left else ""


def strace(what, call_and_number, *options):
    """Words in front of a program which meets something in one of its system calls, and so do its children with the option -f."""
    name, number = call_and_number
    return ["strace", "-qq", *options, "-o", "/dev/null", "-e", f"trace={name}", "-e", f"inject={name}:{what}:when={number}"]


def calls_of(context, *words):
    """The system calls that a command makes, after the execve: [(name, which one of that name)]."""
    return next(iter(calls_of_each(context, *words).values()))


def calls_of_each(context, *words, options=()):
    """The same with the option -f: of each process, in the order in which they begin."""
    log = os.path.join(context.place("trace"), "log")
    context.give(os.path.dirname(log))
    done = context.runtime(*words, under=["strace", "-qq", *options, "-o", log], timeout=30)
    if done.status:
        raise RuntimeError(f"{words[0]}: {done.err.strip()[-300:]}")
    counts, calls = {}, {}
    for pid, name in re.findall(r"^(\d*) *(\w+)\(", read(log), re.M):
        counts[pid, name] = counts.get((pid, name), 0) + 1
        calls.setdefault(pid, []).append((name, counts[pid, name]))
    first = next(iter(calls))
    return {**calls, first: calls[first][1:]}


def sampled(context, calls, n):
    return context.random.sample(calls, min(len(calls), context.rounds(n if context.user == "root" else n // 2)))
