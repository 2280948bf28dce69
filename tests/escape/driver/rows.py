# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a row of the corpus is, and the rows themselves: every file of tests/escape/rows defines ROWS."""
import fnmatch
import glob
import importlib.util
import os
import re
from dataclasses import dataclass, field
from typing import Callable, Optional

HERE = os.path.dirname(os.path.abspath(__file__))
USERS = ("root", "user", "rootless")
FORMS = ("run", "create", "exec")
LAYERS = {
    "UNS": "user namespace", "OWN": "namespaces owned by the outside", "UC": "no further namespaces (ucounts)", "SEC": "system call filter",
    "CAP": "capabilities and no_new_privs", "RO": "read-only mounts", "MSK": "masked paths", "LSM": "AppArmor or SELinux", "FD": "descriptors instead of paths",
    "POL": "refused by policy", "CG": "cgroup", "LL": "Landlock", "KRN": "the kernel itself",
}


@dataclass
class Outcome:
    """One attempt: what happened. errno is a name, OK (a property holds), EMPTY, SIG…, or the code of a refusal."""
    attempt: str
    result: str  # blocked, escaped, n/a, broken
    errno: str = ""
    detail: str = ""


@dataclass
class Mutation:
    """A change of a good configuration. It must be refused with `code`, or (tightened) be started with `code` among the tightenings; then `verify` looks from outside."""
    name: str
    change: Callable  # (config, context) -> None, or a new configuration as an object or as text
    code: str  # words that must all be said, each of them alternatives as A|B; FORM: refused while it is read, which has no code
    tightened: bool = False
    verify: Optional[Callable] = None  # (context, container) -> None or a text that says what is wrong
    also: tuple = ()  # further codes that may come with it
    says: str = ""  # what the message must contain; with FORM the place in the configuration
    rootless: Optional[str] = None  # the code for a caller without privilege if it is another; "-": nothing to try there
    options: tuple = ()  # in front of the command: ("--policy", "strict")
    adapt: Optional[Callable] = None  # a further change that other runtimes need to take it
    no_control: str = ""  # why no other runtime here starts it

    def wanted(self, user):
        """None: not for this user."""
        code = self.code if user != "rootless" or self.rootless is None else self.rootless
        return None if code == "-" else code


@dataclass
class Row:
    id: str
    title: str
    layers: str  # words of LAYERS
    cves: str = ""
    kind: str = "inside"  # inside, config, host
    expect: dict = field(default_factory=dict)  # inside, host: attempt pattern, or pattern@user → errno|errno…; the first that matches counts
    forms: tuple = FORMS
    users: tuple = USERS
    control: object = "userns"  # inside: userns or host; host: a function(context) like run; None: no_control says why
    no_control: str = ""
    vacuous: dict = field(default_factory=dict)  # attempt pattern → why it is blocked in the control arm, too
    batch: bool = True  # its attempts may share a container with others
    alone: bool = False  # host: nothing else of the corpus may run beside it
    needs: tuple = ()  # facilities of the host without which the row is n/a
    may_lack: tuple = ()  # patterns of attempts whose surface a kernel may lack: n/a is fine
    na: str = ""  # nothing to attempt here, and why
    others: dict = field(default_factory=dict)  # attempt pattern → why it is not tried with another runtime; "*": nothing of the row is
    prepare: Optional[Callable] = None  # inside: (place) adds to the rootfs that all inside rows share
    after: Optional[Callable] = None  # inside: (watch) -> texts: a look from the host after the attempts; each is an escape
    mutations: tuple = ()
    run: Optional[Callable] = None  # host: (context) yields outcomes

    def wanted(self, attempt, user):
        for pattern, names in self.expect.items():
            glob_, _, who = pattern.partition("@")
            if fnmatch.fnmatchcase(attempt, glob_.replace("[", "[[]")) and who in ("", user):
                return names.split("|")
        return None

    def lacks(self, attempt):
        return any(fnmatch.fnmatchcase(attempt, p) for p in self.may_lack)

    def why_ours(self, attempt):
        """Why another runtime is not put to this attempt; None: it is."""
        return next((why for p, why in self.others.items() if fnmatch.fnmatchcase(attempt, p)), None)

    def why_vacuous(self, attempt):
        return next((why for p, why in self.vacuous.items() if fnmatch.fnmatchcase(attempt, p)), None)


def load(directory=os.path.join(HERE, "..", "rows")):
    rows = {}
    for path in sorted(glob.glob(os.path.join(directory, "group_*.py"))):
        spec = importlib.util.spec_from_file_location("rows_" + os.path.basename(path)[:-3], path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        for row in module.ROWS:
            problem = invalid(row) or (row.id in rows and "it is there twice")
            if problem:
                raise SystemExit(f"{path}: row {row.id}: {problem}")
            rows[row.id] = row
    return dict(sorted(rows.items()))


def invalid(row):
    if not re.fullmatch(r"[A-L][0-9]{2}", row.id):
        return "an id is a letter and two digits"
    unknown = set(row.layers.split()) - set(LAYERS)
    if unknown:
        return f"unknown layers {unknown}"
    if row.kind not in ("inside", "config", "host"):
        return f"unknown kind {row.kind}"
    if not row.na and ((row.kind == "config" and not row.mutations) or (row.kind == "host" and not row.run)):
        return "nothing to do, and no reason why"
    if not row.na and row.kind != "config" and not row.expect:
        return "it expects nothing"
    if not row.na and row.control is None and not row.no_control:
        return "no control arm, and no reason why"
    return None


def select(rows, patterns, regex=""):
    names = [p for p in (patterns or "*").split(",") if p]
    return {i: r for i, r in rows.items() if any(fnmatch.fnmatchcase(i, p) for p in names) and (not regex or re.search(regex, f"{i} {r.title}"))}
