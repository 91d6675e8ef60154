# SPDX-License-Identifier: Apache-2.0
# Goal: a guest is listened to for as long as it writes, and one that hangs ends in a line.
# Method: a pipe in the place of a console.
import io
import os
import unittest
from unittest import mock

import guest


class ListenTest(unittest.TestCase):
    def setUp(self):
        self.console, self.writer = os.pipe()
        self.out = io.BytesIO()

    def tearDown(self):
        os.close(self.console)

    def listen(self, silence: float, time: float = 1800) -> str:
        with mock.patch.multiple(guest, SILENCE_MAX_S=silence, TIME_MAX_S=time):
            return guest.listen(self.console, self.out)

    def test_a_guest_that_ends_is_read_to_its_end(self):
        os.write(self.writer, b"@@ end\n")
        os.close(self.writer)
        self.assertEqual((self.listen(60), self.out.getvalue()), ("", b"@@ end\n"))

    def test_one_that_is_silent_or_never_ends_is_named(self):
        os.write(self.writer, b"x")
        self.assertEqual(self.listen(0), "the guest hangs: silent for 0 s")
        self.assertEqual(self.out.getvalue(), b"x")
        self.assertEqual(self.listen(60, time=0), "the guest takes more than 0 s")
        os.close(self.writer)

    def test_its_last_line_is_said(self):
        self.assertEqual(guest.last_line("a\nKernel panic\n\n"), "its last line: Kernel panic")
        self.assertEqual(guest.last_line("\n"), "nothing on its console")


if __name__ == "__main__":
    unittest.main()
