# SPDX-License-Identifier: Apache-2.0
"""Programs that nobody here wrote, under load: each function starts one and its load, and is over when
its load is. All in processes of their own that end with the `Stage` they are on."""
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

START_SECONDS_MAX = 30
LOAD_SECONDS = 15

# stress-ng's ways of waiting, without those that take long to begin or to clean up.
STRESSORS = """aio close epoll eventfd fanotify fault fifo flock fork futex inotify io kill lockf madvise membarrier
mlock mmap mprotect mq msg msync mutex nanosleep open pipe poll procfs pthread ptrace pty rename sem sem-sysv
sendfile shm sigfd sigq sigsuspend sock sockpair splice symlink tee timer timerfd udp userfaultfd vfork vm wait
yield zombie""".split()
STRESSORS_AT_ONCE = 14

NODE = """
const http = require('http'), fs = require('fs'), zlib = require('zlib'), crypto = require('crypto');
const { Worker } = require('worker_threads'), { execFile } = require('child_process');
const server = http.createServer((request, response) => fs.readFile(process.execPath, () =>
  crypto.pbkdf2('a', 'b', 2000, 32, 'sha256', (error, key) => response.end(key)))).listen(0, '127.0.0.1', () => {
  const ask = () => http.get(server.address(), answer => { answer.resume(); answer.on('end', ask); });
  for (let i = 0; i < 4; i++) ask();
});
new Worker("setInterval(() => require('zlib').gzipSync(Buffer.alloc(100000)), 20)", { eval: true });
setInterval(() => execFile('/bin/true'), 100);
"""

JAVA = """
import java.util.concurrent.*;
var pool = Executors.newFixedThreadPool(4);
var queue = new ArrayBlockingQueue<Integer>(2);
for (int i = 0; i < 3; i++) pool.submit(() -> { while (true) queue.put(1); });
pool.submit(() -> { while (true) { queue.take(); Thread.sleep(1); } });
for (int i = 0; i < 1000; i++) { IntStream.range(0, 100000).parallel().sum(); Thread.sleep(10); }
"""


def missing() -> list[str]:
    programs = ["redis-server", "redis-benchmark", "node", "java", "jshell", "javac", "prometheus", "stress-ng",
                "setpriv"]
    lacking = [each for each in programs if not shutil.which(each)]
    return lacking if postgres_bin() else [*lacking, "PostgreSQL"]


def postgres_bin() -> pathlib.Path | None:
    return next(iter(sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/pgbench"), reverse=True)), None)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Stage:
    """A directory, and processes that are gone when the block ends, also by SIGTERM. They have sessions
    of their own, so that those which they start end with them."""

    def __enter__(self):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
        self.over = False
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="loadline-real-"))
        self.dir.chmod(0o755)
        self.groups: list[subprocess.Popen] = []
        return self

    def __exit__(self, *_):
        self.over = True
        for process in self.groups:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
            if process.stdin:
                process.stdin.close()
        shutil.rmtree(self.dir, ignore_errors=True)

    def start(self, *command, stdin: str | None = None, cwd=None) -> subprocess.Popen:
        if self.over:
            raise AssertionError("the stage is over")
        process = subprocess.Popen(
            [str(word) for word in command], stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True, cwd=cwd or self.dir,
            start_new_session=True)
        self.groups.append(process)
        if stdin:
            process.stdin.write(stdin)
            process.stdin.flush()
        return process

    def run(self, *command, **kwargs):
        """Runs it to its end, which must be a good one."""
        code = self.start(*command, **kwargs).wait(timeout=START_SECONDS_MAX + LOAD_SECONDS)
        if code != 0:
            raise AssertionError(f"{' '.join(map(str, command))} ended with {code}")


def wait_for_port(port: int):
    give_up_at = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < give_up_at:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"nobody listens on port {port} after {START_SECONDS_MAX} s")


def postgres(stage: Stage):
    """A server with two kinds of clients: as many as can be, and some that pause."""
    home, data, port = postgres_bin().parent, stage.dir / "postgres", free_port()
    data.mkdir()
    shutil.chown(data, "postgres")
    as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"]
    stage.run(*as_user, home / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--no-sync", cwd="/")
    stage.start(*as_user, home / "postgres", "-D", data, "-p", port, "-h", "127.0.0.1", "-k", data, cwd="/")
    wait_for_port(port)
    asked_until = time.monotonic() + START_SECONDS_MAX  # It listens before it is ready.
    while stage.start(home / "pg_isready", "-h", "127.0.0.1", "-p", port, cwd="/").wait() != 0:
        if time.monotonic() > asked_until:
            raise AssertionError("PostgreSQL does not become ready")
    bench = [home / "pgbench", "-h", "127.0.0.1", "-p", port, "-U", "postgres"]
    stage.run(*bench, "-i", "-s", "2", "-q", "postgres")
    paced = stage.start(*bench, "-c", "4", "-j", "2", "-R", "50", "-T", LOAD_SECONDS, "postgres")
    stage.run(*bench, "-c", "4", "-j", "2", "-T", LOAD_SECONDS, "postgres")
    paced.wait(timeout=LOAD_SECONDS)


def redis(stage: Stage):
    port = free_port()
    stage.start("redis-server", "--port", port, "--bind", "127.0.0.1", "--dir", stage.dir, "--appendonly",
                "yes", "--io-threads", "2")
    wait_for_port(port)
    stage.start("redis-benchmark", "-p", port, "-c", "10", "--threads", "2", "-t", "set,get,lpush,lpop,zadd",
                "-l", "-q")
    time.sleep(LOAD_SECONDS)


def java(stage: Stage):
    stage.start("jshell", "-R-Xmx256m", "-J-Xmx256m", "-", stdin=JAVA)
    source = stage.dir / "A.java"
    source.write_text("class A { int a; }")
    give_up_at = time.monotonic() + LOAD_SECONDS
    while time.monotonic() < give_up_at:
        stage.run("javac", "-J-Xmx256m", source)


def node(stage: Stage):
    stage.start("node", "-e", NODE)
    time.sleep(LOAD_SECONDS)


def prometheus(stage: Stage):
    """In Go. It scrapes itself."""
    port = free_port()
    config = stage.dir / "prometheus.yml"
    config.write_text("scrape_configs: [{job_name: self, scrape_interval: 100ms, scrape_timeout: 100ms, "
                      f"static_configs: [{{targets: ['127.0.0.1:{port}']}}]}}]\n")
    stage.start("prometheus", f"--config.file={config}", f"--storage.tsdb.path={stage.dir / 'tsdb'}",
                f"--web.listen-address=127.0.0.1:{port}")
    wait_for_port(port)
    time.sleep(LOAD_SECONDS)


def stress(stage: Stage):
    """Some at a time, for a second."""
    folder = stage.dir / "stress"
    folder.mkdir()
    for at in range(0, len(STRESSORS), STRESSORS_AT_ONCE):
        some = [flag for name in STRESSORS[at:at + STRESSORS_AT_ONCE] for flag in (f"--{name}", "1")]
        stage.start("stress-ng", *some, "--temp-path", folder, "--timeout", "1", "--vm-bytes", "32m",
                    "--mmap-bytes", "32m", "--pthread-max", "32", cwd=folder).wait(timeout=START_SECONDS_MAX)


LOADS = [postgres, redis, java, node, prometheus, stress]


def run_all():
    """All at once. Raises what the first of them raised."""
    failures = []
    with Stage() as stage:
        def run(load):
            try:
                load(stage)
            except Exception as error:  # Told to the caller's thread.
                failures.append((load.__name__, error))
        threads = [threading.Thread(target=run, args=(load,), daemon=True) for load in LOADS]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    if failures:
        raise AssertionError(failures)
