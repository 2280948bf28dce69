# SPDX-License-Identifier: LGPL-2.1-or-later
"""Replays the calls of one case in their order, looks from the host after each, and says what was found."""
import json
import os
import re
import secrets
import signal
import subprocess

import features
import host
from calls import Console, Output, call, wait
from place import Place

REFUSAL = re.compile(r"\[(CM-[A-Z0-9-]+)\] ?(/\S*?)?:")
SYSTEMD = "--systemd-cgroup"


def option(argv, name):
    """The value of an option, which may be the next word."""
    for at, word in enumerate(argv):
        if word == name or word.startswith(name + "="):
            return argv[at + 1] if word == name else word.split("=", 1)[1]
    return None


class Container:
    """One container of a case, from the call that creates it on."""

    def __init__(self, role, config):
        self.role, self.config, self.id = role, config, secrets.token_hex(32)
        self.pid = self.exit = self.out = self.err = self.console = self.bundle = None
        self.refused, self.tightened, self.made, self.gone = [], [], False, False
        self.killed, self.output, self.executed, self.message, self.called, self.kept = set(), "", {}, "", False, False

    @staticmethod
    def refusal(message):
        return REFUSAL.findall(message)

    def ends(self):
        """Whether its init has ended by itself or by what it was sent, or will now."""
        args = self.config["process"]["args"]
        if 9 in self.killed or 15 in self.killed and "trap" in args[-1]:
            return True
        return args[0] not in ("sleep", "/pause") and "trap" not in args[-1]

    def reap(self):
        if self.pid and self.exit is None:
            self.exit = wait(self.pid)
            if self.exit is not None and self.out:
                self.output = self.out.drain() + (self.err.drain() if self.err is not self.out else "")
        return self.exit


class Replay:
    def __init__(self, case, runtime, adapt, daemon, ours=True):  # noqa: PLR0913
        self.case, self.runtime, self.ours, self.adapt, self.daemon = case, runtime, ours, adapt, daemon
        self.place, self.wrong, self.values, self.outputs = Place(), [], {}, []
        self.containers = {}
        short = {}
        for role, config in case.configs.items():
            self.containers[role] = c = Container(role, config)
            if case.engine == "ctr":
                c.id = f"c-{c.id[:12]}"
            short[role] = c.id[:12]
        self.values.update({role: c.id for role, c in self.containers.items()})
        u = secrets.token_hex(16)
        self.values["uid"] = "-".join((u[:8], u[8:12], u[12:16], u[16:20], u[20:]))
        self.values["uid_"] = self.values["uid"].replace("-", "_")
        self.short = short

    def fail(self, text):
        self.wrong.append(text)

    # ---- placeholders ----

    def filled(self, text, role):
        def value(match):
            name = match.group(1)
            if name == "id":
                return self.containers[role].id
            if name == "short":
                return self.short.get(role, next(iter(self.short.values()), ""))
            if name.startswith("pid:"):
                return str(self.containers[name[4:]].pid)
            if name == "console":
                return f"/tmp/pty{self.values['uid'][:8]}/pty.sock"
            if name == "daemon":
                return str(self.daemon)
            if name not in self.values:
                fresh = secrets.token_hex(32)
                if name.startswith("uuid"):
                    fresh = "-".join((fresh[:8], fresh[8:12], fresh[12:16], fresh[16:20], fresh[20:32]))
                self.values[name] = str(secrets.randbelow(10**9)) if name == "n" else {"tmp": "/tmp", "work": "work"}.get(name, fresh)
            return self.values[name]
        return re.sub(r"\{([a-z_]+[0-9]*(?::[a-z]+)?)\}", value, text)

    def fill(self, document, role):
        if isinstance(document, dict):
            return {self.filled(k, role): self.fill(v, role) for k, v in document.items()}
        if isinstance(document, list):
            return [self.fill(v, role) for v in document]
        return self.filled(document, role) if isinstance(document, str) else document

    # ---- before create ----

    def bundle(self, c, path):
        os.makedirs(path, exist_ok=True)
        c.bundle, c.config = path, self.adapt(self.fill(c.config, c.role))
        c.config = json.loads(json.dumps(c.config))
        base = next(iter(c.config["linux"].get("uidMappings", [])), {}).get("hostID")
        c.mapping = base
        root = os.path.join(path, c.config["root"]["path"])
        self.place.root("rootless" if self.case.rootless else self.case.engine, root, 0 if self.case.rootless else base or 0)
        self.place.sources(c.config)
        self.place.namespaces(c.config)
        parent = os.path.dirname(c.config["linux"].get("cgroupsPath", "/x/y"))
        if parent.startswith("/kubepods"):  # kubelet's
            os.makedirs(f"/sys/fs/cgroup{parent}", exist_ok=True)
        with open(f"{path}/config.json", "w", encoding="utf-8") as f:
            json.dump(c.config, f)

    # ---- one call ----

    def one(self, recorded):
        role = recorded.role
        c = self.containers.get(role)
        if c and (c.message or self.containers.get("sandbox", c).message) and not (recorded.forced and c.called):
            return  # the engine goes on no further with this one, or with nothing if it is the pod's sandbox
        if c and recorded.verb == "delete" and not recorded.forced and c.kept:
            return  # it would have ended with its checkpoint
        if c and (recorded.verb in ("delete", "state") or recorded.all) and c.ends():
            if c.pid and c.reap() is None:
                self.fail(f"{role}: init did not end")
        argv = [self.filled(word, role) for word in recorded.argv if word != SYSTEMD]
        log = option(argv, "--log")
        if log:
            os.makedirs(os.path.dirname(log), exist_ok=True)
        cwd = self.filled(recorded.cwd, role)
        if recorded.verb == "create":
            self.bundle(c, option(argv, "--bundle"))
        os.makedirs(cwd, exist_ok=True)
        console = Console(option(argv, "--console-socket")) if "--console-socket" in argv else None
        out = Output(recorded.stdio[1])
        err = out if recorded.stdio[2] == "same" else Output(recorded.stdio[2])
        self.outputs += [out, err]
        stdin = self.given(recorded, argv, c)
        environment = {k: self.filled(v, role) for k, v in recorded.environment.items()}
        if log and os.path.exists(log):
            os.unlink(log)
        status = call([self.runtime, *argv], cwd, {**environment, "PWD": cwd}, stdin, out, err, recorded.leaked)
        if console and status == 0:
            console.receive()
        getattr(self, "after_" + recorded.verb.strip("-"), self.after_other)(recorded, c, status, out, err, log, argv, console)
        if console and recorded.verb == "exec":
            console.close()
        elif console:
            c.console = console

    def given(self, recorded, argv, c):
        """Files and standard input that the call reads, and where its files go."""
        if "--pid-file" in argv:
            os.makedirs(os.path.dirname(option(argv, "--pid-file")), exist_ok=True)
        if "--process" in argv:
            with open(option(argv, "--process"), "w", encoding="utf-8") as f:
                process = self.adapt({"process": self.fill(self.case.process, c.role), "linux": {}})["process"]
                json.dump(process, f)
                c.process = process
        place = option(argv, "--resources")
        if place:
            resources = json.dumps(self.adapt({"process": {}, "linux": {"resources": self.case.resources}})["linux"]["resources"])
            if place == "-":
                return resources.encode()
            with open(place, "w", encoding="utf-8") as f:
                f.write(resources)
        return None

    def reported(self, err, log):
        """The message on stderr, which the log must have whole and as an error."""
        said = err.drain()
        if log and self.ours:
            with open(log, encoding="utf-8") as f:
                records = [json.loads(line) for line in f]
            last = [r["msg"] for r in records if r["level"] == "error"]
            if not last or err.kind != "null" and last[-1] not in said:
                self.fail(f"the log's error is not on stderr: {last[-1:]} / {said}")
            if not all(r.get("time") for r in records):
                self.fail("a record of the log has no time")
            return last[-1] if last else ""
        if log and not said and os.path.exists(log):
            with open(log, encoding="utf-8") as f:
                said = f.read()
        return said

    # ---- after each ----

    def after_create(self, recorded, c, status, out, err, log, argv, console):
        c.out, c.err, c.called = out, err, True
        if status:
            c.message = self.reported(err, log)
            c.refused = [f"{code} {field}".rstrip() for code, field in c.refusal(c.message)]
            return
        c.made = True
        with open(option(argv, "--pid-file"), encoding="utf-8") as f:
            c.pid = int(f.read())
        root = option(argv, "--root") or (f"{recorded.environment['XDG_RUNTIME_DIR']}/casemate" if self.case.rootless else "/run/casemate")
        if not self.ours:
            return
        with open(f"{root}/{c.id}/state.json", encoding="utf-8") as f:
            state = json.load(f)
        c.state = f"{root}/{c.id}"
        c.tightened = sorted({t.split(" ", 1)[0] for t in state["tightened"]})
        for o in (out, err):
            o.drain()  # what the runtime itself has to say
            o.text = b""
        if state["pid"] != c.pid:
            self.fail(f"{c.role}: the pid file says {c.pid}, the state {state['pid']}")
        profile = c.config["linux"].get("seccomp")
        c.filters = 2 if profile else 1
        self.wrong += [f"{c.role}: {w}" for w in host.confined(c.pid, c.config["process"], c.filters, c.mapping, self.case.rootless)]
        path = c.config["linux"].get("cgroupsPath")
        if path and host.cgroup(c.pid) != path and not self.case.rootless:  # nobody gave the user one
            self.fail(f"{c.role}: its cgroup is {host.cgroup(c.pid)}, should be {path}")
        self.joined(c)
        if "hooks" in c.config:
            self.hooked(c)
        user = host.outside(c.pid, "uid", c.config["process"]["user"]["uid"])
        for name, o in (("stdout", out), ("stderr", err)):
            if o.kind == "pipe" and not console and o.owner() != user:
                self.fail(f"{c.role}: {name} belongs to {o.owner()}, should be {user}")

    def hooked(self, c):
        """The daemon's own hook got its arguments and the state, with the process as the host numbers it."""
        with open("/run/replay/setkey", encoding="utf-8") as f:
            *args, state = f.read().split("\n", len(c.config["hooks"]["prestart"][0]["args"]) - 1)
        os.unlink("/run/replay/setkey")
        state = json.loads(state)
        if args != c.config["hooks"]["prestart"][0]["args"][1:] or (state["id"], state["pid"]) != (c.id, c.pid):
            self.fail(f"{c.role}: the hook was called with {args} and {state}")

    def joined(self, c):
        """A member of a pod is in the namespaces it was told to join, and in the pod's user namespace."""
        for n in c.config["linux"]["namespaces"]:
            at = n.get("path")
            if at:
                s = os.stat(at)
                kind = {"network": "net", "mount": "mnt"}.get(n["type"], n["type"])
                if os.stat(f"/proc/{c.pid}/ns/{kind}").st_ino != s.st_ino:
                    self.fail(f"{c.role}: it did not join {at}")
        others = [o for o in self.containers.values() if o.pid and o is not c and host.alive(o.pid)]
        if others and host.namespace(c.pid, "user") != host.namespace(others[0].pid, "user"):
            self.fail(f"{c.role}: its user namespace is not that of {others[0].role}")

    def after_start(self, recorded, c, status, out, err, log, argv, console):
        if status:
            c.message = self.reported(err, log)
            c.reap()
            return
        if not self.ours or c.ends():
            return
        args = c.config["process"]["args"]
        wanted = "\0".join(args if args[0] != "/pause" else ["sleep", "1000000"]) + "\0"
        if not host.eventually(lambda: host.text(c.pid, "cmdline") == wanted or "trap" in args[-1]):
            self.fail(f"{c.role}: it runs {host.text(c.pid, 'cmdline')!r}")
        if "trap" not in args[-1] and host.descriptors(c.pid) != [0, 1, 2]:
            self.fail(f"{c.role}: descriptors {host.descriptors(c.pid)}")
        names = {line.split("=")[0] for line in host.text(c.pid, "environ").split("\0") if line}
        extra = names - {e.split("=")[0] for e in c.config["process"]["env"]} - {"HOME", "PWD", "SHLVL", "OLDPWD", "_"}
        if extra:
            self.fail(f"{c.role}: variables of the engine: {sorted(extra)}")
        for o in self.containers.values():
            if o.pid and host.alive(o.pid):
                self.compared(o)

    def compared(self, c):
        """It, and whatever else runs in its pod, is as it was recorded."""
        look = subprocess.run([self.runtime, "--root", os.path.dirname(c.state), "check", "--format", "json", "--container", c.id], capture_output=True, text=True, check=False)
        if look.returncode not in (0, 2):
            rows = [row for row in json.loads(look.stdout or "{}").get("rows", []) if row["drift"] not in ("none", "stricter")]
            self.fail(f"{c.role}: check --container: {rows} {look.stderr}")

    def after_exec(self, recorded, c, status, out, err, log, argv, console):
        c.executed = {"status": status, "exit": None, "output": ""}
        if status:
            c.executed["output"] = self.reported(err, log) if log else err.drain()
            return
        if "--detach" not in argv:
            c.executed.update(exit=status, output=out.drain() + err.drain())
            return
        with open(option(argv, "--pid-file"), encoding="utf-8") as f:
            pid = int(f.read())
        if c.process["args"][0] == "sleep":
            if self.ours:
                host.eventually(lambda: host.text(pid, "cmdline").startswith("sleep"))
                self.wrong += [f"exec: {w}" for w in host.confined(pid, c.process, c.filters, c.mapping, self.case.rootless)]
                for kind in ("user", "pid", "mnt", "net", "ipc", "uts", "cgroup"):
                    if host.namespace(pid, kind) != host.namespace(c.pid, kind):
                        self.fail(f"exec: another {kind} namespace than init's")
            os.kill(pid, signal.SIGKILL)
        c.executed["exit"] = wait(pid)
        c.executed["output"] = console.read() if console else out.drain() + err.drain()

    def after_kill(self, recorded, c, status, out, err, log, argv, console):
        if status:
            self.fail(f"{recorded.name} {c.role}: status {status}: {err.drain()}{out.drain()}")
        c.killed.add(int(argv[-1]))

    def after_ps(self, recorded, c, status, out, err, log, argv, console):
        said = out.drain()
        if status or sorted(json.loads(said)) != host.members(host.cgroup(c.pid)) or c.pid not in json.loads(said):
            self.fail(f"ps: status {status}: {said} {err.drain()}")

    def after_state(self, recorded, c, status, out, err, log, argv, console):
        said = json.loads(out.drain() or "{}")
        ended = c.ends() and c.reap() is not None
        wanted = (c.id, "stopped" if ended else "running", 0 if ended else c.pid, c.bundle)
        got = tuple(said.get(key, 0) for key in ("id", "status", "pid", "bundle"))
        if status or got != wanted or not said.get("created"):
            self.fail(f"{recorded.name} {c.role}: status {status}: {got}, should be {wanted}: {err.drain()}")

    def after_pause(self, recorded, c, status, out, err, log, argv, console):
        self.after_other(recorded, c, status, out, err, log, argv, console)
        with open(f"/sys/fs/cgroup{host.cgroup(c.pid)}/cgroup.events", encoding="utf-8") as f:
            if "frozen 1" not in f.read():
                self.fail("it is not frozen")

    def after_delete(self, recorded, c, status, out, err, log, argv, console):
        if status:
            self.fail(f"{recorded.name} {c.role}: status {status}: {err.drain()}{out.drain()}")
        c.gone = True
        if recorded.forced and c.pid and c.exit is None:
            c.reap()

    def after_checkpoint(self, recorded, c, status, out, err, log, argv, console):
        """Refused by design, but for the help that engines look at to see what is possible."""
        said = out.drain() + err.drain()
        if status != ("--help" not in argv) or "--help" not in argv and "[CM-CHECKPOINT]" not in said:
            self.fail(f"{recorded.name}: status {status}: {said}")
        c.kept = "--help" not in argv

    after_restore = after_checkpoint

    def after_version(self, recorded, c, status, out, err, log, argv, console):
        if status or not re.match(r"casemate version \S+\n", out.drain()):
            self.fail(f"--version: status {status}: {out.text}")

    def after_features(self, recorded, c, status, out, err, log, argv, console):
        self.wrong += features.wrong(status, out.drain(), err.drain() if err is not out else "")

    def after_other(self, recorded, c, status, out, err, log, argv, console):
        self.values[f"said {recorded.verb}"] = out.drain()
        if status:
            self.fail(f"{recorded.name}: status {status}: {err.drain()}{out.drain()}")

    # ---- all of them ----

    def run(self):
        try:
            for recorded in self.case.calls:
                self.one(recorded)
            self.nothing_left()
        except Exception as error:  # noqa: BLE001  what went wrong is the test's result
            self.fail(f"{type(error).__name__}: {error}")
            if os.environ.get("REPLAY_TRACE"):
                raise
        finally:
            self.end()
        return self

    def nothing_left(self):
        for c in self.containers.values():
            if c.console and c.made:
                c.output += c.console.read()
            if c.made and not c.gone:
                self.fail(f"{c.role} was never deleted")
            if c.pid and host.alive(c.pid):
                self.fail(f"{c.role}: init is alive")
            if self.ours and c.made and os.path.exists(c.state):
                self.fail(f"{c.role}: its state is left")
            path = c.config["linux"].get("cgroupsPath")
            if c.made and path and os.path.exists(f"/sys/fs/cgroup{path}"):
                self.fail(f"{c.role}: its cgroup is left")

    def end(self):
        for c in self.containers.values():
            if c.pid and host.alive(c.pid):
                os.kill(c.pid, signal.SIGKILL)
            path = c.config["linux"].get("cgroupsPath", "")
            while path not in ("", "/") and ":" not in path:  # and what is above it, if nothing else is in there
                try:
                    os.rmdir(f"/sys/fs/cgroup{path}")
                except OSError:
                    pass
                path = os.path.dirname(path)
            if c.console:
                c.console.close()
        left = self.place.remove()
        if left:
            self.fail(f"the engine cannot unmount {left}")
        for o in set(self.outputs):
            o.close()
