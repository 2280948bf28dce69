# SPDX-License-Identifier: LGPL-2.1-or-later
"""Mount namespaces in which the host can be another one: with a policy, with imitated places and sockets, with a user who does not exist elsewhere. Nothing of it is seen outside."""
import json
import os
import shutil
import signal
import subprocess
import tempfile

from bundle import TESTS

UNPRIVILEGED_ID, FIRST_SUBORDINATE = 4242, 310000
# It ends with the driver, whatever happens to that.
HOLDER = ["sh", "-c", "echo ready; read -r end"]


class View:
    """Held by a process of its own until close(). policy: an object or text for /etc/casemate/policy.json, or a directory that becomes /etc/casemate. script, sockets, then: a shell
    script of root's that makes more, paths where sockets are, another script."""

    def __init__(self, place, user=False, policy=None, script="", sockets=(), then=""):
        self.user = user
        self.place = tempfile.mkdtemp(prefix="view.", dir=place)
        os.chmod(self.place, 0o755)
        etc, directory = os.path.join(self.place, "etc"), self._policy_directory(policy)
        environ = dict(os.environ)
        if user:
            command = [os.path.join(TESTS, "lib", "as-user"), etc, str(UNPRIVILEGED_ID), str(FIRST_SUBORDINATE)]
            environ.update({"CT_POLICY": directory} if directory else {})
        elif directory:
            command = [os.path.join(TESTS, "lib", "with-policy"), etc, directory]
        else:
            command = ["unshare", "-m", "--propagation", "slave"]
        self.process = subprocess.Popen([*command, *HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environ)
        if self.process.stdout.readline() != b"ready\n":
            raise RuntimeError("no view of the host could be made")
        self.enter = ["nsenter", f"--mount=/proc/{self.process.pid}/ns/mnt"]
        for text in (script, self._socket_script(sockets) if sockets else "", then):
            if text:
                self.root("sh", "-ec", text)

    def _policy_directory(self, policy):
        if policy is None or (isinstance(policy, str) and os.path.isdir(policy)):
            return policy
        directory = os.path.join(self.place, "policy")
        os.mkdir(directory, 0o755)
        with open(os.path.join(directory, "policy.json"), "w", encoding="utf-8") as f:
            f.write(policy if isinstance(policy, str) else json.dumps(policy))
        return directory

    @staticmethod
    def _socket_script(paths):
        return "exec python3 -c 'import os, stat, sys\nfor p in sys.argv[1:]:\n os.makedirs(os.path.dirname(p), exist_ok=True); os.mknod(p, stat.S_IFSOCK | 0o666)' " + " ".join(paths)

    @property
    def prefix(self):
        """In front of a command: it is run in there, by the user if there is one."""
        who = ["setpriv", "--reuid", str(UNPRIVILEGED_ID), "--regid", str(UNPRIVILEGED_ID), "--clear-groups", "--inh-caps=-all"]
        return self.enter + (who if self.user else [])

    def root(self, *command):
        """Runs a command in there as root."""
        subprocess.run([*self.enter, *command], stdin=subprocess.DEVNULL, check=True, capture_output=True)

    def close(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        shutil.rmtree(self.place, ignore_errors=True)
