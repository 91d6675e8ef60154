#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: `loadline NAME` runs loadline-NAME from where it is installed, and `loadline` itself, which
may run as root, holds nothing of the demo and the simulator.

Method: copies the programs into an installation in a temporary folder and runs them there; reads
the symbols and libraries of the program.

Usage: programs_test.py BIN, which is build/<preset>/bin. Needs no privilege.
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

BIN = pathlib.Path()
BAD_INPUT, ENVIRONMENT = 2, 3


class ProgramsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.prefix = pathlib.Path(folder.name)
        self.bin = self.prefix / "bin"
        self.libexec = self.prefix / "libexec/loadline"
        for folder in (self.bin, self.libexec):
            folder.mkdir(parents=True)
        shutil.copy(BIN / "loadline", self.bin)

    def run_it(self, *arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run([self.bin / "loadline", *arguments], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60,
                              env={"PATH": f"{BIN}:/usr/bin:/bin"})

    def script(self, folder: pathlib.Path, name: str, text: str):
        path = folder / name
        path.write_text("#!/bin/sh\n" + text)
        path.chmod(0o755)

    def test_a_program_is_found_in_libexec(self):
        shutil.copy(BIN / "loadline-simulate", self.libexec)
        done = self.run_it("simulate", "--options", "--law", "aimd")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("backoff", done.stdout)

    def test_a_program_beside_it_comes_first_and_gets_the_arguments(self):
        self.script(self.libexec, "loadline-extra", "echo libexec\n")
        self.script(self.bin, "loadline-extra", 'echo "beside: $*"; exit 7\n')
        done = self.run_it("extra", "--flag=1", "two words")
        self.assertEqual((done.returncode, done.stdout), (7, "beside: --flag=1 two words\n"))

    def test_the_demo_of_an_installation_finds_loadline(self):
        # It starts the agent with it: here a program that only leaves its name and arguments.
        shutil.copy(BIN / "loadline-demo", self.libexec)
        (self.bin / "loadline").unlink()
        self.script(self.bin, "loadline", f'echo "$0 $1" > {self.prefix}/started; exit 1\n')
        done = subprocess.run([self.libexec / "loadline-demo", "--mode=loadline"],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual((self.prefix / "started").read_text(), f"{self.bin}/loadline agent\n")

    def test_a_program_that_is_not_installed_is_named_with_its_folders(self):
        # It is in PATH, where nothing is looked for.
        done = self.run_it("demo")
        self.assertEqual(done.returncode, ENVIRONMENT, done.stderr)
        self.assertIn('the program "loadline-demo" is in none of', done.stderr)
        for folder in (self.bin, self.libexec):
            self.assertIn(str(folder), done.stderr)
        self.assertIn("(not installed)", self.run_it("--help").stdout)

    def test_a_word_that_is_no_program_is_bad_input(self):
        for word in ["nothing", "n-1"]:
            done = self.run_it(word)
            self.assertEqual(done.returncode, BAD_INPUT, done.stderr)
            self.assertIn(f'"{word}" is no subcommand', done.stderr)
        for word in ["../bin/loadline", "Demo", "/bin/sh", ""]:  # Not even looked for.
            done = self.run_it(word)
            self.assertEqual(done.returncode, BAD_INPUT, done.stderr)
            self.assertEqual(len(done.stderr.splitlines()), 1)

    def test_the_daemon_is_lean(self):
        needed = subprocess.run(["readelf", "-d", BIN / "loadline"], check=True,
                                capture_output=True, text=True).stdout
        self.assertNotIn("libcurl", needed)
        symbols = subprocess.run(["nm", "-C", BIN / "loadline"], check=True, capture_output=True,
                                 text=True).stdout
        simulate = subprocess.run(["nm", "-C", BIN / "loadline-simulate"], check=True,
                                  capture_output=True, text=True).stdout
        self.assertNotIn("loadline::demo::", symbols)
        for name in ["loadline::sim::", "ReadScenario", "GenerateScenarios", "loadline::cli::Plot"]:
            self.assertIn(name, simulate)  # Else this looks for nothing.
            self.assertNotIn(name, symbols)
        self.assertIn("loadline::agent::", symbols)  # Else the program has no names to look for.


if __name__ == "__main__":
    BIN = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main()
