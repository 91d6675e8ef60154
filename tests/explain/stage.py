# SPDX-License-Identifier: Apache-2.0
"""Where a case plays: a directory, control groups, and processes that are gone when it is over."""
import contextlib
import ctypes
import dataclasses
import fcntl
import itertools
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

import control_groups
import release_root

HERE = pathlib.Path(__file__).resolve().parent
BIN = pathlib.Path("build/release/bin")  # Of the build that is judged; run.py says which.
PYTHON = "/usr/bin/python3"
AGENT_DIR = pathlib.Path(f"/tmp/loadline-explain-agent-{os.getpid()}")  # Of every agent of the run.
# All programs and their neighbours share the CPUs as equals, whether the kernel groups them by session (autogroups) or not.
SHARES = 10_240  # Ten times the default: what else runs on the host, such as a build, is no part of any case.
EQUALS: list[control_groups.Group] = []
START_SECONDS_MAX = 120
PORTS = (61_000, 65_500)  # Where no server is by default, and no outgoing connection either.
_ports_given: set[int] = set()
_ports_lock = threading.Lock()
_numbers = itertools.count()
PR_SET_CHILD_SUBREAPER = 36


def eventually(condition, what: str, seconds: float = START_SECONDS_MAX):
    """The first true answer of `condition`, which is asked again and again for so many seconds."""
    give_up_at = time.monotonic() + seconds
    while True:
        if answer := condition():
            return answer
        if time.monotonic() > give_up_at:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.05)


def adopt_orphans():
    """What outlives its parent becomes a child of this process, which can wait for its end."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")


def reap(pids):
    """Those of them that have become children of this process."""
    for pid in pids:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)


def parents() -> dict[int, int]:
    """Pid -> pid of the parent, of all processes."""
    found = {}
    for path in pathlib.Path("/proc").iterdir():
        if path.name.isdigit():
            try:
                found[int(path.name)] = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, IndexError):
                continue
    return found


def tree(pid: int) -> set[int]:
    """The process and all below it."""
    children: dict[int, list[int]] = {}
    for each, parent in parents().items():
        children.setdefault(parent, []).append(each)
    found, todo = set(), [pid]
    while todo:
        one = todo.pop()
        found.add(one)
        todo += children.get(one, [])
    return found


@dataclasses.dataclass
class Started:
    pid: int
    keeper: subprocess.Popen
    log: pathlib.Path

    def children(self) -> list[int]:
        return sorted(tree(self.pid) - {self.pid})


@contextlib.contextmanager
def equals():
    if not control_groups.UNIFIED:  # There, what has no weights of its own shares them with its parent's.
        EQUALS.append(control_groups.Group(f"{control_groups.PREFIX}{os.getpid()}-equals", "cpu"))
        EQUALS[0].write("cpu.shares", SHARES)
    try:
        yield
    finally:
        while EQUALS:
            EQUALS.pop().end()


class Stage:
    """`with Stage("nginx_idle", release="bookworm") as stage:`. Programs of another Debian run in its root."""

    def __init__(self, name: str, release: str = "bookworm"):
        self.name, self.release = name, release
        self.names: dict[str, str] = {}  # What the answer's {roles} stand for.
        self.loads: list[Started] = []

    def __enter__(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix=f"{control_groups.PREFIX}{os.getpid()}-", dir="/tmp"))
        self.dir.chmod(0o755)
        (self.dir / "bin").mkdir()
        self.groups: list[control_groups.Group] = []
        self.keepers: list[subprocess.Popen] = []
        self.all = self.group("pids")
        return self

    def __exit__(self, *_):
        keepers = frozenset(keeper.pid for keeper in self.keepers)
        others = set(self.all.pids()) - keepers
        for group in reversed(self.groups):
            if group is not self.all:
                group.end(keepers)
        self.all.end(keepers)
        for keeper in self.keepers:
            keeper.wait()
        reap(others)
        shutil.rmtree(self.dir, ignore_errors=True)

    def group(self, controller: str, parent=None) -> control_groups.Group:
        name = f"{control_groups.PREFIX}{os.getpid()}-{next(_numbers)}"
        self.groups.append(control_groups.Group(name, controller, parent))
        self.names[controller] = name
        return self.groups[-1]

    def port(self) -> int:
        while True:
            port = random.randrange(*PORTS)
            with _ports_lock, socket.socket() as probe:
                if port in _ports_given:
                    continue
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError:
                    continue
                _ports_given.add(port)
                return port

    def file(self, name: str, text: str, mode: int = 0o644) -> pathlib.Path:
        path = self.dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        return path

    def own_dir(self, name: str, user: str = "root") -> pathlib.Path:
        path = self.dir / name
        path.mkdir(exist_ok=True)
        if self.release == "bookworm":
            shutil.chown(path, user)
        else:
            release_root.chown(self.release, path, user)
        return path

    def renamed(self, program: str, name: str) -> pathlib.Path:
        """The program under another name: a link, since many programs find their files by where they lie."""
        link = self.dir / "bin" / name
        link.symlink_to(program)
        return link

    def start(self, *command, user: str = "", env: dict | None = None, cwd=None, cpus: str = "", stdin=None,
              groups=(), host: bool = False, devnull: bool = False) -> Started:
        """Starts it. `groups`: control groups beside the one of the stage. `host`: in the host's root whatever the release.
        `devnull`: what it prints is lost."""
        command = [str(word) for word in command]
        if user:
            command = ["/usr/bin/setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--", *command]
        if cpus:
            command = ["/usr/bin/taskset", "-c", cpus, *command]
        if self.release != "bookworm" and not host:
            command = release_root.inside(self.release, command, cwd or self.dir, self.dir)
        procs = " ".join(str(group.procs) for group in (self.all, *EQUALS, *groups))
        log = self.dir / f"log-{next(_numbers)}-{pathlib.Path(command[0]).name}"
        log.touch() if not devnull else log.symlink_to("/dev/null")
        keeper = subprocess.Popen([str(HERE / "keep.sh"), procs, str(log), *command], stdin=stdin or subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=cwd or self.dir,
                                  start_new_session=True, env=self.environment(env))
        self.keepers.append(keeper)
        with keeper.stdout as said:
            line = said.readline()
        if not line:
            raise AssertionError(f"{command[0]} did not start")
        return Started(int(line), keeper, log)

    def environment(self, extra: dict | None) -> dict[str, str]:
        return {"PATH": "/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(self.dir), "LANG": "C.UTF-8",
                "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"} | {key: str(value) for key, value in (extra or {}).items()}

    def run(self, *command, **kwargs) -> str:
        """Runs it to its end, which must be a good one. -> what it printed."""
        started = self.start(*command, **kwargs)
        code = started.keeper.wait(timeout=START_SECONDS_MAX * 2)
        printed = started.log.read_text(errors="replace")
        if code != 0:
            raise AssertionError(f"{command[0]} ended with {code}: {printed[-300:]}")
        return printed

    def wait_for_port(self, port: int, who: Started | None = None):
        def answers():
            if who and who.keeper.poll() is not None:
                raise AssertionError(f"{self.name}: ended: {who.log.read_text(errors='replace')[-600:]}")
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return True
            except OSError:
                return False
        try:
            eventually(answers, f"somebody listens on port {port}")
        except AssertionError as error:
            raise AssertionError(f"{error}: {who.log.read_text(errors='replace')[-600:] if who else ''}") from None

    def child(self, started: Started, command: str) -> int:
        """The pid of the process of that command below it."""
        def found():
            for pid in tree(started.pid):
                with contextlib.suppress(OSError):
                    if pathlib.Path(f"/proc/{pid}/comm").read_text().strip() == command:
                        return pid
            return None
        return eventually(found, f"there is a process {command}")

    def end(self, started: Started):
        """Ends it and what it started."""
        for pid in tree(started.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        started.keeper.wait()

    def load(self, *command, **kwargs) -> Started:
        """A load generator or a peer of the suite's own, in Python, on the host."""
        started = self.start(PYTHON, *(HERE / "support" / command[0], *command[1:]), host=True, **kwargs)
        self.loads.append(started)
        return started


def cache_dir() -> pathlib.Path:
    """Where programs of workloads/ are kept that are not built with the project: those that are not C++."""
    base = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(base) / "loadline" / "explain"


@contextlib.contextmanager
def locked(path: pathlib.Path):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path.with_suffix(".lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def run_here(*command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                          env=os.environ | {"GOCACHE": str(cache_dir() / "go"), "GOFLAGS": "-mod=mod"})
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}: {done.stderr[-500:]}")


def is_socket(path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
            return True
        except OSError:
            return False
