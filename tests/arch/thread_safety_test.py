#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The flags of preset `lint` find a member that is used without its lock, of either mutex."""
import json
import pathlib
import shlex
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]

OWN = """
#include "loadline/detail/mutex.h"
class Count {
 public:
  void Add() { @LOCK@ ++value_; }
 private:
  loadline::detail::Mutex mutex_;
  int value_ ABSL_GUARDED_BY(mutex_) = 0;
};
void Use(Count& count) { count.Add(); }
"""
ABSEIL = """
#include "absl/synchronization/mutex.h"
class Count {
 public:
  int value() const { @LOCK@ return value_; }
 private:
  mutable absl::Mutex mutex_;
  int value_ ABSL_GUARDED_BY(mutex_) = 0;
};
int Use(const Count& count) { return count.value(); }
"""


def flags() -> list[str]:
    presets = json.loads((ROOT / "CMakePresets.json").read_text())["configurePresets"]
    lint = next(preset for preset in presets if preset["name"] == "lint")["cacheVariables"]
    return [lint["CMAKE_CXX_COMPILER"], *shlex.split(lint["CMAKE_CXX_FLAGS_INIT"])]


def errors(code: str) -> str:
    command = [*flags(), "-std=c++20", f"-I{ROOT}/sdk/include", "-fsyntax-only", "-x", "c++", "-"]
    return subprocess.run(command, input=code, capture_output=True, text=True, check=False).stderr


class ThreadSafetyTest(unittest.TestCase):
    def test_a_member_without_its_lock_is_an_error(self):
        self.assertIn("[-Werror,-Wthread-safety-analysis]", errors(OWN.replace("@LOCK@", "")))
        self.assertIn("[-Werror,-Wthread-safety-analysis]", errors(ABSEIL.replace("@LOCK@", "")))

    def test_with_its_lock_it_is_none(self):
        own = OWN.replace("@LOCK@", "loadline::detail::MutexLock lock(mutex_);")
        abseil = ABSEIL.replace("@LOCK@", "absl::MutexLock lock(&mutex_);")
        self.assertEqual((errors(own), errors(abseil)), ("", ""))


if __name__ == "__main__":
    unittest.main()
