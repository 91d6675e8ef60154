#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: `loadline deep` finds whom a process waits for, in all its forms of output, and leaves nothing
attached however it ends.

Method: a child that waits for its parent, over a pipe, for known times.

Usage: deep_test.py BIN. Exits with 77 where this user or this kernel cannot.
"""
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

BIN = pathlib.Path()
DEADLINE_S = 60
ENVIRONMENT = 3
LINKS = 4


def deep(*args: str) -> subprocess.Popen:
    return subprocess.Popen([BIN / "loadline", "deep", *args], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finished(command: subprocess.Popen) -> tuple[int, str, str]:
    try:
        out, err = command.communicate(timeout=DEADLINE_S)
    except subprocess.TimeoutExpired:
        command.kill()
        raise
    return command.returncode, out, err


def links(pid: int) -> int:
    """How many programs a process has attached."""
    found = []
    for entry in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            found.append(os.readlink(entry))
        except OSError:
            pass  # Closed meanwhile.
    return sum("bpf_link" in name for name in found)


def eventually(condition, what: str):
    end = time.monotonic() + DEADLINE_S
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not within {DEADLINE_S} s: {what}")
        time.sleep(0.05)


class Reader:
    """A process that reads a byte, over and over, from this one, which pauses before it writes one."""

    def __init__(self, pause_s: float = 0.02):
        self.pause_s = pause_s

    def __enter__(self):
        self.child = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        self.stop = threading.Event()
        self.written = 0
        self.writer = threading.Thread(target=self.write)
        self.writer.start()
        return self

    def write(self):
        while not self.stop.wait(self.pause_s):
            os.write(self.child.stdin.fileno(), b"x")
            self.written += 1

    def __exit__(self, *_):
        self.stop.set()
        self.writer.join()
        self.child.stdin.close()
        self.child.wait(timeout=DEADLINE_S)


class DeepTest(unittest.TestCase):
    def test_all_forms_name_who_is_waited_for(self):
        with Reader() as reader, tempfile.TemporaryDirectory() as scratch:
            dot = pathlib.Path(scratch) / "waits.dot"
            pid = str(reader.child.pid)
            code, out, err = finished(deep("--seconds=2", "--json", f"--process={pid}",
                                           f"--dot={dot}", "--budget-cpu=100"))
            self.assertEqual((code, err), (0, ""))
            found = json.loads(out)
            self.assertEqual(found["stop"], "time")
            edges = [edge for edge in found["edges"] if edge["woken"]["pid"] == reader.child.pid]
            by_us = [edge for edge in edges
                     if edge["reason"] == "ipc" and edge["waker"] != "interrupt"
                     and edge["waker"]["pid"] == os.getpid()]
            self.assertGreater(sum(edge["seconds"] for edge in by_us),
                               0.95 * sum(edge["seconds"] for edge in edges))
            self.assertGreater(sum(edge["waits"] for edge in by_us), 20)
            # While it waited, its writer slept.
            chain = next(chain for chain in found["chains"] if chain["pid"] == reader.child.pid)
            self.assertEqual(chain["steps"][0]["reason"], "ipc")
            self.assertGreater(chain["steps"][0]["causes"][0]["share"], 0.5)
            graph = dot.read_text(encoding="utf-8")
            self.assertTrue(graph.startswith("digraph"))
            self.assertRegex(graph, rf'"cat\[{pid}\] cat" -> "[^"]*\[{os.getpid()}\][^"]*"')

            code, out, err = finished(deep("--seconds=1", "--process=cat", "--budget-cpu=100"))
            self.assertEqual((code, err), (0, ""))
            self.assertIn(f"cat[{pid}] cat", out)
            self.assertRegex(out, rf"\d+ %  ipc, woken by .*\[{os.getpid()}\]")
            self.assertRegex(out, r"Measured for 1\.\d s; the probes took \d+\.\d\d % of all CPUs")

    def test_a_signal_ends_it_early_with_what_was_found(self):
        with Reader() as reader:
            for number in (signal.SIGINT, signal.SIGTERM):
                command = deep("--seconds=600", "--json", f"--process={reader.child.pid}")
                eventually(lambda: links(command.pid) >= LINKS, "the probes are attached")
                end = reader.written + 20
                eventually(lambda: reader.written > end, "bytes are written")
                command.send_signal(number)
                code, out, err = finished(command)
                self.assertEqual((code, err), (0, ""))
                found = json.loads(out)
                self.assertEqual(found["stop"], "interrupted")
                self.assertTrue(found["edges"])

    def test_a_spent_budget_is_said(self):
        with Reader(pause_s=0):  # Enough switches, however quiet the host is.
            code, out, err = finished(deep("--seconds=3", "--budget-cpu=0.01", "--json"))
            self.assertEqual((code, err), (0, ""))
            found = json.loads(out)
            self.assertEqual(found["stop"], "budget")
            self.assertGreater(found["probe_cpu_percent"], 0)

    def test_what_cannot_be_had_is_named(self):
        code, out, err = finished(deep("--seconds=0.2", "--process=no-such-process"))
        self.assertEqual((code, out), (ENVIRONMENT, ""))
        self.assertIn("no-such-process", err)
        code, out, err = finished(deep("--dot=/nowhere/x.dot"))
        self.assertEqual((code, out), (ENVIRONMENT, ""))
        self.assertIn("/nowhere/x.dot", err)


if __name__ == "__main__":
    BIN = pathlib.Path(sys.argv[1]).absolute()
    attempt = finished(deep("--seconds=0.1"))
    if attempt[0] == ENVIRONMENT:
        print(f"skipped: {attempt[2].strip()}")
        sys.exit(77)
    unittest.main(argv=sys.argv[:1])
