#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: of the time that real programs are off the CPU, less than 1 % is for a reason that the probes do
not know.

Method: PostgreSQL with pgbench, Redis with its benchmark, the JVM's shell and compiler, a node server,
Prometheus, and most of stress-ng, all at once; what each process waited for, in a table, with the calls
and states behind what stayed unknown.

Usage: mixed_load_test.py BIN, which is build/<preset>/bin. Needs root and those programs.
"""
import json
import os
import pathlib
import subprocess
import sys
import unittest

import agent_rig
import real_programs

BIN = pathlib.Path()
OTHER_SHARE_MAX = 0.01
# Of one process, when it waited for at least so long: a single odd wait of a short one is no pattern.
PROCESS_SHARE_MAX = 0.02
PROCESS_SECONDS_MIN = 2
ROWS_MAX = 40


def rows(seconds: dict) -> list[tuple[float, float, str, str]]:
    """(off-CPU, of it other, process, its largest classes), the longest first."""
    out = []
    for process, by_reason in seconds.items():
        total = sum(by_reason.values())
        largest = sorted(by_reason.items(), key=lambda each: -each[1])[:4]
        text = ", ".join(f"{reason} {value:.2f}" for reason, value in largest if value > 0)
        out.append((total, by_reason["other"], process, text))
    return sorted(out, reverse=True)


def print_table(report: dict):
    print(f"{'process':18}{'off-CPU s':>10}{'other':>9}  largest classes, s")
    for total, other, process, text in rows(report["seconds"])[:ROWS_MAX]:
        share = other / total if total else 0
        print(f"{process:18}{total:10.2f}{share:9.3%}  {text}")
    print("seen in waits that are other, times:")
    for pair, times in sorted(report["unknown"].items(), key=lambda each: -each[1])[:ROWS_MAX]:
        print(f"{times:7}  {pair}")


class MixedLoadTest(unittest.TestCase):
    def test_less_than_a_hundredth_is_other(self):
        with subprocess.Popen([BIN / "e2e_test_off_cpu_report"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True) as reader:
            try:
                self.assertEqual(reader.stdout.readline(), "ready\n")
                real_programs.run_all()
                out, _ = reader.communicate(timeout=agent_rig.SECONDS_MAX)
            finally:
                reader.kill()
                reader.wait()
        report = json.loads(out)
        print_table(report)
        table = rows(report["seconds"])
        total, other = (sum(row[i] for row in table) for i in (0, 1))
        print(f"all: {other:.2f} s of {total:.2f} s are other, {other / total:.3%}", flush=True)
        for process in ("postgres", "pgbench", "redis-server", "redis-benchmark", "java", "node",
                        "prometheus", "stress-ng"):
            self.assertTrue(any(process.startswith(row[2]) or row[2].startswith(process)
                                for row in table), f"{process} was not seen")
        waiting = {row[2] for row in table if row[2].startswith("stress-ng-") and row[0] > 0.1}
        self.assertGreater(len(waiting), 20, "kinds of stress that waited")
        self.assertLess(other / total, OTHER_SHARE_MAX)
        for process_total, process_other, process, _ in table:
            if process_total >= PROCESS_SECONDS_MIN:
                self.assertLess(process_other / process_total, PROCESS_SHARE_MAX, process)
        for what in ("slots_full", "slot_leak", "exits_full"):
            self.assertEqual(report["losses"][what], 0, what)


if __name__ == "__main__":
    reason = agent_rig.reason_to_skip()
    if not reason and (lacking := real_programs.missing()):
        reason = "needs " + ", ".join(lacking)
    if reason:
        print(f"skipped: {reason}")
        sys.exit(agent_rig.SKIPPED)
    BIN = pathlib.Path(sys.argv[1]).absolute()
    unittest.main(argv=sys.argv[:1])
