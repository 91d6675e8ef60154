#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: cmake/deps.sh waits for another program's package lock, says so, and gives up in the end;
it shows one line for each package.

Method: runs it with programs of its own in place of dpkg-query and apt-get.
"""
import os
import pathlib
import subprocess
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "cmake/deps.sh"
LOCKED = ("E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 4711 "
          "(unattended-upgr)")
HELD = [LOCKED,
        "E: Could not get lock /var/lib/apt/lists/lock - open (11: Resource temporarily unavailable)",
        "E: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), is another process "
        "using it?",
        "dpkg: error: dpkg frontend lock was locked by another process with pid 4711"]
NOT_HELD = ["E: Could not open lock file /var/lib/dpkg/lock-frontend - open (13: Permission denied)\n"
            "E: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), are you root?",
            "E: Could not open lock file /var/lib/dpkg/lock-frontend - open (13: Permission denied)\n"
            "E: Unable to lock the administration directory (/var/lib/dpkg/), is another process "
            "using it?",
            "E: Could not open lock file /var/lib/apt/lists/lock - open (30: Read-only file system)\n"
            "E: Unable to lock directory /var/lib/apt/lists/"]
# The file `tries` counts down how often the lock is still held. As the real one does, it closes the
# descriptor of its reports for the scripts of the packages, and fails if one of them fails.
APT = """#!/bin/sh
echo "$*" >> calls
case "$*" in
  *-s*) echo "Inst cmake"; echo "Inst ninja-build"; exit 0;;
esac
tries=$(cat tries)
if [ "$tries" -gt 0 ]; then
  echo $((tries - 1)) > tries
  cat error >&2
  exit 100
fi
report=$(echo "$*" | sed -n 's/.*APT::Status-Fd=\\([0-9]\\).*/\\1/p')
case "$*" in
  *install*) echo "Unpacking cmake"
             eval "sh -c 'echo Setting up cmake' $report>&-" || exit 100
             eval "exec 9>&$report"
             echo "pmstatus:cmake:50.0:Installed cmake (amd64)" >&9
             echo "pmstatus:ninja-build:90.0:Configuring ninja-build (amd64)" >&9
             echo "pmstatus:ninja-build:100.0:Installed ninja-build (amd64)" >&9
             exit $(cat code);;
esac
"""


class DepsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        for name, text in {"dpkg-query": "#!/bin/sh\n", "apt-get": APT, "sudo": '#!/bin/sh\n"$@"\n',
                           "sleep": "#!/bin/sh\n"}.items():
            (self.folder / name).write_text(text)
            (self.folder / name).chmod(0o755)

    def run_it(self, *groups: str, tries: int = 0, code: int = 0, lock_seconds: int = 60,
               error: str = LOCKED):
        (self.folder / "error").write_text(error + "\n")
        (self.folder / "tries").write_text(str(tries))
        (self.folder / "code").write_text(str(code))
        return subprocess.run([SCRIPT, *groups], cwd=self.folder, capture_output=True, text=True,
                              timeout=60, env=os.environ | {
                                  "PATH": f"{self.folder}:{os.environ['PATH']}",
                                  "LOCK_SECONDS": str(lock_seconds)})

    def test_one_line_for_each_package(self):
        done = self.run_it("build")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("deps: [1/2] cmake\ndeps: [2/2] ninja-build\ndeps: done\n", done.stdout)
        self.assertNotIn("Unpacking", done.stdout)

    def test_a_lock_is_waited_for(self):
        done = self.run_it("build", tries=3)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout.count("waiting, 60 s at most"), 1)
        self.assertIn("another program, process 4711 (unattended-upgr), holds", done.stdout)
        self.assertIn("deps: done", done.stdout)

    def test_each_way_to_say_that_a_lock_is_held(self):
        for error in HELD:
            with self.subTest(error):
                done = self.run_it("build", tries=1, error=error)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn("holds the package lock: waiting", done.stdout)

    def test_a_lock_that_may_not_be_opened_is_not_waited_for(self):
        for error in NOT_HELD:
            with self.subTest(error):
                done = self.run_it("build", tries=1, error=error)
                self.assertEqual(done.returncode, 3)
                self.assertNotIn("waiting", done.stdout)
                self.assertIn(error, done.stderr)

    def test_a_lock_that_stays_is_an_error(self):
        done = self.run_it("build", tries=9, lock_seconds=0)
        self.assertEqual(done.returncode, 3)
        self.assertIn("still holds the package lock after 0 s", done.stderr)
        self.assertIn(LOCKED, done.stderr)

    def test_another_failure_is_not_tried_again(self):
        done = self.run_it("build", code=100)
        self.assertEqual(done.returncode, 3)
        self.assertIn("apt-get failed", done.stderr)
        self.assertEqual((self.folder / "calls").read_text().count("install -y"), 1)

    def test_no_such_group(self):
        done = self.run_it("nothing")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn('no group "nothing"', done.stderr)


if __name__ == "__main__":
    unittest.main()
