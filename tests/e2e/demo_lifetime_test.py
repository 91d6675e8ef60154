#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: whatever way the demo ends, nothing that it started is left; and it says why it ended.

Method: the demo is ended in mid-play by signals, and one of its programs is ended under it. Its
processes are found as its children, by parent, before.

Usage: demo_lifetime_test.py BIN, which is build/<preset>/bin. Needs root.
"""
import os
import pathlib
import shutil
import signal
import sys
import threading
import time
import unittest

from demo_run import DemoRun

BIN = pathlib.Path()
SKIP = 77
SECONDS_MAX = 60
GONE_WITHIN_SECONDS = 10


def children_of(pid: int) -> dict[int, str]:
    """Pid -> command name."""
    found = {}
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            name, rest = path.read_text().split("(", 1)[1].rsplit(")", 1)
        except OSError:
            continue  # It ended meanwhile.
        if int(rest.split()[1]) == pid:
            found[int(path.parent.name)] = name
    return found


class DemoLifetimeTest(unittest.TestCase):
    def setUp(self):
        self.playing = threading.Event()
        self.demo = DemoRun(BIN, ["--seconds=60", "--mode=loadline"], self.on_line)
        self.assertTrue(self.playing.wait(SECONDS_MAX), "".join(self.demo.lines))
        self.children = children_of(self.demo.pid)
        self.assertEqual(sorted(self.children.values()), ["inventory", "loadline", "orders"])

    def on_line(self, line: str):
        if line.startswith("loadline warmup") or line.startswith("loadline steady"):
            self.playing.set()

    def expect_all_gone(self):
        deadline = time.monotonic() + GONE_WITHIN_SECONDS
        left = set(self.children)
        while left and time.monotonic() < deadline:
            left = {pid for pid in left if pathlib.Path(f"/proc/{pid}").exists()}
            time.sleep(0.05)
        self.assertEqual({pid: self.children[pid] for pid in left}, {})

    def work_dir(self) -> pathlib.Path:
        line = next(line for line in self.demo.lines if "logs in" in line)
        return pathlib.Path(line.rsplit("logs in ", 1)[1].strip())

    def test_sigterm_ends_everything(self):
        self.expect_order_after(signal.SIGTERM)

    def test_sigint_ends_everything(self):
        self.expect_order_after(signal.SIGINT)

    def test_a_terminal_that_is_closed_ends_everything(self):
        self.expect_order_after(signal.SIGHUP)

    def expect_order_after(self, signal_number: int):
        self.assertTrue(self.work_dir().exists())
        self.demo.send(signal_number)
        code, out = self.demo.wait(SECONDS_MAX)
        self.assertEqual((code, out), (130, ""))
        self.expect_all_gone()
        self.assertFalse(self.work_dir().exists())

    def test_sigkill_takes_the_children_along(self):
        self.addCleanup(shutil.rmtree, self.work_dir())  # Nobody is left to do it.
        self.demo.send(signal.SIGKILL)
        self.demo.wait(SECONDS_MAX)
        self.expect_all_gone()

    def test_a_program_that_dies_ends_the_demo_which_names_it(self):
        orders = next(pid for pid, name in self.children.items() if name == "orders")
        os.kill(orders, signal.SIGKILL)
        code, _ = self.demo.wait(SECONDS_MAX)
        self.assertEqual(code, 1)
        self.assertIn("orders ended by itself (exit code 137)", "".join(self.demo.lines))
        self.expect_all_gone()


if __name__ == "__main__":
    if os.geteuid() != 0:
        print("skipped: the probes need root")
        sys.exit(SKIP)
    BIN = pathlib.Path(sys.argv[1]).absolute()
    unittest.main(argv=sys.argv[:1])
