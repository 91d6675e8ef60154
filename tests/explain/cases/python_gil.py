# SPDX-License-Identifier: Apache-2.0
"""Eight Python threads that compute: one has the interpreter, seven wait for it."""
from case import Case, Expect
from programs import own


def play(stage):
    program = own.python(stage, "compute.py", 8)
    yield program.whom
    program.trouble()


CASE = Case(seen="Python threads behind the interpreter's lock",
            expect=Expect(("one_at_a_time",), ("exhausted", "unknown", "tight", "busy"), never=("own_queue", "neighbour", "quota", "idle", "dependency", "sleep", "deadlock")),
            runtime="python", waiting=7, group="one", kind="interpreter_lock", fast=True)
