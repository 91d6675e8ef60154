# SPDX-License-Identifier: Apache-2.0
"""A pool of 200 threads that compute on two CPUs: a hundred times what they can use."""
from case import Case, Expect
from programs import own


def play(stage):
    program = own.program(stage, "crowd", "compute", 200)
    yield program.whom
    program.trouble()


_NEVER = ("dependency", "lock", "handoff", "deadlock", "storage", "event_loop", "sleep", "idle", "quota")
CASE = Case(seen="200 threads for two CPUs", expect=Expect(("threads", "own_queue"), ("exhausted", "tight", "busy"), never=(*_NEVER, "neighbour")),
            busy=Expect(("threads", "own_queue"), ("exhausted", "tight", "busy"), never=_NEVER), runtime="c++", group="alone")
