#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: on a terminal the demo draws one screen over and over, and leaves the table below it.

Method: a pseudo-terminal of known size, and just enough of a terminal's behaviour to know where the
cursor is: a frame must start on the line where the one before did.

Usage: demo_terminal_test.py BIN, which is build/<preset>/bin. Needs root.
"""
import fcntl
import os
import pathlib
import pty
import re
import struct
import sys
import termios
import unittest

BIN = pathlib.Path()
SKIP = 77
COLUMNS, ROWS = 100, 30
FRAMES_MIN = 30  # In 28 s at five frames a second; far fewer, so that a busy machine is no failure.


def play(flags: list[str], environment: dict[str, str]) -> tuple[int, str]:
    """Exit code, and all that was written to the terminal."""
    pid, terminal = pty.fork()
    if pid == 0:
        size = struct.pack("HHHH", ROWS, COLUMNS, 0, 0)
        fcntl.ioctl(sys.stdout.fileno(), termios.TIOCSWINSZ, size)
        program = str(BIN / "loadline")
        os.execve(program, [program, "demo", *flags],
                  os.environ | {"TERM": "xterm", "LC_ALL": "C.UTF-8"} | environment)
    output = b""
    try:
        while chunk := os.read(terminal, 65536):
            output += chunk
    except OSError:
        pass  # How Linux says that the other side is closed.
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), output.decode()


class DemoTerminalTest(unittest.TestCase):
    def test_frames_overwrite_each_other_and_the_table_stays(self):
        code, output = play(["--mode=loadline", "--seconds=28"], {"NO_COLOR": "1"})
        self.assertEqual(code, 0, output[-500:])
        first, *frames = re.split(r"\x1b\[(\d+)A\r", output)
        self.assertGreater(len(frames) // 2, FRAMES_MIN)
        height_before = first.count("\n") - first[:first.index("loadline demo  run")].count("\n")
        for up, frame in zip(frames[::2], frames[1::2]):
            self.assertEqual(int(up), height_before)
            drawn, _, left_below = frame.partition("\x1b[J")
            height_before = drawn.count("\n")
            self.assertLess(height_before, ROWS)
            for line in drawn.replace("\x1b[K", "").replace("\r", "").split("\n"):
                self.assertLess(len(line), COLUMNS, line)
        self.assertIn("back to 95 % of steady after", left_below)
        self.assertNotRegex(output, r"\x1b\[[0-9;]*m", "NO_COLOR is set")
        self.assertIn("orders/worker", output)


if __name__ == "__main__":
    if os.geteuid() != 0:
        print("skipped: the probes need root")
        sys.exit(SKIP)
    BIN = pathlib.Path(sys.argv[1]).absolute()
    unittest.main(argv=sys.argv[:1])
