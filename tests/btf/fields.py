#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Goal: whichever width a kernel's field has, it is read as a whole and as nothing else; and the
# document names each field that is read.
# Method: the relocations in the objects say which fields are read, and how.
"""Usage: fields.py x86|arm64 DOCUMENT OBJECT..."""
import pathlib
import re
import sys

import bpf_object

HEADING = "## Kernel fields"


def documented(text: str, machine: str) -> set[str]:
    """Of the table below the heading: a struct, its fields, what for, kernels, what if it is absent."""
    _, _, section = text.partition(f"\n{HEADING}\n")
    found = set()
    for line in section.partition("\n## ")[0].splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) != 5 or not cells[0].startswith("`"):
            continue
        only = re.search(r"\b(x86|arm64) only\b", cells[3])
        if not only or only[1] == machine:
            found |= {f"{cells[0].strip('`')}.{field}" for field in re.findall(r"`([^`]+)`", cells[1])}
    return found


def complaints(text: str, machine: str, read: set[str]) -> list[str]:
    named = documented(text, machine)
    return [*(f"{field}: read, but not in the document" for field in sorted(read - named)),
            *(f"{field}: in the document, but not read" for field in sorted(named - read))]


def main(machine: str, document: pathlib.Path, objects: list[pathlib.Path]) -> int:
    read, wrong = set(), []
    for path in objects:
        relocations = bpf_object.relocations_of(path)
        wrong += [f"{path.name}: {line}" for line in bpf_object.loose(relocations)]
        read |= {each.field for each in relocations}
    wrong += complaints(document.read_text(encoding="utf-8"), machine, read)
    print("\n".join(wrong) or f"{len(read)} fields, each read by its width and in the document")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], pathlib.Path(sys.argv[2]), [pathlib.Path(each) for each in sys.argv[3:]]))
