#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: people, scripts and browsers meet the same report: `loadline explain`, its JSON by the published
schema, and /api/v1/explain; a name that nobody has and a time that never was are errors.

Method: a real agent beside a process whose 20 threads wait for a peer that never speaks.

Usage: explain_test.py BIN SCHEMA. Needs root and BTF; exits with 77 without.
"""
import json
import pathlib
import subprocess
import sys
import unittest
import urllib.error
import urllib.parse

from agent_rig import SECONDS_MAX, SKIPPED, Agent, eventually, reason_to_skip

try:
    import jsonschema
except ImportError:
    jsonschema = None

BIN, SCHEMA = pathlib.Path(), pathlib.Path()
BYTES_MAX, BAD_INPUT, NOT_THERE = 8192, 2, 3
WAITERS = """
import socket, sys, threading
open("/proc/self/comm", "w").write("waits-for-peer")
listener = socket.create_server(("127.0.0.1", 0), backlog=64)
clients = [socket.create_connection(listener.getsockname()) for _ in range(20)]
for client in clients:
    client.send(b"?")
    threading.Thread(target=client.recv, args=(1,), daemon=True).start()
print(listener.getsockname()[1], flush=True)
sys.stdin.read()
"""


class ExplainTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.agent = cls.enterClassContext(Agent(BIN))
        cls.waiters = cls.enterClassContext(
            subprocess.Popen([sys.executable, "-c", WAITERS], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, text=True))
        cls.port = cls.waiters.stdout.readline().strip()
        eventually(lambda: cls.agent.pools(str(cls.waiters.pid)), "the agent sees them")

    @classmethod
    def tearDownClass(cls):
        cls.waiters.stdin.close()
        cls.waiters.wait(timeout=SECONDS_MAX)

    def explain(self, *args: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [BIN / "loadline", "explain", f"--socket={self.agent.dir}/agent.sock", *args],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS_MAX)

    def get(self, **parameters) -> tuple[int, str]:
        try:
            return 200, self.agent.get("/api/v1/explain?" + urllib.parse.urlencode(parameters))
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def pools(self, report: dict) -> list[dict]:
        return [pool for entry in report["entries"] for pool in entry["pools"]]

    def test_a_process_is_found_by_pid_by_command_and_by_pool(self):
        pid = str(self.waiters.pid)
        for name in (pid, "waits-for-peer", f"{pid}/waits-for-peer"):
            with self.subTest(name=name):
                done = self.explain(name)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertRegex(done.stdout, r"^host +\d+ CPUs?, ")
                self.assertIn("waits-for-peer", done.stdout)
                self.assertIn(self.waiters.pid,
                              [pool["pid"] for pool in self.pools(self.agent.explain(name))])

    def test_its_peer_is_named(self):
        def culprits():
            return [share["culprit"] for pool in self.pools(self.agent.explain("waits-for-peer"))
                    for share in pool["causes"]]

        eventually(lambda: f"127.0.0.1:{self.port}" in culprits(), "the peer is the culprit")

    def test_text_is_for_80_columns_and_has_no_colours_in_a_pipe(self):
        text = self.explain("--all").stdout
        self.assertNotIn("\x1b", text)
        words = [line for line in text.splitlines() if len(line) > 80 and len(line.split()) > 1]
        self.assertEqual(words, [])

    @unittest.skipUnless(jsonschema, "needs python3-jsonschema")
    def test_json_keeps_to_the_schema_and_to_8_kb(self):
        schema = json.loads(SCHEMA.read_text())
        for text in (self.explain("--json").stdout, self.explain("--json", "--all").stdout,
                     self.get(all=1)[1], self.get(name=self.waiters.pid)[1]):
            self.assertLessEqual(len(text.encode()), BYTES_MAX)
            jsonschema.Draft202012Validator(schema).validate(json.loads(text))

    def test_a_name_that_nobody_has_is_an_error_that_helps(self):
        for command in ("explain", "pools"):
            done = subprocess.run(
                [BIN / "loadline", command, "waits-for-pear", f"--socket={self.agent.dir}/agent.sock"],
                capture_output=True, text=True, timeout=SECONDS_MAX)
            self.assertEqual((done.returncode, done.stdout), (NOT_THERE, ""), command)
            self.assertEqual(
                done.stderr, "loadline: no service, command, unit, container or pid here is called "
                             '"waits-for-pear"; near it: waits-for-peer\n')
        code, text = self.get(name="waits-for-pear")
        self.assertEqual(code, 404)
        self.assertIn("near it: waits-for-peer", text)

    def test_bad_parameters_are_named(self):
        self.assertEqual(self.get(all="yes"), (
            400, 'all: "yes" must be a whole number from 0 to 1, in decimal digits\n'))
        self.assertEqual(self.get(pool="x")[0], 400)
        done = self.explain("--at=soon")
        self.assertEqual((done.returncode, done.stdout), (BAD_INPUT, ""))
        self.assertIn('--at: "soon" must be a time that has been', done.stderr)

    def test_the_table_shows_what_was_asked_for_and_counts_the_rest(self):
        def table(*args: str) -> str:
            return subprocess.run(
                [BIN / "loadline", "pools", f"--socket={self.agent.dir}/agent.sock", *args],
                check=True, capture_output=True, text=True, timeout=SECONDS_MAX).stdout

        self.assertIn("waits-for-peer", table(str(self.waiters.pid)))
        self.assertRegex(table(), r"\d+ pools?( more)?, in no trouble")
        self.assertNotIn("in no trouble", table("--all"))


if __name__ == "__main__":
    if reason := reason_to_skip():
        print(f"skipped: {reason}")
        sys.exit(SKIPPED)
    BIN, SCHEMA = pathlib.Path(sys.argv[1]).absolute(), pathlib.Path(sys.argv[2])
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
