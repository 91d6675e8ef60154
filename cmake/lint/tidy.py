#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""clang-tidy over the product's sources.

Usage: tidy.py [--changed]. Nine tenths of clang-tidy's time go into the headers of others, so the
sources of one CMake target are read as one unit: the whole tree takes minutes. Targets with what
changed since LINT_BASE come first, then the rest in an order that changes each week; after
LINT_SECONDS no further target is begun, and what was not read is named.
--changed: only the sources that changed, or that include a header which did, however long it takes.
Files that git does not track yet count as changed.

Needs build/lint (cmake/lint.sh makes it). Exit 1 on any finding.
"""
import collections
import datetime
import hashlib
import os
import pathlib
import re
import subprocess
import sys
import time

from includes import Includes
from sources import BUILD, ROOT, Source, in_parallel, in_room, listed, run, sources

SECONDS = int(os.environ.get("LINT_SECONDS", "240"))
COMMITS = 20  # What counts as changed on main itself, where there is no branch to compare with.
# The unit is ours, and including sources its purpose.
OPTIONS = ("--quiet", "--checks=-bugprone-suspicious-include")
BROKEN = re.compile(r"^(\S+?):\d+:\d+: error: .*\[clang-diagnostic-error\]$", re.MULTILINE)


def git(*words: str) -> str | None:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def base() -> str:
    """LINT_BASE; else where this branch left origin/main; on main itself, some commits ago."""
    forked = git("merge-base", "HEAD", "origin/main")
    if os.environ.get("LINT_BASE"):
        return os.environ["LINT_BASE"]
    if forked and forked != git("rev-parse", "HEAD"):
        return forked
    return git("rev-parse", f"HEAD~{COMMITS}") or git("hash-object", "-t", "tree", "/dev/null")


def changed(found: list[Source], since: str) -> set[str]:
    """Sources that differ from `since`, in the working tree too, or that include a header which
    does. Names the changed headers that no source includes, since those are not read."""
    names = git("diff", "--name-only", since)
    if names is None:
        sys.exit(f"lint: git knows no commit {since}")
    paths = {*names.split("\n"), *listed("--others", "--exclude-standard")}
    includes = Includes(ROOT, set(listed("--cached", "--others", "--exclude-standard",
                                         "*.h", "*.c", "*.cc")))
    known = {source.path for source in found}
    selected = paths & known
    for header in sorted(path for path in paths if path.endswith(".h")):
        including = includes.includers(header) & known
        selected |= including
        if not including and in_room(header) and (ROOT / header).exists():
            print(f"lint: not read, since no source includes it: {header}")
    return selected


def in_order(units: dict[str, list[Source]], first: set[str]) -> list[str]:
    week = "-".join(map(str, datetime.date.today().isocalendar()[:2]))

    def place(target: str) -> tuple[bool, str]:
        later = not any(source.path in first for source in units[target])
        return later, hashlib.sha256(f"{target} {week}".encode()).hexdigest()
    return sorted(units, key=place)


def own_names(source: Source) -> set[str]:
    """What a source defines for itself: two that define the same name are no unit."""
    text = (ROOT / source.path).read_text()
    own = "".join(re.findall(r"^namespace \{\n(.*?)^\}  // namespace$", text,
                             re.DOTALL | re.MULTILINE))
    return set(re.findall(r"^(?:class|struct|enum class) (\w+)", own, re.MULTILINE)
               + re.findall(r"^(?!using|class|struct|enum)\w.*?\b(\w+)(?:\(| = |\{|\[)", own,
                            re.MULTILINE))


def units_of(found: list[Source]) -> dict[str, list[Source]]:
    """Unit -> its sources: each goes into the first unit of its target that has room for its names."""
    units: dict[str, list[Source]] = collections.defaultdict(list)
    names: dict[str, set[str]] = collections.defaultdict(set)
    for source in found:
        own, unit = own_names(source), source.target
        while own & names[unit]:
            unit += "+"
        units[unit].append(source)
        names[unit] |= own
    return units


def read_unit(name: str, members: list[Source]) -> str:
    """Sources that do not go together after all are read apart."""
    unit = BUILD / f"tidy/{name}.cc"
    unit.parent.mkdir(exist_ok=True)
    unit.write_text("".join(f'#include "{ROOT}/{source.path}"\n' for source in members))
    flags = members[0].flags[1:]
    code, text = run(["clang-tidy", *OPTIONS, str(unit), "--", *flags, "-Wno-error"])
    broken = set(BROKEN.findall(text))
    apart = [source for source in members if f"{ROOT}/{source.path}" in broken]
    if 0 < len(apart) < len(members):
        rest = [source for source in members if source not in apart]
        return read_unit(name, rest) + read_unit(f"{name}-apart", apart)
    return "" if code == 0 else text or f"{name}: clang-tidy ended with {code}\n"


def main(only_changed: bool) -> int:
    began = time.monotonic()
    found, since = sources(), base()
    first = changed(found, since)
    units = units_of([source for source in found if not only_changed or source.path in first])
    unread: set[str] = set()

    def read(target: str) -> bool:
        if not only_changed and time.monotonic() - began > SECONDS:
            unread.add(target)
            return False
        text = read_unit(target, units[target])
        print(text, end="", flush=True)
        return bool(text)

    findings = sum(in_parallel(read, in_order(units, first)))
    count = sum(len(units[target]) for target in units if target not in unread)
    print(f"lint: clang-tidy read {count} of {len(found)} sources, first the {len(first)} changed "
          f"since {since[:12]}; {findings} targets with findings "
          f"({time.monotonic() - began:.0f} s)")
    if unread:
        print(f"lint: not read, since {SECONDS} s were over: {', '.join(sorted(unread))}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main("--changed" in sys.argv[1:]))
