# SPDX-License-Identifier: LGPL-2.1-or-later
"""F: procfs, sysfs and cgroupfs. The attempts are in probe/group_f.c, group_f2.c and group_f3.c, the lists of F00 and F01 in data/."""
from rows import Row

DENIED = "EROFS|EACCES|EPERM"

ROWS = [
    Row("F00", "every file of /proc, /sys and /dev: which can be written, and where can directories be made", "RO UNS", expect={"*": "EMPTY"}),
    Row("F01", "every file of /proc, /sys and /dev: which can be read", "MSK UNS", control="host", expect={"*": "EMPTY"}),
    Row("F02", "core_pattern, and a crash", "RO UNS CAP", control="host", expect={"crash": "OK", "core-limit": "EPERM", "*": DENIED}),
    Row("F03", "programs that the kernel runs on the host: modprobe, hotplug, uevent_helper, poweroff_cmd, firmware", "RO UNS", control="host",
        expect={"*": DENIED}, may_lack=("write=*",)),
    Row("F04", "sysrq-trigger", "RO UNS", control="host", expect={"*": DENIED}, may_lack=("write=*",)),
    Row("F05", "the kernel's memory: kcore, mem, kpage*, frame numbers in pagemap", "MSK UNS CAP", control="host",
        expect={"pagemap-frame": "OK|EPERM", "*": "EMPTY|EACCES|EPERM"}, may_lack=("read=*",)),
    Row("F06", "addresses of the kernel: kallsyms, modules, notes, vmcoreinfo, iomem", "MSK UNS", cves="CVE-2024-26816", control="host",
        expect={"*": "EMPTY|EACCES|EPERM"}, may_lack=("addresses=*", "sections")),
    Row("F07", "the kernel's log", "SEC CAP", control="host", expect={"*": "EPERM|EACCES"}, may_lack=("read=*", "write=*")),
    Row("F08", "names and quotas of others' keys (the calls are I10)", "MSK UNS", control="host", expect={"*": "EMPTY"}, may_lack=("*",)),
    Row("F09", "acpi, scsi, asound, bus, fs, irq, mtrr, driver", "MSK RO", cves="CVE-2018-10892, CVE-2017-16539", control="host", expect={"*": "EMPTY"}, may_lack=("*",)),
    Row("F10", "firmware tables, power and timing side channels", "MSK", cves="CVE-2020-8694", control="host", expect={"*": "EMPTY"}, may_lack=("*",)),
    Row("F11", "binfmt_misc", "OWN RO SEC", expect={"mount=*": "EPERM", "entries=*": "EMPTY", "*": DENIED}, may_lack=("write=*", "entries=*")),
    Row("F12", "debugfs, tracefs, securityfs, bpf, pstore, efivarfs, configfs, fusectl", "OWN SEC", control="host", expect={"mount-there=*": "EPERM", "entries=*": "EMPTY"},
        may_lack=("*",), vacuous={"entries=*": "nothing is mounted there in the control arm either"}),
    Row("F13", "loading AppArmor policy through securityfs", "CAP OWN SEC", cves="CVE-2026-23268 to CVE-2026-23411", control="host", expect={"*": "ENOENT|EACCES|EPERM"},
        may_lack=("*",)),
    Row("F14", "release_agent of cgroup v1, cgroups in a namespace below", "CG RO UC SEC", cves="CVE-2022-0492", control="bare",
        expect={"release-agents": "EMPTY", "*": "EPERM"}, vacuous={"release-agents": "there is none at the root of cgroup v2", "mount-v1=*": "no such hierarchy on this host"}),
    Row("F15", "its own cgroup: children, limits, moving, killing", "RO CG UNS", control="host", expect={"seen": "OK", "*": DENIED}, may_lack=("write=*",),
        vacuous={"seen": "the control arm has a cgroup namespace too"}),
    Row("F16", "network settings of the host and of its own namespace", "RO UNS CAP", expect={"*": DENIED}),
    Row("F17", "vm, fs, kernel and device settings", "RO UNS", control="host", expect={"writable=*": "EMPTY", "*": DENIED}, may_lack=("*",)),
    Row("F18", "settings that belong to pid, ipc and uts namespaces", "OWN RO", expect={"*": DENIED}),
    Row("F19", "writing through /proc/self/mem to what is mapped read-only", "KRN", cves="CVE-2016-5195, CVE-2017-1000405", control=None,
        no_control="the kernel's copy on write holds for everybody", expect={"*": "OK"}),
    Row("F20", "environ, mem, maps, … of processes of another user", "CAP", expect={"*": "EACCES|EPERM"}, may_lack=("*",)),
    Row("F21", "masked files under other names, from old descriptors, in a second procfs", "MSK OWN SEC", control="host",
        expect={"without-mounts=*": "EXDEV", "second-proc=*": "EPERM", "read=/proc/1/*": "EMPTY|EACCES", "read=*kcore": "EMPTY|ENOENT",
                "*": "EMPTY"}),
    Row("F22", "oom_score_adj, loginuid, time offsets, id maps and labels of oneself", "CAP LSM UNS", control="host", expect={"*": "EACCES|EPERM|EINVAL"}, may_lack=("*",)),
]
