#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: the agent may die. No request fails because of it, and a new agent is found by itself.

Method: the agent, a service under Loadline and its dependency, with requests at fixed times. The
agent is killed in mid-load, and later another one is started in the same runtime directory.

Usage: agent_death_test.py BIN, which is build/<preset>/bin. Needs root.
"""
import collections
import concurrent.futures
import http.client
import json
import os
import pathlib
import sys
import tempfile
import threading
import time
import unittest
import urllib.request

from dashboards_rig import Program

BIN = pathlib.Path()
SKIP = 77
# Far below what the service can do: nothing but the agent's death can make a request fail.
PER_SECOND = {"/price/": 40, "/order/": 20}
BEFORE_SECONDS = 5
WITHOUT_SECONDS = 5
AFTER_SECONDS = 3
REGISTERED_WITHIN_SECONDS = 20


class Load:
    """Requests at fixed times until stopped; their fates are counted by what the test was doing."""

    def __init__(self, address: str):
        self.act = "before"
        self.fates: dict[str, collections.Counter] = collections.defaultdict(collections.Counter)
        self._address, self._stopping = address, threading.Event()
        self._lock = threading.Lock()
        self._clients = concurrent.futures.ThreadPoolExecutor(100)
        self._threads = [threading.Thread(target=self._send, args=item, daemon=True)
                         for item in PER_SECOND.items()]
        for thread in self._threads:
            thread.start()

    def _send(self, path: str, per_second: float):
        start, number = time.monotonic(), 0
        while not self._stopping.wait(max(0, start + number / per_second - time.monotonic())):
            self._clients.submit(self._ask, f"{path}{number}", self.act)
            number += 1

    def _ask(self, path: str, act: str):
        connection = http.client.HTTPConnection(self._address, timeout=10)
        try:
            connection.request("GET", path)
            fate = str(connection.getresponse().status)
        except (OSError, http.client.HTTPException) as error:
            fate = repr(error)
        finally:
            connection.close()
        with self._lock:
            self.fates[act][fate] += 1

    def stop(self):
        self._stopping.set()
        for thread in self._threads:
            thread.join()
        self._clients.shutdown()


class AgentDeathTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.runtime_dir = pathlib.Path(folder.name)
        self.agent = self.start_agent()
        inventory = self.start("inventory", "--port=0", "--latency-ms=50")
        orders = self.start("orders", "--port=0", "--mode=loadline",
                            f"--inventory={self.listening(inventory)}",
                            f"--agent-socket={self.runtime_dir / 'self.sock'}")
        self.address = self.listening(orders)

    def start(self, name: str, *flags: str) -> Program:
        program = Program(name, [BIN / name, *flags])
        self.addCleanup(program.stop)
        return program

    @staticmethod
    def listening(program: Program) -> str:
        return program.wait_for(r"listening on ([\d.:]+)")[1]

    def start_agent(self) -> Program:
        """Returns at once; the file with its HTTP address appears when it serves."""
        (self.runtime_dir / "http.addr").unlink(missing_ok=True)
        return self.start("loadline", "agent", "--runtime-dir", str(self.runtime_dir),
                          "--listen", "127.0.0.1:0")

    def registered_pools(self) -> list[str]:
        try:
            address = (self.runtime_dir / "http.addr").read_text().strip()
            with urllib.request.urlopen(f"http://{address}/api/v1/pools", timeout=5) as answer:
                pools = json.load(answer)["pools"]
        except (OSError, ValueError):
            return []  # Not yet.
        return [pool["pool"] for pool in pools
                if pool["process"] == "orders" and pool.get("registered")]

    def wait_until_registered(self) -> list[str]:
        deadline = time.monotonic() + REGISTERED_WITHIN_SECONDS
        while not (pools := self.registered_pools()):
            self.assertLess(time.monotonic(), deadline,
                            f"orders is not registered; the agent said:\n{self.agent.output()}")
            time.sleep(0.1)
        return pools

    def test_no_request_fails_and_a_new_agent_is_picked_up(self):
        pools = self.wait_until_registered()
        load = Load(self.address)
        time.sleep(BEFORE_SECONDS)
        load.act = "without"
        self.agent.kill()
        time.sleep(WITHOUT_SECONDS)
        load.act = "after"
        self.agent = self.start_agent()
        self.assertEqual(self.wait_until_registered(), pools)
        time.sleep(AFTER_SECONDS)
        load.stop()
        print(dict(load.fates), flush=True)
        for act in ("before", "without", "after"):
            self.assertEqual(set(load.fates[act]), {"200"}, act)
        self.assertGreater(load.fates["without"]["200"],
                           0.9 * WITHOUT_SECONDS * sum(PER_SECOND.values()))


if __name__ == "__main__":
    if os.geteuid() != 0:
        print("skipped: the probes need root")
        sys.exit(SKIP)
    BIN = pathlib.Path(sys.argv[1]).absolute()
    unittest.main(argv=sys.argv[:1])
