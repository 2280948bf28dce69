# SPDX-License-Identifier: LGPL-2.1-or-later
"""I: the first call of what kernel exploits begin with. The attempts are in probe/group_i.c and group_i2.c. No exploit is among them: an entry point that opens counts as escaped."""
import os

from context import helper, probe_outcomes
from rows import Outcome, Row

NO_FAMILY, NO_PROTOCOL = "EAFNOSUPPORT", "EPROTONOSUPPORT"
FALLBACK = "ENOSYS|EPERM"
EVERYBODY = "the kernel allows or forbids it to everybody"


def strict(context):
    """The profile strict forbids what ordinary programs may still do."""
    def change(config, _):
        config["process"]["user"] = {"uid": 1000, "gid": 1000}
        config["process"]["capabilities"] = {}
    if context.runtime.kind != "casemate":
        yield from ordinary(context)
        return
    bundle = context.bundle(["/bin/escape-probe", "I18"], change=change)
    policy = context.place("policy")
    with open(os.path.join(policy, "policy.json"), "w", encoding="utf-8") as f:
        f.write('{"version": 1, "seccomp": {"profile": "strict"}}')
    done = context.run(bundle, prefix=(helper("with-policy"), context.place("etc"), policy))
    said = probe_outcomes(done.out).get("I18", {})
    yield from said.values() or [Outcome("out-of-band", "broken", "NO-ANSWER", done.err.strip()[-300:])]


def ordinary(context):
    """The same with the profile default, where it works."""
    done = context.run(context.bundle(["/bin/escape-probe", "I18"]))
    yield from probe_outcomes(done.out).get("I18", {}).values()


ROWS = [
    Row("I01", "AF_ALG", "SEC", cves="CVE-2026-31431, CVE-2019-8912, CVE-2017-17806", expect={"*": NO_FAMILY}),
    Row("I02", "IPsec: xfrm, ESP, RxRPC, PF_KEY, ESP in UDP", "SEC CAP UC", cves="CVE-2026-43284, CVE-2026-43500, CVE-2022-27666, CVE-2017-7184, CVE-2017-16939",
        expect={"family=*": NO_FAMILY, "socket=*": NO_PROTOCOL, "udp-encap=udplite:*": f"EPERM|{NO_PROTOCOL}", "*": "EPERM"}),
    Row("I03", "upper layer protocols on TCP: ESP in TCP, TLS", "SEC", cves="CVE-2026-46300, CVE-2025-37756", expect={"*": "ENOPROTOOPT"},
        vacuous={"*": "an upper layer is given to connected sockets only"}),
    Row("I04", "lending pages to pipes: vmsplice, tee", "SEC", cves="CVE-2022-0847", expect={"*": "EINVAL"}),
    Row("I05", "watch queues", "SEC", cves="CVE-2022-0995", expect={"*": "EPERM"}, may_lack=("notification-pipe", "keyctl-watch")),
    Row("I06", "io_uring", "SEC", cves="CVE-2021-41073, CVE-2022-1786, CVE-2022-2602, CVE-2022-29582, CVE-2023-2598, CVE-2023-3389, CVE-2024-0582", expect={"*": "ENOSYS"}),
    Row("I07", "userfaultfd", "SEC", cves="CVE-2022-2590 class", expect={"open-w=*": "ENOENT", "*": "ENOSYS"}),
    Row("I08", "bpf", "SEC CAP", cves="CVE-2017-16995, CVE-2020-8835, CVE-2021-3490, CVE-2021-31440, CVE-2021-33200, CVE-2022-23222", control="host", expect={"*": "EPERM"}),
    Row("I09", "performance events", "SEC CAP", cves="CVE-2013-2094, CVE-2023-5717, CVE-2023-6931", control="host", expect={"*": "EPERM"}),
    Row("I10", "keyrings", "SEC", cves="CVE-2016-0728, CVE-2017-7472", expect={"*": "EPERM"}),
    Row("I11", "filesystem contexts", "SEC OWN", cves="CVE-2022-0185, CVE-2021-4154", expect={"*": FALLBACK}),
    Row("I12", "packet filter tables and nf_tables", "UC SEC CAP",
        cves="CVE-2021-22555, CVE-2022-1015, CVE-2022-25636, CVE-2022-32250, CVE-2022-34918, CVE-2023-32233, CVE-2023-0179, CVE-2024-1086, CVE-2026-31414",
        expect={"socket=*": NO_PROTOCOL, "*": "EPERM"}),
    Row("I13", "traffic control and devices by route netlink", "CAP UC", cves="CVE-2022-2588, CVE-2022-29581, CVE-2023-1829, CVE-2023-31436, CVE-2023-4623", expect={"*": "EPERM"},
        vacuous={"*": "a kind that this kernel does not have gives the same answer"}),
    Row("I14", "packet sockets", "SEC CAP", cves="CVE-2016-8655, CVE-2017-7308, CVE-2017-1000112, CVE-2020-14386, CVE-2025-38617",
        expect={"socket=packet-of-inet*": NO_PROTOCOL, "*": NO_FAMILY}),
    Row("I15", "AF_VSOCK and the devices behind it", "SEC", cves="CVE-2021-26708, CVE-2024-50264, CVE-2025-21756", expect={"open-r=*": "ENOENT", "*": NO_FAMILY}),
    Row("I16", "every rare family of sockets", "SEC",
        cves="CVE-2021-43267, CVE-2019-11815, CVE-2021-3609, CVE-2014-4943, CVE-2016-10200, CVE-2021-23134, CVE-2020-12351, CVE-2021-3573", expect={"*": NO_FAMILY}),
    Row("I17", "rare and raw protocols of the internet families", "SEC", cves="CVE-2017-6074, CVE-2021-23133", expect={"*": NO_PROTOCOL}),
    Row("I18", "out of band bytes on AF_UNIX, with the profile strict", "SEC", cves="CVE-2025-38236", kind="host", users=("root",), run=strict, control=ordinary, expect={"*": "EPERM|EOPNOTSUPP"}),
    Row("I19", "netlink other than route", "SEC", expect={"*": NO_PROTOCOL}),
    Row("I20", "other processes' memory and descriptors: ptrace, process_vm_*, pidfd_getfd, kcmp", "SEC", cves="CVE-2019-13272", expect={"*": "EPERM"},
        may_lack=("ptrace-suspend-seccomp",)),
    Row("I21", "local descriptor tables", "SEC", cves="CVE-2015-5157, CVE-2017-17053", expect={"*": "ENOSYS"}),
    Row("I22", "personalities without address randomisation", "SEC", expect={"*": "EPERM"}),
    Row("I23", "memory policies and page migration", "SEC", expect={"m*": FALLBACK, "*": "ENOSYS"}),
    Row("I24", "the other system call tables: int 0x80 and x32", "SEC", expect={"*": "SIGSYS"}),
    Row("I25", "rubbish in the upper half of an argument of 32 bits", "SEC", cves="CVE-2019-7303, CVE-2019-10063",
        expect={"high-packet*": NO_FAMILY, "high-raw*": NO_PROTOCOL, "high-netlink*": NO_PROTOCOL, "*": "EPERM"}, may_lack=("high-notification-pipe",),
        vacuous={"high-prctl*": EVERYBODY}),
    Row("I26", "taking filters away, adding weaker ones, listening to one's own", "SEC",
        expect={"permissive-filter": "OK", "filters-of-a-child": "OK", "mode-off": "EINVAL", "spec-allow": "EPERM|EINVAL", "new-listener": "EPERM|EINVAL", "*": "EPERM"},
        vacuous={"mode-off": EVERYBODY}),
    Row("I27", "system calls that only old kernels had", "SEC", expect={"*": FALLBACK}, may_lack=("legacy=*",), vacuous={"*": EVERYBODY}),
    Row("I28", "quota, fanotify, file handles, secret memory, advice to others", "SEC", control="host", expect={"*": FALLBACK}),
    Row("I29", "numbers of calls that are newer than the list", "SEC", expect={"*": "ENOSYS"}, vacuous={"newest=lsm_set_self_attr": EVERYBODY}),
    Row("I30", "helpers of exploits in calls that must stay allowed: namespaces, FUSE, userfaultfd", "UC SEC POL", cves="CVE-2023-3269, CVE-2021-33909, CVE-2025-38352",
        expect={"open-w=*": "ENOENT", "unshare=*": "EPERM", "*": "ENOSYS"}),
    Row("I31", "core scheduling cookies of one's own; allowing speculation again", "SEC", expect={"*": "EPERM"}, may_lack=("core-scheduling-cookie", "allow-speculation")),
    Row("I32", "the vsyscall page", "KRN", na="vsyscall= is a parameter of the host's boot; `check --host` reports it"),
]
