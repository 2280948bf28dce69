# SPDX-License-Identifier: LGPL-2.1-or-later
"""One call of the runtime as an engine makes it: standard descriptors, descriptors that leak, environment, working directory, parent-death signal, console socket."""
import array
import ctypes
import fcntl
import os
import select
import signal
import socket
import time

LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
LIMIT = 30


def become_reaper():
    """As a shim or conmon: init of a container becomes our child when the runtime has ended."""
    if LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "PR_SET_CHILD_SUBREAPER")


class Output:
    """Where one descriptor of the runtime and of what it starts goes: null, a pipe or a file."""

    def __init__(self, kind):
        self.kind, self.text, self.fd = kind, b"", None
        if kind == "null":
            self.theirs = os.open("/dev/null", os.O_RDWR)
        elif kind == "file":
            self.theirs = os.open("/tmp", os.O_RDWR | os.O_TMPFILE, 0o600)
            self.fd = os.dup(self.theirs)
        else:
            self.fd, self.theirs = os.pipe()
            os.set_blocking(self.fd, False)

    def drain(self):
        if self.kind == "file":
            self.text = os.pread(self.fd, 1 << 20, 0)
        elif self.fd is not None:
            while select.select([self.fd], [], [], 0)[0]:
                part = os.read(self.fd, 1 << 16)
                if not part:
                    break
                self.text += part
        return self.text.decode(errors="replace")

    def owner(self):
        return os.fstat(self.fd).st_uid if self.fd is not None else None

    def close(self):
        for fd in (self.theirs, self.fd):
            if fd is not None:
                os.close(fd)
        self.theirs = self.fd = None


class Console:
    """The socket that gets the terminal, and what is written to it."""

    def __init__(self, path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(path)
        self.socket.listen()
        self.socket.settimeout(LIMIT)
        self.path, self.master = path, None

    def receive(self):
        connection, _ = self.socket.accept()
        with connection:
            connection.settimeout(LIMIT)
            _, control, _, _ = connection.recvmsg(4096, socket.CMSG_SPACE(16))
        fds = array.array("i", control[0][2][:4])
        self.master = fds[0]
        return self.master

    def read(self):
        text = b""
        os.set_blocking(self.master, False)
        while select.select([self.master], [], [], 0.1)[0]:
            try:
                part = os.read(self.master, 4096)
            except OSError:  # nobody has it open any more
                break
            if not part:
                break
            text += part
        return text.decode(errors="replace")

    def close(self):
        self.socket.close()
        os.unlink(self.path)
        if self.master is not None:
            os.close(self.master)


def leak(kind):
    """Without close-on-exec, as shims leave them."""
    if kind == "socket":
        return socket.socketpair()[0].detach()
    if kind == "inotify":
        return LIBC.inotify_init1(0)
    return os.pipe()[0]


class Finished:
    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err


def call(argv, cwd, environment, stdin, out, err, leaked):  # noqa: PLR0913
    """Runs argv to its end; out and err are given for what it starts to write to, stdin is bytes or None for /dev/null."""
    feed = os.open("/dev/null", os.O_RDONLY)
    if stdin is not None:
        os.close(feed)
        feed, ours = os.pipe()
        os.write(ours, stdin)
        os.close(ours)
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        try:
            spare = [fcntl.fcntl(fd, fcntl.F_DUPFD, 100) for fd in (feed, out.theirs, err.theirs)]
            extra = {n: fcntl.fcntl(leak(kind), fcntl.F_DUPFD, 100) for n, kind in leaked.items()}
            os.closerange(3, 100)
            for number, fd in [*enumerate(spare), *extra.items()]:
                os.dup2(fd, number, inheritable=True)
            os.closerange(100, 1000)
            LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            os.chdir(cwd)
            if os.getppid() == parent:
                os.execve(argv[0], argv, environment)
        finally:
            os._exit(126)
    os.close(feed)
    return wait(pid)


def wait(pid, limit=LIMIT):
    """Exit status as a shell tells it, or None if it did not end in time."""
    end = time.monotonic() + limit
    delay = 0.0005
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)
        if time.monotonic() > end:
            return None
        time.sleep(delay)
        delay = min(delay * 1.5, 0.02)
