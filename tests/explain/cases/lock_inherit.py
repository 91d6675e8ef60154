# SPDX-License-Identifier: Apache-2.0
"""12 threads queue for a mutex with priority inheritance, whose word names its holder."""
from case import Case, says
from programs import own


def play(stage):
    program = own.program(stage, "locks", "inherit", 12)
    yield program.whom
    program.trouble()


CASE = Case(seen="threads that queue for a mutex with priority inheritance",
            expect=says("lock", ("exhausted", "unknown", "tight"), "ledger", ("dependency", "storage", "deadlock")), runtime="c++", waiting=12)
