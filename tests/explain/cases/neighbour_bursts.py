# SPDX-License-Identifier: Apache-2.0
"""Two threads that compute 2 ms and pause 20 ms, beside programs that compute without end."""
from case import Case, wants_cpu
from programs import own


def play(stage):
    program = own.program(stage, "crowd", "bursts", 2)
    stage.names["others"] = "batchcruncher"
    yield program.whom
    own.spinners(stage, 4, "batchcruncher")


_NEVER = ("quota", "own_queue")
CASE = Case(seen="short bursts beside programs that compute", expect=wants_cpu("neighbour", ("exhausted", "tight", "ample", "busy", "unknown"), "{others}", _NEVER),
            busy=wants_cpu("neighbour", ("exhausted", "tight", "ample", "busy", "unknown"), "{others}|sh", _NEVER), runtime="c++", group="beside")
