# SPDX-License-Identifier: LGPL-2.1-or-later
"""The results file, and the page made of it. Both have a stable order and nothing of the machine in them."""
import json
import os

from judge import share
from rows import LAYERS

GROUPS = {
    "A": "Malicious image, root filesystem and mount sources", "B": "Exec and join, descriptors, identity of processes", "C": "Redirected writes",
    "D": "Configurations that must be refused", "E": "Namespaces and mounts from inside", "F": "procfs, sysfs and cgroupfs", "G": "Capabilities, credentials and ids",
    "H": "Devices", "I": "Entry points of kernel subsystems", "J": "Sockets, IPC, terminals and neighbours on the network", "K": "Exhaustion",
    "L": "The runtime's own state and life",
}
HEAD = """# The escape corpus

This page is written by `tests/escape/run --report docs/escape-corpus.md` from the results beside it; do not edit it. [tests/escape/README.md](../tests/escape/README.md) says
how the corpus works and how to run it against another runtime.

Every row is a family of attempts to get out of a container, or to get more of the host than was given. *Result* is over all forms (run, create and start, exec)
and users (root inside, uid 1000 inside, and a caller without privilege). *Control* says whether the same attempts work where the protection is missing: **shown** if so, **absent** if the kernel
these results come from lacks what is attacked. *Where* says where the row ran: on a host (of development, which has no memory controller, systemd or label security module), in the
virtual machines of [tests/vm](../tests/vm/README.md), which have them all, or in both. *Layers* are what should stop it: """
OF_A_PLACE = ("results", "control", "vacuous")


def load(path):
    try:
        with open(path, encoding="utf-8") as f:
            return json.load(f)
    except FileNotFoundError:
        return {"runtime": "", "rows": {}}


def save(path, results):
    """One row a line: changes of different rows do not meet."""
    lines = [f"    {json.dumps(i)}: {json.dumps(e, ensure_ascii=False)}" for i, e in sorted(results["rows"].items())]
    with open(path, "w", encoding="utf-8") as f:
        f.write("{\n" + f'  "runtime": {json.dumps(results["runtime"])},\n' + '  "rows": {\n' + ",\n".join(lines) + "\n  }\n}\n")


def with_results(old, new, where):
    """What is known of a row, with the results of one place replaced."""
    if where == "vm":
        return {**(old or {k: v for k, v in new.items() if k not in OF_A_PLACE}), "vm": {k: new[k] for k in OF_A_PLACE if k in new}}
    return {**new, "vm": old["vm"]} if "vm" in (old or {}) else new


def seen_from(entry, where):
    """An entry with the results of one place only."""
    if entry is None or where == "host":
        return entry
    return {**{k: v for k, v in entry.items() if k in ("title", "kind", "layers", "cves", "na")}, **entry.get("vm", {})}


def _kinds(entry):
    return {v.split(" ")[0].rstrip(":") for v in entry.get("results", {}).values()}


def summary_of(entry):
    """One word over all forms, users and places."""
    if entry.get("na"):
        return "n/a"
    kinds = _kinds(entry) | _kinds(entry.get("vm", {}))
    return next((k for k in ("escaped", "broken", "blocked", "n/a") if k in kinds), "not run")


def _cell(text):
    return str(text).replace("|", "\\|")


def _where(entry):
    return ", ".join(word for word, of in (("host", entry), ("VM", entry.get("vm", {}))) if _kinds(of) - {"n/a"}) or "–"


def _control(entry):
    return next((e["control"] for e in (entry, entry.get("vm", {})) if e.get("control")), "–")


def _layers_off(entry):
    fallen = [layer for layer, value in sorted(entry.get("without", {}).items()) if value != "blocked"]
    return "–" if not entry.get("without") else "needs " + ", ".join(fallen) if fallen else "any one may be off"


def page(results, others):
    """others: [(name, results)] of other runtimes."""
    rows = results["rows"]
    out = [HEAD + ", ".join(f"{k} {v}" for k, v in LAYERS.items()) + ".", ""]
    counts = {}
    for entry in rows.values():
        counts[summary_of(entry)] = counts.get(summary_of(entry), 0) + 1
    out += [f"{len(rows)} rows: " + ", ".join(f"{n} {k}" for k, n in sorted(counts.items())) + ".", ""]
    layers = sorted({layer for e in rows.values() for layer in e.get("without", {})})
    if layers:
        out += ["## With one layer off", "", "A test build, never the product, can leave a layer out. Share of the rows that are still stopped:", "",
                "| layer off | still stopped | rows |", "|---|---|---|"]
        out += [f"| {layer} | {share(rows, layer)} % | {sum(layer in e.get('without', ()) for e in rows.values())} |" for layer in layers] + [""]
    for letter, title in GROUPS.items():
        mine = {i: e for i, e in rows.items() if i[0] == letter}
        if mine:
            out += _table(letter, title, mine)
    if others:
        out += _differential(rows, others)
    return "\n".join(out).rstrip("\n") + "\n"


def _table(letter, title, mine):
    out = [f"## {letter}. {title}", "", "| id | attempt | layers | result | where | control | with one layer off | stopped by one layer alone |", "|---|---|---|---|---|---|---|---|"]
    for i, e in sorted(mine.items()):
        what = e["title"] + (f" ({e['cves']})" if e.get("cves") else "")
        result = "n/a: " + e["na"] if e.get("na") else summary_of(e)
        out.append("| " + " | ".join(_cell(c) for c in (i, what, e["layers"], result, _where(e), _control(e), _layers_off(e), " ".join(e.get("alone", ())) or "–")) + " |")
    return out + [""]


def _differential(rows, others):
    out = ["## The same corpus on other runtimes", "",
           "The same configuration, in which the engine asked for nothing special, given to other runtimes, once without a seccomp profile (what Kubernetes does unless told otherwise) and once with that",
           "of docker. \"Escaped\" means that attempts of the row get through, not that the host is lost: for configurations that must be refused (group D and some rows of A and C), that it was accepted; for",
           "others, that a container has something that casemate gives none, that a file of the host was reached, that the runtime hung or crashed, or that something was left behind. Other runtimes do",
           "what the configuration says, and engines put some of these protections into it; casemate adds them whatever it says. There is no user namespace unless the",
           "configuration has one: root inside is root of the host. With docker's profile only rows were run of which a filter may change something; the others have a –.", ""]
    names = ["casemate"] + [name for name, _ in others]
    out += ["Versions: " + "; ".join(f"{name}: {r['runtime']}" for name, r in others) + ".", "", "| id | attempt | " + " | ".join(names) + " |", "|---" * (len(names) + 2) + "|"]
    ids = sorted({i for _, r in others for i in r["rows"]} & set(rows))
    for i in ids:
        cells = [summary_of(rows[i])] + [_other_cell(r["rows"].get(i)) for _, r in others]
        out.append("| " + " | ".join(_cell(c) for c in [i, rows[i]["title"], *cells]) + " |")
    totals = [sum(summary_of(rows[i]) == "escaped" for i in ids)] + [sum(_other_cell(r["rows"].get(i)).startswith("escaped") for i in ids) for _, r in others]
    out += ["| | **rows with an escape** | " + " | ".join(f"**{t}**" for t in totals) + " |", ""]
    reasons = _not_tried([r["rows"][i] | {"id": i} for i in ids for _, r in others if i in r["rows"]])
    return out + (["Not tried with other runtimes:", "", *(f"- {what}: {why}" for what, why in reasons.items()), ""] if reasons else [])


def _not_tried(entries):
    """{row, or row and attempts: why}"""
    reasons = {}
    for e in entries:
        lacking = e.get("results", {}).get("all", "")
        if e.get("na") or lacking:
            reasons[e["id"]] = e.get("na") or lacking.removeprefix("n/a: ") + ", which the host of these results lacks"
        for why in dict.fromkeys(e.get("not_tried", {}).values()):
            attempts = ", ".join(f"`{p}`" for p, w in e["not_tried"].items() if w == why and p != "*")
            reasons[f"{e['id']} {attempts}".strip()] = why
    return reasons


def _other_cell(entry):
    if not entry:
        return "–"
    word = summary_of(entry)
    return f"{word} ({entry['escaped']} of {entry['attempts']})" if word == "escaped" and entry.get("attempts") else word


def others_in(directory):
    """Results of other runtimes that are checked in."""
    found = []
    for name in os.listdir(directory):
        if name.startswith("results-") and name.endswith(".json"):
            found.append((name[len("results-"):-len(".json")].replace("-docker-profile", " with docker's profile"), load(os.path.join(directory, name))))
    return sorted(found, key=lambda pair: pair[0])
