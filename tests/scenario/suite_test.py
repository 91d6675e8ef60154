#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: law `kernel` holds its bounds in every scenario of the suite, and what is written down about
the suite is what it gives.

Method: plays all scenarios with five seeds, some seconds of two CPUs, and compares.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

PROGRAM, BEST_STATIC, ROOT = sys.argv.pop(1), sys.argv.pop(1), pathlib.Path(sys.argv.pop(1))

# Bounds that law `kernel` misses -> why. Whoever mends one strikes it out.
KNOWN_MISSES: dict[str, str] = {}
# Their best static limits are computed again: any change of the simulator shows in them.
RECOMPUTED = ["S3a", "S4b", "S9b"]


def simulate(*arguments: str) -> subprocess.CompletedProcess:
    with tempfile.TemporaryDirectory() as empty:  # Nothing is remembered from another run.
        return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True,
                              env=dict(os.environ, XDG_CACHE_HOME=empty), check=False)


# What is written may differ by so much of what is played before somebody must write it anew.
POINTS = 2.0


def section(name: str) -> str:
    text = (ROOT / "docs/control.md").read_text()
    return re.search(rf"<!-- {name}:[^>]*-->\n(.*?)<!-- end of {name} -->", text, re.DOTALL)[1]


class SuiteTest(unittest.TestCase):
    def test_kernel_misses_only_the_bounds_that_are_known(self):
        result = simulate("--suite", "--law", "kernel", "--seeds", "5", "--gates")
        self.assertIn(result.returncode, (0, 1), result.stderr)
        missed = [line.removeprefix("missed: ") for line in result.stdout.splitlines()
                  if line.startswith("missed: ")]
        unknown = [line for line in missed if not any(map(line.startswith, KNOWN_MISSES))]
        mended = [known for known in KNOWN_MISSES
                  if not any(line.startswith(known) for line in missed)]
        self.assertEqual((unknown, mended), ([], []))

    def test_every_scenario_file_is_played_and_the_table_of_the_documents_is_of_these_rows(self):
        """If not: `make scores`."""
        rows = json.loads(simulate("--suite", "--seeds", "5", "--law", "kernel", "--json").stdout)["rows"]
        files = {path.stem for path in (ROOT / "tests/scenario").glob("S*.yaml")}
        self.assertEqual({row["scenario"] for row in rows}, files)
        head, _, *lines, worst = section("suite").splitlines()
        laws = [name.strip() for name in head.split("|")[2:-1]]
        all_laws = simulate("S9b", "--no-o2", "--law", "all", "--markdown").stdout.splitlines()[0]
        self.assertEqual(head, all_laws)
        self.assertTrue(worst.startswith("| worst phase |"))
        written = {}
        for line in lines:
            name, *cells = [cell.strip() for cell in line.split("|")[1:-1]]
            self.assertEqual(len(cells), len(laws), line)
            for text in cells:
                self.assertRegex(text, r"^\d+ / (\d+(\.\d)? m?s|-)$")
            written[name] = float(cells[laws.index("kernel")].split("/")[0])
        played = {f"{row['scenario']} {row['phase']}": 100 * row["goodput_of_oracle"]
                  for row in rows}
        self.assertEqual(list(written), list(played))
        moved = {name: (written[name], goodput) for name, goodput in played.items()
                 if abs(written[name] - goodput) > POINTS}
        self.assertEqual(moved, {})

    def test_the_tables_of_options_are_those_of_the_program(self):
        """If not: `make scores`."""
        for name, laws in {"options": "kernel", "others": "gradient2,vegas,aimd,fixed"}.items():
            self.assertEqual(section(name).strip(),
                             simulate("--law", laws, "--options").stdout.strip())

    def test_the_table_of_rules_is_that_of_the_program(self):
        """If not: `make scores`."""
        self.assertEqual(section("rules").strip(), simulate("--rules").stdout.strip())

    def test_the_best_static_limits_that_are_shipped_are_those_that_are_computed(self):
        """If not: raise sim::kEngineVersion, and `make scores`."""
        shipped = (ROOT / "tests/scenario/best_static.txt").read_text().splitlines()
        computed = subprocess.run([BEST_STATIC, *RECOMPUTED], capture_output=True, text=True,
                                  check=True).stdout.splitlines()
        self.assertEqual(len(computed), 5 * len(RECOMPUTED))
        self.assertEqual([line for line in computed if line not in shipped], [])


if __name__ == "__main__":
    unittest.main()
