#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Installs the package from a build tree and builds a stranger's project by find_package alone."""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

# Project -> (components it may use, what find_package must not be asked for, what it must print).
PROJECTS = {
    "sdk": (["package", "control", "sdk"], ["Protobuf", "gRPC"],
            "accepted 100, admitted 100, signals from schedstat\n"),
    "agent_client": (["package", "control", "proto", "sdk", "agent_client"], [],
                     "admitted 1, signals from schedstat: no agent's socket was found\n"),
}


def run(*command: str, **options) -> str:
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False, **options)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\nended with {done.returncode}:\n{done.stdout}")
    return done.stdout


def consume(project: str, build: str, top: pathlib.Path, compiler: str) -> None:
    components, unwanted, expected = PROJECTS[project]
    prefix, tree = top / "prefix", top / "build"
    for component in components:
        run("cmake", "--install", build, "--prefix", str(prefix), "--component", component)
    run("cmake", "-G", "Ninja", "-S", str(pathlib.Path(__file__).parent / project), "-B", str(tree),
        f"-DCMAKE_PREFIX_PATH={prefix}", f"-DCMAKE_CXX_COMPILER={compiler}",
        "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Werror",
        *(f"-DCMAKE_DISABLE_FIND_PACKAGE_{package}=ON" for package in unwanted))
    run("cmake", "--build", str(tree))
    printed = run(str(tree / "stranger"),
                  env={**os.environ, "LOADLINE_SOCKET": str(top / "no-agent.sock")}, timeout=60)
    if printed != expected:
        sys.exit(f"{project}: printed\n{printed}instead of\n{expected}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("project", choices=PROJECTS)
    parser.add_argument("--build", required=True, help="build tree of Loadline, already built")
    parser.add_argument("--compiler", default="c++")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="loadline-consumer-") as top:
        consume(options.project, options.build, pathlib.Path(top), options.compiler)
    print(f"{options.project}: installed, found, built and run")


if __name__ == "__main__":
    main()
