#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: who comes late is told what was: `explain --at` and `--since`, through a restart of the agent; a time that is
not held is an error that says what is; the longest wait is as long as the program says that it was.

Method: a real agent with a state directory, beside a program that waits for answers of known lengths, which
it measures by its own clock and without the time for which it was queued for a CPU.

Usage: recorder_test.py BIN. Needs root and BTF; exits with 77 without.
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse

from agent_rig import SECONDS_MAX, SKIPPED, Agent, eventually, reason_to_skip

BIN = pathlib.Path()
NAME = "asks-slow-peer"
ANSWERS = """
import socket, time
open("/proc/self/comm", "w").write("slow-peer")
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
connection = listener.accept()[0]
while delay := connection.recv(64):
    time.sleep(float(delay))
    connection.send(b"!")
"""
ASKS = """
import socket, sys, time
open("/proc/self/comm", "w").write("NAME")
queued = lambda: int(open("/proc/self/schedstat").read().split()[1]) / 1e9
client = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
for delay in [0.5, 0.5, 1.7] + 1000 * [0.5]:
    client.send(str(delay).encode())
    queued_before, began = queued(), time.monotonic()
    client.recv(1)
    took = time.monotonic() - began
    print(took - (queued() - queued_before), time.time(), flush=True)
""".replace("NAME", NAME)


class RecorderTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.state = pathlib.Path(
            cls.enterClassContext(tempfile.TemporaryDirectory(prefix="loadline-")))
        cls.agent = cls.enterClassContext(Agent(BIN, f"--state-dir={cls.state}"))
        cls.peer = cls.run_python(ANSWERS)
        cls.program = cls.run_python(ASKS, cls.peer.stdout.readline().strip())
        cls.waits = [tuple(map(float, cls.program.stdout.readline().split())) for _ in range(6)]

    @classmethod
    def run_python(cls, text: str, *args: str) -> subprocess.Popen:
        return cls.enterClassContext(
            subprocess.Popen([sys.executable, "-c", text, *args], stdout=subprocess.PIPE, text=True))

    @classmethod
    def tearDownClass(cls):
        cls.program.kill()
        cls.peer.kill()

    def explain(self, *args: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [BIN / "loadline", "explain", f"--socket={self.agent.dir}/agent.sock", *args],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS_MAX)

    def report(self, **parameters) -> dict:
        query = urllib.parse.urlencode({"name": NAME} | parameters)
        return json.loads(self.agent.get(f"/api/v1/explain?{query}"))

    def pools(self, **parameters) -> list[dict]:
        report = self.report(**parameters)
        return [pool for entry in report["entries"] for pool in entry["pools"]]

    def test_1_the_longest_wait_is_as_long_as_the_program_says(self):
        known, until = max(self.waits)
        self.assertGreater(known, 1.6)
        longest = [pool["longest_wait"] for pool in self.pools() if "longest_wait" in pool]
        self.assertEqual(len(longest), 1)
        self.assertAlmostEqual(longest[0]["seconds"], known, delta=0.001)
        self.assertAlmostEqual(longest[0]["unix_time"], until, delta=0.5)  # Two readings.
        self.assertRegex(longest[0]["culprit"], r"^127\.0\.0\.1:\d+$")

    def test_2_a_window_and_a_span_that_were_are_told(self):
        at = time.time() - 2
        for parameters in ({"at": at}, {"since": at}):
            with self.subTest(parameters):
                self.assertEqual([pool["process"] for pool in self.pools(**parameters)], [NAME])
        report = self.report(at=at)
        self.assertAlmostEqual(report["window_seconds"], 1, delta=0.5)
        self.assertGreater(report["until_seconds_ago"], 0.5)
        self.assertNotIn("longest_wait", self.pools(at=at)[0])

    def test_3_a_time_that_is_not_held_is_an_error_that_says_what_is(self):
        done = self.explain("--at=20h")
        self.assertNotEqual(done.returncode, 0)
        self.assertRegex(done.stderr, r"is not held: what is held goes from \d{4}-\d\d-\d\d")

    def test_4_the_past_survives_the_agent(self):
        then = time.time() - 2
        self.assertEqual(self.agent.stop(), 0)
        self.agent.start()
        self.assertEqual([pool["process"] for pool in self.pools(at=then)], [NAME])

    def test_5_a_damaged_file_is_set_aside_with_a_line(self):
        self.agent.stop()
        file = self.state / "recorder"
        file.write_bytes(file.read_bytes()[:-1])
        self.agent.start()
        eventually(lambda: self.agent.pools(NAME), "the agent measures")
        self.assertTrue((self.state / "recorder.bad").exists())
        self.agent.stop()
        self.assertEqual(self.agent.log.count("the past begins anew"), 1)
        self.agent.start()


if __name__ == "__main__":
    if reason := reason_to_skip():
        print(f"skipped: {reason}")
        sys.exit(SKIPPED)
    BIN = pathlib.Path(sys.argv[1]).absolute()
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
