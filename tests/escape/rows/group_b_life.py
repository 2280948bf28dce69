# SPDX-License-Identifier: LGPL-2.1-or-later
"""B: exec that asks for more or finds less, tracing from the host, checkpoints, and a runtime that fails, is stopped or killed at any step."""
import json
import os
import re
import signal
import subprocess
import time

from hostile import command_of, lasting_residue, read, self_of, shown, some, verdict, verdict_of, wait_for
from rows import Outcome, Row
from runtime import PATIENCE, call
from views import UNPRIVILEGED_ID

BOTH = ("root", "rootless")
AGENT = ("/bin/escape-probe", "--agent", "wait")
SELF = ("/bin/escape-probe", "--agent", "self")


# ---- B09: exec beside init ----

STATUS = ("Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp", "Seccomp_filters", "SigBlk", "SigIgn", "Umask", "Cpus_allowed", "Mems_allowed",
          "Speculation_Store_Bypass", "SpeculationIndirectBranch")
FILES = ("limits", "cgroup", "oom_score_adj", "uid_map", "gid_map", "setgroups", "mountinfo", "personality", "coredump_filter", "timerslack_ns", "loginuid", "attr/current", "attr/exec")
NAMESPACES = ("cgroup", "ipc", "mnt", "net", "pid", "pid_for_children", "time", "uts", "user")


def facts(pid):
    """What the host's /proc says of a process."""
    text = read(f"/proc/{pid}/status")
    fields = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    found = {f"status {k}": fields.get(k, "").strip() for k in STATUS}
    found.update({f"namespace {n}": os.readlink(f"/proc/{pid}/ns/{n}") for n in NAMESPACES if os.path.lexists(f"/proc/{pid}/ns/{n}")})
    for name in FILES:
        try:
            found[name] = read(f"/proc/{pid}/{name}")
        except OSError as e:
            found[name] = e.strerror
    root = os.stat(f"/proc/{pid}/root")
    found["root"], found["descriptors"] = (root.st_dev, root.st_ino), sorted(os.listdir(f"/proc/{pid}/fd"))
    stat = read(f"/proc/{pid}/stat").rsplit(")", 1)[-1].split()
    found["nice, policy"] = stat[16], stat[38]
    if "processes" in found["limits"]:  # nobody's exec may raise it, but rootless each process counts for itself
        found["limits"] = re.sub(r"Max processes.*\n", "", found["limits"])
    return found


def joined(context, container, *options):
    """The pid of a process that joined and waits, or an error."""
    pid_file = os.path.join(context.place("pid"), "pid")
    context.give(os.path.dirname(pid_file))
    done = context.runtime("exec", "--detach", "--pid-file", pid_file, *options[:-1], container, *options[-1], timeout=20)
    if done.status:
        raise RuntimeError(done.err)
    pid = read(pid_file)
    wait_for(lambda: "--agent" in read(f"/proc/{pid}/cmdline"))  # until it executes, descriptors of its own are open
    return int(pid)


def compared(name, init, other):
    different = [k for k in init if init[k] != other.get(k)]
    return verdict_of(name, "OK", "; ".join(f"{k}: {str(init[k])[:60]!r} became {str(other.get(k))[:60]!r}" for k in different))


def equal_processes(context):
    def change(config, _):
        config["process"].update(rlimits=[{"type": "RLIMIT_NOFILE", "soft": 100, "hard": 200}], oomScoreAdj=300)
        config["process"]["user"].update(additionalGids=[5, 6], umask=7)

    bundle = context.bundle(AGENT, change=change)
    container, pid = context.started(bundle)
    init = facts(pid)
    yield compared("plain", init, facts(joined(context, container, AGENT)))
    process = os.path.join(context.place("process"), "process.json")
    with open(os.path.join(bundle, "config.json"), encoding="utf-8") as f:
        wanted = json.load(f)["process"]
    for name, more in (("process.json", {}), ("greedy", {"rlimits": [{"type": "RLIMIT_NOFILE", "soft": 5000, "hard": 5000}, {"type": "RLIMIT_CORE", "soft": 1 << 30, "hard": 1 << 30}], "oomScoreAdj": -500,
                                                         "noNewPrivileges": False})):
        with open(process, "w", encoding="utf-8") as f:
            json.dump({**wanted, **more}, f)
        other = facts(joined(context, container, "--process", process, ()))
        if name == "greedy":  # limits: down to init's hard ones
            init, other = ({k: v for k, v in x.items() if k != "limits"} for x in (init, other))
        yield compared(name, init, other)


def equal_processes_control(context):
    weak = context.weak("seccomp,caps,landlock")
    if not weak:
        return
    with weak:
        container, pid = context.started(context.bundle(AGENT))
        one = compared("plain", facts(pid), facts(joined(weak, container, AGENT)))
        yield one
        context.clean(container)


# ---- B10, B11: what exec may ask for ----

def asks(change):
    """Options for a process.json with this change."""
    def options(context, process):
        change(process)
        path = os.path.join(context.place("process"), "process.json")
        with open(path, "w", encoding="utf-8") as f:
            json.dump(process, f)
        return ["--process", path]
    return options


def all_caps(process):
    with open("/usr/include/linux/capability.h", encoding="utf-8") as f:
        names = re.findall(r"^#define (CAP_[A-Z_]+)\s+\d+$", f.read(), re.M) or ["CAP_SYS_ADMIN"]
    process["capabilities"] = {k: names for k in ("bounding", "effective", "permitted", "inheritable", "ambient")}


NOT_INITS = "CM-LSM+CM-LSM-UNCONFINED|CM-LSM-UNCONFINED"  # a label that confines nothing, and is not the one of the container's init
GREEDY = {
    "cap": ("CM-CAP-REFUSED", lambda c, p: ["--cap", "CAP_SYS_ADMIN"]), "cap-lower-case": ("CM-CAP-UNKNOWN", lambda c, p: ["--cap", "cap_sys_ptrace"]), "cap-dropped": ("CM-CAP-REFUSED", lambda c, p: ["--cap", "CAP_NET_RAW"]),
    "apparmor": (NOT_INITS, lambda c, p: ["--apparmor", "unconfined"]), "selinux": (NOT_INITS, lambda c, p: ["--process-label", "system_u:system_r:spc_t:s0"]),
    "privileged": ("CM-CAP-REFUSED", asks(all_caps)), "unconfined": (NOT_INITS, asks(lambda p: p.update(apparmorProfile="unconfined"))),
    "new-privileges": ("OK", asks(lambda p: p.update(noNewPrivileges=False))), "real-time": ("CM-SCHED", asks(lambda p: p.update(scheduler={"policy": "SCHED_FIFO", "priority": 1}))),
    "oom": ("OK", asks(lambda p: p.update(oomScoreAdj=-1000))), "limits": ("OK", asks(lambda p: p.update(rlimits=[{"type": "RLIMIT_NOFILE", "soft": 1 << 20, "hard": 1 << 20}]))),
    "ambient": ("CM-CAP-REFUSED", asks(lambda p: p.update(capabilities={k: ["CAP_SYS_ADMIN"] for k in ("bounding", "permitted", "effective", "ambient")}))),
    "user-unmapped": ("CM-ID-USER", asks(lambda p: p.update(user={"uid": 4294967294, "gid": 0}))), "cwd": ("CM-CWD", asks(lambda p: p.update(cwd="/proc/self/fd/7"))),
}
HELD = ("CapPrm", "CapBnd", "NoNewPrivs", "Seccomp", "oom_score_adj", "rlimit7")


def greedy(context):
    bundle = context.bundle(AGENT)
    container, _ = context.started(bundle)
    done = context.runtime("exec", container, *SELF, timeout=20)
    plain = self_of(done.out)
    for name, (_, options) in some(context, GREEDY.items()):
        with open(os.path.join(bundle, "config.json"), encoding="utf-8") as f:
            process = json.load(f)["process"]
        process["args"] = list(SELF)
        words = options(context, process)
        done = context.runtime("exec", *words, container, *(() if "--process" in words else SELF), timeout=20)
        mine = self_of(done.out)
        more = int(mine.get("CapPrm", "0"), 16) & ~int(plain.get("CapPrm", "0"), 16) or int(mine.get("CapBnd", "0"), 16) & ~int(plain.get("CapBnd", "0"), 16)
        worse = [f"{k} {plain.get(k)} became {mine[k]}" for k in HELD[2:] if k in mine and mine[k] != plain.get(k) and not (k.startswith("rlimit") and int(mine[k].split()[1]) <= int(plain[k].split()[1]))]
        yield verdict(name, done, f"capabilities {more:#x} more" if more else "; ".join(worse))


def greedy_control(context):
    yield from (o for o in greedy(context.elsewhere()) if o.result == "escaped")


CGROUPS = ("..", "../..", "../../../../..", "/..", "a/../../..", "/sys/fs/cgroup", "./..", "link", "", "memory:..", "../OTHER", "%2e%2e")


def cgroups(context):
    container, pid = context.started(context.bundle(AGENT))
    own = read(f"/proc/{pid}/cgroup").split("0::", 1)[-1].split("\n")[0]
    for path in CGROUPS:
        if not context.tries(f"cgroup={path!r}"):
            continue
        wanted = path.replace("OTHER", os.path.basename(own))
        pid_file = os.path.join(context.place("pid"), "pid")
        context.give(os.path.dirname(pid_file))
        done = context.runtime("exec", "--cgroup", wanted, "--detach", "--pid-file", pid_file, container, *AGENT, timeout=20)
        where = ""
        if done.status == 0 and os.path.exists(pid_file):
            where = read(f"/proc/{read(pid_file)}/cgroup").split("0::", 1)[-1].split("\n")[0]
        outside = where and where != own and not where.startswith(own + "/")
        yield verdict(f"cgroup={path!r}", done, f"it is in {where} instead of {own}" if outside else "")


def cgroups_control(context):
    """A path joined to the container's cgroup as a text, and somebody put there."""
    name, pid = context.started(context.bundle(AGENT))
    own = read(f"/proc/{pid}/cgroup").split("0::", 1)[-1].split("\n")[0]
    with subprocess.Popen(["sleep", "30"]) as child:
        with open(f"{context.watch.cgroups}{own}/../cgroup.procs", "w", encoding="ascii") as f:
            f.write(str(child.pid))
        where = read(f"/proc/{child.pid}/cgroup").split("0::", 1)[-1].split("\n")[0]
        child.kill()
    context.clean(name)
    yield shown("cgroup='..'", where if not where.startswith(own) else "")


# ---- B12: somebody of the host who traces ----

OTHER_ID = 4343


def tracer(context, uid, calls):
    """An attacker on the host with this user id, while containers are made and joined: what it got."""
    done = os.path.join(context.place("done"), "enough")
    secret = context.watch.canary + "/secret"
    log = os.path.join(context.place("tracer"), "log")
    with open(log, "wb") as f:
        attacker = subprocess.Popen(["setpriv", "--reuid", str(uid), "--regid", str(uid), "--clear-groups", "--inh-caps=-all", context.probe, "--agent", "trace", "60", secret, done],
                                    stdin=subprocess.DEVNULL, stdout=f, stderr=subprocess.STDOUT)
    wait_for(lambda: "ready" in read(log))
    failed = [d for d in (call_() for call_ in calls) if d.status]
    open(done, "w", encoding="ascii").close()
    attacker.wait(90)
    line = read(log).splitlines()[-1]
    return (json.loads(line) if line.startswith("{") else {}), failed


def traced(context):
    container, _ = context.started(context.bundle(AGENT))
    bundle = context.bundle()

    def run():
        done = context.run(bundle, name := context.name(), timeout=30)
        context.clean(name)
        return done

    calls = [run, lambda: context.runtime("exec", container, "/bin/true", timeout=30)] * context.rounds(10)
    attackers = [("other-user", OTHER_ID)] + ([("same-user", UNPRIVILEGED_ID)] if context.runtime.rootless else [])
    for who, uid in attackers:
        got, failed = tracer(context, uid, calls)
        if not got or got["tries"] < 100:
            yield Outcome(who, "broken", "NOT-TRIED", str(got))
            continue
        # the same user owns the outer user namespace anyway, and is its root: what counts is what that does not have
        for what in ("secret",) if who == "same-user" else ("seize", "mem", "secret"):
            yield verdict_of(f"{what},{who}", "OK", f"{got[what]} of {got['tries']} tries" if got[what] else "")
        if who != "same-user":
            yield verdict_of(f"undisturbed,{who}", "OK", failed[0].err[-200:] if failed else "")


def traced_control(context):
    """Ordinary processes of the same user."""
    def one():
        return call(["setpriv", "--reuid", str(OTHER_ID), "--regid", str(OTHER_ID), "--clear-groups", "sleep", "0.1"])

    got, _ = tracer(context, OTHER_ID, [one] * 5)
    for what in ("seize", "mem"):
        yield shown(f"{what},other-user", f"{got.get(what)} times" if got.get(what) else "")


# ---- B15: checkpoints ----

def checkpoints(context):
    image = context.place("image")
    for name in ("descriptors.json", "mountpoints-13.img", "config.json", "inventory.img"):
        with open(os.path.join(image, name), "w", encoding="ascii") as f:
            f.write('["/dev/null"]')
    context.give(image)
    container, _ = context.started(context.bundle(AGENT))
    yield verdict("checkpoint", context.runtime("checkpoint", "--image-path", context.place("into"), container, timeout=30))
    bundle = context.bundle()
    for name, options in (("restore", ()), ("restore-lsm", ("--lsm-profile", "apparmor:unconfined")), ("restore-detach", ("--detach",))):
        other = context.name()
        done = context.runtime("restore", "--image-path", image, "--bundle", bundle, *options, other, timeout=30)
        left = lasting_residue(context, other)
        yield verdict(name, done, f"left: {left}" if left else "restored" if done.status == 0 else "")


# ---- B16: a namespace that cannot be made ----

def limited(runtime, kind, most, *words):
    """A command line: the runtime in a user namespace of its own, with the ids of the one outside, in which so many namespaces of a type may be made."""
    limit = f'echo {most} >/proc/sys/user/max_{kind}_namespaces; exec "$@"'
    namespace = ["unshare", "-U", "--map-users=0,0,4294967295", "--map-groups=0,0,4294967295", "--setuid=0", "--setgid=0", "sh", "-c", limit, "sh"]
    outside = runtime.view.enter if runtime.view else []
    user = runtime.view.prefix[len(outside):] if runtime.view else []
    return [*outside, *namespace, *user, *command_of(runtime, *words)[len(outside) + len(user):]]


def exhausted(context):
    """The runtime in a user namespace of its own in which only so many namespaces of a type may be made: it works, confined, or ends. It never goes on with half of it."""
    bundle = context.bundle(("/bin/sh", "-c", f"/bin/escape-probe --agent self; readlink /proc/self/ns/mnt; ls -d {context.watch.canary} 2>/dev/null; echo ran"))
    plain = self_of(context.run(bundle, name := context.name(), timeout=30).out)
    context.clean(name)
    if context.foreign and "ran" not in call(limited(context.runtime, "mnt", 1000, "run", "--bundle", bundle, context.name()), timeout=30).out.split():
        yield Outcome("mnt", "n/a", "", "it makes no container in such a user namespace, whatever the limit")
        return
    for kind in some(context, ("mnt", "pid", "net", "ipc", "uts", "cgroup", "user")):
        problems, refused, ran = [], 0, 0
        for most in range(4):
            name = context.name()
            done = call(limited(context.runtime, kind, most, "run", "--bundle", bundle, name), timeout=30)
            mine = self_of(done.out)
            if "CapEff" in mine or "ran" in done.out.split():
                ran += 1
                worse = [k for k in ("Seccomp", "NoNewPrivs", "CapEff", "CapBnd") if mine.get(k) != plain.get(k)]
                if worse or context.watch.canary in done.out or os.readlink("/proc/self/ns/mnt") in done.out:
                    problems.append(f"{most}: it ran with another {worse}, or in the host's files")
            else:
                refused += 1
                problems += [f"{most}: status 0"] if done.status == 0 else []
            context.clean(name)
            left = [p for p in lasting_residue(context, name) if p.startswith("process")]
            problems += [f"{most}: left {left}"] if left else []
        yield verdict_of(kind, "OK", "; ".join(problems)) if refused else Outcome(kind, "n/a", "", f"it ran {ran} times: not limited")


def exhausted_control(_):
    """The same limit, and a program that does not look at the result."""
    script = "echo 0 >/proc/sys/user/max_mnt_namespaces; unshare -m true; cat /proc/self/mountinfo | grep -c ' / / '; echo ran"
    done = call(["unshare", "-Ur", "sh", "-c", script])
    yield shown("mnt", done.out.replace("\n", " ") if "ran" in done.out and "No space" in done.err else "")


# ---- B17: killed and stopped at each step ----

def steps_of(context, *words):
    """Names of the steps that the test build goes through in this command."""
    done = context.runtime("--debug", *words, timeout=30)
    return list(dict.fromkeys(re.findall(r'msg="([a-z][a-z-]+): \d+ us"', done.err)))


def processes_with(context, word):
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if word in read(f"/proc/{pid}/cgroup") and " Z " not in read(f"/proc/{pid}/stat").rsplit(")", 1)[-1][:4]:
                found.append(pid)
        except OSError:
            continue
    return found


def killed(context):
    test = context.weak(context.runtime.without or "nothing") if not context.foreign else None
    if not test:
        yield Outcome("create", "n/a", "", "no test build")
        return
    with test:
        bundle = test.bundle(AGENT)
        name = test.name()
        steps = steps_of(test, "create", "--bundle", bundle, name)
        test.clean(name)
        if len(steps) < 30:
            yield Outcome("create", "broken", "", f"steps: {steps}")
            return
        yield each_step("create-killed", some(context, steps), lambda step: killed_create(test, bundle, step))
        yield each_step("create-stopped", [s for s in some(context, steps) if s.startswith("child-") and s != "child-parent-death"], lambda step: stopped_create(test, bundle, step))
        container, pid = test.started(test.bundle(AGENT))
        steps = steps_of(test, "exec", container, "/bin/true")
        yield each_step("exec-killed", some(context, steps), lambda step: killed_exec(test, container, pid, step))
        yield each_step("exec-stopped", [s for s in some(context, steps) if s.startswith("join-") and s not in ("join-hide", "join-parent-death")], lambda step: stopped_exec(test, container, pid, step))


def each_step(name, steps, attempt):
    for step in steps:
        problem = attempt(step)
        if problem:
            return Outcome(name, "escaped", "", f"{step}: {problem}")
    return Outcome(name, "blocked" if steps else "broken", "OK", f"{len(steps)} steps")


def half_confined(test, name):
    """What is alive of a container whose maker died: nothing, or one that waits for its start as confined as it ever will be."""
    confined = [p for p in processes_with(test, name) if "Seccomp:\t2" in read(f"/proc/{p}/status")]
    end = time.monotonic() + 3 * PATIENCE
    while (left := [p for p in processes_with(test, name) if p not in confined]) and time.monotonic() < end:
        time.sleep(0.02)
    test.clean(name)
    after = lasting_residue(test, name)
    return f"alive: {left}" if left else f"left after delete: {after}" if after else ""


def killed_create(test, bundle, step):
    name = test.name()
    done = test.runtime("create", "--bundle", bundle, name, env={"CASEMATE_TEST_KILL_AT": step}, timeout=30)
    return "it was not killed" if done.status == 0 else half_confined(test, name)


def stopped(test, words, step):
    """A call that stops at a step: it, and its error file."""
    log = os.path.join(test.place("stopped"), "err")
    environ = {**os.environ, "CASEMATE_TEST_STOP_AT": step, "CASEMATE_TEST_WITHOUT": test.runtime.without}
    with open(log, "wb") as f:
        process = subprocess.Popen(command_of(test.runtime, *words), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=f, env=environ)
    wait_for(lambda: f"stopped at {step}" in read(log) or process.poll() is not None, 5)
    return process, f"stopped at {step}" in read(log)


def stopped_create(test, bundle, step):
    name = test.name()
    process, there = stopped(test, ("create", "--bundle", bundle, name), step)
    alive = processes_with(test, name)
    process.send_signal(signal.SIGKILL)
    process.wait()
    if not there:
        test.clean(name)
        return "it did not stop there"
    problem = half_confined(test, name)
    return problem or ("" if alive or test.runtime.rootless else "there was nobody to look at")


def alone(test, pid, name):
    end = time.monotonic() + 3 * PATIENCE
    while (others := [p for p in processes_with(test, name) if p != str(pid)]) and time.monotonic() < end:
        time.sleep(0.02)
    return f"alive: {others}" if others else ""


def killed_exec(test, container, pid, step):
    done = test.runtime("exec", container, *AGENT, env={"CASEMATE_TEST_KILL_AT": step}, timeout=30)
    return "it was not killed" if done.status == 0 else alone(test, pid, container)


def stopped_exec(test, container, pid, step):
    process, there = stopped(test, ("exec", container, *AGENT), step)
    process.send_signal(signal.SIGKILL)
    process.wait()
    return "it did not stop there" if not there else alone(test, pid, container)


def killed_control(context):
    """A parent that does not bind its child to its own life."""
    marker = os.path.join(context.place("pid"), "pid")
    process = subprocess.Popen(["unshare", "-f", "-m", "sh", "-c", f"echo $$ >{marker}; exec sleep 20"])
    wait_for(lambda: os.path.exists(marker) and read(marker).strip())
    process.kill()
    process.wait()
    child = read(marker).strip()
    alive = os.path.exists(f"/proc/{child}")
    if alive:
        os.kill(int(child), signal.SIGKILL)
    yield shown("create-stopped", f"process {child} lives on" if alive else "")


ROWS = [
    Row("B09", "exec is weaker than init, field by field", "FD SEC CAP LSM CG LL", kind="host", users=BOTH, run=equal_processes, control=equal_processes_control, expect={"*": "OK"}),
    Row("B10", "exec with capabilities, labels, scheduling and limits of a privileged process", "POL", kind="host", users=BOTH, run=greedy, control=greedy_control,
        expect={name: code for name, (code, _) in GREEDY.items()}),
    Row("B11", "exec into a cgroup outside of the container's", "POL CG", kind="host", users=("root",), run=cgroups, control=cgroups_control, expect={"*": "REFUSED|OK"},
        others={"cgroup='../../../../..'": "who follows it writes a file cgroup.procs to the host's root directory"}),
    Row("B12", "somebody on the host traces the runtime while it makes and joins containers", "FD", "CVE-2026-41163", kind="host", alone=True, users=BOTH, run=traced, control=traced_control,
        expect={"*": "OK"}),
    Row("B15", "restoring a container from somebody's checkpoint", "POL", "CVE-2024-8676, CVE-2026-53492, CVE-2026-50195", kind="host", users=BOTH, run=checkpoints, control=None,
        no_control="needs CRIU", others={"*": "without CRIU they restore nothing"}, expect={"*": "CM-CHECKPOINT"}),
    Row("B16", "a namespace that cannot be made leaves the runtime where it must not go on", "FD", "CVE-2026-43472", kind="host", users=BOTH, run=exhausted, control=exhausted_control,
        may_lack=("*",), expect={"*": "OK"}),
    Row("B17", "the runtime is killed or stopped at each of its steps", "FD", kind="host", users=BOTH, run=killed, control=killed_control, expect={"*": "OK"},
        others={"*": "the steps are those of casemate's test build; L02 kills others at any system call"}),
]
