# SPDX-License-Identifier: Apache-2.0
"""Two processes with two locks in shared memory, each of which holds what the other wants."""
from case import Case, says
from programs import own


def play(stage):
    program = own.program(stage, "deadlock", "processes", 4, name="mirrord")
    yield program.whom
    program.trouble()


CASE = Case(seen="a deadlock between two processes", expect=says("deadlock", ("stuck", "exhausted"), "transfer", ("dependency", "lock")), runtime="c++", renamed=True, waiting=10)
