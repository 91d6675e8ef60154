#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Goal: `loadline explain` names the right cause and culprit of real programs in trouble and at rest, on a quiet and on a busy
# host, whether the agent was there before or came late.
# Method: starts the programs of cases/, puts them into their states, asks agents of this build, and compares with the answer
# that each case file gives.
"""Plays the cases of tests/explain, prints a table, and writes the figures as one flat JSON object.

Needs root, BTF and the packages of the group explain (cmake/deps.sh explain). Exits with 77, and says why in one line, where
it cannot run; with 1 where the figures fall short. What explain printed in each cell stays in build/explain.
"""
import argparse
import dataclasses
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import book
import control_groups
import player
import release_root
import schedule
import score
import stage
from judge import COLUMNS, Said, judge

SKIPPED = 77
LATEST = "trixie"


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bin", type=pathlib.Path, help="build/<preset>/bin")
    parser.add_argument("--json", type=pathlib.Path, default=pathlib.Path("build/bench/explain.json"))
    parser.add_argument("--kept", type=pathlib.Path, default=pathlib.Path("build/explain"),
                        help="where what explain printed is kept, as CASE.COLUMN.json and .txt")
    parser.add_argument("--fast", action="store_true", help="the part that CI plays: at most four minutes")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="this case, or all that begin so; may be repeated")
    parser.add_argument("--column", action="append", default=[], choices=COLUMNS, help="this column; may be repeated")
    parser.add_argument("--cause", action="append", default=[], metavar="CAUSE", help="the cases whose right cause this is")
    parser.add_argument("--list", action="store_true", help="print the cases and what is expected of them")
    parser.add_argument("--rehearse", action="store_true",
                        help="play without agents, and print what the threads wait in: for whoever writes a case")
    parser.add_argument("--agent-flag", action="append", default=[], metavar="FLAG", help="given to the agents")
    parser.add_argument("--stop-at-first", action="store_true", help="end with the first group that has a wrong cell")
    options = parser.parse_args()
    options.column = options.column or (["quiet_before", "busy_after"] if options.fast else list(COLUMNS))
    return options


def chosen(options) -> dict:
    found = book.cases()
    if options.fast:
        found = {name: case for name, case in found.items() if case.fast}
    if options.only:
        found = {name: case for name, case in found.items() if any(name.startswith(each) for each in options.only)}
    if options.cause:
        found = {name: case for name, case in found.items() if set(case.expect.cause) & set(options.cause)}
    return found


def wanted(case) -> str:
    expect = case.expect
    return f"{'/'.join(expect.cause)}{f' {expect.culprit}' if expect.culprit else ''}"


def show_list(cases: dict):
    for name, case in cases.items():
        expect = case.expect
        print(f"{name} ({case.release}, {case.runtime}{', ' + case.group if case.group else ''})\n    {case.seen}\n"
              f"    {wanted(case)}; {' or '.join(expect.severity)}; harmful: {', '.join(expect.never)}")


def reason_to_skip(cases: dict) -> str:
    if os.geteuid() != 0:
        return "needs root"
    if not pathlib.Path("/sys/kernel/btf/vmlinux").exists():
        return "needs a kernel with BTF"
    here = sorted({package for case in cases.values() if case.release == "bookworm" for package in case.packages})
    state = subprocess.run(["dpkg-query", "-W", "-f=${Package} ${db:Status-Status}\\n", *here], capture_output=True,
                           text=True, check=False).stdout if here else ""
    there = {line.split()[0] for line in state.splitlines() if line.endswith(" installed")}
    if missing := [each for each in here if each not in there]:
        return f"needs {', '.join(missing)} (cmake/deps.sh explain)"
    for release in sorted({case.release for case in cases.values()} - {"bookworm"}):
        try:
            release_root.provide(release, {package for case in cases.values() if case.release == release
                                           for package in case.packages})
        except release_root.NoRoot as error:
            return f"{release}: {error}"
    return ""


def keep(folder: pathlib.Path, cell, said: Said):
    """What was printed, and what the judge says of it."""
    base = folder / f"{cell.case}.{cell.column}"
    both = {"cell": dataclasses.asdict(cell), "names": said.names, "report": said.report, "pools": said.pools}
    base.with_name(base.name + ".json").write_text(json.dumps(both, indent=1) + "\n")
    base.with_name(base.name + ".txt").write_text(said.text + (f"\nproblem: {said.problem}\n" if said.problem else ""))


def plays() -> dict:
    return {name: module.play for name, module in book.modules().items()}


def play_all(cases: dict, options, cells: list):
    """Adds to `cells` as it goes, so that what was played counts where the run is ended early."""
    planned = [(busy, names) for names in schedule.groups(cases) for busy in (False, True)
               if any(column.startswith("busy" if busy else "quiet") for column in options.column)]
    began = time.monotonic()
    for at, (busy, names) in enumerate(planned):
        host = "busy" if busy else "quiet"
        moments = [column.partition("_")[2] for column in options.column if column.startswith(host)]
        said = player.play({name: cases[name] for name in names}, plays(), busy, moments, options.bin, options.agent_flag)
        here = []
        for moment, of_case in said.items():
            for name, one in of_case.items():
                here.append(judge(name, cases[name], f"{host}_{moment}", one))
                keep(options.kept, here[-1], one)
        cells += here
        print(f"explain: [{at + 1}/{len(planned)}] {time.monotonic() - began:4.0f} s  {host}: {sum(cell.right for cell in here)} of "
              f"{len(here)} right: {' '.join(names)}", flush=True)
        if options.stop_at_first and not all(cell.right for cell in here):
            break


def main(options) -> int:
    cases = chosen(options)
    if not cases:
        print("explain: no such case (--list shows them)", file=sys.stderr)
        return 2
    if options.list:
        show_list(cases)
        return 0
    if reason := reason_to_skip(cases):
        print(f"skipped: {reason}")
        return SKIPPED
    options.bin = stage.BIN = options.bin.absolute()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    control_groups.sweep()
    stage.adopt_orphans()
    if len(cases) == len(book.cases()):
        shutil.rmtree(options.kept, ignore_errors=True)
    options.kept.mkdir(parents=True, exist_ok=True)
    with stage.equals():
        if options.rehearse:
            for names in schedule.groups(cases):
                player.rehearse({name: cases[name] for name in names}, plays(),
                                any(column.startswith("busy") for column in options.column) and len(options.column) < 4)
            return 0
        cells: list = []
        ended = False
        try:
            play_all(cases, options, cells)
        except (KeyboardInterrupt, SystemExit):
            ended = True
    print("\n" + score.table(cells, options.column, {name: wanted(case) for name, case in cases.items()}))
    for cell in cells:
        for line in ([f"not played: {cell.problem}"] if cell.problem else []) + cell.harmful:
            print(f"{cell.case} {cell.column}: {line}")
    figures = score.figures(cells)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    print()
    for key, value in figures.items():
        print(f"  {key:32} {value:g}")
    short = score.falls_short(figures, options.column)
    print("\n".join(f"explain: {line}" for line in short))
    if ended:
        print("explain: ended early, these are the cells so far")
    return 1 if short or ended else 0


if __name__ == "__main__":
    sys.exit(main(parse_arguments()))
