# SPDX-License-Identifier: LGPL-2.1-or-later
"""L: what reaches the runtime from outside: messages of the container, a hostile caller, names for systemd, a policy in doubt, a host that runs out, audit records."""
import contextlib
import itertools
import json
import os
import re
import shutil
import socket
import subprocess
import time
from datetime import datetime, timedelta, timezone

from breaking import calls_of_each, crashed, left_of, sampled, strace
from changes import put, tagged
from context import helper
from hostile import Target, lacks_masks, lasting_residue, mounted, mounts_of, read, self_of, shown, some, verdict, verdict_of, wait_for
from residue import held_slots
from rows import Mutation, Outcome, Row
from runtime import call
from views import View

BOTH = ("root", "rootless")
AGENT = ("/bin/escape-probe", "--agent", "wait")


# ---- L08, L09: what a container and an engine's socket say ----

@contextlib.contextmanager
def manager(context):
    """A service manager that notes what it hears: the address of its socket, and a function that says what."""
    place = context.place("manager")
    context.give(place)
    address, heard = os.path.join(place, "socket"), os.path.join(place, "heard")
    with subprocess.Popen(["python3", helper("service-manager"), address, heard], stdin=subprocess.DEVNULL) as process:
        try:
            wait_for(lambda: os.path.exists(heard))
            os.chmod(address, 0o777)
            yield address, lambda: read(heard).splitlines()
        finally:
            process.kill()


def telling(context, *words):
    """A bundle whose program sends these to the socket that it is told of."""
    bundle = context.bundle(("/bin/tell", *words))
    shutil.copy(os.path.join(context.settings.helpers, "tell"), os.path.join(bundle, "rootfs/bin/tell"))
    context.give(bundle)
    return bundle


def told_of(context, *words):
    """A container says these, and then that it is ready: the result of its start, the most descriptors that the runtime held meanwhile, what the manager heard of it."""
    with manager(context) as (address, heard):
        name, env, most = context.name(), {"NOTIFY_SOCKET": address}, 0
        done = context.runtime("create", "--bundle", telling(context, *words, "READY=1"), name, env=env)
        if done.status:
            raise RuntimeError(done.err)
        pid = context.runtime.pid(name)
        with context.runtime.popen("start", name, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            end = time.monotonic() + 30
            while process.poll() is None and time.monotonic() < end:
                with contextlib.suppress(OSError):
                    most = max(most, len(os.listdir(f"/proc/{process.pid}/fd")))
                time.sleep(0.001)
            hung = process.poll() is None
            process.kill()
        wait_for(lambda: any("BARRIER" in line for line in heard()), 2)
        lines = [line.replace(str(pid), "PID") for line in heard()]
        context.clean(name)
    return hung, most, lines


KINDS = "file directory missing dead datagram silent floods".split()


@contextlib.contextmanager
def console(kind, place):
    """Something in the place of an engine's console socket."""
    path, sockets = os.path.join(place, "console"), []
    if kind == "file":
        open(path, "w", encoding="ascii").close()
    elif kind == "directory":
        os.mkdir(path)
    elif kind != "missing":
        s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM if kind == "datagram" else socket.SOCK_STREAM)
        s.bind(path)
        os.chmod(path, 0o777)
        if kind == "dead":
            s.close()
        else:
            sockets.append(s)
            if kind != "datagram":
                s.listen(1)
    child = subprocess.Popen(["python3", "-c", FLOOD, str(sockets[0].fileno())], pass_fds=[sockets[0].fileno()]) if kind == "floods" else None
    try:
        yield path
    finally:
        for s in sockets:
            s.close()
        if child:
            child.kill()
            child.wait()


# Accepts, and answers with descriptors until nobody takes any more.
FLOOD = """
import os, socket, sys
s, _ = socket.socket(fileno=int(sys.argv[1])).accept()
try:
    while True:
        socket.send_fds(s, [b"x" * 1000], [os.open("/", os.O_RDONLY)] * 200)
except OSError:
    pass
"""


def sockets_of_others(context):
    hung, most, lines = told_of(context, *["fd"] * (2000 if context.user == "root" else 500))
    yield verdict_of("notify-descriptors", "OK", "start hung" if hung else f"it held {most} descriptors" if most > 64 else f"{lines}" if any("FDSTORE" in line for line in lines) else "")
    bundle = context.bundle(AGENT, change=put("process/terminal", True))
    for kind in KINDS:
        place, name = context.place("console"), context.name()
        context.give(place)
        with console(kind, place) as path:
            context.give(path) if os.path.isfile(path) else None
            done = context.runtime("create", "--bundle", bundle, "--console-socket", path, name, timeout=20)
            left = lasting_residue(context, name) if done.status else []
            context.clean(name)
        problem = crashed(done) or (f"left {left}" if left else "it started" if kind in ("file", "directory", "missing", "dead", "datagram") and done.status == 0 else "")
        yield verdict_of(f"console={kind}", "OK", problem or left_of(context, name))


def sockets_of_others_control(_):
    """Who takes all that is sent along keeps it."""
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    before = len(os.listdir("/proc/self/fd"))
    socket.send_fds(its, [b"FDSTORE=1"], [0] * 100)
    _, fds, _, _ = socket.recv_fds(ours, 100, 100)
    more = len(os.listdir("/proc/self/fd")) - before
    for fd in fds:
        os.close(fd)
    yield shown("notify-descriptors", f"{more} descriptors more" if more > 64 else "")


MESSAGES = {"main-pid": ["MAINPID=1"], "store": ["fd", "FDSTORE=1\nFDNAME=x"], "status": ["STATUS=all is well"], "stopping": ["STOPPING=1"], "watchdog": ["WATCHDOG=trigger"], "bus-error": ["BUSERROR=x"],
            "more-time": ["EXTEND_TIMEOUT_USEC=999999999"], "ready-and-more": ["READY=1\nMAINPID=1\nFDSTORE=1"], "more-and-ready": ["MAINPID=1\nREADY=1"], "long": ["big"], "errno": ["ERRNO=2", "READY=0", "ready=1"]}
HARMLESS = {"'READY=1' 0", "'MAINPID=PID' 0", "'BARRIER=1' 1", "'READY=1MAINPID=PID' 0"}
WANTED = [r"'READY=1\n' 0", r"'MAINPID=PID\n' 0", "'BARRIER=1' 1"]


def messages(context):
    for name, words in some(context, MESSAGES.items()):
        hung, _, lines = told_of(context, *words)
        more = [line for line in lines if line.replace(r"\n", "") not in HARMLESS]
        yield verdict_of(name, "OK", "start hung" if hung else f"the manager heard {lines}" if more or (lines != WANTED and not context.foreign) else "")


def messages_control(context):
    """The same program at the manager's own socket."""
    with manager(context) as (address, heard):
        with subprocess.Popen([os.path.join(context.settings.helpers, "tell"), "MAINPID=1", "fd"], env={"NOTIFY_SOCKET": address}) as process:
            wait_for(lambda: len(heard()) == 2)
            process.kill()
        yield shown("main-pid", next((line for line in heard() if "MAINPID" in line), ""))
        yield shown("store", next((line for line in heard() if "FDSTORE" in line), ""))


# ---- L10: a hostile caller ----

# Python in front of the program: `rest` is its command line.
CALLERS = {
    "no-arguments": "import ctypes; ctypes.CDLL(None).execve(rest[0].encode(), (ctypes.c_char_p * 1)(None), (ctypes.c_char_p * 1)(None))",
    "no-stdin": "os.close(0)", "no-stdout": "os.close(1)", "no-streams": "os.closerange(0, 3)",
    "files": "resource.setrlimit(resource.RLIMIT_NOFILE, (8, 8))", "three-files": "resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))", "memory": "resource.setrlimit(resource.RLIMIT_AS, (4 << 20, 4 << 20))",
    "data": "resource.setrlimit(resource.RLIMIT_DATA, (1 << 18, 1 << 18))", "stack": "resource.setrlimit(resource.RLIMIT_STACK, (65536, 65536))", "file-size": "resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))",
    "processes": "resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))", "nothing": "[resource.setrlimit(n, (0, 0)) for n in (1, 4, 8, 11, 12, 14)]",
    "ignored": "[signal.signal(n, signal.SIG_IGN) for n in range(1, 32) if n not in (9, 19)]", "blocked": "signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 64))",
    "timer": "signal.setitimer(signal.ITIMER_REAL, 0.004)", "umask": "os.umask(0o777)", "no-umask": "os.umask(0)", "gone": "os.mkdir('gone'); os.chdir('gone'); os.rmdir('../gone')",
    "personality": "import ctypes; ctypes.CDLL(None).personality(0x0440000)", "no-new-privileges": "import ctypes; ctypes.CDLL(None).prctl(38, 1, 0, 0, 0)",
    "crowded": "[os.set_inheritable(os.open('/', 0), True) for n in range(900)]", "environment": "os.environ.update({f'X{n}': 'x' * 1000 for n in range(1000)})",
    "loader": "os.environ.update(dict.fromkeys('LD_PRELOAD LD_LIBRARY_PATH LD_AUDIT GCONV_PATH MALLOC_TRACE LOCPATH NLSPATH TMPDIR BASH_ENV ENV PYTHONPATH'.split(), EVIL))",
    "path": "os.environ['PATH'] = EVIL", "home": "os.environ.update(HOME=EVIL, XDG_CONFIG_HOME=EVIL, XDG_DATA_HOME=EVIL, LISTEN_FDS='-1', LISTEN_PID='x', NOTIFY_SOCKET='/', SHELL=EVIL)",
    "test-build": "os.environ.update(CASEMATE_TEST_WITHOUT='seccomp,caps,landlock,masks,readonly,ucounts,devices', CASEMATE_TEST_POLICY='none', CASEMATE_TEST_ALLOW_MOUNT='/')",
}
CALLER = "import os, resource, signal, sys; EVIL, rest = sys.argv[1], sys.argv[2:]\nos.chdir(os.path.dirname(EVIL))\n%s\nos.execv(rest[0], rest)"
FIELDS = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp", "Seccomp_filters", "Groups", "SigIgn", "SigBlk")


def of_process(pid):
    fields = dict(line.split(":", 1) for line in read(f"/proc/{pid}/status").splitlines() if ":" in line)
    return {**{k: fields[k].strip() for k in FIELDS}, "mounts": [(m[0], m[2], m[3]) for m in mounts_of(pid)], "personality": read(f"/proc/{pid}/personality")}


def hostile_callers(context):
    """Whatever the caller is like: a container as confined as any, or a clean error."""
    bundle, place = context.bundle(AGENT), context.place("caller")
    context.give(place)
    target, evil = Target(context), os.path.join(place, "evil")
    os.mkdir(evil)
    for name in "sh ls mount umount newuidmap newgidmap casemate-systemd modprobe ip casemate evil.so".split():
        with open(os.path.join(evil, name), "w", encoding="ascii") as f:
            f.write(f"#!/bin/sh\ntouch {target / 'ran'}\n")
        os.chmod(os.path.join(evil, name), 0o755)
    name, pid = context.started(bundle)
    good = of_process(pid)
    context.clean(name)
    for what, script in CALLERS.items():
        if not context.tries(what):
            continue
        name = context.name()
        done = context.runtime("create", "--bundle", bundle, name, under=["/usr/bin/python3", "-c", CALLER % script, evil], timeout=20)
        # by the signal that the caller ordered, or by the kernel while it executes the program
        killed = done.status < 0 and what in ("timer", "file-size", "nothing", "memory", "data")
        problem = "" if killed else crashed(done)
        if not problem and done.status == 0 and what != "no-arguments":
            container = context.runtime.pid(name)
            mine = of_process(container)
            worse = [f"{k} {good[k]} became {mine[k]}" for k in good if mine[k] != good[k] and not (k == "NoNewPrivs" and mine[k] == "1")]
            problem = "; ".join(worse) or lacks_masks(container)
        left = lasting_residue(context, name) if done.status > 0 else []
        context.clean(name)
        # a caller without privilege is found newuidmap by his own PATH, with his own privilege
        ran = target.changed() if not (context.runtime.rootless and what == "path") else ""
        yield verdict_of(what, "OK", problem or (f"left {left}" if left else ran) or left_of(context, name))


def hostile_callers_control(context):
    """A shell script as a runtime."""
    evil, target = context.place("evil"), Target(context)
    with open(os.path.join(evil, "mount"), "w", encoding="ascii") as f:
        f.write(f"#!/bin/sh\n: >{target / 'ran'}\n")
    os.chmod(os.path.join(evil, "mount"), 0o755)
    call(["/bin/sh", "-c", "mount -t proc proc /none"], env={"PATH": evil})
    yield shown("path", target.changed())


# ---- L11: what systemd would read ----

UNITS = {"newline": "system.slice:casemate:NAME\nDelegate=true", "slash": "system.slice:x/../..:NAME", "space": "system.slice:x:NAME ExecStart=/bin/sh", "escape": "system.slice:x:NAME\u001b[31m", "quote": "system.slice:x:NAME\"",
         "root-slice": "-.slice:x:NAME", "empty-level": "a--b.slice:x:NAME", "no-slice": "system:x:NAME", "service": "ssh.service:x:NAME", "a-slice": "system.slice:x:NAME.slice", "long": "a" * 300 + ".slice:b:NAME",
         "template": "system.slice:x@y:NAME", "two-parts": "system.slice:NAME", "four-parts": "system.slice:x:NAME:y", "path": "/sys/fs/cgroup/NAME", "session": "system.slice:session:NAME", "up": "../../init.scope:x:NAME"}
PROPERTIES = {"exec": ("ExecStartPre", "[['/bin/sh', '-c', 'id']]"), "delegate": ("Delegate", "true"), "devices": ("DeviceAllow", "[('/dev/mem', 'rwm')]"), "policy": ("DevicePolicy", "'auto'"), "tasks": ("TasksMax", "uint64 18446744073709551615"),
              "slice": ("Slice", "'-.slice'"), "wants": ("Wants", "['rescue.target']"), "conflicts": ("Conflicts", "['ssh.service']"), "kill-mode": ("KillMode", "'none'"), "signal": ("KillSignal", "0"),
              "injection": ("KillSignal", "15>, 'Delegate': <true"), "newline": ("KillMode\nDelegate", "'mixed'")}


def l11():
    driver = {"options": ("--systemd-cgroup",), "no_control": "without systemd nobody makes a unit", "also": ("CM-CGROUP-SYSTEMD", "CM-CGROUP-NONE", "CM-LIMIT-UNENFORCEABLE")}
    for name, path in UNITS.items():
        yield Mutation(f"unit={name}", put("linux/cgroupsPath", tagged(path)), "CM-CGROUP-PATH", **driver)
    for name, (key, value) in PROPERTIES.items():
        yield Mutation(f"property={name}", put("annotations", {f"org.systemd.property.{key}": value}), "CM-ANNOTATION-UNSAFE", **driver)


# ---- L12: a policy in doubt ----

def flaws(rules):
    """{name: what is done in the directory that becomes /etc/casemate: shell commands, or another text of policy.json as bytes}. It has a policy.json that lets the bundle start."""
    text = json.dumps({"version": 1, **rules})
    written = {"unknown-key": text[:-1] + ', "sysctl": {}}', "spelling": text[:-1] + ', "Level": "hardened"}', "twice": text[:-1] + ', "version": 1}', "later-version": text.replace('"version": 1', '"version": 2'),
               "no-version": "{" + text.split(",", 1)[1], "cut": text[:-1], "empty": "", "list": "[]", "null": text[:-1] + ', "level": null}', "floor": text[:-1] + ', "oomScoreAdj": {"min": -1000}}',
               "exception": text[:-1] + ', "exceptions": [{"codes": ["CM-NOPE"], "match": {"bundle": "/b"}, "from": "2026-01-01", "expires": "2026-02-01", "reason": "r"}]}',
               "rules": text[:-1] + ', "hooks": {"allow": [%s]}}' % ", ".join(f'{{"path": "/h{n}"}}' for n in range(10000)), "comment": "// none\n" + text, "deep": "[" * 5000}
    owned = {"writable": "chmod 666 policy.json", "group": "chmod 664 policy.json", "owner": "chown 4343 policy.json", "link": "mv policy.json other; ln -s other policy.json", "dangling": "ln -sf /none policy.json",
             "fifo": "rm policy.json; mkfifo policy.json", "directory": "rm policy.json; mkdir policy.json", "huge": "head -c 262145 /dev/zero | tr '\\0' ' ' >>policy.json", "way": "chmod 777 .", "way-owner": "chown 4343 .",
             "drop-in": "mkdir policy.d; mv policy.json policy.d/a.json; chmod 666 policy.d/a.json", "drop-in-link": "mkdir policy.d; mv policy.json a; ln -s ../a policy.d/a.json", "drop-in-way": "mkdir -m 777 policy.d",
             "bytes": "printf '\\377' >>policy.json"}
    return {**owned, **{f"text={name}": content.encode() for name, content in written.items()}}


def with_flaw(context, flaw, rules, bundle, options=()):
    """The bundle on a host with this policy and this flaw of it."""
    place = context.place("policy")
    path = os.path.join(place, "policy.json")
    with open(path, "wb") as f:
        f.write(flaw if isinstance(flaw, bytes) else json.dumps({"version": 1, **rules}).encode())
    os.chmod(path, 0o644)
    if isinstance(flaw, str):
        subprocess.run(["sh", "-ec", flaw], cwd=place, check=True, stdin=subprocess.DEVNULL)
    with contextlib.closing(View(context.settings.place, context.runtime.rootless, policy=place)) as view:
        name = context.name()
        done = context.runtime("create", "--bundle", bundle, name, view=view, options=options, timeout=20)
        left = lasting_residue(context, name) if done.status else []
        context.clean(name)
    return done, left


def doubtful_policies(context):
    target = Target(context)
    rules = {"mounts": {"allow": [{"prefix": target.path, "write": True}]}}
    bundle = context.bundle(change=lambda config, _: mounted(config, {"destination": "/srv", "type": "bind", "source": target.path, "options": ["rbind"]}))
    done, _ = with_flaw(context, "true", rules, bundle)
    if done.status:
        yield Outcome("none", "broken", "REFUSED", done.err[-300:])
    for name, script in some(context, flaws(rules).items()):
        done, left = with_flaw(context, script, rules, bundle)
        yield verdict(name, done, "it started" if done.status == 0 else f"left {left}" if left else "" if "policy" in done.err else f"not for the policy's sake: {done.err}")
    for name, words in {"no-file": ("--policy", "/etc/casemate/none.json"), "no-name": ("--policy", "none"), "not-roots": ("--policy", os.path.join(target.path, "policy.json"))}.items():
        with open(target / "policy.json", "w", encoding="ascii") as f:
            json.dump({"version": 1, **rules}, f)
        os.chown(target / "policy.json", 4343, 4343)
        done, left = with_flaw(context, "true", rules, bundle, words)
        yield verdict(name, done, "it started" if done.status == 0 else f"left {left}" if left else "")


def doubtful_policies_control(context):
    """The same rules without a flaw: they count."""
    target = Target(context)
    bundle = context.bundle(change=lambda config, _: mounted(config, {"destination": "/srv", "type": "bind", "source": target.path, "options": ["rbind"]}))
    done, _ = with_flaw(context, "true", {"mounts": {"allow": [{"prefix": target.path, "write": True}]}}, bundle)
    yield shown("writable", "the container has the directory" if done.status == 0 else "")


# ---- L13: clocks, and calls that fail ----

ERRORS = ("ENOSPC", "ENOMEM", "EMFILE", "EPERM")
HELD = ("Uid", "Gid", "Groups", "NoNewPrivs", "Seccomp", "Seccomp_filters", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "oom_score_adj", "setgroups", "personality", "cgroup", "rlimit4", "rlimit14", "rlimit13")


# What each program tells of itself: one alone does all the calls, so that those that fail are the runtime's.
TELLING = (("/bin/escape-probe", "--agent", "self"), ("/bin/cat", "/proc/self/status", "/proc/self/mountinfo", "/proc/self/setgroups", "/proc/self/oom_score_adj", "/proc/self/cgroup"))


def failing_calls(context):
    """Each system call of the runtime, and then of the container's first process, fails in turn: nothing starts, or all that confines it is there. A caller without privilege cannot trace the
    set-user-id programs that the second needs."""
    bundles = [context.bundle(words) for words in TELLING]
    plain = [of_output(context.run(bundle, timeout=30).out) for bundle in bundles]
    before_main = ("brk", "arch_prctl")  # without these the C library has no thread to report an error from
    sides = [("", (), next(iter(calls_of_each(context, "run", "--bundle", bundles[0], context.name()).values())))]
    if not context.runtime.rootless:
        processes = list(calls_of_each(context, "run", "--bundle", bundles[0], context.name(), options=("-f",)).values())[1:]
        sides.append((",child", ("-f",), [c for p in processes for c in itertools.takewhile(lambda c: c[0] not in ("execve", "execveat"), p)]))
    for (side, options, calls), error in itertools.product(sides, ERRORS):
        problems, refused = [], 0
        # as where users may make no namespaces, and where a filter over us knows no pidfds
        always = {c for c in calls if c[0] in ("unshare", "pidfd_send_signal") and error == "EPERM"}
        for number, one in enumerate(sorted({*sampled(context, [c for c in calls if c[0] not in before_main], 12)} | always)):
            which = number % len(bundles)
            done = context.runtime("run", "--bundle", bundles[which], name := context.name(), under=strace(f"error={error}", one, *options), timeout=30)
            refused += done.status != 0
            problem = crashed(done) or (different(plain[which], of_output(done.out)) if "CapEff" in done.out else "")
            if not problem and os.path.exists(os.path.join(context.runtime.state, name)) and (deleted := context.runtime.delete(name)).status:
                problem = deleted.err
            left = lasting_residue(context, name)
            problems += [f"{one}: {problem or left}"] if problem or left else []
        yield Outcome(f"{error}{side}", "broken", "NEVER-FAILED", "no call") if not refused else verdict_of(f"{error}{side}", "OK", "; ".join(problems))
    if context.tries("ids"):
        yield verdict_of("ids", "OK", unreclaimed(context, bundles[0]))


def unreclaimed(context, bundle):
    """Ids that could not be given back because that call failed are found by the next create of the same id."""
    for name in sorted(held_slots(context.runtime.state) & set(context.ids)):
        done = context.run(bundle, name, timeout=30)
        if done.status:
            return f"{name}: {done.err}"
    return left_of(context)


def of_output(text):
    """What a program said of itself, and its mounts without their numbers."""
    told = self_of(text)
    told.update((k, v.strip()) for k, _, v in (line.partition(":") for line in text.splitlines()))
    mounts = sorted((f[4], f[f.index("-") + 1], f[5]) for f in (line.split() for line in text.splitlines()) if len(f) > 8 and f[0].isdigit() and "-" in f)
    return {**{k: told.get(k) for k in HELD}, "descriptors": sorted(k for k in told if re.fullmatch("fd[0-9]+", k)), "mounts": mounts}


def different(plain, mine):
    return "; ".join(f"{k} {plain[k]} became {mine[k]}"[:300] for k in plain if mine[k] != plain[k])


def clocks(context):
    """Exceptions of a policy before and after their time, and a container that is looked at when more time seems to have passed."""
    bundle = context.bundle(AGENT)
    now = datetime.now(timezone.utc)
    for name, first, last in (("before", 1, 30), ("after", -30, -1)) if context.tries("clock=before") else ():
        one = {"codes": ["CM-NONROOT"], "match": {"bundle": os.path.realpath(bundle)}, "reason": "r", **{k: (now + timedelta(days=d)).strftime("%Y-%m-%d") for k, d in (("from", first), ("expires", last))}}
        done, left = with_flaw(context, "true", {"user": {"nonRoot": True}, "exceptions": [one]}, bundle)
        yield verdict(f"clock={name}", done, "it started" if done.status == 0 else f"left {left}" if left else "")
    if not context.runtime.rootless:
        name, pid = context.started(bundle)
        later = ["unshare", "--time", "--boottime", "1000000", "--monotonic", "1000000", "--fork"]
        problem = "" if context.runtime("state", name, under=later).out.count(f'"pid": {pid}') else "it is not taken for the running one"
        done = context.runtime("delete", "--force", name, under=later)
        yield verdict_of("clock=later", "OK", problem or done.err or left_of(context, name))


def breaking_hosts(context):
    yield from failing_calls(context)
    yield from clocks(context)


def breaking_hosts_control(context):
    """A program that does not look whether its filter was installed."""
    script = "import ctypes\nctypes.CDLL(None).prctl(38, 1, 0, 0, 0)\nprint(open('/proc/self/status').read())"
    done = call(["strace", "-qq", "-o", "/dev/null", "-e", "trace=prctl", "-e", "inject=prctl:error=EPERM", "python3", "-c", script])
    yield shown("EPERM", "it goes on without" if "NoNewPrivs:\t0" in done.out else "")


# ---- L14: audit records ----

FORGED = '\n{"event":"forged"}\n'
SINKS = {"link": "ln -s {target}/secret /srv/audit.log", "fifo": "mkfifo /srv/audit.log", "directory": "mkdir /srv/audit.log", "writable": "chmod 777 /srv", "others": "touch /srv/audit.log; chown 4343 /srv/audit.log",
         "full": "mount -t tmpfs -o size=4k,mode=755 none /srv; head -c 1M /dev/zero >/srv/filled || true"}


@contextlib.contextmanager
def audited(context, required, script=""):
    sink = {"type": "file", "path": "/srv/audit.log", **({"required": True} if required else {})}
    with contextlib.closing(View(context.settings.place, False, {"version": 1, "audit": {"sinks": [sink]}}, script="mount -t tmpfs -o mode=755 none /srv; " + (script or "true"))) as view:
        yield view


def records(context):
    with audited(context, True) as view:
        bundle, container = context.bundle(AGENT, change=put("annotations", {"io.kubernetes.cri.sandbox-name": FORGED, "io.kubernetes.cri.image-name": '","event":"forged'})), context.name()
        calls = [("create", "--bundle", bundle, container), ("create", "--bundle", bundle, f"x{FORGED}"), ("start", container), ("exec", container, "/bin/true", FORGED), ("exec", "--env", f"A={FORGED}", container, "/bin/none"),
                 ("exec", "--cap", "CAP_SYS_ADMIN", container, "/bin/true"), ("update", "--pids-limit", "100", container), ("kill", container, "KILL"), ("delete", "--force", container)]
        for words in calls:
            context.runtime(*words, view=view, timeout=20)
        lines = call([*view.enter, "cat", "/srv/audit.log"]).out.splitlines()
    events = []
    for line in lines:
        with contextlib.suppress(ValueError):
            events.append(json.loads(line)["event"])
    yield verdict_of("forged", "OK", "" if events == [c[0] for c in calls] else f"the records: {events} of {len(lines)} lines")
    target = Target(context)
    for name, script in SINKS.items():
        with audited(context, True, script.format(target=target.path)) as view:
            done = context.runtime("run", "--bundle", context.bundle(), name_ := context.name(), view=view, timeout=20)
            context.clean(name_)
        yield verdict_of(f"sink={name}", "OK", crashed(done) or target.changed() or ("it ran without a record" if done.status == 0 else ""))


def records_control(context):
    """Records as lines of text."""
    log = os.path.join(context.place("log"), "log")
    with open(log, "a", encoding="ascii") as f:
        f.write(f"create x{FORGED} failed\n")
    yield shown("forged", next((line for line in read(log).splitlines() if line.startswith('{"event":"forged"}')), ""))


ROWS = [
    Row("L08", "floods of descriptors, and sockets that are none", "FD", kind="host", users=BOTH, run=sockets_of_others, control=sockets_of_others_control, expect={"*": "OK"}),
    Row("L09", "NOTIFY_SOCKET: more than READY=1 to the host's manager", "FD", kind="host", users=BOTH, run=messages, control=messages_control, expect={"*": "OK"}),
    Row("L10", "hostile environment, descriptors, signals and limits of the caller", "FD", kind="host", users=BOTH, run=hostile_callers, control=hostile_callers_control, expect={"*": "OK"},
        others={"test-build": "the variables are those of casemate's test build"}),
    Row("L11", "names and properties of systemd units", "POL", kind="config", mutations=tuple(l11()), others={"*": "without systemd they make no unit"}),
    Row("L12", "a policy that is missing, unreadable, writable for others, a link, huge or invalid", "POL", kind="host", users=BOTH, run=doubtful_policies, control=doubtful_policies_control,
        expect={"*": "REFUSED"}, others={"*": "they have no policy"}),
    Row("L13", "clocks that jump; no space, memory, descriptors or leave at any system call", "FD", kind="host", users=BOTH, needs=("strace",), run=breaking_hosts, control=breaking_hosts_control,
        expect={"clock=before": "CM-NONROOT", "clock=after": "CM-NONROOT", "*": "OK"}, others={"clock=before": "they have no policy", "clock=after": "they have no policy", "ids": "they take no ids of the host that they would have to give back"}),
    Row("L14", "suppressing or forging audit records", "POL", kind="host", users=("root",), run=records, control=records_control, expect={"*": "OK"}, others={"*": "they keep no such records"}),
]
