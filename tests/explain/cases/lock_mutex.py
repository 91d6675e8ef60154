# SPDX-License-Identifier: Apache-2.0
"""16 threads queue for a mutex that the thread "ledger" holds for 3 s at a time, asleep."""
from case import Case, says
from programs import own


def play(stage):
    program = own.program(stage, "locks", "mutex", 16)
    yield program.whom
    program.trouble()


CASE = Case(seen="threads that queue for a mutex whose holder sleeps",
            expect=says("lock", ("exhausted", "unknown", "tight"), "ledger", ("dependency", "storage", "deadlock")), runtime="c++", waiting=16, fast=True)
