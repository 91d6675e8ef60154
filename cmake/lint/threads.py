#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""clang reads each source of the product by itself: -Wthread-safety, and that it includes what it
uses. gcc, which builds, does not know the annotations, and its unity builds and precompiled headers
hide a missing include.

Needs build/lint (cmake/lint.sh makes it). Exit 1 on any finding.
"""
import sys
import time

from sources import Source, in_parallel, run, sources


def read(source: Source) -> bool:
    code, text = run([*source.flags, "-fsyntax-only", f"../../{source.path}"])
    if code != 0:
        print(text or f"{source.path}: clang ended with {code}\n", end="", flush=True)
    return code != 0


def main() -> int:
    began = time.monotonic()
    found = sources()
    findings = sum(in_parallel(read, found))
    print(f"lint: clang read {len(found)} sources for thread safety and includes, "
          f"{findings} with findings ({time.monotonic() - began:.0f} s)")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
