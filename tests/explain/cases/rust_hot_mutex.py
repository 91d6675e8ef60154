# SPDX-License-Identifier: Apache-2.0
"""Eight Rust threads and one hot Mutex, whose word does not name its holder: one computes, seven wait."""
from case import Case, Expect
from programs import own


def play(stage):
    program = own.rust(stage, "hot_mutex.rs", name="ledgerd")
    yield program.whom
    program.trouble()


CASE = Case(seen="a hot lock without a holder's word",
            expect=Expect(("one_at_a_time", "lock"), ("exhausted", "unknown", "tight", "busy"), never=("own_queue", "neighbour", "quota", "idle", "dependency", "sleep", "deadlock")),
            packages=("rustc",), runtime="rust", renamed=True, waiting=7, group="one again")
