# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is expected of each case (verdicts.json), and what a replay found, in the same form."""
import re

from records import read

FEW = 3


def load():
    return read("verdicts.json")


def short(refusals):
    """A field's refusals, with one line for many elements of one list: a privileged container has dozens of devices."""
    groups = {}
    for refusal in refusals:
        groups.setdefault(re.sub(r"/\d+$", "/*", refusal), []).append(refusal)
    return [line for name, found in groups.items() for line in (found if len(found) <= FEW else [name])]


def words(expected):
    """For the test's name."""
    refused = [code for entry in expected.values() if isinstance(entry, dict) for code in entry.get("refused", [])]
    return f"refused: {', '.join(sorted({r.split(' ')[0] for r in refused}))}" if refused else "runs" if expected else "answers"


def found(replay):
    """What became of each container of a case."""
    result = {}
    for role, c in replay.containers.items():
        if c.called:
            result[role] = container(c)
    return result


def container(c):
    if c.refused:
        return {"refused": short(c.refused)}
    if c.message:
        return {"fails": c.message}
    entry = {"exit": c.exit, "tightened": c.tightened}
    if c.output:
        entry["output"] = c.output
    if c.executed.get("status"):
        refused = short(f"{code} {field}".rstrip() for code, field in c.refusal(c.executed["output"]))
        entry["exec refused" if refused else "exec fails"] = refused or c.executed["output"]
    elif c.executed:
        entry["exec"] = [c.executed["exit"], c.executed["output"]]
    return entry


def compared(replay, expected, usual, engine):
    """What differs from the table; texts in it are regular expressions."""
    wrong = []
    got = found(replay)
    expected = {role: entry for role, entry in expected.items() if role not in ("needs", "policy")}
    for role in sorted({*got, *expected}):
        have, want = got.get(role), expected.get(role)
        if have is None or want is None:
            wrong.append(f"{role}: {'was not called for' if have is None else 'is in no verdict'}: {have or want}")
            continue
        if "refused" not in want and "fails" not in want:
            want = {"tightened": usual[f"{engine} {'sandbox' if role == 'sandbox' else 'app'}"], **want}
        for key in sorted({*have, *want} - {"says"}):
            wrong += [f"{role}: {key} is {have.get(key)!r}, should be {want.get(key)!r}"] if differs(key, have.get(key), want.get(key)) else []
        if "says" in want and want["says"] not in replay.containers[role].message:
            wrong.append(f"{role}: the message should say {want['says']!r}: {replay.containers[role].message}")
    return wrong


def differs(key, have, want):
    if have is None or want is None:
        return have is not want
    if key in ("output", "fails", "exec fails"):
        return not re.search(want, have)
    if key == "exec":
        return have[0] != want[0] or not re.fullmatch(want[1], have[1])
    return sorted(have) != sorted(want) if isinstance(have, list) else have != want
