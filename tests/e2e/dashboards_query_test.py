#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: every panel shows something true. Grafana is not needed for that: its queries are.

Method: the agent and two services as they are shipped, clients that keep CLIENTS requests under way
to a dependency of known latency, and Debian's Prometheus. Then every query of every board, with its
variables filled in, must answer with the labels that its legend names, with finite values and,
where the load determines them, with those values. Values are polled for, up to a deadline: the
machine may be busy, and rates need some scrapes.

Usage: dashboards_query_test.py BIN BOARDS, both below build/<preset>. Needs root.
"""
import json
import math
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

from dashboards_rig import Load, Program, Prometheus

BIN, BOARDS = pathlib.Path(), pathlib.Path()
SKIP = 77
CLIENTS = 12
LATENCY_MS = 100
TRUE_WITHIN_SECONDS = 60

# Metrics whose series exist only when something has gone wrong.
MAY_BE_EMPTY = {
    "loadline_rejected_total": "a service within its means refuses nothing",
    "loadline_agent_lost_total": "nothing should be lost",
    "loadline_agent_series_dropped_total": "nothing should be dropped",
    "loadline_agent_detail": "nothing should be left out",
    "loadline_event_loop_blocked_seconds_total": "orders has workers and no loop of its own",
    "loadline_pool_severity": "no pool need be in trouble",
    "loadline_door_drops_total": "no server need turn anybody away",
    "loadline_neighbour_seconds_total": "an idle machine has room for all",
}
# Legend labels that are rightly empty: no priorities are in use; most classes have no modifier.
MAY_LACK = {"priority", "modifier"}


def between(low, high):
    return lambda value: low <= value <= high


at_least_one_thread = between(1, 1000)
about_all_clients = between(0.6 * CLIENTS, 1.1 * CLIENTS)
# Panel -> labels of a series that must be there (PEER stands for the dependency's address) and
# what its value must be. Values are summed over the series that have these labels.
EXPECTED = {
    "Threads by state": [({"state": "waiting"}, about_all_clients)],
    "Threads by pool and state": [({"process": "orders", "state": "waiting"}, about_all_clients)],
    "Waiting by reason": [({"reason": "network"}, about_all_clients)],
    "Network waits by peer": [({"process": "orders", "peer": "PEER"}, about_all_clients)],
    # There is always a request under way, and none takes much longer than the dependency.
    "Oldest wait in progress": [({"process": "orders", "reason": "network"},
                                 between(LATENCY_MS / 10000, LATENCY_MS / 10))],
    "Threads that wait for a peer now": [({"peer": "PEER"}, about_all_clients)],
    "CPUs in use": [({"process": "orders"}, between(0.0001, os.cpu_count()))],
    "Run-queue wait by cause": [({"cause": "self"}, between(0, 100)),
                                ({"cause": "neighbour"}, between(0, 100)),
                                ({"cause": "throttled"}, between(0, 100))],
    "Run-queue latency, p99": [({"process": "orders"}, between(1e-7, 10))],
    # Each request to the dependency takes LATENCY_MS; the buckets are a factor of four wide.
    "Length of waits by reason, p99": [({"process": "orders", "reason": "network"},
                                        between(LATENCY_MS / 4000, 1))],
    # Each request waits for the client, for the dependency, and hands over to a worker.
    "Context switches": [({"kind": "voluntary"}, between(CLIENTS, math.inf)),
                         ({"kind": "involuntary"}, between(0, math.inf))],
    "Pool size: target, threads, active": [({"process": "orders"}, at_least_one_thread)],
    "Pool queue": [({"process": "orders"}, between(0, 1000))],
    "Pool tasks by outcome": [({"outcome": "completed"}, between(1, math.inf))],
    "Limit and requests in flight": [({"service": "orders"}, between(1, 2000))],
    "Limit changes by cause": [({"service": "orders"}, between(0, 100))],
    "Bottleneck by limiter": [({"service": "orders"}, between(1, 10))],
    "What pools lose their time to": [({"process": "orders", "cause": "dependency"}, about_all_clients)],
    "Admitted and rejected": [
        ({"limiter": "order"}, between(0.3 * CLIENTS * 1000 / LATENCY_MS,
                                       1.2 * CLIENTS * 1000 / LATENCY_MS))],
    "Would reject (shadow mode)": [({"service": "orders"}, between(0, 1000))],
    "Limiter queue": [({"service": "orders"}, between(0, 1000))],
    "Age of the kernel signal": [({"service": "orders"}, between(0, 1))],
    "CPU of agent and probes": [({}, between(1e-6, os.cpu_count()))],
    "Memory of the agent": [({}, between(1e6, 1e9))],
    "How the agent measures": [({"source": "bpf"}, between(1, 1))],
}


def panels() -> list[dict]:
    return [panel for path in sorted(BOARDS.glob("*.json"))
            for panel in json.loads(path.read_text())["panels"] if panel["type"] != "row"]


def may_be_empty(target: dict) -> bool:
    return set(re.findall(r"loadline_\w+", target["expr"])) <= set(MAY_BE_EMPTY)


def filled_in(expr: str) -> str:
    values = {"instance": ".+", "process": "orders", "pool": "worker", "container": ".*",
              "__rate_interval": "10s"}
    return re.sub(r"\$(\w+)", lambda found: values[found[1]], expr)


class DashboardsQueryTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="loadline-"))
        cls.addClassCleanup(shutil.rmtree, folder, ignore_errors=True)
        agent = cls.start("agent", [BIN / "loadline", "agent", "--listen=127.0.0.1:0",
                                    f"--runtime-dir={folder}"])
        cls.agent = agent.wait_for(r"http://(127\.0\.0\.1:\d+)/metrics")[1]
        inventory = cls.start("inventory", [BIN / "inventory", "--port=0",
                                            f"--latency-ms={LATENCY_MS}"])
        cls.peer = inventory.wait_for(r"listening on (\S+)")[1]
        orders = cls.start("orders", [BIN / "orders", "--port=0", f"--inventory={cls.peer}",
                                      "--mode=loadline", f"--agent-socket={folder / 'self.sock'}"])
        address = orders.wait_for(r"listening on (\S+)")[1]
        for path, clients in (("/order/7", CLIENTS), ("/price/7", 1)):
            load = Load(address, path, clients)
            cls.addClassCleanup(load.stop)
        cls.prometheus = Prometheus(folder, cls.agent)
        cls.addClassCleanup(cls.prometheus.stop)
        cls.prometheus.wait_for('loadline_threads{process="orders"}')

    @classmethod
    def start(cls, name: str, args: list) -> Program:
        program = Program(name, args)
        cls.addClassCleanup(program.stop)
        return program

    def answers(self, panel: dict) -> list[tuple[dict, float]]:
        return [series for target in panel["targets"]
                for series in self.prometheus.query(filled_in(target["expr"]))]

    def faults(self, panel: dict) -> list[str]:
        title, found = panel["title"], []
        for target in panel["targets"]:
            legend = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])) - MAY_LACK
            series = self.prometheus.query(filled_in(target["expr"]))
            if not series and not may_be_empty(target):
                found.append(f"{title}: nothing for {target['expr']}")
            for labels, value in series:
                if missing := {label for label in legend if not labels.get(label)}:
                    found.append(f"{title}: {labels} lacks {sorted(missing)}")
                if not math.isfinite(value) or value < 0:
                    found.append(f"{title}: {labels} is {value}")
        return found + self.untrue(panel)

    def untrue(self, panel: dict) -> list[str]:
        found, answers = [], self.answers(panel)
        for wanted, holds in EXPECTED.get(panel["title"], []):
            wanted = {name: self.peer if value == "PEER" else value
                      for name, value in wanted.items()}
            values = [value for labels, value in answers if wanted.items() <= labels.items()]
            if not values or not holds(sum(values)):
                found.append(f"{panel['title']}: {wanted} is {values} of {answers}")
        return found

    def test_every_panel_is_spoken_for(self):
        titles = {panel["title"] for panel in panels()
                  if not all(may_be_empty(target) for target in panel["targets"])}
        self.assertEqual(titles, set(EXPECTED))

    def test_every_panel_shows_what_is_true(self):
        open_panels, faults = panels(), ["not asked yet"]
        deadline = time.monotonic() + TRUE_WITHIN_SECONDS
        while faults and time.monotonic() < deadline:
            of_each = [(panel, self.faults(panel)) for panel in open_panels]
            open_panels = [panel for panel, of_one in of_each if of_one]
            faults = [fault for _, of_one in of_each for fault in of_one]
            time.sleep(1)
        self.assertEqual(faults, [])

    def test_the_variables_offer_what_runs(self):
        self.assertIn("orders", self.prometheus.label_values("loadline_threads", "process"))
        self.assertTrue(self.prometheus.label_values('loadline_threads{process="orders"}', "pool"))

    def test_promtool_accepts_the_live_exposition(self):
        with urllib.request.urlopen(f"http://{self.agent}/metrics", timeout=10) as answer:
            exposition = answer.read()
        done = subprocess.run(["promtool", "check", "metrics"], input=exposition,
                              capture_output=True)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, b""))


def missing() -> str | None:
    if os.geteuid() != 0:
        return "needs root, to load the probes"
    if tools := [tool for tool in ("prometheus", "promtool") if not shutil.which(tool)]:
        return f"{tools[0]} is missing (Debian: prometheus)"
    if not list(BOARDS.glob("*.json")):
        return "the boards were not built, since jsonnet is missing"
    if not pathlib.Path("/sys/kernel/btf/vmlinux").exists():
        return "the kernel has no BTF"
    return None


if __name__ == "__main__":
    BIN, BOARDS = (pathlib.Path(argument).absolute() for argument in sys.argv[1:])
    if reason := missing():
        print(f"SKIP: {reason}")
        sys.exit(SKIP)
    unittest.main(argv=sys.argv[:1])
