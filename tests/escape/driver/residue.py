# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a container leaves on the host: state, cgroups, processes, host ids, files, mounts."""
import mmap
import os

LEDGER = "/run/casemate/slots:1"
# libruntime/idmap/ledger.h: where the text of a record begins, where its state is, its size, and the states that are nobody's
RECORD_KEY, RECORD_STATE, RECORD_SIZE, FREE = 64, 4, 320, (0, 2)


def processes_of(word, program):
    """Processes in cgroups with that word, and those that run the program."""
    left = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            running = os.readlink(f"/proc/{pid}/exe")  # one that has ended and is not waited for yet runs nothing
            with open(f"/proc/{pid}/cgroup", encoding="utf-8") as f:
                if running == program or word in f.read():
                    left.append(int(pid))
        except OSError:
            continue
    return left


def shape(place):
    """Names, types, sizes and times below a directory."""
    seen = []
    for directory, names, files in os.walk(place):
        for name in [*names, *files]:
            s = os.lstat(os.path.join(directory, name))
            # large programs are linked into every bundle
            seen.append((directory, name, s.st_mode, s.st_uid, s.st_gid, s.st_size, s.st_mtime_ns, s.st_nlink if os.path.isdir(os.path.join(directory, name)) else 0))
    return sorted(seen)


def mounts_below(place):
    with open("/proc/self/mountinfo", encoding="utf-8") as f:
        points = [line.split()[4].encode().decode("unicode_escape") for line in f]
    return [p for p in points if p == place or p.startswith(place.rstrip("/") + "/")]


def held_slots(root):
    """Names of containers below a state root of which the ledger of host ids has a record that was not given back."""
    names, text, at = set(), root.rstrip("/").encode() + b"/", -1
    try:
        with open(LEDGER, "rb") as f, mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ) as data:
            while (at := data.find(text, at + 1)) >= 0:
                start = at - RECORD_KEY
                if start >= 0 and start % 8 == 0 and data[start + RECORD_STATE] not in FREE:
                    names.add(data[at + len(text):start + RECORD_SIZE].split(b"\0")[0].decode(errors="replace"))
    except (OSError, ValueError):
        pass
    return names
