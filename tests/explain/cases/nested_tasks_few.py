# SPDX-License-Identifier: Apache-2.0
"""The same in a pool of eight."""
from case import Case, says
from programs import own


def play(stage):
    program = own.limited(stage, "nested", 8, name="reports")
    yield program.whom
    program.trouble()


CASE = Case(seen="8 of 8 tasks wait for tasks of their own pool", expect=says("deadlock", ("stuck", "exhausted"), "request", ("lock",)),
            runtime="c++", waiting=8, renamed=True, kind="pool_deadlock")
