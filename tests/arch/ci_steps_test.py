#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The steps of .ci/run: each has a row at the end, and nothing outlives the bound or a signal."""
import os
import pathlib
import signal
import subprocess
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
STEPS, E2E = ROOT / ".ci/steps.sh", ROOT / "tests/e2e"
STAGE = """
import real_programs
with real_programs.Stage() as stage:
    process = stage.start("sleep", 300)
    print("pid", process.pid)
    process.wait()
"""


def start(script: str, seconds_max: int = 100) -> subprocess.Popen:
    return subprocess.Popen(["bash", "-c", f"set -euo pipefail; source '{STEPS}'; {script}"],
                            env={**os.environ, "CI_SECONDS_MAX": str(seconds_max)}, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            # A step runs in the background of a shell, which ignores SIGINT.
                            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))


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

    def test_a_step_may_tidy_up_after_a_signal(self):
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            process = start("step one bash -c 'trap \"sleep 0.5; echo tidy; exit\" TERM; echo ready;"
                            " sleep 300 & wait'")
            next(line for line in process.stdout if line == "ready\n")
            process.send_signal(number)
            out, _ = process.communicate(timeout=30)
            self.assertEqual(process.returncode, code)
            self.assertRegex(out, r"tidy\n\nall steps:")

    def test_programs_in_sessions_of_their_own_end_too(self):
        process = start(f"PYTHONPATH='{E2E}' step one python3 -uBc '{STAGE}'")
        line = next(line for line in process.stdout if line.startswith("pid "))
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
        self.assertTrue(ends(int(line.split()[1])))


if __name__ == "__main__":
    unittest.main()
