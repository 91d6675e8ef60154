#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: build/bench/control.json has a figure for each law, and no law allocates once it runs.

Method: runs bench-control, a second or two; times are not looked at, for the machine is shared:
control_bench.py BENCH PROGRAM.
"""
import json
import pathlib
import subprocess
import sys
import tempfile


def main(bench: str, program: str) -> int:
    table = subprocess.run([program, "S9b", "--no-o2", "--law", "all", "--markdown"],
                           check=True, capture_output=True, text=True).stdout
    laws = [name.strip() for name in table.splitlines()[0].split("|")[2:-1]]
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "control.json"
        subprocess.run([bench, "--json", path], check=True, stdout=subprocess.DEVNULL)
        figures = json.loads(path.read_text())
    wanted = {f"{law}_ns_per_tick" for law in laws} | {"record_ns_per_sample",
                                                       "kernel_classifier_ns_per_window",
                                                       "allocations_after_start"}
    missing = sorted(wanted - figures.keys())
    if missing:
        print(f"bench-control: no {', '.join(missing)}")
    if figures.get("allocations_after_start") != 0:
        print(f"bench-control: {figures.get('allocations_after_start')} allocations after start")
    return 1 if missing or figures.get("allocations_after_start") != 0 else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
