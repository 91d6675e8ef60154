#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Goal: the programs can be built from the types of a kernel that was built without an option.
# Method: takes the fields that come with the option out of the build's header, and compiles.
"""Usage: without.py CLANG VMLINUX_H x86|arm64 SOURCE..."""
import pathlib
import re
import subprocess
import sys
import tempfile

FIELDS = {"PSI": "in_memstall"}  # Option -> its field, which must not be named but in a type of our own.
BPF = pathlib.Path(__file__).resolve().parent.parent.parent / "bpf"


def without(header: str, field: str) -> str:
    return re.sub(rf"^.*\b{field}(?:: \d+)?;\n", "", header, flags=re.M)


def main(clang: str, header: pathlib.Path, machine: str, sources: list[str]) -> int:
    wrong = 0
    for option, field in FIELDS.items():
        with tempfile.TemporaryDirectory() as folder:
            text = without(header.read_text(encoding="utf-8"), field)
            (pathlib.Path(folder) / "vmlinux.h").write_text(text, encoding="utf-8")
            for source in sources:
                done = subprocess.run(
                    [clang, "-fsyntax-only", "-target", "bpf", f"-D__TARGET_ARCH_{machine}",
                     f"-I{BPF / 'include'}", f"-I{BPF}", "-isystem", folder, BPF / source],
                    capture_output=True, text=True, check=False)
                wrong |= done.returncode
                print(f"without {option}: {source} {'fails' if done.returncode else 'compiles'}",
                      done.stderr, sep="\n" if done.returncode else "")
    return wrong


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3], sys.argv[4:]))
