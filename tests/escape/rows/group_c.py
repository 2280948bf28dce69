# SPDX-License-Identifier: LGPL-2.1-or-later
"""C: what the runtime writes to the kernel or to files of its caller, led elsewhere: decoys in the image, a false /proc or /sys around the runtime, names of sysctls, links."""
import contextlib
import os
import stat
import subprocess

from changes import drop
from hostile import Target, created, in_child, mounted, race, read, self_of, shown, some, trial, unwanted, verdict, verdict_of
from mutations import mutate
from oracle import tree
from rows import Mutation, Outcome, Row
from runtime import call
from views import View

BOTH = ("root", "rootless")
AGENT = ("/bin/escape-probe", "--agent", "wait")
SYSCTLS = {"net.ipv4.ip_unprivileged_port_start": "1023", "kernel.msgmax": "4096", "fs.mqueue.queues_max": "77"}
ASK = ("/bin/sh", "-c", "/bin/escape-probe --agent self; for f in net/ipv4/ip_unprivileged_port_start kernel/msgmax fs/mqueue/queues_max user/max_user_namespaces user/max_mnt_namespaces; do "
       "echo \"sysctl:$f=$(cat /proc/sys/$f)\"; done; echo uid_map= $(cat /proc/self/uid_map)")


def asks(config, _=None):
    """Everything that the runtime writes to procfs for a container."""
    config["process"]["oomScoreAdj"] = 321
    config["linux"]["sysctl"] = dict(SYSCTLS)


def not_in_effect(context, out):
    """Which of it does not hold inside, by what the container was told."""
    return wrong_values(context, self_of(out))


def not_in_effect_outside(context, pid):
    """The same by the host's procfs, whatever lies at the container's /proc by now."""
    mine = {"oom_score_adj": read(f"/proc/{pid}/oom_score_adj"), "uid_map": read(f"/proc/{pid}/uid_map")}
    keys = [*SYSCTLS, "user.max_user_namespaces", "user.max_mnt_namespaces"]
    done = call(["nsenter", "-t", str(pid), "-n", "-i", *(() if context.foreign else ("-U", "--preserve-credentials")), "cat", *(f"/proc/sys/{k.replace('.', '/')}" for k in keys)])
    mine.update(zip((f"sysctl:{k.replace('.', '/')}" for k in keys), done.out.splitlines()))
    return wrong_values(context, mine)


def wrong_values(context, mine):
    wanted = {"oom_score_adj": "321", **{f"sysctl:{k.replace('.', '/')}": v for k, v in SYSCTLS.items()}}
    if not context.foreign:
        wanted.update({"sysctl:user/max_user_namespaces": "0", "sysctl:user/max_mnt_namespaces": "0"})
    wrong = [f"{k} is {mine.get(k)}" for k, v in wanted.items() if mine.get(k, "").strip() != v]
    ids = mine.get("uid_map", "").split()
    # without privilege the outer user namespace's, line by line; from the host's side the first is the caller's own id
    good = len(ids) == 6 if context.runtime.rootless else len(ids) == 3 and ids[0] == "0" and int(ids[1]) >= 65536
    if not context.foreign and not good:
        wrong.append(f"uid_map is {mine.get('uid_map')}")
    return "; ".join(wrong)


# ---- C01, C06: decoys ----

LABELS = ("attr/current", "attr/exec", "attr/fscreate", "attr/keycreate", "attr/sockcreate", "attr/apparmor/current", "attr/apparmor/exec", "attr/selinux/current", "attr/smack/current", "sched")
WRITTEN = ("uid_map", "gid_map", "setgroups", "oom_score_adj", "loginuid", "timens_offsets", "timerslack_ns", "coredump_filter", "clear_refs")
SYSTEM = ("sysrq-trigger", "sys/kernel/core_pattern", "sys/kernel/msgmax", "sys/net/ipv4/ip_unprivileged_port_start", "sys/fs/mqueue/queues_max", "sys/user/max_user_namespaces")


def decoys(place, names):
    """A tree like procfs with ordinary files that would take what is written to them."""
    for holder in ("self", "thread-self", "1", "self/task/1"):
        for name in names:
            put(os.path.join(place, holder, name))
    for name in SYSTEM:
        put(os.path.join(place, name))


def put(path):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="ascii") as f:
        f.write("decoy\n")
    os.chmod(path, 0o666)


def with_decoys(context, name, names, place, form="run", swap=False):
    """A container of an image that has decoys where the kernel's files will be: they stay as they are, and what was asked for is in effect."""
    bundle = context.bundle(ASK, change=asks)
    rootfs = os.path.join(bundle, "rootfs")
    decoys(os.path.join(rootfs, place), names)
    context.give(bundle)
    before = tree(rootfs)
    if swap:
        return swapped_decoys(context, name, bundle, before)
    done = run_or_create(context, bundle, form)
    problem = unwanted(context, done, None, rootfs, before)
    return verdict(name, done, problem or (not_in_effect(context, done.out) if done.status == 0 else ""))


def run_or_create(context, bundle, form):
    name = context.name()
    if form == "run":
        done = context.run(bundle, name, timeout=20)
    else:
        done = created(context, bundle, name)
        if done.status == 0:
            done.status = context.start(name).status
            context.ends(name, 20)
            done.out = read(done.log)
    context.clean(name)
    return done


def swapped_decoys(context, name, bundle, before):
    """/proc of the image changes places with the decoys all the time."""
    rootfs = os.path.join(bundle, "rootfs")
    decoy = os.path.join(rootfs, "decoy")

    def attempt(context, _):
        done = context.create(bundle, container := context.name(), timeout=20)
        pid = context.runtime.pid(container) if done.status == 0 else 0
        made = done.status == 0 and (pid or not context.foreign)  # what another runtime made may have ended at once
        problem = not_in_effect_outside(context, pid) if made else "it hung" if done.status == 124 else ""
        context.clean(container)
        return problem

    one = race(context, [(os.path.join(rootfs, "proc"), decoy)], attempt, rounds=30)
    one.attempt = name
    known = {entry[4:] for entry in before}  # inode, times, links and content
    changed = [entry[0] for place in (decoy, os.path.join(rootfs, "proc")) for entry in tree(place) if stat.S_ISREG(entry[1]) and entry[4:] not in known]
    return Outcome(name, "escaped", "", f"decoys were written to: {changed}") if changed and one.result == "blocked" else one


def labels(context):
    for form in ("run", "create"):
        yield with_decoys(context, f"image,{form}", LABELS, "proc", form)
    yield with_decoys(context, "race", LABELS, "decoy", swap=True)
    target = Target(context)
    for at in ("/proc/self/attr", "/proc/self", "/proc/thread-self", "/proc", "/proc/1/attr"):
        for kind in some(context, ("tmpfs", "bind")):
            def change(config, _, at=at, kind=kind):
                asks(config)
                mounted(config, {"destination": at, "type": kind, "source": target.path, "options": ["rw", "nosuid", "nodev"] + (["bind"] if kind == "bind" else [])})
            yield trial(context, f"{kind}-at-{at}", change=change, target=target)
    yield label(context)


def label(context):
    """Where the host has AppArmor or SELinux: the label, read from outside, is the one that was asked for, whatever the image has at /proc."""
    if context.runtime.rootless:
        return Outcome("label", "n/a", "", "labels of the host are root's to see")
    if "selinux" in context.settings.facilities:
        wanted = "system_u:system_r:container_t:s0:c5,c6"
        change = put_label("selinuxLabel", wanted)
    elif "apparmor" in context.settings.facilities:
        profiles = [line.split(" (")[0] for line in read("/sys/kernel/security/apparmor/profiles").splitlines() if "(enforce)" in line]
        known = ("casemate-default", "docker-default", "containers-default", "cri-containerd.apparmor.d", "crio-default")
        wanted = next((p for p in known if p in profiles), profiles[0] if profiles else None)
        if not wanted:
            return Outcome("label", "n/a", "", "no profile is loaded")
        change = put_label("apparmorProfile", wanted)
    else:
        return Outcome("label", "n/a", "", "no AppArmor, no SELinux")
    bundle = context.bundle(AGENT, change=change)
    decoys(os.path.join(bundle, "rootfs/proc"), LABELS)
    if "selinux" in context.settings.facilities:
        subprocess.run(["chcon", "-R", "-t", "container_file_t", os.path.join(bundle, "rootfs")], check=True)
    _, pid = context.started(bundle)
    got = read(f"/proc/{pid}/attr/current").split(" (")[0].strip().strip("\0")
    return verdict_of("label", "OK", "" if got == wanted else f"{got} instead of {wanted}")


def put_label(field, value):
    return lambda config, _: config["process"].update({field: value})


def naive_write(context, name):
    """As runtimes did: the file of the process by its name below the image's /proc."""
    rootfs = context.place("rootfs")
    decoys(os.path.join(rootfs, "proc"), (name,))
    before = tree(rootfs)

    def work():
        os.chroot(rootfs)
        with open(f"/proc/self/{name}", "w", encoding="ascii") as f:
            f.write("321")
        return "written"

    told = in_child(work)
    return f"{told} to a decoy" if tree(rootfs) != before else ""


def labels_control(context):
    yield shown("image,run", naive_write(context, "attr/current"))


def written_files(context):
    for names in ([*WRITTEN], [*WRITTEN, *LABELS]):
        for form in some(context, ("run", "create")):
            yield with_decoys(context, f"image,{len(names)},{form}", names, "proc", form)
    yield with_decoys(context, "race", WRITTEN, "decoy", swap=True)
    # exec writes some of them, too
    bundle = context.bundle(AGENT, change=asks)
    rootfs = os.path.join(bundle, "rootfs")
    decoys(os.path.join(rootfs, "proc"), WRITTEN)
    context.give(bundle)
    before = tree(rootfs)
    container, _ = context.started(bundle)
    done = context.runtime("exec", container, *ASK, timeout=20)
    yield verdict("exec", done, unwanted(context, done, None, rootfs, before) or not_in_effect(context, done.out))


def written_files_control(context):
    for name in ("oom_score_adj", "uid_map", "setgroups"):
        yield shown("image,run" if name == "uid_map" else f"image,{name}", naive_write(context, name))


# ---- C02, C03: sysctls ----

KEYS = ("kernel.core_pattern", "kernel/core_pattern", "net.ipv4/../../kernel/core_pattern", "net/ipv4/../../kernel/core_pattern", "net.ipv4.conf.a/../../../../kernel/core_pattern", "net.../kernel.core_pattern",
        "kernel.msgmax/../core_pattern", "/kernel/core_pattern", "./kernel/core_pattern", "//proc/sys/kernel/core_pattern", "kernel..core_pattern", "Kernel.core_pattern", "kernel.core_pattern ",
        " kernel.msgmax", "kernel.msgmax\n", "kernel.shm_rmid_forced+kernel.core_pattern", "vm.overcommit_memory", "fs.suid_dumpable", "kernel.modprobe", "user.max_user_namespaces", "net.core.bpf_jit_enable",
        "net.ipv4.conf.all.forwarding", "kernel.ns_last_pid", "")
VALUES = ("1+kernel.core_pattern=|/evil", "1\nkernel.core_pattern=|/evil", "1 kernel.core_pattern=x", "1;x", "1\t\n", "", "0x10", "-1", "99999999999999999999", "1\r", "1" * 5000)


def now_at(key):
    """The value that the host has: whoever sets it changes nothing."""
    path = os.path.normpath("/proc/sys/" + key.strip().replace(".", "/")) if ".." not in key else "/proc/sys/kernel/core_pattern"
    try:
        return read(path).strip() or "x"
    except OSError:
        return "core"


def sysctls(context):
    for key in KEYS:
        form = ("CM-SYSCTL", "") if key else ("FORM", "a name must not be empty")
        yield mutate(context, Mutation(f"key={key!r}", lambda config, _, key=key: config["linux"].update(sysctl={key: now_at(key)}), form[0], says=form[1]))
    for value in VALUES:
        yield mutate(context, Mutation(f"value={value[:40]!r}", lambda config, _, value=value: config["linux"].update(sysctl={"kernel.shm_rmid_forced": value}), "CM-SYSCTL"))
    for name, key, value in (("nul-in-key", "kernel.msgmax\0/core_pattern", "1"), ("nul-in-value", "kernel.msgmax", "1\0")):
        yield mutate(context, Mutation(name, lambda config, _, key=key, value=value: config["linux"].update(sysctl={key: value}), "FORM", says="no path, name or argument can hold it"))


def sysctls_control(context):
    """A name made into a path, below a tree of files instead of /proc/sys."""
    place, target = context.place("sys"), Target(context)
    os.makedirs(os.path.join(place, "net/ipv4"))
    with open(f"{place}/net/ipv4/../../../{os.path.basename(target.path)}/secret", "w", encoding="ascii") as f:
        f.write("|/evil")
    yield shown("key='net/ipv4/../../kernel/core_pattern'", target.changed())


def shared_namespace(kind, path, key):
    """The namespace of the host, left out of the list or named, and a sysctl of it; with the value that it has."""
    def change(config, _):
        others = [n for n in config["linux"]["namespaces"] if n["type"] != kind]
        config["linux"].update(namespaces=others + ([{"type": kind, "path": path}] if path else []), sysctl={key: now_at(key)})
    return change


def may_open(context, path):
    try:
        os.close(os.open(path, os.O_RDONLY))
        return not context.runtime.rootless
    except OSError:
        return False


def shared_namespaces(context):
    for kind, short, code, key in (("ipc", "ipc", "CM-NS-IPC", "kernel.msgmax"), ("ipc", "ipc", "CM-NS-IPC", "fs.mqueue.queues_max"), ("network", "net", "CM-NS-NET", "net.ipv4.ip_unprivileged_port_start"),
                                   ("uts", "uts", "CM-NS-UTS", "kernel.hostname")):
        for name, path in (("missing", ""), ("pid-1", f"/proc/1/ns/{short}"), ("self", f"/proc/self/ns/{short}")):
            said = code if name != "pid-1" or may_open(context, path) else "CM-NS-PATH"
            # others would give the name of the container to the host
            yield mutate(context, Mutation(f"{key},{name}", shared_namespace(kind, path, key), said, also=(code, "CM-SYSCTL"), adapt=drop("hostname")))


def shared_namespaces_control(_):
    """A write without a namespace of one's own, as somebody else in the same one sees it."""
    script = "echo 4096 >/proc/sys/kernel/msgmax; sh -c 'echo 5555 >/proc/sys/kernel/msgmax'; cat /proc/sys/kernel/msgmax"
    done = call(["unshare", "-i", "sh", "-c", script])
    yield shown("kernel.msgmax,missing", "the other one's msgmax is 5555" if done.out.strip() == "5555" else "")


# ---- C04: a false /proc or /sys around the runtime ----

def false_proc(decoy):
    """{name: shell commands that put something in place}"""
    return {
        "empty-proc": "mount -t tmpfs none /proc", "decoy-proc": f"mount --bind {decoy} /proc", "decoy-sys": f"mount --bind {decoy}/sys /proc/sys",
        "decoy-kernel": f"mount --bind {decoy}/sys/kernel /proc/sys/kernel", "version": f"mount --bind {decoy}/sysrq-trigger /proc/version", "fs": "mount -t tmpfs none /proc/fs", "empty-sysfs": "mount -t tmpfs none /sys",
        "empty-cgroup": "mount -t tmpfs none /sys/fs/cgroup", "decoy-cgroup": f"mount --bind {decoy}/cgroup /sys/fs/cgroup", "dev": f"mount --bind {decoy}/dev /dev",
    }


def false_places(context):
    decoy = context.place("decoy")
    decoys(decoy, (*LABELS, *WRITTEN))
    for name in ("cgroup/cgroup.procs", "cgroup/cgroup.controllers", "cgroup/cgroup.subtree_control", "dev/null", "dev/ptmx", "dev/pts/ptmx", "cgroup/unified/cgroup.procs"):
        put(os.path.join(decoy, name))
    context.give(decoy)
    before = tree(decoy)
    bundle = context.bundle(ASK, change=asks)
    for name, script in some(context, false_proc(decoy).items()):
        container = context.name()
        with contextlib.closing(View(context.settings.place, context.runtime.rootless, script=script)) as view:
            done = context.runtime("run", "--bundle", bundle, container, timeout=30, view=view)
        context.clean(container)
        now = tree(decoy)
        changed, before = [e[0] for e in now if e not in before], now  # each is judged by itself
        problem = f"decoys were changed: {changed}" if changed else not_in_effect(context, done.out) if done.status == 0 else "half of it ran" if "CapEff" in done.out else ""
        yield verdict(name, done, problem)


def false_places_control(context):
    decoy = context.place("decoy")
    decoys(decoy, WRITTEN)
    before = tree(decoy)
    call(["unshare", "-m", "sh", "-c", f"mount --bind {decoy} /proc && echo 321 >/proc/self/oom_score_adj"])
    yield shown("decoy-proc", f"decoys were changed: {[e[0] for e in tree(decoy) if e not in before]}" if tree(decoy) != before else "")


# ---- C05: files of the caller ----

def traps(target):
    """What may be at the place of a file that the runtime is told to write."""
    return {"link": lambda at: os.symlink(target / "secret", at), "dangling": lambda at: os.symlink(target / "new", at), "fifo": os.mkfifo, "directory": os.mkdir,
            "hard-link": lambda at: os.link(target / "public", at), "loop": lambda at: os.symlink(at, at), "device": lambda at: os.symlink("/dev/full", at)}


def told_files(context):
    target = Target(context)
    put(target / "public")
    context.give(target.path)
    target.before = tree(target.path)
    bundle, at_terminal = context.bundle(AGENT), context.bundle(AGENT, change=lambda config, _: config["process"].update(terminal=True))
    container, _ = context.started(context.bundle(AGENT))
    has_pidfd_socket = context.knows("create", "--pidfd-socket")
    for what, make in traps(target).items():
        for option in some(context, ("pid-file", "exec-pid-file", "log", "console-socket", "pidfd-socket")):
            if (what == "hard-link" and option == "log") or (option == "pidfd-socket" and not has_pidfd_socket):
                continue  # a log is appended to
            place = context.place("told")
            at, name = os.path.join(place, "f"), context.name()
            make(at)
            os.symlink(target / "passwd", os.path.join(place, ".f"))  # the temporary name that other runtimes use
            context.give(place)
            words = {"pid-file": ("create", "--pid-file", at, "--bundle", bundle, name), "exec-pid-file": ("exec", "--pid-file", at, container, "/bin/true"),
                     "log": ("--log", at, "create", "--bundle", bundle, name), "console-socket": ("create", "--console-socket", at, "--bundle", at_terminal, name),
                     "pidfd-socket": ("create", "--pidfd-socket", at, "--bundle", bundle, name)}[option]
            done = context.runtime(*words, timeout=15)
            context.clean(name)
            if what == "hard-link":  # one file with two names: the other name is given up, its content stays
                problem = "" if read(target / "public") == "decoy\n" else "the other name's content changed"
                put(target / "public")
            else:
                problem = unwanted(context, done, target)
            target.before = tree(target.path)  # each is judged by itself
            yield verdict(f"{option}={what}", done, problem)


def told_files_control(context):
    target, place = Target(context), context.place("told")
    os.symlink(target / "secret", os.path.join(place, "f"))
    with open(os.path.join(place, "f"), "w", encoding="ascii") as f:
        f.write("1234")
    yield shown("pid-file=link", target.changed())


ROWS = [
    Row("C01", "labels that go to decoys instead of the kernel", "FD LSM POL", "CVE-2025-52881, CVE-2019-16884, CVE-2019-19921, CVE-2025-62596, CVE-2025-65105", kind="host", users=BOTH,
        run=labels, control=labels_control, may_lack=("label",), expect={"*-at-*": "CM-MOUNT-DEST", "*": "OK"}),
    Row("C02", "names and values of sysctls that mean another one", "POL FD", "CVE-2022-0811, CVE-2025-52881", kind="host", users=BOTH, run=sysctls, control=sysctls_control,
        expect={"key=''": "FORM", "nul-*": "FORM", "*": "CM-SYSCTL"}),
    Row("C03", "sysctls while the namespace is the host's", "POL", "CVE-2022-0532", kind="host", users=BOTH, run=shared_namespaces, control=shared_namespaces_control,
        expect={"*,pid-1": "CM-NS-IPC|CM-NS-NET|CM-NS-UTS|CM-NS-PATH", "kernel.msgmax,*": "CM-NS-IPC", "fs.mqueue*": "CM-NS-IPC", "net.*": "CM-NS-NET", "*": "CM-NS-UTS"}),
    Row("C04", "a runtime that is started where /proc, /sys or /dev are something else", "FD", kind="host", users=BOTH, run=false_places, control=false_places_control,
        expect={"*": "OK|REFUSED|CM-CGROUP-V1"}),
    Row("C05", "links, FIFOs and devices where the runtime is told to write a file", "FD", kind="host", users=BOTH, run=told_files, control=told_files_control,
        expect={"*": "OK|REFUSED"}),
    Row("C06", "maps of ids, oom_score_adj, sysctls and limits of namespaces that go to decoys", "FD", kind="host", users=BOTH, run=written_files, control=written_files_control,
        expect={"*": "OK"}),
]
