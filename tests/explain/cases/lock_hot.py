# SPDX-License-Identifier: Apache-2.0
"""Eight threads of glibc's mutex, each of which computes 2 ms under it: one runs, seven wait. The lock's word has its holder."""
from case import Case, Expect
from programs import own


def play(stage):
    program = own.program(stage, "locks", "hot", 8)
    yield program.whom
    program.trouble()


CASE = Case(seen="a hot lock whose holder computes",
            expect=Expect(("lock", "one_at_a_time"), ("exhausted", "unknown", "tight", "busy"), never=("cpu", "own_queue", "neighbour", "quota", "idle", "dependency", "sleep", "deadlock")),
            runtime="c++", waiting=7, group="one")
