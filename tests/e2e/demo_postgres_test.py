#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: with a real database as the slow dependency, the agent names it: its address is the peer that
the service's threads wait for.

Method: the fixed run of `loadline demo --postgres`, whose pool is sure to fill.

Usage: demo_postgres_test.py BIN, which is build/<preset>/bin. Needs root and PostgreSQL.
"""
import os
import pathlib
import shutil
import sys
import unittest

from demo_run import DemoRun, addresses, figures, phase

BIN = pathlib.Path()
SKIP = 77
SECONDS_MAX = 120
STEADY_SHARE_MIN = 0.95


class DemoPostgresTest(unittest.TestCase):
    def test_the_database_is_the_peer(self):
        if self.steady_share() < STEADY_SHARE_MIN:
            print("the database was slow at rest, too: second and last try", flush=True)
            self.assertGreaterEqual(self.steady_share(), STEADY_SHARE_MIN)

    def steady_share(self) -> float:
        """Plays the demo -> what part of the dependent requests was good before it became slow."""
        demo = DemoRun(BIN, ["--postgres", "--mode=fixed", "--seconds=28"])
        runs = demo.report(SECONDS_MAX)
        print(figures(runs), flush=True)
        address = next(found for line in demo.lines if (found := addresses(line)))[1]
        pool = runs["fixed-200"]["pool"]
        self.assertEqual(pool["reason"], "network")
        self.assertEqual(pool["peer"], address)
        self.assertGreater(pool["peer_threads"], 100)
        return phase(runs["fixed-200"], "steady")["dependent"]["good_share"]


if __name__ == "__main__":
    if os.geteuid() != 0:
        print("skipped: the probes need root")
        sys.exit(SKIP)
    if not shutil.which("initdb") and not list(
            pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        print("skipped: PostgreSQL is not installed")
        sys.exit(SKIP)
    BIN = pathlib.Path(sys.argv[1]).absolute()
    unittest.main(argv=sys.argv[:1])
