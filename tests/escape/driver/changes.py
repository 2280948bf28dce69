# SPDX-License-Identifier: LGPL-2.1-or-later
"""Small changes of a configuration, and looks at a container from the host: what mutations are made of. A change is a function (config, context)."""
import os


def all_of(*changes):
    def change(config, context):
        for one in changes:
            one(config, context)
    return change


def _walk(config, path):
    *way, last = path.split("/")
    for word in way:
        config = config[int(word)] if isinstance(config, list) else config.setdefault(word, {})
    return config, int(last) if isinstance(config, list) else last


def put(path, value):
    """The value at linux/resources/…; a function makes it of the context."""
    def change(config, context):
        place, last = _walk(config, path)
        place[last] = value(context) if callable(value) else value
    return change


def tagged(text):
    """A path of cgroups that have our name, wherever another runtime makes them."""
    return lambda context: text.replace("NAME", context.name())


def drop(*paths):
    def change(config, _):
        for path in paths:
            place, last = _walk(config, path)
            place.pop(last, None)
    return change


def add(path, *values):
    """To the end of a list."""
    def change(config, context):
        place, last = _walk(config, path)
        place[last] = [*place.get(last, []), *(v(context) if callable(v) else v for v in values)]
    return change


# ---- namespaces and ids ----

def namespace(kind, path=None):
    """Replaces the entry; the path may be a function of the context."""
    def change(config, context):
        others = [n for n in config["linux"]["namespaces"] if n["type"] != kind]
        where = path(context) if callable(path) else path
        config["linux"]["namespaces"] = [*others, {"type": kind, **({"path": where} if where is not None else {})}]
    return change


def no_namespace(*kinds):
    def change(config, _):
        config["linux"]["namespaces"] = [n for n in config["linux"]["namespaces"] if n["type"] not in kinds]
    return change


def mapping(*extents):
    """[(container, host, size)] as a list of id mappings."""
    return [{"containerID": c, "hostID": h, "size": s} for c, h, s in extents]


def maps(uids, gids=None):
    return all_of(namespace("user"), put("linux/uidMappings", uids), put("linux/gidMappings", uids if gids is None else gids))


# ---- capabilities, mounts, devices ----

def capability(name, *sets):
    return all_of(*(add(f"process/capabilities/{s}", f"CAP_{name}") for s in sets or ("bounding", "effective", "permitted")))


def mount(destination, kind, source, *options):
    return add("mounts", lambda context: {"destination": destination, "type": kind, "source": source(context) if callable(source) else source, "options": list(options)})


def bind(source, *options, to="/mnt"):
    return mount(to, "bind", source, *(options or ("rbind", "ro")))


def remount(destination, **more):
    """Changes the entry of a mount that is there."""
    def change(config, _):
        next(m for m in config["mounts"] if m["destination"] == destination).update(more)
    return change


def device(path, kind, major, minor, **more):
    return add("linux/devices", {"path": path, "type": kind, "major": major, "minor": minor, "fileMode": 0o666, "uid": 0, "gid": 0, **more})


def device_rule(**rule):
    return add("linux/resources/devices", {"allow": True, "access": "rwm", **rule})


# ---- looks from the host ----

def status_of(context, name):
    """/proc/PID/status of the container's process, as a dictionary."""
    with open(f"/proc/{context.runtime.pid(name)}/status", encoding="utf-8") as f:
        return dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)


def status_is(field, good, what):
    def verify(context, name):
        value = status_of(context, name)[field].strip()
        return None if good(value) else f"{what}: {field} is {value}"
    return verify


def mounts_of(context, name):
    """{mount point: (options of the mount, options of the filesystem, its type, propagation)}, the topmost of each place."""
    found = {}
    with open(f"/proc/{context.runtime.pid(name)}/mountinfo", encoding="utf-8") as f:
        for line in f:
            words, _, rest = line.partition(" - ")
            words, rest = words.split(), rest.split()
            found[words[4].encode().decode("unicode_escape")] = (set(words[5].split(",")), set(rest[2].split(",")), rest[0], words[6:])
    return found


def mount_has(where, *flags):
    def verify(context, name):
        found = mounts_of(context, name).get(where)
        missing = [f for f in flags if not found or f not in found[0]]
        return f"{where} is not {', '.join(missing)}: {found}" if missing else None
    return verify


def propagates_nowhere(context, name):
    bad = {point: m[3] for point, m in mounts_of(context, name).items() if m[3]}
    return f"mounts with peers: {bad}" if bad else None


def limit_is(word, soft, hard):
    """A line of /proc/PID/limits, where both numbers must be at most these."""
    def verify(context, name):
        with open(f"/proc/{context.runtime.pid(name)}/limits", encoding="utf-8") as f:
            line = next(line for line in f if line.startswith(word))
        numbers = [float("inf") if w == "unlimited" else int(w) for w in line[26:].split()[:2]]
        return None if numbers[0] <= soft and numbers[1] <= hard else f"{word} is {numbers}"
    return verify


def namespace_of(pid, kind):
    try:
        return os.readlink(f"/proc/{pid}/ns/{kind}")
    except PermissionError:  # of a process that has more capabilities than we have
        return None


def own_namespace(kind):
    """It is not the host's."""
    def verify(context, name):
        pid = context.runtime.pid(name)
        hosts = {where for h in ("self", "1", str(context.watch.process.pid)) if (where := namespace_of(h, kind))}
        return f"it is in the host's {kind} namespace" if namespace_of(pid, kind) in hosts else None
    return verify


def ids_are_foreign(context, name):
    """Root inside is nobody's user on the host: neither below 65536 nor in a map that covers the host's ids."""
    problem = own_namespace("user")(context, name)
    with open(f"/proc/{context.runtime.pid(name)}/uid_map", encoding="ascii") as f:
        extents = [tuple(map(int, line.split())) for line in f]
    low = [e for e in extents if e[1] < 65536 and not (context.runtime.rootless and e[2] == 1)]
    return problem or (f"ids of the host are mapped: {low}" if low or not extents else None)


def every(*verifies):
    def verify(context, name):
        return next((problem for v in verifies if (problem := v(context, name))), None)
    return verify
