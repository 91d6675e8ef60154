#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: whatever is wrong on a command line is answered by one line that names it, and exit code 2.

Method: the flags of each program are read from its --help, and for each of them some bad values
follow from its type there. Where the type says too little, NOT_ALLOWED has the values, or ANY_TEXT
the reason why there are none. A new program, subcommand or flag fails until it is spoken for.

Usage: flags_test.py BIN, which is build/<preset>/bin. Needs no privilege: nothing may start.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

BIN = pathlib.Path()
BAD_INPUT = 2
SECONDS_MAX = 20  # A program that takes a bad value and starts serving is ended after these.

# Command -> what it needs besides the flag in question.
COMMANDS = {
    "loadline": [],
    "loadline agent": [],
    "loadline deep": [],
    "loadline demo": [],
    "loadline explain": [],
    "loadline metrics-doc": [],
    "loadline pools": [],
    "loadline simulate": ["S2a"],
    "orders": [],
    "inventory": [],
}
TAKES_NAME = {"loadline deep", "loadline explain", "loadline pools"}
# In the folder of programs, but without a command line of their own.
NO_COMMAND_LINE = r"^explain_|test|^bench|\.|^fifteen_lines$|^btf_relocate$|^print_reports$"
# Bad values of flags that --help does not tell.
NOT_ALLOWED = {
    ("loadline agent", "--listen"): ["nonsense", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536",
                                     "127.0.0.1:x", ":9435", "::1:9435", ""],
    ("loadline agent", "--runtime-dir"): ["relative/path", ""],
    ("loadline agent", "--state-dir"): ["relative/path", ""],
    ("loadline agent", "--config"): ["/nowhere.yaml"],
    ("loadline agent", "--detail"): ["nonsense", "histograms,nonsense", "all,none"],
    ("loadline explain", "--at"): ["soon", "", "24:00", "2099-01-01T00:00", "15", "03:12\n"],
    ("loadline explain", "--since"): ["soon", "", "15ms"],
    ("loadline simulate", "--law"): ["nonsense", "kernel,nonsense", "kernel,,aimd", "",
                                       "@/nowhere.yaml"],
    ("loadline simulate", "--sweep"): ["nonsense", "no_such_option=1,2", "=1", ""],
    ("loadline simulate", "--generate"): ["nonsense", "5..", "9..3", "1..99999", "-1..3", "1.5..2",
                                          "1..9/0", "1..9/", ""],
    ("orders", "--inventory"): ["nonsense", "127.0.0.1", "127.0.0.1:65536", ":80", ""],
}
# Flags that take any text -> why.
ANY_TEXT = {
    ("loadline deep", "--dot"): "a path; whether it can be written shows when it is opened",
    ("loadline explain", "--socket"): "a path; that nobody listens there is no bad input",
    ("loadline pools", "--socket"): "a path; that nobody listens there is no bad input",
    ("loadline simulate", "--plot"): "a path; whether it can be written shows when it is drawn",
    ("orders", "--postgres"): "libpq's own grammar, judged by libpq when it connects",
    ("orders", "--agent-socket"): "a path; orders works without an agent",
}
# What `loadline agent` takes as a flag it takes as a key of its file and of the environment too,
# with the same rule. All but the flag that names the file.
KEYS_OF, NO_KEY = "loadline agent", {"--config"}
# Answered at once, whatever else is said.
ANSWERS = {"--help", "--help-all", "--version"}


def run(command: str, *args: str, **variables: str) -> subprocess.CompletedProcess:
    program, *rest = command.split()
    return subprocess.run([BIN / program, *rest, *args], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=SECONDS_MAX,
                          env=os.environ | variables)


def flags_of(command: str) -> dict[str, str]:
    """Flag -> what --help says of its value; empty for a switch."""
    text = run(command, "--help").stdout
    found = re.findall(r"^ +(?:-\w, ?)?(--[\w-]+)(?: (?!Excludes:)([A-Z]\S*(?: in \[[^\]]*\])?))?", text,
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
        values += ["abc", "", "1x", "0x100", "+5", "99999999999999999999999999" if "INT" in kind else "nan"]
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
    def expect_refusal(self, named: str, command: str, *args: str, **variables: str):
        with self.subTest(command=command, args=args, variables=variables):
            try:
                done = run(command, *COMMANDS[command], *args, **variables)
            except subprocess.TimeoutExpired:
                self.fail("it was taken for good, and the program started")
            self.assertEqual(done.returncode, BAD_INPUT, done.stderr)
            self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
            self.assertIn(named, done.stderr)
            self.assertEqual(done.stdout, "")

    def test_every_program_and_subcommand_is_spoken_for(self):
        programs = {path.name for path in BIN.iterdir()
                    if path.is_file() and not re.search(NO_COMMAND_LINE, path.name)}
        companions = {program for program in programs if program.startswith("loadline-")}
        self.assertEqual({command.split()[0] for command in COMMANDS}, programs - companions)
        self.assertLessEqual({name.replace("-", " ", 1) for name in companions}, set(COMMANDS))
        spoken_for = {command for command in COMMANDS if command.startswith("loadline ")}
        self.assertEqual(spoken_for, subcommands_of_loadline())

    def test_a_value_of_several_lines_is_named_in_one(self):
        self.expect_refusal("--refresh-ms", "loadline agent", "--refresh-ms=1\n2")
        self.expect_refusal("nonsense", "loadline agent", "--nonsense\n=1")

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

    def expect_file_refusal(self, named: str, text: str):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(text)
            file.flush()
            self.expect_refusal(named, KEYS_OF, f"--config={file.name}")

    def test_values_in_the_file_and_the_environment(self):
        for flag, kind in flags_of(KEYS_OF).items():
            key = flag.removeprefix("--").replace("-", "_")
            for value in bad_values(kind) + NOT_ALLOWED.get((KEYS_OF, flag), []):
                if flag not in NO_KEY:
                    variable = "LOADLINE_" + key.upper()
                    self.expect_refusal(variable, KEYS_OF, **{variable: value})
                    self.expect_file_refusal(key, f"{key}: '{value}'\n")

    def test_files_that_are_wrong_as_a_whole(self):
        for text, named in [("no_such_key: 1\n", ":1: no_such_key"),
                            ("# two\nlisten: [1, 2]\n", "listen"),
                            ("log_level: info\nlog_level: warn\n", "log_level"),
                            ("- a list\n", ".yaml"), ("{ not yaml", ".yaml")]:
            self.expect_file_refusal(named, text)
        self.expect_refusal("/nowhere.yaml", KEYS_OF, "--config=/nowhere.yaml")

    def test_a_value_that_is_missing(self):
        for command in COMMANDS:
            for flag, kind in flags_of(command).items():
                if kind:
                    self.expect_refusal(flag, command, flag)

    def test_names_that_do_not_exist(self):
        for command in COMMANDS:
            self.expect_refusal("--no-such-flag", command, "--no-such-flag")
            self.expect_refusal("--no-such-flag", command, "--no-such-flag=1")
            # Of commands that take a NAME it might be one: a second word is none.
            words = ["a-name"] if command in TAKES_NAME else []
            self.expect_refusal("no-such-word", command, *words, "no-such-word")

    def test_the_tables_name_only_flags_that_exist(self):
        for command, flag in NOT_ALLOWED | ANY_TEXT:
            self.assertIn(flag, flags_of(command), command)


if __name__ == "__main__":
    BIN = pathlib.Path(sys.argv[1]).absolute()
    unittest.main(argv=sys.argv[:1])
