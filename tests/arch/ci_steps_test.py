#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The steps of .ci/run: each has a row at the end, and nothing outlives the bound or a signal."""
import os
import pathlib
import signal
import subprocess
import time
import unittest

STEPS = pathlib.Path(__file__).resolve().parents[2] / ".ci/steps.sh"


def start(script: str, seconds_max: int = 100) -> subprocess.Popen:
    return subprocess.Popen(["bash", "-c", f"set -euo pipefail; source '{STEPS}'; {script}"],
                            env={**os.environ, "CI_SECONDS_MAX": str(seconds_max)}, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def run(script: str, seconds_max: int = 100) -> tuple[int, str, str]:
    process = start(script, seconds_max)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def is_alive(pid: int) -> bool:
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def ends(pid: int) -> bool:
    deadline = time.monotonic() + 10
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not is_alive(pid)


class CiStepsTest(unittest.TestCase):
    def test_each_step_has_a_row(self):
        code, out, err = run("step one true; step two echo hello")
        self.assertEqual((code, err), (0, ""))
        self.assertIn("== two (after 0 min 0", out)
        self.assertIn("hello", out)
        self.assertRegex(out, r"one: +0 min 0\d s\ntwo: +0 min 0\d s\nall steps: .* of 1 min 40 s")

    def test_the_first_failure_ends_it_and_the_table_stands_nevertheless(self):
        code, out, err = run("step one bash -c 'exit 3'; step two echo hello")
        self.assertEqual(code, 3)
        self.assertEqual(err, 'ci: the step "one" failed with code 3\n')
        self.assertRegex(out, r"one: +0 min 0\d s\nall steps:")
        self.assertNotIn("hello", out)

    def test_a_step_is_killed_with_all_that_it_started_when_time_is_up(self):
        code, out, err = run("step one true; step two bash -c 'sleep 300 & echo pid $!; wait'", 2)
        self.assertEqual(code, 124)
        self.assertIn('ci: killed in the step "two": CI may take 0 min 02 s\n', err)
        self.assertTrue(ends(int(out.split("pid ")[1].split()[0])))
        self.assertRegex(out, r"two: +0 min 0\d s\nall steps:")

    def test_a_signal_ends_the_step_too(self):
        process = start("step one bash -c 'sleep 300 & echo pid $!; wait'")
        line = next(line for line in process.stdout if line.startswith("pid "))
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
        self.assertEqual(process.returncode, 143)
        self.assertTrue(ends(int(line.split()[1])))


if __name__ == "__main__":
    unittest.main()
