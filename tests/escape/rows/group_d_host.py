# SPDX-License-Identifier: LGPL-2.1-or-later
"""D15 to D20: hooks, cgroups, limits and scheduling, ids and state roots, what does not exist or is no configuration."""
import json
import os
import resource

from changes import add, all_of, drop, every, limit_is, namespace, put, tagged
from rows import Mutation, Outcome, Row

# ---- D15 ----

KINDS = "prestart createRuntime createContainer startContainer poststart poststop".split()
HOOK = "/opt/hooks/hook"
# A host with a directory of hooks, each wrong in another way. What they do is leave a file, which must not be there in the end.
HOOK_HOST = """mount -t tmpfs -o mode=755 none /opt; mkdir -p /opt/hooks/open /opt/hooks/dir
h() { printf '#!/bin/sh\\ntouch %s/hook-ran\\n' "$PLACE" >"$1"; chmod 755 "$1"; }
for n in hook writable user group set open/hook plain; do h /opt/hooks/$n; done
chmod 757 /opt/hooks/writable; chown 4242 /opt/hooks/user; chmod 775 /opt/hooks/group; chgrp 4242 /opt/hooks/group; chmod 777 /opt/hooks/open; chmod 644 /opt/hooks/plain
ln -s hook /opt/hooks/link; ln -s /opt/hooks /opt/linked; mkfifo /opt/hooks/fifo; mknod /opt/hooks/device c 1 3
"""


def rule(path, **more):
    return {"path": path, **more}


def hook(path=HOOK, kind="prestart", rules=(), **more):
    def change(config, context):
        place = context.place("hook")
        context.hook_ran = os.path.join(place, "hook-ran")
        policy = {"version": 1, "hooks": {"allow": list(rules)}} if rules else {"version": 1}
        context.scene(policy=policy, script=f"PLACE={place}\n{HOOK_HOST}")
        config["hooks"] = {kind: [{"path": path, **more}]}
    return change


def it_did_not_run(context, _):
    return "the hook ran" if os.path.exists(context.hook_ran) else None


def d15():
    for kind in KINDS:
        inside = kind == "startContainer"
        yield Mutation(f"no-rule={kind}", hook("/bin/true" if inside else HOOK, kind), "CM-HOOK", verify=None if inside or kind.startswith("post") else it_did_not_run)
    for name in "writable user group open/hook link plain fifo device dir missing".split():
        # without privilege a hook has the power of the caller alone, who may own it
        yield Mutation(f"file={name}", hook(f"/opt/hooks/{name}", rules=[rule(f"/opt/hooks/{name}")]), "CM-HOOK", verify=it_did_not_run, rootless="-" if name == "user" else None,
                       no_control="" if name in ("writable", "user", "group", "open/hook", "link") else "it cannot be executed")
    yield Mutation("file=linked-directory", hook("/opt/linked/hook", rules=[rule("/opt/linked/hook")]), "CM-HOOK", verify=it_did_not_run)
    for name, path in {"relative": "hook", "parent": "/opt/hooks/../hooks/hook", "dot": "/opt/hooks/./hook", "doubled": "//opt/hooks/hook", "empty": ""}.items():
        yield Mutation(f"path={name}", hook(path, rules=[rule(HOOK)]), "CM-HOOK|FORM", says="/hooks/prestart/0", verify=it_did_not_run,
                       no_control="" if name in ("parent", "dot", "doubled") else "they refuse it too")
    yield Mutation("digest-of-another", hook(rules=[rule(HOOK, sha256="0" * 64)]), "CM-HOOK", verify=it_did_not_run)
    yield Mutation("stage-of-another", hook(rules=[rule(HOOK, stages=["poststop"])]), "CM-HOOK", verify=it_did_not_run)
    yield Mutation("rule-for-the-image", hook(rules=[rule(HOOK, inside=True)]), "CM-HOOK", verify=it_did_not_run)
    for name, entry in {"preload": "LD_PRELOAD=/tmp/evil.so", "library-path": "LD_LIBRARY_PATH=/tmp", "audit": "LD_AUDIT=/tmp/evil.so", "bash-env": "BASH_ENV=/tmp/evil",
        "env": "ENV=/tmp/evil",
                        "python": "PYTHONPATH=/tmp", "perl": "PERL5OPT=-Mevil", "node": "NODE_OPTIONS=--require=/tmp/evil", "path": "PATH=/tmp:/usr/bin", "path-empty": "PATH=/usr/bin:",
                        "git": "GIT_SSH_COMMAND=evil", "tunables": "GLIBC_TUNABLES=x", "function": "BASH_FUNC_ls%%=() { evil; }", "ifs": "IFS=/"}.items():
        yield Mutation(f"env={name}", hook(rules=[rule(HOOK)], env=[entry]), "CM-HOOK", verify=it_did_not_run)
    yield Mutation("too-many", all_of(hook(rules=[rule(HOOK)]), lambda config, _: config["hooks"].update(prestart=[{"path": HOOK}] * 33)), "CM-HOOK", verify=it_did_not_run)
    for name, value in {"timeout-zero": [{"path": HOOK, "timeout": 0}], "timeout-negative": [{"path": HOOK, "timeout": -1}], "no-list": {"path": HOOK}, "no-path": [{}],
        "args": [{"path": HOOK, "args": "x"}]}.items():
        yield Mutation(f"form={name}", all_of(hook(rules=[rule(HOOK)]), put("hooks/prestart", value)), "FORM|CM-HOOK", says="/hooks/prestart", verify=it_did_not_run,
            no_control="they do not read it either")


# ---- D16 ----

CGROUP_PATHS = {"parent": "/../NAME", "two-up": "../../NAME", "inside": "/NAME-a/../../NAME", "dot": "/./NAME", "doubled": "/NAME-x//NAME", "slash-at-the-end": "/NAME/",
    "long": "/" + "x" * 256 + "/NAME",
                "newline": "/NAME\nb/NAME", "escape": "/NAME\u001b[31m/NAME", "own-file": "/cgroup.procs/NAME", "root": "/", "only-dots": ".."}
UNIFIED = {"procs": "cgroup.procs", "subtree": "cgroup.subtree_control", "type": "cgroup.type", "freeze": "cgroup.freeze", "kill": "cgroup.kill", "parent": "../cgroup.procs",
    "memory-parent": "memory.max/../../cgroup.procs",
           "absolute": "/cgroup.procs", "reclaim": "memory.reclaim", "partition": "cpuset.cpus.partition", "devices": "devices.allow", "unknown": "no.such", "empty": "", "pressure": "memory.pressure",
           "descendants": "cgroup.max.descendants", "uclamp-min": "cpu.uclamp.min"}
NO_PROCESS = "4194305"  # another runtime would move the process
NO_CGROUP2 = "while umount -l /sys/fs/cgroup 2>/dev/null; do :; done; mount -t tmpfs none /sys/fs/cgroup; mkdir /sys/fs/cgroup/memory"


def d16():
    for name, path in CGROUP_PATHS.items():
        taken = name not in ("newline", "long", "own-file", "root", "only-dots")
        yield Mutation(f"path={name}", put("linux/cgroupsPath", tagged(path)), "CM-CGROUP-PATH", no_control="" if taken else "the kernel has no such cgroup, or it is one of the host's own")
    for name, path in {"slice": "system.slice:casemate:NAME", "injection": "system.slice:x;rm -rf /:NAME", "user": "user.slice/user-0.slice:x:NAME", "dots": "../../x.slice:y:NAME",
        "property": "a.slice:b\nDelegate=true:NAME",
                       "empty": "::", "long": "a" * 300 + ".slice:b:c"}.items():
        yield Mutation(f"systemd={name}", put("linux/cgroupsPath", tagged(path)), "CM-CGROUP-PATH",
            no_control="without systemd they take it for a path" if "/" in path or "\n" in path or len(path) > 200 or name == "empty" else "")
    for name, key in UNIFIED.items():
        yield Mutation(f"unified={name}", put("linux/resources/unified", {key: NO_PROCESS if "procs" in key else "1"}), "CM-UNIFIED|FORM", says="/linux/resources/unified",
            also=("CM-LIMIT-UNENFORCEABLE",),
                       no_control="" if name == "descendants" else "the kernel does not take that")
    yield Mutation("only-version-1", lambda config, context: context.scene(script=NO_CGROUP2), "CM-CGROUP-V1", also=("CM-CGROUP-NONE", "CM-LIMIT-UNENFORCEABLE"),
        no_control="without the host's hierarchies they do not start")
    yield Mutation("number", put("linux/cgroupsPath", 1), "FORM", says="/linux/cgroupsPath", no_control="they do not read it either")


# ---- D17 ----

def rlimit(name, soft, hard=None):
    return put("process/rlimits", [{"type": f"RLIMIT_{name}", "soft": soft, "hard": soft if hard is None else hard}])


NO_PRIVILEGE = "here even root may not raise it, or it is not seen from outside"
INFINITY = 18446744073709551615


def oom_at_least(bound):
    def verify(context, name):
        with open(f"/proc/{context.runtime.pid(name)}/oom_score_adj", encoding="ascii") as f:
            value = int(f.read())
        return None if value >= bound else f"oom_score_adj is {value}"
    return verify


def d17():
    core = limit_is("Max core file size", 1, 1)
    for name, change in {"unlimited": rlimit("CORE", INFINITY), "zero": rlimit("CORE", 0), "large": rlimit("CORE", 1 << 40)}.items():
        yield Mutation(f"core={name}", change, "OK" if name == "zero" else "CM-RLIMIT", tightened=True, verify=core, no_control=NO_PRIVILEGE if name == "zero" else "")
    yield Mutation("core=absent", drop("process/rlimits"), "OK", tightened=True, verify=core,
        no_control="whoever starts it decides" if resource.getrlimit(resource.RLIMIT_CORE)[0] == 0 else "")
    for name, word, bound in (("MEMLOCK", "Max locked memory", 8 << 20), ("MSGQUEUE", "Max msgqueue size", 819200), ("RTPRIO", "Max realtime priority", 0), ("NICE", "Max nice priority", 20),
                              ("NOFILE", "Max open files", 1048576)):
        yield Mutation(f"too-much={name}", rlimit(name, INFINITY), "CM-RLIMIT", tightened=True, verify=limit_is(word, bound, bound), no_control=NO_PRIVILEGE)
    yield Mutation("soft-above-hard", rlimit("NOFILE", 2, 1), "CM-RLIMIT", no_control="the kernel refuses it")
    yield Mutation("twice", put("process/rlimits", [{"type": "RLIMIT_NOFILE", "soft": 9, "hard": 9}] * 2), "FORM|CM-RLIMIT", says="/process/rlimits/1",
        no_control="runc refuses it, crun takes the last")
    yield Mutation("no-such-limit", rlimit("NO_SUCH", 1), "CM-RLIMIT|FORM", says="/process/rlimits/0", no_control="they refuse it too")
    yield Mutation("negative", rlimit("NOFILE", -1), "FORM", says="/process/rlimits/0", no_control="they do not read it either")
    yield Mutation("above-64-bits", rlimit("NOFILE", 1 << 65), "FORM", says="/process/rlimits/0", no_control="they do not read it either")
    yield Mutation("oom=shielded", put("process/oomScoreAdj", -1000), "CM-OOM", tightened=True, verify=oom_at_least(-998), no_control=NO_PRIVILEGE)
    for name, value in {"below": -1001, "above": 1001, "huge": 1 << 33}.items():
        yield Mutation(f"oom={name}", put("process/oomScoreAdj", value), "CM-OOM|FORM", says="/process/oomScoreAdj", no_control="the kernel refuses it")
    for policy in "FIFO RR DEADLINE ISO NO_SUCH".split():
        yield Mutation(f"scheduler={policy}", put("process/scheduler", {"policy": f"SCHED_{policy}", "priority": 10}), "CM-SCHED|FORM", says="/process/scheduler",
            no_control="the old ones here do not know it")
    for name, more in {"nice": {"nice": -5}, "priority": {"priority": 5}, "runtime": {"runtime": 1000, "deadline": 2000, "period": 2000}, "reclaim": {"flags": ["SCHED_FLAG_RECLAIM"]},
                       "clamp": {"flags": ["SCHED_FLAG_UTIL_CLAMP_MAX"]}}.items():
        yield Mutation(f"scheduler-of-others={name}", put("process/scheduler", {"policy": "SCHED_OTHER", **more}), "CM-SCHED", no_control="the old ones here do not know it")
    yield Mutation("io=real-time", put("process/ioPriority", {"class": "IOPRIO_CLASS_RT", "priority": 0}), "CM-SCHED", no_control="the old ones here do not know it")
    yield Mutation("io=level", put("process/ioPriority", {"class": "IOPRIO_CLASS_BE", "priority": 99}), "FORM|CM-SCHED", says="/process/ioPriority",
        no_control="the old ones here do not know it")
    for name, value in {"linux32": {"domain": "LINUX32"}, "no-randomisation": {"domain": "LINUX", "flags": ["ADDR_NO_RANDOMIZE"]}, "executable-memory": {"domain": "LINUX",
        "flags": ["READ_IMPLIES_EXEC"]}}.items():
        yield Mutation(f"personality={name}", put("linux/personality", value), "CM-PERSONALITY|FORM", says="/linux/personality", no_control="" if name == "linux32" else "they ignore it")
    for name, value in {"schemata": {"l3CacheSchema": "L3:0=f"}, "group": {"closID": "../../x"}, "group-of-the-host": {"closID": "."}, "bandwidth": {"memBwSchema": "MB:0=100"}}.items():
        yield Mutation(f"rdt={name}", put("linux/intelRdt", value), "CM-RDT|FORM", says="/linux/intelRdt", no_control="this machine has no resctrl")
    for name, value in {"eth0": {"eth0": {}}, "renamed": {"lo": {"name": "eth0"}}, "parent": {"../x": {}}}.items():
        yield Mutation(f"device-of-the-network={name}", put("linux/netDevices", value), "CM-NETDEV|FORM", says="/linux/netDevices", no_control="the old ones here do not know it")
    for name, offsets in {"below-zero": {"monotonic": {"secs": -1 << 40}}, "beyond": {"boottime": {"secs": 1 << 62}}, "nanoseconds": {"monotonic": {"nanosecs": 1000000000}}}.items():
        yield Mutation(f"time={name}", all_of(namespace("time"), put("linux/timeOffsets", offsets)), "CM-NS-TIME|FORM", says="/linux/timeOffsets",
            no_control="the old ones here do not know it")
    yield Mutation("time=without-a-namespace", put("linux/timeOffsets", {"monotonic": {"secs": 100}}), "CM-NS-TIME", no_control="the old ones here do not know it")
    for name, value in {"core-pattern": {"kernel.core_pattern": "|/bin/sh"}, "modprobe": {"kernel.modprobe": "/bin/sh"}, "slashes": {"kernel/core_pattern": "x"},
        "way-out": {"net.ipv4/../../kernel/core_pattern": "x"},
                        "parent": {"net.ipv4.conf.a/../..": "x"}, "newline": {"net.ipv4.ip_forward": "1\nx"}, "vm": {"vm.overcommit_memory": "1"}, "namespaces": {"user.max_user_namespaces": "100"},
                        "hostname": {"kernel.hostname": "x"}, "bpf": {"net.core.bpf_jit_enable": "0"}, "empty": {"": "1"}, "sysrq": {"kernel.sysrq": "1"}, "files": {"fs.file-max": "1"}}.items():
        yield Mutation(f"sysctl={name}", put("linux/sysctl", value), "CM-SYSCTL|FORM", says="/linux/sysctl", no_control="they refuse it too, or it is the host's")
    yield Mutation("numa", put("linux/memoryPolicy", {"mode": "MPOL_BIND", "nodes": "0-9999"}), "CM-MEMPOLICY|FORM", says="/linux/memoryPolicy",
        no_control="the old ones here do not know it")
    for name, value in {"long": "x" * 65, "slash": "a/b", "newline": "a\nb", "escape": "\u001b]0;x", "space": "a b"}.items():
        yield Mutation(f"hostname={name}", put("hostname", value), "CM-HOSTNAME", no_control="it is the container's own")


# ---- D18 ----

def cgroup_file(context, name, file):
    path = context.cgroups(name)
    try:
        with open(os.path.join(path[0], file), encoding="ascii") as f:
            return f.read().strip()
    except (OSError, IndexError):
        return None


def bounded(file, most):
    """The file of the cgroup holds a number up to that; where the controller is missing, what stands in for it is looked at elsewhere."""
    def verify(context, name):
        value = cgroup_file(context, name, file)
        return f"{file} is {value}" if value is not None and (value == "max" or int(value) > most) else None
    return verify


MEMORY = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
PIDS_MOST = 32768
ASKED = {"pids=unlimited": put("linux/resources/pids", {"limit": -1}), "pids=more-than-there-are": put("linux/resources/pids", {"limit": 10 ** 9}),
         "memory=unlimited": put("linux/resources/memory", {"limit": -1}), "memory=more-than-there-is": put("linux/resources/memory", {"limit": 1 << 60}),
         "swap=unlimited": put("linux/resources/memory", {"limit": 1 << 26, "swap": -1}), "unified=pids": put("linux/resources/unified", {"pids.max": "max"}),
         "unified=memory": put("linux/resources/unified", {"memory.max": "max"})}


def d18():
    pids = every(bounded("pids.max", PIDS_MOST), limit_or_cgroup)
    yield Mutation("resources=absent", drop("linux/resources"), "OK", tightened=True, verify=every(pids, bounded("memory.max", MEMORY), bounded("memory.swap.max", 0)),
        no_control="" if not PIDS_BY_CALLER else PIDS_BY_CALLER)
    yield Mutation("resources=empty", put("linux/resources", {}), "OK", tightened=True, verify=every(pids, bounded("memory.max", MEMORY), bounded("memory.swap.max", 0)),
        no_control="" if not PIDS_BY_CALLER else PIDS_BY_CALLER)
    for name, value in {"swap-below-memory": {"memory": {"limit": 1 << 26, "swap": 1 << 20}}, "swap-alone": {"memory": {"swap": 1 << 20}},
        "huge-page-of-no-size": {"hugepageLimits": [{"pageSize": "3KB", "limit": 1}]},
                        "burst-alone": {"cpu": {"burst": 1}}, "disk-of-no-number": {"blockIO": {"throttleReadBpsDevice": [{"rate": 1}]}}}.items():
        yield Mutation(f"nonsense={name}", lambda config, _, value=value: config["linux"]["resources"].update(value), "CM-LIMIT-INVALID|CM-LIMIT-UNENFORCEABLE|FORM", says="/linux/resources",
                       no_control="the kernel refuses it, or they do")
    for name, value in {"text": {"pids": {"limit": "100"}}, "fraction": {"pids": {"limit": 1.5}}, "above-63-bits": {"pids": {"limit": 1 << 63}}, "list": {"memory": []}}.items():
        yield Mutation(f"form={name}", lambda config, _, value=value: config["linux"]["resources"].update(value), "FORM", says="/linux/resources", no_control="they do not read it either")


# a limit of processes that whoever starts it has already holds for other runtimes too
PIDS_BY_CALLER = "the caller's own limit is as low" if resource.getrlimit(resource.RLIMIT_NPROC)[1] not in (resource.RLIM_INFINITY,) and resource.getrlimit(resource.RLIMIT_NPROC)[1] <= 2048 else ""


def limit_or_cgroup(context, name):
    if cgroup_file(context, name, "pids.max") is not None:
        return None
    return limit_is("Max processes", 2048, 2048)(context, name)


def asked_for_too_much(context):
    """What is above the ceiling, at the start and by `update`: bounded where the host can, refused where it cannot; never in force."""
    if context.foreign:
        return
    for what, change in ASKED.items():
        name = context.name()
        done = context.create(context.bundle(change=change), name)
        problem = held_bounds(context, name) if done.status == 0 else None if "[CM-LIMIT-UNENFORCEABLE]" in done.err else done.err.strip()
        yield Outcome(f"create={what}", "escaped" if problem else "blocked", "" if problem else "OK", problem or done.err.strip()[-200:])
        context.clean(name)
    name, _ = context.started(context.bundle(["/bin/escape-probe", "--agent", "wait"]))
    for what, words in {"pids": ["--pids-limit", "1000000000"], "pids-unlimited": ["--pids-limit", "-1"], "memory": ["--memory", str(1 << 60)], "memory-unlimited": ["--memory", "-1"],
                        "swap": ["--memory-swap", "-1"], "rdt": ["--l3-cache-schema", "L3:0=f"]}.items():
        yield updated(context, what, name, words)
    for what, document in {"devices": {"devices": [{"allow": True, "access": "rwm"}]}, "unified": {"unified": {"pids.max": "max"}}, "procs": {"unified": {"cgroup.procs": NO_PROCESS}},
        "nonsense": {"pids": {"limit": "x"}}}.items():
        file = os.path.join(context.place(), "resources.json")
        with open(file, "w", encoding="utf-8") as f:
            json.dump(document, f)
        yield updated(context, f"document-{what}", name, ["--resources", file])


def held_bounds(context, name):
    return every(bounded("pids.max", PIDS_MOST), bounded("memory.max", MEMORY), bounded("memory.swap.max", MEMORY), limit_or_cgroup)(context, name)


def updated(context, what, name, words):
    done = context.runtime("update", *words, name)
    problem = held_bounds(context, name)
    return Outcome(f"update={what}", "escaped" if problem else "blocked", "" if problem else "OK", problem or done.err.strip()[-200:])


# ---- D19 ----

IDS = {"empty": "", "dot": ".", "dots": "..", "parent": "../x", "inside": "a/../../x", "slash": "a/b", "absolute": "/etc/x", "long": "x" * 1025, "name-max": "x" * 256, "newline": "a\nb",
    "tab": "a\tb", "space": "a b",
       "format": "%s%n", "shell": "a;id", "dollar": "$(id)", "glob": "*", "escape": "\u001b[2J", "quote": 'a"b', "backslash": "a\\b", "unicode": "\u00e9", "right-to-left": "\u202ex", "not-utf-8": "\udcff", "colon": "slots:1",
       "comma": "a,b", "equals": "a=b", "at": "a@b"}
COMMANDS = (("create", "--bundle"), ("run", "--bundle"), ("state",), ("start",), ("kill",), ("delete", "--force"), ("exec",), ("pause",), ("ps",), ("events", "--stats"), ("update",
    "--pids-limit", "5"))


def ids_and_roots(context):
    bundle = context.bundle()
    for what, name in IDS.items():
        bad = []
        for command in COMMANDS:
            words = [*command, *([bundle] if "--bundle" in command else []), "--", name, *(["/bin/true"] if command[0] == "exec" else [])]
            bad += said_wrongly(context, command[0], words)
            if context.foreign:  # and no more: others would delete what such an id leads to
                if bad and "/" not in name and name not in ("", ".", ".."):
                    context.runtime("delete", "--force", "--", name)
                break
        yield Outcome(f"id={what}", "escaped" if bad else "blocked", "" if bad else "REFUSED", "; ".join(bad))
    yield from roots(context, bundle)


def said_wrongly(context, command, words):
    done = context.runtime(*words)
    wrong = [f"{command} took it"] if done.status == 0 else []
    if context.foreign:
        return wrong
    if len(done.err.strip().splitlines()) != 1 or any(ord(c) < 32 and c not in "\n\t" for c in done.err):
        wrong.append(f"{command} says {done.err!r:.200}")
    stray = [n for n in os.listdir(context.runtime.state) if n not in context.ids] if os.path.isdir(context.runtime.state) else []
    return wrong + ([f"{command} left {stray}"] if stray else [])


def roots(context, bundle):
    """State roots that somebody else could have prepared."""
    place = context.place("roots")
    context.give(place)
    good = os.path.join(place, "good")
    os.mkdir(good, 0o700)
    for name, mode in {"world": 0o777, "world-sticky": 0o1777, "group": 0o770}.items():
        os.mkdir(os.path.join(place, name))
        os.chmod(os.path.join(place, name), mode)
    os.symlink(good, os.path.join(place, "link"))
    os.mkdir(os.path.join(place, "other"), 0o700)
    with open(os.path.join(place, "file"), "w", encoding="utf-8"):
        pass
    os.mkfifo(os.path.join(place, "fifo"))
    context.give(place)
    os.chown(os.path.join(place, "other"), 12345, 12345)
    for what in "world world-sticky group link link/ other file fifo file/below".split() + ["/proc/1"] + ([] if context.foreign else ["/"]):
        root = os.path.join(place, what)
        name = context.name()
        done = context.runtime("create", "--bundle", bundle, name, options=("--root", root))
        left = [] if context.foreign else [f for f in (good, os.path.join(place, "world"), os.path.join(place, "group"), os.path.join(place, "other")) if os.listdir(f)]
        if done.status == 0:
            context.runtime("delete", "--force", name, options=("--root", root))
        yield Outcome(f"root={what}", "escaped" if done.status == 0 or left else "blocked", "" if done.status == 0 else "REFUSED", f"{left}{done.err.strip()}"[-300:])


def ids_and_roots_elsewhere(context):
    yield from ids_and_roots(context.elsewhere())


# ---- D20 ----

NONSENSE = {
    "namespace": add("linux/namespaces", {"type": "no-such"}), "namespace-twice": add("linux/namespaces", {"type": "pid"}), "namespace-of-no-type": add("linux/namespaces", {"path": "/x"}),
    "namespace-text": add("linux/namespaces", "pid"), "namespace-capital": add("linux/namespaces", {"type": "User"}), "namespaces-object": put("linux/namespaces", {"type": "pid"}),
    "action": put("linux/seccomp", {"defaultAction": "SCMP_ACT_NONSENSE"}), "action-missing": put("linux/seccomp", {}), "action-number": put("linux/seccomp", {"defaultAction": 1}),
    "operator": put("linux/seccomp", {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 0, "value": 1,
        "op": "SCMP_CMP_MAYBE"}]}]}),
    "index": put("linux/seccomp", {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 6, "value": 1,
        "op": "SCMP_CMP_EQ"}]}]}),
    "filter-flag": put("linux/seccomp", {"defaultAction": "SCMP_ACT_ALLOW", "flags": ["SECCOMP_FILTER_FLAG_NO_SUCH"]}), "architecture": put("linux/seccomp",
        {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_PDP11"]}),
    "calls-object": put("linux/seccomp", {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": {}}), "call-without-names": put("linux/seccomp", {"defaultAction": "SCMP_ACT_ALLOW",
        "syscalls": [{"action": "SCMP_ACT_ERRNO"}]}),
    "capability-object": put("process/capabilities", ["CAP_SYS_ADMIN"]), "capability-text": put("process/capabilities/bounding", "CAP_SYS_ADMIN"), "args-text": put("process/args", "sh"),
    "args-empty": put("process/args", []), "args-numbers": put("process/args", [1]), "args-null": put("process/args", None), "cwd-number": put("process/cwd",
        1), "cwd-missing": drop("process/cwd"), "env-object": put("process/env", {"A": "b"}),
    "terminal-text": put("process/terminal", "true"), "privileges-text": put("process/noNewPrivileges", "false"), "privileges-number": put("process/noNewPrivileges",
        0), "umask": put("process/user/umask", "077"),
    "groups-text": put("process/user/additionalGids", "0"), "root-text": put("root", "rootfs"), "root-missing": drop("root"), "root-path-null": put("root/path",
        None), "readonly-text": put("root/readonly", "false"),
    "mounts-object": put("mounts", {}), "mount-text": add("mounts", "/etc"), "mount-destination-number": add("mounts", {"destination": 1}), "mount-without-destination": add("mounts",
        {"type": "tmpfs"}),
    "mount-options-text": add("mounts", {"destination": "/mnt", "type": "tmpfs", "source": "x", "options": "ro"}), "version-number": put("ociVersion",
        1), "version-missing": drop("ociVersion"), "masks-text": put("linux/maskedPaths", "/proc/kcore"), "masks-numbers": put("linux/maskedPaths", [1]), "linux-list": put("linux", []),
    "process-list": put("process", []), "process-missing": drop("process"), "hostname-number": put("hostname", 1), "domain": put("linux/personality",
        {"domain": "SOLARIS"}), "hooks-list": put("hooks", []),
    "hook-kind": put("linux/rootfsPropagation", 1), "devices-object": put("linux/devices", {}), "sysctl-number": put("linux/sysctl", {"net.ipv4.ip_forward": 1}),
}
# The key in other capitals is another key, which other runtimes take for the same or leave out.
CAPITALS = {"NoNewPrivileges": "process", "Capabilities": "process", "MaskedPaths": "linux", "Seccomp": "linux", "Namespaces": "linux", "ReadOnly": "root"}
TEXTS = {
    "empty": b"", "nothing-but-blanks": b"  \n", "null": b"null", "list": b"[]", "text": b'"x"', "number": b"1", "no-end": b'{"ociVersion": "1.0.2"', "two": b"{}{}", "more-behind": b'{"ociVersion": "1.0.2"} x',
    "comment": b'{/* */"ociVersion": "1.0.2"}', "single-quotes": b"{'ociVersion': '1.0.2'}", "comma": b'{"ociVersion": "1.0.2",}', "bom": b"\xef\xbb\xbf{}", "not-utf-8": b'{"ociVersion": "\xff"}', "nul": b'{"ociVersion": "1.0.2\x00"}',
    "escaped-nul": b'{"ociVersion": "1.0.2\\u0000"}', "surrogate": b'{"ociVersion": "\\ud800"}', "deep": b'{"a":' * 40 + b"1" + b"}" * 40, "deep-lists": b"[" * 100000, "huge": b'{"a": "' + b"x" * (5 << 20) + b'"}', "binary": bytes(range(256)),
    "utf-16": '{"ociVersion": "1.0.2"}'.encode("utf-16"), "exponent": b'{"ociVersion": 1e400}', "infinity": b'{"ociVersion": Infinity}',
}


def twice(key, value, place=""):
    """The same key twice: which one counts depends on who reads it."""
    def change(config, _):
        text = json.dumps(config)
        inner = json.dumps(config[place] if place else config)
        return text.replace(inner, "{" + f'"{key}": {json.dumps(value)}, ' + inner[1:], 1)
    return change


def capitals(key, place):
    def change(config, _):
        config[place][key] = {}
    return change


def d20():
    for name, change in NONSENSE.items():
        yield Mutation(name, change, "FORM|CM-PROCESS|CM-ROOTFS|CM-NS-PID|CM-CWD|CM-PROPAGATION", says="", also=("CM-NS-NET", "CM-NS-IPC", "CM-NS-UTS"),
            no_control="" if name in TOLERATED else "they refuse it too")
    for key, place in CAPITALS.items():
        yield Mutation(f"capitals={key}", capitals(key, place), "FORM", says=key, no_control="" if key != "Capabilities" else "crun leaves it out, runc takes it for the other")
    for name, text in TEXTS.items():
        yield Mutation(f"text={name}", lambda config, context, text=text: text, "FORM", says="config.json", no_control="they refuse it too, or start nothing with it")
    yield Mutation("twice=privileges", twice("terminal", True, "process"), "FORM", says="terminal", no_control="")
    yield Mutation("twice=process", twice("process", {"args": ["/bin/sh"], "cwd": "/"}), "FORM", says="process", no_control="crun refuses it, runc merges both")
    yield Mutation("twice=namespaces", twice("namespaces", [], "linux"), "FORM", says="namespaces", no_control="")


TOLERATED = ("privileges-number", "umask")

ROWS = [
    Row("D15", "hooks that the policy does not allow, or that others can change", "POL", kind="config", mutations=tuple(d15())),
    Row("D16", "cgroup paths and files that lead elsewhere, and hosts without version 2", "POL CG", kind="config", mutations=tuple(d16())),
    Row("D17", "resource limits, scheduling, personality, sysctls and clocks", "POL", "CVE-2022-0811", kind="config", mutations=tuple(d17())),
    Row("D18", "limits that are missing or too high, at the start and later", "POL CG", kind="config", mutations=tuple(d18()), run=asked_for_too_much, control=None,
        no_control="other runtimes set no limit that nobody asked for", expect={"*": "OK"}),
    Row("D19", "container ids and state roots that lead elsewhere or belong to others", "POL FD", kind="host", users=("root", "rootless"), run=ids_and_roots, control=ids_and_roots_elsewhere,
        expect={"*": "REFUSED"}, vacuous={"*": "runc and crun refuse that too"}),
    Row("D20", "names that do not exist, and JSON that is none or of the wrong type", "POL", kind="config", mutations=tuple(d20())),
]
