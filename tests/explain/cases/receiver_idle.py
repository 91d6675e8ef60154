# SPDX-License-Identifier: Apache-2.0
"""The textbook pool: eight workers share a receiver under a lock. One waits for work and holds it, seven wait for the lock.
Rest, since the holder's wait is one for work."""
from case import Case, rest
from programs import own


def play(stage):
    program = own.program(stage, "resting", "receiver", 8, name="thumbnails")
    yield program.whom
    program.trouble()


CASE = Case(seen="a pool that shares a locked receiver", expect=rest(), at_rest=True, renamed=True, kind="idle_lock")
