#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: whatever is wrong on a command line is answered by one line that names it, and exit code 2.

Method: the flags of each program are read from its --help, and for each of them some bad values
follow from its type there. Where the type says too little, NOT_ALLOWED has the values, or ANY_TEXT
the reason why there are none. A new program, subcommand or flag fails until it is spoken for.

Usage: flags_test.py BIN, which is build/<preset>/bin. Needs no privilege: nothing may start.
"""
import pathlib
import re
import subprocess
import sys
import unittest

BIN = pathlib.Path()
BAD_INPUT = 2
SECONDS_MAX = 20  # A program that takes a bad value and starts serving is ended after these.

# Command -> what it needs besides the flag in question.
COMMANDS = {
    "loadline": [],
    "loadline demo": [],
    "loadline metrics-doc": [],
}
# A command -> bad values of its flags that --help does not tell.
NOT_ALLOWED: dict[tuple[str, str], list[str]] = {}
# Flags that take any text -> why.
ANY_TEXT: dict[tuple[str, str], str] = {}
# Answered at once, whatever else is said.
ANSWERS = {"--help", "--help-all", "--version"}


def run(command: str, *args: str) -> subprocess.CompletedProcess:
    program, *rest = command.split()
    return subprocess.run([BIN / program, *rest, *args], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=SECONDS_MAX)


def flags_of(command: str) -> dict[str, str]:
    """Flag -> what --help says of its value; empty for a switch."""
    text = run(command, "--help").stdout
    found = re.findall(r"^ +(?:-\w, ?)?(--[\w-]+)(?: ([A-Z]\S*(?: in \[[^\]]*\])?))?", text,
                       re.MULTILINE)
    return {flag: kind for flag, kind in found if flag not in ANSWERS}


def subcommands_of_loadline() -> set[str]:
    text = run("loadline", "--help").stdout
    names = re.findall(r"^  ([a-z][\w-]*)", text.split("Subcommands:", 1)[-1], re.MULTILINE)
    return {f"loadline {name}" for name in names}


def bad_values(kind: str) -> list[str]:
    """Values that a flag of this kind, as --help has it, must refuse."""
    values = []
    if not kind:
        return ["nonsense"]  # --switch=nonsense
    if kind.startswith(("UINT", "INT", "FLOAT")):
        values += ["abc", "", "1x", "99999999999999999999999999" if "INT" in kind else "nan"]
    if kind.startswith("UINT"):
        values.append("-1")
    if bounds := re.search(r"in \[(-?[\d.]+) - (-?[\d.]+)\]", kind):
        values += [str(float(bounds[1]) - 1), str(float(bounds[2]) * 2 + 1)]
        if "INT" in kind:
            values[-2:] = [str(int(float(value))) for value in values[-2:]]
    if "{" in kind:
        values += ["nonsense", ""]
    return values


class FlagsTest(unittest.TestCase):
    def expect_refusal(self, named: str, command: str, *args: str):
        with self.subTest(command=command, args=args):
            try:
                done = run(command, *COMMANDS[command], *args)
            except subprocess.TimeoutExpired:
                self.fail("it was taken for good, and the program started")
            self.assertEqual(done.returncode, BAD_INPUT, done.stderr)
            self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
            self.assertIn(named, done.stderr)
            self.assertEqual(done.stdout, "")

    def test_every_program_and_subcommand_is_spoken_for(self):
        programs = {path.name for path in BIN.iterdir()
                    if path.is_file() and not re.search(r"test|^bench|\.", path.name)}
        self.assertEqual({command.split()[0] for command in COMMANDS}, programs)
        spoken_for = {command for command in COMMANDS if command.startswith("loadline ")}
        self.assertEqual(spoken_for, subcommands_of_loadline())

    def test_help_works(self):
        for command in COMMANDS:
            done = run(command, "--help")
            self.assertEqual((done.returncode, done.stderr), (0, ""), command)
            self.assertIn("--help", done.stdout)

    def test_values(self):
        for command in COMMANDS:
            for flag, kind in flags_of(command).items():
                key = (command, flag)
                values = bad_values(kind) + NOT_ALLOWED.get(key, [])
                with self.subTest(command=command, flag=flag):
                    self.assertTrue(values or key in ANY_TEXT, "no bad value is known for it")
                # Of a switch, CLI11 gives the name without its hyphens.
                named = flag if kind else flag.removeprefix("--")
                for value in values:
                    self.expect_refusal(named, command, f"{flag}={value}")

    def test_a_value_that_is_missing(self):
        for command in COMMANDS:
            for flag, kind in flags_of(command).items():
                if kind:
                    self.expect_refusal(flag, command, flag)

    def test_names_that_do_not_exist(self):
        for command in COMMANDS:
            self.expect_refusal("--no-such-flag", command, "--no-such-flag")
            self.expect_refusal("--no-such-flag", command, "--no-such-flag=1")
            self.expect_refusal("no-such-word", command, "no-such-word")

    def test_the_tables_name_only_flags_that_exist(self):
        for command, flag in NOT_ALLOWED | ANY_TEXT:
            self.assertIn(flag, flags_of(command), command)


if __name__ == "__main__":
    BIN = pathlib.Path(sys.argv[1]).absolute()
    unittest.main(argv=sys.argv[:1])
