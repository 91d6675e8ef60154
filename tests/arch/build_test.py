#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: cmake/build.sh shows progress and nothing else while all is well, and all of what a failed
command printed.

Method: runs a copy of it with a program of its own in place of cmake.
"""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "cmake/build.sh"
CMAKE = """#!/bin/sh
case "$1" in
  --preset) cat configure.out; exit $(cat configure.code);;
esac
echo "$NINJA_STATUS" > status
echo "$*" > arguments
cat build.out; exit $(cat build.code)
"""
STEPS = "".join(f"@@{done:3d}% {2 * done / 3:.3f}@@Building {done}\n" for done in range(2, 101, 2))


class BuildTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        (self.root / "cmake").mkdir()
        shutil.copy(SCRIPT, self.root / "cmake")
        (self.root / "cmake/cmake").write_text(CMAKE)
        (self.root / "cmake/cmake").chmod(0o755)

    def run_it(self, *targets: str, configure=("-- Found it\n", 0), build=(STEPS, 0), **variables):
        for name, (text, code) in {"configure": configure, "build": build}.items():
            (self.root / f"{name}.out").write_text(text)
            (self.root / f"{name}.code").write_text(str(code))
        return subprocess.run([self.root / "cmake/build.sh", "release", "2", *targets],
                              capture_output=True, text=True, timeout=60, env=os.environ | {
                                  "PATH": f"{self.root}/cmake:{os.environ['PATH']}"} | variables)

    def test_a_line_per_tenth_with_the_time(self):
        done = self.run_it("one", "two")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout.splitlines(), [
            "build: configuring release", "build:   2 %  0:01",
            *(f"build: {tenth:3d} %  {2 * tenth // 3 // 60}:{2 * tenth // 3 % 60:02d}"
              for tenth in range(10, 101, 10)),
            "build: release is built"])
        self.assertIn("-j 2 --target one --target two", (self.root / "arguments").read_text())

    def test_what_a_failed_command_printed(self):
        text = "@@ 50% 3.1@@Building x\nFAILED: x.o\nx.cc:1: error: no\n\nninja: build stopped.\n"
        done = self.run_it(build=(text, 1))
        self.assertEqual(done.returncode, 1)
        self.assertIn("FAILED: x.o\nx.cc:1: error: no\nninja: build stopped.\n", done.stdout)
        self.assertNotIn("Building", done.stdout)
        self.assertIn("failed, see above", done.stderr)

    def test_configuring_fails(self):
        done = self.run_it(configure=("no compiler\n", 1))
        self.assertEqual(done.returncode, 1)
        self.assertIn("no compiler", done.stderr)
        self.assertIn("configuring failed", done.stderr)
        self.assertFalse((self.root / "arguments").exists())

    def test_everything_on_request(self):
        done = self.run_it(V="1", build=("Building x\n", 0))
        self.assertEqual(done.stdout, "-- Found it\nBuilding x\n")
        self.assertEqual(self.run_it(V="1", build=("", 3)).returncode, 3)


if __name__ == "__main__":
    unittest.main()
