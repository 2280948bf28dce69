# SPDX-License-Identifier: LGPL-2.1-or-later
"""From outcomes to verdicts: what a row is worth in each form and for each user, and what differs from the results that are checked in. Pure."""
from dataclasses import dataclass, field

# What a kernel says that does not have the thing at all.
ABSENT = {"ENOSYS", "EAFNOSUPPORT", "EPROTONOSUPPORT", "ESOCKTNOSUPPORT", "ENODEV", "ENOENT", "ENXIO", "EOPNOTSUPP", "ENOPROTOOPT"}
STOPPED_TARGET = 80


@dataclass
class Verdict:
    result: str
    problems: list = field(default_factory=list)


def judge(row, user, outcomes, strict=True):
    """One row in one form for one user. strict: the errno must be the expected one (for casemate; another runtime has its own reasons)."""
    problems, errnos = [], set()
    for name, one in sorted(outcomes.items()):
        wanted = [m.wanted(user) for m in row.mutations if m.name == name] or row.wanted(name, user)
        if one.result == "escaped":
            problems.append(f"{name} escaped: {one.detail}"[:600])
        elif one.result == "broken":
            problems.append(f"{name} was not tried: {one.errno} {one.detail}"[:600])
        elif one.result == "n/a":
            if not row.lacks(name):
                problems.append(f"{name} is n/a: {one.detail}")
        elif wanted is None or (one.errno not in wanted and name != "host"):
            problems.append(f"{name}: {one.errno}, expected {'|'.join(wanted or ['nothing'])} {one.detail}"[:600])
        else:
            errnos.add("|".join(wanted))
    kinds = {o.result for o in outcomes.values()}
    result = next((k for k in ("escaped", "broken", "blocked", "n/a") if k in kinds), "broken")
    if not outcomes:
        problems.append("no answer")
    if not strict:
        return Verdict(result)
    if row.mutations and result == "blocked":
        return Verdict("blocked " + " ".join(sorted({word for m in row.mutations for word in (m.wanted(user) or "").split()})), problems)
    return Verdict(" ".join([result, *sorted(errnos)]) if result == "blocked" else result, problems)


def judge_control(row, outcomes):
    """shown (an attempt works without the protection), absent (this kernel lacks it), broken (the arm did not work) or vacuous; and the attempts that are stopped in both arms."""
    if row.control is None and row.kind != "config":
        return "none: " + row.no_control, []
    shown, missing, vacuous = [], [], []
    for name, one in sorted(outcomes.items()):
        if one.result == "escaped":
            shown.append(name)
        elif one.result == "n/a" or one.errno in ABSENT:
            missing.append(name)
        elif one.errno != "WORKS" and name != "host":
            vacuous.append(name)
    vacuous = [v for v in vacuous if not row.why_vacuous(v)]
    broken = any(one.result == "broken" for one in outcomes.values())
    state = "shown" if shown else "broken" if broken else "vacuous" if vacuous else "absent" if missing else "vacuous"
    if not outcomes:
        state = "not run"
    return state, vacuous


def stopped(outcomes):
    return bool(outcomes) and not any(o.result in ("escaped", "broken") for o in outcomes.values())


def share(entries, layer):
    """Percentage of the rows that are still stopped with this layer off."""
    known = [e["without"][layer] for e in entries.values() if layer in e.get("without", {})]
    return 100 * known.count("blocked") // len(known) if known else 100


def same_result(row, value, was):
    """Which attempts a kernel leaves to be made depends on what it has, if the row says so."""
    if row.may_lack and was:
        kinds = {value.split(" ")[0], was.split(" ")[0]}
        return len(kinds) == 1 or kinds == {"blocked", "n/a"}
    return value == was


def compare(row, new, old, facilities):
    """What is worse than, or different from, the entry that is checked in."""
    if old is None:
        return ["it is not in the results that are checked in"]
    problems = []
    lacking = [n for n in row.needs if n not in facilities]
    unknown = "all" in old.get("results", {})  # written where the row could not be tried
    for key in ("title", "cves", "layers", "kind", "na"):
        if new.get(key) != old.get(key):
            problems.append(f"{key} is {new.get(key)!r}, checked in is {old.get(key)!r}")
    for key, value in new.get("results", {}).items():
        was = old.get("results", {}).get(key)
        if not same_result(row, value, was) and not lacking and not unknown and not value.startswith("n/a: needs"):
            problems.append(f"{key} is {value!r}, checked in is {was!r}")
    before, after = old.get("control", ""), new.get("control", "")
    lenient = after == "not run" or lacking or unknown or (row.may_lack and after == "absent")
    if after != before and not lenient and not (before in ("absent", "vacuous") and after == "shown"):
        problems.append(f"the control arm is {after!r}, checked in is {before!r}")
    if after in ("broken", "vacuous") and after == before:
        problems.append(f"the control arm is {after}: it proves nothing")
    fresh = sorted(set(new.get("vacuous", ())) - set(old.get("vacuous", ())))
    if fresh:
        problems.append(f"blocked in the control arm too, which was not so before: {', '.join(fresh)}")
    unknown = unknown or bool(row.may_lack)
    for layer, value in new.get("without", {}).items():
        if not unknown and value != old.get("without", {}).get(layer):
            problems.append(f"without {layer}: {value}, checked in is {old.get('without', {}).get(layer)}")
    if "alone" in new and not unknown and new["alone"] != old.get("alone"):
        problems.append(f"stopped by one layer alone: {new['alone']}, checked in is {old.get('alone')}")
    return problems
