# SPDX-License-Identifier: Apache-2.0
"""12 readers queue for a read-write lock that the writer "ledger" holds for 3 s at a time."""
from case import Case, says
from programs import own


def play(stage):
    program = own.program(stage, "locks", "rwlock", 12, name="routes")
    yield program.whom
    program.trouble()


CASE = Case(seen="readers that queue behind a writer",
            expect=says("lock", ("exhausted", "unknown", "tight"), "ledger", ("dependency", "storage", "deadlock")), runtime="c++", waiting=12, renamed=True)
