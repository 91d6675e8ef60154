#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/METRICS.md is what the program prints: metrics-doc.py PROGRAM FILE."""
import difflib
import pathlib
import subprocess
import sys


def main(program: str, path: str) -> int:
    printed = subprocess.run([program, "metrics-doc"], check=True, capture_output=True, text=True)
    kept = pathlib.Path(path).read_text()
    if kept == printed.stdout:
        return 0
    sys.stdout.writelines(difflib.unified_diff(
        kept.splitlines(True), printed.stdout.splitlines(True), path, "metric table"))
    print(f"{path} is not what the metric table says: loadline metrics-doc > {path}")
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
