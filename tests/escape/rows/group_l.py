# SPDX-License-Identifier: LGPL-2.1-or-later
"""L: the runtime's own state and lifecycle. These are tested where the mechanisms are; a row names the tests until it is one of the corpus."""
from rows import Row


def tested(where):
    return f"tested by {where}, not by the corpus yet"


ROWS = [
    Row("L01", "a hundred operations on one id at the same time", "FD", na=tested("tests/integration/lifecycle.bats and tests/unit/idmap")),
    Row("L02", "SIGKILL of the runtime at every step, then delete --force", "FD", na=tested("tests/integration/crash.bats")),
    Row("L03", "truncated, empty and stale state files", "FD", na=tested("tests/unit/state and tests/fuzz/fuzz_record.c")),
    Row("L04", "links, FIFOs and hard links in the place of state files", "FD", na=tested("tests/unit/state")),
    Row("L05", "starting oneself early", "FD", na=tested("tests/escape/program.bats")),
    Row("L06", "signals to a pid that was given to another process", "FD", na=tested("tests/unit/state and tests/integration/manage.bats")),
    Row("L07", "delete with paths of others in the record", "FD", na=tested("tests/integration/shared_cgroups.bats and tests/integration/leftovers.bats")),
    Row("L08", "floods and wrong descriptors on console and notify sockets", "FD", na=tested("tests/integration/terminal.bats and tests/unit/base")),
    Row("L09", "NOTIFY_SOCKET: more than READY=1 to the host's manager", "FD", na=tested("tests/integration/notify.bats")),
    Row("L10", "hostile environment, descriptors and limits of the caller", "FD", na=tested("tests/integration/descriptors.bats and tests/integration/command_line.bats")),
    Row("L11", "names and properties of systemd units", "POL", na=tested("tests/vm/suites/systemd.bats and tests/unit/plan")),
    Row("L12", "a policy that is missing, unreadable, writable for others, a link, huge or invalid", "POL", na=tested("tests/integration/policy.bats")),
    Row("L13", "clocks that jump; no space, memory or descriptors at each step", "FD", na=tested("tests/integration/crash.bats and tests/integration/policy_exceptions.bats")),
    Row("L14", "suppressing or forging audit records", "POL", na=tested("tests/integration/audit.bats and tests/unit/audit")),
]
