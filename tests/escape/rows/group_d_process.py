# SPDX-License-Identifier: LGPL-2.1-or-later
"""D10 to D14: devices, filters, what is left out, labels, annotations."""
import os

from bundle import MASKED, READONLY
from changes import add, device, device_rule, drop, mount_has, mounts_of, put, status_is
from rows import Mutation, Row

# ---- D10 ----

NODES = """mem:c:1:1 kmem:c:1:2 port:c:1:4 kmsg:c:1:11 sda:b:8:0 vda:b:254:0 nvme0n1:b:259:0 loop0:b:7:0 dm-0:b:253:0 ram0:b:1:0 loop-control:c:10:237 mapper/control:c:10:236 kvm:c:10:232
fuse:c:10:229 cuse:c:10:203 net/tun:c:10:200 vhost-net:c:10:238 vhost-vsock:c:10:241 uinput:c:10:223 uhid:c:10:239 dri/card0:c:226:0 dri/renderD128:c:226:128 input/event0:c:13:64 tty0:c:4:0
tty1:c:4:1 ttyS0:c:4:64 vcs:c:7:0 vcsa1:c:7:129 hpet:c:10:228 rtc0:c:254:0 watchdog:c:10:130 nvram:c:10:144 cpu/0/msr:c:202:0 btrfs-control:c:10:234 autofs:c:10:235 snapshot:c:10:231
rfkill:c:10:242 userfaultfd:c:10:126 sg0:c:21:0 st0:c:9:0 vfio/vfio:c:10:196 raw/rawctl:c:162:0 bus/usb/001/001:c:189:0 console2:c:5:1 mcelog:c:10:227 vboxguest:c:10:122 ppp:c:108:0""".split()
RULES = {"all": {}, "all-typed": {"type": "a"}, "all-char": {"type": "c"}, "all-block": {"type": "b", "access": "r"}, "memory": {"type": "c", "major": 1}, "mem": {"type": "c",
    "major": 1, "minor": 1},
         "misc": {"type": "c", "major": 10, "access": "rw"}, "disk": {"type": "b", "major": 8, "minor": 0}, "disks": {"type": "b", "major": 8, "access": "rw"},
         "kvm": {"type": "c", "major": 10, "minor": 232}, "console": {"type": "c", "major": 4, "minor": 0}, "minus-one": {"type": "c", "major": -1, "minor": -1}}
PLACES = {"outside": "/etc/mem", "parent": "/dev/../etc/mem", "relative": "dev/mem", "root": "/", "over-null": "/dev/null/x", "pts": "/dev/pts/9", "shm": "/dev/shm/x", "fd": "/dev/fd",
          "empty-component": "/dev//x", "dot": "/dev/./x", "stdin": "/dev/stdin"}


def d10():
    for node in NODES:
        name, kind, major, minor = node.split(":")
        yield Mutation(f"node={name}", device(f"/dev/{name}", kind, int(major), int(minor)), "CM-DEVICE")
    for name, rule in RULES.items():
        yield Mutation(f"rule={name}", device_rule(**rule), "CM-DEVICE-RULE", also=("CM-PRIVILEGED",))
    for name, path in PLACES.items():
        yield Mutation(f"place={name}", device(path, "p", 0, 0), "CM-DEVICE", no_control="a FIFO is no device; that it is made there is")
    yield Mutation("null-of-another-number", device("/dev/null", "c", 1, 1), "CM-DEVICE", no_control="they open it themselves, as the device it should be")
    yield Mutation("tty-of-another-number", device("/dev/tty", "c", 4, 1), "CM-DEVICE")
    yield Mutation("zero-as-a-disk", device("/dev/zero", "b", 8, 0), "CM-DEVICE")
    yield Mutation("random-by-another-name", device("/dev/mem", "c", 1, 8), "CM-DEVICE")
    yield Mutation("set-user-id", device("/dev/x", "p", 0, 0, fileMode=0o4777), "FORM|CM-DEVICE", says="/linux/devices/0", no_control="it is the container's own")
    yield Mutation("type-unknown", device("/dev/x", "x", 1, 3), "FORM|CM-DEVICE", says="/linux/devices/0", no_control="they do not know it either")
    yield Mutation("number-too-large", device("/dev/x", "c", 1 << 40, 3), "FORM|CM-DEVICE", says="/linux/devices/0", no_control="the kernel has no such number")
    yield Mutation("number-negative", device("/dev/x", "c", -1, -1), "FORM|CM-DEVICE", says="/linux/devices/0", no_control="the kernel has no such number")
    yield Mutation("owner-unmapped", device("/dev/x", "p", 0, 0, uid=70000), "CM-DEVICE|CM-ID-USER", no_control="elsewhere every id is mapped")
    yield Mutation("only-nodes", device_rule(type="c", major=10, minor=232, access="m"), "CM-DEVICE-RULE", tightened=True, verify=status_is("CapBnd", lambda v: not int(v, 16) >> 27 & 1,
        "it can make nodes"))


# ---- D11 ----

def filters_are(at_least):
    def verify(context, name):
        return status_is("Seccomp", lambda v: v == "2", "no filter")(context, name) or status_is("Seccomp_filters", lambda v: int(v) >= at_least, "a filter is missing")(context, name)
    return verify


def profile(action="SCMP_ACT_ALLOW", **more):
    return put("linux/seccomp", {"defaultAction": action, **more})


NOTIFY = [{"names": ["mkdir"], "action": "SCMP_ACT_NOTIFY"}]
DANGEROUS = ["unshare", "mount", "bpf", "kexec_load", "init_module", "ptrace", "add_key", "userfaultfd", "io_uring_setup", "open_by_handle_at", "setns", "clone3"]


def d11():
    yield Mutation("absent", drop("linux/seccomp"), "CM-SECCOMP-ABSENT", tightened=True, verify=filters_are(1))
    yield Mutation("allow", profile(), "CM-SECCOMP-DEFAULT", tightened=True, verify=filters_are(1), no_control="a filter is there, and allows everything")
    yield Mutation("log", profile("SCMP_ACT_LOG"), "CM-SECCOMP-DEFAULT", tightened=True, verify=filters_are(2), no_control="a filter is there, and allows everything")
    yield Mutation("allows-by-name", profile("SCMP_ACT_ERRNO", syscalls=[{"names": DANGEROUS + ["read", "write", "execve", "exit_group", "exit", "rt_sigreturn", "prctl", "seccomp"],
                                                                          "action": "SCMP_ACT_ALLOW"}]), "OK", tightened=True, verify=filters_are(2), no_control="they start with that filter alone")
    for arch in "X86 X32 ARM AARCH64 MIPS64 PPC64LE S390X RISCV64".split():
        yield Mutation(f"arch={arch}", profile(architectures=["SCMP_ARCH_X86_64", "SCMP_ARCH_X86_64" if arch == os.uname().machine.upper() else f"SCMP_ARCH_{arch}"]),
            "CM-SECCOMP-ARCH CM-SECCOMP-DEFAULT",
                       tightened=True, verify=filters_are(1), no_control="what a filter does with other architectures is not seen from outside")
    yield Mutation("spec-allow", profile(flags=["SECCOMP_FILTER_FLAG_SPEC_ALLOW"]), "CM-SECCOMP-FLAG", tightened=True,
                   verify=status_is("Speculation_Store_Bypass", lambda v: True, ""), no_control="what it does depends on the processor")
    for name, path in {"no-path": None, "not-listed": "/run/agent.sock", "relative": "agent.sock", "docker": "/run/docker.sock", "systemd": "/run/systemd/notify",
        "abstract": "@agent"}.items():
        yield Mutation(f"agent={name}", profile(syscalls=NOTIFY, **({"listenerPath": path} if path else {})), "FORM|CM-SECCOMP-NOTIFY", says="/linux/seccomp", no_control="no agent is there")
    yield Mutation("agent=link-to-a-listed-one", put_agent_link, "CM-SECCOMP-NOTIFY", no_control="no agent is there")
    yield Mutation("agent-by-default", profile("SCMP_ACT_NOTIFY", listenerPath="/run/agent.sock"), "CM-SECCOMP-NOTIFY", no_control="they refuse it too")
    yield Mutation("agent-for-execve", profile(syscalls=[{"names": ["execve"], "action": "SCMP_ACT_NOTIFY"}], listenerPath="/run/agent.sock"), "CM-SECCOMP-NOTIFY",
        no_control="no agent is there")
    yield Mutation("errno-too-large", profile("SCMP_ACT_ERRNO", defaultErrnoRet=5000), "CM-SECCOMP-ERRNO", no_control="nothing would run")
    yield Mutation("errno-of-a-call-too-large", profile(syscalls=[{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "errnoRet": 65536}]), "CM-SECCOMP-ERRNO")
    yield Mutation("without-what-a-start-needs", profile("SCMP_ACT_KILL_PROCESS"), "FORM", says="without which no container can start", no_control="it dies there")


def put_agent_link(config, context):
    link = os.path.join(context.place(), "agent.sock")
    os.symlink("/run/seccomp-agent.sock", link)
    context.scene(policy={"version": 1, "seccomp": {"listenerPaths": ["/run/seccomp-agent.sock"]}})
    profile(syscalls=NOTIFY, listenerPath=link)(config, context)


# ---- D12 ----

def without(path, one):
    def change(config, _):
        config["linux"][path] = [p for p in config["linux"][path] if p != one]
    return change


def covered(*paths):
    """What is there on the host is covered in the container: a mount lies over it."""
    def verify(context, name):
        mounts = mounts_of(context, name)
        bare = [p for p in paths if os.path.exists(p) and p not in mounts]
        return f"not covered: {bare}" if bare else None
    return verify


def readonly(*paths):
    def verify(context, name):
        mounts = mounts_of(context, name)
        bad = [p for p in paths if os.path.exists(p) and (p not in mounts or "ro" not in mounts[p][0])]
        return f"not read-only: {bad}" if bad else None
    return verify


NNP = status_is("NoNewPrivs", lambda v: v == "1", "it can gain privileges")


def d12():
    yield Mutation("privileges=false", put("process/noNewPrivileges", False), "CM-NNP", tightened=True, verify=NNP)
    yield Mutation("privileges=absent", drop("process/noNewPrivileges"), "CM-NNP", tightened=True, verify=NNP)
    yield Mutation("root=writable", put("root/readonly", False), "CM-ROOT-READONLY", tightened=True, verify=mount_has("/", "ro", "nosuid", "nodev"))
    yield Mutation("root=absent", drop("root/readonly"), "CM-ROOT-READONLY", tightened=True, verify=mount_has("/", "ro", "nosuid", "nodev"))
    for path in MASKED:
        there = os.path.exists(path)
        yield Mutation(f"masked={path}", without("maskedPaths", path), "CM-MASK", tightened=True, verify=covered(path), no_control="" if there else "this kernel has not got it")
    for path in READONLY:
        yield Mutation(f"readonly={path}", without("readonlyPaths", path), "CM-READONLY-PATH", tightened=True, verify=readonly(path),
            no_control="" if os.path.exists(path) else "this kernel has not got it")
    yield Mutation("masked=none", put("linux/maskedPaths", []), "CM-MASK", tightened=True, verify=covered(*MASKED))
    yield Mutation("masked=absent", drop("linux/maskedPaths"), "CM-MASK", tightened=True, verify=covered(*MASKED))
    yield Mutation("readonly=none", put("linux/readonlyPaths", []), "CM-READONLY-PATH", tightened=True, verify=readonly(*READONLY))
    yield Mutation("readonly=absent", drop("linux/readonlyPaths"), "CM-READONLY-PATH", tightened=True, verify=readonly(*READONLY))
    for name, path in {"root": "/", "relative": "proc/keys", "parent": "/proc/../..", "proc": "/proc", "sys": "/sys", "dev": "/dev", "self": "/proc/self/status",
        "pid": "/proc/1/status"}.items():
        yield Mutation(f"mask-of={name}", add("linux/maskedPaths", path), "CM-MASK", no_control="it harms the container alone")
    for name, path in {"relative": "proc/keys", "parent": "/proc/../..", "self": "/proc/self/attr", "root": "/"}.items():
        yield Mutation(f"readonly-of={name}", add("linux/readonlyPaths", path), "CM-READONLY-PATH", no_control="it harms the container alone")


# ---- D13 ----

LABELS = {"spc": "system_u:system_r:spc_t:s0", "runtime": "system_u:system_r:container_runtime_t:s0", "unconfined": "unconfined_u:unconfined_r:unconfined_t:s0",
          "init": "system_u:system_r:init_t:s0", "kernel": "system_u:system_r:kernel_t:s0"}
PROFILES = {"unconfined": "unconfined", "stack": "docker-default//&unconfined", "of-another-namespace": ":other:docker-default", "namespace-alone": ":other:",
    "root-namespace": ":root://docker-default"}


def d13():
    here = "nothing here is unconfined by it: the module is not active, or other runtimes leave it to the kernel, which knows no such label"
    for name, label in LABELS.items():
        yield Mutation(f"selinux={name}", put("process/selinuxLabel", label), "CM-LSM-UNCONFINED", also=("CM-LSM",), no_control=here)
        yield Mutation(f"selinux-of-mounts={name}", put("linux/mountLabel", label), "CM-LSM-UNCONFINED", also=("CM-LSM",), no_control=here)
    for name, label in {"newline": "system_u:system_r:container_t:s0\nx", "no-type": "container_t", "no-such": "system_u:system_r:no_such_t:s0", "option": "x,rw,suid"}.items():
        yield Mutation(f"selinux={name}", put("process/selinuxLabel", label), "CM-LSM|CM-LSM-UNCONFINED|FORM", says="/process/selinuxLabel", no_control=here)
    for name, label in PROFILES.items():
        free = name == "unconfined" and os.path.exists("/sys/kernel/security/apparmor") # the others are refused by the kernel
        yield Mutation(f"apparmor={name}", put("process/apparmorProfile", label), "CM-LSM-UNCONFINED", also=("CM-LSM",), no_control="" if free else here)
    for name, label in {"no-such": "no-such-profile", "path": "/etc/passwd", "newline": "docker-default\nunconfined", "command": "changeprofile unconfined"}.items():
        yield Mutation(f"apparmor={name}", put("process/apparmorProfile", label), "CM-LSM|CM-LSM-UNCONFINED|FORM", says="/process/apparmorProfile", no_control=here)
    loaded = "mkdir -p /run/m/apparmor/parameters /run/s/apparmor; echo Y >/run/m/apparmor/parameters/enabled; printf '%s\\n' 'runc (unconfined)' 'new (complain)' >/run/s/apparmor/profiles\n" \
        "mount --bind /run/m /sys/module; mount --bind /run/s /sys/kernel/security"
    for name in ("runc", "new"):
        yield Mutation(f"apparmor=loaded-to-confine-nothing-{name}", with_apparmor(loaded, name), "CM-LSM-UNCONFINED", rootless="CM-LSM-UNCONFINED|CM-LSM", no_control=here)
    yield Mutation("policy-wants-a-label", on_a_strict_host, "CM-LSM-MISSING", rootless="CM-LSM-MISSING", no_control="only casemate has a policy")


def with_apparmor(script, name):
    def change(config, context):
        context.scene(script="mount -t tmpfs none /run; " + script)
        config["process"]["apparmorProfile"] = name
    return change


def on_a_strict_host(_, context):
    context.scene(policy={"version": 1, "lsm": {"require": True}})


# ---- D14 ----

ANNOTATIONS = {
    "systemd-exec": {"org.systemd.property.ExecStartPre": "[['/bin/sh', '-c', 'id']]"}, "systemd-delegate": {"org.systemd.property.Delegate": "true"},
    "systemd-devices": {"org.systemd.property.DeviceAllow": "[('/dev/mem', 'rwm')]"}, "systemd-tasks": {"org.systemd.property.TasksMax": "uint64 18446744073709551615"},
    "systemd-user": {"org.systemd.property.User": "'root'"}, "systemd-empty": {"org.systemd.property.": "''"},
    "keep-groups": {"run.oci.keep_original_groups": "1"}, "krun": {"run.oci.handler": "krun"}, "wasm": {"run.oci.handler": "wasm"}, "wasm-other": {"run.oci.handler": "wasmtime"},
    "seccomp-receiver": {"run.oci.seccomp.receiver": "/run/agent.sock"}, "seccomp-plugins": {"run.oci.seccomp.plugins": "/tmp/evil.so"}, "systemd-subgroup": {"run.oci.systemd.subgroup": "../x"},
    "delegate-cgroup": {"run.oci.delegate-cgroup": "x"}, "mount-context": {"run.oci.mount_context_type": "context"}, "hooks-stdout": {"run.oci.hooks.stdout": "/dev/null"},
    "hooks-stderr": {"run.oci.hooks.stderr": "/dev/null"}, "bpf-prog": {"run.oci.seccomp_bpf_data": "AAAA"}, "pidfd-receiver": {"run.oci.pidfd_receiver": "/run/x.sock"},
    "criu-config": {"org.criu.config": "/etc/criu/evil.conf"}, "criu-action": {"org.criu.action-script": "/bin/sh"},
}
OURS = {"unknown": {"casemate.no-such-thing": "1"}, "writable": {"casemate.rootfs": "writable"}, "empty": {"casemate.rootfs": ""}, "policy": {"casemate.policy": "/tmp/policy.json"},
        "prefix": {"casemate.": "x"}, "case": {"casemate.Rootfs": "readonly"}}


def d14():
    for name, annotations in ANNOTATIONS.items():
        yield Mutation(name, put("annotations", annotations), "CM-ANNOTATION-UNSAFE", no_control="the programs here do not do what it says" if name in ("krun", "wasm", "wasm-other",
            "seccomp-plugins", "seccomp-receiver", "pidfd-receiver", "bpf-prog") else "")
    for name, annotations in OURS.items():
        yield Mutation(f"ours={name}", put("annotations", annotations), "CM-ANNOTATION", no_control="it means nothing to others")
    yield Mutation("beside-a-harmless-one", put("annotations", {"a": "b", "org.systemd.property.CollectMode": "'inactive'", "run.oci.handler": "x"}), "CM-ANNOTATION-UNSAFE")
    for name, value in {"number": {"a": 1}, "list": [], "null": {"a": None}}.items():
        yield Mutation(f"form={name}", put("annotations", value), "FORM", says="/annotations", no_control="they do not read it either")


ROWS = [
    Row("D10", "devices of the host, as nodes and as rules", "POL", kind="config", mutations=tuple(d10())),
    Row("D11", "filters that are absent or allow too much, and agents", "POL SEC", kind="config", mutations=tuple(d11())),
    Row("D12", "protections that are left out come back", "POL", kind="config", mutations=tuple(d12())),
    Row("D13", "labels that confine nothing", "POL LSM", kind="config", mutations=tuple(d13())),
    Row("D14", "annotations that change what a runtime does on the host", "POL", "CVE-2024-3154, CVE-2026-53488", kind="config", mutations=tuple(d14())),
]
