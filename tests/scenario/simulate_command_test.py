#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: `loadline simulate` answers as documented, and wrong input with one line and exit code 2.

Method: runs the command on small scenarios and looks at what it prints.
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

PROGRAM = sys.argv.pop(1)
GUIDE = sys.argv.pop(1)

SHOP = """name: shop
end: 12
cores: 2
cpu: exp 2 ms
wait: uniform 38 ms 20 %
load: {0: 300, 6: 2000}
phases:
  - {from: 2, to: 6}
  - {from: 6, to: 12, p99: 250 ms}
"""

KEYS = ["scenario", "phase", "law", "goodput_of_oracle", "worst_goodput", "o2", "p50_ms", "p99_ms",
        "p99_bound_ms", "false_shed", "converge_s", "recover_s", "drift_per_10min", "class",
        "class_correct"]


class SimulateTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.shop = self.write("shop.yaml", SHOP)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def run_it(self, *arguments):
        environment = dict(os.environ, XDG_CACHE_HOME=os.path.join(self.folder, "cache"))
        return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True,
                              env=environment, check=False)

    def rows(self, *arguments):
        result = self.run_it(*arguments, "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        document = json.loads(result.stdout)
        self.assertEqual(list(document), ["rows"])
        return document["rows"]

    def refuse(self, *arguments):
        result = self.run_it(*arguments)
        self.assertEqual(result.returncode, 2, result.stdout + result.stderr)
        self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
        return result.stderr

    def test_rows_have_the_documented_keys_and_sane_values(self):
        rows = self.rows(self.shop, "--law", "kernel,none", "--seeds", "2")
        self.assertEqual(len(rows), 4)
        for row in rows:
            self.assertEqual(list(row), KEYS)
            self.assertTrue(0 <= row["worst_goodput"] <= row["goodput_of_oracle"] <= 1.1, row)
        by_law = {(row["phase"], row["law"]): row for row in rows}
        self.assertGreater(by_law["6-12", "kernel"]["goodput_of_oracle"], 0.9)
        self.assertLess(by_law["6-12", "none"]["goodput_of_oracle"], 0.3)
        self.assertEqual(by_law["6-12", "kernel"]["p99_bound_ms"], 250)

    def test_the_same_call_prints_the_same_bytes_also_from_the_cache(self):
        first = self.run_it(self.shop, "--seeds", "3", "--json").stdout
        self.assertEqual(first, self.run_it(self.shop, "--seeds", "3", "--json").stdout)

    def test_progress_goes_to_the_end_on_stderr_and_only_if_asked_for(self):
        result = self.run_it(self.shop, "--law", "kernel,none", "--seeds", "2", "--progress")
        full = "[" + 40 * "#" + "] "
        self.assertEqual(result.stderr.count(full + "4/4"), 1, result.stderr)  # Cells.
        self.assertEqual(result.stderr.count(full), 2, result.stderr)  # Static limits before.
        self.assertTrue(result.stderr.endswith(full + "4/4\n"), result.stderr)
        self.assertEqual(self.run_it(self.shop, "--no-o2").stderr, "")

    def test_a_sweep_is_a_row_for_each_value(self):
        rows = self.rows(self.shop, "--law", "fixed", "--sweep", "limit=4,48", "--no-o2")
        self.assertEqual([row["law"] for row in rows][:2], ["fixed limit=4", "fixed limit=48"])
        self.assertLess(rows[2]["goodput_of_oracle"], 0.2)

    def test_laws_with_options_come_from_a_file(self):
        laws = self.write("laws.json", '[{"law": "fixed", "limit": 4}, "none"]')
        rows = self.rows(self.shop, "--law", "@" + laws, "--no-o2")
        self.assertEqual([row["law"] for row in rows][:2], ["fixed limit=4", "none"])
        wrong = self.write("wrong.yaml", "- {law: kernel, tolerance: 9}\n")
        self.assertIn("wrong.yaml: line 1: kernel: tolerance: 9 must be in [1, 3]",
                      self.refuse(self.shop, "--law", "@" + wrong))

    def test_the_example_of_the_guide_can_be_played(self):
        with open(GUIDE, encoding="utf-8") as file:
            example = file.read().split("```yaml\n")[1].split("```")[0]
        rows = self.rows(self.write("guide.yaml", example), "--no-o2")
        self.assertEqual([row["phase"] for row in rows], ["slow 40-70", "peak 90-120"])
        self.assertLessEqual(len(example.splitlines()), 20)

    def test_gates_decide_the_exit_code(self):
        self.assertEqual(self.run_it(self.shop, "--no-o2", "--gates").returncode, 0)
        result = self.run_it(self.shop, "--law", "none", "--no-o2", "--gates")
        self.assertEqual(result.returncode, 1)
        self.assertIn("missed: shop 6-12 none: goodput", result.stdout)

    def test_a_plot_is_an_svg(self):
        path = os.path.join(self.folder, "shop.svg")
        self.assertEqual(self.run_it(self.shop, "--no-o2", "--plot", path).returncode, 0)
        self.assertTrue(xml.etree.ElementTree.parse(path).getroot().tag.endswith("svg"))

    def test_why_names_a_rule_for_each_tick(self):
        head, *lines = self.run_it(self.shop, "--why").stdout.splitlines()
        ticks = [dict(zip(head.split("\t"), line.split("\t"))) for line in lines]
        self.assertEqual(len(ticks), 119)  # Of 100 ms, within 12 s.
        rules = re.findall("^. `(.*?)` ", self.run_it("--rules").stdout, re.M)
        bound = [tick["rule"] for tick in ticks if tick["rule"] != "-"]
        self.assertTrue(bound)
        self.assertEqual(set(bound) - set(rules), set())
        self.assertEqual(bound[-1], "gradient")  # Overload of its own CPUs.
        self.assertTrue(ticks[-1]["evidence"].startswith("own="))

    def test_random_scenarios_can_be_printed_and_played(self):
        text = self.run_it("--generate", "7..7", "--print").stdout
        generated = self.write("g.yaml", text)
        self.assertEqual(self.rows("--generate", "7..7", "--no-o2"),
                         self.rows(generated, "--no-o2"))
        odd = self.run_it("--generate", "3..8/2", "--generate-kind", "low_rate", "--print").stdout
        self.assertEqual(re.findall("^name: (.*)$", odd, re.M), ["G3", "G5", "G7"])

    def test_variations_can_be_printed_and_played_and_the_tuning_ones_are_others(self):
        text = self.run_it("--variations", "1", "--print").stdout
        self.assertIn("name: S1a-2\n", text)
        self.assertEqual(self.rows("--variations", "1", "--no-o2"),
                         self.rows(self.write("v.yaml", text), "--no-o2"))
        tuning = self.run_it("--variations", "1", "--tuning-seeds", "--print").stdout
        self.assertIn("name: S1a-1\n", tuning)

    def test_every_wrong_flag_is_one_line_and_exit_code_2(self):
        for arguments, text in [
            ([], "FILE, --suite, --generate or --variations is required"),
            (["no-such-file"], "no-such-file: no such file"),
            ([self.shop, "--law", "best"], "no law best"),
            ([self.shop, "--law", "@/nowhere.yaml"], "@/nowhere.yaml: cannot be read"),
            ([self.shop, "--seeds", "0"], "--seeds"),
            ([self.shop, "--seeds", "many"], "--seeds"),
            ([self.shop, "--signals", "smoke"], "--signals"),
            ([self.shop, "--sweep", "limit"], "must be OPTION=VALUE"),
            ([self.shop, "--sweep", "limit=big"], "big is no number"),
            ([self.shop, "--sweep", "colour=1"], "colour"),
            ([self.shop, "--law", "fixed", "--sweep", "limit=-1"], "limit"),
            (["--generate", "9"], "must be SEED..SEED"),
            (["--generate", "9..3"], "must be SEED..SEED"),
            (["--generate", "1..9/0"], "must be SEED..SEED"),
            (["--generate", "1..9", "--generate-kind", "easy"], "--generate-kind"),
            (["--variations", "0"], "--variations"),
            (["--suite", "--plot", "x.svg"], "draws one scenario"),
            (["--suite", "--why"], "tells of one scenario"),
            ([self.shop, "--plot", "/no/such/folder/x.svg"], "cannot be written"),
            ([self.shop, "--nonsense"], "--nonsense"),
            ([self.write("bad.yaml", SHOP + "colour: red\n")], "bad.yaml: line 10: key: colour"),
        ]:
            with self.subTest(arguments=arguments):
                self.assertIn(text, self.refuse(*arguments))


if __name__ == "__main__":
    unittest.main()
