#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a clean build of the last commit costs beside the same of another commit, in one run.

It compares the commit HEAD: what the working tree has beside it is not built, and a warning says so.

Method: both commits are cloned into a temporary folder and configured alike: release preset, no
ccache, the same flags. First each builds what its `make run` builds, then the rest of what its
`make test` builds; the two take turns, so that both meet the same machine. A figure is the CPU time,
user and system, of the whole build command: compilers, linkers, generators, discovery of tests.

What later work adds to `make test` is a row of its own (ADDED), so that the ratio compares the same
products. Tests of the other commit that are missing here are counted too.

Usage: build_bench.py [--base COMMIT] [--json FILE]. Needs a quiet machine, 3 GB and half an hour.
"""
import argparse
import collections
import json
import os
import pathlib
import re
import resource
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BASE = "03f1740"  # The last commit before the build was made faster.
ADDED: list[str] = []  # Targets that are new since then, beside the products that are compared.


def trust(folder: pathlib.Path):
    """git refuses the clone of another user, which root often has. A variable with the setting does not
    reach the second git, which `git clone` starts to read from; a file does."""
    settings = folder / "gitconfig"
    settings.write_text(f"[safe]\n\tdirectory = {ROOT}\n\tdirectory = {ROOT}/.git\n")
    os.environ["GIT_CONFIG_GLOBAL"] = str(settings)


def git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True,
                          check=True).stdout.strip()


def say_what(base: str):
    print(f"the commit HEAD, {git('rev-parse', '--short', 'HEAD')}, beside {base}; not the working tree",
          flush=True)
    if git("status", "--porcelain"):
        print("warning: the working tree has changes, which are not built: commit them first",
              file=sys.stderr)


class Tree:
    """A clean clone of one commit, and what its builds cost."""

    def __init__(self, name: str, commit: str, folder: pathlib.Path):
        self.name, self.root = name, folder / name
        subprocess.run(["git", "clone", "--quiet", "--no-checkout", ROOT, self.root], check=True)
        subprocess.run(["git", "checkout", "--quiet", commit], cwd=self.root, check=True)
        self.figures: dict[str, float] = {}

    def run_targets(self) -> list[str]:
        """What `make run` builds, by its own Makefile."""
        run = re.search(r"^run:.*\n\t.*TARGETS=\"([^\"]+)\"", (self.root / "Makefile").read_text(),
                        re.MULTILINE)
        return run[1].split()

    def configure(self):
        self.quietly("cmake", "--preset", "release", "-DCMAKE_C_COMPILER_LAUNCHER=",
                     "-DCMAKE_CXX_COMPILER_LAUNCHER=")

    def build(self, what: str, targets: list[str]):
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        self.quietly("cmake", "--build", "--preset", "release",
                     *[word for target in targets for word in ("--target", target)])
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.figures[f"{what}_cpu_s"] = (after.ru_utime - before.ru_utime
                                         + after.ru_stime - before.ru_stime)
        self.figures[f"{what}_wall_s"] = time.monotonic() - began
        print(f"{self.name:6} {what:10} {self.figures[f'{what}_cpu_s']:8.1f} s of CPU "
              f"{self.figures[f'{what}_wall_s']:8.1f} s", flush=True)

    def tests(self) -> collections.Counter:
        """How often each test name is listed. GoogleTest puts the bytes of a parameter without a
        printer into the name, addresses among them, which differ from build to build."""
        listed = subprocess.run(["ctest", "--preset", "release", "-N"], cwd=self.root, check=True,
                                capture_output=True, text=True).stdout
        names = re.findall(r"Test +#\d+: (.+)", listed)
        return collections.Counter(re.sub(r"-byte object <[^>]*>", "-byte object", name)
                                   for name in names)

    def quietly(self, *command):
        done = subprocess.run(command, cwd=self.root, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{self.name}: {' '.join(command)} failed\n{done.stdout[-3000:]}"
                     f"{done.stderr[-1000:]}")


def compare(base: Tree, here: Tree) -> dict[str, float]:
    for tree in (base, here):
        tree.configure()
        tree.build("run", tree.run_targets())
    # The demo and the simulator were one program once: with the simulator, the products are equal.
    here.build("simulate", ["loadline_simulate_program"])
    for tree in (base, here):
        if tree is here and ADDED:
            everything = set(tree.run_targets()) | set(ADDED)
            tree.build("added", sorted(everything))
        tree.build("rest", ["all"])
    figures = {f"{tree.name}_{key}": round(value, 1)
               for tree in (base, here) for key, value in tree.figures.items()}
    old, new = base.figures, here.figures
    old_test = old["run_cpu_s"] + old["rest_cpu_s"]
    new_test = new["run_cpu_s"] + new["simulate_cpu_s"] + new["rest_cpu_s"]
    figures |= {
        "run_cpu_ratio": round(new["run_cpu_s"] / old["run_cpu_s"], 3),
        "run_and_simulate_cpu_ratio": round((new["run_cpu_s"] + new["simulate_cpu_s"])
                                            / old["run_cpu_s"], 3),
        "test_cpu_ratio": round(new_test / old_test, 3),
        "tests_missing": (missing := base.tests() - here.tests()).total(),
    }
    for name in sorted(missing.elements()):
        print(f"missing: {name}")
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--base", default=BASE, help="the commit to compare with (%(default)s)")
    parser.add_argument("--json", type=pathlib.Path, help="write the figures into this file")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        trust(pathlib.Path(folder))
        say_what(arguments.base)
        trees = [Tree("base", arguments.base, pathlib.Path(folder)),
                 Tree("here", "HEAD", pathlib.Path(folder))]
        figures = compare(*trees)
    for key in ("run_cpu_ratio", "run_and_simulate_cpu_ratio", "test_cpu_ratio", "tests_missing"):
        print(f"{key:28} {figures[key]}")
    if arguments.json:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")
    return 0 if figures["tests_missing"] == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
