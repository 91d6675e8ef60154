# SPDX-License-Identifier: Apache-2.0
"""Six threads of Python 3.13 that compute: one has the interpreter, five wait for it."""
from case import Case, Expect
from programs import own


def play(stage):
    program = own.python(stage, "compute.py", 6, name="forecast")
    yield program.whom
    program.trouble()


CASE = Case(seen="Python threads behind the interpreter's lock",
            expect=Expect(("one_at_a_time",), ("exhausted", "unknown", "tight", "busy"),
                          never=("own_queue", "neighbour", "quota", "idle", "dependency", "sleep", "deadlock")),
            packages=("python3",), runtime="python", release="trixie", renamed=True, waiting=5, group="one more", kind="interpreter_lock")
