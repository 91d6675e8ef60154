#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: `make lint-changed` reads each source that a change can have broken.

Method: runs a copy of cmake/lint/tidy.py in a git tree of its own, with a program of its own in
place of clang-tidy, which keeps what it was given to read.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

LINT = pathlib.Path(__file__).resolve().parents[2] / "cmake/lint"
FILES = {
    ".gitignore": "/build/\n",
    "controller/include/loadline/reason.h": "",
    "controller/include/loadline/signal.h": '#include "loadline/reason.h"\n',
    "controller/src/law.cc": '#include "loadline/signal.h"\n',
    "sdk/src/law.h": "",
    "sdk/src/client.cc": '#include "law.h"\n',
    "agent/src/main.cc": "#include <string>\n",
    "ledger/slots.h": "",
    "tests/rig.h": "",
}
CLANG_TIDY = """#!/bin/sh
for word; do
  case "$word" in *.cc) cat "$word" >> seen;; esac
done
"""


class LintChangedTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name).resolve()
        for name, text in FILES.items():
            self.write(name, text)
        self.write("build/bin/clang-tidy", CLANG_TIDY)
        (self.root / "build/bin/clang-tidy").chmod(0o755)
        shutil.copytree(LINT, self.root / "cmake/lint", ignore=shutil.ignore_patterns("__pycache__"))
        self.git("init", "--quiet")
        self.git("add", ".")
        self.git("-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet", "-m", "all")

    def write(self, name: str, text: str):
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text)

    def git(self, *words: str):
        subprocess.run(["git", *words], cwd=self.root, check=True)

    def read(self) -> tuple[set[str], str]:
        """The sources that were read, and what was printed."""
        entries = [{"file": str(path), "command": f"clang++ -o CMakeFiles/all.dir/x.o -c {path}"}
                   for path in self.root.glob("*/**/*.cc") if "build" not in path.parts]
        self.write("build/lint/compile_commands.json", json.dumps(entries))
        done = subprocess.run(
            ["python3", self.root / "cmake/lint/tidy.py", "--changed"], cwd=self.root, text=True,
            capture_output=True, timeout=60, env=os.environ | {
                "PATH": f"{self.root}/build/bin:{os.environ['PATH']}", "LINT_BASE": "HEAD",
                "PYTHONDONTWRITEBYTECODE": "1"})
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        seen = self.root / "build/lint/seen"
        text = seen.read_text() if seen.exists() else ""
        return {pathlib.Path(name).name for name in re.findall(r'"(.*)"', text)}, done.stdout

    def test_nothing_changed(self):
        read, printed = self.read()
        self.assertEqual(read, set())
        self.assertIn("read 0 of 3 sources", printed)
        self.assertNotIn("not read", printed)

    def test_a_header_that_is_included_by_a_header(self):
        self.write("controller/include/loadline/reason.h", "// New.\n")
        self.assertEqual(self.read()[0], {"law.cc"})

    def test_a_header_beside_its_source_is_meant_first(self):
        self.write("sdk/src/law.h", "// New.\n")
        self.assertEqual(self.read()[0], {"client.cc"})

    def test_a_header_that_no_source_includes_is_named(self):
        self.write("ledger/slots.h", "// New.\n")
        self.write("tests/rig.h", "// New, and never read.\n")
        read, printed = self.read()
        self.assertEqual(read, set())
        self.assertIn("not read, since no source includes it: ledger/slots.h\n", printed)
        self.assertNotIn("tests/rig.h", printed)

    def test_files_that_git_does_not_track_yet(self):
        self.write("agent/src/new.h", "")
        self.write("agent/src/new.cc", "")
        self.write("agent/src/main.cc", '#include "new.h"\n')
        self.git("update-index", "--assume-unchanged", "agent/src/main.cc")  # Through the header only.
        self.assertEqual(self.read()[0], {"main.cc", "new.cc"})


if __name__ == "__main__":
    unittest.main()
