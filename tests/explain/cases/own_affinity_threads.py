# SPDX-License-Identifier: Apache-2.0
"""Four threads that compute, bound to one CPU while the other is free: they queue behind each other, and their affinity is
why."""
from case import Case, wants_cpu
from programs import own


def play(stage):
    program = own.program(stage, "crowd", "compute", 4, cpus="1")
    yield program.whom
    program.trouble()


CASE = Case(seen="threads bound to one CPU", expect=wants_cpu("own_queue", ("exhausted", "tight", "busy"), "affin|bound|CPU", ("quota", "neighbour")),
            busy=wants_cpu("own_queue", ("exhausted", "tight", "busy"), "", ("quota",)), runtime="c++", group="bound", kind="affinity")
