#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: a service reads its own counters while there is an agent, and gets on without one.

Method: the example service beside a real agent. Each answer tells where its time went; the pool's
signal tells which step of the ladder it stands on. The agent is killed, and started again.

Usage: ledger_test.py BIN, which is build/<preset>/bin. Needs root.
"""
import http.client
import json
import pathlib
import signal
import socket
import struct
import sys
import time
import unittest

from agent_rig import SKIPPED, Agent, eventually, reason_to_skip
from dashboards_rig import Program

BIN = pathlib.Path()
LATENCY_MS = 50
STEPPED_DOWN_WITHIN_SECONDS = 2  # About one, and what a busy machine adds.
VERSION_THAT_NEVER_WAS = 0


class LedgerTest(unittest.TestCase):
    def start(self, name: str, *flags: str) -> Program:
        program = Program(name, [BIN / name, *flags])
        self.addCleanup(program.stop)
        return program

    @staticmethod
    def listening(program: Program) -> str:
        return program.wait_for(r"listening on ([\d.:]+)")[1]

    def start_orders(self, runtime_dir: pathlib.Path) -> str:
        inventory = self.start("inventory", "--port=0", f"--latency-ms={LATENCY_MS}")
        return self.listening(self.start(
            "orders", "--port=0", "--mode=loadline", f"--inventory={self.listening(inventory)}",
            f"--agent-socket={runtime_dir / 'self.sock'}"))

    @staticmethod
    def get(address: str, path: str) -> tuple[bytes, dict[str, float]]:
        """The body, and the milliseconds of its Server-Timing header by name."""
        connection = http.client.HTTPConnection(address, timeout=10)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read()
            parts = (part.split(";dur=") for part in answer.headers.get("Server-Timing", "").split(", ")
                     if part)
            return body, {name: float(ms) for name, ms in parts}
        finally:
            connection.close()

    def stats(self, address: str) -> dict:
        return json.loads(self.get(address, "/-/stats")[0])

    @staticmethod
    def says(agent: Agent) -> str:
        """Who says what holds the workers back."""
        worker, = [pool for pool in agent.pools("--process=orders") if pool["pool"] == "worker"]
        return (worker.get("bottleneck") or {}).get("source", "")

    def step(self, address: str) -> str:
        return self.stats(address)["pool"]["signal"]["step"]

    def test_the_first_step_and_back(self):
        with Agent(BIN) as agent:
            orders = self.start_orders(agent.dir)
            eventually(lambda: self.step(orders) == "ledger", "the pool stands on the ledger")
            self.assertEqual(self.stats(orders)["ledger"], "open")
            samples = agent.samples()
            self.assertEqual(samples["loadline_agent_ledgers"], 1)
            self.assertGreaterEqual(samples["loadline_agent_ledger_bytes"], 8192)
            step = 'loadline_signal_step{service="orders",limiter="order",step="ledger"}'
            eventually(lambda: agent.samples().get(step) == 1, "the agent is told of the step")
            eventually(lambda: self.says(agent) == "sdk", "its own word on what holds it back wins")

            _, spent = self.get(orders, "/order/1")
            self.assertAlmostEqual(sum(ms for name, ms in spent.items() if name != "total"),
                                   spent["total"], delta=0.01)
            self.assertGreater(spent["network"], 0.9 * LATENCY_MS)
            self.assertGreater(spent["cpu"], 0.1)

            agent.stop(signal.SIGKILL)
            killed_at = time.monotonic()
            eventually(lambda: self.step(orders) == "schedstat", "without an agent: schedstat")
            self.assertLess(time.monotonic() - killed_at, STEPPED_DOWN_WITHIN_SECONDS)
            eventually(lambda: self.stats(orders)["ledger"] == "no_agent", "the ledger is closed")
            self.assertEqual(self.get(orders, "/order/2")[1], {}, "no figures rather than wrong ones")

            agent.start()
            eventually(lambda: self.step(orders) == "ledger", "the new agent's ledger")
            self.assertGreater(self.get(orders, "/order/3")[1]["network"], 0.9 * LATENCY_MS)

    def test_an_agent_without_probes_says_so(self):
        with Agent(BIN, "--source=proc") as agent:
            orders = self.start_orders(agent.dir)
            eventually(lambda: self.stats(orders)["ledger"] == "source", "refused")
            eventually(lambda: self.step(orders) == "stream", "the stream is the next step")
            self.assertGreaterEqual(
                agent.samples()['loadline_agent_ledgers_refused_total{cause="source"}'], 1)

    def test_who_speaks_another_version_is_told_ours(self):
        with Agent(BIN) as agent, socket.socket(socket.AF_UNIX) as client:
            client.settimeout(10)
            client.connect(str(agent.dir / "ledger.sock"))
            client.send(struct.pack("II", VERSION_THAT_NEVER_WAS, 0))
            version, status, slots, generation = struct.unpack("IIII", client.recv(16))
            self.assertGreater(version, 0)
            self.assertEqual((status, slots, generation), (1, 0, 0))
            self.assertEqual(client.recv(1), b"", "and that was all")
            self.assertEqual(
                agent.samples()['loadline_agent_ledgers_refused_total{cause="version"}'], 1)


if __name__ == "__main__":
    if why := reason_to_skip():
        print(f"skipped: {why}")
        sys.exit(SKIPPED)
    BIN = pathlib.Path(sys.argv[1]).absolute()
    unittest.main(argv=sys.argv[:1])
