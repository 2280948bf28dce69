# SPDX-License-Identifier: LGPL-2.1-or-later
"""D: configurations that must be refused."""
from rows import Mutation, Row

REFUSED_CAPS = """SYS_ADMIN SYS_MODULE SYS_RAWIO SYS_PTRACE SYS_BOOT SYS_TIME DAC_READ_SEARCH NET_ADMIN BPF PERFMON SYSLOG MAC_ADMIN MAC_OVERRIDE CHECKPOINT_RESTORE
LINUX_IMMUTABLE AUDIT_CONTROL WAKE_ALARM BLOCK_SUSPEND IPC_OWNER LEASE SYS_TTY_CONFIG SYS_RESOURCE SYS_NICE SYS_PACCT""".split()


def with_capability(name):
    def change(config, _):
        for kind in ("bounding", "effective", "permitted"):
            config["process"]["capabilities"][kind] = [*config["process"]["capabilities"][kind], f"CAP_{name}"]
    return change


ROWS = [
    Row("D04", "capabilities that reach beyond the container", "POL", kind="config",
        mutations=tuple(Mutation(name, with_capability(name), "CM-CAP-REFUSED") for name in REFUSED_CAPS)),
]
