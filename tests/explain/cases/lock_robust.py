# SPDX-License-Identifier: Apache-2.0
"""12 threads queue for a robust mutex in shared memory."""
from case import Case, says
from programs import own


def play(stage):
    program = own.program(stage, "locks", "robust", 12, name="ticks")
    yield program.whom
    program.trouble()


CASE = Case(seen="threads that queue for a robust mutex",
            expect=says("lock", ("exhausted", "unknown", "tight"), "ledger", ("dependency", "storage", "deadlock")), runtime="c++", waiting=12, renamed=True)
