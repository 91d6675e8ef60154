#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: the promise itself. When the dependency goes from 50 ms to 5 s, work that does not need it
goes on with Loadline and dies with a fixed pool, and Loadline is back within seconds.

Method: `loadline demo --json`, both runs, and the agent's /metrics read while the fixed pool drowns.
A machine that is busy with something else can spoil a run: then it is played once more, and the
figures of both are printed.

Usage: demo_comparison_test.py BIN, which is build/<preset>/bin. Needs root.
"""
import os
import pathlib
import re
import sys
import unittest
import urllib.request

from demo_run import DemoRun, addresses, figures, phase

BIN = pathlib.Path()
SKIP = 77
SECONDS = 40
SECONDS_MAX = SECONDS + 60  # Loading the probes, starting and stopping six programs.
ATTEMPTS = 2


class Metrics:
    """Reads /metrics once per line of progress in the slow phase of the fixed run."""

    def __init__(self):
        self.url = self.peer = ""
        self.waiting_share = self.peer_share = 0.0  # The most that was seen.
        self.network_seconds: list[float] = []

    def on_line(self, line: str):
        if found := addresses(line):
            self.url, self.peer = found
        if line.startswith("fixed-200 slow"):
            try:
                with urllib.request.urlopen(self.url, timeout=10) as answer:
                    self.add(answer.read().decode())
            except OSError as error:
                print(f"one reading of {self.url} failed: {error}", flush=True)

    def add(self, text: str):
        """Of the service's largest pool: which share waits, and which for the dependency."""
        states, peers, network = {}, {}, {}
        for name, labels, value in re.findall(r"^(loadline_\w+)\{(.*)\} (\S+)$", text, re.M):
            label = dict(re.findall(r'(\w+)="([^"]*)"', labels))
            if label.get("process") != "orders":
                continue
            pool = label["pool"] if "pool" in label else ""
            if name == "loadline_threads":
                states.setdefault(pool, {})[label["state"]] = float(value)
            elif name == "loadline_peer_threads" and label["peer"] == self.peer:
                peers[pool] = float(value)
            elif name == "loadline_thread_seconds_total" and label["reason"] == "network":
                network[pool] = network.get(pool, 0) + float(value)
        if not states:
            return
        pool = max(states, key=lambda name: sum(states[name].values()))
        threads = sum(states[pool].values())
        self.waiting_share = max(self.waiting_share, states[pool].get("waiting", 0) / threads)
        self.peer_share = max(self.peer_share, peers.get(pool, 0) / threads)
        self.network_seconds.append(network.get(pool, 0) / threads)


def shortfalls(runs: dict[str, dict], metrics: Metrics) -> list[str]:
    """What is not as promised."""
    fixed, adaptive = runs["fixed-200"], runs["loadline"]
    share = {run["mode"]: phase(run, "slow")["independent"]["good_share"]
             for run in (fixed, adaptive)}
    # Seconds per thread and second: how much of the pool waited on the network, over the phase.
    network = metrics.network_seconds
    network_share = (network[-1] - network[0]) / max(1, len(network) - 1) if network else 0
    checks = [
        (share["loadline"] >= 0.99, f"independent, slow, Loadline: {share['loadline']:.4f} < 0.99"),
        (share["fixed-200"] < 0.60, f"independent, slow, fixed: {share['fixed-200']:.4f} >= 0.60"),
        (adaptive["recovered"] and adaptive["recovery_seconds"] <= 5,
         f"Loadline's recovery: {adaptive['recovery_seconds']:.1f} s > 5 s, or none"),
        (metrics.waiting_share > 0.6, f"waiting, fixed: {metrics.waiting_share:.2f} of the pool"),
        (metrics.peer_share > 0.6, f"waiting for the peer: {metrics.peer_share:.2f} of the pool"),
        (network_share > 0.5, f"thread seconds on network: {network_share:.2f} per thread second"),
    ]
    for run in (fixed, adaptive):
        for endpoint in ("independent", "dependent"):
            good = phase(run, "steady")[endpoint]["good_share"]
            checks.append((good >= 0.95, f"steady, {run['mode']}, {endpoint}: {good:.4f} < 0.95"))
    return [text for held, text in checks if not held]


class DemoComparisonTest(unittest.TestCase):
    def test_other_work_goes_on_and_recovery_is_quick(self):
        for attempt in range(ATTEMPTS):
            metrics = Metrics()
            demo = DemoRun(BIN, ["--seconds", str(SECONDS)], metrics.on_line)
            runs = demo.report(SECONDS_MAX)
            missing = shortfalls(runs, metrics)
            print(f"attempt {attempt + 1}: waiting {metrics.waiting_share:.2f}, for the peer "
                  f"{metrics.peer_share:.2f} of the fixed pool\n{figures(runs)}", flush=True)
            if not missing:
                return
            print("  fell short:\n    " + "\n    ".join(missing), flush=True)
        self.fail("; ".join(missing))


if __name__ == "__main__":
    if os.geteuid() != 0:
        print("skipped: the probes need root")
        sys.exit(SKIP)
    BIN = pathlib.Path(sys.argv[1]).absolute()
    unittest.main(argv=sys.argv[:1])
