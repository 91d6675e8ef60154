#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: pools carry the container that their process is in, whatever the source, and the pid that it
has in there.

Method: a process in a pid namespace and a cgroup as a container runtime makes them, and the program
with each source.

Usage: containers_test.py BIN. Needs root, BTF and a cgroup that can be made; exits with 77 without.
"""
import contextlib
import os
import pathlib
import subprocess
import sys
import unittest

from agent_rig import SKIPPED, Agent, eventually, reason_to_skip

BIN = pathlib.Path()
ID = "5c1f0a7b2d3e" + "%052x" % os.getpid()
NAME = "docker/5c1f0a7b2d3e"


def hierarchies() -> list[pathlib.Path]:
    """Where cgroups can be made, the one that /proc/<pid>/cgroup names first being the first."""
    lines = pathlib.Path("/proc/self/mountinfo").read_text().splitlines()
    mounts = [line.split() for line in lines]
    found = [(mount[-1], pathlib.Path(mount[4])) for mount in mounts
             if mount[mount.index("-") + 1] in ("cgroup", "cgroup2")]
    named = [path for options, path in found if "name=systemd" in options]
    return named + [path for _, path in found if path not in named]


@contextlib.contextmanager
def cgroup():
    """A cgroup like one of Docker's, or None."""
    for hierarchy in hierarchies():
        path = hierarchy / "docker" / ID
        try:
            path.mkdir(parents=True)
        except OSError:
            continue
        try:
            yield path
        finally:
            eventually(lambda: removed(path), "the cgroup is empty")
            with contextlib.suppress(OSError):
                path.parent.rmdir()
        return
    yield None


def removed(path: pathlib.Path) -> bool:
    with contextlib.suppress(OSError):
        path.rmdir()
    return not path.exists()


@contextlib.contextmanager
def contained(path: pathlib.Path):
    """The host's pid of a process in the cgroup whose own pid is 1."""
    unshare = subprocess.Popen(
        ["unshare", "--pid", "--fork", "--kill-child", "cat"], stdin=subprocess.PIPE,
        preexec_fn=lambda: (path / "cgroup.procs").write_text("0"))
    children = pathlib.Path(f"/proc/{unshare.pid}/task/{unshare.pid}/children")
    try:
        yield int(eventually(lambda: children.read_text().strip(), "the process is there"))
    finally:
        unshare.stdin.close()
        unshare.wait(timeout=20)


class ContainersTest(unittest.TestCase):
    def check(self, source: str):
        with cgroup() as path:
            if path is None:
                self.skipTest("no cgroup can be made")
            with contained(path) as pid, Agent(BIN, f"--source={source}") as agent:
                def seen():
                    return [one for one in agent.pools() if one["pid"] == pid]

                pool, = eventually(seen, "the process is seen")
                self.assertEqual((pool["container"], pool["pid_inner"]), (NAME, 1))
                labels = f'process="cat",pool="cat",container="{NAME}",state="waiting"'
                self.assertEqual(agent.samples()[f"loadline_threads{{{labels}}}"], 1)
                own, = [one for one in agent.pools() if one["pid"] == os.getpid()]
                self.assertNotEqual(own["container"], NAME)

    def test_a_pool_carries_its_container_with_bpf(self):
        self.check("bpf")

    def test_a_pool_carries_its_container_with_iter(self):
        self.check("iter")

    def test_a_pool_carries_its_container_with_proc(self):
        self.check("proc")


if __name__ == "__main__":
    if reason := reason_to_skip():
        print(f"skipped: {reason}")
        sys.exit(SKIPPED)
    BIN = pathlib.Path(sys.argv[1]).absolute()
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
