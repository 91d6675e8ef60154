#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: what a process without the SDK loses its time to is named, with its culprit, by `loadline explain` and in
the metrics.

Method: real processes that one thing holds back (held_back.cc) under the real probes, one at a time. Gated on the
first cause that is said of the process, within a deadline. A busy machine may hide a cause behind another for a
while: each is tried twice at most, and a second try is printed.

Usage: causes_test.py BIN. Needs root and BTF; exits with 77 without.
"""
import contextlib
import functools
import json
import os
import pathlib
import subprocess
import sys
import unittest

from agent_rig import SECONDS_MAX, SKIPPED, Agent, eventually, reason_to_skip

BIN = pathlib.Path()
PROGRAM = "e2e_test_held_back"
COMM = PROGRAM[:15]  # What the kernel keeps of it.
TRIES = 2
QUOTA, PERIOD = 20_000, 100_000
# Of the peer. Long enough for a busy machine to add little to it.
SLOW_MS = "400"


def tried(test):
    @functools.wraps(test)
    def attempts(self):
        for attempt in range(1, TRIES + 1):
            try:
                return test(self)
            except AssertionError as error:
                if attempt == TRIES:
                    raise
                print(f"{test.__name__}: try {attempt} of {TRIES} failed: {error}", flush=True)
    return attempts


class HeldBack:
    """`with HeldBack("lock", 8) as process:` runs one until the end of the block."""

    def __init__(self, *args, cgroup: pathlib.Path | None = None):
        def enter():
            if cgroup:
                (cgroup / "cgroup.procs").write_text("0")

        self.process = subprocess.Popen(
            [BIN / PROGRAM, *map(str, args)], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, preexec_fn=enter)
        self.pid = self.process.pid
        self.said = self.process.stdout.readline().strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(timeout=SECONDS_MAX)
        self.process.stdout.close()

    def tell(self, line: str):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()


@contextlib.contextmanager
def quota():
    """A cgroup with a fifth of a CPU; raises OSError where none can be made."""
    v1 = pathlib.Path("/sys/fs/cgroup/cpu")
    path = (v1 if v1.is_dir() else pathlib.Path("/sys/fs/cgroup")) / f"loadline-test-{os.getpid()}"
    path.mkdir()

    def removed():
        with contextlib.suppress(OSError):
            path.rmdir()
        return not path.exists()

    try:
        if v1.is_dir():
            (path / "cpu.cfs_period_us").write_text(str(PERIOD))
            (path / "cpu.cfs_quota_us").write_text(str(QUOTA))
        else:
            (path / "cpu.max").write_text(f"{QUOTA} {PERIOD}")
        yield path
    finally:
        eventually(removed, "the cgroup is empty")


class CausesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.agent = cls.enterClassContext(Agent(BIN))
        cls.peer = cls.enterClassContext(HeldBack("serve"))
        cls.peer.tell(SLOW_MS)

    def explain(self, pid: int) -> list[dict]:
        done = subprocess.run(
            [BIN / "loadline", "explain", f"{pid}/worker-*", "--json", "--all", f"--socket={self.agent.dir}/agent.sock"],
            check=False, capture_output=True, text=True, timeout=SECONDS_MAX)
        return json.loads(done.stdout).get("entries", []) if done.returncode == 0 else []

    def named(self, process: HeldBack, wanted: str) -> dict:
        """The first entry about the process, once its cause is the `wanted` one."""
        told = {}

        def is_named():
            told.clear()
            told.update((self.explain(process.pid) or [{}])[0])
            return told.get("cause") == wanted

        try:
            eventually(is_named, f"{wanted} is named")
        except AssertionError as error:
            raise AssertionError(f"{error}; last seen: {told}") from None
        if wanted != "idle":
            self.assertTrue(told["advice"], told)
            eventually(lambda: any(
                one.startswith(f'loadline_lost_seconds_total{{process="{COMM}"') and f'cause="{wanted}"' in one
                for one in self.agent.samples()), "the cause is a metric")
        return told

    @tried
    def test_quota(self):
        with contextlib.ExitStack() as stack:
            try:
                cgroup = stack.enter_context(quota())
            except OSError as error:
                self.skipTest(f"no cgroup with a quota can be made: {error}")
            process = stack.enter_context(HeldBack("spin", 1, cgroup=cgroup))
            self.assertIn(f"loadline-test-{os.getpid()}", self.named(process, "quota")["culprit"])

    @tried
    def test_lock_whose_holder_is_known(self):
        with HeldBack("lock", 8) as process:
            self.assertRegex(self.named(process, "lock")["culprit"], "^lock 0x[0-9a-f]+, held by worker-")

    @tried
    def test_neighbour(self):
        with HeldBack("spin", 8 * os.cpu_count()), HeldBack("spin", 1) as process:
            self.assertTrue(self.named(process, "neighbour")["culprit"])

    @tried
    def test_own_threads_on_all_cpus(self):
        with HeldBack("spin", 8 * os.cpu_count()) as process:
            self.named(process, "own_queue")

    @tried
    def test_handoff_to_others_that_wait_elsewhere(self):
        with HeldBack("handoff", 12, self.peer.said) as process:
            self.assertIn(f"127.0.0.1:{self.peer.said}", self.named(process, "handoff")["culprit"])

    @tried
    def test_rest(self):
        with HeldBack("idle", 4) as process:
            self.named(process, "idle")

    @tried
    def test_slow_peer_without_a_past(self):
        with HeldBack("peer", 12, self.peer.said) as process:
            self.assertEqual(self.named(process, "dependency")["culprit"], f"127.0.0.1:{self.peer.said}")


if __name__ == "__main__":
    if reason := reason_to_skip():
        print(f"skipped: {reason}")
        sys.exit(SKIPPED)
    BIN = pathlib.Path(sys.argv[1]).absolute()
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
