# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Processes, pools of processes and threads, asyncio with subprocesses, files, sqlite, memory maps, timers and signals; no network.
. "${0%/*}/lib.sh"
cat >compute.py <<'P'
import asyncio, concurrent.futures, fcntl, hashlib, mmap, multiprocessing, os, shutil, signal, sqlite3, subprocess, sys, tempfile, threading, time

def work(n): return hashlib.sha256(b"x" * n).hexdigest()

if __name__ == "__main__":
    assert subprocess.run(["cat"], input=b"x", capture_output=True).stdout == b"x"
    assert subprocess.run("exit 3", shell=True).returncode == 3
    with multiprocessing.Pool(3) as pool:
        assert len(set(pool.map(work, range(50)))) == 50
    queue = multiprocessing.get_context("spawn").Queue()
    queue.put(1); assert queue.get() == 1
    with concurrent.futures.ThreadPoolExecutor(4) as threads:
        assert len(set(threads.map(work, range(50)))) == 50

    async def children():
        processes = [await asyncio.create_subprocess_exec("echo", str(i), stdout=asyncio.subprocess.PIPE) for i in range(3)]
        return [(await p.communicate())[0] for p in processes]
    assert asyncio.run(children()) == [b"0\n", b"1\n", b"2\n"]

    base = sqlite3.connect("/tmp/base.db")
    base.execute("pragma journal_mode=wal")
    base.execute("create table t(a)")
    with base: base.executemany("insert into t values(?)", [(i,) for i in range(1000)])
    assert base.execute("select sum(a) from t").fetchone() == (499500,)

    with tempfile.TemporaryDirectory() as d:
        with open(d + "/f", "w+b") as f:
            f.write(b"\0" * 8192); f.flush()
            fcntl.flock(f, fcntl.LOCK_EX)
            m = mmap.mmap(f.fileno(), 8192); m[0] = 65; m.flush(); os.fsync(f)
            m.close()
        shutil.copytree(d, d + "2")
        os.rename(d + "2/f", d + "2/g")
        os.utime(d + "2/g")
        assert sorted(e.name for e in os.scandir(d + "2")) == ["g"]
    signal.signal(signal.SIGALRM, lambda *a: None)
    signal.setitimer(signal.ITIMER_REAL, 0.01); signal.pause()
    assert os.sched_getaffinity(0)
    os.umask(0o22); os.setpgid(0, 0) if os.getpid() != os.getsid(0) else None
    print("works")
P
python3 compute.py
