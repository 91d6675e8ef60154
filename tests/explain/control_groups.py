# SPDX-License-Identifier: Apache-2.0
"""Control groups of the suite, version 1 or 2: to find what a case started, to hold it back, to end it."""
import contextlib
import os
import pathlib
import shutil
import signal
import time

ROOT = pathlib.Path("/sys/fs/cgroup")
PREFIX = "loadline-explain-"
UNIFIED = (ROOT / "cgroup.controllers").exists()
END_SECONDS_MAX = 10


class Group:
    """A group, in one hierarchy of version 1 or in the only one of version 2. Removed with all that runs in it."""

    def __init__(self, name: str, controller: str, parent: "Group | None" = None):
        self.controller = controller
        base = parent.path if parent else ROOT if UNIFIED else ROOT / controller
        if UNIFIED and controller != "pids":
            for each in ("cpu", "memory", "io"):
                with contextlib.suppress(OSError):
                    (base / "cgroup.subtree_control").write_text(f"+{each}")
        self.path = base / name
        self.path.mkdir(exist_ok=True)

    @property
    def procs(self) -> pathlib.Path:
        return self.path / "cgroup.procs"

    def write(self, name: str, value):
        (self.path / name).write_text(str(value))

    def join(self, pid: int):
        self.procs.write_text(str(pid))

    def pids(self) -> list[int]:
        with contextlib.suppress(OSError):
            return [int(line) for line in self.procs.read_text().split()]
        return []

    def quota(self, cpus: float, period_us: int = 100_000):
        if UNIFIED:
            self.write("cpu.max", f"{int(cpus * period_us)} {period_us}")
        else:
            self.write("cpu.cfs_period_us", period_us)
            self.write("cpu.cfs_quota_us", int(cpus * period_us))

    def memory(self, size: int):
        self.write("memory.max" if UNIFIED else "memory.limit_in_bytes", size)

    def wait_for_memory(self):
        """Its members wait when it is full, instead of being killed."""
        if UNIFIED:
            raise AssertionError("control groups of version 2 kill a member when there is no memory left")
        self.write("memory.oom_control", 1)

    def disk(self, device: str, operations: int, size: int):
        """At most so many reads and writes a second, and so many bytes."""
        if UNIFIED:
            self.write("io.max", f"{device} riops={operations} wiops={operations} rbps={size} wbps={size}")
            return
        for kind in ("read", "write"):
            self.write(f"blkio.throttle.{kind}_iops_device", f"{device} {operations}")
            self.write(f"blkio.throttle.{kind}_bps_device", f"{device} {size}")

    def memory_used(self) -> int:
        return int((self.path / ("memory.current" if UNIFIED else "memory.usage_in_bytes")).read_text())

    def freeze(self, frozen: bool):
        if UNIFIED:
            self.write("cgroup.freeze", int(frozen))
        else:
            self.write("freezer.state", "FROZEN" if frozen else "THAWED")

    def end(self, spared=frozenset()):
        """Kills what is in it, and removes it. `spared` end by themselves once their children have."""
        if not self.path.exists():
            return
        for child in [each for each in self.path.iterdir() if each.is_dir()]:
            group = Group.__new__(Group)
            group.controller, group.path = self.controller, child
            group.end()
        if self.controller == "memory" and not UNIFIED:
            with contextlib.suppress(OSError):
                self.write("memory.oom_control", 0)
        if self.controller == "freezer" or UNIFIED:
            with contextlib.suppress(OSError):
                self.freeze(False)
        give_up_at = time.monotonic() + END_SECONDS_MAX
        while True:
            for pid in set(self.pids()) - spared:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(OSError):
                self.path.rmdir()
                return
            if time.monotonic() > give_up_at:
                raise AssertionError(f"{self.path} does not become empty: {self.pids()}")
            time.sleep(0.02)


def sweep():
    """What a run that was killed has left: groups and directories with the pid of a runner that is no more."""
    for base in [ROOT] if UNIFIED else [each for each in ROOT.iterdir() if each.is_dir()]:
        for path in base.glob(f"{PREFIX}*"):
            owner = path.name[len(PREFIX):].split("-")[0]
            if not pathlib.Path(f"/proc/{owner}").exists():
                group = Group.__new__(Group)
                group.controller, group.path = base.name, path
                group.end()
    for path in pathlib.Path("/tmp").glob(f"{PREFIX}[0-9]*-*"):
        if not pathlib.Path(f"/proc/{path.name[len(PREFIX):].split('-')[0]}").exists():
            shutil.rmtree(path, ignore_errors=True)
