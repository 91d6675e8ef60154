#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rewrites what documents say of scores: scores.py PROGRAM BEST_STATIC ROOT SECTION...

Sections, each between `<!-- NAME: ... -->` and `<!-- end of NAME -->`:
  best_static  tests/scenario/best_static.txt, if scenarios or the simulator have changed
  options      docs/control.md: the options of law kernel
  rules        docs/control.md: the rules of law kernel, in their order
  others       docs/control.md: the options of the other laws
  suite        docs/control.md: all laws side by side, five even seeds
  ladder       docs/control.md: law kernel with less and less to go by, and on other services
  sweeps       docs/adr/0008-defaults-by-sweep.md: each option of law kernel, odd seeds
Figures are those of the program: nothing is rounded but for display, nothing is left out.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

CONTROL, SWEEPS = "docs/control.md", "docs/adr/0008-defaults-by-sweep.md"
BEST_STATIC_FILE = "tests/scenario/best_static.txt"

# What the signal ladder and the queue are worth. Label -> flags.
STEPS = {
    "ledger (or the agent's stream)": [],
    "own schedstat": ["--signals", "schedstat"],
    "latency only": ["--signals", "latency"],
    "ledger, without the queue": ["--no-queue"],
}
SETS = {
    "suite": ["--suite"],
    "variations": ["--variations", "34", "--no-o2"],
    "random services": ["--generate", "1002..1080/2"],
}
# Option of law kernel -> values around its default; limit_min, limit_max and limit_initial are not
# a matter of taste but of what a service can bear, and of how long a cold start may take.
SWEPT = {
    "limit_initial": "5,10,20,40,80",
    "tolerance": "1,1.05,1.1,1.2,1.4",
    "smoothing": "0.1,0.15,0.2,0.3,0.5",
    "delay_damping": "0,1,2,4,8",
    "gradient_min": "0.3,0.5,0.7",
    "gradient_max": "1,1.05,1.1,1.2,1.4",
    "own_max": "0.04,0.06,0.08,0.12,0.2",
    "reference_slack": "1.05,1.1,1.15,1.3,1.6",
    "doubling_max": "0,0.3,0.6,1",
    "ramp_cpu_max": "0,0.25,0.5,0.75,1",
    "ramp_fold_max": "1,2,4,8,16",
    "late_share": "0.7,0.8,0.9,0.95",
    "late_runs": "2,4,8,16",
    "trial_places": "16,64,256",
    "probe_up": "1.1,1.2,1.3,1.5",
    "probe_down": "0.5,0.65,0.75,0.85",
    "probe_hold": "2,4,6,12",
    "probe_settle": "0,0.5,1,2",
    "deadline_share": "0.7,0.8,0.9,0.95,1.1",
    "freeze_ms": "0,10,20,40,100",
    "departure_gap": "0.05,0.1,0.2,0.3,0.5",
    "departure_fill": "0,0.5,0.6,0.7,0.8,0.9",
}
# What an option is about, and the suite hardly shows -> the generated services that do.
GENERATED = {"probe_settle": "long_residence", "deadline_share": "deadline_dependency",
             "freeze_ms": "quota_freeze", "departure_gap": "saturated_dependency",
             "departure_fill": "saturated_dependency"}
SWEEP_SETS = (["S2b", "S3a", "S3b", "S4a", "S4b", "S5a", "S6a", "S7a", "S8a", "S10a", "S11", "S12",
               "S14b", "--seeds", "2"],)


class Program:
    def __init__(self, path: str):
        self._path = path

    def run(self, *flags: str, **variables: str) -> str:
        return subprocess.run([self._path, *flags], check=True, text=True,
                              stdout=subprocess.PIPE, env=os.environ | variables).stdout

    def rows(self, *flags: str) -> list[dict]:
        return json.loads(self.run(*flags, "--json"))["rows"]


def of_best(row: dict) -> float:
    """Goodput as part of what the best static limit reaches; of the oracle, where that is unknown."""
    best = min(1, row["o2"]) if row["o2"] is not None else 1
    return min(1, row["goodput_of_oracle"] / best) if best > 0.01 else 1


def cell(rows: list[dict]) -> str:
    values = [of_best(row) for row in rows]
    worst = min(rows, key=of_best)
    return (f"{100 * sum(values) / len(values):.1f} / {100 * of_best(worst):.0f} ({worst['scenario']})"
            f" / {sum(value < 0.9 for value in values)} of {len(values)}")


def options(program: Program) -> str:
    return program.run("--law", "kernel", "--options")


def rules(program: Program) -> str:
    return program.run("--rules")


def others(program: Program) -> str:
    return "\n" + program.run("--law", "gradient2,vegas,aimd,fixed", "--options")


def suite(program: Program) -> str:
    return program.run("--suite", "--law", "all", "--seeds", "5", "--markdown")


def ladder(program: Program) -> str:
    text = "| Signals | " + " | ".join(SETS) + " |\n|" + "---|" * (len(SETS) + 1) + "\n"
    low = []
    for label, flags in STEPS.items():
        cells = []
        for name, scenarios in SETS.items():
            rows = program.rows(*scenarios, *flags)
            cells.append(cell(rows))
            if not flags:
                low += [(name, row) for row in rows if of_best(row) < 0.9]
        text += f"| {label} | " + " | ".join(cells) + " |\n"
    text += "\nEvery cell below 90 %, with all signals and the queue:\n\n"
    text += "| Set | Scenario, phase | Goodput of O2, % | p99 ms | Class |\n|---|---|---|---|---|\n"
    for name, row in low:
        text += (f"| {name} | {row['scenario']} {row['phase']} | {100 * of_best(row):.0f} | "
                 f"{row['p99_ms']:.0f} | {row['class']} |\n")
    return text


def sweep_cell(rows: list[dict]) -> str:
    short = sum(max(0.0, 0.95 - row["goodput_of_oracle"]) for row in rows)
    late = sum(row["p99_bound_ms"] is not None and row["p99_ms"] > row["p99_bound_ms"]
               for row in rows)
    return f"{100 * short:.0f} / {late}"


def generated_cell(rows: list[dict]) -> str:
    values = [min(1, row["goodput_of_oracle"]) for row in rows if row["phase"].startswith("event")]
    return f"{100 * sum(values) / len(values):.1f} / {100 * min(values):.0f}"


def sweeps(program: Program, defaults: dict[str, str]) -> str:
    def table(rows: list[dict], option: str, cell) -> str:
        cells = []
        for value in SWEPT[option].split(","):
            of_value = [row for row in rows if row["law"] == f"kernel {option}={value}"]
            mark = "**" if float(value) == float(defaults[option]) else ""
            cells.append(f"{mark}{value}: {cell(of_value)}{mark}")
        return ", ".join(cells)

    def played(option: str, *flags: str) -> list[dict]:
        return program.rows(*flags, "--no-o2", "--sweep", f"{option}={SWEPT[option]}")

    text = "| Option | Value: shortfall / p99 misses |\n|---|---|\n"
    for option in SWEPT:
        rows = [row for flags in SWEEP_SETS for row in played(option, *flags, "--tuning-seeds")]
        text += f"| `{option}` | {table(rows, option, sweep_cell)} |\n"
        print(f"swept {option}", file=sys.stderr)
    text += "\n| Option, generated services | Value: mean / least goodput of the event, % |\n|---|---|\n"
    for option, kind in GENERATED.items():
        rows = played(option, "--generate", "1..79/2", "--generate-kind", kind)
        text += f"| `{option}`, {kind} | {table(rows, option, generated_cell)} |\n"
    return text


def defaults_of_kernel(program: Program) -> dict[str, str]:
    table = re.findall(r"^\| `(\w+)` \| ([\d.e+-]+) \|", options(program), re.MULTILINE)
    return dict(table)


def put(path: pathlib.Path, section: str, text: str) -> None:
    old = path.read_text()
    new, count = re.subn(rf"(<!-- {section}:[^>]*-->\n).*?(<!-- end of {section} -->)",
                         lambda found: f"{found[1]}{text}{found[2]}", old, flags=re.DOTALL)
    if count != 1:
        sys.exit(f"scores.py: {path}: must have one section {section}")
    path.write_text(new)


def best_static(program: Program, compute: str, root: pathlib.Path) -> None:
    with tempfile.TemporaryDirectory() as cache:
        program.run("--suite", "--law", "none", "--seeds", "5", XDG_CACHE_HOME=cache)
        if not any(pathlib.Path(cache).rglob("*-v*")):
            return  # All of it is known.
    lines = subprocess.run([compute], check=True, text=True, stdout=subprocess.PIPE).stdout
    path = root / BEST_STATIC_FILE
    head = [line for line in path.read_text().splitlines() if line.startswith("#")]
    path.write_text("\n".join(head) + "\n" + lines)


IN_CONTROL = {"rules": rules, "options": options, "others": others, "suite": suite, "ladder": ladder}


def main(path: str, compute: str, folder: str, *sections: str) -> None:
    program, root = Program(path), pathlib.Path(folder)
    for section in sections:
        if section == "best_static":
            best_static(program, compute, root)
        elif section in IN_CONTROL:
            put(root / CONTROL, section, IN_CONTROL[section](program))
        elif section == "sweeps":
            put(root / SWEEPS, section, sweeps(program, defaults_of_kernel(program)))
        else:
            sys.exit(f"scores.py: {section}: must be one of best_static, {', '.join(IN_CONTROL)}, sweeps")


if __name__ == "__main__":
    if len(sys.argv) < 5:
        sys.exit("scores.py: usage: PROGRAM BEST_STATIC ROOT SECTION...")
    main(*sys.argv[1:])
