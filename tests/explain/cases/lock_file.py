# SPDX-License-Identifier: Apache-2.0
"""Six processes take turns at a lock on a file, which each keeps for 2 s, asleep: five wait for a sibling."""
from case import Case, says
from programs import own


def play(stage):
    program = own.program(stage, "locks", "file", 6, stage.dir / "lock")
    yield program.whom
    program.trouble()


CASE = Case(seen="processes that queue for a lock on a file",
            expect=says("lock", ("exhausted", "unknown", "tight", "busy"), "", ("dependency", "storage", "deadlock")), runtime="c++", waiting=5)
