# SPDX-License-Identifier: LGPL-2.1-or-later
"""K: exhaustion. The host must stay well whatever a container takes. The attempts and agents are in probe/group_k.c."""
import glob
import json
import os
import re
import signal
import subprocess
import time

from bundle import TESTS
from changes import put
from exhaustion import delete_in_time, every, exhausts, hold, host_can, host_is_quick, judged, taken, usual
from rows import Outcome, Row
from runtime import PATIENCE

WAIT = ["/bin/escape-probe", "--agent", "wait"]
KERNEL = "the kernel's own rule, which holds for everybody"

# ---- K01 ----

FEW_FILES = put("process/rlimits", [{"type": "RLIMIT_NOFILE", "soft": 1024, "hard": 1024}])
PROCESSES = 3000  # more than the 2048 that a container gets


def fork_bomb(context):
    """Forks as fast as it can, in every process: the host goes on, and delete ends it. Fewer processes than there could be: others work here too."""
    if not context.tries("host-during-storm"):
        return
    few = put("process/rlimits", [{"type": "RLIMIT_NPROC", "soft": 200, "hard": 200}])
    name, pid = context.started(context.bundle(["/bin/escape-probe", "--agent", "storm"], change=few))
    time.sleep(0.5)
    yield judged("host-during-storm", host_is_quick(), "the host cannot start programs in time")
    # without a cgroup its processes end one after the other, while the others go on to use the processors
    yield judged("delete-of-storm", *delete_in_time(context, name, pid, times=5 if context.runtime.rootless else 1))


# ---- K02 ----

MEMORY_LIMIT = 64 << 20


def limited(config, _):
    config["linux"]["resources"]["memory"] = {"limit": MEMORY_LIMIT}


MEMORY_KINDS = {"memory": "", "bytes": "/dev/shm", "memfd-bytes": "", "socket-buffers": "", "pipe-buffers": ""}


def memory_bombs(context):
    for kind, place in MEMORY_KINDS.items():
        name, _ = context.started(context.bundle(WAIT, change=limited))
        before = free_memory()
        with hold(context, name, kind, 4096, place) as held:
            yield taken(kind, held, ())
            yield judged(f"host-during-{kind}", before - free_memory() < 4 * MEMORY_LIMIT and host_is_quick(5), "the host lost more memory than the container may have")
        state = context.runtime("state", name)
        yield judged(f"state-after-{kind}", state.status == 0, state.err)
        context.clean(name)


def free_memory():
    with open("/proc/meminfo", encoding="ascii") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("MemAvailable")) << 10


# ---- K03 ----

def ephemeral(config, _):
    config["annotations"] = {"casemate.rootfs": "ephemeral"}


def for_root(run):
    """What takes long and is no different without privilege."""
    return lambda context: iter(()) if context.runtime.rootless else run(context)


# ---- K05, K09: what the kernel counts by user ----

def others_can(kind, most):
    """While one container holds all it can get: another container, root of the host, and a user of the host."""
    def run(context):
        name, _ = context.started(context.bundle(WAIT))
        other, _ = context.started(context.bundle(WAIT))
        with hold(context, name, kind, most) as held:
            yield taken(kind, held, ())
            yield judged(f"host-root-during-{kind}", host_can(context, kind), f"root of the host gets none while a container holds {held.count}")
            yield judged(f"host-user-during-{kind}", host_can(context, kind, "4243"), "a user of the host gets none")
            if not context.runtime.rootless:  # there both are the caller's
                with hold(context, other, kind, 1) as neighbour:
                    yield judged(f"neighbour-during-{kind}", neighbour.error == "MORE", f"another container gets none: {neighbour.error}")
        context.clean(name)
        context.clean(other)
    return run


def usual_others(kind, most):
    def run(context):
        yield from (Outcome("host-root-during-" + kind, o.result, o.errno, o.detail) if o.attempt.startswith("host-") else o for o in usual(kind, most, (kind,))(context))
    return run


# ---- K10 ----

def hogs(context):
    """More threads than there are processors use them up; the host still starts programs."""
    name, pid = context.started(context.bundle(["/bin/escape-probe", "--agent", "spin", str(4 * os.cpu_count())]))
    time.sleep(0.3)
    yield judged("host-during-hog", host_is_quick(10, 20), "the host is slow")
    with open(f"/proc/{pid}/stat", encoding="ascii") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    yield judged("hog-is-not-favoured", int(fields[16]) >= 0 and fields[38] == "0", f"nice {fields[16]}, policy {fields[38]}")
    yield judged("delete-of-hog", *delete_in_time(context, name, pid))


# ---- K12 ----

def resident(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as f:
        return next(int(line.split()[1]) << 10 for line in f if line.startswith("VmRSS"))


def flood(context, terminal):
    """A container writes without end to a stream that nobody reads: it waits, and the runtime neither collects nor hangs."""
    def change(config, _):
        config["process"]["args"] = ["/bin/sh", "-c", "while :; do echo 0123456789012345678901234567890123456789; done"]
        config["process"]["terminal"] = terminal
    bundle, name = context.bundle(change=change), context.name()
    if terminal:
        ours, theirs = os.openpty()
        streams = {"stdin": theirs, "stdout": theirs, "stderr": theirs, "start_new_session": True}
    else:
        ours, theirs = os.pipe()
        streams = {"stdin": subprocess.DEVNULL, "stdout": theirs, "stderr": subprocess.DEVNULL}
    process = context.runtime.popen("run", "--bundle", bundle, name, **streams)
    os.close(theirs)
    eventually(lambda: context.runtime.pid(name) or process.poll() is not None)
    time.sleep(1)
    word = "terminal" if terminal else "pipe"
    pid = context.runtime.pid(name)
    yield judged(f"{word}-starts", pid > 0 and process.poll() is None, "it did not start")
    if pid > 0 and process.poll() is None:
        runtime = next((p for p in [process.pid, *children_of(process.pid)] if os.path.basename(os.readlink(f"/proc/{p}/exe")) == os.path.basename(context.runtime.path)), process.pid)
        most = 16 << 20
        if context.foreign:  # it may be large: it must not grow
            most = resident(runtime) + (2 << 20)
            time.sleep(1)
        yield judged(f"{word}-memory", resident(runtime) < most, f"the runtime has {resident(runtime)} bytes")
        good, detail = delete_in_time(context, name, pid, own=runtime)
        yield judged(f"{word}-delete", good, detail)
    process.kill()
    process.wait()
    os.close(ours)


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
        return [int(p) for p in f.read().split()]


HOSTILE = {"newline": 'x\n{"level":"error","msg":"forged","time":"2026-01-01T00:00:00Z"}', "escape": "x\u001b[2J\u001b]0;title\u0007", "quote": 'x","msg":"forged', "backslash": "x\\", "carriage-return": "x\rforged",
           "separator": "x\u2028\u2029y", "right-to-left": "x\u202ey", "long": "x" * 100000, "c1": "x\u009b2Jy", "delete": "x\u007f", "template": "%s%n%x{{.}}$(id)"}


def hostile_text(where):
    def change(text):
        def work(config, _):
            if where == "args":
                config["process"]["args"] = ["/" + text]
            elif where == "annotation":
                config["annotations"] = {"casemate." + text: "x"}
            elif where == "mount":
                config["mounts"].append({"destination": "/proc/" + text, "type": "tmpfs", "source": "tmpfs"})
            elif where == "cgroup":
                config["linux"]["cgroupsPath"] = "/../" + text
            elif where == "capability":
                config["process"]["capabilities"]["bounding"] = [text]
        return work
    return change


def logs_stay_valid(context):
    """Whatever a configuration has in it, an error is one record."""
    log = os.path.join(context.place("log"), "log")
    context.give(os.path.dirname(log))
    bundle = context.bundle()
    for where in ("args", "annotation", "mount", "cgroup", "capability"):
        for what, text in HOSTILE.items():
            context.configure(bundle, change=hostile_text(where)(text))
            if not context.tries(f"log={where}-{what}"):
                continue
            problems = [p for form in ("json", "text") if (p := log_problem(context, bundle, log, form))]
            yield Outcome(f"log={where}-{what}", "escaped" if problems else "blocked", "" if problems else "OK", "; ".join(problems))


def log_problem(context, bundle, log, form):
    if os.path.exists(log):
        os.unlink(log)
    name = context.name()
    done = context.create(bundle, name, options=("--log", log, "--log-format", form))
    if done.status == 0:
        context.clean(name)
        if not context.foreign:
            return "it was accepted"
    with open(log, "rb") as f:
        text = f.read().decode(errors="replace")
    lines = text.splitlines()
    if context.foreign:
        return forged_record(form, text, [line for line in text.split("\n") if line])
    if len(lines) != 1 or any(ord(c) < 32 or 0x7f <= ord(c) < 0xa0 for c in text.rstrip("\n")) or len(text) > 65536:
        return f"{form}: {len(lines)} lines, {len(text)} bytes: {text!r:.200}"
    try:
        record = json.loads(lines[0]) if form == "json" else None
    except ValueError as e:
        return f"no JSON: {e}"
    return "not the error" if record is not None and (record.get("level") != "error" or record.get("msg") == "forged") else None


def forged_record(form, text, lines):
    """The log of another runtime may say more than one thing, or nothing: what the configuration wants to say is no line of it."""
    if any(ord(c) < 32 or 0x7f <= ord(c) < 0xa0 for c in text.replace("\n", "")):
        return f"{form}: control characters: {text!r:.200}"
    try:
        records = [json.loads(line) for line in lines] if form == "json" else []
    except ValueError as e:
        return f"no JSON: {e}: {text!r:.200}"
    forged = any(r.get("msg") == "forged" for r in records) or any(line.startswith(('{"level":"error","msg":"forged"', "forged")) for line in lines)
    return f"{form}: a record was forged: {text!r:.200}" if forged else None


def logs_and_streams(context):
    yield from flood(context, False)
    yield from flood(context, True)
    yield from logs_stay_valid(context)


# ---- K14 ----

def huge_pages(context):
    name, _ = context.started(context.bundle(WAIT, change=put("linux/resources/hugepageLimits", [{"pageSize": "2MB", "limit": 0}])))
    yield judged("asked-for", all(v == "0" for v in huge_page_limits(context, name, "hugetlb.2MB")), f"{huge_page_limits(context, name, '')}")
    context.clean(name)
    with open("/proc/meminfo", encoding="ascii") as f:
        if not any(line.startswith("Hugetlb:") and int(line.split()[1]) > 0 for line in f):
            yield Outcome("by-default", "n/a", "", "the host has set no huge page aside")
            return
    name, _ = context.started(context.bundle(WAIT))
    yield judged("by-default", all(v == "0" for v in huge_page_limits(context, name, "")), f"{huge_page_limits(context, name, '')}")


def huge_page_limits(context, name, prefix):
    found = [f for d in context.cgroups(name) for f in glob.glob(os.path.join(d, f"{prefix or 'hugetlb.*'}.*max"))]
    values = [open(f, encoding="ascii").read().strip() for f in found]
    return values or ["no such file"]


# ---- K16 ----

def steps_of(*names):
    """The steps of a launch by name, as the tables of the program list them."""
    found = []
    for name in names:
        with open(os.path.join(os.path.dirname(TESTS), "libruntime", "run", f"{name}.c"), encoding="utf-8") as f:
            found += re.findall(r'^    \{"([a-z0-9-]*)", ', f.read(), re.M)
    return found


def processes_in(path):
    try:
        with open(os.path.join(path, "cgroup.procs"), encoding="ascii") as f:
            return [int(p) for p in f.read().split()]
    except OSError:
        return []


def born_in_its_cgroup(context):
    """Stopped at each of its steps, the process is in the cgroup that was asked for."""
    if context.tries("step=birth"):
        yield from steps_in_its_cgroup(context)
    name, pid = context.started(context.bundle(WAIT, change=lambda config, context: put("linux/cgroupsPath", f"/{context.ids[-1] if context.ids else 'k16'}-k16/inner")(config, context)))
    with hold(context, name, "descriptors", 1) as held:
        mine = [line for p in [pid, *other_processes(pid)] for line in open(f"/proc/{p}/cgroup", encoding="utf-8") if line.startswith("0::")]
        yield judged("exec", held.count == 1 and len(mine) >= 2 and len(set(mine)) == 1 and mine[0].strip().endswith("/inner"), f"{mine}")


def steps_in_its_cgroup(context):
    weak = context.weak("")
    if not weak:
        yield Outcome("steps", "broken", "NO-TEST-BUILD", "casemate-test was not built")
        return
    with weak:
        for step in steps_of("child"):
            name = weak.name()
            bundle = weak.bundle(change=put("linux/cgroupsPath", f"/{name}/inner"))
            with open(os.path.join(bundle, "err"), "w+b") as err:
                process = weak.runtime.popen("create", "--bundle", bundle, name, env={"CASEMATE_TEST_STOP_AT": step}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=err)
                stopped = eventually(lambda file=err.name, step=step: f"stopped at {step}" in open(file, encoding="utf-8", errors="replace").read())
                inside = processes_in(os.path.join(context.watch.cgroups, name, "inner"))
                outside = [p for p in children_of(process.pid) if p not in inside] if process.poll() is None else ["gone"]
                yield judged(f"step={step}", stopped and len(inside) == 1 and not outside, f"stopped: {stopped}, in the cgroup: {inside}, elsewhere: {outside}")
                process.kill()
                process.wait()
            weak.clean(name)


def other_processes(pid):
    """Processes in the pid namespace of this one."""
    space = os.readlink(f"/proc/{pid}/ns/pid")
    found = []
    for p in filter(str.isdigit, os.listdir("/proc")):
        try:
            if int(p) != pid and os.readlink(f"/proc/{p}/ns/pid") == space:
                found.append(int(p))
        except OSError:
            continue
    return found


def born_elsewhere(context):
    """A process that is put into its cgroup after it was born runs outside before."""
    path = os.path.join(context.watch.cgroups, context.name())
    os.mkdir(path)
    with subprocess.Popen(["sleep", "10"]) as child:
        outside = child.pid not in processes_in(path)
        child.kill()
    os.rmdir(path)
    yield Outcome("step=birth", "escaped" if outside else "blocked", "", "")


def eventually(question, seconds=10):
    end = time.monotonic() + seconds * PATIENCE
    while time.monotonic() < end:
        if question():
            return True
        time.sleep(0.01)
    return False


# ---- K18 ----

STUBBORN = "ignores vfork stopped traced children".split()


def stubborn(context):
    for kind in STUBBORN:
        name, pid = context.started(context.bundle(["/bin/escape-probe", "--agent", "stubborn", kind]))
        time.sleep(0.1)
        yield judged(f"delete={kind}", *delete_in_time(context, name, pid))
    name, pid = context.started(context.bundle(["/bin/escape-probe", "--agent", "stubborn", "ignores"]))
    done = context.runtime("pause", name)
    if done.status == 0 or not context.runtime.rootless:
        yield judged("delete=frozen", *delete_in_time(context, name, pid))
    name = context.name()
    context.create(context.bundle(["/bin/escape-probe", "--agent", "stubborn", "ignores"]), name)
    yield judged("delete=created", *delete_in_time(context, name, context.runtime.pid(name)))
    name, pid = context.started(context.bundle(WAIT))
    with hold(context, name, "forks", 50):
        yield judged("delete=with-exec", *delete_in_time(context, name, pid))


def not_ended_by(pid, number):
    with open(f"/proc/{pid}/status", encoding="utf-8") as f:
        return any(int(line.split()[1], 16) >> (number - 1) & 1 for line in f if line.startswith(("SigBlk:", "SigIgn:", "SigCgt:")))


def stubborn_process(context):
    child = context.agent("stubborn", "ignores")
    eventually(lambda: not_ended_by(child.pid, signal.SIGTERM))
    child.terminate()
    time.sleep(0.2)
    yield Outcome("delete=ignores", "escaped" if child.poll() is None else "blocked", "", "SIGTERM ends it")
    child.kill()
    child.wait()


BOTH = ("root", "rootless")
TMPFS = "mount -t tmpfs none /mnt"

ROWS = [
    Row("K01", "fork bombs, threads, zombies", "CG", kind="host", alone=True, users=BOTH, run=every(*(exhausts(kind, PROCESSES, ("EAGAIN",), ("forks",)) for kind in ("forks", "threads", "zombies")), fork_bomb),
        control=every(*(usual(kind, PROCESSES) for kind in ("forks", "threads", "zombies"))), others={"*-storm": "its root is the host's, whom RLIMIT_NPROC does not bind: nothing here would"}, expect={"forks": "EAGAIN", "threads": "EAGAIN", "zombies": "EAGAIN", "*": "OK"}),
    Row("K02", "memory of every kind", "CG", "CVE-2019-14891", kind="host", alone=True, needs=("cgroup-memory",), run=memory_bombs, control=usual("memory", 512),
        expect={"host-*": "OK", "state-*": "OK", "*": "DEAD|ENOMEM|ENOSPC|EMFILE"}),
    Row("K03", "space and inodes of every tmpfs", "CG", kind="host", users=BOTH,
        run=every(exhausts("bytes", 600, ("ENOSPC",), place="/dev/shm"), exhausts("files", 100000, ("ENOSPC",), place="/dev/shm"), exhausts("bytes", 600, ("ENOSPC",), place="/tmp", change=ephemeral),
                  for_root(exhausts("files", 200000, ("ENOSPC",), place="/tmp", change=ephemeral)), exhausts("files", 100000, ("ENOSPC", "EACCES"), place="/dev")),
        others={"*=/tmp": "it is a directory of the image there, and no tmpfs"},
        control=every(usual("bytes", 600, place="/mnt", before=TMPFS), usual("files", 20000, place="/mnt", before=TMPFS)), expect={"host-*": "OK", "files=/dev": "ENOSPC|EACCES|EROFS", "*": "ENOSPC"}),
    Row("K04", "descriptors and open files", "CG", kind="host", alone=True, users=BOTH, run=every(exhausts("descriptors", 1100000, ("EMFILE",), ("descriptors",)),
                                                                                     exhausts("files-open", 2000, ("EMFILE",), ("files-open",), change=FEW_FILES)),
        control=usual("files-open", 2000), expect={"host-*": "OK", "*": "EMFILE"}),
    Row("K05", "inotify: what is counted by user is not root's", "UNS", kind="host", alone=True, users=BOTH, run=others_can("inotify", 100000), control=usual_others("inotify", 100000),
        expect={"host-*": "OK", "neighbour-*": "OK", "*": "EMFILE"}, vacuous={"inotify": KERNEL}),
    Row("K06", "keys", "SEC", expect={"keys": "EPERM|ENOSYS"}),
    Row("K07", "namespaces in great number", "SEC UC", expect={"*": "EPERM|ENOSPC"}, vacuous={"namespaces=user": "in the second one nobody has an id"}),
    Row("K08", "terminals", "CG", kind="host", alone=True, users=BOTH, run=exhausts("ptys", 3000, ("ENOSPC",), ("ptys",)), control=usual("ptys", 1100), expect={"host-*": "OK", "*": "ENOSPC"}),
    Row("K09", "message queues, signals, locked memory, System V objects", "UNS CG", kind="host", alone=True, users=BOTH,
        run=every(others_can("queues", 1000), others_can("signals", 200000), exhausts("locked", 64, ("ENOMEM", "EAGAIN"), ("locked",)), exhausts("semaphores", 40000, ("ENOSPC",), ("semaphores",)),
                  exhausts("segments", 5000, ("ENOSPC",), ("segments",)), exhausts("messages", 40000, ("ENOSPC",), ("messages",))),
        control=every(usual_others("queues", 1000), usual_others("signals", 200000)), vacuous={"queues": KERNEL, "signals": KERNEL, "host-root-during-signals": "root counts its own by another limit"},
        expect={"host-*": "OK", "neighbour-*": "OK", "queues": "EMFILE", "signals": "EAGAIN", "locked": "ENOMEM|EAGAIN", "*": "ENOSPC"}),
    Row("K10", "processors: real-time policies, favours, hogs", "CAP SEC CG", control="host", alone=True, run=hogs, expect={"host-*": "OK", "hog-*": "OK", "delete-*": "OK", "nice": "EACCES|EPERM", "*": "EPERM"},
        vacuous={"nice": "needs CAP_SYS_NICE over the host, which the host's root may lack in a virtual machine", "real-time=*": "the same", "deadline": "the same", "io-class": "the same"}),
    Row("K11", "disks: no place on one can be written", "RO", control="host", expect={"disk": "OK"}),
    Row("K12", "streams that nobody reads, text that looks like log records", "FD", "CVE-2022-1708", kind="host", users=BOTH, run=logs_and_streams, control=None,
        no_control="what is shown is that the runtime keeps nothing and that its records are whole; there is no weaker form of it here", expect={"*": "OK"},
        others={"log=annotation-*": "casemate alone refuses annotations with its name that it does not know"}),
    Row("K13", "core dumps, and limits that are raised again", "CG", expect={"crash": "OK", "raise=*": "EPERM"}, control="host",
        vacuous={"crash": "whether there are core dumps is the host's to say", "raise=*": "needs CAP_SYS_RESOURCE over the host, which the host's root may lack in a virtual machine"}),
    Row("K14", "huge pages", "CG", kind="host", needs=("cgroup-hugetlb",), users=("root",), run=huge_pages, may_lack=("by-default",), control=None, no_control="without huge pages on the host there is nothing to take", expect={"*": "OK"}),
    Row("K15", "cgroups below the own one", "RO CG", control="host", expect={"mkdir": "EROFS", "open=*": "EACCES|EROFS|ENOENT"}, may_lack=("open=cgroup.max.*",)),
    Row("K16", "a process outside of its cgroup", "CG", "CVE-2025-47291", kind="host", users=("root",), run=born_in_its_cgroup, control=born_elsewhere, expect={"*": "OK"},
        others={"step=*": "the steps are those of casemate's test build"}),
    Row("K17", "timers and descriptors of every kind", "CG", kind="host", alone=True, users=BOTH,
        run=every(*(exhausts(kind, 2000, ("EMFILE",), (kind,), change=FEW_FILES) for kind in ("epolls", "eventfds", "timerfds", "sockets", "pipes", "memfds")), exhausts("timers", 200000, ("EAGAIN",), ("timers",))),
        control=every(*(usual(kind, 2000) for kind in ("epolls", "eventfds", "sockets", "pipes"))), expect={"host-*": "OK", "timers": "EAGAIN", "*": "EMFILE"}),
    Row("K18", "containers that do not want to end", "CG", kind="host", users=BOTH, run=stubborn, control=stubborn_process, expect={"*": "OK"}),
]
