# SPDX-License-Identifier: LGPL-2.1-or-later
"""B: what a container can do to a process that joins it, to the runtime's own program, and what it gets of the caller."""
import hashlib
import json
import os
import pty
import shutil
import struct
import subprocess
import time

from context import helper, probe_outcomes
from hostile import (TRUE, command_of, created, in_child, read, self_of, shown, verdict, verdict_of, wait_for, with_policy)
from rows import Outcome, Row
from runtime import Runtime, call
from views import FIRST_SUBORDINATE, UNPRIVILEGED_ID

BOTH = ("root", "rootless")
AGENT = ("/bin/escape-probe", "--agent", "wait")
SELF = ("/bin/escape-probe", "--agent", "self")


def digest(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


# ---- B01: the runtime's program ----

def overwritten(context):
    """Somebody inside writes to everything that is executed there and is no file of the image, while processes join whose program is the one that executes."""
    runtime = context.runtime
    if runtime.rootless:  # the caller's own program: root of the container owns it
        mine = os.path.join(context.place("program"), "casemate")
        shutil.copy(runtime.path, mine)
        context.give(os.path.dirname(mine))
        context.runtime = runtime = Runtime(mine, runtime.state, context.settings.place, rootless=True)
    before = digest(runtime.path)
    bundle = context.bundle(("/bin/escape-probe", "--agent", "overwrite", "60"))
    bin_directory = os.path.join(bundle, "rootfs/bin")
    with open(os.path.join(bin_directory, "trap"), "w", encoding="ascii") as f:
        f.write("#!/proc/self/exe\n")
    os.chmod(os.path.join(bin_directory, "trap"), 0o755)
    os.symlink("/proc/self/exe", os.path.join(bin_directory, "self"))
    for hijacked in ("lib", "lib64"):
        os.makedirs(os.path.join(bundle, "rootfs", hijacked))
        shutil.copy(os.path.join(bin_directory, "escape-probe"), os.path.join(bundle, "rootfs", hijacked, "ld-linux-x86-64.so.2"))
    for entry in ("/bin/trap", "/bin/self", "/proc/self/exe", "/proc/1/exe"):
        other = context.bundle([entry, "--version"], rootfs=os.path.join(bundle, "rootfs"))
        done = context.run(other, name := context.name(), timeout=20)
        context.clean(name)
        ran = done.status == 0 and runtime.kind in done.out
        yield verdict_of(f"entry={entry}", "OK", "the runtime ran inside" if ran else "" if digest(runtime.path) == before else "the runtime's program was changed")
    name = context.name()
    done = created(context, bundle, name)
    done_start = context.start(name)
    if done.status or done_start.status:
        yield Outcome("exec", "broken", "NOT-MADE", done.err + done_start.err)
        return
    wait_for(lambda: "ready" in read(done.log))
    for _ in range(context.rounds(20 if context.user == "root" else 8)):
        for entry in ("/bin/trap", "/bin/self", "/bin/true"):
            context.runtime("exec", name, entry, timeout=20)
    open(os.path.join(bundle, "rootfs/tmp/enough"), "w", encoding="ascii").close()
    context.ends(name, 20)
    problem = "the runtime's program was changed" if digest(runtime.path) != before else ""
    yield Outcome("exec", "escaped" if problem else "blocked", "" if problem else "OK", problem or read(done.log).replace("\n", " ")[-200:])


def overwritten_control(context):
    """The same attacker where a program of the host's is executed without protection: in a pid namespace and a root of their own."""
    bundle = context.bundle()
    rootfs = os.path.join(bundle, "rootfs")
    victim = os.path.join(rootfs, "escape/victim")
    open(os.path.join(rootfs, "dev/null"), "w", encoding="ascii").close()
    shutil.copy(context.probe, victim)
    before = digest(victim)
    script = f'mount -t proc proc {rootfs}/proc && exec chroot {rootfs} /bin/sh -c "/bin/escape-probe --agent overwrite 4 & sleep 0.5; /escape/victim --agent wait & sleep 1; kill \\$!; wait"'
    done = call(["unshare", "-mpf", "--kill-child", "sh", "-c", script], timeout=30)
    yield shown("exec", done.out.replace("\n", " ") if digest(victim) != before else "")


# ---- B02: the joining process ----

OPERATIONS = ("exe", "exe-path", "exe-write", "cwd", "root", "fd-dir", "fd", "pidfd-getfd", "vm-readv", "vm-writev", "mem", "maps", "map-files", "environ", "auxv", "stack", "ns", "comm", "oom", "kcmp", "seize")
# without privilege the joining process has the user id of the container's root until it enters the user namespace: these are judged by that id alone
OWNERS_TO_OPEN = ("comm", "oom", "fd-dir", "map-files", "exe-write")


def stalked(context, container, command, execs, process=None):
    """{operation: (tries, hits)} of an attacker during so many execs."""
    log = os.path.join(context.place("stalker"), "log")
    until = [] if not context.foreign else ["until=only-this"]
    words = ("exec", "--process", process, container) if process else ("exec", container, "/bin/true", "only-this")
    with open(log, "wb") as f:
        attacker = subprocess.Popen([*command, str(execs), "60", *until], stdin=subprocess.DEVNULL, stdout=f, stderr=subprocess.STDOUT)
    wait_for(lambda: "ready" in read(log))
    failed = [done.err for done in (context.runtime(*words, timeout=30) for _ in range(execs)) if done.status]
    attacker.wait(90)
    found = {}
    for line in read(log).splitlines():
        if line.startswith('{"op"'):
            said = json.loads(line)
            found[said["op"]] = (said["tries"], said["hits"])
    return found, failed


def told_by_file(context, bundle, *words):
    """A process.json: the runtime's own command line does not have these words."""
    path = os.path.join(context.place("process"), "process.json")
    with open(os.path.join(bundle, "config.json"), encoding="utf-8") as f, open(path, "w", encoding="utf-8") as g:
        json.dump({**json.load(f)["process"], "args": list(words)}, g)
    return path


def attackers(context, container, pid):
    """Command lines of who attacks: root of the container with every capability and no filter, and an ordinary process of it."""
    stalker = os.path.join(context.settings.helpers, "stalker")
    yield "strongest", [os.path.join(context.settings.helpers, "nsjoin"), str(pid), stalker]
    yield "inside", command_of(context.runtime, "exec", container, "/bin/stalker")


def joining(context):
    bundle = context.bundle(AGENT)
    shutil.copy(os.path.join(context.settings.helpers, "stalker"), os.path.join(bundle, "rootfs/bin/stalker"))
    container, pid = context.started(bundle)
    paused = context.weak("nothing") if not context.foreign else None
    process = told_by_file(context, bundle, "/bin/true", "only-this") if context.foreign else None
    for who, command in attackers(context, container, pid):
        if not context.tries(f"exe,{who}"):
            continue
        found, failed = stalked(context, container, command, context.rounds(250 if context.user == "root" else 30), process)
        if paused and not failed:
            paused.runtime.always = {"CASEMATE_TEST_PAUSE": "1"}
            more, failed = stalked(paused, container, command, context.rounds(20))
            found = {op: tuple(a + b for a, b in zip(found.get(op, (0, 0)), more.get(op, (0, 0)))) for op in OPERATIONS}
        if failed:
            yield Outcome(who, "broken", "EXEC-FAILED", failed[0][-300:])
            continue
        for op in OPERATIONS:
            tries, hits = found.get(op, (0, 0))
            if context.user == "rootless" and op in OWNERS_TO_OPEN:
                continue
            if not tries:
                yield Outcome(f"{op},{who}", "n/a" if context.foreign else "broken", "NOT-CAUGHT", str(found)[:200])
            else:
                yield Outcome(f"{op},{who}", "escaped" if hits else "blocked", "" if hits else "OK", f"{hits} of {tries} tries")


def joining_control(context):
    dumpable = context.weak("dumpable")
    if not dumpable:
        return
    dumpable.runtime.always = {"CASEMATE_TEST_PAUSE": "1"}
    container, pid = context.started(context.bundle(AGENT))
    found, _ = stalked(dumpable, container, next(attackers(context, container, pid))[1], 30)
    for op in OPERATIONS:
        tries, hits = found.get(op, (0, 0))
        yield Outcome(f"{op},strongest", "escaped" if hits else "blocked", "" if hits else "OK", f"{hits} of {tries} tries")


# ---- B03: descriptors of the caller ----

KINDS = {
    "directory": "os.open('/', os.O_RDONLY)", "secret": "os.open({secret!r}, os.O_RDONLY)", "path": "os.open('/', os.O_PATH)", "namespace": "os.open('/proc/self/ns/mnt', os.O_RDONLY)",
    "socket": "socket.socketpair()[0].detach()", "pipe": "os.pipe()[1]", "pidfd": "os.pidfd_open(1)", "memfd": "os.memfd_create('x')", "epoll": "(lambda e: os.dup(e.fileno()))(__import__('select').epoll())",
    "eventfd": "os.eventfd(0)", "procfs": "os.open('/proc/self/status', os.O_RDONLY)", "cgroup": "os.open('/sys/fs/cgroup', os.O_RDONLY)", "raw-socket": "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW).detach()",
    "device": "os.open('/dev/kmsg', os.O_RDONLY)", "root-link": "os.open('/proc/self/root', os.O_RDONLY)",
}
NO_DOORS = ("secret", "socket", "pipe", "memfd", "eventfd")  # may be passed on by somebody who says so


def leaking(context, first=3, last=200):
    """A prefix that leaves descriptors of every kind open."""
    secret = context.watch.canary + "/public"
    kinds = [k.format(secret=secret) for k in KINDS.values() if not (context.runtime.rootless and "kmsg" in k)]
    return ("python3", helper("with-fds"), *(f"{fd}={kinds[fd % len(kinds)]}" for fd in range(first, last + 1)), "--")


def descriptors_of(text):
    return sorted(k for k in self_of(text) if k.startswith("fd") and k not in ("fd0", "fd1", "fd2"))


def leaks(context):
    prefix = leaking(context)
    bundle = context.bundle(SELF)
    done = context.runtime("run", "--bundle", bundle, name := context.name(), timeout=30, prefix=prefix)
    context.clean(name)
    yield judged_self("run", done, descriptors_of(done.out))
    done = created(context, bundle, name := context.name(), (), {"prefix": prefix})
    waiting = context.runtime.pid(name) if done.status == 0 else 0
    held = [os.readlink(f"/proc/{waiting}/fd/{fd}") for fd in os.listdir(f"/proc/{waiting}/fd") if int(fd) > 2] if waiting and not context.foreign else []
    held = [h for h in held if h.startswith("/") and not h.endswith(f"/{name}/start")]  # the FIFO at which it waits
    yield verdict_of("waiting", "OK", str(held) if held else "")
    started = context.runtime("start", name, timeout=30, prefix=prefix)
    context.ends(name)
    done.out = read(done.log)
    done.status = done.status or started.status
    context.clean(name)
    yield judged_self("create", done, descriptors_of(done.out))
    container, _ = context.started(context.bundle(AGENT))
    done = context.runtime("exec", container, *SELF, timeout=30, prefix=prefix)
    yield judged_self("exec", done, descriptors_of(done.out))
    if context.runtime.rootless:
        return
    for kind, expression in KINDS.items():
        if kind in NO_DOORS:
            continue
        for form, words in (("run", ("run", "--preserve-fds", "1", "--bundle", bundle, context.name())), ("exec", ("exec", "--preserve-fds", "1", container, *SELF))):
            done = context.runtime(*words, timeout=30, prefix=("python3", helper("with-fds"), f"3={expression}", "--"))
            yield verdict(f"passed={kind},{form}", done, "it was passed on" if "fd3" in descriptors_of(done.out) else "")
            if form == "run":
                context.clean(words[-1])


def judged_self(name, done, bad):
    """An attempt whose program told about itself."""
    if done.status or "CapEff=" not in done.out:
        return Outcome(name, "broken", "NOT-RUN", (done.err or done.out)[-300:])
    return verdict_of(name, "OK", str(bad) if bad else "")


def leaks_control(context):
    weak = context.weak("closefds,passed")
    if not weak:
        return
    with weak:
        container, _ = weak.started(weak.bundle(AGENT))
        done = weak.runtime("exec", container, *SELF, timeout=30, prefix=leaking(context))
        yield shown("exec", str(descriptors_of(done.out)[:20]) if descriptors_of(done.out) else "")
        done = weak.runtime("exec", "--preserve-fds", "1", container, *SELF, timeout=30, prefix=("python3", helper("with-fds"), f"3={KINDS['directory']}", "--"))
        yield shown("passed=directory,exec", "fd3" if "fd3" in descriptors_of(done.out) else "")


# ---- B04: everything else of the caller ----

DIRTY = ("setpriv", "--securebits", "+no_setuid_fixup", "--inh-caps", "+chown,+kill,+net_admin,+sys_admin", "--ambient-caps", "+chown,+kill")


# limits that the configuration does not give are the caller's, as in other runtimes
INHERITED = {"fd0", "fd1", "fd2", *(f"rlimit{i}" for i in range(16))}
NOT_TO_LOWER = {"nice"}  # without privilege


def dirty(context):
    return ("python3", helper("dirty"), *(() if context.runtime.rootless else DIRTY))


def selves(context, prefix):
    """What a program knows in each form, called with this in front."""
    bundle = context.bundle(SELF)
    done = context.runtime("run", "--bundle", bundle, name := context.name(), timeout=30, prefix=prefix)
    context.clean(name)
    yield "run", done
    done = created(context, bundle, name := context.name(), (), {"prefix": prefix})
    done.status = done.status or context.runtime("start", name, prefix=prefix).status
    context.ends(name)
    done.out = read(done.log)
    context.clean(name)
    yield "create", done
    container, _ = context.started(context.bundle(AGENT))
    yield "exec", context.runtime("exec", container, *SELF, timeout=30, prefix=prefix)
    context.clean(container)


def callers_state(context):
    clean = {form: self_of(done.out) for form, done in selves(context, ())}
    for form, done in selves(context, dirty(context)):
        mine = self_of(done.out)
        yield judged_self(form, done, sorted(k for k in set(mine) ^ set(clean[form]) | {k for k in mine if mine[k] != clean[form].get(k)} if k not in INHERITED | (NOT_TO_LOWER if context.runtime.rootless else set())))
    if not context.foreign:
        yield from hook_state(context)


def hook_state(context):
    """The same for a hook of the host."""
    told = context.place("told")
    os.chmod(told, 0o777)
    with open(context.probe, "rb") as f:
        keywords = with_policy(context, {"hooks": {"allow": [{"path": "/etc/casemate/hook"}]}}, [("hook", f.read())])
    texts = []
    for prefix in ((), dirty(context)):
        path = os.path.join(told, str(len(texts)))
        bundle = context.bundle(TRUE, change=lambda config, _, path=path: config.update(hooks={"createRuntime": [{"path": "/etc/casemate/hook", "args": ["hook", "--agent", "self", path]}]}))
        done = context.runtime("run", "--bundle", bundle, name := context.name(), timeout=30, prefix=prefix, **keywords)
        context.clean(name)
        texts.append(self_of(read(path)) if os.path.exists(path) else {})
    # an ordinary program of the host: it has the caller's place, priorities and limits
    ours = [{k: v for k, v in t.items() if k.startswith("env:") or (k.startswith("fd") and k not in INHERITED) or k in ("Umask", "SigBlk", "SigIgn", "CapInh", "CapAmb", "securebits", "leader")} for t in texts]
    yield Outcome("hook", "broken", "NOT-RUN", done.err[-300:]) if not all(texts) else verdict_of("hook", "OK", str({k for k in ours[1] if ours[1][k] != ours[0].get(k)}) if ours[0] != ours[1] else "")


def callers_state_control(context):
    texts = [self_of(call([*prefix, context.probe, "--agent", "self"]).out) for prefix in ((), dirty(context))]
    yield shown("run", str(sorted(k for k in texts[1] if texts[1][k] != texts[0].get(k))[:20]) if texts[0] != texts[1] else "")


# ---- B05: pids that are somebody else's by now ----

class Squatter:
    """A process with a given pid, of the caller's, that tells which signals it got."""

    def __init__(self, context, pid):
        words = ["pid", str(pid)] + ([str(UNPRIVILEGED_ID)] if context.runtime.rootless else [])
        self.process = subprocess.Popen([context.probe, "--agent", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.said = self.process.stdout.readline().strip()

    def signals(self):
        """Those that came since; asks by a line."""
        self.process.stdin.close()
        rest = self.process.stdout.read()
        self.process.wait(10)
        return [line for line in rest.splitlines() if line.startswith("signal")]


def recycled(context):
    calls = {"exec": lambda name: ("exec", name, "/bin/sh", "-c", "echo entered"), "kill": lambda name: ("kill", name, "USR1"), "kill-all": lambda name: ("kill", "--all", name, "TERM"),
             "pause": lambda name: ("pause", name), "update": lambda name: ("update", "--pids-limit", "5", name), "ps": lambda name: ("ps", name), "delete": lambda name: ("delete", "--force", name)}
    for what, words in calls.items():
        name, pid = context.started(context.bundle(AGENT))
        os.kill(pid, 9)
        wait_for(lambda pid=pid: not os.path.exists(f"/proc/{pid}"))
        squatter = Squatter(context, pid)
        if squatter.said != "ready":
            yield Outcome(what, "n/a", "", f"the pid cannot be taken: {squatter.said}")
            continue
        done = context.runtime(*words(name), timeout=20)
        frozen = read(f"/proc/{pid}/stat").rsplit(")", 1)[-1].split()[0] == "T" if os.path.exists(f"/proc/{pid}/stat") else False
        alive = os.path.exists(f"/proc/{pid}")
        got = squatter.signals()
        context.clean(name)
        problem = "it was killed" if not alive else f"it got {got}" if got else "it was entered" if "entered" in done.out else "it was frozen" if frozen else ""
        if not problem and what == "ps" and str(pid) in done.out.split():
            problem = "it was taken for the container's"
        yield verdict_of(what, "OK", problem)


def recycled_control(context):
    """Who only has a number, and finds a process of it."""
    name, pid = context.started(context.bundle(AGENT))
    os.kill(pid, 9)
    wait_for(lambda: not os.path.exists(f"/proc/{pid}"))
    squatter = Squatter(context, pid)
    if squatter.said == "ready" and os.path.exists(f"/proc/{pid}"):
        os.kill(pid, 10)
        time.sleep(0.1)
    yield shown("kill", " ".join(squatter.signals()))
    context.clean(name)


# ---- B06, B07: capabilities and groups ----

FILE_CAPABILITIES = 1 << 0 | 1 << 5 | 1 << 10  # CHOWN, KILL, NET_BIND_SERVICE


def capability_file(rootfs, capabilities):
    path = os.path.join(rootfs, "bin/inheriting")
    shutil.copy(os.path.join(rootfs, "bin/escape-probe"), path)
    os.chmod(path, 0o755)
    os.setxattr(path, "security.capability", struct.pack("<IIIII", 0x02000001, 0, capabilities, 0, 0))
    return path


def inheritable(context):
    caps = ["CAP_CHOWN", "CAP_KILL"]

    def change(config, _):
        config["process"]["capabilities"] = {k: caps for k in ("bounding", "effective", "permitted", "inheritable")}

    prefix = () if context.runtime.rootless else ("setpriv", "--inh-caps", "+chown,+kill,+net_bind_service,+sys_admin", "--ambient-caps", "+chown,+kill,+sys_admin")
    for form, program in (("run", "/bin/escape-probe"), ("run-file", "/bin/inheriting")):
        bundle = context.bundle([program, "--agent", "self"], inside_user="user", change=None if form == "run-file" else change)
        capability_file(os.path.join(bundle, "rootfs"), FILE_CAPABILITIES)
        if context.runtime.rootless:
            context.give(os.path.join(bundle, "rootfs/bin/inheriting"))
            capability_file(os.path.join(bundle, "rootfs"), FILE_CAPABILITIES)  # a change of the owner took them
        done = context.runtime("run", "--bundle", bundle, name := context.name(), timeout=20, prefix=prefix)
        context.clean(name)
        mine = self_of(done.out)
        bad = [f"{k}={mine.get(k)}" for k in ("CapInh", "CapAmb", "CapEff") if int(mine.get(k, "0"), 16)]
        yield judged_self(form, done, bad) if mine or form != "run" else verdict(form, done)
    bundle = context.bundle(AGENT)
    capability_file(os.path.join(bundle, "rootfs"), FILE_CAPABILITIES)
    container, _ = context.started(bundle)
    for form, words in (("exec", SELF), ("exec-cap", SELF), ("exec-file", ("/bin/inheriting", "--agent", "self"))):
        options = ("--cap", "CAP_KILL") if form == "exec-cap" else ()
        done = context.runtime("exec", "--user", "1000:1000", *options, container, *words, timeout=20, prefix=prefix)
        mine = self_of(done.out)
        bad = [f"{k}={mine.get(k)}" for k in ("CapInh", "CapAmb", "CapEff") if int(mine.get(k, "0"), 16)]
        yield judged_self(form, done, bad)


def inheritable_control(context):
    """A user without privilege whose inheritable set was not emptied executes the file."""
    place = context.place("files")
    os.mkdir(os.path.join(place, "bin"))
    shutil.copy(context.probe, os.path.join(place, "bin/escape-probe"))
    path = capability_file(place, FILE_CAPABILITIES)
    done = call(["setpriv", "--reuid", "1000", "--regid", "1000", "--clear-groups", "--inh-caps", "-all,+chown,+kill", path, "--agent", "self"])
    mine = self_of(done.out)
    yield shown("exec-file", f"CapEff={mine.get('CapEff')}" if int(mine.get("CapEff", "0"), 16) else "")


def groups(context):
    def change(config, _):
        config["process"]["user"] = {"uid": 1000, "gid": 1000, "additionalGids": [1234, 1235]}
        config["process"]["args"] = ["/bin/sh", "-c", "cat /escape/shut-out; /bin/escape-probe --agent self; /bin/escape-probe B08/leave-group=plain"]

    bundle = context.bundle(change=change)
    shut_out(context, bundle)
    prefix = () if context.runtime.rootless else ("setpriv", "--groups", "4,20,1234")
    done = context.runtime("run", "--bundle", bundle, name := context.name(), timeout=20, prefix=prefix)
    context.clean(name)
    yield judged_groups(context, "run", done, "1234 1235")
    bundle = context.bundle(AGENT)
    shut_out(context, bundle)
    container, _ = context.started(bundle)
    words = ("/bin/sh", "-c", "cat /escape/shut-out; /bin/escape-probe --agent self; /bin/escape-probe B08/leave-group=plain")
    if context.knows("exec", "--additional-gids"):
        done = context.runtime("exec", "--user", "1000:1000", "--additional-gids", "1234", "--additional-gids", "1235", container, *words, timeout=20, prefix=prefix)
        yield judged_groups(context, "exec", done, "1234 1235")
    done = context.runtime("exec", "--user", "1000:1234", container, *words, timeout=20, prefix=prefix)
    yield judged_groups(context, "exec-primary", done, "")


def shut_out(context, bundle):
    """A file that everybody but one group may read."""
    path = os.path.join(bundle, "rootfs/escape/shut-out")
    with open(path, "w", encoding="ascii") as f:
        f.write(context.watch.token + "\n")
    first = FIRST_SUBORDINATE - 1 if context.runtime.rootless else 0
    os.chown(path, UNPRIVILEGED_ID if first else 0, first + 1234)
    os.chmod(path, 0o604)


def judged_groups(context, name, done, wanted):
    mine = self_of(done.out)
    left = probe_outcomes(done.out).get("B08", {}).get("leave-group=plain")
    if "Groups" not in mine or not left:
        return Outcome(name, "broken", "NOT-RUN", (done.err or done.out)[-300:])
    got = mine["Groups"].split()
    problem = ("the file was read" if context.watch.token in done.out else f"groups {got}" if [g for g in got if g not in wanted.split() + ["1000"]] or not set(wanted.split()) <= set(got) else
               "it left its groups" if left.result == "escaped" else "")
    return verdict_of(name, "OK", problem)


def groups_control(context):
    """A process whose user was set and whose groups were not."""
    place = context.place("files")
    path = os.path.join(place, "shut-out")
    with open(path, "w", encoding="ascii") as f:
        f.write(context.watch.token)
    os.chown(path, 0, 1234)
    os.chmod(path, 0o604)

    def work():
        os.setgroups([])
        os.setresgid(1000, 1000, 1000)
        os.setresuid(1000, 1000, 1000)
        return "the file was read" if context.watch.token in read(path) else ""

    yield shown("run", in_child(work, 0))


# ---- B13, B14: standard streams ----

def at_terminal(command):
    """Its output, with a terminal that controls its session as all three streams."""
    pid, master = pty.fork()
    if pid == 0:
        try:
            os.execvp(command[0], command)
        finally:
            os._exit(127)
    out = b""
    while True:
        try:
            data = os.read(master, 65536)
        except OSError:
            break
        if not data:
            break
        out += data
    os.close(master)
    os.waitpid(pid, 0)
    return out.decode(errors="replace").replace("\r\n", "\n")


def prefixed(form, outcomes):
    for one in outcomes.values():
        one.attempt = f"{one.attempt},{form}"
        yield one


def terminals(context):
    bundle = context.bundle(("/bin/escape-probe", "B13"))
    name = context.name()
    out = at_terminal(command_of(context.runtime, "run", "--bundle", bundle, name))
    context.clean(name)
    yield from prefixed("run", probe_outcomes(out).get("B13", {"run": Outcome("run", "broken", "NO-ANSWER", out[-300:])}))
    container, _ = context.started(context.bundle(AGENT))
    out = at_terminal(command_of(context.runtime, "exec", container, "/bin/escape-probe", "B13"))
    yield from prefixed("exec", probe_outcomes(out).get("B13", {"exec": Outcome("exec", "broken", "NO-ANSWER", out[-300:])}))


def terminals_control(context):
    out = at_terminal(["unshare", "-mpf", "--mount-proc", context.probe, "B13"])
    yield from prefixed("run", probe_outcomes(out).get("B13", {}))


def log_files(context):
    """Standard output is a file of the host that everybody may read and write: only the path to it is missing."""
    log = os.path.join(context.place("log"), "log")
    os.chmod(os.path.dirname(log), 0o755)
    container, _ = context.started(context.bundle(AGENT))
    bundle = context.bundle(("/bin/escape-probe", "B14"))
    for form, words in (("run", ("run", "--bundle", bundle, context.name())), ("exec", ("exec", container, "/bin/escape-probe", "B14"))):
        with open(log, "w", encoding="ascii") as f:
            f.write("first line\n")
        os.chmod(log, 0o666)
        context.give(log)
        with open(log, "ab") as f:
            done = context.runtime(*words, timeout=20, output=f)
        if form == "run":
            context.clean(words[-1])
        outcomes = probe_outcomes(read(log)).get("B14", {})
        yield from prefixed(form, outcomes or {form: Outcome(form, "broken", "NO-ANSWER", done.err[-300:])})
        yield verdict_of(f"log,{form}", "OK", "" if read(log).startswith("first line\n") else "it was cut")


def log_files_control(context):
    log = os.path.join(context.place("log"), "log")
    with open(log, "ab") as f:
        call([context.probe, "B14"], output=f)
    yield from prefixed("run", probe_outcomes(read(log)).get("B14", {}))


ROWS = [
    Row("B01", "the runtime's own program is overwritten through /proc", "FD UNS", "CVE-2019-5736", kind="host", users=BOTH, run=overwritten, control=overwritten_control, expect={"*": "OK"}),
    Row("B02", "a process that joins is traced, read or robbed of its descriptors", "FD UNS", "CVE-2016-9962", kind="host", users=BOTH, run=joining, control=joining_control,
        expect={"*": "OK"}, others={"*,strongest": "without a user namespace every capability is one over the host, and who has it needs no attack"}, vacuous={f"{op},strongest": "the kernel asks more than a dumpable process for it" for op in ("exe-write", "stack", "oom", "auxv", "map-files", "exe-path")}),
    Row("B03", "descriptors that the caller left open, or passes on", "FD", "CVE-2015-3627, CVE-2024-21626", kind="host", users=BOTH, run=leaks, control=leaks_control,
        expect={"passed=*": "REFUSED", "*": "OK"}),
    Row("B04", "environment, signals, limits, keyring, capabilities and the like of the caller", "FD", "CVE-2026-57231", kind="host", users=BOTH, run=callers_state,
        control=callers_state_control, expect={"*": "OK"}),
    Row("B05", "commands for a container whose pid is another process's by now", "FD", "CVE-2022-1227", kind="host", users=BOTH, run=recycled, control=recycled_control,
        may_lack=("*",), expect={"*": "OK"}),
    Row("B06", "inheritable and ambient capabilities", "CAP", "CVE-2022-24769, CVE-2022-27649, CVE-2022-27650, CVE-2022-27651, CVE-2022-27652, CVE-2022-29162", kind="host", users=BOTH,
        run=inheritable, control=inheritable_control, expect={"*": "OK"}),
    Row("B07", "groups of the caller, missing ones, and leaving one that shuts out", "UNS", "CVE-2022-36109, CVE-2022-2989, CVE-2022-2990, CVE-2022-2995, CVE-2023-25173", kind="host",
        users=BOTH, run=groups, control=groups_control, expect={"*": "OK"}),
    Row("B08", "leaving a group as root of a further user namespace", "UC SEC KRN", "CVE-2014-8989", users=("user", "root", "rootless"), expect={"*": "EPERM|EACCES"},
        vacuous={"write-setgroups=*": "the map of groups is there already (since Linux 3.19)", "leave-group=plain": "needs CAP_SETGID, which root of the control arm gives away as well"}),
    Row("B13", "the caller's terminal as a controlling one, and typing into it", "SEC", kind="host", users=BOTH, run=terminals, control=terminals_control,
        expect={"controlling,*": "OK", "open-tty,*": "ENXIO", "tiocsctty,*": "EPERM|ENOTTY", "*": "EPERM|ENOTTY|EIO"}, may_lack=("tiocsti*",)),
    Row("B14", "a log file of the host, opened again by the name of standard output", "LL UNS", kind="host", users=BOTH, run=log_files, control=log_files_control, needs=("landlock",),
        expect={"log,*": "OK", "*": "EACCES"}),
]
