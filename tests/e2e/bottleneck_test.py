#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: what holds back a process without the SDK is named, with its figures, wherever the agent shows
it: the API, the metrics, `loadline explain`.

Method: real processes that one thing holds back (held_back.cc) under the real probes, one at a time,
beside one whose peer becomes slow at the end. Gated on the state that is reached, within a deadline.
A busy machine may hide a cause behind another for a while: each is tried twice at most, and a second
try is printed.

Usage: bottleneck_test.py BIN. Needs root and BTF; exits with 77 without.
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
BASELINE_SECONDS = 60  # The agent compares with what is older than 30 s, and wants 10 s of it.
QUOTA, PERIOD = 20_000, 100_000
# Of the peer. Long enough for a busy machine to add little to it.
USUAL_MS, SLOW_MS = "40", "400"


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


class BottleneckTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.agent = cls.enterClassContext(Agent(BIN))
        cls.peer = cls.enterClassContext(HeldBack("serve"))
        cls.peer.tell(USUAL_MS)
        cls.client = cls.enterClassContext(HeldBack("peer", 12, cls.peer.said))

    def uptime(self) -> float:
        return json.loads(self.agent.get("/api/v1/pools"))["uptime_seconds"]

    def bottleneck(self, pid: int, pool: str = "worker-*") -> dict:
        # By name: a busy host has more pools than are shown.
        found = [one for one in self.agent.pools(f"--process={COMM}")
                 if one["pid"] == pid and one["pool"] == pool]
        return found[0].get("bottleneck") or {} if found else {}

    def named(self, process: HeldBack, wanted: str) -> dict:
        """What is told of the process once it is in class `wanted`, surely."""
        told = {}

        def is_named():
            told.update(self.bottleneck(process.pid))
            return told.get("class") == wanted and told["confidence"] > 0.5

        try:
            eventually(is_named, f"{wanted} is named")
        except AssertionError as error:
            raise AssertionError(f"{error}; last seen: {told}") from None
        self.assertEqual(told["source"], "kernel")
        self.assertLessEqual(told["confidence"], 0.8)
        self.assertTrue(told["figures"])
        eventually(lambda: any(
            one.startswith(f'loadline_bottleneck{{process="{COMM}"') and f'class="{wanted}"' in one
            for one in self.agent.samples()), "the class is a metric")
        return told

    @tried
    def test_quota(self):
        with contextlib.ExitStack() as stack:
            try:
                cgroup = stack.enter_context(quota())
            except OSError as error:
                self.skipTest(f"no cgroup with a quota can be made: {error}")
            process = stack.enter_context(HeldBack("spin", 1, cgroup=cgroup))
            told = self.named(process, "throttled")
            figure, = (one for one in told["figures"] if one["name"] == "throttled_per_cpu_second")
            self.assertGreater(figure["value"], figure["bound"])

    @tried
    def test_lock(self):
        with HeldBack("lock", 8) as process:
            told = self.named(process, "lock")
            self.assertRegex(told["subject"], "^futex 0x[0-9a-f]+$")

    @tried
    def test_neighbour(self):
        with HeldBack("spin", 8 * os.cpu_count()), HeldBack("spin", 1) as process:
            self.assertTrue(self.named(process, "neighbour")["subject"])

    @tried
    def test_own_threads_on_all_cpus(self):
        with HeldBack("spin", 8 * os.cpu_count()) as process:
            self.named(process, "own_cpu")

    @tried
    def test_handoff_to_others_that_wait_elsewhere(self):
        with HeldBack("handoff", 12, self.peer.said) as process:
            self.named(process, "handoff")

    @tried
    def test_event_loop_that_sleeps(self):
        with HeldBack("loop", 1) as process:
            self.assertEqual(self.named(process, "event_loop_blocked")["subject"], "sleep")

    @tried
    def test_rest(self):
        with HeldBack("idle", 4) as process:
            self.named(process, "idle")

    @tried
    def test_slow_peer(self):  # The last, by its name: the others have given it a past.
        eventually(lambda: self.uptime() > BASELINE_SECONDS, "there is a baseline",
                   seconds=BASELINE_SECONDS)
        self.peer.tell(USUAL_MS)
        eventually(lambda: self.bottleneck(self.client.pid).get("class", "dep_slow") != "dep_slow",
                   "its peer is as fast as before")
        self.peer.tell(SLOW_MS)
        told = self.named(self.client, "dep_slow")
        self.assertEqual(told["subject"], f"127.0.0.1:{self.peer.said}")
        names = [one["name"] for one in told["figures"]]
        self.assertEqual(names[:2], ["peer_share", "slowdown"])

        explained = subprocess.run(
            [BIN / "loadline", "explain", COMM, f"--socket={self.agent.dir}/agent.sock"],
            check=True, capture_output=True, text=True, timeout=SECONDS_MAX).stdout
        self.assertIn(f"{COMM}/worker-*", explained)
        self.assertIn(f"waits for 127.0.0.1:{self.peer.said}", explained)
        self.peer.tell(USUAL_MS)
        eventually(lambda: self.bottleneck(self.client.pid).get("class") != "dep_slow",
                   "it is as fast as before")


if __name__ == "__main__":
    if reason := reason_to_skip():
        print(f"skipped: {reason}")
        sys.exit(SKIPPED)
    BIN = pathlib.Path(sys.argv[1]).absolute()
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
