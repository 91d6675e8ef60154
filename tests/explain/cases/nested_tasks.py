# SPDX-License-Identifier: Apache-2.0
"""64 tasks of a pool of 64 wait for tasks of the same pool, which none is left to run."""
from case import Case, says
from programs import own


def play(stage):
    program = own.limited(stage, "nested", 64)
    yield program.whom
    program.trouble()


CASE = Case(seen="64 of 64 tasks wait for tasks of their own pool", expect=says("deadlock", ("stuck", "exhausted"), "request", ("lock",)),
            runtime="c++", waiting=64, kind="pool_deadlock")
