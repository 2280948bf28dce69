# SPDX-License-Identifier: LGPL-2.1-or-later
"""The recorded calls, read from data/: which engine called what, with which configuration, environment, descriptors and working directory."""
import copy
import json
import os

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ENGINES = ("podman", "docker", "ctr", "cri", "crio")


def read(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as f:
        return json.load(f)


def steps(pointer):
    return [p.replace("~1", "/").replace("~0", "~") for p in pointer.lstrip("+").split("/")[1:]]


def changed(document, changes):
    """A copy of the document with ["/pointer", value] set, ["+/pointer/N", value] inserted before element N, and ["/pointer"] removed, in this order."""
    document = copy.deepcopy(document)
    for pointer, *value in changes:
        at = document
        *way, last = steps(pointer)
        for step in way:
            at = at[int(step)] if isinstance(at, list) else at[step]
        last = int(last) if isinstance(at, list) else last
        if not value:
            del at[last]
        elif pointer[0] == "+":
            at.insert(last, copy.deepcopy(value[0]))
        else:
            at[last] = copy.deepcopy(value[0])
    return document


class Call:
    def __init__(self, text, engine):
        words = text.split()
        self.role = words.pop(0) if engine["many"] else "app"
        form = engine["calls"][words[0]]
        self.name, self.argv, self.cwd = words[0], form["argv"].split(), form["cwd"]
        self.environment = engine["environments"][form["env"]]
        self.stdio = words[1:4]
        self.leaked = {int(n): kind for n, kind in (word.split(":") for word in words[4:])}
        self.verb = next(w for w in self.argv if w in ("create", "start", "exec", "kill", "delete", "pause", "resume", "update", "ps", "checkpoint", "restore", "state", "features", "--version"))
        self.forced, self.all = "--force" in self.argv, "--all" in self.argv


class Case:
    """configs: by the container's role (sandbox, app, second); calls in their order."""

    def __init__(self, engine, name, data, entry):
        self.engine, self.name, self.rootless = engine, f"{engine}/{name}", name.startswith("rootless")
        self.configs = {}
        for role, changes in entry["config"].items() if data["many"] else [("app", entry.get("config"))]:
            if changes is not None:
                base = changes[0] if changes and isinstance(changes[0], str) else role
                self.configs[role] = with_profile(changed(data["configs"][base], changes[base != role:]))
        self.calls = [Call(text, data) for text in entry["calls"]]
        self.process = changed(self.configs["app"]["process"], entry["process"]) if "process" in entry else None
        self.resources = entry.get("resources")


PROFILES = read("data/seccomp.json")


def expanded(document):
    """The named profile in place of its name, so that changes can be told of it."""
    document = copy.deepcopy(document)
    return with_profile(document)


def with_profile(config):
    profile = config["linux"].get("seccomp")
    if isinstance(profile, str):
        config["linux"]["seccomp"] = copy.deepcopy(PROFILES[profile])
    return config


def load():
    cases, made = {}, read("data/made.json")
    for engine in ENGINES:
        data = read(f"data/{engine}.json")
        data["many"] = engine.startswith("cri")
        data["cases"].update(made.get(engine, {}))
        data["configs"] = {role: expanded(config) for role, config in data["configs"].items()}
        for name, entry in data["cases"].items():
            case = Case(engine, name, data, entry)
            cases[case.name] = case
    return cases
