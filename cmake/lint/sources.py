# SPDX-License-Identifier: Apache-2.0
"""What lint reads: the product's sources as git lists them, each with build/lint's flags for it."""
import concurrent.futures
import dataclasses
import json
import os
import pathlib
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build/lint"
ROOMS = ("controller", "sdk", "agent", "ledger")  # .clang-tidy reads headers of the same.


@dataclasses.dataclass(frozen=True)
class Source:
    path: str  # From the top of the tree.
    target: str  # Of CMake.
    flags: tuple[str, ...]  # The compiler and its flags; neither input nor output.


def source_of(entry: dict) -> Source:
    words = shlex.split(entry["command"])
    output = words[words.index("-o") + 1]
    target = output.split("CMakeFiles/")[1].split(".dir/")[0]
    return Source(os.path.relpath(entry["file"], ROOT), target, tuple(words[:words.index("-o")]))


def listed(*words: str) -> list[str]:
    """Files that `git ls-files` lists and that are there."""
    done = subprocess.run(["git", "ls-files", "-z", *words], cwd=ROOT, capture_output=True,
                          text=True, check=True)
    return sorted(name for name in set(done.stdout.split("\0")) if name and (ROOT / name).is_file())


def in_room(path: str) -> bool:
    return path.split("/", 1)[0] in ROOMS


def sources() -> list[Source]:
    """All of them. A source that no target compiles ends the program: nothing would read it."""
    paths = listed("--cached", "--others", "--exclude-standard", *(f"{room}/*.cc" for room in ROOMS))
    entries = json.loads((BUILD / "compile_commands.json").read_text())
    found = {source.path: source for source in map(source_of, entries)}
    missing = [path for path in paths if path not in found]
    if missing:
        sys.exit("lint: no target compiles " + ", ".join(missing))
    return [found[path] for path in paths]


def in_parallel(work, items: list) -> list:
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(work, items))


def run(command: list[str]) -> tuple[int, str]:
    done = subprocess.run(command, cwd=BUILD, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)
    return done.returncode, done.stdout
