# SPDX-License-Identifier: LGPL-2.1-or-later
"""L: the runtime's own state and life: many at once, killed anywhere, spoiled, exchanged and forged records, the barrier before the start."""
import json
import os
import signal
import stat
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

from breaking import calls_of, crashed, left_of, sampled, strace
from hostile import Target, created, lasting_residue, read, shown, verdict_of, wait_for
from rows import Outcome, Row
from runtime import PATIENCE, call

BOTH = ("root", "rootless")
AGENT = ("/bin/escape-probe", "--agent", "wait")
RECORDS = {"casemate": "state.json", "runc": "state.json", "crun": "status"}


def record_of(context, name):
    return os.path.join(context.runtime.state, name, RECORDS.get(context.runtime.kind, "state.json"))


# ---- L01: many at once ----

def at_once(context, calls):
    """The statuses of calls that all begin before the first one has ended; 124 for one that does not end."""
    processes, statuses = [context.runtime.popen(*words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for words in calls], []
    for process in processes:
        try:
            statuses.append(process.wait(60 * PATIENCE))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            statuses.append(124)
    return statuses


def wrong_statuses(statuses, winners=None):
    if any(s < 0 or s == 124 for s in statuses):
        return f"crashed or hung: {statuses}"
    return f"{statuses.count(0)} won" if winners is not None and statuses.count(0) != winners else ""


def together(context):
    many = 16 if context.user == "root" else 8
    bundle = context.bundle(AGENT)
    name = context.name()
    yield verdict_of("create", "OK", wrong_statuses(at_once(context, [("create", "--bundle", bundle, name)] * many), 1))
    yield verdict_of("start", "OK", wrong_statuses(at_once(context, [("start", name)] * many), 1))
    yield verdict_of("delete", "OK", wrong_statuses(at_once(context, [("delete", "--force", name)] * many)) or left_of(context, name))
    words = [("create", "--bundle", bundle, name), ("start", name), ("kill", name, "KILL"), ("delete", name), ("delete", "--force", name), ("state", name), ("exec", name, "/bin/true"), ("list",),
             ("run", "--detach", "--bundle", bundle, name)]
    problem = ""
    for _ in range(context.rounds(2)):
        problem = problem or wrong_statuses(at_once(context, [context.random.choice(words) for _ in range(3 * many)]))
        context.runtime.delete(name)
    yield verdict_of("mixed", "OK", problem or left_of(context, name))


def together_control(context):
    """Looks whether it is there, and then makes it."""
    path = os.path.join(context.place("naive"), "id")

    def make(_):
        there = os.path.exists(path)
        time.sleep(0.05)
        os.makedirs(path, exist_ok=True)
        return not there

    with ThreadPoolExecutor(8) as pool:
        won = sum(pool.map(make, range(8)))
    yield shown("create", f"{won} made it" if won > 1 else "")


# ---- L02: killed at any system call ----

def state_of(pid):
    return read(f"/proc/{pid}/stat").rsplit(")", 1)[-1].split()[0]


def of_a_container(name):
    """Processes with the name in their cgroup, without those that have ended."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if name in read(f"/proc/{pid}/cgroup") and state_of(pid) != "Z":
                found.append(pid)
        except OSError:
            continue
    return found


KILLED = {"create": ("create", "--bundle", "BUNDLE"), "start": ("start",), "delete": ("delete", "--force")}


def killed_anywhere(context):
    bundle = context.bundle(AGENT)
    for command, words in KILLED.items():
        words = [bundle if w == "BUNDLE" else w for w in words]
        calls = calls_of(context, *words, prepared(context, bundle, command))
        problems, killed = [], 0
        for one in sampled(context, calls, 24 if command == "create" else 12):
            name = prepared(context, bundle, command)
            done = context.runtime(*words, name, under=strace("signal=SIGKILL", one), timeout=30)
            killed += done.status in (-9, 137)
            problem = crashed(done) if done.status == 124 else left_by_the_dead(context, bundle, name)
            problems += [f"{one}: {problem}"] if problem else []
        yield Outcome(command, "broken", "NOT-KILLED", f"{killed} were killed") if killed < 3 else verdict_of(command, "OK", "; ".join(problems) or left_now(context, name))


def left_now(context, name):
    """Of casemate anything of this row; another runtime may have left something before, which was told then."""
    return "; ".join(lasting_residue(context, name)) if context.foreign else left_of(context, name)


def prepared(context, bundle, command):
    name = context.name()
    if command != "create":
        context.runtime("create", "--bundle", bundle, name)
    if command == "delete":
        context.start(name)
    return name


def left_by_the_dead(context, bundle, name):
    """What is wrong after the next create of the id, if it was not made, and its delete."""
    if not os.path.exists(record_of(context, name)):
        again = context.runtime("create", "--bundle", bundle, name)
        if again.status:
            return f"the next create: {again.err.strip()[-200:]}"
    deleted = context.runtime.delete(name)
    wait_for(lambda: not of_a_container(name), 3)
    left = lasting_residue(context, name) + of_a_container(name)
    return f"delete: {deleted.err.strip()[-200:]}" if deleted.status else f"left {left}" if left else ""


def killed_anywhere_control(context):
    """A cgroup before the record that names it: whoever looks for the record finds nothing to remove."""
    state, cgroup = os.path.join(context.place("naive"), "state.json"), os.path.join(context.watch.cgroups, context.name())
    script = f"import os, signal\nos.mkdir({cgroup!r})\nos.kill(os.getpid(), signal.SIGKILL)\nopen({state!r}, 'w').close()"
    call(["python3", "-c", script])
    if os.path.exists(state):
        os.rmdir(cgroup)
    yield shown("create", f"{cgroup} is there" if os.path.isdir(cgroup) else "")
    os.rmdir(cgroup)


# ---- L03: records that were cut, emptied, exchanged ----

def spoiled(text, other):
    """{name: bytes of a record, or None for none}"""
    half = text[:len(text) // 2]
    return {"empty": b"", "half": half, "last-byte": text.rstrip()[:-1], "zeros": bytes(len(text)), "zeros-at-the-end": half + bytes(len(text) - len(half)), "twice": text + text, "garbage": bytes(range(256)) * 8,
            "deep": b"[" * 100000, "huge": b'{"id": "' + b"x" * (4 << 20) + b'"}', "missing": None, "others": other}


# A delete of these takes two seconds for root: it waits for the processes that it finds by their ids.
QUICK = {"half", "last-byte", "zeros-at-the-end", "twice", "others", "empty", "missing", "link", "fifo", "hard-link"}
LOST = ("empty", "zeros", "garbage", "deep", "huge", "missing")  # nothing in it tells of a process


def spoiled_records(context):
    """A container runs while its record is spoiled: nobody says what is not so, and nobody lets go of what still runs. Of a container of a caller without privilege nothing
    else in the host tells: who loses his own record altogether is warned."""
    bundle = context.bundle(AGENT)
    other, others = context.started(bundle)
    name, pid = context.started(bundle)
    for what, content in spoiled(read_bytes(record_of(context, name)), read_bytes(record_of(context, other))).items():
        if not tried(context, what):
            continue
        path = record_of(context, name)
        good = read_bytes(path)
        if what == "missing" and context.runtime.rootless:
            continue
        write_record(context, path, content if what in (*LOST, "others") else spoiled(good, b"")[what])
        problem = said_of_spoiled(context, name, pid)
        done = context.runtime("delete", "--force", name, timeout=20)
        lives, gone = os.path.exists(f"/proc/{pid}/exe"), not os.path.exists(os.path.dirname(path))
        warned = context.runtime.rootless and what in LOST and "its record cannot be used" in done.err
        problem = problem or crashed(done) or ("another container was ended" if not os.path.exists(f"/proc/{others}/exe") else "delete let go of a container that runs" if gone and lives and not warned else "")
        yield verdict_of(what, "OK", problem)
        if gone or not lives:
            end_all([str(pid)] if lives else [])
            name, pid = context.started(bundle)
        else:
            write_record(context, path, good)
    write_record(context, os.path.join(os.path.dirname(record_of(context, name)), ".state.json.tmp"), b'{"version":')
    done, ended = context.runtime("state", name), context.runtime.delete(name)
    yield verdict_of("stale-file", "OK", f"{done.err}{ended.err}" if done.status or ended.status else left_now(context, name))


def tried(context, what):
    return context.runtime.rootless or context.settings.options.slow or what in QUICK


def said_of_spoiled(context, name, pid):
    for words in (("state", name), ("list",), ("kill", name, "0"), ("exec", name, "/bin/true"), ("delete", name)):
        done = context.runtime(*words, timeout=20)
        told = json.loads(done.out)["pid"] if words[0] == "state" and done.status == 0 else pid
        if crashed(done) or told != pid:
            return f"{words[0]}: {crashed(done) or f'pid {told} and not {pid}'}"
    return ""


def read_bytes(path):
    with open(path, "rb") as f:
        return f.read()


def write_record(context, path, content):
    if content is None:
        os.unlink(path)
        return
    with open(path, "wb") as f:
        f.write(content)
    os.chmod(path, 0o600)
    context.give(path)


def end_all(pids):
    for pid in pids:
        os.kill(int(pid), signal.SIGKILL)


def spoiled_records_control(context):
    """Who writes a record in its place and is killed halfway, and who believes what is written."""
    name, pid = context.started(context.bundle(AGENT))
    stopped, _ = context.started(context.bundle(AGENT))
    context.runtime("kill", stopped, "KILL")
    context.ends(stopped)
    path = record_of(context, stopped)
    write_record(context, path, read_bytes(record_of(context, name)))
    believed = json.loads(read(path))["pid"]
    yield shown("others", f"pid {believed} of another container runs" if believed == pid and os.path.exists(f"/proc/{believed}") else "")


# ---- L04: links and FIFOs in the place of records ----

def exchanged(path, target):
    """{name: what is put in the record's place}"""
    def owned_by_another():
        with open(path, "wb") as f:
            f.write(read_bytes(target / "secret"))
        os.chown(path, 4343, 4343)

    return {"link": lambda: os.symlink(target / "secret", path), "link-to-nothing": lambda: os.symlink(target / "new", path), "link-to-proc": lambda: os.symlink("/proc/self/environ", path),
            "hard-link": lambda: os.link(target / "secret", path), "fifo": lambda: os.mkfifo(path), "directory": lambda: os.mkdir(path),
            "socket": lambda: os.mknod(path, stat.S_IFSOCK | 0o600), "owner": owned_by_another}


COMMANDS = (("state",), ("list",), ("kill", "TERM"), ("exec", "/bin/true"), ("start",), ("pause",), ("delete",), ("delete", "--force"))


def called(context, name, words):
    options, rest = [w for w in words[1:] if w.startswith("--")], [w for w in words[1:] if not w.startswith("--")]
    return context.runtime(words[0], *options, *(() if words[0] == "list" else (name, *rest)), timeout=10)


def exchanged_entries(context):
    bundle, target = context.bundle(AGENT), Target(context)
    for what in exchanged("", target):
        if not tried(context, what):
            continue
        name, pid = context.started(bundle)
        path = record_of(context, name)
        os.rename(path, path + ".kept")
        linked = os.stat(target / "secret").st_ctime_ns
        exchanged(path, target)[what]()
        yield verdict_of(what, "OK", harm(context, name, target, linked))
        if os.path.isdir(os.path.dirname(path)):
            if os.path.lexists(path):
                (os.rmdir if os.path.isdir(path) and not os.path.islink(path) else os.unlink)(path)
            os.rename(path + ".kept", path)
        finished(context, name, pid)
    for what in ("whole-link", "whole-fifo"):
        target = Target(context)
        name, path = context.name(), os.path.join(context.runtime.state, context.ids[-1])
        os.symlink(target.path, path) if what == "whole-link" else os.mkfifo(path)
        problem = harm(context, name, target)
        done = context.runtime("create", "--bundle", bundle, name, timeout=10)
        yield verdict_of(what, "OK", problem or crashed(done) or target.changed())
        if os.path.islink(path) or (os.path.lexists(path) and not os.path.isdir(path)):
            os.unlink(path)
        finished(context, name)


def harm(context, name, target, linked=None):
    for words in COMMANDS:
        done = called(context, name, words)
        if crashed(done):
            return f"{words[0]}: {crashed(done)}"
        if context.watch.token in done.out + done.err:
            return f"{words[0]}: it told what is behind the link"
    if linked is not None:  # a hard link changes the times and the count of what it leads to
        names = sorted(os.listdir(target.path))
        return "" if read(target / "secret") == context.watch.token + "\n" and "new" not in names and "secret" in names else f"the host's directory was changed: {names}"
    return target.changed()


def finished(context, name, pid=0):
    """Without a record that leads to its process, or with one that leads elsewhere, a container goes on."""
    context.clean(name)
    end_all({str(pid)} & set(os.listdir("/proc")) | set(of_a_container(name)))


def exchanged_entries_control(context):
    target, path = Target(context), os.path.join(context.place("state"), "state.json")
    os.symlink(target / "secret", path)
    yield shown("link", read(path).replace(context.watch.token, "the host's secret"))
    os.unlink(path)
    os.mkfifo(path)
    done = call(["cat", path], timeout=0.5 / PATIENCE)
    yield shown("fifo", "it hung" if done.status == 124 else "")


# ---- L05: starting oneself early ----

INSIDE = "for f in /proc/1/fd/* /proc/1/task/1/fd/*; do (echo go >$f) 2>/dev/null; (head -c 1 <$f) >/dev/null 2>&1 & done; sleep 0.2; kill -CONT 1; kill -ALRM 1; kill -USR1 1; true"
OUTSIDE = """
import glob, os, signal, sys
pid, state = sys.argv[1:]
for path in [*glob.glob(f"/proc/{pid}/fd/*"), *glob.glob(state + "/*"), state + "/start", state + "/exec.fifo"]:
    for flags in (os.O_RDWR, os.O_WRONLY, os.O_RDONLY):
        try:
            fd = os.open(path, flags | os.O_NONBLOCK)
            print("opened", path, flush=True)
            os.write(fd, b"\\0" * 8) if flags else os.read(fd, 1)
        except OSError:
            pass
"""


def early(context):
    """A container waits for its start while processes of it, and of its host ids, do what they can."""
    name = context.name()
    bundle = context.bundle(("/bin/sh", "-c", "echo it-ran; exec /bin/escape-probe --agent wait"))
    done = created(context, bundle, name)
    pid = context.runtime.pid(name)
    if done.status or not pid:
        raise RuntimeError(done.err)
    context.runtime("exec", name, "/bin/sh", "-c", INSIDE, timeout=20)
    yield verdict_of("inside", "OK", "the program ran" if "it-ran" in read(done.log) else "")
    if context.tries("outside"):
        host = int(read(f"/proc/{pid}/uid_map").split()[1])
        who = ["setpriv", "--reuid", str(host), "--regid", str(host), "--clear-groups", "--inh-caps=-all"]
        opened = call([*who, "python3", "-c", OUTSIDE, str(pid), os.path.join(context.runtime.state, name)]).out if not context.runtime.rootless else ""
        time.sleep(0.1)
        yield verdict_of("outside", "OK", "the program ran" if "it-ran" in read(done.log) else f"its files were opened: {opened[:200]}" if opened else "")
    if context.runtime.pid(name):
        started = context.start(name)
        wait_for(lambda: "it-ran" in read(done.log))
        # of another runtime the container's own processes may have eaten the word to start
        yield verdict_of("start", "OK", "" if "it-ran" in read(done.log) or context.foreign else f"it never ran: nothing is proven: {started.status} {started.err.strip()[-200:]}")


def early_control(context):
    """A barrier that is a FIFO for everybody."""
    place = context.place("barrier")
    fifo, log = os.path.join(place, "fifo"), os.path.join(place, "log")
    os.mkfifo(fifo)
    os.chmod(fifo, 0o666)
    with open(log, "wb") as f, subprocess.Popen(["sh", "-c", f"read -r go <{fifo}; echo it-ran"], stdout=f) as child:
        call(["setpriv", "--reuid", "4343", "--clear-groups", "sh", "-c", f"echo go >{fifo}"], timeout=5)
        child.wait(5)
    yield shown("outside", "the program ran" if "it-ran" in read(log) else "")


# ---- L06, L07: records that name processes, cgroups and places of others ----

class Bystander:
    """A process of the host's, or of the caller's, in a cgroup of its own, which notes every signal."""

    def __init__(self, context):
        self.context, self.cgroup = context, os.path.join(context.watch.cgroups, f"{context.settings.tag}-bystander{context.random.randrange(1 << 30)}")
        self.log = os.path.join(context.place("bystander"), "log")
        context.give(os.path.dirname(self.log))
        os.mkdir(self.cgroup)
        words = [context.probe, "--agent", "marker", self.log, "bystander"]
        who = [*context.runtime.view.prefix[len(context.runtime.view.enter):]] if context.runtime.rootless else []
        self.process = subprocess.Popen([*who, *words], stdin=subprocess.DEVNULL)
        with open(os.path.join(self.cgroup, "cgroup.procs"), "w", encoding="ascii") as f:
            f.write(str(self.process.pid))
        wait_for(lambda: os.path.exists(self.log) and state_of(self.pid) == "S")  # what it sleeps for is signals

    @property
    def pid(self):
        return self.process.pid

    def hurt(self):
        time.sleep(0.02)
        signals = read(self.log).split() if os.path.exists(self.log) else []
        state = state_of(self.pid)
        frozen = read(os.path.join(self.cgroup, "cgroup.freeze")).strip() if os.path.isdir(self.cgroup) else ""
        return "it was killed" if state in "ZX" else f"it got {signals}" if signals else "its cgroup is gone" if not frozen else "it was frozen" if frozen == "1" or state == "T" else ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        for _ in range(50):
            try:
                os.rmdir(self.cgroup)
                break
            except FileNotFoundError:
                break
            except OSError:
                time.sleep(0.02)


def started_at(pid):
    return int(read(f"/proc/{pid}/stat").rsplit(")", 1)[-1].split()[19])


def forged(context, path, changes):
    record = json.loads(read(path))
    for key, value in changes.items():
        if callable(value):
            value(record)
        else:
            record[key] = value
    write_record(context, path, json.dumps(record).encode())


def forged_pids(context):
    key, start = {"runc": ("init_process_pid", "init_process_start"), "crun": ("pid", "process-start-time")}.get(context.runtime.kind, ("pid", "pidStart"))
    bundle = context.bundle(AGENT)
    with Bystander(context) as other:
        for what, changes in {"pid": {key: other.pid}, "pid-and-time": {key: other.pid, start: started_at(other.pid)}, "init": {key: 1}, "none": {key: 0}, "negative": {key: -1}, "text": {key: f"{other.pid}"}}.items():
            if not context.tries(what):
                continue
            name, pid = context.started(bundle)
            forged(context, record_of(context, name), changes)
            problem = ""
            for words in (("kill", name, "USR1"), ("kill", name, "KILL"), ("kill", "--all", name, "KILL"), ("pause", name), ("exec", name, "/bin/sh", "-c", "echo en''tered"), ("delete", "--force", name)):
                done = context.runtime(*words, timeout=20)
                problem = problem or other.hurt() or crashed(done) or ("it was entered" if "entered" in done.out and words[0] == "exec" and not of_a_container(name) else "")
            yield verdict_of(what, "OK", problem)
            if os.path.exists(record_of(context, name)):
                forged(context, record_of(context, name), {key: pid})
            finished(context, name, pid)
            if other.process.poll() is not None:
                break


def forged_pids_control(context):
    """Who only has the number of a process."""
    with Bystander(context) as other:
        os.kill(other.pid, signal.SIGUSR1)
        wait_for(other.hurt)
        yield shown("pid", other.hurt())


def foreign_paths(context, other, target):
    """{name: changes of a record}"""
    relative = "/" + os.path.relpath(other.cgroup, context.watch.cgroups)
    if context.runtime.kind == "runc":
        return {"cgroup": {"cgroup_paths": {"": other.cgroup}}}
    if context.runtime.kind == "crun":
        return {"cgroup": {"cgroup-path": relative}, "rootfs": {"rootfs": target.path}, "bundle": {"bundle": target.path}}
    inode = os.stat(other.cgroup).st_ino
    return {"cgroup": {"cgroupPath": relative}, "cgroup-up": {"cgroupPath": "/x/.." + relative}, "cgroup-root": {"cgroupPath": "/"}, "cgroup-empty": {"cgroupPath": ""}, "parents": {"cgroupParents": 30},
            "cgroup-host-path": {"cgroupPath": other.cgroup, "cgroupInode": inode}, "places": {"bundle": target.path, "rootfs": target.path, "config": target / "secret"},
            "unit": {"systemdUnit": "ssh.service"}, "slot": {"slot": {"index": 0, "hostId": 0, "ids": 65536, "generation": 1}}, "id": {"id": "../target"}, "hooks": {"poststop": [{"path": target / "secret"}]}}


def forged_paths(context):
    bundle, target = context.bundle(AGENT), Target(context)
    with Bystander(context) as other:
        kinds = list(foreign_paths(context, other, target))
    for what in kinds:
        with Bystander(context) as other:
            name, pid = context.started(bundle)
            good = read_bytes(record_of(context, name))
            forged(context, record_of(context, name), foreign_paths(context, other, target)[what])
            done = context.runtime("delete", "--force", name, timeout=20)
            yield verdict_of(what, "OK", crashed(done) or other.hurt() or target.changed())
            if os.path.isdir(os.path.dirname(record_of(context, name))):
                write_record(context, record_of(context, name), good)
            finished(context, name, pid)
    name, _ = context.started(bundle)
    place = os.path.dirname(record_of(context, name))
    os.symlink(target.path, os.path.join(place, "link"))
    done = context.runtime("delete", "--force", name, timeout=20)
    yield verdict_of("link-beside", "OK", crashed(done) or target.changed())
    if os.path.islink(os.path.join(place, "link")):
        os.unlink(os.path.join(place, "link"))
    finished(context, name)


def forged_paths_control(context):
    """The same record, and who writes to the cgroup that it names."""
    with Bystander(context) as other:
        record = {"cgroupPath": "/" + os.path.relpath(other.cgroup, context.watch.cgroups)}
        with open(f"{context.watch.cgroups}{record['cgroupPath']}/cgroup.kill", "w", encoding="ascii") as f:
            f.write("1")
        wait_for(lambda: other.hurt(), 2)
        yield shown("cgroup", other.hurt())


ROWS = [
    Row("L01", "many operations on one id at the same time", "FD", kind="host", users=BOTH, run=together, control=together_control, expect={"*": "OK"}),
    Row("L02", "the runtime is killed at any system call of create, start and delete", "FD", kind="host", users=BOTH, needs=("strace",), run=killed_anywhere, control=killed_anywhere_control, expect={"*": "OK"}),
    Row("L03", "records of containers that were cut, emptied or exchanged", "FD", kind="host", users=BOTH, run=spoiled_records, control=spoiled_records_control, expect={"*": "OK"}),
    Row("L04", "links, FIFOs and others' files in the place of records", "FD", kind="host", users=BOTH, run=exchanged_entries, control=exchanged_entries_control, expect={"*": "OK"}),
    Row("L05", "a container that waits for its start starts itself", "FD", kind="host", users=BOTH, run=early, control=early_control, expect={"*": "OK"},
        others={"outside": "the ids of its root are those of the host's root, who may start it"}),
    Row("L06", "a record that names a process of others", "FD", kind="host", users=BOTH, run=forged_pids, control=forged_pids_control, expect={"*": "OK"},
        others={w: "who believes it sends signals to the host's init, to the caller's process group or to everybody: that cannot be contained" for w in ("init", "none", "negative")}),
    Row("L07", "a record that names cgroups and places of others", "FD", kind="host", users=BOTH, run=forged_paths, control=forged_paths_control, expect={"*": "OK"}),
]
